"""The verdicts on the challenges of the parity page."""

import numpy as np

from app.parts.numbers import plain
from app.shell.model import Check
from lessons.parity.parameters import EXACT, ParityParameters


def breaks_with_small_perturbation(m: ParityParameters) -> Check:
    first, size = m.first_error, m.perturbation
    if m.soft or m.learned or np.abs(m.sliders() - list(EXACT.values())).max() > 1e-9:
        return Check(False, "Use hardlim and the exact weights: only the perturbation may spoil them.")
    if size >= 0.3:
        return Check(False, f"The perturbation is {plain(size)}; it has to stay below 0.3.")
    found = f"goes wrong at t = {first}" if first else f"is right at all {m.n_steps} steps"
    late = ", later than the first ten steps" if first > 10 else ""
    return Check(0 < first <= 10, f"With perturbation {plain(size)} and seed {m.seed} the parity {found}{late}.")


def leaks_but_right(m: ParityParameters) -> Check:
    r = m.result
    if not m.soft or m.n_steps < 50 or r["x"].sum() < 10:
        return Check(False, "It takes logistic switches, at least 50 bits, and ten ones among them.")
    hidden = np.concatenate([r["h1"], r["h2"]])
    away, errors = float(np.minimum(hidden, 1 - hidden).max()), int(r["wrong"].sum())
    # three digits would make 0.05 of what is just above or below it
    distance = plain(away, 3 if abs(away - 0.05) > 1e-3 else 12)
    found = f"{errors} of {m.n_steps} outputs are wrong; the value farthest from 0 and 1 is {distance} away."
    return Check(not errors and away > 0.05, found)


def computes_even_parity(m: ParityParameters) -> Check:
    r = m.result
    if m.soft or m.perturbation:
        return Check(False, "Use hardlim and no perturbation.")
    if m.n_steps < 10 or np.ptp(r["x"]) == 0:
        return Check(False, "Use at least ten bits, ones and zeros among them.")
    right = int((r["y"] == 1 - r["xor"]).sum())
    return Check(right == m.n_steps, f"{right} of {m.n_steps} outputs are 1 for even and 0 for odd.")
