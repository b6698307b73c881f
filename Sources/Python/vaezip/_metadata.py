"""Metadata: chunks of PNG, verbatim, and what they mean."""

from __future__ import annotations

import ctypes
import struct
import zlib
from typing import Iterable, NamedTuple, Optional

from . import _library as c

#: Larger color profiles are not unpacked.
_LARGEST_PROFILE = 1 << 24


class Chunk(NamedTuple):
    """A chunk of PNG (ISO/IEC 15948, section 5.3)."""

    #: Four letters, such as ``eXIf``.
    type: str
    data: bytes
    #: Whether a PNG has it after its pixels.
    follows_pixels: bool = False


def exif_chunk(exif: bytes) -> Chunk:
    """Exif data (a TIFF file, with or without ``Exif\\0\\0`` before it)."""
    return Chunk("eXIf", exif[6:] if exif[:6] == b"Exif\0\0" else exif)


def profile_chunk(profile: bytes, name: str = "ICC profile") -> Chunk:
    """An ICC color profile."""
    return Chunk("iCCP", name.encode("latin-1")[:79] + b"\0\0" + zlib.compress(profile, 9))


def resolution_chunk(x: float, y: float) -> Chunk:
    """Pixels per inch."""
    per_meter = [min(max(round(dpi / 0.0254), 0), 0x7FFFFFFF) for dpi in (x, y)]
    return Chunk("pHYs", struct.pack(">IIB", *per_meter, 1))


def find(chunks: Iterable[Chunk], type: str) -> Optional[bytes]:
    """The data of the first chunk of a type."""
    return next((chunk.data for chunk in chunks if chunk.type == type), None)


def profile(chunks: Iterable[Chunk]) -> Optional[bytes]:
    """The ICC color profile; None if there is none, or if it is damaged."""
    data = find(chunks, "iCCP") or b""
    _, separator, rest = data.partition(b"\0")
    if not separator or rest[:1] != b"\0":
        return None
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(rest[1:], _LARGEST_PROFILE)
    except zlib.error:
        return None
    return unpacked if unpacker.eof else None


def resolution(chunks: Iterable[Chunk]) -> Optional[tuple[float, float]]:
    """Pixels per inch; None if unknown."""
    data = find(chunks, "pHYs")
    if data is None or len(data) != 9 or data[8] != 1:
        return None
    x, y = struct.unpack(">II", data[:8])
    return x * 0.0254, y * 0.0254


def handle_of(chunks: Iterable[Chunk]) -> Optional[c.Handle]:
    """The chunks as the C library has them; None if there are none."""
    handle = None
    for type, data, follows_pixels in chunks:
        if handle is None:
            handle = c.Handle("metadata", c.library.vaezip_metadata_create())
        c.call(
            "metadata_add", handle.pointer, type.encode("latin-1", "replace"), data, len(data), bool(follows_pixels)
        )
    return handle


def chunks_of(metadata: int) -> list[Chunk]:
    """The chunks of a handle."""
    chunks = []
    type, data = ctypes.create_string_buffer(5), ctypes.c_void_p()
    size, follows = ctypes.c_size_t(), ctypes.c_int()
    for index in range(c.library.vaezip_metadata_count(metadata)):
        c.library.vaezip_metadata_get(
            metadata, index, type, ctypes.byref(data), ctypes.byref(size), ctypes.byref(follows)
        )
        chunks.append(Chunk(type.value.decode("latin-1"), ctypes.string_at(data, size.value), bool(follows.value)))
    return chunks
