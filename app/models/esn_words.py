"""What lesson 7 says in words about its present state, by topic."""

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from app.models.esn_sweep import SPECTRAL_RADII
from app.models.esn_topics import Echo, FreeRun, Memory, Recipe
from app.numbers import SUPERSCRIPTS, plain, steps
from app.ranges import LIMIT

if TYPE_CHECKING:
    from app.models.esn import Esn

FITTED = 3  # from this step of the recipe on the readout is trained
ROUNDING = -14  # log10 of a distance that is made of rounding errors
STILL = 1e-3  # a Lyapunov exponent nearer to 0 says neither yes nor no
LARGE_WEIGHT = 100.0  # of the readout: an error of 0.01 in one state then moves y by 1, as much as a target is large
MUCH_WORSE = 10  # new data against training: learned by heart


def sentence(m: "Esn") -> str:
    found = m.result
    if isinstance(found, Echo):
        return _echo(found)
    if isinstance(found, Memory):
        return _memory(found)
    if isinstance(found, FreeRun):
        return _free_run(found)
    if found.traced.settings.topic == "sweep":
        return _sweep(m, found)
    return _recipe(found, m.done)


# Two starts

def _echo(found: Echo) -> str:
    now, log = found.traced.settings, found.log10_distance
    head = f"ρ = {plain(now.spectral_radius, 3)}{_leak(now)}"
    if found.dies:
        return (f"{head}: the echo dies. From t = {found.dies} on the two starts are less than a millionth of their "
                f"first distance apart. {_why(found)}")
    end = f"at t = {len(log)} the two starts are {power(log[-1])} apart"
    if found.exponent > STILL:
        return (f"{head}: the start is not forgotten, {end}. Neighbouring states part by a factor of "
                f"{plain(np.exp(found.exponent), 3)} per step (Lyapunov exponent {plain(found.exponent, 2)}): chaos.")
    left = _steps_left(found)
    if left:
        return f"{head}: the echo is dying, {end}. At this pace it takes {steps(left)} more. {_why(found)}"
    if found.exponent < -STILL:
        alone = "the input does not bring them" if found.traced.x.any() else "no input is there to bring them"
        return (f"{head}: small differences die out (Lyapunov exponent {plain(found.exponent, 2)}), yet {end}. They "
                f"keep to different courses, and {alone} together.")
    return f"{head}: the edge. Differences neither grow nor die (Lyapunov exponent about 0); {end}."


def _leak(now) -> str:
    return f", leak rate {plain(now.leak_rate, 3)}" if now.leak_rate < 1 else ""


def _steps_left(found: Echo) -> int:
    """How many more steps the distance needs to fall to a millionth, at the pace of the second half; 0 if never."""
    log, half = found.log10_distance, len(found.log10_distance) // 2
    pace = (log[-1] - log[half]) / (len(log) - 1 - half)
    goal = np.log10(np.linalg.norm(found.starts[0] - found.starts[1])) - 6
    # slower than this it may as well have come to rest
    return int(np.ceil((log[-1] - goal) / -pace)) if pace < -STILL else 0


def _why(found: Echo) -> str:
    """What theory says about an echo that dies, set against what happens."""
    pace, rho = _pace(found.exponent), _rho(found)
    if found.certainty.contracts:
        return f"{pace}. It had to: no step can stretch anything (largest singular value)."
    if found.certainty.effective_spectral_radius > 1:
        return f"{pace}, although {rho} is above 1: units are driven to where tanh is flat."
    return f"{pace}: {rho} below 1 suggests it, but proves nothing."


def _rho(found: Echo) -> str:
    return "ρ" if is_bare(found) else f"an effective ρ of {plain(found.certainty.effective_spectral_radius, 3)}"


def is_bare(found: Echo) -> bool:
    """Whether ρ alone counts: no leak and no late connections."""
    return found.traced.settings.leak_rate == 1 and found.traced.reservoir.W_late is None


def _pace(exponent: float) -> str:
    if not np.isfinite(exponent):
        return "A single step forgets everything"
    return f"A step multiplies small differences by {plain(np.exp(exponent), 3)} on average"


