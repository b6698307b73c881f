"""PySpark (3.5 or 4): many pictures, as files or as columns of bytes.

>>> import vaezip.spark
>>> vaezip.spark.configure(spark)
>>> pictures = vaezip.spark.read(spark, "s3a://bucket/pictures", "*.png")
>>> vaezip.spark.compress(pictures, quality=60).write.parquet("s3a://bucket/compressed")

A table of pictures has the columns ``path`` and ``content``, as Spark's source ``binaryFile`` makes them. Every file gives
a row. A bad one has the codec's message in the column ``error``, and null in the others; it fails no job.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Optional

from . import records
from ._sources import write as _write

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

#: Bytes of results that are handed to Spark at once.
_BATCH_BYTES = 1 << 25


def configure(
    spark: "SparkSession", *, partition_bytes: int = 32 << 20, pictures_at_once: int = 16
) -> None:
    """Sets what matters for pictures; without, Spark's defaults are those for tables.

    Args:
        partition_bytes: of files in a task. Spark's own 128 MiB make few, long tasks, of which a lost worker repeats a
            whole one. 32 MiB are half a minute to some minutes of work.
        pictures_at_once: rows in an Arrow batch. Spark's own 10,000 rows of megabytes each would have to fit into the
            memory of a Python worker.

    It also stops Spark from adding 4 MiB to the size of every file when it fills tasks (``openCostInBytes``): opening a
    file costs less than coding it. ``spark.python.worker.reuse`` is true by default; keep it, because a worker prepares
    the model once. `vaezip` uses one thread in each task, so let Spark run a task on each core (``spark.task.cpus`` 1).
    """
    for name, value in (
        ("spark.sql.files.maxPartitionBytes", partition_bytes),
        ("spark.sql.files.openCostInBytes", 0),
        ("spark.sql.execution.arrow.maxRecordsPerBatch", pictures_at_once),
    ):
        spark.conf.set(name, str(value))


def read(spark: "SparkSession", path: Any, glob: str = "*") -> "DataFrame":
    """Files of a folder and the folders in it: the columns ``path`` and ``content``."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true").option("pathGlobFilter", glob)
    return reader.load(path).select("path", "content")


def compress(pictures: "DataFrame", quality: float = 75, *, content: str = "content", **options: Any) -> "DataFrame":
    """PNG, JPEG or PPM files to .vz files, in the column ``vz``.

    Args:
        pictures: a table with the columns ``path`` and `content`.
        quality: 0…100, fractions too.
        content: the name of the column with the files.
        options: as for `vaezip.records.compress`, for example ``measure_error=True``, or ``target_size=50_000`` in place of
            the quality.

    Returns:
        ``path`` and the columns of `vaezip.records.COMPRESSED`.
    """
    return _mapped(pictures, content, records.COMPRESSED, _each(records.compress, quality=quality, **options))


def decompress(files: "DataFrame", *, content: str = "content", **options: Any) -> "DataFrame":
    """.vz files to PNG files, in the column ``png``.

    Args:
        files: a table with the columns ``path`` and `content`; for the result of `compress`, that is ``content="vz"``.
        options: as for `vaezip.Decoder`.

    Returns:
        ``path`` and the columns of `vaezip.records.DECOMPRESSED`.
    """
    return _mapped(files, content, records.DECOMPRESSED, _each(records.decompress, **options))


def describe(files: "DataFrame", *, content: str = "content", **options: Any) -> "DataFrame":
    """What .vz files say before their pixels: ``path`` and the columns of `vaezip.records.DESCRIBED`."""
    return _mapped(files, content, records.DESCRIBED, _each(records.describe, **options))


def evaluate(
    pictures: "DataFrame", qualities: Iterable[float] = (75,), *, content: str = "content", **options: Any
) -> "DataFrame":
    """Rate and distortion of PNG, JPEG or PPM files: a row for each picture and quality.

    Returns:
        ``path`` and the columns of `vaezip.records.EVALUATED`.
    """
    levels = [float(quality) for quality in qualities]

    def work(data: bytes) -> list[dict[str, Any]]:
        return [records.evaluate(data, quality=level, **options) for level in levels]

    return _mapped(pictures, content, records.EVALUATED, work)


def features(files: "DataFrame", *, content: str = "content", **options: Any) -> "DataFrame":
    """Latents and rates of .vz files: ``path`` and the columns of `vaezip.records.FEATURES`."""
    return _mapped(files, content, records.FEATURES, _each(records.features, **options))


def anomaly(
    files: "DataFrame", normal: bytes, false_positive_rate: float = 0.01, *, content: str = "content", **options: Any
) -> "DataFrame":
    """How far .vz files are from normal ones: ``path`` and the columns of `vaezip.records.ANOMALIES`.

    Args:
        normal: what `vaezip.NormalPictures.save` returned.
    """
    work = _each(records.anomaly, normal=normal, false_positive_rate=false_positive_rate, **options)
    return _mapped(files, content, records.ANOMALIES, work)


def write(
    table: "DataFrame", folder: str, *, column: str = "vz", extension: str = ".vz", relative_to: str = ""
) -> None:
    """Writes a file for each row whose `column` is not null, on the workers, into a folder that all of them see.

    Each file appears whole or not at all. A task that runs twice writes the same files again, so a lost worker loses
    nothing.

    Args:
        table: with the columns ``path`` and `column`.
        folder: a path of the file system; a file keeps the name that its ``path`` has after `relative_to`, with another
            extension.
        relative_to: the folder of the sources; without, all files go to one folder.
    """
    base = _plain(relative_to).rstrip("/") + "/" if relative_to else ""

    def write_rows(rows: Iterable[Any]) -> None:
        for row in rows:
            if row[column] is None:
                continue
            path = _plain(row["path"])
            name = path[len(base) :] if base and path.startswith(base) else os.path.basename(path)
            target = os.path.join(folder, os.path.splitext(name)[0] + extension)
            if ".." in name.split("/"):
                raise ValueError(f"{path}: expected a path inside of {base}")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _write(target, bytes(row[column]))

    table.select("path", column).foreachPartition(write_rows)


def _plain(path: str) -> str:
    """A path without the scheme that Spark puts before it."""
    if path.startswith("file:"):
        path = path[len("file:") :]
        return "/" + path.lstrip("/")
    return path


def _each(function: Callable[..., dict[str, Any]], **options: Any) -> Callable[[bytes], list[dict[str, Any]]]:
    return lambda data: [function(data, **options)]


def _mapped(
    table: "DataFrame", content: str, schema: dict[str, str], work: Callable[[bytes], list[dict[str, Any]]]
) -> "DataFrame":
    names = ["path", *schema]

    def rows(frames: Iterator["pd.DataFrame"]) -> Iterator["pd.DataFrame"]:
        import pandas as pd

        nullable = {"int": "Int32", "long": "Int64", "boolean": "boolean", "double": "Float64"}

        def frame(batch: list[list[Any]]) -> "pd.DataFrame":
            result = pd.DataFrame(batch, columns=names, dtype=object)
            return result.astype({name: nullable[type] for name, type in schema.items() if type in nullable})

        batch, size = [], 0
        for part in frames:
            for path, data in zip(part["path"], part[content]):
                for record in work(data):
                    batch.append([path, *(record[name] for name in schema)])
                    size += sum(len(value) for value in record.values() if isinstance(value, bytes))
                if size > _BATCH_BYTES:
                    yield frame(batch)
                    batch, size = [], 0
            # A frame for each that came, so that memory does not grow with the task.
            if batch:
                yield frame(batch)
                batch, size = [], 0

    return table.select("path", content).mapInPandas(rows, records.schema_text(schema))
