"""The page's tables as HTML: what theory and a run say about the echo, the recipe's four steps, errors, memory."""

import json
from collections.abc import Sequence

import numpy as np

from app.parts.numbers import SUPERSCRIPTS, plain, steps
from app.parts.ranges import LIMIT
from lessons.esn.digits import apart
from lessons.esn.echo_words import (
    STILL,
    UNKNOWN,
    against_one,
    factor,
    is_bare,
    is_loopless,
    is_one_of_many,
    power,
    rho_asked,
    tendency,
)
from lessons.esn.memory_words import by_chance, ceiling
from lessons.esn.model import Esn
from lessons.esn.results import Echo, Memory, Recipe
from lessons.esn.words import (
    FITTED,
    connections,
    grouped,
    is_much_worse,
    learned_by_heart,
    size,
    weights_warning,
)

STEPS = ("Draw the reservoir", "Run the input through it", "Fit the readout", "Use it on new data")
AGREE = 1e-6  # two readouts that differ by less are called the same


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, chosen: int = -1) -> str:
    """Rows of a name, a value and an explanation that may wrap."""
    top = "".join(f"<th{' class=wide' if k == len(heads) - 1 else ''}>{head}</th>" for k, head in enumerate(heads))
    body = ""
    for k, row in enumerate(rows):
        cells = "".join(f"<td{' class=wide' if j == len(row) - 1 else ''}>{cell}</td>" for j, cell in enumerate(row))
        body += f"<tr{' data-chosen' if k == chosen else ''}>{cells}</tr>"
    look = "'stacked five'" if len(heads) >= 5 else "stacked"
    return f"<table class={look}><tr>{top}</tr>{body}</table>"


def _help(text: str) -> str:
    return f"<p class=help>{text.strip()}</p>" if text.strip() else ""


def _nmse(value: float) -> str:
    if np.isnan(value):
        return "–"
    return apart(value, 1) if value < LIMIT else "beyond all numbers"


# Stability


def stability(m: Esn) -> str:
    """What says whether echoes die: the spectrum, a bound, and the run itself."""
    found: Echo = m.result
    now, sure = found.traced.settings, found.certainty
    rows = [_spectral_radius(found)]
    if not is_bare(found):
        on_time = found.traced.reservoir.W_late is None
        said = "largest |1 − leak + leak·λ|, λ an eigenvalue of W" if on_time else "counting leak and late connections"
        known = not np.isnan(sure.effective_spectral_radius)
        value = against_one(sure.effective_spectral_radius, 4) if known else "–"
        rows.append(("effective ρ", value, said if known else UNKNOWN))
    stretch = 1 - now.leak_rate + now.leak_rate * sure.largest_singular_value
    below = "below 1: echoes die for every input" if sure.contracts else "not below 1: it promises nothing"
    leaky = f" With the leak {against_one(stretch, 4)}," if now.leak_rate < 1 else ""
    rows.append(
        (
            "largest singular value σ<sub>max</sub>",
            against_one(sure.largest_singular_value, 4),
            f"the most W can stretch a distance in one step.{leaky or ' It is'} {below}",
        )
    )
    rows.append(_exponent(found))
    dies = (
        (f"from t = {found.dies}", "the two starts are a million times closer than at first")
        if found.dies
        else (
            "not within T",
            f"after {steps(len(found.log10_distance))} they are {power(found.log10_distance[-1])} apart",
        )
    )
    rows.append(("these two starts meet" if is_one_of_many(found) else "the echo dies", *dies))
    return _table(("", "value", "what it says"), rows) + _help(_for_certain(found))


def _spectral_radius(found: Echo) -> tuple[str, str, str]:
    rho = found.traced.settings.spectral_radius
    values = np.abs(found.traced.eigenvalues)
    if not rho:
        return "spectral radius ρ", "0", "the units do not hear each other"
    if is_loopless(found.traced):
        return "spectral radius ρ", "0", "the connections form no loop: there is nothing to rescale"
    outside = int((values > 1 + 1e-9).sum())
    of = f"{len(values)}" if found.traced.complete else f"the {len(values)} largest"
    where = f"{outside} of {of} eigenvalues lie" if outside != 1 else f"1 of {of} eigenvalues lies"
    return "spectral radius ρ", against_one(rho, 4), f"{where} outside the unit circle"


