// Formats/MODEL.md, "The network".

/// A stream of a tile.
package enum SymbolStreamName: Int {
  case hyper, pass1, pass2
}

/// The parts of a network at one quality position.
package struct Network {
  let model: ModelFile
  /// In 1/256 quality level.
  let position: Int

  package init(_ model: ModelFile, qualityPosition: Int) throws {
    self.model = model
    position = qualityPosition
  }

  // MARK: Blocks

  /// A convolution whose inputs, and outputs, all have the same fraction bits.
  func layer(
    _ name: String, _ inputs: (count: Int, bits: Int), _ outputs: (count: Int, bits: Int),
    isDepthwise: Bool = false, offset: Int = 0
  ) throws -> Layer {
    try Layer(
      model, name, inputs: Array(repeating: inputs.bits, count: inputs.count),
      outputs: Array(repeating: outputs.bits, count: outputs.count), isDepthwise: isDepthwise,
      offset: offset)
  }

  /// blocks(PART, n).
  private func blocks(_ part: String, _ count: Int, _ input: Map) throws -> Map {
    let width = input.channels
    let trunk = (width, try model.bits(part + ".trunk"))
    var x = input
    for index in 0..<count {
      let name = "\(part).block\(index)"
      let mixBits = (width, try model.bits(name + ".mix"))
      let depthwiseBits = (width, try model.bits(name + ".depthwise"))
      let expandBits = (2 * width, try model.bits(name + ".expand"))
      let mix = try layer(name + ".mix", trunk, mixBits)
      let depthwise = try layer(name + ".depthwise", mixBits, depthwiseBits, isDepthwise: true)
      let merge = try layer(name + ".merge", depthwiseBits, trunk)
      let expand = try layer(name + ".expand", trunk, expandBits)
      let shrink = try layer(name + ".shrink", expandBits, trunk)
      x = x.adding(merge(depthwise(mix(x, leaky: true))))
      x = x.adding(shrink(expand(x, leaky: true)))
    }
    return x
  }

  // MARK: What only an encoder needs

  /// From pixels to v. `cells` are the image, unshuffled by 8.
  func analysis(_ cells: Map) throws -> Map {
    let trunk = (model.transformWidth, try model.bits("analysis.trunk"))
    let latent = (model.latentWidth, try model.bits("analysis.latent"))
    var x = try layer("analysis.in", (192, 7), trunk)(cells)
    x = try blocks("analysis", model.blocks("analysis"), x)
    let y = try layer("analysis.down", trunk, latent)(x, stride: 2)
    return try gain(y, "gain.forward", sign: 1, from: "analysis.latent", to: "latent")
  }

  /// From v to z, both of a tile.
  func hyperAnalysis(_ v: Map) throws -> Map {
    let trunk = (model.priorWidth, try model.bits("hyperanalysis.trunk"))
    let down1 = (model.priorWidth, try model.bits("hyperanalysis.down1"))
    let hyper = (model.hyperWidth, try model.bits("hyper"))
    let f = try model.bits("latent")
    var x = v
    x.values = v.values.map { companded($0, fractionBits: f) }
    x = try layer("hyperanalysis.in", (model.latentWidth, 11), trunk)(x)
    x = try blocks("hyperanalysis", model.blocks("hyperAnalysis"), x)
    x = try layer("hyperanalysis.down1", trunk, down1)(x, stride: 2, leaky: true)
    return try layer("hyperanalysis.down2", down1, hyper)(x, stride: 2)
  }

  // MARK: Gain and synthesis

  func gain(
    _ map: Map, _ table: String, sign: Int, from: String, to: String
  ) throws -> Map {
    let gains = try interpolated(model.tensor(table), position: position).map { lg in
      Gain(lg: sign * lg, from: try model.bits(from), to: try model.bits(to))
    }
    return Map(map.width, map.height, map.channels) { x, y, c in
      gains[c].applied(to: map[x, y, c])
    }
  }

  /// From v̂ of the image to its pixels.
  func synthesis(_ latent: Map, width: Int, height: Int, isGray: Bool) throws -> [UInt8] {
    let trunk = try model.bits("synthesis.trunk")
    let c = model.transformWidth
    let y = try gain(latent, "gain.inverse", sign: -1, from: "latent", to: "synthesis.latent")
    let up = try layer(
      "synthesis.up", (model.latentWidth, try model.bits("synthesis.latent")), (4 * c, trunk))
    let out = try layer("synthesis.out", (c, trunk), (192, 7), offset: 1)
    let x = try blocks("synthesis", model.blocks("synthesis"), up(y).shuffled(2))
    let picture = out(x).shuffled(8)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let rgb = (0..<3).map { min(max(picture[x, y, $0], 0), 255) }
        // "Gray images".
        pixels += (isGray ? [(rgb[0] + rgb[1] + rgb[2] + 1) / 3] : rgb).map { UInt8($0) }
      }
    }
    return pixels
  }

  // MARK: Hyper-synthesis and context

  /// From ẑ of a tile to its features, and to mean and raw scale of its latents.
  func hyperSynthesis(_ hyper: Map, width: Int, height: Int) throws -> (features: Map, out: Map) {
    let (z, k) = (model.hyperWidth, model.priorWidth)
    let trunk = try model.bits("prior.trunk")
    let up1Bits = try model.bits("prior.up1")
    let up1 = try layer("prior.up1", (z, try model.bits("hyper")), (4 * z, up1Bits))
    let up2 = try layer("prior.up2", (z, up1Bits), (4 * k, trunk))
    var x = up1(hyper, leaky: true).shuffled(2).crop((width + 1) / 2, (height + 1) / 2)
    x = up2(x).shuffled(2).crop(width, height)
    let features = try blocks("prior", model.blocks("prior"), x)
    let out = try Layer(
      model, "prior.out", inputs: Array(repeating: trunk, count: k), outputs: distributionBits())
    return (features, out(features))
  }

  /// From the first pass of a tile and its features to what is added to mean and raw scale.
  func context(_ latent: Map, _ features: Map) throws -> Map {
    let (m, k) = (model.latentWidth, model.priorWidth)
    let trunk = Array(repeating: try model.bits("context.trunk"), count: model.contextWidth)
    let inputs =
      Array(repeating: try model.bits("latent"), count: m)
      + Array(repeating: try model.bits("prior.trunk"), count: k)
    let joined = Map(latent.width, latent.height, m + k) { x, y, c in
      c < m ? latent[x, y, c] : features[x, y, c - m]
    }
    let x = try Layer(model, "context.in", inputs: inputs, outputs: trunk)(joined)
    let out = try Layer(model, "context.out", inputs: trunk, outputs: distributionBits())
    return out(try blocks("context", model.blocks("context"), x))
  }

  /// Of M means and M raw scales.
  private func distributionBits() throws -> [Int] {
    Array(repeating: try model.bits("latent"), count: model.latentWidth)
      + Array(repeating: 7, count: model.latentWidth)
  }
}
