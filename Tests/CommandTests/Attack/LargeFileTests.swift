#if os(Linux)
import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipSupport

private let hasMemory: Bool = {
  let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
  let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  return (kibibytes ?? 0) << 10 > 8_000_000_000
}()

/// Files above 2 GiB, whose numbers need more than 32 bits. They are sparse: they take memory, but hardly any
/// room on the disk.
@Suite(
  "large files", .serialized, .disabled(if: Command.isSanitized),
  .enabled(if: hasMemory, "less than 8 GB of memory are free"))
struct LargeFileTests {
  /// Of each of the two passes, in bytes.
  private static let streamSize = 1_300_000_000

  /// A file with one tile, whose streams are zeros.
  private func write(_ vaezip: Command, to name: String) throws -> Int {
    let header = try VZHeader(
      width: 16, height: 16, format: .rgb, modelID: 7, qualityPosition: 0, tileSizeLog2: 9,
      version: 1)
    let checksum = RunningChecksum()
    let zeros = [UInt8](repeating: 0, count: 10_000_000)
    for _ in 0..<2 * Self.streamSize / zeros.count {
      zeros.withUnsafeBufferPointer { checksum.update($0) }
    }
    let index = [0] + varint(Self.streamSize) + varint(Self.streamSize) + little(checksum.hash32)
    let start = header.serialized(chunksFollow: false) + index + little(Checksum.hash32(index))
    let end = start.count + 2 * Self.streamSize
    try vaezip.write(start, to: name)
    let file = try FileHandle(forWritingTo: vaezip.directory.appending(path: name))
    try file.truncate(atOffset: UInt64(end + VZFile.trailerSize(header)))
    try file.close()
    return end + VZFile.trailerSize(header)
  }

  private func little(_ value: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private func varint(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
  }

  @Test("info shows lengths above 2 GiB as they are")
  func report() throws {
    let vaezip = try Command()
    defer { vaezip.remove() }
    let size = try write(vaezip, to: "large.vz")
    let text = try vaezip("info", "--max-memory", "8G", "large.vz")
    #expect(text.status == 0, "\(text.error)")
    #expect(text.text.contains("  file       \(size) bytes"), "\(text.text)")
    #expect(text.text.contains("  pass 1     \(Self.streamSize) bytes   50.0 %"), "\(text.text)")
    #expect(!text.text.contains("-"), "\(text.text)")
    let json = try vaezip("info", "--json", "--max-memory", "8G", "large.vz")
    let object = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
    #expect(object?["bytes"] as? Int == size)
    // The default limit is 4 GiB for everything: the file fits, and what is announced is refused unread.
    #expect(try vaezip.shell("truncate -s 5G large.vz; prlimit --as=1000000000 $V info large.vz").status == 1)
  }
}
#endif
