"""What callers pass: paths, bytes, file objects, arrays."""

from __future__ import annotations

import ctypes
import os
from typing import Any, BinaryIO, Union

import numpy as np

from . import _library as c

#: A path, the bytes of a file, or an object with `read`.
Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryIO]


def read(source: Source) -> bytes:
    """The bytes of a source."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return file.read()
    reader = getattr(source, "read", None)
    if reader is None:
        raise TypeError(f"expected a path, bytes or a file object, found {type(source).__name__}")
    content = reader()
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise TypeError("expected a file that was opened in binary mode")
    return bytes(content)


def write(target: Any, data: bytes) -> None:
    """Writes to a path, whole or not at all, or to a file object."""
    if not isinstance(target, (str, os.PathLike)):
        target.write(data)
        return
    path = os.fspath(target)
    temporary = f"{path}.{os.getpid()}.part"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


def array_of(image: Any) -> np.ndarray:
    """An array of the shape (height, width) or (height, width, 1…4) and the type uint8 or uint16."""
    array = np.asarray(image)
    if array.dtype.kind == "u" and array.dtype.itemsize in (1, 2):
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    else:
        raise TypeError(f"expected samples of the type uint8 or uint16, found {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise ValueError(f"expected the shape (height, width) or (height, width, 1…4), found {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"expected at least 1 × 1 pixels, found the shape {array.shape}")
    if max(array.shape[:2]) >= 1 << 32:
        raise ValueError(f"expected sides below 2³², found the shape {array.shape}")
    return array


def packed_rows(array: np.ndarray) -> np.ndarray:
    """The array, or a copy of it whose pixels follow each other in each row."""
    channels = array.shape[2] if array.ndim == 3 else 1
    size = array.dtype.itemsize
    pixels_follow = array.strides[1] == size * channels or array.shape[1] == 1
    samples_follow = array.ndim == 2 or array.strides[2] == size or channels == 1
    rows_apart = abs(array.strides[0]) >= size * channels * array.shape[1]
    return array if pixels_follow and samples_follow and rows_apart else np.ascontiguousarray(array)


def image_of(array: np.ndarray, *, pixels: bool = True) -> c.Image:
    """The array as the C library has it. It must outlive the result."""
    return c.Image(
        array.shape[1],
        array.shape[0],
        array.shape[2] if array.ndim == 3 else 1,
        8 * array.dtype.itemsize,
        array.strides[0],
        array.ctypes.data_as(ctypes.c_void_p).value if pixels else None,
    )
