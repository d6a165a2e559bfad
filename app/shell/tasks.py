"""Scoring of predictions: how many steps are right, and where and why the first one is not."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.parts.numbers import plain
from app.shell.contract import Score
from app.shell.model import PageModel

HAND = 6  # pixels: a finger misses by four, and its place is rounded twice
BENT = 0.75  # of what the best straight line misses by: more is never allowed, so that no straight line passes


def score_prediction(
    model: PageModel, signal: str, tolerance: float, prediction: Sequence[float | None], pixel: float = 0.0
) -> Score:
    """Compare a prediction with the trace `signal`: steps right, and the first wrong step explained by the model.

    pixel: how much one pixel of the plot was that the prediction was drawn on.
    """
    truth = np.asarray(model.trace(signal), dtype=float)
    guess = np.full(truth.size, np.nan)
    given = np.asarray(prediction, dtype=float)[: truth.size]
    guess[: given.size] = given
    within = fair(tolerance, pixel, truth)
    right = np.abs(guess - truth) <= within
    score: Score = {
        "right": int(right.sum()),
        "total": truth.size,
        "step": 0,
        "text": "Every step is right.",
        "why": "",
        "within": within,
        "said": None,
        "there": None,
    }
    if right.all():
        return score
    step = int(np.flatnonzero(~right)[0]) + 1
    said, there = float(guess[step - 1]), float(truth[step - 1])
    text = f"The first wrong step is t = {step}: you said {plain(said)}, it is {plain(there)}."
    place: Any = {"said": _finite(said), "there": _finite(there)}
    return {**score, **place, "step": step, "text": text, "why": model.explain(signal, step)}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def fair(tolerance: float, pixel: float, truth: np.ndarray) -> float:
    """What counts as right: the lesson's tolerance, or more where a hand can't draw that well on this plot."""
    return max(tolerance, min(HAND * pixel, BENT * bend(truth)))


def bend(values: np.ndarray) -> float:
    """By how much the best straight line through `values` (T,) misses at worst; 0 where they are not all finite."""
    if values.size < 3 or not np.isfinite(values).all():
        return 0.0
    steps, changes = np.arange(values.size), np.diff(values)
    low, high = float(changes.min()), float(changes.max())  # the best line's slope lies between

    def miss(slope: float) -> float:
        return float(np.ptp(values - slope * steps)) / 2

    for _ in range(100):  # a miss is convex in the slope
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if miss(left) < miss(right) else (left, high)
    return miss((low + high) / 2)
