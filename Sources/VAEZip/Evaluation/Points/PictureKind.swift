import VAEZip

/// What a picture shows; codecs differ by it.
package enum PictureKind: String, Sendable, Codable, CaseIterable {
  /// From a camera, or as noisy as if.
  case photograph
  /// Drawn by a program: charts, screenshots, text.
  case graphic

  /// Guesses the kind by noise. Neighbors that are alike are equal in a graphic; in a photograph they differ a
  /// little. So a graphic is a picture in which, of the pixels that differ by at most 4 from their left
  /// neighbor in every sample, two thirds or more equal it; or one of gradients, in which 95 % of the pixels are what their
  /// left, upper and upper left neighbors predict (left + upper − upper left), to 1 in every sample.
  package init(of image: Image) {
    let samples = Int(image.channels.rawValue)
    var (equal, close, predicted) = (0, 0, 0)
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
          guard y > 0 else { continue }
          let above = place - image.width * samples
          let isPredicted = (0..<samples).allSatisfy { sample in
            let (left, upper) = (Int(pixels[place + sample - samples]), Int(pixels[above + sample]))
            return abs(Int(pixels[place + sample]) - left - upper + Int(pixels[above + sample - samples]))
              <= 1
          }
          if isPredicted { predicted += 1 }
        }
      }
    }
    let inner = (image.width - 1) * (image.height - 1)
    let isFlat = close > 0 && 3 * equal >= 2 * close
    let isGradient = inner > 0 && 100 * predicted >= 95 * inner
    self = isFlat || isGradient ? .graphic : .photograph
  }

  /// In the plural, for headings.
  package var title: String {
    switch self {
    case .photograph: "photographs"
    case .graphic: "graphics"
    }
  }
}
