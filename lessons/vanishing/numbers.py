"""The equations of lesson 5 with the numbers of the present step put in, by topic."""

import re

import numpy as np

from app.parts.numbers import Block, number, plain, power, symbol
from engine import remedies, rnn
from lessons.vanishing import topics
from lessons.vanishing.cliff import descent_block, rescale_block
from lessons.vanishing.model import Vanishing
from lessons.vanishing.words import tidy

MOST_FACTORS = 4
WRITTEN_UNITS = 4  # up to here W and its sums are written out
LINE_LENGTH = 33  # characters of a sum beside its result
SIGMA = "σ<sub>max</sub>"


def blocks(m: Vanishing, t: int) -> list[Block]:
    if m.topic == "chaos":
        return [_map_block(m, t, 0), _map_block(m, t, 1), _distance_block(m, t)]
    if m.topic == "side by side":
        return [_side_block(m, t)]
    shown = [_step_block(m, t), _product_block(m, t), _omega_block(m, t)]
    if m.topic == "exploding":
        return [rescale_block(m)] if m.remedy == "rescaling" else [descent_block(m), *shown]
    return shown if m.n_units == 1 else [shown[0], shown[1], _matrix_block(m), shown[2]]


def _in(value: float, role: str = "") -> str:
    """A number inside a sum or product."""
    return number(value, role, signed=True)


def _step_block(m: Vanishing, t: int) -> Block:
    """State and factor of step t, of the one unit or of unit 1."""
    r = m.result
    lines = (_hidden_lines if r.form == "hidden" else _cell_lines)(r, t)
    return Block(f"Step t = {t}" + ("" if m.one_unit else ", unit 1"), lines + _factor_lines(m, t), _first_note(r, t))


def _first_note(r: topics.Network, t: int) -> str:
    return "" if t > 1 else f"Before step 1 the state is {'<i>h</i>(0)' if r.form == 'hidden' else '<i>c</i>(0)'} = 0."


def _parts(r: topics.Network, t: int) -> tuple[float, float, float, float]:
    """U x(t), and w and what it multiplies (or their sum over all units and 1), and b, for unit 1."""
    k, W = t - 1, r.params.W
    start = np.zeros(len(W)) if r.form == "hidden" else _f0(r)
    before = r.h[k - 1] if k else start
    fed = r.params.U[0, 0] * r.x[k]
    return (fed, W[0, 0], before[0], r.params.b[0]) if len(W) == 1 else (fed, float(W[0] @ before), 1, r.params.b[0])


def _f0(r: topics.Network) -> np.ndarray:
    """f(0) for every unit."""
    return np.full(len(r.params.W), 0.5 if r.activation == "logistic" else 0.0)


def _hidden_lines(r: topics.Network, t: int) -> list[str]:
    _, w, before, b = _parts(r, t)
    x, u = number(r.x[t - 1], "input", signed=True), number(r.params.U[0, 0])
    a, h = symbol("a", "", t, sub=_one(r)), symbol("h", "", t, sub=_one(r))
    if len(r.params.W) == 1:
        symbols = f"<i>u</i>·{symbol('x', 'input', t)} + <i>w</i>·{symbol('h', '', t - 1)} + <i>b</i>"
        values = f"{u}·{x} + {_in(w)}·{_in(before)} + {_in(b)}"
    else:
        symbols = f"<i>u</i>₁·{symbol('x', 'input', t)} + <i>s</i> + <i>b</i>"
        values = f"{u}·{x} + {_in(w)} + {_in(b)}"
    name = {"logistic": "σ"}.get(r.activation, r.activation)
    applied = a if name == "identity" else f"{name}({number(r.a[t - 1, 0])})"
    result = f"= <b>{number(r.a[t - 1, 0])}</b>"
    # a long sum and its result do not fit on one line
    long = len(re.sub(r"<[^>]+>", "", values + result)) > LINE_LENGTH
    summed = [f"&emsp;= {values}", f"&emsp;{result}"] if long else [f"&emsp;= {values} {result}"]
    return [*_sum_lines(r, t), f"{a} = {symbols}", *summed, f"{h} = {applied} = <b>{number(r.h[t - 1, 0])}</b>"]


