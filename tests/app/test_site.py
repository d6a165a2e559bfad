"""The index page, the handler that answers with it in any Panel server, and the launcher's command line."""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tomllib
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bokeh.application import Application
from bokeh.server.tornado import BokehTornado
from panel.command.serve import Serve
from panel.io.server import INDEX_HTML
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from app.__main__ import serve_arguments, site_url
from app.shell import site

ROOT = Path(__file__).parents[2]
FRONT_MATTER = {
    file.parent.name: tomllib.loads(file.read_text(encoding="utf-8").split("+++\n")[1])
    for file in sorted((ROOT / "lessons").glob("*/lesson.md"))
}


class Elements(HTMLParser):
    """Every start tag of a document, as (name, attributes)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


@pytest.fixture(scope="module")
def index() -> str:
    return site.index_html(tuple(FRONT_MATTER))


def test_pages_are_the_scripts_in_the_folder():
    expected = {name[:-3] for name in os.listdir(ROOT / "app" / "pages") if name.endswith(".py")}
    assert site.page_stems() == sorted(expected)


def test_index_links_every_lesson_in_order(index):
    links = [attributes["href"] for tag, attributes in Elements(index).found if tag == "a"]
    assert links == sorted(FRONT_MATTER, key=lambda stem: (FRONT_MATTER[stem]["order"], stem))
    for lesson in FRONT_MATTER.values():
        assert lesson["title"] in unescape(index)


def test_index_lists_no_page_that_is_not_served(index):
    stem = next(iter(FRONT_MATTER))
    links = [attributes["href"] for tag, attributes in Elements(site.index_html((stem,))).found if tag == "a"]
    assert links == [stem]
    assert site.index_html(("no_such_lesson",)).count("<a ") == 0


def test_index_asks_no_other_server(index):
    for tag, attributes in Elements(index).found:
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert not re.match(r"(?i)\s*([a-z]+:)?//", attributes.get(name) or ""), (tag, name)
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", index)


def test_index_has_no_name_twice_and_no_unknown_colour(index):
    names = [attributes["id"] for _, attributes in Elements(index).found if "id" in attributes]
    assert len(names) == len(set(names))
    assert set(re.findall(r"url\(#(.+?)\)", index)) <= set(names)
    assert set(re.findall(r"var\(--([\w-]+)", index)) <= set(re.findall(r"--([\w-]+):", index))


def test_drawings_keep_their_own_names(tmp_path):
    drawing = tmp_path / "gamma.svg"
    drawing.write_text('<?xml version="1.0"?><svg><marker id="tip"/><path marker-end="url(#tip)"/></svg>')
    assert site._picture(drawing) == ('<svg><marker id="gamma-tip"/><path marker-end="url(#gamma-tip)"/></svg>')
    assert site._picture(tmp_path / "none.svg") == ""


def answer(path: str, routes: list[str], **options) -> HTTPResponse:
    """What a Panel server with these applications answers to one request."""

    async def fetch():
        options.setdefault("index", INDEX_HTML)
        server = HTTPServer(BokehTornado({route: Application() for route in routes}, **options))
        socket, port = bind_unused_port()
        server.add_socket(socket)
        try:
            url = f"http://127.0.0.1:{port}{path}"
            return await AsyncHTTPClient().fetch(url, follow_redirects=False, raise_error=False)
        finally:
            server.stop()

    return asyncio.run(fetch())


@pytest.fixture
def two_pages(monkeypatch):
    monkeypatch.setattr(site, "page_stems", lambda: ["gamma", "gated_cec", "parity"])
    return ["/gamma", "/gated_cec"]


def test_server_of_our_pages_answers_with_our_index(two_pages):
    response = answer("/", two_pages)
    assert response.code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.body.decode() == site.index_html(("gamma", "gated_cec"))


@pytest.mark.parametrize("routes", [["/gamma", "/other"], ["/one", "/two"]])
def test_server_of_other_pages_keeps_panels_index(two_pages, routes):
    body = answer("/", routes).body.decode()
    assert "<title>Unrolled</title>" not in body
    assert all(route in body for route in routes)


def test_index_chosen_by_the_user_wins(two_pages, tmp_path):
    own = tmp_path / "own.html"
    own.write_text("my course: {{ len(items) }} pages")
    assert answer("/", two_pages, index=str(own)).body == b"my course: 2 pages"


def test_single_page_is_opened_at_once(two_pages):
    response = answer("/", ["/gamma"])
    assert (response.code, response.headers["Location"]) == (302, "./gamma")
    assert answer("/", ["/gamma"], redirect_root=False).code == 200


def test_index_under_a_prefix_ends_in_a_slash(two_pages):
    response = answer("/course", two_pages, prefix="/course")
    assert (response.code, response.headers["Location"]) == (302, "/course/")
    assert b"<title>Unrolled</title>" in answer("/course/", two_pages, prefix="/course").body


def test_panel_loads_the_site_when_it_serves_and_nothing_more():
    program = (
        "import sys, panel.command\n"
        "from panel.io.server import RootHandler\n"
        "print(RootHandler.get.answers_with_our_index, sorted({'engine', 'lessons', 'numba'} & set(sys.modules)))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd="/", timeout=60)
    assert finished.stdout == "True []\n", finished.stderr


def test_installing_twice_changes_nothing():
    before = site.RootHandler.get
    site.install()
    assert site.RootHandler.get is before


def parsed(given: list[str], environment: dict | None = None) -> argparse.Namespace:
    """Our command line as Panel itself understands it."""
    parser = argparse.ArgumentParser()
    Serve(parser=parser)
    arguments = serve_arguments(given, environment or {})
    assert arguments[:2] == ["panel", "serve"]
    return parser.parse_args(arguments[2:])


def test_launcher_serves_every_page_with_our_defaults():
    options = parsed([])
    assert [Path(file).stem for file in options.files] == site.page_stems()
    assert (options.port, options.liveness, options.index) == (5006, True, None)
    assert options.allow_websocket_origin == ["localhost:5006", "127.0.0.1:5006"]
    assert options.unused_session_lifetime == 15000


def test_options_of_the_user_win():
    options = parsed(["--port", "7000", "--unused-session-lifetime=99", "--num-procs", "2"], {"PORT": "6000"})
    assert (options.port, options.unused_session_lifetime, options.num_procs) == (7000, 99, 2)
    assert options.allow_websocket_origin == ["localhost:7000", "127.0.0.1:7000"]
    assert parsed(["--allow-websocket-origin", "a.org"]).allow_websocket_origin == ["a.org"]


def test_environment_sets_port_and_public_names():
    options = parsed(["--address", "0.0.0.0"], {"PORT": "6000", "UNROLLED_ORIGIN": "a.org, b.org:8080"})
    assert options.port == 6000
    assert options.allow_websocket_origin == ["localhost:6000", "127.0.0.1:6000", "a.org", "b.org:8080"]
    assert "10.0.0.7:6000" in parsed(["--address", "10.0.0.7"], {"PORT": "6000"}).allow_websocket_origin


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "5006.0"])
def test_port_that_is_none_is_refused(port):
    with pytest.raises(ValueError, match=f"PORT: '{port}' given, allowed is a number from 1 to 65535"):
        serve_arguments([], {"PORT": port})


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ([], "http://localhost:5006"),
        (["--address", "0.0.0.0", "--port", "80"], "http://localhost:80"),
        (["--address", "10.0.0.7", "--prefix", "/course"], "http://10.0.0.7:5006/course/"),
        (["--ssl-certfile", "site.pem"], "https://localhost:5006"),
    ],
)
def test_address_to_open(given, url):
    assert site_url(given, {}) == url


def test_our_name_among_login_providers_is_no_login():
    with pytest.raises(ValueError, match="oauth_provider: 'unrolled'"):
        site.no_login()
