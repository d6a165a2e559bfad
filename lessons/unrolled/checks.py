"""What the challenges of the unrolled network ask for."""

import numpy as np

from app.parts.numbers import plain
from app.shell.model import Check
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result


def first_beats_last(m: UnrolledParameters, r: Result) -> Check:
    """Copy 1 contributes more than the last one."""
    first, last = r.terms()[0], r.terms()[-1]
    said = f"Copy 1 contributes {plain(first)}, copy {m.n_steps} {plain(last)}"
    if m.n_steps < 4:
        return Check(False, f"{said}; four copies or more are asked for.")
    if min(abs(first), abs(last)) < 1e-9:
        return Check(False, f"{said}; neither may be 0.")
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
    if m.n_steps < 10 or abs(exact) < 1e-9:
        said = f"T = {m.n_steps}, total {plain(exact)}"
        return Check(False, f"{said}; ten copies and a total that is not 0 are asked for.")
    wrong = np.flatnonzero([f"{total:.2e}" != f"{exact:.2e}" for total in totals])
    smallest = int(wrong[-1]) + 2 if wrong.size else 1
    said = f"Window {window} gives {plain(totals[window - 1], 3)}, all copies {plain(exact, 3)}"
    if window == m.n_steps:
        return Check(False, f"{said}: this is no truncation.")
    return Check(window == smallest, said + (", but a smaller window does too." if window > smallest else "."))
