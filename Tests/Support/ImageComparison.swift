import VAEZip

extension Image {
  /// Whether all samples equal those of a larger picture, except in some regions and near them.
  ///
  /// - Parameters:
  ///   - origin: where this image lies in the other one.
  ///   - regions: in pixels of the other image.
  ///   - halo: pixels around the regions that may differ, too.
  ///   - comparesAlpha: whether opacity counts.
  package func isEqual(
    to expected: Image, origin: (x: Int, y: Int) = (0, 0), outside regions: [Region], halo: Int,
    comparesAlpha: Bool = true
  ) -> Bool {
    guard format == expected.format, metadata == expected.metadata,
      origin.x + width <= expected.width, origin.y + height <= expected.height
    else { return false }
    let places = (0..<width * height).filter { place in
      let (x, y) = (origin.x + place % width, origin.y + place / width)
      return !regions.contains { $0.isNear(x, y, halo: halo) }
    }
    func isEqual(_ found: [UInt8], _ expected: [UInt8], _ expectedWidth: Int, bytes: Int) -> Bool {
      places.allSatisfy { place in
        let other = (origin.y + place / width) * expectedWidth + origin.x + place % width
        return (0..<bytes).allSatisfy { found[place * bytes + $0] == expected[other * bytes + $0] }
      }
    }
    guard
      isEqual(
        pixels, expected.pixels, expected.width,
        bytes: Int(channels.rawValue) * colorDepth.bytes)
    else { return false }
    guard comparesAlpha, let alpha, let expectedAlpha = expected.alpha else { return true }
    return isEqual(alpha, expectedAlpha, expected.width, bytes: depth.bytes)
  }
}

extension Region {
  fileprivate func isNear(_ px: Int, _ py: Int, halo: Int) -> Bool {
    px >= x - halo && px < x + width + halo && py >= y - halo && py < y + height + halo
  }
}
