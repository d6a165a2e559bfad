"""Which inputs reach c(n), in exact fractions; and numbers of a sentence as a reader reads them."""

import math
import re
from fractions import Fraction

from lessons.gated_cec.model import GatedCEC

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
NUMBER = r"(?:10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"


def log10(value: Fraction) -> float:
    """Of a positive fraction of any size."""
    return math.log10(value.numerator) - math.log10(value.denominator)


def sensitivities(m: GatedCEC) -> list[Fraction]:
    """∂c(n)/∂x(k) for k = 1 … n: the input gate times every factor w f(j) after it."""
    i, f, _ = m.gates()
    w, product, found = Fraction(m.w), Fraction(1), []
    for k in range(m.sensed, 0, -1):
        found.append(Fraction(float(i[k - 1])) * product)
        product *= w * Fraction(float(f[k - 1]))
    return found[::-1]


def state(m: GatedCEC, t: int) -> Fraction:
    """c(t), exactly."""
    i, f, _ = m.gates()
    c = Fraction(0)
    for k in range(t):
        c = Fraction(float(i[k])) * Fraction(float(m.result["x"][k])) + Fraction(m.w) * Fraction(float(f[k])) * c
    return c


def read_log10(text: str) -> float:
    """log10 of the size of a number that a sentence says; −∞ for 0."""
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text.lstrip("−"))
    if found:
        return math.log10(float(found[1] or 1)) + int(found[2].translate(SUPERSCRIPTS))
    value = float(text.lstrip("−"))
    return math.log10(value) if value else -math.inf
