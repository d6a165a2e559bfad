"""What lesson 6 says in words about its present state, by topic and network."""

from typing import TYPE_CHECKING

import numpy as np

from app.parts.numbers import SUPERSCRIPTS, plain, power, steps
from engine import network, tasks
from lessons.lstm import training_words as lstm_training_words

if TYPE_CHECKING:
    from lessons.lstm.model import Lstm

SOMETHING = 0.01  # a cell that holds less than this is called empty
SHUT = 0.1  # a forget gate below it closes
NOTHING = 1e-12  # products below it are called nothing
LONGEST = 1e6  # a memory that halves more slowly than this many steps is said not to fade


def sentence(m: "Lstm") -> str:
    say = {"gates": _gates, "gradient": _gradient, "variants": _variants, "training": lstm_training_words.sentence}
    return say[m.topic](m)


def _gates(m: "Lstm") -> str:
    if m.is_text and m.has_readout:
        return _characters(m)
    say = {"latch": _latch, "marked sum": _marked_sum, "count ab": _count, "parity": _parity, "recall 50": _recall,
           "recall 200": _recall, "adding": _adding, "one cell": _one_cell}.get(m.shown_network, _several)  # fmt: skip
    return say(m)


def _signed(value: float, digits: int = 3) -> str:
    return ("+" if value > 0 else "") + plain(value, digits)


def _marked(m: "Lstm") -> np.ndarray:
    """The steps that carry a mark."""
    return np.flatnonzero(m.traced.x[:, 1] > 0.5) + 1


def _latch(m: "Lstm") -> str:
    marked, run = _marked(m), m.traced.run
    if not marked.size:
        return "Without a mark the input gate stays shut and the cell at 0. Click on the mark's plot to set one."
    last = int(marked[-1])
    stored = run.c[last - 1, 0]
    written = f"At the mark at t = {last} the cell takes {_signed(stored)} from x = {_signed(m.traced.x[last - 1, 0])}"
    if last == m.n_steps:
        return f"{written}, and forgets what it had."
    kept = _kept(run.f[last:, 0], run.c[-1, 0], stored)
    return f"{written} and keeps it: {kept}; y({m.n_steps}) = {plain(m.traced.y[-1, 0], 3)}."


def _kept(f: np.ndarray, now: float, before: float) -> str:
    """What is left after the steps with these forget gates, and why."""
    lowest = f.min()
    where = f"open to within {within(1 - lowest)}" if lowest > 1 - 1e-9 else f"at least {_below_one(lowest)}"
    left = now / before if before else 0.0
    return f"the forget gate stays {where}, so {steps(len(f))} later {_share(left)} of it is left"


def within(short_by: float) -> str:
    """The next power of ten: a gate at 1 − 9.4·10⁻¹⁴ is open to within 10⁻¹³."""
    return f"10{str(int(np.ceil(np.log10(max(short_by, 1e-16))))).translate(SUPERSCRIPTS)}"


def _below_one(value: float) -> str:
    """A gate's value that is not rounded up to 1."""
    return plain(np.floor(value * 1000) / 1000, 3) if value < 0.999 else plain(np.floor(value * 1e6) / 1e6, 6)


def _share(value: float) -> str:
    """A part of 1 in per cent."""
    if abs(value) < NOTHING:
        return "as good as nothing"
    return "all" if abs(value - 1) < 5e-7 else f"{plain(100 * value, 3)} %"


def _marked_sum(m: "Lstm") -> str:
    marked, y = _marked(m), m.traced.y[-1, 0]
    if not marked.size:
        return f"No mark yet, so nothing is added: y({m.n_steps}) = {plain(y, 3)}. Click on the mark's plot to set one."
    values = [m.traced.x[step - 1, 0] for step in marked]
    terms = " + ".join([plain(values[0], 3), *(_factor(value) for value in values[1:5])])
    more = f" + … ({len(values)} terms)" if len(values) > 5 else ""
    return (
        f"Marked are {terms}{more} = {plain(sum(values), 4)}; the network says y({m.n_steps}) = {plain(y, 4)}. "
        "Its forget gate never closes: the cell is a carousel that only the marks write on."
    )


