"""Numbers with so many digits that a reader sees on which side of a mark they lie."""

import numpy as np

from app.parts.numbers import plain
from app.parts.ranges import LIMIT

MOST = 13


def apart(value: float, *marks: float, digits: int = 3) -> str:
    """`plain`, with further digits where rounding would make the value one of the marks: 1.002, not 1."""
    for count in range(digits, MOST + 1):
        rounded = float(f"{value:.{count - 1}e}")
        if rounded == value or rounded not in marks:
            return plain(value, count)
    return plain(value, MOST)


def error_told(value: float) -> str:
    """An NMSE in words, or nothing where there is none."""
    if np.isnan(value):
        return ""
    return f"an error (NMSE) of {apart(value, 1, digits=2)}" if value < LIMIT else "an error beyond all numbers"
