"""How a training goes: loss, gradient norm and right answers of the three networks, and the buttons that drive it."""

from itertools import pairwise
from typing import Any

import numpy as np
from bokeh.models import Line, Text

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.diagram import Diagram
from app.parts.figures import chart, rule
from app.parts.numbers import plain
from app.parts.picture import Picture
from app.parts.plots import FONT, Strip
from lessons.lstm.model import Lstm
from lessons.lstm.phrases import per_cent
from lessons.lstm.training import NAMES, WINDOW, History, Snapshot, Training

CHARTS = ("loss", "norm", "right")
LOOKS = {"lstm": ("solid", 2.5), "gru": ("dashed", 2), "rnn": ("dotted", 2)}  # dashes, width
POINTS = 300  # more would lie closer than the pixels
NEAR = 5  # points that decide the place of a name
SMALLEST = 1e-12
NAMES_WIDTH = 42  # right of a chart, for names whose lines have come to the end


class TrainingCharts:
    """Three charts against the number of the update, with the names of the networks at the ends of their lines."""

    def __init__(self) -> None:
        self.lines = empty("update", *(f"{chart}_{kind}" for chart in CHARTS for kind in LOOKS))
        self.names = empty("name", "update", *CHARTS)
        self.loss = self._chart("loss", "Loss (grey: always answering 0)", "log₁₀ loss", "state")
        self.norm = self._chart("norm", "Gradient norm (grey: clip norm)", "log₁₀ norm", "gradient")
        self.right = self._chart("right", "Right answers (grey: guessing)", "share", "state")
        self.right.plot.y_range.update(start=-0.04, end=1.08)
        self.strips = [self.loss, self.norm, self.right]
        self._clip = rule(self.norm.plot, 0.0, dash="solid")
        rule(self.loss.plot, 0.0, dash="solid")
        rule(self.right.plot, 0.5, dash="solid")

    def _chart(self, name: str, title: str, label: str, role: str) -> Strip:
        strip = chart(f"training-{name}", title, x_label="update", y_label=label, height=200,
                      x_limits=(0, 100), y_limits=(-2, 0.5), ticks=4)  # fmt: skip
        strip.plot.min_border_right = NAMES_WIDTH
        strip.plot.below[0].ticker.update(desired_num_ticks=4, min_interval=1)
        for kind, (dash, width) in LOOKS.items():
            look = {"line_color": LIGHT[role], "line_dash": dash, "line_width": width}
            strip.plot.add_glyph(self.lines, Line(x="update", y=f"{name}_{kind}", **look))
        look = {"text_color": LIGHT[role], "text_font": {"value": FONT}, "text_font_size": "13px"}
        ends = Text(x="update", y=name, text="name", x_offset=5, text_baseline="middle", **look)
        # above the rules, and not cut off where the chart ends
        strip.plot.add_glyph(self.names, ends, level="overlay")
        return strip

    def show(self, picture: Picture, training: Training) -> None:
        """The charts after the latest step."""
        shown, settings = training.shown, training.settings
        columns, clip = lines(shown, settings.n_updates), float(np.log10(settings.clip))
        picture.change(self._clip, location=clip)
        for strip in self.strips:
            picture.change(strip.plot.x_range, end=settings.n_updates)
        losses = (columns[f"loss_{kind}"] for kind in LOOKS)
        picture.fit(self.loss.plot.y_range, *losses, include=(-2, 0.25), pad=0.05)
        norms = (columns[f"norm_{kind}"] for kind in LOOKS)
        picture.fit(self.norm.plot.y_range, *norms, include=(clip - 1, clip + 0.5), pad=0.05)
        picture.put(self.lines, columns)
        picture.put(self.names, self._ends(columns, picture))

    def _ends(self, columns: dict[str, np.ndarray], picture: Picture) -> dict[str, Any]:
        """The names, each where its line ends, but set apart from each other."""
        if not columns["update"].size:
            return {column: [] for column in ("name", "update", *CHARTS)}
        found: dict[str, Any] = {"name": list(NAMES.values()), "update": [columns["update"][-1]] * len(NAMES)}
        for name, strip in zip(CHARTS, self.strips, strict=True):
            low, high = (picture.get(strip.plot.y_range, end) for end in ("start", "end"))
            ends = [_end(columns[f"{name}_{kind}"]) for kind in LOOKS]
            found[name] = _apart(ends, 0.13 * (high - low), high)
        return found


