"""Readouts that learn at every step: recursive least squares.

    z(t) = [1; h(t); x(t)],      y(t) = V(t-1) z(t),      e(t) = d(t) - y(t)
    g(t) = P(t-1) z(t) / (forgetting + z(t)' P(t-1) z(t))                          gain
    V(t) = V(t-1) + e(t) g(t)'
    P(t) = (P(t-1) - g(t) z(t)' P(t-1)) / forgetting,      V(0) = 0,  P(0) = I / ridge

After step t, V minimises  sum over s <= t of forgetting^(t-s) |d(s) - V z(s)|^2 + ridge forgetting^t |V|^2:  without
forgetting it ends where ridge regression does. An error is always that of a readout that has not seen the target yet.

Where the reservoir hears its output, y(t-1) depends on the weights of the moment, so states and readout grow together.

Sources: S. Haykin, "Adaptive filter theory", on recursive least squares; H. Jaeger, "Adaptive nonlinear system
identification with echo state networks", NIPS 2002. Learning with the own output fed back: D. Sussillo, L. Abbott,
"Generating coherent patterns of activity from chaotic neural networks", Neuron 63 (2009).
"""

from typing import NamedTuple

import numpy as np

from engine import _activation, _validate, pieces
from engine.reservoir import _arguments, _layout, _online_kernels, states
from engine.reservoir.readout import augmented, finite_rows

FEEDBACKS = ("teacher", "own")


class Online(NamedTuple):
    """What recursive least squares learned, and how. Row t of the arrays over time is step t + 1."""

    V: np.ndarray  # (k, 1+n+m) readout after the last step
    y: np.ndarray  # (T, k) output of each step, before its update
    errors: np.ndarray  # (T, k) d - y
    largest_weight: np.ndarray  # (T,) largest |V| after the update of each step


class OnlineRun(NamedTuple):
    """States and readout of a reservoir that learns while it runs. Row t of the arrays over time is step t + 1."""

    states: np.ndarray  # (T, n)
    V: np.ndarray  # (k, 1+n+m) readout after the last step
    y: np.ndarray  # (T, k) output of each step, before its update
    errors: np.ndarray  # (T, k) d - y
    largest_weight: np.ndarray  # (T,) largest |V| after the update of each step


def _rates(ridge, forgetting):
    return _validate.number("ridge", ridge, above=0), _validate.number("forgetting", forgetting, above=0, high=1)


@np.errstate(all="ignore")
def fit_recursive(x, states, d, *, ridge, forgetting=1.0):
    """Learn the readout by recursive least squares along given states: Online.

    x: (T, m), (T,) for m = 1, or (T, 0); states: (T, n); d: (T, k), or (T,) for k = 1. ridge > 0; 0 < forgetting <= 1.
    With forgetting < 1, P grows without bound in directions that the states do not take, and shows as inf or NaN at
    last. Raises ValueError for other shapes and values. Sources: those of the module.
    """
    rates = _rates(ridge, forgetting)
    rows = augmented(x, finite_rows("states", states))
    d = _arguments.outputs("d", d, len(rows), None)
    V, y, largest_weight = _along_rows(rows, d, rates, 0)
    return Online(V, y, d - y, largest_weight)


@np.errstate(all="ignore")
def learn_online(x, d, reservoir, *, ridge, forgetting=1.0, feedback="teacher", leak_rate=1.0, h0=None, washout=0):
    """Run a reservoir and learn its readout at every step by recursive least squares: OnlineRun.

    x: (T, m), (T,) where m = 1, or (T, 0) where W_in has only the bias. d: (T, k), or (T,) for k = 1. reservoir:
    engine.reservoir.Reservoir with W_fb (n, k), or None; then nothing is fed back and `feedback` plays no part.
    feedback: "teacher", where d(t-1) enters at step t, or "own", where it is y(t-1), the output of the readout as it
    was then; before step 1 it is 0. The first `washout` steps teach nothing, so that the own output stays 0 as long.
    ridge > 0; 0 < forgetting <= 1; leak_rate, h0: as in `run`. Raises ValueError for anything else.
    Sources: those of the module.
    """
    rates = _rates(ridge, forgetting)
    _validate.choice("feedback", feedback, FEEDBACKS)
    washout = _validate.integer("washout", washout, low=0)
    reservoir = states.checked(reservoir)
    x = _arguments.inputs(x, reservoir.W_in.shape[1] - 1)
    d = _arguments.outputs("d", d, len(x), None if reservoir.W_fb is None else reservoir.W_fb.shape[1])
    if feedback == "own" and reservoir.W_fb is not None:
        heard, learned = _own_output(x, d, reservoir, _arguments.leak(leak_rate), h0, rates, washout)
    else:
        teacher = None if reservoir.W_fb is None else d
        heard = states.run(x, reservoir, leak_rate=leak_rate, h0=h0, teacher=teacher)
        learned = _along_rows(augmented(x, heard), d, rates, washout)
    V, y, largest_weight = learned
    return OnlineRun(heard, V, y, d - y, largest_weight)


#: Passes over the root of P at each step, which is (p, p).
_PASSES = 4


def _nothing_learned(width, d, ridge):
    """The root of P, V, and room for outputs and largest weights."""
    root = np.eye(width) / np.sqrt(ridge)
    return root, np.zeros((d.shape[1], width)), np.empty_like(d), np.empty(len(d))


def _along_rows(rows, d, rates, washout):
    """V (k, p), outputs (T, k) and largest weights (T,) from the rows z(t), (T, p)."""
    ridge, forgetting = rates
    root, V, y, largest_weight = _nothing_learned(rows.shape[1], d, ridge)
    for part in pieces.parts(len(d), _PASSES * root.size):
        left = max(0, washout - part.start)
        _online_kernels.along_rows(rows[part], d[part], forgetting, left, root, V, y[part], largest_weight[part])
    return V, y, largest_weight


def _own_output(x, d, reservoir, leak_rate, h0, rates, washout):
    (ridge, forgetting), delay = rates, reservoir.delay
    rows = states.rows_to_run(_arguments.history(h0, len(reservoir.W_in), delay), x, reservoir)
    connections = _layout.connections(reservoir.W, reservoir.W_late)
    tanh = _activation.ACTIVATIONS.index("tanh")
    root, V, y, largest_weight = _nothing_learned(1 + rows.shape[1] + x.shape[1], d, ridge)
    for part in states.parts(len(d), connections, rows, _PASSES * root.size):
        stretch, before = rows[part.start : part.stop + delay], np.zeros(d.shape[1])
        if part.start:
            before = y[part.start - 1].copy()
        left = max(0, washout - part.start)
        _online_kernels.own_output(
            stretch, delay, connections, leak_rate, tanh, reservoir.W_fb, before,
            x[part], d[part], forgetting, left, root, V, y[part], largest_weight[part],
        )  # fmt: skip
    return rows[delay:], (V, y, largest_weight)
