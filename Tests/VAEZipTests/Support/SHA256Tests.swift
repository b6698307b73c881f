import Testing
import VAEZipSupport

@Suite struct SHA256Tests {
  private func digest(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { SHA256.hexadecimalDigest($0) }
  }

  /// The examples of FIPS 180-4 (NIST, “Secure Hash Standard”, its page of examples), and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func examples(message: String, expected: String) {
    #expect(digest(Array(message.utf8)) == expected)
  }

  @Test func aMillionTimesA() {
    #expect(
      digest(Array(repeating: 0x61, count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// The padding is one block or two: all lengths around their borders. The expected value is the digest of the
  /// digests, as coreutils' sha256sum and xxd give it:
  /// `for n in $(seq 0 200); do head -c $n /dev/zero | sha256sum | head -c 64 | xxd -r -p; done | sha256sum`
  @Test func allLengths() {
    let all = (0...200).flatMap { count in
      Array(repeating: 0 as UInt8, count: count).withUnsafeBytes { SHA256.digest($0) }
    }
    #expect(digest(all) == "b9c4ebeeb7d1825824131cf7b7d28469cca4f9166473bf51bb519365ae27eccd")
  }
}
