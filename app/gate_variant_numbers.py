"""Lesson 6 by hand: one step of each variant side by side, and the latest update of the networks in training."""

import numpy as np

from app.gate_terms import added, result, value
from app.numbers import Block, number, symbol

TITLES = {"full": "LSTM", "no forget gate": "No forget gate (1997)", "peephole": "Peepholes",
          "coupled gates": "Coupled gates", "GRU": "GRU"}  # fmt: skip


def variant_blocks(model, t: int) -> list[Block]:
    runs, unit = model.result.runs, model.shown_unit - 1
    return [_gru(runs[name], t, unit) if name == "GRU" else _cell(name, runs[name], t, unit) for name in TITLES]


def _cell(name: str, run, t: int, unit: int) -> Block:
    """c of one variant from its gates."""
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
    lines = added(head, [f"{gate}{symbol('c', 'state', t - 1)}", f"{let}·{symbol('g', 'candidate', t)}"])
    lines += [*added("&emsp;", [kept, wrote]), f"&emsp; = {result(c)}"]
    note = {"no forget gate": "Nothing leaves the cell; it can only be written over with the opposite.",
            "peephole": "The gates i and f also see c(t−1), o sees c(t).",
            "coupled gates": "What is forgotten makes room for what is written."}.get(name, "")
    return Block(TITLES[name], lines, note)


def _gru(run, t: int, unit: int) -> Block:
    z, n, h = (float(array[t - 1, unit]) for array in (run.z, run.n, run.h))
    before = float(run.h[t - 2, unit]) if t > 1 else 0.0
    update = symbol("z", "forget_gate", t)
    lines = added(symbol("h", "state", t), [f"(1 − {update})·{symbol('n', 'candidate', t)}",
                                            f"{update}·{symbol('h', 'state', t - 1)}"])
    lines += added("&emsp;", [f"(1 − {value(z, 'forget_gate')})·{value(n, 'candidate')}",
                              f"{value(z, 'forget_gate')}·{value(before)}"])
    lines.append(f"&emsp; = {result(h)}")
    return Block("GRU", lines, "z keeps the old state. The textbook's update gate lets the new one in: "
                 f"a⁴ = 1 − z, here {number(1 - z)}.")


def update_block(model) -> Block:
    """What the latest update of each network in training was."""
    shown = model.training.shown
    if not shown.n_done:
        return Block("No update yet", ["initial weights"], "Start, or step once. Below: the LSTM as it is now.")
    lines = []
    for kind, history in shown.histories.items():
        if not history.loss.size:
            continue
        loss, norm, right = history.loss[-1], history.gradient_norm[-1], history.accuracy[-1]
        lines.append(f"{kind.upper()}: loss {number(loss)}, {100 * right:.0f} % right")
        lines.append(f"&emsp;‖gradient‖ = {number(norm, 'gradient')}{_clipped(model, norm)}")
        if kind in shown.diverged:
            lines.append(f"&emsp;diverged at update {shown.diverged[kind]}")
    how = "Adam moves each weight by about η" if model.method == "adam" else "Descent moves the weights by η·‖gradient‖"
    return Block(f"Update {shown.n_done} of {model.n_updates}", lines,
                 f"{how}, η = {number(model.learning_rate)}. Below: the LSTM now, on a sequence of the task.")


def _clipped(model, norm: float) -> str:
    if not np.isfinite(norm) or norm <= model.clip:
        return ""
    return f" → {number(model.clip, 'gradient')}"
