"""What the page says in words about its present state, by topic."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from app.parts.numbers import plain, steps
from app.parts.ranges import LIMIT
from lessons.esn import echo_words as echo
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
        return _memory(found)
    if isinstance(found, FreeRun):
        return _free_run(found)
    if found.traced.settings.topic == "sweep":
        return _sweep(m, found)
    return _recipe(found, m.done)


# Memory


def _memory(found: Memory) -> str:
    now, r2 = found.traced.settings, found.per_lag
    at = f"At lag {now.lag} r² is {plain(r2[now.lag - 1], 3)}" if now.lag <= len(r2) else "The lag lies beyond the plot"
    new = _error(found.error_new)
    learned = found.traced.n_train - found.traced.washout
    back = f"; y, fitted on {learned} of the steps shown, has {new} on new data" if new else ""
    cut = " Some lies beyond the longest lag." if r2[-1] > 0.1 else ""
    return (
        f"{at}{back}. Over {len(r2)} lags the memory capacity is {plain(found.total, 3)}, where "
        f"{ceiling(found)[1]} is the most there can be; {_reach(r2)}.{cut}"
    )


def ceiling(found: Memory) -> tuple[int, str]:
    """The most that the memory over the lags shown can be, and why."""
    n_units, n_lags = found.traced.settings.n_units, len(found.per_lag)
    return (n_units, f"N = {n_units}") if n_units <= n_lags else (n_lags, f"{n_lags}, 1 for each lag,")


def _reach(r2: np.ndarray) -> str:
    """Of which lags more than half comes back."""
    good = np.flatnonzero(r2 >= 0.5) + 1
    if not good.size:
        return "no lag keeps more than half"
    first = int(good[0])
    if len(good) == len(r2):
        return f"more than half is left at all {len(r2)} lags"
    if len(good) > 1 and first > 1 and (np.diff(good) == first).all():
        return f"only every {_nth(first)} lag is remembered"
    from_one = int(np.argmax(r2 < 0.5))
    if len(good) == from_one:
        return f"more than half is left for the first {steps(from_one)}"
    return f"more than half is left at {len(good)} of the lags, the longest of them {int(good[-1])}"


def _nth(n: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(n, f"{n}th")


def _error(value: float) -> str:
    """An NMSE in words, or nothing where there is none."""
    if np.isnan(value):
        return ""
    return f"an error (NMSE) of {plain(value, 2)}" if value < LIMIT else "an error beyond all numbers"


# The recipe


def connections(traced: Traced) -> int:
    """How many recurrent weights there are, the late ones among them."""
    matrices: list[Any] = [matrix for matrix in (traced.unit.W, traced.unit.W_late) if matrix is not None]
    return sum(m.count_nonzero() if sparse.issparse(m) else int(np.count_nonzero(m)) for m in matrices)


def _recipe(found: Recipe, step: int) -> str:
    traced, now = found.traced, found.traced.settings
    if step == 1:
        n, count = now.n_units, connections(traced)
        radius = ("which form no loop, so that ρ = 0 whatever they are multiplied by" if echo.is_loopless(traced) else
                  f"rescaled to ρ = {plain(now.spectral_radius, 3)}")  # fmt: skip
        return (
            f"A reservoir of {n} units is drawn: {grouped(count)} connections, {plain(100 * count / n**2, 3)} % of "
            f"all there could be, {radius}. They will never be trained."
        )
    if step == 2:
        h = traced.states
        return (
            f"The input has driven the reservoir for {steps(len(h))}. Its {now.n_units} states lie between "
            f"{plain(h.min(), 3)} and {plain(h.max(), 3)}. The first {traced.washout} are put aside as wash-out; "
            f"the last {len(h) - traced.n_train} are kept as new data."
        )
    learned = traced.n_train - traced.washout
    how = "step by step (recursive least squares)" if now.learning == "recursive" else "by one linear solve"
    fit = f"The readout is fitted {how} on {steps(learned)}"
    train = _error(found.error_train)
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
    new = _error(found.error_new)
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
    return f"{said}; the mean has 1." if found.error_new < 1 else f"{said}, worse than the mean."


def _sweep(m: SweepsLive, found: Recipe) -> str:
    """The error here, and the best of what has been measured at the present leak rate."""
    now, sweep = found.traced.settings, m.sweep
    here = _error(found.error_new)
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
    return (
        f" Careful: the largest readout weight is {size(largest)}. An error of 0.01 in that one state moves y by "
        f"{size(largest / 100)}; a larger β keeps weights small."
    )


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
    train = _error(found.error_train)
    return f"{head} {end}.{silent}{f' Under the teacher it had {train}.' if train else ''}{weights_warning(found)}"


def _at_rest(y: np.ndarray) -> str:
    """Where an output (k,) that no longer changes stands."""
    if np.abs(y).max() < 1e-3:
        return " It has fallen silent."
    return f" Its output stands still at {' and '.join(plain(value, 2) for value in y)}."


# Single values


def divergence(found: Result, step: int) -> str:
    """Why values left the plots."""
    if isinstance(found, Echo):
        return "The output that is fed back pushes the states apart."
    if isinstance(found, Recipe) and found.online is not None:
        return (
            "Recursive learning has made the weights explode: a forgetting factor below 1 forgets faster than the "
            "data tell anything new, or the own output is fed back before it is any good."
        )
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
