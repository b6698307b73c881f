"""Decoding."""

from __future__ import annotations

import ctypes
import os
import warnings
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional, Sequence

import numpy as np

from . import _library as c
from ._encoder import set_options
from ._metadata import Chunk, chunks_of, find, profile, resolution
from ._sources import Source, array_of, image_of, read

_OPTIONS = {"threads": 0, "max_pixels": 1, "max_memory": 2, "max_metadata": 3, "keep_going": 4}


class DamageWarning(UserWarning):
    """Some tiles of a picture were replaced."""


@dataclass(frozen=True)
class Info:
    """What a .vz file says before its pixels."""

    #: In pixels.
    width: int
    #: In pixels.
    height: int
    #: 1: gray. 2: gray, alpha. 3: RGB. 4: RGB, alpha.
    channels: int
    #: Bits of a sample: 8 or 16.
    depth: int
    #: Version of the format.
    version: int
    #: The model that the pixels need, 16 hexadecimal digits; None if they need none.
    model_id: Optional[str]
    #: Between the model's quality levels, in 1/256 level.
    quality_position: int
    #: Side of a tile in pixels.
    tile_size: int
    tile_count: int
    #: Bits of the samples of exact pixels; 0 if there are none.
    exact_depth: int
    #: Of the file.
    bytes: int
    metadata: tuple[Chunk, ...]

    @property
    def lossless(self) -> bool:
        """Whether every pixel is kept exactly."""
        return self.model_id is None

    @property
    def bits_per_pixel(self) -> float:
        """Of the whole file."""
        return 8 * self.bytes / (self.width * self.height)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array that decoding gives."""
        size = (self.height, self.width)
        return size if self.channels == 1 else (*size, self.channels)

    @property
    def dtype(self) -> np.dtype:
        """Of the array that decoding gives."""
        return np.dtype(np.uint16 if self.depth == 16 else np.uint8)

    @property
    def exif(self) -> Optional[bytes]:
        """Exif data, a TIFF file."""
        return find(self.metadata, "eXIf")

    @property
    def icc_profile(self) -> Optional[bytes]:
        """The ICC color profile."""
        return profile(self.metadata)

    @property
    def dpi(self) -> Optional[tuple[float, float]]:
        """Pixels per inch, horizontally and vertically."""
        return resolution(self.metadata)


class File:
    """A .vz file in memory, for several regions of it. Made by `Decoder.open`."""

    def __init__(self, decoder: "Decoder", data: bytes):
        self._decoder = decoder
        self._handle: Optional[c.Handle] = c.create("file", "file_open", decoder._open().pointer, data, len(data))
        library, pointer = c.library, self._handle.pointer
        width, height, channels, depth, version, position, size, count, needs, exact, total = (
            library.vaezip_file_get(pointer, field) for field in range(11)
        )
        self.info = Info(
            width=width,
            height=height,
            channels=channels,
            depth=depth,
            version=version,
            model_id=f"{library.vaezip_file_model_id(pointer):016x}" if needs else None,
            quality_position=position,
            tile_size=size,
            tile_count=count,
            exact_depth=exact,
            bytes=total,
            metadata=tuple(chunks_of(library.vaezip_file_metadata(pointer))),
        )

    def decode(
        self,
        region: Optional[Sequence[int]] = None,
        *,
        channels: Optional[int] = None,
        dtype: Any = None,
        out: Optional[np.ndarray] = None,
    ) -> np.ndarray:
        """Decodes the picture, or a part of it in a fraction of the time.

        Args:
            region: (x, y, width, height) in pixels; None takes all.
            channels: 1…4 in place of the file's: gray becomes RGB, alpha is left out or opaque.
            dtype: uint8 or uint16 in place of the file's; 16 bits are rounded to 8, or 8 widened to 16.
            out: an array of the right shape that the pixels are written into.

        Returns:
            An array of the shape (height, width) for 1 channel, else (height, width, channels).

        Raises:
            ArgumentError: the region is not inside of the picture.
            Error: with the codec's message.
        """
        handle, box = self._open(), self._region(region)
        array = self._target(box, channels, dtype, out)
        status, text = c.call(
            "decode",
            self._decoder._open().pointer,
            handle.pointer,
            ctypes.byref(box),
            ctypes.byref(image_of(array)),
        )
        if status == c.INCOMPLETE:
            warnings.warn(text, DamageWarning, stacklevel=2)
        return array

    def preview(
        self,
        scale: int = 8,
        region: Optional[Sequence[int]] = None,
        *,
        channels: Optional[int] = None,
        dtype: Any = None,
    ) -> np.ndarray:
        """A small version of the picture, in about a quarter of the time.

        Args:
            scale: 8 or 16: a pixel stands for so many pixels in width and height.
            region: (x, y, width, height) in pixels of the picture; the preview has all cells that hold a part of it.
            channels, dtype: as for `decode`.
        """
        handle, box = self._open(), self._region(region)
        if scale not in (8, 16):
            raise ValueError(f"scale: expected 8 or 16, found {scale!r}")
        width, height = ctypes.c_uint32(), ctypes.c_uint32()
        c.call(
            "preview_size", handle.pointer, ctypes.byref(box), scale, ctypes.byref(width), ctypes.byref(height)
        )
        size = c.Region(0, 0, width.value, height.value)
        array = self._array(size, channels, dtype)
        status, text = c.call(
            "preview",
            self._decoder._open().pointer,
            handle.pointer,
            ctypes.byref(box),
            scale,
            ctypes.byref(image_of(array)),
        )
        if status == c.INCOMPLETE:
            warnings.warn(text, DamageWarning, stacklevel=2)
        return array

    def decode_rows(
        self,
        write: Callable[[int, np.ndarray], Any],
        region: Optional[Sequence[int]] = None,
        *,
        channels: Optional[int] = None,
        dtype: Any = None,
    ) -> None:
        """Decodes a picture that need not fit into memory, some rows at a time.

        Args:
            write: is called with the number of the first row and an array of some rows, from the top, from other
                threads, one at a time. The array is valid during the call.
            region, channels, dtype: as for `decode`.

        Raises:
            Error: with the codec's message; or what `write` raises.
        """
        handle, box = self._open(), self._region(region)
        channels = self.info.channels if channels is None else channels
        dtype = _dtype(self.info.dtype if dtype is None else dtype)
        if not 1 <= channels <= 4:
            raise ValueError(f"channels: expected 1…4, found {channels}")
        image = c.Image(box.width, box.height, channels, 8 * dtype.itemsize, 0, None)
        failures: list[BaseException] = []

        def take(_context: Any, y: int, count: int, rows: int, row_bytes: int) -> int:
            try:
                memory = (ctypes.c_char * (count * row_bytes)).from_address(rows)
                shape = (count, box.width) if channels == 1 else (count, box.width, channels)
                write(y, np.frombuffer(memory, dtype).reshape(shape))
                return 0
            except BaseException as error:
                failures.append(error)
                return 1

        try:
            status, text = c.call(
                "decode_rows",
                self._decoder._open().pointer,
                handle.pointer,
                ctypes.byref(box),
                ctypes.byref(image),
                c.ROWS(take),
                None,
            )
        except c.Error:
            if failures:
                raise failures[0] from None
            raise
        if status == c.INCOMPLETE:
            warnings.warn(text, DamageWarning, stacklevel=2)

    def to_png(self, region: Optional[Sequence[int]] = None) -> bytes:
        """The picture, or a region of it, as a PNG file with its metadata."""
        box = None if region is None else ctypes.byref(self._region(region))
        return c.produce("decompress", self._decoder._open().pointer, self._open().pointer, box).data

    def verify(self) -> None:
        """Decodes the file, compares all checksums, and keeps nothing. Raises `Error` if one is wrong."""
        c.call("verify", self._decoder._open().pointer, self._open().pointer)

    def close(self) -> None:
        """Frees the file. Calls that have begun end as usual; later ones raise ValueError."""
        self._handle = None

    def _open(self) -> c.Handle:
        if self._handle is None:
            raise ValueError("the file is closed")
        return self._handle

    def _region(self, region: Optional[Sequence[int]]) -> c.Region:
        if region is None:
            return c.Region(0, 0, self.info.width, self.info.height)
        x, y, width, height = (int(number) for number in region)
        inside = x >= 0 and y >= 0 and width > 0 and height > 0
        if not inside or x + width > self.info.width or y + height > self.info.height:
            raise c.BY_STATUS[2](
                f"region: expected one inside of {self.info.width} × {self.info.height} pixels, "
                f"found {x},{y},{width},{height}"
            )
        return c.Region(x, y, width, height)

    def _array(self, box: c.Region, channels: Optional[int], dtype: Any) -> np.ndarray:
        channels = self.info.channels if channels is None else channels
        if not 1 <= channels <= 4:
            raise ValueError(f"channels: expected 1…4, found {channels}")
        shape = (box.height, box.width) if channels == 1 else (box.height, box.width, channels)
        return np.empty(shape, _dtype(self.info.dtype if dtype is None else dtype))

    def _target(
        self, box: c.Region, channels: Optional[int], dtype: Any, out: Optional[np.ndarray]
    ) -> np.ndarray:
        if out is None:
            needed = c.library.vaezip_decode_memory(
                self._decoder._open().pointer, self._open().pointer, ctypes.byref(box), None
            )
            limit = c.library.vaezip_decoder_get(self._decoder._open().pointer, _OPTIONS["max_memory"])
            if needed > limit:
                raise c.BY_STATUS[6](f"too large: bytes of memory: the limit is {limit}, found {needed}")
            return self._array(box, channels, dtype)
        channels = self.info.channels if channels is None else channels
        dtype = _dtype(self.info.dtype if dtype is None else dtype)
        shape = (box.height, box.width) if channels == 1 else (box.height, box.width, channels)
        if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
            found = f"{out.shape}, {out.dtype}" if isinstance(out, np.ndarray) else type(out).__name__
            raise ValueError(f"out: expected an array {shape}, {dtype}, found {found}")
        packed = array_of(out)
        follows = out.strides[1] == out.dtype.itemsize * channels or out.shape[1] == 1
        samples = out.ndim == 2 or out.strides[2] == out.dtype.itemsize
        if not out.flags.writeable or not follows or not samples or abs(out.strides[0]) < channels * out.dtype.itemsize * out.shape[1]:
            raise ValueError("out: expected a writable array whose pixels follow each other in each row")
        return packed

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _dtype(dtype: Any) -> np.dtype:
    dtype = np.dtype(dtype)
    if dtype not in (np.uint8, np.uint16) or not dtype.isnative:
        raise TypeError(f"expected the type uint8 or uint16, found {dtype}")
    return dtype


class Decoder:
    """A decoder with its options and models. Several threads may use it at once; calls release the GIL.

    >>> decoder = Decoder(threads=1)
    >>> array = decoder.decode("photo.vz")

    Args:
        threads: 0 takes all cores. The picture does not depend on it.
        max_pixels, max_memory, max_metadata: files that ask for more raise `LimitError`.
        keep_going: replaces tiles that are damaged, and warns with `DamageWarning`.
        models: model files besides the built-in model: paths, bytes or file objects.
        folders: folders with more of them; None takes the standard ones, as the program does.
    """

    def __init__(
        self,
        *,
        threads: int = 0,
        max_pixels: int = 1 << 30,
        max_memory: int = 1 << 32,
        max_metadata: int = 1 << 26,
        keep_going: bool = False,
        models: Iterable[Source] = (),
        folders: Optional[Iterable[Any]] = None,
    ):
        self._options = {
            "threads": threads,
            "max_pixels": max_pixels,
            "max_memory": max_memory,
            "max_metadata": max_metadata,
            "keep_going": keep_going,
        }
        self._models = [read(model) for model in models]
        self._folders = None if folders is None else [os.fspath(folder) for folder in folders]
        self._handle: Optional[c.Handle] = c.create("decoder", "decoder_create")
        set_options(self._handle, "decoder_set", _OPTIONS, self._options)
        for bytes_ in self._models:
            model = c.create("model", "model_load", bytes_, len(bytes_))
            c.call("decoder_add_model", self._handle.pointer, model.pointer)
        if self._folders is None:
            c.call("decoder_add_standard_folders", self._handle.pointer)
        for folder in self._folders or ():
            c.call("decoder_add_folder", self._handle.pointer, os.fsencode(folder))

    def open(self, source: Source) -> File:
        """Reads a file: header, metadata and tile index are checked, pixels are decoded later."""
        return File(self, read(source))

    def decode(self, source: Source, region: Optional[Sequence[int]] = None, **options: Any) -> np.ndarray:
        """Decodes a file; `options` as for `File.decode`."""
        return self.open(source).decode(region, **options)

    def close(self) -> None:
        """Frees the decoder. Calls that have begun end as usual; later ones raise ValueError."""
        self._handle = None

    def _open(self) -> c.Handle:
        if self._handle is None:
            raise ValueError("the decoder is closed")
        return self._handle

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __reduce__(self) -> tuple:
        return _restored, ({**self._options, "models": self._models, "folders": self._folders},)

    def __repr__(self) -> str:
        return f"Decoder({', '.join(f'{name}={value!r}' for name, value in self._options.items())})"


def _restored(options: dict[str, Any]) -> Decoder:
    return Decoder(**options)


def decode(
    source: Source,
    region: Optional[Sequence[int]] = None,
    *,
    channels: Optional[int] = None,
    dtype: Any = None,
    out: Optional[np.ndarray] = None,
    **options: Any,
) -> np.ndarray:
    """Decodes a .vz file: a path, bytes or a file object.

    >>> array = vaezip.decode("photo.vz")
    >>> part = vaezip.decode("photo.vz", region=(1024, 512, 640, 480))

    Args:
        source, region, channels, dtype, out: as for `File.decode`.
        options: as for `Decoder`.
    """
    return Decoder(**options).decode(source, region, channels=channels, dtype=dtype, out=out)


def preview(
    source: Source,
    scale: int = 8,
    region: Optional[Sequence[int]] = None,
    *,
    channels: Optional[int] = None,
    dtype: Any = None,
    **options: Any,
) -> np.ndarray:
    """A small version of a .vz file, 1/8 or 1/16 of width and height, in about a quarter of the time.

    Args:
        source, scale, region, channels, dtype: as for `File.preview`.
        options: as for `Decoder`.
    """
    return Decoder(**options).open(source).preview(scale, region, channels=channels, dtype=dtype)


def info(source: Source, **options: Any) -> Info:
    """What a .vz file says before its pixels; `options` as for `Decoder`."""
    return Decoder(**options).open(source).info


def compress(png: Source, **options: Any) -> bytes:
    """A PNG, JPEG or PPM file to a .vz file, the same bytes as those of the program; `options` as for `Encoder`."""
    from ._encoder import Encoder

    return Encoder(**options).encode(read(png))


def decompress(source: Source, region: Optional[Sequence[int]] = None, **options: Any) -> bytes:
    """A .vz file to a PNG file, the same bytes as those of the program; `options` as for `Decoder`."""
    return Decoder(**options).open(source).to_png(region)
