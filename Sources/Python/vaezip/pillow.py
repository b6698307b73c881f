"""Pillow reads and writes .vz files after ``import vaezip.pillow``.

>>> import vaezip.pillow
>>> from PIL import Image
>>> Image.open("photo.vz").save("again.vz", quality=60)

Modes are L, LA, RGB and RGBA, and I;16 for gray of 16 bits; other pictures of 16 bits come with 8. `save` takes the
options of `vaezip.Encoder`, and the usual ``exif``, ``icc_profile`` and ``dpi``.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from ._decoder import Decoder
from ._encoder import Encoder
from ._errors import Error, LimitError
from ._metadata import exif_chunk, profile_chunk, resolution_chunk

_SIGNATURE = b"\xd6VZ\r\n\x1a\n"
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_OPTIONS = (
    "quality",
    "target_size",
    "target_bpp",
    "target_psnr",
    "target_ssimulacra2",
    "effort",
    "lossless",
    "threads",
    "tile_size",
    "keep_invisible_color",
    "exact_pixels",
    "model",
)


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(_SIGNATURE)


class VZImageFile(ImageFile.ImageFile):
    """A .vz file. Its pixels are decoded when they are needed."""

    format = "VZ"
    format_description = "vaezip image"

    def _open(self) -> None:
        try:
            self._file = Decoder().open(self.fp)
        except LimitError as error:
            raise Image.DecompressionBombError(str(error)) from None
        except Error as error:
            raise SyntaxError(str(error)) from None
        info = self._file.info
        self._size = (info.width, info.height)
        self._mode = "I;16" if info.channels == 1 and info.depth == 16 else _MODES[info.channels]
        if info.icc_profile:
            self.info["icc_profile"] = info.icc_profile
        if info.exif:
            self.info["exif"] = b"Exif\0\0" + info.exif
        if info.dpi:
            self.info["dpi"] = info.dpi
        self.tile = []

    def load(self) -> Any:
        if self._file is not None:
            try:
                dtype = np.uint16 if self.mode == "I;16" else np.uint8
                pixels = self._file.decode(dtype=dtype)
            except Error as error:
                raise OSError(str(error)) from None
            self._file = None
            if self.fp is not None and self._exclusive_fp:
                self.fp.close()
            self.fp = io.BytesIO(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes())
            self._exclusive_fp = True
            # Pillow's own "raw" decoder takes them from there.
            self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, (self.mode, 0, 1))] if hasattr(
                ImageFile, "_Tile"
            ) else [("raw", (0, 0, *self.size), 0, (self.mode, 0, 1))]
        return super().load()


def _save(image: Image.Image, file: Any, _filename: Any) -> None:
    options = image.encoderinfo
    if image.mode == "I;16":
        pixels = np.asarray(image)
    elif image.mode in ("L", "LA", "RGB", "RGBA"):
        pixels = np.asarray(image)
    elif image.mode == "1":
        pixels = np.asarray(image.convert("L"))
    elif image.mode in ("P", "PA", "La", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"):
        transparent = image.mode in ("PA", "RGBa", "La") or "transparency" in image.info
        pixels = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    else:
        raise OSError(f"cannot write mode {image.mode} as VZ")
    metadata = []
    profile = options.get("icc_profile", image.info.get("icc_profile"))
    if profile:
        metadata.append(profile_chunk(profile))
    dpi = options.get("dpi")
    if dpi:
        metadata.append(resolution_chunk(*dpi))
    exif = options.get("exif")
    if isinstance(exif, Image.Exif):
        exif = exif.tobytes()
    if exif:
        metadata.append(exif_chunk(exif))
    try:
        encoder = Encoder(**{name: options[name] for name in _OPTIONS if name in options})
        file.write(encoder.encode(pixels, metadata=metadata))
    except Error as error:
        raise OSError(str(error)) from None


Image.register_open(VZImageFile.format, VZImageFile, _accept)
Image.register_save(VZImageFile.format, _save)
Image.register_extension(VZImageFile.format, ".vz")
Image.register_mime(VZImageFile.format, "image/x-vaezip")
