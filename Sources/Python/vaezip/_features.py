"""Latents, rates and anomalies: what the model says of a picture, without its pixels."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from . import _library as c
from ._decoder import Decoder
from ._encoder import Encoder
from ._sources import Source, array_of, image_of, packed_rows, read, write

_KINDS = {
    "latents": 0,
    "latents_in_steps": 1,
    "means": 2,
    "means_in_steps": 3,
    "hyper": 4,
    "bits": 5,
    "expected_bits": 6,
    "hyper_bits": 7,
    "coded": 8,
    "pooled": 9,
}


class Features:
    """Latents and rates of a picture, made by `features`. Arrays are float32 and copies.

    A position is 16 × 16 pixels, one of the hyper-latents 64 × 64; sizes are rounded up.
    """

    def __init__(self, handle: c.Handle):
        self._handle = handle
        #: 16 hexadecimal digits.
        self.model_id = f"{c.library.vaezip_features_model_id(handle.pointer):016x}"

    def _get(self, kind: str) -> np.ndarray:
        values, shape, dimensions = c.FLOATS(), (ctypes.c_size_t * 3)(), ctypes.c_int()
        c.call(
            "features_get",
            self._handle.pointer,
            _KINDS[kind],
            ctypes.byref(values),
            shape,
            ctypes.byref(dimensions),
        )
        return np.ctypeslib.as_array(values, tuple(shape[: dimensions.value])).copy()

    @property
    def latents(self) -> np.ndarray:
        """Quantized latents as the synthesis gets them: (height / 16, width / 16, channels)."""
        return self._get("latents")

    @property
    def latents_in_steps(self) -> np.ndarray:
        """The same in quantization steps; they cannot be compared between qualities."""
        return self._get("latents_in_steps")

    @property
    def means(self) -> np.ndarray:
        """Latents before quantization, the mean of the posterior; only of arrays at effort 1."""
        return self._get("means")

    @property
    def means_in_steps(self) -> np.ndarray:
        """The same in quantization steps."""
        return self._get("means_in_steps")

    @property
    def hyper(self) -> np.ndarray:
        """Quantized hyper-latents: (height / 64, width / 64, channels)."""
        return self._get("hyper")

    @property
    def bits(self) -> np.ndarray:
        """Bits of each position: (height / 16, width / 16)."""
        return self._get("bits")

    @property
    def expected_bits(self) -> np.ndarray:
        """Bits that the prior expected of each position: as `bits`."""
        return self._get("expected_bits")

    @property
    def hyper_bits(self) -> np.ndarray:
        """Bits of each position of the hyper-latents: (height / 64, width / 64)."""
        return self._get("hyper_bits")

    @property
    def coded(self) -> np.ndarray:
        """Where the pixels of a position come from latents, not from exact coding: bool, as `bits`."""
        return self._get("coded") > 0

    @property
    def pooled(self) -> np.ndarray:
        """Mean, then standard deviation, of each channel over the picture: (2 · channels)."""
        return self._get("pooled")


def features(picture: Union[np.ndarray, Source], *, quality: float = 75, effort: int = 1, **options: Any) -> Features:
    """Latents and rates of a .vz file (path, bytes or file object), or of an array.

    >>> vaezip.features("photo.vz").pooled.shape
    (640,)

    Args:
        quality, effort: for an array, as for `Encoder`; effort 1 is the fastest, and the only one that gives `means`.
        options: as for `Decoder`, or for an array as for `Encoder`.

    Raises:
        ArgumentError: all pixels of the file are exact, so it has no latents.
    """
    if isinstance(picture, np.ndarray):
        array = packed_rows(array_of(picture))
        encoder = Encoder(quality, effort=effort, **options)
        return Features(
            c.create("features", "features_of_image", encoder._open().pointer, ctypes.byref(image_of(array)))
        )
    decoder = Decoder(**options)
    file = decoder.open(picture)
    return Features(c.create("features", "features_of_file", decoder._open().pointer, file._open().pointer))


def latents(picture: Union[np.ndarray, Source], **options: Any) -> np.ndarray:
    """Quantized latents: (height / 16, width / 16, channels), float32; arguments as for `features`."""
    return features(picture, **options).latents


def rate_map(picture: Union[np.ndarray, Source], **options: Any) -> np.ndarray:
    """Bits of each 16 × 16 pixels: (height / 16, width / 16), float32; arguments as for `features`."""
    return features(picture, **options).bits


class Score(NamedTuple):
    """How far a picture is from normal ones. Distances are in standard deviations."""

    #: The larger of `peak` and `whole`, each divided by its threshold: above 1 is anomalous.
    score: float
    #: The largest distance of a position.
    peak: float
    #: Column and row of the peak, in positions of 16 × 16 pixels.
    peak_position: tuple[int, int]
    #: The distance of the whole picture; None if too few pictures were added.
    whole: Optional[float]
    #: The threshold of a position's distance.
    threshold: float
    #: The distance of each position: (height / 16, width / 16), float32.
    map: np.ndarray

    @property
    def is_anomalous(self) -> bool:
        return self.score > 1


class NormalPictures:
    """What the rates of normal pictures are like, and how far others are from them.

    >>> normal = NormalPictures()
    >>> for path in paths: normal.add(vaezip.features(path))
    >>> normal.score(vaezip.features("other.vz")).is_anomalous

    All pictures must be of one model and quality.

    Args:
        source: a file that `save` or ``vaezip anomaly fit`` wrote: a path, bytes or a file object.
    """

    def __init__(self, source: Optional[Source] = None):
        if source is None:
            self._handle = c.Handle("normal", c.library.vaezip_normal_create())
        else:
            json = read(source)
            self._handle = c.create("normal", "normal_load", json, len(json))

    def add(self, picture: Features) -> None:
        """Adds a normal picture."""
        c.call("normal_add", self._handle.pointer, picture._handle.pointer)

    def save(self, file: Any = None) -> bytes:
        """The JSON of what was fitted; also writes it to a path or a file object."""
        json = c.produce("normal_save", self._handle.pointer).data
        if file is not None:
            write(file, json)
        return json

    def score(self, picture: Features, false_positive_rate: float = 0.01) -> Score:
        """Compares a picture with the normal ones.

        Args:
            false_positive_rate: which part of the normal pictures, or positions, may lie above the thresholds, 0…1.
        """
        distances = np.zeros_like(picture.bits)
        score = c.Score()
        c.call(
            "normal_score",
            self._handle.pointer,
            picture._handle.pointer,
            false_positive_rate,
            ctypes.byref(score),
            distances.ctypes.data_as(c.FLOATS),
        )
        whole = None if score.whole != score.whole else score.whole
        return Score(score.score, score.peak, (score.peak_x, score.peak_y), whole, score.threshold, distances)

    def __reduce__(self) -> tuple:
        return NormalPictures, (self.save(),)
