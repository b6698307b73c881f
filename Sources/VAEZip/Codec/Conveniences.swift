import VAEZipContainer
import VAEZipImage
import VAEZipInference

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

// Files and `Data` in place of byte arrays. The errors of these functions name the file if reading or writing
// it failed (`CocoaError`); otherwise they are those of the function that takes bytes.

extension PNG {
  /// Reads a PNG file; see `read(_:limits:keepsMetadata:)`.
  public static func read(
    contentsOf url: URL, limits: Limits = .default, keepsMetadata: Bool = true
  ) throws -> Decoded {
    try read([UInt8](Data(contentsOf: url)), limits: limits, keepsMetadata: keepsMetadata)
  }
}

extension Image {
  /// Writes the image as a PNG file, whole or not at all.
  ///
  /// - Throws: `PNGError`, or why the file could not be written.
  public func writePNG(to url: URL, compression: PNG.Compression = .fast) throws {
    try Data(PNG.write(self, compression: compression)).write(to: url, options: .atomic)
  }
}

extension Model {
  /// A model from its file.
  ///
  /// - Throws: `ModelError`, or why the file could not be read.
  public convenience init(contentsOf url: URL) throws {
    try self.init(contentsOf: [UInt8](Data(contentsOf: url)))
  }
}

extension ImageEncoder {
  /// An encoder that uses the built-in model.
  ///
  /// - Throws: `CodecError.invalidOption`, or `CodecError.model` where there is no built-in model.
  public init(options: EncoderOptions = EncoderOptions()) throws(CodecError) {
    let model = try CodecError.wrap(Model.builtIn)
    try self.init(model: model, options: options)
  }
}

extension EncodedImage {
  /// The .vz file.
  public var data: Data { Data(bytes) }

  /// Writes the .vz file, whole or not at all.
  public func write(to url: URL) throws { try data.write(to: url, options: .atomic) }
}

extension ImageDecoder {
  /// Decodes a .vz file in memory; see `decode(_:region:)`.
  ///
  /// - Throws: `CodecError`.
  public func decode(_ data: Data, region: Region? = nil) throws(CodecError) -> Image {
    try decode([UInt8](data), region: region)
  }

  /// Decodes a .vz file; see `decode(_:region:)`.
  ///
  /// - Throws: `CodecError`, or why the file could not be read.
  public func decode(contentsOf url: URL, region: Region? = nil) throws -> Image {
    try decode(Data(contentsOf: url), region: region)
  }
}

extension VZFile {
  /// Reads what a file says in front of its tiles; see `init(parsing:limits:)`.
  ///
  /// - Throws: `VZError`, or why the file could not be read.
  public init(contentsOf url: URL, limits: Limits = .default) throws {
    try self.init(parsing: [UInt8](Data(contentsOf: url)), limits: limits)
  }
}
