"""Lesson 2: the gate, the constant error carousel, and the gated carousel that an LSTM is built around."""

from typing import ClassVar

import numpy as np
import param

from app.diagram import Diagram
from app.export import literal
from app.figures import Card, fit
from app.model import Check, PageModel
from app.numbers import Block, number, plain, steps, symbol
from app.sequence import Sequence
from app.shell import serve
from app.view import View
from engine import cec

ONES = (1.0,) * 13


class GatedCEC(PageModel):
    """c(t) = i(t) x(t) + w f(t) c(t−1), y(t) = o(t) c(t) (chapter 12, Eq. 12.37 and Fig. 12.16)."""

    n_steps = param.Integer(13, bounds=(10, 200), label="steps T", doc="number of time steps")
    cursor = param.Integer(7, bounds=(1, 200), doc="time step under the cursor")
    circuit = param.Selector(
        default="gated carousel",
        objects=["gated carousel", "carousel", "gate"],
        label="circuit",
        doc="the gate alone, the loop alone, or both",
    )
    w = param.Number(
        1.0,
        bounds=(0.5, 1.2),
        step=0.01,
        label="own weight w",
        doc="the carousel's weight on itself; only 1 makes it constant",
    )
    sensitivity_at = param.Integer(
        13,
        bounds=(1, 200),
        label="sensitivity of c at step",
        doc="the step whose memory is taken apart into its inputs",
    )
    snap = param.Boolean(True, label="snap to 0 and 1", doc="painting rounds to whole numbers")
    constant_forget = param.Boolean(
        False, label="constant forget gate", doc="f is the same at every step: a leaky integrator"
    )
    forget_level = param.Number(0.9, bounds=(0, 1), step=0.01, label="constant f", doc="f when it is constant")
    signed_input = param.Boolean(
        False, label="x from −3 to 3", doc="show and paint inputs from −3 to 3 instead of 0 to 1"
    )
    x = Sequence(ONES, bounds=(-3, 3), label="input x")
    input_gate = Sequence((1.0,) * 4 + (0.0,) * 3 + (1.0,) * 6, label="input gate i")
    forget_gate = Sequence((1.0,) * 6 + (0.0,) + (1.0,) * 3 + (0.0,) * 3, fill=1.0, label="forget gate f")
    output_gate = Sequence(ONES, fill=1.0, label="output gate o")

    def gates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Input, forget and output gate (T,) as the chosen circuit uses them."""
        ones = np.ones(self.n_steps)
        if self.circuit == "carousel":
            return ones, ones, ones
        i = self.sequence("input_gate")
        if self.circuit == "gate":
            return i, np.zeros(self.n_steps), ones
        f = ones * self.forget_level if self.constant_forget else self.sequence("forget_gate")
        return i, f, self.sequence("output_gate")

    @property
    def sensed(self) -> int:
        """The step T of ∂c(T)/∂x(k), kept inside the steps shown."""
        return min(self.sensitivity_at, self.n_steps)

    def compute(self) -> dict[str, np.ndarray]:
        x, (i, f, o) = self.sequence("x"), self.gates()
        run = cec.run(x, i, f, output_gate=o, w=self.w)
        row = cec.sensitivity(i, f, w=self.w)[self.sensed - 1]
        return {
            "x": x,
            "i": i,
            "f": f,
            "o": o,
            "c": run.c,
            "y": run.y,
            "dc_dx": row,
            "factor": cec.factors(f, w=self.w),
            "log10_product": self._log10_products(f),
        }

    def _log10_products(self, f: np.ndarray) -> np.ndarray:
        """log10 of the factors multiplied from k+1 to the sensed step; beyond that step there is no product."""
        products = np.full(self.n_steps, np.nan)
        products[: self.sensed] = cec.log10_products(f[: self.sensed], w=self.w)
        return products

    def table(self) -> dict[str, np.ndarray]:
        return {"t": self.time, **self.result}

    def script(self) -> str:
        i, f, o = self.gates()
        return f"""
import numpy as np

from engine import cec

x = np.array({literal(self.sequence("x"))})
i = np.array({literal(i)})
f = np.array({literal(f)})
o = np.array({literal(o)})
w, at = {self.w!r}, {self.sensed}  # the sensitivity is that of c(at)

run = cec.run(x, i, f, output_gate=o, w=w)
log10_product = np.full(len(x), np.nan)
log10_product[:at] = cec.log10_products(f[:at], w=w)
table = {{"t": np.arange(1, len(x) + 1), "x": x, "i": i, "f": f, "o": o, "c": run.c, "y": run.y,
         "dc_dx": cec.sensitivity(i, f, w=w)[at - 1], "factor": cec.factors(f, w=w), "log10_product": log10_product}}
