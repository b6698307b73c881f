// Calls every function of vaezip.h, with right and with wrong arguments.
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vaezip.h>

static const char *part = "";
static vaezip_error error;

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s: not %s (last error %d: %s)\n", __FILE__, __LINE__, part, #condition, \
              error.status, error.message); \
      exit(1); \
    } \
  } while (0)

/// The call fails with a status, and says why in one line.
#define FAILS(expected, call) \
  do { \
    CHECK((call) == (expected)); \
    CHECK(error.status == (int)(expected) && error.message[0] && !strchr(error.message, '\n')); \
  } while (0)

#define ENDS(call) CHECK((call) == VAEZIP_OK && error.status == 0 && !error.message[0])

enum { width = 150, height = 70 };

/// Samples that change smoothly, of any format.
static void fill(vaezip_image image, uint32_t y, uint32_t count, uint8_t *rows, size_t stride) {
  for (uint32_t row = 0; row < count; row++)
    for (uint32_t x = 0; x < image.width; x++)
      for (uint32_t c = 0; c < image.channels; c++) {
        uint16_t value = (uint16_t)(150 * x + 200 * (y + row) + 5000 * c);
        size_t index = x * image.channels + c;
        uint8_t *sample = rows + row * stride + index * image.depth / 8;
        if (image.depth == 16)
          memcpy(sample, &value, 2);
        else
          *sample = (uint8_t)(value >> 8);
      }
}

static size_t row_bytes(vaezip_image image) { return (size_t)image.width * image.channels * image.depth / 8; }

static vaezip_image picture(uint32_t channels, uint32_t depth) {
  vaezip_image image = {width, height, channels, depth, 0, NULL};
  image.pixels = malloc(row_bytes(image) * height);
  fill(image, 0, height, image.pixels, row_bytes(image));
  return image;
}

static vaezip_file *encoded(vaezip_encoder *encoder, vaezip_image image) {
  vaezip_output *output = NULL;
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  vaezip_file *file = vaezip_file_open(NULL, vaezip_output_data(output), vaezip_output_size(output), &error);
  CHECK(file && vaezip_file_get(file, VAEZIP_FILE_SIZE) == (int64_t)vaezip_output_size(output));
  vaezip_output_free(output);
  return file;
}

static void formats(void) {
  part = "formats";
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  CHECK(encoder && decoder);
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_LOSSLESS, 1, &error));
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_KEEP_INVISIBLE_COLOR, 1, &error));
  for (uint32_t depth = 8; depth <= 16; depth += 8)
    for (uint32_t channels = 1; channels <= 4; channels++) {
      vaezip_image image = picture(channels, depth);
      vaezip_file *file = encoded(encoder, image);
      CHECK(vaezip_file_get(file, VAEZIP_FILE_WIDTH) == width);
      CHECK(vaezip_file_get(file, VAEZIP_FILE_HEIGHT) == height);
      CHECK(vaezip_file_get(file, VAEZIP_FILE_CHANNELS) == channels);
      CHECK(vaezip_file_get(file, VAEZIP_FILE_DEPTH) == depth);
      CHECK(vaezip_file_get(file, VAEZIP_FILE_EXACT_DEPTH) == depth);
      CHECK(vaezip_file_get(file, VAEZIP_FILE_NEEDS_MODEL) == 0 && vaezip_file_model_id(file) == 0);
      CHECK(vaezip_file_get(file, (vaezip_file_field)99) == -1);

      // The same format, from the last row in memory backwards.
      vaezip_image again = picture(channels, depth);
      size_t stride = row_bytes(again);
      memset(again.pixels, 0x55, stride * height);
      uint8_t *memory = again.pixels;
      again.pixels = memory + stride * (height - 1);
      again.stride = -(ptrdiff_t)stride;
      ENDS(vaezip_decode(decoder, file, NULL, &again, &error));
      for (uint32_t y = 0; y < height; y++)
        CHECK(!memcmp(memory + stride * (height - 1 - y), (uint8_t *)image.pixels + stride * y, stride));
      free(memory);

      // All formats that hold it.
      for (uint32_t other = 8; other <= 16; other += 8)
        for (uint32_t more = channels < 3 ? 1 : 3; more <= 4; more++) {
          vaezip_image converted = picture(more, other);
          ENDS(vaezip_decode(decoder, file, NULL, &converted, &error));
          for (size_t pixel = 0; pixel < (size_t)width * height; pixel++)
            for (uint32_t c = 0; c < more; c++) {
              uint32_t from = more % 2 == 0 && c == more - 1 ? (channels % 2 == 0 ? channels - 1 : 99)
                              : channels < 3                 ? 0
                                                             : c;
              uint32_t value = 65535;
              size_t index = pixel * channels + from;
              if (from != 99)
                value =
                  depth == 16 ? ((uint16_t *)image.pixels)[index] : ((uint8_t *)image.pixels)[index] * 257u;
              uint32_t found = other == 16 ? ((uint16_t *)converted.pixels)[pixel * more + c]
                                           : ((uint8_t *)converted.pixels)[pixel * more + c];
              CHECK(found == (other == 16 ? value : (255 * value + 32895) >> 16));
            }
          free(converted.pixels);
        }
      if (channels > 2) {
        vaezip_image gray = picture(1, depth);
        FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decode(decoder, file, NULL, &gray, &error));
        free(gray.pixels);
      }
      vaezip_file_free(file);
      free(image.pixels);
    }
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
}

