/// vaezip: a learned image codec. The C interface of libvaezip.so.
///
///     #include <vaezip.h>
///
///     vaezip_error error;
///     vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
///     vaezip_output *output = NULL;
///     if (vaezip_compress(encoder, png, png_size, &output, &error) == VAEZIP_OK)
///       fwrite(vaezip_output_data(output), 1, vaezip_output_size(output), file);
///     else
///       fprintf(stderr, "%s\n", error.message);
///     vaezip_output_free(output);
///     vaezip_encoder_free(encoder);
///
/// Compile with `cc program.c $(pkg-config --cflags --libs vaezip)`.
///
/// Errors. Functions that can fail return a status or a pointer, NULL if they failed. They take a `vaezip_error *`, which
/// may be NULL, and set it in any case. No function prints or ends the process.
///
/// Memory. The library copies what it keeps. Handles are freed by the function named `..._free`, which accepts NULL.
/// The caller owns the pixels that it reads from and decodes into.
///
/// Threads. The library has no state but its handles. Any handle may be used by several threads at once; freeing it is the
/// last use. Calls block until they are done, with as many threads at work as the handle's option says.
///
/// fork. A child process may use the library and its parent's handles, if no other thread of the parent was inside of a
/// call for the first time when it forked. Callbacks must not fork.
///
/// Files from strangers are safe to decode: sizes are compared with limits before memory is taken.
#ifndef VAEZIP_H
#define VAEZIP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this header. A library with the same major number and at least this minor number serves.
#define VAEZIP_VERSION_MAJOR 0
#define VAEZIP_VERSION_MINOR 1
#define VAEZIP_VERSION_PATCH 0

/// The library's version: major · 65536 + minor · 256 + patch.
uint32_t vaezip_version(void);

/// How a call ended.
typedef enum vaezip_status {
  /// All went well.
  VAEZIP_OK = 0,
  /// Pixels were decoded, but some tiles were replaced (VAEZIP_DECODER_KEEP_GOING). The message names the first.
  VAEZIP_INCOMPLETE = 1,
  /// An argument is NULL, out of range, or does not fit the others.
  VAEZIP_ERROR_ARGUMENT = 2,
  /// The bytes are not of the format that they should be of.
  VAEZIP_ERROR_FORMAT = 3,
  /// The file is damaged: it is cut off, or a checksum or a field is wrong.
  VAEZIP_ERROR_DAMAGED = 4,
  /// The file needs a later version of the library.
  VAEZIP_ERROR_UNSUPPORTED = 5,
  /// The file asks for more than the limits allow.
  VAEZIP_ERROR_LIMIT = 6,
  /// The model that a file names is not at hand, or a model file is wrong.
  VAEZIP_ERROR_MODEL = 7,
  /// A callback returned a value other than 0.
  VAEZIP_ERROR_CALLBACK = 8,
  /// Anything that has no other status here.
  VAEZIP_ERROR_OTHER = 9,
  /// No quality reaches the target (VAEZIP_ENCODER_TARGET_…). The message names the nearest figure.
  VAEZIP_ERROR_TARGET = 10
} vaezip_status;

/// Why a call failed.
typedef struct vaezip_error {
  /// A vaezip_status.
  int32_t status;
  /// One line of UTF-8 that names what was expected and what was found; empty after a success.
  char message[508];
} vaezip_error;

/// Rows, columns and sizes are in pixels. The origin is at the top left.
typedef struct vaezip_region {
  uint32_t x, y, width, height;
} vaezip_region;

/// Pixels in memory: samples of a pixel side by side, rows from the top.
typedef struct vaezip_image {
  /// In pixels, at least 1.
  uint32_t width, height;
  /// 1: gray. 2: gray, alpha. 3: red, green, blue. 4: red, green, blue, alpha. Alpha is not premultiplied.
  uint32_t channels;
  /// Bits of a sample: 8, or 16 in the machine's byte order.
  uint32_t depth;
  /// Bytes from a row to the next. 0: rows follow each other without gaps. Negative: from the last row in memory, to which
  /// `pixels` then points, backwards.
  ptrdiff_t stride;
  /// The first row.
  void *pixels;
} vaezip_image;

// Bytes that a call produced.

typedef struct vaezip_output vaezip_output;