def _count(m: "Lstm") -> str:
    x, y = m.traced.x[:, 0], m.traced.y[-1, 0]
    n_a, n_b = int((x > 0).sum()), int((x < 0).sum())
    verdict = "accepted as aⁿbⁿ" if y > 0 else "not accepted"
    height = int(np.cumsum(np.sign(x)).max())
    return (
        f"{n_a} times a, {n_b} times b: y({m.n_steps}) = {plain(y, 3)}, so the string is {verdict}. "
        f"The counter (unit 1) rises to {max(height, 0)} at most; each a adds 1 and each b takes 1 away."
    )


def _parity(m: "Lstm") -> str:
    ones, y = int((m.traced.x[:, 0] > 0.5).sum()), m.traced.y[-1, 0]
    said = "odd" if y > 0 else "even"
    return (
        f"{ones} one{'' if ones == 1 else 's'} in {steps(m.n_steps)}: y({m.n_steps}) = {plain(y, 3)} says {said}. "
        "A one makes the cell forget its state and write the opposite; a zero leaves it in peace."
    )


def _recall(m: "Lstm") -> str:
    y, marked = m.traced.y[-1, 0], _marked(m)
    if not marked.size:
        return f"Nothing is marked, so there is nothing to recall; the network says {plain(y, 3)}."
    if list(marked) != [1]:
        at = ", ".join(map(str, marked[:4])) + (", …" if len(marked) > 4 else "")
        return (
            f"This network was trained with one mark, at step 1; marked here is t = {at}. So no answer is "
            f"right or wrong: y({m.n_steps}) = {plain(y, 3)}. {_longest(m)}"
        )
    asked = m.traced.x[0, 0]
    right = "right" if asked * y > 0 else "wrong"
    return (
        f"Marked was x(1) = {_signed(asked)}; {steps(m.n_steps - 1)} later the network says {_signed(y)}: {right}. "
        f"{_longest(m)}"
    )


def _longest(m: "Lstm") -> str:
    """The unit whose forget gates let most of the past through."""
    kept = np.log(np.maximum(m.traced.run.f, 1e-300)).mean(axis=0)
    best = int(kept.argmax())
    return f"Unit {best + 1} forgets least: the geometric mean of its forget gate is {plain(np.exp(kept[best]), 4)}."


def _adding(m: "Lstm") -> str:
    marked, y = _marked(m), m.traced.y[-1, 0]
    values = [m.traced.x[step - 1, 0] for step in marked]
    asked = 0.5 + sum(values) / 4
    if len(values) != 2:
        said = f"This network was trained with two marks; here are {len(values)}"
    else:
        said = f"Marked are x({marked[0]}) = {plain(values[0], 3)} and x({marked[1]}) = {plain(values[1], 3)}"
    return (
        f"{said}: asked for is 0.5 + (sum)/4 = {plain(asked, 3)}, y({m.n_steps}) = {plain(y, 3)} is off by "
        f"{plain(abs(y - asked), 2)}."
    )


def _characters(m: "Lstm") -> str:
    t, y = m.at, m.traced.y
    if y.shape[1] != len(tasks.ALPHABET):
        return _several(m)
    text = m.text.ljust(m.n_steps)
    p = network.softmax(y)
    best = int(p[t - 1].argmax())
    read = f"… {text[max(0, t - 12) : t].lstrip()}" if t > 12 else text[:t]
    best_character, sure = visible(tasks.ALPHABET[best]), plain(p[t - 1, best], 3)
    guess = f"After “{visible(read)}” the network expects “{best_character}” with p = {sure}"
    if m.n_steps == t:
        return f"{guess}. {_surprise(m, y)}"
    follows = tasks.ALPHABET.index(text[t])
    given = power(np.log10(p[t - 1, follows]))
    came = "and it comes" if follows == best else f"but “{visible(text[t])}” comes (p = {given})"
    return f"{guess}, {came}. {_surprise(m, y)}"


