#include "cjpegshim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
  // Scans of a progressive file. Real ones have about ten; with thousands, a small file would take hours.
  most_scans = 500,
  buffer_size = 1 << 16,
};

struct cjpeg_reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr bytes;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  cjpeg_source source;
  void *context;
  int truncated, unsupported;
  size_t taken;             // bytes that the source gave
  size_t most_header_bytes; // before the pixels; 0 after the header
  char message[256];
  uint8_t buffer[buffer_size];
};

static cjpeg_reader *reader_of(j_common_ptr jpeg) { return jpeg->client_data; }

static void on_error(j_common_ptr jpeg) {
  cjpeg_reader *reader = reader_of(jpeg);
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  switch (jpeg->err->msg_code) {
  case JERR_BAD_PRECISION:
    reader->unsupported = 1;
    snprintf(reader->message, sizeof reader->message, "%d bits a sample", jpeg->err->msg_parm.i[0]);
    break;
  case JERR_SOF_UNSUPPORTED:
    reader->unsupported = 1;
    snprintf(reader->message, sizeof reader->message, "SOF type 0x%02x (lossless, or hierarchical)",
             (unsigned)jpeg->err->msg_parm.i[0]);
    break;
  case JERR_CONVERSION_NOTIMPL:
    reader->unsupported = 1;
    snprintf(reader->message, sizeof reader->message, "its color space");
    break;
  default: snprintf(reader->message, sizeof reader->message, "%s", text);
  }
  longjmp(reader->jump, 1);
}

// Warnings, which are below 0, are of damage, except of bytes between segments, which many cameras write, and of
// markers that only concern colors.
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
  case JWRN_EXTRANEOUS_DATA:
  case JWRN_ADOBE_XFORM:
  case JWRN_JFIF_MAJOR: return;
  default: on_error(jpeg);
  }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
  cjpeg_reader *reader = reader_of(jpeg);
  if (jpeg->is_decompressor && reader->jpeg.input_scan_number > most_scans) {
    snprintf(reader->message, sizeof reader->message, "more than %d scans", most_scans);
    longjmp(reader->jump, 1);
  }
}

