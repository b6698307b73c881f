"""Parses .vz files by Formats/vz.ksy and compares with `vaezip info --json -v`.

    python3 Tests/Formats/ksy.py VAEZIP FILE.vz...

Kaitai's compiler is a program of its own that few machines have; this interprets the part of the
language that vz.ksy uses, on Kaitai's Python runtime (packages kaitaistruct and PyYAML). Exit status 77:
one of them is missing.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

try:
    import yaml
    from kaitaistruct import KaitaiStream
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
from io import BytesIO

SPEC = yaml.safe_load((Path(__file__).parents[2] / "Formats" / "vz.ksy").read_text())


class Size(list):
    """A list as Kaitai's expressions see it."""

    @property
    def size(self):
        return len(self)


class Node:
    """A parsed type: its fields are attributes, and its instances are computed when asked for."""

    def __init__(self, spec, stream, parent, parameters=()):
        self._spec, self._io, self._parent = spec, stream, parent
        self._root = parent._root if parent else self
        for declared, value in zip(spec.get("params", []), parameters):
            setattr(self, declared["id"], value)
        for field in spec["seq"]:
            setattr(self, field["id"], self._field(field))

    def __getattr__(self, name):
        instances = self.__dict__["_spec"].get("instances", {})
        if name not in instances:
            raise AttributeError(name)
        return self._value(instances[name]["value"])

    def _value(self, expression, **names):
        if not isinstance(expression, str):
            return expression
        # Kaitai's operators in Python's spelling: integers divide to integers, a ? b : c.
        text = " ".join(expression.replace("/", "//").split())
        while "?" in text:
            text, count = re.subn(
                r"\(([^()?]*) \? ((?:[^()?:]|\([^()]*\))*) : ([^()?:]*)\)", r"((\2) if (\1) else (\3))", text)
            assert count, text
        text = text.replace("_io.eof", "_io.is_eof()")

        class Names(dict):
            def __missing__(_, name):
                return getattr(self, name)

        return eval(text, {"__builtins__": {}}, Names(names))

    def _field(self, field):
        if "if" in field and not self._value(field["if"]):
            return None
        if "repeat" not in field:
            return self._read(field)
        items = Size()
        if field["repeat"] == "expr":
            for index in range(self._value(field["repeat-expr"])):
                items.append(self._read(field, _index=index))
        else:
            assert field["repeat"] == "until"
            while True:
                items.append(self._read(field, _index=len(items)))
                if self._value(field["repeat-until"], _=items[-1]):
                    break
        return items

    def _read(self, field, **names):
        kind = field.get("type")
        if "contents" in field:
            expected = b"".join(
                part.encode() if isinstance(part, str) else bytes([part]) for part in field["contents"])
            value = self._io.read_bytes(len(expected))
            assert value == expected, f"{field['id']}: {value}"
        elif field.get("size-eos"):
            value = self._io.read_bytes_full()
        elif kind is None:
            value = self._io.read_bytes(self._value(field["size"], **names))
        elif kind in ("u1", "u2", "u4", "u8"):
            assert SPEC["meta"]["endian"] == "le"
            value = getattr(self._io, f"read_{kind}" + ("" if kind == "u1" else "le"))()
        else:
            name, _, arguments = kind.partition("(")
            parameters = [self._value(arguments.rstrip(")"), **names)] if arguments else []
            stream = self._io
            if "size" in field:
                stream = KaitaiStream(BytesIO(stream.read_bytes(self._value(field["size"], **names))))
            value = Node(SPEC["types"][name], stream, self, parameters)
        self._check(field, value)
        return value

    def _check(self, field, value):
        valid = field.get("valid", {})
        if not isinstance(valid, dict):
            valid = {"any-of": [valid]}
        for key, limit in valid.items():
            right = {
                "min": lambda: value >= limit,
                "max": lambda: value <= limit,
                "any-of": lambda: value in limit,
                "expr": lambda: self._value(limit, _=value),
            }[key]()
            assert right, f"{field['id']}: {value} is not valid"


def compare(path, info):
    """The fields that both have."""
    file = Node(SPEC, KaitaiStream(BytesIO(path.read_bytes())), None)
    header = file.header
    assert file.is_whole, "bytes behind the end"
    found = {
        "version": header.version,
        "width": header.width,
        "height": header.height,
        "channels": header.channels,
        "bit_depth": header.bit_depth,
        "model_id": f"{header.model_id:016x}",
        "quality_level": header.quality / 256,
        "tile_size": header.tile_size,
        "tile_columns": header.tile_columns,
        "tile_rows": header.tile_rows,
        "checksum": f"{file.checksum:08x}",
    }
    for name, value in found.items():
        assert info[name] == value, f"{name}: {value}, not {info[name]}"
    chunks = [
        {"type": (bytes([chunk.first]) + chunk.rest).decode(), "bytes": len(chunk.data)}
        for chunk in (file.chunks or []) if not chunk.is_end
    ]
    assert info["chunks"] == chunks, chunks
    streams = [
        [
            len(tile.hyper), len(tile.pass1), len(tile.pass2),
            1 + len(tile.exact.rest) if tile.exact else 0, len(tile.alpha or b""),
        ]
        for tile in file.tiles
    ]
    expected = [
        [tile["streams"].get(name, 0) for name in ("hyper", "pass1", "pass2", "exact", "alpha")]
        for tile in info["tiles"]
    ]
    assert expected == streams, streams
    print(f"{path.name}: {len(streams)} tiles, {len(chunks)} chunks, as vaezip reads it")


def main():
    vaezip, *files = sys.argv[1:]
    for name in files:
        info = subprocess.run(
            [vaezip, "info", "--json", "-v", name], check=True, capture_output=True)
        compare(Path(name), json.loads(info.stdout))


main()
