"""Two tanh units left to themselves: where they settle, and how fast two nearby starts part.

    h(t+1) = tanh(gain W h(t) + b)                    W: (2, 2), b: (2,), h: (2,), h(0) given

A constant input is part of b. The map sends every start into the square [-1, 1]^2, but not to the same place: the
starts that end at one attractor are its basin, and two starts on either side of a boundary part for good, however near
they were. On a chaotic attractor all neighbours part. The Lyapunov exponent is the rate, a natural logarithm per step:

    v(t+1) = diag(1 - h(t+1)^2) gain W v(t),    exponent = mean of log(|v(t+1)| / |v(t)|)

Positive means chaos, negative that neighbours meet again. Row t of each array is time t, and row 0 is the start.

Sources: K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning", 1993, and R. Pascanu,
T. Mikolov, Y. Bengio 2013, section 2.2, for basins and the gradient; X. Wang, "Period-doublings to chaos in a simple
neural network", Complex Systems 5 (1991), for W = [[-a, a], [-b, b]]; the exponent is G. Benettin et al., Meccanica 15
(1980), with one vector brought back to length 1 at every step.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate

#: The longest cycle that `basins` recognizes.
LONGEST_PERIOD = 8
#: A cycle has closed when it comes back to within this distance.
CLOSED = 1e-9
#: Points as near as this belong to the same attractor.
SAME = 1e-4
#: `basins` tells this many attractors apart.
MOST_ATTRACTORS = 32
#: A run is parted into this many for the standard error of its exponent.
PARTS = 20


class Lyapunov(NamedTuple):
    exponent: float  # natural logarithm per step
    running: np.ndarray  # (n_steps,) mean over the first 1, 2, ... steps
    spread: float  # standard error of the exponent, from the means of PARTS parts of the run; NaN for shorter runs


class Basins(NamedTuple):
    labels: np.ndarray  # (resolution, resolution) row: h2(0), column: h1(0); 0 has not settled, k is attractors[k - 1]
    attractors: tuple  # of (period, 2) arrays, the points in the order in which they are visited
    axis: np.ndarray  # (resolution,) from -1 to 1


@njit(cache=True, nogil=True)
def _tanh(a):
    # four times as fast as np.tanh, and as exact on the scale of 1; where the exponential is inf this is 1
    return 1.0 - 2.0 / (1.0 + np.exp(2.0 * a))


@njit(cache=True, nogil=True)
def _slope(a):
    """1 - tanh(a)^2, with all its digits where tanh is close to 1."""
    tail = np.exp(-2.0 * abs(a))
    return 4.0 * tail / ((1.0 + tail) * (1.0 + tail))


@njit(cache=True, nogil=True)
def _trajectory(W, b, h0, n_steps):
    h = np.empty((n_steps + 1, 2))
    h[0] = h0
    for t in range(n_steps):
        for i in range(2):
            h[t + 1, i] = np.tanh(W[i, 0] * h[t, 0] + W[i, 1] * h[t, 1] + b[i])
    return h


@njit(cache=True, nogil=True)
def _log_growth(W, b, h0, n_steps):
    """log(|v(t+1)| / |v(t)|) for each step: -inf where v becomes 0, and it stays 0."""
    logs = np.empty(n_steps)
    h1, h2 = h0
    # a direction with nothing special about it
    v1, v2 = np.cos(1.0), np.sin(1.0)
    for t in range(n_steps):
        a1 = W[0, 0] * h1 + W[0, 1] * h2 + b[0]
        a2 = W[1, 0] * h1 + W[1, 1] * h2 + b[1]
        h1, h2 = np.tanh(a1), np.tanh(a2)
        v1, v2 = _slope(a1) * (W[0, 0] * v1 + W[0, 1] * v2), _slope(a2) * (W[1, 0] * v1 + W[1, 1] * v2)
        length = np.hypot(v1, v2)
        logs[t] = np.log(length)
        if length > 0.0:
            v1, v2 = v1 / length, v2 / length
    return logs


@njit(cache=True, nogil=True)
def _advance(W, b, starts, h, closed):
    """LONGEST_PERIOD steps for all rows of h; closed says whether one of them led back to where the steps started."""
    starts[:] = h
    closed[:] = False
    for _ in range(LONGEST_PERIOD):
        # starts in the inner loop: their exponentials do not wait for each other
        for n in range(h.shape[0]):
            h1, h2 = h[n, 0], h[n, 1]
            for i in range(2):
                h[n, i] = _tanh(W[i, 0] * h1 + W[i, 1] * h2 + b[i])
        for n in range(h.shape[0]):
            if abs(h[n, 0] - starts[n, 0]) < CLOSED and abs(h[n, 1] - starts[n, 1]) < CLOSED:
                closed[n] = True


@njit(cache=True, nogil=True)
def _trace_cycle(W, b, start, cycle):
    """Write the points of the cycle that a closed start is on, and return its period."""
    h1, h2 = start
    for period in range(1, LONGEST_PERIOD + 1):
        cycle[period - 1, 0], cycle[period - 1, 1] = h1, h2
        h1, h2 = _tanh(W[0, 0] * h1 + W[0, 1] * h2 + b[0]), _tanh(W[1, 0] * h1 + W[1, 1] * h2 + b[1])
        # SAME and not CLOSED: a fixed point may be closed in on by turns, every second state nearer than the next
        if abs(h1 - start[0]) < SAME and abs(h2 - start[1]) < SAME:
            break
    return period


@njit(cache=True, nogil=True)
def _attracts(W, b, cycle, period):
    """Whether both eigenvalues of the Jacobian around the cycle are inside the unit circle."""
    p11, p12, p21, p22 = 1.0, 0.0, 0.0, 1.0
    for k in range(period):
        s1 = _slope(W[0, 0] * cycle[k, 0] + W[0, 1] * cycle[k, 1] + b[0])
        s2 = _slope(W[1, 0] * cycle[k, 0] + W[1, 1] * cycle[k, 1] + b[1])
        p11, p21 = s1 * (W[0, 0] * p11 + W[0, 1] * p21), s2 * (W[1, 0] * p11 + W[1, 1] * p21)
        p12, p22 = s1 * (W[0, 0] * p12 + W[0, 1] * p22), s2 * (W[1, 0] * p12 + W[1, 1] * p22)
    trace, determinant = p11 + p22, p11 * p22 - p12 * p21
    # the Jury conditions for a quadratic
    return abs(trace) < 1.0 + determinant and determinant < 1.0


@njit(cache=True, nogil=True)
def _label(point, cycles, periods, n_known):
    """The index of the known attractor that goes through the point, or the next free one."""
    for k in range(n_known):
        for p in range(periods[k]):
            if abs(point[0] - cycles[k, p, 0]) < SAME and abs(point[1] - cycles[k, p, 1]) < SAME:
                return k
    return n_known


@njit(cache=True, nogil=True)
def _settle(W, b, h, n_steps, cycles, periods, n_known):
    """Labels for one row of starts h (n, 2), which is used up; writes new attractors and returns how many are known."""
    labels = np.zeros(h.shape[0], dtype=np.int64)
    columns = np.arange(h.shape[0])
    starts, cycle = np.empty_like(h), np.empty((LONGEST_PERIOD, 2))
    closed = np.empty(h.shape[0], dtype=np.bool_)
    n_moving = h.shape[0]
    for _ in range(0, n_steps, LONGEST_PERIOD):
        _advance(W, b, starts[:n_moving], h[:n_moving], closed[:n_moving])
        n_before, n_moving = n_moving, 0
        for n in range(n_before):
            k = MOST_ATTRACTORS
            if closed[n]:
                period = _trace_cycle(W, b, starts[n], cycle)
                # a start on a boundary comes close to a saddle, and may still leave it
                if _attracts(W, b, cycle, period):
                    k = _label(starts[n], cycles, periods, n_known)
            if k < MOST_ATTRACTORS:
                labels[columns[n]] = k + 1
                if k == n_known:
                    cycles[k], periods[k] = cycle, period
                    n_known += 1
            else:
                h[n_moving], columns[n_moving] = h[n], columns[n]
                n_moving += 1
    return labels, n_known


@njit(cache=True, nogil=True)
def _basins(W, b, axis, n_steps):
    labels = np.empty((axis.shape[0], axis.shape[0]), dtype=np.int64)
    cycles = np.zeros((MOST_ATTRACTORS, LONGEST_PERIOD, 2))
    periods = np.zeros(MOST_ATTRACTORS, dtype=np.int64)
    n_known = 0
    h = np.empty((axis.shape[0], 2))
    for row in range(axis.shape[0]):
        h[:, 0], h[:, 1] = axis, axis[row]
        labels[row], n_known = _settle(W, b, h, n_steps, cycles, periods, n_known)
    return labels, cycles, periods[:n_known]


def _network(W, b, gain):
    """gain W and b, which is all that the map needs."""
    W = _validate.array("W", W, (2, 2))
    return _validate.number("gain", gain) * W, _validate.sequence("b", b, 2)


@np.errstate(all="ignore")
def trajectory(W, b, h0, n_steps, *, gain=1.0):
    """Run h(t+1) = tanh(gain W h(t) + b) from h(0) = h0.

    W: (2, 2); b, h0: (2,); n_steps >= 0. Returns (n_steps + 1, 2), the start included. Raises ValueError for other
    shapes or values that are not finite.
    """
    h0 = _validate.sequence("h0", h0, 2)
    return _trajectory(*_network(W, b, gain), h0, _validate.integer("n_steps", n_steps, low=0))


@np.errstate(all="ignore")
def distance(W, b, h0, h0_other, n_steps, *, gain=1.0):
    """log10 of the Euclidean distance between the two trajectories that start at h0 and at h0_other.

    Arguments and errors as in `trajectory`. Returns (n_steps + 1,); -inf where the two are equal. Numbers near 1 are
    1e-16 apart, so nothing between that and equality can be seen: `lyapunov` follows the distance without that limit.
    """
    h0, h0_other = _validate.sequence("h0", h0, 2), _validate.sequence("h0_other", h0_other, 2)
    apart = trajectory(W, b, h0, n_steps, gain=gain) - trajectory(W, b, h0_other, n_steps, gain=gain)
    return np.log10(np.hypot(apart[:, 0], apart[:, 1]))


@np.errstate(all="ignore")
def lyapunov(W, b, h0, n_steps, *, gain=1.0, skip=100):
    """The largest Lyapunov exponent along the trajectory from h0, by following a tangent vector (see the module).

    The first `skip` steps >= 0 are run but not counted, so that the trajectory has reached its attractor and the vector
    its own direction; the next n_steps >= 1 are. Other arguments and errors as in `trajectory`. Returns Lyapunov with
    .exponent (natural logarithm per step; -inf where the tangent vector dies, as with W = 0), .running (n_steps,) and
    .spread: another run of the same length would give an exponent about that far off.
    """
    h0 = _validate.sequence("h0", h0, 2)
    n_steps, skip = _validate.integer("n_steps", n_steps, low=1), _validate.integer("skip", skip, low=0)
    logs = _log_growth(*_network(W, b, gain), h0, skip + n_steps)
    running = np.cumsum(logs[skip:]) / np.arange(1, n_steps + 1)
    return Lyapunov(float(running[-1]), running, _spread(logs[skip:]))


def _spread(logs):
    """Standard error of the mean from the means of PARTS parts, so that neighbouring steps may hang together."""
    length = len(logs) // PARTS
    if not length or not np.isfinite(logs).all():
        return float("nan")
    means = logs[-length * PARTS :].reshape(PARTS, length).mean(axis=1)
    return float(means.std(ddof=1) / np.sqrt(PARTS))


@np.errstate(all="ignore")
def basins(W, b, *, gain=1.0, resolution=100, n_steps=400):
    """Which attractor each start in the square [-1, 1]^2 ends at.

    Attractors are fixed points and cycles of at most LONGEST_PERIOD points that attract: the eigenvalues of their
    Jacobian are inside the unit circle. A start has settled when its state comes back to within CLOSED; label 0 is for
    what has not after n_steps >= 1 (rounded up to a multiple of LONGEST_PERIOD): chaos, closed curves, longer cycles, a
    decay that is too slow, or a start exactly on a boundary. Attractors are numbered as they are found, from the corner
    (-1, -1) along the rows; all beyond MOST_ATTRACTORS are labelled 0.

    W: (2, 2); b: (2,); resolution >= 2. Returns Basins with .labels (resolution, resolution), where row i and column j
    start at h(0) = (axis[j], axis[i]), .attractors and .axis. Raises ValueError for anything else.
    """
    axis = np.linspace(-1.0, 1.0, _validate.integer("resolution", resolution, low=2))
    labels, cycles, periods = _basins(*_network(W, b, gain), axis, _validate.integer("n_steps", n_steps, low=1))
    attractors = tuple(cycles[k, :period].copy() for k, period in enumerate(periods))
    return Basins(labels, attractors, axis)
