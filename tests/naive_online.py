"""Recursive least squares in literal loops over lists, as the textbooks write it, and a reservoir that learns by it."""

import math


def times(A, v):
    return [sum(a * b for a, b in zip(row, v, strict=True)) for row in A]


class RecursiveLeastSquares:
    """V (k, p) and P (p, p); `learn` takes one row z and its target d and returns the output made before learning."""

    def __init__(self, n_outputs, size, ridge, forgetting):
        self.V = [[0.0] * size for _ in range(n_outputs)]
        self.P = [[1.0 / ridge if i == j else 0.0 for j in range(size)] for i in range(size)]
        self.forgetting = forgetting

    def output(self, z):
        return times(self.V, z)

    def learn(self, z, d):
        y, Pz = self.output(z), times(self.P, z)
        below = self.forgetting + sum(a * b for a, b in zip(z, Pz, strict=True))
        gain = [value / below for value in Pz]
        for o in range(len(self.V)):
            self.V[o] = [v + (d[o] - y[o]) * g for v, g in zip(self.V[o], gain, strict=True)]
        self.P = [[(self.P[i][j] - gain[i] * Pz[j]) / self.forgetting for j in range(len(z))] for i in range(len(z))]
        return y


def learn_online(x, d, W_in, W, W_fb, W_late, delay, *, ridge, forgetting, feedback, leak, h0, washout):
    """States, outputs and largest weights step by step. All matrices are lists of rows; W_fb, W_late may be None."""
    n_units, n_outputs = len(W_in), len(d[0])
    h, y = {0: h0}, {0: [0.0] * n_outputs}
    rls = RecursiveLeastSquares(n_outputs, 1 + n_units + len(x[0]), ridge, forgetting)
    largest = []
    for t in range(1, len(x) + 1):
        late = h.get(t - delay, [0.0] * n_units)
        heard = y[t - 1] if feedback == "own" or t == 1 else d[t - 2]
        h[t] = []
        for i in range(n_units):
            a = sum(w * v for w, v in zip(W_in[i], [1.0, *x[t - 1]], strict=True))
            a += sum(w * v for w, v in zip(W[i], h[t - 1], strict=True))
            a += sum(w * v for w, v in zip(W_late[i], late, strict=True)) if W_late else 0.0
            a += sum(w * v for w, v in zip(W_fb[i], heard, strict=True)) if W_fb else 0.0
            h[t].append((1 - leak) * h[t - 1][i] + leak * math.tanh(a))
        z = [1.0, *h[t], *x[t - 1]]
        y[t] = rls.output(z)
        if t > washout:
            rls.learn(z, d[t - 1])
        largest.append(max(abs(v) for row in rls.V for v in row))
    steps = range(1, len(x) + 1)
    return [h[t] for t in steps], [y[t] for t in steps], largest, rls.V
