"""The weights of the LSTM page as HTML: numbers set by hand with their reasons, the reader's own cell, and uploads."""

import json
import re
from html import escape
from typing import Any

import numpy as np

from app.parts.numbers import plain
from engine import hand_set
from engine.weights import LIMITS, MAX_BYTES
from lessons.lstm.model import Lstm
from lessons.lstm.networks import HAND_SET, described, has_readout
from lessons.lstm.parameters import GATES, PEEPHOLES, WEIGHTS
from lessons.lstm.terms import net_inputs

KINDS = {"U": "U (x)", "M": "M (mark)", "W": "W (h)", "b": "b"}
ROLES = {"i": "input-gate", "f": "forget-gate", "g": "candidate", "o": "output-gate"}
NAMES = {"i": "input gate i", "f": "forget gate f", "g": "candidate g", "o": "output gate o"}
TRAINED = "trained by the project's own script from a fixed seed"
UNUSED = {"no forget gate": "f is not used: f = 1.", "coupled gates": "i is not used: i = 1 − f."}
MOST_ROWS = 20  # inputs and units of a network whose sums are written out
ACCEPTS = ".pt,.pth,.safetensors,.npz"


def weights(m: Lstm) -> str:
    """The card of the shown network's numbers."""
    if m.one_cell:
        return _cell(m)
    if m.topic != "training" and m.shown_network in HAND_SET:
        return _by_hand(hand_set.make(HAND_SET[m.shown_network]))
    return _sizes(m)


# The reader's own cell


def _cell(m: Lstm) -> str:
    kinds = KINDS | ({"P": "P (c)"} if m.variant == "peephole" else {})
    heads = "".join(f"<th>{head}</th>" for head in ("", *kinds.values()))
    rows = "".join(
        f"<tr><td>{_gate_name(gate)}</td>{''.join(_field(m, kind, gate) for kind in kinds)}</tr>" for gate in GATES
    )
    return (
        f"<table class=gate-weights><tr>{heads}</tr>{rows}</table>"
        f"<p class=help>A gate is σ(U·x + M·mark + W·h(t−1) + b{' + P·c' if 'P' in kinds else ''}), the "
        f"candidate tanh of {'that without c' if 'P' in kinds else 'the same sum'}. "
        f"{'Row ' + UNUSED[m.variant] if m.variant in UNUSED else ''}</p>"
    )


def _gate_name(gate: str) -> str:
    """A row's label: on a phone the letter alone."""
    kind = NAMES[gate].removesuffix(gate)
    return f'<span class="gate-name {ROLES[gate]}" title="{kind.strip()}"><span class=long>{kind}</span>{gate}</span>'


def _field(m: Lstm, kind: str, gate: str) -> str:
    name = f"{kind}_{gate}"
    if kind == "P" and name not in PEEPHOLES:
        return "<td></td>"
    parameter = m.parameters()[name]
    low, high = parameter.bounds
    return (
        f'<td><input type=number data-set={name} value="{getattr(m, name):.6g}" step={parameter.step:g} '
        f'min={low} max={high} aria-label="{parameter.label}: {parameter.doc}"></td>'
    )


# Set by hand


def _by_hand(shown: hand_set.HandSet) -> str:
    several = len(shown.units) > 1
    rows = ""
    for unit in (*shown.units, "") if several else ("",):
        mine = [reason for reason in shown.reasons if not several or _unit(reason, shown) == unit]
        mine = [reason._replace(entry=reason.entry.removeprefix(f"{unit} ")) for reason in mine]
        rows += f"<tr><th colspan=3>{escape(unit) or 'readout'}</th></tr>" if several else ""
        rows += "".join(_reason(reason) for reason in sorted(mine, key=_place))
    table = f"<table><tr><th>number</th><th>value</th><th class=why>why</th></tr>{rows}</table>"
    if several:
        units = ", ".join(f"{k} is “{escape(unit)}”" for k, unit in enumerate(shown.units, 1))
        return f"<p class=help>Unit {units}. All numbers not listed are 0.</p>{table}"
    return f"{_matrix(shown)}{_change(shown)}{table}"


def _unit(reason: hand_set.Reason, shown: hand_set.HandSet) -> str:
    """Which of several units a number belongs to; none has those of the readout."""
    return next((unit for unit in shown.units if reason.entry.startswith(f"{unit} ")), "")


