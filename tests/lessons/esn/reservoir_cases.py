"""Networks whose picture, words and hand calculations are tested."""

from functools import lru_cache

import numpy as np
from scipy import sparse

from lessons.esn.model import Esn

NOTHING_TO_READ = ("nan", "None", "inf", "not a number", "∞", "Traceback", "--")
EIGHT = {"task": "figure of eight", "feedback_scaling": 0.5, "leak_rate": 0.4}
CASES = [
    {},
    {"leak_rate": 0.3, "bias_scaling": 0.4, "late": 0.5, "unit": 7},
    {"n_units": 3, "density": 1.0, "feedback_scaling": 0.7},
    {"topic": "memory", "lag": 3, "log_ridge": -2.0},
    {"topic": "recipe", "task": "NARMA-10", "n_steps": 300, "unit": 99},
    {"topic": "recipe", **EIGHT},
    {"topic": "recipe", **EIGHT, "learning": "recursive", "feedback_from": "own"},
    {"topic": "recipe", **EIGHT, "learning": "recursive", "feedback_from": "teacher", "late": 0.5},
    {"topic": "free run", "task": "sine", "feedback_scaling": 1.0, "bias_scaling": 0.3},
    {"topic": "free run", **EIGHT, "late": 0.3, "n_units": 12, "density": 0.5},
    {"topic": "sweep", "task": "parity", "lag": 2},
    {"n_units": 600, "n_steps": 60},
    EIGHT,
]


def make(**values) -> Esn:
    m = Esn()
    m.param.update(**values)
    return m


@lru_cache
def case(k: int) -> Esn:
    """A model of CASES that no test changes."""
    return make(**CASES[k])


def dense(matrix) -> np.ndarray:
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)
