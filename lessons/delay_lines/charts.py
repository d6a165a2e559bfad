"""Charts beside the plots over time: kernels and recall, what y sees, the losses, and right answers by place."""

from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, Line, MultiLine, Scatter, VBar

from app.parts.charts import empty, whole_steps
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.picture import Picture
from engine import delay_line, distributed
from lessons.delay_lines.parameters import MOST_TAPS
from lessons.delay_lines.results import Distributed, Generalised, Learned, Pattern, guessing
from lessons.delay_lines.training import EACH, LEARNED_PLACES, N_UPDATES, Contest

FADE = np.maximum(0.8 ** np.arange(MOST_TAPS + 1), 0.25)  # the further down the line, the paler
LOOKS = (("state", "solid"), ("prediction", "dashed"))  # of the first and the second network


class KernelCharts:
    """What each tap keeps of the past, and how much of each past step can be read out of all taps together."""

    def __init__(self) -> None:
        self.lines, self.shares = empty("lag", "kernel", "fade"), empty("lag", "recall", "tapped")
        labels: dict[str, Any] = {"x_label": "lag (steps)", "x_limits": (0, 20)}
        self.kernels = chart("kernels", "Kernel of each tap", y_label="weight", y_limits=(0, 1), **labels)
        self.recall = chart("recall", "Recall of the past (bars)", y_label="share", y_limits=(0, 1.08), **labels)
        lines = MultiLine(xs="lag", ys="kernel", line_color=LIGHT["state"], line_width=2, line_alpha="fade")
        self.kernels.plot.add_glyph(self.lines, lines)
        bars = VBar(x="lag", top="recall", width=0.7, fill_color=LIGHT["state"], line_color=None)
        self.recall.plot.add_glyph(self.shares, bars)
        dots = Scatter(x="lag", y="tapped", size=7, marker="square", fill_color=None, line_color=LIGHT["input"])
        self.recall.plot.add_glyph(self.shares, dots)
        self.strips = [self.kernels, self.recall]
        for strip in self.strips:
            whole_steps(strip)

    def show(self, picture: Picture, r: Generalised) -> None:
        shown = _reach(r.kernels)
        K, lag = r.kernels.shape[1], np.arange(shown)
        kernels = r.kernels[:shown]
        picture.put(self.lines, {"lag": [lag] * K, "kernel": list(kernels.T), "fade": FADE[:K]})
        tapped = np.where((lag >= 1) & (lag <= K), 1.0, np.nan)
        picture.put(self.shares, {"lag": lag[1:], "recall": r.recall[1:shown], "tapped": tapped[1:]})
        for strip in self.strips:
            picture.change(strip.plot.x_range, start=0, end=shown - 0.4)
        picture.fit(self.kernels.plot.y_range, kernels, include=(0, 0.1), pad=0.06)


def _reach(kernels: np.ndarray) -> int:
    """Lags to plot: until every kernel has come below two per cent of its peak, but ten at least and sixty at most."""
    alive = np.flatnonzero((np.abs(kernels) > 0.02 * np.abs(kernels).max(axis=0)).any(axis=1))
    return int(np.clip(alive.max(initial=0) + 2, 11, 61))


class SeenChart:
    """How y at the cursor answers to each earlier input: nothing outside what the delays add up to."""

    def __init__(self) -> None:
        self.source = empty("lag", "slope", "zero")
        self.strip = chart("seen", "∂y(t)/∂x(t − lag)", x_label="lag (steps)", y_label="derivative", height=200,
                           x_limits=(-0.6, 10), y_limits=(-1, 1))  # fmt: skip
        bars = VBar(x="lag", top="slope", width=0.6, fill_color=LIGHT["gradient"], line_color=None)
        self.strip.plot.add_glyph(self.source, bars)
        marks = Scatter(x="lag", y="zero", size=6, marker="square", fill_color=None, line_color=LIGHT["input"])
        self.strip.plot.add_glyph(self.source, marks)
        whole_steps(self.strip)

    def follow(self, picture: Picture, r: Distributed, t: int) -> None:
        slope = seen(r, t)
        lags = np.arange(max(r.field[-1] + 3, 9))
        found = np.zeros(len(lags))
        n = min(len(lags), t)
        found[:n] = slope[t - 1 :: -1][:n]
        marks = np.where(np.isin(lags, r.field), 0.0, np.nan)
        picture.put(self.source, {"lag": lags, "slope": found, "zero": marks})
        picture.change(self.strip.plot.x_range, end=len(lags) - 0.4)
        picture.fit(self.strip.plot.y_range, found, include=(-0.1, 0.1), pad=0.1)


def seen(r: Distributed, t: int) -> np.ndarray:
    """∂y(t)/∂x(k) for k = 1 … T, (T,)."""
    only = np.zeros((len(r.x), 1))
    only[t - 1] = 1.0
    return distributed.gradients(r.x, r.layers, only).dF_dx[:, 0]


