import VAEZipContainer
import VAEZipImage

extension ImageDecoder {
  /// A small picture that fits into a square, upright, with 8 bits a sample.
  ///
  /// ```swift
  /// let thumbnail = try ImageDecoder().thumbnail(bytes, size: 256)
  /// try thumbnail.writePNG(to: URL(filePath: "thumbnail.png"))
  /// ```
  ///
  /// It is made of the smallest preview that is large enough (`preview(_:scale:region:)`), or of the whole picture if
  /// that is less than 8 times as large. It is turned as the Exif data ask for, and of the metadata it keeps the color
  /// space. It is never larger than the picture.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file.
  ///   - size: of the square, in pixels, at least 1.
  /// - Throws: `CodecError`, as `decode(_:region:)`.
  public func thumbnail(_ bytes: [UInt8], size: Int) throws(CodecError) -> Image {
    guard size >= 1 else {
      throw .invalidOption(name: "size", expected: "at least 1", found: "\(size)")
    }
    let header = try CodecError.wrap { () throws(VZError) in
      try VZFile(parsing: bytes, limits: limits).header
    }
    let long = max(header.width, header.height)
    func side(_ side: Int) -> Int { long <= size ? side : max(1, (side * size + long / 2) / long) }
    let (columns, rows) = (side(header.width), side(header.height))
    let scale = [PreviewScale.sixteenth, .eighth].first { scale in
      let preview = scale.size(width: header.width, height: header.height)
      return preview.width >= columns && preview.height >= rows
    }
    var image =
      if let scale { try preview(bytes, scale: scale) } else { try decode(bytes) }
    let orientation = image.metadata.orientation
    image.metadata = image.metadata.colorSpace
    return image.reduced(columns: columns, rows: rows).turned(orientation)
  }
}

extension ImageMetadata {
  /// What says how colors look, and nothing else.
  fileprivate var colorSpace: ImageMetadata {
    ImageMetadata(chunks.filter { ["cHRM", "cICP", "gAMA", "iCCP", "sRGB"].contains($0.type) })
  }
}
