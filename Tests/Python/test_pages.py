"""Runs the examples of the pages, one page after the other, each in a process and a folder of its own. A block that
imports what is not installed is left out."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = REPOSITORY / "Sources" / "Python"

RUNNER = """
import sys

names, ran = {"__name__": "__main__"}, 0
for number, block in enumerate(sys.stdin.read().split("\\0"), 1):
    try:
        exec(compile(block, f"example {number}", "exec"), names)
        ran += 1
    except ModuleNotFoundError as error:
        if error.name.split(".")[0] not in ("torch", "imageio", "ray", "dask", "PIL"):
            raise
print("examples:", ran)
"""

SESSION = """
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
spark = spark.config("spark.sql.shuffle.partitions", "2")
spark = spark.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
spark.sparkContext.setLogLevel("OFF")
"""


class PageTests(unittest.TestCase):
    def run_page(self, page, before=()):
        text = (PAGES / page).read_text()
        blocks = [*before, *re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(f"{folder}/pictures")
            for name in ("photo.png", "pictures/a.png", "pictures/b.png"):
                shutil.copy(REPOSITORY / "Samples" / "tiny.png", f"{folder}/{name}")
            shutil.copy(REPOSITORY / "Samples" / "screen.png", f"{folder}/pictures/c.png")
            blocks = [block.replace("/tmp/vaezip-files", f"{folder}/files") for block in blocks]
            outcome = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", RUNNER],
                input="\0".join(blocks), cwd=folder, capture_output=True, text=True,
            )  # fmt: skip
        self.assertEqual(outcome.returncode, 0, outcome.stderr[-3000:])
        return int(outcome.stdout.split("examples:")[1])

    def test_python(self):
        self.assertGreaterEqual(self.run_page("README.md"), 4)

    def test_spark(self):
        try:
            import pyspark
        except ImportError:
            self.skipTest("needs PySpark")
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            self.skipTest("needs Java")
        # Without, workers are the first python3 on the path.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        self.assertGreaterEqual(self.run_page("Spark.md", [SESSION]), 5)


if __name__ == "__main__":
    unittest.main()
