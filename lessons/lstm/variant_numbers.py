"""Lesson 6 by hand: one step of each variant side by side, and the latest update of the networks in training."""

import numpy as np

from app.parts.calculation import DIGITS, added, result, value
from app.parts.numbers import Block, css, number, symbol
from lessons.lstm.terms import logistic
from lessons.lstm.topics import gru_params, with_peepholes
from lessons.lstm.training import NAMES, WINDOW, History

TITLES = {"full": "LSTM", "no forget gate": "No forget gate (1997)", "peephole": "Peepholes",
          "coupled gates": "Coupled gates", "GRU": "GRU"}  # fmt: skip
ROLES = {"i": "input_gate", "f": "forget_gate", "g": "candidate", "r": "output_gate", "z": "forget_gate",
         "n": "candidate"}  # fmt: skip


def variant_blocks(model, t: int) -> list[Block]:
    runs = model.result.runs
    return [_gru(model, runs[name], t) if name == "GRU" else _cell(model, name, runs[name], t) for name in TITLES]


def _cell(model, name: str, run, t: int) -> Block:
    """c of one variant from its gates, and those from their net inputs."""
    unit = model.shown_unit - 1
    i, f, g, c = (float(array[t - 1, unit]) for array in (run.i, run.f, run.g, run.c))
    before = float(run.c[t - 2, unit]) if t > 1 else 0.0
    gate, kept = f"{symbol('f', 'forget_gate', t)}·", f"{value(f, 'forget_gate')}·{value(before)}"
    let, wrote = symbol("i", "input_gate", t), f"{value(i, 'input_gate')}·{value(g, 'candidate')}"
    if name == "no forget gate":
        gate, kept = "", value(before)
    if name == "coupled gates":
        let = f"(1 − {symbol('f', 'forget_gate', t)})"
        wrote = f"(1 − {value(f, 'forget_gate')})·{value(g, 'candidate')}"
    head = symbol("c", "state", t)
    lines = []
    for letter in {"no forget gate": "ig", "coupled gates": "fg"}.get(name, "fig"):
        lines += _gate(model, name, run, letter, t)
    lines += added(head, [f"{gate}{symbol('c', 'state', t - 1)}", f"{let}·{symbol('g', 'candidate', t)}"])
    lines += [*added("&emsp;", [kept, wrote]), f"&emsp; = {result(c)}"]
    note = {
        "no forget gate": "Nothing leaves the cell; it can only be written over with the opposite.",
        "peephole": "The gates i and f also see c(t−1), o sees c(t); h, which o makes, is not asked for here.",
        "coupled gates": "What is forgotten makes room for what is written.",
    }.get(name, "")
    return Block(TITLES[name], lines, note)


def _gate(model, name: str, run, letter: str, t: int) -> list[str]:
    """A gate of an LSTM variant: what comes from x, from h(t−1), its bias, its peephole; and σ or tanh of the sum."""
    params, k, n = model.traced.params, t - 1, run.h.shape[1]
    row = "ifgo".index(letter) * n + model.shown_unit - 1
    before = run.h[k - 1] if k else np.zeros(n)
    parts = [float(params.U[row] @ model.traced.inputs[k]), float(params.W[row] @ before), float(params.b[row])]
    written = [
        f"{symbol('U', sub=letter)}·{symbol('x', 'input', t)}",
        f"{symbol('W', sub=letter)}·{symbol('h', 'state', t - 1)}",
        symbol("b", sub=letter),
    ]
    if name == "peephole" and letter in "if":
        seen = float(run.c[k - 1, model.shown_unit - 1]) if k else 0.0
        P = float(with_peepholes(model.traced.params, model.seed).P["if".index(letter), model.shown_unit - 1])
        return _summed(
            letter,
            t,
            [*written, f"{symbol('P', sub=letter)}·{symbol('c', 'state', t - 1)}"],
            [*map(value, parts), f"{value(P)}·{value(seen)}"],
            sum(parts) + P * seen,
        )
    return _summed(letter, t, written, [*map(value, parts)], sum(parts))


