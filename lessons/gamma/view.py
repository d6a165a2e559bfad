"""Lesson 3: the tapped gamma memory line, what its one number does to depth and resolution, and how to learn it."""

from typing import ClassVar

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, Label, Line, MultiLine, Scatter, Segment, Text

from app.parts.colours import LIGHT
from app.parts.diagram import Diagram
from app.parts.figures import MATH_FONT, Card, Strip, chart, rule
from app.parts.numbers import Block, number, plain, steps, symbol
from app.parts.ranges import LIMIT, change, fit
from app.shell.view import View
from engine import gamma
from lessons.gamma.model import MAX_TAPS, Result

DRAWN_TAPS = 3
NAMES = ["a₁", "a₂", "a₃", "a₄", "a₅", "a₆", "a₇", "a₈", "a₉", "a₁₀"]
# The further down the line, the paler.
FADE = np.maximum(0.72 ** np.arange(MAX_TAPS), 0.2)
OMEGA = np.linspace(0, np.pi, 91)
SUNSPOT_PERIOD = 11  # years, as the lesson takes it
RESOLUTION = np.geomspace(0.02, 2, 40)
ALPHAS = np.linspace(0, 2, 161)
LEAK_STEPS = 30
# Where the unit that keeps α grows without bound, the plot shows its first steps.
LEAK_FLOOR = -4
ALPHA = "<i>α</i>"


