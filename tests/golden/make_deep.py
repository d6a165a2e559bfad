"""Make deep.npz: stacked and bidirectional networks, differentiated by PyTorch in double precision. Needs torch.

    pip install torch==2.13.0
    python tests/golden/make_deep.py

Keys are "case/key", and a case is named kind-layers[-bidirectional], where the kind is rnn (tanh), relu, gru or lstm.
Its keys, for L layers of n units in D directions, m inputs and T steps:

    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, weight_ih_l1, ...
                       the raw state_dict; row blocks i, f, g, o (lstm) and r, z, n (gru), and two biases each
    x (T, m), d (T, D n)                     input and target
    h0, c0 (L D, n)                          initial states, in the order layer 0, layer 0 reversed, layer 1, ...
    y (T, D n), h_n, c_n (L D, n)            output of the last layer and final states; c_n and c0 for lstm only.
                                             The reversed direction starts at step T and ends at step 1.
    loss                                     sum of (y - d)^2, so its explicit derivative is 2 (y - d)
    dx, dh0, dc0, dweight_ih_l0, ...         the derivative of the loss by each of the above
"""

from pathlib import Path

import numpy as np
import torch

KINDS = {
    "rnn": torch.nn.RNN,
    "relu": lambda *sizes, **options: torch.nn.RNN(*sizes, nonlinearity="relu", **options),
    "gru": torch.nn.GRU,
    "lstm": torch.nn.LSTM,
}
# layers, both directions, n units, m inputs, T steps
SHAPES = [(1, True, 3, 2, 12), (2, False, 5, 1, 30), (2, True, 2, 3, 7), (3, False, 3, 2, 20), (3, True, 1, 1, 5)]


def draw(rng, kind, layers, both, n, m, n_steps):
    """A module with weights large enough for gradients to reach the first layer and step, and its data."""
    module = KINDS[kind](m, n, num_layers=layers, bidirectional=both, dtype=torch.float64)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            values = rng.normal(size=tuple(weight.shape))
            if "weight" in name:
                values /= np.sqrt(weight.shape[1])
            else:
                values = 0.3 * values + (1.0 if kind == "relu" else 0.0)  # most relu units stay alive
            weight.copy_(torch.tensor(values))
    directions = 2 if both else 1
    data = {
        "x": rng.normal(size=(n_steps, m)),
        "d": rng.normal(size=(n_steps, directions * n)),
        "h0": rng.normal(size=(layers * directions, n)),
    }
    if kind == "lstm":
        data["c0"] = rng.normal(size=(layers * directions, n))
    return module, {name: torch.tensor(values, requires_grad=name != "d") for name, values in data.items()}


def differentiate(module, data):
    start = (data["h0"], data["c0"]) if "c0" in data else data["h0"]
    y, end = module(data["x"], start)
    loss = ((y - data["d"]) ** 2).sum()
    loss.backward()
    results = {**module.state_dict(), **data, "y": y, "loss": loss}
    results |= {"h_n": end[0], "c_n": end[1]} if "c0" in data else {"h_n": end}
    results |= {f"d{name}": data[name].grad for name in data if name != "d"}
    results |= {f"d{name}": weight.grad for name, weight in module.named_parameters()}
    return {name: tensor.detach().numpy() for name, tensor in results.items()}


def main():
    rng = np.random.default_rng(4)
    stored = {}
    for kind in KINDS:
        for layers, both, n, m, n_steps in SHAPES:
            module, data = draw(rng, kind, layers, both, n, m, n_steps)
            results = differentiate(module, data)
            name = f"{kind}-{layers}{'-bidirectional' if both else ''}"
            stored |= {f"{name}/{key}": value for key, value in results.items()}
            print(name, {key: f"{np.linalg.norm(results[key]):.2g}" for key in ("y", "dx", "dh0", "dweight_hh_l0")})
    np.savez_compressed(Path(__file__).with_name("deep.npz"), **stored)


if __name__ == "__main__":
    main()
