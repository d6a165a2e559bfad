"""Equations with every value put in, as small pieces of HTML whose colours are those of the traces."""

import math
from html import escape
from typing import NamedTuple


class Block(NamedTuple):
    """One boxed equation: a heading, its lines (HTML), and a sentence in plain words."""

    title: str
    lines: list[str]
    note: str = ""

    def html(self) -> str:
        lines = "".join(f"<div class=eq-line>{line}</div>" for line in self.lines)
        note = f"<p>{self.note}</p>" if self.note else ""
        return f"<section><h3>{self.title}</h3><div class=eq>{lines}</div>{note}</section>"


def plain(value: float, digits: int = 4) -> str:
    """A number as text with `digits` significant digits, exact where it is a small whole number."""
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e6:
        return f"{value:.0f}".replace("-", "−") if value else "0"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:.{digits}g}".replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}·10^{int(exponent)}".replace("-", "−")


def number(value: float, role: str = "", *, digits: int = 4, signed: bool = False) -> str:
    """A value as HTML in the colour of `role`; negatives get brackets where `signed` (inside a sum or product)."""
    text = plain(value, digits)
    if "10^" in text:
        mantissa, exponent = text.split("10^")
        text = f"{mantissa}10<sup>{exponent}</sup>"
    if signed and text.startswith("−"):
        text = f"({text})"
    return f'<b class="{css(role)}">{text}</b>' if role else text


def symbol(name: str, role: str = "", argument: object = "", *, sub: str = "") -> str:
    """A symbol such as f(7), in italics and in the colour of `role`."""
    index = f"<sub>{escape(sub)}</sub>" if sub else ""
    bracket = f"({escape(str(argument))})" if argument != "" else ""
    return f'<span class="{css(role)}"><i>{escape(name)}</i>{index}{bracket}</span>'


def css(role: str) -> str:
    return role.replace("_", "-")


def steps(n: int) -> str:
    """`1 step`, `2 steps`."""
    return f"{plain(n)} step" + ("" if n == 1 else "s")
