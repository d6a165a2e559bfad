"""A server of this site, and readers who speak its protocol as a browser does, without being one.

Bokeh's messages are three text frames (header, metadata, content), then two frames for each buffer. What is ours: the
root named "bridge" takes `request`, a JSON list of what to do, and answers with `frame`, whose `answered` is the id of
the last request that it knows of.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

ROOT = Path(__file__).parents[2]
CORES = sorted(os.sched_getaffinity(0))  # servers get the first, the client the last
PATIENCE = 60.0  # seconds until an opening counts as failed
LARGEST = 2**28  # bytes of a message
AsyncHTTPClient.configure(None, max_clients=1000)  # ten, if nothing is said
TOKEN = re.compile(r"(?:\"|&quot;|&#34;)token(?:\"|&quot;|&#34;):\s*(?:\"|&quot;|&#34;)([\w.-]+)")
REFUSED = ("not allowed", "no setting", "could not")  # in a notice: the move was not made
# Per page: the state it is opened in, and the parameter that is moved with its range.
SWEEPS = {
    "esn": ("esn", "spectral_radius", 0.2, 2.0),
    "lstm": ("lstm?preset=closing", "b_f", -2.0, 6.0),
    "gated_cec": ("gated_cec", "w", 0.8, 1.1),
    "parity": ("parity", "steepness", 5.0, 20.0),
    "gamma": ("gamma", "alpha", 0.2, 1.2),
    "narx": ("narx?preset=two-delays", "w1", -1.0, 1.0),
    "delay_lines": ("delay_lines?preset=depth", "alpha", 0.1, 0.9),
    "unrolled": ("unrolled", "W11", -1.0, 1.0),
    "vanishing": ("vanishing", "w", 0.3, 1.1),
}
# What makes a browser ask another host: a tag's source, a stylesheet's import, or a file named in JSON. Links don't.
LINK = re.compile(r"<a\s[^>]*>|\\u003[cC]a\s.*?\\u003[eE]|<!--.*?-->", re.DOTALL)
OUTSIDE = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio|object|use|image)\b[^>]*?(?:src|href|data)=\\?["']?(https?://[^"'\s>\\]+)"""
    r"""|(?:url\(|@import\s)\s*\\?["']?(https?://[^"'\s)\\]+)"""
    r"""|["'](https?://[^"'\s<>\\]+\.(?:css|m?js|woff2?|ttf|wasm|png|svg|jpe?g|ico)(?:\?[^"'\s<>\\]*)?)\\?["']"""
)

# Serves one more page beside those of the site, with whatever options `python -m app` gives to Panel.
WITH_PEER = """
import runpy, sys
from panel.command.serve import Serve
invoke, peer = Serve.invoke, sys.argv.pop(1)
def with_peer(command, options):
    options.files = [*options.files, peer]
    return invoke(command, options)
Serve.invoke = with_peer
runpy.run_module("app", run_name="__main__", alter_sys=True)
"""


def page_of(stem: str) -> str:
    return SWEEPS[stem][0] if stem in SWEEPS else stem


