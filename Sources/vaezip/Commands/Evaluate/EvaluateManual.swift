/// The manual of `vaezip evaluate`.
enum EvaluateManual {
  static let text = """
    Compresses each image at each quality, decompresses the result, and compares the pixels with \
    the original. With --against, the programs of other codecs do the same at settings of their own, \
    from about 0.05 to 3 bits per pixel. Only the reports that you ask for are written. A directory \
    stands for all its PNG, JPEG, PPM, PGM and PAM files, in the order of their names. The quality lossless keeps all pixels; its \
    points are those of a codec vaezip-lossless.

    COLUMNS
      file, kind        the image, and whether it looks like a photograph or a
                        graphic (by its noise)
      codec, version, setting, quality, effort, model, width, height
      bytes, bpp        size of the whole file; in bits per pixel
      psnr              over all samples of R, G, B (or gray), in dB
      psnr_y            of the luma of BT.601, in dB
      psnr_hvs_m        of the luma as the eye sees it (Ponomarenko 2007), in dB
      msssim            MS-SSIM, the mean over the channels, 0…1
      ssimulacra2       SSIMULACRA 2.1: 90 hard to tell apart, 30 poor
      butteraugli_3norm, butteraugli_max
                        Butteraugli's distance: below 1 hard to see
      encode_seconds, decode_seconds, encode_peak_bytes, decode_peak_bytes
                        of whole programs, from PNG or PPM to the coded file
                        and back; with --against and --report only
      codec_encode_seconds, codec_decode_seconds
                        vaezip's alone, from pixels to bytes (without --against
                        and --report only) and back; enc_s and dec_s of the
                        table if no programs ran
      hyper_bits, latent_bits, model_bpp
                        KL: the information content of hyper-latents and
                        latents under the model, -log₂ p in bits; both per pixel
      mse, beta         D, the mean squared error (0…255), and β = 1/λ, the
                        weight that the model was trained with at this quality
      objective         D + β·KL, with KL in bits per pixel
      elbo_nats_per_dimension
                        the evidence lower bound, with a Gaussian decoder whose
                        variance makes it largest where the objective is smallest
      overhead_percent  the file's size over the model's rate: zstd's loss
                        and the container; none if all pixels are exact
      frames_percent, raw_percent, alpha_percent, container_percent
                        parts of overhead_percent: symbols in zstd frames,
                        symbols in the bit string, alpha (all of it), all
                        outside the streams
      range_coder_percent
                        the streams' size over that of an ideal range coder
                        with the same probabilities
      note              why figures are missing

    Metrics see 8 bits of color, invisible color (alpha 0) included. Alpha is coded without \
    loss and counts in the file's size. With --against it is left out for all codecs. Metadata \
    are always left out.

    The rows "mean" are arithmetic means over the images; if there are photographs and graphics, over \
    each kind too. In JSON, infinite values are null. "bd_rates" says by how many percent vaezip's files \
    are larger (smaller, if negative) at equal quality, as the mean of the images' Bjøntegaard delta rates \
    over the qualities that the curves share; name enough qualities for it, -q 0..100:10.

    With --posterior gaussian, rows of a codec vae have D, KL, β, D + β·KL, the evidence lower bound and the PSNR \
    of a model that was trained with this posterior, as the expectation over sampled latents; nothing is coded. A \
    table of its own shows them beside those of vaezip's rounded latents.

    A program that is not installed, fails, or writes no picture is named; the other codecs go on, and the \
    exit status is 1.

    EXAMPLES
      vaezip evaluate Samples
      vaezip evaluate -q 75,82.5 photo.jpg drawing.png
      vaezip evaluate --against jpeg,webp,avif,jxl --report page.html Samples
      vaezip evaluate -q 0..100:10 --csv points.csv --json points.json -r Pictures
      vaezip evaluate --model mine.model --save Decoded Held-back
    """
}
