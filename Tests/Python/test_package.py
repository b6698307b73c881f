"""The package's functions: arrays, bytes, paths, file objects, regions, options, errors, threads, processes."""

import concurrent.futures
import io
import multiprocessing
import os
import pathlib
import pickle
import random
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

import numpy as np
import vaezip

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "Samples"
GOLDEN = REPOSITORY / "Tests" / "Golden"
PROGRAM = REPOSITORY / ".build" / "release" / "vaezip"


def picture(height=50, width=70, channels=3, dtype=np.uint8):
    y, x = np.mgrid[:height, :width]
    largest = np.iinfo(dtype).max
    planes = [(largest * (0.5 + 0.4 * np.sin((x * (c + 1) + 2 * y) / 17))).astype(dtype) for c in range(channels)]
    return planes[0] if channels == 1 else np.stack(planes, -1)


def psnr(a, b):
    return 10 * np.log10(255**2 / max(1e-9, np.mean((a.astype(float) - b.astype(float)) ** 2)))


class ArrayTests(unittest.TestCase):
    def test_lossless_formats(self):
        for dtype in (np.uint8, np.uint16):
            for channels in (1, 2, 3, 4):
                with self.subTest(dtype=dtype, channels=channels):
                    array = picture(channels=channels, dtype=dtype)
                    again = vaezip.decode(vaezip.encode(array, lossless=True, keep_invisible_color=True))
                    self.assertEqual(again.dtype, dtype)
                    np.testing.assert_array_equal(again, array)

    def test_lossy(self):
        array = picture(200, 300)
        sizes = [len(vaezip.encode(array, quality=quality)) for quality in (0, 50, 100)]
        self.assertLess(sizes[0], sizes[1])
        self.assertLess(sizes[1], sizes[2])
        self.assertGreater(psnr(vaezip.decode(vaezip.encode(array, quality=90)), array), 35)
        encoded = vaezip.Encoder(50, measure_error=True).encode_with_error(array)
        error = np.mean((vaezip.decode(encoded.data).astype(float) - array) ** 2)
        self.assertAlmostEqual(encoded.mse, error, places=6)

    def test_strides(self):
        """Views of any kind are the same picture as their copies."""
        array = picture(40, 60, 4)
        views = [
            array[::-1], array[:, ::-1], array[::2, ::3], array[..., :3], array[..., 1:2], array[:, :, ::-1],
            array.transpose(1, 0, 2), np.broadcast_to(array[:1], (40, 60, 4)), array[5:30, 7:50],
            np.asfortranarray(array), array.astype(">u2"), array[:, :1], array[:1],
        ]  # fmt: skip
        for view in views:
            with self.subTest(shape=view.shape, strides=view.strides):
                native = np.ascontiguousarray(view.astype(view.dtype.newbyteorder("=")))
                self.assertEqual(
                    vaezip.encode(view, lossless=True), vaezip.encode(native.copy(), lossless=True)
                )

    def test_wrong_arrays(self):
        for wrong in (
            np.zeros((4, 4), np.float32), np.zeros((4, 4), bool), np.zeros((4, 4), np.int8), np.zeros((4, 4), np.uint32),
            np.zeros((4, 4), object), np.zeros((4, 4, 5), np.uint8), np.zeros((4,), np.uint8), np.zeros((2, 2, 2, 2), np.uint8),
            np.zeros((0, 4), np.uint8), np.zeros((4, 4, 0), np.uint8), np.uint8(3), None, 3, object(), [["a"]],
        ):  # fmt: skip
            with self.subTest(wrong=repr(wrong)[:60]), self.assertRaises((TypeError, ValueError)):
                vaezip.encode(wrong)

    def test_out_and_conversion(self):
        array = picture(channels=1)
        data = vaezip.encode(array, lossless=True)
        wide = vaezip.decode(data, channels=4, dtype=np.uint16)
        np.testing.assert_array_equal(wide[..., 0], array.astype(np.uint16) * 257)
        self.assertTrue((wide[..., 3] == 65535).all())
        memory = np.zeros((60, 70, 3), np.uint8)
        out = memory[5:55][::-1]
        self.assertIs(vaezip.decode(data, channels=3, out=out), out)
        np.testing.assert_array_equal(out[..., 1], array)
        self.assertFalse(memory[:5].any() or memory[55:].any())
        for wrong in (np.zeros((50, 71), np.uint8), np.zeros((50, 70), np.uint16), np.zeros((70, 50), np.uint8).T,
                      np.broadcast_to(np.uint8(0), (50, 70)), [0]):  # fmt: skip
            with self.assertRaises(ValueError):
                vaezip.decode(data, out=wrong)
        with self.assertRaises(vaezip.ArgumentError):
            vaezip.decode(vaezip.encode(picture()), channels=1)


