"""How fast gradients through time are, against PyTorch and plain NumPy: python tests/bench/gradients.py

One thread each. Every peer does the same work in turn, round after round, and the median of the ratios per round is
printed: above 1 the engine is faster. Without PyTorch (pip install torch==2.13.0) its lines say that it is absent.
The floor is one matrix product with as many multiplications as the task needs; nothing gets below it by much.
"""

import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np  # noqa: E402

from engine import gradients, rnn  # noqa: E402

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None

ROUNDS = 15


def problem(n, m, n_steps):
    rng = np.random.default_rng(0)
    params = rnn.RnnParams(rng.normal(size=(n, m)), rng.normal(size=(n, n)) / np.sqrt(n), 0.1 * rng.normal(size=n))
    return rng.normal(size=(n_steps, m)), params, rng.normal(size=(n_steps, n))


def numpy_gradient(x, params, explicit):
    U, W, b = params
    h = np.zeros((len(x) + 1, len(b)))
    for t in range(len(x)):
        h[t + 1] = np.tanh(U @ x[t] + W @ h[t] + b)
    s = np.empty_like(explicit)
    dF_dh = np.zeros(len(b))
    for t in reversed(range(len(x))):
        dF_dh = explicit[t] + dF_dh
        s[t] = (1 - h[t + 1] ** 2) * dF_dh
        dF_dh = W.T @ s[t]
    return s.T @ x, s.T @ h[:-1], s.sum(0)


def numpy_lag_norms(x, params):
    U, W, b = params
    h, jacobians = np.zeros(len(b)), []
    for x_t in x:
        h = np.tanh(U @ x_t + W @ h + b)
        jacobians.append((1 - h**2)[:, None] * W)
    product, norms = np.eye(len(b)), [1.0]
    for jacobian in jacobians[:0:-1]:
        product = product @ jacobian
        norms.append(np.linalg.norm(product, 2))
    return np.log10(norms[::-1])


class Torch:
    """The network written step by step, differentiated by autograd."""

    def __init__(self, x, params, explicit, dtype):
        self.x, self.explicit = torch.tensor(x, dtype=dtype), torch.tensor(explicit, dtype=dtype)
        self.weights = [torch.tensor(values, dtype=dtype, requires_grad=True) for values in params]

    def states(self):
        U, W, b = self.weights
        h, states = torch.zeros_like(b), []
        for x_t in self.x:
            h = torch.tanh(U @ x_t + W @ h + b)
            states.append(h)
        return states

    def gradient(self):
        for weight in self.weights:
            weight.grad = None
        (torch.stack(self.states()) * self.explicit).sum().backward()
        return [weight.grad.numpy() for weight in self.weights]

    def lag_norms(self):
        """One backward pass per unit of the last state gives a row of dh(T)/dh(k) for every k."""
        states = self.states()
        rows = [torch.autograd.grad(unit, states, retain_graph=True) for unit in states[-1]]
        jacobians = torch.stack([torch.stack(row) for row in rows], dim=1)
        return torch.log10(torch.linalg.matrix_norm(jacobians, ord=2)).numpy()


def seconds(call, repeat):
    start = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - start) / repeat


def compare(title, ours, peers, repeat):
    """Interleaved rounds: ours, then each peer once; medians of the times and of the ratios."""
    for call in (ours, *peers.values()):
        call()
    rounds = [(seconds(ours, repeat), [seconds(call, 1) for call in peers.values()]) for _ in range(ROUNDS)]
    print(f"\n{title}: {1e6 * np.median([own for own, _ in rounds]):.0f} us")
    for index, name in enumerate(peers):
        times = [others[index] for _, others in rounds]
        ratio = np.median([others[index] / own for own, others in rounds])
        print(f"  {name:24} {1e6 * np.median(times):9.0f} us   ratio {ratio:7.1f}")
    if torch is None:
        print("  PyTorch is absent")


def difference(ours, peer):
    """Largest difference between two results, relative to the size of the array it stands in."""
    return max(np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(ours, peer, strict=True))


def floor(multiplications):
    """One product of square matrices of the size that needs so many multiplications."""
    side = max(1, round(multiplications ** (1 / 3)))
    A, B = np.ones((side, side)), np.ones((side, side))
    return lambda: A @ B


def compare_gradients(n, m, n_steps):
    x, params, explicit = problem(n, m, n_steps)
    # forward, backward and dW: n^2 each; U x and dU: n m each
    peers = {"floor": floor(n_steps * (3 * n * n + 2 * n * m)), "NumPy": lambda: numpy_gradient(x, params, explicit)}
    result = gradients.bptt(x, params, explicit)
    print(f"\ndifference from NumPy {difference(result[:3], numpy_gradient(x, params, explicit)):.1e}", end="")
    if torch is not None:
        double, single = (Torch(x, params, explicit, dtype) for dtype in (torch.float64, torch.float32))
        peers |= {"PyTorch float64": double.gradient, "PyTorch float32": single.gradient}
        print(f", PyTorch {difference(result[:3], double.gradient()):.1e}", end="")
    compare(f"bptt n={n} m={m} T={n_steps}", lambda: gradients.bptt(x, params, explicit), peers, 20)


def compare_lag_norms(n, n_steps):
    x, params, explicit = problem(n, 2, n_steps)
    peers = {"floor": floor(n_steps * n**3), "NumPy": lambda: numpy_lag_norms(x, params)}
    result = gradients.lag_norms(x, params)
    print(f"\ndifference from NumPy {np.abs(result - numpy_lag_norms(x, params)).max():.1e}", end="")
    if torch is not None:
        double, single = (Torch(x, params, explicit, dtype) for dtype in (torch.float64, torch.float32))
        peers |= {"PyTorch float64": double.lag_norms, "PyTorch float32": single.lag_norms}
        print(f", PyTorch {np.abs(result - double.lag_norms()).max():.1e}", end="")
    compare(f"lag norms n={n} T={n_steps}", lambda: gradients.lag_norms(x, params), peers, 20)


def compare_the_rest():
    x, params, explicit = problem(16, 2, 100)
    calls = {"rtrl": gradients.rtrl, "unrolled": gradients.unrolled}
    peers = {name: lambda call=call: call(x, params, explicit) for name, call in calls.items()}
    peers["bptt, window=20"] = lambda: gradients.bptt(x, params, explicit, window=20)
    compare("other ways, n=16 m=2 T=100, against bptt", lambda: gradients.bptt(x, params, explicit), peers, 20)
    x, params, _ = problem(64, 2, 200)
    for every in (2, 1):
        pairs = sum(range(200 // every))
        peers = {"floor": floor(pairs * 64**3)}
        call = lambda every=every: gradients.lag_norm_matrix(x, params, every=every)  # noqa: E731
        compare(f"lag norm matrix n=64 T=200 every={every} ({pairs} norms)", call, peers, 1)


if __name__ == "__main__":
    for m in (1, 4):
        compare_gradients(16, m, 100)
    compare_gradients(64, 2, 500)
    compare_lag_norms(16, 100)
    compare_the_rest()
