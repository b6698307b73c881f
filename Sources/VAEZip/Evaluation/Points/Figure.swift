/// A figure of a coded picture: a column in CSV, a key in JSON.
package enum Figure: String, CaseIterable, Sendable, CodingKey {
  /// Size of the whole file.
  case bytes
  /// Size of the whole file in bits per pixel.
  case bpp
  /// Peak signal-to-noise ratio over all samples in dB; infinite for identical pictures.
  case psnr
  /// PSNR of the luma in dB.
  case psnrY = "psnr_y"
  /// PSNR-HVS-M of the luma in dB.
  case psnrHVSM = "psnr_hvs_m"
  /// MS-SSIM, 0…1.
  case msssim
  /// SSIMULACRA 2.1, at most 100.
  case ssimulacra2
  /// Butteraugli's 3-norm; 0 for identical pictures.
  case butteraugliNorm = "butteraugli_3norm"
  /// Butteraugli's largest distance; 0 for identical pictures.
  case butteraugliMaximum = "butteraugli_max"
  /// Wall time of a program that reads a PNG or PPM and writes the coded file.
  case encodeSeconds = "encode_seconds"
  /// Wall time of a program that reads the coded file and writes a PNG or PPM.
  case decodeSeconds = "decode_seconds"
  /// Most resident memory of the encoding program.
  case encodePeakBytes = "encode_peak_bytes"
  /// Most resident memory of the decoding program.
  case decodePeakBytes = "decode_peak_bytes"
  /// vaezip: from pixels to bytes, without PNG and the start of a program.
  case codecEncodeSeconds = "codec_encode_seconds"
  /// vaezip: from bytes to pixels, without PNG and the start of a program.
  case codecDecodeSeconds = "codec_decode_seconds"
  /// vaezip: information content of the hyper-latents under the model, −log₂ p in bits.
  case hyperBits = "hyper_bits"
  /// vaezip: information content of the latents under the model, −log₂ p in bits.
  case latentBits = "latent_bits"
  /// vaezip: `hyperBits` and `latentBits` per pixel, the rate term of the objective.
  case modelBPP = "model_bpp"
  /// Mean squared error over all samples, 0…65025.
  case distortion = "mse"
  /// vaezip: the weight of a bit per pixel against `distortion`, 1/λ at this quality.
  case beta
  /// vaezip: D + β·KL with D the `distortion` and KL the `modelBPP`.
  case objective
  /// vaezip: the evidence lower bound in nats per dimension, which is a sample of a pixel.
  case elbo = "elbo_nats_per_dimension"
  /// vaezip: excess of the file's size over the model's rate.
  case overheadPercent = "overhead_percent"
  /// Part of `overheadPercent`: symbols in zstd frames.
  case framesPercent = "frames_percent"
  /// Part of `overheadPercent`: symbols in the bit string.
  case rawPercent = "raw_percent"
  /// Part of `overheadPercent`: alpha, all of it.
  case alphaPercent = "alpha_percent"
  /// Part of `overheadPercent`: bytes outside of the streams.
  case containerPercent = "container_percent"
  /// vaezip: excess of the streams' size over an ideal range coder with the same tables.
  case rangeCoderPercent = "range_coder_percent"
}

/// A metric by which curves are drawn and BD-rates taken.
package enum QualityMetric: String, CaseIterable, Sendable, Encodable {
  case psnr
  case psnrY = "psnr_y"
  case psnrHVSM = "psnr_hvs_m"
  case msssim
  case ssimulacra2
  case butteraugliNorm = "butteraugli_3norm"
  case butteraugliMaximum = "butteraugli_max"

  package var figure: Figure {
    switch self {
    case .psnr: .psnr
    case .psnrY: .psnrY
    case .psnrHVSM: .psnrHVSM
    case .msssim: .msssim
    case .ssimulacra2: .ssimulacra2
    case .butteraugliNorm: .butteraugliNorm
    case .butteraugliMaximum: .butteraugliMaximum
    }
  }

  /// As people call it.
  package var title: String {
    switch self {
    case .psnr: "PSNR"
    case .psnrY: "PSNR-Y"
    case .psnrHVSM: "PSNR-HVS-M"
    case .msssim: "MS-SSIM"
    case .ssimulacra2: "SSIMULACRA2"
    case .butteraugliNorm: "Butteraugli 3-norm"
    case .butteraugliMaximum: "Butteraugli max"
    }
  }

  /// Empty for a number without unit.
  package var unit: String {
    switch self {
    case .psnr, .psnrY, .psnrHVSM, .msssim: "dB"
    case .ssimulacra2, .butteraugliNorm, .butteraugliMaximum: ""
    }
  }

  /// Whether smaller values are better.
  package var isDistance: Bool { self == .butteraugliNorm || self == .butteraugliMaximum }
}
