"""Exceptions. Their text is the codec's: what was expected, and what was found."""

from __future__ import annotations


class Error(ValueError):
    """A picture or a file cannot be encoded or decoded."""


class ArgumentError(Error):
    """An option is out of range, or a region is not inside of the picture."""


class FormatError(Error):
    """The bytes are not of the format that they should be of."""


class DamagedError(Error):
    """The file is damaged: it is cut off, or a checksum or a field is wrong."""


class UnsupportedError(Error):
    """The file needs a later version of the package."""


class LimitError(Error):
    """The file asks for more pixels, memory or metadata than the limits allow."""


class ModelError(Error):
    """The model that a file names is not at hand, or a model file is wrong."""


class TargetError(Error):
    """No quality reaches the target. The text names the nearest figure."""


BY_STATUS: dict[int, type[Error]] = {
    2: ArgumentError,
    3: FormatError,
    4: DamagedError,
    5: UnsupportedError,
    6: LimitError,
    7: ModelError,
    10: TargetError,
}
