"""A session seen from a real websocket: one door in, one frame out, sent at once. Bokeh may change what it rests on."""

import asyncio
import json
import logging
import socket
from contextlib import asynccontextmanager

import pytest
from bokeh.application.handlers.function import FunctionHandler
from bokeh.server.server import Server
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.io.application import Application
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

from app.shell.page import open_session
from app.shell.room import room

STEM = "parity"


class Client:
    """A browser's end of the wire, which can say what no honest browser says."""

    def __init__(self, socket: WebSocketClientConnection, session) -> None:
        self.socket, self.session, self.sent = socket, session, 0

    async def receive(self) -> dict:
        """The next message: its header, with the content added. Bokeh sends header, metadata, content and buffers."""
        header, _metadata, content = [json.loads(await self.socket.read_message()) for _ in range(3)]
        for _ in range(2 * header.get("num_buffers", 0)):
            await self.socket.read_message()
        return {**header, "content": content}

    async def send(self, kind: str, content: dict) -> None:
        self.sent += 1
        for part in ({"msgid": str(self.sent), "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))

    async def pull(self) -> dict:
        await self.send("PULL-DOC-REQ", {})
        return (await self.receive())["content"]["doc"]

    async def patch(self, *events: dict) -> None:
        await self.send("PATCH-DOC", {"events": list(events)})

    async def ask(self, bridge: dict, *requests: dict) -> dict:
        """Send requests and return the frame that answers them."""
        await self.patch(changed(bridge, "request", json.dumps(list(requests))))
        while True:
            message = await asyncio.wait_for(self.receive(), 10)
            for event in message["content"].get("events", []) if message["msgtype"] == "PATCH-DOC" else []:
                if event["attr"] == "frame":
                    return json.loads(event["new"])


def changed(model: dict, attribute: str, value: object) -> dict:
    return {"kind": "ModelChanged", "model": {"id": model["id"]}, "attr": attribute, "new": value}


@asynccontextmanager
async def connected():
    """A client of a session that was served as the pages are."""

    def fill(doc) -> None:
        open_session(doc, room(STEM), {})

    server = Server({"/": Application(FunctionHandler(fill))}, port=0, io_loop=IOLoop.current())
    server.start()
    token = generate_jwt_token(generate_session_id())
    found = await websocket_connect(f"ws://localhost:{server.port}/ws", subprotocols=["bokeh", token])
    (session,) = server.get_sessions("/")
    client = Client(found, session)
    assert (await client.receive())["msgtype"] == "ACK"
    try:
        yield client
    finally:
        found.close()
        server.unlisten()
        server.stop()


def run(conversation):
    """What a conversation with a fresh session returns."""

    async def held():
        async with connected() as client:
            [bridge] = (await client.pull())["roots"]
            return await asyncio.wait_for(conversation(client, bridge), 30)

    return asyncio.run(held())


def test_the_bridge_is_the_only_root_and_carries_the_first_frame():
    async def conversation(client, bridge):
        return bridge

    bridge = run(conversation)
    assert bridge["attributes"]["name"] == "bridge"
    first = json.loads(bridge["attributes"]["frame"])
    assert first["answered"] == 0 and first["build"] == room(STEM).build and first["numbers"]


def test_requests_are_answered_with_the_last_id_and_only_with_what_has_changed():
    async def conversation(client, bridge):
        one = await client.ask(bridge, {"id": 7, "do": "set", "values": {"steepness": 12}})
        two = await client.ask(bridge, {"id": 8, "do": "cursor", "t": 2}, {"id": 9, "do": "cursor", "t": 3})
        return one, two

    one, two = run(conversation)
    assert one["answered"] == 7 and one["values"]["steepness"] == 12
    assert two["answered"] == 9 and two["t"] == 3 and "values" not in two and "columns" not in two


# Each with whether the session's document or bridge could have been changed by it.
FOREIGN = {
    "the frame": lambda bridge: changed(bridge, "frame", "{}"),
    "a download": lambda bridge: changed(bridge, "download", "{}"),
    "a callback": lambda bridge: changed(bridge, "js_property_callbacks", {"map": []}),
    "no text": lambda bridge: changed(bridge, "request", {"type": "map"}),
    "another model": lambda bridge: changed({"id": "p1"}, "request", "[]"),
    "the title": lambda bridge: {"kind": "TitleChanged", "title": "mine"},
    "a root less": lambda bridge: {"kind": "RootRemoved", "model": {"id": bridge["id"]}},
    "a root more": lambda bridge: {"kind": "RootAdded", "model": {"type": "object", "name": "Div", "id": "p9"}},
    "an event": lambda bridge: {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": {}},
    "nothing known": lambda bridge: {"kind": "Nonsense"},
    "no event": lambda bridge: 7,
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_patch_to_anything_else_changes_nothing_and_the_session_goes_on(what, caplog):
    async def conversation(client, bridge):
        before = state(client.session)
        await client.patch(FOREIGN[what](bridge))
        reply = await client.receive()
        after = state(client.session)
        frame = await client.ask(bridge, {"id": 1, "do": "cursor", "t": 2})
        return reply, before, after, frame

    def state(session) -> tuple:
        [bridge] = session.document.roots
        return (
            session.document.title,
            bridge.id,
            bridge.frame,
            bridge.download,
            bridge.request,
            len(bridge.js_property_callbacks),
        )

    with caplog.at_level(logging.ERROR):
        reply, before, after, frame = run(conversation)
    assert reply["msgtype"] == "OK" and before == after and frame["answered"] == 1
    assert caplog.records == [], "what a reader sends wrongly leaves no traceback"


def test_a_patch_may_hold_a_request_beside_what_is_left_out():
    async def conversation(client, bridge):
        request = changed(bridge, "request", '[{"id": 3, "do": "cursor", "t": 5}]')
        await client.patch(FOREIGN["the title"](bridge), request)
        while (message := await client.receive())["msgtype"] != "PATCH-DOC":
            pass
        return json.loads(message["content"]["events"][0]["new"]), client.session.document.title

    frame, title = run(conversation)
    assert frame["answered"] == 3 and frame["t"] == 5 and "mine" not in title


def test_frames_are_sent_at_once_from_the_first_request_on():
    async def conversation(client, bridge):
        await client.ask(bridge, {"id": 1, "do": "cursor", "t": 2})
        (connection,) = client.session._subscribed_connections
        return connection._socket.ws_connection.stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert run(conversation) != 0


def test_a_frame_is_one_message_without_buffers():
    async def conversation(client, bridge):
        await client.patch(changed(bridge, "request", '[{"id": 1, "do": "set", "values": {"n_steps": 200}}]'))
        messages = [await client.receive(), await client.receive()]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.receive(), 0.2)
        return messages

    messages = run(conversation)
    assert sorted(message["msgtype"] for message in messages) == ["OK", "PATCH-DOC"]
    assert not any(message.get("num_buffers") for message in messages)


def test_the_model_is_told_whether_a_browser_is_there():
    async def conversation(client, bridge):
        await client.ask(bridge, {"id": 1, "do": "cursor", "t": 2})
        [callback] = client.session.document.roots[0]._callbacks["request"]
        model = callback.__self__.model
        there = model.connected()
        client.socket.close()
        for _ in range(100):
            await asyncio.sleep(0.02)
            if not model.connected():
                break
        return there, model.connected()

    assert run(conversation) == (True, False)
