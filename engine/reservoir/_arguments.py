"""Checks of what the public functions of the package are given. Every refusal is a ValueError naming the argument."""

import numpy as np
import scipy.sparse

from engine import _validate


def matrix(name, W, shape):
    """W (n, n) as kernels take it: a float64 array, without a copy where that is possible, or a csr_array.

    None in `shape` allows any length from 1. W is only read.
    """
    if not scipy.sparse.issparse(W):
        if isinstance(W, np.ndarray) and W.dtype == np.float64 and W.flags.carray:
            return _checked_dense(name, W, shape)
        return _validate.array(name, W, shape)
    if W.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {W.dtype}")
    W = scipy.sparse.csr_array(W, dtype=np.float64)
    if any(given != allowed for given, allowed in zip(W.shape, shape, strict=True) if allowed is not None):
        raise ValueError(f"{name} must have shape {shape}, got shape {W.shape}")
    if not np.isfinite(W.data).all():
        raise ValueError(f"{name} must be finite, got {W.data[~np.isfinite(W.data)][0]}")
    return W


def _checked_dense(name, W, shape):
    """As _validate.array, without the copy: a large W is read once, and a run costs little more than that."""
    fits = W.ndim == len(shape) and all(
        given > 0 if allowed is None else given == allowed for given, allowed in zip(W.shape, shape, strict=True)
    )
    return W if fits and np.isfinite(W).all() else _validate.array(name, W, shape)


def inputs(x, n_inputs):
    """x as (T, m); a sequence (T,) will do where m = 1."""
    if n_inputs == 1 and np.ndim(x) == 1:
        return _validate.sequence("x", x)[:, np.newaxis]
    return _validate.array("x", x, (None, n_inputs))


def outputs(name, values, n_steps, n_outputs):
    """Targets or outputs as (T, k); a sequence (T,) will do where k = 1. None allows any T or k."""
    if n_outputs in (1, None) and np.ndim(values) == 1:
        return _validate.sequence(name, values, n_steps)[:, np.newaxis]
    return _validate.array(name, values, (n_steps, n_outputs))


def vector(name, values, length):
    """`values` as (length,); a number will do where that is 1."""
    return _validate.sequence(name, [values] if length == 1 and np.ndim(values) == 0 else values, length)


def history(h0, n_units, delay, name="h0"):
    """States before step 1 as (delay, n), oldest first: zeros for None, and h0 (n,) is the last of them."""
    if h0 is not None and np.ndim(h0) == 2:
        return _validate.array(name, h0, (delay, n_units))
    rows = np.zeros((delay, n_units))
    if h0 is not None:
        rows[-1] = _validate.sequence(name, h0, n_units)
    return rows


def leak(leak_rate):
    """leak_rate as a float between 0 and 1."""
    return _validate.number("leak_rate", leak_rate, low=0, high=1)
