/// The decoder of exact pixels. An input begins with the tile's size and the pixels' format.
struct ExactTarget: FuzzTarget {
  func run(_ input: [UInt8]) throws {
    guard input.count > 3 else { return }
    let coder = ExactCoder(
      width: 1 + Int(input[0]), height: 1 + Int(input[1]), samples: input[2] & 1 == 0 ? 1 : 3,
      sampleBytes: input[2] & 2 == 0 ? 1 : 2)
    let stream = Array(input[3...])
    precondition(coder.exactPixels(stream) <= coder.width * coder.height)
    do throws(EntropyError) {
      let decoded = try coder.decode(stream)
      precondition(decoded.pixels.count == coder.byteCount && !decoded.mask.isEmpty)
      precondition(decoded.hasLatents || decoded.mask.isFull)
      // What was read can be written, and read again.
      let again = try coder.encode(
        decoded.pixels, mask: decoded.mask, hasLatents: decoded.hasLatents, effort: ExactEffort(1))
      let repeated = try coder.decode(again)
      precondition(repeated == decoded)
    } catch {
      check(error)
    }
  }

  func seeds() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for (index, graphic) in TestGraphic.allCases.enumerated() {
      let depth: Image.Depth = index % 2 == 0 ? .eight : .sixteen
      let image = graphic.make(100, 80, index == 1 ? .gray : .rgb, depth: depth, colorDepth: depth)
      let coder = ExactCoder(
        width: 100, height: 80, samples: Int(image.channels.rawValue), sampleBytes: depth.bytes)
      var mask = ExactMask(width: 100, height: 80, isExact: true)
      if index == 4 { mask[1, 0] = 0x00FF_0F0F_3C18_0001 }
      let pixels = image.pixels.enumerated().map { place, value in
        let pixel = place / coder.pixelBytes
        return mask.isExact(x: pixel % 100, y: pixel / 100) ? value : 0
      }
      let format = UInt8((index == 1 ? 0 : 1) | (depth == .eight ? 0 : 2))
      for stream in try coder.encodeAll(pixels, mask: mask).prefix(40).enumerated()
      where stream.offset % 9 == index % 9 {
        seeds.append([99, 79, format] + stream.element)
      }
    }
    return seeds
  }
}
