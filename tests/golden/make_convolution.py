"""Make convolution.npz: causal dilated convolutions, differentiated by PyTorch in double precision. Needs torch.

    pip install torch==2.13.0
    python tests/golden/make_convolution.py

Keys are "case/key". A case is a stack of torch.nn.Conv1d; before each, (D-1) r zeros are put in front of the sequence,
so that no output sees a later input. Layer l has kernel_l (n, m, D), bias_l (n,) and dilation_l; tanh after each but
the last. x (B, T, m) and d (B, T, k) are the input and target, y (B, T, k) the output, loss the sum of (y - d)^2, and
dx, dkernel_l, dbias_l its derivatives.
"""

from pathlib import Path

import numpy as np
import torch

# units from the input up, taps and dilations per layer, sequences, steps
CASES = {
    "one": ([1, 2], [3], [1], 1, 9),
    "two": ([2, 3, 1], [3, 2], [1, 1], 2, 12),
    "dilated": ([1, 4, 4, 2], [2, 2, 2], [1, 2, 4], 2, 20),
    "longer-than-the-sequence": ([1, 2, 1], [4, 3], [3, 2], 1, 6),
}


def make(rng, sizes, taps, dilations, count, n_steps):
    layers = []
    for m, n, D, r in zip(sizes, sizes[1:], taps, dilations, strict=False):
        layer = torch.nn.Conv1d(m, n, D, dilation=r, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(rng.normal(size=(n, m, D))))
            layer.bias.copy_(torch.tensor(rng.normal(size=n)))
        layers.append(layer)
    x = torch.tensor(rng.normal(size=(count, n_steps, sizes[0])), requires_grad=True)
    d = torch.tensor(rng.normal(size=(count, n_steps, sizes[-1])))
    h = x.transpose(1, 2)
    for number, (layer, D, r) in enumerate(zip(layers, taps, dilations, strict=True)):
        h = layer(torch.nn.functional.pad(h, ((D - 1) * r, 0)))
        h = torch.tanh(h) if number < len(layers) - 1 else h
    y = h.transpose(1, 2)
    loss = ((y - d) ** 2).sum()
    loss.backward()
    found = {"x": x, "d": d, "y": y, "loss": loss, "dx": x.grad}
    for number, (layer, r) in enumerate(zip(layers, dilations, strict=True)):
        found |= {f"kernel_{number}": layer.weight, f"bias_{number}": layer.bias}
        found |= {f"dkernel_{number}": layer.weight.grad, f"dbias_{number}": layer.bias.grad}
        found[f"dilation_{number}"] = torch.tensor(r)
    return {key: value.detach().numpy() for key, value in found.items()}


if __name__ == "__main__":
    rng = np.random.default_rng(12)
    cases = {f"{case}/{key}": value for case, shape in CASES.items() for key, value in make(rng, *shape).items()}
    np.savez_compressed(Path(__file__).with_name("convolution.npz"), **cases)
