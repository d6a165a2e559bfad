"""Lesson 4: a small recurrent network unrolled into copies, and the gradient of its loss three ways."""

from typing import ClassVar, NamedTuple

import numpy as np
import param

from app.parts.numbers import plain
from app.shell.model import Check, PageModel
from app.shell.sequence import Sequence
from engine import gradients, rnn
from lessons.unrolled import timing, words
from lessons.unrolled.words import SUBSCRIPTS

MAX_UNITS, MAX_STEPS = 4, 20
ROWS = range(1, MAX_UNITS + 1)
# Where each weight is kept: its array and its place in it. Those of W, U and b are in every copy of the network.
SHARED: dict[str, tuple[str, tuple[int, ...]]] = (
    {f"W{i}{j}": ("W", (i - 1, j - 1)) for i in ROWS for j in ROWS}
    | {f"U{i}": ("U", (i - 1, 0)) for i in ROWS}
    | {f"b{i}": ("b", (i - 1,)) for i in ROWS}
)
START = {f"h0{i}": ("h0", (i - 1,)) for i in ROWS}
OUTPUT = {f"V{j}": ("V", (0, j - 1)) for j in ROWS} | {"b_out": ("b_out", (0,))}
PLACES = SHARED | START | OUTPUT
# Units 3 and 4 are connected from the start, so that a larger n shows.
DEFAULTS = {
    "U1": 1.0, "U2": 1.0, "U3": 0.5, "U4": -0.5, "W11": 0.5, "W22": 0.5, "W33": 0.3, "W44": 0.3,
    "W31": 0.5, "W13": 0.3, "W42": -0.5, "W24": 0.3, "W43": 0.5,
}  # fmt: skip
METHODS = ("BPTT", "unrolled", "RTRL")
EPSILON = 1e-5  # of the finite differences


class Result(NamedTuple):
    """Everything at the present weights. Row t of an array is copy t + 1."""

    x: np.ndarray  # (T,)
    d: np.ndarray  # (T, k) targets, of the units or of the one output
    weights: dict[str, np.ndarray]  # by array name: U (n, 1), W (n, n), b (n,), h0 (n,), V (1, n), b_out (1,)
    run: rnn.RnnRun
    slope: np.ndarray  # (T, n) f'(a)
    loss: gradients.Loss | gradients.Output
    bptt: gradients.Gradients
    copies: gradients.UnrolledGradients
    forward: gradients.ForwardGradients
    windows: list[gradients.Gradients]  # truncated BPTT with window 1, 2 … T


