import CKernels
import VAEZipModel

/// The synthesis' layers transposed: the way that errors take from the pixels back to the latent.
package struct TransposedSynthesis: Sendable {
  /// Fraction bits of all gradients; one unit of value is a gray value.
  package static let fractionBits = 5

  package let up: PackedLayer
  /// `mix`, `depthwise`, `merge`, `expand`, `shrink` stand for the transposed layers of these names.
  package let blocks: [Block]
  package let output: PackedLayer
  /// Channels of the latent.
  package let latentWidth: Int
}

extension NetworkBuilder {
  /// - Throws: `ModelError.notRepresentable` if transposed weights are too large for the integers.
  package func transposedSynthesis() throws(ModelError) -> TransposedSynthesis {
    let plan = plan
    var specs = [try plan.layer("synthesis.up"), try plan.layer("synthesis.out")]
    specs += try plan.blocks("synthesis", file.network.synthesisBlocks)
    let layers = try threads.map(specs.count) { [file, kernels, specs] index throws(ModelError) in
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
            spec.name + ".weight": weight.transposed(
              spec.kind == .depthwise ? .depthwise : index == 0 ? .shuffled : .plain),
            // The pattern of 0 is the same in binary32.
            spec.name + ".bias": WeightTensor(
              float32: zeros.map(Float.init), shape: [zeros.count]),
          ]), kernels: kernels)
    }
    return TransposedSynthesis(
      up: layers[0], blocks: Block.list(layers.dropFirst(2)), output: layers[1],
      latentWidth: file.network.latentWidth)
  }
}

extension WeightTensor {
  /// What a layer is whose weights are transposed.
  package enum TransposedKind {
    /// 1×1.
    case plain
    /// 1×1, followed by a pixel shuffle by 2: its transpose takes the channels of the four pixels
    /// one pixel after the other.
    case shuffled
    case depthwise
  }

  /// The weights of the transposed convolution: of a 1×1 kernel the matrix transposed, of a
  /// depthwise one the taps in reverse.
  package func transposed(_ kind: TransposedKind) -> WeightTensor {
    let rows = shape[0]
    let columns = count / max(rows, 1)
    let size = dtype.size
    let bytes = [UInt8](unsafeUninitializedCapacity: count * size) { target, initialized in
      self.bytes.withUnsafeBytes { source in
        let target = UnsafeMutableRawBufferPointer(target)
        if size == 2 {
          Self.transpose(UInt16.self, source, to: target, rows: rows, columns: columns, kind)
        } else {
          Self.transpose(UInt32.self, source, to: target, rows: rows, columns: columns, kind)
        }
      }
      initialized = count * size
    }
    let shape = kind == .depthwise ? self.shape : [columns, rows, 1, 1]
    return WeightTensor(dtype: dtype, shape: shape, bytes: ModelBytes(bytes)) ?? self
  }

  private static func transpose<Element: FixedWidthInteger>(
    _: Element.Type, _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer,
    rows: Int, columns: Int, _ kind: TransposedKind
  ) {
    let size = MemoryLayout<Element>.size
    for row in 0..<rows {
      // Where the row's first element goes, and how far from it the next one.
      let (first, step) =
        switch kind {
        case .plain: (row, rows)
        case .shuffled: (row % 4 * (rows / 4) + row / 4, rows)
        case .depthwise: (row * columns + columns - 1, -1)
        }
      for column in 0..<columns {
        target.storeBytes(
          of: source.loadUnaligned(
            fromByteOffset: (row * columns + column) * size, as: Element.self),
          toByteOffset: (first + column * step) * size, as: Element.self)
      }
    }
  }
}

/// Residual blocks transposed, the last one first.
struct TransposedBlocks: RowBlocks {
  let width: Int
  /// In the order of the synthesis.
  let blocks: [Block]
  /// What the activations gave on the way there.
  let signs: SignRings

  var count: Int { blocks.count }

  func enter(_ index: Int, _ segment: Segment, trunk: View, mixed: View, _ scratch: Scratch) {
    let block = count - 1 - index
    let wide = View(row: scratch.pointer, channels: 2 * width)
    blocks[block].shrink.convolve(trunk, to: wide, width: segment.width)
    signs.gateWide(block, segment, wide)
    blocks[block].expand.convolve(
      wide, to: trunk, residual: trunk, width: segment.width, .residual)
    blocks[block].merge.convolve(trunk, to: mixed, width: segment.width)
  }

  func leave(
    _ index: Int, _ segment: Segment, mixed: MixedRows, trunk: View, target: View,
    _ scratch: Scratch
  ) {
    let block = count - 1 - index
    let narrow = View(row: scratch.pointer, channels: width)
    blocks[block].depthwise.depthwise(
      above: mixed.above, here: mixed.here, below: mixed.below, to: narrow, width: segment.width)
    signs.gateMixed(block, segment, narrow)
    blocks[block].mix.convolve(
      narrow, to: target, residual: trunk, width: segment.width, .residual)
  }
}
