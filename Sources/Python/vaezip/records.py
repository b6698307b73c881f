"""Pure functions from the bytes of a file to a flat dict, for engines that map a function over records: Ray Data, Dask,
Beam, or a pool of processes. `vaezip.spark` is made of them.

>>> from vaezip import records
>>> records.compress(open("photo.png", "rb").read(), quality=60)["bits_per_pixel"]

They use one thread, because an engine runs one of them on each core. A bad file is no exception but a dict whose
``error`` is the codec's message; all other values that depend on the file are None then.
"""

from __future__ import annotations

import functools
import math
import time
from typing import Any, Callable, Optional

from ._decoder import Decoder
from ._encoder import Encoder
from ._errors import Error
from ._features import NormalPictures
from ._features import features as _features

#: Types of values, by the names that Spark, Arrow and SQL share: int is 32 bits, long 64, binary is bytes.
COMPRESSED = {
    "width": "int",
    "height": "int",
    "source_bytes": "long",
    "vz": "binary",
    "vz_bytes": "long",
    "bits_per_pixel": "double",
    "psnr": "double",
    "error": "string",
    "seconds": "double",
}
DECOMPRESSED = {
    "width": "int",
    "height": "int",
    "channels": "int",
    "depth": "int",
    "png": "binary",
    "error": "string",
    "seconds": "double",
}
DESCRIBED = {
    "width": "int",
    "height": "int",
    "channels": "int",
    "depth": "int",
    "vz_bytes": "long",
    "model_id": "string",
    "quality_position": "int",
    "lossless": "boolean",
    "tiles": "int",
    "error": "string",
}
EVALUATED = {
    "quality": "double",
    "width": "int",
    "height": "int",
    "vz_bytes": "long",
    "bits_per_pixel": "double",
    "mse": "double",
    "psnr": "double",
    "error": "string",
    "seconds": "double",
}

FEATURES = {
    "model_id": "string",
    "bits": "double",
    "expected_bits": "double",
    "pooled": "array<float>",
    "error": "string",
    "seconds": "double",
}
ANOMALIES = {
    "score": "double",
    "peak": "double",
    "peak_x": "int",
    "peak_y": "int",
    "is_anomalous": "boolean",
    "error": "string",
    "seconds": "double",
}


def compress(content: bytes, *, measure_error: bool = False, **options: Any) -> dict[str, Any]:
    """A PNG, JPEG or PPM file to a .vz file; `options` as for `vaezip.Encoder`.

    Returns:
        The values of `COMPRESSED`. `psnr` is in dB, of all samples of the color; None unless `measure_error` is set.
    """

    def work() -> dict[str, Any]:
        encoded = _encoder(measure_error=measure_error, **options).encode_with_error(_required(content))
        info = _decoder().open(encoded.data).info
        return {
            "width": info.width,
            "height": info.height,
            "source_bytes": len(content),
            "vz": encoded.data,
            "vz_bytes": len(encoded.data),
            "bits_per_pixel": info.bits_per_pixel,
            "psnr": _psnr(encoded.mse) if measure_error else None,
        }

    return _record(COMPRESSED, work)


def decompress(content: bytes, **options: Any) -> dict[str, Any]:
    """A .vz file to a PNG file; `options` as for `vaezip.Decoder`. Returns the values of `DECOMPRESSED`."""

    def work() -> dict[str, Any]:
        file = _decoder(**options).open(_required(content))
        info = file.info
        return {
            "width": info.width,
            "height": info.height,
            "channels": info.channels,
            "depth": info.depth,
            "png": file.to_png(),
        }

    return _record(DECOMPRESSED, work)


def describe(content: bytes, **options: Any) -> dict[str, Any]:
    """What a .vz file says before its pixels; `options` as for `vaezip.Decoder`. Returns the values of `DESCRIBED`."""

    def work() -> dict[str, Any]:
        info = _decoder(**options).open(_required(content)).info
        return {
            "width": info.width,
            "height": info.height,
            "channels": info.channels,
            "depth": info.depth,
            "vz_bytes": info.bytes,
            "model_id": info.model_id,
            "quality_position": info.quality_position,
            "lossless": info.lossless,
            "tiles": info.tile_count,
        }

    return _record(DESCRIBED, work)


