"""The gamma line by hand: each tap from the step before, the gradient's recursion, and the step that follows."""

import math

from app.parts.numbers import Block, number, plain, power, steps, symbol
from lessons.gamma.model import Gamma
from lessons.gamma.words import SMALL, TINY

ALPHA = "<i>α</i>"


def blocks(m: Gamma, t: int) -> list[Block]:
    """The first taps, the learning at this step, the whole gradient, and the two leaks."""
    taps = [_tap_block(m, t, tap) for tap in range(1, min(m.taps, 2) + 1)]
    return [*taps, _error_block(m, t), _gradient_block(m), _leak_block(m)]


def _tap_block(m: Gamma, t: int, tap: int) -> Block:
    """a_k(t) from the values one step before."""
    a, alpha, keep = m.result.taps, m.alpha, 1 - m.alpha
    source, role = (m.result.x, "input") if tap == 1 else (a[:, tap - 2], "")
    fed, own = (source[t - 2], a[t - 2, tap - 1]) if t > 1 else (0.0, 0.0)
    name = symbol("x", "input", t - 1) if tap == 1 else symbol("a", "", t - 1, sub=str(tap - 1))
    note = "" if t > 1 else "Before step 1 everything is 0."
    if tap == 1 and m.signal == "impulse" and t > 1:
        note = (
            f"Eq. 12.2, {steps(t - 1)} after the impulse: α(1−α)<sup>{t - 2}</sup> = {number(alpha)}·"
            f"{number(keep, signed=True)}<sup>{t - 2}</sup> = {_power(alpha, keep, t - 2)}."
        )
    if m.vanished(tap, t) or 0 < abs(a[t - 1, tap - 1]) < TINY:
        note = f"{note} {SMALL}".strip()
    before, now = (symbol("a", "", step, sub=str(tap)) for step in (t - 1, t))
    return Block(
        f"Tap {tap} at t = {t}" + (" (Eq. 12.1)" if tap == 1 else ""),
        [
            f"{now} = {ALPHA}·{name} + (1−{ALPHA})·{before}",
            f"&emsp;= {number(alpha)}·{number(fed, role, signed=True)} + {_in(keep)}·{_in(own)}",
            f"&emsp;= {number(alpha * fed)} + {_in(keep * own)} = <b>{number(a[t - 1, tap - 1])}</b>",
        ],
        note,
    )


def _power(alpha: float, keep: float, n: int) -> str:
    """αkeepⁿ, also where no machine number is as small."""
    value = alpha * keep**n
    if abs(value) >= TINY or alpha == 0 or keep == 0:
        return number(value)
    return ("−" if keep < 0 and n % 2 else "") + power(math.log10(alpha) + n * math.log10(abs(keep)))


def _error_block(m: Gamma, t: int) -> Block:
    """P12.3 at step t: error, total derivative, term, and the sum from the end back to here."""
    g, k = m.result.gradient, t - 1
    following = g.dF_da[t] if t < m.n_steps else 0.0
    x, a = (m.result.x[k - 1], g.output[k - 1]) if k else (0.0, 0.0)
    now, later = (symbol("∂F/∂â", "gradient", step) for step in (t, t + 1))
    slope = number(g.dF_da[k], "gradient", signed=True)
    return Block(
        f"Learning at t = {t}, learned α = {plain(m.reached)}",
        [
            f"learned {ALPHA} = {number(m.reached)}, its output is <i>â</i>",
            f"(not the slider’s {ALPHA} = {number(m.alpha)})",
            f"<i>e</i>({t}) = <i>d</i>({t}) − <i>â</i>({t})",
            # differences of close numbers need more digits to add up
            f"&emsp;= {number(m.result.d[k], digits=6)} − {number(g.output[k], digits=6, signed=True)}",
            f"&emsp;= <b>{number(g.error[k])}</b>",
            f"{now} = −2<i>e</i>({t}) + (1−{ALPHA})·{later}",
            f"&emsp;= {number(-2 * g.error[k])} + {_in(1 - m.reached)}·{number(following, 'gradient', signed=True)}",
            f"&emsp;= {number(g.dF_da[k], 'gradient')}",
            f"term = [<i>x</i>({t - 1}) − <i>â</i>({t - 1})]·{now}",
            f"&emsp;= [{number(x, 'input', digits=6)} − {number(a, digits=6, signed=True)}]·{slope}",
            f"&emsp;= {number(g.terms[k], 'gradient')}",
            f"terms from {m.n_steps} back to {t}: {number(g.terms[k:].sum(), 'gradient')}",
        ],
    )