class Unrolled(PageModel):
    """a(t) = U x(t) + W h(t−1) + b, h(t) = f(a(t)), F = Σ‖d − h‖² (chapter 12, Eqs. 12.6 to 12.31)."""

    returns: ClassVar[bool] = True

    n_units = param.Integer(2, bounds=(1, MAX_UNITS), label="units n", doc="units of the recurrent layer")
    n_steps = param.Integer(2, bounds=(1, MAX_STEPS), label="steps T", doc="time steps, and so copies of the network")
    cursor = param.Integer(1, bounds=(1, 2 * MAX_STEPS), doc="position: 1 to T forward, T + 1 to 2T backward")
    activation = param.Selector(default="tanh", objects=list(rnn.ACTIVATIONS), label="activation f",
                                doc="of the recurrent units")  # fmt: skip
    loss_at = param.Selector(default="last step", objects=["last step", "every step"], label="loss at",
                             doc="which errors count")  # fmt: skip
    output_layer = param.Boolean(False, label="linear output layer",
                                 doc="y = Vh + b_out behind the units; the target is then that of y")  # fmt: skip
    window = param.Integer(20, bounds=(1, MAX_STEPS), label="window of truncated BPTT",
                           doc="through how many copies an error is carried back; no effect from T on")  # fmt: skip
    weight = param.Selector(default="W11", objects=list(SHARED), label="weight whose terms are shown",
                            doc="a weight that every copy has; also chosen in the table")  # fmt: skip
    measure = param.Event(label="measure", doc="times the three methods on this machine, once")
    x = Sequence((1.0,), bounds=(-2, 2), label="input x")
    d1 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 1, or of y")
    d2 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 2")
    d3 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 3")
    d4 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 4")

    def __init__(self, **values):
        self.timings: timing.Timings | None = None
        super().__init__(**values)
        self.param.watch(self._time, "measure")
        self.param.watch(self._keep_weight, ["n_units", "weight"])

    def _time(self, *events) -> None:
        self.timings = timing.measure(self.n_units)

    def _keep_weight(self, *events) -> None:
        """A weight of a unit that is not there gives way to one that is, and the reader is told."""
        gone, kept = self.weight, self.chosen
        if gone != kept:
            self.weight = kept
            units = f"{self.n_units} unit{'s' if self.n_units > 1 else ''}"
            self.notify(f"With {units} there is no {words.pretty(gone)}: the terms shown are those of "
                        f"{words.pretty(kept)}.")  # fmt: skip

    # What is present

    @property
    def chosen(self) -> str:
        """The weight whose terms are shown, or the nearest one that the present units have."""
        digits = (str(min(int(digit), self.n_units)) for digit in self.weight[1:])
        return self.weight[0] + "".join(digits)

    @property
    def unit(self) -> int:
        """The unit (from 0) that the chosen weight feeds."""
        return int(self.chosen[1]) - 1

    def names(self) -> list[str]:
        """All weights of the present network, in the order of the table."""
        shown = SHARED | START | (OUTPUT if self.output_layer else {})
        return [name for name, (_, index) in shown.items() if max(index) < self.n_units]

    @property
    def counts(self) -> np.ndarray:
        """(T,) whether the loss looks at a step."""
        return np.full(self.n_steps, self.loss_at == "every step") | (self.time == self.n_steps)

    @property
    def backward(self) -> bool:
        """Whether the player is on its way back."""
        return self.position > self.n_steps

    def edit(self, name: str, steps: dict[int, float]) -> None:
        """A target can be painted only where the loss looks at it."""
        if name != "x":
            steps = {step: value for step, value in steps.items() if step == self.n_steps or self.counts[0]}
        super().edit(name, steps)

    # The engine

    def weights(self) -> dict[str, np.ndarray]:
        n = self.n_units
        shapes = {"U": (n, 1), "W": (n, n), "b": (n,), "h0": (n,), "V": (1, n), "b_out": (1,)}
        found = {array: np.zeros(shape) for array, shape in shapes.items()}
        for name, (array, index) in PLACES.items():
            if max(index) < n:
                found[array][index] = getattr(self, name)
        return found

    def targets(self) -> np.ndarray:
        """(T, k): one column per unit, or one for the output."""
        count = 1 if self.output_layer else self.n_units
        return np.stack([self.sequence(f"d{j}") for j in range(1, count + 1)], axis=1)

    def forward(self, weights, x, d) -> tuple[rnn.RnnRun, gradients.Loss | gradients.Output]:
        """States and loss at some weights."""
        params = rnn.RnnParams(weights["U"], weights["W"], weights["b"])
        run, at = rnn.run(x, params, h0=weights["h0"], activation=self.activation), self.loss_at.split()[0]
        if self.output_layer:
            return run, gradients.output_layer(run.h, weights["V"], weights["b_out"], d, at=at)
        return run, gradients.sum_squared_error(run.h, d, at=at)

    def compute(self) -> Result:
        w, x, d = self.weights(), self.sequence("x"), self.targets()
        run, loss = self.forward(w, x, d)
        given = (x, rnn.RnnParams(w["U"], w["W"], w["b"]), loss.explicit)
        how = {"h0": w["h0"], "activation": self.activation}
        return Result(
            x=x,
            d=d,
            weights=w,
            run=run,
            slope=rnn.derivative(run.a, self.activation),
            loss=loss,
            bptt=gradients.bptt(*given, **how),
            copies=gradients.unrolled(*given, **how),
            forward=gradients.rtrl(*given, **how),
            windows=[gradients.bptt(*given, **how, window=window) for window in range(1, self.n_steps + 1)],
        )

    # What the result means

    def before(self) -> np.ndarray:
        """(T, n) the state that enters each copy, h(t−1)."""
        return np.vstack([self.result.weights["h0"], self.result.run.h[:-1]])

    def terms(self, name: str = "") -> np.ndarray:
        """(T,) what each copy contributes to the derivative by a shared weight, the chosen one unless named."""
        array, index = SHARED[name or self.chosen]
        copies = self.result.copies
        return {"W": copies.dW_per_copy, "U": copies.dU_per_copy, "b": copies.db_per_copy}[array][(slice(None), *index)]

    def shares(self) -> np.ndarray:
        """(T,) size of each copy's term, as a share of all sizes; zeros where there is no term at all."""
        sizes = np.abs(self.terms())
        return sizes / (sizes.sum() or 1.0)

    def derivative(self, name: str, method: str) -> float:
        """The derivative of the loss by one weight, as a method gives it; the output layer's is the same for all."""
        r, (array, index) = self.result, PLACES[name]
        if array in ("V", "b_out"):
            return float(getattr(r.loss, f"d{array}")[index])
        found = {"BPTT": r.bptt, "unrolled": r.copies, "RTRL": r.forward}[method]
        return float(getattr(found, f"d{array}")[index])

    def felt(self, step: int) -> np.ndarray:
        """(n,) ∂h(step)/∂w for the chosen weight, by RTRL: the gradient of a loss that is one unit's last state."""
        r, (array, index) = self.result, SHARED[self.chosen]
        params, found = rnn.RnnParams(r.weights["U"], r.weights["W"], r.weights["b"]), np.zeros(self.n_units)
        for unit in range(self.n_units if step else 0):
            explicit = np.zeros((step, self.n_units))
            explicit[-1, unit] = 1.0
            gradient = gradients.rtrl(r.x[:step], params, explicit, h0=r.weights["h0"], activation=self.activation)
            found[unit] = getattr(gradient, f"d{array}")[index]
        return found

    def difference(self, name: str) -> float:
        """The central difference of the loss by one weight: two forward passes, no derivative."""
        r, (array, index), losses = self.result, PLACES[name], []
        for sign in (1, -1):
            moved = r.weights | {array: r.weights[array].copy()}
            moved[array][index] += sign * EPSILON
            losses.append(self.forward(moved, r.x, r.d)[1].loss)
        return (losses[0] - losses[1]) / (2 * EPSILON)

    def truncated(self) -> np.ndarray:
        """(T,) the chosen weight's derivative with window 1, 2 … T."""
        array, index = SHARED[self.chosen]
        return np.array([getattr(found, f"d{array}")[index] for found in self.result.windows])

    def truncation_error(self) -> np.ndarray:
        """(T,) the relative error of all of ∂F/∂W, in the Frobenius norm, with window 1, 2 … T."""
        exact = self.result.bptt.dW
        errors = [np.linalg.norm(found.dW - exact) for found in self.result.windows]
        return np.array(errors) / (np.linalg.norm(exact) or np.nan)

    def table(self) -> dict[str, np.ndarray]:
        r, n, i = self.result, self.n_units, self.unit
        shown = np.where(self.counts[:, None], r.d, np.nan)
        states = {f"h{j + 1}": r.run.h[:, j] for j in range(n)}
        if self.output_layer:
            states |= {"y": r.loss.y[:, 0], "d": shown[:, 0]}
        else:
            states |= {f"d{j + 1}": shown[:, j] for j in range(n)}
        terms = self.terms()
        return {
            "t": self.time, "x": r.x, **states, "dF_dh": r.copies.dF_dh[:, i], "s": r.copies.dF_da[:, i],
            "term": terms, "sum": np.cumsum(terms[::-1])[::-1], "share": self.shares(),
        }  # fmt: skip

    def script(self) -> str:
        return words.script(self)

    def sentence(self) -> str:
        return words.sentence(self)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self, step)

    def divergence(self, step: int) -> str:
        return words.divergence(self)

    # Challenges

    def first_beats_last(self) -> Check:
        first, last = self.terms()[0], self.terms()[-1]
        said = f"Copy 1 contributes {plain(first)}, copy {self.n_steps} {plain(last)}"
        if self.n_steps < 4:
            return Check(False, f"{said}; four copies or more are asked for.")
        if min(abs(first), abs(last)) < 1e-9:
            return Check(False, f"{said}; neither may be 0.")
        return Check(bool(abs(first) > abs(last)), f"{said}.")

    def total_zero_terms_not(self) -> Check:
        terms = self.terms()
        largest, smallest, total = np.abs(terms).max(), np.abs(terms).min(), terms.sum()
        said = f"The terms have sizes from {plain(smallest)} to {plain(largest)} and add up to {plain(total)}"
        if self.n_steps < 2:
            return Check(False, f"{said}; two copies or more are asked for.")
        return Check(bool(largest > 1e-3 and smallest > 0.01 * largest and abs(total) < 0.01 * largest), f"{said}.")

    def smallest_window(self) -> Check:
        totals, window = self.truncated(), min(self.window, self.n_steps)
        exact = totals[-1]
        if self.n_steps < 10 or abs(exact) < 1e-9:
            said = f"T = {self.n_steps}, total {plain(exact)}"
            return Check(False, f"{said}; ten copies and a total that is not 0 are asked for.")
        wrong = np.flatnonzero([f"{total:.2e}" != f"{exact:.2e}" for total in totals])
        smallest = int(wrong[-1]) + 2 if wrong.size else 1
        said = f"Window {window} gives {plain(totals[window - 1], 3)}, all copies {plain(exact, 3)}"
        if window == self.n_steps:
            return Check(False, f"{said}: this is no truncation.")
        return Check(window == smallest, said + (", but a smaller window does too." if window > smallest else "."))


for _name in PLACES:
    Unrolled.param.add_parameter(
        _name,
        param.Number(
            DEFAULTS.get(_name, 0.0), bounds=(-3, 3), step=0.01, label=_name.translate(SUBSCRIPTS), doc="a weight"
        ),
    )
