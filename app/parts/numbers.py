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


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(value: float, digits: int = 4) -> str:
    """A number as text with `digits` significant digits, exact where it is a small whole number."""
    mantissa, exponent = _split(float(value), digits)
    return f"{mantissa}·10{str(exponent).translate(SUPERSCRIPTS)}" if exponent else mantissa


def apart(value: float, other: float, digits: int = 4) -> str:
    """`plain`, with as many more digits as it takes not to look equal to `other`, where it is not."""
    if value == other:
        return plain(value, digits)
    return next(
        plain(value, more) for more in range(digits, 18) if more == 17 or plain(value, more) != plain(other, more)
    )


def number(value: float, role: str = "", *, digits: int = 4, signed: bool = False) -> str:
    """A value as HTML in the colour of `role`; negatives get brackets where `signed` (inside a sum or product)."""
    mantissa, exponent = _split(float(value), digits)
    text = f"{mantissa}·10<sup>{exponent}</sup>".replace("-", "−") if exponent else mantissa
    if signed and text.startswith("−"):
        text = f"({text})"
    return f'<b class="{css(role)}">{text}</b>' if role else text


def _split(value: float, digits: int) -> tuple[str, int]:
    """Mantissa as text and power of ten; the power is 0 where the number is written out."""
    if math.isnan(value):
        return "not a number", 0
    if math.isinf(value):
        return ("∞" if value > 0 else "−∞"), 0
    if value == round(value) and abs(value) < 1e6:
        return f"{value:.0f}".replace("-", "−") if value else "0", 0
    exponent = int(f"{value:.{digits - 1}e}".split("e")[1])
    if -3 <= exponent < 6:
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace("-", "−"), 0
    text = f"{value / 10.0**exponent:.{digits - 1}f}" if exponent > -300 else f"{value:.{digits - 1}e}".split("e")[0]
    return text.rstrip("0").rstrip(".").replace("-", "−"), exponent


def symbol(name: str, role: str = "", argument: object = "", *, sub: str = "") -> str:
    """A symbol such as f(7), in italics and in the colour of `role`."""
    index = f"<sub>{escape(sub)}</sub>" if sub else ""
    bracket = f"({escape(str(argument))})" if argument != "" else ""
    return f'<span class="{css(role)}"><i>{escape(name)}</i>{index}{bracket}</span>'


def css(role: str) -> str:
    return role.replace("_", "-")


def steps(n: float) -> str:
    """`1 step`, `2 steps`."""
    return f"{plain(n)} step" + ("" if n == 1 else "s")


def power(log10: float) -> str:
    """A size from its logarithm, which need not fit a float: `0.002`, `4.5·10⁻⁶`, `10⁻³⁸⁹`, `nothing`."""
    if log10 == -math.inf:
        return "nothing"
    if -300 < log10 < 300:
        return plain(10.0**log10, 3 if -4 <= log10 < 5 else 2).removeprefix("1·")
    return "10" + f"{log10:.0f}".translate(SUPERSCRIPTS)


def short(value: float) -> str:
    """At most five characters, for the little room in the picture."""
    size = abs(value)
    if value == 0:
        text = "0"
    elif size < 0.005:
        text = "≈ 0"
    elif size < 100:
        text = f"{value:.2f}".rstrip("0").rstrip(".") if size < 10 else f"{value:.1f}"
    else:
        text = f"{value:.0f}" if size < 1e4 else f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return text.replace("-", "−")
