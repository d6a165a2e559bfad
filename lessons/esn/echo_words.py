"""What the page says about two starts of the same reservoir: whether, why and how fast they come together."""

import numpy as np

from app.parts.numbers import SUPERSCRIPTS, plain, steps
from engine.reservoir.echo import MARGIN
from lessons.esn.digits import apart
from lessons.esn.results import Echo, Traced
from lessons.esn.settings import Settings

ROUNDING = -14  # log10 of a distance that is made of rounding errors, as a share of the states
STILL = 1e-3  # a Lyapunov exponent nearer to 0, or a slope of log10 distance per step, is none
CLOSE = 0.01  # relative: of a factor per step and ρ
UNKNOWN = (
    "The effective ρ is not known here: too many eigenvalues lie close to the largest one to find it in a few seconds."
)
SAME_PACE = 0.2  # relative: a forecast is made only where the exponent and the plotted distance agree so well


def sentence(found: Echo) -> str:
    now, log = found.traced.settings, found.log10_distance
    head = f"{rho_asked(found.traced)}{leak(now)}"
    fed = (
        ""
        if found.traced.reservoir.W_fb is None
        else " What is fed back is the target, the same for both starts, since there is no readout yet."
    )
    tends = tendency(found)
    if found.dies:
        close = f"From t = {found.dies} on the two starts are less than a millionth of their first distance apart"
        if tends > 0:
            return (
                f"{head}: these two starts meet. {close}. Yet neighbouring states part by a factor of "
                f"{factor(found.exponent)} per step on average, so others need not meet.{fed}"
            )
        meets = "these two starts meet" if is_one_of_many(found) else "the echo dies"
        return f"{head}: {meets}. {close}. {_why(found)}{fed}"
    end = f"at t = {len(log)} the two starts are {power(log[-1])} apart"
    if tends > 0:
        return (
            f"{head}: the start is not forgotten, {end}. Neighbouring states part by a factor of "
            f"{factor(found.exponent)} per step (Lyapunov exponent {plain(found.exponent, 2)}): chaos.{fed}"
        )
    if not tends:
        return (
            f"{head}: near the edge; {end}. A step multiplies small differences by {factor(found.exponent)} on "
            f"average, which so few steps cannot tell from 1 (Lyapunov exponent {plain(found.exponent, 2)} ± "
            f"{plain(max(found.uncertainty, STILL), 2)}).{fed}"
        )
    if _slope(log) < -STILL:
        return f"{head}: the echo is dying, {end}. {_why(found)}{_forecast(found)}{fed}"
    alone = "the input does not bring them" if _hears_input(found.traced) else "no input is there to bring them"
    fade = (
        f"small differences die out (Lyapunov exponent {plain(found.exponent, 2)})"
        if np.isfinite(found.exponent)
        else "small differences come to an end"
    )
    return f"{head}: {fade}, yet {end}. They keep to different courses, and {alone} together.{fed}"


def tendency(found: Echo) -> int:
    """1 where small differences clearly grow, -1 where they clearly die out, 0 where the run does not tell.

    Clear is an exponent further from 0 than two standard errors of its mean: chance alone gets there once in twenty.
    """
    clear = abs(found.exponent) > max(found.uncertainty, STILL)
    return int(np.sign(found.exponent)) if clear else 0


def factor(exponent: float) -> str:
    """By what a step multiplies small differences: 0.85, and near 1 with so many digits that it differs from 1."""
    off = abs(float(np.expm1(exponent)))
    digits = 3 if off == 0 else min(max(3, 1 + int(np.ceil(-np.log10(off)))), 13)
    return plain(np.exp(exponent), digits)


def is_loopless(traced: Traced) -> bool:
    """Whether the connections form no loop: then all eigenvalues are 0, which no ρ can rescale."""
    rho, largest = traced.settings.spectral_radius, np.abs(traced.eigenvalues).max(initial=0.0)
    return bool(rho > 0 and largest < 0.5 * rho)


def rho_asked(traced: Traced) -> str:
    if is_loopless(traced):
        return "ρ = 0 (the connections form no loop)"
    return f"ρ = {apart(traced.settings.spectral_radius, 1)}"


def leak(now: Settings) -> str:
    return f", leak rate {apart(now.leak_rate, 1)}" if now.leak_rate < 1 else ""


def _slope(log10_distance: np.ndarray) -> float:
    """Of the second half, per step."""
    half = len(log10_distance) // 2
    return float((log10_distance[-1] - log10_distance[half]) / (len(log10_distance) - 1 - half))


def _forecast(found: Echo) -> str:
    """When a millionth of the distance is left at the exponent's pace, where the plotted distance keeps that pace."""
    log, pace = found.log10_distance, found.exponent / np.log(10)
    if not abs(_slope(log) / pace - 1) <= SAME_PACE:
        return ""
    goal = np.log10(np.linalg.norm(found.starts[0] - found.starts[1])) - 6
    return f" At {factor(found.exponent)} per step it takes {steps(int(np.ceil((log[-1] - goal) / -pace)))} more."


