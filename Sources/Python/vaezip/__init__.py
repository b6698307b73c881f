"""vaezip: a learned image codec.

>>> import vaezip
>>> vaezip.encode(array, "photo.vz", quality=60)
>>> array = vaezip.decode("photo.vz")

`import vaezip.pillow` teaches Pillow the format. `vaezip.spark` has functions for Spark, `vaezip.records` those for any
other engine.
"""

from ._decoder import DamageWarning, Decoder, File, Info, compress, decode, decompress, info, preview
from ._encoder import Encoded, Encoder, encode
from ._errors import (
    ArgumentError,
    DamagedError,
    Error,
    FormatError,
    LimitError,
    ModelError,
    TargetError,
    UnsupportedError,
)
from ._features import Features, NormalPictures, Score, features, latents, rate_map
from ._metadata import Chunk, exif_chunk, profile_chunk, resolution_chunk
from ._version import __version__

__all__ = [
    "ArgumentError",
    "Chunk",
    "DamageWarning",
    "DamagedError",
    "Decoder",
    "Encoded",
    "Encoder",
    "Error",
    "Features",
    "File",
    "FormatError",
    "Info",
    "LimitError",
    "ModelError",
    "NormalPictures",
    "Score",
    "TargetError",
    "UnsupportedError",
    "__version__",
    "compress",
    "decode",
    "decompress",
    "encode",
    "exif_chunk",
    "features",
    "info",
    "latents",
    "preview",
    "profile_chunk",
    "rate_map",
    "resolution_chunk",
]