def _place(reason: hand_set.Reason) -> tuple[int, int]:
    """Numbers of one gate stand together, as their rows do: U, W, b. The readout's come last."""
    readout = reason.entry == "b_out" or reason.entry.startswith("V")
    return len(GATES) if readout else GATES.index(reason.entry[2]), "UWVb".index(reason.entry[0])


def _entries(shown: hand_set.HandSet) -> dict[str, float]:
    """Values of a single unit under the names of the page's parameters."""
    names = {f"{kind}_{gate}": f"{kind}_{gate}" for kind in "Wb" for gate in GATES}
    for letter, fed in zip("UM", shown.inputs, strict=False):
        names |= {f"U_{gate},{fed}": f"{letter}_{gate}" for gate in GATES}
    return {names[reason.entry]: reason.value for reason in shown.reasons if reason.entry in names}


def _matrix(shown: hand_set.HandSet) -> str:
    """Gates by kinds of weights, to be read at a glance."""
    entries = _entries(shown)
    kinds = [kind for kind in KINDS if f"{kind}_i" in entries]
    heads = "".join(f"<th>{head}</th>" for head in ("", *(KINDS[kind] for kind in kinds)))
    cells = {gate: "".join(f"<td>{plain(entries[f'{kind}_{gate}'])}</td>" for kind in kinds) for gate in GATES}
    rows = "".join(f"<tr><td>{_gate_name(gate)}</td>{cells[gate]}</tr>" for gate in GATES)
    return f"<table class=gate-weights><tr>{heads}</tr>{rows}</table>"


def _change(shown: hand_set.HandSet) -> str:
    """The button that takes the numbers over into the reader's own cell."""
    values = dict.fromkeys((*WEIGHTS, *PEEPHOLES), 0.0) | _entries(shown)
    asked = {"network": "one cell", "variant": "full"} | {name: f"{value:g}" for name, value in values.items()}
    return (
        f"<p class=help><button data-set='{json.dumps(asked)}'>Change these numbers</button> "
        "They become your own single cell, which has no readout y.</p>"
    )


def _reason(reason: hand_set.Reason) -> str:
    """One row: the number's name as the lesson has it, in the colour of its gate, its value, and why."""
    entry = re.sub("^U(_.),mark$", r"M\1", reason.entry).removesuffix(",x").replace("V,", "V_")
    kind, _, index = entry.partition("_")
    role = ROLES.get(index.partition(",")[0], "")
    sub = f"<sub>{escape(index)}</sub>" if index else ""
    name = f'<i class="gate-name {role}">{escape(kind)}{sub}</i>'
    return f"<tr><td>{name}</td><td>{plain(reason.value)}</td><td class=why>{_minus(reason.sentence)}</td></tr>"


def _minus(sentence: str) -> str:
    """A sentence with a minus sign where it has a hyphen before a number."""
    return re.sub(r"-(?=\d)|(?<= )-(?= )", "−", escape(sentence))


# Larger networks


def _sizes(m: Lstm) -> str:
    params, shown = m.traced.params, m.network_object()
    n, n_inputs = params.W.shape[1], params.U.shape[1]
    count = sum(array.size for array in params if array is not None)
    layer = f"Layer {m.shown_layer} of {m.n_layers}: " if m.n_layers > 1 else ""
    inputs = "1 input" if n_inputs == 1 else f"{n_inputs} inputs"
    lines = [
        f"{layer}{n} unit{'s' * (n > 1)}, {inputs}: U {4 * n} × {n_inputs}, W {4 * n} × {n}, b {4 * n}"
        f"{f', P 3 × {n}' if params.P is not None else ''}, <b>{count} numbers</b>; rows i, f, g, o."
    ]
    if shown is not None:
        k = shown.V.shape[0]
        lines.append(
            "The file holds no readout: y is h."
            if not has_readout(shown) and m.shown_network == "uploaded"
            else f"Readout y = V h + b: V {k} × {shown.V.shape[1]}, b {k}."
        )
    lines.append(_origin(m))
    few = n + n_inputs <= MOST_ROWS
    unused = f" Column {UNUSED[m.traced.variant]}" if m.traced.variant in UNUSED else ""
    sums = (
        f"Unit {m.shown_unit} at t = {m.at}: each value times its weight, added up, is a gate's net "
        f"input a; h is that of t = {m.at - 1}.{unused}"
    )
    lines.append(sums if few else "The exported script has all the numbers.")
    return "".join(f"<p class=help>{line}</p>" for line in lines) + (_sums(m) if few else "")


