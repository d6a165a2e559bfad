"""Charts of a recurrent network's gradient over the lag, of its matrix, and of the modes of a symmetric matrix."""

from itertools import pairwise
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line, MultiLine, Range, Scatter, Text, VBar
from bokeh.transform import dodge

from app.parts.charts import empty, finite, round_frame, square, whole_steps
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.numbers import plain
from app.parts.picture import Picture
from app.parts.plots import FONT
from engine import matrices, rnn, series
from lessons.vanishing.topics import GAMMA, Network

SHOWN_MODES = 6


class LagCharts:
    """Impulse response and gradient over one lag axis: as they are, and as logarithms."""

    def __init__(self) -> None:
        self.source = empty("lag", "response", "gradient", "log_response", "log_gradient")
        labels: dict[str, Any] = {"x_label": "lag (steps)", "x_limits": (-0.6, 20)}
        self.bars = chart("lags", "As they are", y_label="size", y_limits=(0, 1), **labels)
        self.logarithms = chart("log_lags", "As logarithms", y_label="log₁₀ of the size", y_limits=(-6, 0.5), **labels)
        self.strips = [self.bars, self.logarithms]
        for place, (name, role) in enumerate((("response", "state"), ("gradient", "gradient"))):
            look: dict[str, Any] = {"fill_color": LIGHT[role], "line_color": None, "width": 0.36}
            self.bars.plot.add_glyph(self.source, VBar(x=dodge("lag", 0.4 * place - 0.2), top=name, **look))
            dash, size = (("solid", 5), ("dashed", 9))[place]
            line = Line(x="lag", y=f"log_{name}", line_color=LIGHT[role], line_width=2, line_dash=dash)
            self.logarithms.plot.add_glyph(self.source, line)
            fill = LIGHT[role] if place == 0 else None
            dots = Scatter(x="lag", y=f"log_{name}", size=size, fill_color=fill, line_color=LIGHT[role])
            self.logarithms.plot.add_glyph(self.source, dots)
        for strip in self.strips:
            whole_steps(strip)
        self.marks = [rule(strip.plot, 0, "height") for strip in self.strips]

    def show(self, picture: Picture, r: Network) -> None:
        n = len(r.x)
        response, log_gradient = impulse_response(r), finite(r.log10_product[::-1])
        with np.errstate(divide="ignore"):
            log_response = finite(np.log10(np.abs(response)))
        signs = np.concatenate([[1.0], np.cumprod(np.sign(r.factor[:0:-1]))])
        gradient = signs * np.nan_to_num(10.0 ** np.minimum(log_gradient, 300))
        picture.put(
            self.source,
            {
                "lag": np.arange(n),
                "response": np.clip(response, -1e6, 1e6),
                "gradient": np.clip(gradient, -1e6, 1e6),
                "log_response": log_response,
                "log_gradient": log_gradient,
            },
        )
        for strip in self.strips:
            picture.change(strip.plot.x_range, end=n - 0.4)
        picture.fit(self.bars.plot.y_range, response, gradient, include=(0, 1), pad=0.05)
        picture.fit(self.logarithms.plot.y_range, log_response, log_gradient, include=(-1, 0), pad=0.06)

    def follow(self, picture: Picture, lag: int) -> None:
        for mark in self.marks:
            picture.change(mark, location=lag)


def impulse_response(r: Network) -> np.ndarray:
    """What an input of 1 at the first step changes in the state of the one unit, by lag (T,)."""
    zero, one = np.zeros(len(r.x)), series.impulse(len(r.x))
    if r.form == "cell":
        both = [rnn.run_cell(x, r.params, activation=r.activation).c for x in (one, zero)]
    else:
        both = [rnn.run(x, r.params, activation=r.activation).h for x in (one, zero)]
    return (both[0] - both[1])[:, 0]


