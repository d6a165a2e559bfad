"""How a sweep goes: error and memory against ρ, maps of both over ρ and leak rate, and the buttons that drive it."""

from html import escape
from typing import NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, FixedTicker, Line, Scatter, VArea

from app.parts.colours import LIGHT
from app.parts.figures import SHORT_NUMBERS, Strip, chart, rule
from app.parts.heatmap import Heatmap
from app.parts.numbers import plain
from app.parts.ranges import LIMIT, change, fit, tidy
from lessons.esn.sweep import MEASURES, SPECTRAL_RADII, Snapshot, Sweep

HELP = (
    "Each point is a run of its own. The line is the median over the seeds, the shaded band goes from the "
    "smallest to the largest of them. The maps show medians, the stronger the colour the better; errors worse than "
    "always the mean share one colour. "
    "Dashes and rings mark the present settings, diamonds the best of all. Errors above 100 are drawn as 100."
)
SMALLEST, LARGEST = -16, 2  # log10 of errors that are drawn
LABELLED = (0, 4, 9, 16)  # columns of the map whose ρ is written out
COLUMNS = ("radius", "median", "low", "high")
LABELS = {"error": "log₁₀ NMSE", "memory": "capacity"}
PALETTES = {"error": "cost", "memory": "quantity"}  # the strong end is the good one in both
NO_ERROR = (-3.0, 0.0)  # limits before the first point
STARTS = ("ready", "paused")


class Curve(NamedTuple):
    """A measure against ρ over the seeds measured so far; (n,) each, only of the ρ that have any."""

    radius: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def at(self, place: int) -> tuple[float, float, float, float]:
        return tuple(float(values[place]) for values in self)


def curve(values: np.ndarray) -> Curve:
    """values: (n_spectral_radii, n_seeds), NaN where there is none."""
    some = np.isfinite(np.minimum(values, LIMIT)).any(axis=-1)
    median, low, high = over_seeds(values[some])
    return Curve(np.array(SPECTRAL_RADII)[some], median, low, high)


