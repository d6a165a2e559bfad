"""The table of the page as a short script: one for each kind of network."""

from app.parts.code import SIGNALS, activation, sunspots
from app.shell.export import array, joined, literal
from lessons.delay_lines.parameters import DelayParameters
from lessons.delay_lines.results import Distributed, Generalised, Learned, Line, Pattern, Result, pattern_shape
from lessons.delay_lines.training import EACH, GAIN, NOISE, tapped_taps

BEFORE = """
# x(t - delay), 0 before step 1; index 0 is step 1
def before(x, t, delay):
    return x[t - delay] if t >= delay else 0.0
"""

NET = """
# s(t) = [x(t-1), ..., x(t-K)],   a(t) = U s(t) + b,   h(t) = f(a(t)),   y(t) = V h(t) + b_out
def net(s, U, b, V, b_out):
    h = [f(sum(U[i, j] * s[j] for j in range(len(s))) + b[i]) for i in range(len(b))]
    return h, sum(V[i] * h[i] for i in range(len(h))) + b_out
"""

LINE = """
h, y = np.zeros((T, len(b))), np.zeros(T)
for t in range(T):
    h[t], y[t] = net([before(x, t, delay) for delay in range(1, K + 1)], U, b, V, b_out)

table = {"t": np.arange(1, T + 1), "x": x, "h1": h[:, 0], "h2": SECOND, "y": y}
"""

GENERALISED = {
    "delay": """
# a_k(t) = x(t - k)
a = np.zeros((T, K))
for t in range(T):
    a[t] = [before(x, t, k) for k in range(1, K + 1)]
""",
    "average": """
# a_k(t) = mean of x(t-1), ..., x(t-k)
a = np.zeros((T, K))
for t in range(T):
    a[t] = [sum(before(x, t, lag) for lag in range(1, k + 1)) / k for k in range(1, K + 1)]
""",
    "gamma": """
# a_k(t) = alpha a_{k-1}(t-1) + (1 - alpha) a_k(t-1),   a_0 = x
a = np.zeros((T, K))
for t in range(1, T):
    for k in range(K):
        fed = x[t - 1] if k == 0 else a[t - 1, k - 1]
        a[t, k] = alpha * fed + (1 - alpha) * a[t - 1, k]
""",
    "laguerre": """
# a_1(t) = u a_1(t-1) + sqrt(1 - u^2) x(t-1),   a_k(t) = u a_k(t-1) + a_{k-1}(t-1) - u a_{k-1}(t),   u = 1 - alpha
u = 1 - alpha
a = np.zeros((T, K))
for t in range(1, T):
    a[t, 0] = u * a[t - 1, 0] + math.sqrt(1 - u * u) * x[t - 1]
    for k in range(1, K):
        a[t, k] = u * a[t - 1, k] + a[t - 1, k - 1] - u * a[t, k - 1]
""",
}

TAPS = """
table = {"t": np.arange(1, T + 1), "x": x, **{f"tap{k + 1}": a[:, k] for k in range(K)}}
"""

LAYER = """
# h(t) = f(sum over j of W[j] below(t - delays[j]) + b), W[j] is (units, units below)
def layer(below, W, b, delays, f):
    h = np.zeros((T, len(b)))
    for t in range(T):
        for n in range(len(b)):
            total = b[n]
            for j in range(len(delays)):
                if t >= delays[j]:
                    for i in range(below.shape[1]):
                        total += W[j, n, i] * below[t - delays[j], i]
            h[t, n] = f(total)
    return h
"""

LEARNED = """
y, y_gamma, a = np.zeros(T), np.zeros(T), np.zeros((T, K))
for t in range(T):
    _, y[t] = net([before(x, t, delay) for delay in range(1, K_TAPPED + 1)], U, b, V, b_out)
    # the gamma line: a_k(t) = alpha a_{k-1}(t-1) + (1 - alpha) a_k(t-1),   a_0 = x
    for k in range(K if t > 0 else 0):
        fed = x[t - 1] if k == 0 else a[t - 1, k - 1]
        a[t, k] = alpha * fed + (1 - alpha) * a[t - 1, k]
    _, y_gamma[t] = net(a[t], U_gamma, b_gamma, V_gamma, b_out_gamma)

table = {"t": np.arange(1, T + 1), "x": x, "y": y, "d": d, "y_gamma": y_gamma}
"""

MEMORY = """
# the target: GAIN times the second tap of a gamma line with an alpha of its own
slow = np.zeros((T, 2))
for t in range(1, T):
    slow[t, 0] = TARGET * x[t - 1] + (1 - TARGET) * slow[t - 1, 0]
    slow[t, 1] = TARGET * slow[t - 1, 0] + (1 - TARGET) * slow[t - 1, 1]
d = GAIN * slow[:, 1]
"""