"""

    def sentence(self) -> str:
        r, t = self.result, self.at
        if self.circuit == "gate":
            return (
                "A gate alone has no memory: the output is the input where the gate is open, and 0 where it is closed."
            )
        return f"{self._at_cursor(r, t)} {self._reach(r)}"

    def _at_cursor(self, r: dict, t: int) -> str:
        before, now, kept = (r["c"][t - 2] if t > 1 else 0.0), r["c"][t - 1], self.w * r["f"][t - 1]
        if t == 1 or before == 0:
            return f"At t = {t} the carousel starts from nothing and holds {plain(now)}."
        if kept == 0:
            return (
                f"At t = {t} the forget gate closes and the carousel loses its {plain(before)}; c is now {plain(now)}."
            )
        share = f"keeps its {plain(before)}" if kept == 1 else f"keeps {plain(100 * kept)} % of its {plain(before)}"
        added = now - kept * before
        return f"At t = {t} the carousel {share}" + (f" and takes in {plain(added)}." if abs(added) > 1e-12 else ".")

    def _reach(self, r: dict) -> str:
        sensed, row = self.sensed, np.abs(r["dc_dx"][: self.sensed])
        reached = np.flatnonzero(row > 1e-12)
        if not reached.size:
            return f"No input can reach c({sensed})."
        first, factors = int(reached[0]) + 1, r["factor"][:sensed]
        cuts = np.flatnonzero(factors == 0)
        constant = factors[1:] if sensed > 1 else factors
        if cuts.size:
            return f"Nothing before t = {int(cuts[-1]) + 1} can reach c({sensed}): there the forget gate is closed."
        if np.ptp(constant) < 1e-12 and not np.isclose(constant[0], 1):
            rate = constant[0]
            times = np.log(0.5 if rate < 1 else 2.0) / np.log(rate)
            word = "halves" if rate < 1 else "doubles"
            return f"The sensitivity {word} every {plain(times, 3)} steps back in time: each step multiplies it by {plain(rate)}."
        return f"The earliest input that still reaches c({sensed}) is x({first}), with sensitivity {plain(r['dc_dx'][first - 1])}."

    def divergence(self, step: int) -> str:
        return f"Every step multiplies the memory by up to w = {plain(self.w)}; {plain(self.w)}^{step} is already {plain(self.w**step)}."

    def explain(self, name: str, step: int) -> str:
        r, k = self.result, step - 1
        before = r["c"][k - 1] if k else 0.0
        return (
            f"c({step}) = i·x + w·f·c({step - 1}) = {plain(r['i'][k])}·{plain(r['x'][k])} + "
            f"{plain(self.w)}·{plain(r['f'][k])}·{plain(before)} = {plain(r['c'][k])}."
        )

    # Challenges

    def keeps_then_forgets(self) -> Check:
        c = self.result["c"]
        held = {int(k): _steps_held(c, k) for k in np.flatnonzero(np.abs(c) > 0.1)}
        k = max(held, key=held.get, default=None)
        if k is None or held[k] < 50:
            return Check(False, f"The longest a value is kept now: {steps(held.get(k, 0))}; 50 are asked for.")
        kept = f"c({k + 1}) = {plain(c[k])} is kept for {steps(held[k])}"
        if abs(c[-1]) < 0.01 * abs(c[k]):
            return Check(True, f"{kept}, then forgotten.")
        return Check(False, f"{kept}, but at the end c is still {plain(c[-1])}.")

    def sums_positive_inputs(self) -> Check:
        r = self.result
        wanted, got = float(r["x"][r["x"] > 0].sum()), float(r["c"][-1])
        signs = int((r["x"] > 0).sum()), int((r["x"] < 0).sum())
        if min(signs) < 3:
            return Check(False, f"x needs at least 3 positive and 3 negative values; it has {signs[0]} and {signs[1]}.")
        if self.circuit != "gated carousel":
            return Check(False, "Use the gated carousel: the input gate has to choose.")
        passed = abs(got - wanted) < 1e-6
        return Check(passed, f"The positive inputs sum to {plain(wanted)}; c({self.n_steps}) is {plain(got)}.")

    def only_step_five(self) -> Check:
        row, at = self.result["dc_dx"][: self.sensed], self.sensed
        if at < 6:
            return Check(False, "Look from T = 6 or later.")
        others = int((np.delete(row, 4) != 0).sum())
        return Check(
            bool(row[4] == 1 and others == 0),
            f"∂c({at})/∂x(5) is {plain(row[4])}; {others} other steps have a sensitivity that is not 0.",
        )


class GatedCECView(View):
    controls = ("circuit", "w", "n_steps", "sensitivity_at", "snap", "constant_forget")
    more = ("forget_level", "signed_input", "x", "input_gate", "forget_gate", "output_gate")
    conceals: ClassVar = {"c": (("c", "y", "dc_dx"), ("c.value", "y.value", "f.note"))}

    def build(self) -> list[Card]:
        strip = self.stack.strip
        self.x = strip("x", "x", "input", title="Input x(t)", edits="x", at=(0, 1), hint="click or drag to edit")
        strips = [
            self.x,
            strip("i", "i", "input_gate", title="Input gate i(t)", edits="input_gate", limits=(-0.15, 1.15), at=(0, 1)),
            strip(
                "f", "f", "forget_gate", title="Forget gate f(t)", edits="forget_gate", limits=(-0.15, 1.15), at=(0, 1)
            ),
            strip(
                "o", "o", "output_gate", title="Output gate o(t)", edits="output_gate", limits=(-0.15, 1.15), at=(0, 1)
            ),
        ]
        self.c = strip("c", "c", "state", title="Carousel c(t)", height=76, ticks=3, predicts="c")
        self.y = strip("y", "y", "state", title="Output y(t)", height=48)
        self.sensitivity = strip(
            "dc_dx",
            "∂c/∂x",
            "gradient",
            title="Sensitivity of c(T) to x(k)",
            height=48,
            last=True,
            axis_label="time step",
        )
        self.factor = strip("factor", "w f(j)", "forget_gate", title="The factors w·f(j)", height=80, kind="bar")
        self.product = strip(
            "log10_product",
            "log₁₀",
            "gradient",
            title="log₁₀ of the product from k + 1 to T",
            height=90,
            kind="line",
            ticks=3,
            last=True,
            axis_label="time step k",
        )
        return [
            Card("", [*strips, self.c, self.y, self.sensitivity]),
            Card(
                "The product, factor by factor",
                [self.factor, self.product],
                help="∂c(T)/∂c(k) is the product of w·f(j) for j = k + 1 … T. On the logarithmic axis a constant factor "
                "is a straight line; where a factor is 0 the line ends.",
                key="product",
            ),
        ]

    def update(self) -> dict[str, np.ndarray]:
        r = self.model.result
        low, high = self.input_limits()
        fit(self.x.plot.y_range, include=(low, high))
        self.x.plot.left[0].ticker.ticks = sorted({low, 0, high})
        fit(self.c.plot.y_range, r["c"], include=(0, 1))
        fit(self.y.plot.y_range, r["y"], include=(0, 1))
        fit(self.sensitivity.plot.y_range, r["dc_dx"], include=(0, 1))
        fit(self.factor.plot.y_range, r["factor"], include=(0, 1))
        finite = r["log10_product"][np.isfinite(r["log10_product"])]
        fit(self.product.plot.y_range, finite, include=(-1, 0.2))
        return dict(r) | {"log10_product": np.where(np.isfinite(r["log10_product"]), r["log10_product"], np.nan)}

    def input_limits(self) -> tuple[float, float]:
        x = self.model.sequence("x")
        return (-3, 3) if self.model.signed_input or x.min() < 0 or x.max() > 1 else (0, 1)

    def hidden_cards(self) -> set[str]:
        return {"product"} if self.model.circuit == "gate" else set()

    def diagram(self) -> Diagram:
        d = Diagram(
            640,
            182,
            "Input x passes the input gate into a sum; the sum is the state c, fed back through a delay, the "
            "weight w and the forget gate; the output gate lets c out as y.",
        )
        d.arrow((64, 66), (168, 66))
        d.arrow((232, 66), (292, 66))
        d.arrow((336, 66), (468, 66))
        d.arrow((532, 66), (576, 66))
        d.arrow((404, 66), (404, 140), (347, 140), name="loop")
        d.arrow((289, 140), (266, 140), (266, 112), (302, 84), name="loop")
        d.delay(404, 103)
        d.unit("x", 42, 66, "input", label="x")
        d.gate("i", 200, 66, "input_gate", label="i")
        d.operator(314, 66)
        d.gate("f", 318, 140, "forget_gate", label="", size=58)
        d.gate("o", 500, 66, "output_gate", label="o")
        d.unit("y", 598, 66, "state", label="y")
        d.label(404, 54, "", "value state", live="c.value")
        d.label(252, 160, "", "gate-label forget-gate", live="f.name", anchor="end")
        d.label(362, 172, "", "note", live="f.words", anchor="start")
        d.label(258, 118, "", "weight", live="w", anchor="end")
        return d

    def live(self, t: int) -> dict[str, dict]:
        r, k, m = self.model.result, t - 1, self.model
        before = r["c"][k - 1] if k else 0.0
        size = max(1.0, float(np.abs(r["y"]).max()))
        loop = m.circuit != "gate"
        lost = f"closed: forgets {plain(before)}" if before and r["f"][k] == 0 else _opening(r["f"][k])
        return {
            "text": {
                "x.value": plain(r["x"][k]),
                "i.label": f"i = {plain(r['i'][k])}",
                "i.note": _opening(r["i"][k]),
                "f.name": f"f = {plain(r['f'][k])}" if loop else "no loop",
                "f.words": lost if loop else "",
                "o.label": f"o = {plain(r['o'][k])}",
                "o.note": _opening(r["o"][k]),
                "c.value": f"c = {plain(r['c'][k])}",
                "y.value": plain(r["y"][k]),
                "w": f"w = {plain(m.w)}",
            },
            "level": {"x": abs(r["x"][k]) / max(1.0, float(np.abs(r["x"]).max())), "y": abs(r["y"][k]) / size},
            "open": {"i": r["i"][k], "f": r["f"][k], "o": r["o"][k]},
            "on": {"loop": loop},
            "snap": m.snap,
            "limits": {"x": self.input_limits()},
        }

    def numbers(self, t: int) -> list[Block]:
        m, r, k = self.model, self.model.result, t - 1
        if m.circuit == "gate":
            return [
                Block(
                    f"At t = {t}",
                    [
                        f"{symbol('y', '', t)} = {symbol('i', 'input_gate', t)} · {symbol('x', 'input', t)}",
                        f"= {number(r['i'][k], 'input_gate')} · {number(r['x'][k], 'input', signed=True)} = <b>{number(r['y'][k])}</b>",
                    ],
                )
            ]
        before = r["c"][k - 1] if k else 0.0
        state = Block(
            f"At t = {t}",
            [
                f"{symbol('c', '', t)} = {symbol('i', 'input_gate', t)}·{symbol('x', 'input', t)} + <i>w</i>·"
                f"{symbol('f', 'forget_gate', t)}·{symbol('c', '', t - 1)}",
                f"&emsp;= {number(r['i'][k], 'input_gate')}·{number(r['x'][k], 'input', signed=True)} + {number(m.w)}·"
                f"{number(r['f'][k], 'forget_gate')}·{number(before, signed=True)}",
                f"&emsp;= {number(r['i'][k] * r['x'][k], signed=True)} + {number(m.w * r['f'][k] * before, signed=True)} = "
                f"<b>{number(r['c'][k])}</b>",
                f"{symbol('y', '', t)} = {symbol('o', 'output_gate', t)}·{symbol('c', '', t)} = {number(r['o'][k], 'output_gate')}·"
                f"{number(r['c'][k], signed=True)} = <b>{number(r['y'][k])}</b>",
            ],
        )
        return [state, self._product_block(t)]

    def _product_block(self, t: int) -> Block:
        """∂c(T)/∂x(t) with all its factors, the middle ones left out where there are many."""
        r, at = self.model.result, self.model.sensed
        if t > at:
            return Block(
                f"How much of x({t}) is in c({at})",
                [f"{symbol('∂c', 'gradient', at)}/{symbol('∂x', 'gradient', t)} = <b>0</b>"],
                f"x({t}) comes after c({at}): it can't reach back.",
            )
        factors = r["factor"][t:at]
        shown = [number(v, "forget_gate") for v in factors]
        if len(shown) > 8:
            shown = [*shown[:4], "…", *shown[-3:]]
        zero = np.flatnonzero(factors == 0)
        if zero.size:
            note = f"The factor at j = {t + 1 + int(zero[0])} is 0: one closed gate cuts every path behind it."
        elif not factors.size:
            note = f"No step lies between x({t}) and c({at}): only the input gate counts."
        else:
            note = f"{len(factors)} factors; their product is {plain(float(np.prod(factors)))}."
        span = f", <i>j</i> = {t + 1} … {at}" if factors.size else ""
        return Block(
            f"How much of x({t}) is in c({at})",
            [
                f"{symbol('∂c', 'gradient', at)}/{symbol('∂x', 'gradient', t)} = {symbol('i', 'input_gate', t)} · ∏ <i>w</i> "
                f"{symbol('f', 'forget_gate', 'j')}{span}",
                f"&emsp;= {number(r['i'][t - 1], 'input_gate')}" + (" · " + "·".join(shown) if shown else ""),
                f"&emsp;= <b class=gradient>{number(r['dc_dx'][t - 1])}</b>",
            ],
            note,
        )


def _steps_held(c: np.ndarray, k: int) -> int:
    """How many steps after row k the value c[k] stays within 1 %."""
    left = np.flatnonzero(np.abs(c[k:] - c[k]) > 0.01 * abs(c[k]))
    return int(left[0] if left.size else c.size - k) - 1


def _opening(gate: float) -> str:
    return {0.0: "closed", 1.0: "open"}.get(float(gate), f"{plain(100 * gate, 3)} % open")


serve(__file__, GatedCEC, GatedCECView)
