"""The LSTM page by hand: one step of each variant side by side, and the latest update of the networks in training."""

import numpy as np

from app.parts.calculation import DIGITS, added, result, value
from app.parts.numbers import Block, css, number, symbol
from engine import gru, lstm
from lessons.lstm.model import Lstm
from lessons.lstm.phrases import per_cent
from lessons.lstm.terms import logistic
from lessons.lstm.topics import Variants, gru_params, peepholes
from lessons.lstm.training import NAMES, WINDOW, History

TITLES = {"full": "LSTM", "no forget gate": "No forget gate (1997)", "peephole": "Peepholes",
          "coupled gates": "Coupled gates", "GRU": "GRU"}  # fmt: skip
ROLES = {"i": "input_gate", "f": "forget_gate", "g": "candidate", "r": "output_gate", "z": "forget_gate",
         "n": "candidate"}  # fmt: skip


def variant_blocks(m: Lstm, r: Variants, t: int) -> list[Block]:
    runs = r.runs
    return [_gru(m, runs[name], t) if name == "GRU" else _cell(m, name, runs[name], t) for name in TITLES]


def _cell(m: Lstm, name: str, run: lstm.LstmRun, t: int) -> Block:
    """c of one variant from its gates, and those from their net inputs."""
    unit = m.shown_unit - 1
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
        lines += _gate(m, name, run, letter, t)
    lines += added(head, [f"{gate}{symbol('c', 'state', t - 1)}", f"{let}·{symbol('g', 'candidate', t)}"])
    lines += [*added("&emsp;", [kept, wrote]), f"&emsp; = {result(c)}"]
    note = {
        "no forget gate": "Nothing leaves the cell; it can only be written over with the opposite.",
        "peephole": "The gates i and f also see c(t−1), o sees c(t); h, which o makes, is not asked for here.",
        "coupled gates": "What is forgotten makes room for what is written.",
    }.get(name, "")
    return Block(TITLES[name], lines, note)


def _gate(m: Lstm, name: str, run: lstm.LstmRun, letter: str, t: int) -> list[str]:
    """A gate of an LSTM variant: what comes from x, from h(t−1), its bias, its peephole; and σ or tanh of the sum."""
    params, k, n = m.traced.params, t - 1, run.h.shape[1]
    row = "ifgo".index(letter) * n + m.shown_unit - 1
    before = run.h[k - 1] if k else np.zeros(n)
    parts = [float(params.U[row] @ m.traced.inputs[k]), float(params.W[row] @ before), float(params.b[row])]
    written = [
        f"{symbol('U', sub=letter)}·{symbol('x', 'input', t)}",
        f"{symbol('W', sub=letter)}·{symbol('h', 'state', t - 1)}",
        symbol("b", sub=letter),
    ]
    if name == "peephole" and letter in "if":
        seen = float(run.c[k - 1, m.shown_unit - 1]) if k else 0.0
        P = float(peepholes(m.traced.params, m.seed)["if".index(letter), m.shown_unit - 1])
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


def _gru(m: Lstm, run: gru.GruRun, t: int) -> Block:
    """h of the GRU from r, z and n. Its candidate sees r∘h(t−1)."""
    unit, k, params = m.shown_unit - 1, t - 1, gru_params(m.traced.params._replace(P=None))
    old = run.h[k - 1] if k else np.zeros(run.h.shape[1])
    lines = []
    for place, letter in enumerate("rzn"):
        row, seen = place * len(old) + unit, run.r[k] * old if letter == "n" else old
        back = symbol("h", "state", t - 1)
        back = f"[{symbol('r', ROLES['r'], t)}∘{back}]" if letter == "n" else back
        parts = [float(params.U[row] @ m.traced.inputs[k]), float(params.W[row] @ seen), float(params.b[row])]
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


def update_block(m: Lstm) -> Block:
    """How the latest updates of each network in training went."""
    shown = m.training.shown
    if not shown.n_done:
        return Block("No update yet", ["initial weights"], "Start, or step once. Below: the LSTM as it is now.")
    lines = [line for kind, name in NAMES.items() for line in _latest(m, name, shown.histories[kind])]
    lines += [f"{NAMES[kind]}: diverged at update {last}" for kind, last in shown.diverged.items()]
    how = "Adam moves each weight by about η" if m.method == "adam" else "Descent moves the weights by η·‖gradient‖"
    return Block(
        f"Update {shown.n_done} of {m.n_updates}",
        lines,
        f"Means of the last {min(WINDOW, shown.n_done)} updates. {how}, η = {number(m.learning_rate)}. "
        "Below: the LSTM now, on a sequence of the task.",
    )


def _latest(m: Lstm, name: str, history: History) -> list[str]:
    """One network's last updates in numbers."""
    if not history.loss.size:
        return []
    loss, norm, right = history.recent()
    recent = history.gradient_norm[-WINDOW:]
    clipped, updates = int((recent > m.clip).sum()), f"{recent.size} update{'' if recent.size == 1 else 's'}"
    cut = [f"&emsp;clipped to {number(m.clip)} in {clipped} of {updates}"] if clipped else []
    lines = [
        f"{name}: loss {number(loss)}, {per_cent(right)} right",
        f"&emsp;‖gradient‖ = {number(norm, 'gradient')}",
    ]
    return [*lines, *cut]
