"""How fast networks with delay lines are, against PyTorch: python tests/bench/lines.py

Rounds and ratios as in tests/bench/gradients.py: interleaved, one thread each, above 1 the engine is faster. Every call
runs forward and backward once. Without PyTorch (pip install torch==2.13.0) its lines say that it is absent. PyTorch
gets the FTDNN in the form that suits it best, all steps at once on a stacked matrix that is made beforehand; the NARX
has to go step by step. "Own module" is the engine's module for this network alone: focused, narx, distributed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

# first: it sets the number of threads, which numpy reads when it is imported
from tests.bench.gradients import compare, difference, torch  # isort: skip

import numpy as np

from engine import distributed, focused, lddn, narx

N_UNITS, N_STEPS = 10, 500


class Torch:
    """Weights as parameters of one precision, and a loss whose derivative by y is `explicit`."""

    def __init__(self, forward, x, weights, explicit, dtype):
        self.forward, self.x = forward, torch.tensor(x, dtype=dtype)
        self.explicit = torch.tensor(explicit, dtype=dtype)
        self.weights = [torch.tensor(values, dtype=dtype, requires_grad=True) for values in weights]

    def gradient(self):
        for weight in self.weights:
            weight.grad = None
        (self.forward(self.x, *self.weights) * self.explicit).sum().backward()
        return [weight.grad.numpy() for weight in self.weights]


def torch_peers(forward, x, weights, explicit):
    if torch is None:
        return {}
    dtypes = {"PyTorch float64": torch.float64, "PyTorch float32": torch.float32}
    return {name: Torch(forward, x, weights, explicit, dtype).gradient for name, dtype in dtypes.items()}


def of_layers(found):
    """All derivatives of an LDDN in the order of its layers."""
    return [values for layer in found.layers.values() for values in (*layer.weights, layer.b)]


def compare_network(title, network, x, explicit, peers):
    """From a Network, whose checks are part of the time, and from one that was prepared."""
    prepared = lddn.prepare(network)
    found = of_layers(lddn.bptt(x, network, explicit))
    if torch is not None:
        print(f"\ndifference from PyTorch {difference(found, peers['PyTorch float64']()):.1e}", end="")
    peers["checked again each time"] = lambda: lddn.bptt(x, network, explicit)
    compare(title, lambda: lddn.bptt(x, prepared, explicit), peers, 20)


def stacked_net(stacked, U, b, V, b_out):
    columns = U.permute(1, 0, 2).reshape(U.shape[1], -1)
    return torch.tanh(stacked @ columns.T + b) @ V.T + b_out


def compare_ftdnn(n_delays):
    rng = np.random.default_rng(0)
    x, explicit = rng.normal(size=N_STEPS), rng.normal(size=(N_STEPS, 1))
    weights = [rng.normal(size=shape) for shape in ((n_delays, N_UNITS, 1), N_UNITS, (1, N_UNITS), 1)]
    U, b, V, b_out = weights
    params, delays = focused.FocusedParams(U[:, :, 0].T, b, V, b_out), range(1, n_delays + 1)
    network = lddn.forms.ftdnn(params, delays)
    padded = np.concatenate([np.zeros(n_delays), x])
    stacked = np.array([padded[t : t + n_delays][::-1] for t in range(N_STEPS)])
    peers = torch_peers(stacked_net, stacked, weights, explicit)
    peers["own module"] = lambda: focused.ftdnn_gradient(x, explicit, params, delays)
    compare_network(f"FTDNN n=10 T=500, {n_delays} delays", network, x, explicit, peers)


def narx_by_steps(x, U, W, b, V, b_out):
    n_delays, y = len(U), [torch.zeros_like(b_out)] * len(W)
    came = torch.cat([torch.zeros(n_delays, x.shape[1], dtype=x.dtype), x])
    for t in range(len(x)):
        a = b
        for j in range(n_delays):
            a = a + U[j] @ came[t + n_delays - 1 - j]
        for j in range(len(W)):
            a = a + W[j] @ y[-1 - j]
        y.append(V @ torch.tanh(a) + b_out)
    return torch.stack(y[len(W) :])


def compare_narx(n_delays):
    rng = np.random.default_rng(0)
    x, explicit = rng.normal(size=(N_STEPS, 1)), rng.normal(size=(N_STEPS, 1))
    shapes = ((n_delays, N_UNITS, 1), (n_delays, N_UNITS, 1), N_UNITS, (1, N_UNITS), 1)
    weights = [0.3 * rng.normal(size=shape) for shape in shapes]
    params = narx.NarxParams(*weights)
    network, peers = lddn.forms.narx(params), torch_peers(narx_by_steps, x, weights, explicit)
    peers["own module"] = lambda: narx.gradient(x, explicit, params)
    compare_network(f"NARX n=10 T=500, {n_delays} delays each", network, x, explicit, peers)


def convolutions(x, W1, b1, W2, b2):
    """W: (D, n, m), delay 0 first; Conv1d's kernel runs the other way, and the past is padded."""
    h = x.T[None]
    for number, (W, b) in enumerate(((W1, b1), (W2, b2))):
        kernel = W.permute(1, 2, 0).flip(2)
        h = torch.nn.functional.conv1d(torch.nn.functional.pad(h, (len(W) - 1, 0)), kernel, b)
        h = torch.tanh(h) if number == 0 else h
    return h[0].T


def compare_dtdnn(n_delays):
    rng = np.random.default_rng(0)
    x, explicit = rng.normal(size=(N_STEPS, 1)), rng.normal(size=(N_STEPS, 1))
    shapes = ((n_delays, N_UNITS, 1), N_UNITS, (n_delays, 1, N_UNITS), 1)
    weights = W1, b1, W2, b2 = [rng.normal(size=shape) for shape in shapes]
    delays = range(n_delays)
    layers = [distributed.DelayLayer(W1, b1, delays, "tanh"), distributed.DelayLayer(W2, b2, delays, "identity")]
    network, peers = lddn.forms.dtdnn(layers), torch_peers(convolutions, x, weights, explicit)
    peers["own module"] = lambda: distributed.gradients(x, layers, explicit)
    compare_network(f"DTDNN n=10 T=500, {n_delays} delays a layer, against Conv1d", network, x, explicit, peers)


if __name__ == "__main__":
    for n_delays in (2, 10):
        compare_ftdnn(n_delays)
    for n_delays in (2, 5):
        compare_narx(n_delays)
    for n_delays in (3, 10):
        compare_dtdnn(n_delays)