class Spectrum:
    """Eigenvalues in the plane with the unit circle, and singular values beside the size above which growth begins."""

    def __init__(self) -> None:
        self.source = empty("real", "imaginary", "rank", "singular")
        self.plane = chart(
            "spectrum",
            "Eigenvalues of W",
            x_label="real part",
            y_label="imaginary part",
            ticks=3,
            x_limits=(-1.5, 1.5),
            y_limits=(-1.5, 1.5),
        )
        round_frame(self.plane, 1.3)
        angle = np.linspace(0, 2 * np.pi, 121)
        circle = ColumnDataSource({"x": np.cos(angle), "y": np.sin(angle)})
        self.plane.plot.add_glyph(circle, Line(x="x", y="y", line_color=LIGHT["muted"], line_width=1.5))
        points = Scatter(x="real", y="imaginary", size=7, fill_color=LIGHT["state"], line_color=LIGHT["card"])
        self.plane.plot.add_glyph(self.source, points)
        self.values = chart(
            "singular",
            "Singular values of W",
            x_label="rank",
            y_label="singular value",
            x_limits=(0.5, 2.5),
            y_limits=(0, 1),
        )
        bars = VBar(x="rank", top="singular", width=0.7, fill_color=LIGHT["state"], line_color=None)
        self.values.plot.add_glyph(self.source, bars)
        whole_steps(self.values)
        self.limit = rule(self.values.plot, 1, "width")
        self.strips = [self.plane, self.values]

    def show(self, picture: Picture, r: Network) -> None:
        values, singular = r.eigenvalues, r.singular_values
        n = singular.size
        picture.put(
            self.source,
            {
                "real": values.real,
                "imaginary": values.imag,
                "rank": np.arange(1, n + 1),
                "singular": singular,
            },
        )
        reach = max(1.3, float(np.ceil(4 * np.abs(values).max()) / 4 + 0.25))
        square(picture, self.plane.plot, reach)
        picture.change(self.values.plot.x_range, end=n + 0.5)
        limit = 1 / GAMMA[r.activation]
        picture.change(self.limit, location=limit)
        picture.fit(self.values.plot.y_range, singular, include=(0, 1.1 * limit), pad=0.02)


class Modes:
    """The components λᵗ of a symmetric network's state along its eigenvectors, on a logarithmic axis."""

    def __init__(self) -> None:
        self.source = empty("times", "sizes", "last", "end", "name")
        self.chart = chart(
            "modes",
            "Size of each mode λ in a linear network, from a start of ones",
            x_label="time step t",
            y_label="log₁₀ of the size",
            x_limits=(0, 20),
            y_limits=(-6, 0.5),
        )
        plot = self.chart.plot
        plot.add_glyph(self.source, MultiLine(xs="times", ys="sizes", line_color=LIGHT["state"], line_width=2))
        plot.add_glyph(
            self.source,
            Text(
                x="last",
                y="end",
                text="name",
                text_color=LIGHT["state"],
                x_offset=6,
                y_offset=5,
                text_font={"value": FONT},
                text_font_size="12px",
            ),
        )
        self.strips = [self.chart]

    def show(self, picture: Picture, r: Network) -> None:
        n_steps = len(r.x)
        modes = matrices.modes(r.params.W, np.ones(len(r.params.b)), n_steps)
        sizes = np.maximum(modes.log10_components.T[:SHOWN_MODES], -400)
        # a mode that starts at nothing has no line; those that fall far are cut where the plot ends
        floor = max(-12.0, float(np.nanmin(np.where(sizes > -40, sizes, np.nan), initial=-1)))
        low, high = min(floor, -1.0), max(0.0, float(sizes.max()))
        times = np.arange(n_steps + 1.0)
        # each name stands where its line ends, or leaves the plot
        ends = (sizes >= low).sum(axis=1).clip(min=1) - 1
        places = np.maximum(sizes[np.arange(len(sizes)), ends], low)
        whole = ends == n_steps
        places[whole] = _apart(places[whole], 0.09 * (high - low))
        picture.put(
            self.source,
            {
                "times": [times] * len(sizes),
                "sizes": list(np.where(sizes >= low, sizes, np.nan)),
                "name": [plain(value, 3) for value in modes.eigenvalues[:SHOWN_MODES]],
                "last": times[ends],
                "end": places,
            },
        )
        picture.change(self.chart.plot.x_range, end=1.2 * n_steps)  # room for the names
        _span(picture, self.chart.plot.y_range, low, high)


