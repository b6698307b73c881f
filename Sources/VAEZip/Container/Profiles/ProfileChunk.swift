import CZstd
import VAEZipImage

/// The chunk zICC: an ICC color profile, compressed by zstd with a dictionary of profiles that many files have
/// (Formats/VZ.md, Color profiles). sRGB takes 36 bytes so, not 2,600.
package enum ProfileChunk {
  package static let type = "zICC"

  /// GIMP's built-in sRGB, and sRGB IEC61966-2.1 of Hewlett-Packard: what frames may refer to.
  package static var dictionary: [UInt8] { PackageResources.known_profiles_bin }
  private static let level: Int32 = 19

  /// - Parameter iCCP: the chunk's data, as PNG has them.
  /// - Returns: nil if the chunk is to stay as it is: a damaged one, or one that becomes no shorter.
  static func data(iCCP: [UInt8]) -> [UInt8]? {
    guard let color = PNGColorProfile(chunkData: iCCP), let frame = compress(color.profile) else {
      return nil
    }
    let data = color.name + [0] + frame
    return data.count < iCCP.count ? data : nil
  }

  /// - Returns: nil if the data of a zICC chunk are not as the format says.
  static func profile(_ data: [UInt8]) -> PNGColorProfile? {
    guard let end = data.firstIndex(of: 0), let size = profileLength(data),
      let profile = decompress(Array(data[(end + 1)...]), size: size)
    else { return nil }
    return PNGColorProfile(name: Array(data[..<end]), profile: profile)
  }

  /// The length of the profile in bytes, as its frame says; nil if it says none, or too many.
  static func profileLength(_ data: [UInt8]) -> Int? {
    guard let end = data.firstIndex(of: 0) else { return nil }
    let frame = Array(data[(end + 1)...])
    let size = ZSTD_getFrameContentSize(frame, frame.count)
    // Unknown sizes and damaged frames are the largest numbers.
    return size <= UInt64(PNGColorProfile.maximumLength) ? Int(size) : nil
  }

  private static func compress(_ profile: [UInt8]) -> [UInt8]? {
    guard let context = ZSTD_createCCtx() else { return nil }
    defer { ZSTD_freeCCtx(context) }
    let capacity = ZSTD_compressBound(profile.count)
    let dictionary = dictionary
    let frame = [UInt8](unsafeUninitializedCapacity: capacity) { bytes, count in
      let size = ZSTD_compress_usingDict(
        context, bytes.baseAddress, capacity, profile, profile.count, dictionary, dictionary.count, level)
      count = ZSTD_isError(size) == 0 ? size : 0
    }
    return frame.isEmpty ? nil : frame
  }

  private static func decompress(_ frame: [UInt8], size: Int) -> [UInt8]? {
    guard let context = ZSTD_createDCtx(),
      // One frame, and nothing behind it.
      ZSTD_findFrameCompressedSize(frame, frame.count) == frame.count
    else { return nil }
    defer { ZSTD_freeDCtx(context) }
    let dictionary = dictionary
    let profile = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
      let found = ZSTD_decompress_usingDict(
        context, bytes.baseAddress, size, frame, frame.count, dictionary, dictionary.count)
      count = ZSTD_isError(found) == 0 ? found : 0
    }
    return profile.count == size ? profile : nil
  }
}
