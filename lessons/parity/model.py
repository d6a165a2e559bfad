"""Two switches in a loop that keep the parity of any number of bits, and what soft switches make of them."""

from typing import Any

import numpy as np
import param

from app.parts.numbers import plain
from app.shell.export import literal
from app.shell.model import Check, PageModel
from app.shell.sequence import MAX_STEPS, Sequence
from engine import parity

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


def _weight(name: str) -> param.Number:
    label = name.translate(str.maketrans("12_", "₁₂ "))
    return param.Number(EXACT[name], bounds=(-5, 5), step=0.05, label=label, doc=f"Eq. 12.36 has {plain(EXACT[name])}")


class Parity(PageModel):
    """h(t) = f(U x(t) + W h(t−1) + b), y(t) = f(V h(t) + b_out), h(0) = 0 (chapter 12, Fig. 12.14 and Eq. 12.36)."""

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
    seed = param.Integer(1, bounds=(0, 9999), label="seed", doc="seed of the perturbation and of the random bits")
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

    def weights(self, *, perturbed: bool = True) -> parity.ParityWeights:
        """The eleven numbers of the sliders, with the perturbation or without."""
        n = np.array([getattr(self, name) for name in EXACT])
        chosen = parity.ParityWeights(U=n[:2], W=n[2:6].reshape(2, 2), b=n[6:8], V=n[8:10], b_out=float(n[10]))
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
        xor = parity.running_xor(x).astype(float)
        memory = run.hidden[:, 0] - run.hidden[:, 1]
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
            "leak": np.abs(memory - xor),
            "memory": memory,
            "wrong": np.rint(run.output) != xor,
        }

    def sweep(self) -> np.ndarray:
        """Largest leak along the sequence for each of `STEEPNESSES`, kept until bits or weights change."""
        x, weights = self.sequence("bits"), self.weights()
        key = x.tobytes() + b"".join(np.asarray(part).tobytes() for part in weights)
        if key != self._swept[0]:
            xor = parity.running_xor(x)
            hidden = (parity.run(x, weights=weights, activation="logistic", steepness=s).hidden for s in STEEPNESSES)
            self._swept = key, np.array([np.abs(h[:, 0] - h[:, 1] - xor).max() for h in hidden])
        return self._swept[1]

    def slopes(self, t: int) -> np.ndarray:
        """Slopes s h(1 − h) of the two logistic units at step t, (2,)."""
        a = np.array([self.result["a1"][t - 1], self.result["a2"][t - 1]])
        # from a, where 1 − h has all its digits; an exponential that overflows makes the slope 0, as it is
        with np.errstate(over="ignore"):
            return self.steepness / (2 + np.exp(self.steepness * a) + np.exp(-self.steepness * a))

    def largest_eigenvalue(self, t: int) -> float:
        """The larger eigenvalue, in magnitude, of ∂h(t)/∂h(t−1) = diag(slopes) W, from its trace and determinant.

        For Eq. 12.36 the determinant is 0, and it is the magnitude of the difference of the slopes. A general routine
        would lose that difference: the matrix is nearly nilpotent.
        """
        first, second = self.slopes(t)
        W = self.weights().W
        trace = abs(first * W[0, 0] + second * W[1, 1])
        determinant = first * second * (W[0, 0] * W[1, 1] - W[0, 1] * W[1, 0])
        under_root = trace**2 - 4 * determinant
        return float((trace + np.sqrt(under_root)) / 2 if under_root >= 0 else np.sqrt(determinant))

    @property
    def first_error(self) -> int:
        """The first step whose rounded output is not the parity so far, or 0."""
        wrong = self.result["wrong"]
        return int(wrong.argmax()) + 1 if wrong.any() else 0

    def table(self) -> dict[str, np.ndarray]:
        columns = ["x", "h1", "h2", "y", "xor", "a1", "a2", "a_out", "factor", "log10_product"]
        return {"t": self.time} | {name: self.result[name] for name in columns}

    def script(self) -> str:
        U, W, b, V, b_out = (np.asarray(part).tolist() for part in self.weights(perturbed=False))
        steepness = f"steepness={self.steepness!r}"
        soft = f', activation="logistic", {steepness}' if self.soft else ""
        perturb = (
            f"weights = parity.perturb(weights, {self.perturbation!r}, np.random.default_rng({self.seed}))\n"
            if self.perturbation
            else ""
        )
        norms = (
            f"norms = parity.jacobian_norms(x, weights=weights, {steepness})\n"
            'table |= {"factor": norms.factors, "log10_product": norms.log10_products}'
            if self.soft
            else "# The slope of hardlim is 0: no change of the state passes a step; ∂h(T)/∂h(T) is the identity.\n"
            'table |= {"factor": np.zeros(len(x)), "log10_product": np.append(np.full(len(x) - 1, -np.inf), 0.0)}'
        )
        return f"""
import numpy as np

from engine import parity

x = np.array({literal(self.sequence("bits"))})
weights = parity.ParityWeights(U={U}, W={W}, b={b}, V={V}, b_out={b_out})
{perturb}
run = parity.run(x, weights=weights{soft})
table = {{"t": np.arange(1, len(x) + 1), "x": x, "h1": run.hidden[:, 0], "h2": run.hidden[:, 1], "y": run.output,
         "xor": parity.running_xor(x), "a1": run.net[:, 0], "a2": run.net[:, 1], "a_out": run.output_net}}
{norms}
"""

    def ones(self, t: int) -> tuple[str, str]:
        """How many ones there are up to t, and what parity that is, in words."""
        count = int(self.result["x"][:t].sum())
        return f"{count} one" + ("" if count == 1 else "s"), STATES[count % 2]

    def sentence(self) -> str:
        count, word = self.ones(self.at)
        return f"{count} so far at t = {self.at}: {word}. {self._verdict()}" + (f" {self._leak()}" if self.soft else "")

    def _verdict(self) -> str:
        wrong, n, first = self.result["wrong"], self.n_steps, self.first_error
        if not first:
            return "The output is right." if n == 1 else f"All {n} outputs are right."
        if wrong.all() and n > 1:
            return "Every output is the opposite of the parity: here 1 means even."
        return f"Parity first goes wrong at t = {first}; wrong outputs: {plain(wrong.sum())} of {n}."

    def _leak(self) -> str:
        leak, r = self.result["leak"], self.result
        lost = np.flatnonzero(leak > 0.5)
        start = f"With steepness {plain(self.steepness)} the state"
        if not lost.size:
            return f"{start} holds: h₁ − h₂ stays within {plain(max(leak.max(), 0.001), 2)} of the parity."
        k = int(lost[0])
        memory, wanted = plain(r["memory"][k], 3), plain(r["xor"][k])
        return f"{start} leaks: at t = {k + 1}, h₁ − h₂ is {memory} and should be {wanted}."

    def explain(self, name: str, step: int) -> str:
        r, k, w = self.result, step - 1, self.weights()
        count, word = self.ones(step)
        readout = f"{plain(w.V[0])}·{plain(r['h1'][k])} + ({plain(w.V[1])})·{plain(r['h2'][k])} + ({plain(w.b_out)})"
        return (
            f"With {count} up to t = {step} the parity is {word}. The output's net input is {readout} = "
            f"{plain(r['a_out'][k])}, so y({step}) = {plain(r['y'][k])}."
        )

    # Challenges

    def breaks_with_small_perturbation(self) -> Check:
        first, size = self.first_error, self.perturbation
        if self.soft or any(abs(getattr(self, name) - value) > 1e-9 for name, value in EXACT.items()):
            return Check(False, "Use hardlim and the exact weights: only the perturbation may spoil them.")
        if size >= 0.3:
            return Check(False, f"The perturbation is {plain(size)}; it has to stay below 0.3.")
        found = f"goes wrong at t = {first}" if first else f"is right at all {self.n_steps} steps"
        return Check(0 < first <= 10, f"With perturbation {plain(size)} and seed {self.seed} the parity {found}.")

    def leaks_but_right(self) -> Check:
        r = self.result
        if not self.soft or self.n_steps < 50 or r["x"].sum() < 10:
            return Check(False, "It takes logistic switches, at least 50 bits, and ten ones among them.")
        hidden = np.concatenate([r["h1"], r["h2"]])
        away, errors = float(np.minimum(hidden, 1 - hidden).max()), int(r["wrong"].sum())
        found = f"{errors} of {self.n_steps} outputs are wrong; a hidden value is {plain(away, 3)} away from 0 and 1."
        return Check(not errors and away > 0.05, found)

    def computes_even_parity(self) -> Check:
        r = self.result
        if self.soft or self.perturbation:
            return Check(False, "Use hardlim and no perturbation.")
        if self.n_steps < 10 or np.ptp(r["x"]) == 0:
            return Check(False, "Use at least ten bits, ones and zeros among them.")
        right = int((r["y"] == 1 - r["xor"]).sum())
        return Check(right == self.n_steps, f"{right} of {self.n_steps} outputs are 1 for even and 0 for odd.")
