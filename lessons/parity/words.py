"""What the parity page says of its plots."""

import numpy as np

from app.parts.numbers import plain, power
from lessons.parity.parameters import ParityParameters


def sentence(m: ParityParameters) -> str:
    count, word = m.ones(m.at)
    said = [f"{count} so far at t = {m.at}: {word}.", _verdict(m)]
    return " ".join(said + ([_softness(m)] if m.soft else []))


def _verdict(m: ParityParameters) -> str:
    wrong, n, first = m.result["wrong"], m.n_steps, m.first_error
    if not first:
        return "The output is right." if n == 1 else f"All {n} outputs are right."
    if m.opposite:
        return "Every output is the opposite of the parity: here 1 means even."
    return f"Parity first goes wrong at t = {first}; wrong outputs: {plain(wrong.sum())} of {n}."


def _softness(m: ParityParameters) -> str:
    """What soft switches make of it, measured against hard ones with the same weights on the same bits."""
    start, r = f"With steepness {plain(m.steepness)}", m.result
    if (r["hard_memory"] != r["xor"]).any():
        return f"{start} {_against_hard(m)}"
    lost = np.flatnonzero(r["leak"] > 0.5)
    if not lost.size:
        return f"{start} the state holds: h₁ − h₂ stays within {at_most(max(r['leak'].max(), 0.001))} of the parity."
    k = int(lost[0])
    memory, wanted = plain(r["memory"][k], 3), plain(r["xor"][k])
    return f"{start} the state leaks: at t = {k + 1}, h₁ − h₂ is {memory} and should be {wanted}."


def _against_hard(m: ParityParameters) -> str:
    """Of weights that do not keep the parity as h₁ − h₂: they may keep it otherwise, or compute something else."""
    hard, soft, xor = m.result["hard_y"], np.rint(m.result["y"]), m.result["xor"]
    differs = np.flatnonzero(hard != soft)
    if differs.size:
        found = f"the output first differs from that of hard switches at t = {differs[0] + 1}"
    else:
        found = "every output rounds to what hard switches give" if m.n_steps > 1 else "the output rounds to a hard one"
    wrong = np.flatnonzero(hard != xor)
    if not wrong.size or ((hard != xor).all() and np.ptp(xor)):
        return f"{found}."
    return f"{found}. Hard switches with these weights first fail at t = {wrong[0] + 1}: they compute something else."


def at_most(value: float) -> str:
    """A bound in two digits, rounded up so that it holds."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return plain(np.ceil(value / unit - 1e-9) * unit, 2)


def output(m: ParityParameters, t: int) -> str:
    """y(t) with so many digits that it shows on which side of one half it is, and no 0 for what is only small."""
    y, a_out = float(m.result["y"][t - 1]), float(m.result["a_out"][t - 1])
    if m.soft and y == 0:
        return power(m.steepness * a_out / np.log(10))
    digits = next(n for n in (4, 8, 17) if n == 17 or y == 0.5 or plain(y, n) != "0.5")
    return plain(y, digits)


def explain(m: ParityParameters, step: int) -> str:
    r, k, w = m.result, step - 1, m.weights()
    count, word = m.ones(step)
    readout = f"{plain(w.V[0])}·{plain(r['h1'][k])} + ({plain(w.V[1])})·{plain(r['h2'][k])} + ({plain(w.b_out)})"
    return (
        f"With {count} up to t = {step} the parity is {word}. The output's net input is {readout} = "
        f"{plain(r['a_out'][k])}, so y({step}) = {output(m, step)}."
    )
