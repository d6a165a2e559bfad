"""The Python scripts that compute the tables of the page again, by topic."""

import numpy as np

from app.parts import code
from app.shell.export import literal
from engine import gradients
from lessons.vanishing import many_units, one_unit
from lessons.vanishing.parameters import PERIOD, VanishingParameters
from lessons.vanishing.topics import GAMMA

GROWTH = 3.0  # decades by which a difference may grow before the last digit of tanh is seen

TABLE = """
table = {{"t": np.arange(1, T + 1), {x}"h": {state}, "factor": factor, "log10_product": log10_product,
         "bound": bound, "prediction": prediction, "ratio": ratio}}
"""

CHAOS = """
# h(t+1) = tanh(gain W h(t) + b). Chaos makes another last digit large: the sums stand in the course's order, and on a
# computer whose tanh differs in that digit the two runs part from the page's after a few dozen steps.
def run(h, n_steps):
    states = [h]
    for t in range(n_steps):
        h = [math.tanh(W[i, 0] * h[0] + W[i, 1] * h[1] + b[i]) for i in range(2)]
        states.append(h)
    return np.array(states)

# The Lyapunov exponent: the mean of log(|v(t+1)| / |v(t)|), v(t+1) = diag(1 - h(t+1)^2) gain W v(t). A hundred steps
# are left out, so that h is on its attractor and v has found its own direction. The spread of 20 parts is its error.
h, v, logs = start, [math.cos(1), math.sin(1)], []
for t in range(2100):
    a = [W[i, 0] * h[0] + W[i, 1] * h[1] + b[i] for i in range(2)]
    e = [math.exp(-2 * abs(value)) for value in a]
    slope = [4 * tail / ((1 + tail) * (1 + tail)) for tail in e]
    h = [math.tanh(value) for value in a]
    v = [slope[i] * (W[i, 0] * v[0] + W[i, 1] * v[1]) for i in range(2)]
    length = np.hypot(*v)
    logs.append(np.log(length))
    v = [part / length if length > 0 else part for part in v]
exponent = np.mean(logs[100:])
error = np.std(np.mean(np.reshape(logs[100:], (20, 100)), axis=1), ddof=1) / math.sqrt(20)

# Two starts, 10^separation apart. Where there is chaos, their distance by the exponent, up to the plane's diagonal.
first, other = run(start, T), run([start[0] + 10**separation, start[1]], T)
distance = np.hypot(*(first - other).T)
time = np.arange(1, T + 1)
expected = separation + time * exponent / np.log(10)
chaotic = exponent > max(0.01, 3 * error)  # beyond its own error
expected = np.where(chaotic & (expected <= np.log10(8) / 2), expected, np.nan)
table = {"t": time, "h": first[1:, 0], "h_other": other[1:, 0], "log10_distance": np.log10(distance[1:]),
         "log10_expected": expected}
"""

CAROUSEL = """
# the carousel with its input gate open: c(t) = x(t) + forget c(t-1), c(0) = 0
c = np.zeros(T)
for t in range(T):
    c[t] = x[t] + forget * (c[t - 1] if t > 0 else 0.0)

table = {"t": np.arange(1, T + 1), "x": x, "h": STATE, "carousel": c}
"""


def source(m: VanishingParameters) -> str:
    make = {"vanishing": _vanishing, "exploding": _exploding, "chaos": _chaos, "side by side": _side_by_side}
    return make[m.topic](m)


def _settings(m: VanishingParameters) -> str:
    """Steps and input."""
    names = {"constant": "step"}
    if m.signal == "drawn":
        x = f"np.array({literal(m.input(m.n_steps))})"
    else:
        x = code.SIGNALS[names.get(m.signal, m.signal)].format(period=PERIOD, seed=m.seed)
    return f"T = {m.n_steps}\nx = {x}\n"


def _grows(m: VanishingParameters, activation: str) -> bool:
    """Whether a difference in the last digit may become one that is seen."""
    factors = gradients.factors(m.input(m.n_steps), m.weights(), activation=activation)
    with np.errstate(divide="ignore"):
        return float(np.maximum(np.log10(factors), 0).sum()) > GROWTH


def _vanishing(m: VanishingParameters) -> str:
    hidden, steepest = m.form == "hidden", GAMMA[m.activation]
    if m.n_units == 1:
        weights = f"u, w, b = {m.u!r}, {m.w!r}, {m.bias!r}\n{one_unit.START}\n"
        f = code.activation(m.activation)
        body = one_unit.run(m.form, driven=True) + one_unit.end(m.form, steepest)
        state = "h" if hidden else "c"
    else:
        weights = many_units.weights(m) + one_unit.START + "\n"
        f = code.activation(m.activation, exact=_grows(m, m.activation))
        start = 0.5 if m.activation == "logistic" and not hidden else 0.0
        body = many_units.run(start) + many_units.end(m.form, steepest)
        state = "h[:, 0]" if hidden else "a[:, 0]"
    return "".join([_settings(m), weights, f, body, TABLE.format(x='"x": x, ', state=state)])


def _exploding(m: VanishingParameters) -> str:
    threshold = repr(m.threshold) if m.clip else "math.inf"
    settings = f"""
T = {m.n_steps}
w, b = {m.start_w!r}, {m.start_b!r}  # where the descent starts
learning_rate, threshold, n_updates = {m.learning_rate!r}, {threshold}, {m.descent_steps}
{one_unit.START}
"""
    body = one_unit.run("cell", driven=False) + one_unit.end("cell", GAMMA["logistic"])
    f = code.activation("logistic")
    return "".join([settings, f, one_unit.DESCENT, body, TABLE.format(x="", state="c")])


def _chaos(m: VanishingParameters) -> str:
    settings = f"""
T = {m.n_steps}
W = {m.gain!r} * np.array([[{m.W11!r}, {m.W12!r}], [{m.W21!r}, {m.W22!r}]])  # the gain, and W
b = [{m.b1!r}, {m.b2!r}]
start, separation = [{m.start1!r}, {m.start2!r}], {m.separation!r}
np.seterr(divide="ignore", invalid="ignore")  # the logarithm of a distance of 0 is -inf
"""
    return settings + CHAOS


def _side_by_side(m: VanishingParameters) -> str:
    gate = f"forget = {m.forget!r}  # the carousel's forget gate, at every step\n"
    if m.n_units == 1:
        run = one_unit.HIDDEN.split("\n\n")[0] + "\n"
        weights, state, f = f"u, w, b = {m.u!r}, {m.w!r}, {m.bias!r}\n", "h", code.activation("tanh", slope=False)
    else:
        weights, run, state = many_units.weights(m), many_units.run(0.0), "h[:, 0]"
        f = code.activation("tanh", exact=_grows(m, "tanh"), slope=False)
    return "".join([_settings(m), weights, gate, f, run, CAROUSEL.replace("STATE", state)])
