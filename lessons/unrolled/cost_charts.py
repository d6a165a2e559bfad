"""What the three gradients cost: counted against T and n, and measured where the reader asks for it."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from bokeh.models import FixedTicker, Line, Scatter, Span, Text

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.numbers import SUPERSCRIPTS, plain
from app.parts.picture import Picture
from app.parts.plots import FONT, Strip
from engine import costs
from lessons.unrolled.timing import MEASURED_STEPS, METHODS, STEPS, UNITS, Timings

COUNTS = {"BPTT": costs.bptt, "unrolled": costs.unrolled, "RTRL": costs.rtrl}
LOOKS = {"BPTT": ("gradient", "solid"), "unrolled": ("target", "dashed"), "RTRL": ("state", "solid")}
T_AXIS = np.unique(np.geomspace(1, 1000, 28).round().astype(int))
N_AXIS = np.unique(np.geomspace(1, 64, 19).round().astype(int))
KINDS = {"multiply_adds": "multiply-adds", "stored_numbers": "stored numbers"}
COUNTED = [f"{method}.{kind}" for method in COUNTS for kind in KINDS]
BUTTON = """<p class=help><button data-set='{"measure": "true"}'>Measure on this machine</button></p>"""


class CostCharts:
    """Four small charts on logarithmic axes, the present size marked by a dashed line."""

    def __init__(self) -> None:
        self.strips: list[Strip] = []
        self.marks: dict[str, list[Span]] = {"T": [], "n": []}
        names = ("size", *COUNTED, "label", "label_at", *(f"label.{kind}" for kind in KINDS))
        self.lines = {axis: empty(*names) for axis in ("T", "n")}
        for kind, title in KINDS.items():
            for axis in ("T", "n"):
                self.strips.append(self._chart(kind, title, axis))

    def _chart(self, kind: str, title: str, axis: str) -> Strip:
        values = T_AXIS if axis == "T" else N_AXIS
        label = "steps T" if axis == "T" else "units n"
        strip = chart(
            f"{kind}-{axis}", f"{title.capitalize()} against {axis}", x_label=label, y_label=title, height=200,
            x_limits=(0, np.log10(values[-1]) * 1.36), y_limits=(0, 9),
        )  # fmt: skip
        _logarithmic(strip.plot.below[0], (1, 10, 100, 1000) if axis == "T" else (1, 2, 4, 8, 16, 32, 64))
        _logarithmic(strip.plot.left[0], [10**k for k in range(0, 12, 2)])
        for method, (role, dash) in LOOKS.items():
            look: dict[str, Any] = {"line_color": LIGHT[role], "line_width": 2, "line_dash": dash}
            strip.plot.add_glyph(self.lines[axis], Line(x="size", y=f"{method}.{kind}", **look))
        strip.plot.add_glyph(self.lines[axis], _names(kind))
        self.marks[axis].append(rule(strip.plot, 0, "height"))
        return strip

    def show(self, picture: Picture, n_units: int, n_steps: int) -> None:
        """Bring the lines to the present size."""
        for axis, size in (("T", n_steps), ("n", n_units)):
            for mark in self.marks[axis]:
                picture.change(mark, location=float(np.log10(size)))
        picture.put(self.lines["T"], _counted("T", n_units))
        picture.put(self.lines["n"], _counted("n", n_steps))


@functools.cache  # there are no more than a few dozen sizes
def _counted(axis: str, other: int) -> dict[str, Any]:
    """The counts along an axis, with the size of the other one given."""
    sizes = T_AXIS if axis == "T" else N_AXIS
    counted = [(int(size), other) if axis == "T" else (other, int(size)) for size in sizes]
    columns = {"size": np.log10(sizes)}
    for method in COUNTS:
        found = [COUNTS[method](steps, units, 1) for steps, units in counted]
        columns |= {f"{method}.{kind}": np.log10([getattr(cost, kind) for cost in found]) for kind in KINDS}
    return columns | _labels(columns)


class TimeCharts:
    """Two charts of measured times."""

    def __init__(self) -> None:
        names = ("size", *METHODS, "label", "label_at", "label.time")
        self.measured = {axis: empty(*names) for axis in ("T", "n")}
        self.strips = [self._chart("T", "steps T", STEPS), self._chart("n", "units n", UNITS)]

    def _chart(self, axis: str, label: str, sizes: tuple[int, ...]) -> Strip:
        low, high = np.log10(sizes[0]), np.log10(sizes[-1])
        strip = chart(
            f"time-{axis}", f"Time against {axis}", x_label=label, y_label="time (µs)", height=200,
            x_limits=(low - 0.05 * (high - low), high + 0.45 * (high - low)), y_limits=(0, 5),
        )  # fmt: skip
        _logarithmic(strip.plot.below[0], sizes)
        _logarithmic(strip.plot.left[0], [10**k for k in range(0, 9)])
        source = self.measured[axis]
        for method, (role, dash) in LOOKS.items():
            strip.plot.add_glyph(source, Line(x="size", y=method, line_color=LIGHT[role], line_width=2, line_dash=dash))
            strip.plot.add_glyph(source, Scatter(x="size", y=method, size=7, fill_color=LIGHT["card"],
                                                 line_color=LIGHT[role]))  # fmt: skip
        strip.plot.add_glyph(source, _names("time"))
        return strip

    def show(self, picture: Picture, timings: Timings) -> None:
        """Draw a measurement."""
        series = (("T", STEPS, timings.by_steps), ("n", UNITS, timings.by_units))
        for strip, (axis, sizes, seconds) in zip(self.strips, series, strict=True):
            lines = {method: np.log10(1e6 * taken) for method, taken in seconds.items()}
            names = [*COUNTS, *[""] * (len(sizes) - len(COUNTS))]
            columns = {"size": np.log10(sizes), **lines} | {
                "label": names,
                "label_at": np.full(len(sizes), np.log10(sizes[-1])),
                "label.time": _apart(lines, len(sizes), 0.4),
            }
            picture.put(self.measured[axis], columns)
            picture.change(strip.plot.y_range, end=float(np.ceil(max(map(np.max, lines.values())) + 0.2)))


def findings(timings: Timings) -> str:
    """What a measurement found, as HTML."""
    small, large, steps = UNITS[0], UNITS[-1], MEASURED_STEPS
    slower = plain(timings.by_units["RTRL"][-1] / timings.by_units["BPTT"][-1], 2)
    counted = COUNTS["RTRL"](steps, large, 1).multiply_adds / COUNTS["BPTT"](steps, large, 1).multiply_adds

    def listed(k: int) -> str:
        return ", ".join(f"{method} {plain(1e6 * taken[k], 3)} µs" for method, taken in timings.by_units.items())

    return (
        f"<p class=help>T = {steps}, n = {large}: {listed(-1)}. RTRL takes {slower} times as long as BPTT, for "
        f"{plain(counted, 2)} times as many multiply-adds.</p>"
        f"<p class=help>T = {steps}, n = {small}: {listed(0)}. With so few units, calling the engine takes "
        "longer than the sums, and the unrolled network calls it for every layer. "
        f"In the chart against T, n = {timings.n_units}.</p>"
    )


def _names(kind: str) -> Text:
    """The methods' names beside their lines."""
    return Text(
        x="label_at", y=f"label.{kind}", text="label", x_offset=5, text_baseline="middle",
        text_color=LIGHT["state"], text_font={"value": FONT}, text_font_size="11px",
    )  # fmt: skip


