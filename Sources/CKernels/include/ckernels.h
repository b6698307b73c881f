/// CKernels: the integer arithmetic of vaezip's networks, one implementation an instruction set.
///
/// # What holds for every function here
///
/// * Activations are int16 fixed-point numbers in NHWC order (channels innermost). Strides count
///   *elements*, not bytes. They are free: an operand may be a channel slice of a wider buffer
///   (pointer moved to its first channel, pixel stride of the wide buffer).
/// * Channel counts are multiples of 32, at most `VZK_MAX_CHANNELS`.
/// * Nothing is read or written beyond what is described: no slack is needed before or after a
///   buffer. No alignment is needed either, except for packed weights (64 bytes); buffers that
///   start on 64 bytes are faster.
/// * All sums are int32 modulo 2^32, `>>` is the arithmetic shift, sat16 clamps to
///   -32768…32767. So every instruction set gives the same bits, also where sums wrap.
/// * All functions are thread-safe; none allocates; none keeps a pointer.
/// * Pointers of a call's structure that its epilogue uses must not be null; a null one is refused.
///   (They are nullable so that a zeroed structure, `vzk_convolution()` in Swift, can be filled.)
/// * An instruction set that this machine lacks acts as `scalar`: same bits, slowly.
///
/// # How to run a layer
///
/// Pack once, when the model loads (`order` [outputs][taps][inputs], taps row by row):
///
///     vzk_shape shape = { .outputs = 192, .inputs = 192, .kernel = 3,
///                         .shuffle = vzk_shuffle_none };
///     void *packed = aligned_alloc(64, vzk_packed_convolution_size(isa, shape));
///     vzk_pack_convolution(isa, shape, weights, bias, shift, packed);
///
/// A 3×3 layer reads one pixel around each output pixel, so its input lies in a buffer with a
/// border of zeros, one pixel wide: pixel (x, y) at `(y + 1) * rowStride + (x + 1) * pixelStride`.
/// `input` points to the pixel under the kernel's top left tap, for output (0, 0) the border's
/// corner. One call computes `rows` × `width` output pixels:
///
///     vzk_convolution call = {
///       .weights = packed,
///       .input = padded + y * rowStride,                    // stride 2: padded + 2 * y * rowStride
///       .inputPixelStride = 192, .inputRowStride = rowStride, .stride = 1,
///       .output = out + y * outRow, .outputPixelStride = 192, .outputRowStride = outRow,
///       .width = w, .rows = 1, .epilogue = vzk_epilogue_leaky };
///     vzk_convolve(&call);
///
/// A 1×1 layer needs no border: `input` is the pixel itself; `inputRowStride` is used only between
/// rows. For a residual block, call the layers on segments of about 128 pixels of one row, so that
/// everything between the layers stays in the second-level cache. A stride-2 layer on an odd size
/// (out = (in + 1) / 2) reads one zero row and column at the far side, as at the near side.
///
/// In memory of full size, `output` may equal `residual` (each element is read before it is
/// written); `output` must not overlap `input`.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VZK_CLOSED __attribute__((enum_extensibility(closed)))
#define VZK_NAME(name) __attribute__((swift_name(name)))

/// The largest number of input or output channels of a layer.
#define VZK_MAX_CHANNELS 4096

// MARK: Instruction sets

/// An instruction set. Values are stable.
typedef enum VZK_CLOSED vzk_isa : uint8_t {
  /// Plain C: the reference that defines every other one's bits.
  vzk_isa_scalar VZK_NAME("scalar") = 0,
  vzk_isa_avx2 VZK_NAME("avx2") = 1,
  /// AVX-512 F, BW, VL, DQ.
  vzk_isa_avx512bw VZK_NAME("avx512bw") = 2,
  /// AVX-512 with VNNI (vpdpwssd); its name is "avx512".
  vzk_isa_avx512 VZK_NAME("avx512") = 3,
  /// 64-bit ARM.
  vzk_isa_neon VZK_NAME("neon") = 4,
} vzk_isa;

