"""What is computed for each topic: one engine run, and the plotted columns."""

from typing import Any, NamedTuple

import numpy as np

from engine import cec, chaos, cliff, gradients, lstm, matrices, remedies, rnn
from lessons.vanishing.parameters import VanishingParameters

GAMMA = {"tanh": 1.0, "relu": 1.0, "identity": 1.0, "logistic": 0.25}  # the largest f′
LONG = 2000  # steps after which the two-unit map has settled
TOGETHER, OUT_OF_STEP, ELSEWHERE, UNKNOWN = "together", "out of step", "elsewhere", "unknown"  # two runs in the end
TARGET = 0.7  # of the loss on the cliff
W_SPAN, B_SPAN = (3.5, 6.5), (-3.5, 1.0)  # of the plotted cliff
GRID = 110  # points of it each way
RESOLUTION = 80  # starts of the map each way
MEET = 1e-3  # two states as near as this are at the same place
PASSED = 24  # that many of the last states are looked for in the other run
WIDEST = float(np.log10(8)) / 2  # log10 of the diagonal of the plane of h₁ and h₂


class Network(NamedTuple):
    """One recurrent network and how its gradient goes back in time."""

    x: np.ndarray  # (T,)
    params: rnn.RnnParams
    activation: str
    form: str
    a: np.ndarray  # (T, n) what the activation is applied to
    h: np.ndarray  # (T, n) f(a)
    factor: np.ndarray  # (T,) size of the one-step Jacobian; with its sign where n = 1
    log10_product: np.ndarray  # (T,) log10 of the product from step t to T
    bound: np.ndarray  # (T,) log10 (γ σ_max)^(T−t)
    prediction: np.ndarray  # (T,) log10 ρ^(T−t)
    omega: remedies.Omega
    eigenvalues: np.ndarray  # (n,) of W, complex, largest first
    singular_values: np.ndarray  # (n,) of W, largest first
    descents: tuple = ()  # on the cliff: with and without clipping

    @property
    def state(self) -> np.ndarray:
        """(T, n): h, or c where the state comes before the activation."""
        return self.h if self.form == "hidden" else self.a

    @property
    def rho(self) -> float:
        """Spectral radius of W."""
        return float(np.abs(self.eigenvalues[0]))

    @property
    def sigma(self) -> float:
        """Largest singular value of W."""
        return float(self.singular_values[0])


class Chaos(NamedTuple):
    """Two nearby starts of the two-unit map; row 0 is the start."""

    W: np.ndarray  # (2, 2) with the gain not yet applied
    b: np.ndarray  # (2,)
    runs: tuple[np.ndarray, np.ndarray]  # (T + 1, 2) each: start A and start B
    log10_distance: np.ndarray  # (T + 1,)
    exponent: float  # Lyapunov exponent, natural logarithm per step
    spread: float  # its standard error; NaN where it has none
    end: str  # of both runs after `LONG` steps: TOGETHER, OUT_OF_STEP, ELSEWHERE or UNKNOWN

    @property
    def chaotic(self) -> bool:
        """Whether neighbours part, beyond the exponent's own error."""
        return self.exponent > max(0.01, 3 * self.spread)

    @property
    def neutral(self) -> bool:
        """Whether neighbours neither part nor meet, as far as this run can tell: so on a closed curve."""
        return not self.chaotic and self.exponent > -max(0.002, min(3 * self.spread, 0.01))


class SideBySide(NamedTuple):
    """Four networks with the same input over `horizon` steps; the logarithms are of ∂(last step)/∂(step t)."""

    x: np.ndarray  # (horizon,)
    h: np.ndarray  # (horizon, n) of the tanh network
    carousel: np.ndarray  # (horizon,)
    log10_products: dict[str, np.ndarray]  # by name of the network, (horizon,) each
    rho: float  # spectral radius of W


def network(x: np.ndarray, params: rnn.RnnParams, activation: str, form: str) -> Network:
    """Run the network and follow its gradient from the last step back."""
    if form == "hidden":
        run = rnn.run(x, params, activation=activation)
        a, h = run.a, run.h
    else:
        run = rnn.run_cell(x, params, activation=activation)
        a, h = run.c, run.h
    settings: dict[str, Any] = {"activation": activation, "form": form}
    factor = gradients.factors(x, params, **settings)
    if len(params.b) == 1:
        factor = params.W[0, 0] * rnn.derivative(differentiated(a, form), activation)[:, 0]
    lags = len(x)
    return Network(
        x,
        params,
        activation,
        form,
        a,
        h,
        factor,
        gradients.lag_norms(x, params, **settings),
        gradients.bound(params.W, activation, lags)[::-1],
        gradients.linear_prediction(params.W, lags)[::-1],
        omega(params, a, activation),
        matrices.eigenvalues(params.W),
        matrices.singular_values(params.W),
    )


def differentiated(a: np.ndarray, form: str) -> np.ndarray:
    """(T, n): where f′ is taken in ∂h(t)/∂h(t−1): at a(t), or at c(t−1) in the other form."""
    return a if form == "hidden" else np.vstack([np.zeros_like(a[:1]), a[:-1]])


def omega(params: rnn.RnnParams, a: np.ndarray, activation: str) -> remedies.Omega:
    """The regularizer Ω of the network with c(t) = a(t), for a loss that is the sum of the last step's outputs."""
    slopes = rnn.derivative(differentiated(a, "cell"), activation)
    error = rnn.derivative(a[-1:], activation)[0]
    return remedies.omega_from_last(error, params.W * slopes[:, np.newaxis, :])