def _exponent(found: Echo) -> tuple[str, str, str]:
    name, exponent = "Lyapunov exponent, with this input", found.exponent
    if not np.isfinite(exponent):
        return name, "–", ("no connection leads back: every difference comes to an end" if is_loopless(found.traced)
                           else "a single step forgets everything")  # fmt: skip
    verdict = {
        1: "differences grow: chaos",
        -1: "differences die out",
        0: f"not clearly above or below 1, the exponent being known to ±{plain(max(found.uncertainty, STILL), 2)} only",
    }
    return name, plain(exponent, 3), (f"a step multiplies a small difference by {factor(exponent)}: "
                                      f"{verdict[tendency(found)]}")  # fmt: skip


def _for_certain(found: Echo) -> str:
    """What is proved for these weights, whatever the input."""
    sure = found.certainty
    if sure.contracts:
        return "Proved: whatever the input, the state forgets its start (Jaeger 2001)."
    if sure.zero_unstable:
        return (
            "Proved: with no input at all not all starts meet, for 0 stays 0 and others leave it (Jaeger 2001). Two "
            "starts drawn at random may meet all the same, and a strong input may make all of them meet."
        )
    if np.isnan(sure.effective_spectral_radius):
        return f"Nothing is proved here. {UNKNOWN}"
    sigma, rho = "σ<sub>max</sub>", "ρ" if is_bare(found) else "effective ρ"
    head = f"Nothing is proved here. All starts meet for every input if {sigma} &lt; 1, which does not hold; "
    if found.traced.reservoir.W_in[:, 0].any():
        return (
            f"{head}that not all do if {rho} &gt; 1 is proved only with no input and no bias. With a bias it "
            "depends on both."
        )
    return (
        f"{head}with no input at all not all do if {rho} &gt; 1. Between {sigma} = 1 and {rho} = 1 it depends "
        "on the input."
    )


# The recipe


def recipe(m: Esn) -> str:
    """Four steps as buttons, each with what it has done; later ones wait."""
    found: Recipe = m.result
    said = (_drawn(found), _ran(found), _fitted(found), _used(found))
    rows = []
    for step, (name, line) in enumerate(zip(STEPS, said, strict=True), 1):
        pressed = "true" if step == m.done else "false"
        button = f"<button data-set='{json.dumps({'recipe': step})}' aria-pressed={pressed}>{step} {name}</button>"
        rows.append((button, line if step <= m.done else "not yet"))
    body = "".join(
        f"<tr{' data-chosen' if k == m.done else ''}><td>{button}</td><td class=wide>{line}</td></tr>"
        for k, (button, line) in enumerate(rows, 1)
    )
    return f"<table>{body}</table>"


def _drawn(found: Recipe) -> str:
    now, count = found.traced.settings, connections(found.traced)
    return (
        f"N = {grouped(now.n_units)} units, {grouped(count)} connections ({now.weights}, {now.topology}), "
        f"{rho_asked(found.traced)}. They stay as they are."
    )


def _ran(found: Recipe) -> str:
    traced = found.traced
    T, n = traced.states.shape
    washed = f"The first {traced.washout} are put aside (wash-out), the" if traced.washout else "The"
    return (
        f"{grouped(T)} steps, each gives a state of {grouped(n)} numbers. {washed} last {T - traced.n_train} are kept "
        "as new data."
    )


def _fitted(found: Recipe) -> str:
    traced, (k, columns) = found.traced, found.V.shape
    learned, now = traced.n_train - traced.washout, found.traced.settings
    how = "Recursive least squares" if now.learning == "recursive" else "One linear solve"
    return (
        f"{how} over {steps(learned)}, β = {_beta(now.log_ridge)}: V has {k} × {columns} weights, NMSE "
        f"{_nmse(found.error_train)}."
    )


def _used(found: Recipe) -> str:
    return f"{steps(len(found.y) - found.traced.n_train)} it has not seen: NMSE {_nmse(found.error_new)}."


def _beta(log_ridge: float) -> str:
    whole = round(log_ridge)
    if abs(log_ridge - whole) < 1e-9:
        return f"10{str(whole).translate(SUPERSCRIPTS)}" if whole else "1"
    return plain(10.0**log_ridge, 3)


