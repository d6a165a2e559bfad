"""What the three gradients of lesson 4 cost: counted against T and n, and measured where the reader asks for it."""

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, Line, Scatter, Text

from app.figures import FONT, Strip, chart, rule
from app.numbers import SUPERSCRIPTS, plain
from app.ranges import change
from app.theme import LIGHT
from app.timing import MEASURED_STEPS, METHODS, STEPS, UNITS, Timings
from engine import costs

COUNTS = {"BPTT": costs.bptt, "unrolled": costs.unrolled, "RTRL": costs.rtrl}
LOOKS = {"BPTT": ("gradient", "solid"), "unrolled": ("target", "dashed"), "RTRL": ("state", "solid")}
T_AXIS = np.unique(np.geomspace(1, 1000, 28).round().astype(int))
N_AXIS = np.unique(np.geomspace(1, 64, 19).round().astype(int))
KINDS = {"multiply_adds": "multiply-adds", "stored_numbers": "stored numbers"}


class CostCharts:
    """Four small charts on logarithmic axes, the present size marked by a dashed line."""

    def __init__(self):
        self.strips: list[Strip] = []
        self.marks: dict[str, list] = {"T": [], "n": []}
        self.lines = {axis: ColumnDataSource() for axis in ("T", "n")}
        self.dots = {axis: ColumnDataSource() for axis in ("T", "n")}
        self.shown: tuple = ()
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
            look = {"line_color": LIGHT[role], "line_width": 2, "line_dash": dash}
            strip.plot.add_glyph(self.lines[axis], Line(x="size", y=f"{method}.{kind}", **look))
            if kind == "multiply_adds":
                dot = Scatter(x="size", y=method, size=7, fill_color=LIGHT["card"], line_color=LIGHT[role])
                strip.plot.add_glyph(self.dots[axis], dot)
        strip.plot.add_glyph(self.lines[axis], _names(kind))
        self.marks[axis].append(rule(strip.plot, 0, "height"))
        return strip

    def show(self, n_units: int, n_steps: int, timings: Timings | None) -> None:
        """Bring the lines to the present size, and the measured dots to the latest measurement."""
        for axis, size in (("T", n_steps), ("n", n_units)):
            for mark in self.marks[axis]:
                change(mark, location=float(np.log10(size)))
        if self.shown == (n_units, n_steps, id(timings)):
            return
        self.shown = (n_units, n_steps, id(timings))
        for axis, sizes in (("T", T_AXIS), ("n", N_AXIS)):
            counted = [(n_units, int(size)) if axis == "T" else (int(size), n_steps) for size in sizes]
            columns = {"size": np.log10(sizes)}
            for method in COUNTS:
                found = [COUNTS[method](steps, units, 1) for units, steps in counted]
                columns |= {f"{method}.{kind}": np.log10([getattr(cost, kind) for cost in found]) for kind in KINDS}
            self.lines[axis].data = columns | _labels(columns)
        self._show_measured(n_steps, timings)

    def _show_measured(self, n_steps: int, timings: Timings | None) -> None:
        if timings is None:
            for source in self.dots.values():
                source.data = {"size": [], **{method: [] for method in METHODS}}
            return
        scale = rate(timings)
        # Networks of several sizes are measured over more steps than are shown; work grows in proportion.
        series = (("T", STEPS, timings.by_steps, 1.0), ("n", UNITS, timings.by_units, n_steps / MEASURED_STEPS))
        for axis, sizes, seconds, share in series:
            scaled = {method: np.log10(scale * share * taken) for method, taken in seconds.items()}
            self.dots[axis].data = {"size": np.log10(sizes), **scaled}


def rate(timings: Timings) -> float:
    """Multiply-adds a second: the measured RTRL of the largest network is laid on its line."""
    return COUNTS["RTRL"](MEASURED_STEPS, UNITS[-1], 1).multiply_adds / timings.by_units["RTRL"][-1]


def measurement(timings: Timings | None) -> str:
    """The button, and what the last measurement found, as HTML."""
    button = """<button data-set='{"measure": "true"}'>Measure on this machine</button>"""
    if timings is None:
        return f"<p class=help>{button}</p>"
    n, steps = UNITS[-1], MEASURED_STEPS
    taken = {method: 1e6 * timings.by_units[method][-1] for method in METHODS}
    counted = COUNTS["RTRL"](steps, n, 1).multiply_adds / COUNTS["BPTT"](steps, n, 1).multiply_adds
    return (
        f"<p class=help>{button}</p><p class=help>The server's engine, n = {n}, T = {steps}: BPTT "
        f"{plain(taken['BPTT'], 3)} µs, unrolled {plain(taken['unrolled'], 3)} µs, RTRL {plain(taken['RTRL'], 3)} µs. "
        f"RTRL takes {plain(taken['RTRL'] / taken['BPTT'], 2)} times as long as BPTT; counted in multiply-adds it is "
        f"{plain(counted, 2)} times the work. Small sizes lie above their lines: there a call costs more than its "
        "sums, and layers one by one cost the unrolled network most.</p>"
    )


def _names(kind: str) -> Text:
    return Text(
        x="label_at", y=f"label.{kind}", text="label", x_offset=5, text_baseline="middle",
        text_color=LIGHT["state"], text_font={"value": FONT}, text_font_size="11px",
    )  # fmt: skip


def _labels(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The methods' names at the right end of their lines: columns as long as the lines, blank but for three rows."""
    length = columns["size"].size
    found: dict = {"label": [""] * length, "label_at": np.full(length, columns["size"][-1])}
    found["label"][:3] = COUNTS
    for kind in KINDS:
        ends = sorted(COUNTS, key=lambda method: columns[f"{method}.{kind}"][-1])
        places, lowest = {}, -np.inf
        for method in ends:  # names of lines that end together are set apart
            lowest = max(columns[f"{method}.{kind}"][-1], lowest + 0.8)
            places[method] = lowest
        found[f"label.{kind}"] = np.array([*(places[method] for method in COUNTS), *[np.nan] * (length - 3)])
    return found


def _logarithmic(axis, values) -> None:
    """Ticks of a plot whose coordinates are logarithms."""
    names = {float(np.log10(value)): _power(value) for value in values}
    axis.update(ticker=FixedTicker(ticks=list(names)), major_label_overrides=names)


def _power(value: int) -> str:
    exponent = round(np.log10(value))
    return f"10{str(exponent).translate(SUPERSCRIPTS)}" if value >= 1000 else str(value)
