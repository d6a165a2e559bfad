"""What the page says in words about its present state, by topic."""

from collections.abc import Callable
from typing import Any

import numpy as np

from app.parts.numbers import plain, power, steps
from engine import gradients, rnn
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


def digits_beside(value: float, limit: float, digits: int = 3) -> int:
    """As many digits as it takes to tell a value from the limit beside it, at least these."""
    while digits < 12 and abs(value - limit) > 1e-9 * abs(limit) and plain(value, digits) == plain(limit, digits):
        digits += 1
    return digits


def beside(value: float, limit: float, digits: int = 3) -> str:
    """A value that is told from the limit beside it."""
    return plain(value, digits_beside(value, limit, digits))


def beside_one(value: float) -> str:
    return beside(value, 1.0)


def power_beside(log10: float, limit: float) -> str:
    """A size from its logarithm, told from the size whose logarithm is the limit."""
    same = log10 != limit and power(log10) == power(limit)
    return beside(10**log10, 10**limit) if same else power(log10)


def _vanishing(m: VanishingParameters, r: topics.Network) -> str:
    if r.log10_product[0] == -np.inf:
        return _cut(m, r)
    return _one_unit(m, r) if m.one_unit else _many_units(m, r)


def _cut(m: VanishingParameters, r: topics.Network) -> str:
    """Where the product is exactly 0, and from where on."""
    first = int(np.flatnonzero(np.isfinite(r.log10_product))[0]) + 1
    if not r.factor[1:].any():
        return "Every factor is 0: no gradient leaves the last step."
    if first == m.n_steps:
        return "The last factor is 0: no gradient leaves the last step."
    if r.factor[first - 1] == 0:
        return f"A factor of 0 cuts the way back: nothing arrives before t = {first}."
    return f"The factors multiply to 0: nothing arrives before t = {first}."


def _one_unit(m: VanishingParameters, r: topics.Network) -> str:
    """Rate of decay or growth, and what is left at the first step."""
    lag, log10 = m.n_steps - 1, float(r.log10_product[0])
    rate = 10 ** (log10 / lag)
    sign = " and turns its sign" if m.w < 0 else ""
    kept = power(log10) == "1"
    pace = "keeps its size" if kept else _pace(rate)
    left = f"after {steps(lag)} back, at t = 1, " + (
        f"it is {power(log10)} times as large" if log10 > 0 and not kept else f"{power(log10)} is left"
    )
    by = plain(rate, 3) if kept else beside_one(rate)
    if m.activation == "identity":
        return f"Each step multiplies the gradient by {by}{sign}: it {pace}; {left}."
    largest = abs(m.w) * topics.GAMMA[m.activation]
    if m.activation == "relu":
        why = "f′ is 1 at every step"
    elif rate < 0.9 * largest:
        why = f"f′ is at most {plain(topics.GAMMA[m.activation])} and makes |w| = {plain(abs(m.w))} into less"
    else:
        why = "f′ is close to its largest value"
    return f"Each step multiplies the gradient by {by} on average{sign}: it {pace}; {left}. Here {why}."


def _pace(rate: float) -> str:
    """`halves every 3.1 steps`, `doubles every step`."""
    if not 0.5 <= rate + 1e-9 <= 2.00001:
        return f"has {plain(100 * rate, 3)} % of its size one step on"
    n = plain(abs(np.log(2) / np.log(rate)), 3)
    return f"{'halves' if rate < 1 else 'doubles'} every " + ("step" if n == "1" else f"{n} steps")


SHRINKS = float(np.log10(0.9))  # from here down the page looks for the reason


def _many_units(m: VanishingParameters, r: topics.Network) -> str:
    """What ρ and σ_max allow, and what the states make of it."""
    left, lag = float(r.log10_product[0]), m.n_steps - 1
    gamma = topics.GAMMA[m.activation]
    does = f"over {steps(lag)} back {_left(left)}"
    named = f"σₘₐₓ = {beside_one(r.sigma)}" + ("" if gamma == 1 else f" and γ = {plain(gamma)}")
    most, lasting = gamma * r.sigma, gamma * r.rho
    if most < 1 - 1e-9:
        limit = f"{named}: no step can pass on more than {beside_one(most)}"
        return f"{limit}, so in the long run the gradient must vanish; {does}."
    if left > SHRINKS:
        return f"{named.replace(' and', ',')} and ρ = {beside_one(r.rho)}: {does}."
    allows = "allows growth, yet" if most > 1 + 1e-9 else "lets no step stretch, and"
    rate = f"{'ρ' if gamma == 1 else 'γρ'} = {beside_one(lasting)}"
    steepest = lag * np.log10(gamma) + gradients.power_norm(r.params.W, lag)
    if steepest > SHRINKS:
        grown = f"the gradient would {_would(steepest)}"
        return (
            f"{rate}: were every slope at its largest, {plain(gamma)}, {grown}, but {_slopes(m, r)} weaken it: {does}."
        )
    only = ""
    if m.activation != "identity" and power(steepest) != power(left):
        only = (
            f"were every slope at its largest, {plain(gamma)}, {power(steepest)} would be left; with {_slopes(m, r)}, "
        )
    return f"{named} {allows} {rate} makes the gradient vanish in the long run: {only}{does}."


