import ArgumentParser

/// `vaezip anomaly`.
struct AnomalyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomaly",
    abstract: "Find pictures, and places in them, that are not like normal ones.",
    discussion: """
      A model's prior says how many bits it expects of each place, 16 × 16 pixels, before it knows the place. Beside the \
      bits that the place then costs, this tells whether it is busy or flat in a way that is usual. `fit` learns from \
      normal pictures which pairs occur; `score` measures how far others are from them: a Gaussian over log bits, log \
      expected bits, surprise (bits − expected) / √expected, log bits of the hyper-latents, and the energy of eight bands \
      of channels, over 3 × 3 places. \
      The distance is two-sided: a blurred spot is as suspicious as a noisy one.

      Both take PNG, JPEG, PPM and .vz files. From .vz files alone no picture is decoded, so that an archive screens itself. All \
      must have the same model and quality. Exact pixels have no score.

      It sees local statistics, no meaning: noise, blur, scratches, other textures, shuffled or recompressed parts, yes; a cup \
      upside down, no. A model that was trained on the domain sees more (--model).

      EXAMPLES
        vaezip anomaly fit Normal -o normal.json
        vaezip anomaly score --normal normal.json Parts --heat Maps --csv scores.csv
        vaezip anomaly score --normal normal.json Test --masks Masks
      """,
    subcommands: [AnomalyFitCommand.self, AnomalyScoreCommand.self])
}
