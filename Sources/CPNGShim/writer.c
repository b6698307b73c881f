#include "cpngshim.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct cpng_writer {
  png_structp png;
  png_infop info;
  uint32_t width, height;
  int samples, depth, level;
  cpng_filter filter;
  cpng_strategy strategy;
  uint8_t *bytes; // produced and not yet taken
  size_t count, capacity;
  int taken; // the next write starts the buffer again
  char message[256];
};

static void on_error(png_structp png, png_const_charp text) {
  cpng_writer *writer = png_get_error_ptr(png);
  snprintf(writer->message, sizeof writer->message, "%s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void on_write(png_structp png, png_bytep data, size_t count) {
  cpng_writer *writer = png_get_io_ptr(png);
  if (writer->taken) {
    writer->count = 0;
    writer->taken = 0;
  }
  if (count > writer->capacity - writer->count) {
    // Doubling, from a buffer's worth on; libpng hands over at most one chunk at a time.
    size_t capacity = writer->count + count;
    capacity = capacity < 65536 ? 65536 : 2 * capacity;
    uint8_t *bytes = realloc(writer->bytes, capacity);
    if (bytes == NULL) png_error(png, "out of memory");
    writer->bytes = bytes;
    writer->capacity = capacity;
  }
  memcpy(writer->bytes + writer->count, data, count);
  writer->count += count;
}

static void on_flush(png_structp png) { (void)png; }

cpng_writer *cpng_writer_create(uint32_t width, uint32_t height, int samples, int depth, int level,
                                cpng_filter filter, cpng_strategy strategy) {
  cpng_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return NULL;
  writer->width = width;
  writer->height = height;
  writer->samples = samples;
  writer->depth = depth;
  writer->level = level;
  writer->filter = filter;
  writer->strategy = strategy;
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, on_error, on_warning);
  writer->info = writer->png == NULL ? NULL : png_create_info_struct(writer->png);
  if (writer->info == NULL) {
    cpng_writer_destroy(writer);
    return NULL;
  }
  return writer;
}

void cpng_writer_destroy(cpng_writer *writer) {
  if (writer == NULL) return;
  png_destroy_write_struct(&writer->png, &writer->info);
  free(writer->bytes);
  free(writer);
}

const char *cpng_writer_message(const cpng_writer *writer) { return writer->message; }

cpng_status cpng_writer_start(cpng_writer *writer) {
  static const int filters[] = {PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_PAETH,
                                PNG_ALL_FILTERS};
  static const int strategies[] = {Z_FILTERED, Z_RLE, Z_HUFFMAN_ONLY};
  static const int color_types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                    PNG_COLOR_TYPE_RGB_ALPHA};
  png_structp png = writer->png;
  if (setjmp(png_jmpbuf(png))) return CPNG_FAILED;
  png_set_write_fn(png, writer, on_write, on_flush);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, writer->info, writer->width, writer->height, writer->depth,
               color_types[writer->samples - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, filters[writer->filter]);
  png_set_compression_level(png, writer->level);
  png_set_compression_strategy(png, strategies[writer->strategy]);
  // One IDAT every 64 KiB rather than every 8.
  png_set_compression_buffer_size(png, 65536);
  png_write_info(png, writer->info);
  return CPNG_OK;
}

cpng_status cpng_writer_chunk(cpng_writer *writer, const char *name, const uint8_t *data, size_t size) {
  if (setjmp(png_jmpbuf(writer->png))) return CPNG_FAILED;
  png_write_chunk(writer->png, (png_const_bytep)name, data, size);
  return CPNG_OK;
}

cpng_status cpng_writer_row(cpng_writer *writer, const uint8_t *row) {
  if (setjmp(png_jmpbuf(writer->png))) return CPNG_FAILED;
  png_write_row(writer->png, row);
  return CPNG_OK;
}

cpng_status cpng_writer_finish(cpng_writer *writer) {
  if (setjmp(png_jmpbuf(writer->png))) return CPNG_FAILED;
  png_write_end(writer->png, NULL);
  return CPNG_OK;
}

size_t cpng_writer_take(cpng_writer *writer, const uint8_t **bytes) {
  size_t count = writer->taken ? 0 : writer->count;
  *bytes = writer->bytes;
  writer->taken = 1;
  return count;
}

size_t cpng_deflate_bound(size_t size) { return compressBound(size); }

cpng_status cpng_deflate(const uint8_t *bytes, size_t size, uint8_t *out, size_t *out_size) {
  uLongf written = *out_size;
  if (compress2(out, &written, bytes, size, 9) != Z_OK) return CPNG_FAILED;
  *out_size = written;
  return CPNG_OK;
}

cpng_status cpng_inflate(const uint8_t *bytes, size_t size, uint8_t *out, size_t *out_size) {
  uLongf written = *out_size;
  uLong read = size;
  if (uncompress2(out, &written, bytes, &read) != Z_OK || read != size) return CPNG_FAILED;
  *out_size = written;
  return CPNG_OK;
}

const char *cpng_version(void) { return png_get_libpng_ver(NULL); }

const char *cpng_zlib_version(void) { return zlibVersion(); }
