"""What a host asks of the process: who may connect, whether it is ready, what it logs, what it counts, how it ends."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from bokeh.document import Document
from bokeh.server.server import Server
from bokeh.server.urls import per_app_patterns
from panel.io.application import build_single_handler_application
from panel.io.state import set_curdoc
from prometheus_client import REGISTRY
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from app.hosting import ending, health, logs, origins, probe
from app.shell import contract, opening, tally, wire
from app.shell.assets import page_files
from tests.bench.hall import Reader
from tests.bench.protocol import TOKEN

PAGE = next(file for file in page_files() if file.stem == "parity")


@asynccontextmanager
async def site():
    """One real page, as `python -m app` serves it."""
    opening.ready()
    server = Server(
        {"/parity": build_single_handler_application(str(PAGE))}, port=0, io_loop=IOLoop.current(),
        extra_patterns=health.ROUTES, allow_websocket_origin=["named.org"],
    )  # fmt: skip
    server.start()
    try:
        yield server, f"http://localhost:{server.port}"
    finally:
        if not server._http._stopped:
            server.unlisten()
        server.stop()


@pytest.fixture
def own_host(monkeypatch):
    handler = dict(per_app_patterns)["/ws"]
    monkeypatch.setattr(handler, "check_origin", handler.check_origin)
    origins.let_the_own_host_in()


async def connects(url: str, origin: str | None) -> bool:
    html = (await AsyncHTTPClient().fetch(f"{url}/parity")).body.decode()
    headers = {"Origin": origin} if origin else {}
    request = HTTPRequest(f"{url.replace('http', 'ws', 1)}/parity/ws", headers=headers)
    try:
        (await websocket_connect(request, subprotocols=["bokeh", TOKEN.search(html)[1]])).close()
    except HTTPClientError as refused:
        assert refused.code == 403
        return False
    return True


def test_pages_of_the_own_host_and_of_named_ones_may_connect_and_others_are_named_once(own_host, caplog):
    async def answers() -> dict:
        async with site() as (_, url):
            asked = [None, url, "https://named.org:80", "http://evil.org", "http://evil.org", "http://localhost:1"]
            return [await connects(url, origin) for origin in asked]

    assert asyncio.run(answers()) == [True, True, True, False, False, False]
    warned = [record.getMessage() for record in caplog.records if "UNROLLED_ORIGIN" in record.getMessage()]
    assert len(warned) == 2 and "evil.org" in warned[0] and "localhost:1" in warned[1]


def test_readiness_follows_what_is_awaited_and_a_reader_sees_it(monkeypatch):
    async def answers() -> list:
        async with site() as (_, url):
            found = []
            awaited = {"parity": ["cec", "parity"]}
            for state, end in ((awaited, False), ({}, False), ({}, True)):
                monkeypatch.setattr(opening.PREPARATION, "awaited", lambda state=state: state)
                monkeypatch.setattr(health.ENDING, "begun", end)
                answer = await AsyncHTTPClient().fetch(f"{url}/readiness", raise_error=False)
                page = (await AsyncHTTPClient().fetch(f"{url}/parity")).body.decode()
                found.append((answer.code, json.loads(answer.body)["awaited"], "opens in a moment" in page))
                assert ("Still awaited: cec, parity." in page) == bool(state)
                assert (TOKEN.search(page) is None) == bool(state), "a page that is awaited holds no session's token"
            return found

    assert asyncio.run(answers()) == [
        (503, {"parity": ["cec", "parity"]}, True), (200, {}, False), (503, {}, False)
    ]  # fmt: skip


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_moves_are_counted_without_what_was_set_and_by_task_only_where_it_is_asked(monkeypatch):
    async def move() -> list:
        async with site() as (_, url):
            found = []
            for by_task in (False, True):
                monkeypatch.setattr(tally.TALLY, "by_task", by_task)
                reader = await Reader.open(url, "parity")
                for values in ({"steepness": 7.0}, {"steepness": 1e9}):
                    await reader.ask(values)
                    await reader.settle()
                await reader.act("nothing of the kind")
                await reader.settle()
                held = counted("unrolled_sessions", page="parity")
                await reader.close()
                names = ("openings_total", "moves_total", "refused_total", "answer_seconds_count")
                told = [counted(f"unrolled_{name}", page="parity") for name in names]
                found.append((*told, counted("unrolled_done_total", page="parity", what="set"), held))
            return found

    before, after = asyncio.run(move())
    assert [round(b - a) for a, b in zip(before, after, strict=True)] == [1, 3, 1, 3, 2, 1]
    assert before[4] == 0
    labels = {name for metric in REGISTRY.collect() for sample in metric.samples if sample.name.startswith("unrolled_")
              for name in sample.labels}  # fmt: skip
    assert labels <= {"page", "what", "le"}
    assert set(tally.WORDS) == set(contract.REQUESTS.values())


def test_a_process_that_ends_moves_its_readers_one_by_one(monkeypatch):
    async def end() -> tuple:
        monkeypatch.setattr(health.ENDING, "begun", False)
        async with site() as (server, url):
            stopped = []
            monkeypatch.setattr(server.io_loop, "stop", lambda: stopped.append(True))
            readers = [await Reader.open(url, "parity") for _ in range(3)]
            draining = asyncio.create_task(ending._drain(server, 1.2))
            await asyncio.sleep(0.1)
            ready = (await AsyncHTTPClient().fetch(f"{url}/readiness", raise_error=False)).code
            await readers[0].ask({"steepness": 8.0})
            await readers[0].settle()
            answered = len(readers[0].answers)
            closed = []
            while not draining.done():
                closed.append(sum(reader.connection.close_code is not None for reader in readers))
                await asyncio.sleep(0.05)
            refused = False
            try:
                await AsyncHTTPClient().fetch(f"{url}/readiness")
            except OSError:
                refused = True
            return ready, answered, sorted(set(closed) | {3}), refused, stopped, list(wire.sockets(server))

    assert asyncio.run(end()) == (503, 1, [0, 1, 2, 3], True, [True], [])


def test_a_line_of_the_log_tells_page_and_session_but_not_the_session_s_id(capsys):
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    request = SimpleNamespace(path="/course/parity")
    doc = Document()
    doc._session_context = lambda: SimpleNamespace(id="a-secret", request=request)
    try:
        for kind in ("json", "text"):
            logs.configure(kind, "info")
            with set_curdoc(doc):
                try:
                    raise ValueError("no such thing")
                except ValueError:
                    logging.getLogger("unrolled").exception("“%s” failed", "x")
            logging.getLogger("tornado").info("outside of a session")
    finally:
        root.handlers[:], root.level = kept, level
    lines = capsys.readouterr().err.splitlines()
    first, second = json.loads(lines[0]), json.loads(lines[1])
    assert (first["level"], first["logger"], first["message"]) == ("error", "unrolled", "“x” failed")
    assert first["page"] == "parity" and first["session"] == logs.mark("a-secret") and "no such thing" in first["trace"]
    assert second.keys() == {"time", "level", "logger", "message"}
    assert f"ERROR unrolled [parity {logs.mark('a-secret')}]: “x” failed" in lines[2]
    assert "a-secret" not in "".join(lines) and lines[-1].endswith("INFO tornado: outside of a session")


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:5006/readiness"),
        ({"PORT": "80", "UNROLLED_PREFIX": "/course/"}, "http://127.0.0.1:80/course/readiness"),
    ],
)
def test_the_probe_of_an_image_asks_the_server_beside_it(environment, url, monkeypatch, capsys):
    for name in ("PORT", "UNROLLED_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert probe.url("readiness") == url


def test_the_probe_fails_where_nobody_answers(monkeypatch, capsys):
    monkeypatch.setenv("PORT", "1")
    assert probe.main("liveness") == 1 and "refused" in capsys.readouterr().out