def _sum_lines(r: topics.Network, t: int) -> list[str]:
    """What unit 1 receives from all units: s = Σ W₁ⱼ hⱼ(t−1), with every term where there are few."""
    n = len(r.params.W)
    if n == 1:
        return []
    before = r.h[t - 2] if t > 1 else np.zeros(n) if r.form == "hidden" else _f0(r)
    what = "<i>h</i>ⱼ" if r.form == "hidden" else "<i>f</i>(<i>c</i>ⱼ)"
    lines = [f"<i>s</i> = Σ<i>W</i>₁ⱼ·{what} of step {t - 1}"]
    if n <= WRITTEN_UNITS:
        pairs = [f"{_in(weight)}·{_in(tidy(state))}" for weight, state in zip(r.params.W[0], before, strict=True)]
        lines += [f"&emsp;{'+' if k else '='} {pair}" for k, pair in enumerate(pairs)]
    return [*lines, f"&emsp;= {number(tidy(r.params.W[0] @ before))}"]


def _cell_lines(r: topics.Network, t: int) -> list[str]:
    fed, w, before, b = _parts(r, t)
    c, earlier = symbol("c", "", t, sub=_one(r)), f"<i>f</i>({symbol('c', '', t - 1)})"
    ux = f" + <i>u</i>·{symbol('x', 'input', t)}" if r.params.U.any() else ""
    ux_now = f" + {_in(fed, 'input')}" if ux else ""
    if len(r.params.W) == 1:
        return [
            f"{c} = <i>w</i>·{earlier}{ux} + <i>b</i>",
            f"&emsp;= {number(w)}·{_in(before)}{ux_now} + {_in(b)}",
            f"&emsp;= <b>{number(r.a[t - 1, 0])}</b>",
        ]
    return [
        *_sum_lines(r, t),
        f"{c} = <i>s</i>{ux} + <i>b</i>",
        f"&emsp;= {number(w)}{ux_now} + {_in(b)} = <b>{number(r.a[t - 1, 0])}</b>",
    ]


def _one(r: topics.Network) -> str:
    return "" if len(r.params.W) == 1 else "1"


def _factor_lines(m: Vanishing, t: int) -> list[str]:
    r = m.result
    slopes = rnn.derivative(topics.differentiated(r.a, r.form)[t - 1], r.activation)
    at = f"<i>a</i>({t})" if r.form == "hidden" else f"<i>c</i>({t - 1})"
    state = "h" if r.form == "hidden" else "c"
    jacobian = f"∂<i>{state}</i>({t})/∂<i>{state}</i>({t - 1})"
    factor = number(r.factor[t - 1], "gradient")
    if m.one_unit:
        w = r.params.W[0, 0]
        return [f"{jacobian} = <i>f′</i>({at})·<i>w</i>", f"&emsp;= {number(slopes[0])}·{_in(w)} = {factor}"]
    scaled = "diag <i>f′</i>·<i>W</i>" if state == "h" else "<i>W</i>·diag <i>f′</i>"
    return [
        f"‖{jacobian}‖ = ‖{scaled}‖ = {factor}",
        f"<i>f′</i>({at}): mean {number(slopes.mean(), digits=3)}, largest {number(slopes.max(), digits=3)}",
    ]


def _product_block(m: Vanishing, t: int) -> Block:
    """The product from t to T, its logarithm, the bound and the linear prediction."""
    r, n, lag = m.result, m.n_steps, m.n_steps - t
    state = "h" if r.form == "hidden" else "c"
    named = f"∂<i>{state}</i>({n})/∂<i>{state}</i>({t})"
    value = r.log10_product[t - 1]
    if m.one_unit:
        sign = np.prod(np.sign(r.factor[t:]))
        lines = [f"{named}", f"&emsp;= {_factors(r.factor[t:])}", f"&emsp;= {_size(value, sign)}"]
    else:
        last = "" if lag == 0 else f"<i>J</i>({n})" + (f"···<i>J</i>({t + 1})" if lag > 1 else "")
        lines = [f"‖{named}‖ = ‖{last or '<i>I</i>'}‖", f"&emsp;= {_size(value)}"]
    lines.append(f"log₁₀ of its size = <b class=gradient>{_logarithm(value)}</b>")
    rho, sigma = r.rho, r.sigma
    gamma = topics.GAMMA[r.activation]
    top = _base(sigma) if gamma == 1 else f"({number(gamma)}·{_base(sigma)})"
    largest = "|<i>w</i>|" if m.one_unit else SIGMA
    lines += [
        f"bound: (γ·{largest})<sup>{lag}</sup>",
        f"&emsp;= {top}<sup>{lag}</sup> = {_size(r.bound[t - 1])}",
        f"linear: ρ<sup>{lag}</sup> = {_base(rho)}<sup>{lag}</sup> = {_size(r.prediction[t - 1])}",
    ]
    title = f"From step {n} back to {t}" if lag else f"At the last step, t = {n}"
    note = "No factor has been met yet: the empty product is 1." if lag == 0 else f"{lag} factors" if lag > 1 else ""
    return Block(title, lines, note)


