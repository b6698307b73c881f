import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipFeatures
import VAEZipSimilarity

/// Near-duplicates and their index.
@Suite struct SimilarityTests {
  private static func entry(_ path: String, _ signature: PictureSignature) -> SimilarityIndex.Entry {
    SimilarityIndex.Entry(path: path, fileSize: 5, changed: 7, signature: signature)
  }

  /// Values that belong to no picture, but spread as those of pictures do.
  private static func random(_ generator: inout SplitMix64) -> PictureSignature? {
    PictureSignature(values: (0..<192).map { _ in Int8(truncatingIfNeeded: Int(generator.next() % 33) - 16) })
  }

  @Test func compressionSizeAndBrightnessDoNotMatter() throws {
    let image = try Repository.sample("coffee.png")
    let other = PictureSignature(try Repository.sample("astronaut.png"))
    let signature = PictureSignature(image)
    let compressed = try ImageEncoder(options: EncoderOptions(quality: 20)).encodeTrial(image).reconstruction
    #expect(signature.distance(PictureSignature(compressed)) < 0.05)
    var darker = image
    darker.pixels = image.pixels.map { $0 / 2 + 10 }
    #expect(signature.distance(PictureSignature(darker)) < 0.05)
    // Nearer than the threshold of `vaezip similar`.
    let gray = Image(
      width: image.width, height: image.height, channels: .gray,
      pixels: (0..<image.width * image.height).map { pixel in
        UInt8(image.pixels[3 * pixel..<3 * pixel + 3].reduce(0) { $0 + Int($1) } / 3)
      })
    #expect((0.02..<0.35).contains(signature.distance(PictureSignature(gray))))
    // Every second pixel of every second row.
    let half = Image(
      width: image.width / 2, height: image.height / 2, channels: .rgb,
      pixels: (0..<image.height / 2 * (image.width / 2)).flatMap { index -> ArraySlice<UInt8> in
        let (x, y) = (index % (image.width / 2) * 2, index / (image.width / 2) * 2)
        let start = (y * image.width + x) * 3
        return image.pixels[start..<start + 3]
      })
    #expect(signature.distance(PictureSignature(half)) < 0.05)
    #expect(signature.distance(other) > 0.6)
    #expect(signature.distance(signature) == 0)
  }

  /// Of files, only latents are decoded where that is fine enough; cells at the border may be narrower than 8 pixels.
  @Test(arguments: [(450, 300), (333, 129), (131, 260), (128, 128), (127, 300), (9, 5)])
  func filesHaveTheSignaturesOfTheirPictures(width: Int, height: Int) throws {
    let coffee = try Repository.sample("coffee.png")
    let image = Image(
      width: width, height: height, channels: .rgb,
      pixels: (0..<height).flatMap { y in
        let start = ((y + 40) * coffee.width + 60) * 3
        return coffee.pixels[start..<start + 3 * width]
      })
    let bytes = try ImageEncoder(options: EncoderOptions(quality: 60)).encode(image).bytes
    let decoder = ImageDecoder()
    let signature = try PictureSignature(file: bytes, decoder: decoder)
    let decoded = PictureSignature(try decoder.decode(bytes))
    #expect(signature.distance(decoded) < 0.1, "\(signature.distance(decoded))")
    #expect((signature == decoded) == (min(width, height) < 128))
    #expect(throws: CodecError.self) { try PictureSignature(file: [1, 2, 3], decoder: decoder) }
  }

  @Test func smallAndFlatPicturesHaveSignatures() {
    for (width, height) in [(1, 1), (3, 20), (7, 7), (9, 1)] {
      let image = TestImage.make(width, height)
      #expect(PictureSignature(image) == PictureSignature(image))
    }
    let flat = Image(width: 20, height: 20, channels: .gray, pixels: [UInt8](repeating: 77, count: 400))
    #expect(PictureSignature(flat).distance(PictureSignature(flat)) == 0)
    #expect(abs(PictureSignature(flat).distance(PictureSignature(TestImage.make(64, 64))) - 1) < 0.05)
  }

  /// By comparing all pairs.
  @Test func groupsAreTheConnectedPairs() throws {
    var generator = SplitMix64(3)
    var signatures: [PictureSignature] = []
    for _ in 0..<300 { signatures.append(try #require(Self.random(&generator))) }
    let index = SimilarityIndex(signatures.enumerated().map { Self.entry("\($0.offset)", $0.element) })
    for threshold in [0.2, 1.2, 1.35, 1.42] {
      // Each picks the smallest number that it can reach, until nothing changes.
      var labels = Array(0..<300)
      var hasChanged = true
      while hasChanged {
        hasChanged = false
        for a in 0..<300 {
          for b in 0..<300 where signatures[a].distance(signatures[b]) <= threshold && labels[b] < labels[a] {
            labels[a] = labels[b]
            hasChanged = true
          }
        }
      }
      let expected = Dictionary(grouping: 0..<300) { labels[$0] }.values.filter { $0.count > 1 }
        .sorted { $0[0] < $1[0] }
      #expect(index.groups(threshold: threshold, threads: 2) == expected)
    }
    // Copies are in one group, whatever the threshold.
    let copies = SimilarityIndex((0..<20_000).map { Self.entry("\($0)", signatures[$0 % 2]) })
    #expect(copies.groups(threshold: 0).map(\.count) == [10_000, 10_000])
    let nearest = index.nearest(signatures[17], count: 3)
    #expect(nearest.count == 3 && nearest[0].entry == 17 && nearest[0].distance == 0)
  }

  @Test func anIndexIsReadAsItWasWritten() throws {
    var generator = SplitMix64(4)
    var entries: [SimilarityIndex.Entry] = []
    for number in 0..<50 {
      entries.append(Self.entry("folder/ü \(number).png", try #require(Self.random(&generator))))
    }
    let index = SimilarityIndex(entries)
    #expect(try SimilarityIndex(parsing: index.bytes) == index)
    #expect(try SimilarityIndex(parsing: SimilarityIndex().bytes) == SimilarityIndex())
    let bytes = index.bytes
    for count in [0, 5, 19, 20, bytes.count / 2, bytes.count - 1] {
      #expect(throws: FeatureError.self) { try SimilarityIndex(parsing: Array(bytes.prefix(count))) }
    }
    for _ in 0..<200 {
      var damaged = bytes
      damaged[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 << (generator.next() % 8))
      #expect(throws: FeatureError.self) { try SimilarityIndex(parsing: damaged) }
    }
    // Wrong numbers with a right checksum.
    for (place, value) in [(8, UInt8(255)), (11, 255), (12, 200), (15, 255), (8, 49)] {
      var forged = Array(bytes.dropLast(8))
      forged[place] = value
      withUnsafeBytes(of: Checksum.hash64(forged).littleEndian) { forged += $0 }
      #expect(throws: FeatureError.self) { try SimilarityIndex(parsing: forged) }
    }
  }
}
