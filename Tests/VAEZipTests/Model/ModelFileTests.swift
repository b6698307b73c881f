import TestSupport
import Testing
import VAEZip

@Suite struct ModelFileTests {
  @Test(arguments: [WeightTensor.DType.f16, .f32])
  func survivesItsBytes(dtype: WeightTensor.DType) throws {
    let file = try RandomModel.file(dtype: dtype)
    let bytes = file.serialized()
    let again = try ModelFile(parsing: bytes)
    #expect(again == file)
    #expect(again.serialized() == bytes)
    #expect(again.network == RandomModel.description())
    #expect(ModelFile.id(of: bytes) == ModelFile.id(of: again.serialized()))
    let model = try Model(contentsOf: bytes)
    #expect(model.id == ModelFile.id(of: bytes))
    #expect(model.qualityPositions.first == 0)
    #expect(model.qualityPositions.last == model.lastQualityPosition)
  }

  @Test func masksAreFormat2() throws {
    let file = try RandomModel.file(masks: .dualCheckerboard)
    #expect(file.formatVersion == 2)
    #expect(try RandomModel.file().formatVersion == 1)
    let again = try ModelFile(parsing: file.serialized())
    #expect(again == file)
    #expect(again.network.passMask == .dualCheckerboard)
    // Half of the channels of a pass, too, are a multiple of 32.
    var odd = file.network
    odd.latentWidth = 96
    #expect(throws: ModelError.self) { try ModelFile.validate(odd) }
  }