def power(log10: float) -> str:
    """A size from its logarithm, two digits: 0.34, 2.5·10⁻⁹."""
    if not np.isfinite(log10):
        return "0" if log10 < 0 else "beyond all numbers"
    if -2 < log10 < 4:
        return plain(10.0**log10, 2)
    mantissa, _, exponent = f"{10 ** (log10 - np.floor(log10)):.1e}".partition("e")
    return f"{mantissa}·10{str(int(np.floor(log10)) + int(exponent)).translate(SUPERSCRIPTS)}"


# Memory

def _memory(found: Memory) -> str:
    now, r2 = found.traced.settings, found.per_lag
    at = f"At lag {now.lag} r² is {plain(r2[now.lag - 1], 3)}" if now.lag <= len(r2) else "The lag lies beyond the plot"
    new = _error(found.error_new)
    back = f"; on new data the reconstruction of x(t−{now.lag}) has {new}" if new else ""
    below = np.flatnonzero(r2 < 0.5)
    half = f"for the first {steps(int(below[0]))}" if below.size else f"at all {len(r2)} lags"
    reach = "less than half is left after one step" if below.size and not below[0] else f"more than half is left {half}"
    cut = " Some lies beyond the longest lag." if r2[-1] > 0.1 else ""
    return (f"{at}{back}. Over {len(r2)} lags the memory capacity is {plain(found.total, 3)}, where N = {now.n_units} "
            f"is the most there can be; {reach}.{cut}")


def _error(value: float) -> str:
    """An NMSE in words, or nothing where there is none."""
    if np.isnan(value):
        return ""
    return f"an error (NMSE) of {plain(value, 2)}" if value < LIMIT else "an error beyond all numbers"


# The recipe

def connections(traced) -> int:
    """How many recurrent weights there are, the late ones among them."""
    matrices = [matrix for matrix in (traced.unit.W, traced.unit.W_late) if matrix is not None]
    return sum(m.count_nonzero() if sparse.issparse(m) else int(np.count_nonzero(m)) for m in matrices)


def _recipe(found: Recipe, step: int) -> str:
    traced, now = found.traced, found.traced.settings
    if step == 1:
        n, count = now.n_units, connections(traced)
        return (f"A reservoir of {n} units is drawn: {grouped(count)} connections, {plain(100 * count / n**2, 3)} % of "
                f"all there could be, rescaled to ρ = {plain(now.spectral_radius, 3)}. They will never be trained.")
    if step == 2:
        h = traced.states
        return (f"The input has driven the reservoir for {steps(len(h))}. Its {now.n_units} states lie between "
                f"{plain(h.min(), 3)} and {plain(h.max(), 3)}. The first {traced.washout} are put aside as wash-out; "
                f"the last {len(h) - traced.n_train} are kept as new data.")
    learned = traced.n_train - traced.washout
    how = "step by step (recursive least squares)" if now.learning == "recursive" else "by one linear solve"
    fit = f"The readout is fitted {how} on {steps(learned)}"
    train = _error(found.error_train)
    if not train:
        return f"{fit}, but the target does not vary there: there is nothing to learn.{weights_warning(found)}"
    if step == FITTED:
        return (f"{fit}: {train}, where always answering the mean has 1. Its largest weight is "
                f"{size(found.largest_weight)}.{weights_warning(found)}")
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
    if found.error_new > MUCH_WORSE * found.error_train and found.error_new > 0.01:
        return f"{said}, far more: {learned_by_heart(found)}."
    return f"{said}; the mean has 1." if found.error_new < 1 else f"{said}, worse than the mean."


def _sweep(m: "Esn", found: Recipe) -> str:
    """The error here, and the best of what has been measured at the present leak rate."""
    now, sweep = found.traced.settings, m.sweep
    here = _error(found.error_new)
    head = f"At ρ = {plain(now.spectral_radius, 3)}{_leak(now)} the task of new data"
    said = f"{head} has {here}." if here else f"{head} has no error to tell, since its target does not vary."
    leak = sweep.leak_rates.index(m.leak_rate)  # its grid has others as well
    best = [text for text in (_best(sweep.shown.error[leak], "the error is least", np.nanargmin),
                              _best(sweep.shown.memory[leak], "memory is greatest", np.nanargmax)) if text]  # fmt: skip
    if not best:
        return f"{said} Start the sweep to see how error and memory change with ρ and with the leak rate."
    return f"{said} Of the ρ measured so far at this leak rate, {' and '.join(best)}."


