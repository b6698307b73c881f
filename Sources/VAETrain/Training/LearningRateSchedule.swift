/// A constant learning rate after a warm-up, and a decay at the end of the run (Hägele et al. 2024).
///
/// The weights before the decay are those that a later run goes on from; the decayed ones are a release.
package struct LearningRateSchedule: Sendable {
  let rate: Double
  let warmUpSteps: Int
  /// The part of the run that decays, 0…1.
  let decay: Double

  package init(rate: Double, warmUpSteps: Int, decay: Double) {
    (self.rate, self.warmUpSteps, self.decay) = (rate, warmUpSteps, decay)
  }

  /// Whether the rate falls.
  ///
  /// - Parameter progress: the part of the run that is done, 0…1.
  package func isDecaying(_ progress: Double) -> Bool { decay > 0 && progress > 1 - decay }

  /// - Parameter step: from 1, since the optimizer's moments were zero.
  package func rate(step: Int, progress: Double) -> Double {
    let warmUp = min(1, Double(step) / Double(max(warmUpSteps, 1)))
    guard isDecaying(progress) else { return rate * warmUp }
    let done = min((progress - (1 - decay)) / decay, 1)
    return rate * warmUp * max(1 - done.squareRoot(), 0)
  }
}