def cliff_network(m: VanishingParameters) -> Network:
    """The unit c(t) = w f(c(t−1)) + b at the place that the chosen descent has reached, and both descents."""
    settings: dict[str, Any] = {"learning_rate": m.learning_rate, "n_updates": m.descent_steps, "n_steps": m.n_steps}
    descents = (
        cliff.descend(m.start_w, m.start_b, threshold=m.threshold, **settings),
        cliff.descend(m.start_w, m.start_b, **settings),
    )
    chosen = descents[0 if m.clip else 1]
    params = rnn.RnnParams(np.zeros((1, 1)), np.array([[chosen.w[-1]]]), np.array([chosen.b[-1]]))
    return network(np.zeros(m.n_steps), params, "logistic", "cell")._replace(descents=descents)


def surface(n_steps: int) -> np.ndarray:
    """log10 of the loss over a grid of w and b, (GRID, GRID): rows along b, columns along w."""
    loss = cliff.surface(np.linspace(*W_SPAN, GRID), np.linspace(*B_SPAN, GRID), n_steps=n_steps)
    return np.log10(np.maximum(loss, 1e-12))


def chaos_runs(m: VanishingParameters) -> Chaos:
    W, b = m.map_weights()
    near = (m.start1, m.start2), (m.start1 + 10**m.separation, m.start2)
    longest = max(2 * LONG, m.n_steps)
    first, second = (chaos.trajectory(W, b, start, longest, gain=m.gain) for start in near)
    distance = chaos.distance(W, b, *near, m.n_steps, gain=m.gain)
    found = chaos.lyapunov(W, b, near[0], LONG, gain=m.gain)
    runs = first[: m.n_steps + 1], second[: m.n_steps + 1]
    ends = how_they_end(first[LONG:], second[LONG:])
    return Chaos(W, b, runs, distance, found.exponent, found.spread, ends)


def how_they_end(first: np.ndarray, second: np.ndarray) -> str:
    """Where two runs are once they have settled, (steps, 2) each: on one attractor, or on two.

    On one that is a cycle or a closed curve they may be out of step for good, each passing where the other has been.
    """
    if np.hypot(*(first[-1] - second[-1])) < MEET:
        return TOGETHER
    # how near the first run comes to where it has been, and to where the second is
    itself, other = (_nearest(first[:-PASSED], run[-PASSED:]) for run in (first, second))
    if other.max() < max(MEET, 3 * itself.max()):
        return OUT_OF_STEP
    return ELSEWHERE if other.min() > max(MEET, 10 * itself.max()) else UNKNOWN


def _nearest(visited: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance of each of the points (k, 2) from the nearest of those visited (n, 2)."""
    return np.hypot(*(visited[:, np.newaxis] - points).transpose(2, 0, 1)).min(axis=0)


def basins(W: np.ndarray, b: np.ndarray, gain: float) -> chaos.Basins:
    """Which attractor each start of the map ends in, for RESOLUTION² starts."""
    return chaos.basins(W, b, gain=gain, resolution=RESOLUTION)


def lstm_weights(m: VanishingParameters) -> lstm.LstmParams:
    """Random weights of an LSTM of the same size, as at the start of training."""
    return lstm.initial(m.n_units, 1, np.random.default_rng(m.seed), forget_bias=m.forget_bias)


def side_by_side(m: VanishingParameters) -> SideBySide:
    x, params, gate = m.input(m.horizon), m.weights(), np.full(m.horizon, m.forget)
    products = {
        "tanh network": gradients.lag_norms(x, params, activation="tanh"),
        "linear, same W": gradients.lag_norms(x, params, activation="identity"),
        "carousel": cec.log10_products(gate),
        "LSTM": lstm.lag_norms(x, lstm_weights(m)),
    }
    carousel = cec.run(x, np.ones(m.horizon), gate).c
    return SideBySide(
        x, rnn.run(x, params, activation="tanh").h, carousel, products, float(np.abs(matrices.eigenvalues(params.W)[0]))
    )


def columns(m: VanishingParameters, r: Network | Chaos | SideBySide) -> dict[str, np.ndarray]:
    """All plotted columns of the present topic by name, (T,) each."""
    if isinstance(r, Network):
        ratio = np.append(r.omega.ratios, np.nan)
        return {
            "x": r.x,
            "h": r.state[:, 0],
            "factor": r.factor,
            "log10_product": r.log10_product,
            "bound": r.bound,
            "prediction": r.prediction,
            "ratio": ratio,
        }
    if isinstance(r, Chaos):
        return {
            "h": r.runs[0][1:, 0],
            "h_other": r.runs[1][1:, 0],
            "log10_distance": r.log10_distance[1:],
            "log10_expected": expected_distance(m, r, m.time),
        }
    shown = {"x": r.x, "h": r.h[:, 0], "carousel": r.carousel}
    return {name: _cut(values, m.n_steps) for name, values in shown.items()}


def expected_distance(m: VanishingParameters, r: Chaos, t: np.ndarray | int) -> np.ndarray:
    """log10 of the distance by the Lyapunov exponent; NaN where it says nothing.

    A negative exponent holds near the attractor only; a positive one until the distance is as large as the plane.
    """
    grown = m.separation + t * r.exponent / np.log(10)
    return np.where(r.chaotic & (grown <= WIDEST), grown, np.nan)


def _cut(values: np.ndarray, n_steps: int) -> np.ndarray:
    """The first values, (n_steps,); NaN beyond the last one."""
    cut = np.full(n_steps, np.nan)
    cut[: len(values)] = values[:n_steps]
    return cut


def lag_matrix(r: Network, every: int) -> gradients.LagNormMatrix:
    """log10 norms of ∂h(t)/∂h(k) for every pair of every `every`-th step."""
    return gradients.lag_norm_matrix(r.x, r.params, activation=r.activation, form=r.form, every=every)
