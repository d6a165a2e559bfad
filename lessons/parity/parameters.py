"""What a reader of the parity page can set, and what the two switches make of it."""

from typing import Any

import numpy as np
import param

from app.parts.numbers import plain
from app.shell.model import PageModel
from app.shell.sequence import MAX_STEPS, Sequence
from engine import parity, parity_learning
from lessons.parity.learning import BY_HAND, LEARNED, STAGES, course

EXACT = {
    "U1": 1.0,
    "U2": 1.0,
    "W11": 1.0,
    "W12": -1.0,
    "W21": 1.0,
    "W22": -1.0,
    "b1": -0.5,
    "b2": -1.5,
    "V1": 1.0,
    "V2": -1.0,
    "b_out": -0.5,
}
STATES = ("even", "odd")
STEEPNESSES = np.concatenate([np.geomspace(0.5, 3, 8), np.arange(3.25, 8, 0.25), np.geomspace(8, 50, 10)])


def _memory(run: parity.ParityRun) -> np.ndarray:
    """h₁ − h₂, which is the parity with the weights of Eq. 12.36; (T,)."""
    return run.hidden[:, 0] - run.hidden[:, 1]


def _weight(name: str) -> param.Number:
    label = name.translate(str.maketrans("12_", "₁₂ "))
    return param.Number(EXACT[name], bounds=(-5, 5), step=0.05, label=label, doc=f"Eq. 12.36 has {plain(EXACT[name])}")


