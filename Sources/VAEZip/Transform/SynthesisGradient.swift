import CKernels

/// The synthesis' layers transposed: the way that errors take from the pixels back to the latent.
struct TransposedSynthesis: Sendable {
  /// Fraction bits of all gradients; one unit of value is a grey value.
  static let fractionBits = 5

  let up: PackedLayer
  /// `mix`, `depthwise`, `merge`, `expand`, `shrink` stand for the transposed layers of these names.
  let blocks: [Block]
  let output: PackedLayer
  /// Channels of the latent.
  let latentWidth: Int
}

extension NetworkBuilder {
  /// - Throws: `ModelError.notRepresentable` if transposed weights are too large for the integers.
  func transposedSynthesis() throws(ModelError) -> TransposedSynthesis {
    let plan = LayerPlan(description: file.description, calibration: file.calibration)
    let count = file.description.synthesisBlocks
    let specs =
      [plan.synthesisUp, plan.synthesisOut]
      + plan.blocks("synthesis", count, width: file.description.transformWidth).joined()
    let (file, kernels) = (file, kernels)
    let layers = try threads.map(specs.count) { index throws(ModelError) in
      let spec = specs[index]
      guard let weight = file.tensors[spec.name + ".weight"] else {
        throw .missingTensor(spec.name + ".weight")
      }
      let bits = TransposedSynthesis.fractionBits
      let transposed = LayerSpec(
        name: spec.name, kind: spec.kind,
        inputs: [ChannelGroup(channels: spec.outputChannels, fractionBits: bits)],
        outputs: [ChannelGroup(channels: spec.inputChannels, fractionBits: bits)])
      let zeros = [Int32](repeating: 0, count: spec.inputChannels)
      return PackedLayer(
        try IntegerLayer(
          transposed,
          tensors: [
            spec.name + ".weight": weight.transposed(isDepthwise: spec.kind == .depthwise),
            // The pattern of 0 is the same in binary32.
            spec.name + ".bias": WeightTensor(
              float32: zeros.map(Float.init), shape: [zeros.count]),
          ]), kernels: kernels)
    }
    let blocks = (0..<count).map { index in
      let first = 2 + 5 * index
      return Block(
        mix: layers[first], depthwise: layers[first + 1], merge: layers[first + 2],
        expand: layers[first + 3], shrink: layers[first + 4])
    }
    return TransposedSynthesis(
      up: layers[0], blocks: blocks, output: layers[1],
      latentWidth: file.description.latentWidth)
  }
}

extension WeightTensor {
  /// The weights of the transposed convolution: of a 1×1 kernel the matrix transposed, of a
  /// depthwise one the taps in reverse.
  func transposed(isDepthwise: Bool) -> WeightTensor {
    let rows = shape[0]
    let columns = count / max(rows, 1)
    let size = dtype.size
    let bytes = [UInt8](unsafeUninitializedCapacity: count * size) { target, initialized in
      self.bytes.withUnsafeBytes { source in
        for row in 0..<rows {
          for column in 0..<columns {
            let place =
              isDepthwise ? row * columns + columns - 1 - column : column * rows + row
            for byte in 0..<size {
              target[place * size + byte] = source[(row * columns + column) * size + byte]
            }
          }
        }
      }
      initialized = count * size
    }
    let shape = isDepthwise ? self.shape : [columns, rows, 1, 1]
    return WeightTensor(dtype: dtype, shape: shape, bytes: bytes[...]) ?? self
  }
}

/// How the squared error of a picture falls when its latent changes: the exact derivative of the
/// synthesis' layers, in integers, by going back through them.
struct SynthesisGradient: Sendable {
  let synthesis: SynthesisNetwork
  let transposed: TransposedSynthesis

  /// Latent positions around a tile that are looked at, too.
  static let margin = 4
  /// Trunk positions at the margin's outer border whose pixels are not right.
  private static let wrong = 4

