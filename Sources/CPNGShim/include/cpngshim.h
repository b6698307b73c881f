// libpng behind functions that return: its longjmp error handling stays inside reader.c and writer.c, so that
// no jump ever crosses a Swift frame. One reader or writer belongs to one thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CPNG_OK = 0,
  // libpng refused; the message says why.
  CPNG_FAILED = 1,
  // The bytes ended before the image did.
  CPNG_TRUNCATED = 2,
} cpng_status;

// What IHDR says, and what the rows will hold.
typedef struct {
  uint32_t width, height;
  uint8_t bit_depth;   // as stored: 1, 2, 4, 8, 16
  uint8_t color_type;  // as stored: 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGB + alpha
  uint8_t interlaced;  // 1 for Adam7
  uint8_t channels;    // of a row read: 1 or 3 of color, a byte each
  uint8_t alpha_bytes; // behind them: 0, 1, or 2 if bit_depth is 16
} cpng_header;

typedef struct cpng_reader cpng_reader;

// Where a reader gets its bytes from: writes `count` of them to `out`; says whether there were as
// many.
typedef int (*cpng_source)(void *context, uint8_t *out, size_t count);

// A reader; NULL when memory is out. The context must outlive it. The source must bring none but the
// chunks IHDR, PLTE, tRNS, IDAT and IEND.
cpng_reader *cpng_reader_create(cpng_source source, void *context);
void cpng_reader_destroy(cpng_reader *reader);
// libpng's text of the last failure, never NULL.
const char *cpng_reader_message(const cpng_reader *reader);

// Reads up to the first IDAT; allocates nothing that depends on the image's size.
cpng_status cpng_reader_header(cpng_reader *reader, cpng_header *header);
// Prepares for rows, and says in how many passes they come (1, or 7 for Adam7). Allocates libpng's
// rows. Color of 16 bits is rounded to 8 unless keeps_depth is set.
cpng_status cpng_reader_start(cpng_reader *reader, int keeps_depth, int *passes);
// Reads the next row of the pass into `row` (width * (channels + alpha_bytes) bytes). For Adam7
// only the pixels of the pass are written, so `row` has to be the same memory in each pass.
cpng_status cpng_reader_row(cpng_reader *reader, uint8_t *row);
// Reads up to IEND.
cpng_status cpng_reader_finish(cpng_reader *reader);
// Whether IDAT held more than the rows.
int cpng_reader_has_surplus(const cpng_reader *reader);

// PNG's CRC (zlib's) of `crc`'s bytes and `size` more; it begins with 0.
uint32_t cpng_crc32(uint32_t crc, const uint8_t *bytes, size_t size);

// zlib's compression of `size` bytes to `out`, which has room for `*out_size` bytes, at least those of the bound.
// `*out_size` becomes the number of bytes written.
size_t cpng_deflate_bound(size_t size);
cpng_status cpng_deflate(const uint8_t *bytes, size_t size, uint8_t *out, size_t *out_size);

// The way back. Fails where the bytes are no zlib stream, where others follow it, or where `out` is too small.
cpng_status cpng_inflate(const uint8_t *bytes, size_t size, uint8_t *out, size_t *out_size);

// Versions of the libraries that run.
const char *cpng_version(void);
const char *cpng_zlib_version(void);

typedef struct cpng_writer cpng_writer;

typedef enum { CPNG_FILTER_NONE = 0, CPNG_FILTER_SUB, CPNG_FILTER_ADAPTIVE } cpng_filter;
typedef enum { CPNG_STRATEGY_LZ = 0, CPNG_STRATEGY_RLE } cpng_strategy;

// A writer of gray (samples 1), gray + alpha (2), RGB (3) or RGB + alpha (4), of 8 or 16 bits; NULL
// when memory is out. zlib's level, 0 to 9.
cpng_writer *cpng_writer_create(uint32_t width, uint32_t height, int samples, int depth, int level,
                                cpng_filter filter, cpng_strategy strategy);
void cpng_writer_destroy(cpng_writer *writer);
const char *cpng_writer_message(const cpng_writer *writer);
// Signature and header; then chunks; then each row from the top; then chunks; then IEND.
cpng_status cpng_writer_start(cpng_writer *writer);
cpng_status cpng_writer_chunk(cpng_writer *writer, const char *name, const uint8_t *data, size_t size);
cpng_status cpng_writer_row(cpng_writer *writer, const uint8_t *row);
cpng_status cpng_writer_finish(cpng_writer *writer);
// What has been produced since the last take: `*bytes` is good until the next call.
size_t cpng_writer_take(cpng_writer *writer, const uint8_t **bytes);
