"""The gate, the constant error carousel, and the gated carousel that an LSTM is built around."""

from typing import Any, ClassVar

import numpy as np

from app.parts.charts import finite
from app.parts.diagram import Diagram
from app.parts.numbers import Block, plain
from app.parts.picture import Picture
from app.parts.plots import Card, Strip
from app.shell.view import View
from lessons.gated_cec import numbers
from lessons.gated_cec.model import GatedCEC
from lessons.gated_cec.words import content, gate_value, opening, output


class GatedCECView(View[GatedCEC]):
    controls = ("circuit", "w", "n_steps", "sensitivity_at", "snap", "constant_forget")
    more = ("forget_level", "signed_input", "x", "input_gate", "forget_gate", "output_gate")
    conceals: ClassVar = {"c": (("c", "y", "dc_dx"), ("c.value", "y.value", "f.words"))}

    def build(self) -> list[Card]:
        return [
            Card("", self._signals()),
            Card(
                "The product, factor by factor",
                self._factors(),
                help="∂c(n)/∂c(k) is the product of w·f(j) for j = k + 1 … n. On the logarithmic axis a constant "
                "factor is a straight line; where a factor is 0 the line ends.",
                key="product",
            ),
        ]

    def _signals(self) -> list[Strip]:
        """Input, gates, carousel, output, and which inputs are in the carousel."""
        strip, gate = self.stack.strip, dict[str, Any](limits=(-0.22, 1.22), at=(0, 1))
        self.x = strip("x", "x", "input", title="Input x(t)", edits="x", at=(0, 1), hint="click or drag to edit")
        axis: Any = self.x.plot.left[0]
        self.x_ticks = axis.ticker
        i = strip("i", "i", "input_gate", title="Input gate i(t)", edits="input_gate", **gate)
        f = strip("f", "f", "forget_gate", title="Forget gate f(t)", edits="forget_gate", **gate)
        o = strip("o", "o", "output_gate", title="Output gate o(t)", edits="output_gate", **gate)
        self.c = strip("c", "c", "state", title="Carousel c(t)", height=76, ticks=3, predicts="c")
        self.y = strip("y", "y", "state", title="Output y(t)", height=48)
        self.sensitivity = strip(
            "dc_dx", "∂c/∂x", "gradient", title="Sensitivity of c(n) to x(k)", height=48, last=True
        )
        self.all_but_gate = [f, o, self.c, self.y, self.sensitivity]
        return [self.x, i, *self.all_but_gate]

    def _factors(self) -> list[Strip]:
        strip = self.stack.strip
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
        return [self.factor, self.product]

    def update(self, m: GatedCEC, picture: Picture) -> dict[str, np.ndarray]:
        r = m.result
        low, high = input_limits(m)
        picture.fit(self.x.plot.y_range, include=(low, high))
        picture.change(self.x_ticks, ticks=[low, high])
        self.stack.show(picture, self.all_but_gate, [self.y] if m.circuit == "gate" else self.all_but_gate)
        # While c is being predicted its axis must not tell how high it goes.
        if m.concealed:
            picture.fit(self.c.plot.y_range, include=(0, np.abs(r["x"]).sum()))
        else:
            picture.fit(self.c.plot.y_range, r["c"], include=(0, 1))
        picture.fit(self.y.plot.y_range, r["y"], include=(0, 1))
        picture.fit(self.sensitivity.plot.y_range, r["dc_dx"], include=(0, 1))
        picture.fit(self.factor.plot.y_range, r["factor"], include=(0, 1))
        product = finite(r["log10_product"])
        picture.fit(self.product.plot.y_range, product, include=(-1, 0.2))
        return r | {"log10_product": product}

    def idle_controls(self, m: GatedCEC) -> set[str]:
        if m.circuit == "gate":
            return {"w", "sensitivity_at", "constant_forget", "forget_level", "forget_gate", "output_gate"}
        if m.circuit == "carousel":
            return {"constant_forget", "forget_level", "input_gate", "forget_gate", "output_gate"}
        return {"forget_gate"} if m.constant_forget else {"forget_level"}

    def hidden_cards(self, m: GatedCEC) -> set[str]:
        return {"product"} if m.circuit == "gate" else set()

    def diagram(self, m: GatedCEC) -> Diagram:
        d = Diagram(
            640,
            182,
            "Input x passes the input gate into a sum; the sum is the state c, fed back through a delay, the "
            "weight w and the forget gate; the output gate lets c out as y.",
        )
        d.arrow((64, 66), (185, 66))
        d.arrow((215, 66), (292, 66))
        d.arrow((336, 66), (485, 66))
        d.arrow((515, 66), (576, 66))
        d.arrow((404, 66), (404, 140), (333, 140), name="loop")
        d.arrow((303, 140), (266, 140), (266, 112), (302, 84), name="loop")
        d.delay(404, 103)
        d.unit("x", 42, 66, "input", label="x")
        d.gate("i", 200, 66, "input_gate", label="i")
        d.operator(314, 66)
        d.gate("f", 318, 140, "forget_gate", label="")
        d.gate("o", 500, 66, "output_gate", label="o")
        d.unit("y", 598, 66, "state", label="y")
        d.label(404, 54, "", "value state", live="c.value")
        d.label(252, 160, "", "gate-label forget-gate", live="f.name", anchor="end")
        d.label(362, 172, "", "note", live="f.words", anchor="start")
        d.label(258, 136, "", "weight", live="w", anchor="end")
        return d

    def live(self, m: GatedCEC, t: int) -> dict[str, Any]:
        r, k = m.result, t - 1
        run, before = m.run(), r["c"][k - 1] if k else 0.0
        size = max(1.0, float(np.abs(r["y"]).max()))
        loop = m.circuit != "gate"
        lost = f"closed: forgets {plain(before)}" if before and r["f"][k] == 0 else opening(r["f"][k])
        return {
            "text": {
                "x.value": plain(r["x"][k]),
                "i.label": f"i = {gate_value(r['i'][k])}",
                "i.note": opening(r["i"][k]),
                "f.name": f"f = {gate_value(r['f'][k])}" if loop else "no loop",
                "f.words": lost if loop else "",
                "o.label": f"o = {gate_value(r['o'][k])}",
                "o.note": opening(r["o"][k]),
                "c.value": f"c = {content(run, t)}",
                "y.value": output(run, t),
                "w": f"w = {plain(m.w)}",
            },
            "level": {"x": abs(r["x"][k]) / max(1.0, float(np.abs(r["x"]).max())), "y": abs(r["y"][k]) / size},
            "open": {"i": r["i"][k], "f": r["f"][k], "o": r["o"][k]},
            "on": {"loop": loop},
            "snap": m.snap,
            "limits": {"x": input_limits(m)},
        }

    def numbers(self, m: GatedCEC, t: int) -> list[Block]:
        return numbers.blocks(m, t)


def input_limits(m: GatedCEC) -> tuple[float, float]:
    """What the input's plot shows and a stroke on it can reach."""
    x = m.sequence("x")
    return (-3, 3) if m.signed_input or x.min() < 0 or x.max() > 1 else (0, 1)
