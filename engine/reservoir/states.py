"""States of a reservoir: driven by inputs, by a teacher, or by its own output.

    h̃(t) = tanh(W_in [1; x(t)] + W h(t-1) + W_late h(t-delay) + W_fb y(t-1))      (n,)
    h(t) = (1 - leak) h(t-1) + leak h̃(t)                                          (n,)   state
    y(t) = V [1; h(t); x(t)]                                                      (k,)   output

Time is the first axis, row t is step t + 1, and everything before step 1 is zero unless it is given. While a teacher
is given, its target d(t-1) stands for y(t-1): that is teacher forcing. leak = 1 is a network without leak.

The lecture slides on reservoir computing write another leaky unit, h(t) = α h(t-1) + (1 - α) x(t): their α says how
much is kept, the leak rate here says how much is let in.

Sources: H. Jaeger, "The echo state approach to analysing and training recurrent neural networks", GMD report 148
(2001); M. Lukoševičius, "A practical guide to applying echo state networks" (2012), Eqs. 1-3 and 5; the lecture
slides "Reservoir computing - fundamentals".
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _validate, pieces
from engine.reservoir import _arguments, _kernels, _layout

ACTIVATIONS = ("tanh", "identity")

#: What a unit's activation costs, in multiplications.
UNIT = 20


class Reservoir(NamedTuple):
    """Fixed weights of n units with m inputs; only the readout V is learned. W and W_late: dense or scipy.sparse."""

    W_in: np.ndarray  # (n, 1 + m) input weights, bias first
    W: np.ndarray  # (n, n) recurrent weights
    W_fb: np.ndarray | None = None  # (n, k) feedback weights, from the output
    W_late: np.ndarray | None = None  # (n, n) recurrent weights of the connections that take `delay` steps
    delay: int = 1


class FreeRun(NamedTuple):
    """Row t of each array is step t + 1."""

    states: np.ndarray  # (T, n)
    y: np.ndarray  # (T, k) outputs


def checked(reservoir):
    """`reservoir` with float64 arrays, a csr_array where a matrix is sparse. Raises ValueError for what does not fit.

    Without late connections delay is 1, because then no state before the last counts.
    """
    try:
        W_in, W, W_fb, W_late, delay = Reservoir(*reservoir)
    except TypeError:
        allowed = "Reservoir(W_in, W, W_fb, W_late, delay)"
        raise ValueError(f"reservoir must be {allowed}, got {_validate._short(reservoir)}") from None
    W_in = _validate.array("reservoir.W_in", W_in, (None, None))
    n_units = W_in.shape[0]
    W = _arguments.matrix("reservoir.W", W, (n_units, n_units))
    if W_fb is not None:
        W_fb = _validate.array("reservoir.W_fb", W_fb, (n_units, None))
    delay = _validate.integer("reservoir.delay", delay, low=1)
    if W_late is None:
        return Reservoir(W_in, W, W_fb)
    return Reservoir(W_in, W, W_fb, _arguments.matrix("reservoir.W_late", W_late, (n_units, n_units)), delay)


def activation_index(activation):
    """The number by which kernels know one of ACTIVATIONS."""
    return _activation.ACTIVATIONS.index(_validate.choice("activation", activation, ACTIVATIONS))


def earlier_teacher(teacher, y0, reservoir, n_steps):
    """d(t-1) for every step, (T, k), or None for a reservoir without feedback. Raises ValueError if one is missing."""
    if reservoir.W_fb is None:
        if teacher is not None or y0 is not None:
            name, given = ("teacher", teacher) if teacher is not None else ("y0", y0)
            raise ValueError(f"{name} must be None for a reservoir without W_fb, got {_validate._short(given)}")
        return None
    if teacher is None:
        raise ValueError("teacher must be given, (T, k), for a reservoir with W_fb, got None")
    n_outputs = reservoir.W_fb.shape[1]
    teacher = _arguments.outputs("teacher", teacher, n_steps, n_outputs)
    first = np.zeros(n_outputs) if y0 is None else _arguments.vector("y0", y0, n_outputs)
    return np.vstack([first, teacher[:-1]])


def rows_to_run(history, x, reservoir, earlier=None):
    """What the kernels turn into states, (delay + T, n): the history, then W_in [1; x(t)] + W_fb y(t-1) for every step.

    history: (delay, n); x: (T, m); earlier: (T, k) with y(t-1), or None. All are checked already.
    """
    delay = len(history)
    rows = np.empty((delay + len(x), history.shape[1]))
    rows[:delay] = history
    np.matmul(x, reservoir.W_in[:, 1:].T, out=rows[delay:])
    rows[delay:] += reservoir.W_in[:, 0]
    if earlier is not None:
        rows[delay:] += earlier @ reservoir.W_fb.T
    return rows


@np.errstate(all="ignore")
def run(x, reservoir, *, leak_rate=1.0, h0=None, teacher=None, y0=None, activation="tanh"):
    """Run the reservoir on the inputs x and return its states (T, n).

    x: (T, m), or (T,) where m = 1, or (T, 0) where W_in has only the bias. leak_rate: between 0 and 1. h0: (n,) the
    state before step 1, or (delay, n) oldest first where connections are late; (n,) means that those before it are 0.
    teacher: (T, k) or (T,) targets, needed where there is W_fb and refused elsewhere; row t - 1 enters at step t, and
    y0 (k,), zeros unless given, before the first. activation: one of ACTIVATIONS; identity is the linear reservoir.
    Overflow shows as inf or NaN. Raises ValueError for anything else. Source: see the module.
    """
    reservoir = checked(reservoir)
    x = _arguments.inputs(x, reservoir.W_in.shape[1] - 1)
    earlier = earlier_teacher(teacher, y0, reservoir, len(x))
    history = _arguments.history(h0, len(reservoir.W_in), reservoir.delay)
    leak_rate, activation = _arguments.leak(leak_rate), activation_index(activation)
    rows, delay = rows_to_run(history, x, reservoir, earlier), reservoir.delay
    connections = _layout.connections(reservoir.W, reservoir.W_late)
    for part in parts(len(x), connections, rows):
        _kernels.forward(rows[part.start : part.stop + delay], delay, connections, leak_rate, activation)
    return rows[delay:]


def parts(n_steps, connections, rows, further=0):
    """Slices of the steps, with a look before each. further: operations per step beside those of the states."""
    return pieces.parts(n_steps, _layout.size(connections) + UNIT * rows.shape[1] + further)


def _inputs_of_free_run(x, reservoir, n_steps, n_outputs):
    """x (T, m); (T, 0) where the output of the step before is the input."""
    n_inputs = reservoir.W_in.shape[1] - 1
    if reservoir.W_fb is None:
        if x is not None:
            raise ValueError(f"x must be None for a reservoir without W_fb, got {_validate._short(x)}")
        if n_outputs != n_inputs:
            allowed = f"{n_inputs} rows, one for each input that its outputs become"
            raise ValueError(f"V must have {allowed}, got {n_outputs}")
        return np.empty((n_steps, 0))
    if x is None and n_inputs > 0:
        raise ValueError(f"x must be given, ({n_steps}, {n_inputs}), for a reservoir with W_fb and inputs, got None")
    x = np.empty((n_steps, 0)) if x is None else _arguments.inputs(x, n_inputs)
    if len(x) != n_steps:
        raise ValueError(f"x must have n_steps = {n_steps} rows, got {len(x)}")
    return x


@np.errstate(all="ignore")
def free_run(reservoir, V, n_steps, *, h0, y0, x=None, leak_rate=1.0, activation="tanh"):
    """Let the reservoir hear its own output instead of a teacher: y(t) = V [1; h(t); x(t)] enters at step t + 1.

    With W_fb the output enters through it, and x (T, m) are further inputs, None where there are none. Without W_fb the
    output becomes the next input, x(t) = y(t-1): then k = m, and x must be None. V: (k, 1 + n + m). n_steps >= 1.
    h0: (n,) or (delay, n), the state (or states, oldest first) before step 1; y0: (k,), the last value of the teacher;
    a number will do where k = 1. leak_rate, activation: as in `run`. Returns FreeRun with .states (T, n) and .y (T, k);
    overflow shows as inf or NaN. Raises ValueError for anything else. Source: see the module.
    """
    reservoir = checked(reservoir)
    n_units, width = reservoir.W_in.shape
    V = _validate.array("V", V, (None, n_units + width))
    n_outputs = len(V)
    if reservoir.W_fb is not None and n_outputs != reservoir.W_fb.shape[1]:
        raise ValueError(f"V must have {reservoir.W_fb.shape[1]} rows, one for each column of W_fb, got {n_outputs}")
    x = _inputs_of_free_run(x, reservoir, _validate.integer("n_steps", n_steps, low=1), n_outputs)
    history = _arguments.history(h0, n_units, reservoir.delay)
    y0 = _arguments.vector("y0", y0, n_outputs)
    leak_rate, activation = _arguments.leak(leak_rate), activation_index(activation)
    if reservoir.W_fb is None:
        # x(t) is y(t-1): its weights are feedback, into the state and past it
        feedback, V_back = reservoir.W_in[:, 1:].copy(), V[:, 1 + n_units :].copy()
        rows, y = rows_to_run(history, x, reservoir._replace(W_in=reservoir.W_in[:, :1])), np.tile(V[:, 0], (len(x), 1))
    else:
        feedback, V_back = reservoir.W_fb, np.zeros((n_outputs, n_outputs))
        rows, y = rows_to_run(history, x, reservoir), V[:, 0] + x @ V[:, 1 + n_units :].T
    connections = _layout.connections(reservoir.W, reservoir.W_late)
    V_states = V[:, 1 : 1 + n_units].copy()
    delay, outputs = reservoir.delay, (feedback, V_states, V_back)
    for part in parts(len(y), connections, rows, 2 * feedback.size):
        now, before = y[part], y0 if part.start == 0 else y[part.start - 1].copy()
        stretch = rows[part.start : part.stop + delay]
        _kernels.free(stretch, delay, connections, leak_rate, activation, *outputs, before, now)
    return FreeRun(rows[delay:], y)
