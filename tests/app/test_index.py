"""The home page, and what a Panel server with our `--index` answers."""

import asyncio
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bokeh.application import Application
from bokeh.server.tornado import BokehTornado
from panel.io.server import INDEX_HTML
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

import lessons as lessons_package
from app.shell import assets, index, lessons
from app.shell.room import room

ROOT = Path(__file__).parents[2]
TEMPLATE = str(ROOT / "app" / "index.html")
FRONT_MATTER = {
    file.parent.name: tomllib.loads(file.read_text(encoding="utf-8").split("+++\n")[1])
    for file in sorted((ROOT / "lessons").glob("*/lesson.md"))
}
IN_ORDER = sorted(FRONT_MATTER, key=lambda stem: (FRONT_MATTER[stem]["order"], stem))


class Elements(HTMLParser):
    """Every start tag of a document, as (name, attributes)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


def links(html: str) -> list[str]:
    return [attributes["href"] for tag, attributes in Elements(html).found if tag == "a"]


@pytest.fixture(scope="module")
def whole() -> str:
    return index.home([f"/{stem}" for stem in FRONT_MATTER])


def test_pages_are_the_scripts_in_the_folder():
    expected = {name[:-3] for name in os.listdir(ROOT / "app" / "pages") if name.endswith(".py")}
    assert assets.page_stems() == sorted(expected)


def test_index_links_every_lesson_in_order(whole):
    assert links(whole) == IN_ORDER
    for lesson in FRONT_MATTER.values():
        assert lesson["title"] in unescape(whole)


@pytest.mark.parametrize("slug", ["/{}", "{}", "/course/{}", "/a/b/{}/"])
def test_index_lists_no_page_that_is_not_served(slug):
    assert links(index.home([slug.format("gamma"), slug.format("no_such_lesson")])) == ["gamma"]
    assert links(index.home([slug.format("no_such_lesson")])) == links(index.home([])) == []


@pytest.mark.parametrize(
    ("path", "base"), [("/", ""), ("/course/", ""), ("/course", "course/"), ("/a/b", "b/"), ("/a/b/", "")]
)
def test_links_are_relative_to_the_address_of_the_index(path, base):
    assert links(index.home(["/gamma"], path)) == [f"{base}gamma"]


def test_index_asks_no_other_server(whole):
    for tag, attributes in Elements(whole).found:
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert not re.match(r"(?i)\s*([a-z]+:)?//", attributes.get(name) or ""), (tag, name)
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", whole)


def test_index_has_no_name_twice_and_no_unknown_colour(whole):
    names = [attributes["id"] for _, attributes in Elements(whole).found if "id" in attributes]
    assert len(names) == len(set(names))
    assert set(re.findall(r"url\(#(.+?)\)", whole)) <= set(names)
    assert set(re.findall(r"var\(--([\w-]+)", whole)) <= set(re.findall(r"--([\w-]+):", whole))


def test_drawings_keep_their_own_names(tmp_path):
    drawing = tmp_path / "gamma" / "card.svg"
    drawing.parent.mkdir()
    drawing.write_text('<?xml version="1.0"?><svg><marker id="tip"/><path marker-end="url(#tip)"/></svg>')
    assert index._picture(drawing) == '<svg><marker id="gamma-tip"/><path marker-end="url(#gamma-tip)"/></svg>'
    assert index._picture(tmp_path / "none.svg") == ""


# A lesson that can't be shown


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons, "parity" and its copy "twin", in a folder that a test may spoil."""
    for stem in ("parity", "twin"):
        shutil.copytree(lessons.FOLDER / "parity", tmp_path / stem, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (tmp_path / "twin").glob("*.py"):
        file.write_text(file.read_text(encoding="utf-8").replace("lessons.parity", "lessons.twin"), encoding="utf-8")
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    monkeypatch.setattr(lessons_package, "__path__", [*lessons_package.__path__, str(tmp_path)])
    monkeypatch.setattr(assets, "page_stems", lambda: ["parity", "twin"])
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()
    for name in [name for name in sys.modules if name.split(".")[:2] == ["lessons", "twin"]]:
        del sys.modules[name]


def forget() -> None:
    importlib.invalidate_caches()
    for cached in (lessons.stems, lessons.load, room, index.is_sound, index._home):
        cached.cache_clear()


def test_a_course_with_nothing_wrong_shows_both_lessons(course, caplog):
    assert links(index.home(["/parity", "/twin"])) == ["parity", "twin"]
    assert not caplog.records


@pytest.mark.parametrize(
    ("file", "old", "new", "logged"),
    [
        ("lesson.md", "title =", "titel =", "unknown key 'titel'"),
        ("lesson.md", "n_steps = 10", "n_stops = 10", "n_stops"),
        ("lesson.md", "n_steps = 10", "n_steps = 1000", "n_steps"),
        ("lesson.md", 'check = "', 'check = "not_', "not_"),
        ("model.py", "class Parity", "raise ArithmeticError('at import')\n\nclass Parity", "at import"),
        ("model.py", "class Parity", "class Parity(", "SyntaxError"),
        ("parameters.py", "def compute(self)", "def computed(self)", "NotImplementedError"),
        ("view.py", "class ParityView(View[Parity])", "class ParityView", "exactly one View"),
        ("view.py", "def build(self) -> list[Card]:", "def build(self) -> list[Card]:\n        1 / 0", "ZeroDivision"),
    ],
)
def test_a_lesson_that_fails_is_left_out_and_logged_once_while_the_others_go_on(course, caplog, file, old, new, logged):
    path = course / "twin" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    for _ in range(2):
        assert links(index.home(["/parity", "/twin"])) == ["parity"]
    failures = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(failures) == 1 and "twin" in failures[0].getMessage() and logged in caplog.text
    assert room("parity").lesson.stem == "parity"


# Served


def answer(path: str, routes: list[str], **options) -> HTTPResponse:
    """What a Panel server with these applications answers to one request."""

    async def fetch():
        server = HTTPServer(BokehTornado({route: Application() for route in routes}, **{"index": TEMPLATE} | options))
        socket, port = bind_unused_port()
        server.add_socket(socket)
        try:
            url = f"http://127.0.0.1:{port}{path}"
            return await AsyncHTTPClient().fetch(url, follow_redirects=False, raise_error=False)
        finally:
            server.stop()

    return asyncio.run(fetch())


TWO = ["/parity", "/gamma"]


def test_a_server_answers_with_our_home_page_and_cards_for_what_it_serves():
    response = answer("/", TWO)
    assert response.code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.body.decode().strip() == index.home(TWO).strip()
    assert links(response.body.decode()) == [stem for stem in IN_ORDER if f"/{stem}" in TWO]
    assert links(answer("/", ["/parity", "/other"]).body.decode()) == ["parity"]


@pytest.mark.parametrize("path", ["/course", "/course/", "/course?a=b", "/course/?a=/b", "/course?a=/b/"])
def test_under_a_prefix_the_links_lead_to_the_lessons_with_and_without_a_slash(path):
    response = answer(path, TWO, prefix="/course")
    assert response.code == 200
    found = links(response.body.decode())
    assert {urljoin(f"http://host{path}", link) for link in found} == {f"http://host/course{page}" for page in TWO}


def test_a_query_is_never_part_of_the_page():
    for path in ("/?x=<script>", "/?%22%3E%3Cscript%3E"):
        assert answer(path, TWO).body == answer("/", TWO).body


def test_index_chosen_by_the_user_wins(tmp_path):
    own = tmp_path / "own.html"
    own.write_text("my course: {{ len(items) }} pages")
    assert answer("/", TWO, index=str(own)).body == b"my course: 2 pages"


def test_a_server_without_our_index_keeps_panels_own():
    body = answer("/", TWO, index=INDEX_HTML).body.decode()
    assert "<title>Unrolled</title>" not in body
    assert all(route in body for route in TWO)


def test_single_page_is_opened_at_once():
    response = answer("/", ["/gamma"])
    assert (response.code, response.headers["Location"]) == (302, "./gamma")
    assert answer("/", ["/gamma"], redirect_root=False).code == 200


# Other software in the same environment

UNTOUCHED = """
import importlib.metadata, inspect, json, re, sys
import panel.command, panel.io.server, panel.reactive, bokeh.server.views.ws
from panel.io.server import RootHandler
from panel.reactive import Syncable
from bokeh.server.views.ws import WSHandler

loaded = sorted({"app", "engine", "lessons", "numba"} & set(sys.modules))
before = RootHandler.get, WSHandler.open, Syncable._debounce
import app.shell.page, app.shell.index
after = RootHandler.get, WSHandler.open, Syncable._debounce
kinds = [kind for module in list(sys.modules.values()) if module.__name__.split(".")[0] in ("bokeh", "panel", "tornado")
         for kind in (module, *vars(module).values()) if inspect.ismodule(kind) or inspect.isclass(kind)]
ours = [f"{kind.__name__}.{name}" for kind in kinds if kind.__name__.split(".")[0] not in ("app", "lessons")
        and (getattr(kind, "__module__", kind.__name__).split(".")[0] in ("bokeh", "panel", "tornado"))
        for name, value in list(vars(kind).items())
        if str(getattr(value, "__module__", "")).split(".")[0] in ("app", "engine", "lessons")]
written = re.search(r"_debounce.*= (\\d+)", inspect.getsource(Syncable)).group(1)
print(json.dumps({
    "loaded": loaded,
    "same": all(one is two for one, two in zip(before, after)),
    "places": [[f.__module__, f.__qualname__, sorted(vars(f))] for f in (RootHandler.get, WSHandler.open)],
    "debounce": [Syncable._debounce, int(written)],
    "ours": ours,
    "logins": [entry.value for entry in importlib.metadata.entry_points(group="panel.auth")],
}))
"""


def test_to_install_and_import_this_project_changes_nothing_in_panel_or_bokeh():
    finished = subprocess.run(
        [sys.executable, "-c", UNTOUCHED], capture_output=True, text=True, cwd="/", timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    assert found["loaded"] == [] and found["same"]
    assert [place[:2] for place in found["places"]] == [
        ["panel.io.server", "RootHandler.get"],
        ["bokeh.server.views.ws", "WSHandler.open"],
    ]
    assert all(set(place[2]) <= {"__wrapped__"} for place in found["places"])
    assert len(set(found["debounce"])) == 1
    assert found["ours"] == []
    assert not [entry for entry in found["logins"] if re.match(r"(app|engine|lessons|unrolled)\b", entry)]