def _why(found: Echo) -> str:
    """What theory says about an echo that dies, set against what happens."""
    if is_loopless(found.traced):
        return _why_without_loop(found)
    if not np.isfinite(found.exponent):
        return "A single step forgets everything."
    pace, rho = f"A step multiplies small differences by {factor(found.exponent)} on average", _rho(found)
    if found.certainty.contracts:
        return f"{pace}. It had to: no step can stretch anything (largest singular value)."
    if not tendency(found):
        return f"{pace}, which so few steps cannot tell from 1."
    radius = found.certainty.effective_spectral_radius
    if np.isnan(radius):
        return f"{pace}. {UNKNOWN}"
    if radius > 1 + MARGIN:
        return f"{pace}. And that although {rho} is above 1: {_drivers(found.traced)}."
    if radius >= 1 - MARGIN:
        return f"{pace}. {'A ρ' if is_bare(found) else 'An effective ρ'} of 1 says nothing either way."
    return f"{pace}: {rho}, below 1, suggests it, but proves nothing."


def _why_without_loop(found: Echo) -> str:
    chain = "What a unit says runs along chains of connections, and none leads back"
    if found.traced.settings.leak_rate == 1:
        return f"{chain}: after the longest chain all of it is gone, whatever the input."
    return f"{chain}: what lasts longest is the share that each leaky unit keeps of itself."


def _drivers(traced: Traced) -> str:
    """Who takes the units to where tanh is flat."""
    reservoir = traced.reservoir
    heard = {"the input": _hears_input(traced), "the bias": reservoir.W_in[:, 0].any(),
             "the feedback": reservoir.W_fb is not None and np.nan_to_num(traced.d).any()}  # fmt: skip
    names = [name for name, plays in heard.items() if plays]
    if not names:
        return "the units drive each other to where tanh is flat"
    return f"{' and '.join(names)} drive{'s' if len(names) == 1 else ''} units to where tanh is flat"


def _hears_input(traced: Traced) -> bool:
    return bool(traced.x.any() and traced.reservoir.W_in[:, 1:].any())


def _rho(found: Echo) -> str:
    return "ρ" if is_bare(found) else f"an effective ρ of {against_one(found.certainty.effective_spectral_radius)}"


def against_one(value: float, digits: int = 3) -> str:
    """With so many digits that it differs from 1, unless all that parts it from 1 is rounding."""
    return "1" if abs(value - 1) <= MARGIN else apart(value, 1, digits=digits)


def is_one_of_many(found: Echo) -> bool:
    """Whether it is proved for this very input, none, that other starts than the two that are shown do not meet."""
    silent = not _hears_input(found.traced) and found.traced.reservoir.W_fb is None
    return silent and found.certainty.zero_unstable


def is_bare(found: Echo) -> bool:
    """Whether ρ alone counts: no leak and no late connections."""
    return found.traced.settings.leak_rate == 1 and found.traced.reservoir.W_late is None


def power(log10: float) -> str:
    """A size from its logarithm, two digits: 0.34, 2.5·10⁻⁹."""
    if not np.isfinite(log10):
        return "0" if log10 < 0 else "beyond all numbers"
    if -2 < log10 < 4:
        return plain(10.0**log10, 2)
    mantissa, _, exponent = f"{10 ** (log10 - np.floor(log10)):.1e}".partition("e")
    return f"{mantissa}·10{str(int(np.floor(log10)) + int(exponent)).translate(SUPERSCRIPTS)}"


def explain_distance(found: Echo, t: int) -> str:
    log = found.log10_distance[t - 1]
    first = float(np.log10(np.linalg.norm(found.starts[0] - found.starts[1])))
    if not np.isfinite(log):
        return f"At t = {t} both states are the same to the last digit: the distance is 0, and has no logarithm."
    if is_rounding(found, t):
        return f"At t = {t} only rounding errors are left: a distance of {power(log)}."
    rate, radius = 10 ** ((log - first) / t), found.certainty.effective_spectral_radius
    by = f"multiplied that by {plain(rate, 3)}"
    told = f"1 step has {by}" if t == 1 else f"{steps(t)} have each {by} on average"
    # near 1 two digits would make it 1, whose logarithm is 0
    size = power(log) if abs(log) > 0.05 else apart(10.0**log, 1, digits=4)
    said = f"log₁₀ {size} = {plain(log, 3 if abs(log) < 10 else 4)}: the starts were {power(first)} apart, and {told}."
    rho = "ρ" if is_bare(found) else "the effective ρ"
    if tendency(found) > 0:
        return f"{said} It is chaos that keeps them apart, and tanh that keeps them from parting further."
    if np.isnan(radius):
        return f"{said} {UNKNOWN}"
    written = apart(radius, rate)
    if rate < (1 - CLOSE) * radius:
        return f"{said} That is less than {rho} = {written}: away from 0, tanh is less steep than 1."
    if rate > (1 + CLOSE) * radius:
        return (
            f"{said} That is more than {rho} = {written}, which holds in the long run only: at first W "
            "can stretch a distance."
        )
    return f"{said} That is close to {rho} = {written}: the units work where tanh is nearly straight."


def is_rounding(found: Echo, t: int) -> bool:
    """Whether the distance at step t is no more than the last digits of the two states."""
    largest = max(np.abs(found.traced.states[t - 1]).max(), np.abs(found.other[t - 1]).max())
    return bool(not largest or found.log10_distance[t - 1] < np.log10(largest) + ROUNDING)
