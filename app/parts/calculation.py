"""Lines of a hand calculation: values inside sums and products, and sums that wrap where a column is narrow."""

import re

from app.parts.numbers import number

DIGITS = 5
WIDTH = 38  # characters that fit beside each other in a narrow column


def value(number_: float, role: str = "") -> str:
    """A value inside a sum or a product."""
    return number(number_, role, digits=DIGITS, signed=True)


def result(number_: float, role: str = "") -> str:
    return f"<b>{number(number_, role, digits=DIGITS)}</b>"


def width(html: str) -> int:
    """Characters that are seen."""
    return len(re.sub(r"<[^>]+>|&[a-z]+;", "", html))


def added(head: str, terms: list[str]) -> list[str]:
    """head = a + b + …, broken into lines that fit."""
    lines, line = [], f"{head} = {terms[0]}"
    for term in terms[1:]:
        if width(line) + width(term) + 3 > WIDTH:
            lines.append(line)
            line = f"&emsp;&ensp;+ {term}"
        else:
            line += f" + {term}"
    return [_bare(line) for line in [*lines, line]]


def fitting(line: str, outcome: str, widest: int = WIDTH) -> list[str]:
    """line = outcome, on two lines where one is too narrow."""
    together = f"{line} = {outcome}"
    return [together] if width(together) <= widest else [line, f"&emsp; = {outcome}"]


def _bare(line: str) -> str:
    """A negative number needs no brackets where it comes first."""
    return re.sub(r'^((?:[^=(]|\([^)−]*\))*= (?:<b class="[^"]*">)?)\((−[^()]+)\)', r"\1\2", line)
