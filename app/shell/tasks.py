"""Scoring of predictions: how many steps are right, and where and why the first one is not."""

from collections.abc import Sequence

import numpy as np

from app.parts.numbers import plain
from app.shell.contract import Score
from app.shell.model import PageModel


def score_prediction(model: PageModel, signal: str, tolerance: float, prediction: Sequence[float | None]) -> Score:
    """Compare a prediction with the trace `signal`: steps right, and the first wrong step explained by the model."""
    truth = np.asarray(model.trace(signal), dtype=float)
    guess = np.full(truth.size, np.nan)
    given = np.asarray(prediction, dtype=float)[: truth.size]
    guess[: given.size] = given
    right = np.abs(guess - truth) <= tolerance
    n_right = int(right.sum())
    if right.all():
        return {"right": n_right, "total": truth.size, "step": 0, "text": "Every step is right."}
    step = int(np.flatnonzero(~right)[0]) + 1
    text = (
        f"The first wrong step is t = {step}: you said {plain(guess[step - 1])}, "
        f"it is {plain(truth[step - 1])}. {model.explain(signal, step)}"
    )
    return {"right": n_right, "total": truth.size, "step": step, "text": text}
