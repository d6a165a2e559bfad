"""The basic recurrent network: one layer that hears its own output of the step before.

    a(t) = U x(t) + W h(t-1) + b        (n,)      net input
    h(t) = f(a(t))                      (n,)      state and output, h(0) = h0

Arrays are (T, n); index 0 is step 1. f is tanh, logistic, relu or identity.
Source: Neural Network Design, Deep Learning, chapter 12: Eq. 12.4, Figs. 12.8 and 12.9. The second form, `run_cell`,
is the one used in texts on the vanishing gradient (Pascanu, Mikolov, Bengio 2013, Eq. 2).
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _recursive, _stacked, _validate

ACTIVATIONS = _activation.ACTIVATIONS


class RnnParams(NamedTuple):
    """Weights and biases of n units with m inputs."""

    U: np.ndarray  # (n, m) input weights
    W: np.ndarray  # (n, n) recurrent weights
    b: np.ndarray  # (n,) biases


class RnnRun(NamedTuple):
    """Row t of each array is step t + 1."""

    a: np.ndarray  # (T, n) net inputs
    h: np.ndarray  # (T, n) states


class CellRun(NamedTuple):
    """Row t of each array is step t + 1."""

    c: np.ndarray  # (T, n) states before the activation
    h: np.ndarray  # (T, n) f(c)


def _params(params):
    try:
        U, W, b = params
    except (TypeError, ValueError):
        raise ValueError(f"params must be RnnParams(U, W, b), got {_validate._short(params)}") from None
    U = _validate.array("params.U", U, (None, None))
    n_units = U.shape[0]
    return RnnParams(U, _validate.array("params.W", W, (n_units, n_units)), _validate.array("params.b", b, (n_units,)))


def recurrent_weights(params):
    """W (n, n) of RnnParams, or of a matrix given alone. Raises ValueError for anything else."""
    if isinstance(params, RnnParams):
        return _params(params).W
    W = _validate.array("W", params, (None, None))
    return _validate.array("W", W, (W.shape[0], W.shape[0]))


def _inputs(x, params):
    """x as (T, m); a sequence (T,) will do where the network has one input."""
    n_inputs = params.U.shape[1]
    if n_inputs == 1 and np.ndim(x) == 1:
        return _validate.sequence("x", x)[:, np.newaxis]
    return _validate.array("x", x, (None, n_inputs))


def _state(name, h0, n_units):
    return np.zeros(n_units) if h0 is None else _validate.sequence(name, h0, n_units)


def checked(x, params, h0, activation, *, state_name="h0"):
    """The arguments of `run` as kernels take them: x (T, m), params, h0 (n,), index of the activation.

    Raises ValueError for an argument that does not fit the others.
    """
    params = _params(params)
    x = _inputs(x, params)
    h0 = _state(state_name, h0, params.b.shape[0])
    return x, params, h0, ACTIVATIONS.index(_validate.choice("activation", activation, ACTIVATIONS))


@np.errstate(all="ignore")
def run(x, params, *, h0=None, activation="tanh"):
    """Run the network: a(t) = U x(t) + W h(t-1) + b, h(t) = f(a(t)), h(0) = h0.

    x: (T, m), or (T,) where m = 1; T >= 1. params: RnnParams with U (n, m), W (n, n), b (n,). h0: (n,), zeros unless
    given. activation: one of ACTIVATIONS. Returns RnnRun with .a and .h, both (T, n); overflow shows as inf or NaN.
    Raises ValueError for shapes that do not match, values that are not finite or another activation.
    Source: Eq. 12.4.
    """
    x, params, h0, activation = checked(x, params, h0, activation)
    return RnnRun(*_recursive.forward(x, *params, h0, activation))


@np.errstate(all="ignore")
def run_cell(x, params, *, c0=None, activation="tanh"):
    """Run the other form, whose state comes before the activation: c(t) = W f(c(t-1)) + U x(t) + b, c(0) = c0.

    It is the same network seen one box earlier: c(t) is a(t) of `run` with h(0) = f(c(0)), and f(c(t)) is h(t).
    c0: (n,), zeros unless given (so h(0) is f(0), which is 1/2 for logistic). Other arguments and errors as in `run`.
    Returns CellRun with .c and .h, both (T, n). Source: Pascanu, Mikolov, Bengio 2013, Eq. 2.
    """
    x, params, c0, activation = checked(x, params, c0, activation, state_name="c0")
    return CellRun(*_recursive.forward(x, *params, _activation.applied(c0, activation), activation))


def initial(n_units, n_inputs, rng):
    """Weights to start learning from: uniform between -1/sqrt(n) and 1/sqrt(n), biases 0.

    n_units, n_inputs: whole numbers >= 1; rng: numpy.random.Generator. Returns RnnParams; raises ValueError for other
    arguments. Source: PyTorch's law for weights.
    """
    U, W = _stacked.uniform(1, n_units, n_inputs, rng)
    return RnnParams(U, W, np.zeros(W.shape[0]))


@np.errstate(all="ignore")
def derivative(a, activation):
    """f'(a), elementwise; 0 for relu at a = 0, the value PyTorch uses too.

    a: array of any shape, or a number. Returns the same shape. It is computed from a, not from f(a), so it keeps its
    leading digits where f is saturated. Raises ValueError for values that are not finite or another activation.
    """
    a = _validate.array("a", a, np.shape(a))
    return _activation.differentiated(a, ACTIVATIONS.index(_validate.choice("activation", activation, ACTIVATIONS)))
