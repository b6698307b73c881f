/// The reader of model files, and what makes integers of their weights.
///
/// An input is the header of a safetensors file, its JSON; the data behind it are those of a small
/// model, so that mutations fall on what is interesting. The input as a whole file is read, too.
struct ModelTarget: FuzzTarget {
  private let header: [UInt8]
  private let data: [UInt8]

  init() throws {
    let file = try RandomModel.bytes(seed: 1)
    let size = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    header = Array(file[8..<8 + size])
    data = Array(file[(8 + size)...])
  }

  func run(_ input: [UInt8]) throws {
    var count = UInt64(input.count)
    let length = (0..<8).map { _ in
      defer { count >>= 8 }
      return UInt8(truncatingIfNeeded: count)
    }
    for file in [input, length + input + data] {
      do throws(ModelError) {
        _ = try ModelFile(parsing: file)
      } catch {
        check(error)
        continue
      }
      do throws(ModelError) {
        try Model(contentsOf: file).prepare()
      } catch {
        check(error)
      }
    }
  }

  func seeds() throws -> [[UInt8]] { [header] }
}
