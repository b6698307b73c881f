import VAEZipContainer
import VAEZipEntropy
import VAEZipExact
import VAEZipInference
import VAEZipLatents

extension EncodingPipeline {
  /// Adds all stages of an image that has latents.
  func addNetwork(_ latents: Latents, after reading: Stage) {
    let analyzing = addAnalysis(latents, after: reading)
    let preparing = addHyperAnalysis(latents, after: analyzing)
    let choosing = addChoice(latents, after: preparing)
    let refining = addRefinement(latents, after: choosing ?? preparing)
    let coding = addTileCoding(latents, after: choosing ?? preparing, refining)
    let settling = refining.map { addSettling(latents, after: coding, $0) }
    pipeline.makeRoom(
      latents.latentRing.schedule, for: analyzing.last, after: settling?.stage ?? coding,
      latents.latentRing.tiles)

    // The last to read the source's pixels make room for new ones.
    let (ring, written) = (original.schedule, RowRing.band)
    pipeline.makeRoom(ring, for: reading, written, after: analyzing.first)
    if let choosing { pipeline.makeRoom(ring, for: reading, written, after: choosing, tilePixels) }
    if let errors = refining?.errors {
      pipeline.makeRoom(ring, for: reading, written, after: errors.last, errors.lastRows)
    }
    if let measuring = settling?.measuring {
      pipeline.makeRoom(ring, for: reading, written, after: measuring.last, measuring.lastRows)
    }
    guard setup.makesPicture else { return }
    let checking = addPicture(latents, after: coding, settling?.stage)
    pipeline.makeRoom(ring, for: reading, written, after: checking, RowRing.band)
  }

  /// Adds the way from pixels to v.
  private func addAnalysis(
    _ latents: Latents, after reading: Stage
  ) -> AnalysisNetwork.Stages<Failure> {
    let stages = latents.network.analysis.add(
      to: pipeline, pixels: original, latent: latents.latent,
      gains: latents.network.coder.quality.forward, threads: setup.threads,
      stripHeight: setup.options.stripHeight)
    pipeline.supply(original.schedule, from: reading, RowRing.band, to: stages.first)
    return stages
  }

