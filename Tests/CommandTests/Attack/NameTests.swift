import Foundation
import TestSupport
import Testing
import VAEZip

/// Names of files are bytes, and what stands under a name is not lost by mistake.
@Suite("names", .serialized)
struct NameTests {
  let vaezip: Command
  private let compress = "$V compress --quiet --model model"
  private let decompress = "$V decompress --quiet --model model"

  init() throws { vaezip = try Command.withFiles() }

  private func run(_ body: () throws -> Void) throws {
    defer { vaezip.remove() }
    try body()
  }

  private func expect(
    _ script: String, status: Int32 = 0, saying words: String = "",
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try vaezip.shell(script)
    #expect(result.status == status, "\(script): \(result.error)", sourceLocation: location)
    #expect(
      words.isEmpty || result.error.contains(words), "\(script): \(result.error)",
      sourceLocation: location)
  }

  @Test("names that are not UTF-8")
  func bytes() throws {
    try run {
      try expect(#"cp good.png $'a\xff.png'; "# + compress + #" $'a\xff.png'; cmp $'a\xff.vz' good.vz"#)
      try expect("$V verify --model model $'a\\xff.vz'", saying: #"a\xff.vz: right"#)
      try expect(decompress + #" $'a\xff.vz' -o $'\xfe/b.png'"#, status: 1, saying: #"\xfe/b.png: "#)
      // Through a link to such a name.
      try expect(
        #"ln -s $'to\xff.png' link.png; "# + decompress + #" good.vz -o link.png; test -f $'to\xff.png'"#)
      // Its text, with U+FFFD or a private-use scalar in place of the byte, is another name.
      try expect(
        #"cp good.vz $'\xf4\x8f\xba\x80.vz'; cp good.png $'\x80.vz'; $V verify --model model $'\xf4\x8f\xba\x80.vz'"#
      )
      try expect(
        #"mkdir $'d\xe9'; cp good.png $'d\xe9/p.png'; $V evaluate -q 50 --model model --csv out.csv $'d\xe9'"#
      )
      let json = try vaezip.shell(#"$V info --json $'a\xff.vz'"#)
      #expect(json.text.contains("\"a\u{fffd}.vz\""))
    }
  }

  @Test("paths are cut as bytes")
  func combining() throws {
    try run {
      // A combining character after a slash makes one Character with it.
      try expect(
        "mkdir sub; cp good.png $'sub/\u{301}a.png'; \(compress) $'sub/\u{301}a.png'; test -f $'sub/\u{301}a.vz'"
      )
      // The output is made in sub, and not here, where nothing can be made.
      try expect("chmod 644 model good.png; chmod 777 sub; chmod 555 .")
      let user = getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : ""
      if Command.can(user + "true") {
        try expect("\(user)\(compress) -f $'sub/\u{301}a.png'")
      }
      try expect("chmod 755 .")
      try expect("cp good.png $'q.\u{301}png'; \(compress) $'q.\u{301}png'; test -f $'q.\u{301}png.vz'")
    }
  }

  @Test("two inputs to one output")
  func collisions() throws {
    try run {
      try expect(
        "cp good.png Q.png; cp good.png Q.PNG; \(compress) -f Q.png Q.PNG", status: 2,
        saying: "Q.png and Q.PNG would both be written to Q.vz")
      try expect("test ! -e Q.vz")
      try expect("\(compress) -f ./Q.png Q.PNG", status: 2, saying: "would both")
      // Another name of the same file.
      try expect(
        "ln -s . here; \(compress) -f Q.png here/Q.PNG", status: 2,
        saying: "Q.png and here/Q.PNG would both be written to here/Q.vz")
    }
  }

  @Test("an output with another kind's extension")
  func extensions() throws {
    try run {
      try expect("\(compress) good.png -o x.png", status: 2, saying: ".vz file, not .png")
      try expect("\(compress) good.png -o x.JPG", status: 2, saying: "not .jpg")
      try expect("\(decompress) good.vz -o x.jpg", status: 2, saying: ".png file, not .jpg; -f")
      try expect("\(decompress) good.vz -o x.vz", status: 2, saying: "not .vz")
      try expect("test ! -e x.png -a ! -e x.jpg -a ! -e x.vz")
      try expect("\(decompress) -f good.vz -o x.jpg; test -f x.jpg")
      try expect(
        "\(decompress) good.vz -o x.part; \(decompress) good.vz -o x; \(decompress) good.vz -o X.PNG")
    }
  }

  @Test("names that begin with a dash")
  func dashes() throws {
    try run {
      try expect("cp good.png ./-shot.png; cp good.png ./-dash.png")
      for name in ["-shot.png", "-dash.png"] {
        let result = try vaezip.shell("\(compress) good.png \(name)")
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("Unknown option"), "\(result.error)")
        #expect(result.error.contains("write ./\(name)"), "\(result.error)")
      }
      try expect("\(compress) -- -shot.png; test -f ./-shot.vz")
      try expect("\(compress) ./-dash.png; test -f ./-dash.vz")
      try expect(
        "$V compress -h >/dev/null && $V >/dev/null && $V help >/dev/null && $V help info >/dev/null")
    }
  }

  @Test("-f does not overwrite the model or an input")
  func kept() throws {
    try run {
      try expect("cp model m2; cp good.png g2.png; cp good.vz g2.vz")
      try expect("\(compress) -f good.png -o model", status: 1, saying: "model: is the model")
      try expect("ln model hard; \(compress) -f good.png -o hard", status: 1, saying: "is the model")
      try expect("\(decompress) -f good.vz -o model", status: 1, saying: "model: is the model")
      try expect("\(compress) -f good.png -o good.png", status: 1, saying: "both input and output")
      // The second input's name leads to the first's output.
      try expect(
        "cp good.png p.png; ln -s good.png p.vz; \(compress) -f p.png good.png", status: 1,
        saying: "p.vz: is an input")
      try expect("$V evaluate -q 50 --model model --csv model good.png", status: 1, saying: "is the model")
      try expect("$V evaluate -q 50 --model model --json good.png good.png", status: 1, saying: "is an input")
      try expect("cmp model m2 && cmp good.png g2.png")
    }
  }
}
