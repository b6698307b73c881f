import Foundation
import VAEZip

/// JPEG decoding through libturbojpeg, which is loaded at run time: for the trainer and `vaezip compare`.
package struct JPEGDecoder: @unchecked Sendable {
  // Unchecked: function pointers into a library that is never unloaded, each reentrant.

  // libjpeg-turbo's TurboJPEG API, version 2 and later (turbojpeg.h).
  private typealias InitDecompress = @convention(c) () -> UnsafeMutableRawPointer?
  private typealias Destroy = @convention(c) (UnsafeMutableRawPointer?) -> Int32
  private typealias Header =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt, UnsafeMutablePointer<Int32>,
      UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Int32
  private typealias Decompress =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt, UnsafeMutablePointer<UInt8>?, Int32,
      Int32, Int32, Int32, Int32
    ) -> Int32

  private let initDecompress: InitDecompress
  private let destroy: Destroy
  private let header: Header
  private let decompress: Decompress

  /// TJPF_RGB.
  private static let pixelFormatRGB: Int32 = 0

  /// - Returns: nil where libturbojpeg is not installed.
  package init?() {
    guard
      let library = dlopen("libturbojpeg.so.0", RTLD_NOW) ?? dlopen("libturbojpeg.so", RTLD_NOW),
      let initDecompress = dlsym(library, "tjInitDecompress"),
      let destroy = dlsym(library, "tjDestroy"),
      let header = dlsym(library, "tjDecompressHeader3"),
      let decompress = dlsym(library, "tjDecompress2")
    else { return nil }
    self.initDecompress = unsafeBitCast(initDecompress, to: InitDecompress.self)
    self.destroy = unsafeBitCast(destroy, to: Destroy.self)
    self.header = unsafeBitCast(header, to: Header.self)
    self.decompress = unsafeBitCast(decompress, to: Decompress.self)
  }

  /// - Returns: the picture as RGB, or nil where the bytes are not a JPEG of at most `maxPixels`
  ///   that decodes.
  package func decode(_ bytes: [UInt8], maxPixels: Int) -> Image? {
    guard let instance = initDecompress() else { return nil }
    defer { _ = destroy(instance) }
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colorspace: Int32 = 0
    guard
      header(instance, bytes, UInt(bytes.count), &width, &height, &subsampling, &colorspace) == 0,
      width > 0, height > 0, Int(width) * Int(height) <= maxPixels
    else { return nil }
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * 3)
    guard
      decompress(
        instance, bytes, UInt(bytes.count), &pixels, width, 0, height, Self.pixelFormatRGB, 0) == 0
    else { return nil }
    return Image(width: Int(width), height: Int(height), channels: .rgb, pixels: pixels)
  }
}
