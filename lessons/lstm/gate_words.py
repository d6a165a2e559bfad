"""What the LSTM page says of a network's run, by network: what it was given, what it keeps, what it answers."""

import numpy as np

from app.parts.numbers import plain, power, steps
from engine import network, tasks
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.phrases import below_one, factor, gate, nearly, share, visible, within
from lessons.lstm.topics import Traced

SOMETHING = 0.01  # a cell that holds less than this is called empty
SHUT = 0.1  # a forget gate below it closes
LONGEST = 1e6  # a memory that halves more slowly than this many steps is said not to fade


def sentence(m: LstmParameters, now: Traced) -> str:
    if m.is_text and m.has_readout:
        return _characters(m, now)
    say = {"latch": _latch, "marked sum": _marked_sum, "count ab": _count, "parity": _parity, "recall 50": _recall,
           "recall 200": _recall, "adding": _adding, "one cell": _one_cell}.get(m.shown_network, _several)  # fmt: skip
    return say(m, now)


def _signed(value: float, digits: int = 3) -> str:
    return ("+" if value > 0 else "") + plain(value, digits)


def _marked(now: Traced) -> np.ndarray:
    """The steps that carry a mark."""
    return np.flatnonzero(now.x[:, 1] > 0.5) + 1


def _latch(m: LstmParameters, now: Traced) -> str:
    marked, run = _marked(now), now.run
    if not marked.size:
        return "Without a mark the input gate stays shut and the cell at 0. Click on the mark's plot to set one."
    last = int(marked[-1])
    stored = run.c[last - 1, 0]
    if now.x[last - 1, 0] == 0:
        emptied = f"At the mark at t = {last} the input is 0, so the cell is emptied"
        return f"{emptied}: y({m.n_steps}) = {nearly(now.outputs[-1, 0])}."
    written = f"At the mark at t = {last} the cell takes {_signed(stored)} from x = {_signed(now.x[last - 1, 0])}"
    if last == m.n_steps:
        return f"{written}, and forgets what it had." if marked.size > 1 else f"{written}; before, it was empty."
    kept = _kept(run.f[last:, 0], run.c[-1, 0], stored)
    return f"{written} and keeps it: {kept}; y({m.n_steps}) = {plain(now.outputs[-1, 0], 3)}."


def _kept(f: np.ndarray, now: float, before: float) -> str:
    """What is left after the steps with these forget gates, and why."""
    lowest = f.min()
    where = f"open to within {within(1 - lowest)}" if lowest > 1 - 1e-9 else f"at least {below_one(lowest)}"
    left = now / before if before else 0.0
    return f"the forget gate stays {where}, so {steps(len(f))} later {share(left)} of it is left"


def _marked_sum(m: LstmParameters, now: Traced) -> str:
    marked, y = _marked(now), now.outputs[-1, 0]
    if not marked.size:
        return f"No mark yet, so nothing is added: y({m.n_steps}) = {nearly(y)}. Click on the mark's plot to set one."
    values = [now.x[step - 1, 0] for step in marked]
    terms = " + ".join([plain(values[0], 3), *(factor(value) for value in values[1:5])])
    more = f" + … ({len(values)} terms)" if len(values) > 5 else ""
    total = plain(round(sum(values), 9), 4)  # what is drawn has two digits: the rest is rounding
    marks = f"Marked are {terms}{more} = {total}" if len(values) > 1 else f"Marked is {total}"
    return (
        f"{marks}; the network says y({m.n_steps}) = {plain(round(y, 6), 4)}. "
        "Its forget gate never closes: the cell is a carousel that only the marks write on."
    )


def _count(m: LstmParameters, now: Traced) -> str:
    x, y = now.x[:, 0], now.outputs[-1, 0]
    n_a, n_b = int((x > 0).sum()), int((x < 0).sum())
    verdict = "accepted as aⁿbⁿ" if y > 0 else "not accepted"
    height = int(np.cumsum(np.sign(x)).max())
    rises = f"rises to {height} at most" if height > 0 else "never rises above 0"
    return (
        f"{n_a} times a, {n_b} times b: y({m.n_steps}) = {plain(y, 3)}, so the string is {verdict}. "
        f"The counter (unit 1) {rises}; each a adds 1 and each b takes 1 away."
    )


def _parity(m: LstmParameters, now: Traced) -> str:
    ones, y = int((now.x[:, 0] > 0.5).sum()), now.outputs[-1, 0]
    said = "odd" if y > 0 else "even"
    return (
        f"{ones} one{'' if ones == 1 else 's'} in {steps(m.n_steps)}: y({m.n_steps}) = {plain(y, 3)} says {said}. "
        "A one makes the cell forget its state and write the opposite; a zero leaves it in peace."
    )


def _recall(m: LstmParameters, now: Traced) -> str:
    y, marked = now.outputs[-1, 0], _marked(now)
    if not marked.size:
        return f"Nothing is marked, so there is nothing to recall; the network says {plain(y, 3)}."
    if list(marked) != [1]:
        at = ", ".join(map(str, marked[:4])) + (", …" if len(marked) > 4 else "")
        return (
            f"This network was trained with one mark, at step 1; marked here is t = {at}. So no answer is "
            f"right or wrong: y({m.n_steps}) = {plain(y, 3)}. {_longest(now)}"
        )
    asked = now.x[0, 0]
    right = "right" if asked * y > 0 else "wrong" if asked else "no bit was given, so it can't be right"
    return (
        f"Marked was x(1) = {_signed(asked)}; {steps(m.n_steps - 1)} later the network says {_signed(y)}: {right}. "
        f"{_longest(now)}"
    )


