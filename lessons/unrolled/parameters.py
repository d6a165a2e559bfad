"""The settings of the unrolled network, and what follows from them without any computation."""

from typing import Any, ClassVar

import numpy as np
import param

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from engine import rnn
from lessons.unrolled.weights import BOUNDS, DEFAULTS, MAX_UNITS, OUTPUT, PLACES, SHARED, START, SUBSCRIPTS, pretty

MAX_STEPS = 20


class UnrolledParameters(PageModel):
    """Sizes, activation, loss, window, sequences, and all weights (added below the class)."""

    returns: ClassVar[bool] = True

    n_units = param.Integer(2, bounds=(1, MAX_UNITS), label="units n", doc="units of the recurrent layer")
    n_steps = param.Integer(2, bounds=(1, MAX_STEPS), label="steps T", doc="time steps, and so copies of the network")
    cursor = param.Integer(1, bounds=(1, 2 * MAX_STEPS), doc="position: 1 to T forward, T + 1 to 2T backward")
    activation: Any = param.Selector(default="tanh", objects=list(rnn.ACTIVATIONS), label="activation f",
                                doc="of the recurrent units")  # fmt: skip
    loss_at: Any = param.Selector(default="last step", objects=["last step", "every step"], label="loss at",
                             doc="which errors count")  # fmt: skip
    output_layer = param.Boolean(False, label="linear output layer",
                                 doc="y = Vh + b_out behind the units; the target is then that of y")  # fmt: skip
    window = param.Integer(20, bounds=(1, MAX_STEPS), label="window of truncated BPTT",
                           doc="through how many copies an error is carried back; no effect from T on")  # fmt: skip
    weight: Any = param.Selector(default="W11", objects=list(SHARED), label="weight whose terms are shown",
                            doc="a weight that every copy has; also chosen in the table")  # fmt: skip
    measure = param.Event(label="measure", doc="times the three methods on this machine, once")
    x = Sequence((1.0,), bounds=(-2, 2), label="input x")
    d1 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 1, or of y")
    d2 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 2")
    d3 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 3")
    d4 = Sequence((0.0,), bounds=(-2, 2), label="target of unit 4")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.param.watch(self._keep_weight, ["n_units", "weight"])

    def _keep_weight(self, *events: param.parameterized.Event) -> None:
        """A weight of a unit that is not there gives way to one that is, and the reader is told."""
        gone, kept = self.weight, self.chosen
        if gone != kept:
            self.weight = kept
            units = f"{self.n_units} unit{'s' if self.n_units > 1 else ''}"
            self.notify(f"With {units} there is no {pretty(gone)}: the terms shown are those of {pretty(kept)}.")

    @property
    def chosen(self) -> str:
        """The weight whose terms are shown, or the nearest one that the present units have."""
        weight, n = self.weight, self.n_units
        return weight[0] + "".join(str(min(int(digit), n)) for digit in weight[1:])

    @property
    def unit(self) -> int:
        """The unit (from 0) that the chosen weight feeds."""
        return int(self.chosen[1]) - 1

    def names(self) -> list[str]:
        """All weights of the present network, in the order of the table."""
        shown, n = SHARED | START | (OUTPUT if self.output_layer else {}), self.n_units
        return [name for name, (_, index) in shown.items() if max(index) < n]

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

    def weights(self) -> dict[str, np.ndarray]:
        """By array name: U (n, 1), W (n, n), b (n,), h0 (n,), V (1, n), b_out (1,)."""
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


for _name in PLACES:
    UnrolledParameters.param.add_parameter(
        _name,
        param.Number(
            DEFAULTS.get(_name, 0.0), bounds=BOUNDS, step=0.01, label=_name.translate(SUBSCRIPTS), doc="a weight"
        ),
    )