/// Rows by callbacks, and a picture to compare them with.
struct rows {
  vaezip_image image;
  uint32_t next;
  uint32_t stop;
};

static int read_rows(void *context, uint32_t y, uint32_t count, void *rows, size_t stride) {
  struct rows *state = context;
  CHECK(y == state->next && stride == row_bytes(state->image));
  state->next += count;
  if (y >= state->stop) return 7;
  fill(state->image, y, count, rows, stride);
  return 0;
}

static int write_rows(void *context, uint32_t y, uint32_t count, const void *rows, size_t stride) {
  struct rows *state = context;
  CHECK(y == state->next && stride == row_bytes(state->image));
  state->next += count;
  if (y >= state->stop) return -3;
  CHECK(!memcmp((uint8_t *)state->image.pixels + y * stride, rows, count * stride));
  return 0;
}

static void streaming(void) {
  part = "streaming";
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  vaezip_image image = picture(4, 8);
  vaezip_file *whole = encoded(encoder, image);
  struct rows rows = {image, 0, height};
  vaezip_output *output = NULL;
  ENDS(vaezip_encode_rows(encoder, &image, NULL, read_rows, &rows, &output, &error));
  vaezip_file *file =
    vaezip_file_open(decoder, vaezip_output_data(output), vaezip_output_size(output), &error);
  CHECK(file && vaezip_file_model_id(file) == vaezip_file_model_id(whole) && vaezip_file_model_id(file));
  vaezip_output_free(output);

  ENDS(vaezip_decode(decoder, whole, NULL, &image, &error));
  rows.next = 0;
  ENDS(vaezip_decode_rows(decoder, file, NULL, &image, write_rows, &rows, &error));
  CHECK(rows.next == height);

  rows = (struct rows){image, 0, 20};
  FAILS(VAEZIP_ERROR_CALLBACK, vaezip_decode_rows(decoder, file, NULL, &image, write_rows, &rows, &error));
  rows = (struct rows){image, 0, 20};
  FAILS(VAEZIP_ERROR_CALLBACK, vaezip_encode_rows(encoder, &image, NULL, read_rows, &rows, &output, &error));
  CHECK(!output);
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decode_rows(decoder, file, NULL, &image, NULL, NULL, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encode_rows(encoder, &image, NULL, NULL, NULL, &output, &error));
  vaezip_file_free(file);
  vaezip_file_free(whole);
  free(image.pixels);
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
}

