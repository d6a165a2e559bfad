"""The parity network learns its weights: all short sequences, logistic units, a gradient through time, Adam.

    F = mean over all 2^n sequences of n bits, and over their n steps, of (d(t) - y(t))^2,   d(t) the parity so far
    dF/dw by backpropagation through time through the network of `engine.parity` with logistic units
    Adam:  m <- 0.9 m + 0.1 g,   v <- 0.999 v + 0.001 g^2
           w <- w - learning_rate m / (1 - 0.9^k) / (sqrt(v / (1 - 0.999^k)) + 1e-8)        at update k

The eleven numbers stand in the order of `engine.parity.perturb`: U1 U2 W11 W12 W21 W22 b1 b2 V1 V2 b_out.

Sources: Neural Network Design, Deep Learning, chapter 12, Fig. 12.14 for the network; D. Kingma, J. Ba, "Adam: a method
for stochastic optimization", ICLR 2015, algorithm 1. The derivatives follow from the chain rule.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate, parity

N_WEIGHTS = 11
MOST_BITS = 8  # twice the work, and a little more, for each further one


class Gradient(NamedTuple):
    loss: float  # F
    dF_dw: np.ndarray  # (11,)


class Learning(NamedTuple):
    """Row k of each array is the state after k updates."""

    weights: np.ndarray  # (n_updates + 1, 11)
    loss: np.ndarray  # (n_updates + 1,)


@njit(cache=True, nogil=True)
def _forward(sequence, w, steepness, h, y, d):
    """Fill states h (n + 1, 2), outputs y (n,) and targets d (n,) for the bits of a whole number, the lowest first."""
    h[0, 0], h[0, 1] = 0.0, 0.0
    odd = 0
    for t in range(y.shape[0]):
        bit = (sequence >> t) & 1
        odd ^= bit
        d[t] = odd
        for n in range(2):
            a = w[n] * bit + w[2 + 2 * n] * h[t, 0] + w[3 + 2 * n] * h[t, 1] + w[6 + n]
            h[t + 1, n] = 1.0 / (1.0 + np.exp(-steepness * a))
        a_out = w[8] * h[t + 1, 0] + w[9] * h[t + 1, 1] + w[10]
        y[t] = 1.0 / (1.0 + np.exp(-steepness * a_out))


@njit(cache=True, nogil=True)
def _backward(sequence, w, steepness, h, y, d, total):
    """Add the derivatives of sum (d - y)^2 over one sequence to `total` (11,); returns that sum."""
    loss = 0.0
    carried = np.zeros(2)  # dF/dh(t) by way of later steps
    dF_da = np.zeros(2)
    for t in range(y.shape[0] - 1, -1, -1):
        error = y[t] - d[t]
        loss += error * error
        dF_da_out = 2.0 * error * steepness * y[t] * (1.0 - y[t])
        total[10] += dF_da_out
        for n in range(2):
            total[8 + n] += dF_da_out * h[t + 1, n]
            slope = steepness * h[t + 1, n] * (1.0 - h[t + 1, n])
            dF_da[n] = (carried[n] + dF_da_out * w[8 + n]) * slope
            total[n] += dF_da[n] * ((sequence >> t) & 1)
            total[2 + 2 * n] += dF_da[n] * h[t, 0]
            total[3 + 2 * n] += dF_da[n] * h[t, 1]
            total[6 + n] += dF_da[n]
        for n in range(2):
            carried[n] = w[2 + n] * dF_da[0] + w[4 + n] * dF_da[1]
    return loss


@njit(cache=True, nogil=True)
def _gradient(w, n_bits, steepness, gradient):
    """Fill dF/dw (11,); returns F."""
    h, y, d = np.empty((n_bits + 1, 2)), np.empty(n_bits), np.empty(n_bits)
    n_sequences = 1 << n_bits
    gradient[:] = 0.0
    loss = 0.0
    for sequence in range(n_sequences):
        _forward(sequence, w, steepness, h, y, d)
        loss += _backward(sequence, w, steepness, h, y, d, gradient)
    gradient /= n_sequences * n_bits
    return loss / (n_sequences * n_bits)


@njit(cache=True, nogil=True)
def _learn(w, n_bits, steepness, learning_rate, n_updates):
    weights, losses = np.empty((n_updates + 1, w.shape[0])), np.empty(n_updates + 1)
    gradient, mean, square = np.empty(w.shape[0]), np.zeros(w.shape[0]), np.zeros(w.shape[0])
    weights[0] = w
    for k in range(n_updates + 1):
        losses[k] = _gradient(weights[k], n_bits, steepness, gradient)
        if k < n_updates:
            for j in range(w.shape[0]):
                mean[j] = 0.9 * mean[j] + 0.1 * gradient[j]
                square[j] = 0.999 * square[j] + 0.001 * gradient[j] ** 2
                root = np.sqrt(square[j] / (1.0 - 0.999 ** (k + 1)))
                weights[k + 1, j] = weights[k, j] - learning_rate * mean[j] / (1.0 - 0.9 ** (k + 1)) / (root + 1e-8)
    return Learning(weights, losses)


def _settings(numbers, n_bits, steepness):
    numbers = _validate.array("numbers", numbers, (N_WEIGHTS,))
    n_bits = _validate.integer("n_bits", n_bits, low=1)
    if n_bits > MOST_BITS:
        raise ValueError(f"n_bits must be at most {MOST_BITS}, got {n_bits}")
    return numbers, n_bits, _validate.number("steepness", steepness, above=0)


def unpacked(numbers):
    """The eleven numbers as ParityWeights. Raises ValueError for another shape. Source: Fig. 12.14."""
    n = _validate.array("numbers", numbers, (N_WEIGHTS,))
    return parity.ParityWeights(n[:2], n[2:6].reshape(2, 2), n[6:8], n[8:10], float(n[10]))


def start(rng):
    """Eleven numbers to start from, each uniform in [-1, 1): (11,). rng: numpy.random.Generator, else ValueError."""
    return _validate.generator("rng", rng).uniform(-1, 1, N_WEIGHTS)


@np.errstate(all="ignore")
def gradient(numbers, *, n_bits=4, steepness=5.0):
    """F over all sequences of n_bits and its derivatives by the eleven numbers: Gradient(.loss, .dF_dw (11,)).

    numbers: (11,); n_bits 1 to 8; steepness > 0, of all three units. Raises ValueError for anything else.
    Source: the module's.
    """
    numbers, n_bits, steepness = _settings(numbers, n_bits, steepness)
    dF_dw = np.empty(N_WEIGHTS)
    return Gradient(_gradient(numbers, n_bits, steepness, dF_dw), dF_dw)


@np.errstate(all="ignore")
def learn(numbers, *, n_bits=4, steepness=5.0, learning_rate=0.05, n_updates=1500):
    """Adam from these eleven numbers on, each update from all 2^n_bits sequences: Learning(.weights, .loss).

    Arguments as for `gradient`; learning_rate > 0; n_updates >= 0. Raises ValueError for anything else.
    Source: the module's.
    """
    numbers, n_bits, steepness = _settings(numbers, n_bits, steepness)
    learning_rate = _validate.number("learning_rate", learning_rate, above=0)
    return _learn(numbers, n_bits, steepness, learning_rate, _validate.integer("n_updates", n_updates, low=0))
