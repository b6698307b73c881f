import CKernels
import VAEZipContainer
import VAEZipInference
import VAEZipModel
import VAEZipSupport

/// Latents to symbols and back, for one tile at a time.
///
/// Encoder and decoder run the same steps: the hyper-latents first, then the two passes of latents, each
/// coded with the distribution that is known so far. The encoder has latents and makes symbols of them; the
/// decoder gets the symbols from the file.
package struct TileCoder: Sendable {
  package let kernels: Kernels
  package let hyperSynthesis: HyperSynthesisNetwork
  package let context: ContextNetwork
  package let quality: QualityParameters
  /// Channels of latent, hyper-latent and the prior's features.
  package let latentWidth, hyperWidth, priorWidth: Int
  private let passMask: PassMask
  /// Fraction bits of latent and hyper-latent.
  package let latentBits, hyperBits: Int
  package let threads: Threads

  package init(model: Model, qualityPosition: Int, threads: Threads) throws(ModelError) {
    let plan = LayerPlan(model.network, calibration: model.calibration)
    kernels = model.kernels
    hyperSynthesis = try model.hyperSynthesis.value()
    context = try model.context.value()
    quality = model.quality.parameters(at: qualityPosition)
    latentWidth = model.network.latentWidth
    hyperWidth = model.network.hyperWidth
    priorWidth = model.network.priorWidth
    passMask = model.network.passMask
    latentBits = plan.bits("latent")
    hyperBits = plan.bits("hyper")
    self.threads = threads
  }

  /// Latents that an encoder wants to transmit.
  package struct Source: Sendable {
    /// v, in quantization steps; the tile's first position.
    package let latent: View
    /// z
    package let hyper: FeatureMap
    /// Positions of the tile, in raster order, at which any latent will do: their symbols become zero. Empty if
    /// there are none.
    package let isFree: [Bool]
    /// The same for the positions of z.
    package let isFreeHyper: [Bool]

    package init(
      latent: View, hyper: FeatureMap, isFree: [Bool] = [], isFreeHyper: [Bool] = []
    ) {
      self.latent = latent
      self.hyper = hyper
      self.isFree = isFree
      self.isFreeHyper = isFreeHyper
    }
  }

  /// Bytes of memory that going through the streams of a tile takes: the context's input, the
  /// distributions, the stacks' rings, and a few copies of the symbols of one pass.
  ///
  /// - Parameter size: in latent positions.
  package func byteCount(_ size: (width: Int, height: Int)) -> Int {
    func map(_ channels: Int) -> Int {
      FeatureMap.byteCount(width: size.width, height: size.height, channels: channels)
    }
    let plan = StackPlan(width: size.width, height: size.height, threads: threads)
    let symbols = 16 * size.width * size.height * latentWidth / 2
    return map(latentWidth + priorWidth) + map(2 * latentWidth) + map(hyperWidth) / 2
      + hyperSynthesis.blocks.byteCount(plan, hasTrunk: true, threads: threads)
      + context.blocks.byteCount(plan, threads: threads) + symbols
  }

  /// Goes through the three streams of a tile.
  ///
  /// - Parameters:
  ///   - source: nil when decoding.
  ///   - quantizer: chooses symbols when encoding; nil rounds.
  ///   - output: v̂ of the picture; this tile's part of it is written.
  ///   - codeStream: codes one stream: gets the scale indexes and, when encoding, the symbols; returns
  ///     the symbols, as many as scale indexes.
  package func run<Failure: Error>(
    _ tile: Tile, source: Source?, quantizer: RateDistortionQuantizer? = nil, output: Rows,
    codeStream: (SymbolStream, _ levels: [UInt8], _ symbols: [Int16]) throws(Failure) -> [Int16]
  ) throws(Failure) {
    let hyper = FeatureMap(
      width: ((tile.width + 1) / 2 + 1) / 2, height: ((tile.height + 1) / 2 + 1) / 2,
      channels: hyperWidth)
    try codeHyper(source, decoded: hyper, codeStream: codeStream)

    // v̂ and, beside it, the features of the prior: together, the input of the context.
    let featuresPlane = FeatureMap(
      width: tile.width + tile.width % 2, height: tile.height + tile.height % 2,
      channels: latentWidth + priorWidth)
    let distributionPlane = FeatureMap(
      width: tile.width, height: tile.height, channels: 2 * latentWidth)
    let (features, distribution) = (View(featuresPlane), View(distributionPlane))
    let size = (width: tile.width, height: tile.height)
    hyperSynthesis.run(
      hyper: hyper, trunk: features.channel(latentWidth), distribution: distribution, size: size,
      threads: threads)
    try codePass(
      0, tile, source, quantizer, distribution: distribution, decoded: features,
      codeStream: codeStream)
    if symbolCount(tile, pass: 1) > 0 {
      clearSecondPass(tile, features)
      context.run(
        features: features, distribution: distribution, size: size, threads: threads)
      try codePass(
        1, tile, source, quantizer, distribution: distribution, decoded: features,
        codeStream: codeStream)
    }

    for row in 0..<tile.height {
      output.at(tile.x, tile.y + row)
        .copy(features.at(0, row), width: tile.width, channels: latentWidth)
    }
    withExtendedLifetime((featuresPlane, distributionPlane)) {}
  }

  private func codeHyper<Failure: Error>(
    _ source: Source?, decoded: FeatureMap,
    codeStream: (SymbolStream, [UInt8], [Int16]) throws(Failure) -> [Int16]
  ) throws(Failure) {
    let positions = decoded.width * decoded.height
    let channels = Int32(hyperWidth)
    var scaleIndexes: [UInt8] = []
    scaleIndexes.reserveCapacity(positions * hyperWidth)
    for _ in 0..<positions { scaleIndexes += quality.hyperScaleIndexes }
    // The kernels take pointers to memory that they may write.
    var mean = quality.hyperMean
    var symbols: [Int16] = []
    if let z = source?.hyper {
      symbols = [Int16](repeating: 0, count: positions * hyperWidth)
      mean.withUnsafeMutableBufferPointer { mean in
        symbols.withUnsafeMutableBufferPointer { symbols in
          guard let mean = mean.baseAddress, let symbols = symbols.baseAddress else { return }
          for row in 0..<z.height {
            let place = symbols + row * z.width * hyperWidth
            check(
              vzk_quantize(
                kernels.isa, View(z).at(0, row).source,
                vzk_source(values: mean, pixelStride: 0), Int32(hyperBits),
                vzk_sink(values: place, pixelStride: hyperWidth), channels, Int32(z.width)))
          }
        }
      }
      for (position, isFree) in (source?.isFreeHyper ?? []).enumerated() where isFree {
        for channel in 0..<hyperWidth { symbols[position * hyperWidth + channel] = 0 }
      }
    }
    var received = try codeStream(.hyper, scaleIndexes, symbols)
    precondition(received.count == scaleIndexes.count)
    mean.withUnsafeMutableBufferPointer { mean in
      received.withUnsafeMutableBufferPointer { symbols in
        guard let mean = mean.baseAddress, let symbols = symbols.baseAddress else { return }
        for row in 0..<decoded.height {
          let place = symbols + row * decoded.width * hyperWidth
          check(
            vzk_dequantize(
              kernels.isa, vzk_source(values: place, pixelStride: hyperWidth),
              vzk_source(values: mean, pixelStride: 0), Int32(hyperBits),
              View(decoded).at(0, row).sink, channels, Int32(decoded.width)))
        }
      }
    }
    withExtendedLifetime((source, decoded)) {}
  }

  private func codePass<Failure: Error>(
    _ pass: Int, _ tile: Tile, _ source: Source?, _ quantizer: RateDistortionQuantizer?,
    distribution: View, decoded: View,
    codeStream: (SymbolStream, [UInt8], [Int16]) throws(Failure) -> [Int16]
  ) throws(Failure) {
    let scaleIndexes = scaleIndexes(pass, tile, distribution)
    var symbols: [Int16] = []
    if let source {
      symbols = quantized(pass, tile, source.latent, distribution)
      if let quantizer {
        shrink(&symbols, pass, tile, source.latent, quantizer, distribution, scaleIndexes)
      }
      if !source.isFree.isEmpty { clearFree(&symbols, pass, tile, source.isFree) }
    }
    var received = try codeStream(pass == 0 ? .pass1 : .pass2, scaleIndexes, symbols)
    precondition(received.count == scaleIndexes.count)
    received.withUnsafeMutableBufferPointer { symbols in
      forEachRun(tile, pass) { y, run in
        guard let base = symbols.baseAddress else { return }
        check(
          vzk_dequantize(
            kernels.isa, vzk_source(values: base + run.start, pixelStride: run.stride),
            distribution.at(run, y).source, Int32(latentBits), decoded.at(run, y).sink,
            Int32(run.channels), Int32(run.count)))
      }
    }
  }

  /// The scale index of each symbol of a pass.
  private func scaleIndexes(_ pass: Int, _ tile: Tile, _ distribution: View) -> [UInt8] {
    let count = symbolCount(tile, pass: pass)
    return [UInt8](unsafeUninitializedCapacity: count) { indexes, initialized in
      forEachRun(tile, pass) { y, run in
        guard let base = indexes.baseAddress else { return }
        check(
          vzk_scale_indexes(
            kernels.isa, distribution.channel(latentWidth).at(run, y).source, base + run.start,
            run.stride, Int32(run.channels), Int32(run.count)))
      }
      initialized = count
    }
  }

  /// The latents of a pass minus their means, rounded.
  private func quantized(
    _ pass: Int, _ tile: Tile, _ source: View, _ distribution: View
  ) -> [Int16] {
    let count = symbolCount(tile, pass: pass)
    return [Int16](unsafeUninitializedCapacity: count) { symbols, initialized in
      forEachRun(tile, pass) { y, run in
        guard let base = symbols.baseAddress else { return }
        check(
          vzk_quantize(
            kernels.isa, source.at(run, y).source, distribution.at(run, y).source,
            Int32(latentBits), vzk_sink(values: base + run.start, pixelStride: run.stride),
            Int32(run.channels), Int32(run.count)))
      }
      initialized = count
    }
  }

  /// Shrinks symbols of a pass where that costs less in all.
  private func shrink(
    _ symbols: inout [Int16], _ pass: Int, _ tile: Tile, _ source: View,
    _ quantizer: RateDistortionQuantizer, _ distribution: View, _ scaleIndexes: [UInt8]
  ) {
    symbols.withUnsafeMutableBufferPointer { symbols in
      scaleIndexes.withUnsafeBufferPointer { scaleIndexes in
        forEachRun(tile, pass) { y, run in
          guard let symbols = symbols.baseAddress, let indexes = scaleIndexes.baseAddress else {
            return
          }
          let (values, means) = (source.at(run, y), distribution.at(run, y))
          for index in 0..<run.count {
            let place = run.start + index * run.stride
            quantizer.shrink(
              symbols + place, scaleIndexes: indexes + place, values: values.at(index, 0).pointer,
              means: means.at(index, 0).pointer, count: run.channels)
          }
        }
      }
    }
  }

  /// Makes the symbols of free positions zero.
  private func clearFree(_ symbols: inout [Int16], _ pass: Int, _ tile: Tile, _ isFree: [Bool]) {
    symbols.withUnsafeMutableBufferPointer { symbols in
      forEachRun(tile, pass) { y, run in
        guard let base = symbols.baseAddress else { return }
        for index in 0..<run.count where isFree[y * tile.width + run.x + 2 * index] {
          (base + run.start + index * run.stride).update(repeating: 0, count: run.channels)
        }
      }
    }
  }

  /// Number of symbols of a pass (0 or 1) of a tile.
  package func symbolCount(_ tile: Tile, pass: Int) -> Int {
    tile.symbolCount(pass: pass, mask: passMask, channels: latentWidth)
  }

  /// Calls `body` with each row of a tile and each run of a pass in it.
  package func forEachRun(_ tile: Tile, _ pass: Int, _ body: (_ y: Int, _ run: PassRun) -> Void) {
    var start = 0
    for y in 0..<tile.height {
      let runs = tile.runs(
        row: y, pass: pass, mask: passMask, channels: latentWidth, start: start)
      for run in runs {
        body(y, run)
        start += run.count * run.channels
      }
    }
  }

  /// What the second pass will code is zero for the context.
  private func clearSecondPass(_ tile: Tile, _ features: View) {
    forEachRun(tile, 1) { y, run in
      let row = features.at(run, y)
      for index in 0..<run.count {
        row.at(index, 0).pointer.update(repeating: 0, count: run.channels)
      }
    }
  }
}

extension View {
  /// The positions and channels of a run in row `y`.
  fileprivate func at(_ run: PassRun, _ y: Int) -> View {
    at(run.x, y).channel(run.firstChannel).everySecond
  }
}
