import Foundation
import TestSupport
import Testing
import VAEZip

/// Folders, lists and options that cannot be worked on: a line each, and nothing is lost.
@Suite("folders: bad input and help", .serialized)
struct FolderErrorTests {
  let vaezip: Command

  init() throws {
    vaezip = try Command.withFiles()
    _ = try vaezip.shell("mkdir -p in/a in/b; cp good.png in/a/x.png; cp good.png in/b/y.png")
  }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  private func expect(
    _ script: String, status: Int32, saying words: String..., location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try vaezip.shell(script, seconds: 20)
    #expect(result.status == status, "\(script): \(result.error)", sourceLocation: location)
    for word in words {
      #expect(result.error.contains(word), "\(script): \(result.error)", sourceLocation: location)
    }
  }

  private let compress = "$V compress --quiet --model model"

  @Test("links: to folders they are not followed, loops are named, and none runs forever")
  func links() throws {
    try run {
      try expect(
        """
        ln -s ../.. in/a/loop; ln -s self in/self; ln -s a in/link; ln -s ../good.png in/file.png; mkfifo in/pipe.png
        \(compress) -r in
        """, status: 1, saying: "vaezip: in/self: a link that leads nowhere: ")
      try expect("ls in/a/x.vz in/b/y.vz in/file.vz && ! ls in/link/loop/in/a/x.vz.vz", status: 0)
      try expect(
        "ln -s .. in/b/up; $V compress --skip-existing --model model -r in", status: 1,
        saying: "vaezip: in/b/up: a link to a folder above it: a loop\n",
        "vaezip: in/link: a link to a folder; not followed\n", "3 files: 0 compressed, 3 already there")
    }
  }

  @Test("folders that cannot be read or written")
  func rights() throws {
    let user = getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : ""
    guard Command.can(user + "true") else { return vaezip.remove() }
    try run {
      try expect(
        "chmod 755 .; chmod -R a+rwX .; chmod 000 in/a; chmod 000 in/b/y.png; mkdir closed", status: 0)
      try expect(
        "cp good.png in/z.png; chmod a+rwX in/z.png; \(user)\(compress) -r in", status: 1,
        saying: "vaezip: in/a: Permission denied\n", "vaezip: in/b/y.png: Permission denied\n")
      try expect("test -f in/z.vz -a ! -e in/b/y.vz", status: 0)
      try expect(
        "chmod 555 closed; \(user)\(compress) good.png -o closed/", status: 1,
        saying: "vaezip: closed: cannot write there")
      try expect("\(user)\(compress) --rm --skip-existing in/z.png -o out/; chmod 755 in/a", status: 0)
    }
  }

  @Test("outputs that would meet, or that lie among the inputs: refused before the work")
  func outputs() throws {
    try run {
      try expect("cp in/a/x.png in/a/x.PNG", status: 0)
      try expect(
        "\(compress) -r in", status: 1,
        saying: "vaezip: in/a/x.PNG and in/a/x.png would both be written to in/a/x.vz\n")
      try expect("rm in/a/x.PNG; cp in/a/x.png in/b/x.png", status: 0)
      try expect("\(compress) -r in/a in/b -o out/", status: 1, saying: "would both be written to out/x.vz")
      try expect(
        "\(compress) in/a/x.png in/b/x.png -o out/", status: 2, saying: "would both be written to out/x.vz")
      for inner in ["in/out", "./in/b/new/deep", "in/a/../b"] {
        try expect(
          "\(compress) -r in --output-dir \(inner)", status: 1,
          saying: "vaezip: \(inner): lies in in, which is an input; choose a folder outside of it\n")
      }
      try expect("ln -s in/b there; \(compress) -r in -o there", status: 1, saying: "there: lies in in")
      try expect("\(compress) -r in -o out.vz", status: 1, saying: "-o FILE takes one")
      try expect("\(compress) -r in --output-dir good.png", status: 1, saying: "good.png: is not a folder\n")
      try expect("\(compress) -r in --output-dir good.png/x", status: 1, saying: "good.png")
      try expect("find . -name '*.vz' | grep -v good.vz; test ! -e out", status: 0)
      // The same folder is where outputs go by default.
      try expect("\(compress) -r in -o in && ls in/a/x.vz in/b/x.vz", status: 0)
    }
  }

  @Test("folders without -r, and options that do not fit together")
  func options() throws {
    try run {
      try expect(
        "\(compress) in", status: 1, saying: "vaezip: in: is a directory; -r takes the files in it\n")
      for (options, words) in [
        ("-d 1.0 good.png -o z.vz", "Unknown option '-d'"), ("--scale9 4 good.png -o z.vz", "Unknown option"),
        ("good.png in/a/x.png -o z.vz", "-o takes one input, not 2; -o FOLDER/"),
        ("--filelist list -o z.vz", "-o takes one input, not a list"), ("", "Missing expected argument"),
        ("-o z --output-dir z good.png", "-o and --output-dir exclude"),
        ("-f --skip-existing good.png", "--skip-existing and --force exclude"),
        ("--json good.png -o -", "standard output"), ("--filelist - -", "Standard input cannot be both"),
        ("- -o in/", "Standard input has no name"),
      ] {
        try expect(
          "\(compress) \(options) <good.png", status: 2, saying: words, "Usage: vaezip compress [<options>]",
          "See 'vaezip compress --help'")
      }
      try expect("$V decompress --rm --region 0,0,1,1 good.vz", status: 2, saying: "--rm keeps")
      try expect(
        "test \"$($V -V)\" = \"$($V --version)\" && test \"$($V compress -V)\" = \"$($V --version)\"",
        status: 0)
      try expect("test ! -e z.vz -a ! -e z", status: 0)
    }
  }

  @Test("a file of another kind is named, with the command that was meant")
  func kinds() throws {
    try run {
      try expect(
        "\(compress) good.vz", status: 1, saying: "it is a .vz file; vaezip decompress makes a PNG of it")
      try expect("\(compress) model", status: 1, saying: "it is a model file")
      for command in ["decompress", "verify"] {
        try expect(
          "$V \(command) --model model good.png", status: 1,
          saying: "not a .vz file: it is a PNG file; vaezip compress makes a .vz file of it")
      }
      for (bytes, words) in [
        (#"RIFF\x10\0\0\0WEBPVP8 "#, "it is a WebP file; dwebp makes a PNG of it"),
        (#"GIF89a\1\0\1\0"#, "it is a GIF file"), (#"\xff\x0a0123"#, "it is a JPEG XL file; djxl"),
        (#"\0\0\0\x20ftypavif"#, "it is an AVIF file; avifdec"), (#"II*\0\x08\0\0\0"#, "it is a TIFF file"),
      ] {
        try expect(
          "printf '\(bytes)' >x; \(compress) x", status: 1, saying: "vaezip: x: not a PNG file: \(words)")
      }
    }
  }

  @Test("standard output that ends stops the work; files that vanish do not stop the others")
  func vanishing() throws {
    try run {
      try expect(
        "$V compress --json -f --model model -r in >/dev/full", status: 1,
        saying: "standard output: cannot write")
      try expect(
        "printf 'gone.png\\nin/b/y.png\\n' | \(compress) -f --filelist -", status: 1,
        saying: "vaezip: gone.png: No such")
      try expect("ls in/b/y.vz", status: 0)
    }
  }
}
