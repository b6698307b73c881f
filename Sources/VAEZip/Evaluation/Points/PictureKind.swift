import VAEZip

/// What a picture shows; codecs differ by it.
package enum PictureKind: String, Sendable, Codable, CaseIterable {
  /// From a camera, or as noisy as if.
  case photograph
  /// Drawn by a program: charts, screenshots, text.
  case graphic

  /// Guesses the kind by noise. Neighbors that are alike are equal in a graphic; in a photograph they differ a
  /// little. So a graphic is a picture in which, of the pixels that differ by at most 4 from their left
  /// neighbor in every sample, two thirds or more equal it.
  package init(of image: Image) {
    let samples = Int(image.channels.rawValue)
    var (equal, close) = (0, 0)
    image.pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<image.height {
        for x in 1..<max(1, image.width) {
          let place = (y * image.width + x) * samples
          var largest = 0
          for sample in place..<place + samples {
            largest = max(largest, abs(Int(pixels[sample]) - Int(pixels[sample - samples])))
          }
          if largest == 0 { equal += 1 }
          if largest <= 4 { close += 1 }
        }
      }
    }
    self = close > 0 && 3 * equal >= 2 * close ? .graphic : .photograph
  }

  /// In the plural, for headings.
  package var title: String {
    switch self {
    case .photograph: "photographs"
    case .graphic: "graphics"
    }
  }
}
