"""What the gated carousel's page shows for its settings, and what a float cannot hold of it."""

from typing import NamedTuple

import numpy as np


class GatedRun(NamedTuple):
    """Row k of each array is step k + 1."""

    circuit: str
    w: float
    sensed: int  # the step n of ∂c(n)/∂x(k)
    x: np.ndarray  # (T,)
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    c: np.ndarray
    dc_dx: np.ndarray  # ∂c(n)/∂x(k); 0 also where it underflows
    factor: np.ndarray  # w f(j)
    log10_dc_dx: np.ndarray  # −∞ only where a gate at exactly 0 cuts the path, or where there is none


def log10_sensitivity(i: np.ndarray, log10_product: np.ndarray) -> np.ndarray:
    """log10 of i(k) times the product behind it; −∞ where there is no product."""
    with np.errstate(divide="ignore"):
        return np.where(np.isnan(log10_product), -np.inf, np.log10(i) + log10_product)


def faded(r: GatedRun, t: int) -> bool:
    """Whether c(t) is 0 only because the computer has no smaller numbers: something came in, and no gate cut it off."""
    if r.c[t - 1] != 0:
        return False
    with np.errstate(divide="ignore"):
        entered = np.log10(r.i[:t]) + np.log10(np.abs(r.x[:t]))
        kept = np.log10(r.w) + np.log10(r.f[1:t])
    behind = np.concatenate([np.cumsum(kept[::-1])[::-1], [0.0]])
    largest = float(np.max(entered + behind))
    return -np.inf < largest < -300
