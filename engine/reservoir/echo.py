"""Does a reservoir forget where it started? The echo state property, by experiment and by theory.

Two runs with the same input from two starts come together if the reservoir has echo states: then the state is an echo
of the input alone. How fast a small difference v grows or shrinks is the largest Lyapunov exponent, a natural logarithm
per step; below 0 neighbours meet again, and above 0 they part:

    v(t) = (1 - leak) v(t-1) + leak diag f'(a(t)) (W v(t-1) + W_late v(t-delay))
    exponent = mean of log(|v(t)| / |v(t-1)|)

With late connections |v(t)| counts the last `delay` differences, since they are all remembered. Theory is certain at
both ends. With tanh (|f'| <= 1) the distance can only shrink, whatever the input, if

    (1 - leak) + leak (s + s_late) < 1,       s, s_late: largest singular values of W and W_late

and for the zero input without bias the state 0 repels, so that no start near it forgets, if the spectral radius of
(1 - leak) I + leak W is above 1. Between the two it depends on the input: a strong one drives units into saturation,
where f' is small.

Sources: H. Jaeger, GMD report 148 (2001), Proposition 3; H. Jaeger et al., "Optimization and applications of echo state
networks with leaky-integrator neurons", Neural Networks 20 (2007), for the leak; G. Benettin et al., Meccanica 15
(1980), for a tangent vector brought back to length 1 at every step.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from engine import _validate, pieces
from engine.reservoir import _arguments, _kernels, _layout, states
from engine.reservoir.spectrum import Unsettled, effective_spectral_radius, spectral_radius

#: Up to so many units LAPACK finds the largest singular value, above them Lanczos' method does.
LAPACK_UNITS = 400

#: A number as close to 1 as this may be on either side of it, so nothing is certain.
MARGIN = 1e-8


class TwoStarts(NamedTuple):
    """Row t of each array is step t + 1."""

    first: np.ndarray  # (T, n) states
    second: np.ndarray  # (T, n)
    log10_distance: np.ndarray  # (T,) of the Euclidean distance; -inf where the states are equal


class LyapunovRun(NamedTuple):
    exponent: float  # natural logarithm per step, after the washout
    growth: np.ndarray  # (T,) the logarithm of each step, washout included


class Certainty(NamedTuple):
    """What theory knows without a run; both may be False, never both True."""

    contracts: bool  # the start is forgotten for every input
    zero_unstable: bool  # it is not for the zero input (and zero teacher)
    largest_singular_value: float  # of W, plus that of W_late
    effective_spectral_radius: float  # of (1 - leak) I + leak W, with late connections on top; NaN: not found quickly


@np.errstate(all="ignore")
def two_starts(x, reservoir, *, leak_rate=1.0, starts, teacher=None, activation="tanh"):
    """Run the reservoir twice with the same input, from the two rows of starts (2, n) as states before step 1.

    Other arguments and errors as in `run`. Returns TwoStarts with .first, .second (T, n) and .log10_distance (T,).
    Numbers near 1 are 1e-16 apart, so a distance falls from about that to 0, which is -inf here; it is NaN where
    states overflow. Source: see the module.
    """
    reservoir = states.checked(reservoir)
    starts = _validate.array("starts", starts, (2, len(reservoir.W_in)))
    first, second = (
        states.run(x, reservoir, leak_rate=leak_rate, h0=start, teacher=teacher, activation=activation)
        for start in starts
    )
    difference = np.abs(first - second)
    largest = difference.max(axis=1)
    # scaled, because the squares of small numbers underflow
    shape = difference / np.where(largest > 0, largest, 1.0)[:, np.newaxis]
    return TwoStarts(first, second, np.log10(largest) + np.log10(np.linalg.norm(shape, axis=1).clip(min=1.0)))


@np.errstate(all="ignore")
def lyapunov_exponent(
    x, reservoir, *, leak_rate=1.0, washout=0, h0=None, teacher=None, direction=None, activation="tanh"
):
    """The largest Lyapunov exponent of the reservoir while the input is on, by following a tangent vector.

    The first 0 <= washout < T steps are run but not counted: by then the vector has found its own direction. It starts
    as direction (n,), a small change of the state before step 1, by default cos(1), ... cos(n); its length plays no
    part. A teacher counts as input. Other arguments and errors as in `run`. Returns LyapunovRun with .exponent, -inf
    where the vector dies, and .growth (T,). Source: see the module.
    """
    reservoir = states.checked(reservoir)
    n_units = len(reservoir.W_in)
    x = _arguments.inputs(x, reservoir.W_in.shape[1] - 1)
    washout = _validate.integer("washout", washout, low=0)
    if washout >= len(x):
        raise ValueError(f"washout must be less than the {len(x)} steps of x, got {washout}")
    earlier = states.earlier_teacher(teacher, None, reservoir, len(x))
    rows = states.rows_to_run(_arguments.history(h0, n_units, reservoir.delay), x, reservoir, earlier)
    # the default has nothing special about it, so no matrix is likely to be blind to it
    direction = np.cos(np.arange(1.0, n_units + 1)) if direction is None else direction
    tangent = _arguments.history(direction, n_units, reservoir.delay, "direction")
    if not tangent.any():
        raise ValueError("direction must not be all zeros")
    connections = _layout.connections(reservoir.W, reservoir.W_late)
    leak_rate, activation = _arguments.leak(leak_rate), states.activation_index(activation)
    _kernels.normalize(tangent)
    growth, delay = np.empty(len(x)), reservoir.delay
    for part in states.parts(len(x), connections, rows, _layout.size(connections)):
        stretch = rows[part.start : part.stop + delay]
        growth[part] = _kernels.grow(stretch, delay, connections, leak_rate, activation, tangent)
    return LyapunovRun(float(growth[washout:].mean()), growth)


def certainty(reservoir, leak_rate=1.0, *, radius=None, quick=False):
    """What theory says for certain about the echo states of a tanh reservoir; the test is the module's.

    Feedback counts as an input: with the own output in its place nothing is certain. A leak rate of 0 keeps every start
    for ever, so it does not contract. radius: the effective spectral radius, where it is known already. quick: where it
    would need a long call of LAPACK it is NaN, and zero_unstable False. Returns Certainty with .contracts,
    .zero_unstable, .largest_singular_value and .effective_spectral_radius. Raises ValueError for anything that `run`
    would refuse. Source: see the module.
    """
    reservoir = states.checked(reservoir)
    leak_rate = _arguments.leak(leak_rate)
    size = _largest_singular_value(reservoir.W)
    if reservoir.W_late is not None:
        size += _largest_singular_value(reservoir.W_late)
    radius = _effective_radius(reservoir, leak_rate, quick) if radius is None else radius
    without_bias = not reservoir.W_in[:, 0].any()
    return Certainty(leak_rate > 0 and size < 1 - MARGIN, without_bias and radius > 1 + MARGIN, size, radius)


def _effective_radius(reservoir, leak_rate, quick):
    try:
        if reservoir.W_late is None:
            return effective_spectral_radius(reservoir.W, leak_rate, quick=quick)
        return spectral_radius(_one_step_matrix(reservoir, leak_rate), quick=quick)
    except Unsettled:
        return np.nan


def _largest_singular_value(W):
    n_units = W.shape[0]
    if n_units <= LAPACK_UNITS:
        dense = W.toarray() if scipy.sparse.issparse(W) else W
        return float(np.linalg.norm(dense, 2))
    if not (W.nnz if scipy.sparse.issparse(W) else W.any()):
        return 0.0
    transposed = W.T.copy()

    def product(v):
        pieces.look()
        return transposed @ (W @ v)

    squared = LinearOperator(W.shape, matvec=product, dtype=float)
    # more than one, because a single one may stop at a smaller value; the fixed start makes the result repeatable
    values = eigsh(squared, k=6, v0=np.cos(np.arange(1.0, n_units + 1)), return_eigenvectors=False)
    return float(np.sqrt(values.max().clip(min=0.0)))


def _one_step_matrix(reservoir, leak_rate):
    """The step of the last `delay` small states: (1 - leak) I + leak W for the newest, and the late connections."""
    n_units, delay = len(reservoir.W_in), reservoir.delay
    now = (1 - leak_rate) * scipy.sparse.eye_array(n_units) + leak_rate * scipy.sparse.csr_array(reservoir.W)
    late = leak_rate * scipy.sparse.csr_array(reservoir.W_late)
    if delay == 1:
        return (now + late).tocsr()
    # newest state first: the top row makes the next one, and the others move down by one
    blocks = [[now, *[None] * (delay - 2), late]]
    for row in range(delay - 1):
        blocks.append([scipy.sparse.eye_array(n_units) if column == row else None for column in range(delay)])
    return scipy.sparse.block_array(blocks, format="csr")