def _left(log10: float) -> str:
    """What has become of a gradient."""
    size = power(log10)
    if size == "1":
        return "the gradient keeps its size (factor 1)"
    return f"{size} of the gradient is left" if log10 < 0 else f"the gradient grows {size}-fold"


def _would(log10: float) -> str:
    size = power(log10)
    return "keep its size" if size == "1" else f"grow {size}-fold" if log10 > 0 else f"keep {size} of its size"


def _slopes(m: VanishingParameters, r: topics.Network) -> str:
    """What the slopes are in the factors of the product."""
    slopes = rnn.derivative(topics.differentiated(r.a, r.form)[1:], r.activation)
    if r.activation == "relu":
        return f"units that are off ({plain(100 * np.mean(slopes == 0), 2)} % of all slopes are 0)"
    gamma, mean = topics.GAMMA[m.activation], float(slopes.mean())
    units = "saturated units" if mean < gamma / 2 else "smaller slopes"
    return f"{units} (f′ is {plain(mean, 3)} on average)"


def _exploding(m: VanishingParameters, r: topics.Network) -> str:
    if m.remedy == "rescaling":
        return _rescaling(m.decay)
    clipped, free = r.descents
    chosen, n = (clipped if m.clip else free), m.descent_steps
    if n == 0:
        return (
            f"At the start (w = {plain(m.start_w)}, b = {plain(m.start_b)}) the loss is {_loss(chosen.loss[0])} "
            f"and the gradient has length {plain(chosen.gradient_norm[0], 3)}. Take steps of descent."
        )
    longest = float(chosen.gradient_norm[:n].max())
    n_cut = int((clipped.gradient_norm[:n] > m.threshold).sum())
    cut = f"it is cut to {plain(m.threshold)} at {steps(n_cut)}" if n_cut else "it is never above the threshold"
    met = f"the longest gradient on the way has length {beside(longest, m.threshold)}"
    said = f"With clipping {met}; {cut}" if m.clip else f"Without clipping {met}, and a step is η times as long"
    begins, ends, other = (_loss(d.loss[k]) for d, k in ((chosen, 0), (chosen, -1), (free if m.clip else clipped, -1)))
    went = f"still {ends}, as at the start" if begins == ends else f"{ends}, after {begins} at the start"
    how = "without" if m.clip else "with"
    would = f"{how} clipping the loss would be " + ("the same" if other == ends else other)
    return (
        f"{said}. After {steps(n)} (w, b) = ({plain(chosen.w[-1], 3)}, {plain(chosen.b[-1], 3)}) and the loss is {went}"
        f"{_swing(chosen.loss) if m.clip else ''}; {would}."
    )


def _rescaling(decay: float) -> str:
    if decay == 1:
        return "Five equal terms. Scaled to a sum of 1 each is 0.2: one factor for all changes no share."
    return (
        f"Five terms, each {plain(decay)} times the one before. Scaled to a sum of 1, the fifth is still "
        f"{power(4 * np.log10(decay))} of the first: one factor for all changes no share."
    )


def _loss(value: float) -> str:
    return plain(value, 3) if value else "0 to the last digit"


def _swing(loss: np.ndarray) -> str:
    """Whether the last ten losses leap between the plains on both sides of the cliff."""
    last = loss[-10:]
    if len(loss) < 11 or last.max() < 0.02:
        return ""
    if last.max() > 0.1 and last.min() < 0.1:
        return f" (it swings across the edge: up to {plain(last.max(), 2)} in the last 10 steps)"
    return ""