def _factors(factors: np.ndarray) -> str:
    """A product written out: a power where all factors agree, with dots where there are many."""
    if not factors.size:
        return "1"
    if factors.size > 2 and np.ptp(factors) < 1e-9:
        return f"{_base(factors[0])}<sup>{factors.size}</sup>"
    written = [_in(value) for value in factors]
    if factors.size > MOST_FACTORS:
        written = [*written[:2], "…", written[-1]]
    return "·".join(written)


def _base(value: float) -> str:
    """A number that is raised to a high power: it needs more digits for the power to come out right."""
    return number(value, digits=8, signed=True)


def _size(log10: float, sign: float = 1.0) -> str:
    """A signed size from its logarithm, also where it does not fit a float."""
    if log10 == -np.inf:
        return number(0.0, "gradient")
    if -300 < log10 < 300:
        return number(sign * 10.0**log10, "gradient", digits=4)
    return f"<b class=gradient>{'−' if sign < 0 else ''}10<sup>{log10:.1f}</sup></b>".replace("-", "−")


def _logarithm(value: float) -> str:
    return "−∞" if value == -np.inf else number(tidy(value), digits=4)


def _matrix_block(m: Vanishing) -> Block:
    """The sizes of W and what they promise."""
    r = m.result
    rho, sigma = r.rho, r.sigma
    gamma = topics.GAMMA[r.activation]
    lines = [
        f"ρ = max |<i>λ</i>| = {number(rho)}",
        f"{SIGMA} = max ‖<i>Wv</i>‖/‖<i>v</i>‖ = {number(sigma)}",
        f"γ{SIGMA} = {number(gamma)}·{number(sigma)} = <b>{number(gamma * sigma)}</b>",
    ]
    if m.n_units <= WRITTEN_UNITS:
        rows = ("(" + ", ".join(number(weight) for weight in row) + ")" for row in r.params.W)
        lines += [f"<i>W</i>, row {k}: {row}" for k, row in enumerate(rows, 1)]
        lines.append("<i>U</i>: (" + ", ".join(number(weight) for weight in r.params.U[:, 0]) + ")")
    return Block(
        "The matrix",
        lines,
        f"γ{SIGMA} is {_verdict(gamma * sigma)}. A product of {m.n_steps - 1} Jacobians is at most as "
        "large as the product of their norms.",
    )


def _verdict(steepest: float) -> str:
    """What the largest possible stretch of one step, γσ_max, promises."""
    if abs(steepest - 1) < 1e-9:
        return "1: no step can stretch, and none need shrink"
    return "below 1: it must vanish" if steepest < 1 else "above 1: growth is possible"


def _omega_block(m: Vanishing, t: int) -> Block:
    """Ω's term of the way from t + 1 back to t."""
    r, lag = m.result, m.n_steps - t
    total = _omega_total(r.omega)
    if lag == 0:
        return Block("Ω", [total], "The last step has no step after it, so it has no term.")
    ratio, term = r.omega.ratios[t - 1], r.omega.terms[t - 1]
    if np.isnan(ratio):
        return Block(f"Ω at t = {t}", [total], f"No error arrives at step {t + 1}, so there is no ratio here.")
    error = f"∂L/∂<i>c</i>({t + 1})"
    return Block(
        f"Ω at t = {t}",
        [
            f"ratio = ‖{error} · ∂<i>c</i>({t + 1})/∂<i>c</i>({t})‖",
            f"&emsp;&emsp;/ ‖{error}‖",
            f"&emsp;= {number(ratio, 'gradient', digits=7)}",
            f"term = ({number(ratio, digits=7)} − 1)² = <b>{number(tidy(term))}</b>",
            total,
        ],
        "c is the pre-activation, the sum that f is applied to. L is the sum of the last step's outputs.",
    )