class GammaView(View):
    controls = ("signal", "alpha", "taps", "delay_line", "n_steps", "period")
    more = ("target_alpha", "start_alpha", "learning_rate", "descent_steps", "x")
    conceals: ClassVar = {
        "a": (("a1", "a2", "last", "d", "a_learned", "e", "dF_da", "term"), ("a1.value", "a2.value", "a3.value"))
    }

    def build(self) -> list[Card]:
        self.lines, self.dots, self.leaks, self.curve, self.path = (ColumnDataSource() for _ in range(5))
        self.sent_learning: tuple = ()
        signs, axis = {"limits": (-1.3, 1.3), "at": (-1, 0, 1)}, {"last": True, "axis_label": "time step t"}
        strip = self.stack.strip
        self.x = strip("x", "x", "input", title="Input x(t)", edits="x", hint="click or drag to edit", **signs)
        self.a1 = strip("a1", "a₁", "state", title="Tap 1, a₁(t)", height=70, ticks=3, predicts="a", **axis)
        self.a2 = strip("a2", "aₖ", "state", title="Taps 2 to K", height=46, kind="line", **axis)
        self.delays = strip(
            "delay1", "x(t−k)", "input", title="Tapped delay line", height=46, kind="line", **signs, **axis
        )
        self._per_tap(self.a2, "times", "further", "state")
        self._per_tap(self.delays, "times", "delayed", "input")
        for crowded in (self.a2, self.delays):
            _drop_dots(crowded)
        return [
            Card("", [self.x, self.a1, self.a2, self.delays]),
            Card(
                "What the line remembers",
                [*self._time_charts(), *self._frequency_charts()],
                wide=False,
                key="memory",
                help="One line for each tap, tap 1 the strongest. Lines are computed step by step, dots are the "
                "closed form of Eq. 12.2. Triangles mark k/α, the mean lag up to α = 1, blue squares the tapped "
                "delay line, and a dashed blue line the frequency of the input. The gain says how large a "
                "lasting wave is behind a tap, relative to the input. The pole (the cross) is the factor 1 − α "
                "in the plane of complex numbers z. Inside the unit circle (all z of size 1) what the line "
                "holds dies out; the thick grey line marks the stable values of 1 − α.",
            ),
            Card(
                "Learning α",
                self._learning_charts(),
                wide=False,
                key="learning",
                player="descent_steps",
                help="The target (dashed) was made with another α from the same input. The learning element has an "
                "α of its own, apart from the slider's. Each step moves it against the slope ∂F/∂α, the short "
                "line through the present point.",
            ),
            Card(
                "Where ∂F/∂α comes from",
                self._recursion_strips(),
                key="recursion",
                help="P12.3 at the α that descent has reached; â is the output of the learning element. Errors are "
                "carried backwards in time; each term is [x(t−1) − â(t−1)]·∂F/∂â(t), and all terms add up to "
                "∂F/∂α.",
            ),
            Card(
                "Two meanings of leak",
                [self._leak_chart()],
                key="leak",
                help="Two answers to a step, with the slider's α in both. Solid: (1−α)h(t−1) + αx(t) keeps 1−α of "
                "the old, as here and in reservoirs. Dashed: αh(t−1) + (1−α)x(t) keeps α, as in a leaky unit. "
                "They agree only at α = 0.5, where one curve covers the other. The unit that keeps α is stable "
                "only below α = 1; above, it grows without bound, and the plot shows its first steps.",
            ),
        ]

    def _per_tap(self, strip: Strip, x: str, y: str, role: str, width: float = 2) -> None:
        """One line per tap, paler down the line."""
        lines = MultiLine(xs=x, ys=y, line_color=LIGHT[role], line_width=width, line_alpha="fade")
        strip.plot.add_glyph(self.lines, lines)

    @staticmethod
    def _points(strip: Strip, source: ColumnDataSource, x: str, y: str, role: str = "state", **look) -> None:
        look = {"fill_color": LIGHT[role], "line_color": LIGHT[role], "size": 9} | look
        strip.plot.add_glyph(source, Scatter(x=x, y=y, **look))

    def _time_charts(self) -> list[Strip]:
        pale = {"fill_alpha": "fade", "line_alpha": "fade"}
        self.impulse = chart(
            "impulse",
            "Answers of the taps to an impulse",
            x_label="lag (steps)",
            y_label="answer",
            x_limits=(0, 30),
            y_limits=(0, 1),
        )
        self._per_tap(self.impulse, "lags", "responses", "state")
        self._points(self.impulse, self.dots, "lag", "value", size=5, fill_color=LIGHT["card"], line_alpha="fade")
        self._points(self.impulse, self.lines, "depth", "zero", marker="inverted_triangle", **pale)
        self.impulse.plot.add_glyph(
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
        self.trade = chart(
            "trade",
            "Depth against resolution",
            x_label="resolution α (taps per step)",
            y_label="depth k/α (steps)",
            x_limits=(0, 2.05),
            y_limits=(0, 20),
        )
        self._per_tap(self.trade, "resolutions", "depths", "target", 1)
        self._points(self.trade, self.lines, "one", "tap", "input", marker="square", fill_color=LIGHT["card"])
        self._points(self.trade, self.lines, "resolution", "depth", **pale)
        return [self.impulse, self.trade]

    def _frequency_charts(self) -> list[Strip]:
        self.gain = chart(
            "gain",
            "Gain |H(ω)| of each tap",
            x_label="frequency ω (radians per step)",
            y_label="gain",
            x_limits=(0, np.pi),
            y_limits=(0, 1.1),
        )
        quarters = {k * np.pi / 4: name for k, name in enumerate(("0", "π/4", "π/2", "3π/4", "π"))}
        self.gain.plot.below[0].update(ticker=FixedTicker(ticks=list(quarters)), major_label_overrides=quarters)
        self._per_tap(self.gain, "omegas", "gains", "state")
        self.tone = rule(self.gain.plot, -1, "height", "input")
        self.no_gain = Label(
            x=np.pi / 2,
            y=0.5,
            text="no gain: the line never settles",
            text_align="center",
            text_color=LIGHT["muted"],
            text_font_size="12px",
            visible=False,
        )
        self.gain.plot.add_layout(self.no_gain)
        self.pole = chart(
            "pole",
            "Pole at 1 − α, stable inside the circle",
            x_label="real part of z",
            y_label="imaginary part",
            x_limits=(-1.5, 1.5),
            y_limits=(-1.25, 1.25),
            ticks=3,
        )
        # equal scales whatever the width of the window, so that the circle is one
        self.pole.plot.update(sizing_mode=None, width=None, height=None, frame_width=207, frame_height=173)
        angle = np.linspace(0, 2 * np.pi, 121)
        circle = ColumnDataSource({"x": np.cos(angle), "y": np.sin(angle)})
        self.pole.plot.add_glyph(circle, Line(x="x", y="y", line_color=LIGHT["muted"], line_width=1.5))
        stable = Segment(x0=-1, x1=1, y0=0, y1=0, line_color=LIGHT["target"], line_width=6, line_alpha=0.5)
        self.pole.plot.add_glyph(stable)
        self._points(self.pole, self.lines, "pole", "zero", marker="x", size=15, line_width=3)
        return [self.gain, self.pole]

    def _learning_charts(self) -> list[Strip]:
        self.loss = chart(
            "loss",
            "Loss F(α) and the path of the descent",
            x_label="α",
            y_label="loss F",
            x_limits=(0, 2),
            y_limits=(0, 1),
        )
        self.walk = chart(
            "walk",
            "α after each step",
            x_label="steps of descent",
            y_label="α",
            x_limits=(0, 10),
            y_limits=(-0.05, 2.05),
        )
        self.targets = [rule(self.loss.plot, 0, "height", "target"), rule(self.walk.plot, 0, "width", "target")]
        look = {"line_color": LIGHT["gradient"], "line_width": 2}
        self.loss.plot.add_glyph(self.curve, Line(x="alpha", y="loss", line_color=LIGHT["state"], line_width=2))
        self.loss.plot.add_glyph(self.path, Segment(x0="x0", x1="x1", y0="y0", y1="y1", **look))
        self.walk.plot.add_glyph(self.path, Line(x="step", y="alpha", **look))
        for plotted, x, y in ((self.loss, "alpha", "loss"), (self.walk, "step", "alpha")):
            self._points(plotted, self.path, x, y, "gradient", size="size", fill_alpha=0.6, line_alpha=0.6)
        return [self.loss, self.walk]

    def _recursion_strips(self) -> list[Strip]:
        strip = self.stack.strip
        self.learned = strip(
            "a_learned",
            "â, d",
            "state",
            title="Output â(t) of the learning element and target d(t)",
            height=60,
            kind="line",
        )
        _drop_dots(self.learned)
        self.stack.trace(self.learned, "d", "target", kind="line", dash="dashed", pin=False)
        self.recursion = [
            strip("e", "e", "state", title="Error e(t) = d(t) − â(t)", height=50),
            strip("dF_da", "∂F/∂â", "gradient", title="∂F/∂â(t), backwards in time", height=56),
            strip(
                "term",
                "term",
                "gradient",
                title="Terms of ∂F/∂α",
                height=56,
                kind="bar",
                last=True,
                axis_label="time step t",
            ),
        ]
        # a long label beside a long number would push its plot out of line with the others
        self.recursion[1].plot.left[0].update(axis_label_text_font_size="11px", axis_label_standoff=-3)
        return [self.learned, *self.recursion]

    def _leak_chart(self) -> Strip:
        self.leak = chart(
            "leak",
            "Answers to a step",
            x_label="steps after the step",
            y_label="h",
            height=180,
            x_limits=(0, LEAK_STEPS),
            y_limits=(-0.15, 2.15),
        )
        for column, role, dash in (("solid", "state", "solid"), ("dashed", "muted", "dashed")):
            look = {"line_color": LIGHT[role], "line_width": 2.5, "line_dash": dash}
            self.leak.plot.add_glyph(self.leaks, Line(x="lag", y=column, **look))
        return self.leak

    def update(self) -> dict[str, np.ndarray]:
        m, r = self.model, self.model.result
        g, delays = r.gradient, gamma.delay_line(r.x, m.taps)
        self._send_memory(r, delays)
        inputs = (r.x.tobytes(), m.target_alpha, m.start_alpha, m.learning_rate, m.descent_steps)
        if inputs != self.sent_learning:
            self.sent_learning = inputs
            self._send_learning(r)
        # the range must not give a hidden answer away
        known = np.abs(r.taps[:, :1]).max() * np.array([-1, 1]) if self.concealed else r.taps[:, 0]
        fit(self.a1.plot.y_range, known, include=(-1, 1) if self.concealed else (0, 0.02))
        _fit(self.a2, r.taps[:, 1:])
        self._place_axis()
        second = r.taps[:, 1] if m.taps > 1 else np.full(m.n_steps, np.nan)
        # no plot draws `last`: the shell finds in it where the line has passed the plots' limit
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

    def _place_axis(self) -> None:
        """Show the plots that are asked for; the lowest carries the time axis."""
        shown = [self.a1] + [self.a2] * (self.model.taps > 1) + [self.delays] * self.model.delay_line
        self.stack.show([self.a1, self.a2, self.delays], shown)

    def _send_memory(self, r: Result, delays: np.ndarray) -> None:
        """All that has one line or one point per tap, in one message; blank while the reader predicts."""
        m, n, taps = self.model, self.model.n_steps, self.model.taps
        if self.concealed:
            for source in (self.lines, self.dots, self.leaks):
                source.data = {name: [] for name in source.data}
            return
        responses = _alive(_bounded(gamma.impulse_response(m.alpha, n, taps=taps)))
        lags, tap, blank = np.arange(len(responses)), np.arange(1.0, taps + 1), np.full(n, np.nan)
        every = max(1, lags.size // 40)
        closed = _bounded(gamma.impulse_response_closed_form(m.alpha, lags.size, taps=taps))[::every]
        gains, depth = np.full((OMEGA.size, taps), np.nan), np.full(taps, np.nan)
        if m.alpha < 2:
            gains = np.abs(gamma.frequency_response(m.alpha, OMEGA, taps=taps))
        if gamma.is_stable(m.alpha):
            depth = gamma.mean_lag(m.alpha, taps)
        peaks = np.abs(responses).argmax(axis=0)
        self.lines.data = {
            "fade": FADE[:taps],
            "name": NAMES[:taps],
            "tap": tap,
            "one": np.ones(taps),
            "zero": np.zeros(taps),
            "times": [m.time] * taps,
            "lags": [lags] * taps,
            "omegas": [OMEGA] * taps,
            "resolutions": [RESOLUTION] * taps,
            # the first rows have a strip or a trace of their own
            "further": [blank, blank, *_bounded(r.taps[:, 2:]).T][:taps],
            "delayed": [blank, *delays[:, 1:].T],
            "responses": list(responses.T),
            "gains": list(gains.T),
            "depths": [k / RESOLUTION for k in tap],
            "resolution": np.full(taps, m.alpha),
            "depth": depth,
            "pole": np.full(taps, 1 - m.alpha),
            "peak_lag": peaks,
            "peak": responses[peaks, np.arange(taps)],
        }
        self.dots.data = {
            "lag": np.tile(lags[::every], taps),
            "value": closed.T.ravel(),
            "fade": np.repeat(FADE[:taps], closed.shape[0]),
        }
        # These units answer at once, the gamma element one step later.
        answers = [gamma.run(np.ones(LEAK_STEPS + 2), share)[1:, 0] for share in (m.alpha, 1 - m.alpha)]
        self.leaks.data = {
            "lag": np.arange(LEAK_STEPS + 1),
            "solid": answers[0],
            "dashed": np.clip(answers[1], 4 * LEAK_FLOOR, None),
        }
        fit(self.leak.plot.y_range, answers[0], np.maximum(answers[1], LEAK_FLOOR), include=(0, 1), pad=0.05)
        self._fit_memory(responses, gains, depth)

    def _fit_memory(self, responses: np.ndarray, gains: np.ndarray, depth: np.ndarray) -> None:
        m = self.model
        change(self.impulse.plot.x_range, end=len(responses) - 0.5)
        _fit(self.impulse, responses)
        change(self.no_gain, visible=m.alpha == 2)
        fit(self.gain.plot.y_range, np.minimum(gains.ravel(), 10), include=(0, 1))
        fit(self.trade.plot.y_range, depth, include=(0, m.taps))
        period = {"sine": m.period, "square": m.period, "sunspots": SUNSPOT_PERIOD}.get(m.signal)
        change(self.tone, location=2 * np.pi / period if period else -1)

    def _send_learning(self, r: Result) -> None:
        alpha, loss, last = r.descent.alpha, r.descent.loss, r.descent.alpha.size - 1
        curve, now = gamma.loss_curve(r.x, r.d, ALPHAS), np.arange(last + 1) == last
        top = 1.15 * max(float(loss.max()), float(curve[0]), 1e-3)
        self.curve.data = {"alpha": ALPHAS, "loss": np.where(curve < 3 * top, curve, np.nan)}
        # the tangent goes through the last point only
        half, rise = 0.12, 0.12 * r.descent.gradient
        self.path.data = {
            "step": np.arange(last + 1),
            "alpha": alpha,
            "loss": loss,
            "size": np.where(now, 13, 6),
            "x0": np.where(now, alpha - half, np.nan),
            "x1": alpha + half,
            "y0": loss - rise,
            "y1": loss + rise,
        }
        fit(self.loss.plot.y_range, include=(0, top))
        fit(self.walk.plot.x_range, include=(0, max(10, last)), pad=0.02)
        _fit(self.learned, np.append(r.gradient.output, r.d))
        for strip, values in zip(self.recursion, (r.gradient.error, r.gradient.dF_da, r.gradient.terms), strict=True):
            _fit(strip, values)
        for target in self.targets:
            change(target, location=self.model.target_alpha)

    def idle_controls(self) -> set[str]:
        return set() if self.model.signal in ("sine", "square") else {"period"}

    def hidden_cards(self) -> set[str]:
        return {"memory", "learning", "recursion", "leak"} if self.concealed else set()

    def edited(self, name: str) -> None:
        """Drawing starts from the signal that is shown."""
        if self.model.signal != "drawn":
            shown = tuple(np.round(self.model.result.x, 3).tolist())
            self.model.param.update(x=shown, signal="drawn")

    def diagram(self) -> Diagram:
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

    def live(self, t: int) -> dict[str, dict]:
        m, r, k = self.model, self.model.result, t - 1
        drawn = range(min(m.taps, DRAWN_TAPS))
        largest = max(np.abs(r.taps).max(), 1e-9)  # of all taps, so that their greys compare
        return {
            "text": {
                "x.value": plain(r.x[k], 3),
                "alpha": f"α={plain(m.alpha)}",
                "keep": f"1−α = {plain(1 - m.alpha)}",
                "more": f"+{m.taps - DRAWN_TAPS} …" if m.taps > DRAWN_TAPS else "",
                **{f"a{j + 1}.value": plain(r.taps[k, j], 3) for j in drawn},
            },
            "level": {"x": abs(r.x[k]), **{f"a{j + 1}": abs(r.taps[k, j]) / largest for j in drawn}},
            "on": {f"element{j + 1}": j in drawn for j in range(DRAWN_TAPS)},
            "limits": {"x": (-1, 1)},
        }

    def numbers(self, t: int) -> list[Block]:
        taps = [self._tap_block(t, tap) for tap in range(1, min(self.model.taps, 2) + 1)]
        return [*taps, self._error_block(t), self._gradient_block(), self._leak_block()]

    def _tap_block(self, t: int, tap: int) -> Block:
        """a_k(t) from the values one step before."""
        m, a, alpha, keep = self.model, self.model.result.taps, self.model.alpha, 1 - self.model.alpha
        source, role = (m.result.x, "input") if tap == 1 else (a[:, tap - 2], "")
        fed, own = (source[t - 2], a[t - 2, tap - 1]) if t > 1 else (0.0, 0.0)
        name = symbol("x", "input", t - 1) if tap == 1 else symbol("a", "", t - 1, sub=str(tap - 1))
        note = "" if t > 1 else "Before step 1 everything is 0."
        if tap == 1 and m.signal == "impulse" and t > 1:
            note = (
                f"Eq. 12.2, {steps(t - 1)} after the impulse: α(1−α)<sup>{t - 2}</sup> = {number(alpha)}·"
                f"{number(keep, signed=True)}<sup>{t - 2}</sup> = {number(alpha * keep ** (t - 2))}."
            )
        before, now = (symbol("a", "", step, sub=str(tap)) for step in (t - 1, t))
        return Block(
            f"Tap {tap} at t = {t}" + (" (Eq. 12.1)" if tap == 1 else ""),
            [
                f"{now} = {ALPHA}·{name} + (1−{ALPHA})·{before}",
                f"&emsp;= {number(alpha)}·{number(fed, role, signed=True)} + {_in(keep)}·{_in(own)}",
                f"&emsp;= {number(alpha * fed)} + {_in(keep * own)} = <b>{number(a[t - 1, tap - 1])}</b>",
            ],
            note,
        )

    def _error_block(self, t: int) -> Block:
        """P12.3 at step t: error, total derivative, term, and the sum from the end back to here."""
        m, g, k = self.model, self.model.result.gradient, t - 1
        following = g.dF_da[t] if t < m.n_steps else 0.0
        x, a = (m.result.x[k - 1], g.output[k - 1]) if k else (0.0, 0.0)
        now, later = (symbol("∂F/∂â", "gradient", step) for step in (t, t + 1))
        slope = number(g.dF_da[k], "gradient", signed=True)
        return Block(
            f"Learning at t = {t}, learned α = {plain(m.reached)}",
            [
                f"learned {ALPHA} = {number(m.reached)}, its output is <i>â</i>",
                f"(not the slider’s {ALPHA} = {number(m.alpha)})",
                f"<i>e</i>({t}) = <i>d</i>({t}) − <i>â</i>({t})",
                # differences of close numbers need more digits to add up
                f"&emsp;= {number(m.result.d[k], digits=6)} − {number(g.output[k], digits=6, signed=True)}",
                f"&emsp;= <b>{number(g.error[k])}</b>",
                f"{now} = −2<i>e</i>({t}) + (1−{ALPHA})·{later}",
                f"&emsp;= {number(-2 * g.error[k])} + {_in(1 - m.reached)}·{number(following, 'gradient', signed=True)}",
                f"&emsp;= {number(g.dF_da[k], 'gradient')}",
                f"term = [<i>x</i>({t - 1}) − <i>â</i>({t - 1})]·{now}",
                f"&emsp;= [{number(x, 'input', digits=6)} − {number(a, digits=6, signed=True)}]·{slope}",
                f"&emsp;= {number(g.terms[k], 'gradient')}",
                f"terms from {m.n_steps} back to {t}: {number(g.terms[k:].sum(), 'gradient')}",
            ],
        )

    def _gradient_block(self) -> Block:
        """The whole gradient, its check by a difference of losses, and the step that follows from it."""
        m, total = self.model, self.model.result.gradient.dF_dalpha
        measured = m.central_difference()
        size, scale = max(abs(total), abs(measured)), float((m.result.d**2).sum()) + m.result.gradient.loss
        # below this the second line is made of rounding and has no digits to compare
        tiny = total == 0 or size < 1e-7 * scale
        kind, difference = (
            ("The difference", abs(total - measured))
            if tiny
            else ("The relative difference", abs(total - measured) / size)
        )
        zero = " Both are practically 0: the descent has arrived, or there is nothing to learn." if tiny else ""
        note = (
            f"The second line checks the first without any recursion: move the learned {ALPHA} a little to either "
            f"side, by <i>ε</i> = 10<sup>−5</sup>, and see how the loss changes. {kind} is "
            f"{number(difference, digits=2)}.{zero}"
        )
        moved = m.reached - m.learning_rate * total / m.n_steps
        kept = "" if 0 <= moved <= 2 else f", kept at {plain(min(max(moved, 0.0), 2.0))}"
        slope = number(total, "gradient", signed=True)
        loss = "[<i>F</i>(<i>α+ε</i>) − <i>F</i>(<i>α−ε</i>)] / 2<i>ε</i>"
        return Block(
            "All steps together",
            [
                f"{symbol('∂F/∂α', 'gradient')} = sum of {m.n_steps} terms = {number(total, 'gradient', digits=6)}",
                f"{loss} = {number(measured, digits=6)}",
                f"{ALPHA} ← {ALPHA} − <i>η</i>·{symbol('∂F/∂α', 'gradient')}/<i>T</i>",
                f"&emsp;= {number(m.reached)} − {number(m.learning_rate)}·{slope}/{m.n_steps}",
                f"&emsp;= <b>{number(moved)}</b>{kept}",
            ],
            note,
        )

    def _leak_block(self) -> Block:
        alpha, keep = self.model.alpha, 1 - self.model.alpha
        old, new, x = "<i>h</i>(<i>t</i>)", "<i>h</i>(<i>t</i>−1)", "<i>x</i>(<i>t</i>)"
        note = "The gamma element and the reservoir unit keep 1−α, the leaky unit keeps α."
        if alpha == 0.5:
            note += " At 0.5, and only there, the two agree."
        elif alpha == 1:
            note += " At 1 the leaky unit lets nothing in."
        elif alpha > 1:
            note += " Above 1 the leaky unit multiplies its state by more than 1 and grows without bound."
        return Block(
            f"Two meanings of leak, α = {plain(alpha)}",
            [
                f"{old} = (1−{ALPHA})·{new} + {ALPHA}·{x}",
                f"&emsp;keeps 1−{ALPHA} = {number(keep)}; after 10 steps {number(keep**10, digits=3)}",
                f"{old} = {ALPHA}·{new} + (1−{ALPHA})·{x}",
                f"&emsp;keeps {ALPHA} = {number(alpha)}; after 10 steps {number(alpha**10, digits=3)}",
            ],
            note,
        )


def _drop_dots(strip: Strip) -> None:
    """Lines only: dots would hide the paler or dashed lines beside them."""
    strip.plot.renderers = [drawn for drawn in strip.plot.renderers if not isinstance(drawn.glyph, Scatter)]


def _bounded(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -LIMIT, LIMIT)


def _alive(responses: np.ndarray) -> np.ndarray:
    """The lags up to the last one at which any tap is above half a percent of its peak, in tens."""
    alive = np.flatnonzero((np.abs(responses) > 0.005 * np.abs(responses).max(axis=0)).any(axis=1))
    return responses[: 10 * int(np.ceil(alive.max(initial=1) / 10)) + 1]


def _fit(strip: Strip, values: np.ndarray) -> None:
    fit(strip.plot.y_range, values.ravel(), include=(0, 0.02))


def _in(value: float) -> str:
    """A number inside a sum or product."""
    return number(value, signed=True)
