/// The work that an encoder spends on choosing symbols; a decoder does not see it.
///
/// The constants measured best on six of 30 validation images. The table is the BD-rate against effort 1, of
/// files on disk, mean of all 30, with the built-in model 469dbeb0c8d5f15f.
///
/// | effort | 1 | 2 | 3, the standard | 4 | 5 and more |
/// |---|--:|--:|--:|--:|--:|
/// | by PSNR | 0 | −0.5 % | −4.9 % | −6.4 % | −7.1 % |
/// | by MS-SSIM | 0 | −0.6 % | −2.3 % | −2.0 % | −1.7 % |
package struct Effort: Sendable, Equatable {
  /// Rounds of latent refinement.
  package var rounds = 0
  /// How far a round moves latents towards the optimum, in 1/256.
  var stepSize = 0
  /// Cost of a squared error of one quantization step when symbols are chosen in a round, in bits.
  var roundWeight = 0
  /// The same for the symbols of the file; 0 rounds latents.
  /// The same for the symbols of the file; 0 rounds latents.
  var finalWeight = 0

  package static let levels = 1...9
  package static let standard = 3

  /// - Parameter level: 1…9.
  package init(level: Int) {
    switch level {
    case ...1: break
    case 2: finalWeight = 28
    case 3: (rounds, stepSize, roundWeight, finalWeight) = (1, 100, 80, 16)
    case 4: (rounds, stepSize, roundWeight, finalWeight) = (2, 90, 48, 16)
    default: (rounds, stepSize, roundWeight, finalWeight) = (3, 77, 40, 16)
    }
  }

  /// zstd's compression level for alpha: 7 at effort 1, 13 at the standard, 19 from 5 on.
  package static func zstdLevel(_ effort: Int) -> Int { min(4 + 3 * effort, 19) }
}
