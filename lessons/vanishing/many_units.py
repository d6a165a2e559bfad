"""Scripts for several units: weights, forward, Jacobians, the norms of their products."""

import numpy as np

from lessons.vanishing.parameters import VanishingParameters

WRITTEN_UNITS = 4  # up to here the weights stand in the script as numbers; more are drawn again from the seed

NORMAL = "rng.normal(0, 1 / np.sqrt(n), (n, n))"
DRAWN = {
    "random": f"W = {NORMAL}",
    "symmetric": f"A = {NORMAL}\nW = (A + A.T) / np.sqrt(2)",
    "orthogonal": f"Q, R = np.linalg.qr({NORMAL})\nW = Q * np.where(np.diag(R) < 0, -1.0, 1.0)",
    "identity": "W = np.eye(n)",
}

SIZES = {"spectral radius": "np.abs(np.linalg.eigvals(W)).max()", "largest singular value": "np.linalg.norm(W, 2)"}

RUN = """
# a(t) = U x(t) + W h(t-1) + b,   h(t) = f(a(t)),   h(0) = {start}. One column of W after the other: where small
# differences grow, sums in another order would leave other digits.
a, h = np.zeros((T, n)), np.zeros((T, n))
for t in range(T):
    before = h[t - 1] if t > 0 else np.full(n, {start})
    a[t] = U * x[t] + b
    for j in range(n):
        a[t] += W[:, j] * before[j]
    h[t] = [f(value) for value in a[t]]
"""

HIDDEN = """
# The Jacobian dh(t)/dh(t-1) = diag f'(a(t)) W
slopes = np.array([[slope(value) for value in row] for row in a])
J = slopes[:, :, np.newaxis] * W
"""

CELL = """
# The state is c(t) = a(t) = U x(t) + W f(c(t-1)) + b, c(0) = 0; its Jacobian dc(t)/dc(t-1) = W diag f'(c(t-1))
slopes = np.array([[slope(value) for value in row] for row in a])
J = W * np.vstack([[slope(0.0)] * n, slopes[:-1]])[:, np.newaxis, :]
"""

END = """
# Its norm, the largest singular value; and log10 of the norm of the product from step t+1 to T. That goes into the
# logarithm at each step, so that nothing underflows.
factor = np.linalg.norm(J, 2, axis=(1, 2))
product, log10_product = np.eye(n), np.zeros(T)
for t in reversed(range(1, T)):
    product = product @ J[t]
    size = np.linalg.norm(product, 2)
    log10_product[t - 1] = log10_product[t] + np.log10(size)
    product /= size or 1.0

# At each step back no more than the steepest slope of f times the norm of W; in a linear network the spectral radius.
steps_back = np.arange(T)[::-1]
bound = steps_back * np.log10({steepest} * np.linalg.norm(W, 2))
prediction = steps_back * np.log10(np.abs(np.linalg.eigvals(W)).max())
bound[-1] = prediction[-1] = 0  # also where W is 0

# Omega's ratio(t) = |dF/dc(t+1) dc(t+1)/dc(t)| / |dF/dc(t+1)|, dc(t+1)/dc(t) = W diag f'(c(t)), c(t) = a(t), for a
# loss F that is the sum of the last outputs. There is no ratio where nothing is left of dF/dc.
ratio, dF_dc = np.full(T, np.nan), slopes[-1]
for t in reversed(range(T - 1)):
    if dF_dc.any():
        dF_dc = (dF_dc / np.linalg.norm(dF_dc)) @ W * slopes[t]
        ratio[t] = np.linalg.norm(dF_dc)
"""


def weights(m: VanishingParameters) -> str:
    """Source of U (n,), W (n, n) and the bias."""
    U, W, _ = m.weights()
    n, bias = m.n_units, f"b = {m.bias!r}  # of every unit"
    if n <= WRITTEN_UNITS:
        return f"n = {n}\nU = np.array({U[:, 0].tolist()})\nW = np.array({_rows(W)})\n{bias}\n"
    return f"""n = {n}
rng = np.random.default_rng({m.seed})
{DRAWN[m.matrix]}
W = W / {SIZES[m.scaled_by]} * {m.size!r}  # to this {m.scaled_by}
U = {m.u!r} * rng.normal(size=n)
{bias}
"""


def run(start: float) -> str:
    """Source of the forward pass. start: h(0), which is 0, or f(0) where c is the state."""
    return RUN.format(start=f"{start:g}")


def end(form: str, steepest: float) -> str:
    """Source of the Jacobians and what follows from them. steepest: the largest slope of the activation."""
    return (HIDDEN if form == "hidden" else CELL) + END.format(steepest=f"{steepest:g}")


def _rows(matrix: np.ndarray) -> str:
    """A matrix as nested lists, one row a line."""
    return "[" + ",\n              ".join(str(row.tolist()) for row in matrix) + "]"
