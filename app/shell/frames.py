"""The frame of a reader: a pure function of the model and its cursor, and of what the last request has left to say."""

from typing import Any, NamedTuple

import numpy as np

from app.parts.picture import Picture
from app.parts.ranges import clipped
from app.shell import address
from app.shell.contract import Frame, Live, Score
from app.shell.controls import shown
from app.shell.lessons import Lesson
from app.shell.model import PageModel
from app.shell.view import View


class Shown(NamedTuple):
    """What belongs to a reader and is not in the model."""

    answered: int = 0
    notices: tuple[str, ...] = ()
    score: Score | None = None
    file: int = 0
    example: int = -1
    own: str = ""
    clipped: tuple[tuple[str, int], ...] = ()  # labels of plots that were clipped, each with the first step


class Figures(NamedTuple):
    """What the figures show for a state, whatever the cursor."""

    picture: Picture
    clipped: tuple[tuple[str, int], ...]


def figures(view: View, m: PageModel) -> Figures:
    """Everything that is plotted; what is being predicted is blank, or ends where it is revealed."""
    picture = Picture()
    columns, beyond = clipped(view.update(m, picture))
    for column in view.watched:
        del columns[column]
    for column in view.conceals.get(m.concealed, ((), ()))[0]:
        columns[column] = np.where(m.time > (m.revealed or 0), np.nan, columns.get(column, np.nan))
    view.stack.update(picture, {"t": m.time, **columns}, m.n_steps)
    return Figures(picture, tuple(_first_steps(view, picture, beyond).items()))


def _first_steps(view: View, picture: Picture, beyond: dict[str, int]) -> dict[str, int]:
    """First clipped steps by the label of the strip that shows the column; hidden strips are left out."""
    strips = {column: strip for strip in view.stack.strips for column in strip.columns}
    first: dict[str, int] = {}
    for column, step in beyond.items():
        strip = strips.get(column)
        if strip is None or picture.get(strip.plot, "visible"):
            label = strip.label if strip else column
            first[label] = min(step, first.get(label, step))
    return first


def frame(view: View, lesson: Lesson, m: PageModel, said: Shown, picture: Picture, names: dict[str, str]) -> Frame:
    """The whole frame. `picture` holds the figures, or is empty where they are as they were.

    names: of the figures' models by id, as the browser knows them. Raises KeyError for a model that is in no card.
    """
    t, predicting, presets = m.at, bool(m.concealed), lesson.preset_values
    view.follow(m, picture, t)
    state = m.state()
    query = address.query(m, presets, state)
    return {
        "answered": said.answered,
        "columns": {names[key]: columns for key, columns in picture.columns.items()},
        "properties": {names[key]: values for key, values in picture.properties.items()},
        "tables": view.tables(m),
        "values": {name: shown(m, name, value) for name, value in state.items() if name != "cursor"},
        "waits": m.waits(),
        "waiting": m.waiting_words(),
        "t": t,
        "steps": m.n_steps,
        "position": m.position,
        "positions": m.n_positions,
        "live": live(view, m, t),
        "numbers": "" if _hidden(view, m, t) else "".join(block.html() for block in view.numbers(m, t)),
        "sentence": "" if predicting else m.sentence(),
        "notices": [*said.notices, *_divergence(m, said.clipped)],
        "preset": m.preset if address.is_preset(query) else "",
        "start": m.preset,
        "query": query,
        "file": said.file if m.shows_file() else None,
        "example": said.example,
        "own": said.own,
        "challenges": [] if predicting else [getattr(m, task.check)()._asdict() for task in lesson.challenges],
        "predicting": predicting,
        "revealed": m.revealed,
        "score": said.score,
        "seed": getattr(m, "seed", None),
        "hidden": sorted(view.hidden_cards(m)),
        "idle": sorted(view.idle_controls(m)),
        "unused": sorted(view.hidden_controls(m)),
        "fixed": sorted(view.fixed_strips(m)),
        "players": {card.player: getattr(m, card.player) for card in view.cards if card.player},
    }


def _divergence(m: PageModel, cut: tuple[tuple[str, int], ...]) -> list[str]:
    """The notice that plots were clipped: where first, and why."""
    if not cut:
        return []
    first = min(step for _, step in cut)
    late = ", ".join(label if step == first else f"{label} from t = {step}" for label, step in cut)
    return [f"From t = {first} plots are clipped ({late}). {m.divergence(first)}"]


def _hidden(view: View, m: PageModel, t: int) -> bool:
    """Whether what is said at step t would tell what is being predicted."""
    return m.hides(t) or (view.looks_ahead and bool(m.concealed))


def live(view: View, m: PageModel, t: int) -> Live:
    """The view's live values with the answer masked while it is being predicted."""
    values: Any = view.live(m, t)
    if not _hidden(view, m, t):
        return values
    for name in view.conceals.get(m.concealed, ((), ()))[1]:
        values["text"][name] = "?"
        for kind in ("level", "on"):
            values.setdefault(kind, {}).pop(name.removesuffix(".value"), None)
    return values
