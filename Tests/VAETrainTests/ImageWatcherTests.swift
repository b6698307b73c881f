import Foundation
import Testing
import VAETrain
import VAEZip

@Suite("Images that arrive while training")
final class ImageWatcherTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "vaezip-watch-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/a", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func png(_ side: Int) throws -> Data {
    let pixels = (0..<3 * side * side).map { UInt8(truncatingIfNeeded: $0) }
    return Data(
      try PNG.write(Image(width: side, height: side, channels: .rgb, pixels: pixels)))
  }

  private func put(_ data: Data, _ name: String) throws {
    try data.write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  private func watcher(budget: Int = 1 << 20) -> ImageWatcher {
    ImageWatcher([folder], known: [folder + "/old.png"], cropSize: 64, budget: budget)
  }

  @Test("New files are taken once, those from before never")
  func findsNewFiles() throws {
    try put(png(64), "old.png")
    let watcher = watcher()
    try put(png(64), "new.png")
    try put(png(80), "a/new.png")
    watcher.look()
    #expect(watcher.take().isEmpty)
    watcher.look()
    #expect(watcher.take().map(\.width).sorted() == [64, 80])
    watcher.look()
    watcher.look()
    #expect(watcher.take().isEmpty)
  }

  @Test("A file that is still being copied waits")
  func waitsForCopies() throws {
    let (watcher, data) = (watcher(), try png(64))
    for share in 1...3 {
      try put(data.prefix(data.count * share / 3), "slow.png")
      watcher.look()
      #expect(watcher.take().isEmpty)
    }
    watcher.look()
    #expect(watcher.take().count == 1)
  }

  @Test("Files that are no image, too small, or beyond the budget are passed over")
  func passesOver() throws {
    let watcher = watcher(budget: 3 * 80 * 80)
    try put(Data("no picture".utf8), "text.png")
    try put(png(48), "small.png")
    try put(png(96), "large.png")
    try put(png(80), "fits.png")
    watcher.look()
    watcher.look()
    #expect(watcher.take().map(\.width) == [80])
  }

  @Test("A folder that vanishes has nothing new")
  func vanishes() throws {
    let watcher = watcher()
    try FileManager.default.removeItem(atPath: folder)
    watcher.look()
    #expect(watcher.take().isEmpty)
  }
}