class LearningCharts:
    """The losses of both networks as far as they have been followed, and the gamma line's α."""

    def __init__(self) -> None:
        self.curves, self.here = empty("update", "first", "second"), empty("update", "first", "second")
        self.path = empty("update", "alpha")
        labels: dict[str, Any] = {"x_label": "update", "x_limits": (0, 1.02 * N_UPDATES), "height": 200}
        self.loss = chart("loss", "Loss (second network dashed)", y_label="log₁₀", y_limits=(-3, 0),
                          ticks=4, **labels)  # fmt: skip
        self.alpha = chart("alpha", "α of the gamma line", y_label="α", y_limits=(0, 1.05), **labels)
        for column, (role, dash) in zip(("first", "second"), LOOKS, strict=True):
            look = {"line_color": LIGHT[role], "line_width": 2.5}
            self.loss.plot.add_glyph(self.curves, Line(x="update", y=column, line_dash=dash, **look))
            dot = Scatter(x="update", y=column, size=10, fill_color=LIGHT["band"], **look)
            self.loss.plot.add_glyph(self.here, dot)
        line = Line(x="update", y="alpha", line_color=LIGHT["prediction"], line_width=2.5, line_dash="dashed")
        self.alpha.plot.add_glyph(self.path, line)
        self.guess = rule(self.loss.plot, 0.0)
        self.target = rule(self.alpha.plot, 0.2, role="target")
        self.strips = [self.loss, self.alpha]

    def show(self, picture: Picture, r: Learned | Pattern) -> None:
        contest = r.contest
        logs = [np.log10(np.maximum(learner.course.loss, 1e-12)) for learner in contest.learners]
        update = np.arange(len(logs[0]))
        n = r.stage * EACH
        every = slice(0, n + 1, 2)  # closer points would lie within a pixel
        names = ("first", "second")
        curves = {name: values[every] for name, values in zip(names, logs, strict=True)}
        picture.put(self.curves, {"update": update[every]} | curves)
        ends = {name: values[n : n + 1] for name, values in zip(names, logs, strict=True)}
        picture.put(self.here, {"update": update[n : n + 1]} | ends)
        guess = 1.0 if isinstance(r, Pattern) else guessing(r.d, contest.data.train)
        picture.change(self.guess, location=float(np.log10(guess)))
        picture.fit(self.loss.plot.y_range, *logs, include=(np.log10(guess), -1), pad=0.06)
        self._show_alpha(picture, r)

    def _show_alpha(self, picture: Picture, r: Learned | Pattern) -> None:
        gamma = isinstance(r, Learned)
        picture.change(self.alpha.plot, visible=gamma)
        if not gamma:
            return
        alphas = alpha_path(r.contest)[: r.stage + 1]
        picture.put(self.path, {"update": EACH * np.arange(len(alphas)), "alpha": alphas})
        made = r.contest.settings.task == "memory"
        picture.change(self.target, visible=made, location=r.contest.settings.target_alpha)


def alpha_path(contest: Contest) -> np.ndarray:
    """The gamma line's α at every stage."""
    return contest.second.course.weights[:, -1]


class PlaceChart:
    """Share of patterns that each network names rightly, by the place where they begin."""

    def __init__(self) -> None:
        self.source = empty("place", "first", "second")
        self.strip = chart("places", "Right answers by place (solid: one look, dashed: sliding)", height=200,
                           x_label="step at which the pattern begins (yellow: learned there)", y_label="share right",
                           x_limits=(0.5, 26.5), y_limits=(-0.04, 1.08))  # fmt: skip
        learned = BoxAnnotation(
            left=LEARNED_PLACES[0] - 0.5,
            right=LEARNED_PLACES[-1] + 0.5,
            fill_color=LIGHT["band"],
            fill_alpha=0.4,
            line_color=None,
            level="underlay",
        )
        self.strip.plot.add_layout(learned)
        rule(self.strip.plot, 0.5)
        self.here = rule(self.strip.plot, 1, "height", dash="solid")
        for column, (role, dash) in zip(("first", "second"), LOOKS, strict=True):
            line = Line(x="place", y=column, line_color=LIGHT[role], line_width=2.5, line_dash=dash)
            self.strip.plot.add_glyph(self.source, line)
        whole_steps(self.strip)

    def show(self, picture: Picture, r: Pattern, place: int) -> None:
        assert r.contest.right is not None
        first, second = r.contest.right[r.stage]
        picture.put(self.source, {"place": np.arange(1, len(first) + 1), "first": first, "second": second})
        picture.change(self.here, location=place)


def stacked_matrix(r) -> np.ndarray:
    """The stacked matrix as it is drawn: a row for each delay, a column for each step."""
    return delay_line.tapped(r.x, range(1, r.params.U.shape[1] + 1)).T
