"""What the line remembers: answers to an impulse, depth against resolution, gain and pole, with one line per tap."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, Label, Line, Segment, Text

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.picture import Picture
from app.parts.plots import MATH_FONT, Strip
from app.parts.ranges import LIMIT
from engine import gamma
from lessons.gamma.glyphs import fit_strip, line_per_tap, points
from lessons.gamma.model import Gamma
from lessons.gamma.parameters import MAX_TAPS

NAMES = ["a₁", "a₂", "a₃", "a₄", "a₅", "a₆", "a₇", "a₈", "a₉", "a₁₀"]
# The further down the line, the paler.
FADE = np.maximum(0.72 ** np.arange(MAX_TAPS), 0.2)
PALE = {"fill_alpha": "fade", "line_alpha": "fade"}
OMEGA = np.linspace(0, np.pi, 91)
SUNSPOT_PERIOD = 11  # years, as the lesson takes it
RESOLUTION = np.geomspace(0.02, 2, 40)
# of the source with one row per tap: look, lines in the stack, lines and points of the charts
COLUMNS = (
    *("fade", "name", "tap", "one", "zero"),
    *("times", "further", "delayed"),
    *("lags", "responses", "omegas", "gains", "resolutions", "depths"),
    *("resolution", "depth", "pole", "peak_lag", "peak"),
)


class MemoryCharts:
    """All that has one line or one point per tap comes from `lines`, the stack's plots of further taps too."""

    def __init__(self) -> None:
        self.lines = empty(*COLUMNS)
        self.dots = empty("lag", "value", "fade")
        self.impulse, self.trade = self._impulse_chart(), self._trade_chart()
        self.gain, self.pole = self._gain_chart(), self._pole_chart()
        self.charts = [self.impulse, self.trade, self.gain, self.pole]

    def _impulse_chart(self) -> Strip:
        strip = chart(
            "impulse",
            "Answers of the taps to an impulse",
            x_label="lag (steps)",
            y_label="answer",
            x_limits=(0, 30),
            y_limits=(0, 1),
        )
        line_per_tap(strip, self.lines, "lags", "responses", "state")
        points(strip, self.dots, "lag", "value", size=5, fill_color=LIGHT["card"], line_alpha="fade")
        points(strip, self.lines, "depth", "zero", marker="inverted_triangle", **PALE)
        strip.plot.add_glyph(
            self.lines,
            Text(
                x="peak_lag",
                y="peak",
                text="name",
                text_color=LIGHT["state"],
                y_offset=-6,
                x_offset=4,
                text_font_size="12px",
                text_font={"value": MATH_FONT},
                text_font_style="italic",
            ),
        )
        return strip

    def _trade_chart(self) -> Strip:
        strip = chart(
            "trade",
            "Depth against resolution",
            x_label="resolution α (taps per step)",
            y_label="depth k/α (steps)",
            x_limits=(0, 2.05),
            y_limits=(0, 20),
        )
        line_per_tap(strip, self.lines, "resolutions", "depths", "target", 1)
        points(strip, self.lines, "one", "tap", "input", marker="square", fill_color=LIGHT["card"])
        points(strip, self.lines, "resolution", "depth", **PALE)
        return strip

    def _gain_chart(self) -> Strip:
        strip = chart(
            "gain",
            "Gain |H(ω)| of each tap",
            x_label="frequency ω (radians per step)",
            y_label="gain",
            x_limits=(0, np.pi),
            y_limits=(0, 1.1),
        )
        quarters = {k * np.pi / 4: name for k, name in enumerate(("0", "π/4", "π/2", "3π/4", "π"))}
        strip.plot.below[0].update(ticker=FixedTicker(ticks=list(quarters)), major_label_overrides=quarters)
        line_per_tap(strip, self.lines, "omegas", "gains", "state")
        self.tone = rule(strip.plot, -1, "height", "input")
        self.no_gain = Label(
            x=np.pi / 2,
            y=0.5,
            text="no gain: the line never settles",
            text_align="center",
            text_color=LIGHT["muted"],
            text_font_size="12px",
            visible=False,
        )
        strip.plot.add_layout(self.no_gain)
        return strip

    def _pole_chart(self) -> Strip:
        strip = chart(
            "pole",
            "Pole at 1 − α, stable inside the circle",
            x_label="real part of z",
            y_label="imaginary part",
            x_limits=(-1.5, 1.5),
            y_limits=(-1.25, 1.25),
            ticks=3,
        )
        # equal scales whatever the width of the window, so that the circle is one
        strip.plot.update(sizing_mode=None, width=None, height=None, frame_width=207, frame_height=173)
        angle = np.linspace(0, 2 * np.pi, 121)
        circle = ColumnDataSource({"x": np.cos(angle), "y": np.sin(angle)})
        strip.plot.add_glyph(circle, Line(x="x", y="y", line_color=LIGHT["muted"], line_width=1.5))
        stable = Segment(x0=-1, x1=1, y0=0, y1=0, line_color=LIGHT["target"], line_width=6, line_alpha=0.5)
        strip.plot.add_glyph(stable)
        points(strip, self.lines, "pole", "zero", marker="x", size=15, line_width=3)
        return strip

    def blank(self, picture: Picture) -> None:
        """Nothing, while the reader predicts."""
        for source in (self.lines, self.dots):
            picture.put(source, {name: [] for name in source.data})

    def show(self, m: Gamma, picture: Picture, delays: np.ndarray) -> None:
        """delays: the tapped delay line's outputs, (T, K)."""
        taps = m.taps
        responses = _alive(_bounded(gamma.impulse_response(m.alpha, m.n_steps, taps=taps)))
        gains, depth = np.full((OMEGA.size, taps), np.nan), np.full(taps, np.nan)
        if m.alpha < 2:
            gains = np.abs(gamma.frequency_response(m.alpha, OMEGA, taps=taps))
        if gamma.is_stable(m.alpha):
            depth = gamma.mean_lag(m.alpha, taps)
        curves = _curves(responses, gains, depth)
        picture.put(self.lines, _marks(m) | curves | _over_time(m, delays))
        picture.put(self.dots, _closed_form(m, len(responses)))
        self._fit(m, picture, responses, gains, depth)

    def _fit(self, m: Gamma, picture: Picture, responses: np.ndarray, gains: np.ndarray, depth: np.ndarray) -> None:
        picture.change(self.impulse.plot.x_range, end=len(responses) - 0.5)
        fit_strip(picture, self.impulse, responses)
        picture.change(self.no_gain, visible=m.alpha == 2)
        picture.fit(self.gain.plot.y_range, np.minimum(gains.ravel(), 10), include=(0, 1))
        picture.fit(self.trade.plot.y_range, depth, include=(0, m.taps))
        period = {"sine": m.period, "square": m.period, "sunspots": SUNSPOT_PERIOD}.get(m.signal)
        picture.change(self.tone, location=2 * np.pi / period if period else -1)