def _labels(columns: dict[str, np.ndarray]) -> dict[str, Any]:
    """The methods' names at the right end of their lines: columns as long as the lines, blank but for three rows."""
    length = columns["size"].size
    found: dict[str, Any] = {"label": [""] * length, "label_at": np.full(length, columns["size"][-1])}
    found["label"][:3] = COUNTS
    for kind in KINDS:
        found[f"label.{kind}"] = _apart({method: columns[f"{method}.{kind}"] for method in COUNTS}, length, 0.8)
    return found


def _apart(lines: dict[str, np.ndarray], length: int, distance: float) -> np.ndarray:
    """Heights of the methods' names: at the ends of their lines, but set apart where lines end together."""
    places, lowest = {}, -np.inf
    for method in sorted(COUNTS, key=lambda method: lines[method][-1]):
        lowest = max(lines[method][-1], lowest + distance)
        places[method] = lowest
    return np.array([*(places[method] for method in COUNTS), *[np.nan] * (length - 3)])


def _logarithmic(axis: Any, values: Iterable[int]) -> None:
    """Ticks of a plot whose coordinates are logarithms."""
    names = {float(np.log10(value)): _power(value) for value in values}
    axis.update(ticker=FixedTicker(ticks=list(names)), major_label_overrides=names)


def _power(value: int) -> str:
    exponent = round(np.log10(value))
    return f"10{str(exponent).translate(SUPERSCRIPTS)}" if value >= 1000 else str(value)
