#include "cpngshim.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

struct cpng_reader {
  png_structp png;
  png_infop info;
  cpng_source source;
  void *context;
  int truncated, translucent;
  char warning[128], message[256];
};

static void on_error(png_structp png, png_const_charp text) {
  cpng_reader *reader = png_get_error_ptr(png);
  // libpng often says what is wrong in a warning, and then only that something is.
  if (reader->warning[0] != 0 && strcmp(reader->warning, text) != 0) {
    snprintf(reader->message, sizeof reader->message, "%s: %s", text, reader->warning);
  } else {
    snprintf(reader->message, sizeof reader->message, "%s", text);
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

// The last of the transformations of a row (with Adam7: of a pass's row): looks at alpha, and drops
// it. Done here rather than after the row, so that rows land in the image's own memory.
static void drop_alpha(png_structp png, png_row_infop row, png_bytep data) {
  cpng_reader *reader = png_get_error_ptr(png);
  uint8_t all = 0xff;
  if (row->channels == 4) {
    for (size_t i = 0; i < row->width; i++) {
      uint8_t r = data[4 * i], g = data[4 * i + 1], b = data[4 * i + 2];
      all &= data[4 * i + 3];
      data[3 * i] = r, data[3 * i + 1] = g, data[3 * i + 2] = b;
    }
  } else if (row->channels == 2) {
    for (size_t i = 0; i < row->width; i++) {
      uint8_t grey = data[2 * i];
      all &= data[2 * i + 1];
      data[i] = grey;
    }
  }
  if (all != 0xff) reader->translucent = 1;
  row->color_type &= ~PNG_COLOR_MASK_ALPHA;
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

const char *cpng_reader_message(const cpng_reader *reader) { return reader->message; }

static cpng_status failure(const cpng_reader *reader) {
  return reader->truncated ? CPNG_TRUNCATED : CPNG_FAILED;
}

cpng_status cpng_reader_header(cpng_reader *reader, cpng_header *header) {
  // Chunks that do not touch the pixels are checked (CRC) and skipped, never parsed or inflated.
  static const png_byte skipped[] =
      "bKGD\0cHRM\0cICP\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0"
      "sTER\0tEXt\0tIME\0zTXt";
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) return failure(reader);
  png_set_read_fn(png, reader, on_read);
  // The caller applies its own limits between this function and cpng_reader_start.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // What is left concerns the pixels, so doubts about it (zlib's checksum, a bad tRNS) are errors.
  png_set_benign_errors(png, 0);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof skipped / 5);
  png_read_info(png, reader->info);
  header->width = png_get_image_width(png, reader->info);
  header->height = png_get_image_height(png, reader->info);
  header->bit_depth = png_get_bit_depth(png, reader->info);
  header->color_type = png_get_color_type(png, reader->info);
  header->interlaced = png_get_interlace_type(png, reader->info) != PNG_INTERLACE_NONE;
  int grey = header->color_type == PNG_COLOR_TYPE_GRAY
          || header->color_type == PNG_COLOR_TYPE_GRAY_ALPHA;
  header->channels = grey ? 1 : 3;
  return CPNG_OK;
}

cpng_status cpng_reader_start(cpng_reader *reader, int *passes) {
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) return failure(reader);
  int color_type = png_get_color_type(png, reader->info);
  int alpha = (color_type & PNG_COLOR_MASK_ALPHA) != 0
           || png_get_valid(png, reader->info, PNG_INFO_tRNS) != 0;
  png_set_expand(png);    // palette to RGB, 1, 2, 4 bits to 8, tRNS to alpha
  png_set_scale_16(png);  // rounds; png_set_strip_16 would truncate
  if (alpha) {
    png_set_read_user_transform_fn(png, drop_alpha);
    png_set_user_transform_info(png, NULL, 8, (color_type & PNG_COLOR_MASK_COLOR) ? 3 : 1);
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

cpng_status cpng_reader_finish(cpng_reader *reader, int *translucent) {
  if (setjmp(png_jmpbuf(reader->png))) return failure(reader);
  png_read_end(reader->png, NULL);
  *translucent = reader->translucent;
  return CPNG_OK;
}
