"""Encoding."""

from __future__ import annotations

import ctypes
import math
from typing import Any, Iterable, NamedTuple, Optional, Union

import numpy as np

from . import _library as c
from ._errors import ArgumentError
from ._metadata import Chunk, handle_of
from ._sources import Source, array_of, image_of, packed_rows, read, write

_OPTIONS = {
    "effort": 1,
    "threads": 2,
    "tile_size": 3,
    "lossless": 4,
    "keep_invisible_color": 5,
    "exact_pixels": 6,
    "measure_error": 7,
    "metadata": 8,
    "max_pixels": 9,
    "max_memory": 10,
}
_FRACTIONS = {"quality": 0, "target_size": 11, "target_bpp": 12, "target_psnr": 13, "target_ssimulacra2": 14}


def set_options(handle: c.Handle, function: str, numbers: dict[str, int], options: dict[str, Any]) -> None:
    """Sets options by name."""
    for name, value in options.items():
        try:
            number = int(value)
            exact = number == value
        except (TypeError, ValueError):
            exact = False
        if not exact or not -(1 << 63) <= number < 1 << 63:
            raise TypeError(f"{name}: expected a whole number, found {value!r}")
        c.call(function, handle.pointer, numbers[name], number)


def _set_fractions(handle: c.Handle, options: dict[str, Any]) -> None:
    """Sets the quality and the targets."""
    for name, value in options.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"{name}: expected a number, found {value!r}") from None
        if name != "quality" and number == 0:
            # The library would take it for none.
            raise ArgumentError(f"{name}: expected more than 0, found {value!r}")
        c.call("encoder_set_double", handle.pointer, _FRACTIONS[name], number)


class Encoded(NamedTuple):
    """A .vz file, and what the encoder says about it."""

    data: bytes
    #: Mean squared error of the decoded color, samples 0…255; NaN without ``measure_error``.
    mse: float
    #: What the picture lost on the way, such as chunks of a PNG that were not kept.
    notices: list[str]
    #: What was reached, in the unit of the encoder's target; NaN without a target.
    reached: float = math.nan


class Encoder:
    """An encoder with its options. Several threads may use it at once; calls release the GIL.

    >>> encoder = Encoder(quality=60, threads=1)
    >>> data = encoder.encode(array)

    Args:
        quality: 0, the smallest file, … 100, the best picture; fractions, too. With the built-in model, 30…90 is about the
            SSIMULACRA2 that photographs get on average.
        target_size: the best quality whose file has at most so many bytes. A target replaces `quality`; one is allowed. It
            encodes 5 to 14 times.
        target_bpp: the best quality whose file has at most so many bits per pixel.
        target_psnr: the smallest file with at least this PSNR of the color in dB.
        target_ssimulacra2: the smallest file with at least this score of SSIMULACRA2, at most 100.
        effort: 1…9, time spent on a smaller file at equal quality.
        lossless: keeps every sample; quality has no meaning then.
        threads: 0 takes all cores. The file does not depend on it.
        tile_size: a power of two, 64…16384; 0 chooses.
        keep_invisible_color: keeps the color of fully transparent pixels.
        exact_pixels: lets graphics be kept exactly where that costs less than their errors.
        measure_error: lets `encode_with_error` measure the error.
        metadata: False leaves metadata out.
        max_pixels, max_memory: pictures that ask for more raise `LimitError`.
        model: a model file, if it is not the built-in model: a path, bytes or a file object.

    Raises:
        ArgumentError: an option is out of range.
        ModelError: the model file is wrong.
    """

    def __init__(
        self,
        quality: float = 75,
        *,
        target_size: Optional[int] = None,
        target_bpp: Optional[float] = None,
        target_psnr: Optional[float] = None,
        target_ssimulacra2: Optional[float] = None,
        effort: int = 3,
        lossless: bool = False,
        threads: int = 0,
        tile_size: int = 0,
        keep_invisible_color: bool = False,
        exact_pixels: bool = True,
        measure_error: bool = False,
        metadata: bool = True,
        max_pixels: int = 1 << 30,
        max_memory: int = 1 << 32,
        model: Optional[Source] = None,
    ):
        targets = {
            "target_size": target_size,
            "target_bpp": target_bpp,
            "target_psnr": target_psnr,
            "target_ssimulacra2": target_ssimulacra2,
        }
        self._fractions = {
            "quality": quality,
            **{name: value for name, value in targets.items() if value is not None},
        }
        self._options = {
            "effort": effort,
            "lossless": lossless,
            "threads": threads,
            "tile_size": tile_size,
            "keep_invisible_color": keep_invisible_color,
            "exact_pixels": exact_pixels,
            "measure_error": measure_error,
            "metadata": metadata,
            "max_pixels": max_pixels,
            "max_memory": max_memory,
        }
        self._model = None if model is None else read(model)
        loaded = None
        if self._model is not None:
            loaded = c.create("model", "model_load", self._model, len(self._model))
        self._handle: Optional[c.Handle] = c.create("encoder", "encoder_create", loaded and loaded.pointer)
        set_options(self._handle, "encoder_set", _OPTIONS, self._options)
        _set_fractions(self._handle, self._fractions)

    def encode(self, image: Any, file: Any = None, *, metadata: Iterable[Chunk] = ()) -> bytes:
        """Encodes a picture.

        Args:
            image: an array of the shape (height, width) or (height, width, channels), uint8 or uint16, with 1 (gray),
                2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha) channels; or a PNG, JPEG or PPM file: a path, bytes or a file
                object.
            file: a path or a file object that the result is also written to.
            metadata: for an array; those of a PNG are kept.

        Returns:
            The .vz file.

        Raises:
            Error: with the codec's message.
        """
        data = self.encode_with_error(image, metadata=metadata).data
        if file is not None:
            write(file, data)
        return data

    def encode_with_error(self, image: Any, *, metadata: Iterable[Chunk] = ()) -> Encoded:
        """As `encode`; also returns the mean squared error, if the encoder measures it, and notices."""
        handle = self._open()
        if isinstance(image, (bytes, bytearray, memoryview, str)) or hasattr(image, "__fspath__") or hasattr(image, "read"):
            png = read(image)
            output = c.produce("compress", handle.pointer, png, len(png))
        else:
            array = packed_rows(array_of(image))
            chunks = handle_of(metadata)
            output = c.produce(
                "encode", handle.pointer, ctypes.byref(image_of(array)), chunks and chunks.pointer
            )
        return Encoded(output.data, output.mse, output.notices, output.reached)

    def encode_rows(
        self,
        width: int,
        height: int,
        rows: Iterable[np.ndarray],
        *,
        channels: int = 3,
        dtype: Any = np.uint8,
        metadata: Iterable[Chunk] = (),
    ) -> bytes:
        """Encodes a picture that comes in parts, from the top, and need not fit into memory.

        Args:
            width, height: in pixels.
            rows: arrays of the shape (some rows, width) or (some rows, width, channels). They are asked for from other
                threads, one at a time.
            channels: 1…4.
            dtype: uint8 or uint16.

        Raises:
            Error: with the codec's message; or what `rows` raises.
        """
        handle, dtype = self._open(), np.dtype(dtype)
        if dtype not in (np.uint8, np.uint16):
            raise TypeError(f"expected samples of the type uint8 or uint16, found {dtype}")
        for name, value in (("width", width), ("height", height), ("channels", channels)):
            if not 1 <= value < 1 << 32:
                raise ValueError(f"{name}: expected at least 1 and below 2³², found {value}")
        image = c.Image(width, height, channels, 8 * dtype.itemsize, 0, None)
        reader = _Rows(iter(rows), width * channels, dtype)
        callback, chunks, pointer = c.ROWS(reader.fill), handle_of(metadata), ctypes.c_void_p()
        try:
            c.call(
                "encode_rows",
                handle.pointer,
                ctypes.byref(image),
                chunks and chunks.pointer,
                callback,
                None,
                ctypes.byref(pointer),
            )
        except c.Error:
            if reader.error is not None:
                raise reader.error from None
            raise
        return c.Output(pointer).data

    def close(self) -> None:
        """Frees the encoder. Calls that have begun end as usual; later ones raise ValueError."""
        self._handle = None

    def _open(self) -> c.Handle:
        if self._handle is None:
            raise ValueError("the encoder is closed")
        return self._handle

    def __enter__(self) -> "Encoder":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __reduce__(self) -> tuple:
        return _restored, ({**self._fractions, **self._options}, self._model)

    def __repr__(self) -> str:
        options = {**self._fractions, **self._options}
        return f"Encoder({', '.join(f'{name}={value!r}' for name, value in options.items())})"


