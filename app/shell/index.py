"""The home page: one card per lesson that is served. `app/index.html` is the template that Panel's `--index` takes."""

import logging
import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from jinja2 import Environment

from app.parts.colours import PALETTE
from app.shell import assets, lessons
from app.shell.room import room

log = logging.getLogger("unrolled")


def home(slugs: Iterable[str], path: str = "/", awaited: Collection[str] = ()) -> str:
    """The home page of a server with these routes. Static HTML without any request to elsewhere.

    path: of the request. Links are relative, so that they work behind any proxy; at `/course`, without a slash at its
    end, they would lead one folder too high. awaited: lessons that can't be opened yet.
    """
    served = {slug.strip("/").rpartition("/")[2] for slug in slugs}
    stems = tuple(stem for stem in lessons.stems() if stem in served and (stem in awaited or is_sound(stem)))
    return _home(stems, "" if path.endswith("/") else path.rpartition("/")[2] + "/", frozenset(awaited))


@cache
def is_sound(stem: str) -> bool:
    """Whether a lesson can be shown; what is wrong with it is logged, once."""
    try:
        room(stem)
    except Exception:
        log.exception("lesson %s is left out of the index", stem)
        return False
    return True


@cache
def _home(stems: tuple[str, ...], base: str, awaited: frozenset[str]) -> str:
    cards = [
        (lesson, lessons.render(lesson.summary, inline=True), _picture(lessons.FOLDER / lesson.stem / "card.svg"))
        for lesson in map(lessons.load, stems)
    ]
    template = Environment(autoescape=True).from_string((assets.STATIC / "home.html").read_text(encoding="utf-8"))
    return template.render(cards=cards, palette=PALETTE, base=base, awaited=awaited)


def _picture(file: Path) -> str:
    """A lesson's drawing as inline SVG, so that the theme's colours reach it; empty if it has none."""
    if not file.exists():
        return ""
    drawing = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    # All drawings end up in one document, where two arrowheads of the same name would be one.
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{file.parent.name}-", drawing)
