"""What one can do to a gradient that is too large or too small: clip it, rescale it, or punish the network for it.

    clipping:    g <- (threshold / |g|) g  where |g| > threshold
    rescaling:   terms <- (size / |sum of terms|) terms, one factor for all lags
    regularizer: Omega = sum over t of (|dF/dc(t+1) dc(t+1)/dc(t)| / |dF/dc(t+1)| - 1)^2

Clipping keeps the direction and cures the explosion. Rescaling cures nothing: what a long lag adds stays as small
beside what a short lag adds as it was. Omega is 0 where the error keeps its length on its way back.

Source: R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, for
clipping and Omega; lecture slides on training recurrent networks for the rescaling example.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate


class Clipped(NamedTuple):
    gradient: object  # as it was given: an array, or a tuple of arrays
    norm: float  # Euclidean norm of all entries before clipping
    clipped: bool  # whether it was above the threshold


class Rescaled(NamedTuple):
    terms: np.ndarray  # (T,)
    factor: float  # the one factor for all of them
    total: float  # sum of the terms before rescaling


class Omega(NamedTuple):
    """Entry t of the arrays belongs to the way from step t + 2 back to step t + 1."""

    ratios: np.ndarray  # (T - 1,) |dF/dc(t+1) dc(t+1)/dc(t)| / |dF/dc(t+1)|, NaN where the error is 0
    terms: np.ndarray  # (T - 1,) (ratio - 1)^2
    total: float  # sum of the terms that are not NaN


@np.errstate(all="ignore")
def clip_by_norm(gradient, threshold):
    """Shorten a gradient to `threshold` where it is longer: g <- (threshold / |g|) g.

    gradient: an array of any shape, or a tuple or NamedTuple of arrays whose norm is taken over all entries together
    (a None among them stays None); threshold > 0. Returns Clipped with .gradient in the same form, always a copy, and
    .norm and .clipped. Entries may be as large as float64 allows; .norm is inf where it is larger than that.
    Raises ValueError for entries that are inf or NaN, since such a gradient has no direction left to keep.
    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.
    """
    threshold = _validate.number("threshold", threshold, above=0)
    parts = [_part(values) for values in (gradient if isinstance(gradient, tuple) else (gradient,))]
    entries = np.concatenate([np.zeros(0), *(part.ravel() for part in parts if part is not None)])
    largest = float(np.abs(entries).max(initial=0.0))
    # entries at most 1, so that no square overflows or underflows
    relative_norm = float(np.linalg.norm(entries / largest)) if largest > 0 else 0.0
    norm = largest * relative_norm
    if norm > threshold:
        parts = [part if part is None else part / largest * (threshold / relative_norm) for part in parts]
    return Clipped(_like(gradient, parts), norm, norm > threshold)


def _part(values):
    if values is None:
        return None
    # dtype object lets ragged lists through to the check that refuses them by name
    values = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    return _validate.array("gradient", values, (None,) * values.ndim)


def _like(gradient, parts):
    if not isinstance(gradient, tuple):
        return parts[0]
    return type(gradient)(*parts) if hasattr(gradient, "_fields") else tuple(parts)


@np.errstate(all="ignore")
def rescale(terms, size=1.0):
    """Multiply all terms of a sum by the one factor that gives the sum the modulus `size`.

    terms: (T,), the gradient's term for each lag; size > 0. Returns Rescaled with .terms (T,), .factor (positive) and
    .total, the sum before. For 1, 1/10, 1/100, 1/1000 and 1/10000 the factor is 1/1.1111, so the last term becomes
    9.0e-5: its share of the sum is what it was. Raises ValueError where the sum is 0, since no factor changes that.
    """
    terms = _validate.sequence("terms", terms)
    size = _validate.number("size", size, above=0)
    largest = np.abs(terms).max()
    # fsum rounds once, at the end; terms at most 1 keep it from overflowing
    relative_total = math.fsum(terms / largest) if largest > 0 else 0.0
    if relative_total == 0:
        raise ValueError(f"terms must have a sum other than 0 to be rescaled, got {len(terms)} that add up to 0")
    rescaled = terms / largest * (size / abs(relative_total))
    return Rescaled(rescaled, float(size / abs(relative_total) / largest), float(relative_total * largest))


@np.errstate(all="ignore")
def omega(dF_dc, jacobians):
    """The regularizer that asks the error to keep its length: Omega = sum over t = 1 ... T-1 of (ratio(t) - 1)^2.

        ratio(t) = |dF/dc(t+1) dc(t+1)/dc(t)| / |dF/dc(t+1)|

    dF_dc: (T, n), row t is dF/dc at step t + 1; jacobians: (T, n, n), entry t is dc(t)/dc(t-1) of the same step, and
    entry 0 is not used. Returns Omega with .ratios (T-1,), .terms (T-1,) and .total. Where dF/dc(t+1) is 0 nothing
    travels back: ratio and term are NaN and left out of the total. A gradient of any size gives the ratio of its
    direction, since each row is brought to length 1 first. Raises ValueError for other shapes or values.
    Source: Pascanu, Mikolov and Bengio 2013, section 3.3.
    """
    dF_dc = _validate.array("dF_dc", dF_dc, (None, None))
    n_steps, n_units = dF_dc.shape
    jacobians = _validate.array("jacobians", jacobians, (n_steps, n_units, n_units))[1:]
    # twice: entries to at most 1, then the row to length 1; 0/0 makes the NaN
    errors = dF_dc[1:] / np.abs(dF_dc[1:]).max(axis=1, keepdims=True)
    errors /= np.linalg.norm(errors, axis=1, keepdims=True)
    sizes = np.abs(jacobians).max(axis=(1, 2), initial=np.finfo(float).tiny)
    earlier = np.einsum("ti,tij->tj", errors, jacobians / sizes[:, np.newaxis, np.newaxis])
    ratios = np.linalg.norm(earlier, axis=1) * sizes
    terms = (ratios - 1) ** 2
    return Omega(ratios, terms, float(np.nansum(terms)))


@njit(cache=True, nogil=True)
def _walk_back(error, jacobians):
    """Ratio of lengths for each step that the error (n,) goes back; NaN from where nothing of it is left."""
    n_steps = jacobians.shape[0]
    ratios = np.full(max(n_steps - 1, 0), np.nan)
    for t in range(n_steps - 1, 0, -1):
        largest = np.abs(error).max()
        if largest == 0.0:
            break
        # entries to at most 1 before their squares are taken, then the length to 1
        error = error / largest
        error /= np.sqrt(np.dot(error, error))
        size = np.abs(jacobians[t]).max()
        error = np.dot(error, jacobians[t] / size) if size > 0.0 else 0.0 * error
        ratios[t - 1] = np.sqrt(np.dot(error, error)) * size
    return ratios


@np.errstate(all="ignore")
def omega_from_last(error, jacobians):
    """Omega (see `omega`) of a loss that sees the last step only: dF/dc of the earlier steps follows from the last.

        dF/dc(t) = dF/dc(t+1) dc(t+1)/dc(t)

    error: (n,), dF/dc at the last step; jacobians: (T, n, n) as for `omega`. The error is brought to length 1 at every
    step, so it does not underflow however far it falls; entries more than 300 decades below the largest one of the same
    step are lost. Ratio and term are NaN only where nothing is left at all: before a product that is exactly 0.
    Returns Omega. Raises ValueError for other shapes or values.
    Source: Pascanu, Mikolov and Bengio 2013, section 3.3.
    """
    error = _validate.sequence("error", error)
    jacobians = _validate.array("jacobians", jacobians, (None, len(error), len(error)))
    ratios = _walk_back(error, jacobians)
    terms = (ratios - 1) ** 2
    return Omega(ratios, terms, float(np.nansum(terms)))
