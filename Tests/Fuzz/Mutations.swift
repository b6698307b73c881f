import Foundation

// Without libFuzzer's instrumentation the decoder is ten times as fast: this feeds it mutations of the
// files that libFuzzer found (`run.sh --mutations COUNT`).

@main struct Mutations {
  static func main() {
    guard let count = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else { return }
    let files = CommandLine.arguments.dropFirst(2).compactMap { path in
      FileManager.default.contents(atPath: path).map { [UInt8]($0) }
    }
    guard !files.isEmpty else { return print("no files to mutate") }
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state >> 33) % max(bound, 1)
    }
    for run in 1...count {
      var bytes = files[random(files.count)]
      for _ in 0...random(4) where !bytes.isEmpty {
        let place = random(bytes.count)
        switch random(6) {
        case 0: bytes[place] ^= 1 << UInt8(random(8))
        case 1: bytes[place] = UInt8(random(256))
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(UInt8(random(256)), at: place)
        case 4: bytes.removeLast(min(random(8), bytes.count))
        default: bytes.swapAt(place, random(bytes.count))
        }
      }
      _ = bytes.withUnsafeBufferPointer { fuzzOne($0.baseAddress, $0.count) }
      if run % 1_000_000 == 0 || run == count {
        print(run, "runs")
        fflush(nil)
      }
    }
  }
}