def _surprise(m: "Lstm", y: np.ndarray) -> str:
    """The text's mean cross entropy against that of a uniform guess."""
    text = m.text.ljust(m.n_steps)
    found = network.cross_entropy(y[:-1], tasks.encode(text[1 : m.n_steps]))
    n = len(tasks.ALPHABET)
    return (
        f"Over the text the cross entropy is {plain(found.loss, 3)} nats per character; a uniform guess would have "
        f"ln {n} = {plain(np.log(n), 3)}."
    )


def visible(text: str) -> str:
    """Line ends as a sign."""
    return text.replace("\n", "↵") if text != " " else "␣"


def _one_cell(m: "Lstm") -> str:
    """What becomes of the first value that is written, and where the forget gate lets go of it."""
    run, T = m.traced.run, m.n_steps
    c, full = run.c[:, 0], np.flatnonzero(np.abs(run.c[:, 0]) > SOMETHING)
    if not full.size or full[0] == T - 1:
        return f"The cell is as good as empty until step {T}: c({T}) = {plain(c[-1], 3)}."
    first = int(full[0])
    f, holds = run.f[first + 1 :, 0], f"At t = {first + 1} the cell holds {plain(c[first])}"
    shut = first + 1 + int(f.argmin())
    if f.min() < SHUT and np.median(f) > 0.5:
        stays, written = f.min() * c[shut - 1], run.i[shut, 0] * run.g[shut, 0]
        since = f", at t = {shut} it holds {plain(c[shut - 1])}" if shut > first + 1 else ""
        return (
            f"{holds}{since}. Then, at t = {shut + 1}, the forget gate closes: f·c({shut}) = {plain(stays)} of it "
            f"stays and i·g = {plain(written)} is written, so c({shut + 1}) = {plain(c[shut])}. At T = {T} it "
            f"holds {plain(c[-1])}."
        )
    between = _gate(f[0]) if np.ptp(f) < 5e-4 else f"between {_gate(f.min())} and {_gate(f.max())}"
    gate = "there is no forget gate" if m.traced.variant == "no forget gate" else f"the forget gate is {between}"
    left, written = _share(float(np.prod(f))), float(run.i[first + 1 :, 0].max())
    return (
        f"{holds}, at T = {T} it holds {plain(c[-1])}: {gate}, so {left} of the first value is left; the rest "
        f"was written since, through an input gate of at most {_gate(written)}."
    )


def _gate(value: float) -> str:
    """A gate's opening; one that is nearly open says how near."""
    if 0.9995 < value < 1:
        return f"1 − {plain(1 - value, 2)}" if value < 1 - 1e-13 else "almost 1"
    return plain(value, 3)


def _several(m: "Lstm") -> str:
    """How far memory reaches in a network without a task of its own."""
    f = np.maximum(m.traced.run.f, 1e-300)
    if m.traced.variant == "no forget gate":
        return "Without a forget gate every cell adds up all that its input gate lets in, and never lets go of it."
    rate = float(np.exp(np.log(f).mean()))
    half = np.log(0.5) / np.log(rate) if rate < 1 else np.inf
    fades = f"what a cell holds halves every {plain(half, 3)} steps" if half < LONGEST else "a cell hardly forgets"
    fades = fades if half >= 1 else "less than half of what a cell holds is left after one step"
    bias = f"Forget bias {plain(m.forget_bias)}: the" if m.shown_network == "random" else "The"
    layer = f" of layer {m.shown_layer}" if m.n_layers > 1 else ""
    range_ = f" (between {_gate(f.min())} and {_gate(f.max())})"
    return f"{bias} forget gates{layer} have a geometric mean of {plain(rate, 3)}{range_}, so {fades}."


