"""Oracle of the unrolled page: its loss written out literally, and derivatives by complex steps."""

import numpy as np

from app.shell import lessons
from lessons.unrolled.model import Unrolled
from lessons.unrolled.weights import PLACES
from tests.app import pages
from tests.app.pages import Opened

LESSON = lessons.load("unrolled")
PRESETS = {preset.name: preset.values for preset in LESSON.presets}
FUNCTIONS = {
    "tanh": np.tanh,
    "logistic": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.where(np.real(a) > 0, a, 0),
    "identity": lambda a: a,
}
RICH = {
    "n_units": "3", "n_steps": "5", "loss_at": "every step", "x": "0.5,-1,0.25,1,0", "d1": "0.3,-0.2,0.5,0,0.1",
    "d2": "-0.4*5", "W12": "-0.7", "W13": "0.2", "W21": "0.9", "W23": "-0.3", "W31": "0.4", "W33": "-0.6", "U3": "-1",
    "b1": "0.1", "b3": "-0.2", "h01": "0.5", "h02": "-0.25", "h03": "1", "V1": "1.5", "V2": "-0.5", "V3": "0.75",
    "b_out": "0.2",
}  # fmt: skip


def make(**arguments) -> Opened:
    """The page, opened at an address."""
    return Opened("unrolled", **arguments)


def model_at(**arguments) -> Unrolled:
    """The model alone, as an address sets it."""
    return pages.model_at("unrolled", **arguments)


def loss(model, name="", copy=0, step=0.0):
    """F, literally, with a complex step added to one weight, in one copy (from 1) or in all (0)."""
    n, T, f = model.n_units, model.n_steps, FUNCTIONS[model.activation]
    values = {weight: complex(getattr(model, weight)) for weight in PLACES}
    h, total = np.array([values[f"h0{i}"] for i in range(1, n + 1)]), 0.0
    if name.startswith("h0"):
        h[int(name[2]) - 1] += step
    for t in range(1, T + 1):
        w = dict(values)
        if name and not name.startswith("h0") and copy in (0, t):
            w[name] += step
        W = np.array([[w[f"W{i}{j}"] for j in range(1, n + 1)] for i in range(1, n + 1)])
        U, b = (np.array([w[f"{kind}{i}"] for i in range(1, n + 1)]) for kind in "Ub")
        h = f(U * model.sequence("x")[t - 1] + W @ h + b)
        if model.loss_at == "last step" and t < T:
            continue
        if model.output_layer:
            y = sum(w[f"V{j + 1}"] * h[j] for j in range(n)) + w["b_out"]
            total = total + (model.sequence("d1")[t - 1] - y) ** 2
        else:
            total = total + sum((model.sequence(f"d{j + 1}")[t - 1] - h[j]) ** 2 for j in range(n))
    return total


def derivative(model, name, copy=0):
    return loss(model, name, copy, 1e-30j).imag / 1e-30


def states_moved(model, name):
    """(T, n) the derivative of every state by a weight of W, U or b."""
    n, f = model.n_units, FUNCTIONS[model.activation]
    values = {weight: complex(getattr(model, weight)) for weight in PLACES}
    values[name] += 1e-30j
    h, moved = [values[f"h0{i}"] for i in range(1, n + 1)], []
    for x in model.sequence("x"):
        nets = [
            values[f"U{i}"] * x + sum(values[f"W{i}{j}"] * h[j - 1] for j in range(1, n + 1)) + values[f"b{i}"]
            for i in range(1, n + 1)
        ]
        h = [f(net) for net in nets]
        moved.append([np.imag(state) / 1e-30 for state in h])
    return np.array(moved)
