/// A PNG file to a .vz file and back, and a region of it as plain pixels.
///     cc example.c $(pkg-config --cflags --libs vaezip) -o example && ./example photo.png photo.vz again.png
#include <stdio.h>
#include <stdlib.h>
#include <vaezip.h>

static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  long end = ftell(file);
  rewind(file);
  void *bytes = malloc(end > 0 ? (size_t)end : 1);
  *size = bytes ? fread(bytes, 1, (size_t)end, file) : 0;
  fclose(file);
  return bytes;
}

static int write_file(const char *path, const vaezip_output *output) {
  FILE *file = fopen(path, "wb");
  if (!file) return 1;
  size_t size = vaezip_output_size(output);
  int failed = fwrite(vaezip_output_data(output), 1, size, file) != size;
  return fclose(file) || failed;
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: %s IN.png OUT.vz OUT.png\n", argv[0]), 2;
  vaezip_error error = {0};
  size_t size = 0;
  void *png = read_file(argv[1], &size);
  vaezip_encoder *encoder = vaezip_encoder_create(NULL, &error);
  vaezip_decoder *decoder = vaezip_decoder_create(&error);
  vaezip_output *vz = NULL, *again = NULL;
  vaezip_file *file = NULL;
  void *pixels = NULL;
  int failed = 1;

  if (!png || !encoder || !decoder) goto end;
  if (vaezip_encoder_set(encoder, VAEZIP_ENCODER_QUALITY, 60, &error)) goto end;
  if (vaezip_compress(encoder, png, size, &vz, &error) || write_file(argv[2], vz)) goto end;

  file = vaezip_file_open(decoder, vaezip_output_data(vz), vaezip_output_size(vz), &error);
  if (!file || vaezip_decompress(decoder, file, NULL, &again, &error) || write_file(argv[3], again)) goto end;

  // The left half as RGB. Only the tiles that it needs are decoded.
  vaezip_region half = {.width = (uint32_t)(vaezip_file_get(file, VAEZIP_FILE_WIDTH) + 1) / 2,
                        .height = (uint32_t)vaezip_file_get(file, VAEZIP_FILE_HEIGHT)};
  vaezip_image image = {.width = half.width, .height = half.height, .channels = 3, .depth = 8};
  image.pixels = pixels = malloc((size_t)3 * half.width * half.height);
  if (!pixels || vaezip_decode(decoder, file, &half, &image, &error)) goto end;
  printf("%zu bytes of PNG, %zu of .vz; the first pixel is %d %d %d\n", size, vaezip_output_size(vz),
         ((uint8_t *)pixels)[0], ((uint8_t *)pixels)[1], ((uint8_t *)pixels)[2]);
  failed = 0;

end:
  if (failed)
    fprintf(stderr, "%s: %s\n", argv[1], error.message[0] ? error.message : "cannot be read or written");
  free(pixels);
  free(png);
  vaezip_output_free(again);
  vaezip_output_free(vz);
  vaezip_file_free(file);
  vaezip_decoder_free(decoder);
  vaezip_encoder_free(encoder);
  return failed;
}
