"""Twenty networks trained three ways on twenty records: how far each predicts, and which of them lose the plant."""

import functools
from typing import NamedTuple

import numpy as np

from lessons.narx.learning import STAGES, Settings, course, errors, horizon_error, record

SEEDS = range(1, 21)
N_AHEAD = 60
TEACHER_NOISE = 0.1  # of the second way, where the reader has chosen none
WAYS = ("series-parallel", "with teacher noise", "parallel")


class Judged(NamedTuple):
    """Networks of one way, one row for each seed, judged on records that they have not learned."""

    opened: np.ndarray  # (20,) root mean square error one step ahead
    closed: np.ndarray  # (20,) alone for the whole record
    ahead: np.ndarray  # (20, N_AHEAD) by the number of steps ahead
    spread: np.ndarray  # (20,) standard deviation of each record: the error of always saying its mean

    @property
    def lost(self) -> np.ndarray:
        """(20,) whether the closed loop is worse than always saying the mean."""
        return ~(self.closed < self.spread)


def ways(s: Settings) -> dict[str, Settings]:
    """The settings of the three ways; everything but way and seed is the reader's."""
    noise = s.teacher_noise or TEACHER_NOISE
    return {
        WAYS[0]: s._replace(trained_in="series-parallel", teacher_noise=0.0),
        WAYS[1]: s._replace(trained_in="series-parallel", teacher_noise=noise),
        WAYS[2]: s._replace(trained_in="parallel", teacher_noise=0.0),
    }


@functools.lru_cache(maxsize=32)
def band(s: Settings) -> dict[str, Judged]:
    """All three ways; the seed in `s` does not matter, and should be 0."""
    return {way: _judged(own) for way, own in ways(s).items()}


def _judged(s: Settings) -> Judged:
    opened, closed, ahead, spread = [], [], [], []
    for seed in SEEDS:
        network = course(s._replace(seed=seed)).network(STAGES)
        found = record(seed, "new", s.measured_noise)
        sizes = errors(network, found)
        opened.append(sizes.opened)
        closed.append(sizes.closed)
        ahead.append(horizon_error(network, found, N_AHEAD))
        spread.append(float(found.measured.std()))
    return Judged(*(np.array(values) for values in (opened, closed, ahead, spread)))
