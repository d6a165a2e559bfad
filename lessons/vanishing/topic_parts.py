"""What belongs to which topic: the controls in the drawer, and the cards on the stage."""

from collections.abc import Iterable

from lessons.vanishing.parameters import VanishingParameters

# `topic` itself belongs to all.
NETWORK = {"n_units", "w", "matrix", "scaled_by", "size", "u", "bias", "signal", "x"}
CONTROLS = {
    "vanishing": NETWORK | {"activation", "form", "n_steps"},
    "exploding": {"start_w", "start_b", "learning_rate", "clip", "threshold", "descent_steps", "remedy", "n_steps"},
    "chaos": {"gain", "start1", "start2", "separation", "n_steps"},
    "side by side": NETWORK | {"horizon", "forget", "forget_bias"},
}
CARDS = {
    "vanishing": {"heat", "omega"},
    "exploding": {"cliff", "omega"},
    "chaos": {"phase"},
    "side by side": {"side"},
}


def hidden_controls(m: VanishingParameters, controls: Iterable[str]) -> set[str]:
    """Of all controls those that the present topic has no use for."""
    shown = set(CONTROLS[m.topic])
    if "n_units" in shown:
        shown -= {"matrix", "scaled_by", "size"} if m.n_units == 1 else {"w"}
    if m.topic == "exploding" and m.remedy == "rescaling":
        shown = {"remedy", "decay"}
    chance = {"seed"} if m.topic in ("exploding", "chaos") else set()
    return (set(controls) - {"topic"} - shown) | chance


def shown_cards(m: VanishingParameters) -> set[str]:
    """Keys of the cards to show; none while the answer is being predicted."""
    if m.concealed:
        return set()
    if m.topic == "exploding" and m.remedy == "rescaling":
        return {"rescale"}
    shown = set(CARDS[m.topic])
    if m.topic == "vanishing":
        shown |= {"lags"} if m.one_unit else {"spectrum"}
        if not m.one_unit and m.matrix in ("symmetric", "identity"):
            shown.add("modes")
    return shown
