"""The table of the parity page as a short script."""

import numpy as np

from app.shell.export import literal
from lessons.parity import learning
from lessons.parity.parameters import ParityParameters


def script(m: ParityParameters) -> str:
    """Python lines that compute the table with the engine alone."""
    return f"""
import numpy as np

from engine import {"parity, parity_learning" if m.learned else "parity"}

x = np.array({literal(m.sequence("bits"))})
{_weights(m)}
run = parity.run(x, weights=weights{f', activation="logistic", steepness={m.steepness!r}' if m.soft else ""})
table = {{"t": np.arange(1, len(x) + 1), "x": x, "h1": run.hidden[:, 0], "h2": run.hidden[:, 1], "y": run.output,
         "xor": parity.running_xor(x), "a1": run.net[:, 0], "a2": run.net[:, 1], "a_out": run.output_net}}
{_norms(m)}
"""


def _weights(m: ParityParameters) -> str:
    if m.learned:
        chosen = learning.script(m.seed, m.learned_steps)
    else:
        U, W, b, V, b_out = (np.asarray(part).tolist() for part in m.weights(perturbed=False))
        chosen = f"weights = parity.ParityWeights(U={U}, W={W}, b={b}, V={V}, b_out={b_out})"
    if not m.perturbation:
        return chosen
    return f"{chosen}\nweights = parity.perturb(weights, {m.perturbation!r}, np.random.default_rng({m.seed}))"


def _norms(m: ParityParameters) -> str:
    if m.soft:
        return (
            f"norms = parity.jacobian_norms(x, weights=weights, steepness={m.steepness!r})\n"
            'table |= {"factor": norms.factors, "log10_product": norms.log10_products}'
        )
    return (
        "# The slope of hardlim is 0: no change of the state passes a step; ∂h(T)/∂h(T) is the identity.\n"
        'table |= {"factor": np.zeros(len(x)), "log10_product": np.append(np.full(len(x) - 1, -np.inf), 0.0)}'
    )
