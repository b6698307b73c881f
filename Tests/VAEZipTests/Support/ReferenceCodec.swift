import Testing
import VAEZip

/// A second implementation of Formats/MODEL.md, written from the page alone: plain loops over plain
/// arrays of Int, numbers read as Double (which holds every value in question exactly). It shares no
/// code with the product but the model file's reader, and it is slow.
struct ReferenceCodec {
  let file: ModelFile

  /// Channels innermost; reads outside are zero.
  struct Map {
    let width, height, channels: Int
    var values: [Int]

    init(_ width: Int, _ height: Int, _ channels: Int) {
      self.width = width
      self.height = height
      self.channels = channels
      values = Array(repeating: 0, count: width * height * channels)
    }

    subscript(x: Int, y: Int, c: Int) -> Int {
      get {
        guard x >= 0, y >= 0, x < width, y < height else { return 0 }
        return values[(y * width + x) * channels + c]
      }
      set { values[(y * width + x) * channels + c] = newValue }
    }
  }

  /// One coded stream.
  struct Stream: Equatable {
    var symbols: [Int16] = []
    var levels: [UInt8] = []
  }

  struct Result {
    var tiles: [[Stream]] = []
    var pixels: [UInt8] = []
  }

  func sat(_ value: Int) -> Int { min(max(value, -32768), 32767) }

  /// Arithmetic shift to the right; also by more bits than there are.
  func shift(_ value: Int, _ bits: Int) -> Int { value >> bits }

