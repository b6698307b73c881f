import CXXHash

/// The hashes of the file formats: XXH64 with seed 0, as libxxhash computes it.
public enum Checksum {
  /// All 64 bits: what identifies a model file.
  public static func hash64(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.withContiguousStorageIfAvailable { XXH64($0.baseAddress, $0.count, 0) }
      ?? Array(bytes).withUnsafeBytes { XXH64($0.baseAddress, $0.count, 0) }
  }

  /// The low 32 bits: the `checksum` of Formats/VZ.md.
  public static func hash32(_ bytes: some Collection<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: hash64(bytes))
  }
}
