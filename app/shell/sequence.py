"""A parameter that holds one value per time step, and its short text form.

Text form (used in URLs, lessons and exported scripts): bits are written `0011011000`; other sequences as
comma-separated values with repeats, `1*4,0*3,0.5` for 1 1 1 1 0 0 0 0.5.
"""

from itertools import groupby

import numpy as np
import param

MAX_STEPS = 201  # a lag of 200 steps needs one more


class Sequence(param.Parameter):
    """A tuple of 1 to `most` finite numbers within `bounds`; `binary` allows 0 and 1 only.

    `fill` is the value of every step beyond the stored ones, so that a shorter T loses nothing.
    """

    __slots__ = ["binary", "bounds", "fill", "most"]
    _slot_defaults = param.Parameter._slot_defaults | {
        "bounds": (0.0, 1.0),
        "binary": False,
        "fill": 0.0,
        "most": MAX_STEPS,
    }

    def __init__(
        self,
        default=param.Undefined,
        *,
        bounds=param.Undefined,
        binary=param.Undefined,
        fill=param.Undefined,
        most=param.Undefined,
        **settings,
    ):
        self.bounds = bounds
        self.binary = binary
        self.fill = fill
        self.most = most
        super().__init__(default=default, **settings)
        self._validate(self.default)

    def _validate(self, value) -> None:
        super()._validate(value)
        if not isinstance(value, tuple) or not 1 <= len(value) <= self.most:
            raise ValueError(f"{self.name} needs 1 to {self.most} values")
        low, high = self.bounds
        for step, number in enumerate(value, 1):
            if not (low <= number <= high) or (self.binary and number not in (0, 1)):
                allowed = "0 or 1" if self.binary else f"{low:g} to {high:g}"
                raise ValueError(f"{self.name} at step {step} is {number:g}, allowed is {allowed}")

    def encode(self, values) -> str:
        """The short text form of `values`."""
        if self.binary:
            return "".join("1" if value else "0" for value in values)
        runs = [(f"{value:.12g}", len(list(run))) for value, run in groupby(values)]
        return ",".join(text if count == 1 else f"{text}*{count}" for text, count in runs)

    def decode(self, text: str) -> tuple[float, ...]:
        """The values of a short text form; raises ValueError where it is malformed."""
        if self.binary and "," not in text:
            values = _bits(text)
        else:
            values = []
            for item in text.split(","):
                values += _run(item, self.most)
                if len(values) > self.most:  # a few letters can stand for more values than memory holds
                    break
        self._validate(tuple(values))
        return tuple(values)

    def padded(self, values, n_steps: int) -> np.ndarray:
        """The first `n_steps` values as (n_steps,), the missing ones filled with `fill`."""
        array = np.full(n_steps, float(self.fill))
        stored = np.asarray(values[:n_steps], dtype=float)
        array[: stored.size] = stored
        return array


def _run(item: str, most: int) -> list[float]:
    """The values of `0.5` or `0.5*4`."""
    number, star, count = item.strip().partition("*")
    try:
        value, repeats = float(number), int(count) if star else 1
    except ValueError:
        raise ValueError(f"“{item[:20]}” is not a number or value*count") from None
    if not 1 <= repeats <= most:
        raise ValueError(f"“{item[:20]}” repeats a value {repeats} times, allowed is 1 to {most}")
    return [value] * repeats


def _bits(text: str) -> list[float]:
    digits = "".join(text.split())
    wrong = set(digits) - {"0", "1"}
    if wrong or not digits:
        raise ValueError(f"{sorted(wrong)[0]!r} is not a bit" if wrong else "no bits given")
    return [float(digit) for digit in digits]