static void regions(void) {
  part = "regions";
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_TILE_SIZE, 64, &error));
  vaezip_image image = picture(3, 8);
  vaezip_file *file = encoded(encoder, image);
  CHECK(vaezip_file_get(file, VAEZIP_FILE_TILE_SIZE) == 64 &&
        vaezip_file_get(file, VAEZIP_FILE_TILE_COUNT) == 6);
  ENDS(vaezip_decode(decoder, file, NULL, &image, &error));

  vaezip_region region = {90, 30, 40, 25};
  vaezip_image crop = {40, 25, 3, 8, 0, malloc(40 * 25 * 3)};
  ENDS(vaezip_decode(decoder, file, &region, &crop, &error));
  for (size_t y = 0; y < 25; y++)
    CHECK(
      !memcmp((uint8_t *)crop.pixels + y * 120, (uint8_t *)image.pixels + ((y + 30) * width + 90) * 3, 120));
  CHECK(vaezip_decode_memory(decoder, file, &region, &error) > 0);

  vaezip_region outside[] = {
    {0, 0, 0, 1}, {width, 0, 1, 1}, {0, 0, width + 1, 1}, {4294967295u, 0, 4294967295u, 1}};
  for (size_t i = 0; i < 4; i++) {
    vaezip_image part_image = crop;
    part_image.width = outside[i].width;
    part_image.height = outside[i].height;
    FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decode(decoder, file, &outside[i], &part_image, &error));
    CHECK(vaezip_decode_memory(decoder, file, &outside[i], &error) == -1);
  }
  // Previews of the whole and of the region.
  for (uint32_t scale = 8; scale <= 16; scale += 8) {
    uint32_t whole_width, whole_height, part_width, part_height;
    ENDS(vaezip_preview_size(file, NULL, scale, &whole_width, &whole_height, &error));
    ENDS(vaezip_preview_size(file, &region, scale, &part_width, &part_height, &error));
    CHECK(whole_width == (width + scale - 1) / scale && whole_height == (height + scale - 1) / scale);
    CHECK(part_width == (130 + scale - 1) / scale - 90 / scale &&
          part_height == (55 + scale - 1) / scale - 30 / scale);
    vaezip_image small = {whole_width, whole_height, 3, 8, 0, malloc(3 * whole_width * whole_height)};
    vaezip_image tiny = {part_width, part_height, 3, 8, 0, malloc(3 * part_width * part_height)};
    ENDS(vaezip_preview(decoder, file, NULL, scale, &small, &error));
    ENDS(vaezip_preview(decoder, file, &region, scale, &tiny, &error));
    for (uint32_t y = 0; y < part_height; y++)
      CHECK(!memcmp((uint8_t *)tiny.pixels + 3 * y * part_width,
                    (uint8_t *)small.pixels + 3 * ((y + 30 / scale) * whole_width + 90 / scale),
                    3 * part_width));
    FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_preview(decoder, file, NULL, scale, &tiny, &error));
    FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_preview(decoder, file, NULL, 4, &small, &error));
    free(small.pixels);
    free(tiny.pixels);
  }
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_preview_size(file, NULL, 7, NULL, NULL, &error));
  // A size that is not the region's.
  crop.width = 39;
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decode(decoder, file, &region, &crop, &error));
  // Rows that overlap.
  crop.width = 40;
  crop.stride = 100;
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decode(decoder, file, &region, &crop, &error));
  free(crop.pixels);
  free(image.pixels);
  vaezip_file_free(file);
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
}