  /// Adds the way from v to z, tile by tile.
  private func addHyperAnalysis(
    _ latents: Latents, after analyzing: AnalysisNetwork.Stages<Failure>
  ) -> Stage {
    let columns = header.tileColumns
    let preparing = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [header] row, column, _ in
      latents.hyper[row, column] = latents.network.refinement.analysis.hyperLatent(
        Tile(row * columns + column, header: header), latent: latents.latent)
    }
    pipeline.supply(
      latents.latentRing.schedule, from: analyzing.last, to: preparing, latents.latentRing.tiles)
    return preparing
  }

  // MARK: Exact pixels

  /// Adds the choice of exact pixels, tile by tile.
  ///
  /// - Returns: nil if there are to be none.
  private func addChoice(_ latents: Latents, after preparing: Stage) -> Stage? {
    guard let choice = latents.network.choice else { return nil }
    let columns = header.tileColumns
    let choosing = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [header, exactPlane, original, self] row, column, _ throws(Failure) in
      guard let z = latents.hyper[row, column] else { return }
      let index = row * columns + column
      let tile = Tile(index, header: header)
      let source = TileCoder.Source(latent: latents.latent.at(tile.x, tile.y), hyper: z)
      let chosen = try Failure.wrap { () throws(CodecError) in
        try CodecError.wrap(exactOf: index) { () throws(EntropyError) in
          try choice.choose(index, header: header, source: source, original: original)
        }
      }
      let region = header.region(ofTile: index)
      exactPlane.insert(
        chosen?.exact.mask ?? ExactMask(width: region.width, height: region.height, isExact: false),
        x: region.x, y: region.y)
      guard let chosen else { return }
      if let filled = chosen.filled { install(filled, tile, in: latents, row: row, column: column) }
      update(index) { $0.set(chosen.exact, hasLatents: true) }
    }
    pipeline.wait(choosing, for: preparing) { $0 + 1 }
    return choosing
  }

  /// Whether no pixel that comes from latents depends on those of a tile.
  private func isWithoutLatents(_ index: Int) -> Bool {
    let (x, y) = header.bounds(ofTile: index)
    return exactPlane.isExact(
      x: x.lowerBound - setup.reach..<x.upperBound + setup.reach,
      y: y.lowerBound - setup.reach..<y.upperBound + setup.reach)
  }

  /// The latents of a tile that a decoder shall have; nil if it shall have none.
  ///
  /// - Parameter rows: v, or a candidate that refinement made of it.
  private func source(
    _ latents: Latents, from rows: Rows, row: Int, column: Int
  ) -> TileCoder.Source? {
    let index = row * header.tileColumns + column
    guard !isWithoutLatents(index), let z = latents.hyper[row, column] else { return nil }
    let tile = Tile(index, header: header)
    let free = exact(index)?.free
    return TileCoder.Source(
      latent: rows.at(tile.x, tile.y), hyper: z, isFree: free?.positions ?? [],
      isFreeHyper: free?.hyperPositions ?? [])
  }

  /// Puts the latents of a tile that has exact pixels into their places.
  private func install(_ filled: FilledLatents, _ tile: Tile, in latents: Latents, row: Int, column: Int) {
    for y in 0..<tile.height {
      latents.latent.at(tile.x, tile.y + y).copy(
        View(filled.latent).at(0, y), width: tile.width, channels: latents.channels)
    }
    latents.hyper[row, column] = filled.hyper
  }

  // MARK: Latents

  /// - Returns: nil if the effort asks for none.
  private func addRefinement(
    _ latents: Latents, after ready: Stage
  ) -> LatentRefinement.Stages<Failure>? {
    latents.network.refinement.add(
      to: pipeline, latent: latents.latent,
      sources: { [self] in source(latents, from: $2, row: $0, column: $1) }, header: header, after: ready,
      lag: setup.choiceLag, pixels: original,
      exact: exactPixels(latents), threads: setup.threads, stripHeight: setup.options.stripHeight)
  }

  /// The pixels of a cell that are exact; nil if none are.
  private func exactPixels(_ latents: Latents) -> CellErrors.ExactPixels? {
    guard latents.network.choice != nil else { return nil }
    return { [exactPlane] x, y in exactPlane[x, y] }
  }

  /// Adds the way from v and z to the file's streams and v̂, tile by tile.
  private func addTileCoding(
    _ latents: Latents, after ready: Stage, _ refining: LatentRefinement.Stages<Failure>?
  ) -> Stage {
    let (rows, columns, lag) = (header.tileRows, header.tileColumns, setup.choiceLag)
    let quantizer = latents.network.refinement.finalQuantizer
    let candidate = refining?.candidate ?? latents.latent
    let coding = pipeline.add(rows: rows, units: columns, isUrgent: true) {
      [header, self] row, column, _ throws(Failure) in
      // The last decision on a tile needs them once more.
      defer { if refining == nil { _ = latents.hyper.take(row, column) } }
      guard let source = source(latents, from: candidate, row: row, column: column) else {
        let index = row * columns + column
        latents.decodedLatent.clear(Tile(index, header: header), channels: latents.channels)
        update(index) { $0.removeLatents() }
        return
      }
      let rate = try encode(latents, source, quantizer, row: row, column: column)
      if let refining { latents.network.refinement.record(rate: rate, row, column, refining) }
    }
    if let refining {
      pipeline.wait(coding, for: refining.last) { $0 + 1 }
      refining.makeRoom(in: pipeline, after: coding)
    }
    pipeline.wait(coding, for: ready) { min($0 + 1 + lag, rows) }
    // Without a picture nobody reads v̂ after the tile coder.
    pipeline.wait(coding, for: coding) {
      latents.outputRing.schedule.writerRows(before: $0, of: latents.outputRing.tiles)
    }
    return coding
  }

  /// Makes a tile's streams and v̂.
  ///
  /// - Returns: see `EncodedSymbols.rate`.
  private func encode(
    _ latents: Latents, _ source: TileCoder.Source, _ quantizer: RateDistortionQuantizer?, row: Int,
    column: Int
  ) throws(Failure) -> Int {
    let index = row * header.tileColumns + column
    let tile = Tile(index, header: header)
    let encoder = TileEncoder(latents.network, setup.options)
    let encoded = try Failure.wrap { () throws(CodecError) in
      try encoder.encode(
        index, tile, source: source, quantizer: quantizer, output: latents.decodedLatent)
    }
    let hash = latents.decodedLatent.hash(tile, channels: latents.channels)
    update(index) {
      $0.symbols = encoded
      $0.hashes.latents = hash
    }
    return encoded.rate
  }

  /// Adds the last decision on each tile: if the pixels that its streams give are worse than the best that refinement
  /// saw, those of the best come into the file.
  private func addSettling(
    _ latents: Latents, after coding: Stage, _ refining: LatentRefinement.Stages<Failure>
  ) -> (stage: Stage, measuring: StackStages<Failure>) {
    let (network, columns) = (latents.network, header.tileColumns)
    let (output, tiles) = (latents.outputRing.schedule, latents.outputRing.tiles)
    let errors = CellErrors(grid, rows: 2 * output.capacity, exact: exactPixels(latents))
    pipeline.keep(errors)
    let measuring: StackStages<Failure> = network.synthesis.addMeasuring(
      to: pipeline, latent: latents.decodedLatent, gains: network.coder.quality.inverse,
      source: original, errors: errors, threads: setup.threads,
      stripHeight: setup.options.stripHeight)
    pipeline.supply(output, from: coding, tiles, to: measuring.head)
    let settling = pipeline.add(rows: header.tileRows, units: columns, isUrgent: true) {
      [header, self] row, column, _ throws(Failure) in
      defer { _ = latents.hyper.take(row, column) }
      let tile = Tile(row * columns + column, header: header)
      guard
        case .replace(let quantizer) = network.refinement.settle(
          tile, row, column, errors: errors, refining),
        let source = source(latents, from: latents.latent, row: row, column: column)
      else { return }
      _ = try encode(latents, source, quantizer, row: row, column: column)
    }
    pipeline.supply(
      errors.schedule(grid), from: measuring.last, measuring.lastRows, to: settling, tilePixels)
    pipeline.makeRoom(output, for: coding, tiles, after: settling, tiles)
    return (settling, measuring)
  }

  // MARK: Picture

  /// Adds the way from v̂ to the decoder's picture, and those who look at it.
  ///
  /// - Returns: the last stage, a band of 16 rows at a time.
  private func addPicture(_ latents: Latents, after coding: Stage, _ settling: Stage?) -> Stage {
    let decoded = RowRing(
      grid, pixelBytes: header.format.colorBytes, bands: MemoryEstimate.pictureBands)
    let synthesizing = latents.network.synthesis.add(
      to: pipeline, latent: latents.decodedLatent, gains: latents.network.coder.quality.inverse,
      pixels: decoded, threads: setup.threads, stripHeight: setup.options.stripHeight)
    pipeline.connect(
      latents.outputRing.schedule, from: coding, latents.outputRing.tiles, to: synthesizing.head)
    if let settling {
      pipeline.supply(
        latents.outputRing.schedule, from: settling, latents.outputRing.tiles, to: synthesizing.head)
    }
    let checking = pipeline.add(rows: grid.latentHeight, isSerial: true, isUrgent: true) {
      [decoded, self] band, _, _ in
      paste(into: decoded, band: band)
      decoded.withBand(band) { check(band: band, $0) }
    }
    pipeline.connect(
      decoded.schedule, from: synthesizing.last, synthesizing.lastRows, to: checking, RowRing.band)
    return checking
  }

  /// Puts the exact pixels into a band of the decoder's picture: they are the source's.
  private func paste(into decoded: RowRing, band: Int) {
    guard setup.network?.choice != nil else { return }
    let bytes = decoded.pixelBytes
    for y in 16 * band..<min(16 * band + 16, header.height) {
      for run in exactPlane.runs(y: y, in: 0..<header.width) {
        (decoded.row(y) + run.lowerBound * bytes).update(
          from: original.row(y) + run.lowerBound * bytes, count: run.count * bytes)
      }
    }
  }
}
