"""The waits that pages do without, seen on a real websocket between a server and a client in this process."""

import asyncio
import json
import socket
import time
from contextlib import asynccontextmanager

import pytest
from bokeh.application.handlers.function import FunctionHandler
from bokeh.document import Document
from bokeh.models import ColumnDataSource
from bokeh.server.server import Server
from bokeh.server.views.ws import WSHandler
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.io.application import Application
from panel.io.state import state
from panel.reactive import Syncable
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

from app.shell import latency

N_CHANGES = 60


@pytest.fixture(autouse=True)
def installed():
    latency.install()


@asynccontextmanager
async def connected(fill_document):
    """A session of a served document, and a client's end of its websocket."""
    server = Server({"/": Application(FunctionHandler(fill_document))}, port=0, io_loop=IOLoop.current())
    server.start()
    token = generate_jwt_token(generate_session_id())
    client = await websocket_connect(f"ws://localhost:{server.port}/ws", subprotocols=["bokeh", token])
    assert (await message(client))["msgtype"] == "ACK"
    (session,) = server.get_sessions("/")
    try:
        yield session, client
    finally:
        client.close()
        server.stop()


async def message(client: WebSocketClientConnection) -> dict:
    """The next message: its header, with the content added. Bokeh sends header, metadata, content and buffers."""
    header, _metadata, content = [json.loads(await client.read_message()) for _ in range(3)]
    for _ in range(2 * header.get("num_buffers", 0)):
        await client.read_message()
    return {**header, "content": content}


def test_frames_are_sent_at_once():
    async def no_delay():
        async with connected(lambda doc: None) as (session, _):
            (connection,) = session._subscribed_connections
            return connection._socket.ws_connection.stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert asyncio.run(no_delay()) != 0


def test_panel_does_not_wait_for_another_change():
    assert Syncable._debounce == 0


def test_installing_twice_wraps_once():
    before = WSHandler.open
    latency.install()
    assert WSHandler.open is before


def test_many_changes_make_one_refresh_and_one_message():
    sources = [ColumnDataSource(data={"y": [0.0]}) for _ in range(2)]
    newest = {"value": 0}
    refreshed = []

    def refresh():
        refreshed.append((newest["value"], state.curdoc))
        for source in sources:
            source.data = {"y": [newest["value"]]}

    async def drag_twice():
        async with connected(lambda doc: [doc.add_root(source) for source in sources]) as (session, client):
            state._loaded[session.document] = True
            latest = latency.LatestWins(session.document, refresh)
            contents = []
            for _ in range(2):
                for _ in range(N_CHANGES):
                    newest["value"] += 1
                    latest(object())
                contents.append((await asyncio.wait_for(message(client), 5))["content"])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.read_message(), 0.2)
            return session.document, contents

    document, contents = asyncio.run(drag_twice())
    assert refreshed == [(N_CHANGES, document), (2 * N_CHANGES, document)]
    for content in contents:
        assert [event["model"]["id"] for event in content["events"]] == [source.id for source in sources]


def test_refresh_that_fails_does_not_block_the_next():
    calls = []

    def refresh():
        calls.append(len(calls))
        if len(calls) == 1:
            raise ArithmeticError

    async def change_twice():
        async with connected(lambda doc: None) as (session, _):
            latest = latency.LatestWins(session.document, refresh)
            for _ in range(2):
                latest()
                await asyncio.sleep(0.05)

    asyncio.run(change_twice())
    assert calls == [0, 1]


def test_values_that_came_during_a_slow_refresh_are_drawn_once():
    calls = []

    def refresh():
        calls.append(len(calls))
        time.sleep(0.1)

    async def drag_on():
        async with connected(lambda doc: None) as (session, _):
            latest = latency.LatestWins(session.document, refresh)
            latest()
            while not calls:
                await asyncio.sleep(0.001)
            # what waited in the socket is read message by message, with time for a refresh in between
            for _ in range(5):
                latest()
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.3)

    asyncio.run(drag_on())
    assert calls == [0, 1]


def test_document_without_a_session_refreshes_at_once():
    calls = []
    latest = latency.LatestWins(Document(), lambda: calls.append("refreshed"))
    latest()
    latest()
    assert calls == ["refreshed", "refreshed"]
