"""What the page on the unrolled network says: its sentence, its explanations, its script."""

import numpy as np

from app.parts.numbers import plain
from app.parts.ranges import LIMIT
from app.shell.export import literal

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SATURATED = 0.1  # a slope below this lets little through


def pretty(name: str) -> str:
    """A weight as it is written in formulas: W₁₂, h₁(0)."""
    return f"h{name[2:].translate(SUBSCRIPTS)}(0)" if name.startswith("h0") else name.translate(SUBSCRIPTS)


def percent(share: float) -> str:
    return f"{plain(100 * share, 2)} %"


def sentence(model) -> str:
    """Who contributes, how far the backward pass has come, and what holds the gradient back."""
    parts = [_contributions(model)]
    if model.backward and model.n_steps > 1 and np.any(model.terms()):
        reached = "one copy has" if model.at == model.n_steps else f"copies {model.n_steps} to {model.at} have"
        given = f"On the way back {reached} given {plain(model.terms()[model.at - 1 :].sum())} so far."
        parts.append(given if model.at > 1 else "The way back is done: all terms are added.")
    parts += [_cut_off(model), _blocked(model)]
    return " ".join(part for part in parts if part)


def _contributions(model) -> str:
    terms, shares, name = model.terms(), model.shares(), f"∂F/∂{pretty(model.chosen)}"
    if not shares.any():
        return f"No copy contributes to {name}: {_nothing(model)}"
    total, k, none = terms.sum(), int(shares.argmax()), int((shares == 0).sum())
    if model.n_steps == 1:
        return f"There is one copy, and all of {name} = {plain(total)} is its term."
    alive = shares[shares > 0]
    if (terms > 0).any() and (terms < 0).any():
        up, down = terms[terms > 0].sum(), terms[terms < 0].sum()
        return (
            f"The copies pull {name} both ways: {plain(up)} and {plain(down)} leave {plain(up + down)}. "
            f"The largest term, {plain(terms[k])}, is that of copy {k + 1}."
        )
    if alive.size > 1 and np.ptp(alive) < 1e-9:
        others = "" if not none else f", and {none} {'copy' if none == 1 else 'copies'} nothing"
        return f"{alive.size} copies contribute {percent(alive[0])} of {name} = {plain(total)} each{others}."
    least = int(shares.argmin())
    if model.n_steps == 2:
        rest = "the rest" if shares[1 - k] else "nothing"
        return f"Copy {k + 1} contributes {percent(shares[k])} of {name} = {plain(total)}, copy {2 - k} {rest}."
    most = f"Copy {k + 1} contributes {percent(shares[k])} of {name} = {plain(total)}"
    return f"{most}, copy {least + 1} {_only(shares[least])}."


def _only(share: float) -> str:
    return "nothing" if share == 0 else f"only {percent(share)}" if share < 0.2 else f"the least, {percent(share)}"


def _nothing(model) -> str:
    """Why all terms are 0."""
    if not model.result.copies.dF_dh[:, model.unit].any():
        return f"the loss {'is 0' if model.result.loss.loss == 0 else 'does not feel its unit'}."
    if not model.result.copies.dF_da[:, model.unit].any():
        return "the slope f′(a(t)) of its unit is 0 in all of them."
    return "what enters through it is 0 in all of them."


def _cut_off(model) -> str:
    """What truncation would make of the sum: the plots show all copies."""
    if model.window >= model.n_steps or not np.any(model.terms()):
        return ""
    return f"With the window of {model.window} the sum would be {plain(model.truncated()[model.window - 1])}."


def _blocked(model) -> str:
    """The copy that lets least of the gradient through, where it is little."""
    largest = model.result.slope.max(axis=1)
    k = int(largest.argmin())
    if model.n_steps == 1 or k == 0 or largest[k] > SATURATED:
        return ""
    how = "nothing" if largest[k] == 0 else "almost nothing"
    return f"At copy {k + 1} the slope f′(a({k + 1})) is {plain(largest[k], 2)}: {how} passes it on its way back."