  /// Bytes of memory that the descent of a tile takes.
  func byteCount(tile: (width: Int, height: Int)) -> Int {
    let (blocks, channels) = (synthesis.blocks.blocks.count, synthesis.blocks.width)
    return FeatureMap.byteCount(
      width: 2 * (tile.width + 2 * Self.margin), height: 2 * (tile.height + 2 * Self.margin),
      channels: (2 + 3 * blocks) * channels)
  }

  /// Jᵀ(x − S(ŷ)): half of the squared error's descent for each latent of a tile, where the latent's
  /// unit is 1 and pixels are grey values; `TransposedSynthesis.fractionBits` fraction bits.
  ///
  /// - Parameters:
  ///   - latent: ŷ, of the tile and `margin` around it.
  ///   - pixels: x, likewise.
  func descent(
    _ tile: Tile, latent: Rows, pixels: PixelRing, threads: Threads
  ) -> FeatureMap {
    let grid = pixels.grid
    let left = max(0, tile.x - Self.margin)
    let top = max(0, tile.y - Self.margin)
    let right = min(grid.latentWidth, tile.x + tile.width + Self.margin)
    let bottom = min(grid.latentHeight, tile.y + tile.height + Self.margin)
    let (width, height) = (2 * (right - left), 2 * (bottom - top))
    let channels = synthesis.blocks.width

    // Forward, keeping what the activations gave.
    let trunkMap = FeatureMap(width: width, height: height, channels: channels)
    let trunk = View(trunkMap)
    threads.forEach(height / 2) { y in
      synthesis.up.convolve(
        latent.at(left, top + y), to: trunk.at(0, 2 * y), width: width / 2)
    }
    let mixed = synthesis.blocks.blocks.map { _ in
      FeatureMap(width: width, height: height, channels: channels)
    }
    let wide = synthesis.blocks.blocks.map { _ in
      FeatureMap(width: width, height: height, channels: 2 * channels)
    }
    for (index, block) in synthesis.blocks.blocks.enumerated() {
      let (mixed, wide) = (View(mixed[index]), View(wide[index]))
      threads.forEach(height) { y in
        block.mix.convolve(trunk.at(0, y), to: mixed.at(0, y), width: width, .leaky)
      }
      threads.forEach(
        height, makeWorker: { Scratch(elements: channels * width, bytes: 0) }
      ) { y, scratch in
        let (place, row) = (trunk.at(0, y), View(row: scratch.pointer, channels: channels))
        block.depthwise.depthwise(
          above: mixed.at(0, y - 1), here: mixed.at(0, y), below: mixed.at(0, y + 1), to: row,
          width: width)
        block.merge.convolve(row, to: place, residual: place, width: width, .residual)
        block.expand.convolve(place, to: wide.at(0, y), width: width, .leaky)
        block.shrink.convolve(
          wide.at(0, y), to: place, residual: place, width: width, .residual)
        withExtendedLifetime(scratch) {}
      }
    }

    // The pixels' errors, back through the last layer; the trunk's memory is the gradient's now.
    let columns = (left == 0 ? 0 : Self.wrong)..<(right == grid.latentWidth ? width : width - Self.wrong)
    let rows = (top == 0 ? 0 : Self.wrong)..<(bottom == grid.latentHeight ? height : height - Self.wrong)
    threads.forEach(
      height, makeWorker: { Scratch(elements: 192 * width, bytes: 192 * width) }
    ) { y, scratch in
      let errors = View(row: scratch.pointer, channels: 192)
      scratch.pointer.update(repeating: 0, count: 192 * width)
      if rows.contains(y) {
        synthesis.output.convolve(
          trunk.at(0, y), toRGB: scratch.bytes, rgbRowStride: 24 * width, width: width)
        for x in columns {
          Self.errors(
            pixels, x: 8 * (2 * left + x), y: 8 * (2 * top + y),
            decoded: scratch.bytes + 24 * x, rowStride: 24 * width,
            to: scratch.pointer + 192 * x)
        }
      }
      transposed.output.convolve(errors, to: trunk.at(0, y), width: width)
      withExtendedLifetime(scratch) {}
    }

    let middleMap = FeatureMap(width: width, height: height, channels: channels)
    let middle = View(middleMap)
    for (index, block) in transposed.blocks.enumerated().reversed() {
      let (mixed, wide) = (View(mixed[index]), View(wide[index]))
      threads.forEach(
        height, makeWorker: { Scratch(elements: 2 * channels * width, bytes: 0) }
      ) { y, scratch in
        let (place, row) = (trunk.at(0, y), View(row: scratch.pointer, channels: 2 * channels))
        block.shrink.convolve(place, to: row, width: width)
        Self.gate(row.pointer, by: wide.at(0, y).pointer, count: 2 * channels * width)
        block.expand.convolve(row, to: place, residual: place, width: width, .residual)
        block.merge.convolve(place, to: middle.at(0, y), width: width)
        withExtendedLifetime(scratch) {}
      }
      threads.forEach(
        height, makeWorker: { Scratch(elements: channels * width, bytes: 0) }
      ) { y, scratch in
        let (place, row) = (trunk.at(0, y), View(row: scratch.pointer, channels: channels))
        block.depthwise.depthwise(
          above: middle.at(0, y - 1), here: middle.at(0, y), below: middle.at(0, y + 1), to: row,
          width: width)
        Self.gate(row.pointer, by: mixed.at(0, y).pointer, count: channels * width)
        block.mix.convolve(row, to: place, residual: place, width: width, .residual)
        withExtendedLifetime(scratch) {}
      }
    }

    let result = FeatureMap(width: tile.width, height: tile.height, channels: transposed.latentWidth)
    let target = View(result)
    threads.forEach(
      tile.height, makeWorker: { Scratch(elements: 4 * channels * tile.width, bytes: 0) }
    ) { y, scratch in
      for x in 0..<tile.width {
        let pixel = scratch.pointer + 4 * channels * x
        for part in 0..<4 {
          let source = trunk.at(
            2 * (tile.x - left + x) + part & 1, 2 * (tile.y - top + y) + part >> 1
          ).pointer
          for channel in 0..<channels { pixel[4 * channel + part] = source[channel] }
        }
      }
      transposed.up.convolve(
        View(row: scratch.pointer, channels: 4 * channels), to: target.at(0, y),
        width: tile.width)
      withExtendedLifetime(scratch) {}
    }
    withExtendedLifetime((trunkMap, mixed, wide, middleMap)) {}
    return result
  }

