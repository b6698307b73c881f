// libjpeg(-turbo) behind functions that return: its longjmp error handling stays inside reader.c, so that no jump
// ever crosses a Swift frame. One reader belongs to one thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CJPEG_OK = 0,
  // libjpeg refused, or warned of damage; the message says why.
  CJPEG_FAILED = 1,
  // The bytes ended before the image did.
  CJPEG_TRUNCATED = 2,
  // A kind of JPEG that is not read; the message says which.
  CJPEG_UNSUPPORTED = 3,
} cjpeg_status;

// What the frame header says.
typedef struct {
  uint32_t width, height;
  uint8_t channels;     // of a row read: 1 gray, 3 RGB
  uint8_t progressive;  // 1 if libjpeg keeps all coefficients in memory
  uint8_t density_unit; // of JFIF: 0 unknown, 1 dots per inch, 2 dots per cm
  uint8_t arithmetic;   // 1 for arithmetic coding
  uint16_t density_x, density_y;
  uint64_t coefficients; // of all components, padded to whole MCUs
} cjpeg_header;

// A marker before the pixels: APP0 ... APP15 (0xE0 ... 0xEF) or COM (0xFE).
typedef struct {
  uint8_t code;
  const uint8_t *data; // valid until the reader is destroyed
  size_t size;         // of data; only APP1 and APP2 have theirs whole, the others one byte at most
} cjpeg_marker;

// Version of the library that this was built with.
const char *cjpeg_version(void);

typedef struct cjpeg_reader cjpeg_reader;

// Where a reader gets its bytes from: writes at most `capacity` of them to `out`; returns their number, 0 at the end
// or on failure.
typedef size_t (*cjpeg_source)(void *context, uint8_t *out, size_t capacity);

// A reader; NULL when memory is out. The context must outlive it. A file with more than `most_header_bytes` before its
// pixels is refused.
cjpeg_reader *cjpeg_reader_create(cjpeg_source source, void *context, size_t most_header_bytes);
void cjpeg_reader_destroy(cjpeg_reader *reader);
// The text of the last failure, never NULL.
const char *cjpeg_reader_message(const cjpeg_reader *reader);
// How many bytes libjpeg has used.
size_t cjpeg_reader_offset(const cjpeg_reader *reader);

// Reads up to the pixels; allocates nothing that depends on the image's size.
cjpeg_status cjpeg_reader_header(cjpeg_reader *reader, cjpeg_header *header);
// The next marker of the header, and its place in the list, which begins with 0. Returns 0 after the last one.
int cjpeg_reader_marker(const cjpeg_reader *reader, size_t index, cjpeg_marker *marker);
// Prepares for rows; of a progressive file it reads all of it.
cjpeg_status cjpeg_reader_start(cjpeg_reader *reader);
// Reads the next row into `row` (width * channels bytes).
cjpeg_status cjpeg_reader_row(cjpeg_reader *reader, uint8_t *row);
// Reads up to the end of the image.
cjpeg_status cjpeg_reader_finish(cjpeg_reader *reader);
