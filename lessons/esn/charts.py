"""What only this page plots: all units over time, eigenvalues, activations, memory per lag, weights, a phase plane."""

from typing import Any

import numpy as np
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    FixedTicker,
    Image,
    Line,
    LinearColorMapper,
    Range1d,
    Scatter,
    VBar,
)

from app.parts.charts import empty, round_frame, square, whole_steps
from app.parts.colours import HEATS, LIGHT
from app.parts.figures import Stack, chart, rule
from app.parts.picture import Picture
from app.parts.plots import Strip, add_axis, base_plot
from lessons.esn.results import FreeRun, Memory, Recipe, Traced
from lessons.esn.words import LARGE_WEIGHT

MOST_ROWS, MOST_COLUMNS = 64, 300  # of the raster: more would lie closer than the pixels
LEVELS = 254  # of the raster, so that 0 lies in the middle of a byte
BINS, MOST_VALUES = 40, 30_000  # of the histogram; of more values every so many are counted
MOST_POINTS = 600  # of the phase plane
MOST_WEIGHTS = 4100  # of the readout; of more every so many are drawn
SMALLEST = 1e-16
CIRCLE = np.linspace(0, 2 * np.pi, 121)
RASTER_HEIGHT = 96


class Raster:
    """Units from below to above by the weight of the first input (or of the feedback), time to the right.

    The shade is the square root of |h|, so that small states are seen as well as large ones.
    """

    def __init__(self, stack: Stack) -> None:
        plot = base_plot("raster", RASTER_HEIGHT, stack.x_range, Range1d(0.5, 1.5))
        # no numbers: the rows are sorted
        axis = add_axis(plot, "left", "units\n(sorted)", colour=LIGHT["state"], tickers=FixedTicker(ticks=[]))
        axis.axis_label_orientation = "horizontal"
        add_axis(plot, "below", "time step", ticks=12, visible=False)
        plot.add_layout(stack.band)
        self.strip = Strip("raster", "All units over time, sorted by input weight", plot, RASTER_HEIGHT, "units")
        stack.strips.append(self.strip)
        mapper = LinearColorMapper(low=0, high=LEVELS, palette=HEATS["state"][0], tags=["state"])
        self.source = ColumnDataSource({"image": [np.zeros((1, 1), dtype=np.uint8)], "x": [0], "w": [1], "h": [1]})
        plot.add_glyph(self.source, Image(image="image", x="x", y=0.5, dw="w", dh="h", color_mapper=mapper))
        self.row = BoxAnnotation(fill_color=None, line_color=LIGHT["input"], line_width=1, level="overlay")
        plot.add_layout(self.row)

    def show(self, picture: Picture, now: Traced, unit: int, first: int, last: int) -> None:
        """Steps first...last; unit (from 1) gets a box."""
        order = sorted_units(now)
        rows = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_ROWS)).round().astype(int))]
        stride = -(-(last - first + 1) // MOST_COLUMNS)
        shown = now.states[first - 1 : last : stride][:, rows].T
        shade = np.copysign(np.sqrt(np.abs(shown)), shown)
        image = np.ascontiguousarray((shade + 1) * (LEVELS / 2) + 0.5, dtype=np.uint8)
        n = len(order)
        picture.put(self.source, {"image": [image], "x": [first - 0.5], "w": [image.shape[1] * stride], "h": [n]})
        picture.change(self.strip.plot.y_range, end=n + 0.5)
        at = int(np.flatnonzero(order == unit - 1)[0])
        picture.change(self.row, bottom=at + 0.5, top=at + 1.5)


def sorted_units(now: Traced) -> np.ndarray:
    """Units (from 0) by the weight that drives them, which no slider but those of the draw changes."""
    unit = now.unit
    weights = unit.W_in[:, 1]
    if not now.x.shape[1]:
        assert unit.W_fb is not None  # of every draw
        weights = unit.W_fb[:, 0]
    return np.argsort(weights, kind="stable")


class Eigenvalues:
    """W's eigenvalues and the unit circle; with a leak, faint, and what the leak makes of them in full."""

    def __init__(self) -> None:
        self.source = empty("x", "y", "inside", "outside", "height")
        self.strip = chart("eigenvalues", "Eigenvalues and the unit circle", x_label="real part",
                           y_label="imaginary part", x_limits=(-1, 1), y_limits=(-1, 1))  # fmt: skip
        round_frame(self.strip, 1.25, 230)
        plot = self.strip.plot
        circle = ColumnDataSource({"x": np.cos(CIRCLE), "y": np.sin(CIRCLE)})
        plot.add_glyph(circle, Line(x="x", y="y", line_color=LIGHT["muted"], line_width=1.5))
        faint: dict[str, Any] = {"fill_color": None, "line_color": LIGHT["target"], "line_alpha": 0.6}
        plot.add_glyph(self.source, Scatter(x="x", y="y", size=4, **faint))
        for column, role in (("inside", "state"), ("outside", "alarm")):
            plot.add_glyph(self.source, Scatter(x=column, y="height", size=5, fill_color=LIGHT[role], line_color=None))

    def show(self, picture: Picture, now: Traced) -> None:
        values, leak = now.eigenvalues, now.settings.leak_rate
        effective = (1 - leak) + leak * values
        beyond = np.abs(effective) > 1
        faint = np.full(len(values), np.nan) if leak == 1 else values.real
        picture.put(self.source, {"x": faint, "y": values.imag, "height": effective.imag,
                            "inside": np.where(beyond, np.nan, effective.real),
                            "outside": np.where(beyond, effective.real, np.nan)})  # fmt: skip
        square(picture, self.strip.plot, max(1.25, 1.05 * now.settings.spectral_radius))


class Histogram:
    """How often the units take which value: around 0 they are nearly linear, at −1 and 1 they are switches."""

    def __init__(self) -> None:
        self.source = empty("h", "share")
        self.strip = chart("activations", "How often the units take which value", x_label="activation h",
                           y_label="share (%)", x_limits=(-1.03, 1.03), y_limits=(0, 10), height=290)  # fmt: skip
        bars = VBar(x="h", top="share", bottom=0, width=1.8 / BINS, fill_color=LIGHT["state"], line_color=None)
        self.strip.plot.add_glyph(self.source, bars)

    def show(self, picture: Picture, now: Traced) -> None:
        share = 100 * shares(now.states[now.washout :])
        picture.put(self.source, {"h": (np.arange(BINS) + 0.5) * 2 / BINS - 1, "share": share})
        picture.change(self.strip.plot.y_range, end=next(top for top in (10, 20, 50, 105) if share.max() <= top))


def shares(states: np.ndarray) -> np.ndarray:
    """Of BINS equal parts of [−1, 1] the share of activations in each."""
    values = states[:: max(1, states.size // MOST_VALUES)]
    places = np.clip((values + 1) * (BINS / 2), 0, BINS - 1).astype(np.int64)
    return np.bincount(places.ravel(), minlength=BINS) / places.size


class MemoryBars:
    """r² between the input of some steps ago and its best linear reconstruction, by lag."""

    def __init__(self) -> None:
        self.source = empty("lag", "other", "chosen")
        self.strip = chart("memory", "Memory per lag (blue: the lag asked for)", x_label="lag (steps)",
                           y_label="r²", x_limits=(0.4, 60), y_limits=(0, 1.04), height=170)  # fmt: skip
        whole_steps(self.strip)
        for column, role in (("other", "state"), ("chosen", "input")):
            look: dict[str, Any] = {"fill_color": LIGHT[role], "line_color": None, "width": 0.8}
            self.strip.plot.add_glyph(self.source, VBar(x="lag", top=column, bottom=0, **look))
        self.limit = rule(self.strip.plot, 0, "height")

    def show(self, picture: Picture, r: Memory) -> None:
        lags, chosen = np.arange(1, len(r.per_lag) + 1), r.traced.settings.lag
        is_chosen = lags == chosen
        picture.put(self.source, {"lag": lags, "other": np.where(is_chosen, np.nan, r.per_lag),
                            "chosen": np.where(is_chosen, r.per_lag, np.nan)})  # fmt: skip
        picture.change(self.strip.plot.x_range, end=len(lags) + 0.6)
        picture.change(self.limit, location=r.traced.settings.n_units + 0.5)


class WeightBars:
    """Sizes of the readout weights from the largest down, on a logarithmic axis."""

    def __init__(self) -> None:
        self.source = empty("rank", "size", "ridge")
        self.strip = chart("weights", "Readout weights by size (dashed red: too large to be trusted)", x_label="rank",
                           y_label="log₁₀ |V|", x_limits=(0, 100), y_limits=(-4, 2))  # fmt: skip
        whole_steps(self.strip)
        self.strip.plot.add_glyph(self.source, Line(x="rank", y="size", line_color=LIGHT["state"], line_width=2))
        ridge = Line(x="rank", y="ridge", line_color=LIGHT["target"], line_dash="dashed", line_width=2)
        self.strip.plot.add_glyph(self.source, ridge)
        rule(self.strip.plot, float(np.log10(LARGE_WEIGHT)), role="alarm")

    def show(self, picture: Picture, r: Recipe) -> None:
        size = log_sizes(r.V)
        ridge = np.full_like(size, np.nan) if r.online is None else log_sizes(r.ridge_V)
        places = np.unique(np.linspace(0, len(size) - 1, min(len(size), MOST_WEIGHTS)).round().astype(int))
        picture.put(self.source, {"rank": places + 1, "size": size[places], "ridge": ridge[places]})
        picture.change(self.strip.plot.x_range, end=len(size) + 1)
        picture.fit(self.strip.plot.y_range, size, ridge, include=(0, np.log10(LARGE_WEIGHT)), pad=0.05)


def log_sizes(V: np.ndarray) -> np.ndarray:
    """log10 |V| from the largest down; NaN for what is not finite."""
    finite = np.where(np.isfinite(V), np.abs(V), np.nan).ravel()
    return np.log10(np.maximum(-np.sort(-finite), SMALLEST))


class PhasePlot:
    """The output against itself some steps before, or its two parts against each other; grey and dashed the truth."""

    def __init__(self) -> None:
        self.source, self.here = empty("x", "y", "dx", "dy"), empty("x", "y")
        self.strip = chart("phase", "The curve that the free run draws, dashed the truth", x_label="y(t)",
                           y_label="y(t−5)", x_limits=(-1, 1), y_limits=(-1, 1))  # fmt: skip
        round_frame(self.strip, 1.3, 250)
        plot = self.strip.plot
        truth: dict[str, Any] = {"line_color": LIGHT["target"], "line_dash": "dashed"}
        plot.add_glyph(self.source, Line(x="dx", y="dy", line_width=1.5, **truth))
        plot.add_glyph(self.source, Line(x="x", y="y", line_color=LIGHT["state"], line_width=1.5))
        plot.add_glyph(self.here, Scatter(x="x", y="y", size=11, fill_color=LIGHT["card"], line_color=LIGHT["state"],
                                          line_width=2.5))  # fmt: skip

    def show(self, picture: Picture, r: FreeRun) -> None:
        (x, y), (dx, dy) = (pair(rows[_drawn(r)], lag_of(r)) for rows in (r.y, r.traced.d))
        picture.put(self.source, {"x": x[:MOST_POINTS], "y": y[:MOST_POINTS], "dx": dx[:MOST_POINTS],
                            "dy": dy[:MOST_POINTS]})  # fmt: skip
        largest = max(float(np.abs(values).max(initial=0)) for values in (dx, dy))
        wild = max(float(np.nanpercentile(np.abs(values), 98)) if len(values) else 0 for values in (x, y))
        square(picture, self.strip.plot, float(f"{1.15 * max(min(wild, 3 * largest), largest, 0.1):.2g}"))
        two = r.y.shape[1] == 2
        picture.change(self.strip.plot.below[0], axis_label="y₁(t)" if two else "y(t)")
        picture.change(self.strip.plot.left[0], axis_label="y₂(t)" if two else f"y(t−{lag_of(r)})")

    def follow(self, picture: Picture, r: FreeRun, t: int) -> None:
        """Mark the place at step t."""
        lag, row = lag_of(r), min(t, len(r.y)) - 1
        x, y = pair(r.y[max(0, row - lag) : row + 1], lag)
        picture.put(self.here, {"x": x[-1:], "y": y[-1:]})


def _drawn(r: FreeRun) -> slice:
    """The rows that the phase plane needs."""
    return slice(max(0, r.first_free - 1 - lag_of(r)), None)


def is_silent(r: FreeRun) -> bool:
    """Whether neither output nor truth moves, so that the phase plane has only one point."""
    return not any(np.ptp(rows[_drawn(r)], axis=0).any() for rows in (r.y, r.traced.d))


def lag_of(r: FreeRun) -> int:
    """How many steps lie between the two axes of the phase plane; 0 where they show two outputs."""
    s = r.traced.settings
    if r.y.shape[1] == 2:
        return 0
    return {"sine": max(1, s.period // 4), "Mackey-Glass 17": 17, "Mackey-Glass 30": 17}.get(s.task, 10)


def pair(rows: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """The two axes of the phase plane for (T, k), (T − lag,) each."""
    if rows.shape[1] == 2:
        return rows[:, 0], rows[:, 1]
    return rows[lag:, 0], rows[: max(0, len(rows) - lag), 0]
