#include "cpngshim.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

struct cpng_reader {
  png_structp png;
  png_infop info;
  cpng_source source;
  void *context;
  cpng_chunk_sink sink; // of chunks, or NULL
  void *sink_context;
  size_t sink_left; // bytes of chunks that may still come
  int truncated, excess;
  char warning[128], message[256];
};

static void on_error(png_structp png, png_const_charp text) {
  cpng_reader *reader = png_get_error_ptr(png);
  // libpng often names the cause in a warning, and then raises an error without it.
  if (reader->warning[0] != 0 && strcmp(reader->warning, text) != 0) {
    snprintf(reader->message, sizeof reader->message, "%s: %s", text, reader->warning);
  } else {
    snprintf(reader->message, sizeof reader->message, "%s", text);
  }
  // libpng's own limit on an ancillary chunk; this message is its only sign.
  if ((text[0] & 0x20) != 0 &&
      (strstr(text, ": chunk data is too large") != NULL || strstr(text, "exceeds memory limits") != NULL)) {
    reader->excess = 1;
  }
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  cpng_reader *reader = png_get_error_ptr(png);
  snprintf(reader->warning, sizeof reader->warning, "%s", text);
}

static void on_read(png_structp png, png_bytep out, size_t count) {
  cpng_reader *reader = png_get_io_ptr(png);
  if (!reader->source(reader->context, out, count)) {
    reader->truncated = 1;
    png_error(png, "unexpected end of file");
  }
}

// The last of the transformations of a row (with Adam7: of a pass's row) of 16 bits: rounds color to
// 8 bits, and leaves alpha as it is.
static void narrow_color(png_structp png, png_row_infop row, png_bytep data) {
  (void)png;
  int alpha = (row->color_type & PNG_COLOR_MASK_ALPHA) != 0;
  int colors = row->channels - alpha;
  png_bytep out = data;
  for (size_t i = 0; i < row->width; i++) {
    for (int c = 0; c < colors; c++, data += 2) {
      // v / 257 to the nearest, as png_set_scale_16 has it.
      uint32_t v = (uint32_t)data[0] << 8 | data[1];
      *out++ = (uint8_t)((v * 255 + 32895) >> 16);
    }
    if (alpha) {
      *out++ = *data++;
      *out++ = *data++;
    }
  }
}

static int on_chunk(png_structp png, png_unknown_chunkp chunk) {
  cpng_reader *reader = png_get_user_chunk_ptr(png);
  size_t size = chunk->size + 12;
  if (size > reader->sink_left) {
    reader->excess = 1;
    return -1;
  }
  reader->sink_left -= size;
  reader->sink(reader->sink_context, (const char *)chunk->name, chunk->data, chunk->size,
               (chunk->location & PNG_AFTER_IDAT) != 0);
  return 1;
}

cpng_reader *cpng_reader_create(cpng_source source, void *context) {
  cpng_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->source = source;
  reader->context = context;
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
  reader->info = reader->png == NULL ? NULL : png_create_info_struct(reader->png);
  if (reader->info == NULL) {
    cpng_reader_destroy(reader);
    return NULL;
  }
  return reader;
}

void cpng_reader_destroy(cpng_reader *reader) {
  if (reader == NULL) return;
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}

void cpng_reader_keep_chunks(cpng_reader *reader, cpng_chunk_sink sink, void *context, size_t limit) {
  reader->sink = sink;
  reader->sink_context = context;
  reader->sink_left = limit;
}

const char *cpng_reader_message(const cpng_reader *reader) { return reader->message; }

static cpng_status failure(const cpng_reader *reader) {
  return reader->truncated ? CPNG_TRUNCATED : reader->excess ? CPNG_EXCESS : CPNG_FAILED;
}

cpng_status cpng_reader_header(cpng_reader *reader, cpng_header *header) {
  // Chunks that do not touch the pixels are checked (CRC), and skipped or handed out as they are,
  // never parsed or inflated: for libpng, they are unknown.
  static const png_byte unknown[] =
    "bKGD\0cHRM\0cICP\0cLLI\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0mDCV\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0"
    "sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) return failure(reader);
  png_set_read_fn(png, reader, on_read);
  // The caller applies its own limits between this function and cpng_reader_start.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // What is left concerns the pixels, so doubts about it (zlib's checksum, a bad tRNS) are errors.
  png_set_benign_errors(png, 0);
  int keep = reader->sink == NULL ? PNG_HANDLE_CHUNK_NEVER : PNG_HANDLE_CHUNK_ALWAYS;
  png_set_keep_unknown_chunks(png, keep, NULL, 0);
  png_set_keep_unknown_chunks(png, keep, unknown, sizeof unknown / 5);
  if (reader->sink != NULL) {
    png_set_read_user_chunk_fn(png, reader, on_chunk);
  }
  // Checked before the memory is taken. Chunks that concern the pixels have at most 768 bytes; what
  // is skipped takes none, so it has no limit.
  size_t limit = reader->sink_left < 1024 ? 1024 : reader->sink_left;
  png_set_chunk_malloc_max(png, reader->sink == NULL ? 0 : limit);
  png_read_info(png, reader->info);
  header->width = png_get_image_width(png, reader->info);
  header->height = png_get_image_height(png, reader->info);
  header->bit_depth = png_get_bit_depth(png, reader->info);
  header->color_type = png_get_color_type(png, reader->info);
  header->interlaced = png_get_interlace_type(png, reader->info) != PNG_INTERLACE_NONE;
  int gray = header->color_type == PNG_COLOR_TYPE_GRAY || header->color_type == PNG_COLOR_TYPE_GRAY_ALPHA;
  header->channels = gray ? 1 : 3;
  int alpha =
    (header->color_type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, reader->info, PNG_INFO_tRNS) != 0;
  header->alpha_bytes = !alpha ? 0 : header->bit_depth == 16 ? 2 : 1;
  return CPNG_OK;
}

cpng_status cpng_reader_start(cpng_reader *reader, int *passes) {
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) return failure(reader);
  png_set_expand(png); // palette to RGB, 1, 2, 4 bits to 8, tRNS to alpha
  if (png_get_bit_depth(png, reader->info) == 16) {
    int color_type = png_get_color_type(png, reader->info);
    int alpha =
      (color_type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, reader->info, PNG_INFO_tRNS) != 0;
    int colors = (color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    png_set_read_user_transform_fn(png, narrow_color);
    png_set_user_transform_info(png, NULL, 8, colors + 2 * alpha);
  }
  *passes = png_set_interlace_handling(png);
  png_start_read_image(png);
  return CPNG_OK;
}

cpng_status cpng_reader_row(cpng_reader *reader, uint8_t *row) {
  if (setjmp(png_jmpbuf(reader->png))) return failure(reader);
  png_read_row(reader->png, row, NULL);
  return CPNG_OK;
}

cpng_status cpng_reader_finish(cpng_reader *reader) {
  if (setjmp(png_jmpbuf(reader->png))) return failure(reader);
  // With NULL in the place of the info, chunks behind IDAT would not be handed out.
  png_read_end(reader->png, reader->info);
  return CPNG_OK;
}
