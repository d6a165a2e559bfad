"""The parity network learning, in plain NumPy over many starts at once; it imports nothing of the engine.

Used as oracle: an own loss, an own backward pass written on whole arrays, an own Adam.
"""

import numpy as np


def sequences(n_bits):
    """All sequences of n_bits, (2^n, n), and their parities so far, (2^n, n)."""
    x = np.array([[int(bit) for bit in f"{k:0{n_bits}b}"] for k in range(2**n_bits)], dtype=float)
    return x, np.cumsum(x, axis=1) % 2


def logistic(a):
    return 1 / (1 + np.exp(-a))


def outputs(w, x, steepness):
    """States and outputs of all starts w (S, 11) on all sequences x (B, n): lists over steps of (S, B)."""
    U, W, b, V, b_out = w[:, 0:2], w[:, 2:6].reshape(-1, 2, 2), w[:, 6:8], w[:, 8:10], w[:, 10]
    h = [np.zeros((2, len(w), len(x)))]
    y = []
    for t in range(x.shape[1]):
        net = [
            U[:, n, None] * x[None, :, t] + W[:, n, 0, None] * h[-1][0] + W[:, n, 1, None] * h[-1][1] + b[:, n, None]
            for n in (0, 1)
        ]
        h.append(logistic(steepness * np.array(net)))
        y.append(logistic(steepness * (V[:, 0, None] * h[-1][0] + V[:, 1, None] * h[-1][1] + b_out[:, None])))
    return h, y


def loss(w, x, d, steepness):
    """Mean squared error of each start, (S,)."""
    _, y = outputs(w, x, steepness)
    return ((np.array(y) - d.T[:, None, :]) ** 2).mean(axis=(0, 2))


def gradient(w, x, d, steepness):
    """dF/dw of each start, (S, 11)."""
    h, y = outputs(w, x, steepness)
    g, back, size = np.zeros_like(w), np.zeros_like(h[0]), x.size
    for t in reversed(range(x.shape[1])):
        at_output = 2 * (y[t] - d[:, t]) / size * steepness * y[t] * (1 - y[t])
        new = h[t + 1]
        at_unit = (back + at_output * w.T[8:10, :, None]) * steepness * new * (1 - new)
        g[:, 0:2] += (at_unit * x[:, t]).sum(axis=2).T
        for k, (unit, source) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
            g[:, 2 + k] += (at_unit[unit] * h[t][source]).sum(axis=1)
        g[:, 6:8] += at_unit.sum(axis=2).T
        g[:, 8:10] += (at_output * new).sum(axis=2).T
        g[:, 10] += at_output.sum(axis=1)
        back = np.array([w[:, 2 + n, None] * at_unit[0] + w[:, 4 + n, None] * at_unit[1] for n in (0, 1)])
    return g


def adam(w, n_updates, *, n_bits=4, steepness=5.0, learning_rate=0.05):
    """The weights of all starts after n_updates, (S, 11)."""
    x, d = sequences(n_bits)
    first, second = np.zeros_like(w), np.zeros_like(w)
    for k in range(1, n_updates + 1):
        g = gradient(w, x, d, steepness)
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        w = w - learning_rate * (first / (1 - 0.9**k)) / (np.sqrt(second / (1 - 0.999**k)) + 1e-8)
    return w


def hard_outputs(bits, w):
    """Outputs of the network with hard switches on a row of bits, one by one, for eleven numbers."""
    U1, U2, W11, W12, W21, W22, b1, b2, V1, V2, b_out = map(float, w)
    h1 = h2 = 0
    said = []
    for bit in bits:
        first, second = U1 * bit + W11 * h1 + W12 * h2 + b1, U2 * bit + W21 * h1 + W22 * h2 + b2
        h1, h2 = (1 if first >= 0 else 0), (1 if second >= 0 else 0)
        said.append(1 if V1 * h1 + V2 * h2 + b_out >= 0 else 0)
    return said


def is_right(bits, w):
    """Whether every output is the parity so far."""
    odd, wanted = 0, []
    for bit in bits:
        odd = 1 - odd if bit else odd
        wanted.append(odd)
    return hard_outputs(bits, w) == wanted
