"""What the LSTM page says in words about its present state, by topic; networks in training have words of their own."""

import numpy as np

from app.parts.numbers import plain
from app.parts.ranges import LIMIT
from lessons.lstm import gate_words
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.phrases import factor, gate, size
from lessons.lstm.topics import Gradient, Shown, Traced, Variants


def sentence(m: LstmParameters, r: Shown) -> str:
    if isinstance(r, Gradient):
        return _gradient(m, r)
    if isinstance(r, Variants):
        return _variants(m, r)
    return gate_words.sentence(m, r.traced)


def _gradient(m: LstmParameters, r: Gradient) -> str:
    T = m.n_steps
    unit = f" of unit {m.shown_unit}" if m.n_shown_units > 1 else ""
    cell, forget = size(r.cell[0]), size(r.forget[0])
    hidden = size(r.hidden[0]) if r.traced.params.W.any() else "0, since W = 0"
    gates = f"where the forget gates{unit} alone give {forget}"
    gates = f"and the forget gates{unit} alone give as much" if cell == forget else gates
    return (
        f"From step {T} back to step 1: ∂c(T)/∂c(1) is {cell}, {gates}; ∂h(T)/∂h(1) is {hidden}; in a tanh network "
        f"of the same size it is {size(r.vanilla[0])}. {_truncation(r)}"
    )


def _truncation(r: Gradient) -> str:
    """How far the truncated gradient is from the exact one."""
    short, exact = r.truncated, r.truncated_exact
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.power(10.0, short - exact) - 1)
    apart[(short == -np.inf) & (exact == -np.inf)] = 0
    worst = int(np.nan_to_num(apart, nan=np.inf).argmax())
    if not apart[worst] > 0.01:
        return "The truncated ∂h(T)/∂c(k) is within 1 % of the exact one at every k."
    compared = _compared(float(short[worst]), float(exact[worst]), worst + 1)
    return f"{compared}: the difference goes through h and the gates."


def _compared(short: float, exact: float, k: int) -> str:
    """Two sizes by their logarithms: side by side, or where they look alike by their difference."""
    name, ratio = f"The truncated ∂h(T)/∂c({k})", 10.0 ** min(max(short - exact, -300.0), 300.0)
    if not 0.5 < ratio < 2:
        return f"{name} is {size(short)}, the exact one {size(exact)}"
    off = plain(100 * abs(ratio - 1), 2)
    return f"{name} is {size(short)}, {off} % {'less' if ratio < 1 else 'more'} than the exact one"


def _variants(m: LstmParameters, r: Variants) -> str:
    runs, T, unit = r.runs, m.n_steps, m.shown_unit - 1
    cell = {name: plain(run.c[-1, unit], 3) for name, run in runs.items() if name != "GRU"}
    largest = float(np.abs(runs["no forget gate"].c[:, unit]).max())
    full = float(np.abs(runs["full"].c[:, unit]).max())
    which = f" of unit {m.shown_unit}" if m.n_shown_units > 1 else ""
    sizes = f"goes up to {plain(largest, 3)} in size, with one to {plain(full, 3)}"
    if plain(largest, 3) == plain(full, 3):
        sizes = f"goes up to {plain(full, 3)} in size, and with one just as far"
    return (
        f"At T = {T} the cell{which} holds {cell['full']} with all gates, {cell['no forget gate']} without a "
        f"forget gate, {cell['peephole']} with peepholes, {cell['coupled gates']} with coupled gates; the GRU's h "
        f"is {plain(runs['GRU'].h[-1, unit], 3)}. Without a forget gate the cell {sizes}."
    )


def divergence(m: LstmParameters, now: Traced, step: int) -> str:
    """Why values left the plots."""
    if m.topic == "gradient":
        return "Each step back multiplies the gradient by more than 1."
    if m.topic == "training":
        return "The weights have grown beyond all bounds: take a smaller learning rate or a smaller clip norm."
    k = step - 1
    if abs(now.run.c[k, m.shown_unit - 1]) <= LIMIT:
        return "The cells are small here: the weights of the readout y = V h + b make large numbers of them."
    f, written = (float(a[k, m.shown_unit - 1]) for a in (now.run.f, now.run.i * now.run.g))
    return (
        f"At t = {step} the forget gate is {gate(f)} and i·g = {plain(written, 3)}: a cell that forgets little "
        "and is written to at each step grows by up to 1 per step."
    )


def explain(m: LstmParameters, now: Traced, name: str, step: int) -> str:
    """Why a trace has its value at `step`, in one sentence with numbers."""
    k, unit = step - 1, m.shown_unit - 1
    i, f, g, o, c, h = (float(array[k, unit]) for array in now.run)
    if name == "h":
        return f"h({step}) = o · tanh c({step}) = {plain(o, 3)} · {plain(np.tanh(c), 3)} = {plain(h)}."
    if name != "c":
        known = {"i": i, "f": f, "g": g, "o": o}
        return f"{name}({step}) = {plain(known[name])}." if name in known else "This trace has no formula of its own."
    before = float(now.run.c[k - 1, unit]) if k else 0.0
    kept = f"f({step}) · c({step - 1}) = {plain(f, 3)} · {factor(before)}"
    written = f"i({step}) · g({step}) = {plain(i, 3)} · {factor(g)}"
    why = ""
    if f < 0.05 and abs(before) > 0.05:
        why = " The forget gate is shut: nearly all of the old state goes, and only what is written now is left."
    elif f > 0.95 and i < 0.05:
        why = " The forget gate is open and the input gate shut: the cell keeps what it has."
    return f"c({step}) is {kept} plus {written}, {plain(c)} together.{why}"
