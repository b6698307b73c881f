// Damages files at random and gives them to the library: it may refuse them, but neither crash nor hang.
//   mutate COUNT SEED FILE...
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vaezip.h>
#include <xxhash.h>

static uint64_t state;

/// SplitMix64 (Steele, Lea, Flood 2014), below `limit`.
static size_t below(size_t limit) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (z ^ z >> 31) % limit;
}

/// Changes some bytes; mends the header's checksum in half of the cases, so that what follows is read, too.
static size_t mutate(uint8_t *bytes, size_t size, size_t capacity) {
  switch (below(6)) {
  case 0: size = below(size + 1); break;
  case 1:
    for (size_t more = below(40); more && size < capacity; more--) bytes[size++] = (uint8_t)below(256);
    break;
  case 2:
    if (size > 16) {
      size_t length = 1 + below(16), from = below(size - length), to = below(size - length);
      memmove(bytes + to, bytes + from, length);
    }
    break;
  default: break;
  }
  for (size_t changes = 1 + below(4); changes && size; changes--) {
    size_t place = below(2) ? below(size) : below(size < 64 ? size : 64);
    bytes[place] = below(3) ? (uint8_t)below(256) : (uint8_t)(bytes[place] ^ 1u << below(8));
  }
  if (size >= 32 && below(2)) {
    uint32_t checksum = (uint32_t)XXH64(bytes, 28, 0);
    for (int i = 0; i < 4; i++) bytes[28 + i] = (uint8_t)(checksum >> 8 * i);
  }
  return size;
}

static int ignore_rows(void *context, uint32_t y, uint32_t count, const void *rows, size_t row_bytes) {
  const uint8_t *bytes = rows;
  *(uint32_t *)context += bytes[0] + bytes[(size_t)count * row_bytes - 1] + y;
  return 0;
}

/// Returns the status of decoding.
static int try_file(vaezip_decoder *decoder, vaezip_encoder *encoder, const uint8_t *bytes, size_t size) {
  vaezip_error error;
  vaezip_output *output = NULL;
  // A PNG, a JPEG or a file of Netpbm.
  if (size && (bytes[0] == 0x89 || bytes[0] == 0xff || bytes[0] == 'P')) {
    int status = (int)vaezip_compress(encoder, bytes, size, &output, &error);
    vaezip_output_free(output);
    return status;
  }
  vaezip_file *file = vaezip_file_open(decoder, bytes, size, &error);
  if (!file) return error.status;
  vaezip_image image = {(uint32_t)vaezip_file_get(file, VAEZIP_FILE_WIDTH),
                        (uint32_t)vaezip_file_get(file, VAEZIP_FILE_HEIGHT),
                        4,
                        8,
                        0,
                        NULL};
  uint32_t sum = 0;
  vaezip_decoder_set(decoder, VAEZIP_DECODER_KEEP_GOING, (int64_t)below(2), NULL);
  int status = (int)vaezip_decode_rows(decoder, file, NULL, &image, ignore_rows, &sum, &error);
  if (status != VAEZIP_OK && !error.message[0]) abort();
  vaezip_region region = {(uint32_t)below(image.width), (uint32_t)below(image.height), 1, 1};
  vaezip_image pixel = {1, 1, 4, 8, 0, &sum};
  vaezip_decode(decoder, file, &region, &pixel, &error);
  uint32_t width, height;
  if (image.width <= 512 && image.height <= 512 &&
      !vaezip_preview_size(file, NULL, 8, &width, &height, NULL)) {
    static uint8_t small[4 * 64 * 64];
    vaezip_image preview = {width, height, 4, 8, 0, small};
    vaezip_preview(decoder, file, NULL, 8, &preview, &error);
  }
  vaezip_features_free(vaezip_features_of_file(decoder, file, &error));
  vaezip_file_free(file);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 4) return fprintf(stderr, "usage: mutate COUNT SEED FILE...\n"), 2;
  unsigned long count = strtoul(argv[1], NULL, 10), outcomes[11] = {0};
  state = strtoul(argv[2], NULL, 10);
  vaezip_decoder *decoder = vaezip_decoder_create(NULL);
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, NULL);
  if (!decoder || !encoder) return 1;
  vaezip_decoder_set(decoder, VAEZIP_DECODER_THREADS, 2, NULL);
  // The model of the golden files.
  vaezip_decoder_add_folder(decoder, "Tests/Golden/Files", NULL);
  vaezip_decoder_set(decoder, VAEZIP_DECODER_MAX_PIXELS, 1 << 18, NULL);
  vaezip_decoder_set(decoder, VAEZIP_DECODER_MAX_MEMORY, 1 << 28, NULL);
  vaezip_encoder_set(encoder, VAEZIP_ENCODER_MAX_PIXELS, 1 << 14, NULL);
  vaezip_encoder_set(encoder, VAEZIP_ENCODER_EFFORT, 1, NULL);
  static uint8_t original[1 << 20], bytes[1 << 20];
  for (unsigned long i = 0; i < count; i++) {
    FILE *file = fopen(argv[3 + i % (unsigned)(argc - 3)], "rb");
    if (!file) return fprintf(stderr, "cannot read a file\n"), 1;
    size_t size = fread(original, 1, sizeof original, file);
    fclose(file);
    memcpy(bytes, original, size);
    size = mutate(bytes, size, sizeof bytes);
    // A hang ends the program.
    alarm(60);
    // A copy of its own, so that the sanitizer sees every byte that is read after its end.
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, bytes, size);
    int status = try_file(decoder, encoder, exact, size);
    free(exact);
    if (status < 0 || status > 10) return fprintf(stderr, "status %d\n", status), 1;
    outcomes[status]++;
  }
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
  printf("mutate: %lu files:", count);
  for (int i = 0; i < 11; i++) printf(" %lu", outcomes[i]);
  puts(
    " (by status: OK, incomplete, argument, format, damaged, unsupported, limit, model, callback, other, target)");
  return 0;
}
