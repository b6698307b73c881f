import VAEZipSupport

/// The models that a release, or a version before one, had built in.
///
/// An id is 64 bits of XXH64, which is no cryptographic hash: in seconds, anybody can make a model of other
/// weights with a given id. A .vz file that names one of these models must not be shown with the weights of
/// an impostor, so their files have a SHA-256 here. A new built-in model gets a line; a test asks for it.
package enum PublishedModels {
  /// SHA-256 of the model file, by the model's id.
  private static let digests: [UInt64: String] = [
    0x1d49_5404_b69c_b42d: "da53c49ef42a8fad7deb7d7bfb41505a64cf07190782a3b5ebbe9725af354f31",
    0x469d_beb0_c8d5_f15f: "de84ec660b9c231ce2bda5963e7918a0a66694fb3f72060455f28383ead1e98b",
    0x677f_3f44_d93a_8878: "6b084e819e0edb2488ecbcb6c5ffd4334bfa0ae8973b1f07712c8ede41fb3be9",
    0xd42e_bf3e_4e9c_5473: "48a795775e5984f6d7a0993f13e916529bc70ef42190b1afbabcbf337535afcd",
    0x4f01_0bd6_2682_8b5b: "5f3703817ffeb7a42400832a870f140f0938d4bacc4896bde0fcaa869cdfaad9",
    0xdebb_c3c0_0ab6_a215: "3ca5a007d44bf437134bb5f7453fa29feb339510bf276093879c2478ba28183a",
  ]

  /// Whether a model of this id was built in once.
  package static func contains(_ id: UInt64) -> Bool { digests[id] != nil }

  /// Checks that a file is the published model whose id it has. Files with other ids are nobody's.
  ///
  /// - Throws: `ModelError.forgedID`.
  package static func check(_ file: ModelBytes, id: UInt64) throws(ModelError) {
    guard let expected = digests[id] else { return }
    let found = file.withUnsafeBytes { SHA256.hexadecimalDigest($0) }
    guard found == expected else { throw .forgedID(id: id, sha256: found) }
  }
}
