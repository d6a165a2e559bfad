"""Make gates.npz: LSTM and GRU run and differentiated by PyTorch in double precision. Needs torch; no test runs this.

    pip install torch==2.13.0
    python tests/golden/make_gates.py

Keys are "case/key"; a case holds its inputs as well as its results, so tests need neither PyTorch nor the same random
numbers. The first word of a case's name says what made it:

    lstm        nn.LSTM; b is the sum of PyTorch's two biases
    gru         nn.GRU, reset after the product; b has the blocks r, z, n, hn
    textbook    GRU with the reset before the product, written step by step with elementary operations
    reach       LSTM written step by step, plain or with peepholes (P); log10 of the spectral norms of d c(T)/d c(k),
                d h(T)/d h(k), d h(T)/d c(k) and d c(T)/d h(k) for all k, as cc, hh, hc, ch
    reset       the same for the GRU, before and after: d h(T)/d h(k) as hh

The loss is the sum of squared errors of the states, of every step or of the last; d... are autograd's derivatives.
"""

from pathlib import Path

import numpy as np
import torch

SIZES = [(1, 1, 1), (1, 2, 30), (2, 1, 2), (3, 2, 7), (5, 3, 30), (16, 4, 100)]  # n units, m inputs, T steps


def draw(rng, blocks, bias_blocks, n, m, n_steps, *, start, cell):
    data = {
        "x": rng.normal(size=(n_steps, m)),
        "U": rng.normal(size=(blocks * n, m)),
        "W": 1.5 * rng.normal(size=(blocks * n, n)) / np.sqrt(n),
        "b": 0.5 * rng.normal(size=bias_blocks * n),
        "h0": rng.normal(size=n) if start else np.zeros(n),
        "d": rng.normal(size=(n_steps, n)),
    }
    if cell:
        data["c0"] = rng.normal(size=n) if start else np.zeros(n)
    return {name: torch.tensor(values, requires_grad=name != "d") for name, values in data.items()}


def module_states(kind, data):
    """The states of nn.LSTM or nn.GRU, as a function of our weights that autograd can follow."""
    U, W, b = data["U"], data["W"], data["b"]
    n, m = W.shape[1], U.shape[1]
    if kind == "lstm":
        module, biases, start = torch.nn.LSTM(m, n), (b, torch.zeros_like(b)), (data["h0"][None], data["c0"][None])
    else:
        product_bias = torch.cat((torch.zeros(2 * n, dtype=b.dtype), b[3 * n :]))
        module, biases, start = torch.nn.GRU(m, n), (b[: 3 * n], product_bias), data["h0"][None]
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = dict(zip(names, (U, W, *biases), strict=True))
    return torch.func.functional_call(module.double(), weights, (data["x"], start))[0]


def gru_steps(data, reset_after):
    n, h, states = data["W"].shape[1], data["h0"], []
    U_r, U_z, U_n = data["U"].split(n)
    W_r, W_z, W_n = data["W"].split(n)
    b_r, b_z, b_n, *b_hn = data["b"].split(n)
    for x in data["x"]:
        r = torch.sigmoid(U_r @ x + W_r @ h + b_r)
        z = torch.sigmoid(U_z @ x + W_z @ h + b_z)
        heard = r * (W_n @ h + b_hn[0]) if reset_after else W_n @ (r * h)
        h = (1 - z) * torch.tanh(U_n @ x + heard + b_n) + z * h
        states.append(h)
    return states


def lstm_steps(data):
    n, h, c, cells, states = data["W"].shape[1], data["h0"], data["c0"], [], []
    P = data.get("P", torch.zeros(3, n, dtype=torch.float64))
    for x in data["x"]:
        i, f, g, o = (data["U"] @ x + data["W"] @ h + data["b"]).split(n)
        c = torch.sigmoid(f + P[1] * c) * c + torch.sigmoid(i + P[0] * c) * torch.tanh(g)
        h = torch.sigmoid(o + P[2] * c) * torch.tanh(c)
        cells.append(c)
        states.append(h)
    return cells, states


def numpy_arrays(data):
    return {name: tensor.detach().numpy() for name, tensor in data.items()}


def differentiate(data, states, at):
    errors = data["d"] - states
    loss = (errors**2).sum() if at == "every" else (errors[-1] ** 2).sum()
    loss.backward()
    results = {f"d{name}": data[name].grad for name in data if name != "d"}
    return numpy_arrays(data | results | {"h": states, "loss": loss})


def log10_norms(outputs, nodes):
    """log10 of the spectral norm of d outputs[-1] / d node, for every node; -inf where there is no way."""
    rows = [torch.autograd.grad(unit, nodes, retain_graph=True, materialize_grads=True) for unit in outputs[-1]]
    jacobians = torch.stack([torch.stack(row) for row in rows], dim=1)
    with np.errstate(divide="ignore"):
        return np.log10(torch.linalg.matrix_norm(jacobians, ord=2).numpy())


def main():
    rng = np.random.default_rng(14)
    stored = {}

    def store(name, case):
        stored.update({f"{name}/{key}": value for key, value in case.items()})
        print(name, {key: f"{np.linalg.norm(value):.2g}" for key, value in case.items() if key in ("h", "dh0", "dW")})

    # each size with either loss, but for the largest, which fills the file
    for number, (n, m, n_steps) in enumerate([*SIZES, *SIZES[:-1]]):
        at, size = ("last", "every")[(number + number // len(SIZES)) % 2], f"n{n}-m{m}-T{n_steps}"
        start = number < len(SIZES)
        data = draw(rng, 4, 4, n, m, n_steps, start=start, cell=True)
        store(f"lstm-{size}-{at}", differentiate(data, module_states("lstm", data), at))
        data = draw(rng, 3, 4, n, m, n_steps, start=start, cell=False)
        store(f"gru-{size}-{at}", differentiate(data, module_states("gru", data), at))
        data = draw(rng, 3, 3, n, m, n_steps, start=start, cell=False)
        store(f"textbook-{size}-{at}", differentiate(data, torch.stack(gru_steps(data, False)), at))
    for n, m, n_steps in SIZES[1:]:
        size = f"n{n}-m{m}-T{n_steps}"
        for peepholes in (False, True):
            data = draw(rng, 4, 4, n, m, n_steps, start=True, cell=True)
            if peepholes:
                data["P"] = torch.tensor(rng.normal(size=(3, n)), requires_grad=True)
            c, h = lstm_steps(data)
            norms = {"cc": log10_norms(c, c), "hh": log10_norms(h, h), "hc": log10_norms(h, c), "ch": log10_norms(c, h)}
            store(f"reach-{size}{'-peepholes' if peepholes else ''}", numpy_arrays(data) | norms)
        for place, bias_blocks in (("before", 3), ("after", 4)):
            data = draw(rng, 3, bias_blocks, n, m, n_steps, start=True, cell=False)
            h = gru_steps(data, place == "after")
            store(f"reset-{size}-{place}", numpy_arrays(data) | {"hh": log10_norms(h, h)})
    np.savez_compressed(Path(__file__).with_name("gates.npz"), **stored)


if __name__ == "__main__":
    main()