/// What can be wrong. Nothing is written where a function returns something else than `ok`.
typedef enum VZK_CLOSED vzk_status : uint8_t {
  vzk_status_ok VZK_NAME("ok") = 0,
  /// The name is none of `scalar`, `avx2`, `avx512bw`, `avx512`, `neon`.
  vzk_status_unknown_isa VZK_NAME("unknownISA") = 1,
  /// This machine, or this build, lacks the instruction set.
  vzk_status_unavailable_isa VZK_NAME("unavailableISA") = 2,
  /// Channels not a multiple of 32 or out of range, kernel not 1 or 3, stride not 1 or 2, shuffle
  /// and channels or epilogue that do not fit together, negative sizes.
  vzk_status_bad_shape VZK_NAME("badShape") = 3,
  /// A shift out of 0…31, or a fraction out of its range.
  vzk_status_bad_shift VZK_NAME("badShift") = 4,
  /// `packed` is not aligned to 64 bytes, or does not hold packed weights of the right kind.
  vzk_status_bad_weights VZK_NAME("badWeights") = 5,
} vzk_status;

/// The instruction set for this process: the best available one, or the one that the environment
/// variable `VAEZIP_ISA` names. Decided at the first call, the same ever after.
///
/// Returns `ok`, or `unknownISA` or `unavailableISA` about the variable's value; `*isa` is then
/// scalar.
vzk_status vzk_selected_isa(vzk_isa *_Nonnull isa);

/// The rule behind `vzk_selected_isa`: null and "" ask for the best available one.
vzk_status vzk_resolve_isa(const char *_Nullable name, vzk_isa *_Nonnull isa);

/// "scalar", "avx2", "avx512bw", "avx512" or "neon".
const char *_Nonnull vzk_isa_name(vzk_isa isa);

/// Whether this build has the instruction set and this machine runs it.
bool vzk_isa_available(vzk_isa isa);

/// Multiplies and adds pairs of int16 in registers, as fast as the instruction set can: for measuring
/// what the kernels could reach. Returns the number of multiply-adds, which is proportional to
/// `steps`, or 0 where there is no such measurement.
int64_t vzk_peak(vzk_isa isa, int64_t steps);

/// Number of values of `vzk_isa`: they are 0 ..< `VZK_ISA_COUNT`.
#define VZK_ISA_COUNT 5

// MARK: Convolutions

/// What becomes of the output channels, which are in torch's order.
typedef enum VZK_CLOSED vzk_shuffle : uint8_t {
  /// Channel c of the layer is channel c of the output pixel.
  vzk_shuffle_none VZK_NAME("none") = 0,
  /// Pixel shuffle by 2: channel 4·c + 2·dy + dx of pixel (x, y) becomes channel c of pixel
  /// (2·x + dx, 2·y + dy). `outputs` is a multiple of 128.
  vzk_shuffle_by2 VZK_NAME("by2") = 1,
  /// Pixel shuffle by 8 into interleaved 8-bit RGB: channel 64·c + 8·dy + dx of pixel (x, y) becomes
  /// byte c of pixel (8·x + dx, 8·y + dy). `outputs` is 192, the epilogue `pixels`.
  vzk_shuffle_by8rgb VZK_NAME("by8RGB") = 2,
} vzk_shuffle;

/// A layer's shape.
typedef struct vzk_shape {
  /// Output and input channels: multiples of 32, 32…`VZK_MAX_CHANNELS`.
  int32_t outputs, inputs;
  /// 1 or 3: 1×1 or 3×3.
  int32_t kernel;
  vzk_shuffle shuffle;
} vzk_shape;

/// What happens to y = sat16((Σ a·w + bias) >> shift).
typedef enum VZK_CLOSED vzk_epilogue : uint8_t {
  /// y
  vzk_epilogue_linear VZK_NAME("linear") = 0,
  /// max(y, y >> 3)
  vzk_epilogue_leaky VZK_NAME("leaky") = 1,
  /// sat16(residual + y)
  vzk_epilogue_residual VZK_NAME("residual") = 2,
  /// y clamped to 0…255, as bytes: only with `by8RGB`, and always with it.
  vzk_epilogue_pixels VZK_NAME("pixels") = 3,
} vzk_epilogue;

