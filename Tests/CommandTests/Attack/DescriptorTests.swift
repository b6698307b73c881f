import Foundation
import TestSupport
import Testing
import VAEZip

/// Standard input, output and error may be closed, full, limited, or named as files.
@Suite("descriptors and streams", .serialized)
struct DescriptorTests {
  let vaezip: Command
  private let compress = "$V compress --model model"

  init() throws { vaezip = try Command.withFiles() }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  @Test("closed descriptors never become files")
  func closed() throws {
    try run {
      // 16 bits: has a notice, which must not get into the output.
      let image = TestImage.make(24, 24)
      try vaezip.write(
        PNG.write(
          Image(width: 24, height: 24, channels: .rgb, pixels: image.pixels, depth: .sixteen)),
        to: "notice.png")
      _ = try vaezip.shell("\(compress) notice.png -o right.vz")
      let right = try vaezip.read("right.vz")
      for closed in ["2>&-", ">&- 2>&-", "<&- 2>&-", "<&- >&- 2>&-", "<&-", ">&-"] {
        let result = try vaezip.shell("\(compress) -f notice.png -o out.vz \(closed)")
        #expect(result.status == 0, "\(closed): \(result.error)")
        #expect(try vaezip.read("out.vz") == right, "\(closed)")
      }
      let before = try vaezip.files()
      for command in [
        "\(compress) - -o new.vz <&-", "\(compress) -o - notice.png >&-", "$V info good.vz >&-",
        "$V info - <&-", "$V verify - <&-",
      ] {
        let result = try vaezip.shell(command)
        #expect(result.status == 1, "\(command)")
        #expect(result.errorLines.count == 1, "\(result.error)")
      }
      #expect(try vaezip.files() == before)
    }
  }

  @Test("standard output that cannot be written is an error", .enabled(if: Command.can("test -c /dev/full")))
  func full() throws {
    try run {
      for command in [
        "info good.vz", "info --json good.vz", "info model", "--help", "--version", "help compress",
        "compress --help", "evaluate -q 50 --model model good.png",
        "compress --model model good.png -o -", "decompress --model model good.vz -o -",
      ] {
        for target in ["/dev/full", "&-"] {
          let result = try vaezip.shell("$V \(command) >\(target)")
          #expect(result.status == 1, "\(command)")
          #expect(result.error.hasPrefix("vaezip: standard output: cannot write: "), "\(result.error)")
          #expect(result.errorLines.count == 1, "\(result.error)")
        }
      }
      // Standard error is nobody's business.
      #expect(try vaezip.shell("$V verify --model model good.vz 2>/dev/full").status == 0)
    }
  }

  @Test("names of descriptors write into what is open")
  func named() throws {
    try run {
      let right = try vaezip.read("good.vz")
      func expect(_ script: String, _ expected: [UInt8], _ location: SourceLocation = #_sourceLocation) throws
      {
        let result = try vaezip.shell(script)
        #expect(result.status == 0, "\(script): \(result.error)", sourceLocation: location)
        #expect(result.output == expected, "\(script)", sourceLocation: location)
      }
      for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev//./stdout", "/dev/fd/7"] {
        let command = "\(compress) --quiet good.png -o \(name) 7>&1"
        try expect("\(command) | cat", right)
        try expect("{ echo a; \(command); echo b; } >g; cat g", Array("a\n".utf8) + right + Array("b\n".utf8))
        try expect("echo a >g; { \(command); } >>g; cat g", Array("a\n".utf8) + right)
      }
      try expect("\(compress) --quiet good.png -o >(cat >g); wait $!; cat g", right)
      try expect("ln -s /dev/stdout link; \(compress) --quiet good.png -o link | cat; test -h link", right)
      let unwritable = try vaezip.shell("\(compress) good.png -o /dev/fd/9 9<good.png")
      #expect(unwritable.status == 1)
      #expect(unwritable.error.hasPrefix("vaezip: /dev/fd/9: cannot write: "))
    }
  }

  @Test(
    "limits on a file's size and closed pipes: one line, status 1, nothing left",
    .disabled(if: Command.isSanitized))
  func limited() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(300, 300)), to: "large.png")
      _ = try vaezip.shell("\(compress) -q 100 large.png -o large.vz")
      let before = try vaezip.files()
      for command in [
        "ulimit -f 1; \(compress) -q 100 large.png -o out.vz",
        "ulimit -f 1; $V decompress --model model large.vz -o out.png",
        "ulimit -f 1; \(compress) -q 100 large.png -o /dev/stdout >out.vz; s=$?; rm out.vz; exit $s",
        "set -o pipefail; $V decompress --model model large.vz -o - | true",
        "set -o pipefail; (sleep 0.3; $V info large.vz) | true",
      ] {
        let result = try vaezip.shell(command)
        #expect(result.status == 1, "\(command): \(result.status)")
        #expect(result.errorLines.count == 1, "\(command): \(result.error)")
        #expect(result.error.contains("cannot write: "), "\(command): \(result.error)")
        #expect(try vaezip.files() == before, "\(command)")
      }
    }
  }

  private static let mounts = "unshare -rm mount -t tmpfs none /mnt"

  /// A disk of 64 kB, with files without names, and where they have none because /proc is missing.
  @Test(
    "a full disk: one line, status 1, nothing left", .disabled(if: Command.isSanitized),
    .enabled(if: Command.can(mounts)))
  func fullDisk() throws {
    try run {
      try vaezip.write(PNG.write(TestImage.make(300, 300)), to: "large.png")
      _ = try vaezip.shell("\(compress) -q 100 large.png -o large.vz")
      for hidden in ["", "mount -t tmpfs none /proc;"] {
        for command in [
          "\(compress) -q 100 large.png -o /mnt/out.vz", "\(compress) -f -q 100 large.png -o /mnt/old.vz",
          "$V decompress --model model large.vz -o /mnt/out.png",
          "$V evaluate -q 50 --model model --csv /mnt/out.csv good.png >/dev/null",
          "$V info large.vz >/mnt/out.txt; s=$?; rm /mnt/out.txt; (exit $s)",
        ] {
          // What the disk has left is less than any output.
          let result = try vaezip.shell(
            """
            unshare -rm bash -c 'mount -t tmpfs -o size=64k none /mnt; \(hidden) echo old >/mnt/old.vz
            head -c 60k /dev/zero >/mnt/filler
            \(command)
            echo $? $(cat /mnt/old.vz) $(ls -A /mnt)' 2>err; cat err >&2
            """)
          #expect(result.text == "1 old filler old.vz\n", "\(command): \(result.text)")
          #expect(result.errorLines.count == 1, "\(command): \(result.error)")
          #expect(result.error.contains("No space left on device"), "\(command): \(result.error)")
        }
      }
    }
  }
}
