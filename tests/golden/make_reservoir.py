"""Make reservoir.npz: states of reservoirs run by reservoirpy in double precision. Needs it; no test runs this.

    pip install reservoirpy==0.4.2
    python tests/golden/make_reservoir.py

Every case holds its matrices as well as its states. In some of them reservoirpy draws the matrices too, with its own
spectral radius and input scaling. It has no feedback matrix: a teacher comes in as further inputs, a step late.
"""

from pathlib import Path

import numpy as np
import scipy.sparse
from reservoirpy.nodes import Reservoir

#           n    m  T    leak density k  activation   (k outputs are fed back)
GIVEN = [
    (1, 1, 12, 1.0, 1.0, 0, "tanh"),
    (3, 2, 20, 0.3, 1.0, 0, "tanh"),
    (8, 1, 40, 0.05, 0.5, 2, "tanh"),
    (17, 3, 40, 0.7, 0.2, 1, "tanh"),
    (60, 1, 50, 1.0, 0.1, 0, "tanh"),
    (40, 2, 30, 0.5, 0.4, 1, "identity"),
]
DRAWN = [(50, 1, 40, 0.3), (120, 2, 40, 0.8)]  # n, m, T, leak


def given(rng, n, m, n_steps, density, n_outputs):
    W = 1.2 * rng.normal(size=(n, n)) / np.sqrt(density * n)
    case = {
        "x": rng.normal(size=(n_steps, m)),
        "W_in": rng.choice([0.1, 1.0, 2.0]) * rng.uniform(-1, 1, size=(n, 1 + m)),
        "W": np.where(rng.random((n, n)) < density, W, 0.0),
        "h0": rng.uniform(-1, 1, size=n),
    }
    if n_outputs:
        case |= {"W_fb": rng.uniform(-1, 1, size=(n, n_outputs)), "teacher": rng.normal(size=(n_steps, n_outputs))}
    return case


def run(case, leak, activation, sparse):
    inputs, weights = case["x"], case["W_in"][:, 1:]
    if "W_fb" in case:
        earlier = np.vstack([np.zeros(case["teacher"].shape[1]), case["teacher"][:-1]])
        inputs, weights = np.hstack([inputs, earlier]), np.hstack([weights, case["W_fb"]])
    W = scipy.sparse.csr_array(case["W"]) if sparse else case["W"]
    node = Reservoir(lr=leak, W=W, Win=weights, bias=case["W_in"][:, 0], activation=activation)
    node.initialize(inputs)
    node.state = {"out": case["h0"]}
    return node.run(inputs)


def drawn(rng, n, m, n_steps, leak):
    x = rng.uniform(-1, 1, size=(n_steps, m))
    node = Reservoir(n, lr=leak, sr=0.95, input_scaling=0.5, seed=rng)
    states = node.run(x)
    weights, W = (M.toarray() if scipy.sparse.issparse(M) else np.asarray(M) for M in (node.Win, node.W))
    # its bias is 0 unless it is given
    return {"x": x, "W_in": np.column_stack([np.zeros(n), weights]), "W": W, "h0": np.zeros(n), "states": states}


def main():
    rng = np.random.default_rng(5)
    stored = {}
    for index, (n, m, n_steps, leak, density, n_outputs, activation) in enumerate(GIVEN):
        case = given(rng, n, m, n_steps, density, n_outputs)
        case |= {"states": run(case, leak, activation, sparse=index % 2 == 1), "leak": leak}
        stored[f"given-n{n}-m{m}-k{n_outputs}-{activation}"] = case
    for n, m, n_steps, leak in DRAWN:
        stored[f"drawn-n{n}-m{m}-k0-tanh"] = drawn(rng, n, m, n_steps, leak) | {"leak": leak}
    for name, case in stored.items():
        print(name, {key: np.shape(value) for key, value in case.items()}, f"{np.abs(case['states']).max():.3g}")
    flat = {f"{name}/{key}": value for name, case in stored.items() for key, value in case.items()}
    np.savez_compressed(Path(__file__).with_name("reservoir.npz"), **flat)


if __name__ == "__main__":
    main()
