"""How the calculation by hand is written: symbols with their indices, sums and brackets that wrap."""

import numpy as np

from app.parts.numbers import number, symbol
from lessons.unrolled.parameters import UnrolledParameters

WRITTEN_OUT = 2  # up to so many units every unit has its own lines; else the chosen one, and vectors


def units(m: UnrolledParameters) -> range:
    """Those whose lines are written out."""
    return range(m.n_units) if m.n_units <= WRITTEN_OUT else range(m.unit, m.unit + 1)


def added(terms: list[str], per_line: int) -> list[str]:
    """A sum, broken into lines that fit a narrow column."""
    lines = [" + ".join(terms[k : k + per_line]) for k in range(0, len(terms), per_line)]
    return [f"&emsp;= {lines[0]}", *(f"&emsp;&ensp;+ {line}" for line in lines[1:])]


def bracket(head: str, terms: list[str]) -> list[str]:
    """head·(a + b + …), one term to a line."""
    if len(terms) == 1:
        return [head + terms[0]]
    return [f"{head}({terms[0]}", *(f"&emsp;&emsp;+ {term}" for term in terms[1:-1]), f"&emsp;&emsp;+ {terms[-1]})"]


def of(name: str, sub: object, t: object, role: str = "") -> str:
    """A unit's value at a step, as a symbol."""
    return symbol(name, role, t, sub=str(sub))


def weight(name: str, sub: str) -> str:
    """A weight as a symbol."""
    return symbol(name, sub=sub)


def vector(name: str, t: int, values: np.ndarray, role: str = "") -> str:
    """All units at once, where they are more than one."""
    return f"{symbol(name, role, t)} = {listed(values)}"


def listed(values: np.ndarray) -> str:
    """Values in square brackets."""
    return f"[{', '.join(number(value, digits=4) for value in values)}]"


def slope_symbol(unit: int, t: int) -> str:
    """f′(a) of a unit (from 1), as a symbol."""
    return f"<i>f</i>′(<i>a</i><sub>{unit}</sub>({t}))"
