"""An echo state network by hand: one unit's update and the readout at one step, with every value put in."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from app.parts.calculation import DIGITS, added, fitting
from app.parts.numbers import Block, number, plain, steps, symbol
from lessons.esn.digits import apart
from lessons.esn.echo_words import CLOSE, UNKNOWN, against_one, factor, is_bare, is_loopless, is_rounding
from lessons.esn.model import Esn
from lessons.esn.results import Echo, FreeRun, Memory, Recipe, Result, Traced, WithReadout
from lessons.esn.terms import ALL, BIAS, LARGEST, NOTHING, Group, digits_for, group, numbered, of, result, summed, terms
from lessons.esn.words import FITTED

SAME = 1e-6  # relative: the final readout and what was said at the time agree


def blocks(m: Esn, t: int) -> list[Block]:
    """The hand calculation of the present topic at step t."""
    found: Result = m.result
    t = min(t, len(found.traced.states))
    unit = min(m.unit, found.traced.states.shape[1]) - 1
    builds = found.traced.settings.topic == "recipe"
    if builds and m.done == 1:
        return [_drawn(found, unit)]
    groups = _groups(found, t, unit)
    made = [_reaches(found, t, unit, groups), _becomes(found, t, unit, summed(groups))]
    if isinstance(found, Echo):
        return [*made, _starts(found, t, unit)]
    return made if builds and m.done < FITTED else [*made, _readout(found, t), _asked(found, t)]


# The unit


def _drawn(found: Result, unit: int) -> Block:
    """How ρ rescales the weights into a unit."""
    traced, rho = found.traced, found.traced.settings.spectral_radius
    drawn, scaled = _row(traced.unit.W, unit), _row(traced.reservoir.W, unit)
    places = np.flatnonzero(drawn)
    lines = []
    for j in places[:ALL] if len(places) <= ALL else places[:LARGEST]:
        factor = number(float(drawn[j]), digits=DIGITS, signed=True)
        weight = f"{symbol('W', sub=f'{unit + 1},{j + 1}')} = {plain(rho)}·{factor}"
        lines += fitting(weight, result(float(scaled[j])))
    if not lines:
        lines = ["No connection leads to this unit."]
    elif len(places) > ALL:
        lines.append(f"… {len(places)} connections in all")
    return Block(
        f"1 Which weights lead to unit {unit + 1}?",
        lines,
        "All recurrent weights are drawn, divided by their spectral radius, and multiplied by ρ.",
    )


def _reaches(found: Result, t: int, unit: int, groups: list[Group]) -> Block:
    """a = W_in [1; x] + W h + W_late h + W_fb y of one unit, group by group."""
    reservoir, total = found.traced.reservoir, summed(groups)
    largest = max(np.abs(part.weights * part.values).max(initial=0.0) for part in groups)
    lines = [line for part in groups for line in terms(part, largest, total)]
    lines.append(f"{of('a', t, unit + 1)} = {result(total)}, their sum")
    products = ["<i>W<sub>in</sub></i> [1; <i>x</i>]", "<i>W h</i>"]
    products += ["<i>W<sub>late</sub> h</i>"] if reservoir.W_late is not None else []
    products += ["<i>W<sub>fb</sub> y</i>"] if reservoir.W_fb is not None else []
    note = f"Row {unit + 1} of {' + '.join(products)}: each weight times what comes along its connection."
    if reservoir.W_fb is not None and isinstance(found, Echo):
        note += " There is no readout yet: in the place of <i>y</i> the target of the step before is fed back."
    return Block(f"1 What reaches unit {unit + 1}?", lines, note)


def _groups(found: Result, t: int, unit: int) -> list[Group]:
    """What comes along which connections into the unit."""
    traced, reservoir = found.traced, found.traced.reservoir
    n, m = reservoir.W_in.shape[0], reservoir.W_in.shape[1] - 1
    inputs, units = numbered("x", m, "input"), numbered("h", max(n, 2))
    made = [
        group(
            "",
            reservoir.W_in[unit],
            np.concatenate([[1.0], traced.x[t - 1, :m]]),
            lambda j: inputs(j - 1) if j else BIAS,
        ),
        group(f"From the units, {of('h', t - 1)}:", _row(reservoir.W, unit), _state(found, t - 1), units),
    ]
    if reservoir.W_late is not None:
        then = t - reservoir.delay
        since = of("h", then) if then >= 0 else "before step 1"
        made.append(group(f"Late, {since}:", _row(reservoir.W_late, unit), _state(found, then), units))
    if reservoir.W_fb is not None:
        y, whose = fed_back(found, t)
        made.append(group(f"Fed back, {whose}:", reservoir.W_fb[unit], y, numbered("y", len(y))))
    return made


def _row(matrix: Any, unit: int) -> np.ndarray:
    """One row, (n,), of a dense or a sparse matrix."""
    return matrix[[unit]].toarray()[0] if sparse.issparse(matrix) else np.asarray(matrix[unit])


def _state(found: Result, t: int) -> np.ndarray:
    """h(t), (n,); before step 1 it is 0, or the first start of the echo."""
    if t >= 1:
        return found.traced.states[t - 1]
    return found.starts[0] if t == 0 and isinstance(found, Echo) else np.zeros(found.traced.states.shape[1])


def fed_back(found: Result, t: int) -> tuple[np.ndarray, str]:
    """What comes along W_fb at step t, (k,), and whose output it is."""
    traced, row = found.traced, t - 2  # of the step before
    if row < 0:
        return np.zeros(traced.d.shape[1]), f"{of('y', 0)} = 0"
    if isinstance(found, FreeRun):
        own = t > found.first_free
    elif isinstance(found, Recipe):
        now = traced.settings
        own = row >= traced.n_train or (now.learning == "recursive" and now.feedback_from == "own")
    else:
        own = False
    if own and not isinstance(found, Echo):
        return np.nan_to_num(found.y[row]), f"its own {of('y', t - 1)}"
    return np.nan_to_num(traced.d[row]), f"the teacher’s {of('d', t - 1, role='target')}"


def _becomes(found: Result, t: int, unit: int, net: float) -> Block:
    """tanh of the sum, and its mix with the old state."""
    title, leak = "2 What does the unit make of it?", found.traced.settings.leak_rate
    now, before = float(found.traced.states[t - 1, unit]), float(_state(found, t - 1)[unit])
    state = of("h", t, unit + 1)
    squashed = f"tanh({number(net, digits=DIGITS)})"
    if leak == 1:
        note = "Leak rate 1: nothing of the old state is kept."
        return Block(title, fitting(f"{state} = {squashed}", result(now, "state")), note)
    fresh, new = of("h̃", t, unit + 1), number(leak, digits=DIGITS)
    squeezed = float(np.tanh(net))
    lines = fitting(f"{fresh} = {squashed}", result(squeezed))
    lines += added(state, [f"(1 − {new})·{of('h', t - 1, unit + 1)}", f"{new}·{fresh}"])
    kept = f"{number(1 - leak, digits=DIGITS)}·{number(before, digits=DIGITS, signed=True)}"
    lines += added("&emsp;", [kept, f"{new}·{number(squeezed, digits=DIGITS, signed=True)}"])
    lines.append(f"&emsp; = {result(now, 'state')}")
    return Block(title, lines, f"Leak rate {plain(leak)}: so much of the new value is let in, the rest is old.")


# Two starts


def _starts(found: Echo, t: int, unit: int) -> Block:
    """The distance of the two states and by how much this step has multiplied it."""
    first, second = found.traced.states[t - 1], found.other[t - 1]
    logs = [found.log10_distance[t - 1], _log10(_distance_before(found, t))]
    state = f"<i>h</i><sub>{unit + 1}</sub>"
    lines = [
        f"{state} from the first start: {result(float(first[unit]), 'state')}",
        f"{state} from the other: {result(float(second[unit]), 'state')}",
    ]
    if len(first) <= 3:
        squares = [f"{number(float(gap), digits=DIGITS, signed=True)}²" for gap in first - second]
        lines += [*added("distance = √ of the sum", squares)]
    lines += [f"distance({step}) = {result(float(10.0**log))}" for step, log in ((t, logs[0]), (t - 1, logs[1]))]
    rounding = is_rounding(found, t)
    if not rounding and np.isfinite(logs).all():
        lines.append(f"distance({t})/distance({t - 1}) = {result(float(10 ** (logs[0] - logs[1])))}")
    return Block("3 How far apart are the two starts?", lines, _rate(found, rounding))


def _distance_before(found: Echo, t: int) -> float:
    gap = found.starts[0] - found.starts[1] if t == 1 else found.traced.states[t - 2] - found.other[t - 2]
    return float(np.linalg.norm(gap))


def _log10(size: float) -> float:
    return float(np.log10(size)) if size > 0 else -np.inf


def _rate(found: Echo, rounding: bool) -> str:
    if rounding:
        return "The two states agree to the last digits a computer keeps: what is left are rounding errors."
    radius = found.certainty.effective_spectral_radius
    if is_loopless(found.traced) and found.traced.settings.leak_rate == 1:
        return (
            "The connections form no loop, so no factor holds in the long run: a difference runs along its chain "
            "of units and is gone at the end."
        )
    rho = "ρ" if is_bare(found) else "the effective ρ"
    here = "On this input a single step forgets everything."
    if np.isfinite(found.exponent):
        why = ": elsewhere tanh is less steep" if np.exp(found.exponent) < (1 - CLOSE) * radius else ""
        here = f"On this input it is {factor(found.exponent)} on average{why}."
    if np.isnan(radius):
        return f"{UNKNOWN} {here}"
    return (
        f"Near 0, where tanh is straight, a step multiplies the distance by about {rho} = {against_one(radius)} in "
        f"the long run. {here}"
    )


# The readout


def _readout(found: WithReadout, t: int) -> Block:
    """y = V [1; h; x]: the largest terms and the sum of the others."""
    title, traced = "3 What does the readout say?", found.traced
    if not np.isfinite(found.V).all():
        return Block(title, ["The readout weights are no numbers any more."], "Recursive learning has gone wrong.")
    z = np.concatenate([[1.0], traced.states[t - 1], traced.x[t - 1]])
    lines, differs = [], False
    for k, row in enumerate(found.V):
        products, output = row * z, of("y", t, "" if len(found.V) == 1 else k + 1)
        total, said, largest = float(products.sum()), float(found.y[t - 1, k]), np.abs(products).max()
        heading = f"Into {output}:" if len(found.V) > 1 else ""
        lines += terms(group(heading, row, z, _read_names(traced)), largest, total)
        lines.append(f"{output} = {result(total)}, their sum")
        if np.isfinite(said) and abs(total - said) > SAME * (1 + largest):
            lines.append(f"&emsp; at the time it said {result(said)}")
            differs = True
    note = (
        "<i>V</i> [1; <i>h</i>; <i>x</i>]: each readout weight times the bias 1, a state or the "
        "input, all at this step."
    )
    note += " While it learned step by step, its weights were others than those at the end." if differs else ""
    return Block(title, lines, note)


def _read_names(traced: Traced) -> Callable[[int], str]:
    """Names of the entries of [1; h; x]."""
    n, m = traced.states.shape[1], traced.x.shape[1]
    units, inputs = numbered("h", max(n, 2)), numbered("x", m, "input")
    return lambda j: BIAS if j == 0 else units(j - 1) if j <= n else inputs(j - 1 - n)


def _asked(found: WithReadout, t: int) -> Block:
    """The target, the residual, and what the numbers of the topic mean."""
    title, k_outputs, lines = "4 What was asked for?", found.y.shape[1], []
    for k in range(k_outputs):
        d, y = (_still(values[t - 1, k]) for values in (found.traced.d, found.y))
        index = "" if k_outputs == 1 else k + 1
        if not np.isfinite(d):
            lines.append("Nobody knows what comes at this step.")
        elif not np.isfinite(y):
            lines.append(f"{of('d', t, index, 'target')} = {result(d, 'target')}; y is no number.")
        else:
            digits = digits_for(max(abs(y), abs(d)), y - d)
            lines.append(f"{of('d', t, index, 'target')} = {result(d, 'target', digits)}")
            written = f"{number(y, digits=digits)} − {number(d, digits=digits, signed=True)}"
            lines += fitting(f"{of('y', t, index)} − {of('d', t, index, 'target')} = {written}", result(y - d))
    return Block(title, lines, _meaning(found, t))


def _still(value: float) -> float:
    """0 for what is only a rounding error of it, as in a sine's zeros."""
    return 0.0 if abs(value) < NOTHING else float(value)


def _meaning(found: WithReadout, t: int) -> str:
    now = found.traced.settings
    if isinstance(found, Memory):
        here = f" At this lag it is {apart(found.per_lag[now.lag - 1], 1)}." if now.lag <= now.max_lag else ""
        asked = f"x({t - now.lag}), the input {steps(now.lag)} back" if t > now.lag else "0, as no input was so early"
        return (
            f"Asked for is {asked}. r² is the share of the variance of x "
            f"that a readout gets back.{here} Summed over the lags it is the memory capacity, "
            f"{plain(found.total, 3)}."
        )
    if isinstance(found, FreeRun):
        return (
            f"From t = {found.first_free} on the output is on its own."
            if t < found.first_free
            else f"The teacher has been silent since t = {found.first_free}: the network feeds itself."
        )
    if t > found.traced.n_train:
        return "New data: the readout has not learned from this step."
    return "Wash-out: not learned from." if t <= found.traced.washout else "The readout has learned from this step."
