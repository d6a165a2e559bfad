"""The challenges of the LSTM page: what is asked for, and why a setting does not do yet."""

import numpy as np

from app.parts.numbers import apart, plain, power, steps
from app.shell.model import Check
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.topics import Gradient, Shown

KEPT_UNTIL = 101  # a bit of step 1 is looked at 100 steps later
DISTRACTORS = 20
LAG = 10  # steps back at which the gradient must still be felt


def keeps_a_bit(m: LstmParameters, r: Shown) -> Check:
    """c(1) of the single cell is still there at step 101, within 1 %, whatever x did in between."""
    if not m.one_cell or m.topic != "gates" or m.n_steps < KEPT_UNTIL:
        return Check(False, f"Choose the topic “gates”, the network “one cell” and at least {KEPT_UNTIL} steps.")
    c, x = r.traced.run.c[:, 0], m.inputs()[0]
    loud = int((np.abs(x[1:KEPT_UNTIL]) >= 0.1).sum())
    if loud < DISTRACTORS:
        return Check(False, f"x must disturb: at least 0.1 in size at {DISTRACTORS} later steps, now it is at {loud}.")
    first, last = float(c[0]), float(c[KEPT_UNTIL - 1])
    if abs(first) < 0.5:
        return Check(False, f"c(1) = {_shown(first, 0.5)} is too small to be a bit: it needs at least 0.5.")
    off = abs(last / first - 1)
    said = (
        f"c(1) = {plain(first)} and c({KEPT_UNTIL}) = {plain(last)}: {apart(100 * off, 1, 3)} % apart, 1 % is allowed."
    )
    return Check(bool(off <= 0.01), said)


def truncated_is_exact(m: LstmParameters, r: Shown) -> Check:
    """∂h(T)/∂c(k) through the cell's own delay is all there is, for every k, and not because nothing is left."""
    own = m.shown_network in ("one cell", "random")
    if not isinstance(r, Gradient) or not own or m.n_steps <= LAG:
        return Check(False, "Choose the topic “gradient”, the network “one cell” or “random” and at least 11 steps.")
    exact, truncated = r.truncated_exact, r.truncated
    felt = float(truncated[-1 - LAG])
    if not felt >= -3:
        left = "nothing" if felt == -np.inf else f"only {apart(10.0**felt, 0.001, 2) if felt > -300 else power(felt)}"
        return Check(False, f"{steps(LAG)} back {left} of the truncated gradient is left; 0.001 is asked for.")
    known = np.isfinite(exact) | np.isfinite(truncated)
    with np.errstate(all="ignore"):
        differ = np.abs(10.0 ** (truncated[known] - exact[known]) - 1)
    worst = float(np.max(differ))
    k = int(np.flatnonzero(known)[np.argmax(differ)]) + 1
    off = "beyond all numbers" if worst == np.inf else f"by up to {apart(100 * worst, 1, 3)} %"
    said = f"The truncated gradient is off {off}, at k = {k}; 1 % is allowed."
    return Check(worst <= 0.01, said)


def forgets_at_mark(m: LstmParameters, r: Shown) -> Check:
    """The single cell loses its content at the marked step, and its forget gate is open at all others."""
    marked = np.flatnonzero(m.inputs()[1]) + 1
    if not m.one_cell or m.topic != "gates" or m.n_steps < 10:
        return Check(False, "Choose the topic “gates”, the network “one cell” and at least 10 steps.")
    if len(marked) != 1 or not 3 <= marked[0] <= m.n_steps - 2:
        return Check(False, f"Mark exactly one step, between t = 3 and t = {m.n_steps - 2}.")
    s, run = int(marked[0]), r.traced.run
    before, after = float(run.c[s - 2, 0]), float(run.c[s - 1, 0])
    if abs(before) < 0.5:
        shown = _shown(before, 0.5)
        return Check(False, f"There is too little to forget: c({s - 1}) = {shown}, at least 0.5 is asked for.")
    others = np.delete(run.f[:, 0], [0, s - 1])
    if others.min() < 0.95:
        lowest = apart(float(others.min()), 0.95, 3)
        return Check(False, f"Away from the mark f falls to {lowest}; it must stay at 0.95 or above.")
    left = f"c({s}) is {apart(100 * abs(after / before), 5, 3)} % of c({s - 1}) in size"
    said = f"c({s - 1}) = {plain(before)}, c({s}) = {plain(after)}: {left}; at most 5 % is allowed."
    return Check(abs(after) <= 0.05 * abs(before), said)


def _shown(value: float, bound: float) -> str:
    """A value that is short of a bound, with as many digits as show it."""
    return apart(value, float(np.copysign(bound, value)))
