"""The product of all steps by hand, what bounds it, and what Ω says of it."""

import numpy as np

from app.parts.numbers import Block, number
from engine import remedies
from lessons.vanishing import topics
from lessons.vanishing.model import Vanishing
from lessons.vanishing.words import digits_beside
from lessons.vanishing.written import WRITTEN_UNITS, base, inside, logarithm, size

MOST_FACTORS = 4
RATIO_DIGITS = 9
SIGMA = "σ<sub>max</sub>"


def product_block(m: Vanishing, t: int) -> Block:
    """The product from t to T, its logarithm, the bound and the linear prediction."""
    r, n, lag = m.result, m.n_steps, m.n_steps - t
    state = "h" if r.form == "hidden" else "c"
    named = f"∂<i>{state}</i>({n})/∂<i>{state}</i>({t})"
    value = r.log10_product[t - 1]
    if m.one_unit:
        sign = np.prod(np.sign(r.factor[t:]))
        lines = [f"{named}", f"&emsp;= {_factors(r.factor[t:])}", f"&emsp;= {size(value, sign)}"]
    else:
        last = "" if lag == 0 else f"<i>J</i>({n})" + (f"···<i>J</i>({t + 1})" if lag > 1 else "")
        lines = [f"‖{named}‖ = ‖{last or '<i>I</i>'}‖", f"&emsp;= {size(value)}"]
    lines.append(f"log₁₀ of its size = <b class=gradient>{logarithm(value)}</b>")
    rho, sigma = r.rho, r.sigma
    gamma = topics.GAMMA[r.activation]
    top = base(sigma) if gamma == 1 else f"({number(gamma)}·{base(sigma)})"
    largest = "|<i>w</i>|" if m.one_unit else SIGMA
    lines += [
        f"bound: (γ·{largest})<sup>{lag}</sup>",
        f"&emsp;= {top}<sup>{lag}</sup> = {size(r.bound[t - 1])}",
        f"linear: ρ<sup>{lag}</sup> = {base(rho)}<sup>{lag}</sup> = {size(r.prediction[t - 1])}",
    ]
    title = f"From step {n} back to {t}" if lag else f"At the last step, t = {n}"
    note = "No factor has been met yet: the empty product is 1." if lag == 0 else f"{lag} factors" if lag > 1 else ""
    return Block(title, lines, note)


def _factors(factors: np.ndarray) -> str:
    """A product written out: a power where all factors agree, with dots where there are many."""
    if not factors.size:
        return "1"
    if factors.size > 2 and np.ptp(factors) < 1e-9 * abs(factors[0]):
        return f"{base(factors[0])}<sup>{factors.size}</sup>"
    written = [inside(value) for value in factors]
    if factors.size > MOST_FACTORS:
        written = [*written[:2], "…", written[-1]]
    return "·".join(written)


def matrix_block(m: Vanishing) -> Block:
    """The sizes of W and what they promise."""
    r = m.result
    rho, sigma = r.rho, r.sigma
    gamma = topics.GAMMA[r.activation]
    most = number(gamma * sigma, digits=digits_beside(gamma * sigma, 1, 4))
    lines = [
        f"ρ = max |<i>λ</i>| = {number(rho, digits=digits_beside(rho, 1, 4))}",
        f"{SIGMA} = max ‖<i>Wv</i>‖/‖<i>v</i>‖ = {number(sigma)}",
        f"γ{SIGMA} = {number(gamma)}·{number(sigma)} = <b>{most}</b>",
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


def omega_block(m: Vanishing, t: int) -> Block:
    """Ω's term of the way from t + 1 back to t."""
    r, lag = m.result, m.n_steps - t
    total = _omega_total(r.omega)
    if lag == 0:
        return Block("Ω", [total], "The last step has no step after it, so it has no term.")
    ratio, term = r.omega.ratios[t - 1], r.omega.terms[t - 1]
    kept = number(ratio, digits=RATIO_DIGITS) == "1"
    if np.isnan(ratio):
        return Block(f"Ω at t = {t}", [total], f"No error arrives at step {t + 1}, so there is no ratio here.")
    error = f"∂L/∂<i>c</i>({t + 1})"
    return Block(
        f"Ω at t = {t}",
        [
            f"ratio = ‖{error} · ∂<i>c</i>({t + 1})/∂<i>c</i>({t})‖",
            f"&emsp;&emsp;/ ‖{error}‖",
            f"&emsp;= {number(ratio, 'gradient', digits=RATIO_DIGITS)}",
            f"term = ({number(ratio, digits=RATIO_DIGITS)} − 1)² = <b>{number(0 if kept else term)}</b>",
            total,
        ],
        "c is the pre-activation, the sum that f is applied to. L is the sum of the last step's outputs.",
    )


def _omega_total(omega: remedies.Omega) -> str:
    """Ω, and from where back it has no terms."""
    defined = np.flatnonzero(np.isfinite(omega.ratios)) + 1
    if not defined.size:
        return "Ω is not defined: no error leaves the last step"
    # less is the rounding of numbers beside 1
    changed = np.nanmax(np.abs(omega.ratios - 1)) > 1e-9
    reach = "all <i>t</i>" if defined[0] == 1 else f"<i>t</i> ≥ {defined[0]}"
    gone = "" if defined[0] == 1 else f"; not defined from <i>t</i> = {defined[0] - 1} back"
    return f"Ω = sum over {reach} = <b>{number(omega.total if changed else 0)}</b>{gone}"
