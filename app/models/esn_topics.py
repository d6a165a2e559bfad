"""What lesson 7 computes for each of its topics: pure functions of the settings, which may run in any thread."""

from typing import NamedTuple

import numpy as np

from app.models.esn_settings import Settings, given_input, split, targets
from engine import reservoir
from engine.reservoir import Certainty, Online, OnlineRun, Reservoir

ALL_EIGENVALUES = 400  # up to so many units all of them are computed, for more the largest
MOST_EIGENVALUES = 60
SPARSE_FROM = 500  # units
GONE = 1e-6  # of the distance of the starts: the echo has died


class Traced(NamedTuple):
    """The reservoir on its input. Row t of the arrays is step t + 1; T can be less than settings.n_steps (sunspots)."""

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
    online: Online | OnlineRun | None  # of the training rows; None for ridge
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
    held: int  # free steps until |y - d| first exceeds `allowed`; all of them if it never does
    allowed: float  # a tenth of half the range of d
    error_train: float


Result = Echo | Memory | Recipe | FreeRun