static void damage(void) {
  part = "damage";
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_TILE_SIZE, 64, &error));
  vaezip_image image = picture(3, 8);
  vaezip_output *output = NULL, *png = NULL;
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  size_t size = vaezip_output_size(output);
  uint8_t *bytes = malloc(size);
  memcpy(bytes, vaezip_output_data(output), size);
  bytes[size - 8] ^= 1;
  vaezip_file *file = vaezip_file_open(decoder, bytes, size, &error);
  CHECK(file);
  FAILS(VAEZIP_ERROR_DAMAGED, vaezip_decode(decoder, file, NULL, &image, &error));
  FAILS(VAEZIP_ERROR_DAMAGED, vaezip_verify(decoder, file, &error));
  FAILS(VAEZIP_ERROR_DAMAGED, vaezip_decompress(decoder, file, NULL, &png, &error));
  CHECK(!png);
  ENDS(vaezip_decoder_set(decoder, VAEZIP_DECODER_KEEP_GOING, 1, &error));
  FAILS(VAEZIP_INCOMPLETE, vaezip_decode(decoder, file, NULL, &image, &error));
  FAILS(VAEZIP_INCOMPLETE, vaezip_decompress(decoder, file, NULL, &png, &error));
  CHECK(png && vaezip_output_size(png) > 100);
  vaezip_output_free(png);
  vaezip_file_free(file);

  CHECK(!vaezip_file_open(decoder, bytes, 40, &error) && error.status == VAEZIP_ERROR_DAMAGED);
  CHECK(!vaezip_file_open(decoder, bytes, 0, &error) && error.status == VAEZIP_ERROR_FORMAT);
  CHECK(!vaezip_file_open(decoder, "no picture", 10, &error) && error.status == VAEZIP_ERROR_FORMAT);
  bytes[7] = 9;
  CHECK(!vaezip_file_open(decoder, bytes, size, &error) && error.status == VAEZIP_ERROR_UNSUPPORTED);
  bytes[7] = vaezip_output_data(output)[7];
  ENDS(vaezip_decoder_set(decoder, VAEZIP_DECODER_MAX_PIXELS, 1000, &error));
  CHECK(!vaezip_file_open(decoder, bytes, size, &error) && error.status == VAEZIP_ERROR_LIMIT);
  ENDS(vaezip_decoder_set(decoder, VAEZIP_DECODER_MAX_PIXELS, 1 << 20, &error));
  file = vaezip_file_open(decoder, bytes, size, &error);
  ENDS(vaezip_decoder_set(decoder, VAEZIP_DECODER_MAX_MEMORY, 1 << 20, &error));
  FAILS(VAEZIP_ERROR_LIMIT, vaezip_decode(decoder, file, NULL, &image, &error));
  vaezip_file_free(file);
  free(bytes);
  free(image.pixels);
  vaezip_output_free(output);
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
}

