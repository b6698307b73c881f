import VAEZipImage
import VAEZipSupport

extension EncodingTarget {
  /// Bytes of memory that the search for a target needs besides those of an encoding: the picture, the decoded
  /// one, and the files of both sides of the target.
  package func searchMemory(width: Int, height: Int, format: Image.Format, threads: Int) -> Int {
    let pixels = width * height
    let image = pixels * (format.colorBytes + format.alphaBytes)
    guard case .ssimulacra2 = self else { return 2 * image }
    return 4 * image + 8 * pixels + 200 * width * Threads(threads).count
  }
}
