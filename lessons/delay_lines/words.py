"""What the page says of its plots, from results; every case is tested at its edges."""

import numpy as np

from app.parts.numbers import plain, steps
from lessons.delay_lines.parameters import AVERAGE, CHANGES, DelayParameters
from lessons.delay_lines.results import (
    Distributed,
    Generalised,
    Learned,
    Line,
    Pattern,
    Result,
    error,
    guessing,
)
from lessons.delay_lines.training import EACH, LEARNED_PLACES, tapped_taps

SMALL = 0.01  # of what guessing misses: an error below it is called none


def sentence(m: DelayParameters, r: Result) -> str:
    if isinstance(r, Line):
        return _line(m, r)
    if isinstance(r, Generalised):
        return _generalised(m, r)
    if isinstance(r, Distributed):
        return _distributed(m, r)
    return _pattern(m, r) if isinstance(r, Pattern) else _learned(r)


def _line(m: DelayParameters, r: Line) -> str:
    t, K = m.at, m.taps
    first, last = max(t - K, 1), t - 1
    sees = "nothing yet" if t == 1 else f"step {last}" if first == last else f"steps {first} to {last}"
    start = f"At t = {t} the window of {K} holds {sees}" if K > 1 else f"At t = {t} the window holds {sees}"
    return f"{start}, and the net says {plain(r.run.y[t - 1, 0], 3)}. {_gone(r, t, K)}"


def _gone(r: Line, t: int, K: int) -> str:
    """What has left the window for good."""
    past = np.flatnonzero(r.x[: max(t - 1 - K, 0)])
    if not past.size:
        return "Nothing but zeros has left it yet."
    return f"Nothing before step {t - K} can change that: it has left the window for good."


NAMES = {"delay": "Tapped line", "gamma": "Gamma line", "laguerre": "Laguerre line", "average": "Line of averages"}


def _generalised(m: DelayParameters, r: Generalised) -> str:
    depth, resolution, _, spread = r.profile
    until = int((r.recall[1:] < 0.5).argmax())  # lags from 1 on of which at least half comes back
    half = f"At least half of x can be read out up to lag {until}." if until else "Of no lag can half of x be read out."
    blur = "and sharply" if spread < 1e-9 else f"blurred by {steps(float(f'{spread:.2g}'))} to either side"
    far = steps(float(f"{depth:.3g}"))
    if m.kernel == "laguerre" and m.taps > 1 and spread >= 1e-9:
        return (
            f"Laguerre line of {m.taps}: its last kernel changes sign; with its signs its mean lag is {far}. {half} "
            "The gamma line with the same α gives back as much, lag by lag."
        )
    return (
        f"{NAMES[m.kernel]} of {m.taps}: it looks back {far} on average, {blur}, with "
        f"{plain(resolution, 3)} taps per step. {half}"
    )


def _distributed(m: DelayParameters, r: Distributed) -> str:
    farthest = r.field[-1]
    largest = " + ".join(str(max(layer.delays)) for layer in r.layers)
    holes = farthest + 1 - len(r.field)
    gaps = f", with {holes} left out in between" if holes else ""
    n = len(r.layers)
    layers = "one layer" if n == 1 else f"{n} layers"
    what = {CHANGES: " It adds up how far x has moved.", AVERAGE: " It averages how far x has moved."}.get(m.net, "")
    return (
        f"Through {layers} y(t) hears {steps(len(r.field))} of x{gaps}, back to lag {largest} = {farthest}. The same "
        f"weights are used at every step.{what}"
    )


def _learned(r: Learned) -> str:
    settings, data = r.contest.settings, r.contest.data
    counted = data.test if data.test.any() else data.train
    guess = guessing(r.d, counted)
    shares = [error(r, run.y[:, 0], counted) / guess for run in (r.tapped, r.gamma)]
    where = "On steps it has not learned from" if data.test.any() else "On all bits that count"
    taps = (tapped_taps(settings), settings.taps)
    each = [
        f"the {name} of {K} leaves {_share(share)}"
        for name, K, share in zip(("tapped line", "gamma line"), taps, shares, strict=True)
    ]
    blind = ""
    if settings.task == "lag" and settings.lag > settings.taps:
        blind = f" The bit is {steps(settings.lag)} back, beyond a window of {settings.taps}: no weights can help."
    alpha = f" The gamma line has α = {plain(r.alpha, 3)}."
    return f"{where}, after {r.stage * EACH} updates, {each[0]} and {each[1]}.{blind}{alpha}"


def _share(share: float) -> str:
    """An error, relative to that of guessing."""
    if share < SMALL:
        return "less than 1 % of the error of guessing"
    if abs(share - 1) < 5e-4:
        return "the whole error of guessing"
    return f"{plain(100 * share, 3)} % of the error of guessing"


def _pattern(m: DelayParameters, r: Pattern) -> str:
    truth = "falls" if m.falls else "rises"
    known = "where patterns were learned" if m.place in LEARNED_PLACES else "where none was learned"
    said = [_verdict(value, m.falls) for value in (r.look, float(r.evidence[-1]))]
    both = (
        f"both networks are {said[0]}"
        if said[0] == said[1]
        else f"the one look is {said[0]}, the sliding network {said[1]}"
    )
    return f"The pattern {truth} from step {m.place} on, {known}; after {r.stage * EACH} updates {both}."


def _verdict(value: float, falls: bool) -> str:
    return "undecided" if value == 0 else "right" if (value < 0) == falls else "wrong"


def explain(m: DelayParameters, r: Result, step: int) -> str:
    """Why y has its value at a step, for the predictions."""
    if not isinstance(r, Line) or m.net != CHANGES or m.taps < 2:
        return f"y({step}) = {plain(results_y(r)[step - 1])}."
    newer, older = (float(r.x[step - 1 - lag]) if step > lag else 0.0 for lag in (1, 2))
    first = "" if step > 2 else " Before step 1 x is 0."
    return (
        f"The window holds x({step - 1}) = {plain(newer)} and x({step - 2}) = {plain(older)}; the net gives the size "
        f"of their difference, {plain(abs(newer - older))}.{first}"
    )


def results_y(r: Result) -> np.ndarray:
    """(T,) the output, of whatever has one."""
    if isinstance(r, Line):
        return r.run.y[:, 0]
    if isinstance(r, Distributed):
        return r.run.h[-1][:, 0]
    return r.y if isinstance(r, Pattern) else r.tapped.y[:, 0] if isinstance(r, Learned) else r.x