def divergence(model) -> str:
    """Which way the values grow, and by how much a copy can multiply them."""
    factor = plain(np.linalg.norm(model.result.weights["W"], 2), 3)
    ways = "the state on its way forward, and the gradient on its way back"
    grown = np.abs(model.result.bptt.dF_dh).max(axis=1)
    start = ""
    if model.n_steps > 1 and grown[0] > max(LIMIT, grown[-1]):
        start = f" The gradient starts at copy {model.n_steps} and grows on its way back, so copy 1 has the largest."
    largest = f"by up to {factor}, the largest singular value of W"
    return f"Nothing limits these units: each copy can multiply {ways}, {largest}.{start}"


def explain(model, step: int) -> str:
    """The term of a copy and its share, with all factors."""
    r, i, k = model.result, model.unit, step - 1
    term, sizes = model.terms()[k], np.abs(model.terms()).sum()
    array, column = model.chosen[0], model.chosen[-1]
    s = f"s{i + 1}".translate(SUBSCRIPTS) + f"({step})"
    entering = {
        "W": (f"·h{column.translate(SUBSCRIPTS)}({step - 1})", model.before()[k, int(column) - 1]),
        "U": (f"·x({step})", r.x[k]),
        "b": ("", 1.0),
    }[array]
    values = plain(r.copies.dF_da[k, i]) + ("" if array == "b" else f"·{plain(entering[1])}")
    return (
        f"Copy {step} contributes {s}{entering[0]} = {values} = {plain(term)}; the sizes of all terms add up to "
        f"{plain(sizes)}, so its share is {plain(model.shares()[k])}."
    )


def script(model) -> str:
    """Lines that compute the table again with the engine."""
    r, w, last = model.result, model.result.weights, model.loss_at == "last step"
    array, index = model.chosen[0], [int(digit) - 1 for digit in model.chosen[1:]]
    entry = {"W": ", ".join(map(str, index)), "U": f"{index[0]}, 0", "b": f"{index[0]}"}[array]
    rows = ",\n              ".join(literal(column) for column in r.d.T)
    at = f'at="{model.loss_at.split()[0]}"'
    loss = f"gradients.sum_squared_error(run.h, d, {at})"
    states = [f'"h{j + 1}": run.h[:, {j}]' for j in range(model.n_units)]
    if model.output_layer:
        loss = f"gradients.output_layer(run.h, {w['V'].tolist()}, {w['b_out'].tolist()}, d, {at})"
        states += ['"y": loss.y[:, 0]', '"d": d[:, 0]']
    else:
        states += [f'"d{j + 1}": d[:, {j}]' for j in range(model.n_units)]
    return f"""
import numpy as np

from engine import gradients, rnn

x = np.array({literal(r.x)})
d = np.array([{rows}]).T  # (T, k)
params = rnn.RnnParams(U=np.array({w["U"].tolist()}), W=np.array({w["W"].tolist()}), b=np.array({w["b"].tolist()}))
network = {{"h0": np.array({w["h0"].tolist()}), "activation": "{model.activation}"}}

run = rnn.run(x, params, **network)
loss = {loss}
copies = gradients.unrolled(x, params, loss.explicit, **network)
term = copies.d{array}_per_copy[:, {entry}]  # what each copy adds to dF/d{model.chosen}
sizes = np.abs(term)
{"d[:-1] = np.nan  # the loss does not look at these" if last else "# the loss looks at all targets"}
table = {{"t": np.arange(1, len(x) + 1), "x": x, {", ".join(states)},
         "dF_dh": copies.dF_dh[:, {model.unit}], "s": copies.dF_da[:, {model.unit}], "term": term,
         "sum": np.cumsum(term[::-1])[::-1], "share": sizes / (sizes.sum() or 1.0)}}
"""
