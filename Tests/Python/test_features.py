"""Latents, rates and anomalies."""

import io
import pathlib
import pickle
import unittest

import numpy as np
import vaezip
from vaezip import records

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "Samples"


def texture(seed, blurred=False):
    generator = np.random.default_rng(seed)
    noise = generator.normal(128, 30, (131, 131))
    smooth = sum(noise[y : y + 128, x : x + 128] for y in range(4) for x in range(4)) / 16
    picture = 128 + 4 * (smooth - 128)
    if blurred:
        picture[48:80, 48:80] = picture[48:80, 48:80].mean()
    return np.clip(picture, 0, 255).astype(np.uint8)


class FeatureTests(unittest.TestCase):
    def test_features(self):
        data = vaezip.encode(SAMPLES / "coffee.png", effort=1, exact_pixels=False)
        found = vaezip.features(data)
        height, width = 25, 38
        self.assertEqual(found.latents.shape[:2], (height, width))
        self.assertEqual(found.latents.dtype, np.float32)
        self.assertEqual(found.pooled.shape, (2 * found.latents.shape[2],))
        self.assertEqual(found.hyper.shape[:2], (7, 10))
        self.assertEqual(found.model_id, vaezip.info(data).model_id)
        self.assertTrue(found.coded.all())
        # The streams have nearly as many bits.
        bits = found.bits.sum() + found.hyper_bits.sum()
        self.assertLess(abs(bits / 8 / len(data) - 1), 0.05)
        np.testing.assert_array_equal(vaezip.rate_map(data), found.bits)
        np.testing.assert_array_equal(vaezip.latents(data), found.latents)
        np.testing.assert_allclose(found.pooled[: found.latents.shape[2]], found.latents.mean((0, 1)), atol=1e-3)
        with self.assertRaises(vaezip.ArgumentError):
            found.means
        # Those of the pixels, without a file.
        array = vaezip.decode(vaezip.encode(SAMPLES / "coffee.png", lossless=True))
        computed = vaezip.features(array)
        np.testing.assert_array_equal(computed.latents, found.latents)
        # Rounding moves a latent by at most half a step.
        steps = np.abs(computed.means_in_steps - computed.latents_in_steps)
        self.assertLessEqual(steps.max(), 0.51)
        self.assertGreater(steps.max(), 0.4)

    def test_wrong_pictures(self):
        with self.assertRaisesRegex(vaezip.ArgumentError, "no latents"):
            vaezip.features(vaezip.encode(texture(1), lossless=True))
        with self.assertRaises(vaezip.FormatError):
            vaezip.features(b"GIF89a")
        with self.assertRaises(vaezip.ArgumentError):
            vaezip.features(texture(1), quality=101)
        with self.assertRaises(TypeError):
            vaezip.features(texture(1).astype(float))
        with self.assertRaises(vaezip.LimitError):
            vaezip.features(texture(1), max_pixels=100)

    def test_anomalies(self):
        normal = vaezip.NormalPictures()
        with self.assertRaises(vaezip.Error):
            normal.score(vaezip.features(texture(0)))
        for seed in range(12):
            normal.add(vaezip.features(texture(seed)))
        good = normal.score(vaezip.features(texture(100)))
        bad = normal.score(vaezip.features(texture(100, blurred=True)))
        self.assertLess(good.score, bad.score)
        self.assertTrue(bad.is_anomalous)
        x, y = bad.peak_position
        self.assertTrue(2 <= x <= 5 and 2 <= y <= 5)
        self.assertEqual(bad.map.shape, (8, 8))
        self.assertEqual(bad.map[y, x], np.float32(bad.peak))
        buffer = io.BytesIO()
        json = normal.save(buffer)
        self.assertEqual(buffer.getvalue(), json)
        for again in (vaezip.NormalPictures(json), pickle.loads(pickle.dumps(normal))):
            self.assertEqual(again.score(vaezip.features(texture(100, blurred=True))).score, bad.score)
        with self.assertRaises(vaezip.Error):
            normal.add(vaezip.features(texture(1), quality=20))
        with self.assertRaises(vaezip.Error):
            normal.score(vaezip.features(texture(1), quality=20))
        with self.assertRaises(vaezip.FormatError):
            vaezip.NormalPictures(b"{}")

    def test_records(self):
        files = [vaezip.encode(texture(seed), effort=1) for seed in range(12)]
        normal = vaezip.NormalPictures()
        for data in files:
            normal.add(vaezip.features(data))
        bad = vaezip.encode(texture(100, blurred=True), effort=1)
        record = records.anomaly(bad, normal=normal.save())
        self.assertEqual(list(record), list(records.ANOMALIES))
        self.assertTrue(record["is_anomalous"])
        features = records.features(bad)
        self.assertEqual(list(features), list(records.FEATURES))
        np.testing.assert_array_equal(np.float32(features["pooled"]), vaezip.features(bad).pooled)
        for function in (records.features, lambda data: records.anomaly(data, normal=normal.save())):
            for content in (b"", b"GIF89a", bad[:50], None):
                self.assertTrue(function(content)["error"])


if __name__ == "__main__":
    unittest.main()
