import ArgumentParser
import VAEZip

/// Width and height in pixels: `256x128`.
struct PictureSize: ExpressibleByArgument {
  let width, height: Int

  init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1] else { return nil }
    guard 1...VZHeader.maximumSide ~= width, 1...VZHeader.maximumSide ~= height else { return nil }
    self.init(width: width, height: height)
  }

  var defaultValueDescription: String { "\(width)x\(height)" }
}