class ParityParameters(PageModel):
    """h(t) = f(U x(t) + W h(t−1) + b), y(t) = f(V h(t) + b_out), h(0) = 0 (chapter 12, Fig. 12.14 and Eq. 12.36)."""

    logarithmic = ("steepness",)

    n_steps = param.Integer(10, bounds=(1, 200), label="steps T", doc="number of bits")
    cursor = param.Integer(4, bounds=(1, 200), doc="time step under the cursor")
    bits = Sequence(
        (0.0,) * 2 + (1.0,) * 2 + (0.0,) + (1.0,) * 2 + (0.0,) * 3,
        binary=True,
        label="bits x",
        doc="paste zeros and ones here, or click the plot",
    )
    random_bits = param.Boolean(False, label="random bits from the seed", doc="New seed draws others")
    activation: param.Selector = param.Selector(
        default="hardlim",
        objects=["hardlim", "logistic"],
        label="switches",
        doc="hard switches, or soft ones that have a slope",
    )
    steepness = param.Number(
        10.0, bounds=(0.5, 50), step=0.1, label="steepness s", doc="of the logistic switches; hardlim does not use it"
    )
    perturbation = param.Number(
        0.0,
        bounds=(0, 1),
        step=0.01,
        label="perturbation",
        doc="each of the eleven numbers is off by up to this much, by chance from the seed",
    )
    origin: param.Selector = param.Selector(
        default=BY_HAND,
        objects=[BY_HAND, LEARNED],
        label="weights",
        doc="those of the eleven sliders, or those that a gradient finds from a random start",
    )
    learned_steps = param.Integer(
        STAGES, bounds=(0, STAGES), label="steps of learning", doc="20 updates each, from the seed's random start"
    )
    seed = param.Integer(
        1, bounds=(0, 9999), label="seed", doc="of the perturbation, the random bits, and the start of learning"
    )
    U1, U2, W11, W12, W21, W22, b1, b2, V1, V2, b_out = (_weight(name) for name in EXACT)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._swept = (b"", np.zeros_like(STEEPNESSES))
        self.param.watch(self._settle_bits, ["bits", "random_bits", "seed"])

    def _settle_bits(self, *events: Any) -> None:
        """Bits typed while random ones are shown end the chance; a new draw is told to whoever shows the bits."""
        changed = {event.name for event in events if event.type != "triggered"}
        if changed == {"bits"}:
            self.random_bits = False
        elif changed and "bits" not in changed:
            self.param.trigger("bits")

    def sequence(self, name: str) -> np.ndarray:
        """The bits shown: drawn from the seed (more steps leave the earlier ones as they were) or the reader's own."""
        if name == "bits" and self.random_bits:
            return np.random.default_rng([self.seed, 1]).integers(0, 2, MAX_STEPS)[: self.n_steps].astype(float)
        return super().sequence(name)

    @property
    def soft(self) -> bool:
        return self.activation == "logistic"

    def sliders(self) -> np.ndarray:
        return np.array([getattr(self, name) for name in EXACT])

    @property
    def learned(self) -> bool:
        return self.origin == LEARNED

    def weights(self, *, perturbed: bool = True) -> parity.ParityWeights:
        """The eleven numbers of the sliders or of the training, with the perturbation or without."""
        found = course(self.seed).weights[self.learned_steps] if self.learned else self.sliders()
        chosen = parity_learning.unpacked(found)
        if not (perturbed and self.perturbation):
            return chosen
        return parity.perturb(chosen, self.perturbation, np.random.default_rng(self.seed))

    def edited(self, name: str) -> None:
        """Drawing starts from the bits that are shown."""
        if self.random_bits:
            self.param.update(bits=tuple(self.sequence("bits").tolist()), random_bits=False)

    def compute(self) -> dict[str, np.ndarray]:
        x, weights = self.sequence("bits"), self.weights()
        run = parity.run(x, weights=weights, activation=self.activation, steepness=self.steepness)
        hard = parity.run(x, weights=weights) if self.soft else run
        xor = parity.running_xor(x).astype(float)
        memory, hard_memory = _memory(run), _memory(hard)
        factors, products = np.zeros(self.n_steps), np.full(self.n_steps, -np.inf)
        products[-1] = 0.0
        if self.soft:
            factors, products = parity.jacobian_norms(x, weights=weights, steepness=self.steepness)
        return {
            "x": x,
            "h1": run.hidden[:, 0],
            "h2": run.hidden[:, 1],
            "y": run.output,
            "xor": xor,
            "a1": run.net[:, 0],
            "a2": run.net[:, 1],
            "a_out": run.output_net,
            "factor": factors,
            "log10_product": products,
            "leak": np.abs(memory - hard_memory),
            "memory": memory,
            "hard_memory": hard_memory,
            "hard_y": hard.output,
            "wrong": np.rint(run.output) != xor,
        }

    def sweep(self) -> np.ndarray:
        """Largest leak along the sequence for each of `STEEPNESSES`, kept until bits or weights change."""
        x, weights = self.sequence("bits"), self.weights()
        key = x.tobytes() + b"".join(np.asarray(part).tobytes() for part in weights)
        if key != self._swept[0]:
            hard = _memory(parity.run(x, weights=weights))
            runs = (parity.run(x, weights=weights, activation="logistic", steepness=s) for s in STEEPNESSES)
            self._swept = key, np.array([np.abs(_memory(run) - hard).max() for run in runs])
        return self._swept[1]

    def log_slopes(self, t: int) -> np.ndarray:
        """Natural logarithms of the slopes s h(1 − h) of the two logistic units at step t, (2,): finite always."""
        z = self.steepness * np.abs([self.result["a1"][t - 1], self.result["a2"][t - 1]])
        return np.log(self.steepness) - z - 2 * np.log1p(np.exp(-z))

    def _scaled_jacobian(self, t: int) -> tuple[np.ndarray, float]:
        """∂h(t)/∂h(t−1) = diag(slopes) W over its larger slope, and log₁₀ of that slope, which may underflow."""
        logs = self.log_slopes(t)
        return np.exp(logs - logs.max())[:, None] * self.weights().W, float(logs.max() / np.log(10))

    def log10_factor(self, t: int) -> float:
        """log₁₀ of the norm of ∂h(t)/∂h(t−1); −inf where it is 0."""
        jacobian, scale = self._scaled_jacobian(t)
        with np.errstate(divide="ignore"):
            return scale + float(np.log10(np.linalg.norm(jacobian, 2)))

    def log10_largest_eigenvalue(self, t: int) -> float:
        """log₁₀ of the larger eigenvalue, in magnitude, of ∂h(t)/∂h(t−1), from its trace and determinant.

        For Eq. 12.36 the determinant is 0, and it is the magnitude of the difference of the slopes. A general routine
        would lose that difference: the matrix is nearly nilpotent.
        """
        jacobian, scale = self._scaled_jacobian(t)
        trace = abs(jacobian[0, 0] + jacobian[1, 1])
        W, slopes = self.weights().W, np.exp(self.log_slopes(t) - self.log_slopes(t).max())
        determinant = slopes[0] * slopes[1] * (W[0, 0] * W[1, 1] - W[0, 1] * W[1, 0])
        under_root = trace**2 - 4 * determinant
        largest = (trace + np.sqrt(under_root)) / 2 if under_root >= 0 else np.sqrt(determinant)
        with np.errstate(divide="ignore"):
            return scale + float(np.log10(largest))

    @property
    def first_error(self) -> int:
        """The first step whose rounded output is not the parity so far, or 0."""
        wrong = self.result["wrong"]
        return int(wrong.argmax()) + 1 if wrong.any() else 0

    @property
    def opposite(self) -> bool:
        """Whether the output is 1 for even and 0 for odd throughout, and both come about."""
        return bool(self.result["wrong"].all() and np.ptp(self.result["xor"]) > 0)

    def opinion(self, t: int) -> str:
        """What the output says of the bits up to t; "even" at the start, before there are any."""
        if t == 0:
            return "even"
        one = bool(np.rint(self.result["y"][t - 1]))
        return STATES[one != self.opposite]

    def ones(self, t: int) -> tuple[str, str]:
        """How many ones there are up to t, and what parity that is, in words."""
        count = int(self.result["x"][:t].sum())
        return f"{count} one" + ("" if count == 1 else "s"), STATES[count % 2]