def _longest(now: Traced) -> str:
    """The unit whose forget gates let most of the past through."""
    kept = np.log(np.maximum(now.run.f, 1e-300)).mean(axis=0)
    best = int(kept.argmax())
    return f"Unit {best + 1} forgets least: the geometric mean of its forget gate is {gate(np.exp(kept[best]), 4)}."


def _adding(m: LstmParameters, now: Traced) -> str:
    marked, y = _marked(now), now.outputs[-1, 0]
    values = [now.x[step - 1, 0] for step in marked]
    asked = 0.5 + sum(values) / 4
    if len(values) != 2:
        count = {0: "there is none", 1: "there is one"}.get(len(values), f"there are {len(values)}")
        said = f"This network was trained with two marks; here {count}"
    else:
        said = f"Marked are x({marked[0]}) = {plain(values[0], 3)} and x({marked[1]}) = {plain(values[1], 3)}"
    return (
        f"{said}: asked for is 0.5 + (sum)/4 = {plain(asked, 3)}, y({m.n_steps}) = {plain(y, 3)} is off by "
        f"{plain(abs(y - asked), 2)}."
    )


def _characters(m: LstmParameters, now: Traced) -> str:
    t, y = m.at, now.outputs
    if y.shape[1] != len(tasks.ALPHABET):
        return _several(m, now)
    text = m.text.ljust(m.n_steps)
    p = network.softmax(y)
    best = int(p[t - 1].argmax())
    read = f"… {text[max(0, t - 12) : t].lstrip()}" if t > 12 else text[:t]
    best_character, sure = visible(tasks.ALPHABET[best]), gate(p[t - 1, best])
    guess = f"After “{visible(read)}” the network expects “{best_character}” with p = {sure}"
    if m.n_steps == t:
        return f"{guess}. {_surprise(m, y)}"
    follows = tasks.ALPHABET.index(text[t])
    given = power(np.log10(p[t - 1, follows])) if p[t - 1, follows] else "less than 10⁻³⁰⁰"
    came = "and it comes" if follows == best else f"but “{visible(text[t])}” comes (p = {given})"
    return f"{guess}, {came}. {_surprise(m, y)}"


def _surprise(m: LstmParameters, y: np.ndarray) -> str:
    """The text's mean cross entropy against that of a uniform guess."""
    text = m.text.ljust(m.n_steps)
    found = network.cross_entropy(y[:-1], tasks.encode(text[1 : m.n_steps]))
    n = len(tasks.ALPHABET)
    return (
        f"Over the text the cross entropy is {plain(found.loss, 3)} nats per character; a uniform guess would have "
        f"ln {n} = {plain(np.log(n), 3)}."
    )


def _one_cell(m: LstmParameters, now: Traced) -> str:
    """What becomes of the first value that is written, and where the forget gate lets go of it."""
    run, T = now.run, m.n_steps
    c, full = run.c[:, 0], np.flatnonzero(np.abs(run.c[:, 0]) > SOMETHING)
    if not full.size:
        return f"The cell is as good as empty at every step: c({T}) = {plain(c[-1], 3)}."
    first = int(full[0])
    if first == T - 1:
        return f"The cell is as good as empty up to step {T - 1}; at the last, t = {T}, it holds {plain(c[-1], 3)}."
    f, holds = run.f[first + 1 :, 0], f"At t = {first + 1} the cell holds {plain(c[first])}"
    shut = first + 1 + int(f.argmin())
    if f.min() < SHUT and np.median(f) > 0.5:
        stays, written = f.min() * c[shut - 1], run.i[shut, 0] * run.g[shut, 0]
        since = f", at t = {shut} it holds {plain(c[shut - 1])}" if shut > first + 1 else ""
        end = f" At T = {T} it holds {plain(c[-1])}." if shut + 1 < T else ""
        return (
            f"{holds}{since}. Then, at t = {shut + 1}, the forget gate closes: f·c({shut}) = {plain(stays)} of it "
            f"stays and i·g = {plain(written)} is written, so c({shut + 1}) = {plain(c[shut])}.{end}"
        )
    between = gate(f[0]) if np.ptp(f) < 5e-4 else f"between {gate(f.min())} and {gate(f.max())}"
    opening = "there is no forget gate" if now.variant == "no forget gate" else f"the forget gate is {between}"
    left, written = share(float(np.prod(f))), float(run.i[first + 1 :, 0].max())
    since = f"the rest was written since, through an input gate of at most {gate(written)}"
    if not np.any(run.i[first + 1 :, 0] * run.g[first + 1 :, 0]):
        since = "nothing was written since"
    return f"{holds}, at T = {T} it holds {plain(c[-1])}: {opening}, so {left} of the first value is left; {since}."


def _several(m: LstmParameters, now: Traced) -> str:
    """How far memory reaches in a network without a task of its own."""
    f = np.maximum(now.run.f, 1e-300)
    if now.variant == "no forget gate":
        return "Without a forget gate every cell adds up all that its input gate lets in, and never lets go of it."
    rate = float(np.exp(np.log(f).mean()))
    half = np.log(0.5) / np.log(rate) if rate < 1 else np.inf
    every = plain(half, 3)
    fades = f"what a cell holds halves every {every} step{'' if every == '1' else 's'}"
    fades = fades if half < LONGEST else "a cell hardly forgets"
    fades = fades if half >= 1 else "less than half of what a cell holds is left after one step"
    bias = f"Forget bias {plain(m.forget_bias)}: the" if m.shown_network == "random" else "The"
    layer = f" of layer {m.shown_layer}" if m.n_layers > 1 else ""
    low, high = gate(f.min()), gate(f.max())
    range_ = f" (between {low} and {high})" if low != high else ""
    return f"{bias} forget gates{layer} have a geometric mean of {gate(rate)}{range_}, so {fades}."
