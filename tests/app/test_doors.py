"""The doors of the site: what is open, what every answer says to a browser, and who gets a websocket."""

import asyncio

import pytest
from bokeh.application.handlers.function import FunctionHandler
from bokeh.server.server import Server
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.io.application import Application
from panel.io.server import COMPONENT_PATH, ComponentResourceHandler
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from app import doors
from app.shell.assets import APP, urls
from app.shell.page import open_session
from app.shell.room import room
from app.shell.wire import sound_token

CLOSED = ("/p/autoload.js?bokeh-autoload-element=1", "/p/metadata", "/static/extensions/panel/panel.js", "/rest/x",
          "/components/this/x/_css/x", "/components/panel.template.base/BasicTemplate/_css/x")  # fmt: skip


async def visited() -> dict:
    """What a server of one page answers."""
    server = Server(
        {"/p": Application(FunctionHandler(lambda doc: open_session(doc, room("parity"), {}) and None))},
        port=0, io_loop=IOLoop.current(), index=str(APP / "index.html"),
        extra_patterns=[(f"/{COMPONENT_PATH}(.*)", ComponentResourceHandler, {})],
    )  # fmt: skip
    server.start()
    client, found = AsyncHTTPClient(), {}
    url = f"http://localhost:{server.port}"
    try:
        for path in ("/", "/p", *CLOSED, "/" + next(iter(urls().values()))):
            found[path] = await client.fetch(url + path, raise_error=False)
        for given in ("", "abc", generate_jwt_token(generate_session_id(), expiration=-1)):
            try:
                await websocket_connect(url.replace("http", "ws") + "/p/ws", subprotocols=["bokeh", given])
            except HTTPClientError as refused:
                found[given] = refused.code
        before = {session.id for session in server.get_sessions("/p")}
        for _ in range(2):
            await client.fetch(f"{url}/p?bokeh-session-id=chosen", headers={"Bokeh-Session-Id": "chosen"})
        found["sessions"] = {session.id for session in server.get_sessions("/p")} - before
    finally:
        server.unlisten()
        server.stop()
    return found


async def silent_connection() -> bytes:
    """What a websocket gets that never answers: all until it is closed."""
    page = Application(FunctionHandler(lambda doc: open_session(doc, room("parity"), {}) and None))
    server = Server({"/p": page}, port=0, io_loop=IOLoop.current())
    server.start()
    token = generate_jwt_token(generate_session_id())
    try:
        reading, writing = await asyncio.open_connection("localhost", server.port)
        writing.write(
            f"GET /p/ws HTTP/1.1\r\nHost: localhost:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Sec-WebSocket-Protocol: bokeh, {token}\r\n\r\n".encode()
        )
        heard = await asyncio.wait_for(reading.read(-1), 20)
        writing.close()
    finally:
        server.unlisten()
        server.stop()
    return heard


def test_a_connection_whose_other_end_has_gone_is_closed(monkeypatch):
    monkeypatch.setattr(doors, "PING", 0.3)
    heard = asyncio.run(silent_connection())
    assert heard.startswith(b"HTTP/1.1 101") and b"ACK" in heard


@pytest.fixture(scope="module")
def answers() -> dict:
    return asyncio.run(visited())


def test_what_no_page_needs_is_closed(answers):
    assert {path: answers[path].code for path in CLOSED} == dict.fromkeys(CLOSED, 404)
    open_paths = answers.keys() - {*CLOSED, "sessions"}
    assert all(answers[path].code == 200 for path in open_paths if path.startswith("/"))


def test_every_answer_tells_the_browser_what_it_may_do(answers):
    for path, answer in answers.items():
        if path.startswith("/"):
            headers = answer.headers
            assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
            assert "Server" not in headers and "default-src 'self'" in headers["Content-Security-Policy"]


def test_scripts_that_stand_in_a_page_are_allowed_one_by_one(answers):
    for path in ("/", "/p"):
        said, page = answers[path].headers["Content-Security-Policy"], answers[path].body.decode()
        scripts = doors.INLINE.findall(page)
        assert scripts and said.count("sha256-") == len(scripts)
        assert "'unsafe-inline'" not in said.partition("script-src")[2].partition(";")[0]
        assert page.count("<script") == len(scripts) + page.count("<script src=") + page.count("<script type=")


def test_a_websocket_needs_a_token_and_nobody_chooses_a_session(answers):
    assert all(answers[given] == 403 for given in ("", "abc"))
    assert sum(answer == 403 for answer in answers.values()) == 3
    assert len(answers["sessions"]) == 2 and "chosen" not in answers["sessions"]


def test_tokens_are_those_that_bokeh_writes():
    given = {"headers": {"a": "b"}, "cookies": {}, "arguments": {"n": [b"1"]}}
    assert sound_token(generate_jwt_token(generate_session_id(), extra_payload=given))
    assert sound_token(generate_jwt_token(generate_session_id()))
    bomb = {"headers": {"a": "a" * 10_000_000}}
    assert not sound_token(generate_jwt_token(generate_session_id(), extra_payload=bomb))
    for token in ("", ".", "e30", "W10", "NDI", "bnVsbA", "%", "é", "a" * 100_000, "eyJzZXNzaW9uX2lkIjogMX0"):
        assert not sound_token(token), token


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", ""), ("*", ""), ("none", "; frame-ancestors 'none'"),
        ("self, https://a.example", "; frame-ancestors 'self' https://a.example"),
        ("https://a.example;x", "; frame-ancestors 'none'"),
    ],
)  # fmt: skip
def test_frames_are_for_whom_the_host_names(monkeypatch, given, said):
    monkeypatch.setenv("UNROLLED_EMBED", given)
    doors.ancestors.cache_clear()
    assert doors.ancestors() == said
    doors.ancestors.cache_clear()