def values(stem: str, k: int) -> dict[str, float]:
    """The k-th value of a page's sweep; a page that is not in the table moves its time cursor."""
    if stem not in SWEEPS:
        return {"cursor": 2 + k % 4}
    _, name, low, high = SWEEPS[stem]
    return {name: round(low + (high - low) * (k * 0.618034 % 1), 4)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    def __init__(self, pid: int):
        self.pid = pid

    def cpu(self) -> float:
        """Milliseconds of CPU that all its threads have used: /proc/<pid>/stat says it in steps of 10 ms."""
        return 1000 * time.clock_gettime(~self.pid << 3 | 2)  # clock_getcpuclockid(3), which Python doesn't offer

    def resident(self) -> float:
        """Megabytes of memory that it holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def connections(self) -> int:
        """How many sockets it has open, those it listens on included."""
        links = [os.readlink(file) for file in Path(f"/proc/{self.pid}/fd").iterdir() if file.is_symlink()]
        return sum(link.startswith("socket:") for link in links)

    def children(self) -> list["Process"]:
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [Process(int(pid)) for pid in found.split()]


class Server(Process):
    """`python -m app` of one checkout, on the servers' core.

    peer: the script of one more page. script: Python that starts the site instead of `-m app`. log: where to write what
    the server says.
    """

    def __init__(self, root: Path, *options: str, peer: Path | None = None, script: str = "", log: Path | None = None):
        root = root.resolve()
        own = root / ".venv" / "bin" / "python"
        port = free_port()
        start = ["-c", WITH_PEER, str(peer)] if peer else ["-c", script] if script else ["-m", "app"]
        command = [str(own if own.exists() else sys.executable), *start, "--port", str(port), *options]
        with open(log or os.devnull, "wb") as said:
            self.process = subprocess.Popen(command, cwd=root, start_new_session=True, stdout=said, stderr=said)
        super().__init__(self.process.pid)
        os.sched_setaffinity(self.pid, CORES[:1])
        self.url = f"http://127.0.0.1:{port}"
        self.stems = sorted(file.stem for file in (root / "app" / "pages").glob("[!_]*.py"))

    def __enter__(self) -> "Server":
        end = time.monotonic() + 240
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/readiness", timeout=5).read()
                return self
            except OSError as problem:
                if getattr(problem, "code", None) == 404:  # an older site
                    return self
                time.sleep(0.2)
        self.__exit__()
        raise RuntimeError(f"the server did not answer: {' '.join(self.process.args)}")

    def __exit__(self, *_problem) -> None:
        for ending in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.pid, ending)  # with --num-procs it has children
                self.process.wait(10)


async def get(url: str) -> str:
    request = HTTPRequest(url, connect_timeout=PATIENCE, request_timeout=PATIENCE, validate_cert=False)
    return (await AsyncHTTPClient().fetch(request)).body.decode()


class Reader:
    """One reader's session: opened, moved, closed. `answers` are the milliseconds until each move was answered."""

    def __init__(self, stem: str, connection: WebSocketClientConnection):
        self.stem, self.connection = stem, connection
        self.pending: dict[int, float] = {}  # when each move that is not yet answered was made
        self.sent, self.answers, self.errors = 0, [], 0
        self.answered = asyncio.Event()
        self.answered.set()
        self.html = self.document = self.bridge = ""
        self.listening: asyncio.Task | None = None

    @classmethod
    async def open(cls, url: str, page: str, pause: float = 0) -> "Reader":
        """Get the page, open its websocket (a browser takes a moment for that) and pull the document."""
        html = await get(f"{url}/{page}")
        await asyncio.sleep(pause)
        token = TOKEN.search(html)
        if token is None:
            raise ValueError(f"/{page} holds no token of Bokeh")
        stem = page.partition("?")[0]
        address = f"{url.replace('http', 'ws', 1)}/{stem}/ws"
        request = HTTPRequest(address, connect_timeout=PATIENCE, request_timeout=PATIENCE, validate_cert=False)
        offer = {"compression_options": {}, "max_message_size": LARGEST}
        reader = cls(stem, await websocket_connect(request, subprotocols=["bokeh", token[1]], **offer))
        reader.connection.protocol.set_nodelay(True)  # as browsers do
        reader.html = html
        try:
            await asyncio.wait_for(reader._pull(), PATIENCE)
        except BaseException:
            reader.connection.close()
            raise
        reader.listening = asyncio.create_task(reader._listen())
        return reader

    async def _pull(self) -> None:
        await self._expect("ACK")
        await self._send("PULL-DOC-REQ", {})
        self.document = await self._expect("PULL-DOC-REPLY")
        roots = json.loads(self.document)["doc"]["roots"]
        found = [root["id"] for root in roots if root["attributes"].get("name") == "bridge"]
        if not found:
            raise ValueError("the document has no root with the name bridge")
        self.bridge = found[0]

    def forget_texts(self) -> "Reader":
        """Drop the page and the document: they would fill the client's memory."""
        self.html = self.document = ""
        return self

    async def close(self) -> None:
        self.listening.cancel()
        self.connection.close()

    async def ask(self, values: dict[str, float]) -> None:
        """Set parameters and don't wait for the answer."""
        self.sent += 1
        self.answered.clear()
        request = json.dumps([{"id": self.sent, "do": "set", "values": values}])
        change = {"kind": "ModelChanged", "model": {"id": self.bridge}, "attr": "request", "new": request}
        self.pending[self.sent] = time.perf_counter()
        await self._send("PATCH-DOC", {"events": [change]})

    async def settle(self, patience: float = 10) -> None:
        """Wait until all moves are answered, the connection is lost, or patience is."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.answered.wait(), patience)

    async def _send(self, kind: str, content: dict) -> None:
        header = {"msgid": uuid4().hex, "msgtype": kind}
        with suppress(WebSocketClosedError):  # what is never answered is an error
            for part in (header, {}, content):
                await self.connection.write_message(json.dumps(part))

    async def _receive(self) -> tuple[str, str]:
        """The next message's kind and content."""
        header = json.loads(await self._text())
        await self._text()
        content = await self._text()
        for _ in range(2 * header.get("num_buffers", 0)):
            await self._text()
        return header["msgtype"], content

    async def _text(self) -> str:
        text = await self.connection.read_message()
        if text is None:
            raise ConnectionError("the server has closed the websocket")
        return text

    async def _expect(self, kind: str) -> str:
        while True:
            found, content = await self._receive()
            if found == "ERROR":
                raise ConnectionError(f"the server answers with an error: {content[:300]}")
            if found == kind:
                return content

    async def _listen(self) -> None:
        try:
            while True:
                kind, content = await self._receive()
                now = time.perf_counter()
                self.errors += kind == "ERROR"
                if kind == "PATCH-DOC" and '"frame"' in content:
                    for event in json.loads(content)["events"]:
                        if event.get("attr") == "frame":
                            self._see(event["new"], now)
        except ConnectionError:
            self.errors += 1
            self.answered.set()

    def _see(self, frame: str | dict, now: float) -> None:
        shown = json.loads(frame) if isinstance(frame, str) else frame
        done = [k for k in self.pending if k <= shown.get("answered", 0)]
        changed = shown.keys() - {"answered", "notices"}
        refused = any(word in notice for notice in shown.get("notices") or () for word in REFUSED)
        self.errors += bool(done) and (refused or not changed)
        self.answers += [1000 * (now - self.pending.pop(k)) for k in done]
        if not self.pending:
            self.answered.set()


class Spent:
    """What moves have cost a server. `errors`: refused, lost with the connection, or never answered."""

    def __init__(self, server: Server):
        self.server = server
        self.times: list[float] = []
        self.errors, self.cpu, self.seconds = 0, 0.0, 0.0

    @contextmanager
    def by(self, readers: Sequence[Reader]) -> Iterator[None]:
        """Count what these readers do inside the block."""
        cpu, start = self.server.cpu(), time.perf_counter()
        yield
        self.cpu += self.server.cpu() - cpu
        self.seconds += time.perf_counter() - start
        for reader in readers:
            self.times += reader.answers
            self.errors += reader.errors + len(reader.pending)
            reader.answers, reader.errors, reader.pending = [], 0, {}

    def per_move(self) -> float:
        return self.cpu / max(1, len(self.times))


def quantile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(int(share * len(times)), len(times) - 1)] if times else float("nan")


def references(text: str) -> set[str]:
    """Addresses on other hosts that a browser would ask for while it shows this page or document."""
    found = OUTSIDE.findall(LINK.sub("", text.replace("&quot;", '"').replace("&#34;", '"')))
    return {address for addresses in found for address in addresses if address}
