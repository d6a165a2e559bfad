"""Random addresses, headers and messages, among them many that are nearly right (see hostile.py)."""

import json
import random
import string
from argparse import Namespace
from contextlib import suppress
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from tests.bench.protocol import Reader, Server

KINDS = ("PATCH-DOC", "PULL-DOC-REQ", "PUSH-DOC", "SERVER-INFO-REQ", "ACK", "OK", "ERROR", "PULL-DOC-REPLY", "NONSENSE")
WORDS = ("cursor", "edit", "preset", "reset", "restore", "seed", "example", "solve", "predict", "reveal", "uncover",
         "cancel", "back", "download", "code", "set", "act", "upload", "eval", "__class__", "")  # fmt: skip
ODD = (None, True, 0, -1, 2.5, 1e308, -1e308, 10**30, "", "a", "NaN", "inf", "-0", "1e999", "\x00", "\ud800",
       "<script>", "9" * 400, [], {}, [[]], {"a": {"b": []}}, ["x"] * 50, float("nan"), float("inf"))  # fmt: skip


async def status(url: str, **options) -> int:
    with suppress(OSError):
        found = await AsyncHTTPClient().fetch(HTTPRequest(url, **options), raise_error=False)
        return found.code
    return 0


def anything(chance: random.Random, depth: int = 0) -> object:
    pick = chance.random()
    if depth < 3 and pick < 0.15:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    if depth < 3 and pick < 0.3:
        return {some_text(chance): anything(chance, depth + 1) for _ in range(chance.randrange(4))}
    return some_text(chance) if pick < 0.45 else chance.choice(ODD)


def some_text(chance: random.Random) -> str:
    letters = string.printable + "äß∞\x00\u202e𝛼"
    return "".join(chance.choice(letters) for _ in range(chance.randrange(12)))


def event(chance: random.Random, bridge: str) -> object:
    kind = chance.choice(["ModelChanged", "ColumnDataChanged", "ColumnsStreamed", "ColumnsPatched", "TitleChanged",
                          "RootAdded", "RootRemoved", "MessageSent", some_text(chance)])  # fmt: skip
    request = json.dumps([{"id": anything(chance), "do": chance.choice(WORDS), "values": anything(chance)}])
    model = {"id": chance.choice([bridge, "p1001", some_text(chance)])}
    attribute = chance.choice(["request", "frame", "name", "tags", some_text(chance)])
    fields = {"model": model, "attr": attribute, "new": chance.choice([request, anything(chance)])}
    return chance.choice([{"kind": kind, **fields}, {"kind": kind}, anything(chance)])


async def one_message(chance: random.Random, reader: Reader) -> None:
    """A message of three fragments in which something is wrong, or nothing."""
    header = {"msgid": some_text(chance), "msgtype": chance.choice(KINDS)}
    content: object = {"events": [event(chance, reader.bridge) for _ in range(chance.randrange(3))]}
    parts = [header, {}, content]
    if chance.random() < 0.3:
        parts[chance.randrange(3)] = anything(chance)
    for part in parts:
        text = json.dumps(part) if chance.random() < 0.95 else some_text(chance)
        binary = chance.random() < 0.05
        await reader.connection.write_message(text.encode("utf-8", "replace") if binary else text.encode(
            "utf-8", "replace").decode(), binary=binary)  # fmt: skip


async def fuzz(server: Server, given: Namespace) -> list[str]:
    chance = random.Random(given.seed)
    codes: dict[int, int] = {}
    reader, opened = None, 0
    for number in range(given.inputs):
        if number % 2:
            code = await status(some_address(chance, server), headers=some_headers(chance), request_timeout=30)
            codes[code] = codes.get(code, 0) + 1
            continue
        if reader is None or reader.connection.close_code is not None or reader.listening.done():
            reader, opened = await Reader.open(server.url, chance.choice(server.stems)), opened + 1
        with suppress(Exception):  # the server has closed it, as it should
            await one_message(chance, reader)
    bad = sum(count for code, count in codes.items() if code >= 500 or code == 0)
    return [
        f"{'!' if bad else ' '} {given.inputs} random inputs, {opened} websockets closed; answers by status: {codes}"
    ]


def some_address(chance: random.Random, server: Server) -> str:
    stem = chance.choice([*server.stems, "", "nothing", "static/js/bokeh.min.js", "components/app.static/Assets/_js/x"])
    names = ["topic", "n_units", "n_steps", "cursor", "x", "bits", "preset", "seed", "present", "theme", "only", "pin",
             "bokeh-token", "bokeh-session-id", "density", some_text(chance)]  # fmt: skip
    given = "&".join(
        f"{quote(chance.choice(names))}={quote(str(anything(chance)).encode('utf-8', 'replace'))[:3000]}"
        for _ in range(chance.randrange(6))
    )
    return f"{server.url}/{stem}?{given}"


def some_headers(chance: random.Random) -> dict[str, str]:
    names = ["Origin", "Cookie", "Bokeh-Session-Id", "X-Forwarded-Proto", "Range", "If-None-Match", "Accept-Encoding"]
    return {chance.choice(names): str(anything(chance)).encode("ascii", "replace").decode().replace("\n", " ")
            .replace("\r", " ").replace("\0", "")[:200] for _ in range(chance.randrange(3))}  # fmt: skip
