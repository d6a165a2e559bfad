"""LSTMs whose every number was set by hand, for a reason, and that solve their tasks exactly.

    latch         keeps the value (+1 or -1) of the last marked step                         1 unit
    marked sum    adds up the values of all marked steps                                     1 unit
    aⁿbⁿ          accepts a, b with n >= 1 a's and then as many b's: counts                  3 units
    parity        tells an odd number of ones from an even one                               1 unit

A gate with net input +30 or -30 is open or closed to within 1e-13; a candidate with net input 20 or -20 is +1 or -1.
Rows are i, f, g, o as in `engine.lstm`. Sources: Hochreiter and Schmidhuber 1997 (gates that keep, and that add up);
Gers and Schmidhuber 2001 (an LSTM that counts aⁿbⁿ); Eq. 12.36 for parity, which is solved there without gates.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine import _validate
from engine.deep import Layer
from engine.lstm import LstmParams
from engine.network import Network

NAMES = ("latch", "marked sum", "aⁿbⁿ", "parity")


class Reason(NamedTuple):
    """One weight or bias, and why it is what it is."""

    entry: str  # "U_i,mark": row, input; "W_g" or "W_g,counter": row, unit it listens to; several units: "failed U_i,x"
    value: float
    sentence: str


class HandSet(NamedTuple):
    """A network set by hand."""

    network: Network
    reasons: tuple  # Reason; every number of a single unit, every number but zeros of several units
    decide: Callable  # y (T, k) -> (T, k): the network's answers
    inputs: tuple  # names of the columns of x
    units: tuple  # names of the units


_ALWAYS_SHOWN = {"b_o": (30, "The output gate is always open: 1/(1+e⁻³⁰) is 1 to within 10⁻¹³.")}
_DEAF = {
    "W_i": (0, "The input gate does not listen to the cell."),
    "W_f": (0, "The forget gate does not listen to the cell."),
    "W_g": (0, "The candidate does not listen to the cell."),
    "W_o": (0, "The output gate does not listen to the cell."),
}
_LATCH = _DEAF | _ALWAYS_SHOWN | {
    "U_i,x": (0, "Whether to write depends on the mark alone, not on the value."),
    "U_i,mark": (60, "A mark lifts the input gate from -30 to +30: it opens."),
    "b_i": (-30, "Without a mark the input gate is closed: nothing is written."),
    "U_f,x": (0, "Whether to keep depends on the mark alone, not on the value."),
    "U_f,mark": (-60, "A mark takes the forget gate from +30 to -30: the old value goes."),
    "b_f": (30, "Without a mark the forget gate is open: the cell keeps its value."),
    "U_g,x": (20, "tanh(±20) is ±1: the candidate is the sign of the value."),
    "U_g,mark": (0, "What is written depends on the value alone."),
    "b_g": (0, "Plus and minus are treated alike."),
    "U_o,x": (0, "The value has no say in what is shown."),
    "U_o,mark": (0, "The mark has no say in what is shown."),
    "V": (1.313, "h is tanh(±1) = ±0.7616, and 1.313 = 1/0.7616 takes it back to ±1."),
    "b_out": (0, "Plus and minus are treated alike."),
}  # fmt: skip
_MARKED_SUM = _DEAF | _ALWAYS_SHOWN | {
    "U_i,x": (0, "Whether to add depends on the mark alone, not on the value."),
    "U_i,mark": (60, "A mark lifts the input gate from -30 to +30: it opens."),
    "b_i": (-30, "Without a mark the input gate is closed: nothing is added."),
    "U_f,x": (0, "The sum is kept whatever the value is."),
    "U_f,mark": (0, "A mark adds to the sum and erases nothing."),
    "b_f": (30, "The forget gate is always open: f = 1 is the constant error carousel."),
    "U_g,x": (1e-6, "So small that tanh is a straight line: a millionth of the value is added."),
    "U_g,mark": (0, "What is added depends on the value alone."),
    "b_g": (0, "A value of 0 adds nothing."),
    "U_o,x": (0, "The value has no say in what is shown."),
    "U_o,mark": (0, "The mark has no say in what is shown."),
    "V": (1e6, "Takes the millionth back: sums up to 1,000 are right to 0.001."),
    "b_out": (0, "An empty sum is 0."),
}  # fmt: skip
_PARITY = _ALWAYS_SHOWN | {
    "U_i,x": (60, "A one lifts the input gate from -30 to +30: it opens."),
    "W_i": (0, "Whether to write depends on the bit alone."),
    "b_i": (-30, "A zero leaves the input gate closed: nothing is written."),
    "U_f,x": (-60, "A one takes the forget gate from +30 to -30: the old state goes."),
    "W_f": (0, "Whether to keep depends on the bit alone."),
    "b_f": (30, "A zero leaves the forget gate open: the state stays."),
    "U_g,x": (0, "What is written depends on the state alone."),
    "W_g": (-20, "The opposite of the state: odd (h = 0.76) gives -15, even (h = -0.76) gives +15."),
    "b_g": (8, "Before the first one h is 0, which must count as even: 8 gives +1, -15 + 8 still -1."),
    "U_o,x": (0, "The bit has no say in what is shown."),
    "W_o": (0, "The output gate does not listen to the cell."),
    "V": (1, "Shows the state as it is: 0.76 for odd; 0 at first or -0.76 for even."),
    "b_out": (-0.4, "About halfway between 0 (even, at first) and 0.76 (odd)."),
}  # fmt: skip
_COUNTING = {
    "counter b_i": (30, "Always open: every letter counts."),
    "counter b_f": (30, "Always open: the count is kept."),
    "counter U_g,x": (20, "tanh(±20) is ±1: an a counts one up, a b one down."),
    "counter b_o": (30, "Always open: h is tanh(count), 0 at zero and at least 0.76 above it."),
    "seen b U_i,x": (-30, "A b (-1) opens the input gate, an a (+1) closes it."),
    "seen b U_f,x": (30, "An a keeps what is there; a b replaces it, so the cell never exceeds 1."),
    "seen b b_g": (20, "What a b writes is always 1."),
    "seen b b_o": (30, "Always open: h is 0 before the first b and 0.76 after it."),
    "failed U_i,x": (50, "An a: at least 90 + 50 - 100 = 40, open. A b: 90 - 50 = 40 less the next line."),
    "failed W_i,counter": (-100, "A b while the count is above zero (h at least 0.76): 40 - 76 = -36, closed."),
    "failed b_i": (90, "A b while the count is zero (h = 0): 90 - 50 = 40, open: one b too many."),
    "failed b_f": (30, "Always open: a mistake is never forgotten."),
    "failed U_g,x": (-20, "With the next two: a b writes tanh(20 + 20 + …) = 1, if the gate lets it."),
    "failed W_g,seen b": (20, "An a after a b: -20 + 20 + 15 = 15 writes 1: the a comes too late."),
    "failed b_g": (20, "An a before any b: -20 + 20 = 0 writes nothing: no mistake."),
    "failed b_o": (30, "Always open: h is 0 until a mistake and at least 0.76 after it."),
    "V,counter": (-1, "A count above zero (h at least 0.76) takes the output below 0."),
    "V,failed": (-3, "A mistake takes away at least 2.28, more than a negative count can give."),
    "b_out": (0.4, "Above 0 only if the count is back at zero and nothing was wrong."),
}


class _Task(NamedTuple):
    entries: dict
    decide: Callable
    inputs: tuple
    units: tuple


def _as_it_is(y):
    return np.array(y)


def _sign(y):
    return np.where(np.asarray(y) > 0, 1.0, -1.0)


def _above_zero(y):
    return np.asarray(y) > 0


_TASKS = {
    "latch": _Task(_LATCH, _sign, ("x", "mark"), ("cell",)),
    "marked sum": _Task(_MARKED_SUM, _as_it_is, ("x", "mark"), ("cell",)),
    "aⁿbⁿ": _Task(_COUNTING, _above_zero, ("x",), ("counter", "seen b", "failed")),
    "parity": _Task(_PARITY, _above_zero, ("x",), ("cell",)),
}


def make(name):
    """The network that solves one of NAMES, with the reason for each of its numbers.

    x is (T, 2), value and mark (0 or 1), for "latch" (values ±1) and "marked sum"; (T, 1) for "aⁿbⁿ" (a is +1, b is -1)
    and "parity" (0 or 1). Returns HandSet with .network (one LSTM layer), .reasons and .decide, which turns y into the
    answer for the sequence so far: the value kept (+1 or -1), the sum, accepted or not, odd or not.
    Before the first mark a latch has nothing to tell: its y is 0 to within 1e-9 for a thousand steps.
    Raises ValueError for another name.
    """
    task = _TASKS[_validate.choice("name", name, NAMES)]
    entries = sorted(task.entries.items(), key=lambda item: _table_order(item[0], task.units))
    reasons = tuple(Reason(entry, float(value), sentence) for entry, (value, sentence) in entries)
    return HandSet(_network(task), reasons, task.decide, task.inputs, task.units)


def _place(entry, units):
    """The unit's number, "U_i" or the like, and the name of the input or unit listened to ("" where there is one)."""
    unit = next((number for number, name in enumerate(units) if entry.startswith(f"{name} ")), 0)
    name, _, source = entry.removeprefix(f"{units[unit]} ").partition(",")
    return unit, name, source


def _table_order(entry, units):
    """Unit by unit, gate by gate: U, W, b. The readout comes last."""
    unit, name, _ = _place(entry, units)
    if name in ("V", "b_out"):
        return len(units), name
    return unit, "ifgo".index(name[-1]), "UWb".index(name[0])


def _network(task):
    """Put each entry where its name says; everything not named is 0."""
    n, m = len(task.units), len(task.inputs)
    U, W, b, V, b_out = np.zeros((4, n, m)), np.zeros((4, n, n)), np.zeros((4, n)), np.zeros((1, n)), np.zeros(1)
    for entry, (value, _) in task.entries.items():
        unit, name, source = _place(entry, task.units)
        row = "ifgo".find(name[-1])
        column = (task.inputs if name[0] == "U" else task.units).index(source or task.units[0])
        if name == "b_out":
            b_out[0] = value
        elif name == "V":
            V[0, column] = value
        elif name[0] == "U":
            U[row, unit, column] = value
        elif name[0] == "W":
            W[row, unit, column] = value
        else:
            b[row, unit] = value
    params = LstmParams(U.reshape(4 * n, m), W.reshape(4 * n, n), b.ravel())
    return Network((Layer("lstm", params, {"variant": "full"}),), V, b_out)
