"""A single LSTM cell by its equations, and what a reader reads of the lstm page's parts, to compute with."""

import re

import numpy as np

from lessons.lstm import numbers as gate_numbers
from lessons.lstm.model import Lstm
from lessons.lstm.parameters import GATES


def make(**values) -> Lstm:
    m = Lstm()
    m.param.update(**values)
    return m


def logistic(a):
    return 1 / (1 + np.exp(-np.asarray(a, dtype=float)))


def cell(m: Lstm):
    """The single cell's states, (T,) each, by the equations of Fig. 12.17 step by step."""
    U, M, W, b = ({gate: getattr(m, f"{kind}_{gate}") for gate in GATES} for kind in ("U", "M", "W", "b"))
    peep = {gate: getattr(m, f"P_{gate}") if m.variant == "peephole" else 0.0 for gate in "ifo"}
    found, c, h = {name: [] for name in "ifgoch"}, 0.0, 0.0
    for x, mark in zip(m.sequence("x"), m.sequence("mark"), strict=True):
        a = {gate: U[gate] * x + M[gate] * mark + W[gate] * h + b[gate] for gate in GATES}
        f = 1.0 if m.variant == "no forget gate" else logistic(a["f"] + peep["f"] * c)
        i = 1 - f if m.variant == "coupled gates" else logistic(a["i"] + peep["i"] * c)
        g = np.tanh(a["g"])
        c = f * c + i * g
        o = logistic(a["o"] + peep["o"] * c)
        h = o * np.tanh(c)
        for name, value in zip("ifgoch", (i, f, g, o, c, h), strict=True):
            found[name].append(float(value))
    return {name: np.array(values) for name, values in found.items()}


RICH = {"network": "one cell", "n_steps": 6, "signal": "drawn", "x": (0.5, -1.2, 1.7, 0.3, -0.8, 1.1),
        "mark": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), "U_i": 0.7, "U_f": -0.4, "U_g": 1.3, "U_o": 0.2,
        "M_i": 1.5, "M_f": -2.0, "M_g": -0.6, "M_o": 0.9, "W_i": -0.8, "W_f": 1.1, "W_g": 0.6, "W_o": -0.3,
        "b_i": -0.2, "b_f": 1.4, "b_g": 0.1, "b_o": 0.5, "P_i": 0.4, "P_f": -0.7, "P_o": 0.8}  # fmt: skip


def text(html: str) -> str:
    """What a reader sees, with signs that Python can compute with."""
    raised = re.sub(r"·10<sup>(−?\d+)</sup>", lambda found: f"e{found[1]}", html)
    bare = re.sub(r"<[^>]+>", "", raised).replace("&emsp;", " ").replace("&ensp;", " ")
    return re.sub(r"\s+", " ", bare.replace("−", "-"))


def shown(m: Lstm, t: int) -> dict[str, str]:
    """Text of each block by its title."""
    return {block.title: text(" ".join(block.lines)) for block in gate_numbers.blocks(m, t)}


def computed(expression: str) -> float:
    """The value of a sum of products as a pocket calculator gives it."""
    allowed = expression.replace("·", "*").replace("²", "**2").strip()
    assert re.fullmatch(r"[-+*/().\de ]+", allowed), expression
    return float(eval(allowed))
