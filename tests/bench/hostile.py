"""What a reader can do to the server who does not mean well, and what becomes of the others meanwhile.

    python tests/bench/hostile.py [attacks] [fuzz] [crowd] [--inputs 5000] [--seed 1] [--readers 20]

attacks  wrong tokens, origins, session ids, messages of 50 MB, ten thousand frames, half-open connections, closed doors
fuzz     so many random inputs over HTTP and the websocket (as many go through the bridge in tests/app/test_hostile.py)
crowd    so many readers at an address that asks for very much, beside ten ordinary ones, and without them

A witness moves a slider all the while. At the end: answers 500 and above, tracebacks and bytes in the server's log, and
the witness's answers. Without a name, all of them.
"""

import asyncio
import json
import socket
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlparse

sys.path.insert(0, str(Path(__file__).parents[2]))

from bokeh.util.token import generate_jwt_token, generate_session_id
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from tests.bench.protocol import ROOT, TOKEN, Reader, Server, get, quantile, values
from tests.bench.random_inputs import fuzz, status

HEAVY = "esn?topic=echo&n_units=2000&late=0.5&delay=20"


class Witness:
    """An ordinary reader, who must not notice anything."""

    def __init__(self, server: Server) -> None:
        self.server, self.times, self.errors, self.longest_silence = server, [], 0, 0.0
        self.ended = False

    async def __aenter__(self) -> "Witness":
        self.reader = await Reader.open(self.server.url, "gamma")
        self.task = asyncio.create_task(self._move())
        return self

    async def __aexit__(self, *_) -> None:
        self.ended = True
        await self.task
        self.times, self.errors = self.reader.answers, self.reader.errors + len(self.reader.pending)
        await self.reader.close()

    async def _move(self) -> None:
        k = 0
        while not self.ended:
            await self.reader.ask(values("gamma", k := k + 1))
            await self.reader.settle(30)
            await asyncio.sleep(0.3)

    def line(self) -> str:
        said = [f"{quantile(self.times, share):.0f}" for share in (0.5, 0.95, 1.0)]
        return f"{len(self.times)} answers, median, 95 % and longest {' '.join(said)} ms, errors {self.errors}"


async def handshake(url: str, token: str, **headers: str) -> int:
    """The status with which a websocket is refused; 101 where it opens."""
    request = HTTPRequest(url.replace("http", "ws", 1) + "/gamma/ws", headers=headers, request_timeout=20)
    try:
        opened = await websocket_connect(request, subprotocols=["bokeh", token] if token else None)
    except HTTPClientError as refused:
        return refused.code
    opened.close()
    return 101


def tokens() -> dict[str, str]:
    sound = generate_jwt_token(generate_session_id())
    return {
        "none": "",
        "letters": "abc",
        "no base64": "%%%",
        "a number": "NDI",
        "a list": "W10",
        "cut off": sound[:20],
        "expired": generate_jwt_token(generate_session_id(), expiration=-5),
        "arguments of a wrong kind": generate_jwt_token(generate_session_id(), extra_payload={"arguments": [1]}),
        "headers of a wrong kind": generate_jwt_token(generate_session_id(), extra_payload={"headers": 3}),
        "a bomb": generate_jwt_token(generate_session_id(), extra_payload={"headers": {"a": "a" * 10**7}}),
    }


async def attacks(server: Server, given: Namespace) -> list[str]:
    """What each attack came to; lines that begin with "!" are failures."""
    said = []

    def note(name: str, found: object, allowed: bool) -> None:
        said.append(f"{' ' if allowed else '!'} {name}: {found}")

    for name, token in tokens().items():
        found = await handshake(server.url, token)
        note(f"token, {name}", found, 400 <= found < 500)
    page = await get(f"{server.url}/gamma")
    found = await handshake(server.url, TOKEN.search(page)[1], Origin="https://evil.example")
    note("websocket from another origin", found, found == 403)
    for path in ("gamma/autoload.js?bokeh-autoload-element=1", "gamma/metadata", "rest/session_info", "admin",
                 "components/this/c/_css/x", "components/app.new_lesson.__main__/c/_css/x", "static/../../etc/passwd",
                 "components/panel.template.base/BasicTemplate/_css/x", "static/extensions/panel/panel.js",
                 "gamma/ws", "nothing", "login", "logout"):  # fmt: skip
        found = await status(f"{server.url}/{path}", follow_redirects=False)
        note(path, found, 400 <= found < 500)
    for stem in ("", *server.stems):
        answer = await AsyncHTTPClient().fetch(f"{server.url}/{stem}")
        missing = {"X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy"} - {*answer.headers}
        note(f"/{stem}, headers that are missing", ", ".join(missing) or "none", not missing)
    said += await sessions(server)
    said += await floods(server)
    return said