  @Test func previewTablesAreFormat3() throws {
    let file = try RandomModel.file(hasPreview: true)
    #expect(file.formatVersion == 3)
    let bytes = file.serialized()
    #expect(try ModelFile(parsing: bytes) == file)
    // A file that says format 1 must not have one.
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("format\\\":3".utf8)) })
    var other = bytes
    other[place + 9] = UInt8(ascii: "1")
    #expect(error(other) == .invalidDescription("preview tables are no part of format 1"))
    // Both tensors or none, in the right shape.
    var half = file
    half.tensors[PreviewTable.biasName] = nil
    #expect(error(half.serialized()) == .missingTensor(PreviewTable.biasName))
    half.tensors[PreviewTable.biasName] = WeightTensor(float16: [1], shape: [1])
    #expect(
      error(half.serialized())
        == .invalidTensor(name: PreviewTable.biasName, reason: "shape [1], expected [12]"))
  }

  @Test func previewTablesHaveFilesOfTheirOwn() throws {
    let file = try RandomModel.file(hasPreview: true)
    let table = try #require(file.preview)
    let bytes = table.serialized(model: 7)
    #expect(try PreviewTable(parsing: ModelBytes(bytes), model: 7, latentWidth: 32) == table)
    #expect(throws: ModelError.self) {
      try PreviewTable(parsing: ModelBytes(bytes), model: 8, latentWidth: 32)
    }
    #expect(throws: ModelError.self) {
      try PreviewTable(parsing: ModelBytes(bytes), model: 7, latentWidth: 64)
    }
    #expect(throws: ModelError.self) {
      try PreviewTable(parsing: ModelBytes(file.serialized()), model: 7, latentWidth: 32)
    }
  }

  @Test func holdsThePosteriorHead() throws {
    let description = RandomModel.description()
    let file = try ModelFile(
      network: description, calibration: RandomModel.calibration(description),
      tensors: RandomModel.tensors(description, seed: 2, posteriorHead: true))
    #expect(file.hasPosteriorHead)
    #expect(try ModelFile(parsing: file.serialized()) == file)
  }

  @Test func idIsXXH64() {
    // Of the reference implementation's test vectors: no bytes, seed 0.
    #expect(ModelFile.id(of: []) == 0xEF46_DB37_51D8_E999)
    #expect(ModelFile.name(ofID: 0xAB) == "00000000000000ab")
  }

  // MARK: Files that are not models

  static let good = Result { try RandomModel.bytes() }

  func error(_ bytes: [UInt8]) -> ModelError? {
    do throws(ModelError) {
      _ = try ModelFile(parsing: bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func saysInOneLineWhatFilesHaveInMore() throws {
    let found = error(try edited("I32", #"I\n\u2028\u0007"#))
    let line = try #require(found).description
    #expect(line.hasSuffix(#"unknown type I\u{a}\u{2028}\u{7}"#), "\(line)")
    #expect(ModelError.missingTensor(String(repeating: "x", count: 4000)).description.count <= 300)
  }

  /// Replaces text in the header and corrects its length.
  func edited(_ from: String, _ to: String) throws -> [UInt8] {
    let bytes = try Self.good.get()
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    let range = try #require(header.firstRange(of: from))
    header.replaceSubrange(range, with: to)
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
      + bytes[(8 + length)...]
  }

  @Test func refusesWhatIsNoSafetensorsFile() throws {
    #expect(error([]) == .truncated(expected: 8, found: 0))
    #expect(error([1, 2, 3]) == .truncated(expected: 8, found: 3))
    #expect(error([9, 0, 0, 0, 0, 0, 0, 0]) == .truncated(expected: 17, found: 8))
    let huge = error(Array(repeating: 0xFF, count: 100))
    guard case .tooLarge = huge else { return #expect(Bool(false), "\(String(describing: huge))") }
    for text in ["", "{", "[]", "{\"a\":1}", "{}", "{\"__metadata__\":{\"a\":\"b\"}}"] {
      let found = error([UInt8(text.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(text.utf8))
      guard case .malformedHeader = found else {
        return #expect(Bool(false), "\(text): \(String(describing: found))")
      }
    }
  }

  /// A text of the header, its replacement, and what the error says.
  static let edits: [(String, String, String)] = [
    (#"\"format\":1"#, #"\"format\":4"#, "unknown format version 4"),
    (
      #"\"latentWidth\":32"#, #"\"latentWidth\":64,\"masks\":\"dualCheckerboard\""#,
      "invalid description: masks are no part of format 1"
    ),
    (
      #"\"transformWidth\":32"#, #"\"transformWidth\":33"#,
      "invalid description: transformWidth is 33, not a multiple of 32 up to 1024"
    ),
    (
      #"\"transformWidth\":32"#, #"\"transformWidth\":0"#,
      "invalid description: transformWidth is 0, not a multiple of 32 up to 1024"
    ),
    (
      #"\"transformWidth\":32"#, #"\"transformWidth\":-32"#,
      "invalid description: transformWidth is -32, not a multiple of 32 up to 1024"
    ),
    (
      #"\"transformWidth\":32"#, #"\"transformWidth\":1048576"#,
      "invalid description: transformWidth is 1048576, not a multiple of 32 up to 1024"
    ),
    (
      #"\"transformWidth\":32"#, #"\"transformWidth\":64"#,
      "tensor analysis.in.weight: shape [32, 192, 1, 1], expected [64, 192, 1, 1]"
    ),
    (
      #"\"transformWidth\":32"#, #"\"transformWidth\":9223372036854775807"#,
      "invalid description: transformWidth is 9223372036854775807, not a multiple of 32 up to 1024"
    ),
    (
      #"\"contextBlocks\":1"#, #"\"contextBlocks\":1000000000"#,
      "invalid description: contextBlocks is 1000000000, not in 0…64"
    ),
    (#"\"contextBlocks\":1"#, #"\"contextBlocks\":2"#, "invalid calibration: context.block1.mix is missing"),
    (
      #"\"contextBlocks\":1"#, #"\"contextBlocks\":0"#,
      "invalid calibration: context.block0.depthwise is no activation of this network"
    ),
    (
      #"\"lambdas\":[0.001,"#, #"\"lambdas\":[0.5,"#,
      "invalid description: lambdas are not positive and ascending"
    ),
    (
      #"\"lambdas\":[0.001,"#, #"\"lambdas\":[-1,"#,
      "invalid description: lambdas are not positive and ascending"
    ),
    (#"\"hyper\":6"#, #"\"hyper\":0"#, "invalid calibration: hyper is 0, not in 1…15"),
    (#"\"hyper\":6"#, #"\"hyper\":16"#, "invalid calibration: hyper is 16, not in 1…15"),
    (#"\"hyper\":6"#, #"\"hypes\":6"#, "invalid calibration: hyper is missing"),
    (
      #"\"hyper\":6"#, #"\"hyper\":6,\"more\":1"#,
      "invalid calibration: more is no activation of this network"
    ),
    (
      #"\"qualityPositions\":[0,"#, #"\"qualityPositions\":[5,"#,
      "invalid quality positions: not strictly increasing in 0…512"
    ),
    (
      #"\"qualityPositions\":[0,"#, #"\"qualityPositions\":[-1,"#,
      "invalid quality positions: not strictly increasing in 0…512"
    ),
    (
      #"\"qualityPositions\":[0,"#, #"\"qualityPositions\":["#,
      "invalid quality positions: 100 entries, expected 101"
    ),
    (#""dtype":"F16""#, #""dtype":"F17""#, "tensor analysis.in.weight: unknown type F17"),
    (
      #""dtype":"F16""#, #""dtype":"I32""#,
      "tensor analysis.in.weight: 12288 bytes do not fit its shape and type"
    ),
    (#""analysis.in.bias""#, #""analysis.in.bios""#, "tensor analysis.in.bias is missing"),
    (
      #""shape":[32,192,1,1]"#, #""shape":[192,32,1,1]"#,
      "tensor analysis.in.weight: shape [192, 32, 1, 1], expected [32, 192, 1, 1]"
    ),
    (
      #""shape":[32,192,1,1]"#, #""shape":[-32,-192,1,1]"#,
      "tensor analysis.in.weight: 12288 bytes do not fit its shape and type"
    ),
    (
      #""shape":[32,192,1,1]"#, #""shape":[4611686018427387904,4611686018427387904,1,1]"#,
      "tensor analysis.in.weight: 12288 bytes do not fit its shape and type"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[0,12289]"#,
      "tensor analysis.in.weight: 12289 bytes do not fit its shape and type"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[2,12290]"#,
      "tensor analysis.in.weight: begins at byte 2, expected 0"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[12288,0]"#,
      "tensor analysis.in.weight: begins at byte 12288, expected 0"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[-12288,0]"#,
      "tensor analysis.in.weight: begins at byte -12288, expected 0"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[0]"#,
      "tensor analysis.in.weight: data_offsets are not two numbers"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[0,9223372036854775807]"#,
      "tensor analysis.in.weight: ends at byte 9223372036854775807"
    ),
    (
      #""data_offsets":[0,12288]"#, #""data_offsets":[0,1e99]"#,
      "malformed header at offset 8: not the JSON of a safetensors file"
    ),
  ]

  @Test(arguments: edits) func refusesAnEditedHeader(from: String, to: String, error line: String) throws {
    let found = try #require(error(try edited(from, to))).description
    #expect(found.contains(line), "\(found)")
  }

  @Test func refusesMissingAndTrailingBytes() throws {
    let bytes = try Self.good.get()
    for count in [1, 100] {
      let line = try #require(error(bytes + [UInt8](repeating: 0, count: count))).description
      #expect(line.contains("\(count) "), "\(line)")
    }
    for cut in [1, 2, 4, 1000, bytes.count / 2, bytes.count - 100] {
      let line = try #require(error(Array(bytes.dropLast(cut)))).description
      #expect(line.contains("truncated") || line.contains("ends at byte"), "\(line)")
    }
  }

  @Test func refusesInfinities() throws {
    let description = RandomModel.description()
    var tensors = RandomModel.tensors(description, seed: 1)
    tensors["prior.out.weight"]?[5] = .infinity
    let expected = ModelError.notFinite(tensor: "prior.out.weight", index: 5)
    #expect(throws: expected) {
      try ModelFile(
        network: description, calibration: RandomModel.calibration(description),
        tensors: tensors)
    }
  }

  @Test func refusesWeightsThatDoNotFitTheIntegers() throws {
    let description = RandomModel.description()
    var tensors = RandomModel.tensors(description, seed: 1)
    tensors["synthesis.out.weight"]?[5] = 60000
    let file = try ModelFile(
      network: description, calibration: RandomModel.calibration(description),
      tensors: tensors)
    let model = try Model(contentsOf: file.serialized())
    #expect(throws: ModelError.self) { try model.prepare() }
    #expect(throws: CodecError.self) {
      try ImageEncoder(model: model).encodeTrial(TestImage.make(16, 16))
    }
  }

  /// Damage of the header is an error in one line, or it makes another valid model (of another name, say).
  @Test func randomDamageIsAnErrorOrAnotherModel() throws {
    let bytes = try Self.good.get()
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var random = SplitMix64(99)
    var refused = 0
    for _ in 0..<300 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<8 + length, using: &random)] = UInt8(
          truncatingIfNeeded: random.next())
      }
      do throws(ModelError) {
        let file = try ModelFile(parsing: damaged)
        #expect(try ModelFile(parsing: file.serialized()) == file)
      } catch {
        refused += 1
        let line = error.description
        #expect(line.hasPrefix("model") && !line.contains("\n"), "\(line)")
      }
    }
    #expect(refused > 200)
  }
}