static void arguments(void) {
  part = "arguments";
  CHECK(vaezip_version() >> 16 == VAEZIP_VERSION_MAJOR);
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, NULL);
  vaezip_decoder *decoder = vaezip_decoder_create(NULL);
  vaezip_output *output = (vaezip_output *)8;
  vaezip_image image = picture(3, 8);

  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encode(NULL, &image, NULL, &output, &error));
  CHECK(!output);
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encode(encoder, NULL, NULL, &output, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encode(encoder, &image, NULL, NULL, &error));
  CHECK(vaezip_encode(encoder, NULL, NULL, &output, NULL) == VAEZIP_ERROR_ARGUMENT);
  vaezip_image wrong[] = {image, image, image, image, image, image};
  wrong[0].width = 0;
  wrong[1].channels = 5;
  wrong[2].depth = 12;
  wrong[3].pixels = NULL;
  wrong[4].stride = 10;
  wrong[5].stride = PTRDIFF_MIN;
  for (size_t i = 0; i < 6; i++)
    FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encode(encoder, &wrong[i], NULL, &output, &error));
  vaezip_image huge = {4294967295u, 4294967295u, 4, 16, 0, image.pixels};
  CHECK(vaezip_encode(encoder, &huge, NULL, &output, &error) != VAEZIP_OK && error.message[0]);
  huge.width = huge.height = 1 << 17;
  FAILS(VAEZIP_ERROR_LIMIT, vaezip_encode(encoder, &huge, NULL, &output, &error));

  int64_t values[][3] = {{VAEZIP_ENCODER_QUALITY, -1, 101},       {VAEZIP_ENCODER_EFFORT, 0, 10},
                         {VAEZIP_ENCODER_THREADS, -1, INT64_MIN}, {VAEZIP_ENCODER_TILE_SIZE, 65, 32},
                         {VAEZIP_ENCODER_LOSSLESS, 2, -1},        {99, 0, 1}};
  for (size_t i = 0; i < 6; i++)
    for (int k = 1; k < 3; k++)
      FAILS(VAEZIP_ERROR_ARGUMENT,
            vaezip_encoder_set(encoder, (vaezip_encoder_option)values[i][0], values[i][k], &error));
  CHECK(vaezip_encoder_get(encoder, VAEZIP_ENCODER_QUALITY) == 75);
  CHECK(vaezip_encoder_get(encoder, (vaezip_encoder_option)99) == -1);
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decoder_set(decoder, VAEZIP_DECODER_THREADS, -1, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decoder_set(decoder, (vaezip_decoder_option)99, 1, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decoder_add_model(decoder, NULL, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_decoder_add_folder(decoder, NULL, &error));
  ENDS(vaezip_decoder_add_folder(decoder, "/nowhere", &error));
  ENDS(vaezip_decoder_add_standard_folders(decoder, &error));
  FAILS(VAEZIP_ERROR_FORMAT, vaezip_compress(encoder, "GIF89a", 6, &output, &error));
  FAILS(VAEZIP_ERROR_FORMAT, vaezip_compress(encoder, NULL, 0, &output, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_compress(encoder, NULL, 6, &output, &error));
  CHECK(!vaezip_file_open(decoder, NULL, 6, &error) && error.status == VAEZIP_ERROR_ARGUMENT);
  CHECK(!vaezip_model_load("{}", 2, &error) && error.status == VAEZIP_ERROR_MODEL);
  vaezip_model *model = vaezip_model_built_in(&error);
  CHECK(model && vaezip_model_id(model));
  ENDS(vaezip_decoder_add_model(decoder, model, &error));
  vaezip_model_free(model);

  free(image.pixels);
  vaezip_encoder_free(encoder);
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(NULL);
  vaezip_decoder_free(NULL);
  vaezip_file_free(NULL);
  vaezip_output_free(NULL);
  vaezip_metadata_free(NULL);
  vaezip_model_free(NULL);
}

/// The mean squared error of decoded pixels, samples of 8 bits.
static double squared_error(vaezip_output *output, vaezip_image image) {
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  vaezip_file *file = vaezip_file_open(NULL, vaezip_output_data(output), vaezip_output_size(output), &error);
  vaezip_image again = picture(image.channels, image.depth);
  ENDS(vaezip_decode(decoder, file, NULL, &again, &error));
  double sum = 0;
  for (size_t i = 0; i < row_bytes(image) * height; i++) {
    double difference = (double)((uint8_t *)image.pixels)[i] - ((uint8_t *)again.pixels)[i];
    sum += difference * difference;
  }
  free(again.pixels);
  vaezip_file_free(file);
  vaezip_decoder_free(decoder);
  return sum / (double)(row_bytes(image) * height);
}

static void targets(void) {
  part = "targets";
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_image image = picture(3, 8);
  vaezip_output *output = NULL, *finer = NULL;
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_EFFORT, 1, &error));
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_EXACT_PIXELS, 0, &error));

  // Fractions of a quality.
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_QUALITY, 30, &error));
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  CHECK(isnan(vaezip_output_reached(output)));
  ENDS(vaezip_encoder_set_double(encoder, VAEZIP_ENCODER_QUALITY, 30.6, &error));
  CHECK(vaezip_encoder_get_double(encoder, VAEZIP_ENCODER_QUALITY) == 30.6);
  CHECK(vaezip_encoder_get(encoder, VAEZIP_ENCODER_QUALITY) == 31);
  ENDS(vaezip_encode(encoder, &image, NULL, &finer, &error));
  vaezip_file *low = vaezip_file_open(NULL, vaezip_output_data(output), vaezip_output_size(output), &error);
  vaezip_file *high = vaezip_file_open(NULL, vaezip_output_data(finer), vaezip_output_size(finer), &error);
  CHECK(vaezip_file_get(low, VAEZIP_FILE_QUALITY_POSITION) <
        vaezip_file_get(high, VAEZIP_FILE_QUALITY_POSITION));
  vaezip_file_free(low);
  vaezip_file_free(high);
  vaezip_output_free(output);
  vaezip_output_free(finer);

  // At least 50 dB, which are a squared error of 0.65; barely.
  ENDS(vaezip_encoder_set_double(encoder, VAEZIP_ENCODER_TARGET_PSNR, 50, &error));
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  CHECK(vaezip_output_reached(output) >= 50 && vaezip_output_reached(output) < 51);
  CHECK(squared_error(output, image) <= 0.65025);
  size_t size = vaezip_output_size(output);
  vaezip_output_free(output);
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encoder_set(encoder, VAEZIP_ENCODER_TARGET_SIZE, 1000, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encoder_set(encoder, VAEZIP_ENCODER_LOSSLESS, 1, &error));
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_TARGET_PSNR, 0, &error));

  // Sizes, by bytes and by bits.
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_TARGET_SIZE, (int64_t)size, &error));
  CHECK(vaezip_encoder_get(encoder, VAEZIP_ENCODER_TARGET_SIZE) == (int64_t)size);
  CHECK(vaezip_encoder_get(encoder, VAEZIP_ENCODER_TARGET_PSNR) == 0);
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  CHECK(vaezip_output_size(output) <= size &&
        vaezip_output_reached(output) == (double)vaezip_output_size(output));
  vaezip_output_free(output);
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_TARGET_SIZE, 10, &error));
  FAILS(VAEZIP_ERROR_TARGET, vaezip_encode(encoder, &image, NULL, &output, &error));
  CHECK(!output && strstr(error.message, "10 bytes"));
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_TARGET_SIZE, 0, &error));
  ENDS(vaezip_encoder_set_double(encoder, VAEZIP_ENCODER_TARGET_BPP, 0.2, &error));
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  CHECK(8 * vaezip_output_size(output) <= 0.2 * width * height && vaezip_output_reached(output) <= 0.2);
  vaezip_output_free(output);
  ENDS(vaezip_encoder_set_double(encoder, VAEZIP_ENCODER_TARGET_BPP, 0, &error));

  ENDS(vaezip_encoder_set_double(encoder, VAEZIP_ENCODER_TARGET_SSIMULACRA2, 90.5, &error));
  ENDS(vaezip_encode(encoder, &image, NULL, &output, &error));
  CHECK(vaezip_output_reached(output) >= 90.5);
  vaezip_output_free(output);

  static const double wrong[][2] = {{VAEZIP_ENCODER_QUALITY, 100.5},
                                    {VAEZIP_ENCODER_QUALITY, NAN},
                                    {VAEZIP_ENCODER_EFFORT, 2.5},
                                    {VAEZIP_ENCODER_MAX_PIXELS, 1e30},
                                    {VAEZIP_ENCODER_TARGET_SIZE, 10.5},
                                    {VAEZIP_ENCODER_TARGET_BPP, -1},
                                    {VAEZIP_ENCODER_TARGET_PSNR, INFINITY},
                                    {VAEZIP_ENCODER_TARGET_SSIMULACRA2, 101},
                                    {99, 1}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    FAILS(VAEZIP_ERROR_ARGUMENT,
          vaezip_encoder_set_double(encoder, (vaezip_encoder_option)wrong[i][0], wrong[i][1], &error));
  CHECK(vaezip_encoder_get_double(encoder, VAEZIP_ENCODER_TARGET_SSIMULACRA2) == 90.5);
  CHECK(isnan(vaezip_encoder_get_double(encoder, (vaezip_encoder_option)99)));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_encoder_set_double(NULL, VAEZIP_ENCODER_QUALITY, 1, &error));
  free(image.pixels);
  vaezip_encoder_free(encoder);
}