/// Bytes that the packed weights of a layer take; 0 for a bad shape.
size_t vzk_packed_convolution_size(vzk_isa isa, vzk_shape shape);

/// Brings a layer's weights into the order that an instruction set wants.
///
/// - weights: `[outputs][kernel · kernel][inputs]`, outputs in torch's order also when shuffled.
/// - bias: `[outputs]`, the rounding term 2^(shift − 1) included.
/// - shift: `[outputs]`, 0…31.
/// - packed: `vzk_packed_convolution_size` bytes, aligned to 64.
///
/// Returns `ok`, `badShape`, `badShift` or `badWeights` (alignment).
vzk_status vzk_pack_convolution(vzk_isa isa, vzk_shape shape, const int16_t *_Nonnull weights,
                                const int32_t *_Nonnull bias, const int32_t *_Nonnull shift,
                                void *_Nonnull packed);

/// One convolution over a rectangle of output pixels (before shuffling): `rows` × `width`.
typedef struct vzk_convolution {
  /// From `vzk_pack_convolution`; decides shape, shuffle and instruction set.
  const void *_Nullable weights;
  /// The pixel under the top left tap of the first output pixel.
  const int16_t *_Nullable input;
  /// Elements from an input pixel to its right neighbor, and to the one below.
  ptrdiff_t inputPixelStride, inputRowStride;
  /// Input pixels from one output pixel to the next, in both directions: 1 or 2.
  int32_t stride;
  /// Size in output pixels, before shuffling.
  int32_t width, rows;
  vzk_epilogue epilogue;
  /// All epilogues but `pixels`: the first output pixel, and the elements from an output pixel to
  /// its right neighbor and to the one below, in the grid that is written (with `by2` the fine one).
  int16_t *_Nullable output;
  ptrdiff_t outputPixelStride, outputRowStride;
  /// Epilogue `residual` (not with `by2`): as `output`, and may be the same memory.
  const int16_t *_Nullable residual;
  ptrdiff_t residualPixelStride, residualRowStride;
  /// Epilogue `pixels`: the top left byte of the first cell of 8×8 interleaved RGB pixels, and the
  /// bytes from one row of pixels to the next. Cells are written whole: 8 · rows rows of
  /// 24 · width bytes, so an image whose size is no multiple of 8 goes through a buffer of rows.
  uint8_t *_Nullable rgb;
  ptrdiff_t rgbRowStride;
} vzk_convolution;

/// Runs a layer. Returns `ok`, `badShape` or `badWeights`.
vzk_status vzk_convolve(const vzk_convolution *_Nonnull call);

// MARK: Depthwise convolution

/// Bytes that the packed weights of a depthwise 3×3 layer take; 0 for bad channels.
size_t vzk_packed_depthwise_size(vzk_isa isa, int32_t channels);

/// Like `vzk_pack_convolution`; weights: `[channels][9]`, taps row by row (torch's order).
vzk_status vzk_pack_depthwise(vzk_isa isa, int32_t channels, const int16_t *_Nonnull weights,
                              const int32_t *_Nonnull bias, const int32_t *_Nonnull shift,
                              void *_Nonnull packed);

/// A depthwise 3×3 convolution, stride 1, over `width` pixels of one row:
/// output = sat16((Σ a·w + bias) >> shift).
typedef struct vzk_depthwise {
  /// From `vzk_pack_depthwise`.
  const void *_Nullable weights;
  /// The rows above, at and below the output row; each points to the pixel *left* of the first
  /// output pixel, and `width + 2` pixels of each are read. A row outside the image is a row of
  /// zeros (three different buffers are fine, so rows may live in a ring).
  const int16_t *_Nullable above, *_Nullable here, *_Nullable below;
  ptrdiff_t inputPixelStride;
  /// Does not overlap the input.
  int16_t *_Nullable output;
  ptrdiff_t outputPixelStride;
  int32_t width;
} vzk_depthwise;

/// Runs a depthwise layer. Returns `ok`, `badShape` or `badWeights`.
vzk_status vzk_convolve_depthwise(const vzk_depthwise *_Nonnull call);

// MARK: Pixels