  func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }

  func power(_ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<abs(exponent) { result *= exponent > 0 ? 2 : 0.5 }
    return result
  }

  // MARK: Weights

  struct Layer {
    var weights: [[Int]]
    var bias: [Int]
    var shift: [Int]
    var taps: Int
    var depthwise: Bool
  }

  func layer(
    _ name: String, inputs: [(Int, Int)], outputs: [(Int, Int)], depthwise: Bool = false,
    offset: Double = 0
  ) throws -> Layer {
    let weight = try #require(file.tensors[name + ".weight"])
    let bias = try #require(file.tensors[name + ".bias"]).floats()
    let numbers = weight.floats()
    let taps = weight.shape[2] * weight.shape[3]
    let row = weight.shape[1] * taps
    let inputBits = inputs.flatMap { Array(repeating: $0.1, count: $0.0) }
    let outputBits = outputs.flatMap { Array(repeating: $0.1, count: $0.0) }
    var layer = Layer(weights: [], bias: [], shift: [], taps: taps, depthwise: depthwise)
    for output in 0..<weight.shape[0] {
      var found = false
      for a in stride(from: 30, through: outputBits[output] + 1, by: -1) {
        let s = a - outputBits[output]
        if s > 24 || a - (inputBits.min() ?? 0) > 24 { continue }
        let integers = (0..<row).map { index in
          let f = inputBits[depthwise ? output : index / taps]
          let w24 = rounded(Double(numbers[output * row + index]) * power(24))
          return rounded(Double(w24) * power(a - f - 24))
        }
        let b24 = rounded(Double(bias[output]) * power(24)) + rounded(offset * power(24))
        let b = rounded(Double(b24) * power(a - 24))
        if integers.contains(where: { abs($0) > 32767 }) { continue }
        let sum = integers.reduce(0) { $0 + abs($1) }
        if sum * 32768 + abs(b) + 1 << (s - 1) > 1 << 31 - 1 { continue }
        layer.weights.append(integers)
        layer.bias.append(b)
        layer.shift.append(s)
        found = true
        break
      }
      try #require(found, "\(name) does not fit")
    }
    return layer
  }

  func run(_ layer: Layer, _ input: Map, stride: Int = 1, leaky: Bool = false) -> Map {
    let outputs = layer.bias.count
    var output = Map(
      (input.width + stride - 1) / stride, (input.height + stride - 1) / stride, outputs)
    let side = layer.taps == 9 ? 3 : 1
    for y in 0..<output.height {
      for x in 0..<output.width {
        for o in 0..<outputs {
          var sum = layer.bias[o] + 1 << (layer.shift[o] - 1)
          for c in 0..<(layer.depthwise ? 1 : input.channels) {
            for ky in 0..<side {
              for kx in 0..<side {
                let weight = layer.weights[o][(c * side + ky) * side + kx]
                sum += weight * input[
                  x * stride + kx - side / 2, y * stride + ky - side / 2,
                  layer.depthwise ? o : c]
              }
            }
          }
          let value = sat(shift(sum, layer.shift[o]))
          output[x, y, o] = leaky ? max(value, shift(value, 3)) : value
        }
      }
    }
    return output
  }

  func add(_ a: Map, _ b: Map) -> Map {
    var sum = a
    for index in a.values.indices { sum.values[index] = sat(a.values[index] + b.values[index]) }
    return sum
  }

  /// Channel c·r² + dy·r + dx becomes channel c of pixel (r·x + dx, r·y + dy).
  func shuffle(_ map: Map, _ r: Int) -> Map {
    var result = Map(map.width * r, map.height * r, map.channels / (r * r))
    for y in 0..<result.height {
      for x in 0..<result.width {
        for c in 0..<result.channels {
          result[x, y, c] = map[x / r, y / r, c * r * r + y % r * r + x % r]
        }
      }
    }
    return result
  }

  func crop(_ map: Map, _ width: Int, _ height: Int) -> Map {
    var result = Map(width, height, map.channels)
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<map.channels { result[x, y, c] = map[x, y, c] }
      }
    }
    return result
  }

  // MARK: Parts

  func bits(_ name: String) -> Int { file.calibration[name] ?? 0 }

  func blocks(_ part: String, _ count: Int, _ width: Int, _ input: Map) throws -> Map {
    var x = input
    let trunk = [(width, bits("\(part).trunk"))]
    for index in 0..<count {
      let name = "\(part).block\(index)"
      let mix = [(width, bits(name + ".mix"))]
      let deep = [(width, bits(name + ".depthwise"))]
      let expand = [(2 * width, bits(name + ".expand"))]
      let mixed = run(
        try layer(name + ".mix", inputs: trunk, outputs: mix), x, leaky: true)
      let filtered = run(
        try layer(name + ".depthwise", inputs: mix, outputs: deep, depthwise: true), mixed)
      x = add(x, run(try layer(name + ".merge", inputs: deep, outputs: trunk), filtered))
      let wide = run(
        try layer(name + ".expand", inputs: trunk, outputs: expand), x, leaky: true)
      x = add(x, run(try layer(name + ".shrink", inputs: expand, outputs: trunk), wide))
    }
    return x
  }

  func analysis(_ image: Image) throws -> Map {
    let d = file.network
    let (w16, h16) = ((image.width + 15) / 16, (image.height + 15) / 16)
    var cells = Map(2 * w16, 2 * h16, 192)
    for y in 0..<16 * h16 {
      for x in 0..<16 * w16 {
        let (px, py) = (min(x, image.width - 1), min(y, image.height - 1))
        for c in 0..<3 {
          let n = Int(image.channels.rawValue)
          let value = image.pixels[(py * image.width + px) * n + (n == 1 ? 0 : c)]
          cells[x / 8, y / 8, c * 64 + y % 8 * 8 + x % 8] = Int(value) - 128
        }
      }
    }
    let trunk = [(d.transformWidth, bits("analysis.trunk"))]
    var x = run(try layer("analysis.in", inputs: [(192, 7)], outputs: trunk), cells)
    x = try blocks("analysis", d.analysisBlocks, d.transformWidth, x)
    return run(
      try layer(
        "analysis.down", inputs: trunk, outputs: [(d.latentWidth, bits("analysis.latent"))]), x,
      stride: 2)
  }

  func table(_ name: String, _ position: Int) throws -> [Int] {
    let tensor = try #require(file.tensors[name])
    let columns = tensor.shape[1]
    let all = tensor.floats().map { rounded(Double($0) * 65536) }
    let (i, f) = (position / 256, position % 256)
    return (0..<columns).map { c in
      let low = all[i * columns + c]
      if f == 0 { return low }
      return low + shift((all[(i + 1) * columns + c] - low) * f + 128, 8)
    }
  }

  /// Multiplies by 2^(lg / 65536) · 2^(to − from).
  func gain(_ value: Int, lg: Int, from: Int, to: Int) -> Int {
    let roots = [
      1_518_500_250, 1_276_901_417, 1_170_923_762, 1_121_280_436, 1_097_253_708, 1_085_434_106,
      1_079_572_136, 1_076_653_033, 1_075_196_443, 1_074_468_888, 1_074_105_294, 1_073_923_544,
      1_073_832_680, 1_073_787_251, 1_073_764_537, 1_073_753_181,
    ]
    var n = shift(lg, 16)
    var r = 1 << 30
    for k in 1...16 where (lg - n << 16) & 1 << (16 - k) != 0 {
      r = (r * roots[k - 1] + 1 << 29) / (1 << 30)
    }
    var g = (r + 1 << 15) / (1 << 16)
    if g == 32768 { (g, n) = (16384, n + 1) }
    var t = 14 - n + from - to
    if t < 1 { (g, t) = (32767, 1) } else if t > 30 { (g, t) = (0, 1) }
    return sat(shift(value * g + 1 << (t - 1), t))
  }

  func gain(_ map: Map, _ lg: [Int], from: Int, to: Int) -> Map {
    var result = map
    for index in map.values.indices {
      result.values[index] = gain(
        map.values[index], lg: lg[index % map.channels], from: from, to: to)
    }
    return result
  }

  func compand(_ value: Int) -> Int {
    let f = bits("latent")
    let u = abs(value) + 1 << f
    var b = 0
    while u >> (b + 1) > 0 { b += 1 }
    let magnitude = (b - f) * 2048 + (u * 2048) >> b - 2048
    return value < 0 ? -magnitude : magnitude
  }

  func hyperAnalysis(_ v: Map) throws -> Map {
    let d = file.network
    var companded = v
    companded.values = v.values.map(compand)
    let trunk = [(d.priorWidth, bits("hyperanalysis.trunk"))]
    let down1 = [(d.priorWidth, bits("hyperanalysis.down1"))]
    var x = run(
      try layer("hyperanalysis.in", inputs: [(d.latentWidth, 11)], outputs: trunk), companded)
    x = try blocks("hyperanalysis", d.hyperAnalysisBlocks, d.priorWidth, x)
    x = run(
      try layer("hyperanalysis.down1", inputs: trunk, outputs: down1), x, stride: 2, leaky: true)
    return run(
      try layer(
        "hyperanalysis.down2", inputs: down1, outputs: [(d.hyperWidth, bits("hyper"))]), x,
      stride: 2)
  }

  /// Encodes and decodes a tile: v in, v̂ and the streams out.
  func tile(_ v: Map, position: Int) throws -> (Map, [Stream]) {
    let d = file.network
    let (m, z, k) = (d.latentWidth, d.hyperWidth, d.priorWidth)
    let (f, fh) = (bits("latent"), bits("hyper"))

    var hyper = try hyperAnalysis(v)
    var streams = [Stream(), Stream(), Stream()]
    let means = try table("hyper.mean", position).map { sat(shift($0 + 1 << (15 - fh), 16 - fh)) }
    let levels = try table("hyper.level", position).map { min(max(shift($0 + 32768, 16), 0), 63) }
    for index in hyper.values.indices {
      let mean = means[index % z]
      let q = sat(shift(hyper.values[index] - mean + 1 << fh / 2, fh))
      streams[0].symbols.append(Int16(q))
      streams[0].levels.append(UInt8(levels[index % z]))
      hyper.values[index] = sat(q << fh + mean)
    }

    var x = run(
      try layer(
        "prior.up1", inputs: [(z, fh)], outputs: [(4 * z, bits("prior.up1"))]), hyper, leaky: true)
    x = crop(shuffle(x, 2), (v.width + 1) / 2, (v.height + 1) / 2)
    x = run(
      try layer(
        "prior.up2", inputs: [(z, bits("prior.up1"))], outputs: [(4 * k, bits("prior.trunk"))]), x)
    x = crop(shuffle(x, 2), v.width, v.height)
    x = try blocks("prior", d.priorBlocks, k, x)
    let out = run(
      try layer("prior.out", inputs: [(k, bits("prior.trunk"))], outputs: [(m, f), (m, 7)]), x)

    var decoded = Map(v.width, v.height, m)
    func pass(_ parity: Int, _ distribution: Map) {
      for y in 0..<v.height {
        for x in 0..<v.width where (x + y) % 2 == parity {
          for c in 0..<m {
            let (mean, raw) = (distribution[x, y, c], distribution[x, y, m + c])
            let q = sat(shift(v[x, y, c] - mean + 1 << f / 2, f))
            let level = min(max(16 + shift(raw + 8, 4), 0), 63)
            streams[1 + parity].symbols.append(Int16(q))
            streams[1 + parity].levels.append(UInt8(level))
            decoded[x, y, c] = sat(q << f + mean)
          }
        }
      }
    }
    pass(0, out)
    var features = Map(v.width, v.height, m + k)
    for y in 0..<v.height {
      for column in 0..<v.width {
        for c in 0..<m { features[column, y, c] = decoded[column, y, c] }
        for c in 0..<k { features[column, y, m + c] = x[column, y, c] }
      }
    }
    let trunk = [(d.contextWidth, bits("context.trunk"))]
    var y = run(
      try layer("context.in", inputs: [(m, f), (k, bits("prior.trunk"))], outputs: trunk),
      features)
    y = try blocks("context", d.contextBlocks, d.contextWidth, y)
    y = run(try layer("context.out", inputs: trunk, outputs: [(m, f), (m, 7)]), y)
    pass(1, add(out, y))
    return (decoded, streams)
  }

  func synthesis(_ latent: Map, width: Int, height: Int, gray: Bool) throws -> [UInt8] {
    let d = file.network
    let trunk = bits("synthesis.trunk")
    var x = run(
      try layer(
        "synthesis.up", inputs: [(d.latentWidth, bits("synthesis.latent"))],
        outputs: [(4 * d.transformWidth, trunk)]), latent)
    x = try blocks("synthesis", d.synthesisBlocks, d.transformWidth, shuffle(x, 2))
    x = run(
      try layer(
        "synthesis.out", inputs: [(d.transformWidth, trunk)], outputs: [(192, 7)], offset: 1), x)
    let picture = shuffle(x, 8)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let rgb = (0..<3).map { min(max(picture[x, y, $0], 0), 255) }
        if gray {
          pixels.append(UInt8((rgb[0] + rgb[1] + rgb[2] + 1) / 3))
        } else {
          pixels += rgb.map(UInt8.init)
        }
      }
    }
    return pixels
  }

  /// All of it.
  func encode(_ image: Image, position: Int, tileSize: Int) throws -> Result {
    let y = try analysis(image)
    let forward = try table("gain.forward", position)
    let inverse = try table("gain.inverse", position).map { -$0 }
    let v = gain(y, forward, from: bits("analysis.latent"), to: bits("latent"))
    var decoded = v
    var result = Result()
    let size = tileSize / 16
    for ty in stride(from: 0, to: v.height, by: size) {
      for tx in stride(from: 0, to: v.width, by: size) {
        var part = Map(min(size, v.width - tx), min(size, v.height - ty), v.channels)
        for y in 0..<part.height {
          for x in 0..<part.width {
            for c in 0..<v.channels { part[x, y, c] = v[tx + x, ty + y, c] }
          }
        }
        let (output, streams) = try tile(part, position: position)
        result.tiles.append(streams)
        for y in 0..<part.height {
          for x in 0..<part.width {
            for c in 0..<v.channels { decoded[tx + x, ty + y, c] = output[x, y, c] }
          }
        }
      }
    }
    let latent = gain(decoded, inverse, from: bits("latent"), to: bits("synthesis.latent"))
    result.pixels = try synthesis(
      latent, width: image.width, height: image.height, gray: image.channels == .gray)
    return result
  }
}