def _sums(m: Lstm) -> str:
    """What the shown unit is fed at the cursor, with its weight into each gate, and the net inputs."""
    now, k, unit = m.traced, m.at - 1, m.shown_unit - 1
    p, n = now.params, now.params.W.shape[1]
    own = [gate * n + unit for gate in range(len(GATES))]
    before = now.run.h[k - 1] if k else np.zeros(n)
    names = _input_names(m, len(now.inputs[k]))
    fed: list[tuple[str, float, Any]] = []
    fed += [(name, value, p.U[own, j]) for j, (name, value) in enumerate(zip(names, now.inputs[k], strict=True))]
    fed += [(f"h{_index(j, n)}", before[j], p.W[own, j]) for j in range(n)]
    fed.append(("1 (b)", 1.0, p.b[own]))
    if p.P is not None:
        old = now.run.c[k - 1, unit] if k else 0.0
        fed.append((f"c({k})", old, [p.P[0, unit], p.P[1, unit], None, None]))
        fed.append((f"c({k + 1})", now.run.c[k, unit], [None, None, None, p.P[2, unit]]))
    heads = "".join(f'<th><span class="gate-name {ROLES[gate]}">{gate}</span></th>' for gate in GATES)
    rows = "".join(
        f"<tr><td>{name}</td>{''.join(f'<td>{_entry(entry)}</td>' for entry in (value, *weights))}</tr>"
        for name, value, weights in fed
    )
    net = net_inputs(now, k + 1, unit)
    last = "".join(f"<td><b>{_entry(net[gate])}</b></td>" for gate in GATES)
    return (
        f"<table class=sums><tr><th></th><th>value</th>{heads}</tr>{rows}<tr><td>sum a</td><td></td>{last}</tr></table>"
    )


def _input_names(m: Lstm, n_inputs: int) -> list[str]:
    if m.shown_layer == 1 and m.uses_x and n_inputs <= 2:
        return ["x", "mark"][:n_inputs]
    letter, below = ("h", " below") if m.shown_layer > 1 else ("x", "")
    return [f"{letter}{_index(j, n_inputs)}{below}" for j in range(n_inputs)]


def _index(j: int, of: int) -> str:
    return f"<sub>{j + 1}</sub>" if of > 1 else ""


def _entry(value: float | None) -> str:
    """Four decimals: they line up, and are what a sum needs."""
    if value is None:
        return ""
    rounded = value == round(value) or not 5e-5 <= abs(value) < 1e3
    return plain(value, 3) if rounded else f"{value:.4f}".replace("-", "−")


def _origin(m: Lstm) -> str:
    if m.topic == "training":
        return "These weights are in training now."
    if m.shown_network == "random":
        return (
            f"Drawn from seed {m.seed}: uniform between ±1/√n, biases 0 but the forget gate's, which are "
            f"{plain(m.forget_bias)}."
        )
    if m.shown_network == "uploaded":
        return f"From your file {escape(m.upload_name)}."
    return f"The numbers were {TRAINED}."


# Upload


def upload(m: Lstm) -> str:
    """The card where readers choose a file with their own weights, and see which one is shown."""
    if m.uploaded is None:
        loaded = (
            "<p class=help>No file is loaded; until you choose one, this is the latch. An address holds no file.</p>"
        )
    else:
        name = escape(m.upload_name)
        loaded = f"<p class=help>Loaded: <b>{name}</b>, {described(m.uploaded)}.</p>"
    return (
        f'<p><label class="button file primary">Choose a file<input type=file data-upload accept="{ACCEPTS}" '
        f'aria-label="Weights file"></label></p>{loaded}'
        "<p class=help>A PyTorch LSTM's state_dict as .pt, .safetensors or .npz, or a file saved by the engine: "
        '<code>torch.save(model.state_dict(), "net.pt")</code> writes one. Up to '
        f"{LIMITS['layers']} layers of {LIMITS['units']} units, {MAX_BYTES // 2**20} MiB. The first input is "
        "x, the second the mark. The file does not leave this server, and nothing of it is kept when you leave.</p>"
    )
