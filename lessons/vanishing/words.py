"""What the page says in words about its present state, by topic."""

from collections.abc import Callable
from typing import Any

import numpy as np

from app.parts.numbers import plain, power, steps
from lessons.vanishing import topics
from lessons.vanishing.parameters import VanishingParameters


def sentence(m: VanishingParameters, r: Any) -> str:
    """What is seen; r is the result of the present topic."""
    say: dict[str, Callable[[VanishingParameters, Any], str]] = {
        "vanishing": _vanishing,
        "exploding": _exploding,
        "chaos": _chaos,
        "side by side": _side_by_side,
    }
    return say[m.topic](m, r)


def _vanishing(m: VanishingParameters, r: topics.Network) -> str:
    if r.log10_product[0] == -np.inf:
        first = int(np.flatnonzero(np.isfinite(r.log10_product))[0]) + 1
        if first == m.n_steps:
            return "Every factor is 0: no gradient leaves the last step."
        return f"A factor of 0 cuts the way back: nothing arrives before t = {first}."
    return _one_unit(m, r) if m.one_unit else _many_units(m, r)


def _one_unit(m: VanishingParameters, r: topics.Network) -> str:
    """Rate of decay or growth, and what is left at the first step."""
    lag = m.n_steps - 1
    rate = 10 ** (r.log10_product[0] / lag)
    sign = " and turns its sign" if m.w < 0 else ""
    left = f"after {steps(lag)} back, at t = 1, {power(r.log10_product[0])} is left"
    if m.activation == "identity":
        return f"Each step multiplies the gradient by {plain(abs(m.w), 3)}{sign}: it {_pace(rate)}; {left}."
    largest = f"f′ is at most {plain(topics.GAMMA[m.activation])} and makes |w| = {plain(abs(m.w))} into less"
    saturated = largest if rate < 0.9 * abs(m.w) * topics.GAMMA[m.activation] else "f′ is close to its largest value"
    by = f"by {plain(rate, 3)} on average"
    return f"Each step multiplies the gradient {by}{sign}: it {_pace(rate)}; {left}. Here {saturated}."


def _pace(rate: float) -> str:
    """`halves every 3.1 steps`, `doubles every step`, `keeps its size`."""
    if abs(rate - 1) < 1e-4:
        return "keeps its size"
    if not 0.5 <= rate + 1e-9 <= 2.00001:
        return f"has {plain(100 * rate, 3)} % of its size one step on"
    n = plain(abs(np.log(2) / np.log(rate)), 3)
    return f"{'halves' if rate < 1 else 'doubles'} every " + ("step" if n == "1" else f"{n} steps")


def _many_units(m: VanishingParameters, r: topics.Network) -> str:
    """What ρ and σ_max allow, and what the states make of it."""
    left = float(r.log10_product[0])
    rho, sigma = r.rho, r.sigma
    gamma = topics.GAMMA[m.activation]
    far = f"over {steps(m.n_steps - 1)} back the gradient"
    if abs(left) < 0.3:
        does = f"{far} keeps its size (factor {power(left)})"
    else:
        does = f"{far} shrinks to {power(left)} of its size" if left < 0 else f"{far} grows {power(left)}-fold"
    named = f"σₘₐₓ = {plain(sigma, 3)}" + ("" if gamma == 1 else f" and γ = {plain(gamma)}")
    if gamma * sigma < 1 - 1e-9:
        return f"{named}: no step can pass on more than {plain(gamma * sigma, 3)}, so the gradient must vanish; {does}."
    if abs(sigma - rho) < 1e-9 * sigma and left < -0.3 and rho >= 1 - 1e-9:
        would = "keep the gradient" if rho < 1 + 1e-9 else "make the gradient grow"
        return f"ρ = σₘₐₓ = {plain(rho, 3)} would {would}, but saturated units weaken it: {does}."
    if left < -0.3 and rho >= 1:
        return f"ρ = {plain(rho, 3)} is above 1, yet saturated units (small f′) make the gradient vanish: {does}."
    if left < -0.3:
        return f"{named} allows growth, yet ρ = {plain(rho, 3)} makes the gradient vanish in the long run: {does}."
    return f"{named} and ρ = {plain(rho, 3)}: {does}."


