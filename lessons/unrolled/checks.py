"""What the challenges of the unrolled network ask for."""

import numpy as np

from app.parts.numbers import apart, plain
from app.shell.model import Check
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result

LEAST = 1e-9  # smaller terms and totals may be made of rounding


def first_beats_last(m: UnrolledParameters, r: Result) -> Check:
    """Copy 1 contributes more than the last one."""
    first, last = float(r.terms()[0]), float(r.terms()[-1])
    size = apart(abs(first), abs(last)), apart(abs(last), abs(first))
    said = f"Copy 1 contributes {'−' * (first < 0)}{size[0]}, copy {m.n_steps} {'−' * (last < 0)}{size[1]}"
    if m.n_steps < 4:
        return Check(False, f"{said}; four copies or more are asked for.")
    if first == 0 or last == 0:
        return Check(False, f"{said}; neither may be 0.")
    if min(abs(first), abs(last)) < LEAST:
        return Check(False, f"{said}; one of them is hardly there.")
    return Check(bool(abs(first) > abs(last)), f"{said}.")


def total_zero_terms_not(m: UnrolledParameters, r: Result) -> Check:
    """A gradient of 0 from terms that are not."""
    terms = r.terms()
    largest, smallest, total = np.abs(terms).max(), np.abs(terms).min(), terms.sum()
    said = f"The terms have sizes from {plain(smallest)} to {plain(largest)} and add up to {plain(total)}"
    if m.n_steps < 2:
        return Check(False, f"{said}; two copies or more are asked for.")
    return Check(bool(largest > 1e-3 and smallest > 0.01 * largest and abs(total) < 0.01 * largest), f"{said}.")


def smallest_window(m: UnrolledParameters, r: Result) -> Check:
    """The smallest window that gives three digits of the total."""
    totals, window = r.truncated(), min(m.window, m.n_steps)
    exact = totals[-1]
    if m.n_steps < 10 or abs(exact) < LEAST:
        said = f"T = {m.n_steps}, total {plain(exact)}"
        wanted = "a total that is not 0" if exact == 0 else "a total above 10⁻⁹ in size"
        return Check(False, f"{said}; ten copies and {wanted} are asked for.")
    good = np.array([_three_digits(total) == _three_digits(exact) for total in totals])
    wrong = np.flatnonzero(~good)
    smallest = int(wrong[-1]) + 2 if wrong.size else 1
    said = f"Window {window} gives {_three_digits(totals[window - 1])}, all copies {_three_digits(exact)}"
    if window == m.n_steps:
        return Check(False, f"{said}: this is no truncation.")
    if window > smallest:
        return Check(False, f"{said}, but a smaller window does too.")
    if window < smallest and good[window - 1]:
        return Check(False, f"{said}; this is luck: a window of {smallest - 1} does not.")
    return Check(window == smallest, f"{said}.")


def _three_digits(value: float) -> str:
    return plain(float(f"{value:.2e}"))
