"""Runs the examples of the pages, one page after the other, each in a folder of its own. A block that imports what is not
installed is left out."""

import contextlib
import io
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import vaezip

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = REPOSITORY / "Sources" / "Python"


class PageTests(unittest.TestCase):
    def run_page(self, page, names):
        text = (PAGES / page).read_text()
        blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 2)
        # Worker processes look for the classes of the examples in this module.
        ran, before = 0, os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(f"{folder}/pictures")
            for name in ("photo.png", "pictures/a.png", "pictures/b.png"):
                shutil.copy(REPOSITORY / "Samples" / "tiny.png", f"{folder}/{name}")
            shutil.copy(REPOSITORY / "Samples" / "text.png", f"{folder}/pictures/c.png")
            os.chdir(folder)
            try:
                for number, block in enumerate(blocks):
                    try:
                        with contextlib.redirect_stdout(io.StringIO()):
                            exec(compile(block, f"{page}, example {number + 1}", "exec"), names)
                        ran += 1
                    except ModuleNotFoundError as error:
                        if error.name.split(".")[0] not in ("torch", "imageio", "ray", "dask", "PIL"):
                            raise
            finally:
                os.chdir(before)
        return ran

    def test_python(self):
        self.assertGreaterEqual(self.run_page("README.md", {"__name__": "__main__"}), 4)

    def test_spark(self):
        try:
            from pyspark.sql import SparkSession

            import vaezip.spark
        except ImportError:
            self.skipTest("needs PySpark")
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            self.skipTest("needs Java")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        spark = (
            SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
        )  # fmt: skip
        spark.sparkContext.setLogLevel("OFF")
        try:
            self.assertGreaterEqual(self.run_page("Spark.md", {"spark": spark, "__name__": "__main__"}), 3)
        finally:
            spark.stop()
            shutil.rmtree("/tmp/vaezip-files", ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