def _omega_total(omega: remedies.Omega) -> str:
    """Ω, and from where back it has no terms."""
    defined = np.flatnonzero(np.isfinite(omega.ratios)) + 1
    if not defined.size:
        return "Ω is not defined: no error leaves the last step"
    reach = "all <i>t</i>" if defined[0] == 1 else f"<i>t</i> ≥ {defined[0]}"
    gone = "" if defined[0] == 1 else f"; not defined from <i>t</i> = {defined[0] - 1} back"
    return f"Ω = sum over {reach} = <b>{number(tidy(omega.total))}</b>{gone}"


def _map_block(m: Vanishing, t: int, which: int) -> Block:
    """One step of the map for start A or B."""
    r, name = m.result, "AB"[which]
    before, now = r.runs[which][t - 1], r.runs[which][t]
    lines = []
    for k in (0, 1):
        left, right = (f"{_in(r.W[k, j])}·{_in(before[j])}" for j in (0, 1))
        fed = float(r.W[k] @ before)
        lines += [
            f"<i>s</i><sub>{k + 1}</sub> = {left} + {right}",
            f"&emsp;= {number(fed)}",
            f"{symbol('h', '', t, sub=str(k + 1))} = tanh({number(m.gain)}·{_in(fed)} + {_in(r.b[k])}) "
            f"= <b>{number(now[k])}</b>",
        ]
    note = "sₖ = Wₖ₁h₁ + Wₖ₂h₂ from the step before; hₖ = tanh(gain·sₖ + bₖ)."
    if which == 1:
        note = f"Start B is A + ({power(m.separation)}, 0)."
    return Block(f"Start {name}, step {t}", lines, note)


def _distance_block(m: Vanishing, t: int) -> Block:
    r = m.result
    (a1, a2), (b1, b2) = r.runs[0][t], r.runs[1][t]
    value, factor = r.log10_distance[t], f"e<sup>λ</sup> = {number(float(np.exp(r.exponent)))}"
    lines = [
        f"<i>d</i> = √(({number(a1 - b1)})² + ({number(a2 - b2)})²)",
        f"&emsp;= {_size(value)}",
        f"log₁₀ <i>d</i> = {_logarithm(value)}",
    ]
    named = f"λ = {plain(r.exponent)} is the Lyapunov exponent of start A"
    if not r.exponent > 0:
        return Block(
            f"Distance at t = {t}",
            lines,
            f"{named}. It holds near the attractor only: there, small "
            f"distances are multiplied by {factor} per step. It tells nothing of the way to the attractor.",
        )
    expected = float(topics.expected_distance(m, t))
    if np.isfinite(expected):
        lines += [
            "expected: log₁₀ <i>d</i>(0) + <i>t</i>·<i>λ</i>/ln 10",
            f"&emsp;= {number(m.separation)} + {t}·{_in(r.exponent / np.log(10))}",
            f"&emsp;= {number(expected)}",
        ]
    return Block(
        f"Distance at t = {t}",
        lines,
        f"{named}: small distances are multiplied by about {factor} per step, until they are as large as the plane.",
    )


def _side_block(m: Vanishing, t: int) -> Block:
    r, lag = m.result, m.horizon - t
    gate = f"{number(m.forget, 'forget_gate')}<sup>{lag}</sup>"
    lines = [f"{name}: {_size(values[t - 1])}" for name, values in r.log10_products.items()]
    if m.n_units > 1:
        lines.insert(2, f"(ρ<sup>{lag}</sup> = {_base(r.rho)}<sup>{lag}</sup> = {_size(lag * _log10(r.rho))})")
    lines[-2] = f"carousel: {gate} = {_size(r.log10_products['carousel'][t - 1])}"
    return Block(
        f"From step {m.horizon} back to t = {t}, lag {lag}",
        lines,
        "The first two are norms of a product of Jacobians diag f′(a)·W, with f′ = 1 for the linear network. "
        "Its norm goes like a constant times ρ to the power of the lag; the constant is above 1 where W's "
        "eigenvectors are not at right angles. The carousel has only its forget gate. The LSTM's line is the "
        "norm of ∂c(T)/∂c(t), all its paths counted; its "
        f"forget gates start at σ({plain(m.forget_bias)}) = {plain(1 / (1 + np.exp(-m.forget_bias)), 3)}."
        + _out_of_reach(m),
    )


def _log10(value: float) -> float:
    return float(np.log10(value)) if value > 0 else -np.inf


def _out_of_reach(m: Vanishing) -> str:
    if m.horizon == m.n_steps:
        return ""
    return f" The networks run {m.horizon} steps; the cursor reaches the first {m.n_steps}."
