"""Stylesheet, scripts and template of the page shell, served by Panel's own component route: no extra server option."""

import functools
import hashlib
from pathlib import Path
from typing import Any

import bokeh
import jinja2

from app.parts.colours import HALL, HEATS, PALETTE
from app.parts.colours import variables as css_variables
from app.static import Assets

APP = Path(__file__).parents[1]
STATIC = APP / "static"


def page_files() -> list[Path]:
    """The scripts of all pages, sorted by name. A page is found, never registered."""
    return sorted((APP / "pages").glob("[!_]*.py"))


def page_stems() -> list[str]:
    """The stems of all pages, sorted: the names of their URLs and of their lessons."""
    return [file.stem for file in page_files()]


@functools.cache
def template() -> jinja2.Template:
    """The shell's template."""
    return jinja2.Environment().from_string((STATIC / "shell.html").read_text(encoding="utf-8"))


@functools.cache
def urls() -> dict[str, str]:
    """Relative URL of each asset by file name, with a content hash so that browsers cache it safely."""
    listed = [("_css", path) for path in Assets._css] + [("_js", path) for path in Assets._js]
    return {path: f"components/app.static/Assets/{kind}/{path}?v={_digest()}" for kind, path in listed}


def _digest() -> str:
    names = [*Assets._css, *Assets._js]
    return hashlib.sha256(b"".join((STATIC / name).read_bytes() for name in names)).hexdigest()[:12]


def variables() -> dict[str, Any]:
    """What the template needs of every page."""
    return {"bokeh_version": bokeh.__version__, "assets": urls(), "styles": Assets._css, "variables": css_variables()}


def palette() -> list[tuple[str, str, str, str]]:
    """Each colour of the light theme with its equals: in the dark one, and in both for a hall."""
    return [(*colours, *HALL[role]) for role, colours in PALETTE.items()]


def heats() -> dict[str, tuple[list[str], list[str]]]:
    """Palettes of heatmaps by name, light and dark."""
    return HEATS