/// Unshuffles 8 rows of interleaved 8-bit RGB into `width` vectors of 192 channels:
/// channel 64·c + 8·dy + dx of vector x is pixel (8·x + dx, dy)'s byte c, minus 128.
///
/// Reads 24 · width bytes of each of 8 rows, `rgbRowStride` bytes apart (the caller replicates the
/// image's last column and row up to whole cells). Returns `ok` or `badShape` (negative width).
vzk_status vzk_unshuffle(vzk_isa isa, const uint8_t *_Nonnull rgb, ptrdiff_t rgbRowStride,
                         int16_t *_Nonnull output, ptrdiff_t outputPixelStride, int32_t width);

// MARK: Latents

/// Where a function finds `channels` values of each of `width` pixels. Stride 0 repeats one pixel's
/// values (per-channel constants); doubled, it visits one color of a checkerboard's row.
typedef struct vzk_source {
  const int16_t *_Nonnull values;
  ptrdiff_t pixelStride;
} vzk_source;

/// Where results go; may be the memory of a source of the same function.
typedef struct vzk_sink {
  int16_t *_Nonnull values;
  ptrdiff_t pixelStride;
} vzk_sink;

/// output = sat16((input · gain + 2^(shift − 1)) >> shift), gain and shift per channel.
///
/// gain in 0…32767 (normalized: 2^14…2^15 − 1), shift in 1…30: so nothing overflows. Both have
/// `channels` elements. Returns `ok`, `badShape` or `badShift`.
vzk_status vzk_gain(vzk_isa isa, vzk_source input, const int16_t *_Nonnull gain,
                    const int32_t *_Nonnull shift, vzk_sink output, int32_t channels, int32_t width);

/// output = compand(input): sign(v) · (e + m) where 1 + |v| = 2^e · (1 + m), 0 ≤ m < 1; the input
/// has `fraction` bits behind the point (0…15), the output 11, |output| rounded towards zero.
///
/// In integers: u = |input| + 2^fraction, b = floor(log2 u),
/// |output| = (b − fraction) · 2^11 + ((u · 2^11) >> b) − 2^11. Returns `ok`, `badShape`, `badShift`.
vzk_status vzk_compand(vzk_isa isa, vzk_source input, int32_t fraction, vzk_sink output, int32_t channels,
                       int32_t width);

/// symbols = sat16((values − mean + half) >> fraction), half = 2^fraction / 2; fraction in 0…15.
/// Returns `ok`, `badShape` or `badShift`.
vzk_status vzk_quantize(vzk_isa isa, vzk_source values, vzk_source mean, int32_t fraction, vzk_sink symbols,
                        int32_t channels, int32_t width);

/// values = sat16(symbols · 2^fraction + mean), fraction in 0…15. Returns `ok`, `badShape` or
/// `badShift`.
vzk_status vzk_dequantize(vzk_isa isa, vzk_source symbols, vzk_source mean, int32_t fraction, vzk_sink values,
                          int32_t channels, int32_t width);

/// indexes = clamp(16 + ((raw + 8) >> 4), 0, 63): raw scale indexes (7 fraction bits, in units of 8) to
/// scale indexes. `indexes` gets `channels` bytes a pixel, `indexStride` bytes apart. Returns `ok` or `badShape`.
vzk_status vzk_scale_indexes(vzk_isa isa, vzk_source raw, uint8_t *_Nonnull indexes, ptrdiff_t indexStride,
                             int32_t channels, int32_t width);

// MARK: Gradients

/// Bit i % 8 of byte i / 8 of `bits`: whether value i is negative. `count`, a multiple of 32, values
/// one after the other. Returns `ok` or `badShape`.
vzk_status vzk_signs(vzk_isa isa, const int16_t *_Nonnull values, uint8_t *_Nonnull bits, int32_t count);

/// An eighth of the value, rounded to the nearest and away from zero between two, where its bit is set:
/// the way of gradients back through leaky ReLU, whose results had these signs. (Rounded down instead,
/// what half of the channels lack adds up to more than the gradient itself.) As `vzk_signs`.
vzk_status vzk_gate(vzk_isa isa, int16_t *_Nonnull values, const uint8_t *_Nonnull bits, int32_t count);

#ifdef __cplusplus
}
#endif