def _best(values: np.ndarray, what: str, place) -> str:
    """values (n_radii, n_seeds), NaN where nothing has been measured."""
    known = np.flatnonzero(np.isfinite(values).any(axis=1))
    if not known.size:
        return ""
    medians = np.nanmedian(values[known], axis=1)
    k = int(place(medians))
    return f"{what} at ρ = {plain(SPECTRAL_RADII[known[k]], 3)} (median {plain(medians[k], 3)})"


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
    return (f" Careful: the largest readout weight is {size(largest)}. An error of 0.01 in that one state moves y by "
            f"{size(largest / 100)}; a larger β keeps weights small.")


def size(value: float) -> str:
    return plain(value, 3) if np.isfinite(value) else "beyond all numbers"


def grouped(count: int) -> str:
    """10000 as 10,000."""
    return f"{count:,}"


# Free run

def _free_run(found: FreeRun) -> str:
    free = len(found.y) - found.first_free + 1
    if found.traced.reservoir.W_fb is None:
        return ("The feedback scale is 0. In a free run the output is the reservoir's only input, so nothing drives "
                "it: raise the feedback scale.")
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
    silent = "" if found.held >= free or np.ptp(tail, axis=0).max() > 1e-3 else " It has fallen silent."
    train = _error(found.error_train)
    return f"{head} {end}.{silent}{f' Under the teacher it had {train}.' if train else ''}{weights_warning(found)}"


# Single values

def divergence(m: "Esn", step: int) -> str:
    """Why values left the plots."""
    found = m.result
    if isinstance(found, Echo):
        return "The output that is fed back pushes the states apart."
    if isinstance(found, Recipe) and found.online is not None:
        return ("Recursive learning has made the weights explode: a forgetting factor below 1 forgets faster than the "
                "data tell anything new, or the own output is fed back before it is any good.")
    largest = size(float(np.abs(found.V).max()))
    if isinstance(found, FreeRun):
        return (f"At t = {step} the output, fed back, drives itself on: readout weights of up to {largest} turn small "
                "deviations into large ones. A larger β helps.")
    return f"Readout weights of up to {largest} turn small changes of the states into large ones. A larger β helps."


def explain(m: "Esn", name: str, step: int) -> str:
    """Why a trace has its value at `step`, in one sentence with numbers."""
    found, row = m.result, min(step, len(m.result.traced.states)) - 1
    if name == "log10_distance" and isinstance(found, Echo):
        return _explain_distance(found, row + 1)
    known = {"x": found.traced.x[:, :1], "h": found.traced.states[:, min(m.unit, found.traced.states.shape[1]) - 1 :],
             "d": found.traced.d} | ({} if isinstance(found, Echo) else {"y": found.y})  # fmt: skip
    if name not in known or not known[name].shape[1] or not np.isfinite(known[name][row, 0]):
        return "This trace has no formula of its own."
    return f"{name}({step}) = {plain(known[name][row, 0])}."


def _explain_distance(found: Echo, t: int) -> str:
    log = found.log10_distance[t - 1]
    first = float(np.log10(np.linalg.norm(found.starts[0] - found.starts[1])))
    if not np.isfinite(log):
        return f"At t = {t} both states are the same to the last digit: the distance is 0, and has no logarithm."
    if log < ROUNDING:
        return f"At t = {t} only rounding errors are left: a distance of {power(log)}."
    rate, radius = 10 ** ((log - first) / t), found.certainty.effective_spectral_radius
    said = (f"log₁₀ {power(log)} = {plain(round(log, 2))}: the starts were {power(first)} apart, and {steps(t)} have "
            f"each multiplied that by {plain(rate, 3)} on average.")
    rho = "ρ" if is_bare(found) else "the effective ρ"
    if found.exponent > STILL:
        return f"{said} It is chaos that keeps them apart, and tanh that keeps them from parting further."
    if rate < radius - 0.005:
        return f"{said} That is less than {rho} = {plain(radius, 3)}: away from 0, tanh is less steep than 1."
    if rate > radius + 0.005:
        return (f"{said} That is more than {rho} = {plain(radius, 3)}, which holds in the long run only: at first W "
                "can stretch a distance.")
    return f"{said} That is {rho} = {plain(radius, 3)}: the units work where tanh is nearly straight."