static void init_source(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean fill(j_decompress_ptr jpeg) {
  cjpeg_reader *reader = jpeg->client_data;
  size_t count = reader->source(reader->context, reader->buffer, buffer_size);
  if (count == 0) {
    reader->truncated = 1;
    snprintf(reader->message, sizeof reader->message, "unexpected end of file");
    longjmp(reader->jump, 1);
  }
  reader->taken += count;
  if (reader->most_header_bytes > 0 && reader->taken - count > reader->most_header_bytes) {
    snprintf(reader->message, sizeof reader->message, "more than %zu bytes of metadata",
             reader->most_header_bytes);
    longjmp(reader->jump, 1);
  }
  jpeg->src->next_input_byte = reader->buffer;
  jpeg->src->bytes_in_buffer = count;
  return TRUE;
}

static void skip(j_decompress_ptr jpeg, long count) {
  while (count > (long)jpeg->src->bytes_in_buffer) {
    count -= (long)jpeg->src->bytes_in_buffer;
    fill(jpeg);
  }
  if (count <= 0) return;
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void end_source(j_decompress_ptr jpeg) { (void)jpeg; }

static void save_markers(cjpeg_reader *reader, unsigned int most, unsigned int least) {
  for (int code = 0; code < 16; code++) {
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + code, code == 1 || code == 2 ? most : least);
  }
  jpeg_save_markers(&reader->jpeg, JPEG_COM, least);
}

cjpeg_reader *cjpeg_reader_create(cjpeg_source source, void *context, size_t most_header_bytes) {
  cjpeg_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->source = source;
  reader->context = context;
  reader->most_header_bytes = most_header_bytes;
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = on_error;
  reader->errors.emit_message = on_message;
  reader->errors.output_message = on_output;
  reader->jpeg.client_data = reader;
  if (setjmp(reader->jump)) {
    free(reader);
    return NULL;
  }
  jpeg_create_decompress(&reader->jpeg);
  reader->bytes.init_source = init_source;
  reader->bytes.fill_input_buffer = fill;
  reader->bytes.skip_input_data = skip;
  reader->bytes.resync_to_restart = jpeg_resync_to_restart;
  reader->bytes.term_source = end_source;
  reader->jpeg.src = &reader->bytes;
  reader->progress.progress_monitor = on_progress;
  reader->jpeg.progress = &reader->progress;
  // Only Exif, XMP (APP1) and color profiles (APP2) are used. Of the others it is enough to know of them.
  save_markers(reader, 0xFFFF, 1);
  return reader;
}

void cjpeg_reader_destroy(cjpeg_reader *reader) {
  if (reader == NULL) return;
  if (!setjmp(reader->jump)) jpeg_destroy_decompress(&reader->jpeg);
  free(reader);
}

const char *cjpeg_reader_message(const cjpeg_reader *reader) { return reader->message; }

size_t cjpeg_reader_offset(const cjpeg_reader *reader) {
  return reader->taken - reader->bytes.bytes_in_buffer;
}

static cjpeg_status failure(const cjpeg_reader *reader) {
  return reader->truncated ? CJPEG_TRUNCATED : reader->unsupported ? CJPEG_UNSUPPORTED : CJPEG_FAILED;
}

static cjpeg_status unsupported(cjpeg_reader *reader, const char *text) {
  snprintf(reader->message, sizeof reader->message, "%s", text);
  return CJPEG_UNSUPPORTED;
}

cjpeg_status cjpeg_reader_header(cjpeg_reader *reader, cjpeg_header *header) {
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  if (setjmp(reader->jump)) return failure(reader);
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->data_precision != 8) {
    snprintf(reader->message, sizeof reader->message, "%d bits a sample", jpeg->data_precision);
    return CJPEG_UNSUPPORTED;
  }
  // Later ones are of no use.
  save_markers(reader, 0, 0);
  reader->most_header_bytes = 0;
  switch (jpeg->jpeg_color_space) {
  case JCS_GRAYSCALE: jpeg->out_color_space = JCS_GRAYSCALE; break;
  case JCS_YCbCr:
  case JCS_RGB: jpeg->out_color_space = JCS_RGB; break;
  case JCS_CMYK:
  case JCS_YCCK: return unsupported(reader, "CMYK");
  default: {
    snprintf(reader->message, sizeof reader->message, "%d components", jpeg->num_components);
    return CJPEG_UNSUPPORTED;
  }
  }
  header->width = jpeg->image_width;
  header->height = jpeg->image_height;
  header->channels = jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3;
  header->progressive = jpeg_has_multiple_scans(jpeg) ? 1 : 0;
  header->arithmetic = jpeg->arith_code ? 1 : 0;
  header->density_unit = jpeg->saw_JFIF_marker ? jpeg->density_unit : 0;
  header->density_x = jpeg->X_density;
  header->density_y = jpeg->Y_density;
  header->coefficients = 0;
  for (int c = 0; c < jpeg->num_components; c++) {
    const jpeg_component_info *component = &jpeg->comp_info[c];
    // Blocks are padded to whole MCUs, which have at most 4 of them in a direction.
    header->coefficients +=
      64 * ((uint64_t)component->width_in_blocks + 3) * ((uint64_t)component->height_in_blocks + 3);
  }
  return CJPEG_OK;
}

int cjpeg_reader_marker(const cjpeg_reader *reader, size_t index, cjpeg_marker *marker) {
  jpeg_saved_marker_ptr saved = reader->jpeg.marker_list;
  while (saved != NULL && index > 0) {
    saved = saved->next;
    index--;
  }
  if (saved == NULL) return 0;
  marker->code = saved->marker;
  marker->data = saved->data;
  marker->size = saved->data_length;
  return 1;
}

cjpeg_status cjpeg_reader_start(cjpeg_reader *reader) {
  if (setjmp(reader->jump)) return failure(reader);
  jpeg_start_decompress(&reader->jpeg);
  return CJPEG_OK;
}

cjpeg_status cjpeg_reader_row(cjpeg_reader *reader, uint8_t *row) {
  if (setjmp(reader->jump)) return failure(reader);
  JSAMPROW rows[1] = {row};
  jpeg_read_scanlines(&reader->jpeg, rows, 1);
  return CJPEG_OK;
}

cjpeg_status cjpeg_reader_finish(cjpeg_reader *reader) {
  if (setjmp(reader->jump)) return failure(reader);
  jpeg_finish_decompress(&reader->jpeg);
  return CJPEG_OK;
}

// Only the header of libjpeg-turbo names its own version.
#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

const char *cjpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return TEXT(LIBJPEG_TURBO_VERSION);
#else
  return "unknown";
#endif
}
