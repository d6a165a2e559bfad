"""Memory without feedback: a tapped delay line, the generalised line with a kernel for each tap, and what they keep.

    tapped       column j is x(t - delays[j])
    generalised  column k is a_k(t) = sum over lags l of g_k(l) x(t - l)          g_k: kernel of tap k, row l is lag l

With g_k(l) = 1 at l = k and 0 elsewhere the generalised line is the tapped one. Other kernels of K taps, u = 1 - alpha:

    gamma      G_k(z) = (alpha z^-1 / (1 - u z^-1))^k                             engine.gamma
    laguerre   G_k(z) = sqrt(1 - u^2) z^-1 / (1 - u z^-1) ((z^-1 - u) / (1 - u z^-1))^(k-1)
               a_1(t) = u a_1(t-1) + sqrt(1 - u^2) x(t-1)
               a_k(t) = u a_k(t-1) + a_{k-1}(t-1) - u a_{k-1}(t)
    average    the mean of the last k values before t

Laguerre kernels are orthonormal. They span what the gamma kernels span: a net can do as much with
either.
Arrays are (T, ...); index 0 is step 1, and everything before step 1 is zero.

    depth = sum of l g_K(l) / sum of g_K(l)        resolution = K / depth         their product is K
    recall(l) = share of the variance of x(t - l) that a linear readout finds in the taps, x white noise
              = e_l' G (G'G)^-1 G' e_l             all recalls add up to the number of independent taps

Sources: S. Haykin, Neural Networks, 2nd ed. 1999, chapter 13 (generalised tapped delay line, depth and resolution);
B. de Vries, J. C. Principe, "The gamma model", Neural Networks 5 (1992); Neural Network Design, Deep Learning,
chapter 12, Figs. 12.1 and 12.4. The Laguerre kernels are the classic orthonormal ones, one step later.
The sum of all recalls is the trace of a projection.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate, gamma

KERNELS = ("delay", "gamma", "laguerre", "average")


class Profile(NamedTuple):
    """How far back a line looks, and how finely. The depth and what follows from it is NaN where sum of g_K(l) is 0."""

    depth: float  # mean lag of the last tap, steps
    resolution: float  # taps per step of depth
    product: float  # depth times resolution: the number of taps
    spread: float  # standard deviation of the last tap's lags, weighted by |g_K(l)|, steps


@njit(cache=True, nogil=True)
def _laguerre(x, alpha, taps):
    u = 1.0 - alpha
    gain = np.sqrt(1.0 - u * u)
    a = np.zeros((x.shape[0], taps))
    for t in range(1, x.shape[0]):
        a[t, 0] = u * a[t - 1, 0] + gain * x[t - 1]
        for k in range(1, taps):
            a[t, k] = u * a[t - 1, k] + a[t - 1, k - 1] - u * a[t, k - 1]
    return a


def _inputs(x):
    """x as (T, m), and whether it was (T,)."""
    single = np.ndim(x) != 2
    array = _validate.sequence("x", x)[:, np.newaxis] if single else _validate.array("x", x, (None, None))
    return array, single


def checked_delays(name, delays):
    """delays as an (n,) int array. Raises ValueError unless they are different whole numbers of at least 0."""
    values = _validate.sequence(name, delays)
    wrong = (values % 1 != 0) | (values < 0)
    if wrong.any() or len(set(values)) < len(values):
        raise ValueError(f"{name} must be different whole numbers of at least 0, got {_validate._short(delays)}")
    return values.astype(np.int64)


def stacked(x, delays):
    """The delayed copies of x side by side, along the last axis: (..., T, m) -> (..., T, D m). No checks."""
    n_steps = x.shape[-2]
    columns = np.zeros((*x.shape[:-1], len(delays), x.shape[-1]))
    for j, delay in enumerate(delays):
        if delay < n_steps:
            columns[..., delay:, j, :] = x[..., : n_steps - delay, :]
    return columns.reshape(*x.shape[:-1], -1)


def unstacked(columns, delays, m):
    """The adjoint of `stacked`: derivatives by its columns (..., T, D m) to those by x (..., T, m). No checks."""
    n_steps = columns.shape[-2]
    columns = columns.reshape(*columns.shape[:-1], len(delays), m)
    total = np.zeros((*columns.shape[:-2], m))
    for j, delay in enumerate(delays):
        if delay < n_steps:
            total[..., : n_steps - delay, :] += columns[..., delay:, j, :]
    return total


def tapped(x, delays):
    """A tapped delay line: column j is x(t - delays[j]), 0 before the start.

    x: (T,), or (T, m) for m inputs, whose columns for one delay stand together; delays: different whole numbers >= 0.
    Returns (T, D m). This is the stacked matrix of P12.1, one row a step. Raises ValueError for anything else.
    Source: Fig. 12.1, P12.1.
    """
    array, _ = _inputs(x)
    return stacked(array, checked_delays("delays", delays))


def generalised(x, kernels):
    """A generalised line: column k is a_k(t) = sum over lags l of kernels[l, k] x(t - l).

    x: (T,); kernels: (L, K), row l is lag l, row 0 the present. Returns (T, K). Raises ValueError for anything else.
    Source: Haykin 1999, chapter 13.
    """
    x = _validate.sequence("x", x)
    kernels = _validate.array("kernels", kernels, (None, None))[: len(x)]
    return stacked(x[:, np.newaxis], np.arange(len(kernels))) @ kernels


@np.errstate(all="ignore")
def laguerre(x, alpha, *, taps=1):
    """A line of Laguerre elements by its recursion, zero initial state; alpha = 1 is the tapped delay line.

    x: (T,); 0 < alpha < 2; taps >= 1. Returns (T, taps). Raises ValueError for anything else. Source: the module's.
    """
    x = _validate.sequence("x", x)
    return _laguerre(x, _stable(alpha), _validate.integer("taps", taps, low=1))


def _stable(alpha):
    alpha = _validate.number("alpha", alpha, above=0)
    if alpha >= 2:
        raise ValueError(f"alpha must be a finite number greater than 0 and less than 2, got {alpha}")
    return alpha


def line(x, kind, *, taps, alpha=1.0):
    """The outputs of a line of one of KERNELS: (T,) -> (T, taps). Only gamma and laguerre use alpha.

    alpha: as for `engine.gamma.run` and `laguerre`. Raises ValueError for anything else.
    """
    _validate.choice("kind", kind, KERNELS)
    taps = _validate.integer("taps", taps, low=1)
    if kind in ("gamma", "laguerre"):
        return (gamma.run if kind == "gamma" else laguerre)(x, alpha, taps=taps)
    columns = tapped(x, np.arange(1, taps + 1))
    return np.cumsum(columns, axis=1) / np.arange(1, taps + 1) if kind == "average" else columns


def kernels(kind, n_lags, *, taps, alpha=1.0):
    """The kernels of a line, as its answers to an impulse: (n_lags, taps), row l is lag l and row 0 is 0.

    n_lags >= 1; the rest as for `line`. Raises ValueError for anything else.
    """
    impulse = np.zeros(_validate.integer("n_lags", n_lags, low=1))
    impulse[0] = 1.0
    return line(impulse, kind, taps=taps, alpha=alpha)


@np.errstate(all="ignore")
def profile(kernels):
    """Depth, resolution, their product and the spread of a line: Profile, from kernels (L, K), row l is lag l.

    L has to reach as far as the kernels do. Raises ValueError unless kernels is a matrix of finite numbers.
    Source: Haykin 1999, chapter 13; de Vries and Principe 1992. The spread is ours: depth alone says nothing of blur.
    """
    kernels = _validate.array("kernels", kernels, (None, None))
    lags, last = np.arange(len(kernels)), kernels[:, -1]
    depth = float(lags @ last / last.sum()) if last.sum() != 0 else np.nan
    weights = np.abs(last) / np.abs(last).sum() if last.any() else np.full(len(last), np.nan)
    spread = float(np.sqrt(weights @ (lags - weights @ lags) ** 2))
    resolution = kernels.shape[1] / depth if depth else np.inf
    return Profile(depth, resolution, resolution * depth, spread)


def recall(kernels):
    """Per lag, the share of a white input's variance that the best linear readout of the taps gives back: (L,).

    kernels: (L, K), row l is lag l; L has to reach as far as they do. Each share lies between 0 and 1, and all of them
    add up to the number of independent taps. Raises ValueError unless kernels is a matrix of finite numbers.
    """
    kernels = _validate.array("kernels", kernels, (None, None))
    sizes = np.linalg.norm(kernels, axis=0)
    left, found, _ = np.linalg.svd(kernels / np.where(sizes > 0, sizes, 1.0), full_matrices=False)
    kept = left[:, found > 1e-10 * max(found[0], 1e-300)]
    return (kept**2).sum(axis=1)
