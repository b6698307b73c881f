"""Spark: skipped without PySpark and a Java runtime."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import vaezip
from vaezip import records

try:
    import pandas
    import pyspark
    from pyspark.sql import SparkSession

    import vaezip.spark

    HAS_SPARK = shutil.which("java") is not None or "JAVA_HOME" in os.environ
except ImportError:
    HAS_SPARK = False

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "Samples"
PROGRAM = SAMPLES.parent / ".build" / "release" / "vaezip"


class RecordTests(unittest.TestCase):
    def test_records(self):
        png = (SAMPLES / "tiny.png").read_bytes()
        record = records.compress(png, quality=60, measure_error=True)
        self.assertEqual(list(record), list(records.COMPRESSED))
        self.assertEqual(record["vz"], vaezip.encode(png, quality=60))
        self.assertIsNone(record["error"])
        self.assertGreater(record["psnr"], 20)
        again = records.decompress(record["vz"])
        self.assertEqual(again["png"], vaezip.decompress(record["vz"]))
        self.assertEqual(records.describe(record["vz"])["width"], record["width"])
        self.assertEqual(records.evaluate(png, quality=60)["vz_bytes"], record["vz_bytes"])

    def test_bad_records(self):
        for function, schema in (
            (records.compress, records.COMPRESSED),
            (records.decompress, records.DECOMPRESSED),
            (records.describe, records.DESCRIBED),
            (records.evaluate, records.EVALUATED),
        ):
            for content in (b"", b"GIF89a", None, "text"):
                record = function(content)
                self.assertEqual(set(record), set(schema))
                self.assertTrue(record["error"])
                self.assertIsNone(record["width"])


@unittest.skipUnless(HAS_SPARK, "needs PySpark, pandas and Java")
class SparkTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        (cls.folder / "in" / "deep").mkdir(parents=True)
        for name in ("tiny.png", "text.png", "screen.png"):
            shutil.copy(SAMPLES / name, cls.folder / "in")
        shutil.copy(SAMPLES / "tiny.png", cls.folder / "in" / "deep" / "other.png")
        photograph = vaezip.decode(vaezip.encode(SAMPLES / "chelsea.png", lossless=True))[100:200, 100:200]
        photo = vaezip.decompress(vaezip.encode(photograph, lossless=True))
        (cls.folder / "in" / "photo.png").write_bytes(photo)
        (cls.folder / "in" / "bad.png").write_bytes(b"GIF89a")
        (cls.folder / "in" / "empty.png").write_bytes(b"")
        (cls.folder / "in" / "cut.png").write_bytes((SAMPLES / "text.png").read_bytes()[:3000])
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # Four attempts a task: local masters have one otherwise.
        cls.spark = (
            SparkSession.builder.master("local[2,4]")
            .appName("vaezip")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()
        )
        cls.spark.sparkContext.setLogLevel("OFF")
        vaezip.spark.configure(cls.spark, pictures_at_once=2)
        cls.pictures = vaezip.spark.read(cls.spark, str(cls.folder / "in"), "*.png")

    @classmethod
    def tearDownClass(cls):
        cls.spark.stop()
        shutil.rmtree(cls.folder)

    def test_there_and_back(self):
        vaezip.spark.compress(self.pictures, 60).write.parquet(str(self.folder / "compressed"))
        table = self.spark.read.parquet(str(self.folder / "compressed"))
        rows = {os.path.basename(row.path): row for row in table.collect()}
        # Spark's source leaves out empty files.
        self.assertEqual(len(rows), 7)
        for name in ("tiny.png", "text.png", "screen.png"):
            self.assertEqual(bytes(rows[name].vz), vaezip.encode(SAMPLES / name, quality=60))
            self.assertIsNone(rows[name].error)
            self.assertEqual(rows[name].vz_bytes, len(rows[name].vz))
        self.assertIn("GIF", rows["bad.png"].error)
        self.assertIn("PNG", rows["cut.png"].error)
        for name in ("bad.png", "cut.png"):
            self.assertIsNone(rows[name].vz)
            self.assertIsNone(rows[name].width)

        decoded = {
            os.path.basename(row.path): row
            for row in vaezip.spark.decompress(table, content="vz").collect()
        }
        self.assertEqual(bytes(decoded["text.png"].png), vaezip.decompress(rows["text.png"].vz))
        self.assertTrue(decoded["bad.png"].error)

        target = self.folder / "files"
        vaezip.spark.write(table, str(target), relative_to=str(self.folder / "in"))
        self.assertEqual(
            sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()),
            ["deep/other.vz", "photo.vz", "screen.vz", "text.vz", "tiny.vz"],
        )
        self.assertEqual((target / "tiny.vz").read_bytes(), vaezip.encode(SAMPLES / "tiny.png", quality=60))

        described = vaezip.spark.describe(vaezip.spark.read(self.spark, str(target), "*.vz")).collect()
        self.assertEqual(len(described), 5)
        self.assertTrue(all(row.error is None and row.width > 0 for row in described))

        # Files all of whose pixels are exact have no latents.
        features = {
            os.path.basename(row.path): row
            for row in vaezip.spark.features(table, content="vz").collect()
        }
        photo = vaezip.features(bytes(rows["photo.png"].vz))
        self.assertEqual(features["photo.png"].pooled, photo.pooled.tolist())
        self.assertTrue(features["bad.png"].error)
        normal = vaezip.NormalPictures()
        normal.add(photo)
        scores = {
            os.path.basename(row.path): row
            for row in vaezip.spark.anomaly(table, normal.save(), content="vz").collect()
        }
        self.assertIsNone(scores["photo.png"].error)
        expected = normal.score(photo)
        self.assertEqual(scores["photo.png"].score, expected.score)
        self.assertEqual(scores["photo.png"].is_anomalous, expected.is_anomalous)
        self.assertTrue(scores["bad.png"].error)

    def test_evaluate(self):
        rows = vaezip.spark.evaluate(self.pictures, (20, 80), effort=1).collect()
        self.assertEqual(len(rows), 14)
        curve = sorted((row.quality, row.vz_bytes, row.psnr) for row in rows if row.path.endswith("/screen.png"))
        self.assertLess(curve[0][1], curve[1][1])
        self.assertLess(curve[0][2], curve[1][2])
        self.assertEqual(sum(row.error is not None for row in rows), 4)

    def test_lost_worker(self):
        """A worker that is killed in the middle of a task: the task runs again, and nothing is lost."""
        flag = str(self.folder / "killed")

        def rows(frames):
            for frame in frames:
                for path, content in zip(frame["path"], frame["content"]):
                    record = records.compress(content, quality=60)
                    if not os.path.exists(flag):
                        open(flag, "w").close()
                        os.kill(os.getpid(), signal.SIGKILL)
                    yield pandas.DataFrame([[path, record["vz"]]], columns=["path", "vz"])

        table = self.pictures.mapInPandas(rows, "path string, vz binary")
        vaezip.spark.write(table, str(self.folder / "after"), relative_to=str(self.folder / "in"))
        self.assertTrue(os.path.exists(flag))
        self.assertEqual(sorted(os.listdir(self.folder / "after")), ["deep", "photo.vz", "screen.vz", "text.vz", "tiny.vz"])
        self.assertEqual(
            (self.folder / "after" / "text.vz").read_bytes(), vaezip.encode(SAMPLES / "text.png", quality=60)
        )


if __name__ == "__main__":
    unittest.main()
