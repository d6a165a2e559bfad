"""How values are written in the equations: inside sums, under high powers, and beyond the range of floats."""

import numpy as np

from app.parts.numbers import number
from lessons.vanishing.words import tidy

WRITTEN_UNITS = 4  # up to here W and its sums are written out


def inside(value: float, role: str = "", *, digits: int = 4) -> str:
    """A number inside a sum or product."""
    return number(value, role, digits=digits, signed=True)


def digits_left(largest: float, result: float) -> int:
    """Digits of a sum's terms, the largest of which is given, that leave four of the result where the terms cancel."""
    if result == 0 or largest == 0:
        return 4
    return int(np.clip(4 + np.floor(np.log10(abs(largest / result))), 4, 12))


def base(value: float) -> str:
    """A number that is raised to a high power: it needs more digits for the power to come out right."""
    return number(value, digits=8, signed=True)


def size(log10: float, sign: float = 1.0) -> str:
    """A signed size from its logarithm, also where it does not fit a float."""
    if log10 == -np.inf:
        return number(0.0, "gradient")
    if -300 < log10 < 300:
        return number(sign * 10.0**log10, "gradient", digits=4)
    return f"<b class=gradient>{'−' if sign < 0 else ''}10<sup>{log10:.1f}</sup></b>".replace("-", "−")


def logarithm(value: float) -> str:
    return "none, since 0 has no logarithm" if value == -np.inf else number(tidy(value), digits=4)
