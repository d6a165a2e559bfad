"""The equations with the numbers of the present step put in, by topic."""

import numpy as np

from app.parts.calculation import added, fitting, value
from app.parts.calculation import result as outcome
from app.parts.numbers import Block, number, plain, symbol
from lessons.narx.parameters import NarxParameters
from lessons.narx.results import Hand, Plant, Result, Rows, Unfolded

MOST_UNITS = 3  # units of a trained network whose sums are written out


def blocks(m: NarxParameters, r: Result, t: int) -> list[Block]:
    if isinstance(r, Hand):
        return [_unit(m, r, t, 0), _unit(m, r, t, 1), _outputs(r, t)]
    if isinstance(r, Rows):
        return [_row(r, t)]
    if isinstance(r, Plant):
        return [*(_plant_unit(r, t, i) for i in range(min(MOST_UNITS, r.params.b.size))), _plant_output(r, t)]
    # what comes back tells of later steps
    return [_copy(m, r, t)] if m.concealed else [_copy(m, r, t), _back(r, t)]


def _shifted(name: str, t: int, delay: int) -> str:
    return f"{name}({t - delay})"


def _unit(m: NarxParameters, r: Hand, t: int, i: int) -> Block:
    """The net input of a unit, one line for each delayed vector, and what ReLU makes of it."""
    z, k, lines, parts = r.heard[t - 1], i + 1, [], []
    fed = "d" if m.opened else "y"
    for place, (name, role, delay) in enumerate((("x", "input", 1), ("x", "input", 2), (fed, "", 1), (fed, "", 2))):
        row = (r.params.U if name == "x" else r.params.W)[delay - 1][i]
        heard = z[2 * place : 2 * place + 2]
        part = float(row @ heard)
        parts.append(part)
        sums = f"{value(row[0])}·{value(heard[0], role)} + {value(row[1])}·{value(heard[1], role)}"
        lines += fitting(f"{_shifted(name, t, delay)}: {sums}", number(part))
    lines += added(f"{symbol('a', '', t, sub=str(k))}", [*(value(part) for part in parts), value(r.params.b[i])])
    lines.append(f"&emsp;= {outcome(r.run.net[t - 1, i])}")
    lines.append(
        f"{symbol('h', '', t, sub=str(k))} = max(0, {number(r.run.net[t - 1, i])}) = {outcome(r.run.h[t - 1, i])}"
    )
    early = "What was before step 1: x(0) = [2, 1], x(−1) = [1, 0], and outputs of 0." if t <= 2 and i == 0 else ""
    return Block(f"Unit {k} at t = {t}", lines, early)


def _outputs(r: Hand, t: int) -> Block:
    h, lines = r.run.h[t - 1], []
    for k in (0, 1):
        terms = [f"{value(r.params.V[k, j])}·{value(h[j])}" for j in (0, 1)]
        lines += added(symbol("y", "", t, sub=str(k + 1)), [*terms, value(r.params.b_out[k])])
        lines.append(f"&emsp;= {outcome(r.run.y[t - 1, k])}")
    return Block(f"Output at t = {t}", lines, "The output layer is linear, and has no delay.")


def _row(r: Rows, t: int) -> Block:
    """What the static network is asked at this step."""
    time, back = t - 1, r.table.inputs.shape[1] - r.input_delays
    lines = []
    for name, role, count, values in (("x", "input", r.input_delays, r.x), ("d", "target", back, r.d)):
        for j in range(1, count + 1):
            known = number(values[time - j], role) if time >= j else "not known"
            lines.append(f"{name}({time}−{j}) = {known}")
    lines.append(f"→ d({time}) = {outcome(r.d[time])}")
    complete = time in r.table.steps
    note = "A complete example." if complete else f"Not complete: the first row is t = {int(r.table.steps[0])}."
    return Block(f"Row t = {time}", lines, f"{note} The exercise counts from 0.")


