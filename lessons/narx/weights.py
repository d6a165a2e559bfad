"""The numbers of Solved Problem P12.2 by name: where each is kept, how it is written, and what the book prints."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.narx import NarxParams

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# The augmented matrix row by row, as in the book: [U₁ U₂ W₁ W₂] for the delays 1 and 2 of the input and the output.
U, W = (((1, -1), (-2, 2)), ((3, 1), (1, -3))), (((1, -2), (2, 1)), ((1, 3), (-3, 1)))
BIAS, V, BIAS_OUT = (1, -2), ((2, -1), (1, -2)), (-2, 1)
BEFORE = np.array([[1.0, 0.0], [2.0, 1.0]])  # p(0) and p(1), with which the line is filled: the last one the latest
INPUT = np.array([[1.0, 2.0], [2.0, 3.0]])  # p(2) and p(3), the page's steps 1 and 2
FIRST = 2  # the book's time of the page's step 1
PAIR = range(2)

# name: (array, place)
PLACES: Mapping[str, tuple[str, tuple[int, ...]]] = (
    {f"U{j + 1}_{i + 1}{k + 1}": ("U", (j, i, k)) for i in PAIR for j in PAIR for k in PAIR}
    | {f"W{j + 1}_{i + 1}{k + 1}": ("W", (j, i, k)) for i in PAIR for j in PAIR for k in PAIR}
    | {f"b{i + 1}": ("b", (i,)) for i in PAIR}
    | {f"V_{i + 1}{k + 1}": ("V", (i, k)) for i in PAIR for k in PAIR}
    | {f"c{i + 1}": ("b_out", (i,)) for i in PAIR}
)
ARRAYS = {"U": np.array(U), "W": np.array(W), "b": np.array(BIAS), "V": np.array(V), "b_out": np.array(BIAS_OUT)}
BOOK = {name: float(ARRAYS[array][place]) for name, (array, place) in PLACES.items()}


def pretty(name: str) -> str:
    """A weight as it is written: U₁[2,1] for row 2, column 1 of the matrix of delay 1."""
    head, _, place = name.partition("_")
    head = head.replace("c", "b out ").translate(SUBSCRIPTS)
    return f"{head}[{place[0]},{place[1]}]" if place else head


def params(owner: Any) -> NarxParams:
    """The network of the parameters of that name."""
    found = {name: np.zeros(array.shape) for name, array in ARRAYS.items()}
    for name, (array, place) in PLACES.items():
        found[array][place] = getattr(owner, name)
    return NarxParams(**found)


class Misprint(NamedTuple):
    """A line of P12.2 as it follows from the book's own matrices, as it is printed, and where it went wrong."""

    step: int  # of the page
    what: str
    printed: tuple[float, float]
    why: str


PRINTED = (
    Misprint(
        1, "a", (5, -4),
        "The second entry: −2 from the input of delay 1, +1 from that of delay 2, −2 from the bias. "
        "ReLU makes 0 of −3 and of −4, so nothing follows from this slip.",
    ),
    Misprint(1, "y", (8, 6), "Right."),
    Misprint(
        2, "a", (9, 21),
        "The first entry: the feedback is 1·8 + (−2)·6 = −4. The printed 9 has +2 there: 1·8 + (−1)·6.",
    ),
    Misprint(
        2, "y", (-5, 32),
        "It carries on the 9. And from 9 and 21 the second entry is 9 − 42 + 1 = −32: a minus sign is lost as well.",
    ),
)  # fmt: skip
