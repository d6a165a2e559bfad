"""A sweep in words: the buttons that drive it, how far it is, and what it has found."""

import numpy as np

from app.parts.numbers import plain
from lessons.esn.model import Esn
from lessons.esn.sweep import MEASURES, SPECTRAL_RADII, Snapshot, Sweep
from lessons.esn.sweep_curves import best, curve, medians, nearest

HELP = (
    "Each point is a run of its own. The line is the median over the seeds, the shaded band goes from the "
    "smallest to the largest of them. The maps show medians, the stronger the colour the better; errors worse than "
    "always the mean share one colour. "
    "Dashes and rings mark the present settings, diamonds the best of all. Errors above 100 are drawn as 100."
)
STARTS = ("ready", "paused")


def controls(m: Esn) -> str:
    """Buttons and progress of the sweep, as HTML of a live table."""
    sweep = m.sweep
    shown, state = sweep.shown, sweep.state
    failure = "<p>The sweep could not go on. Clear it to start again.</p>" if state == "failed" else ""
    remark = f"<p><b>{sweep.remark}</b></p>" if sweep.remark else ""
    return _buttons(state) + remark + _progress(sweep, shown, state) + _beside_the_grid(m) + failure


def _beside_the_grid(m: Esn) -> str:
    rates, rate = m.sweep.leak_rates, m.leak_rate
    if rate in rates:
        return ""
    return (f"<p class=help>Leak rate {plain(rate, 3)} is not on the grid of this sweep: the curves show the nearest "
            f"one, {plain(rates[nearest(rates, rate)], 3)}.</p>")  # fmt: skip


def _buttons(state: str) -> str:
    buttons = (
        ("start", "Go on" if state == "paused" else "Start", state in STARTS),
        ("pause", "Pause", state == "running"),
        ("stop", "Stop" if state in ("ready", "running", "paused") else "Clear", state != "ready"),
    )
    return "<p>" + " ".join(
        f"<button data-do={do}{'' if possible else ' disabled'}>{text}</button>" for do, text, possible in buttons
    ) + "</p>"  # fmt: skip


def _progress(sweep: Sweep, shown: Snapshot, state: str) -> str:
    look = "accent-color:var(--ink);vertical-align:middle"
    share = f"{shown.n_done / sweep.n_points:.4g}"
    bar = f'<progress max=1 value={share} style="{look}" aria-label="points measured"></progress>'
    return f"<p class=help>{bar} <span>{_where(sweep, shown, state)}</span></p>"


def _where(sweep: Sweep, shown: Snapshot, state: str) -> str:
    n_seeds = sweep.plan.n_seeds
    if state == "ready":
        many = f"{len(SPECTRAL_RADII)} values of ρ × {len(sweep.leak_rates)} leak rates × {_seeds(n_seeds)}"
        return f"{many}, error and memory of each: {sweep.n_points} points to come"
    done = f"point {shown.n_done} of {sweep.n_points}"
    if state == "running" and shown.n_done:
        return f"{done}, about {_duration(sweep.seconds_left)} left"
    return done + {"paused": ", paused", "finished": ", done"}.get(state, "")


def _seeds(n: int) -> str:
    return f"{n} seed" + ("" if n == 1 else "s")


def _duration(seconds: float) -> str:
    return f"{int(np.ceil(seconds))} s" if seconds < 90 else f"{int(np.ceil(seconds / 60))} minutes"


def findings(m: Esn) -> str:
    """Where the error is smallest and the memory greatest, a paragraph each; empty before the first point."""
    sweep = m.sweep
    shown, leak = sweep.shown, nearest(sweep.leak_rates, m.leak_rate)
    begin = "At" if sweep.state == "finished" else "So far, at"
    found = [_finding(measure, getattr(shown, measure), leak, sweep, begin) for measure in MEASURES]
    if not found[0] and found[1]:
        found[0] = "Error: there is none to tell, for the target does not vary on the new data or learning ran away."
    return "".join(f"<p>{sentence}</p>" for sentence in found if sentence)


def _finding(measure: str, values: np.ndarray, leak: int, sweep: Sweep, begin: str) -> str:
    """values: (n_leak_rates, n_spectral_radii, n_seeds)."""
    now = curve(values[leak])
    if not now.radius.size:
        return ""
    what = "the error (NMSE)" if measure == "error" else "memory"
    extreme = "smallest" if measure == "error" else "greatest"
    radius, median, low, high = now.at(best(measure, now.median))
    of = "" if measure == "error" else f" of N = {sweep.plan.settings.n_units}"
    ends = plain(low, 3), plain(high, 3)
    band = f" (seeds: {' to '.join(ends)})" if ends[0] != ends[1] else ""
    rate = plain(sweep.leak_rates[leak], 3)
    said = f"{begin} leak rate {rate} {what} is {extreme} for ρ = {plain(radius)}: {plain(median, 3)}{of}{band}."
    if plain(median, 3) != plain(now.median[-1], 3):
        said += f" At ρ = {plain(now.radius[-1])} it is {plain(now.median[-1], 3)}."
    return said + _elsewhere(measure, values, plain(median, 3), leak, sweep)


def _elsewhere(measure: str, values: np.ndarray, here: str, leak: int, sweep: Sweep) -> str:
    """The best of the map, where it has another leak rate."""
    median = medians(values)
    row, column = divmod(best(measure, median), median.shape[1])
    there = plain(median[row, column], 3)
    if row == leak or there == here:
        return ""
    at = f"leak rate {plain(sweep.leak_rates[row], 3)} and ρ = {plain(SPECTRAL_RADII[column])}"
    return f" {'Lower' if measure == 'error' else 'More'} still with {at}: {there}."
