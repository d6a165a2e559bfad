"""The Python scripts that compute the tables of the page again, by topic."""

import numpy as np

from app.shell.export import literal
from lessons.vanishing.parameters import VanishingParameters

WRITTEN_UNITS = 16  # up to here the weights stand in the script as numbers; more are drawn again from the seed

NETWORK_END = """
# log10 of the product of Jacobians from each step to the last, its bound and the linear prediction
factor = gradients.factors(x, params, **settings)
{signed}log10_product = gradients.lag_norms(x, params, **settings)
bound = gradients.bound(params.W, {activation!r}, n_steps)[::-1]
prediction = gradients.linear_prediction(params.W, n_steps)[::-1]

# Omega's ratios, for a loss that is the sum of the last outputs
error = rnn.derivative({a}[-1:], {activation!r})[0]
before = np.vstack([np.zeros_like({a}[:1]), {a}[:-1]])
slopes = rnn.derivative(before, {activation!r})
ratio = np.append(remedies.omega_from_last(error, params.W * slopes[:, np.newaxis, :]).ratios, np.nan)

table = {{"t": np.arange(1, n_steps + 1), {x}"h": {state}[:, 0], "factor": factor, "log10_product": log10_product,
         "bound": bound, "prediction": prediction, "ratio": ratio}}
"""


def source(m: VanishingParameters) -> str:
    make = {"vanishing": _vanishing, "exploding": _exploding, "chaos": _chaos, "side by side": _side_by_side}
    return make[m.topic](m)


def _input(m: VanishingParameters, n_steps: int) -> str:
    return {
        "impulse": "series.impulse(n_steps)",
        "constant": "series.step(n_steps)",
        "sine": "series.sine(n_steps, 20)",
        "noise": f"series.noise(n_steps, np.random.default_rng({m.seed}))",
        "drawn": f"np.array({literal(m.input(n_steps))})",
    }[m.signal]


def _weights(m: VanishingParameters) -> str:
    n = m.n_units
    if n == 1:
        return f"params = rnn.RnnParams(np.array([[{m.u!r}]]), np.array([[{m.w!r}]]), np.array([{m.bias!r}]))"
    if n <= WRITTEN_UNITS:
        U, W, _ = m.weights()
        return f"""U = np.array({U.tolist()})
W = np.array({_rows(W)})
params = rnn.RnnParams(U, W, np.full({n}, {m.bias!r}))"""
    scale = "scale_spectral_radius" if m.scaled_by == "spectral radius" else "scale_largest_singular_value"
    return f"""rng = np.random.default_rng({m.seed})
W = matrices.{scale}(matrices.make({m.matrix!r}, {n}, rng), {m.size!r})
params = rnn.RnnParams({m.u!r} * rng.normal(size=({n}, 1)), W, np.full({n}, {m.bias!r}))"""


def _rows(matrix: np.ndarray) -> str:
    """A matrix as nested lists, one row a line."""
    return "[" + ",\n              ".join(str(row.tolist()) for row in matrix) + "]"


def _network_end(activation: str, form: str, *, one_unit: bool, with_x: bool) -> str:
    a, state = ("run.a", "run.h") if form == "hidden" else ("run.c", "run.c")
    at = "run.a" if form == "hidden" else "np.vstack([np.zeros_like(run.c[:1]), run.c[:-1]])"
    signed = f"factor = params.W[0, 0] * rnn.derivative({at}, {activation!r})[:, 0]\n" if one_unit else ""
    return NETWORK_END.format(
        signed=signed,
        activation=activation,
        a=a,
        state=state,
        x='"x": x, ' if with_x else "",
    )


def _vanishing(m: VanishingParameters) -> str:
    run = "run" if m.form == "hidden" else "run_cell"
    end = _network_end(m.activation, m.form, one_unit=m.n_units == 1, with_x=True)
    return f"""
import numpy as np

from engine import gradients, matrices, remedies, rnn, series

n_steps = {m.n_steps}
x = {_input(m, m.n_steps)}
{_weights(m)}
settings = {{"activation": {m.activation!r}, "form": {m.form!r}}}
run = rnn.{run}(x, params, activation={m.activation!r})
{end}"""


def _exploding(m: VanishingParameters) -> str:
    threshold = f"threshold={m.threshold!r}, " if m.clip else ""
    end = _network_end("logistic", "cell", one_unit=True, with_x=False)
    return f"""
import numpy as np

from engine import cliff, gradients, remedies, rnn

# Descent on the cliff; then the unit at the place it has reached.
n_steps = {m.n_steps}
descent = cliff.descend({m.start_w!r}, {m.start_b!r}, {threshold}learning_rate={m.learning_rate!r},
                        n_updates={m.descent_steps}, n_steps=n_steps)
x = np.zeros(n_steps)
params = rnn.RnnParams(np.zeros((1, 1)), descent.w[-1:, np.newaxis], descent.b[-1:])
settings = {{"activation": "logistic", "form": "cell"}}
run = rnn.run_cell(x, params, activation="logistic")
{end}"""


def _chaos(m: VanishingParameters) -> str:
    return f"""
import numpy as np

from engine import chaos

n_steps, gain = {m.n_steps}, {m.gain!r}
W = np.array([[{m.W11!r}, {m.W12!r}], [{m.W21!r}, {m.W22!r}]])
b = np.array([{m.b1!r}, {m.b2!r}])
start = ({m.start1!r}, {m.start2!r})
other = ({m.start1!r} + 10**{m.separation!r}, {m.start2!r})

time = np.arange(1, n_steps + 1)
found = chaos.lyapunov(W, b, start, 2000, gain=gain)
# chaos, beyond the exponent's own error: small distances grow, up to the diagonal of the plane
chaotic = found.exponent > max(0.01, 3 * found.spread)
expected = {m.separation!r} + time * found.exponent / np.log(10)
expected = np.where(chaotic & (expected <= np.log10(8) / 2), expected, np.nan)
table = {{"t": time, "h": chaos.trajectory(W, b, start, n_steps, gain=gain)[1:, 0],
         "h_other": chaos.trajectory(W, b, other, n_steps, gain=gain)[1:, 0],
         "log10_distance": chaos.distance(W, b, start, other, n_steps, gain=gain)[1:],
         "log10_expected": expected}}
"""


def _side_by_side(m: VanishingParameters) -> str:
    return f"""
import numpy as np

from engine import cec, matrices, rnn, series

n_steps, shown = {m.horizon}, {m.n_steps}
x = {_input(m, m.horizon)}
{_weights(m)}
gate = np.full(n_steps, {m.forget!r})


def cut(values):
    result = np.full(shown, np.nan)
    result[: len(values)] = values[:shown]
    return result


table = {{"t": np.arange(1, shown + 1), "x": cut(x), "h": cut(rnn.run(x, params, activation="tanh").h[:, 0]),
         "carousel": cut(cec.run(x, np.ones(n_steps), gate).c)}}
"""
