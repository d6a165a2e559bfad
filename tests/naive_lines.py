"""Slow, literal references for delay lines and the networks on them. Plain numbers in lists; nothing of the engine.

Index 0 is step 1, and everything before step 1 is zero. All but the Laguerre kernels work with Fractions too.
"""

from fractions import Fraction
from math import comb, sqrt


def before(x, t, delay):
    """x(t - delay) for a list of lists, a list of zeros before step 1."""
    return x[t - delay] if t >= delay else [0] * len(x[0])


def delayed_row(x, t, delays):
    """[x(t - d1); x(t - d2); ...], all values of one delay together."""
    return [value for delay in delays for value in before(x, t, delay)]


def static_net(s, U, b, V, b_out, f):
    """Net inputs, hidden outputs and outputs of a two-layer net for one row."""
    a = [sum(w * value for w, value in zip(row, s, strict=True)) + bias for row, bias in zip(U, b, strict=True)]
    h = [f(value) for value in a]
    return a, h, [sum(v * value for v, value in zip(row, h, strict=True)) + c for row, c in zip(V, b_out, strict=True)]


def gamma_row(x, alpha, taps):
    """Rows [a_1; ...; a_K] of a gamma line for each of m inputs, tap by tap, the inputs of one tap together."""
    m, rows = len(x[0]), []
    a = [[0] * m for _ in range(taps)]
    fed = [0] * m
    for now in x:
        a = [[alpha * (fed if k == 0 else a[k - 1])[i] + (1 - alpha) * a[k][i] for i in range(m)] for k in range(taps)]
        rows.append([value for tap in a for value in tap])
        fed = now
    return rows


def distributed(x, layers):
    """h of the last layer; layers: (W as W[j][n][m], b, delays, f)."""
    h = x
    for W, b, delays, f in layers:
        h = [
            [
                f(bias + sum(sum(w * v for w, v in zip(W[j][n], before(h, t, delay), strict=True))
                             for j, delay in enumerate(delays)))
                for n, bias in enumerate(b)
            ]
            for t in range(len(h))
        ]  # fmt: skip
    return h


def laguerre_kernel(u, lag, tap):
    """g_k(l) from the series of its transfer function: sqrt(1 - u^2) w^1 (w - u)^(k-1) (1 - u w)^-k, w = z^-1."""
    n = lag - 1
    terms = (
        comb(tap - 1, j) * (-Fraction(u)) ** (tap - 1 - j) * comb(n - j + tap - 1, tap - 1) * Fraction(u) ** (n - j)
        for j in range(min(tap - 1, n) + 1)
    )
    return sqrt(1 - u * u) * float(sum(terms)) if n >= 0 else 0.0
