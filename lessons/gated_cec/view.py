"""Lesson 2: the gate, the constant error carousel, and the gated carousel that an LSTM is built around."""

from typing import ClassVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.figures import Card
from app.parts.numbers import Block, number, plain, symbol
from app.parts.ranges import fit
from app.shell.view import View


class GatedCECView(View):
    controls = ("circuit", "w", "n_steps", "sensitivity_at", "snap", "constant_forget")
    more = ("forget_level", "signed_input", "x", "input_gate", "forget_gate", "output_gate")
    conceals: ClassVar = {"c": (("c", "y", "dc_dx"), ("c.value", "y.value", "f.words"))}

    def build(self) -> list[Card]:
        strip, gate = self.stack.strip, {"limits": (-0.22, 1.22), "at": (0, 1)}
        self.x = strip("x", "x", "input", title="Input x(t)", edits="x", at=(0, 1), hint="click or drag to edit")
        i = strip("i", "i", "input_gate", title="Input gate i(t)", edits="input_gate", **gate)
        f = strip("f", "f", "forget_gate", title="Forget gate f(t)", edits="forget_gate", **gate)
        o = strip("o", "o", "output_gate", title="Output gate o(t)", edits="output_gate", **gate)
        self.c = strip("c", "c", "state", title="Carousel c(t)", height=76, ticks=3, predicts="c")
        self.y = strip("y", "y", "state", title="Output y(t)", height=48)
        self.sensitivity = strip(
            "dc_dx", "∂c/∂x", "gradient", title="Sensitivity of c(n) to x(k)", height=48, last=True
        )
        self.factor = strip("factor", "w f(j)", "forget_gate", title="The factors w·f(j)", height=80, kind="bar")
        self.product = strip(
            "log10_product",
            "log₁₀",
            "gradient",
            title="log₁₀ of the product from k + 1 to n",
            height=90,
            kind="line",
            ticks=3,
            last=True,
            axis_label="time step k",
        )
        self.all_but_gate = [f, o, self.c, self.y, self.sensitivity]
        return [
            Card("", [self.x, i, *self.all_but_gate]),
            Card(
                "The product, factor by factor",
                [self.factor, self.product],
                help="∂c(n)/∂c(k) is the product of w·f(j) for j = k + 1 … n. On the logarithmic axis a constant "
                "factor is a straight line; where a factor is 0 the line ends.",
                key="product",
            ),
        ]

    def update(self) -> dict[str, np.ndarray]:
        r = self.model.result
        low, high = self.input_limits()
        fit(self.x.plot.y_range, include=(low, high))
        self.x.plot.left[0].ticker.ticks = [low, high]
        self.stack.show(self.all_but_gate, [self.y] if self.model.circuit == "gate" else self.all_but_gate)
        # While c is being predicted its axis must not tell how high it goes.
        if self.concealed:
            fit(self.c.plot.y_range, include=(0, np.abs(r["x"]).sum()))
        else:
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

    def edited(self, name: str) -> None:
        """A gate painted by hand is a gate in use: the circuit becomes one that has it."""
        unused = {"carousel": ("input_gate", "forget_gate", "output_gate"), "gate": ("forget_gate", "output_gate")}
        if name in unused.get(self.model.circuit, ()):
            self.model.circuit = "gated carousel"
        if name == "forget_gate":
            self.model.constant_forget = False

    def idle_controls(self) -> set[str]:
        if self.model.circuit == "gate":
            return {"w", "sensitivity_at", "constant_forget", "forget_level", "forget_gate", "output_gate"}
        if self.model.circuit == "carousel":
            return {"constant_forget", "forget_level", "input_gate", "forget_gate", "output_gate"}
        return {"forget_gate"} if self.model.constant_forget else {"forget_level"}

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
        d.label(258, 136, "", "weight", live="w", anchor="end")
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
        if self.model.circuit == "gate":
            return [self._gate_block(t)]
        return [self._state_block(t), self._product_block(t)]

    def _gate_block(self, t: int) -> Block:
        r, k = self.model.result, t - 1
        i, x = symbol("i", "input_gate", t), symbol("x", "input", t)
        values = f"{number(r['i'][k], 'input_gate')} · {number(r['x'][k], 'input', signed=True)}"
        return Block(f"At t = {t}", [f"{symbol('y', '', t)} = {i} · {x}", f"= {values} = <b>{number(r['y'][k])}</b>"])

    def _state_block(self, t: int) -> Block:
        """c(t) and y(t): symbols, then values, then products."""
        w, r, k = self.model.w, self.model.result, t - 1
        before = r["c"][k - 1] if k else 0.0
        i, f, o = (symbol(*gate, t) for gate in (("i", "input_gate"), ("f", "forget_gate"), ("o", "output_gate")))
        c, x, y = symbol("c", "", t), symbol("x", "input", t), symbol("y", "", t)
        i_now, f_now, o_now = (
            number(r[name][k], role) for name, role in (("i", "input_gate"), ("f", "forget_gate"), ("o", "output_gate"))
        )
        x_now, c_now = number(r["x"][k], "input", signed=True), number(r["c"][k], signed=True)
        taken, kept = r["i"][k] * r["x"][k], w * r["f"][k] * before
        return Block(
            f"At t = {t}",
            [
                f"{c} = {i}·{x} + <i>w</i>·{f}·{symbol('c', '', t - 1)}",
                f"&emsp;= {i_now}·{x_now} + {number(w)}·{f_now}·{number(before, signed=True)}",
                f"&emsp;= {number(taken, signed=True)} + {number(kept, signed=True)} = <b>{number(r['c'][k])}</b>",
                f"{y} = {o}·{c} = {o_now}·{c_now} = <b>{number(r['y'][k])}</b>",
            ],
        )

    def _product_block(self, t: int) -> Block:
        """∂c(n)/∂x(t) with all its factors, the middle ones left out where there are many."""
        r, at = self.model.result, self.model.sensed
        title = f"How much of x({t}) is in c({at})"
        sensitivity = f"{symbol('∂c', 'gradient', at)}/{symbol('∂x', 'gradient', t)}"
        if t > at:
            note = f"x({t}) comes after c({at}): it can't reach back."
            return Block(title, [f"{sensitivity} = <b>0</b>"], note)
        factors = r["factor"][t:at]
        shown = [number(value, "forget_gate") for value in factors]
        if len(shown) > 8:
            shown = [*shown[:4], "…", *shown[-3:]]
        span = f", <i>j</i> = {t + 1} … {at}" if factors.size else ""
        product = f"{symbol('i', 'input_gate', t)} · ∏ <i>w</i> {symbol('f', 'forget_gate', 'j')}{span}"
        values = " · ".join([number(r["i"][t - 1], "input_gate"), *(["·".join(shown)] if shown else [])])
        result = f"<b class=gradient>{number(r['dc_dx'][t - 1])}</b>"
        lines = [f"{sensitivity} = {product}", f"&emsp;= {values}", f"&emsp;= {result}"]
        return Block(title, lines, _factors_note(r["i"][t - 1], factors, t, at))


def _factors_note(gate: float, factors: np.ndarray, t: int, at: int) -> str:
    zero = np.flatnonzero(factors == 0)
    if gate == 0:
        return f"The input gate is closed at t = {t}: nothing of x({t}) got in."
    if zero.size:
        return f"The factor at j = {t + 1 + int(zero[0])} is 0: one closed gate cuts every path behind it."
    if not factors.size:
        return f"No step lies between x({t}) and c({at}): only the input gate counts (an empty product is 1)."
    count = "1 factor" if factors.size == 1 else f"{factors.size} factors; their product"
    return f"{count} is {plain(float(np.prod(factors)))}."


def _opening(gate: float) -> str:
    return {0.0: "closed", 1.0: "open"}.get(float(gate), f"{plain(100 * gate, 3)} % open")
