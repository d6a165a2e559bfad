"""The table of the gamma memory as a short script."""

from app.parts.code import SIGNALS, sunspots
from app.shell.export import literal
from lessons.gamma.parameters import GammaParameters

SETTINGS = """
T, K, alpha = {m.n_steps}, {m.taps}, {m.alpha!r}
{x}
# learning: alpha of the target, alpha to start from, learning rate, number of updates
alpha_of_target, alpha_at_start, learning_rate, n_updates = {learning}
"""

RUN = """
# a_k(t) = alpha a_{k-1}(t-1) + (1 - alpha) a_k(t-1),   a_0 = x,   k = 1 ... K, all 0 at the first step
def run(alpha, K):
    a = np.zeros((T, K))
    for t in range(1, T):
        for k in range(K):
            fed = x[t - 1] if k == 0 else a[t - 1, k - 1]
            a[t, k] = alpha * fed + (1 - alpha) * a[t - 1, k]
    return a

# e(t) = d(t) - a(t),   F = sum of e(t)^2
# dF/da(t) = -2 e(t) + (1 - alpha) dF/da(t+1),   dF/dalpha = sum of [x(t-1) - a(t-1)] dF/da(t), from t = T down
def gradient(alpha):
    a = run(alpha, 1)[:, 0]
    e, dF_da, term = d - a, np.zeros(T), np.zeros(T)
    later, dF_dalpha = 0.0, 0.0
    for t in reversed(range(T)):
        later = -2 * e[t] + (1 - alpha) * later
        dF_da[t] = later
        term[t] = (x[t - 1] - a[t - 1]) * later if t > 0 else 0.0
        dF_dalpha += term[t]
    return a, e, dF_da, term, dF_dalpha

# The target is made with another alpha. Descent goes from the start towards it, and stays between 0 and 2.
d = run(alpha_of_target, 1)[:, 0]
learned = alpha_at_start
for update in range(n_updates):
    learned -= learning_rate * gradient(learned)[-1] / T
    learned = min(max(learned, 0.0), 2.0)

# The traces: the line with K taps, and all that the last gradient is made of.
a = run(alpha, K)
a_learned, e, dF_da, term, _ = gradient(learned)
table = {"t": np.arange(1, T + 1), "x": x, **{f"a{k + 1}": a[:, k] for k in range(K)}, "d": d,
         "a_learned": a_learned, "e": e, "dF_da": dF_da, "term": term}
"""


def lines(m: GammaParameters) -> str:
    """Python lines that compute the table."""
    learning = f"{m.target_alpha!r}, {m.start_alpha!r}, {m.learning_rate!r}, {m.descent_steps}"
    return SETTINGS.format(m=m, x=_input(m), learning=learning) + RUN


def _input(m: GammaParameters) -> str:
    if m.signal == "drawn":
        return f"x = np.array({literal(m.sequence('x'))})"
    if m.signal == "sunspots":
        return sunspots(m.n_steps)
    return "x = " + SIGNALS[m.signal].format(period=m.period, seed=m.seed)
