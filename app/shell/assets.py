"""Stylesheet, scripts and template of the page shell, served by Panel's own component route: no extra server option."""

import functools
import hashlib
from pathlib import Path

import jinja2
from panel.io.resources import _env as panel_templates

from app.parts.colours import variables
from app.static import Assets

STATIC = Path(__file__).parents[1] / "static"


@functools.lru_cache(maxsize=1)
def template() -> jinja2.Template:
    """The shell's template; its `embed` macro is Bokeh's."""
    return panel_templates.from_string((STATIC / "shell.html").read_text())


@functools.lru_cache(maxsize=1)
def urls() -> dict[str, str]:
    """Relative URL of each asset by file name, with a content hash so that browsers cache it safely."""
    listed = [("_css", path) for path in Assets._css] + [("_js", path) for path in Assets._js]
    return {Path(path).name: f"components/app.static/Assets/{kind}/{path}?v={_digest()}" for kind, path in listed}


def _digest() -> str:
    names = [*Assets._css, *Assets._js]
    return hashlib.sha256(b"".join((STATIC / name).read_bytes() for name in names)).hexdigest()[:12]


css_variables = variables
