"""The loop of a NARX network: what it does to an error, and which copies feed which when it is unfolded.

Near a step an error dy of the outputs fed back goes on as

    dy(t) = sum over j = 1 ... D of G_j(t) dy(t-j),      G_j(t) = V diag f'(a(t)) W_j      (k, k)

Written for the last D outputs together this is one matrix, whose spectral radius is the factor by which the loop
multiplies an error in the long run if it stays there. Above 1 the loop is unstable at that place.

Unfolded, the output of copy t is fed to the copies t + j for every feedback delay j: not to the next copy only, as in
a recurrent network. So many ways lead from one copy to a later one, and the shortest of them passes fewer copies.

Sources: Neural Network Design, Deep Learning, chapter 12, E12.8; T. Lin, B. Horne, P. Tino, C. L. Giles, "Learning
long-term dependencies in NARX recurrent neural networks", IEEE Transactions on Neural Networks 7 (1996).
"""

import numpy as np

from engine import _validate, narx, rnn


@np.errstate(all="ignore")
def matrices(x, params, *, activation="tanh", x_before=None, y_before=None, teacher=None):
    """The matrix of each step that takes the errors of y(t-1) ... y(t-D) to those of y(t) ... y(t-D+1): (T, Dk, Dk).

    Arguments and errors as in `narx.run`; NaN where the network has overflowed.
    """
    params = narx.checked(params)
    net = narx.run(x, params, activation=activation, x_before=x_before, y_before=y_before, teacher=teacher).net
    known = np.isfinite(net)
    slopes = np.where(known, rnn.derivative(np.where(known, net, 0.0), activation), np.nan)
    depth, _, k = params.W.shape
    found = np.zeros((len(net), depth * k, depth * k))
    found[:, :k] = np.einsum("on,tn,jni->toji", params.V, slopes, params.W).reshape(len(net), k, depth * k)
    found[:, np.arange(k, depth * k), np.arange((depth - 1) * k)] = 1.0
    return found


def factors(x, params, *, activation="tanh", x_before=None, y_before=None, teacher=None):
    """The spectral radius of each step's matrix, (T,); NaN where the network has overflowed. See `matrices`."""
    found = matrices(x, params, activation=activation, x_before=x_before, y_before=y_before, teacher=teacher)
    known = np.isfinite(found).all(axis=(1, 2))
    radii = np.full(len(found), np.nan)
    if known.any():
        radii[known] = np.abs(np.linalg.eigvals(found[known])).max(axis=1)
    return radii


def edges(n_steps, feedback_delays):
    """Which copies feed which: rows (from, to, delay), (E, 3), ordered by `to`, then by delay.

    Copies count from 1 to n_steps; 0 and below stand for outputs before the first copy. feedback_delays: the delays in
    use, whole numbers >= 1. Raises ValueError for anything else. Source: E12.8.
    """
    n_steps, delays = _delays(n_steps, feedback_delays)
    return np.array([(to - delay, to, delay) for to in range(1, n_steps + 1) for delay in delays])


def n_ways(n_steps, feedback_delays):
    """How many ways lead from the output of copy 1 to that of copy t: a list of whole numbers for t = 1 ... n_steps.

    ways(1) = 1, ways(t) = sum over the delays j of ways(t - j): always 1 for the delay 1 alone, and the Fibonacci
    numbers for the delays 1 and 2. Arguments and errors as in `edges`.
    """
    n_steps, delays = _delays(n_steps, feedback_delays)
    ways = [1]
    for t in range(1, n_steps):
        ways.append(sum(ways[t - delay] for delay in delays if delay <= t))
    return ways


def fewest_steps(n_steps, feedback_delays):
    """Over how many edges the shortest way from copy 1 to copy t leads, for t = 1 ... n_steps; -1 where none leads.

    With the delays 1 ... D it is (t - 1) / D, rounded up. Arguments and errors as in `edges`.
    """
    n_steps, delays = _delays(n_steps, feedback_delays)
    fewest = [0]
    for t in range(1, n_steps):
        before = [fewest[t - delay] for delay in delays if delay <= t and fewest[t - delay] >= 0]
        fewest.append(min(before) + 1 if before else -1)
    return fewest


def _delays(n_steps, feedback_delays):
    delays = sorted({_validate.integer("feedback_delays", delay, low=1) for delay in feedback_delays})
    if not delays:
        raise ValueError("feedback_delays must name at least one delay, got none")
    return _validate.integer("n_steps", n_steps, low=1), delays
