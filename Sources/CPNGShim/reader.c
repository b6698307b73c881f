#include "cpngshim.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct cpng_reader {
  png_structp png;
  png_infop info;
  cpng_source source;
  void *context;
  int truncated;
  int surplus; // IDAT held more than the rows
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
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  cpng_reader *reader = png_get_error_ptr(png);
  if (strstr(text, "Extra compressed data") != NULL || strstr(text, "Too much image data") != NULL ||
      strstr(text, "Too many IDATs") != NULL) {
    reader->surplus = 1;
    return;
  }
  // Others that libpng would overlook, as png_set_benign_errors has it, concern the pixels: zlib's
  // checksum, indexes beyond the palette.
  if (strncmp(text, "IDAT: ", 6) == 0 || strncmp(text, "IEND: ", 6) == 0 ||
      strstr(text, "exceeding num_palette") != NULL) {
    on_error(png, text);
  }
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
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) return failure(reader);
  png_set_read_fn(png, reader, on_read);
  // The caller applies its own limits between this function and cpng_reader_start.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // As warnings, so that on_warning decides.
  png_set_benign_errors(png, 1);
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

cpng_status cpng_reader_start(cpng_reader *reader, int keeps_depth, int *passes) {
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) return failure(reader);
  png_set_expand(png); // palette to RGB, 1, 2, 4 bits to 8, tRNS to alpha
  if (png_get_bit_depth(png, reader->info) == 16 && !keeps_depth) {
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
  png_read_end(reader->png, NULL);
  return CPNG_OK;
}

int cpng_reader_has_surplus(const cpng_reader *reader) { return reader->surplus; }

uint32_t cpng_crc32(uint32_t crc, const uint8_t *bytes, size_t size) {
  // For a null pointer zlib would begin anew.
  return size == 0 ? crc : (uint32_t)crc32_z(crc, bytes, size);
}
