"""The table of the gated carousel as a short script."""

import numpy as np

from app.shell.export import literal

SETTINGS = """
x = np.array({x})
i = np.array({i})  # input gate
f = np.array({f})  # forget gate
o = np.array({o})  # output gate
w = {w!r}  # the carousel's weight on itself
n = {sensed}  # the step whose sensitivity is shown
T = len(x)
"""

RUN = """
# c(t) = i(t) x(t) + w f(t) c(t-1),   y(t) = o(t) c(t),   c(0) = 0
c, y = np.zeros(T), np.zeros(T)
before = 0.0
for t in range(T):
    c[t] = i[t] * x[t] + w * f[t] * before
    y[t] = o[t] * c[t]
    before = c[t]

# dc(t)/dc(t-1) = w f(t)
factor = w * f

# dc(n)/dx(k) = i(k) times the factors of the steps k+1 to n; nothing that comes after step n matters to it.
# log10_product is the logarithm of the product of these factors: it stays finite where the product underflows.
dc_dx, log10_product = np.zeros(T), np.full(T, np.nan)
log10_sum = 0.0
for k in reversed(range(n)):
    dc_dx[k] = i[k]
    for t in range(k + 1, n):
        dc_dx[k] *= factor[t]
    log10_product[k] = log10_sum
    log10_sum += math.log10(abs(w)) + (math.log10(f[k]) if f[k] > 0 else -math.inf)

table = {"t": np.arange(1, T + 1), "x": x, "i": i, "f": f, "o": o, "c": c, "y": y,
         "dc_dx": dc_dx, "factor": factor, "log10_product": log10_product}
"""


def lines(x: np.ndarray, gates: tuple[np.ndarray, ...], w: float, sensed: int) -> str:
    """Python lines that compute the table. gates: input, forget and output gate, (T,) each, as x is."""
    i, f, o = (literal(gate) for gate in gates)
    return SETTINGS.format(x=literal(x), i=i, f=f, o=o, w=w, sensed=sensed) + RUN