/// The bytes; valid until the output is freed.
const uint8_t *vaezip_output_data(const vaezip_output *output);
/// Their number.
size_t vaezip_output_size(const vaezip_output *output);
/// Mean squared error of the decoded color, samples 0…255; NaN unless VAEZIP_ENCODER_MEASURE_ERROR was set.
double vaezip_output_mse(const vaezip_output *output);
/// What was reached, in the unit of the encoder's target; NaN without a target.
double vaezip_output_reached(const vaezip_output *output);
/// What the picture lost on the way, a line each, such as chunks of a PNG that were not kept; "" if nothing.
const char *vaezip_output_notices(const vaezip_output *output);
void vaezip_output_free(vaezip_output *output);

// Models. One is built in.

typedef struct vaezip_model vaezip_model;

/// A model of its file's bytes (`vaezip train` makes such files).
vaezip_model *vaezip_model_load(const void *bytes, size_t size, vaezip_error *error);
/// The model that the library was built with.
vaezip_model *vaezip_model_built_in(vaezip_error *error);
/// XXH64 of the model's file, which .vz files name.
uint64_t vaezip_model_id(const vaezip_model *model);
void vaezip_model_free(vaezip_model *model);

// Metadata: chunks of PNG (ISO/IEC 15948), verbatim. iCCP is a color profile, eXIf is Exif, and so on.

typedef struct vaezip_metadata vaezip_metadata;

vaezip_metadata *vaezip_metadata_create(void);
/// Appends a chunk. `type` is four letters; `follows_pixels` says whether a PNG has the chunk after its pixels. Types that
/// describe how a PNG stores samples (PLTE, tRNS, bKGD, sBIT, hIST, sPLT, animations) are an error.
vaezip_status vaezip_metadata_add(vaezip_metadata *metadata, const char *type, const void *data, size_t size,
                                  int follows_pixels, vaezip_error *error);
size_t vaezip_metadata_count(const vaezip_metadata *metadata);
/// A chunk by its number from 0. Each of the last four pointers may be NULL. `type` gets 5 bytes, the last is 0.
/// `data` stays valid until the metadata is freed, or the file that owns it.
vaezip_status vaezip_metadata_get(const vaezip_metadata *metadata, size_t index, char *type,
                                  const void **data, size_t *size, int *follows_pixels);
/// Not for the metadata that a file owns.
void vaezip_metadata_free(vaezip_metadata *metadata);

// Encoding.

typedef struct vaezip_encoder vaezip_encoder;

typedef enum vaezip_encoder_option {
  /// 0, the smallest file, … 100, the best picture; fractions by vaezip_encoder_set_double. With the built-in model, 30 … 90
  /// is about the SSIMULACRA2 that photographs get on average. 75.
  VAEZIP_ENCODER_QUALITY = 0,
  /// 1 … 9: time spent on a smaller file at equal quality. 3.
  VAEZIP_ENCODER_EFFORT = 1,
  /// 0 takes all cores. Neither file nor picture depend on it. 0.
  VAEZIP_ENCODER_THREADS = 2,
  /// Side of a tile: a power of two, 64 … 16384; 0 chooses. 0.
  VAEZIP_ENCODER_TILE_SIZE = 3,
  /// 1 keeps every sample; quality has no meaning then. 0.
  VAEZIP_ENCODER_LOSSLESS = 4,
  /// 1 keeps the color of fully transparent pixels. 0.
  VAEZIP_ENCODER_KEEP_INVISIBLE_COLOR = 5,
  /// 1 lets graphics be kept exactly where that costs less than their errors. 1.
  VAEZIP_ENCODER_EXACT_PIXELS = 6,
  /// 1 measures the error for vaezip_output_mse; it takes the time of a decode. 0.
  VAEZIP_ENCODER_MEASURE_ERROR = 7,
  /// 0 leaves metadata out. 1.
  VAEZIP_ENCODER_METADATA = 8,
  /// Most pixels of a picture, in whole cells of 16 × 16. 2³⁰.
  VAEZIP_ENCODER_MAX_PIXELS = 9,
  /// Most bytes of memory that a call may need. 2³².
  VAEZIP_ENCODER_MAX_MEMORY = 10,

  // Targets, one at most. They replace the quality, encode 5 to 14 times, and hold the whole picture in memory. 0 ends a
  // target. They exclude VAEZIP_ENCODER_LOSSLESS.

  /// The best quality whose file has at most so many bytes. 0.
  VAEZIP_ENCODER_TARGET_SIZE = 11,
  /// The best quality whose file has at most so many bits per pixel; a fraction. 0.
  VAEZIP_ENCODER_TARGET_BPP = 12,
  /// The smallest file with at least this PSNR of the color in dB; a fraction. 0.
  VAEZIP_ENCODER_TARGET_PSNR = 13,
  /// The smallest file with at least this score of SSIMULACRA2, at most 100; a fraction. 0.
  VAEZIP_ENCODER_TARGET_SSIMULACRA2 = 14
} vaezip_encoder_option;

