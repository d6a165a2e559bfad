"""Make training.npz: small LSTMs trained by PyTorch in double precision. Needs torch; no test runs this.

    pip install torch==2.13.0
    python tests/golden/make_training.py

"adam/..." holds ten updates of torch.optim.Adam, "descent/..." ten of torch.optim.SGD with the gradient's norm clipped.
Each has the weights at the start (U, W, b with rows i, f, g, o and one bias; V, b_out), the batches x (10, B, T, m) and
d (10, B, T, k) with the steps that count (T,), learning_rate, clip (0 for none), and after every update all weights
(U_after (10, 4n, m) ...), before it the loss (10,) and the gradient's norm before clipping (10,).
torch.nn.LSTM has two biases, which would both be updated: the second is zero and takes no part.
torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm, so the clipping is written out.
"""

from pathlib import Path

import numpy as np
import torch

N_UNITS, N_INPUTS, N_OUTPUTS, N_STEPS, BATCH, N_UPDATES = 3, 2, 2, 6, 4, 10
SETTINGS = {"adam": (0.05, 0.0), "descent": (0.5, 0.2)}  # learning rate, clip


def make_network(rng):
    network = torch.nn.LSTM(N_INPUTS, N_UNITS, batch_first=True, dtype=torch.float64)
    readout = torch.nn.Linear(N_UNITS, N_OUTPUTS, dtype=torch.float64)
    weights = {
        "U": network.weight_ih_l0,
        "W": network.weight_hh_l0,
        "b": network.bias_ih_l0,
        "V": readout.weight,
        "b_out": readout.bias,
    }
    with torch.no_grad():
        for parameter in weights.values():
            parameter.copy_(torch.tensor(rng.normal(size=tuple(parameter.shape))))
        network.bias_hh_l0.zero_()
    return network, readout, weights


def numbers(weights):
    return {name: parameter.detach().numpy().copy() for name, parameter in weights.items()}


def train(rng, method):
    learning_rate, clip = SETTINGS[method]
    network, readout, weights = make_network(rng)
    counted = np.array([False, True, True, False, False, True])
    case = numbers(weights) | {
        "x": rng.normal(size=(N_UPDATES, BATCH, N_STEPS, N_INPUTS)),
        "d": rng.normal(size=(N_UPDATES, BATCH, N_STEPS, N_OUTPUTS)),
        "counted": counted,
        "learning_rate": learning_rate,
        "clip": clip,
    }
    kind = torch.optim.Adam if method == "adam" else torch.optim.SGD
    optimizer = kind(weights.values(), lr=learning_rate)
    losses, norms, after = [], [], []
    for x, d in zip(case["x"], case["d"], strict=True):
        optimizer.zero_grad()
        y = readout(network(torch.tensor(x))[0])
        loss = ((torch.tensor(d) - y)[:, counted] ** 2).mean()
        loss.backward()
        norm = torch.sqrt(sum((parameter.grad**2).sum() for parameter in weights.values()))
        if clip and norm > clip:
            for parameter in weights.values():
                parameter.grad *= clip / norm
        optimizer.step()
        losses.append(loss.item())
        norms.append(norm.item())
        after.append(numbers(weights))
    print(method, "losses", np.round(losses, 3), "norms", np.round(norms, 3))
    return (
        case
        | {"losses": losses, "gradient_norms": norms}
        | {f"{name}_after": np.array([step[name] for step in after]) for name in weights}
    )


def main():
    rng = np.random.default_rng(15)
    stored = {f"{method}/{key}": values for method in SETTINGS for key, values in train(rng, method).items()}
    np.savez_compressed(Path(__file__).with_name("training.npz"), **stored)


if __name__ == "__main__":
    main()
