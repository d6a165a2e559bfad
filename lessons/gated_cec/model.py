"""The gate, the constant error carousel, and the gated carousel that an LSTM is built around."""

from typing import Any

import numpy as np
import param

from app.parts.numbers import plain, steps
from app.parts.ranges import LIMIT
from app.shell.export import literal
from app.shell.model import Check, PageModel
from app.shell.sequence import Sequence
from engine import cec

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

    def _at_cursor(self, r: dict[str, np.ndarray], t: int) -> str:
        before, now, kept = (r["c"][t - 2] if t > 1 else 0.0), r["c"][t - 1], self.w * r["f"][t - 1]
        if before == 0:
            return f"At t = {t} the carousel was empty and now holds {plain(now)}."
        if kept == 0 and r["f"][t - 2] == 0:
            return f"At t = {t} the forget gate is still closed: the old {plain(before)} gives way to {plain(now)}."
        if kept == 0:
            return f"At t = {t} the forget gate closes and the carousel loses its {plain(before)}; c = {plain(now)}."
        share = f"keeps its {plain(before)}" if kept == 1 else f"keeps {plain(100 * kept)} % of its {plain(before)}"
        added = now - kept * before
        return f"At t = {t} the carousel {share}" + (f" and takes in {plain(added)}." if abs(added) > 1e-12 else ".")

    def _reach(self, r: dict[str, np.ndarray]) -> str:
        """Which inputs can still be felt in c(n), and why no more."""
        sensed, row = self.sensed, r["dc_dx"][: self.sensed]
        reached = np.flatnonzero(np.abs(row) > 1e-12)
        if not reached.size:
            return f"No input can reach c({sensed})."
        factors = r["factor"][1:sensed]  # the factor of step 1 multiplies c(0) = 0
        cuts = np.flatnonzero(factors == 0)
        if cuts.size:
            return f"Nothing before t = {int(cuts[-1]) + 2} can reach c({sensed}): there the forget gate is closed."
        if factors.size and np.ptp(factors) < 1e-12 and not np.isclose(factors[0], 1):
            return _geometric(float(factors[0]))
        first = int(reached[0])
        return (
            f"The earliest input that still reaches c({sensed}) is x({first + 1}), "
            f"with sensitivity {plain(row[first])}."
        )

    def divergence(self, step: int) -> str:
        # A sensitivity grows back in time: its factors are those between `step` and the sensed one.
        count = step if abs(self.result["c"][step - 1]) > LIMIT else self.sensed - step
        power = f"{plain(self.w)}^{count} is already {plain(self.w**count)}"
        return f"Every step multiplies the memory by up to w = {plain(self.w)}; {power}."

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
        held = {int(k): _steps_held(c, int(k)) for k in np.flatnonzero(np.abs(c) > 0.1)}
        longest = max(held.values(), default=0)
        if longest < 50:
            return Check(False, f"The longest a value is kept now: {steps(longest)}; 50 are asked for.")
        k = max(held, key=held.__getitem__)
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


def _geometric(rate: float) -> str:
    """What a product of equal factors does with the lag."""
    n = plain(np.log(0.5 if rate < 1 else 2.0) / np.log(rate), 3)
    does, unit = "halves" if rate < 1 else "doubles", "step" if n == "1" else "steps"
    return f"Back in time, the carousel's product {does} every {n} {unit}: each step multiplies it by {plain(rate)}."


def _steps_held(c: np.ndarray, k: int) -> int:
    """How many steps after row k the value c[k] stays within 1 %."""
    left = np.flatnonzero(np.abs(c[k:] - c[k]) > 0.01 * abs(c[k]))
    return int(left[0] if left.size else c.size - k) - 1