/// An encoder. `model`: NULL takes the built-in one.
vaezip_encoder *vaezip_encoder_create(const vaezip_model *model, vaezip_error *error);
/// Sets an option. Calls that have begun do not notice.
vaezip_status vaezip_encoder_set(vaezip_encoder *encoder, vaezip_encoder_option option, int64_t value,
                                 vaezip_error *error);
/// As vaezip_encoder_set, with a fraction where the option has one. Options of whole numbers refuse others.
vaezip_status vaezip_encoder_set_double(vaezip_encoder *encoder, vaezip_encoder_option option, double value,
                                        vaezip_error *error);
/// The value of an option; NaN if there is no such option.
double vaezip_encoder_get_double(const vaezip_encoder *encoder, vaezip_encoder_option option);
/// The value of an option, rounded; -1 if there is no such option.
int64_t vaezip_encoder_get(const vaezip_encoder *encoder, vaezip_encoder_option option);
void vaezip_encoder_free(vaezip_encoder *encoder);

/// Pixels to a .vz file. `metadata` may be NULL. The picture's own color of 16 bits is rounded to 8 unless
/// VAEZIP_ENCODER_LOSSLESS is set; its alpha is not.
vaezip_status vaezip_encode(const vaezip_encoder *encoder, const vaezip_image *image,
                            const vaezip_metadata *metadata, vaezip_output **output, vaezip_error *error);

/// Fills `count` rows, the first of which is row `y` of the picture, each of `row_bytes` bytes. Rows are asked for once,
/// from the top, by one thread at a time, but not always the same one. Returns 0; any other value ends the encoding.
typedef int (*vaezip_read_rows)(void *context, uint32_t y, uint32_t count, void *rows, size_t row_bytes);

/// As vaezip_encode, for pictures larger than memory. `image` gives size and format; its pixels are not used.
vaezip_status vaezip_encode_rows(const vaezip_encoder *encoder, const vaezip_image *image,
                                 const vaezip_metadata *metadata, vaezip_read_rows read, void *context,
                                 vaezip_output **output, vaezip_error *error);

/// A PNG, JPEG, PPM, PGM or PAM file to a .vz file, the same bytes as those of the program `vaezip compress`.
vaezip_status vaezip_compress(const vaezip_encoder *encoder, const void *bytes, size_t size,
                              vaezip_output **output, vaezip_error *error);

// Decoding.

typedef struct vaezip_decoder vaezip_decoder;

typedef enum vaezip_decoder_option {
  /// 0 takes all cores. The picture does not depend on it. 0.
  VAEZIP_DECODER_THREADS = 0,
  /// Most pixels of a picture, in whole cells of 16 × 16. 2³⁰.
  VAEZIP_DECODER_MAX_PIXELS = 1,
  /// Most bytes of memory that a call may need. 2³².
  VAEZIP_DECODER_MAX_MEMORY = 2,
  /// Most bytes of metadata. 2²⁶.
  VAEZIP_DECODER_MAX_METADATA = 3,
  /// 1 replaces tiles that are damaged, and lets calls return VAEZIP_INCOMPLETE. 0.
  VAEZIP_DECODER_KEEP_GOING = 4
} vaezip_decoder_option;

/// A decoder that knows the built-in model.
vaezip_decoder *vaezip_decoder_create(vaezip_error *error);
/// Sets an option. Calls that have begun do not notice.
vaezip_status vaezip_decoder_set(vaezip_decoder *decoder, vaezip_decoder_option option, int64_t value,
                                 vaezip_error *error);
/// The value of an option; -1 if there is no such option.
int64_t vaezip_decoder_get(const vaezip_decoder *decoder, vaezip_decoder_option option);
/// Makes a model known.
vaezip_status vaezip_decoder_add_model(vaezip_decoder *decoder, const vaezip_model *model,
                                       vaezip_error *error);
/// Makes the models (*.model, *.safetensors) of a folder known; its path is UTF-8.
vaezip_status vaezip_decoder_add_folder(vaezip_decoder *decoder, const char *path, vaezip_error *error);
/// Adds the folders where users and systems keep models, as the program does: those of the variable VAEZIP_MODELS, or
/// vaezip/models in the data folders of the XDG Base Directory Specification. Reads the environment.
vaezip_status vaezip_decoder_add_standard_folders(vaezip_decoder *decoder, vaezip_error *error);
void vaezip_decoder_free(vaezip_decoder *decoder);