def _restored(options: dict[str, Any], model: Optional[bytes]) -> Encoder:
    return Encoder(**options, model=model)


class _Rows:
    """Hands the rows of an iterator to the library."""

    def __init__(self, rows: Any, row_samples: int, dtype: np.dtype):
        self.rows, self.row_samples, self.dtype = rows, row_samples, dtype
        self.left = np.empty(0, dtype)
        self.error: Optional[BaseException] = None

    def fill(self, _context: Any, _y: int, count: int, target: int, row_bytes: int) -> int:
        try:
            needed, done = count * self.row_samples, 0
            memory = (ctypes.c_char * (count * row_bytes)).from_address(target)
            place = np.frombuffer(memory, self.dtype)
            while done < needed:
                if not self.left.size:
                    self.left = self.next_samples()
                part = self.left[: needed - done]
                place[done : done + part.size] = part
                self.left = self.left[part.size :]
                done += part.size
            return 0
        except BaseException as error:
            self.error = error
            return 1

    def next_samples(self) -> np.ndarray:
        try:
            block = np.asarray(next(self.rows))
        except StopIteration:
            raise ValueError("rows: expected more of them, found their end") from None
        if block.dtype != self.dtype:
            raise TypeError(f"rows: expected {self.dtype}, found {block.dtype}")
        if block.size == 0 or block.size % self.row_samples:
            raise ValueError(f"rows: expected whole ones of {self.row_samples} samples, found {block.size} samples")
        return np.ascontiguousarray(block).reshape(-1)


def encode(image: Any, file: Any = None, *, metadata: Union[Iterable[Chunk], bool] = (), **options: Any) -> bytes:
    """Encodes a picture: an array, or a PNG, JPEG or PPM file as path, bytes or file object.

    >>> vaezip.encode(array, "photo.vz", quality=60)
    >>> data = vaezip.encode("photo.png")

    Args:
        image, file, metadata: as for `Encoder.encode`; ``metadata=False`` leaves those of a PNG out.
        options: as for `Encoder`.

    Returns:
        The .vz file.
    """
    if isinstance(metadata, bool):
        options["metadata"], metadata = metadata, ()
    return Encoder(**options).encode(image, file, metadata=metadata)
