"""Numbers as the sentences of the LSTM page write them: gates near 1, shares, factors; and letters."""

import numpy as np

from app.parts.numbers import SUPERSCRIPTS, plain

NOTHING = 1e-12  # products below it are called nothing


def within(short_by: float) -> str:
    """The next power of ten: a gate at 1 − 9.4·10⁻¹⁴ is open to within 10⁻¹³."""
    return f"10{str(int(np.ceil(np.log10(max(short_by, 1e-16))))).translate(SUPERSCRIPTS)}"


def below_one(value: float) -> str:
    """A gate's value that is not rounded up to 1."""
    return plain(np.floor(value * 1000) / 1000, 3) if value < 0.999 else plain(np.floor(value * 1e6) / 1e6, 6)


def share(value: float) -> str:
    """A part of 1 in per cent."""
    if abs(value) < NOTHING:
        return "as good as nothing"
    return "all" if abs(value - 1) < 5e-7 else f"{plain(100 * value, 3)} %"


def visible(text: str) -> str:
    """Line ends as a sign."""
    return text.replace("\n", "↵") if text != " " else "␣"


def gate(value: float) -> str:
    """A gate's opening; one that is nearly open says how near."""
    if 0.9995 < value < 1:
        return f"1 − {plain(1 - value, 2)}" if value < 1 - 1e-13 else "almost 1"
    return plain(value, 3)


def factor(value: float) -> str:
    return f"({plain(value, 3)})" if value < 0 else plain(value, 3)