// A .vz file in memory.

typedef struct vaezip_file vaezip_file;

typedef enum vaezip_file_field {
  /// In pixels.
  VAEZIP_FILE_WIDTH = 0,
  /// In pixels.
  VAEZIP_FILE_HEIGHT = 1,
  /// 1 … 4, as in vaezip_image.
  VAEZIP_FILE_CHANNELS = 2,
  /// Bits of a sample: 8 or 16.
  VAEZIP_FILE_DEPTH = 3,
  /// Of the format: 1 or 2.
  VAEZIP_FILE_VERSION = 4,
  /// Between the model's quality levels, in 1/256 level.
  VAEZIP_FILE_QUALITY_POSITION = 5,
  /// Side of a tile in pixels.
  VAEZIP_FILE_TILE_SIZE = 6,
  VAEZIP_FILE_TILE_COUNT = 7,
  /// 0 if every pixel is kept exactly, else 1.
  VAEZIP_FILE_NEEDS_MODEL = 8,
  /// Bits of the samples of exact pixels: 8 or 16; 0 if there are none.
  VAEZIP_FILE_EXACT_DEPTH = 9,
  /// Bytes that the whole file should have.
  VAEZIP_FILE_SIZE = 10
} vaezip_file_field;

/// Copies a file, and checks what it says before its tiles: header, metadata, tile index. `decoder` gives the limits; NULL
/// takes the usual ones.
vaezip_file *vaezip_file_open(const vaezip_decoder *decoder, const void *bytes, size_t size,
                              vaezip_error *error);
/// A field of the header; -1 if there is no such field.
int64_t vaezip_file_get(const vaezip_file *file, vaezip_file_field field);
/// The id of the model that the file needs; 0 if it needs none.
uint64_t vaezip_file_model_id(const vaezip_file *file);
/// The file's metadata; it belongs to the file.
const vaezip_metadata *vaezip_file_metadata(const vaezip_file *file);
void vaezip_file_free(vaezip_file *file);

/// Bytes of memory that decoding a file needs at most, without the file itself; -1 with an error. `region`: NULL takes all.
int64_t vaezip_decode_memory(const vaezip_decoder *decoder, const vaezip_file *file,
                             const vaezip_region *region, vaezip_error *error);

/// Decodes a picture, or a region of it, into the caller's memory. `region`: NULL takes all.
///
/// `image` says where and in which format. Its size must be that of the region. Its format may differ from the file's: gray
/// becomes RGB, alpha is left out or opaque, 16 bits are rounded to 8, or 8 widened to 16 (v · 257). RGB does not become
/// gray.
///
/// The pixels of a region equal that part of the whole picture. If the call fails, the memory's content is undefined.
vaezip_status vaezip_decode(const vaezip_decoder *decoder, const vaezip_file *file,
                            const vaezip_region *region, const vaezip_image *image, vaezip_error *error);

/// Takes `count` rows, the first of which is row `y` of the region, each of `row_bytes` bytes. Rows come from the top, by
/// one thread at a time, but not always the same one. Returns 0; any other value ends the decoding.
typedef int (*vaezip_write_rows)(void *context, uint32_t y, uint32_t count, const void *rows,
                                 size_t row_bytes);

/// As vaezip_decode, for pictures larger than memory. `image` gives size and format; its pixels are not used. The last
/// checksum is compared after the last row.
vaezip_status vaezip_decode_rows(const vaezip_decoder *decoder, const vaezip_file *file,
                                 const vaezip_region *region, const vaezip_image *image,
                                 vaezip_write_rows write, void *context, vaezip_error *error);

/// Width and height of a preview: those of the region, or of the whole picture, in cells of `scale` × `scale` pixels.
/// `scale` is 8 or 16.
vaezip_status vaezip_preview_size(const vaezip_file *file, const vaezip_region *region, uint32_t scale,
                                  uint32_t *width, uint32_t *height, vaezip_error *error);

/// A small version of a picture, in about a quarter of the time: a pixel for each cell of `scale` × `scale` pixels that has a
/// part of the region. Other arguments are as for vaezip_decode; the size of `image` must be that of the preview.
vaezip_status vaezip_preview(const vaezip_decoder *decoder, const vaezip_file *file,
                             const vaezip_region *region, uint32_t scale, const vaezip_image *image,
                             vaezip_error *error);

/// A file, or a region of it, to a PNG file, the same bytes as those of the program `vaezip decompress`.
vaezip_status vaezip_decompress(const vaezip_decoder *decoder, const vaezip_file *file,
                                const vaezip_region *region, vaezip_output **output, vaezip_error *error);