def _gradient(m: "Lstm") -> str:
    r, T = m.result, m.n_steps
    unit = f" of unit {m.shown_unit}" if m.n_shown_units > 1 else ""
    sizes = {"cell": r.cell[0], "forget": r.forget[0], "hidden": r.hidden[0], "vanilla": r.vanilla[0]}
    why = "0" if m.traced.params.W.any() else "0, since W = 0"
    said = {name: why if name == "hidden" and value == -np.inf else power(value) for name, value in sizes.items()}
    return (
        f"From step {T} back to step 1: ∂c(T)/∂c(1) is {said['cell']}, where the forget gates{unit} alone give "
        f"{said['forget']}; ∂h(T)/∂h(1) is {said['hidden']}; in a tanh network of the same size it is "
        f"{said['vanilla']}. {_truncation(m)}"
    )


def _truncation(m: "Lstm") -> str:
    """How far the truncated gradient is from the exact one."""
    short, exact = m.result.truncated, m.result.truncated_exact
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.power(10.0, short - exact) - 1)
    apart[(short == -np.inf) & (exact == -np.inf)] = 0
    worst = int(np.nan_to_num(apart, nan=np.inf).argmax())
    if not apart[worst] > 0.01:
        return "The truncated ∂h(T)/∂c(k) is within 1 % of the exact one at every k."
    return (
        f"The truncated ∂h(T)/∂c({worst + 1}) is {power(short[worst])}, the exact one {power(exact[worst])}: the "
        "difference goes through h and the gates."
    )


def _variants(m: "Lstm") -> str:
    runs, T, unit = m.result.runs, m.n_steps, m.shown_unit - 1
    cell = {name: plain(run.c[-1, unit], 3) for name, run in runs.items() if name != "GRU"}
    largest = float(np.abs(runs["no forget gate"].c[:, unit]).max())
    full = float(np.abs(runs["full"].c[:, unit]).max())
    which = f" of unit {m.shown_unit}" if m.n_shown_units > 1 else ""
    return (
        f"At T = {T} the cell{which} holds {cell['full']} with all gates, {cell['no forget gate']} without a "
        f"forget gate, {cell['peephole']} with peepholes, {cell['coupled gates']} with coupled gates; the GRU's h "
        f"is {plain(runs['GRU'].h[-1, unit], 3)}. Without a forget gate the cell goes up to {plain(largest, 3)} in "
        f"size, with one to {plain(full, 3)}."
    )


def divergence(m: "Lstm", step: int) -> str:
    """Why values left the plots."""
    if m.topic == "gradient":
        return "Each step back multiplies the gradient by more than 1."
    if m.topic == "training":
        return "The weights have grown beyond all bounds: take a smaller learning rate or a smaller clip norm."
    k = step - 1
    f, written = (float(a[k, m.shown_unit - 1]) for a in (m.traced.run.f, m.traced.run.i * m.traced.run.g))
    return (
        f"At t = {step} the forget gate is {_gate(f)} and i·g = {plain(written, 3)}: a cell that forgets little "
        "and is written to at each step grows by up to 1 per step."
    )


def explain(m: "Lstm", name: str, step: int) -> str:
    """Why a trace has its value at `step`, in one sentence with numbers."""
    k, unit = step - 1, m.shown_unit - 1
    i, f, g, o, c, h = (float(array[k, unit]) for array in m.traced.run)
    if name == "h":
        return f"h({step}) = o · tanh c({step}) = {plain(o, 3)} · {plain(np.tanh(c), 3)} = {plain(h)}."
    if name != "c":
        known = {"i": i, "f": f, "g": g, "o": o}
        return f"{name}({step}) = {plain(known[name])}." if name in known else "This trace has no formula of its own."
    before = float(m.traced.run.c[k - 1, unit]) if k else 0.0
    kept = f"f({step}) · c({step - 1}) = {plain(f, 3)} · {_factor(before)}"
    written = f"i({step}) · g({step}) = {plain(i, 3)} · {_factor(g)}"
    why = ""
    if f < 0.05 and abs(before) > 0.05:
        why = " The forget gate is shut: nearly all of the old state goes, and only what is written now is left."
    elif f > 0.95 and i < 0.05:
        why = " The forget gate is open and the input gate shut: the cell keeps what it has."
    return f"c({step}) is {kept} plus {written}, {plain(c)} together.{why}"


def _factor(value: float) -> str:
    return f"({plain(value, 3)})" if value < 0 else plain(value, 3)
