"""How far a plot reaches: tidy bounds around the values, and the limit at which values are clipped and explained."""

import math

import numpy as np

# Plotted values beyond this are clipped, and a notice explains why.
LIMIT = 1e6


def bounds(*arrays: np.ndarray, include: tuple[float, ...] = (0.0,), pad: float = 0.18) -> tuple[float, float]:
    """Tidy bounds around all values (NaN left out) and around `include`, with a margin of `pad` of their span."""
    ends = [float(value) for value in include]
    for array in arrays:
        known = array[~np.isnan(array)]
        if known.size:
            ends += [min(max(float(end), -LIMIT), LIMIT) for end in (known.min(), known.max())]
    low, high = min(ends), max(ends)
    if high - low < 1e-12:  # nothing happens: the line stays in the middle of a plot with an axis
        low, high = low - 1.0, high + 1.0
    span = tidy(high - low)
    low, high = _round_to(low, span, -1), _round_to(high, span, 1)
    margin = pad * (high - low)
    return low - margin, high + margin


def tidy(span: float) -> float:
    """A quarter of `span`, rounded up to 1, 2 or 5 times a power of ten: the step that bounds are rounded to."""
    power = 10.0 ** math.floor(math.log10(span / 4))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / 4 * (1 - 1e-9)))


def _round_to(value: float, step: float, direction: int) -> float:
    rounding = math.ceil if direction > 0 else math.floor
    return float(rounding(round(value / step, 9)) * step)


def clipped(columns: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Columns limited to ±LIMIT (NaN stays blank), and for those beyond it the first step (row from 1) that is."""
    first, safe = {}, {}
    for name, values in columns.items():
        array = np.asarray(values, dtype=float)
        beyond = np.flatnonzero(np.abs(array) > LIMIT)
        if beyond.size:
            first[name] = int(beyond[0]) + 1
            array = np.clip(array, -LIMIT, LIMIT)
        safe[name] = array
    return safe, first
