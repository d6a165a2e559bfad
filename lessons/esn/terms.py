"""Pieces of the hand calculations: sums of products, of which the largest terms are written out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from app.parts.calculation import DIGITS, fitting
from app.parts.numbers import number, symbol

ALL, LARGEST = 10, 8  # up to ALL terms all are written, of more the LARGEST
MOST_DIGITS = 12
NOTHING = 1e-12  # a term this much smaller than the largest is a rounding error of 0
BIAS = "bias"


class Group(NamedTuple):
    """Terms of a sum that belong together; those whose weight is 0 are left out."""

    heading: str
    weights: np.ndarray  # (n_kept,)
    values: np.ndarray  # (n_kept,) what each weight is multiplied with
    places: np.ndarray  # (n_kept,) their places in the row of the matrix
    name: Callable[[int], str]  # of what comes from a place


def of(letter: str, t: int, index: object = "", role: str = "state") -> str:
    return symbol(letter, role, t, sub=str(index))


def result(value: float, role: str = "", digits: int = DIGITS) -> str:
    return f"<b>{number(value, role, digits=digits)}</b>"


def numbered(letter: str, n: int, role: str = "state") -> Callable[[int], str]:
    """Names like h₁, h₂ …; without a number where there is only one."""
    return lambda j: symbol(letter, role, sub="" if n == 1 else str(j + 1))


def group(heading: str, weights: np.ndarray, values: np.ndarray, name: Callable[[int], str]) -> Group:
    places = np.flatnonzero(weights)
    return Group(heading, weights[places], values[places], places, name)


def summed(groups: list[Group]) -> float:
    return float(sum(part.weights @ part.values for part in groups))


def digits_for(largest: float, total: float) -> int:
    """So many that terms which nearly cancel still add up."""
    if not (np.isfinite(largest) and largest > abs(total)):
        return DIGITS
    lost = np.log10(largest / max(abs(total), 1e-6 * largest))
    return min(DIGITS + round(float(lost)), MOST_DIGITS)


def terms(part: Group, largest: float, total: float) -> list[str]:
    """A line for each product under the heading; of many the largest, and the sum of the others."""
    heading = [part.heading] if part.heading else []
    if not part.places.size:
        return []
    if heading and not part.values.any():
        return [f"{part.heading} 0"]
    products, digits, lines = part.weights * part.values, digits_for(largest, total), []
    chosen: Sequence[int] = range(len(products))
    if len(products) > ALL:
        chosen = sorted(np.argsort(-np.abs(products), kind="stable")[:LARGEST].tolist())
    for j in chosen:
        name, product = part.name(int(part.places[j])), result(float(products[j]), digits=digits)
        if 0 < abs(products[j]) < NOTHING * largest:
            lines.append(f"{name}: ≈ 0")
        elif name == BIAS:
            lines.append(f"{name}: {product}")
        else:
            factor = number(float(part.values[j]), digits=digits, signed=True)
            lines += fitting(f"{name}: {number(float(part.weights[j]), digits=digits)}·{factor}", product)
    rest = np.delete(products, chosen)
    others = [f"the other {len(rest)}: {result(float(rest.sum()), digits=digits)}"] if rest.size else []
    return [*heading, *lines, *others]