def _marks(m: Gamma) -> dict[str, Any]:
    """What each tap looks like, and where its single points stand."""
    taps = m.taps
    return {
        "fade": FADE[:taps],
        "name": NAMES[:taps],
        "tap": np.arange(1.0, taps + 1),
        "one": np.ones(taps),
        "zero": np.zeros(taps),
        "resolution": np.full(taps, m.alpha),
        "pole": np.full(taps, 1 - m.alpha),
    }


def _curves(responses: np.ndarray, gains: np.ndarray, depth: np.ndarray) -> dict[str, Any]:
    """The lines of the charts. responses: (lags, K), gains: (frequencies, K), depth: (K,)."""
    taps, peaks = depth.size, np.abs(responses).argmax(axis=0)
    return {
        "lags": [np.arange(len(responses))] * taps,
        "responses": list(responses.T),
        "peak_lag": peaks,
        "peak": responses[peaks, np.arange(taps)],
        "omegas": [OMEGA] * taps,
        "gains": list(gains.T),
        "resolutions": [RESOLUTION] * taps,
        "depths": [k / RESOLUTION for k in range(1, taps + 1)],
        "depth": depth,
    }


def _over_time(m: Gamma, delays: np.ndarray) -> dict[str, Any]:
    """The lines in the stack; the first rows are blank where they have a strip or a trace of their own."""
    blank = np.full(m.n_steps, np.nan)
    return {
        "times": [m.time] * m.taps,
        "further": [blank, blank, *_bounded(m.result.taps[:, 2:]).T][: m.taps],
        "delayed": [blank, *delays[:, 1:].T],
    }


def _closed_form(m: Gamma, n_lags: int) -> dict[str, np.ndarray]:
    """Points of Eq. 12.2, at most some forty per tap."""
    every = max(1, n_lags // 40)
    closed = _bounded(gamma.impulse_response_closed_form(m.alpha, n_lags, taps=m.taps))[::every]
    return {
        "lag": np.tile(np.arange(n_lags)[::every], m.taps),
        "value": closed.T.ravel(),
        "fade": np.repeat(FADE[: m.taps], closed.shape[0]),
    }


def _bounded(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -LIMIT, LIMIT)


def _alive(responses: np.ndarray) -> np.ndarray:
    """The lags up to the last one at which any tap is above half a percent of its peak, in tens."""
    alive = np.flatnonzero((np.abs(responses) > 0.005 * np.abs(responses).max(axis=0)).any(axis=1))
    return responses[: 10 * int(np.ceil(alive.max(initial=1) / 10)) + 1]