def _plant_unit(r: Plant, t: int, i: int) -> Block:
    z, d = r.heard[t - 1], len(r.params.U)
    A = np.concatenate([r.params.U[:, i, 0], r.params.W[:, i, 0]])
    roles = ["input" if j < d else "" for j in range(z.size)]
    terms = [f"{value(weight)}·{value(heard, role)}" for weight, heard, role in zip(A, z, roles, strict=True)]
    name, net = symbol("a", "", t, sub=str(i + 1)), r.run.net[t - 1, i]
    lines = [*added(name, [*terms, value(r.params.b[i])]), f"&emsp;= {outcome(net)}"]
    lines.append(f"{symbol('h', '', t, sub=str(i + 1))} = tanh({number(net, digits=5)}) = {outcome(r.run.h[t - 1, i])}")
    note = "Currents first, then positions, the latest first. The scaling of the training is in the weights."
    return Block(f"Unit {i + 1} of {r.params.b.size} at t = {t}", lines, note if i == 0 else "")


def _plant_output(r: Plant, t: int) -> Block:
    h, V = r.run.h[t - 1], r.params.V[0]
    terms = [f"{value(weight)}·{value(state)}" for weight, state in zip(V, h, strict=True)]
    y, measured = symbol("y", "", t), number(r.record.measured[t - 1], "target", digits=5)
    lines = [*added(y, [*terms, value(r.params.b_out[0])]), f"&emsp;= {outcome(r.y[t - 1])}"]
    lines.append(f"{symbol('e', 'gradient', t)} = {measured} − {value(r.y[t - 1])} = {outcome(r.e[t - 1], 'gradient')}")
    factor = r.factor[t - 1]
    lines.append(f"factor of the loop: {outcome(factor, 'gradient')}")
    return Block(
        f"Output at t = {t}",
        lines,
        "The factor is the spectral radius of the matrix that takes small errors of the outputs fed back to those one "
        f"step later. {'Above' if factor > 1 else 'Below'} 1 they {'grow' if factor > 1 else 'die out'} if it stays.",
    )


def _copy(m: NarxParameters, r: Unfolded, t: int) -> Block:
    """y(t) = f(x(t−1) + Σ w_j y(t−j))."""
    w, terms, values = m.feedback_weights(), [symbol("x", "input", t - 1)], []
    values.append(number(r.x[t - 2] if t > 1 else 0.0, "input", digits=5, signed=True))
    for j in range(1, w.size + 1):
        heard = r.y[t - 1 - j] if t - j >= 1 else 0.0
        terms.append(f"<i>w</i><sub>{j}</sub>·{symbol('y', '', t - j)}")
        values.append(f"{value(w[j - 1])}·{value(heard)}")
    a, net = symbol("a", "", t), float(r.run.net[t - 1, 0])
    lines = [*added(a, terms), *added("&emsp;", values), f"&emsp;= {outcome(net)}"]
    if m.activation == "tanh":
        lines.append(f"{symbol('y', '', t)} = tanh({number(net, digits=5)}) = {outcome(r.y[t - 1])}")
    else:
        lines.append(f"{symbol('y', '', t)} = {symbol('a', '', t)} = {outcome(r.y[t - 1])}")
    return Block(f"Copy {t}", lines, "Before step 1 everything is 0." if t <= w.size else "")


def _back(r: Unfolded, t: int) -> Block:
    """∂y(T)/∂y(t) as the sum of what the next copies send back."""
    n, slope_of = r.x.size, f"∂y({r.x.size})/∂y"
    name = symbol(slope_of, "gradient", t)
    if t == n:
        return Block(f"Back at copy {t}", [f"{name} = <b>1</b>"], "The loss looks at the last output only.")
    if r.opened:
        return Block(f"Back at copy {t}", [f"{name} = <b>0</b>"], "The loop is open: no copy hears this output.")
    parts = [value(r.through[t - 1, j - 1], "gradient") for j in range(1, r.through.shape[1] + 1) if t + j <= n]
    names = [f"from {t + j}" for j in range(1, len(parts) + 1)]
    lines = [*added(name, names), *added("&emsp;", parts), f"&emsp;= {outcome(r.back[t - 1], 'gradient')}"]
    ways = r.ways[n - t]
    return Block(
        f"Back at copy {t}",
        lines,
        f"{ways} way{'' if ways == 1 else 's'} lead{'s' if ways == 1 else ''} from copy {t} to copy {n}; "
        f"the shortest has {plain(r.fewest[n - t])} edge{'' if r.fewest[n - t] == 1 else 's'}.",
    )
