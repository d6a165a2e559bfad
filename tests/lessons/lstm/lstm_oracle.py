"""One LSTM cell written out, the tasks' targets in words, and pages to test: for the tests of the LSTM lesson."""

import re

import numpy as np

from lessons.lstm.model import Lstm
from lessons.lstm.parameters import GATES
from tests.app import pages

CELL = {"U_i": 0.7, "U_f": -0.4, "U_g": 1.3, "U_o": 0.2, "M_i": 1.1, "M_f": -2.0, "M_g": 0.3, "M_o": 0.5, "W_i": -0.6,
        "W_f": 0.9, "W_g": 1.2, "W_o": -0.8, "b_i": 0.1, "b_f": 1.0, "b_g": -0.2, "b_o": 0.4, "P_i": 0.5, "P_f": -0.7,
        "P_o": 0.6}  # fmt: skip
DRAWN = {"x": "1,-0.5,0.25,2,-1,0,0.5,-2", "mark": "10010010"}


def make(**arguments) -> pages.Opened:
    return pages.Opened("lstm", **arguments)


def model_at(**arguments) -> Lstm:
    """The model alone, for what no figure is needed for."""
    return pages.model_at("lstm", **arguments)


def one_cell(**arguments) -> Lstm:
    return model_at(**{"preset": "closing", "network": "one cell"} | CELL | DRAWN | arguments)


def logistic(a):
    return 1 / (1 + np.exp(-a))


def step(now, x, mark, h, c, variant):
    """One step of a single cell, written out."""
    peep = now if variant == "peephole" else dict.fromkeys(("P_i", "P_f", "P_o"), 0.0)
    a = {gate: now[f"U_{gate}"] * x + now[f"M_{gate}"] * mark + now[f"W_{gate}"] * h + now[f"b_{gate}"]
         for gate in GATES}  # fmt: skip
    f = 1.0 if variant == "no forget gate" else logistic(a["f"] + peep["P_f"] * c)
    i = 1 - f if variant == "coupled gates" else logistic(a["i"] + peep["P_i"] * c)
    g = np.tanh(a["g"])
    c = f * c + i * g
    o = logistic(a["o"] + peep["P_o"] * c)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}


def literal(now, x, mark, variant="full", start=(0.0, 0.0)):
    """All traces of the single cell from a start (h, c)."""
    (h, c), rows = start, []
    for fed, marked in zip(x, mark, strict=True):
        rows.append(step(now, fed, marked, h, c, variant))
        h, c = rows[-1]["h"], rows[-1]["c"]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _latched(x, mark):
    marked = x[mark > 0]
    return np.sign(marked[-1]) if marked.size else np.nan


def _accepted(x, mark):
    text = "".join("a" if value > 0 else "b" for value in x)
    return 1.0 if re.fullmatch("a+b+", text) and text.count("a") == text.count("b") else -1.0


# What a task asks for after these inputs.
ASKED = {
    "latch": _latched,
    "marked sum": lambda x, mark: sum(x[mark > 0]),
    "count ab": _accepted,
    "parity": lambda x, mark: 1.0 if list(x).count(1) % 2 else -1.0,
}