def source(m: DelayParameters, r: Result) -> str:
    """Python lines that compute the table."""
    if isinstance(r, Line):
        second = "h[:, 1]" if r.run.h.shape[1] > 1 else "np.full(T, np.nan)"
        weights = _static("", r.params)
        blocks = [_input(m), weights, BEFORE, _f(r.activation), NET, LINE.replace("SECOND", second)]
        return joined([f"T, K = {m.n_steps}, {m.taps}", *blocks])
    if isinstance(r, Generalised):
        alpha = f"\nalpha = {m.alpha!r}" if m.kernel in ("gamma", "laguerre") else ""
        before = [BEFORE] if m.kernel in ("delay", "average") else []
        head = f"T, K = {m.n_steps}, {m.taps}{alpha}"
        return joined([head, _input(m), *before, GENERALISED[m.kernel], TAPS])
    if isinstance(r, Distributed):
        return _layers(f"T = {m.n_steps}\n{_input(m)}", r.layers, _hidden(r))
    if isinstance(r, Pattern):
        settings = r.contest.settings
        after = f"# the weights after {r.stage * EACH} updates from the start of seed {settings.seed}"
        x = PATTERN_INPUT.format(m=m, noise=NOISE, shape=list(pattern_shape(m)))
        return _layers(f"T = {m.n_steps}\n{x}", r.contest.second.at(r.stage), PATTERN_TABLE, after)
    return _learned(m, r)


PATTERN_INPUT = """
# noise, and the pattern at its place
x = np.random.default_rng([{m.seed}, 2]).uniform(-{noise}, {noise}, T)
x[{m.place} - 1:{m.place} + 4] += np.array({shape})
"""
PATTERN_TABLE = '{"t": np.arange(1, T + 1), "x": x, "y": h2[:, 0], "evidence": np.cumsum(h2[:, 0])}'


def _hidden(r: Distributed) -> str:
    second = "h1[:, 1]" if len(r.layers[0].b) > 1 else "np.full(T, np.nan)"
    last = f"h{len(r.layers)}[:, 0]"
    return f'{{"t": np.arange(1, T + 1), "x": x, "h1": h1[:, 0], "h2": {second}, "y": {last}}}'


def _layers(head: str, layers, table: str, after: str = "# the weights") -> str:
    names = dict.fromkeys(layer.activation for layer in layers)
    functions = [_f(name).replace("def f(", f"def {name}(").replace("f = ", f"{name} = ") for name in names]
    functions = [text.replace("# f(a)", f"# {name}(a)") for text, name in zip(functions, names, strict=True)]
    runs, below = [after], "x[:, np.newaxis]"
    for number, layer in enumerate(layers, 1):
        runs.append(f"W = {array(layer.W)}\nb = {array(layer.b)}")
        runs.append(f"h{number} = layer({below}, W, b, {tuple(layer.delays)}, {layer.activation})")
        below = f"h{number}"
    return joined([head, *functions, LAYER, "\n".join([*runs, "", f"table = {table}"])])


def _f(name: str) -> str:
    return activation(name, slope=False)


def _static(suffix: str, params) -> str:
    lines = [f"{name}{suffix} = {array(values)}" for name, values in (("U", params.U), ("b", params.b))]
    return "\n".join([*lines, f"V{suffix} = {array(params.V[0])}", f"b_out{suffix} = {float(params.b_out[0])!r}"])


def _learned(m: DelayParameters, r: Learned) -> str:
    settings = r.contest.settings
    params, alpha = r.contest.second.at(r.stage)
    sizes = f"T, K, K_TAPPED = {len(r.x)}, {settings.taps}, {tapped_taps(settings)}"
    after = f"# the weights after {r.stage * EACH} updates from the start of seed {settings.seed}"
    weights = f"{after}\n{_static('', r.contest.first.at(r.stage))}\n{_static('_gamma', params)}\nalpha = {alpha!r}"
    if settings.task == "sunspots":
        task = [sunspots(len(r.x)), "d = x"]
    elif settings.task == "lag":
        task = [f"x = np.array({literal(r.x)})", f"d = np.array([before(x, t, {settings.lag}) for t in range(T)])"]
    else:
        memory = MEMORY.replace("TARGET", repr(settings.target_alpha)).replace("GAIN", f"{GAIN:g}")
        task = [f"x = np.random.default_rng([{settings.seed}, 1]).uniform(-1, 1, T)", memory]
    return joined([sizes, BEFORE, *task, weights, _f(settings.activation), NET, LEARNED])


def _input(m: DelayParameters) -> str:
    if m.signal == "drawn":
        return f"x = np.array({literal(m.sequence('x'))})"
    if m.signal == "sunspots":
        return sunspots(m.n_steps)
    return "x = " + SIGNALS[m.signal].format(period=m.period, seed=m.seed)