def _summed(letter: str, t: int, written: list[str], parts: list[str], net: float) -> list[str]:
    """a = … as symbols, as values and as their sum, and the gate's or the candidate's value."""
    candidate, shown = letter in "gn", number(net, digits=DIGITS)
    now = number(float(np.tanh(net)), digits=DIGITS) if candidate else logistic(net)
    return [
        *added(symbol("a", sub=letter), written),
        *added("&emsp;", parts),
        f"&emsp; = {shown}",
        f"{symbol(letter, ROLES[letter], t)} = {'tanh' if candidate else 'σ'}({shown}) = "
        f'<b class="{css(ROLES[letter])}">{now}</b>',
    ]


def _gru(model, run, t: int) -> Block:
    """h of the GRU from r, z and n. Its candidate sees r∘h(t−1)."""
    unit, k, params = model.shown_unit - 1, t - 1, gru_params(model.traced.params._replace(P=None))
    old = run.h[k - 1] if k else np.zeros(run.h.shape[1])
    lines = []
    for place, letter in enumerate("rzn"):
        row, seen = place * len(old) + unit, run.r[k] * old if letter == "n" else old
        back = symbol("h", "state", t - 1)
        back = f"[{symbol('r', ROLES['r'], t)}∘{back}]" if letter == "n" else back
        parts = [float(params.U[row] @ model.traced.inputs[k]), float(params.W[row] @ seen), float(params.b[row])]
        lines += _summed(
            letter,
            t,
            [
                f"{symbol('U', sub=letter)}·{symbol('x', 'input', t)}",
                f"{symbol('W', sub=letter)}·{back}",
                symbol("b", sub=letter),
            ],
            [*map(value, parts)],
            sum(parts),
        )
    z, n, h = (float(array[t - 1, unit]) for array in (run.z, run.n, run.h))
    before = float(run.h[t - 2, unit]) if t > 1 else 0.0
    update = symbol("z", "forget_gate", t)
    lines += added(
        symbol("h", "state", t),
        [f"(1 − {update})·{symbol('n', 'candidate', t)}", f"{update}·{symbol('h', 'state', t - 1)}"],
    )
    lines += added(
        "&emsp;",
        [f"(1 − {value(z, 'forget_gate')})·{value(n, 'candidate')}", f"{value(z, 'forget_gate')}·{value(before)}"],
    )
    lines.append(f"&emsp; = {result(h)}")
    return Block(
        "GRU",
        lines,
        f"z keeps the old state. The textbook's update gate lets the new one in: a⁴ = 1 − z, here {number(1 - z)}.",
    )


def update_block(model) -> Block:
    """How the latest updates of each network in training went."""
    shown = model.training.shown
    if not shown.n_done:
        return Block("No update yet", ["initial weights"], "Start, or step once. Below: the LSTM as it is now.")
    lines = [line for kind, name in NAMES.items() for line in _latest(model, name, shown.histories[kind])]
    lines += [f"{NAMES[kind]}: diverged at update {last}" for kind, last in shown.diverged.items()]
    how = "Adam moves each weight by about η" if model.method == "adam" else "Descent moves the weights by η·‖gradient‖"
    return Block(
        f"Update {shown.n_done} of {model.n_updates}",
        lines,
        f"Means of the last {min(WINDOW, shown.n_done)} updates. {how}, η = {number(model.learning_rate)}. "
        "Below: the LSTM now, on a sequence of the task.",
    )


def _latest(model, name: str, history: History) -> list[str]:
    """One network's last updates in numbers."""
    if not history.loss.size:
        return []
    loss, norm, right = history.recent()
    recent = history.gradient_norm[-WINDOW:]
    clipped, updates = int((recent > model.clip).sum()), f"{recent.size} update{'' if recent.size == 1 else 's'}"
    cut = [f"&emsp;clipped to {number(model.clip)} in {clipped} of {updates}"] if clipped else []
    right = f"{100 * right:.0f} % right"
    return [f"{name}: loss {number(loss)}, {right}", f"&emsp;‖gradient‖ = {number(norm, 'gradient')}", *cut]
