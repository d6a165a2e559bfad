"""What the tests of the lesson share: pages, plain loops for its networks, and lines of numbers worked out."""

import re
from html import unescape
from itertools import pairwise

import numpy as np

from app.parts.numbers import Block
from app.shell import lessons
from lessons.vanishing.model import Vanishing
from tests.app import pages
from tests.app.pages import Opened

PRESETS = [preset.name for preset in lessons.load("vanishing").presets]
FUNCTIONS = {
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "logistic": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0).astype(float)),
    "identity": (lambda a: a, np.ones_like),
}


def make(**arguments: object) -> Opened:
    return Opened("vanishing", **arguments)


def model_at(**arguments: object) -> Vanishing:
    """The model alone, for what no figure is needed for."""
    return pages.model_at("vanishing", **arguments)


def blocks_at(t: int, **arguments: object) -> list[Block]:
    """The numbers of a page at step t."""
    page = make(**arguments)
    return page.view.numbers(page.model, t)


def text(html: str) -> str:
    """Plain text of a line of numbers, with powers written the way Python reads them."""
    html = re.sub(r"·10<sup>([^<]*)</sup>", r"e\1", html)
    html = re.sub(r"<sup>([^<]*)</sup>", r"**\1", html)
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("−", "-").replace("²", "**2").strip()


def value(expression: str) -> float:
    """A sum, product, power or call as it stands on the page, worked out."""
    expression = expression.replace("·", "*").replace("√", "sqrt").strip()
    functions = {"tanh": np.tanh, "sqrt": np.sqrt, "σ": FUNCTIONS["logistic"][0]}
    return float(eval(expression, {"__builtins__": {}}, functions))


def literal_run(
    x: np.ndarray, W: np.ndarray, U: np.ndarray, b: np.ndarray, activation: str, form: str
) -> tuple[np.ndarray, list[np.ndarray]]:
    """States and one-step Jacobians by plain loops, from a state of 0."""
    f, slope = FUNCTIONS[activation]
    state, states, jacobians = np.zeros(len(b)), [], []
    for fed in x:
        if form == "hidden":
            a = U[:, 0] * fed + W @ state + b
            jacobians.append(np.diag(slope(a)) @ W)
            state = f(a)
        else:
            jacobians.append(W @ np.diag(slope(state)))
            state = W @ f(state) + U[:, 0] * fed + b
        states.append(state)
    return np.array(states), jacobians


def terms(lines: list[str]) -> list[tuple[float, float]]:
    """Pairs of neighbouring sides of every line that is an arithmetic equation: `= 1·2 + 3 = 5` gives (5, 5)."""
    found = []
    for line in lines:
        sides = []
        for side in text(line).split(": ")[-1].split("="):
            try:
                sides.append(value(side))
            except (SyntaxError, NameError, TypeError):  # a side in symbols
                sides.append(None)
        found += [(a, b) for a, b in pairwise(sides) if a is not None and b is not None]
    return found
