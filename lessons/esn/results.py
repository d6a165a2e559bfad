"""What is known about a network after it has run, by topic."""

from typing import NamedTuple

import numpy as np

from engine.reservoir import Certainty, OnlineRun, Reservoir
from lessons.esn.settings import Settings


class Traced(NamedTuple):
    """The reservoir on its input. Row t of the arrays is step t + 1.

    T can be less than settings.n_steps: where a series is shorter, or from where a target runs away.
    """

    settings: Settings
    unit: Reservoir  # as drawn: spectral radius 1 (0 without a loop), scales 1; W is dense or scipy.sparse
    reservoir: Reservoir  # scaled; in a free run W_in has the bias column only
    eigenvalues: np.ndarray  # complex, largest first, of the scaled W (late connections as if they were not late)
    complete: bool  # whether these are all
    x: np.ndarray  # (T, m) what the network is fed; (T, 0) in a free run
    states: np.ndarray  # (T, n)
    d: np.ndarray  # (T, k) what is asked for; NaN where nobody knows
    washout: int  # rows washout...n_train-1 train the readout
    n_train: int  # the rows from here on are new data


class Echo(NamedTuple):
    """The same input from two starts, drawn uniformly in [-1, 1] for each unit; traced.states are the first's."""

    traced: Traced
    other: np.ndarray  # (T, n) states from the second start
    starts: np.ndarray  # (2, n) states before step 1
    log10_distance: np.ndarray  # (T,) Euclidean; -inf where both are equal
    exponent: float  # largest Lyapunov exponent, natural logarithm per step
    certainty: Certainty
    dies: int  # first step from which the distance stays below 1e-6 of that of the starts; 0: not within T
    uncertainty: float  # two standard errors of the exponent, a mean over this run's steps; 0 where it is infinite


class Memory(NamedTuple):
    """What the states still say of x(t - lag). The output never feeds back here."""

    traced: Traced  # d is x(t - lag)
    per_lag: np.ndarray  # (max_lag,) r squared at lags 1...max_lag, on a long random input of its own
    total: float
    V: np.ndarray  # (1, 1+n+m)
    y: np.ndarray  # (T, 1) reconstruction of x(t - lag)
    error_train: float  # normalised; NaN where d does not vary
    error_new: float


class Recipe(NamedTuple):
    """The four steps: draw, run, fit, use."""

    traced: Traced  # where there is feedback, states of the new data come from the network's own output
    V: np.ndarray  # (k, 1+n+m) may not be finite after recursive learning gone wrong
    y: np.ndarray  # (T, k); while it learns recursively, what it said before each update
    online: OnlineRun | None  # of the first n_train rows; None for ridge
    ridge_V: np.ndarray  # for comparison: all training steps at once, from the teacher's feedback
    error_train: float  # of the final readout; NaN where d does not vary
    error_new: float
    largest_weight: float  # of V


class FreeRun(NamedTuple):
    """The output drives the network: first the teacher's, from `first_free` on its own."""

    traced: Traced  # d is the task's signal
    V: np.ndarray  # (k, 1+n)
    y: np.ndarray  # (T, k)
    first_free: int  # the first step whose output nobody has corrected
    held: int  # free steps before |y - d| first exceeds `allowed`; all of them if it never does
    allowed: float  # a tenth of half the range of d
    error_train: float


WithReadout = Memory | Recipe | FreeRun
Result = Echo | WithReadout
