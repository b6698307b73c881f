import ArgumentParser
import VAEZip

/// `X,Y,W,H`, in pixels.
extension Region: ExpressibleByArgument {
  /// Reads `X,Y,WIDTH,HEIGHT`.
  public init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
      let height = numbers[3], x >= 0, y >= 0, width > 0, height > 0
    else { return nil }
    self.init(x: x, y: y, width: width, height: height)
  }
}