def lines(shown: Snapshot, n_updates: int) -> dict[str, np.ndarray]:
    """Columns of the charts: at most POINTS of them over the whole training, each for a few updates.

    Losses and shares are means over those updates; of the norms it is the largest, since one long gradient is enough to
    do harm. What is not finite is blank.
    """
    size = -(-n_updates // POINTS)
    first = np.arange(0, shown.n_done, size)
    columns = {"update": np.minimum(first + size, shown.n_done)}
    for kind, history in shown.histories.items():
        for name, values in zip(CHARTS, _columns(history, size), strict=True):
            # a network that diverged has a shorter line
            columns[f"{name}_{kind}"] = np.pad(values, (0, first.size - values.size), constant_values=np.nan)
    return columns


@np.errstate(all="ignore")
def _columns(history: History, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lines of one network in the order of CHARTS, a value for each `size` updates."""
    n = history.loss.size
    if not n:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    first = np.arange(0, n, size)
    mean_loss = np.add.reduceat(history.loss, first) / np.diff([*first, n])
    largest_norm = np.maximum.reduceat(history.gradient_norm, first)
    return _log10(mean_loss), _log10(largest_norm), recent_mean(history.accuracy)[np.minimum(first + size, n) - 1]


def recent_mean(values: np.ndarray) -> np.ndarray:
    """Mean of each value and those before it, WINDOW in all (fewer at the start); (n,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, values.size + 1)
    first = np.maximum(last - WINDOW, 0)
    return (total[last] - total[first]) / (last - first)


def _log10(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), np.log10(np.maximum(values, SMALLEST)), np.nan)


def _end(values: np.ndarray) -> float:
    """Where a line ends, or about there: a name should not jump with every point."""
    finite = values[np.isfinite(values)]
    return float(finite[-NEAR:].mean()) if finite.size else 0.0


def _apart(places: list[float], distance: float, top: float) -> np.ndarray:
    """The places with at least `distance` between them, all below `top`; of equal ones the first comes highest."""
    moved, highest = np.array(places, dtype=float), top - distance / 2
    order = np.argsort(-moved, kind="stable")
    for below, above in pairwise(order[::-1]):
        moved[above] = max(moved[above], moved[below] + distance)
    for place in order:
        moved[place] = min(moved[place], highest)
        highest = moved[place] - distance
    return moved


# The task as a flat picture: the room below is for the training


def diagram(lag: int) -> Diagram:
    d = Diagram(
        660,
        46,
        f"The task: a marked bit comes first, then {lag - 1} steps with other bits; at the step after "
        "them the network must say what the marked bit was.",
    )
    d.unit("first", 22, 23, "input", label="x", radius=16, value="")
    d.label(46, 28, "", "value input", live="first", anchor="start")
    d.arrow((190, 23), (420, 23))
    d.label(303, 16, f"{lag} steps, other bits", "note")
    d.label(614, 28, "", "value state", live="last", anchor="end")
    d.unit("last", 638, 23, "state", label="y", radius=16, value="")
    return d


def live(m: Lstm) -> dict[str, dict]:
    """The marked bit, and what the LSTM says of it now."""
    first, said = float(m.traced.x[0, 0]), float(m.traced.outputs[-1, 0])
    text = {"first": f"marked: {plain(first)}", "last": f"y({m.n_steps}) = {plain(said, 2)}"}
    return {"text": text, "level": {"first": abs(first), "last": round(abs(said), 4)}}


# The buttons and the table beside the charts

STARTS = ("ready", "paused")


def controls(training: Training) -> str:
    """Buttons, progress and the latest numbers, as HTML of a live table."""
    shown, state = training.shown, training.state
    return _buttons(state) + _progress(training, shown, state) + _trouble(training, shown) + _table(shown)


def _buttons(state: str) -> str:
    buttons = (
        ("start", "Go on" if state == "paused" else "Start", state in STARTS),
        ("pause", "Pause", state == "running"),
        ("step", "One update", state in STARTS),
        ("stop", "Stop" if state in ("ready", "running", "paused") else "Clear", state != "ready"),
    )
    return "<p>" + " ".join(
        f"<button data-do={do}{'' if possible else ' disabled'}>{text}</button>" for do, text, possible in buttons
    ) + "</p>"  # fmt: skip


def _progress(training: Training, shown: Snapshot, state: str) -> str:
    share = f"{training.progress:.4g}"
    words = _where(training, shown, state)
    look = "accent-color:var(--ink);vertical-align:middle"
    bar = f'<progress max=1 value={share} style="{look}" aria-label="updates done"></progress>'
    return f"<p class=help>{bar} <span>{words}</span></p>"


def _where(training: Training, shown: Snapshot, state: str) -> str:
    n_updates = training.settings.n_updates
    if state == "ready":
        return f"{n_updates} updates of each network to come, from the same seed"
    done = f"update {shown.n_done} of {n_updates}"
    if state == "running" and shown.n_done:
        return f"{done}, about {_seconds(training.seconds_left)} left"
    ends = {"paused": ", paused", "finished": ", done", "failed": "", "diverged": ""}
    return done + ends.get(state, "")


def _seconds(seconds: float) -> str:
    if seconds < 90:
        return f"{int(np.ceil(seconds))} s"
    return f"{int(np.ceil(seconds / 60))} minutes"


def _table(shown: Snapshot) -> str:
    heads = "".join(f"<th>{head}</th>" for head in ("network", "loss", "gradient", "right"))
    rows = "".join(_row(name, shown.histories[kind]) for kind, name in NAMES.items())
    return (
        f"<table><tr>{heads}</tr>{rows}</table>"
        f"<p class=help>Means of the last {WINDOW} updates. Always answering 0 has the loss 1.</p>"
    )


def _row(name: str, history: History) -> str:
    if not history.loss.size:
        return f"<tr><td>{name}</td><td>–</td><td>–</td><td>–</td></tr>"
    loss, norm, right = history.recent()
    cells = (_number(loss), _number(norm), per_cent(right) if np.isfinite(right) else "–")
    return f"<tr><td>{name}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _number(value: float) -> str:
    return plain(value, 3) if np.isfinite(value) else "overflow"


def _trouble(training: Training, shown: Snapshot) -> str:
    """What went wrong, in a paragraph each."""
    said = [
        f"The {NAMES[kind]}’s numbers overflowed at update {number}. Its training ends there: "
        "start again with a smaller learning rate η."
        for kind, number in shown.diverged.items()
    ]
    if training.state == "failed":
        said.append("The training could not go on. Clear it to start again.")
    return "".join(f"<p>{sentence}</p>" for sentence in said)
