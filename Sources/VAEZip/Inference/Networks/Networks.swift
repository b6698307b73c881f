import VAEZipSupport

// The integer weights of each part of the network, packed for an instruction set. What a part does stands in
// the file of its name: Analysis.swift, HyperAnalysis.swift, HyperSynthesis.swift, Context.swift,
// Synthesis.swift, and for encoders that refine latents TransposedSynthesis.swift.

/// Pixels to latents (g_a).
package struct AnalysisNetwork: Sendable {
  let input: PackedLayer
  package let blocks: BlockStack
  let down: PackedLayer
  /// Channels of the latent.
  package let latentWidth: Int
  let kernels: Kernels
}

/// Latents to hyper-latents (h_a; Ballé et al. 2018, arXiv 1802.01436).
package struct HyperAnalysisNetwork: Sendable {
  let input: PackedLayer
  let blocks: BlockStack
  let down1: PackedLayer
  let down2: PackedLayer
  let hyperWidth: Int
}

/// Hyper-latents to the distribution of the latents (h_s); "prior" in model files.
package struct HyperSynthesisNetwork: Sendable {
  let up1: PackedLayer
  let up2: PackedLayer
  package let blocks: BlockStack
  let output: PackedLayer
  let hyperWidth: Int
}

/// The first pass's latents to a better distribution of the second pass's (see `PassMask`).
package struct ContextNetwork: Sendable {
  let input: PackedLayer
  package let blocks: ContextBlocks
  let output: PackedLayer
}

/// Latents to pixels (g_s).
package struct SynthesisNetwork: Sendable {
  let up: PackedLayer
  package let blocks: BlockStack
  let output: PackedLayer
  /// Channels of the latent.
  let latentWidth: Int
  let kernels: Kernels
}
