"""The verdicts on the challenges of the page."""

import numpy as np

from app.parts.numbers import apart, plain, steps
from app.shell.model import Check
from lessons.delay_lines.parameters import DelayParameters
from lessons.delay_lines.results import Distributed, Generalised, Learned, error
from lessons.delay_lines.training import STAGES

ENOUGH, LATE = 0.21, 6  # share of x(t − 6)
SEEN = 20


def recalls_beyond(m: DelayParameters, r: object) -> Check:
    if not isinstance(r, Generalised) or m.taps > 3:
        return Check(False, "Choose the topic “generalised” and at most 3 taps.")
    share = float(r.recall[LATE])
    return Check(share >= ENOUGH, f"{apart(share, ENOUGH, 3)} of x(t − {LATE}) can be read out; it takes {ENOUGH}.")


def sees_twenty(m: DelayParameters, r: object) -> Check:
    if not isinstance(r, Distributed):
        return Check(False, "Choose the topic “distributed”.")
    seen = len(r.field)
    n_layers = len(r.layers)
    met = seen >= SEEN and n_layers <= 3
    return Check(met, f"y hears {steps(seen)} of x, through {n_layers} layer{'s' if n_layers > 1 else ''}.")


def answers_the_lag(m: DelayParameters, r: object) -> Check:
    if not isinstance(r, Learned) or r.contest.settings.task != "lag" or r.contest.settings.lag < 5:
        return Check(False, "Choose the topic “training”, the task “lag”, and a lag of at least 5.")
    settings = r.contest.settings
    missed = error(r, r.tapped.y[:, 0], r.contest.data.train)
    if r.stage < STAGES or missed >= 0.01:
        return Check(False, f"The tapped line’s error is {apart(missed, 0.01, 3)} after {r.stage * 10} updates.")
    spare = settings.taps - settings.lag
    if spare:
        return Check(False, f"It is answered, but with {plain(spare)} more than it takes: {settings.taps} taps.")
    return Check(bool(np.isfinite(missed)), f"{settings.taps} taps answer a lag of {settings.lag}.")
