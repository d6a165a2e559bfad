"""What belongs to which topic: the controls in the drawer, the plots over time, and the cards on the stage."""

from collections.abc import Iterable

from lessons.delay_lines.parameters import RANDOM, DelayParameters

INPUT = {"signal", "n_steps", "x", "period", "seed"}
CONTROLS = {
    "line": INPUT | {"net", "taps", "n_units", "activation"},
    "focused": INPUT | {"net", "taps", "n_units", "activation"},
    "generalised": INPUT | {"kernel", "taps", "alpha"},
    "distributed": INPUT | {"net", "n_layers", "width", "dilated", "n_units", "activation"},
    "focused gamma": {"taps", "n_units", "activation", "target_alpha", "start_alpha", "learning_rate", "stage", "seed"},
    "training": {"task", "n_units", "learning_rate", "stage", "seed"},
}
TASK_CONTROLS = {
    "sunspots": {"taps", "activation", "start_alpha"},
    "lag": {"taps", "activation", "start_alpha", "lag"},
    "pattern": {"place", "falls"},
}
STRIPS = {
    "line": ("x", "taps", "h1", "y"),
    "focused": ("x", "h1", "y"),
    "generalised": ("x", "taps"),
    "distributed": ("x", "h1", "y"),
    "focused gamma": ("x", "taps", "outputs"),
    "training": ("x", "outputs"),
    "pattern": ("x", "y", "evidence"),
}
CARDS = {
    "line": set[str](),
    "focused": {"matrix"},
    "generalised": {"kernels"},
    "distributed": {"seen"},
    "focused gamma": {"learning"},
    "training": {"learning"},
}


def _pattern(m: DelayParameters) -> bool:
    return m.topic == "training" and m.task == "pattern"


def shown_controls(m: DelayParameters) -> set[str]:
    shown = CONTROLS[m.topic] | {"topic"}
    return shown | TASK_CONTROLS[m.task] if m.topic == "training" else shown


def hidden_controls(m: DelayParameters, controls: Iterable[str]) -> set[str]:
    """Of all controls those that the present topic has no use for."""
    chance = m.learns or m.signal == "noise" or (m.topic != "generalised" and m.net == RANDOM)
    return (set(controls) | {"seed"}) - (shown_controls(m) - (set() if chance else {"seed"}))


def idle_controls(m: DelayParameters) -> set[str]:
    """Of the shown ones those that change nothing just now."""
    idle: set[str] = set()
    if m.signal != "drawn":
        idle.add("x")
    if m.signal not in ("sine", "square"):
        idle.add("period")
    if not m.learns and m.topic != "generalised":
        if m.net != RANDOM:
            idle |= {"n_units", "activation", "n_layers", "dilated"}
        elif m.topic == "distributed" and m.n_layers == 1:
            idle |= {"n_units", "activation", "dilated"}
    if m.topic == "generalised" and m.kernel in ("delay", "average"):
        idle.add("alpha")
    return idle & shown_controls(m)


def strips(m: DelayParameters) -> tuple[str, ...]:
    return STRIPS["pattern" if _pattern(m) else m.topic]


def cards(m: DelayParameters) -> set[str]:
    """Keys of the cards to show; none while the answer is being predicted."""
    if m.concealed:
        return set()
    return CARDS[m.topic] | ({"places"} if _pattern(m) else set())
