"""The challenges: what is asked for, and why a setting does not do yet."""

from functools import lru_cache

import numpy as np

from app.parts.numbers import plain, steps
from app.shell.model import Check
from lessons.esn.digits import apart
from lessons.esn.drawn import Drawn
from lessons.esn.results import FreeRun, Memory, Recipe, Result
from lessons.esn.settings import Settings
from lessons.esn.topics import memory_capacity, prepared

HELD_STEPS, HELD_WITHIN = 200, 0.1
MOST_UNITS, NARMA_ERROR = 200, 0.05
MEMORY_UNITS, CLOSE = 50, 0.03
# Of spectral radii. First those that are often best: whoever is far from it is told after one or two.
GRID = tuple(sorted((round(0.1 * k, 1) for k in range(1, 16)), key=lambda rho: abs(rho - 1)))


def sine_held(r: Result) -> Check:
    """The free run stays within 0.1 of the sine for 200 steps."""
    s = r.traced.settings
    if not isinstance(r, FreeRun) or s.task != "sine" or s.signal != "generated":
        return Check(False, "Choose the topic “free run”, the task “sine” and the generated input.")
    free = np.abs(r.y - r.traced.d)[r.first_free - 1 :, 0]
    if len(free) < HELD_STEPS:
        return Check(False, f"The network must run freely for {HELD_STEPS} steps; “new data” gives it {len(free)}.")
    free = free[:HELD_STEPS]
    off = np.flatnonzero(~(free < HELD_WITHIN))
    if off.size:
        error, at = apart(free[off[0]], HELD_WITHIN), steps(int(off[0]) + 1)
        return Check(False, f"After {at} of running freely the output is {error} away; less than 0.1 is allowed.")
    return Check(
        True,
        f"Over {HELD_STEPS} free steps the output is never further away than {apart(free.max(), HELD_WITHIN)}; "
        "less than 0.1 is asked for.",
    )


def narma_below(r: Result, done: int) -> Check:
    """NARMA-10 with at most 200 units: error below 0.05 on new data, once `done` steps of the recipe are all four."""
    s = r.traced.settings
    if not isinstance(r, Recipe) or done < 4 or s.task != "NARMA-10" or s.signal != "generated":
        return Check(False, "Choose the topic “recipe” with all four steps, the task NARMA-10 and the generated input.")
    if s.n_units > MOST_UNITS:
        return Check(False, f"The reservoir has {s.n_units} units; at most {MOST_UNITS} are allowed.")
    if s.learning != "ridge" or s.has_feedback:
        return Check(False, "The readout must be fitted by ridge regression, without feedback from the output.")
    n_new = len(r.traced.x) - r.traced.n_train
    if n_new < HELD_STEPS:
        return Check(False, f"An error of {steps(n_new)} says little: choose at least {HELD_STEPS} for “new data”.")
    said = f"On {n_new} new steps the error is {apart(r.error_new, NARMA_ERROR)}; below {NARMA_ERROR} is asked for."
    return Check(bool(r.error_new < NARMA_ERROR), said)


def greatest_memory(r: Result) -> Check:
    """The memory of 50 units without a leak is within 3 % of the most that any ρ of a grid gives this draw."""
    s = r.traced.settings
    fits = s.task == "delayed copy" and s.signal == "generated" and s.n_units == MEMORY_UNITS and s.leak_rate == 1
    if not isinstance(r, Memory) or not fits:
        return Check(False, "Choose the topic “memory”, the task “delayed copy”, generated input, the leak rate 1 and "
                            f"N = {MEMORY_UNITS}.")  # fmt: skip
    if s.input_scaling == 0:
        return Check(False, "Nothing comes in: the input scale must be above 0.")
    # what plays no part in memory is the same for all: totals are kept by settings
    draw = s._replace(spectral_radius=0.0, lag=1, log_ridge=0.0, n_steps=100, washout=0, n_new=10)
    said = f"Its memory is {plain(r.total, 3)} steps"
    more = next((total for rho in GRID if (1 - CLOSE) * (total := memory_at(draw, rho)) > r.total), None)
    if more is not None:
        return Check(False, f"{said}; with another ρ the same draw has {plain(more, 3)} or even more.")
    most, best = max((memory_at(draw, rho), rho) for rho in GRID)
    return Check(True, f"{said}; the greatest on a grid of ρ is {plain(most, 3)}, at ρ = {best:g}.")


@lru_cache(maxsize=512)
def memory_at(settings: Settings, spectral_radius: float) -> float:
    """The memory of this draw, rescaled."""
    return memory_capacity(prepared(settings._replace(spectral_radius=spectral_radius), _drawn(settings))).total


@lru_cache(maxsize=4)
def _drawn(settings: Settings) -> Drawn:
    return Drawn(spectrum=False)
