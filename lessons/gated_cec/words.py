"""What the gated carousel's page says of its results: what happens at the cursor, and which inputs reach c(n)."""

import numpy as np

from app.parts.numbers import plain, power
from app.parts.ranges import LIMIT
from lessons.gated_cec.results import GatedRun, faded

ROUNDING = 1e-15  # w·f nearer to 1 than this is 1: the product of two rounded numbers
SMALLEST = 1e-300  # below it a product may have lost digits, or all of them


def sentence(r: GatedRun, t: int) -> str:
    if r.circuit == "gate":
        return "A gate alone has no memory: the output is the input where the gate is open, and 0 where it is closed."
    return f"{_at_cursor(r, t)} {_reach(r)}"


def content(r: GatedRun, t: int) -> str:
    """c(t); one that is too small for the computer is not called 0."""
    return "≈ 0" if faded(r, t) else plain(r.c[t - 1])


def output(r: GatedRun, t: int) -> str:
    """y(t), in the same way."""
    y = r.o[t - 1] * r.c[t - 1]
    return "≈ 0" if y == 0 and r.o[t - 1] and (r.c[t - 1] or faded(r, t)) else plain(y)


def gate_value(gate: float) -> str:
    """A gate's opening; one that is nearly open is not rounded up to 1."""
    return f"1 − {plain(1 - gate, 2)}" if 0.99995 <= gate < 1 else plain(gate)


def opening(gate: float) -> str:
    if gate in (0, 1):
        return "open" if gate else "closed"
    return "almost open" if gate >= 0.9995 else f"{plain(100 * gate, 3)} % open"


def sensitivity(value: float, log10: float) -> str:
    """A sensitivity, also where it does not fit a number of the computer."""
    return plain(value) if value > SMALLEST else "0" if log10 == -np.inf else power(log10)


# At the cursor


def _at_cursor(r: GatedRun, t: int) -> str:
    before, kept, k = (r.c[t - 2] if t > 1 else 0.0), r.w * r.f[t - 1], t - 1
    if t > 1 and faded(r, t - 1):
        return f"At t = {t} nearly nothing is left in the carousel, less than 10⁻³⁰⁰; it {_taken(r, t, 'takes in')}."
    if before == 0:
        was = "starts empty" if t == 1 else "was empty"
        return f"At t = {t} the carousel {was} and {_taken(r, t, 'now holds')}."
    if r.f[k] == 0:
        gate = "is still closed" if r.f[k - 1] == 0 else "closes"
        return (
            f"At t = {t} the forget gate {gate}: the carousel loses its {plain(before)} and {_taken(r, t, 'takes in')}."
        )
    return f"At t = {t} the carousel {_kept(kept, before)} and {_taken(r, t, 'takes in')}."


def _taken(r: GatedRun, t: int, does: str) -> str:
    """What the input gate lets in, or why nothing comes in."""
    i, x = r.i[t - 1], r.x[t - 1]
    if i == 0 or x == 0:
        return "takes in nothing: " + ("the input gate is closed" if i == 0 else f"x({t}) is 0")
    taken = i * x
    return f"{does} {plain(taken)}" if taken else "takes in less than 10⁻³⁰⁰"


def _kept(kept: float, before: float) -> str:
    if abs(kept - 1) <= ROUNDING:
        return f"keeps its {plain(before)}"
    if kept < SMALLEST:
        return f"keeps less than 10⁻³⁰⁰ of its {plain(before)}"
    if kept > 1:
        return f"multiplies its {plain(before)} by {_factor(kept)}"
    if kept > 0.995:
        return f"keeps all but {plain(100 * (1 - kept), 2)} % of its {plain(before)}"
    return f"keeps {plain(100 * kept)} % of its {plain(before)}"


def _factor(rate: float) -> str:
    """A factor w·f; one that is nearly 1 is not rounded to 1."""
    if 0 < abs(rate - 1) < 5e-4:
        return f"1 {'+' if rate > 1 else '−'} {plain(abs(rate - 1), 2)}"
    return plain(rate) if rate > SMALLEST else "less than 10⁻³⁰⁰"


# Which inputs can still be felt in c(n)


def _reach(r: GatedRun) -> str:
    n = r.sensed
    reaching = np.flatnonzero(r.log10_dc_dx[:n] > -np.inf)
    cuts = np.flatnonzero(r.f[1:n] == 0)  # the factor of step 1 multiplies c(0) = 0
    since = int(cuts[-1]) + 2 if cuts.size else 1
    if not reaching.size:
        return f"No input can reach c({n}): {_why_none(since, n)}."
    k = int(reaching[0])
    size = f", with sensitivity {sensitivity(r.dc_dx[k], r.log10_dc_dx[k])}"
    first = f"Only x({n}) reaches c({n}){size}."
    if k + 1 < n:
        first = f"The earliest input that {'' if cuts.size else 'still '}reaches c({n}) is x({k + 1}){size}."
    if cuts.size:
        return f"Nothing before t = {since} can reach c({n}): there the forget gate is closed. {first}"
    factors = r.factor[1:n]
    even = factors.size > 1 and np.ptp(factors) <= ROUNDING and abs(factors[0] - 1) > ROUNDING
    return f"{_geometric(float(factors[0]))} {first}" if even else first


def _why_none(since: int, n: int) -> str:
    where = "at every step" if since == 1 else f"from there to t = {n}" if since < n else "there"
    closed = f"the input gate is closed {where}"
    if since == 1:
        return closed if n > 1 else "the input gate is closed there"
    return f"the forget gate cuts off all that came before t = {since}, and {closed}"


def _geometric(rate: float) -> str:
    """What a product of equal factors does with the lag."""
    by = f"each step multiplies it by {_factor(rate)}"
    if rate < 0.5 - ROUNDING:
        return f"Back in time, the carousel's product loses more than half at every step: {by}."
    n = plain(abs(np.log(2.0) / np.log(rate)), 3)
    does, unit = "halves" if rate < 1 else "doubles", "step" if n == "1" else "steps"
    return f"Back in time, the carousel's product {does} every {n} {unit}: {by}."


# Why a plot is clipped, and how a value comes about


def divergence(r: GatedRun, step: int) -> str:
    # A sensitivity grows back in time: its factors are those between `step` and the sensed one.
    count = step - 1 if abs(r.c[step - 1]) > LIMIT else r.sensed - step
    power_of_w = f"{plain(r.w)}^{count} is already {plain(r.w**count)}"
    return f"Every step multiplies the memory by up to w = {plain(r.w)}; {power_of_w}."


def explain(r: GatedRun, step: int) -> str:
    before = content(r, step - 1) if step > 1 else "0"
    k = step - 1
    return (
        f"c({step}) = i·x + w·f·c({step - 1}) = {gate_value(r.i[k])}·{_signed(plain(r.x[k]))} + "
        f"{plain(r.w)}·{gate_value(r.f[k])}·{_signed(before)} = {content(r, step)}."
    )


def _signed(written: str) -> str:
    return f"({written})" if written.startswith(("−", "≈")) else written