def _gradient_block(m: Gamma) -> Block:
    """The whole gradient, its check by a difference of losses, and the step that follows from it."""
    total = m.result.gradient.dF_dalpha
    measured = m.central_difference()
    size, scale = max(abs(total), abs(measured)), float((m.result.d**2).sum()) + m.result.gradient.loss
    # below this the second line is made of rounding and has no digits to compare
    tiny = total == 0 or size < 1e-7 * scale
    kind, difference = (
        ("The difference", abs(total - measured)) if tiny else ("The relative difference", abs(total - measured) / size)
    )
    zero = " Both are practically 0: the descent has arrived, or there is nothing to learn." if tiny else ""
    note = (
        f"The second line checks the first without any recursion: move the learned {ALPHA} a little to either "
        f"side, by <i>ε</i> = 10<sup>−5</sup>, and see how the loss changes. {kind} is "
        f"{number(difference, digits=2)}.{zero}"
    )
    moved = m.reached - m.learning_rate * total / m.n_steps
    kept = "" if plain(moved) == plain(min(max(moved, 0.0), 2.0)) else f", kept at {plain(min(max(moved, 0.0), 2.0))}"
    slope = number(total, "gradient", signed=True)
    loss = "[<i>F</i>(<i>α+ε</i>) − <i>F</i>(<i>α−ε</i>)] / 2<i>ε</i>"
    return Block(
        "All steps together",
        [
            f"{symbol('∂F/∂α', 'gradient')} = sum of {m.n_steps} terms = {number(total, 'gradient', digits=6)}",
            f"{loss} = {number(measured, digits=6)}",
            f"{ALPHA} ← {ALPHA} − <i>η</i>·{symbol('∂F/∂α', 'gradient')}/<i>T</i>",
            f"&emsp;= {number(m.reached)} − {number(m.learning_rate)}·{slope}/{m.n_steps}",
            f"&emsp;= <b>{number(moved)}</b>{kept}",
        ],
        note,
    )


def _leak_block(m: Gamma) -> Block:
    alpha, keep = m.alpha, 1 - m.alpha
    old, new, x = "<i>h</i>(<i>t</i>)", "<i>h</i>(<i>t</i>−1)", "<i>x</i>(<i>t</i>)"
    note = "The gamma element and the reservoir unit keep 1−α, the leaky unit keeps α."
    if alpha == 0.5:
        note += " At 0.5, and only there, the two agree."
    elif alpha == 1:
        note += " At 1 the leaky unit lets nothing in."
    elif alpha > 1:
        note += " Above 1 the leaky unit multiplies its state by more than 1 and grows without bound."
    return Block(
        f"Two meanings of leak, α = {plain(alpha)}",
        [
            f"{old} = (1−{ALPHA})·{new} + {ALPHA}·{x}",
            f"&emsp;keeps 1−{ALPHA} = {number(keep)}; after 10 steps {number(keep**10, digits=3)}",
            f"{old} = {ALPHA}·{new} + (1−{ALPHA})·{x}",
            f"&emsp;keeps {ALPHA} = {number(alpha)}; after 10 steps {number(alpha**10, digits=3)}",
        ],
        note,
    )


def _in(value: float) -> str:
    """A number inside a sum or product."""
    return number(value, signed=True)
