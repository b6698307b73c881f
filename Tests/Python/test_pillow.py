"""The Pillow plug-in."""

import io
import pathlib
import unittest

import numpy as np
import vaezip
import vaezip.pillow
from PIL import Image

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "Samples"


def saved(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "VZ", **options)
    return buffer.getvalue()


class PillowTests(unittest.TestCase):
    def test_open_and_save(self):
        original = Image.open(SAMPLES / "coffee.png")
        data = saved(original, quality=50)
        self.assertEqual(data, vaezip.encode(np.asarray(original), quality=50))
        image = Image.open(io.BytesIO(data))
        self.assertEqual((image.format, image.size, image.mode), ("VZ", original.size, "RGB"))
        self.assertEqual(image.get_format_mimetype(), "image/x-vaezip")
        np.testing.assert_array_equal(np.asarray(image), vaezip.decode(data))
        self.assertEqual(image.resize((30, 20)).size, (30, 20))

    def test_modes(self):
        source = Image.open(SAMPLES / "tiny.png").convert("RGB")
        for mode in ("L", "LA", "RGB", "RGBA"):
            image = source.convert(mode)
            again = Image.open(io.BytesIO(saved(image, lossless=True)))
            self.assertEqual(again.mode, mode)
            self.assertEqual(again.tobytes(), image.tobytes())
        for mode in ("1", "P", "CMYK", "YCbCr"):
            again = Image.open(io.BytesIO(saved(source.convert(mode), lossless=True)))
            self.assertEqual(again.tobytes(), source.convert(mode).convert(again.mode).tobytes())
        wide = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 100)
        again = Image.open(io.BytesIO(saved(wide, lossless=True)))
        self.assertEqual(again.mode, "I;16")
        np.testing.assert_array_equal(np.asarray(again), np.asarray(wide))
        with self.assertRaises(OSError):
            saved(source.convert("F"))

    def test_metadata(self):
        image = Image.open(SAMPLES / "tiny.png").convert("RGB")
        exif = Image.Exif()
        exif[0x010E] = "a cup of coffee"
        data = saved(image, exif=exif, icc_profile=b"profile" * 50, dpi=(300, 300))
        again = Image.open(io.BytesIO(data))
        self.assertEqual(again.getexif()[0x010E], "a cup of coffee")
        self.assertEqual(again.info["icc_profile"], b"profile" * 50)
        self.assertAlmostEqual(again.info["dpi"][0], 300, delta=0.1)

    def test_bad_files(self):
        data = bytearray(saved(Image.open(SAMPLES / "tiny.png")))
        with self.assertRaises(Image.UnidentifiedImageError):
            Image.open(io.BytesIO(data[:30]))
        data[-6] ^= 1
        with self.assertRaisesRegex(OSError, "checksum"):
            Image.open(io.BytesIO(data)).load()
        with self.assertRaises(OSError):
            saved(Image.open(SAMPLES / "tiny.png"), quality=500)


if __name__ == "__main__":
    unittest.main()
