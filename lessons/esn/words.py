"""What the page says in words about its present state, by topic."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from app.parts.numbers import plain, steps
from lessons.esn import echo_words as echo
from lessons.esn import memory_words as memory
from lessons.esn.digits import apart, error_told
from lessons.esn.results import Echo, FreeRun, Memory, Recipe, Result, Traced
from lessons.esn.sweep import SPECTRAL_RADII, SweepsLive

FITTED = 3  # from this step of the recipe on the readout is trained
LARGE_WEIGHT = 100.0  # of the readout: an error of 0.01 in one state then moves y by 1, as much as a target is large
# New data against training: learned by heart where a tenth of the variance is missed, and far more than in training.
MUCH_WORSE, NOT_GOOD = 5, 0.1


def sentence(m: SweepsLive, found: Result) -> str:
    drawn = found.traced.settings.signal == "drawn"
    return _told(m, found) + (" x is drawn by you; the task’s own is back with the input “generated”." if drawn else "")


def _told(m: SweepsLive, found: Result) -> str:
    if isinstance(found, Echo):
        return echo.sentence(found)
    if isinstance(found, Memory):
        return memory.sentence(found)
    if isinstance(found, FreeRun):
        return _free_run(found)
    if found.traced.settings.topic == "sweep":
        return _sweep(m, found)
    return _recipe(found, m.done)


# The recipe


def connections(traced: Traced) -> int:
    """How many recurrent weights there are, the late ones among them."""
    matrices: list[Any] = [matrix for matrix in (traced.unit.W, traced.unit.W_late) if matrix is not None]
    return sum(m.count_nonzero() if sparse.issparse(m) else int(np.count_nonzero(m)) for m in matrices)


def _drawn(traced: Traced) -> str:
    n, count = traced.settings.n_units, connections(traced)
    if not count:
        return f"A reservoir of {n} units is drawn, without a single connection: no unit hears another, and ρ = 0."
    radius = ("which form no loop, so that ρ = 0 whatever they are multiplied by" if echo.is_loopless(traced) else
              f"rescaled to {echo.rho_asked(traced)}")  # fmt: skip
    many = f"{grouped(count)} connection{'' if count == 1 else 's'}"
    return (
        f"A reservoir of {n} units is drawn: {many}, {apart(100 * count / n**2, 100)} % of all there could be, "
        f"{radius}. They will never be trained."
    )


def _ran(traced: Traced) -> str:
    h, n_units = traced.states, traced.settings.n_units
    lie = f"lie between {apart(h.min(), -1)} and {apart(h.max(), 1)}" if h.any() else "all stay 0: nothing drives them"
    first = f"The first {traced.washout} steps are" if traced.washout > 1 else "The first step is"
    washed = f"{first} put aside as wash-out; the" if traced.washout else "No step is put aside as wash-out; the"
    return (
        f"The input has been on for {steps(len(h))}. The {n_units} states {lie}. "
        f"{washed} last {len(h) - traced.n_train} are kept as new data."
    )


def _recipe(found: Recipe, step: int) -> str:
    traced, now = found.traced, found.traced.settings
    if step == 1:
        return _drawn(traced)
    if step == 2:
        return _ran(traced)
    learned = traced.n_train - traced.washout
    how = "step by step (recursive least squares)" if now.learning == "recursive" else "by one linear solve"
    fit = f"The readout is fitted {how} on {steps(learned)}"
    train = error_told(found.error_train)
    if not train:
        return f"{fit}, but the target does not vary there: there is nothing to learn.{weights_warning(found)}"
    if step == FITTED:
        return (
            f"{fit}: {train}, where always answering the mean has 1. Its largest weight is "
            f"{size(found.largest_weight)}.{weights_warning(found)}"
        )
    return f"{fit}: {train}. {_on_new_data(found)}{weights_warning(found)}"


def _on_new_data(found: Recipe) -> str:
    traced, n_new = found.traced, len(found.y) - found.traced.n_train
    new = error_told(found.error_new)
    if not new:
        return "On new data the target does not vary or is not known, so there is no error to tell."
    said = f"On {n_new} new steps it has {new}"
    if traced.settings.task == "parity":
        right = int((found.y[traced.n_train :] * traced.d[traced.n_train :] > 0).sum())
        return f"{said}, and the right sign at {right} of {n_new}."
    if is_much_worse(found):
        return f"{said}, far more: {learned_by_heart(found)}."
    n_weights, learned = found.V.shape[1], traced.n_train - traced.washout
    if n_weights > learned and found.error_new < NOT_GOOD:
        return (
            f"{said}. It has more weights ({n_weights}) than steps to learn from, so many V fit them all; ridge "
            "regression takes one with small weights, and that one carries over."
        )
    if found.error_new == 1:
        return f"{said}, as much as the mean."
    return f"{said}; the mean has 1." if found.error_new < 1 else f"{said}, worse than the mean."


def _sweep(m: SweepsLive, found: Recipe) -> str:
    """The error here, and the best of what has been measured at the present leak rate."""
    now, sweep = found.traced.settings, m.sweep
    here = error_told(found.error_new)
    head = f"At {echo.rho_asked(found.traced)}{echo.leak(now)} the task"
    said = (
        f"{head} has, on new data, {here}."
        if here
        else f"{head} has no error to tell, since its target does not vary on the new data."
    )
    leak = int(np.argmin(np.abs(np.array(sweep.leak_rates) - m.leak_rate)))
    at = "this leak rate" if sweep.leak_rates[leak] == m.leak_rate else f"leak rate {sweep.leak_rates[leak]:g}"
    best = [text for text in (_best(sweep.shown.error[leak], "the error is least", np.nanargmin),
                              _best(sweep.shown.memory[leak], "memory is greatest", np.nanargmax)) if text]  # fmt: skip
    if not best:
        return f"{said} Start the sweep to see how error and memory change with ρ and with the leak rate."
    return f"{said} Of the ρ measured so far at {at}, {' and '.join(best)}."


def _best(values: np.ndarray, what: str, place: Callable[[np.ndarray], np.intp]) -> str:
    """values (n_radii, n_seeds), NaN where nothing has been measured."""
    known = np.flatnonzero(np.isfinite(values).any(axis=1))
    if not known.size:
        return ""
    medians = np.nanmedian(values[known], axis=1)
    k = int(place(medians))
    return f"{what} at ρ = {plain(SPECTRAL_RADII[known[k]], 3)} (median {plain(medians[k], 3)})"


def is_much_worse(found: Recipe) -> bool:
    """Whether new data miss a tenth of the variance or more, and far more than the training does."""
    return bool(found.error_new > MUCH_WORSE * found.error_train and found.error_new > NOT_GOOD)


def learned_by_heart(found: Recipe) -> str:
    """Why new data fare worse than those of the training."""
    n_weights, learned = found.V.shape[1], found.traced.n_train - found.traced.washout
    if n_weights >= learned:
        return f"{n_weights} weights can learn {learned} steps by heart; a larger β or more steps help"
    return "what it learned does not carry over; a larger β or more steps may help"


def weights_warning(found: Recipe | FreeRun | Memory) -> str:
    """A sentence about readout weights that are too large to be trusted; empty where they are not."""
    largest = float(np.abs(found.V).max())
    if not np.isfinite(largest):
        return " The weights are no numbers any more: recursive learning has gone wrong."
    if largest <= LARGE_WEIGHT:
        return ""
    column, n_units = int(np.abs(found.V).argmax()) % found.V.shape[1], found.traced.states.shape[1]
    moves = (
        f"An error of 0.01 in that one state moves y by {size(largest / 100)}; a larger β"
        if 1 <= column <= n_units
        else "A larger β"
    )
    return f" Careful: the largest readout weight is {apart(largest, LARGE_WEIGHT)}. {moves} keeps weights small."


def size(value: float) -> str:
    return plain(value, 3) if np.isfinite(value) else "beyond all numbers"


def grouped(count: int) -> str:
    """10000 as 10,000."""
    return f"{count:,}"


# Free run


def _free_run(found: FreeRun) -> str:
    free = len(found.y) - found.first_free + 1
    if found.traced.reservoir.W_fb is None:
        return (
            "The feedback scale is 0. In a free run the output is the reservoir's only input, so nothing drives "
            "it: raise the feedback scale."
        )
    head = f"From t = {found.first_free} on the network feeds itself"
    if not found.allowed:
        return f"{head}. The target never changes, so there is no course to hold."
    if not np.isfinite(found.y).all():
        return f"{head}, and its output grows beyond all numbers.{weights_warning(found)}"
    if found.held >= free:
        end = f"and stays within {plain(found.allowed, 2)} of the truth to the end, {steps(free)} on its own"
    elif found.held:
        end = f"and stays within {plain(found.allowed, 2)} of the truth for {steps(found.held)}"
    else:
        end = f"and is more than {plain(found.allowed, 2)} off at once"
    tail = found.y[-min(free, 100) :]
    still = found.held < free and np.ptp(tail, axis=0).max() < 1e-3
    silent = _at_rest(tail[-1]) if still else ""
    train = error_told(found.error_train)
    return f"{head} {end}.{silent}{f' Under the teacher it had {train}.' if train else ''}{weights_warning(found)}"


def _at_rest(y: np.ndarray) -> str:
    """Where an output (k,) that no longer changes stands."""
    if np.abs(y).max() < 1e-3:
        return " It has fallen silent."
    return f" Its output stands still at {' and '.join(plain(value, 2) for value in y)}."


# Single values


def divergence(found: Result, step: int) -> str:
    """Why values left the plots."""
    if isinstance(found, Recipe) and found.online is not None:
        return (
            "Recursive learning has made the weights explode: a forgetting factor below 1 forgets faster than the "
            "data tell anything new, or the own output is fed back before it is any good."
        )
    if isinstance(found, Echo):
        return "The task's own values grow beyond all numbers; the states stay between −1 and 1."
    largest = size(float(np.abs(found.V).max()))
    if isinstance(found, FreeRun):
        return (
            f"At t = {step} the output, fed back, drives itself on: readout weights of up to {largest} turn small "
            "deviations into large ones. A larger β helps."
        )
    return f"Readout weights of up to {largest} turn small changes of the states into large ones. A larger β helps."


def explain(found: Result, unit: int, name: str, step: int) -> str:
    """Why a trace has its value at `step`, in one sentence with numbers; `unit` (from 1) is the one shown."""
    row = min(step, len(found.traced.states)) - 1
    if name == "log10_distance" and isinstance(found, Echo):
        return echo.explain_distance(found, row + 1)
    known = {"x": found.traced.x[:, :1], "h": found.traced.states[:, unit - 1 :],
             "d": found.traced.d} | ({} if isinstance(found, Echo) else {"y": found.y})  # fmt: skip
    if name not in known or not known[name].shape[1] or not np.isfinite(known[name][row, 0]):
        return "This trace has no formula of its own."
    return f"{name}({step}) = {plain(known[name][row, 0])}."
