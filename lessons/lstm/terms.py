"""Pieces that the hand calculations of the LSTM page are made of: values, sums that wrap, gates near 0 and 1, sizes."""

from itertools import pairwise

import numpy as np

from app.parts.calculation import DIGITS
from app.parts.numbers import number, plain
from lessons.lstm.phrases import within
from lessons.lstm.topics import Traced

MOST_FACTORS = 3  # of a product that is written out
NEARLY = 5e-5  # a gate or a probability this near to 1 shows how near
ROLES = {"i": "input_gate", "f": "forget_gate", "g": "candidate", "o": "output_gate"}


def net_inputs(traced: Traced, t: int, unit: int) -> dict[str, float]:
    """a = U x(t) + W h(t−1) + b, with its peephole, of each gate of a unit (counted from 0)."""
    p, run, n = traced.params, traced.run, traced.run.h.shape[1]
    before = run.h[t - 2] if t > 1 else np.zeros(n)
    net = (p.U @ traced.inputs[t - 1] + p.W @ before + p.b).reshape(4, n)[:, unit]
    if p.P is not None:
        c, old = run.c[t - 1, unit], run.c[t - 2, unit] if t > 1 else 0.0
        net = net + np.array([p.P[0, unit] * old, p.P[1, unit] * old, 0.0, p.P[2, unit] * c])
    return dict(zip("ifgo", net.tolist(), strict=True))


def slope(net: float) -> float:
    """σ′ = σ(a)·σ(−a): no 1 − σ, which near 1 has lost its digits."""
    tail = float(np.exp(-abs(net)))
    return tail / (1 + tail) ** 2


def tanh_slope(net: float) -> float:
    """tanh′ = 1 − tanh², as 4 σ′(2a): tanh a = 2 σ(2a) − 1."""
    return 4 * slope(2 * net)


def logistic(net: float) -> str:
    """σ of a net input."""
    tail = _tail(net)
    return _below_one(tail) if net > 0 else number(tail, digits=DIGITS)


def _tail(net: float) -> float:
    """σ(−|a|): how far a gate is from 0 or 1."""
    return float(np.exp(-abs(net)) / (1 + np.exp(-abs(net))))


def stays(net: float) -> str:
    """How much a forget gate with this net input keeps, in words."""
    tail = _tail(net)
    if tail > 0.001:
        return f"{plain(100 * (tail if net < 0 else 1 - tail), 3)} %"
    bound = within(tail)
    return f"Next to nothing (less than {bound})" if net < 0 else f"Nearly all (to within {bound})"


def chance(p: float) -> str:
    """A probability."""
    return _below_one(1 - p)


def _below_one(tail: float) -> str:
    """1 − tail; where that is 1 to all digits shown, how far it is from it."""
    return f"1 − {number(tail)}" if 0 < tail < NEARLY else number(1 - tail, digits=DIGITS)


def size(log10: float, role: str = "gradient") -> str:
    """A size from its logarithm, also where it does not fit a float."""
    if log10 == -np.inf:
        return number(0.0, role)
    if np.isnan(log10):
        return "not known"
    if -300 < log10 < 300:
        return number(10.0 ** (log10 if abs(log10) > 1e-12 else 0.0), role)
    return f'<b class="{role}">10<sup>{log10:.1f}</sup></b>'.replace("-", "−")


def raised(base: str) -> str:
    """A base before its exponent: in brackets where it has a power of ten of its own."""
    return f"({base})" if "<sup>" in base else base


def factors(values: np.ndarray, role: str = "") -> str:
    """A product written out: a power where all agree; of many the first, the smallest (which counts most), the last."""
    if not values.size:
        return "1"
    if values.size > 2 and np.ptp(values) < 1e-9:
        return f"{raised(number(values[0], role, digits=8))}<sup>{values.size}</sup>"
    if values.size <= MOST_FACTORS:
        chosen = list(range(values.size))
    else:
        chosen = sorted({0, int(values.argmin()), values.size - 1})
    written = [number(values[chosen[0]], role)]
    for before, k in pairwise(chosen):
        written += ["…"] * (k > before + 1) + [number(values[k], role)]
    return "·".join(written)
