"""What leaves for the browser: a frame as JSON, of which only that is sent which the browser does not have yet."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.shell.contract import PARTED, Frame


class Outbox:
    """Remembers, as hashes, what one browser has been sent."""

    def __init__(self) -> None:
        self._sent: dict[tuple[str, ...], int] = {}

    def message(self, frame: Frame) -> str:
        """The frame as JSON, without the parts that are as they were in the last message that had them."""
        parts = []
        for key, value in frame.items():
            if key not in PARTED:
                parts += self._new((key,), value)
                continue
            assert isinstance(value, Mapping)
            inner = []
            for name, entry in value.items():
                if key in ("columns", "properties"):
                    found = [text for field, item in entry.items() for text in self._new((key, name, field), item)]
                    inner += [f"{_json(name)}:{{{','.join(found)}}}"] if found else []
                else:
                    inner += self._new((key, name), entry)
            parts += [f"{_json(key)}:{{{','.join(inner)}}}"] if inner else []
        return "{" + ",".join(parts) + "}"

    def _new(self, place: tuple[str, ...], value: Any) -> list[str]:
        """`"key":value`, or nothing where the browser has it. The answered id is always sent."""
        known = _mark(value)
        if self._sent.get(place) == known and place != ("answered",):
            return []
        self._sent[place] = known
        return [f"{_json(place[-1])}:{_json(encoded(value) if place[0] == 'columns' else value)}"]


def _plain(value: Any) -> Any:
    """Arrays and NumPy's own numbers as Python's."""
    return value.tolist()


_json = json.JSONEncoder(default=_plain, allow_nan=False, separators=(",", ":")).encode


def _mark(value: Any) -> Any:
    """What tells a value from another in little room: small ones are kept, of large ones a hash."""
    if isinstance(value, bool | int | float | None):
        return value, type(value)
    if isinstance(value, str):
        return hash(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return hash((value.tobytes(), value.shape, value.dtype.str))
    if isinstance(value, list | tuple) and any(isinstance(entry, np.ndarray) for entry in value):
        return hash(tuple(_mark(entry) for entry in value))
    return hash(_json(value))


def encoded(values: Any) -> Any:
    """A column as JSON: numbers as base64 of their bytes, images with their shape; texts and lists of lines stay lists.

    A list of texts, of numbers, or of arrays is taken, or an array.
    """
    if isinstance(values, np.ndarray):
        return _packed(values) if values.dtype.kind in "fiub" else values.tolist()
    values = list(values)
    if values and isinstance(values[0], np.ndarray | list | tuple):
        return [encoded(np.asarray(entry)) for entry in values]
    if values and isinstance(values[0], str):
        return values
    return _packed(np.asarray(values, dtype=float))


def _packed(array: np.ndarray) -> dict[str, Any]:
    """One-dimensional arrays as float64; images keep their type (float32, or uint32 for packed colours)."""
    if array.ndim == 1:
        return {"float64": _bytes(array.astype("<f8", copy=False))}
    return {array.dtype.name: _bytes(array), "shape": list(array.shape)}


def _bytes(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
