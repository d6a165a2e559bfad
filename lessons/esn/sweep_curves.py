"""What the points of a sweep come to: curves over ρ and medians over seeds, and how they are drawn."""

from typing import NamedTuple

import numpy as np

from app.parts.ranges import LIMIT
from lessons.esn.sweep import SPECTRAL_RADII

SMALLEST, LARGEST = -16, 2  # log10 of errors that are drawn


class Curve(NamedTuple):
    """A measure against ρ over the seeds measured so far; (n,) each, only of the ρ that have any."""

    radius: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def at(self, place: int) -> tuple[float, float, float, float]:
        radius, median, low, high = (float(values[place]) for values in self)
        return radius, median, low, high


def curve(values: np.ndarray) -> Curve:
    """values: (n_spectral_radii, n_seeds), NaN where there is none."""
    some = np.isfinite(np.minimum(values, LIMIT)).any(axis=-1)
    median, low, high = over_seeds(values[some])
    return Curve(np.array(SPECTRAL_RADII)[some], median, low, high)


def over_seeds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, smallest and largest along the last axis, without NaN; each slice has at least one number."""
    known = np.minimum(values, LIMIT)  # an error beyond all numbers is as bad as can be
    return np.nanmedian(known, axis=-1), np.nanmin(known, axis=-1), np.nanmax(known, axis=-1)


def medians(values: np.ndarray) -> np.ndarray:
    """(n_leak_rates, n_spectral_radii) of (…, n_seeds); NaN where nothing is measured."""
    found = np.full(values.shape[:-1], np.nan)
    some = ~np.isnan(values).all(axis=-1)
    found[some] = over_seeds(values[some])[0]
    return found


def best(measure: str, median: np.ndarray) -> int:
    """Index into the flattened medians: of the smallest error, or the greatest memory."""
    return int(np.nanargmin(median) if measure == "error" else np.nanargmax(median))


def nearest(rates: tuple[float, ...], rate: float) -> int:
    """Index of the leak rate of the grid that is closest to the present one."""
    return int(np.argmin(np.abs(np.array(rates) - rate)))


def drawn(measure: str, values: np.ndarray) -> np.ndarray:
    """As the charts show it: errors by their logarithm."""
    if measure == "memory":
        return values
    with np.errstate(divide="ignore"):
        return np.clip(np.log10(values), SMALLEST, LARGEST)
