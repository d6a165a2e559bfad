"""The Python scripts that compute the tables of the LSTM page again, by topic, with NumPy alone."""

import numpy as np

from app.shell.export import PACKED, array, joined, literal, wrapped
from engine import tasks
from engine.deep import Layer
from lessons.lstm import script_lines
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.topics import (
    Gradient,
    Shown,
    TrainingShown,
    Variants,
    peepholes,
    says_characters,
    trained_updates,
)

Kind = tuple[str, bool]  # variant, and whether there are peepholes


def source(m: LstmParameters, r: Shown) -> str:
    """Lines that leave the plotted columns in a dict `table`."""
    layers, shown = _layers(m, r)
    kinds = {_kind(layer) for layer in layers}
    if isinstance(r, Gradient | Variants):
        kinds |= {("full", True), ("full", False)}  # the general form of a layer
    blocks = [_head(m, kinds), _input(m), _weights(m, r, layers, shown), script_lines.LOGISTIC]
    below = _below(layers, shown, kinds)
    if isinstance(r, Variants):
        blocks += [_lstm("any", has_peepholes=True), script_lines.GRU, *below, script_lines.VARIANTS]
    elif isinstance(r, Gradient):
        blocks += [_lstm("any", has_peepholes=True)] if below else []
        blocks += [script_lines.SLOPES, *below, _gradient(m, layers[shown])]
    else:
        blocks += [_lstm(*(min(kinds) if len(kinds) == 1 else ("any", True))), *below]
        blocks += [_run(m, layers, shown, kinds), _traces(m, r)]
    return joined(blocks)


def _layers(m: LstmParameters, r: Shown) -> tuple[list[Layer], int]:
    """The network's layers, the lowest first, and the index of the shown one."""
    net = r.snapshot.networks["lstm"] if isinstance(r, TrainingShown) else m.chosen_network()
    if net is None:
        return [Layer("lstm", r.traced.params, {"variant": r.traced.variant})], 0
    return list(net.layers), m.shown_layer - 1


def _kind(layer: Layer) -> Kind:
    return layer.options.get("variant", "full"), getattr(layer.params, "P", None) is not None


def _head(m: LstmParameters, kinds: set[Kind]) -> str:
    said = f"unit = {m.shown_unit - 1}  # the one that is shown, counted from 0"
    if m.topic == "gradient":
        return f'{said}\nnp.seterr(divide="ignore", over="ignore")  # log10 of 0 is −inf, and 1 / ∞ is 0'
    if m.topic == "variants" or m.shown_network == "uploaded" or any(peeps for _, peeps in kinds):
        return f'{said}\nnp.seterr(over="ignore")  # a gate of 1 / (1 + ∞) is 0'
    return said


def _input(m: LstmParameters) -> str:
    """Lines that set `fed` (T, m) and start the table."""
    if m.is_text:
        return f"""text = {m.text.ljust(m.n_steps)[: m.n_steps]!r}
numbers = [{tasks.ALPHABET!r}.index(character) for character in text]
fed = np.eye({len(tasks.ALPHABET)})[numbers]  # (T, {len(tasks.ALPHABET)}): 1 for the character that is read
table = {{"t": np.arange(1, len(fed) + 1)}}"""
    x, mark = m.inputs()
    lines = [wrapped(f"x = {_x(m, x)}")]
    if m.uses_mark:
        steps = (np.flatnonzero(mark) + 1).tolist()
        lines.append("mark = np.zeros(len(x))")
        lines += [f"mark[np.array({steps}) - 1] = 1"] if steps else []
    columns = ["x", "mark"][: 2 if m.uses_mark else 1] + [f"np.zeros((len(x), {m.n_inputs - 2}))"] * (m.n_inputs > 2)
    lines.append(f"fed = np.column_stack([{', '.join(columns)}])  # (T, m)")
    marked = ', "mark": mark' if m.uses_mark else ""
    return "\n".join([*lines, f'table = {{"t": np.arange(1, len(x) + 1), "x": x{marked}}}'])


def _x(m: LstmParameters, x: np.ndarray) -> str:
    """The input as drawn from the seed, or as numbers."""
    drawn = m.signal == "task" or m.topic == "training"
    if drawn and m.task != "count ab":
        size, rng = m.n_steps, f"np.random.default_rng({m.seed})"
        return {
            "adding": f"{rng}.uniform(-1, 1, {size})",
            "marked sum": f"np.round({rng}.uniform(-1, 1, {size}), 2)",
            "parity": f"{rng}.integers(2, size={size}).astype(float)",
        }.get(m.task, f"2.0 * {rng}.integers(2, size={size}) - 1")
    return f"np.array({literal(x)})"


def _weights(m: LstmParameters, r: Shown, layers: list[Layer], shown: int) -> str:
    """Lines that set U, W, b and P of the shown layer, those of others with a number, and V and b_out."""
    net = r.snapshot.networks["lstm"] if isinstance(r, TrainingShown) else m.chosen_network()
    if net is None and not m.one_cell:
        return _drawn_weights(m, r)
    lines = [f"# the weights after {trained_updates(r)} updates"] if isinstance(r, TrainingShown) else []
    for number, layer in enumerate(layers):
        named = zip(("U", "W", "b", "P"), layer.params, strict=True)
        lines += [f"{name}{_number(number, shown)} = {array(part)}" for name, part in named if part is not None]
    if net is not None:
        lines += [f"V = {array(net.V)}", f"b_out = {array(net.b_out)}"]
    if isinstance(r, Variants) and r.traced.params.P is None:
        lines.append(f"P = {array(peepholes(r.traced.params, m.seed))}  # random, for the network has none")
    return "\n".join(lines if "frombuffer" not in "".join(lines) else [PACKED, *lines])