/// Decodes a file, compares all checksums, and keeps nothing.
vaezip_status vaezip_verify(const vaezip_decoder *decoder, const vaezip_file *file, vaezip_error *error);

// Latents and rates: what the model says of a picture, without its pixels.

typedef struct vaezip_features vaezip_features;

/// What there is of a picture. A position is 16 × 16 pixels, one of the hyper-latents 64 × 64. Sizes are rounded up.
typedef enum vaezip_feature {
  /// Quantized latents as the synthesis gets them: (height / 16, width / 16, channels). Those of different qualities can be
  /// compared.
  VAEZIP_LATENTS = 0,
  /// Quantized latents in quantization steps: as VAEZIP_LATENTS.
  VAEZIP_LATENTS_IN_STEPS = 1,
  /// Latents before quantization, the mean of the posterior: as VAEZIP_LATENTS; only of images at effort 1.
  VAEZIP_MEANS = 2,
  /// The same in quantization steps.
  VAEZIP_MEANS_IN_STEPS = 3,
  /// Quantized hyper-latents: (height / 64, width / 64, channels).
  VAEZIP_HYPER = 4,
  /// Bits of each position: (height / 16, width / 16).
  VAEZIP_BITS = 5,
  /// Bits that the prior expected of each position: as VAEZIP_BITS.
  VAEZIP_EXPECTED_BITS = 6,
  /// Bits of each position of the hyper-latents: (height / 64, width / 64).
  VAEZIP_HYPER_BITS = 7,
  /// 1 where the pixels of a position come from latents, 0 where they are exact: as VAEZIP_BITS.
  VAEZIP_CODED = 8,
  /// Mean, then standard deviation, of each channel over the picture: (2 · channels).
  VAEZIP_POOLED = 9
} vaezip_feature;

/// The latents of a file; NULL with VAEZIP_ERROR_ARGUMENT if all of its pixels are exact.
vaezip_features *vaezip_features_of_file(const vaezip_decoder *decoder, const vaezip_file *file,
                                         vaezip_error *error);
/// The latents of pixels at the encoder's quality and effort. Effort 1 is the fastest, and the only one that also gives
/// means.
vaezip_features *vaezip_features_of_image(const vaezip_encoder *encoder, const vaezip_image *image,
                                          vaezip_error *error);
/// Values of a kind, the last dimension innermost. `values` stays valid until the features are freed; `shape` gets three
/// numbers, `dimensions` of which count.
vaezip_status vaezip_features_get(const vaezip_features *features, vaezip_feature kind, const float **values,
                                  size_t shape[3], int *dimensions, vaezip_error *error);
/// The id of the model.
uint64_t vaezip_features_model_id(const vaezip_features *features);
void vaezip_features_free(vaezip_features *features);

// Anomalies: how far the rates of a picture are from those of normal ones.

typedef struct vaezip_normal vaezip_normal;

/// How far a picture is from normal ones. Distances are in standard deviations.
typedef struct vaezip_score {
  /// The larger of peak and global, each divided by its threshold: above 1 is anomalous.
  double score;
  /// The largest distance of a position.
  double peak;
  /// The distance of the whole picture; NaN if too few pictures were added.
  double global;
  /// The threshold of a position's distance.
  double threshold;
  /// Column and row of the peak, in positions.
  uint32_t peak_x, peak_y;
} vaezip_score;

/// Normal pictures, none yet.
vaezip_normal *vaezip_normal_create(void);
/// Those of a file that vaezip_normal_save or `vaezip anomaly fit` wrote. No more can be added.
vaezip_normal *vaezip_normal_load(const void *json, size_t size, vaezip_error *error);
/// Adds a picture. All must be of one model and quality.
vaezip_status vaezip_normal_add(vaezip_normal *normal, const vaezip_features *features, vaezip_error *error);
/// As JSON.
vaezip_status vaezip_normal_save(const vaezip_normal *normal, vaezip_output **output, vaezip_error *error);
/// Compares a picture with them. `false_positive_rate`: which part of the normal pictures, or positions, may lie above the
/// thresholds, 0 … 1. `map`: room for the distance of each position, as many as VAEZIP_BITS has; NULL leaves it out.
vaezip_status vaezip_normal_score(const vaezip_normal *normal, const vaezip_features *features,
                                  double false_positive_rate, vaezip_score *score, float *map,
                                  vaezip_error *error);
void vaezip_normal_free(vaezip_normal *normal);

#ifdef __cplusplus
}
#endif

#endif
