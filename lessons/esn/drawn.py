"""The drawn reservoir with its spectrum, kept for as long as nothing that is drawn changes."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine import reservoir
from engine.reservoir import Reservoir
from lessons.esn.limits import LARGE
from lessons.esn.settings import Settings

ALL_EIGENVALUES = 400  # up to so many units all of them are computed, for more the largest
MOST_EIGENVALUES = 60
SPARSE_FROM = 500  # units
DRAWN = ("n_units", "density", "topology", "weights", "late", "delay", "seed")  # settings that a draw depends on


class Spectrum(NamedTuple):
    """Of the matrix as drawn; late connections count as if they were not late."""

    eigenvalues: np.ndarray  # complex, largest first
    complete: bool  # whether these are all


NO_SPECTRUM = Spectrum(np.empty(0, dtype=complex), False)


class Drawn:
    """Keeps the last drawn reservoir: spectral radius, scales and leak rate only multiply, they never draw.

    Every reader, and every thread that computes, has one of its own. spectrum: whether eigenvalues are wanted at all.
    """

    def __init__(self, *, spectrum: bool = True) -> None:
        self._wants_spectrum = spectrum
        self._kept: tuple[tuple, Reservoir, Spectrum] | None = None  # key, and what belongs to it
        self._stretch: tuple[tuple, float] | None = None

    def has(self, settings: Settings) -> bool:
        kept = self._kept
        return kept is not None and kept[0] == _key(settings)

    def of(self, settings: Settings) -> tuple[Reservoir, Spectrum]:
        """The reservoir with unit scales, and its spectrum."""
        if not self.has(settings):
            self._kept = _key(settings), *self._drawn(settings)
        assert self._kept is not None
        return self._kept[1:]

    def _drawn(self, settings: Settings) -> tuple[Reservoir, Spectrum]:
        if settings.n_units > LARGE:
            return _large(_plain(settings))[:2]
        unit = draw(settings)
        return unit, spectrum_of(unit) if self._wants_spectrum else NO_SPECTRUM

    def stretch(self, settings: Settings) -> float:
        """The largest singular value of W as drawn."""
        if self._stretch is None or self._stretch[0] != _key(settings):
            self._stretch = _key(settings), float(np.linalg.norm(self.of(settings)[0].W, 2))
        return self._stretch[1]


def _key(s: Settings) -> tuple:
    """What the draw depends on."""
    return s.n_channels, *(getattr(s, name) for name in DRAWN)


def draw(s: Settings, *, normalized: bool = True) -> Reservoir:
    """With spectral radius 1, unless it is to stay as drawn, and unit scales."""
    return reservoir.draw(
        s.n_units,
        s.n_channels,
        n_outputs=s.n_channels,
        density=s.density,
        topology=s.topology,
        weights=s.weights,
        late=s.late,
        delay=s.delay,
        rng=np.random.default_rng(s.seed),
        sparse=s.n_units > SPARSE_FROM,
        normalized=normalized,
        quick=True,
    )


def drawn_radius(s: Settings) -> float:
    """The spectral radius that `draw` divides by; 1 where there is no loop and nothing to divide by."""
    if s.n_units > LARGE:
        return _large(_plain(s))[2]
    as_drawn = draw(s, normalized=False)
    W = as_drawn.W if as_drawn.W_late is None else as_drawn.W + as_drawn.W_late
    return reservoir.spectral_radius(W, quick=True) or 1.0


@lru_cache(maxsize=2)
def _large(settings: Settings) -> tuple[Reservoir, Spectrum, float]:
    """Drawn once for all readers, as it takes seconds, and with one search for eigenvalues; nobody writes to it."""
    drawn = draw(settings, normalized=False)
    values, complete = spectrum_of(drawn)
    radius = float(np.abs(values[0])) or 1.0
    unit = drawn._replace(W=drawn.W / radius, W_late=None if drawn.W_late is None else drawn.W_late / radius)
    return unit, Spectrum(values / radius, complete), radius


def _plain(s: Settings) -> Settings:
    """The same draw with everything else alike."""
    others: dict[str, Any] = {name: 0 for name in s._fields if name not in DRAWN}
    return s._replace(**others | {"task": s.task if s.n_channels > 1 else "silence"})


def spectrum_of(unit: Reservoir) -> Spectrum:
    W = unit.W if unit.W_late is None else unit.W + unit.W_late
    n_units = W.shape[0]
    values = reservoir.eigenvalues(W, None if n_units <= ALL_EIGENVALUES else MOST_EIGENVALUES, quick=True)
    return Spectrum(values, len(values) == n_units)
