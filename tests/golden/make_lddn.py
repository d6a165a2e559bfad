"""Make lddn.npz: networks with delays, written out step by step and differentiated by PyTorch. Needs torch.

    pip install torch==2.13.0
    python tests/golden/make_lddn.py

Keys are "case/key". Each case holds its weights, inputs x, values before step 1 and explicit derivatives, the outputs
of its layers by name, and autograd's derivatives, which have a d in front of the name. Signals before step 1 are rows,
the last of them the latest.

    ftdnn   y(t) = V tanh(U_0 x(t-1) + U_1 x(t-3) + b) + b_out
    narx    y(t) = V tanh(sum of U_j x(t-j) + sum of W_j y(t-j) + b) + b_out, j = 1 ... 3
    mixed   p(t) = relu(A x(t) + B q(t-2) + b_p)
            q(t) = logistic(C_0 p(t) + C_1 p(t-4) + b_q)
            r(t) = q(t) * (D r(t-1)) + p(t)
            y(t) = tanh(E r(t-1) + G x(t-3) + b_y)
"""

from pathlib import Path

import numpy as np
import torch

N_STEPS = 12


def tensors(rng, shapes):
    return {name: torch.tensor(rng.normal(size=shape), requires_grad=True) for name, shape in shapes.items()}


def ftdnn(w, x):
    h = [torch.tanh(w["U"][0] @ x(t - 1) + w["U"][1] @ x(t - 3) + w["b"]) for t in range(N_STEPS)]
    return {"h": h, "y": [w["V"] @ h_t + w["b_out"] for h_t in h]}


def narx(w, x):
    h, y = [], []
    before = w["before_y"]
    for t in range(N_STEPS):
        a = w["b"]
        for j in (1, 2, 3):
            a = a + w["U"][j - 1] @ x(t - j) + w["W"][j - 1] @ (y[t - j] if t >= j else before[t - j])
        h.append(torch.tanh(a))
        y.append(w["V"] @ h[t] + w["b_out"])
    return {"h": h, "y": y}


def mixed(w, x):
    found = {name: [] for name in "pqry"}

    def past(name, t):
        return found[name][t] if t >= 0 else w[f"before_{name}"][t]

    for t in range(N_STEPS):
        found["p"].append(torch.relu(w["A"] @ x(t) + w["B"] @ past("q", t - 2) + w["b_p"]))
        by_p = w["C"][0] @ past("p", t) + w["C"][1] @ past("p", t - 4)
        found["q"].append(torch.sigmoid(by_p + w["b_q"]))
        found["r"].append(past("q", t) * (w["D"] @ past("r", t - 1)) + past("p", t))
        found["y"].append(torch.tanh(w["E"] @ past("r", t - 1) + w["G"] @ x(t - 3) + w["b_y"]))
    return found


CASES = {
    "ftdnn": (ftdnn, {"U": (2, 4, 2), "b": 4, "V": (3, 4), "b_out": 3, "x": (N_STEPS, 2), "before_x": (3, 2)}),
    "narx": (
        narx,
        {"U": (3, 4, 1), "W": (3, 4, 2), "b": 4, "V": (2, 4), "b_out": 2}
        | {"x": (N_STEPS, 1), "before_x": (3, 1), "before_y": (3, 2)},
    ),
    "mixed": (
        mixed,
        {"A": (3, 2), "B": (3, 3), "b_p": 3, "C": (2, 3, 3), "b_q": 3, "D": (3, 3), "E": (2, 3), "G": (2, 2), "b_y": 2}
        | {"x": (N_STEPS, 2), "before_x": (4, 2), "before_p": (4, 3), "before_q": (4, 3), "before_r": (4, 3)},
    ),
}


def make(rng, build, shapes):
    w = tensors(rng, shapes)
    outputs = build(w, lambda t: w["x"][t] if t >= 0 else w["before_x"][t])
    explicit = {name: torch.tensor(rng.normal(size=(N_STEPS, len(h[0])))) for name, h in outputs.items()}
    for h in (h_t for values in outputs.values() for h_t in values):
        h.retain_grad()
    stacked = {name: torch.stack(h) for name, h in outputs.items()}
    sum((stacked[name] * explicit[name]).sum() for name in outputs).backward()
    kept = {name: value.detach() for name, value in w.items()} | {f"d{name}": value.grad for name, value in w.items()}
    for name, h in outputs.items():
        kept |= {f"explicit_{name}": explicit[name], f"h_{name}": stacked[name].detach()}
        kept[f"dF_dh_{name}"] = torch.stack([h_t.grad for h_t in h])
    return {key: value.numpy() for key, value in kept.items()}


if __name__ == "__main__":
    rng = np.random.default_rng(76)
    stored = {f"{case}/{key}": value for case, given in CASES.items() for key, value in make(rng, *given).items()}
    np.savez_compressed(Path(__file__).with_name("lddn.npz"), **stored)
