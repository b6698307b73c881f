"""libvaezip.so by ctypes, which releases the GIL while a call runs. The functions are those of vaezip.h."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_ssize_t
from ctypes import c_uint32, c_uint64, c_void_p

from ._errors import BY_STATUS, Error

# The version of vaezip.h that this file follows.
_MAJOR, _MINOR = 0, 1

OK, INCOMPLETE, CALLBACK = 0, 1, 8


class ErrorText(ctypes.Structure):
    _fields_ = [("status", c_int32), ("message", c_char * 508)]


class Region(ctypes.Structure):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("width", c_uint32), ("height", c_uint32)]


class Image(ctypes.Structure):
    _fields_ = [
        ("width", c_uint32),
        ("height", c_uint32),
        ("channels", c_uint32),
        ("depth", c_uint32),
        ("stride", c_ssize_t),
        ("pixels", c_void_p),
    ]


class Score(ctypes.Structure):
    _fields_ = [
        ("score", c_double),
        ("peak", c_double),
        ("whole", c_double),
        ("threshold", c_double),
        ("peak_x", c_uint32),
        ("peak_y", c_uint32),
    ]


FLOATS = POINTER(ctypes.c_float)
ROWS = ctypes.CFUNCTYPE(c_int, c_void_p, c_uint32, c_uint32, c_void_p, c_size_t)

_E, _P, _I, _R = POINTER(ErrorText), c_void_p, POINTER(Image), POINTER(Region)
_OUT = POINTER(c_void_p)

_FUNCTIONS = {
    "version": (c_uint32, []),
    "output_data": (c_void_p, [_P]),
    "output_size": (c_size_t, [_P]),
    "output_mse": (c_double, [_P]),
    "output_reached": (c_double, [_P]),
    "output_notices": (c_char_p, [_P]),
    "output_free": (None, [_P]),
    "model_load": (c_void_p, [_P, c_size_t, _E]),
    "model_built_in": (c_void_p, [_E]),
    "model_id": (c_uint64, [_P]),
    "model_free": (None, [_P]),
    "metadata_create": (c_void_p, []),
    "metadata_add": (c_int, [_P, c_char_p, _P, c_size_t, c_int, _E]),
    "metadata_count": (c_size_t, [_P]),
    "metadata_get": (c_int, [_P, c_size_t, c_char_p, POINTER(c_void_p), POINTER(c_size_t), POINTER(c_int)]),
    "metadata_free": (None, [_P]),
    "encoder_create": (c_void_p, [_P, _E]),
    "encoder_set": (c_int, [_P, c_int, c_int64, _E]),
    "encoder_set_double": (c_int, [_P, c_int, c_double, _E]),
    "encoder_get": (c_int64, [_P, c_int]),
    "encoder_get_double": (c_double, [_P, c_int]),
    "encoder_free": (None, [_P]),
    "encode": (c_int, [_P, _I, _P, _OUT, _E]),
    "encode_rows": (c_int, [_P, _I, _P, ROWS, _P, _OUT, _E]),
    "compress": (c_int, [_P, _P, c_size_t, _OUT, _E]),
    "decoder_create": (c_void_p, [_E]),
    "decoder_set": (c_int, [_P, c_int, c_int64, _E]),
    "decoder_get": (c_int64, [_P, c_int]),
    "decoder_add_model": (c_int, [_P, _P, _E]),
    "decoder_add_folder": (c_int, [_P, c_char_p, _E]),
    "decoder_add_standard_folders": (c_int, [_P, _E]),
    "decoder_free": (None, [_P]),
    "file_open": (c_void_p, [_P, _P, c_size_t, _E]),
    "file_get": (c_int64, [_P, c_int]),
    "file_model_id": (c_uint64, [_P]),
    "file_metadata": (c_void_p, [_P]),
    "file_free": (None, [_P]),
    "decode_memory": (c_int64, [_P, _P, _R, _E]),
    "decode": (c_int, [_P, _P, _R, _I, _E]),
    "decode_rows": (c_int, [_P, _P, _R, _I, ROWS, _P, _E]),
    "preview_size": (c_int, [_P, _R, c_uint32, POINTER(c_uint32), POINTER(c_uint32), _E]),
    "preview": (c_int, [_P, _P, _R, c_uint32, _I, _E]),
    "decompress": (c_int, [_P, _P, _R, _OUT, _E]),
    "verify": (c_int, [_P, _P, _E]),
    "features_of_file": (c_void_p, [_P, _P, _E]),
    "features_of_image": (c_void_p, [_P, _I, _E]),
    "features_get": (c_int, [_P, c_int, POINTER(FLOATS), POINTER(c_size_t), POINTER(c_int), _E]),
    "features_model_id": (c_uint64, [_P]),
    "features_free": (None, [_P]),
    "normal_create": (c_void_p, []),
    "normal_load": (c_void_p, [_P, c_size_t, _E]),
    "normal_add": (c_int, [_P, _P, _E]),
    "normal_save": (c_int, [_P, _OUT, _E]),
    "normal_score": (c_int, [_P, _P, c_double, POINTER(Score), FLOATS, _E]),
    "normal_free": (None, [_P]),
}


def _check_size(path: str) -> None:
    """Raises OSError for a library that is cut off: loading it would end the process (SIGBUS)."""
    with open(path, "rb") as file:
        header = file.read(64)
        size = os.fstat(file.fileno()).st_size
    if header[:5] != b"\x7fELF\x02":
        raise OSError(f"{path}: no shared library of 64 bits")
    if len(header) == 64:
        # ELF-64: the table of sections comes last.
        offset = int.from_bytes(header[40:48], "little")
        entry, count = (int.from_bytes(header[at : at + 2], "little") for at in (58, 60))
        if offset + entry * count <= size:
            return
    raise OSError(f"{path}: cut off after {size} bytes")


def _load(path: str) -> ctypes.CDLL:
    try:
        if os.path.exists(path):
            _check_size(path)
        library = ctypes.CDLL(path)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, "vaezip_" + name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"vaezip: cannot use the library: {error}", path=path) from None
    version = library.vaezip_version()
    if version >> 16 != _MAJOR or version >> 8 & 255 < _MINOR:
        raise ImportError(
            f"vaezip: {path}: expected version {_MAJOR}.{_MINOR} or a later minor one, "
            f"found {version >> 16}.{version >> 8 & 255}.{version & 255}",
            path=path,
        )
    return library


#: The library: the one of the wheel, or that of the variable VAEZIP_LIBRARY.
library = _load(
    os.environ.get("VAEZIP_LIBRARY") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "libvaezip.so")
)


class Handle:
    """A pointer that the library made, freed with the last reference to this object."""

    __slots__ = ("pointer", "_free")

    def __init__(self, name: str, pointer: int):
        self.pointer = pointer
        self._free = getattr(library, f"vaezip_{name}_free")

    def __del__(self) -> None:
        self._free(self.pointer)


def failure(error: ErrorText) -> Error:
    return BY_STATUS.get(error.status, Error)(error.message.decode("utf-8", "replace"))


def create(name: str, function: str, *arguments) -> Handle:
    """Calls a function that returns a new handle of a kind."""
    error = ErrorText()
    pointer = getattr(library, "vaezip_" + function)(*arguments, ctypes.byref(error))
    if not pointer:
        raise failure(error)
    return Handle(name, pointer)


def call(function: str, *arguments) -> tuple[int, str]:
    """Calls a function that returns a status; raises, but for INCOMPLETE. Returns status and message."""
    error = ErrorText()
    status = getattr(library, "vaezip_" + function)(*arguments, ctypes.byref(error))
    if status not in (OK, INCOMPLETE):
        raise failure(error)
    return status, error.message.decode("utf-8", "replace")


class Output:
    """Bytes that a call produced, and what it says about them."""

    __slots__ = ("data", "mse", "reached", "notices")

    def __init__(self, pointer: c_void_p):
        handle = Handle("output", pointer.value or 0)
        size = library.vaezip_output_size(handle.pointer)
        self.data: bytes = ctypes.string_at(library.vaezip_output_data(handle.pointer), size)
        self.mse: float = library.vaezip_output_mse(handle.pointer)
        self.reached: float = library.vaezip_output_reached(handle.pointer)
        text = library.vaezip_output_notices(handle.pointer).decode("utf-8", "replace")
        self.notices: list[str] = text.split("\n") if text else []


def produce(function: str, *arguments) -> Output:
    """Calls a function whose last argument but the error is an output."""
    pointer = c_void_p()
    call(function, *arguments, ctypes.byref(pointer))
    return Output(pointer)
