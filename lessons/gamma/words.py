"""What the page on the gamma memory says, from α, the number of taps and the values they hold."""

import math

import numpy as np

from app.parts.numbers import SUPERSCRIPTS, apart, plain, steps
from app.parts.ranges import LIMIT
from engine import gamma

TINY = 1e-300  # below it numbers lose digits, and then are kept as 0
NEGLIGIBLE = 1e-9  # an α below it moves nothing within any sequence of the page
SMALL = "Values as small as this are too small to be kept: they lose digits, and end as 0."


def memory(alpha: float, taps: int) -> str:
    """How fast the line forgets, and how far back it looks."""
    keep = 1 - alpha
    if alpha == 0:
        return "With α = 0 nothing enters the line: every tap stays at 0, and there is no mean lag."
    if alpha < NEGLIGIBLE:
        return f"With α = {plain(alpha)} next to nothing enters the line, and what is there hardly fades."
    if keep == 0:
        return "With α = 1 nothing is kept and nothing blurred: each tap is the one before, one step later."
    if keep == -1:
        wider = " and each further tap swings wider" if taps > 1 else ""
        return (
            f"With α = 2 the factor 1 − α is −1: what tap 1 holds never fades{wider}. The line never settles, "
            "so it has no gain, and that plot stays empty."
        )
    lag = steps(round(taps / alpha, 2))
    if keep > 0:
        return f"{_fades(alpha)}; tap {taps} looks back {lag} on average."
    return (
        f"The factor 1 − α = {_factor(keep)} turns the sign at every step. {_fades(alpha)}. With weights of both "
        f"signs k/α is no average lag; it is how late a slow wave leaves tap {taps}: {lag}."
    )


def _fades(alpha: float) -> str:
    """How long what tap 1 holds stays in sight."""
    kept, half = abs(1 - alpha), gamma.half_life(alpha)
    if half < 1:
        share = plain(100 * kept, 3)
        # by the share as it is written: 1 % is below 1 % one step later
        after = 1 if 100 * kept < 0.995 else _below_one_percent(math.log(float(f"{kept:.3g}")))
        return f"Tap 1 keeps {share} % of what it holds per step; this is below 1 % after {after}"
    pace = "at every step" if round(half, 2) == 1 else f"every {steps(round(half, 2))}"
    after = _below_one_percent(math.log(0.5) / half)
    return f"What tap 1 holds halves {pace} and is below 1 % after {plain(after)}"


def _below_one_percent(log_kept: float) -> int:
    """The first step with less than a hundredth. Strictly less: 0.1 to the second power is 1 %."""
    return math.floor(math.log(0.01) / log_kept + 1e-9) + 1


def _factor(keep: float) -> str:
    """1 − α, which is written as 0 or −1 only where it is."""
    return apart(keep, round(keep))


def holds(value: float, vanished: bool) -> str:
    """A value, or that it is too small to be one."""
    return "less than 10⁻³⁰⁰" if vanished or 0 < abs(value) < TINY else plain(value)


def vanished(source: np.ndarray, own: np.ndarray, keep: float, k: int) -> bool:
    """Whether own[k] is 0 only since it is too small for the machine: it faded without anything new, or came in so.

    source, own: (T,) what a tap is fed and what it holds; keep: 1 − α; k: index of the step.
    """
    if own[k] != 0:
        return False
    held = np.flatnonzero(own[:k])
    if not held.size:
        return bool(source[:k].any())
    last = held[-1]  # what followed it is 0: by what came in, or by fading
    return bool(source[last] == 0 and keep != 0)


def divergence(alpha: float, taps: np.ndarray, reached: float) -> str:
    """Why values pass the plots' limit. taps: (T, K)."""
    keep, count = 1 - alpha, taps.shape[1]
    if np.abs(taps).max() <= LIMIT:
        return (
            f"The descent stands at α = {plain(reached)}, and each step keeps the factor 1 − α = "
            f"{plain(1 - reached)} of an error: the gradient adds up all steps and hardly fades."
        )
    if gamma.is_stable(alpha):
        return (
            f"The factor 1 − α = {_factor(keep)} lets everything fade in the end, but {count} taps in a row, each "
            f"multiplying by α = {apart(alpha, 2)}, grow a long way first."
        )
    return (
        f"The factor 1 − α = {plain(keep)} has size 1, so nothing fades: each tap adds up the swings of the one "
        f"before. After a single impulse tap {count} swings like t{str(count - 1).translate(SUPERSCRIPTS)}, and an "
        "input that goes on adds to it."
    )


def explain(step: int, x: np.ndarray, tap: np.ndarray, alpha: float) -> str:
    """How tap 1 came to its value. x, tap: (T,)."""
    if step == 1:
        return "The element works with the values of the step before, and before step 1 everything is 0."
    before, now = step - 1, float(tap[step - 1])
    small = vanished(x, tap, 1 - alpha, step - 1) or 0 < abs(now) < TINY
    return (
        f"a({step}) = α·x({before}) + (1 − α)·a({before}) = {plain(alpha)}·{_factored(x[before - 1])} + "
        f"{_factored(1 - alpha)}·{_factored(tap[before - 1])} = {plain(now)}." + (f" {SMALL}" if small else "")
    )


def _factored(value: float) -> str:
    text = plain(float(value))
    return f"({text})" if text.startswith("−") else text
