"""Make rnn.npz: small recurrent networks differentiated by PyTorch in double precision. Needs torch; no test runs this.

    pip install torch==2.13.0
    python tests/golden/make_rnn.py

Every case holds its inputs as well as its results, so the tests need neither PyTorch nor the same random numbers.
The network is written out with elementary operations, and autograd differentiates it: no formula of ours enters.
"""

import itertools
from pathlib import Path

import numpy as np
import torch

ACTIVATIONS = {
    "tanh": torch.tanh,
    "logistic": torch.sigmoid,
    "relu": torch.relu,
    "identity": lambda a: a,
}
# chosen so that states and gradients neither vanish nor explode over a hundred steps
GAINS = {"tanh": 1.2, "logistic": 4.0, "relu": 1.0, "identity": 0.9}
BIAS_MEANS = {"tanh": 0.0, "logistic": 0.0, "relu": 2.0, "identity": 0.0}  # most relu units stay alive
SIZES = [(1, 1, 1), (1, 2, 30), (2, 1, 2), (3, 2, 7), (5, 3, 30), (16, 4, 100)]  # n units, m inputs, T steps
N_OUTPUTS = 2


def draw(rng, activation, n, m, n_steps, given_h0, with_output):
    width = N_OUTPUTS if with_output else n
    case = {
        "x": rng.normal(size=(n_steps, m)),
        "U": 0.5 * rng.normal(size=(n, m)),
        "W": GAINS[activation] * rng.normal(size=(n, n)) / np.sqrt(n),
        "b": BIAS_MEANS[activation] + 0.3 * rng.normal(size=n),
        "h0": rng.normal(size=n) if given_h0 else np.zeros(n),
        "d": rng.normal(size=(n_steps, width)),
    }
    if with_output:
        case |= {"V": rng.normal(size=(width, n)), "b_out": rng.normal(size=width)}
    return case


def differentiate(case, activation, at):
    """Losses, states and autograd's derivatives of everything that is not x or d."""
    given = {name: torch.tensor(values, requires_grad=name not in ("x", "d")) for name, values in case.items()}
    h, states, nets = given["h0"], [], []
    for x_t in given["x"]:
        nets.append(given["U"] @ x_t + given["W"] @ h + given["b"])
        h = ACTIVATIONS[activation](nets[-1])
        states.append(h)
    for tensor in states + nets:
        tensor.retain_grad()
    outputs = [given["V"] @ h + given["b_out"] for h in states] if "V" in case else states
    errors = [d - y for d, y in zip(given["d"], outputs, strict=True)]
    loss = sum((e**2).sum() for e in (errors if at == "every" else errors[-1:]))
    loss.backward()
    results = {f"d{name}": given[name].grad for name in case if name not in ("x", "d")}
    results |= {"loss": loss, "h": torch.stack(states), "y": torch.stack(outputs)}
    results["dF_dh"] = torch.stack([h.grad for h in states])
    results["dF_da"] = torch.stack([a.grad for a in nets])
    if "V" not in case:
        del results["y"]
    return {name: tensor.detach().numpy() for name, tensor in results.items()}


def main():
    rng = np.random.default_rng(13)
    combinations = itertools.cycle(itertools.product(("every", "last"), (True, False), (False, True)))
    stored = {}
    for activation in ACTIVATIONS:
        for n, m, n_steps in SIZES:
            at, given_h0, with_output = next(combinations)
            case = draw(rng, activation, n, m, n_steps, given_h0, with_output)
            results = differentiate(case, activation, at)
            name = f"{activation}-n{n}-m{m}-T{n_steps}-{at}"
            stored |= {f"{name}/{key}": value for key, value in (case | results).items()}
            sizes = {key: f"{np.linalg.norm(value):.2g}" for key, value in results.items()}
            print(name, "h0" if given_h0 else "", "output" if with_output else "", sizes)
    np.savez_compressed(Path(__file__).with_name("rnn.npz"), **stored)


if __name__ == "__main__":
    main()
