"""The parity network learns from the seed's random start: computed once for each seed, shown in stages."""

import functools
from typing import NamedTuple

import numpy as np

from engine import parity_learning

STAGES, EACH = 50, 20  # the reader walks through the training in stages of so many updates
N_UPDATES = STAGES * EACH
N_BITS, STEEPNESS, LEARNING_RATE = 4, 5.0, 0.05
BY_HAND, LEARNED = "set by hand", "learned"


class Course(NamedTuple):
    weights: np.ndarray  # (STAGES + 1, 11), in the order of the sliders
    loss: np.ndarray  # (N_UPDATES + 1,)


@functools.lru_cache(maxsize=64)
def course(seed: int) -> Course:
    """The whole training of a seed; all readers share it, so that it can't be written to."""
    start = parity_learning.start(np.random.default_rng(seed))
    found = parity_learning.learn(
        start, n_bits=N_BITS, steepness=STEEPNESS, learning_rate=LEARNING_RATE, n_updates=N_UPDATES
    )
    result = Course(found.weights[::EACH].copy(), found.loss)
    for array in result:
        array.flags.writeable = False
    return result