def _number(layer: int, shown: int) -> str:
    return "" if layer == shown else f"_{layer + 1}"


def _drawn_weights(m: LstmParameters, r: Shown) -> str:
    """Lines that draw U, W, b, and P if it is asked for."""
    return f"""n, rng = {m.n_units}, np.random.default_rng({m.seed})
bound = n**-0.5
U, W = rng.uniform(-bound, bound, (4 * n, 2)), rng.uniform(-bound, bound, (4 * n, n))
b = np.repeat([0, {m.forget_bias!r}, 0, 0], n)""" + (
        "\nP = rng.uniform(-bound, bound, (3, n))  # peepholes of i, f, o"
        if r.traced.params.P is not None or isinstance(r, Variants)
        else ""
    )


def _lstm(variant: str, has_peepholes: bool) -> str:
    """The function `lstm` for one variant, or for any."""
    parameters = {True: ', P=None, variant="full"', False: ", P" if has_peepholes else ""}[variant == "any"]
    return script_lines.LSTM.format(
        parameters=parameters,
        prepared=script_lines.NO_PEEPHOLES if variant == "any" else "",
        peepholes=script_lines.PEEPHOLES if has_peepholes else "",
        gates=script_lines.GATES[variant],
        peephole=script_lines.PEEPHOLE if has_peepholes else "",
    )


def _call(layer: Layer, fed: str, number: str, kinds: set[Kind]) -> str:
    """The call of `lstm` for a layer, whose weights have this number."""
    variant, has_peepholes = _kind(layer)
    arguments = [fed, *(f"{name}{number}" for name in ("U", "W", "b", "P")[: 4 if has_peepholes else 3])]
    if len(kinds) > 1 and variant != "full":
        arguments.append(f"variant={variant!r}")
    return f"lstm({', '.join(arguments)})"


def _below(layers: list[Layer], shown: int, kinds: set[Kind]) -> list[str]:
    """Lines that run the layers below the shown one."""
    return [f"fed = {_call(layer, 'fed', f'_{k + 1}', kinds)}[5]  # h of layer {k + 1} is what the next one is fed"
            for k, layer in enumerate(layers[:shown])]  # fmt: skip


def _run(m: LstmParameters, layers: list[Layer], shown: int, kinds: set[Kind]) -> str:
    """Lines that run the shown layer and those above it."""
    call = _call(layers[shown], "fed", "", kinds)
    lines, top = [f"i, f, g, o, c, h = {call}"], "h"
    for k in range(shown + 1, len(layers)):
        lines.append(f"above = {_call(layers[k], top, f'_{k + 1}', kinds)}[5]  # h of layer {k + 1}")
        top = "above"
    if m.has_readout:
        lines.append(f"y = {top} @ V.T + b_out")
    return "\n".join(lines)


def _gradient(m: LstmParameters, layer: Layer) -> str:
    """Lines that run a layer and follow its derivatives."""
    variant, has_peepholes = _kind(layer)
    gates, by_i, by_f = "logistic(a_i), logistic(a_f)", "g * slope(a_i)", "c[t - 1] * slope(a_f)"
    if variant == "no forget gate":
        gates, by_f = "logistic(a_i), 1", "np.zeros(n)"
    elif variant == "coupled gates":
        gates, by_i, by_f = "1 - logistic(a_f), logistic(a_f)", "np.zeros(n)", "(c[t - 1] - g) * slope(a_f)"
    return script_lines.GRADIENT.format(
        gates=gates,
        partials=f"{by_i}, {by_f}",
        peepholes=script_lines.PEEPHOLES.replace("    ", "", 1) if has_peepholes else "",
        peephole=script_lines.PEEPHOLE.replace("    ", "", 1) if has_peepholes else "",
        by_peepholes=" + P[0] * dc_da_i + P[1] * dc_da_f" if has_peepholes else "",
        by_output_peephole=" + P[2] * dh_da_o" if has_peepholes else "",
        seed=m.seed,
    )


def _traces(m: LstmParameters, r: Shown) -> str:
    now = r.traced
    names = ("f", "c") if isinstance(r, TrainingShown) else ("i", "f", "g", "o", "c", "h")
    line = "table |= {" + ", ".join(f'"{name}": {name}[:, unit]' for name in names) + "}"
    if says_characters(m, now):
        return f"{line}\n{script_lines.TEXT_ANSWER}"
    if not m.has_readout:
        return line
    return f'{_targets(now.d)}\n{line}\ntable |= {{"y": y[:, 0], "d": d}}'


def _targets(d: np.ndarray) -> str:
    """Lines that set d, where np.nan stands for no target."""
    asked = np.flatnonzero(np.isfinite(d)).tolist()
    if len(asked) > 1 and asked[0] + len(asked) == len(d):
        gap = f"[np.nan] * {asked[0]} + " if asked[0] else ""
        return wrapped(f"d = np.array({gap}{literal(d[asked[0] :])})")
    return "\n".join(["d = np.full(len(fed), np.nan)", *(f"d[{step - len(d)}] = {float(d[step])!r}" for step in asked)])
