"""How fast LSTM and GRU are, against PyTorch and plain NumPy: python tests/bench/lstm.py

Rounds and ratios as in tests/bench/gradients.py: interleaved, one thread each, above 1 the engine is faster. Without
PyTorch (pip install torch==2.13.0) its lines say that it is absent. PyTorch's nn.LSTM runs all steps in one fused
kernel in float32, and step by step in float64; its norms of dc(T)/dc(k) take one backward pass per unit.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

# first: it sets the number of threads, which numpy reads when it is imported
from tests.bench.gradients import compare, difference, torch  # isort: skip

import numpy as np

from engine import gru, lstm


def logistic(a):
    return 1 / (1 + np.exp(-a))


def numpy_gradient(x, params, explicit):
    U, W, b, _ = params
    n, h, c, kept = W.shape[1], np.zeros(W.shape[1]), np.zeros(W.shape[1]), []
    for x_t in x:
        i, f, g, o = (U @ x_t + W @ h + b).reshape(4, n)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        before, c = (h, c), f * c + i * g
        h = o * np.tanh(c)
        kept.append((i, f, g, o, *before, np.tanh(c)))
    s, dF_dh, dF_dc = np.empty((len(x), 4 * n)), np.zeros(n), np.zeros(n)
    for t in reversed(range(len(x))):
        i, f, g, o, _, c_before, squashed = kept[t]
        dF_dh = explicit[t] + dF_dh
        dF_dc = dF_dc + dF_dh * o * (1 - squashed**2)
        by_gate = (dF_dc * g * i * (1 - i), dF_dc * c_before * f * (1 - f), dF_dc * i * (1 - g**2))
        s[t] = np.concatenate((*by_gate, dF_dh * squashed * o * (1 - o)))
        dF_dh, dF_dc = W.T @ s[t], dF_dc * f
    return s.T @ x, s.T @ np.array([step[4] for step in kept]), s.sum(0)


class Torch:
    """nn.LSTM or nn.GRU with our weights, differentiated by autograd."""

    def __init__(self, kind, x, params, explicit, dtype):
        n_units, n_inputs = params.W.shape[1], params.U.shape[1]
        self.x, self.explicit = torch.tensor(x, dtype=dtype), torch.tensor(explicit, dtype=dtype)
        self.module = getattr(torch.nn, kind)(n_inputs, n_units, dtype=dtype)
        self.cell = torch.nn.LSTMCell(n_inputs, n_units, dtype=dtype)
        rows = params.U.shape[0]
        product_bias = np.zeros(rows)
        product_bias[rows - (params.b.shape[0] - rows) :] = params.b[rows:]
        weights = [torch.tensor(values, dtype=dtype) for values in (params.U, params.W, params.b[:rows], product_bias)]
        self.parameters = list(self.module.parameters())
        with torch.no_grad():
            for parameter, values in zip(self.parameters, weights, strict=True):
                parameter.copy_(values)
            if kind == "LSTM":
                for parameter, values in zip(self.cell.parameters(), weights, strict=True):
                    parameter.copy_(values)

    def gradient(self):
        for parameter in self.parameters:
            parameter.grad = None
        (self.module(self.x)[0] * self.explicit).sum().backward()
        return [parameter.grad.numpy() for parameter in self.parameters[:3]]

    def lag_norms(self):
        """One backward pass per unit of the last cell state gives a row of dc(T)/dc(k) for every k."""
        state, cells = None, []
        for x_t in self.x:
            state = self.cell(x_t[None], state)
            cells.append(state[1])
        rows = [torch.autograd.grad(unit, cells, retain_graph=True) for unit in cells[-1][0]]
        jacobians = torch.stack([torch.cat(row) for row in rows], dim=1)
        return torch.log10(torch.linalg.matrix_norm(jacobians, ord=2)).numpy()


def torch_peers(kind, method, *problem):
    """Both precisions of one method, for `compare`."""
    if torch is None:
        return {}
    dtypes = {"PyTorch float64": torch.float64, "PyTorch float32": torch.float32}
    return {name: getattr(Torch(kind, *problem, dtype), method) for name, dtype in dtypes.items()}


def say_difference(result, peers):
    texts = [f"{name} {difference(result, call()):.1e}" for name, call in peers.items() if "32" not in name]
    print(f"\ndifference from {', '.join(texts) or 'nobody'}", end="")


def compare_gradients(n, m, n_steps):
    rng = np.random.default_rng(0)
    x, explicit = rng.normal(size=(n_steps, m)), rng.normal(size=(n_steps, n))
    params = lstm.initial(n, m, rng, forget_bias=1.0)
    peers = torch_peers("LSTM", "gradient", x, params, explicit)
    peers["NumPy"] = lambda: numpy_gradient(x, params, explicit)
    say_difference(lstm.bptt(x, params, explicit)[:3], peers)
    compare(f"LSTM bptt n={n} m={m} T={n_steps}", lambda: lstm.bptt(x, params, explicit), peers, 20)
    after = gru.initial(n, m, rng, reset_after=True)
    peers = torch_peers("GRU", "gradient", x, after, explicit)
    dU, dW, db, *_ = gru.bptt(x, after, explicit, reset_after=True)
    say_difference((dU, dW, db[: 3 * n]), peers)
    call = lambda: gru.bptt(x, after, explicit, reset_after=True)  # noqa: E731
    compare(f"GRU bptt n={n} m={m} T={n_steps}", call, peers, 20)


def compare_lag_norms(n, m, n_steps):
    rng = np.random.default_rng(0)
    x, params = rng.normal(size=(n_steps, m)), lstm.initial(n, m, rng, forget_bias=1.0)
    peers = torch_peers("LSTM", "lag_norms", x, params, np.zeros((n_steps, n)))
    say_difference([lstm.lag_norms(x, params)], {name: lambda call=call: [call()] for name, call in peers.items()})
    compare(f"LSTM lag norms n={n} m={m} T={n_steps}", lambda: lstm.lag_norms(x, params), peers, 20)


if __name__ == "__main__":
    compare_gradients(16, 2, 100)
    compare_gradients(64, 2, 100)
    compare_lag_norms(16, 2, 200)
