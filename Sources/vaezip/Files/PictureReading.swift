import VAEZip

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How commands read pictures: PNG, JPEG, PPM, PGM and PAM, told apart by content, as `compress` does. Some take
/// .vz files too.
enum PictureReading {
  /// For errors about folders.
  static let kinds = "PNG, JPEG or PPM"

  /// Whether more of a file is worth reading.
  static func isPlausible(_ beginning: ArraySlice<UInt8>, includingVZ: Bool) -> Bool {
    beginning.count < ImageFile.beginningSize || isKnown(beginning, includingVZ: includingVZ)
  }

  private static func isKnown(_ beginning: ArraySlice<UInt8>, includingVZ: Bool) -> Bool {
    ImageFile.Kind(beginning: beginning) != nil || includingVZ && beginning.starts(with: VZFile.signature)
  }

  /// The picture of a file that is no .vz file.
  static func decoded(
    _ bytes: [UInt8], limits: PNG.Limits = .default
  ) throws(ImageFileError) -> PNG.Decoded {
    try ImageFile.read(bytes, limits: limits, keepsMetadata: false)
  }

  /// Whether a folder's entry is a picture: by its name, or else by its content.
  ///
  /// - Parameter includingVZ: whether .vz files count.
  static func isPicture(_ path: String, includingVZ: Bool) -> Bool {
    guard let status = SystemCalls.status(path), status.st_mode & S_IFMT == S_IFREG else { return false }
    let found = PathText.pathExtension(of: path)
    if FileFormats.compress.extensions.contains(found) || includingVZ && found == "vz" { return true }
    guard let input = try? InputDescriptor(path: path) else { return false }
    return isKnown(input.peek(ImageFile.beginningSize)[...], includingVZ: includingVZ)
  }
}
