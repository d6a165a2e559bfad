"""The LSTM page by hand: the five lines of the gradient view at one step, as products where they are products."""

import numpy as np

from app.parts.calculation import DIGITS, added, fitting, result, value
from app.parts.numbers import Block, number, symbol
from lessons.lstm.model import Lstm
from lessons.lstm.terms import factors, net_inputs, raised, size, slope, tanh_slope
from lessons.lstm.topics import Gradient

NARROW = 30  # characters: these lines have wide signs


def gradient_blocks(m: Lstm, r: Gradient, t: int) -> list[Block]:
    one_step = m.traced.run.h.shape[1] == 1 and t < m.n_steps
    return [_lines(m, r, t), *([_one_step(m, t)] if one_step else [])]


def _between(name: str, other: str, T: int, t: int) -> str:
    return f"∂<i>{name}</i>({T})/∂<i>{other}</i>({t})"


def _lines(m: Lstm, r: Gradient, t: int) -> Block:
    T, k = m.n_steps, t - 1
    many = m.traced.run.h.shape[1] > 1
    f = m.traced.run.f[t:, m.shown_unit - 1][::-1]
    unit = f" of unit {m.shown_unit}" if many else ""
    bars = "‖" if many else "|"

    def sized(name: str, other: str) -> str:
        return f"{bars}{_between(name, other, T, t)}{bars}"

    lines = [
        *fitting(f"exact: {sized('c', 'c')}", size(r.cell[k]), NARROW),
        *fitting(f"exact: {sized('h', 'h')}", size(r.hidden[k]), NARROW),
        f"forget gates{unit}: <i>f</i>({T})···<i>f</i>({t + 1})" if len(f) > 1 else f"forget gates{unit}:",
        *fitting(f"&emsp;= {factors(f, 'forget_gate')}", size(r.forget[k], "forget-gate"), NARROW),
        *_truncated(r, t),
        *fitting(f"exact: {sized('h', 'c')}", size(r.truncated_exact[k]), NARROW),
        *fitting(f"tanh RNN: ‖{_between('h', 'h', T, t)}‖", size(r.vanilla[k]), NARROW),
    ]
    note = "Exact is the sum over all ways; truncated is the one way through the cell's own delay."
    if t == T:
        note = "At the last step no factor has been met yet: the empty product is 1."
    return Block(f"From step {T} back to k = {t}", lines, note)


def _truncated(r: Gradient, t: int) -> list[str]:
    """The one way back along c: o(T) (1 − tanh² c(T)) times the forget gates, for the unit where it is largest."""
    run = r.traced.run
    shown = run.o[-1] / np.cosh(run.c[-1]) ** 2
    with np.errstate(divide="ignore"):
        reach = np.log10(np.abs(shown)) + np.log10(run.f[t:]).sum(axis=0)
    j = int(np.argmax(reach))
    squashed = number(float(np.abs(np.tanh(run.c[-1, j]))), digits=DIGITS)
    lines = [f"truncated{f', largest in unit {j + 1}' if len(shown) > 1 else ''}:"]
    lines.append("&emsp;<i>o</i>·(1 − tanh² <i>c</i>)·Π<i>f</i>")
    lines.append(f"&emsp;= {number(run.o[-1, j], 'output_gate')}·(1 − {raised(squashed)}²)")
    product = f"&emsp;&ensp;·{factors(run.f[t:, j][::-1], 'forget_gate')}"
    return [*lines, *fitting(product, size(r.truncated[t - 1]), NARROW)]


def _one_step(m: Lstm, t: int) -> Block:
    """∂c(t+1)/∂c(t) of a single unit: the direct way, and the way through h(t) and the gates."""
    p, run = m.traced.params, m.traced.run
    f, c, shown = float(run.f[t, 0]), float(run.c[t - 1, 0]), float(run.o[t - 1, 0])
    W, P = p.W[:, 0], np.zeros(3) if p.P is None else p.P[:, 0]
    slopes = _slopes(m, t, c)
    back = {gate: float(W["ifgo".index(gate)]) for gate in slopes}
    detour = sum(back[gate] * slopes[gate][1] for gate in slopes)
    seen = {gate: float(P["if".index(gate)]) * slopes[gate][1] for gate in slopes if gate in "if" and p.P is not None}
    tanh = float(np.tanh(c))
    shows = slope(net_inputs(m.traced, t, 0)["o"])
    out = shown * tanh_slope(c) + float(P[2]) * tanh * shows
    direct = f + sum(seen.values())
    lines = [f"directly: {symbol('f', 'forget_gate', t + 1)} = {number(f, 'forget_gate', digits=DIGITS)}"]
    for gate, part in seen.items():
        lines.append(f"&emsp;peephole {symbol('P', sub=gate)}: {number(part, digits=DIGITS)}")
    lines.append(f"by way of {symbol('h', 'state', t)}:")
    for gate, (written, moved) in slopes.items():
        lines += fitting(f"&emsp;{symbol('W', sub=gate)}·{written}", f"{value(back[gate])}·{value(moved)}", NARROW)
    lines.append(f"&emsp;sum = {number(detour, digits=DIGITS)}")
    peephole = " (with the peephole)" if p.P is not None and P[2] else ""
    lines.append(f"&emsp;∂<i>h</i>({t})/∂<i>c</i>({t}) = {number(out, digits=DIGITS)}{peephole}")
    lines += added(_between("c", "c", t + 1, t), [value(direct), f"{value(detour)}·{value(out)}"])
    lines.append(f"&emsp; = {result(direct + detour * out, 'gradient')}")
    return Block(
        f"One step: from {t} to {t + 1}",
        lines,
        "∂h/∂c = o(1 − tanh² c). The direct part is all that the "
        "truncated gradient keeps. Gates are those of the later step, c is that of the earlier. "
        "For a gate f = σ(a), 1 − f is σ(−a).",
    )


def _slopes(m: Lstm, t: int, c: float) -> dict[str, tuple[str, float]]:
    """What the net input of each gate does to c(t + 1): as symbols and as a number."""
    net, run, variant = net_inputs(m.traced, t + 1, 0), m.traced.run, m.traced.variant
    i, g = float(run.i[t, 0]), float(run.g[t, 0])
    candidate = ("<i>i</i>(1 − <i>g</i>²)", i * tanh_slope(net["g"]))
    if variant == "coupled gates":
        return {"f": ("(<i>c</i> − <i>g</i>)·<i>f</i>(1 − <i>f</i>)", (c - g) * slope(net["f"])), "g": candidate}
    written = ("<i>g</i>·<i>i</i>(1 − <i>i</i>)", g * slope(net["i"]))
    if variant == "no forget gate":
        return {"i": written, "g": candidate}
    return {"f": ("<i>c</i>·<i>f</i>(1 − <i>f</i>)", c * slope(net["f"])), "i": written, "g": candidate}
