"""A lesson as it stands: model and view found in its folder, figures and HTML built once, the same for all readers."""

import functools
import hashlib
import importlib
import inspect
import json
from typing import Any, NamedTuple

from bokeh.document import Document

from app.parts.picture import Picture
from app.shell import address, assets, bar, frames, lessons, qr
from app.shell.controls import control
from app.shell.model import PageModel
from app.shell.outbox import Outbox
from app.shell.view import View

TOKEN = "TOKEN-OF-THE-SESSION"


class Room(NamedTuple):
    """What all readers of a page share. Nothing in it changes after it was built."""

    lesson: lessons.Lesson
    model_class: type[PageModel]
    view: View
    names: dict[str, str]  # of the figures' models by id: the same in every process, so that any can serve any reader
    build: str  # tells this version of the page from another
    before: str  # HTML up to the session's token, and what follows it
    after: str
    opening: str  # the first frame of a reader whose address says nothing


def classes(stem: str) -> tuple[type[PageModel], type[View]]:
    """The model and the view of a lesson: the one class of each kind in `lessons/<stem>/model.py` and `view.py`.

    Raises ValueError where there is none or more than one.
    """
    return _only(f"lessons.{stem}.model", PageModel), _only(f"lessons.{stem}.view", View)


def _only(module_name: str, base: type) -> Any:
    module = importlib.import_module(module_name)
    own = [found for _, found in inspect.getmembers(module, inspect.isclass) if found.__module__ == module_name]
    found = [kind for kind in own if issubclass(kind, base)]
    if len(found) != 1:
        names = ", ".join(kind.__name__ for kind in found) or "none"
        raise ValueError(f"{module_name}: {names} found; allowed is exactly one {base.__name__}")
    return found[0]


@functools.cache
def room(stem: str) -> Room:
    """The room of a lesson, built at the first call. Raises whatever is wrong with the lesson."""
    lesson = lessons.load(stem)
    model_class, view_class = classes(stem)
    model, view = model_class(), view_class()
    address.apply_preset(model, lesson.preset_values, lesson.presets[0].name)
    drawn = frames.figures(view, model)
    said = frames.Shown(clipped=drawn.clipped, notices=tuple(model.take_notices()))
    _paint(view, drawn.picture)
    document, names = _document(view, model)
    frame = frames.frame(view, lesson, model, said, drawn.picture, names)
    diagram = view.diagram(model).svg()
    html = _html(lesson, view, model, diagram, document)
    build = _version(lesson, document)
    before, after = html.replace("BUILD-OF-THE-PAGE", build).split(TOKEN)
    opening = Outbox().message({**frame, "build": build, "diagram": diagram})
    model.close()
    return Room(lesson, model_class, view, names, build, before, after, opening)


def _paint(view: View, picture: Picture) -> None:
    """Let the figures open on the first preset. The only time that they are set: nobody else has them yet."""
    models = {model.id: model for card in view.cards for strip in card.strips for model in strip.plot.references()}
    for key, columns in picture.columns.items():
        models[key].data = columns
    for key, values in picture.properties.items():
        models[key].update(**values)


def _document(view: View, model: PageModel) -> tuple[dict, dict[str, str]]:
    """Controls and plots as Bokeh's JSON, with ids counted in the order in which they come."""
    doc = Document()
    with doc.models.freeze():
        for name in (*view.controls, *view.more):
            doc.add_root(control(model, name))
        for card in view.cards:
            for strip in card.strips:
                doc.add_root(strip.plot)
    names: dict[str, str] = {}
    content = _renamed(doc.to_json(deferred=False), names)
    return content, names


def _renamed(item: Any, names: dict[str, str]) -> Any:
    """Bokeh numbers models as a process makes them; here each is named by its place in the page.

    In Bokeh's JSON a model is `{"type": "object", "id": …}` where it stands first, and `{"id": …}` ever after.
    """
    if isinstance(item, list | tuple):
        return [_renamed(entry, names) for entry in item]
    if not isinstance(item, dict):
        return item
    is_model = "id" in item and (item.get("type") == "object" or len(item) == 1)
    own = {"id": names.setdefault(item["id"], f"m{len(names) + 1}")} if is_model else {}
    return {key: own[key] if key in own else _renamed(value, names) for key, value in item.items()}


def _version(lesson: lessons.Lesson, document: dict) -> str:
    """Tells one version of a page from another: by its words, its scripts, and which models have which names.

    Not by its numbers: their last digits may differ from process to process.
    """
    models: list[str] = []

    def walk(item: Any) -> None:
        if isinstance(item, dict):
            if "id" in item and "name" in item:
                models.append(f"{item['id']} {item['name']}")
            item = list(item.values())
        for entry in item if isinstance(item, list) else ():
            walk(entry)

    walk(document)
    told = json.dumps([lesson.title, lesson.body, assets.urls(), models])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _html(lesson: lessons.Lesson, view: View, model: PageModel, diagram: str, document: dict) -> str:
    places = {root["attributes"]["name"]: root["id"] for root in document["roots"]}
    strips = [strip for card in view.cards for strip in card.strips]
    shown = [stem for stem in lessons.stems() if stem in assets.page_stems()]
    if lesson.stem not in shown:
        raise ValueError(f"{lesson.stem}: there is no app/pages/{lesson.stem}.py")
    place = shown.index(lesson.stem)
    return assets.template().render(
        lesson=lesson,
        view=view,
        model=model,
        diagram=diagram,
        places=places,
        previous=lessons.load(shown[place - 1]) if place else None,
        next=lessons.load(shown[place + 1]) if place + 1 < len(shown) else None,
        page_data=_script(_page_data(lesson, view, model, strips)),
        document=_script({"roots": places, "json": document}),
        token=TOKEN,
        render=lessons.render,
        browser_names=json.dumps([*address.BROWSER_NAMES]),
        **assets.variables(),
    )


def _script(content: Any) -> str:
    """JSON that may stand in a script element."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _page_data(lesson: lessons.Lesson, view: View, model: PageModel, strips: list) -> dict:
    """What the browser must know once: strips, palette, and how sequences may be edited."""
    return {
        "stem": model.stem,
        "build": "BUILD-OF-THE-PAGE",
        "strips": [
            {
                "name": strip.name,
                "snap": 1 if strip.binary else lesson.predict.snap if strip.predicts else 0,
                "edits": strip.edits,
                "paints": strip.paints,
                "predicts": strip.predicts,
                "columns": strip.columns,
                "timed": strip.timed,
                "title": strip.title,
                "binary": bool(strip.edits) and model.parameters()[strip.edits].binary,
                "bounds": model.parameters()[strip.edits].bounds if strip.edits else None,
            }
            for strip in strips
        ],
        "palette": assets.palette(),
        "heats": assets.heats(),
        "quiz": [question.answer for question in lesson.quiz],
        "players": {card.player: model.parameters()[card.player].bounds[1] for card in view.cards if card.player},
        "bars": bar.controls(lesson, view, model),
        "largest": model.upload_limit,
        "labels": {name: kind.label for name, kind in model.parameters().items() if name != "cursor"},
        "longest": qr.LIMIT,
    }
