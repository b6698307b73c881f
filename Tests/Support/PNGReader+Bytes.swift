import VAEZip

extension PNG.Reader {
  /// A reader of a file in memory that gets a few bytes at a time.
  package convenience init(pulling file: [UInt8], step: Int) throws(PNGError) {
    var position = 0
    try self.init(size: file.count) { buffer in
      let count = min(step, buffer.count, file.count - position)
      _ = buffer.update(fromContentsOf: file[position..<position + count])
      position += count
      return count
    }
  }
}
