import Testing
import VAEZip

@Suite("Container")
struct ContainerTests {
  /// The example of Formats/VZ.md.
  static let golden: [UInt8] = [
    0xD6, 0x56, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A, 0x01, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
  ]

  static func example() throws -> Container {
    try Container(
      header: ContainerHeader(
        width: 1, height: 1, channels: .rgb, modelID: 0x0123_4567_89AB_CDEF, qualityPosition: 1152),
      tiles: [TileStreams(hyper: [0xA0, 0xA1, 0xA2], pass1: [0xB0], pass2: [])],
      pixelChecksum: Checksum.hash32([10, 20, 30]))
  }

  @Test("prints")
  func printIt() throws {
    print(try Self.example().serialized().map { String($0, radix: 16) })
  }
}
