"""What of the LSTM page is there to see for the reader's settings: strips, cards, controls."""

import numpy as np

from lessons.lstm.charts import SHOWN_CHARACTERS
from lessons.lstm.model import Lstm

BIASES = {"b_i", "b_f", "b_g", "b_o"}
# Strips from top to bottom by topic.
STRIPS = {
    "gates": ("x", "mark", "text", "i", "f", "g", "o", "c", "h", "y"),
    "gradient": ("x", "mark", "text", "f", "c", "cell"),
    "variants": ("x", "mark", "text", "full", "no_forget_gate", "peephole", "coupled_gates", "gru"),
    "training": ("x", "mark", "f", "c", "y"),
}
CARDS = {
    "gates": {"heat", "weights"},
    "gradient": {"lines", "weights"},
    "variants": {"relatives", "weights"},
    "training": {"training", "heat"},
}


def strips(m: Lstm, plotted: dict[str, np.ndarray]) -> list[str]:
    """Strips that have something to show now, top to bottom."""
    has_text = m.is_text and m.n_steps <= SHOWN_CHARACTERS
    return [name for name in STRIPS[m.topic] if name in plotted or (name == "text" and has_text)]


def cards(m: Lstm) -> set[str]:
    """Keys of the cards that have something to say now."""
    found = set() if m.concealed else set(CARDS[m.topic])
    if found and m.network == "uploaded" and m.topic != "training":
        found.add("upload")
    if found and m.is_text:
        found.add("characters")
    return found - {"heat"} if m.n_shown_units == 1 else found


def controls(m: Lstm) -> set[str]:
    """Names of the controls that do something now."""
    found = {"topic", "network", "n_steps", "signal", "x", "mark"}
    if m.topic == "training":
        found = {"topic", "lag", "n_units", "forget_bias", "learning_rate", "n_updates", "method", "clip"}
    elif m.shown_network in ("one cell", "random"):
        found |= BIASES if m.one_cell else {"n_units", "forget_bias"}
        found |= {"variant"} if m.topic != "variants" else set()
    if m.is_text:
        found = found - {"n_steps", "signal", "x"} | {"text"}
    if not m.uses_mark:
        found -= {"mark"}
    if m.n_shown_units > 1:
        found |= {"unit"} | ({"heat"} if "heat" in CARDS[m.topic] else set())
    if m.n_layers > 1:
        found |= {"layer"}
    return found


def has_chance(m: Lstm) -> bool:
    """Whether the seed changes anything."""
    generated = m.signal == "task" and m.uses_x
    return generated or m.topic != "gates" or m.shown_network == "random"


def fixed(m: Lstm) -> set[str]:
    """Strips that a click does not change."""
    if m.topic == "training":
        return {"x", "mark"}  # the task's own sequence
    return {name for name, used in (("x", m.uses_x), ("mark", m.uses_mark)) if not used}


def input_limits(m: Lstm) -> tuple[float, float]:
    """Least and largest x that can be seen and drawn."""
    if m.task == "parity":
        return 0, 1
    return (-2, 2) if m.signal == "drawn" and m.uses_x and np.abs(m.inputs()[0]).max() > 1 else (-1, 1)