def _span(picture: Picture, limits: Range, low: float, high: float) -> None:
    """A range with a small margin on both sides."""
    margin = 0.07 * (high - low)
    picture.change(limits, start=low - margin, end=high + margin)


def _apart(places: np.ndarray, distance: float) -> np.ndarray:
    """Places for labels, moved down until neighbours are `distance` apart; ends are pushed back up inside."""
    if not places.size:
        return places
    order, moved = np.argsort(-places, kind="stable"), places.astype(float).copy()
    for above, below in pairwise(order):
        moved[below] = min(moved[below], moved[above] - distance)
    low = places.min()
    for below, above in pairwise(order[::-1]):
        moved[below] = max(moved[below], low)
        moved[above] = max(moved[above], moved[below] + distance)
    return moved


class SideChart:
    """log10 of the gradient against the lag for networks side by side, each line with its name."""

    # the last word is the one that fits beside the line on a phone
    DASHES = (
        ("tanh network", "gradient", "solid", "tanh"),
        ("linear, same W", "gradient", "dashed", "linear"),
        ("carousel", "forget_gate", "solid", "carousel"),
        ("LSTM", "forget_gate", "dashed", "LSTM"),
    )

    def __init__(self) -> None:
        self.source, self.names = empty("lag", *(f"y{k}" for k in range(len(self.DASHES)))), empty("lag", "y", "name")
        self.chart = chart(
            "side",
            "log₁₀ of the gradient against the lag",
            x_label="lag from the last step (steps)",
            y_label="log₁₀",
            x_limits=(0, 200),
            y_limits=(-6, 1),
            height=260,
        )
        plot = self.chart.plot
        for k, (_, role, dash, _) in enumerate(self.DASHES):
            look: dict[str, Any] = {"line_color": LIGHT[role], "line_dash": dash, "line_width": 2.5}
            plot.add_glyph(self.source, Line(x="lag", y=f"y{k}", **look))
        plot.add_glyph(
            self.names,
            Text(
                x="lag",
                y="y",
                text="name",
                x_offset=6,
                y_offset=5,
                text_color=LIGHT["state"],
                text_font={"value": FONT},
                text_font_size="12px",
            ),
        )
        self.mark = rule(plot, 0, "height")
        self.strips = [self.chart]

    def show(self, picture: Picture, log10_products: dict[str, np.ndarray]) -> None:
        lines = [finite(log10_products[name][::-1]) for name, *_ in self.DASHES]
        n = lines[0].size
        picture.put(self.source, {"lag": np.arange(n), **{f"y{k}": values for k, values in enumerate(lines)}})
        # most of the picture for the lines that stay within a hundred powers of ten
        lowest = min(max(min(float(np.nanmin(values)) for values in lines), -100.0), -1.0)
        highest = max(0.0, *(float(np.nanmax(values)) for values in lines))
        last = [values[np.isfinite(values)][-1] for values in lines]
        ends = np.clip(np.array(last), lowest, highest)
        picture.put(
            self.names,
            {
                "lag": np.full(len(lines), n - 1.0),
                "name": [short for *_, short in self.DASHES],
                "y": _apart(ends, 0.085 * (highest - lowest)),
            },
        )
        picture.change(self.chart.plot.x_range, end=1.3 * n)  # room for the names
        _span(picture, self.chart.plot.y_range, lowest, highest)

    def follow(self, picture: Picture, lag: int) -> None:
        picture.change(self.mark, location=lag)