def _exploding(m: VanishingParameters, r: topics.Network) -> str:
    if m.remedy == "rescaling":
        return (
            f"Five terms, each {plain(m.decay)} times the one before. Scaled to a sum of 1, the fifth is still "
            f"{power(4 * np.log10(m.decay))} of the first: one factor for all changes no share."
        )
    clipped, free = r.descents
    chosen, n = (clipped if m.clip else free), m.descent_steps
    if n == 0:
        return (
            f"At the start (w = {plain(m.start_w)}, b = {plain(m.start_b)}) the loss is {plain(chosen.loss[0], 3)} "
            f"and the gradient has length {plain(chosen.gradient_norm[0], 3)}. Take steps of descent."
        )
    longest = f"the longest gradient on the way has length {plain(chosen.gradient_norm[:n].max(), 3)}"
    stands = f"After {steps(n)} (w, b) = ({plain(chosen.w[-1], 3)}, {plain(chosen.b[-1], 3)})"
    ends = f"the loss is {plain(chosen.loss[-1], 3)}, after {plain(chosen.loss[0], 3)} at the start"
    if not m.clip:
        return (
            f"Without clipping {longest}, and a step is η times as long. {stands} and {ends}; with clipping the "
            f"loss would be {plain(clipped.loss[-1], 3)}."
        )
    n_cut = int((chosen.gradient_norm[:n] > m.threshold).sum())
    cut = f"cut to {plain(m.threshold)} at {steps(n_cut)}" if n_cut else "never above the threshold"
    return (
        f"With clipping {longest}; it is {cut}. {stands} and {ends}{_swing(chosen.loss)}; without clipping the "
        f"loss would be {plain(free.loss[-1], 3)}."
    )


def _swing(loss: np.ndarray) -> str:
    """Whether the last ten losses leap between the plains on both sides of the cliff."""
    last = loss[-10:]
    if len(loss) < 11 or last.max() < 0.02:
        return ""
    if last.max() > 0.1 and last.min() < 0.1:
        return f" (it swings across the edge: up to {plain(last.max(), 2)} in the last 10 steps)"
    return ""


def _chaos(m: VanishingParameters, r: topics.Chaos) -> str:
    ends = r.log10_distance[-1]
    start = f"Two starts {power(r.log10_distance[0])} apart are {power(ends)} apart after {steps(m.n_steps)}"
    if ends == -np.inf:
        start = f"Two starts {power(r.log10_distance[0])} apart have come together within {steps(m.n_steps)}"
    exponent = f"The Lyapunov exponent is {plain(r.exponent, 3)}"
    where = "along run A" if r.exponent > 0 else "near the attractor"
    growth = f"{exponent}: {where} small distances are multiplied by {plain(np.exp(r.exponent), 3)} per step"
    if r.exponent > 0.01:
        return f"{start}. {growth}: the map is chaotic, and no gradient through it stays small."
    if r.part:
        return f"{start}: a boundary of two basins lies between them. {growth}."
    return f"{start}. {growth}: both settle at the same attractor."


def _side_by_side(m: VanishingParameters, r: topics.SideBySide) -> str:
    said = [f"{name} {power(values[0])}" for name, values in r.log10_products.items()]
    return f"Over {steps(m.horizon - 1)} back this part of the gradient arrives: {', '.join(said)}."


def divergence(m: VanishingParameters, r: Any) -> str:
    """Why values left the plots."""
    if m.topic == "side by side":
        return "The carousel adds up its whole input and never forgets."
    rho = r.rho
    what = f"|w| = {plain(rho)}" if m.one_unit else f"ρ = {plain(rho)}"
    return (
        f"With {what} and an activation that does not saturate, the state is multiplied by up to {plain(rho)} "
        "at each step."
    )


def explain_product(m: VanishingParameters, r: Any, step: int) -> str:
    """Why log10 of the product has its value at `step`."""
    if not isinstance(r, topics.Network):
        return "This topic has no product of its own."
    lag, value = m.n_steps - step, plain(tidy(r.log10_product[step - 1]))
    if lag == 0:
        return "At the last step no factor has been met yet: the product is 1, and its logarithm 0."
    if m.one_unit and np.ptp(r.factor) < 1e-12:
        size = plain(abs(r.factor[0]))
        sign = " A negative w turns the product's sign at every step, but not its size." if r.factor[0] < 0 else ""
        return (
            f"From t = {step} to {m.n_steps} there are {lag} factors of size {size}: "
            f"{lag} · log₁₀ {size} = {value}.{sign}"
        )
    return f"From t = {step} to {m.n_steps} there are {lag} factors; log₁₀ of the size of their product is {value}."


def tidy(value: float) -> float:
    """0 for what is only the rounding error of a difference or a logarithm."""
    return 0.0 if abs(value) < 1e-12 else float(value)
