"""The table of the parity page as a short script."""

from app.parts.numbers import plain
from app.shell.export import literal
from lessons.parity.learning import EACH
from lessons.parity.parameters import ParityParameters

HARD = """
# a hard switch
def switch(a):
    return 1.0 if a >= 0 else 0.0
"""

SOFT = """
# a soft switch, f(a) = 1 / (1 + exp(-s a)); no power of e that could overflow is taken
def switch(a):
    tail = math.exp(-abs(s * a))
    return 1 / (1 + tail) if a >= 0 else tail / (1 + tail)
"""

RUN = """
# a(t) = U x(t) + W h(t-1) + b,   h(t) = f(a(t)),   y(t) = f(V h(t) + b_out),   h(0) = 0
a, h, a_out, y = np.zeros((T, 2)), np.zeros((T, 2)), np.zeros(T), np.zeros(T)
for t in range(T):
    h1, h2 = h[t - 1] if t > 0 else (0.0, 0.0)
    for n in range(2):
        a[t, n] = U[n] * x[t] + W[n, 0] * h1 + W[n, 1] * h2 + b[n]
        h[t, n] = switch(a[t, n])
    a_out[t] = V[0] * h[t, 0] + V[1] * h[t, 1] + b_out
    y[t] = switch(a_out[t])
"""

HARD_NORMS = """
# The slope of a hard switch is 0: no change of the state passes a step. dh(T)/dh(T) is the identity.
factor = np.zeros(T)
log10_product = np.append(np.full(T - 1, -np.inf), 0.0)
"""

SOFT_NORMS = """
# the largest singular value of a matrix of two rows and columns
def norm(A):
    rotation = math.hypot(A[0, 0] + A[1, 1], A[1, 0] - A[0, 1])
    reflection = math.hypot(A[0, 0] - A[1, 1], A[1, 0] + A[0, 1])
    return 0.5 * (rotation + reflection)

# dh(t)/dh(t-1) = diag(s h(t) (1 - h(t))) W, its norm, and log10 of the norm of the product from step t+1 to T.
# The products may be tiny: from each factor the larger slope, and from each product its norm, goes into a logarithm.
factor, log10_product, product, log_norm = np.zeros(T), np.zeros(T), np.eye(2), 0.0
for t in reversed(range(T)):
    log10_product[t] = log_norm / math.log(10)
    log_slope = [-abs(s * a[t, n]) - 2 * math.log1p(math.exp(-abs(s * a[t, n]))) for n in range(2)]
    largest = max(log_slope)
    J = np.array([math.exp(log_slope[n] - largest) * W[n] for n in range(2)])
    factor[t] = s * math.exp(largest) * norm(J)
    # sums in this order: the terms all but cancel, and another order would leave other digits
    product = np.outer(product[:, 0], J[0]) + np.outer(product[:, 1], J[1])
    size = norm(product)
    log_norm += largest + math.log(s) + (math.log(size) if size > 0 else -math.inf)
    product = product / size if size > 0 else product
"""

TABLE = """
table = {"t": np.arange(1, T + 1), "x": x, "h1": h[:, 0], "h2": h[:, 1], "y": y, "xor": np.cumsum(x) % 2,
         "a1": a[:, 0], "a2": a[:, 1], "a_out": a_out, "factor": factor, "log10_product": log10_product}
"""


def script(m: ParityParameters) -> str:
    """Python lines that compute the table."""
    switch, norms = (SOFT, SOFT_NORMS) if m.soft else (HARD, HARD_NORMS)
    steepness = f"s = {m.steepness!r}  # steepness\n" if m.soft else ""
    bits = f"x = np.array({literal(m.sequence('bits'))})\nT = len(x)\n{steepness}"
    return "".join([bits, _weights(m), switch, RUN, norms, TABLE])


def _weights(m: ParityParameters) -> str:
    """The eleven numbers, and where they come from."""
    w = m.weights()
    origin = (
        f"found by {m.learned_steps * EACH} updates from the start of seed {m.seed}" if m.learned else "set by hand"
    )
    off = f", each off by up to {plain(m.perturbation)} by chance (seed {m.seed})" if m.perturbation else ""
    U, W, b, V = (part.tolist() for part in (w.U, w.W, w.b, w.V))
    return f"""
# the weights: {origin}{off}
U = np.array({U})
W = np.array({W})
b = np.array({b})
V, b_out = np.array({V}), {float(w.b_out)!r}
"""
