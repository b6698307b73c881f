import CJPEGShim
import CPNGShim
import CXXHash
import CZstd
import VAEZip

/// What `--version` prints: the program, the formats, the built-in model, the instruction set, the libraries.
enum VersionReport {
  /// Of the program and the library.
  static let version = "0.2.0"

  /// Lines; the first is `vaezip VERSION`.
  static var text: String {
    var lines = ["vaezip \(version)"]
    lines.append("files: version \(VZHeader.versions.upperBound), reads \(range(VZHeader.versions))")
    lines.append(
      "models: version \(ModelFile.formatVersions.upperBound), reads \(range(ModelFile.formatVersions))")
    if let model = try? Model.builtIn() {
      lines.append("built-in model: \(model.name) \(ModelFile.name(ofID: model.id))")
    } else {
      lines.append("built-in model: none")
    }
    do throws(KernelError) {
      lines.append("instruction set: \(try Kernels.selected())")
    } catch {
      lines.append("instruction set: none; \(error)")
    }
    lines.append("libraries: " + libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", "))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func range(_ versions: some Collection<some BinaryInteger>) -> String {
    versions.map { "\($0)" }.joined(separator: ", ")
  }

  private static var libraries: [(name: String, version: String)] {
    let hash = XXH_versionNumber()
    return [
      ("libpng", String(cString: cpng_version())), ("zlib", String(cString: cpng_zlib_version())),
      ("libjpeg-turbo", String(cString: cjpeg_version())), ("libzstd", String(cString: ZSTD_versionString())),
      ("xxHash", "\(hash / 10000).\(hash / 100 % 100).\(hash % 100)"),
    ]
  }
}
