"""CPU seconds a picture: Spark on two cores against one process of the program, in turn, over the same folder.

    measure_spark.py FOLDER [ROUNDS] [COPIES]      needs PySpark; run by hand

Counts user and system time of this process and all that it started: the JVM, Arrow, Python's workers. A first, small job
warms them up.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import vaezip.spark
from pyspark.sql import SparkSession

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / ".build" / "release" / "vaezip"
TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    """Parent and CPU seconds of each process, and of those of its children that ended."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            found[int(name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    return found


def cpu_seconds():
    table, wanted = processes(), {os.getpid()}
    while True:
        more = {pid for pid, (parent, _) in table.items() if parent in wanted} - wanted
        if not more:
            return sum(table[pid][1] for pid in wanted if pid in table)
        wanted |= more


def memory_of_workers():
    """The largest resident memory so far of a Python worker, in MB."""
    largest = 0
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if b"pyspark.daemon" not in file.read():
                    continue
            with open(f"/proc/{name}/status") as file:
                peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        except (OSError, StopIteration, IndexError):
            continue
        largest = max(largest, peak)
    return largest / 1024


def main(folder, rounds=3, copies=10):
    base = pathlib.Path(tempfile.mkdtemp())
    sources = sorted(pathlib.Path(folder).glob("*.png"))
    for part, count in (("warm", 1), ("all", copies)):
        (base / part).mkdir()
        for path in sources:
            for copy in range(count):
                shutil.copy(path, base / part / f"{path.stem}-{copy}.png")
    files = sorted(map(str, (base / "all").iterdir()))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    vaezip.spark.configure(spark, partition_bytes=4 << 20)

    def job(part, output):
        pictures = vaezip.spark.read(spark, str(base / part), "*.png")
        vaezip.spark.compress(pictures, 75).write.mode("overwrite").parquet(str(base / output))

    job("warm", "warm.parquet")
    print("CPU seconds a picture; pictures a second")
    for _ in range(rounds):
        begin, wall = cpu_seconds(), time.perf_counter()
        job("all", "all.parquet")
        table, table_wall = (cpu_seconds() - begin) / len(files), time.perf_counter() - wall
        wall = time.perf_counter()
        # The .vz files go beside the pictures. The system knows the time of this process alone: meanwhile Spark may end
        # idle workers, whose time is then lost.
        child = subprocess.Popen([PROGRAM, "compress", "--quiet", "-T", "2", "-f", *files])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, child.args)
        process, process_wall = (usage.ru_utime + usage.ru_stime) / len(files), time.perf_counter() - wall
        print(
            f"Spark {table:.3f} ({len(files) / table_wall:.2f}/s), one process {process:.3f} "
            f"({len(files) / process_wall:.2f}/s): {table / process:.2f} ×",
            flush=True,
        )
    done = spark.read.parquet(str(base / "all.parquet"))
    print(f"{done.count()} pictures, {done.filter('error IS NOT NULL').count()} errors, "
          f"{memory_of_workers():.0f} MB is the largest Python worker")
    spark.stop()
    shutil.rmtree(base)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
