import Foundation
import TestSupport
import Testing
import VAEZip

/// What a system may lack: /proc, files without names, further threads.
@Suite("bare machines", .serialized)
struct BareMachineTests {
  let vaezip: Command

  init() throws { vaezip = try Command.withFiles() }

  private static let hidesProc = Command.can("unshare -rm mount -t tmpfs none /proc")

  /// A shell without /proc.
  private func withoutProc(_ script: String) throws -> Command.Result {
    try vaezip.shell("unshare -rm bash -c 'mount -t tmpfs none /proc; \(script)'")
  }

  @Test("without /proc", .disabled(if: Command.isSanitized), .enabled(if: hidesProc))
  func noProc() throws {
    defer { vaezip.remove() }
    try vaezip.write(Array(vaezip.read("good.vz").dropLast(9)), to: "cut.vz")
    let cut = try withoutProc("$V verify --model model cut.vz")
    #expect(cut.status == 1)
    #expect(cut.error.hasPrefix("vaezip: cut.vz: truncated"), "\(cut.error)")
    #expect(cut.output.isEmpty)
    let none = try withoutProc("$V compress")
    #expect(none.status == 2)
    for script in [
      "$V compress --model model good.png -o a.vz && cmp a.vz good.vz",
      "$V compress -f --model model good.png -o a.vz && cmp a.vz good.vz",
      "$V compress --model model good.png -o /dev/stdout | cmp - good.vz",
      "$V compress -f --quiet --model model good.png -o a.vz >&- 2>&- && cmp a.vz good.vz",
    ] {
      let result = try withoutProc(script)
      #expect(result.status == 0, "\(script): \(result.error)")
    }
    // Errors leave no hidden file, which takes the place of one without a name.
    let before = try vaezip.files()
    let large = TestImage.make(300, 300)
    try vaezip.write(PNG.write(large), to: "large.png")
    for script in [
      "ulimit -f 1; $V compress -q 100 --model model large.png -o b.vz",
      "$V decompress --model model cut.vz -o b.png >&-",
    ] {
      let result = try withoutProc(script)
      #expect(result.status == 1, "\(script): \(result.error)")
      #expect(result.errorLines.count == 1, "\(result.error)")
    }
    #expect(try vaezip.files() == before.union(["large.png"]))
  }

  /// How to run a program that can make no thread: the limit does not hold for the administrator.
  private static let alone =
    getuid() == 0
    ? "setpriv --reuid=65534 --regid=65534 --clear-groups prlimit --nproc=1" : "prlimit --nproc=1"

  @Test("no further thread to be had", .enabled(if: Command.can("\(alone) true")))
  func noThreads() throws {
    defer { vaezip.remove() }
    _ = try vaezip.shell("chmod 755 . && chmod 644 model good.png good.vz")
    let right = try vaezip.read("good.vz")
    for threads in ["", "-T 1", "-T 2", "-T 5"] {
      let compressed = try vaezip.shell(
        "\(Self.alone) $V compress --quiet \(threads) --model model good.png -o -", seconds: 30)
      #expect(compressed.status == 0, "\(threads): \(compressed.error)")
      #expect(compressed.output == right)
      let verified = try vaezip.shell(
        "\(Self.alone) $V verify \(threads) --model model good.vz", seconds: 30)
      #expect(verified.status == 0, "\(threads): \(verified.error)")
    }
    #expect(try vaezip.shell("\(Self.alone) $V info -v --model model good.vz", seconds: 30).status == 0)
    #expect(try vaezip.shell("\(Self.alone) $V --help", seconds: 30).status == 0)
  }

  /// libtorch would wait forever for a thread that cannot be made.
  @Test(
    "training without threads ends with a line",
    .enabled(if: Command.can("\(alone) true")),
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"))
  func training() throws {
    defer { vaezip.remove() }
    _ = try vaezip.shell("chmod 777 . && chmod 644 good.png")
    for threads in [1, 2] {
      let result = try vaezip.shell(
        "\(Self.alone) $V train good.png --crop 64 --out t --steps 1 -T \(threads)", seconds: 60)
      #expect(result.status == 1)
      #expect(result.errorLines.count == 1, "\(result.error)")
      #expect(result.error.contains("training needs \(threads + 4) threads"), "\(result.error)")
    }
  }
}
