/// The work that an encoder spends on choosing symbols; a decoder does not see it.
///
/// | effort | 1 | 2 | 3, the standard | 4 | 5 | 6 | 7 | 8 | 9 |
/// |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
/// | candidates before the last one | 0 | 1 | 1 | 2 | 3 | 4 | 6 | 8 | 12 |
/// | latents move | no | no | yes | yes | yes | yes | yes | yes | yes |
///
/// From 3 on, all efforts have the same constants. So the candidates of one are the first of the next, and
/// a tile's best one cannot become worse. Benchmarks.md says what each effort buys.
package struct Effort: Sendable, Equatable {
  /// How many candidates are decoded and judged before the symbols of the file.
  package let rounds: Int
  /// Whether a round moves the latents. If not, the symbols of the file differ from the rounded ones by the
  /// choice of symbols alone.
  package let movesLatents: Bool
  /// Cost of a squared error of one quantization step when symbols are chosen, in bits; 0 rounds latents.
  let weight: Int

  package static let levels = 1...9
  package static let standard = 3

  /// How far a round moves latents towards the optimum, in 1/256.
  static let stepSize = 100
  /// How much of the last round's way is gone again, in 1/256.
  static let momentum: Int32 = 64

  /// - Parameter level: 1…9.
  package init(level: Int) {
    rounds = [0, 1, 1, 2, 3, 4, 6, 8, 12][min(max(level, 1), 9) - 1]
    movesLatents = level > 2
    weight = level <= 1 ? 0 : movesLatents ? 16 : 48
  }

  /// zstd's compression level for alpha: 7 at effort 1, 13 at the standard, 19 from 5 on.
  package static func zstdLevel(_ effort: Int) -> Int { min(4 + 3 * effort, 19) }
}
