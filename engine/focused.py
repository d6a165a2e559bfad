"""Focused networks: a memory line at the input, and a static two-layer net on the line's outputs.

    FTDNN   s(t) = [x(t - delays[0]); x(t - delays[1]); ...]                        a tapped delay line, P12.1
    FGMN    s(t) = [a_1(t); ...; a_K(t)],  a_k(t) = alpha a_{k-1}(t-1) + (1 - alpha) a_k(t-1),  a_0 = x
    a(t) = U s(t) + b,    h(t) = f(a(t)),    y(t) = V h(t) + b_out,    F = sum over steps and outputs of (d - y)^2

All s(t) are known before training, so they are stacked to one matrix, one row a step, and static backpropagation gives
the gradient. The gamma line feeds back, so alpha needs backpropagation through time as well, with r_k(t) = dF/da_k(t):

    r_k(t) = dF/ds_k(t) + (1 - alpha) r_k(t+1) + alpha r_{k+1}(t+1)
    dF/dalpha = sum over t and k of [a_{k-1}(t-1) - a_k(t-1)] r_k(t)

Arrays are (T, ...); index 0 is step 1, and everything before step 1 is zero.
Sources: Neural Network Design, Deep Learning, chapter 12: Figs. 12.1 and 12.5, P12.1, P12.3 (one element), E12.4.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _activation, _validate, gamma
from engine.delay_line import _inputs, checked_delays, stacked


class FocusedParams(NamedTuple):
    """Weights of the static net on s columns of a memory line."""

    U: np.ndarray  # (n, s) with the columns in the line's order: all inputs of the first tap, then of the second, ...
    b: np.ndarray  # (n,)
    V: np.ndarray  # (k, n)
    b_out: np.ndarray  # (k,)


class FocusedRun(NamedTuple):
    """Row t of each array is step t + 1."""

    columns: np.ndarray  # (T, s) what the line gives the static net
    a: np.ndarray  # (T, n)
    h: np.ndarray  # (T, n)
    y: np.ndarray  # (T, k)


class FocusedGradient(NamedTuple):
    """Loss and derivatives; of an FTDNN dF_dalpha is NaN, since there is no alpha."""

    loss: float  # sum over the counted steps and outputs of (d - y)^2
    dU: np.ndarray  # (n, s)
    db: np.ndarray  # (n,)
    dV: np.ndarray  # (k, n)
    db_out: np.ndarray  # (k,)
    dF_dcolumns: np.ndarray  # (T, s) explicit derivative by the line's outputs
    dF_dalpha: float


@njit(cache=True, nogil=True)
def _dF_dalpha(x, taps, explicit, alpha):
    """Backpropagation through a gamma line. x: (T, m); taps, explicit: (T, K, m)."""
    n_steps, n_taps, m = taps.shape
    total = np.zeros((n_taps + 1, m))  # r_k(t + 1), with a row of zeros beyond the last tap
    dF_dalpha = 0.0
    for t in range(n_steps - 1, 0, -1):
        for i in range(m):
            for k in range(n_taps):
                # total[k + 1] is still that of step t + 1 when tap k is computed
                total[k, i] = explicit[t, k, i] + (1.0 - alpha) * total[k, i] + alpha * total[k + 1, i]
                fed = x[t - 1, i] if k == 0 else taps[t - 1, k - 1, i]
                dF_dalpha += (fed - taps[t - 1, k, i]) * total[k, i]
    return dF_dalpha


def forward(columns, params, activation):
    """a, h and y of the static net for any number of rows; activation: index in ACTIVATIONS. No checks."""
    a = columns @ params.U.T + params.b
    h = _activation.applied(a, activation)
    return a, h, h @ params.V.T + params.b_out


def backward(columns, params, a, h, dF_dy, activation):
    """dU, db, dV, db_out and dF/dcolumns, given dF/dy (rows, k). No checks."""
    dF_da = (dF_dy @ params.V) * _activation.differentiated(a, activation)
    return dF_da.T @ columns, dF_da.sum(axis=0), dF_dy.T @ h, dF_dy.sum(axis=0), dF_da @ params.U


def checked(params, n_columns):
    """FocusedParams as arrays. Raises ValueError for anything else, or shapes that do not fit n_columns columns."""
    if not isinstance(params, FocusedParams):
        raise ValueError(f"params must be FocusedParams(U, b, V, b_out), got {_validate._short(params)}")
    U = _validate.array("params.U", params.U, (None, n_columns))
    V = _validate.array("params.V", params.V, (None, len(U)))
    b_out = _validate.array("params.b_out", params.b_out, (len(V),))
    return FocusedParams(U, _validate.array("params.b", params.b, (len(U),)), V, b_out)


def _activation_index(name):
    return _activation.ACTIVATIONS.index(_validate.choice("activation", name, _activation.ACTIVATIONS))


@np.errstate(all="ignore")
def _run(columns, params, activation):
    return FocusedRun(columns, *forward(columns, checked(params, columns.shape[1]), _activation_index(activation)))


@np.errstate(all="ignore")
def _gradient(columns, d, params, activation, counted):
    params, activation = checked(params, columns.shape[1]), _activation_index(activation)
    a, h, y = forward(columns, params, activation)
    error = targets(d, y.shape) - y
    error[~_counted(counted, len(y))] = 0.0
    dU, db, dV, db_out, dF_dcolumns = backward(columns, params, a, h, -2 * error, activation)
    return FocusedGradient(float((error**2).sum()), dU, db, dV, db_out, dF_dcolumns, np.nan)


def targets(d, shape):
    """d as (T, k), from (T,) too where k = 1. Raises ValueError for other shapes."""
    return _validate.array("d", np.reshape(d, shape) if np.ndim(d) == 1 and shape == (len(d), 1) else d, shape)


def _counted(counted, n_steps):
    if counted is None:
        return np.ones(n_steps, dtype=bool)
    result = np.array(counted)
    if result.dtype.kind != "b" or result.shape != (n_steps,) or not result.any():
        raise ValueError(f"counted must hold {n_steps} bools, one of them True, got {_validate._short(counted)}")
    return result


def ftdnn(x, params, delays, *, activation="tanh"):
    """Run a focused time delay neural network: a tapped delay line, then the static net.

    x: (T,) or (T, m); params: FocusedParams with U (n, D m); delays: D different whole numbers >= 0; activation of the
    hidden layer: tanh, logistic, relu or identity; the output is linear. Returns FocusedRun with .columns, .a, .h, .y.
    Raises ValueError for anything else. Source: Fig. 12.1, P12.1.
    """
    return _run(stacked(_inputs(x)[0], checked_delays("delays", delays)), params, activation)


def ftdnn_gradient(x, d, params, delays, *, activation="tanh", counted=None):
    """Static backpropagation through the stacked matrix: FocusedGradient, for F = sum of (d - y)^2.

    d: (T, k), or (T,) where k = 1; counted: (T,) bool, the steps that F adds up, all unless given; the rest as in
    `ftdnn`. Raises ValueError for anything else.
    """
    return _gradient(stacked(_inputs(x)[0], checked_delays("delays", delays)), d, params, activation, counted)


def _gamma_columns(x, alpha, n_taps):
    """(T, K m) with the m inputs of one tap together."""
    x = _inputs(x)[0]
    return np.stack([gamma.run(column, alpha, taps=n_taps) for column in x.T], axis=2).reshape(len(x), -1), x


@np.errstate(all="ignore")
def fgmn(x, params, alpha, *, taps, activation="tanh"):
    """Run a focused gamma memory network: a gamma line of `taps` elements for each input, then the static net.

    x: (T,) or (T, m); params: FocusedParams with U (n, taps m); alpha: any finite number, of all elements; the rest as
    in `ftdnn`. Returns FocusedRun. Raises ValueError for anything else. Source: Fig. 12.5, E12.4.
    """
    return _run(_gamma_columns(x, alpha, taps)[0], params, activation)


@np.errstate(all="ignore")
def fgmn_gradient(x, d, params, alpha, *, taps, activation="tanh", counted=None):
    """The gradient for all weights and for alpha: FocusedGradient with .dF_dalpha.

    d, counted as in `ftdnn_gradient`, the rest as in `fgmn`; overflow shows as inf or NaN. Raises ValueError for
    anything else. Source: P12.3 for one element, Eqs. 12.8 and 12.9 for a line of them.
    """
    columns, x = _gamma_columns(x, alpha, taps)
    found = _gradient(columns, d, params, activation, counted)
    shape = (len(x), -1, x.shape[1])
    slope = _dF_dalpha(x, columns.reshape(shape), found.dF_dcolumns.reshape(shape), float(alpha))
    return found._replace(dF_dalpha=slope)


def initial(n_units, n_columns, n_outputs, rng):
    """Random weights, uniform in +-1/sqrt(inputs of the layer), biases too: FocusedParams.

    n_units, n_columns, n_outputs >= 1; rng: numpy.random.Generator. Raises ValueError for anything else.
    """
    n, s = _validate.integer("n_units", n_units, low=1), _validate.integer("n_columns", n_columns, low=1)
    k, rng = _validate.integer("n_outputs", n_outputs, low=1), _validate.generator("rng", rng)
    first, second = 1 / np.sqrt(s), 1 / np.sqrt(n)
    U, b = rng.uniform(-first, first, (n, s)), rng.uniform(-first, first, n)
    return FocusedParams(U, b, rng.uniform(-second, second, (k, n)), rng.uniform(-second, second, k))
