import TestSupport
import Testing
import VAEZip

/// Options out of range are refused by name, with what was expected and what was found.
@Suite struct EncoderOptionTests {
  private func error(_ options: EncoderOptions) throws -> CodecError? {
    let model = try RandomModel.model()
    do throws(CodecError) {
      _ = try ImageEncoder(model: model, options: options)
      return nil
    } catch {
      return error
    }
  }

  private func refused(_ name: String, _ expected: String, _ found: Int) -> CodecError {
    .invalidOption(name: name, expected: expected, found: "\(found)")
  }

  @Test(arguments: [-1, 101, .min, .max]) func quality(_ value: Int) throws {
    #expect(try error(EncoderOptions(quality: value)) == refused("quality", "0…100", value))
  }

  /// The model has three quality levels: positions 0…512.
  @Test(arguments: [-1, 513, .min, .max]) func qualityPosition(_ value: Int) throws {
    #expect(
      try error(EncoderOptions(qualityPosition: value))
        == refused("quality position", "0…512", value))
  }

  @Test(arguments: [0, 32, 100, 32768, -64, .max]) func tileSize(_ value: Int) throws {
    #expect(
      try error(EncoderOptions(tileSize: value))
        == refused("tile size", "a power of two, 64…16384", value))
  }

  @Test(arguments: [-1, 0, 10, .min, .max]) func effort(_ value: Int) throws {
    #expect(try error(EncoderOptions(effort: value)) == refused("effort", "1…9", value))
  }

  @Test func limitsThemselvesAreAccepted() throws {
    for options in [
      EncoderOptions(quality: 0, tileSize: 64, effort: 1),
      EncoderOptions(quality: 100, tileSize: 16384, effort: 9),
      EncoderOptions(qualityPosition: 0), EncoderOptions(qualityPosition: 512),
    ] {
      #expect(try error(options) == nil)
    }
  }
}
