import Foundation
import VAEZip

/// The files of the repository that tests read.
package enum Repository {
  package static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL
  package static let samples = root.appending(path: "Samples")
  package static let golden = root.appending(path: "Tests/Golden")

  package static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

  /// A picture of Samples, by its file's name.
  package static func sample(_ name: String) throws -> Image {
    try PNG.read(bytes(samples.appending(path: name))).image
  }
}