async def sessions(server: Server) -> list[str]:
    """Two readers with one session id; one reader's token in the hands of another; another document; other models."""
    said = []
    chosen = [await get(f"{server.url}/gamma?bokeh-session-id=mine") for _ in range(2)]
    ids = {TOKEN.search(page)[1] for page in chosen}
    said.append(f"{' ' if len(ids) == 2 else '!'} a chosen session id: {len(ids)} sessions for two readers")
    first, second = await Reader.open(server.url, "gamma"), await Reader.open(server.url, "gamma")
    events = [
        {"kind": "ModelChanged", "model": {"id": second.bridge}, "attr": "frame", "new": "{}"},
        {"kind": "ModelChanged", "model": {"id": "p1"}, "attr": "name", "new": "x"},
        {"kind": "RootRemoved", "model": {"id": second.bridge}},
        {"kind": "TitleChanged", "title": "x"},
    ]
    for event in events:
        await first._send("PATCH-DOC", {"events": [event]})
    await first._send("PUSH-DOC", {"doc": {"version": "3.9.2", "title": "x", "roots": [], "defs": []}})
    await first.ask({"alpha": 0.3})
    await first.settle()
    await second.ask({"alpha": 0.4})
    await second.settle()
    lost = len(first.pending) + len(second.pending)
    said.append(
        f"{'!' if lost else ' '} foreign models, roots, titles and documents: {lost} answers missing after them"
    )
    await first.close()
    await second.close()
    return said


async def floods(server: Server) -> list[str]:
    said = []
    reader = await Reader.open(server.url, "gamma")
    begun = time.perf_counter()
    for k in range(10_000):
        await reader.ask(values("gamma", k))
    sent = time.perf_counter() - begun
    await reader.settle(60)
    left = len(reader.pending)
    took = time.perf_counter() - begun
    said.append(f"{'!' if left else ' '} 10,000 frames: sent in {sent:.1f} s, answered after {took:.1f} s")
    await reader.close()
    reader = await Reader.open(server.url, "gamma")
    with suppress(Exception):
        await reader.connection.write_message("x" * 50 * 2**20)
    await asyncio.sleep(2)
    closed = reader.listening.done()
    said.append(f"{' ' if closed else '!'} a message of 50 MB: {'the connection is closed' if closed else 'taken'}")
    host = urlparse(server.url)
    idle = []
    for k in range(300):
        link = socket.create_connection((host.hostname, host.port))
        link.sendall((b"", b"GET /gamma HTTP/1.1\r\nHost: x\r\n", b"GET / HT")[k % 3])
        idle.append(link)
    begun = time.perf_counter()
    await get(f"{server.url}/gamma")
    said.append(
        f"  300 half-open connections: a page opens in {1000 * (time.perf_counter() - begun):.0f} ms beside them"
    )
    for link in idle:
        link.close()
    return said


# Readers who ask for very much


async def crowd(server: Server, given: Namespace) -> list[str]:
    said = []
    for number in (0, given.readers):
        heavy = []
        for _ in range(number):
            begun = time.perf_counter()
            heavy.append(await Reader.open(server.url, HEAVY))
            if len(heavy) == 1:
                frame = json.loads(heavy[0].document)["doc"]["roots"][0]["attributes"]["frame"]
                told = [notice for notice in json.loads(frame)["notices"] if "too much" in notice]
                said.append(f"{' ' if told else '!'} answered in {time.perf_counter() - begun:.2f} s: {told}")
        witnesses = [Witness(server) for _ in range(10)]
        for witness in witnesses:
            await witness.__aenter__()
        for k in range(20):
            await asyncio.sleep(1)
            for reader in heavy:
                await reader.ask({"spectral_radius": 0.5 + 0.05 * k})
        for witness in witnesses:
            await witness.__aexit__()
        times = [took for witness in witnesses for took in witness.times]
        errors = sum(witness.errors for witness in witnesses)
        late = quantile(times, 0.95)
        mark = "!" if errors or late > 150 else " "
        said.append(f"{mark} beside {number} who ask for very much: {len(times)} answers, "
                    f"median {quantile(times, 0.5):.0f} ms, 95 % {late:.0f} ms, longest {max(times):.0f} ms, "
                    f"errors {errors}, memory {server.resident():.0f} MB")  # fmt: skip
        for reader in heavy:
            await reader.close()
        if heavy:
            await asyncio.sleep(1.5)
            before = server.cpu()
            await asyncio.sleep(3)
            busy = (server.cpu() - before) / 3000
            said.append(f"{'!' if busy > 0.2 else ' '} 1.5 s after they have gone the server uses {busy:.0%} of a core")
    return said


async def run(given: Namespace, log: Path) -> int:
    failures = 0
    with Server(ROOT, log=log) as server:
        for name in given.parts or ("attacks", "fuzz", "crowd"):
            async with Witness(server) as witness:
                lines = await {"attacks": attacks, "fuzz": fuzz, "crowd": crowd}[name](server, given)
            print(f"\n{name}", *lines, f"  witness: {witness.line()}", sep="\n", flush=True)
            failures += sum(line.startswith("!") for line in lines) + witness.errors
            if server.process.poll() is not None:
                print("! the server has ended")
                return 1
    written = log.read_text("utf-8", "replace")
    traces = written.count("Traceback")
    print(f"\nlog: {len(written):,} letters, {written.count(chr(10))} lines, {traces} tracebacks, in {log}")
    return int(bool(failures or traces))


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--readers", type=int, default=20)
    given = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".log", delete=False) as log:
        sys.exit(asyncio.run(run(given, Path(log.name))))


if __name__ == "__main__":
    main()
