"""Problems for the tests of LSTM and GRU, and the results of PyTorch that make_gates.py has stored."""

import math
from pathlib import Path

import numpy as np

from engine import gru, lstm

STORED = np.load(Path(__file__).parent / "golden" / "gates.npz")
ARRAYS = ("x", "U", "W", "b", "P", "h0", "c0")


def names(kind):
    """Cases of a kind, which is the first word of their names."""
    return sorted({key.split("/")[0] for key in STORED if key.startswith(kind + "-")})


def stored(name):
    """Arrays of one case."""
    return {key.split("/")[1]: STORED[key] for key in STORED if key.startswith(name + "/")}


def lstm_problem(n, m, n_steps, seed=0, peepholes=True):
    """x, params, h0, c0, explicit, explicit_c."""
    rng = np.random.default_rng(seed)
    P = rng.normal(size=(3, n)) if peepholes else None
    params = lstm.LstmParams(rng.normal(size=(4 * n, m)), rng.normal(size=(4 * n, n)), rng.normal(size=4 * n), P)
    h0, c0, explicit, explicit_c = (rng.normal(size=shape) for shape in (n, n, (n_steps, n), (n_steps, n)))
    return rng.normal(size=(n_steps, m)), params, h0, c0, explicit, explicit_c


def lstm_lists(x, params, h0, c0):
    """The arguments of the literal loops; absent peepholes are zeros."""
    P = np.zeros((3, len(h0))) if params.P is None else params.P
    return [values.tolist() for values in (x, *params[:3], P, h0, c0)]


def gru_problem(n, m, n_steps, seed=0, reset_after=False):
    """x, params, h0, explicit."""
    rng = np.random.default_rng(seed)
    blocks = 4 if reset_after else 3
    params = gru.GruParams(rng.normal(size=(3 * n, m)), rng.normal(size=(3 * n, n)), rng.normal(size=blocks * n))
    return rng.normal(size=(n_steps, m)), params, rng.normal(size=n), rng.normal(size=(n_steps, n))


def constant_gates(i, f, o, n_steps, g=0.5, c0=None):
    """One unit with W = 0 and x = 0 whose gates have these net inputs at every step. Arguments of `run`."""
    params = lstm.LstmParams(np.zeros((4, 1)), np.zeros((4, 1)), [i, f, math.atanh(g), o])
    return {"x": np.zeros(n_steps), "params": params, "c0": c0}