def _chaos(m: VanishingParameters, r: topics.Chaos) -> str:
    begins, ends = power(r.log10_distance[0]), power(r.log10_distance[-1])
    after = "still that far" if begins == ends else ends
    start = f"Two starts {begins} apart are {after} apart after {steps(m.n_steps)}"
    if ends == "nothing":
        start = f"Two starts {begins} apart have become equal, to the last digit, within {steps(m.n_steps)}"
    if r.chaotic:
        return f"{start}. {growth(r)}: the map is chaotic, and gradients through many of its steps explode."
    how = {
        topics.TOGETHER: "the two stay together" if r.neutral else "in the end both settle at the same attractor",
        topics.OUT_OF_STEP: "both run round the same curve, but out of step"
        if r.neutral
        else "both settle at the same cycle, but out of step: each comes to where the other has been",
        topics.ELSEWHERE: "they end at different attractors, so a boundary of two basins lies between them",
        topics.UNKNOWN: "the two stay apart",
    }
    return f"{start}. {growth(r)}; {how[r.end]}."


def growth(r: topics.Chaos) -> str:
    """What the Lyapunov exponent says of small distances."""
    if r.exponent == -np.inf:
        return "A small difference is gone after a step or two"
    if r.neutral:
        return "The Lyapunov exponent is about 0, so small distances neither grow nor shrink in the long run"
    if r.chaotic:
        by = plain(np.exp(r.exponent), 2)
        return (
            f"The Lyapunov exponent is {measured(r)}: along run A small distances are multiplied by about {by} per step"
        )
    by = beside_one(np.exp(r.exponent))
    return f"The Lyapunov exponent is {measured(r)}: near the attractor small distances are multiplied by {by} per step"


def measured(r: topics.Chaos) -> str:
    """The exponent with twice its standard error, and with no digit that another run would change."""
    error = 2 * r.spread
    if not error > 1e-3 * abs(r.exponent):
        return plain(r.exponent, 3)
    place = int(np.floor(np.log10(error)))
    return f"{plain(round(r.exponent, -place))} ± {plain(round(np.ceil(error / 10.0**place) * 10.0**place, 12))}"


def _side_by_side(m: VanishingParameters, r: topics.SideBySide) -> str:
    said = [f"{name} {power(values[0])}" for name, values in r.log10_products.items()]
    return f"Over {steps(m.horizon - 1)} back this much of the gradient arrives: {', '.join(said)}."


def divergence(m: VanishingParameters, r: Any) -> str:
    """Why values left the plots."""
    if m.topic == "side by side":
        return "The carousel adds up its whole input and never forgets."
    last = m.n_steps // 2
    sizes = np.linalg.norm(r.state[[-1 - last, -1]], axis=1)
    grown = beside_one((sizes[1] / sizes[0]) ** (1 / last)) if sizes[0] else plain(r.rho)
    what = f"|w| = {plain(r.rho)}" if m.one_unit else f"ρ = {plain(r.rho)}"
    return (
        f"With {what} and an activation that does not saturate, nothing holds the state back: over the last "
        f"{steps(last)} it was multiplied by {grown} per step on average."
    )


def explain_product(m: VanishingParameters, r: Any, step: int) -> str:
    """Why log10 of the product has its value at `step`."""
    if not isinstance(r, topics.Network):
        return "This topic has no product of its own."
    lag, log10 = m.n_steps - step, tidy(r.log10_product[step - 1])
    if lag == 0:
        return "At the last step no factor has been met yet: the product is 1, and its logarithm 0."
    there = f"From t = {step} to {m.n_steps} there " + ("is 1 factor" if lag == 1 else f"are {lag} factors")
    if log10 == -np.inf:
        return f"{there}, and their product is 0: it has no logarithm."
    factors, value = r.factor[step:], plain(log10)
    if m.one_unit and np.ptp(factors) < 1e-12 * abs(factors[0]):
        size = plain(abs(factors[0]))
        sign = " A negative w turns the product's sign at every step, but not its size." if factors[0] < 0 else ""
        return f"{there} of size {size}: {lag} · log₁₀ {size} = {value}.{sign}"
    if m.one_unit and lag > 1:
        smallest = int(np.argmin(np.abs(factors)))
        there += f", the smallest, {plain(abs(factors[smallest]))} in size, at step {step + 1 + smallest}"
    return f"{there}; log₁₀ of the size of their product is {value}."


def tidy(value: float) -> float:
    """0 for what is only the rounding error of a difference or a logarithm."""
    return 0.0 if abs(value) < 1e-12 else float(value)
