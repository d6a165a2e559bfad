"""The gate, the constant error carousel, and the gated carousel that an LSTM is built around."""

from typing import Any

import numpy as np
import param

from app.parts.numbers import apart, plain, steps
from app.shell.model import Check, PageModel
from app.shell.sequence import Sequence
from engine import cec
from lessons.gated_cec import script, words
from lessons.gated_cec.results import GatedRun, log10_sensitivity

ONES = (1.0,) * 13


class GatedCEC(PageModel):
    """c(t) = i(t) x(t) + w f(t) c(t−1), y(t) = o(t) c(t) (chapter 12, Eq. 12.37 and Fig. 12.16)."""

    n_steps = param.Integer(13, bounds=(10, 200), label="steps T", doc="number of time steps")
    cursor = param.Integer(7, bounds=(1, 200), doc="time step under the cursor")
    circuit: param.Selector = param.Selector(
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
        label="sensitivity of c at step n",
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

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.param.watch(self._keep_sensed_inside, ["n_steps", "sensitivity_at"])

    def _keep_sensed_inside(self, *events: object) -> None:
        """The slider never names a step that is not there."""
        self.sensitivity_at = min(self.sensitivity_at, self.n_steps)

    def edited(self, name: str) -> None:
        """A gate painted by hand is a gate in use: the circuit becomes one that has it."""
        unused = {"carousel": ("input_gate", "forget_gate", "output_gate"), "gate": ("forget_gate", "output_gate")}
        if name in unused.get(self.circuit, ()):
            self.circuit = "gated carousel"
        if name == "forget_gate":
            self.constant_forget = False

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
        """The step n of ∂c(n)/∂x(k), kept inside the steps shown."""
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
        return script.lines(self.sequence("x"), self.gates(), self.w, self.sensed)

    def run(self) -> GatedRun:
        """The results as the sentences and the calculation by hand need them."""
        r = self.result
        log10_dc_dx = log10_sensitivity(r["i"], r["log10_product"])
        shown = {name: r[name] for name in ("x", "i", "f", "o", "c", "dc_dx", "factor")}
        return GatedRun(self.circuit, self.w, self.sensed, log10_dc_dx=log10_dc_dx, **shown)

    def sentence(self) -> str:
        return words.sentence(self.run(), self.at)

    def divergence(self, step: int) -> str:
        return words.divergence(self.run(), step)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self.run(), step)

    # Challenges

    def keeps_then_forgets(self) -> Check:
        c = self.result["c"]
        held = {int(k): _steps_held(c, int(k)) for k in np.flatnonzero(np.abs(c) > 0.1)}
        kept = [k for k, count in held.items() if count >= 50]
        if not kept:
            longest = max(held.values(), default=0)
            return Check(False, f"The longest a value is kept now: {steps(longest)}; 50 are asked for.")
        gone = [k for k in kept if abs(c[-1]) < 0.01 * abs(c[k])]
        k = gone[0] if gone else kept[0]
        said = f"c({k + 1}) = {plain(c[k])} is kept for {steps(held[k])}"
        if gone:
            return Check(True, f"{said}, then forgotten.")
        return Check(False, f"{said}, but at the end c is still {plain(c[-1])}.")

    def sums_positive_inputs(self) -> Check:
        r = self.result
        wanted, got = float(r["x"][r["x"] > 0].sum()), float(r["c"][-1])
        signs = int((r["x"] > 0).sum()), int((r["x"] < 0).sum())
        if min(signs) < 3:
            return Check(False, f"x needs at least 3 positive and 3 negative values; it has {signs[0]} and {signs[1]}.")
        if self.circuit != "gated carousel":
            return Check(False, "Use the gated carousel: the input gate has to choose.")
        if self.w != 1:
            return Check(False, f"Keep w = 1; it is {apart(self.w, 1)} now.")
        if abs(got - wanted) < 1e-6:
            return Check(True, f"The positive inputs sum to {plain(wanted)}, and so much is in c({self.n_steps}).")
        asked, found = apart(wanted, got), apart(got, wanted)
        return Check(False, f"The positive inputs sum to {asked}; c({self.n_steps}) is {found}.")

    def only_step_five(self) -> Check:
        at, r = self.sensed, self.run()
        if at < 6:
            return Check(False, "Take the sensitivity at n = 6 or later.")
        others = int((np.delete(r.log10_dc_dx[:at], 4) > -np.inf).sum())
        five = r.dc_dx[4]
        shown = apart(five, 1) if five else words.sensitivity(five, r.log10_dc_dx[4])
        have = "1 other step has" if others == 1 else f"{others or 'no'} other steps have"
        return Check(bool(five == 1 and others == 0), f"∂c({at})/∂x(5) is {shown}; {have} a sensitivity that is not 0.")


def _steps_held(c: np.ndarray, k: int) -> int:
    """How many steps after row k the value c[k] stays within 1 %."""
    left = np.flatnonzero(np.abs(c[k:] - c[k]) > 0.01 * abs(c[k]))
    return int(left[0] if left.size else c.size - k) - 1