static void metadata(void) {
  part = "metadata";
  vaezip_metadata *metadata = vaezip_metadata_create();
  ENDS(vaezip_metadata_add(metadata, "eXIf", "MM\0*exif", 8, 0, &error));
  ENDS(vaezip_metadata_add(metadata, "tEXt", "Title\0Tea", 9, 1, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_metadata_add(metadata, "tRNS", "", 0, 0, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_metadata_add(metadata, "abc", "", 0, 0, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_metadata_add(metadata, "abcde", "", 0, 0, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_metadata_add(metadata, NULL, "", 0, 0, &error));
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_image image = picture(1, 8);
  vaezip_output *output = NULL;
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_MEASURE_ERROR, 1, &error));
  ENDS(vaezip_encode(encoder, &image, metadata, &output, &error));
  CHECK(vaezip_output_mse(output) >= 0 && vaezip_output_mse(output) < 50);
  CHECK(!strcmp(vaezip_output_notices(output), ""));
  vaezip_file *file = vaezip_file_open(NULL, vaezip_output_data(output), vaezip_output_size(output), &error);
  const vaezip_metadata *kept = vaezip_file_metadata(file);
  CHECK(vaezip_metadata_count(kept) == 2);
  char type[5];
  const void *data;
  size_t size;
  int follows;
  CHECK(vaezip_metadata_get(kept, 0, type, &data, &size, &follows) == VAEZIP_OK);
  CHECK(!strcmp(type, "eXIf") && size == 8 && !memcmp(data, "MM\0*exif", 8) && !follows);
  CHECK(vaezip_metadata_get(kept, 1, type, NULL, NULL, &follows) == VAEZIP_OK && follows == 1);
  CHECK(vaezip_metadata_get(kept, 2, type, &data, &size, &follows) == VAEZIP_ERROR_ARGUMENT);
  vaezip_file_free(file);
  vaezip_output_free(output);
  vaezip_metadata_free(metadata);
  vaezip_encoder_free(encoder);
  free(image.pixels);
}

static void features(void) {
  part = "features";
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_EFFORT, 1, &error));
  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_EXACT_PIXELS, 0, &error));
  vaezip_image image = picture(3, 8);
  vaezip_file *file = encoded(encoder, image);
  vaezip_features *found = vaezip_features_of_file(decoder, file, &error);
  vaezip_features *computed = vaezip_features_of_image(encoder, &image, &error);
  CHECK(found && computed && vaezip_features_model_id(found) == vaezip_file_model_id(file));
  // The latents of the pixels are those of their file.
  for (int kind = 0; kind < 10; kind++) {
    const float *a = NULL, *b = NULL;
    size_t shape[3], other[3];
    int dimensions, dimensions_too;
    ENDS(vaezip_features_get(computed, (vaezip_feature)kind, &a, shape, &dimensions, &error));
    CHECK(dimensions == (kind == VAEZIP_POOLED ? 1 : kind <= VAEZIP_HYPER ? 3 : 2));
    if (kind == VAEZIP_MEANS || kind == VAEZIP_MEANS_IN_STEPS) {
      FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_features_get(found, (vaezip_feature)kind, &b, other, NULL, &error));
      continue;
    }
    ENDS(vaezip_features_get(found, (vaezip_feature)kind, &b, other, &dimensions_too, &error));
    CHECK(dimensions == dimensions_too && !memcmp(shape, other, sizeof shape));
    if (kind >= VAEZIP_BITS && kind != VAEZIP_HYPER_BITS && kind != VAEZIP_POOLED)
      CHECK(shape[0] == (height + 15) / 16 && shape[1] == (width + 15) / 16 && shape[2] == 1);
    // Pooled values are those of the latents before quantization, where they are there.
    if (kind != VAEZIP_POOLED) CHECK(!memcmp(a, b, 4 * shape[0] * shape[1] * shape[2]));
  }
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_features_get(found, (vaezip_feature)10, NULL, NULL, NULL, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_features_get(NULL, VAEZIP_BITS, NULL, NULL, NULL, &error));

  part = "normal";
  vaezip_normal *normal = vaezip_normal_create();
  vaezip_output *json = NULL;
  vaezip_score score, again;
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_normal_score(normal, found, 0.01, &score, NULL, &error));
  for (int i = 0; i < 3; i++) ENDS(vaezip_normal_add(normal, found, &error));
  float map[(width + 15) / 16 * ((height + 15) / 16)];
  ENDS(vaezip_normal_score(normal, found, 0.01, &score, map, &error));
  CHECK(score.score <= 1 && (float)score.peak == map[score.peak_y * ((width + 15) / 16) + score.peak_x]);
  ENDS(vaezip_normal_save(normal, &json, &error));
  vaezip_normal *loaded = vaezip_normal_load(vaezip_output_data(json), vaezip_output_size(json), &error);
  CHECK(loaded);
  ENDS(vaezip_normal_score(loaded, found, 0.01, &again, NULL, &error));
  CHECK(score.score == again.score && score.threshold == again.threshold);
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_normal_add(loaded, found, &error));
  FAILS(VAEZIP_ERROR_ARGUMENT, vaezip_normal_score(normal, found, 2, &score, NULL, &error));
  CHECK(!vaezip_normal_load("{}", 2, &error) && error.status == VAEZIP_ERROR_FORMAT);

  ENDS(vaezip_encoder_set(encoder, VAEZIP_ENCODER_LOSSLESS, 1, &error));
  vaezip_file *exact = encoded(encoder, image);
  CHECK(!vaezip_features_of_file(decoder, exact, &error) && error.status == VAEZIP_ERROR_ARGUMENT);
  vaezip_file_free(exact);
  vaezip_normal_free(loaded);
  vaezip_normal_free(normal);
  vaezip_output_free(json);
  vaezip_features_free(computed);
  vaezip_features_free(found);
  vaezip_file_free(file);
  free(image.pixels);
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
}