# Errors and weights


def errors(m: Esn) -> str:
    """Normalised errors, the largest weight, and ridge regression against recursive least squares."""
    found: Recipe = m.result
    if m.done < FITTED:
        return _help("No readout yet.")
    traced, shows_new = found.traced, m.done > FITTED
    learned = traced.n_train - traced.washout
    rows = [("NMSE, training", _nmse(found.error_train), steps(learned))]
    if shows_new:
        rows.append(("NMSE, new data", _nmse(found.error_new), _verdict(found)))
    rows.append(("largest |V|", size(found.largest_weight), f"of {found.V.size} readout weights"))
    if found.online is not None:
        rows += _against_ridge(found, shows_new)
    note = "NMSE: mean squared error by the target’s variance. 0 is perfect, 1 is always answering the mean."
    return _table(("", "value", ""), rows) + _help(weights_warning(found)) + _help(note)


def _verdict(found: Recipe) -> str:
    if np.isnan(found.error_new) or np.isnan(found.error_train):
        return "the target does not vary or is not known"
    if is_much_worse(found):
        return f"far more than in training: {learned_by_heart(found)}"
    return steps(len(found.y) - found.traced.n_train)


def _against_ridge(found: Recipe, shows_new: bool) -> list[tuple[str, str, str]]:
    """Both solve the same problem where the teacher is fed back and nothing is forgotten."""
    now, off = found.traced.settings, float(np.abs(found.V - found.ridge_V).max())
    if not np.isfinite(off):
        return [("ridge, all at once", "–", "the recursive weights are no numbers any more")]
    largest = max(float(np.abs(found.ridge_V).max()), 1e-300)
    if off <= AGREE * largest:
        said = "the same V: one by one ends where all at once does"
    else:
        own = now.feedback_from == "own" and found.traced.reservoir.W_fb is not None
        reasons = [reason for reason, holds in (("it heard its own output", own), ("it forgets", now.forgetting < 1))
                   if holds]  # fmt: skip
        why = f", since {' and '.join(reasons)}" if reasons else ": rounding, which a tiny β lets grow"
        said = f"V is off by up to {plain(off, 3)}{why}"
    return [("against ridge, all at once", f"|V| {size(largest)}", said)]


# Memory


def totals(m: Esn) -> str:
    """The memory capacity against its bound, and how far back it reaches."""
    found: Memory = m.result
    now, r2, most = found.traced.settings, found.per_lag, ceiling(found)[0]
    bound = (
        "N: no reservoir of N units can have more (Jaeger 2002)"
        if most == now.n_units
        else f"r² is at most 1 at each lag; N = {grouped(now.n_units)} units could reach further"
    )
    rows = [
        ("memory capacity", apart(found.total, most, digits=4), f"sum of r² over lags 1…{len(r2)}"),
        ("the most there can be", str(most), bound),
        ("share", f"{apart(100 * found.total / most, 100)} %", f"of the most there can be{by_chance(found)}"),
    ]
    below = np.flatnonzero(r2 < 0.5)
    gaps = below.size and (r2[below[0] :] >= 0.5).any()
    first = "all lags shown" if not below.size else "no lag" if len(below) == len(r2) else f"lags 1…{below[0]}"
    first = f"{len(r2) - len(below)} lags, the last is {np.flatnonzero(r2 >= 0.5)[-1] + 1}" if gaps else first
    rows.append(("r² above ½", first, "where more than half of the variance comes back"))
    if now.lag <= len(r2):
        rows.append((f"r² at lag {now.lag}", apart(r2[now.lag - 1], 0.5, 1, digits=4), "the lag that you chose"))
    rows.append((f"NMSE at lag {now.lag}", _nmse(found.error_new), "on the new data of the plots above"))
    learned = found.traced.n_train - found.traced.washout
    note = (
        "The bars and r² are measured on a long random input of their own, with a readout for each lag and fresh "
        f"steps to judge it by. y and its NMSE have a readout that was fitted on {learned} of the steps shown."
    )
    return _table(("", "value", ""), rows) + _help(note) + _help(weights_warning(found))
