/// Pixels that are computed row by row to a .vz file, and back row by row: neither picture is ever in memory.
///     c++ -std=c++17 example.cpp $(pkg-config --cflags --libs vaezip) -o example && ./example
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vaezip.h>

namespace {

template <auto Free>
struct Freer {
  template <class Handle>
  void operator()(Handle *handle) const {
    Free(handle);
  }
};
using Encoder = std::unique_ptr<vaezip_encoder, Freer<vaezip_encoder_free>>;
using Decoder = std::unique_ptr<vaezip_decoder, Freer<vaezip_decoder_free>>;
using File = std::unique_ptr<vaezip_file, Freer<vaezip_file_free>>;
using Output = std::unique_ptr<vaezip_output, Freer<vaezip_output_free>>;

void check(vaezip_status status, const vaezip_error &error) {
  if (status != VAEZIP_OK) throw std::runtime_error(error.message);
}

uint8_t gradient(uint32_t x, uint32_t y) { return static_cast<uint8_t>((x + 2 * y) / 8); }

int read_rows(void *context, uint32_t y, uint32_t count, void *rows, size_t row_bytes) {
  auto image = static_cast<const vaezip_image *>(context);
  for (uint32_t row = 0; row < count; row++)
    for (uint32_t x = 0; x < image->width; x++)
      static_cast<uint8_t *>(rows)[row * row_bytes + x] = gradient(x, y + row);
  return 0;
}

/// The largest error of a decoded sample.
struct Difference {
  vaezip_image image;
  int largest = 0;
};

int write_rows(void *context, uint32_t y, uint32_t count, const void *rows, size_t row_bytes) {
  auto difference = static_cast<Difference *>(context);
  for (uint32_t row = 0; row < count; row++)
    for (uint32_t x = 0; x < difference->image.width; x++) {
      int error = static_cast<const uint8_t *>(rows)[row * row_bytes + x] - gradient(x, y + row);
      if (error < 0) error = -error;
      if (error > difference->largest) difference->largest = error;
    }
  return 0;
}

} // namespace

int main() try {
  vaezip_error error{};
  vaezip_image image{};
  image.width = 700;
  image.height = 300;
  image.channels = 1;
  image.depth = 8;

  Encoder encoder(vaezip_encoder_create(nullptr, &error));
  if (!encoder) throw std::runtime_error(error.message);
  check(vaezip_encoder_set(encoder.get(), VAEZIP_ENCODER_QUALITY, 80, &error), error);
  vaezip_output *bytes = nullptr;
  check(vaezip_encode_rows(encoder.get(), &image, nullptr, read_rows, &image, &bytes, &error), error);
  Output vz(bytes);

  Decoder decoder(vaezip_decoder_create(&error));
  File file(
    vaezip_file_open(decoder.get(), vaezip_output_data(vz.get()), vaezip_output_size(vz.get()), &error));
  if (!file) throw std::runtime_error(error.message);
  Difference difference{image};
  check(vaezip_decode_rows(decoder.get(), file.get(), nullptr, &image, write_rows, &difference, &error),
        error);
  std::printf("%zu bytes; the largest error is %d\n", vaezip_output_size(vz.get()), difference.largest);
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