/// What several threads do with the same handles.
struct shared {
  vaezip_encoder *encoder;
  vaezip_decoder *decoder;
  vaezip_image image;
  uint8_t *bytes;
  size_t size;
};

static void *work(void *context) {
  const struct shared *shared = context;
  vaezip_error failure;
  vaezip_image again = picture(3, 8);
  for (int round = 0; round < 4; round++) {
    vaezip_output *output = NULL;
    vaezip_encoder_set(shared->encoder, VAEZIP_ENCODER_THREADS, 1 + round % 3, &failure);
    if (vaezip_encode(shared->encoder, &shared->image, NULL, &output, &failure)) break;
    int differs = vaezip_output_size(output) != shared->size ||
                  memcmp(vaezip_output_data(output), shared->bytes, shared->size) != 0;
    vaezip_file *file = vaezip_file_open(shared->decoder, shared->bytes, shared->size, &failure);
    differs |= vaezip_decode(shared->decoder, file, NULL, &again, &failure) != VAEZIP_OK;
    vaezip_file_free(file);
    vaezip_output_free(output);
    if (differs) break;
    if (round == 3) {
      free(again.pixels);
      return context;
    }
  }
  free(again.pixels);
  return NULL;
}

/// Children that use their parent's handles.
static void fork_and_work(struct shared *shared) {
  part = "fork";
  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    usleep(20000);
    children[i] = fork();
    if (children[i] == 0) {
      alarm(120);
      _exit(work(shared) ? 0 : 1);
    }
  }
  for (int i = 0; i < 4; i++) {
    int status;
    CHECK(waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status) && !WEXITSTATUS(status));
  }
}

