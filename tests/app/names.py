"""Names that Python, Markdown and the browser must share, held against each other: what is wrong with a page's."""

import re
from collections import defaultdict
from collections.abc import Iterable

import param

from app.parts.colours import PALETTE
from app.shell.contract import Live
from app.shell.room import Room
from tests.app.pages import Opened

KINDS = ("text", "level", "open", "on", "transform")  # of live values, each an attribute data-<kind>
LOOKS = {"line_dash", "marker"}  # these name a look, not a column
EVERYWHERE = {"seed"}  # not a control, but its button can be hidden like one


def faults(room: Room) -> list[str]:
    """One sentence for each name that is drawn but never fed, fed but never drawn, or unknown."""
    wrong = sorted({*_of_lesson(room), *_of_view(room)})
    if wrong:  # such a page does not open
        return wrong
    seen = _Seen(room)
    for preset in room.lesson.preset_values:
        seen.look_at(preset)
    seen.look_around()
    return sorted({*seen.unknown, *seen.never()})


def _of_lesson(room: Room) -> Iterable[str]:
    """Names in the Markdown's front matter."""
    lesson, view = room.lesson, room.view
    for challenge in lesson.challenges:
        if not callable(getattr(room.model_class, challenge.check, None)):
            yield f"challenge: the model has no check {challenge.check}"
    signal = lesson.predict.signal
    if signal not in view.conceals:
        yield f"predict: {signal} is not concealed by the view"
    if not any(strip.predicts == signal for strip in _strips(room)):
        yield f"predict: no strip predicts {signal}"
    for signal in set(view.conceals) - {lesson.predict.signal}:
        yield f"conceals: {signal} is predicted by no task"


def _of_view(room: Room) -> Iterable[str]:
    """Names in the view's class attributes and on its strips and cards."""
    view, parameters = room.view, set(room.model_class.state_parameters())
    for name in (*view.controls, *view.more):
        if name not in parameters:
            yield f"control {name}: no such parameter"
    for card in view.cards:
        if card.player and card.player not in parameters:
            yield f"card {card.key}: its player {card.player} is no parameter"
        if card.table and not card.key:
            yield f"card {card.title}: a table needs a key"
    for strip in _strips(room):
        if strip.edits and strip.edits not in room.model_class.sequences():
            yield f"strip {strip.name}: it edits {strip.edits}, which is no sequence"
    names = [strip.name for strip in _strips(room)]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"strip {name}: two have this name"
    for columns, _ in view.conceals.values():
        for column in set(columns) - _columns(room):
            yield f"conceals: no plot draws {column}"


class _Seen:
    """What was drawn and fed while a reader looked at all presets, and what was unknown at once."""

    def __init__(self, room: Room) -> None:
        self.room, self.page = room, Opened(room)
        self.drawn: defaultdict[str, set[str]] = defaultdict(set)
        self.fed: defaultdict[str, set[str]] = defaultdict(set)
        self.hidden_always = set(self.room.view.controls + self.room.view.more)
        self.unknown: set[str] = set()

    def look_around(self) -> None:
        """Each choice, switch and small number at each of its values, from the first preset."""
        view, model = self.room.view, self.room.model_class
        for name in view.controls + view.more:
            self.page.ask("preset", name=self.room.lesson.presets[0].name)
            for value in _choices(model.param[name]):
                self._note(self.page.set(**{name: value}))
                self._note(self.page.ask("cursor", t=self.page.frame["steps"]))
                self._note(self.page.ask("cursor", t=self.page.frame["positions"]))

    def look_at(self, preset: str) -> None:
        self.page.ask("preset", name=preset)
        last = self.page.frame["positions"]
        for position in sorted({1, 2, (last + 1) // 2, last}):
            self._note(self.page.ask("cursor", t=position))

    def _note(self, frame: dict) -> None:
        view, drawing = self.room.view, self.page.frame["diagram"]
        known = {
            "hidden": {card.key for card in view.cards if card.key},
            "idle": set(view.controls + view.more),
            "unused": set(view.controls + view.more) | EVERYWHERE,
            "fixed": {strip.name for strip in _strips(self.room) if strip.edits},
            "tables": {card.key for card in view.cards if card.table},
        }
        for key, names in known.items():
            self.unknown |= {f"{key}: {name} is unknown" for name in set(frame[key]) - names}
        self.hidden_always &= set(frame["unused"])
        self.fed["table"] |= set(frame["tables"])
        for kind in KINDS:
            found = re.findall(rf'data-{kind}=(?:"([^"]*)"|([^\s>"]+))', drawing)
            drawn = {quoted or bare for quoted, bare in found}
            fed = set(frame["live"].get(kind, {}))
            self.drawn[kind] |= drawn
            self.fed[kind] |= fed
        self.unknown |= {f"live: {kind} is no kind" for kind in set(frame["live"]) - set(Live.__annotations__)}
        for text in (drawing, frame["numbers"]):
            for role in re.findall(r'class="(?:value |edge |unit |gate |gate-label )?([a-z]+-gate)"', text):
                if role.replace("-", "_") not in PALETTE:
                    self.unknown.add(f"colour {role} is unknown")
        sent = set(self.page.columns) - {"t"}
        self.fed["column"] |= sent

    def never(self) -> Iterable[str]:
        """What no preset has used."""
        for kind in KINDS:
            for name in self.drawn[kind] - self.fed[kind]:
                if not name.endswith((".note", ".label")):  # every gate and unit has a place for one
                    yield f"live {kind} {name}: it is drawn, and never fed"
            for name in self.fed[kind] - self.drawn[kind]:
                yield f"live {kind} {name}: nothing of that name is drawn"
        for card in self.room.view.cards:
            if card.table and card.key not in self.fed["table"]:
                yield f"card {card.key}: its table is never fed"
        drawn = _columns(self.room)
        for column in drawn - self.fed["column"]:
            yield f"column {column}: it is drawn, and never fed"
        for column in self.fed["column"] - drawn:
            yield f"column {column}: it is fed, and drawn by no plot"
        for name in self.hidden_always:
            yield f"control {name}: no preset shows it"
        for _, labels in self.room.view.conceals.values():
            for label in set(labels) - set().union(*self.drawn.values()):
                yield f"conceals: no label {label} is drawn"


def _choices(parameter: param.Parameter) -> list:
    if isinstance(parameter, param.Boolean):
        return [True, False]
    if isinstance(parameter, param.Selector):
        return list(parameter.objects)
    if isinstance(parameter, param.Integer) and parameter.bounds[1] <= 10:
        return list(range(parameter.bounds[0], parameter.bounds[1] + 1))
    return []


def _strips(room: Room) -> list:
    return [strip for card in room.view.cards for strip in card.strips]


def _columns(room: Room) -> set[str]:
    """Columns of the stack that some glyph of some plot draws."""
    found = {name for strip in room.view.stack.strips for name in strip.columns}
    for strip in _strips(room):
        for renderer in strip.plot.renderers:
            if renderer.data_source is room.view.stack.source:
                glyph = renderer.glyph
                given = glyph.dataspecs() & glyph.properties_with_values(include_defaults=False).keys()
                found |= {_field(getattr(glyph, name)) for name in given - LOOKS}
    return found - {"", "t"}


def _field(value: object) -> str:
    """The column that a property of a glyph is taken from; a colour is none."""
    name = getattr(value, "field", value)
    return name if isinstance(name, str) and not name.startswith("#") else ""
