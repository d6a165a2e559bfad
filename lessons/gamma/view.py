"""The tapped gamma memory line, what its one number does to depth and resolution, and how to learn it."""

from typing import Any, ClassVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import Block, plain
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.view import View
from engine import gamma
from lessons.gamma import numbers
from lessons.gamma.charts import NAMES, MemoryCharts
from lessons.gamma.glyphs import drop_dots, fit_strip, line_per_tap
from lessons.gamma.leak import LeakChart
from lessons.gamma.learning import LearningCharts
from lessons.gamma.model import Gamma

DRAWN_TAPS = 3


class GammaView(View[Gamma]):
    controls = ("signal", "alpha", "taps", "delay_line", "n_steps", "period")
    more = ("target_alpha", "start_alpha", "learning_rate", "descent_steps", "x")
    conceals: ClassVar = {
        "a": (("a1", "a2", "d", "a_learned", "e", "dF_da", "term"), ("a1.value", "a2.value", "a3.value"))
    }
    watched = ("last",)  # of all taps the last grows most

    def build(self) -> list[Card]:
        self.memory = MemoryCharts()
        lines = self._line_card()
        self.learning, self.leak = LearningCharts(self.stack), LeakChart()
        return [lines, self._memory_card(), *self._learning_cards(), self._leak_card()]

    def _line_card(self) -> Card:
        signs: dict[str, Any] = {"limits": (-1.3, 1.3), "at": (-1, 0, 1)}
        axis: dict[str, Any] = {"last": True, "axis_label": "time step t"}
        strip = self.stack.strip
        self.x = strip("x", "x", "input", title="Input x(t)", edits="x", hint="click or drag to edit", **signs)
        self.a1 = strip("a1", "a₁", "state", title="Tap 1, a₁(t)", height=70, ticks=3, predicts="a", **axis)
        self.a2 = strip("a2", "aₖ", "state", title="Taps 2 to K", height=46, kind="line", **axis)
        self.delays = strip(
            "delay1", "x(t−k)", "input", title="Tapped delay line", height=46, kind="line", **signs, **axis
        )
        for crowded, column, role in ((self.a2, "further", "state"), (self.delays, "delayed", "input")):
            line_per_tap(crowded, self.memory.lines, "times", column, role)
            drop_dots(crowded)
        return Card("", [self.x, self.a1, self.a2, self.delays])

    def _memory_card(self) -> Card:
        return Card(
            "What the line remembers",
            self.memory.charts,
            wide=False,
            key="memory",
            help="One line for each tap, tap 1 the strongest. Lines are computed step by step, dots are the "
            "closed form of Eq. 12.2. Triangles mark k/α, the mean lag up to α = 1, blue squares the tapped "
            "delay line, and a dashed blue line the frequency of the input. The gain says how large a "
            "lasting wave is behind a tap, relative to the input. The pole (the cross) is the factor 1 − α "
            "in the plane of complex numbers z. Inside the unit circle (all z of size 1) what the line "
            "holds dies out; the thick grey line marks the stable values of 1 − α.",
        )

    def _learning_cards(self) -> list[Card]:
        return [
            Card(
                "Learning α",
                self.learning.charts,
                wide=False,
                key="learning",
                player="descent_steps",
                help="The target (dashed) was made with another α from the same input. The learning element has an "
                "α of its own, apart from the slider's. Each step moves it against the slope ∂F/∂α, the short "
                "line through the present point.",
            ),
            Card(
                "Where ∂F/∂α comes from",
                self.learning.strips,
                key="recursion",
                help="P12.3 at the α that descent has reached; â is the output of the learning element. Errors are "
                "carried backwards in time; each term is [x(t−1) − â(t−1)]·∂F/∂â(t), and all terms add up to "
                "∂F/∂α.",
            ),
        ]

    def _leak_card(self) -> Card:
        return Card(
            "Two meanings of leak",
            [self.leak.strip],
            key="leak",
            help="Two answers to a step, with the slider's α in both. Solid: (1−α)h(t−1) + αx(t) keeps 1−α of "
            "the old, as here and in reservoirs. Dashed: αh(t−1) + (1−α)x(t) keeps α, as in a leaky unit. "
            "They agree only at α = 0.5, where one curve covers the other. The unit that keeps α is stable "
            "only below α = 1; above, it grows without bound, and the plot shows its first steps.",
        )

    def update(self, m: Gamma, picture: Picture) -> dict[str, np.ndarray]:
        r = m.result
        g, delays = r.gradient, gamma.delay_line(r.x, m.taps)
        if m.concealed:
            self.memory.blank(picture)
            self.leak.blank(picture)
        else:
            self.memory.show(m, picture, delays)
            self.leak.show(m, picture)
        self.learning.show(m, picture)
        self._show_stack(m, picture)
        second = r.taps[:, 1] if m.taps > 1 else np.full(m.n_steps, np.nan)
        return {
            "x": r.x,
            "a1": r.taps[:, 0],
            "a2": second,
            "last": r.taps[:, -1],
            "delay1": delays[:, 0],
            "d": r.d,
            "a_learned": g.output,
            "e": g.error,
            "dF_da": g.dF_da,
            "term": g.terms,
        }

    def _show_stack(self, m: Gamma, picture: Picture) -> None:
        """The plots that are asked for, each with its range; the lowest carries the time axis."""
        taps = m.result.taps
        # the range must not give a hidden answer away
        known = np.abs(taps[:, :1]).max() * np.array([-1, 1]) if m.concealed else taps[:, 0]
        picture.fit(self.a1.plot.y_range, known, include=(-1, 1) if m.concealed else (0, 0.02))
        fit_strip(picture, self.a2, taps[:, 1:])
        shown = [self.a1] + [self.a2] * (m.taps > 1) + [self.delays] * m.delay_line
        self.stack.show(picture, [self.a1, self.a2, self.delays], shown)

    def idle_controls(self, m: Gamma) -> set[str]:
        return set() if m.signal in ("sine", "square") else {"period"}

    def hidden_cards(self, m: Gamma) -> set[str]:
        return {"memory", "learning", "recursion", "leak"} if m.concealed else set()

    def diagram(self, m: Gamma) -> Diagram:
        d = Diagram(
            640,
            156,
            "The input x goes through a chain of gamma elements. Each adds α times its input and "
            "1 − α times its own output, and delays the sum by a step. Their outputs are the taps.",
        )
        d.unit("x", 34, 62, "input", label="x", radius=19, value="above")
        for k in range(DRAWN_TAPS):
            left = 56 + 184 * k
            d.parts.append(f'<g class=part data-on="element{k + 1}">')
            d.arrow((left, 62), (left + 50, 62))
            d.label(left + 22, 87, "", "weight", live="alpha")
            d.arrow((left + 82, 62), (left + 144, 62))
            d.arrow((left + 160, 80), (left + 160, 122), (left + 66, 122), (left + 66, 80))
            d.label(left + 113, 143, "", "weight", live="keep")
            d.operator(left + 66, 62, radius=15)
            d.delay(left + 110, 62)
            d.unit(f"a{k + 1}", left + 160, 62, label=NAMES[k], radius=18, value="above")
            d.parts.append("</g>")
        d.label(622, 67, "", "note", live="more")
        return d

    def live(self, m: Gamma, t: int) -> dict[str, dict]:
        r, k = m.result, t - 1
        drawn = range(min(m.taps, DRAWN_TAPS))
        largest = max(np.abs(r.taps).max(), 1e-9)  # of all taps, so that their greys compare
        return {
            "text": {
                "x.value": plain(r.x[k], 3),
                "alpha": f"α={plain(m.alpha)}",
                "keep": f"1−α = {plain(1 - m.alpha)}",
                "more": f"+{m.taps - DRAWN_TAPS} …" if m.taps > DRAWN_TAPS else "",
                **{f"a{j + 1}.value": "≈ 0" if m.vanished(j + 1, t) else plain(r.taps[k, j], 3) for j in drawn},
            },
            "level": {"x": abs(r.x[k]), **{f"a{j + 1}": abs(r.taps[k, j]) / largest for j in drawn}},
            "on": {f"element{j + 1}": j in drawn for j in range(DRAWN_TAPS)},
            "limits": {"x": (-1, 1)},
        }

    def numbers(self, m: Gamma, t: int) -> list[Block]:
        return numbers.blocks(m, t)