def over_seeds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, smallest and largest along the last axis, without NaN; each slice has at least one number."""
    known = np.minimum(values, LIMIT)  # an error beyond all numbers is as bad as can be
    return np.nanmedian(known, axis=-1), np.nanmin(known, axis=-1), np.nanmax(known, axis=-1)


def medians(values: np.ndarray) -> np.ndarray:
    """(n_leak_rates, n_spectral_radii) of (…, n_seeds); NaN where nothing is measured."""
    found = np.full(values.shape[:-1], np.nan)
    some = ~np.isnan(values).all(axis=-1)
    found[some] = over_seeds(values[some])[0]
    return found


def best(measure: str, median: np.ndarray) -> int:
    """Index into the flattened medians: of the smallest error, or the greatest memory."""
    return int(np.nanargmin(median) if measure == "error" else np.nanargmax(median))


def nearest(rates: tuple[float, ...], rate: float) -> int:
    """Index of the leak rate of the grid that is closest to the present one."""
    return int(np.argmin(np.abs(np.array(rates) - rate)))


def drawn(measure: str, values: np.ndarray) -> np.ndarray:
    """As the charts show it: errors by their logarithm."""
    if measure == "memory":
        return values
    with np.errstate(divide="ignore"):
        return np.clip(np.log10(values), SMALLEST, LARGEST)


class SweepCharts:
    """Of each measure the curve at the present leak rate, and below it the map."""

    def __init__(self):
        self.sources = {measure: ColumnDataSource({name: [] for name in COLUMNS}) for measure in MEASURES}
        self.curves = {
            "error": self._curve("error", "Error (grey: always the mean)"),
            "memory": self._curve("memory", "Memory capacity"),
        }
        rule(self.curves["error"].plot, 0.0, dash="solid")
        self.maps = {measure: SweepMap(measure) for measure in MEASURES}
        self.strips: list[Strip] = [*self.curves.values(), *(one.strip for one in self.maps.values())]
        self._now = [rule(strip.plot, 1.0, "height", "state") for strip in self.curves.values()]
        self._shown: tuple = ()

    def _curve(self, measure: str, title: str) -> Strip:
        strip = chart(f"sweep-{measure}", title, x_label="spectral radius ρ", y_label=LABELS[measure],
                      height=220, x_limits=(0, SPECTRAL_RADII[-1] * 1.02), y_limits=(-2, 0.5), ticks=4)  # fmt: skip
        source, colour = self.sources[measure], LIGHT["state"]
        band = VArea(x="radius", y1="low", y2="high", fill_color=colour, fill_alpha=0.16)
        strip.plot.add_glyph(source, band)
        strip.plot.add_glyph(source, Line(x="radius", y="median", line_color=colour, line_width=2))
        strip.plot.add_glyph(source, Scatter(x="radius", y="median", size=6, fill_color=colour, line_color=colour))
        return strip

    def show(self, model) -> None:
        """Bring the charts to the latest point of `model.sweep`; what is shown already is not sent again."""
        sweep: Sweep = model.sweep
        shown, leak = sweep.shown, nearest(sweep.leak_rates, model.leak_rate)
        for span in self._now:
            change(span, location=float(model.spectral_radius))
        for one in self.maps.values():
            one.mark_now(model.spectral_radius, model.leak_rate, sweep.leak_rates)
        if self._shown and self._shown[0] is shown and self._shown[1] == leak:
            return
        self._shown = (shown, leak)
        s = sweep.plan.settings
        nothing = {"error": NO_ERROR, "memory": (0.0, float(min(s.n_units, s.max_lag)))}
        for measure, source in self.sources.items():
            found = curve(getattr(shown, measure)[leak])
            lines = [drawn(measure, values) for values in found[1:]]
            source.data = dict(zip(COLUMNS, (found.radius, *lines), strict=True))
            include = (0,) if found.radius.size else nothing[measure]
            fit(self.curves[measure].plot.y_range, *lines, include=include, pad=0.05)
            self.maps[measure].show(getattr(shown, measure), sweep.leak_rates, nothing[measure])


class SweepMap:
    """Medians as colours, one column for each ρ and one row for each leak rate, all of the same size."""

    def __init__(self, measure: str):
        self.measure = measure
        self.heat = Heatmap(f"sweep-map-{measure}", f"{measure.capitalize()} for all leak rates", height=240,
                            x_label="spectral radius ρ", y_label="leak rate", legend=LABELS[measure],
                            palette=PALETTES[measure])  # fmt: skip
        self.strip = self.heat.strip
        plot = self.strip.plot
        self._bar = plot.right[0]
        self._bar.formatter = CustomJSTickFormatter(code=_good_end(0 if measure == "error" else 2))
        # beside a map rows and columns are named, not measured
        labels = {place: plain(SPECTRAL_RADII[place]) for place in LABELLED}
        change(plot.below[0], ticker=FixedTicker(ticks=list(labels)), major_label_overrides=labels)
        self.marks = {name: ColumnDataSource({"x": [], "y": []}) for name in ("now", "best")}
        diamond = Scatter(x="x", y="y", size=13, marker="diamond", fill_color=LIGHT["card"],
                          line_color=LIGHT["state"], line_width=2)  # fmt: skip
        plot.add_glyph(self.marks["best"], diamond, level="overlay")
        # a ring, so that the best is seen inside it; seen on light and on dark
        for role, width in (("card", 5), ("state", 2)):
            ring = Scatter(x="x", y="y", size=21, fill_color=None, line_color=LIGHT[role], line_width=width)
            plot.add_glyph(self.marks["now"], ring, level="overlay")

    def mark_now(self, spectral_radius: float, leak_rate: float, leak_rates: tuple[float, ...]) -> None:
        """Also between two columns or rows."""
        grids = ((spectral_radius, SPECTRAL_RADII), (leak_rate, leak_rates))
        x, y = (float(np.interp(value, grid, np.arange(len(grid)))) for value, grid in grids)
        self._mark("now", [x], [y])

    def _mark(self, name: str, x: list, y: list) -> None:
        if self.marks[name].data != {"x": x, "y": y}:
            self.marks[name].data = {"x": x, "y": y}

    def show(self, values: np.ndarray, leak_rates: tuple[float, ...], nothing: tuple[float, float]) -> None:
        """values: (n_leak_rates, n_spectral_radii, n_seeds). nothing: limits as long as all are NaN."""
        median = medians(values)
        image, (n_rows, n_columns) = drawn(self.measure, median), median.shape
        # no better than the mean: how much worse matters little, and would leave no colours for the rest
        low, high = colour_limits(np.minimum(image, 0) if self.measure == "error" else image, nothing)
        change(self.heat.mapper, low=low, high=high)
        change(self._bar.ticker, ticks=[low, (low + high) / 2, high])
        axis = self.strip.plot.left[0]
        if axis.ticker.tags != list(leak_rates):
            axis.ticker = FixedTicker(ticks=list(range(n_rows)), tags=list(leak_rates))
            axis.major_label_overrides = {place: plain(leak) for place, leak in enumerate(leak_rates)}
        self.heat.show(image, (-0.5, n_columns - 0.5), (-0.5, n_rows - 0.5))
        if np.isnan(median).all():
            self._mark("best", [], [])
        else:
            row, column = divmod(best(self.measure, median), n_columns)
            self._mark("best", [column], [row])


def _good_end(tick: int) -> str:
    """Code that writes the numbers of a colour bar, and says of one of its ticks that it is the good end."""
    return f"const number = (() => {{{SHORT_NUMBERS}}})()\nreturn index === {tick} ? number + ' good' : number"


def colour_limits(image: np.ndarray, nothing: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
    """Tidy bounds around the numbers of an image; `nothing` where it has none."""
    known = image[np.isfinite(image)]
    if not known.size:
        return nothing
    step = tidy(max(float(np.ptp(known)), 1e-3))
    low, high = np.floor(known.min() / step) * step, np.ceil(known.max() / step) * step
    return float(low), float(high if high > low else low + step)


# The buttons and what the sweep has found


def controls(model) -> str:
    """Buttons and progress of `model.sweep`, as HTML of a live table."""
    sweep: Sweep = model.sweep
    shown, state = sweep.shown, sweep.state
    failure = ""
    if state == "failed":
        failure = f"<p>The sweep ended with an error: {escape(sweep.failure)}. Clear it to start again.</p>"
    remark = f"<p><b>{sweep.remark}</b></p>" if sweep.remark else ""
    return _buttons(state) + remark + _progress(sweep, shown, state) + _beside_the_grid(model) + failure


def _beside_the_grid(model) -> str:
    rates, rate = model.sweep.leak_rates, model.leak_rate
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


def findings(model) -> str:
    """Where the error is smallest and the memory greatest, a paragraph each; empty before the first point."""
    sweep: Sweep = model.sweep
    shown, leak = sweep.shown, nearest(sweep.leak_rates, model.leak_rate)
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
    band = f" (seeds: {plain(low, 3)} to {plain(high, 3)})" if low < high else ""
    rate = plain(sweep.leak_rates[leak], 3)
    said = f"{begin} leak rate {rate} {what} is {extreme} for ρ = {plain(radius)}: {plain(median, 3)}{of}{band}."
    if radius != now.radius[-1]:
        said += f" At ρ = {plain(now.radius[-1])} it is {plain(now.median[-1], 3)}."
    return said + _elsewhere(measure, values, leak, sweep)


def _elsewhere(measure: str, values: np.ndarray, leak: int, sweep: Sweep) -> str:
    """The best of the map, where it has another leak rate."""
    median = medians(values)
    row, column = divmod(best(measure, median), median.shape[1])
    if row == leak:
        return ""
    at = f"leak rate {plain(sweep.leak_rates[row], 3)} and ρ = {plain(SPECTRAL_RADII[column])}"
    return f" {'Lower' if measure == 'error' else 'More'} still with {at}: {plain(median[row, column], 3)}."
