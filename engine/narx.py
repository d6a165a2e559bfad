"""The NARX network: a layer that hears past inputs and past outputs, and a linear output that is fed back.

    a(t) = sum over j = 1 ... d of U_j x(t-j)  +  sum over j = 1 ... D of W_j y(t-j)  +  b        (n,)
    h(t) = f(a(t)),    y(t) = V h(t) + b_out                                                      (k,)

Parallel: y(t-j) is the network's own output. Series-parallel: a teacher's value stands in its place; the loop is open,
and the network is a static one on stacked inputs.

Arrays are (T, ...); index 0 is step 1. f is tanh, logistic, relu or identity.
Source: Neural Network Design, Deep Learning, chapter 12: Eq. 12.3, Figs. 12.6 and 12.7, P12.2, E12.2, E12.3, E12.8.
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _narx, _validate

ACTIVATIONS = _activation.ACTIVATIONS


class NarxParams(NamedTuple):
    """Weights and biases of n units with m inputs and k outputs."""

    U: np.ndarray  # (d, n, m) input weights, U[j - 1] for delay j
    W: np.ndarray  # (D, n, k) feedback weights, W[j - 1] for delay j
    b: np.ndarray  # (n,)
    V: np.ndarray  # (k, n) output weights
    b_out: np.ndarray  # (k,)


class NarxRun(NamedTuple):
    """Row t of each array is step t + 1."""

    net: np.ndarray  # (T, n) a(t)
    h: np.ndarray  # (T, n)
    y: np.ndarray  # (T, k)


class Table(NamedTuple):
    """Static training data, one row for each step at which all that is delayed is known."""

    steps: np.ndarray  # (N,) the step of each row; the first value of the sequences is step 0
    inputs: np.ndarray  # (N, d m + D k) x(t - first delay), ..., y(t - first delay), ...
    targets: np.ndarray  # (N, k) y(t)


class Gradients(NamedTuple):
    """Derivatives of the sum of squared errors. Row t of the arrays over time is step t + 1."""

    loss: float
    dU: np.ndarray  # (d, n, m)
    dW: np.ndarray  # (D, n, k)
    db: np.ndarray  # (n,)
    dV: np.ndarray  # (k, n)
    db_out: np.ndarray  # (k,)
    dF_dy: np.ndarray  # (T, k) total derivative by y(t)
    dF_da: np.ndarray  # (T, n)
    through: np.ndarray  # (T, D, k) the part of dF/dy(t) that comes back from copy t + j, at [t, j - 1]


def checked(params):
    """NarxParams of contiguous float64 arrays. Raises ValueError where their shapes do not fit each other."""
    try:
        U, W, b, V, b_out = params
    except (TypeError, ValueError):
        raise ValueError(f"params must be NarxParams(U, W, b, V, b_out), got {_validate._short(params)}") from None
    U = _validate.array("params.U", U, (None, None, None))
    n_units = U.shape[1]
    W = _validate.array("params.W", W, (None, n_units, None))
    n_outputs = W.shape[2]
    return NarxParams(
        U,
        W,
        _validate.array("params.b", b, (n_units,)),
        _validate.array("params.V", V, (n_outputs, n_units)),
        _validate.array("params.b_out", b_out, (n_outputs,)),
    )


def augmented(params):
    """All weights that meet what is delayed, side by side: [U_1 ... U_d W_1 ... W_D], (n, d m + D k).

    With it a(t) = A z(t) + b, as in the textbook's augmented matrices. Raises ValueError as `run` does. Source: P12.2.
    """
    params = checked(params)
    return np.ascontiguousarray(np.concatenate([*params.U, *params.W], axis=1))


def taken_apart(A, params):
    """U (d, n, m) and W (D, n, k) out of the matrix of `augmented`."""
    (d, _, m), (depth, _, k) = params.U.shape, params.W.shape
    inputs, outputs = A[:, : d * m].reshape(-1, d, m), A[:, d * m :].reshape(-1, depth, k)
    return inputs.transpose(1, 0, 2).copy(), outputs.transpose(1, 0, 2).copy()


def _rows(name, values, width, length=None):
    """(T, width); a sequence will do where width is 1."""
    if width == 1 and np.ndim(values) == 1:
        return _validate.sequence(name, values, length)[:, np.newaxis]
    return _validate.array(name, values, (length, width))


def _before(name, values, width, count):
    """The last `count` rows before step 1, zeros where fewer are given."""
    found = np.zeros((count, width))
    if values is not None:
        given = _rows(name, values, width)[-count:]
        found[count - len(given) :] = given
    return found


class _Heard(NamedTuple):
    """Arguments of the kernels."""

    z: np.ndarray  # (T, d m + D k); the outputs in it are a teacher's, or zeros after those before step 1
    A: np.ndarray
    params: NarxParams
    first: int
    closed: bool
    activation: int


def _heard(x, params, activation, x_before, y_before, teacher):
    params = checked(params)
    activation = ACTIVATIONS.index(_validate.choice("activation", activation, ACTIVATIONS))
    (d, _, m), (depth, _, k) = params.U.shape, params.W.shape
    x = _rows("x", x, m)
    n_steps = len(x)
    fed = np.zeros((n_steps, k)) if teacher is None else _rows("teacher", teacher, k, n_steps)
    x = np.concatenate([_before("x_before", x_before, m, d), x])
    y = np.concatenate([_before("y_before", y_before, k, depth), fed])
    delayed = [x[d - j : d - j + n_steps] for j in range(1, d + 1)]
    delayed += [y[depth - j : depth - j + n_steps] for j in range(1, depth + 1)]
    z = np.ascontiguousarray(np.concatenate(delayed, axis=1))
    return _Heard(z, augmented(params), params, d * m, teacher is None, activation)


def _forward(heard):
    _, _, b, V, b_out = heard.params
    return _narx.forward(heard.z, heard.A, b, V, b_out, heard.first, heard.closed, heard.activation)


@np.errstate(all="ignore")
def run(x, params, *, activation="tanh", x_before=None, y_before=None, teacher=None):
    """Run the network over x(1) ... x(T); the equations are the module's.

    x: (T, m), or (T,) where m = 1. params: NarxParams with U (d, n, m), W (D, n, k), b (n,), V (k, n), b_out (k,).
    activation: one of ACTIVATIONS, of the hidden units. x_before, y_before: rows x(... 0) and y(... 0), the last one
    the latest; zeros unless given. teacher: (T, k), fed back in place of the outputs, which opens the loop.
    Returns NarxRun with .net, .h (T, n) and .y (T, k); row t is step t + 1, so the first row hears x_before and
    y_before only, and the last row of x is heard by no one. Overflow shows as inf or NaN.
    Raises ValueError for shapes that do not match, values that are not finite or another activation.
    Source: Eq. 12.3, Figs. 12.6 and 12.7.
    """
    return NarxRun(*_forward(_heard(x, params, activation, x_before, y_before, teacher)))


@np.errstate(all="ignore")
def heard(x, params, *, activation="tanh", x_before=None, y_before=None, teacher=None):
    """What the hidden layer hears at each step, z(t) = [x(t-1) ... x(t-d), y(t-1) ... y(t-D)]: (T, d m + D k).

    Arguments and errors as in `run`.
    """
    found = _heard(x, params, activation, x_before, y_before, teacher)
    _forward(found)
    return found.z


def table(x, y, input_delays, feedback_delays):
    """Data for static training in the series-parallel arrangement: one row for each step that knows all its past.

    x: (T, m) or (T,), y: (T, k) or (T,), both from step 0 on; input_delays, feedback_delays: whole numbers >= 1.
    Row t is [x(t - i) for i in input_delays, y(t - j) for j in feedback_delays] -> y(t), for t from the longest delay.
    Returns Table with .steps, .inputs, .targets. Raises ValueError for other delays, unequal lengths, or too few steps.
    Source: Exercise E12.3.
    """
    x, y = (np.asarray(values) for values in (x, y))
    x = _rows("x", x, x.shape[1] if x.ndim == 2 else 1)
    y = _rows("y", y, y.shape[1] if y.ndim == 2 else 1, len(x))
    delays = [[_validate.integer(name, delay, low=1) for delay in given]
              for name, given in (("input_delays", input_delays), ("feedback_delays", feedback_delays))]  # fmt: skip
    longest = max((*delays[0], *delays[1]), default=0)
    if not (delays[0] or delays[1]) or longest >= len(x):
        raise ValueError(f"the sequences must be longer than the longest delay, {longest}, got {len(x)} steps")
    steps = np.arange(longest, len(x))
    columns = [x[steps - delay] for delay in delays[0]] + [y[steps - delay] for delay in delays[1]]
    return Table(steps, np.concatenate(columns, axis=1), y[steps])


@np.errstate(all="ignore")
def gradient(x, d, params, *, activation="tanh", x_before=None, y_before=None, teacher=None):
    """F = sum of |d(t) - y(t)|^2 and its derivatives by backpropagation, through time where the loop is closed.

        dF/dy(t) = -2 e(t) + sum over j of W_j^T s(t+j),    s(t) = f'(a(t)) V^T dF/dy(t)
        dF/dW_j = sum of s(t) y(t-j)^T,    dF/dU_j = sum of s(t) x(t-j)^T,    dF/dV = sum of dF/dy(t) h(t)^T

    The sum over j is what the copies t+1 ... t+D send back; with a teacher there is none (static backpropagation).
    d: (T, k) targets; other arguments and errors as in `run`. Returns Gradients. Source: Eqs. 12.8 and 12.9.
    """
    given = _heard(x, params, activation, x_before, y_before, teacher)
    a, h, y = _forward(given)
    error = _rows("d", d, y.shape[1], len(y)) - y
    V, first = given.params.V, given.first
    dF_dy, dF_da, through = _narx.backward(a, given.A, V, -2.0 * error, first, given.closed, given.activation)
    dU, dW = taken_apart(dF_da.T @ given.z, given.params)
    loss = float((error**2).sum())
    return Gradients(loss, dU, dW, dF_da.sum(0), dF_dy.T @ h, dF_dy.sum(0), dF_dy, dF_da, through)


@np.errstate(all="ignore")
def jacobian(x, params, *, activation="tanh", x_before=None, y_before=None, teacher=None):
    """dy(t)/dw for every weight w, forward in time: (T, k, P), the weights in the order of `vector`.

        dy(t)/dw = V f'(a(t)) (d^e a(t)/dw + sum over j of W_j dy(t-j)/dw)  +  d^e y(t)/dw

    Without a teacher the sum carries the derivative through the loop. Arguments and errors as in `run`.
    Source: Eqs. 12.6 and 12.7; it is what Levenberg-Marquardt needs.
    """
    given = _heard(x, params, activation, x_before, y_before, teacher)
    a, h, _ = _forward(given)
    return _narx.jacobian(given.z, a, h, given.A, given.params.V, given.first, given.closed, given.activation)


@np.errstate(all="ignore")
def ahead(x, y, params, n_ahead, *, activation="tanh", x_before=None, y_before=None):
    """Predictions 1 ... n_ahead steps ahead from every step: (T - n_ahead + 1, n_ahead, k).

    At [t, j] stands the prediction of y(t+1+j) by a network that has heard measured outputs up to step t and its own
    after that. x (T, m) and y (T, k) are measured; 1 <= n_ahead <= T. Other arguments and errors as in `run`.
    """
    given = _heard(x, params, activation, x_before, y_before, y)
    n_ahead = _validate.integer("n_ahead", n_ahead, low=1)
    if n_ahead > len(given.z):
        raise ValueError(f"n_ahead must be at most {len(given.z)}, the number of steps, got {n_ahead}")
    _, _, b, V, b_out = given.params
    return _narx.horizons(given.z, given.A, b, V, b_out, given.first, n_ahead, given.activation)
