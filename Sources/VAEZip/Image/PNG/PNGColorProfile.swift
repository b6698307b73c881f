import CPNGShim

/// An ICC color profile as PNG's chunk iCCP holds it (ISO/IEC 15948, section 11.3.2.3): a name and the profile,
/// compressed by zlib.
package struct PNGColorProfile: Sendable, Equatable {
  /// 1 to 79 bytes of Latin-1.
  package let name: [UInt8]
  /// The ICC profile.
  package let profile: [UInt8]

  /// The longest profile that is taken out of its chunk, in bytes.
  package static let maximumLength = 1 << 20

  /// - Returns: nil if the name has no byte or more than 79.
  package init?(name: [UInt8], profile: [UInt8]) {
    guard 1...79 ~= name.count, !name.contains(0) else { return nil }
    self.name = name
    self.profile = profile
  }

  /// - Parameter chunkData: of iCCP.
  /// - Returns: nil if they are damaged, or the profile is longer than `maximumLength`.
  package init?(chunkData: [UInt8]) {
    // Behind the name: a zero, and the number of the method of compression, 0.
    guard let end = chunkData.firstIndex(of: 0), end + 1 < chunkData.count, chunkData[end + 1] == 0 else {
      return nil
    }
    let compressed = Array(chunkData[(end + 2)...])
    // A deflated byte stands for 1,032 bytes at most.
    let capacity = min(Self.maximumLength, 1032 * compressed.count)
    var failed = false
    let profile = [UInt8](unsafeUninitializedCapacity: capacity) { bytes, count in
      var size = capacity
      failed = cpng_inflate(compressed, compressed.count, bytes.baseAddress, &size) != CPNG_OK
      count = failed ? 0 : size
    }
    guard !failed else { return nil }
    self.init(name: Array(chunkData[..<end]), profile: profile)
  }

  /// The data of iCCP; nil where memory is out.
  package var chunkData: [UInt8]? {
    let head = name + [0, 0]
    let capacity = head.count + cpng_deflate_bound(profile.count)
    var failed = false
    let data = [UInt8](unsafeUninitializedCapacity: capacity) { bytes, count in
      guard let base = bytes.baseAddress else { return }
      _ = bytes.update(fromContentsOf: head)
      var size = capacity - head.count
      failed = cpng_deflate(profile, profile.count, base + head.count, &size) != CPNG_OK
      count = failed ? 0 : head.count + size
    }
    return failed ? nil : data
  }
}