def evaluate(content: bytes, *, quality: float = 75, **options: Any) -> dict[str, Any]:
    """Rate and distortion of a PNG, JPEG or PPM file at a quality; `options` as for `vaezip.Encoder`. Nothing is kept.

    Returns:
        The values of `EVALUATED`. `mse` and `psnr` are those of all samples of the color, 0…255. The rate is that of the
        pixels without metadata.
    """

    def work() -> dict[str, Any]:
        encoder = _encoder(quality=quality, measure_error=True, metadata=False, **options)
        encoded = encoder.encode_with_error(_required(content))
        info = _decoder().open(encoded.data).info
        return {
            "width": info.width,
            "height": info.height,
            "vz_bytes": len(encoded.data),
            "bits_per_pixel": info.bits_per_pixel,
            "mse": encoded.mse,
            "psnr": _psnr(encoded.mse),
        }

    return {**_record(EVALUATED, work), "quality": float(quality)}


def features(content: bytes, **options: Any) -> dict[str, Any]:
    """Latents and rates of a .vz file, which are had without its pixels; `options` as for `vaezip.Decoder`.

    Returns:
        The values of `FEATURES`. `pooled` has mean and standard deviation of each channel of the latents; `bits` and
        `expected_bits` are sums over the picture, without the hyper-latents.
    """

    def work() -> dict[str, Any]:
        found = _features(_required(content), threads=1, **options)
        return {
            "model_id": found.model_id,
            "bits": float(found.bits.sum(dtype=float)),
            "expected_bits": float(found.expected_bits.sum(dtype=float)),
            "pooled": found.pooled.tolist(),
        }

    return _record(FEATURES, work)


def anomaly(content: bytes, *, normal: bytes, false_positive_rate: float = 0.01, **options: Any) -> dict[str, Any]:
    """How far a .vz file is from normal ones; `options` as for `vaezip.Decoder`.

    Args:
        normal: what `vaezip.NormalPictures.save` returned.

    Returns:
        The values of `ANOMALIES`, as `vaezip.Score` has them.
    """

    def work() -> dict[str, Any]:
        score = _normal(normal).score(_features(_required(content), threads=1, **options), false_positive_rate)
        return {
            "score": score.score,
            "peak": score.peak,
            "peak_x": score.peak_position[0],
            "peak_y": score.peak_position[1],
            "is_anomalous": score.is_anomalous,
        }

    return _record(ANOMALIES, work)


def _required(content: Any) -> bytes:
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise Error(f"expected the bytes of a file, found {type(content).__name__}")
    return bytes(content)


def _psnr(mse: float) -> float:
    return math.inf if mse == 0 else 10 * math.log10(255 * 255 / mse)


def _record(schema: dict[str, str], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    begin = time.perf_counter()
    record: dict[str, Any] = dict.fromkeys(schema)
    try:
        record.update(work())
    except Error as error:
        record["error"] = str(error)
    if "seconds" in record:
        record["seconds"] = time.perf_counter() - begin
    return record


# Encoders and decoders are made once a process and set of options.


def _encoder(**options: Any) -> Encoder:
    return _made(Encoder, tuple(sorted({"threads": 1, **options}.items())))


def _decoder(**options: Any) -> Decoder:
    return _made(Decoder, tuple(sorted({"threads": 1, **options}.items())))


@functools.lru_cache(maxsize=32)
def _made(kind: Callable[..., Any], options: tuple) -> Any:
    return kind(**dict(options))


@functools.lru_cache(maxsize=4)
def _normal(json: bytes) -> NormalPictures:
    return NormalPictures(json)


def schema_text(schema: dict[str, str], path: Optional[str] = "path") -> str:
    """A schema as Spark's DDL, after a column with the path."""
    columns = ([f"{path} string"] if path else []) + [f"{name} {type}" for name, type in schema.items()]
    return ", ".join(columns)