  /// What leaky's derivative, 1 or 1/8, leaves of gradients.
  private static func gate(
    _ gradients: UnsafeMutablePointer<Int16>, by activations: UnsafePointer<Int16>, count: Int
  ) {
    for index in 0..<count {
      let gradient = gradients[index]
      gradients[index] = activations[index] < 0 ? gradient >> 3 : gradient
    }
  }

  /// The errors of one cell of 8×8 pixels; zero outside of the picture.
  private static func errors(
    _ pixels: PixelRing, x: Int, y: Int, decoded: UnsafePointer<UInt8>, rowStride: Int,
    to errors: UnsafeMutablePointer<Int16>
  ) {
    let (width, height) = (pixels.grid.width, pixels.grid.height)
    let channels = Int(pixels.channels.rawValue)
    for dy in 0..<max(0, min(8, height - y)) {
      let row = pixels.row(y + dy)
      for dx in 0..<max(0, min(8, width - x)) {
        let place = (x + dx) * channels
        for channel in 0..<3 {
          let original = Int16(row[place + (channels == 3 ? channel : 0)])
          let found = Int16(decoded[dy * rowStride + 3 * dx + channel])
          errors[64 * channel + 8 * dy + dx] =
            (original - found) << Int16(TransposedSynthesis.fractionBits)
        }
      }
    }
  }
}
