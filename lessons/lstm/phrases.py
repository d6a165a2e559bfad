"""Numbers as the sentences of the LSTM page write them: gates near 1, shares, factors; and letters."""

import numpy as np

from app.parts.numbers import SUPERSCRIPTS, apart, plain, power

NOTHING = 1e-12  # products below it are called nothing
ROUNDING = 1e-9  # a sum of numbers with two digits that is nearer to 0 is 0


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
    return "all" if abs(value - 1) < 5e-7 else f"{apart(100 * value, 100, 3)} %"


def nearly(value: float) -> str:
    """A result that is 0 but for rounding, and everything else as it is."""
    return "0 but for rounding" if 0 < abs(value) < ROUNDING else plain(value, 3)


def per_cent(part: float) -> str:
    """A share of right answers; not 100 % where one was wrong."""
    return f"{100 * part:.0f} %" if part in (0, 1) or 0.005 < part < 0.995 else f"{plain(100 * part, 3)} %"


def size(log10: float) -> str:
    """A gradient's size in words. A logarithm of −∞ is a 0, or what the computer cannot tell from it."""
    return "too small to tell from 0" if log10 == -np.inf else power(log10)


def visible(text: str) -> str:
    """Line ends as a sign."""
    return text.replace("\n", "↵") if text != " " else "␣"


def gate(value: float, digits: int = 3) -> str:
    """A gate's opening; one that is nearly open says how near."""
    if 1 - 0.5 * 10.0**-digits <= value < 1:
        return f"1 − {plain(1 - value, 2)}" if value < 1 - 1e-13 else "almost 1"
    return plain(value, digits)


def factor(value: float) -> str:
    return f"({plain(value, 3)})" if value < 0 else plain(value, 3)