static void threads_and_forks(void) {
  part = "threads";
  struct shared shared = {vaezip_encoder_create(NULL, &error), vaezip_decoder_create(&error), picture(3, 8),
                          0, 0};
  vaezip_output *output = NULL;
  ENDS(vaezip_encode(shared.encoder, &shared.image, NULL, &output, &error));
  shared.size = vaezip_output_size(output);
  shared.bytes = malloc(shared.size);
  memcpy(shared.bytes, vaezip_output_data(output), shared.size);
  vaezip_output_free(output);
  pthread_t threads[6];
  for (int i = 0; i < 6; i++) CHECK(!pthread_create(&threads[i], NULL, work, &shared));
    // Children are made while other threads are inside of calls. The address sanitizer's allocator does not allow that.
#ifndef __SANITIZE_ADDRESS__
  fork_and_work(&shared);
#endif
  part = "threads";
  for (int i = 0; i < 6; i++) {
    void *outcome;
    CHECK(!pthread_join(threads[i], &outcome) && outcome);
  }
  fork_and_work(&shared);
  free(shared.bytes);
  free(shared.image.pixels);
  vaezip_encoder_free(shared.encoder);
  vaezip_decoder_free(shared.decoder);
}

int main(void) {
  arguments();
  formats();
  streaming();
  regions();
  damage();
  metadata();
  features();
  targets();
  threads_and_forks();
  puts("door: all right");
  return 0;
}