class SourceTests(unittest.TestCase):
    def test_sources_and_targets(self):
        png = (SAMPLES / "tiny.png").read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tiny.vz"
            data = vaezip.encode(SAMPLES / "tiny.png", path)
            self.assertEqual(os.listdir(folder), ["tiny.vz"])
            buffer = io.BytesIO()
            vaezip.encode(io.BytesIO(png), buffer)
            for other in (vaezip.encode(png), vaezip.encode(memoryview(png)), vaezip.encode(str(SAMPLES / "tiny.png")),
                          path.read_bytes(), buffer.getvalue(), vaezip.compress(png)):  # fmt: skip
                self.assertEqual(other, data)
            array = vaezip.decode(path)
            with open(path, "rb") as file:
                np.testing.assert_array_equal(vaezip.decode(file), array)
            np.testing.assert_array_equal(vaezip.decode(bytearray(data)), array)
        for wrong in (3, None, io.StringIO("text")):
            with self.assertRaises(TypeError):
                vaezip.decode(wrong)
        with self.assertRaises(FileNotFoundError):
            vaezip.decode("/nowhere.vz")
        closed = io.BytesIO(data)
        closed.close()
        with self.assertRaises(ValueError):
            vaezip.decode(closed)

    @unittest.skipUnless(PROGRAM.exists(), "the program is not built")
    def test_same_bytes_as_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, options, python in (
                ("coffee.png", ["-q", "40", "-e", "1"], {"quality": 40, "effort": 1}),
                ("chart.png", ["-q", "75"], {}),
                ("tiny.png", ["--lossless"], {"lossless": True}),
                ("camera-gray.png", ["-q", "90", "--tile-size", "128"], {"quality": 90, "tile_size": 128}),
                ("tiny.png", ["-q", "60.5"], {"quality": 60.5}),
                ("tiny.png", ["--target-size", "900"], {"target_size": 900}),
                ("tiny.png", ["--target-psnr", "33"], {"target_psnr": 33}),
            ):
                with self.subTest(name):
                    file, again = f"{folder}/{name}.vz", f"{folder}/{name}"
                    subprocess.run([PROGRAM, "compress", "--quiet", "-f", *options, SAMPLES / name, "-o", file], check=True)
                    subprocess.run([PROGRAM, "decompress", "--quiet", "-f", file, "-o", again], check=True)
                    data = pathlib.Path(file).read_bytes()
                    self.assertEqual(vaezip.encode(SAMPLES / name, **python), data)
                    self.assertEqual(vaezip.decompress(data), pathlib.Path(again).read_bytes())

    def test_rows(self):
        array = picture(300, 90, 4)
        blocks = [array[:1], array[1:120], array[120:120 + 33], array[153:]]
        data = vaezip.Encoder(60).encode_rows(90, 300, iter(blocks), channels=4)
        self.assertEqual(data, vaezip.encode(array, quality=60))
        rows = []
        file = vaezip.Decoder().open(data)
        file.decode_rows(lambda y, part: rows.append((y, part.copy())))
        self.assertEqual(rows[0][0], 0)
        np.testing.assert_array_equal(np.concatenate([part for _, part in rows]), vaezip.decode(data))

        def broken():
            yield array[:5]
            raise KeyError("lost")

        with self.assertRaises(KeyError):
            vaezip.Encoder().encode_rows(90, 300, broken(), channels=4)
        for wrong in ([], [array[:5]], [array[:5, :7]], [array.astype(np.uint16)]):
            with self.assertRaises((ValueError, TypeError)):
                vaezip.Encoder().encode_rows(90, 300, wrong, channels=4)
        with self.assertRaises(ZeroDivisionError):
            file.decode_rows(lambda y, part: 1 // 0)

    def test_metadata(self):
        exif, profile = b"MM\0*\0\0\0\x08\0\0", bytes(range(256)) * 9
        chunks = [vaezip.exif_chunk(b"Exif\0\0" + exif), vaezip.profile_chunk(profile), vaezip.resolution_chunk(300, 72)]
        info = vaezip.info(vaezip.encode(picture(), metadata=chunks))
        self.assertEqual((info.exif, info.icc_profile), (exif, profile))
        self.assertAlmostEqual(info.dpi[0], 300, delta=0.1)
        self.assertAlmostEqual(info.dpi[1], 72, delta=0.1)
        with self.assertRaises(vaezip.ArgumentError):
            vaezip.encode(picture(), metadata=[vaezip.Chunk("tRNS", b"")])
        self.assertEqual(vaezip.info(vaezip.encode(picture(), metadata=chunks[:1] * 0)).metadata, ())


class InfoTests(unittest.TestCase):
    def test_info(self):
        golden = GOLDEN / "BuiltIn/469dbeb0c8d5f15f/tiny-q75.vz"
        info = vaezip.info(golden)
        array = vaezip.decode(golden)
        self.assertEqual((info.shape, info.dtype), (array.shape, array.dtype))
        self.assertEqual(info.bytes, golden.stat().st_size)
        self.assertEqual(len(info.model_id), 16)
        self.assertFalse(info.lossless)
        self.assertTrue(vaezip.info(vaezip.encode(picture(), lossless=True)).lossless)

    def test_regions(self):
        array = picture(150, 200)
        data = vaezip.encode(array, tile_size=64)
        with vaezip.Decoder(threads=2).open(data) as file:
            whole = file.decode()
            generator = random.Random(1)
            for _ in range(20):
                x, y = generator.randrange(200), generator.randrange(150)
                width, height = generator.randint(1, 200 - x), generator.randint(1, 150 - y)
                np.testing.assert_array_equal(
                    file.decode((x, y, width, height)), whole[y : y + height, x : x + width]
                )
            for wrong in ((0, 0, 0, 1), (-1, 0, 5, 5), (0, 0, 201, 1), (0, 149, 1, 2), (1 << 40, 0, 1, 1)):
                with self.assertRaises(vaezip.ArgumentError):
                    file.decode(wrong)
            file.verify()
        with self.assertRaises(ValueError):
            file.decode()

    def test_previews(self):
        array = vaezip.decode(vaezip.encode(SAMPLES / "coffee.png", lossless=True))
        file = vaezip.Decoder().open(vaezip.encode(array, quality=80))
        for scale in (8, 16):
            small = file.preview(scale)
            height, width = -(-array.shape[0] // scale), -(-array.shape[1] // scale)
            self.assertEqual(small.shape, (height, width, 3))
            means = array[: array.shape[0] // scale * scale, : array.shape[1] // scale * scale]
            means = means.reshape(array.shape[0] // scale, scale, array.shape[1] // scale, scale, 3).mean((1, 3))
            self.assertGreater(psnr(small[: means.shape[0], : means.shape[1]], means), 28)
            part = file.preview(scale, (100, 50, 200, 33), channels=4)
            x, y = 100 // scale, 50 // scale
            np.testing.assert_array_equal(
                part[..., :3], small[y : -(-83 // scale), x : -(-300 // scale)]
            )
        self.assertEqual(vaezip.preview(vaezip.encode(array[:5, :5])).shape, (1, 1, 3))
        for wrong in (4, 0, "8", None):
            with self.assertRaises(ValueError):
                file.preview(wrong)
        with self.assertRaises(vaezip.ArgumentError):
            file.preview(8, (0, 0, 601, 1))

    def test_models(self):
        golden = GOLDEN / "Files"
        with self.assertRaises(vaezip.ModelError):
            vaezip.decode(golden / "gray.vz", folders=[])
        by_folder = vaezip.decode(golden / "gray.vz", folders=[golden])
        by_file = vaezip.Decoder(models=[golden / "random.model"]).decode(golden / "gray.vz")
        np.testing.assert_array_equal(by_folder, by_file)
        data = vaezip.encode(picture(), model=golden / "random.model")
        self.assertEqual(vaezip.info(data).model_id, vaezip.info(golden / "gray.vz").model_id)
        with self.assertRaises(vaezip.ModelError):
            vaezip.Encoder(model=b"no model")


class ErrorTests(unittest.TestCase):
    def test_damage(self):
        data = bytearray(vaezip.encode(picture(200, 200), tile_size=64))
        with self.assertRaisesRegex(vaezip.FormatError, "not a .vz file"):
            vaezip.decode(b"GIF89a")
        with self.assertRaisesRegex(vaezip.FormatError, "empty"):
            vaezip.decode(b"")
        with self.assertRaisesRegex(vaezip.DamagedError, "truncated"):
            vaezip.decode(data[:100])
        with self.assertRaisesRegex(vaezip.LimitError, "pixels"):
            vaezip.decode(data, max_pixels=100)
        with self.assertRaisesRegex(vaezip.LimitError, "memory"):
            vaezip.decode(data, max_memory=1000)
        data[-10] ^= 255
        with self.assertRaisesRegex(vaezip.DamagedError, "checksum"):
            vaezip.decode(data)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            vaezip.decode(data, keep_going=True)
        self.assertIs(caught[0].category, vaezip.DamageWarning)
        data[7] = 77
        with self.assertRaisesRegex(vaezip.UnsupportedError, "77"):
            vaezip.decode(data)
        with self.assertRaises(vaezip.FormatError):
            vaezip.encode(b"GIF89a")

    def test_options(self):
        for wrong in ({"quality": 101}, {"quality": -0.5}, {"quality": 1 << 70}, {"quality": float("nan")}, {"effort": 0}, {"tile_size": 65}, {"threads": -1}):
            with self.assertRaises(vaezip.ArgumentError):
                vaezip.Encoder(**wrong)
        for wrong in ({"effort": 1.5}, {"quality": "high"}, {"threads": 1 << 70}, {"effort": None}, {"nonsense": 1}):
            with self.assertRaises(TypeError):
                vaezip.Encoder(**wrong)
        with self.assertRaises(vaezip.ArgumentError):
            vaezip.Decoder(threads=-1)
        encoder = vaezip.Encoder()
        encoder.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            encoder.encode(picture())
        decoder = vaezip.Decoder()
        file = decoder.open(vaezip.encode(picture()))
        decoder.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            file.decode()

    def test_targets(self):
        array = picture(120, 200)
        encoder = vaezip.Encoder(target_size=2000, effort=1)
        encoded = encoder.encode_with_error(array)
        self.assertLessEqual(len(encoded.data), 2000)
        self.assertEqual(encoded.reached, len(encoded.data))
        self.assertEqual(pickle.loads(pickle.dumps(encoder)).encode(array), encoded.data)
        self.assertIn("target_size=2000", repr(encoder))
        self.assertLessEqual(len(vaezip.encode(array, target_bpp=0.6, effort=1)), 0.6 * 120 * 200 / 8)
        self.assertGreaterEqual(psnr(vaezip.decode(vaezip.encode(array, target_psnr=38.5, effort=1)), array), 38.5)
        self.assertGreaterEqual(
            vaezip.Encoder(target_ssimulacra2=70, effort=1).encode_with_error(array).reached, 70
        )
        self.assertTrue(np.isnan(vaezip.Encoder(effort=1).encode_with_error(array).reached))
        with self.assertRaisesRegex(vaezip.TargetError, "10 bytes"):
            vaezip.encode(array, target_size=10)
        for wrong in ({"target_size": 0}, {"target_size": 1.5}, {"target_bpp": -1}, {"target_ssimulacra2": 101},
                      {"target_size": 1, "target_psnr": 30}, {"target_psnr": 30, "lossless": True}):  # fmt: skip
            with self.subTest(wrong), self.assertRaises(vaezip.ArgumentError):
                vaezip.Encoder(**wrong)
        # Qualities with fractions lie between whole ones.
        positions = [vaezip.info(vaezip.encode(array, quality=q)).quality_position for q in (60, 60.5, 61)]
        self.assertLess(positions[0], positions[1])
        self.assertLess(positions[1], positions[2])

    def test_huge_sizes(self):
        huge = np.broadcast_to(np.uint8(0), (1 << 16, 1 << 16, 3))
        with self.assertRaises(vaezip.LimitError):
            vaezip.Encoder(max_pixels=1 << 20).encode_rows(1 << 16, 1 << 16, [huge])
        for side in (0, 1 << 32, -1):
            with self.assertRaises(ValueError):
                vaezip.Encoder().encode_rows(side, 10, [])

    def test_mutated_files(self):
        """Damaged files raise; the process lives on. VAEZIP_MUTATIONS says how many."""
        generator = random.Random(20261126)
        originals = [path.read_bytes() for path in sorted(GOLDEN.rglob("*.vz"))]
        pictures = [SAMPLES / "tiny.png", *sorted((GOLDEN / "JPEG").iterdir())]
        originals += [path.read_bytes() for path in pictures]
        decoder = vaezip.Decoder(
            threads=1, max_pixels=1 << 18, max_memory=1 << 28, folders=[GOLDEN / "Files"]
        )
        going = vaezip.Decoder(
            threads=1, max_pixels=1 << 18, max_memory=1 << 28, folders=[GOLDEN / "Files"], keep_going=True
        )
        encoder = vaezip.Encoder(threads=1, effort=1, max_pixels=1 << 14)
        failures = 0
        for number in range(int(os.environ.get("VAEZIP_MUTATIONS", "300"))):
            data = bytearray(generator.choice(originals))
            for _ in range(generator.randint(1, 4)):
                data[generator.randrange(min(len(data), generator.choice((64, len(data)))))] = generator.randrange(256)
            if generator.random() < 0.2:
                del data[generator.randrange(len(data)) :]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    if data[:1] in (b"\x89", b"\xff", b"P"):
                        encoder.encode(bytes(data))
                    else:
                        (going if number % 2 else decoder).decode(data)
            except vaezip.Error as error:
                self.assertTrue(str(error))
                self.assertNotIn("\n", str(error))
                failures += 1
        self.assertGreater(failures, 0)


class LibraryTests(unittest.TestCase):
    def import_with(self, path):
        return subprocess.run(
            [sys.executable, "-c", "import vaezip"],
            env={**os.environ, "VAEZIP_LIBRARY": str(path)}, capture_output=True, text=True,
        )  # fmt: skip

    def test_corrupted_library(self):
        library = pathlib.Path(vaezip.__file__).parent / "libvaezip.so"
        with tempfile.TemporaryDirectory() as folder:
            wrong = pathlib.Path(folder) / "libvaezip.so"
            for content in (b"", b"no library", library.read_bytes()[:5000]):
                wrong.write_bytes(content)
                outcome = self.import_with(wrong)
                self.assertEqual(outcome.returncode, 1)
                self.assertIn("ImportError: vaezip: cannot use the library", outcome.stderr)
            self.assertIn("ImportError", self.import_with("/nowhere.so").stderr)
            self.assertIn("undefined symbol", self.import_with("libm.so.6").stderr)

    def test_two_copies_side_by_side(self):
        """Two libraries in one process, as of two versions of the package."""
        import ctypes
        import shutil

        library = pathlib.Path(vaezip.__file__).parent / "libvaezip.so"
        data = vaezip.encode(picture())
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copy(library, f"{folder}/other.so")
            other = ctypes.CDLL(copy)
            other.vaezip_encoder_create.restype = ctypes.c_void_p
            encoder = ctypes.c_void_p(other.vaezip_encoder_create(None, None))
            self.assertTrue(encoder.value)
            other.vaezip_encoder_free(encoder)
        self.assertEqual(vaezip.encode(picture()), data)


def _decode_sum(data):
    return int(vaezip.decode(data, threads=2).sum())


class ConcurrencyTests(unittest.TestCase):
    def test_threads_share_handles(self):
        encoder, decoder, array = vaezip.Encoder(threads=1), vaezip.Decoder(threads=1), picture(100, 100)
        data = encoder.encode(array)
        whole = decoder.decode(data)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for result in pool.map(encoder.encode, [array] * 16):
                self.assertEqual(result, data)
            for result in pool.map(decoder.decode, [data] * 16):
                np.testing.assert_array_equal(result, whole)

    def test_calls_release_the_gil(self):
        """Python code runs while a picture is encoded."""
        array, ticks, done = picture(600, 600), [], threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.perf_counter())
                time.sleep(0.001)

        thread = threading.Thread(target=tick)
        thread.start()
        begin = time.perf_counter()
        vaezip.encode(array, threads=1, effort=9)
        end = time.perf_counter()
        done.set()
        thread.join()
        self.assertGreater(len([moment for moment in ticks if begin < moment < end]), 3)

    def test_closing_during_a_call(self):
        data = vaezip.encode(picture(500, 500))
        for _ in range(5):
            file = vaezip.Decoder(threads=1).open(data)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                future = pool.submit(file.decode)
                time.sleep(0.005)
                file.close()
                try:
                    future.result()
                except ValueError as error:
                    self.assertIn("closed", str(error))

    def test_processes(self):
        data = vaezip.encode(picture(), threads=2)
        expected = _decode_sum(data)
        for method in ("fork", "spawn"):
            with self.subTest(method), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                with multiprocessing.get_context(method).Pool(2) as pool:
                    self.assertEqual(pool.map(_decode_sum, [data] * 4), [expected] * 4)

    def test_pickle(self):
        encoder = pickle.loads(pickle.dumps(vaezip.Encoder(31, effort=1)))
        self.assertEqual(encoder.encode(picture()), vaezip.encode(picture(), quality=31, effort=1))
        decoder = pickle.loads(pickle.dumps(vaezip.Decoder(max_pixels=100)))
        with self.assertRaises(vaezip.LimitError):
            decoder.decode(vaezip.encode(picture()))
        self.assertIn("quality=31", repr(encoder))


if __name__ == "__main__":
    unittest.main()
