"""A reservoir on NARMA-10, against errors that were measured with another program before this one was written.

The settings: plain units without leak, spectral radius 0.9, 10 % of connections, all weights uniform, inputs and biases
scaled by 0.2, ridge 1e-8; 200 steps of wash-out, 2000 of training, 1000 of test; ten seeds, the median of their errors.
Neighbouring settings (inputs and biases scaled by 0.1 to 0.2, spectral radius 0.85 to 0.95) reach the same.
"""

import numpy as np
import pytest
from numba import config

from engine import signals
from engine.reservoir import connections, readout, states

WASHOUT, TRAINING, TEST = 200, 2000, 1000
SEEDS = range(1, 11)


def task(seed):
    u = signals.narma_input(WASHOUT + TRAINING + TEST, np.random.default_rng(1000 + seed))
    return u, signals.narma10(u)


def reservoir_error(n_units, seed):
    u, d = task(seed)
    made = connections.make(
        n_units, spectral_radius=0.9, density=0.1, input_scaling=0.2, rng=np.random.default_rng(seed)
    )
    h = states.run(u, made)
    trained, tested = slice(WASHOUT, WASHOUT + TRAINING), slice(WASHOUT + TRAINING, None)
    V = readout.fit_ridge(u[trained], h[trained], d[trained], 1e-8)
    return readout.normalised_error(readout.outputs(u[tested], h[tested], V), d[tested])


@pytest.mark.skipif(config.DISABLE_JIT, reason="40 runs of 3200 steps take minutes with NUMBA_DISABLE_JIT=1")
@pytest.mark.parametrize("n_units, median", [(50, 0.137), (100, 0.080), (200, 0.031), (400, 0.015)])
def test_medians_of_a_plain_reservoir(n_units, median):
    errors = [reservoir_error(n_units, seed) for seed in SEEDS]
    assert np.median(errors) == pytest.approx(median, rel=0.25), errors


def test_a_linear_filter_of_30_inputs():
    """Least squares on u(t), ... u(t-29) and a bias, without any part of the reservoir: what memory alone can do."""
    errors = []
    for seed in SEEDS:
        u, d = task(seed)
        columns = [np.concatenate((np.zeros(k), u[: len(u) - k])) for k in range(30)]
        rows = np.column_stack((np.ones(len(u)), *columns))
        trained, tested = slice(WASHOUT, WASHOUT + TRAINING), slice(WASHOUT + TRAINING, None)
        weights = np.linalg.lstsq(rows[trained], d[trained], rcond=None)[0]
        errors.append(np.mean((d[tested] - rows[tested] @ weights) ** 2) / np.var(d[tested]))
    assert np.median(errors) == pytest.approx(0.140, rel=0.1), errors
