"""What befalls a server, one fault after the other, and what its readers see of it.

    python tests/faults/server.py [killed] [ended] [disk] [clock] [said]

killed  one of three replicas behind nginx is killed under 100 readers: all go on, each with its settings
ended   SIGTERM under readers, to one process and to one with two children: readers move on one by one, exit code 0
disk    the cache of kernels on a full disk, read-only and empty, read-only and filled (needs root, for the mounts)
clock   the clock jumps by days, forwards and back (needs faketime)
said    a port in use, and a page of another host: what is said, and how soon
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPError, HTTPRequest
from tornado.websocket import websocket_connect

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.hall import Reader
from tests.bench.protocol import SWEEPS, TOKEN, free_port, get, page_of, quantile, values
from tests.deploy.proxies import ROOT, Nginx, Replica, open_url, replicas

READERS = 100
QUERY = re.compile(r'\\"query\\":\\"(.*?)\\"[,}]')


class Loyal:
    """A reader as the page is: when its connection ends, it asks for a new session with its last address."""

    def __init__(self, url: str, stem: str) -> None:
        self.url, self.stem, self.query = url, stem, page_of(stem).partition("?")[2]
        self.reader: Reader | None = None
        self.lost, self.moves, self.unanswered, self.away = 0, 0, 0, 0.0
        self.times: list[tuple[float, float]] = []  # when, milliseconds
        self.last: dict[str, float] = {}
        self.wrong = 0  # new sessions that did not open with the settings

    async def open(self) -> None:
        page = f"{self.stem}?{self.query}" if self.query else self.stem
        self.reader = await Reader.open(self.url, page)
        frame = json.loads(self.bridge_frame())
        if self.last:
            [(name, value)] = self.last.items()
            self.wrong += abs(float(frame["values"][name]) - value) > 1e-9

    def bridge_frame(self) -> str:
        roots = json.loads(self.reader.document)["doc"]["roots"]
        return next(root["attributes"]["frame"] for root in roots if root["attributes"].get("name") == "bridge")

    async def reopen(self) -> None:
        begun, self.lost = time.monotonic(), self.lost + 1
        while True:
            await asyncio.sleep(0.5)
            with suppress(OSError, HTTPError, ValueError, TimeoutError):
                await self.open()
                break
        self.away += time.monotonic() - begun

    async def use(self, until: asyncio.Event) -> None:
        while not until.is_set():
            moved = values(self.stem, self.moves)
            self.moves += 1
            await self.reader.ask(moved)
            await self.reader.settle(5)
            if self.reader.connection.close_code is not None or self.reader.pending:
                await self.reopen()
                continue  # the page asks again what nobody had answered
            self.times += [(time.monotonic(), took) for took in self.reader.answers]
            self.reader.answers = []
            self.last = moved
            name, value = next(iter(moved.items()))
            kept = [part for part in self.query.split("&") if part and not part.startswith(f"{name}=")]
            self.query = "&".join([*kept, f"{name}={value}"])
            await asyncio.sleep(0.8 + 0.4 * (hash(self) % 100) / 100)
        await self.reader.close()


async def killed() -> None:
    with ExitStack() as stack:
        servers = replicas(stack, 3)
        proxy = stack.enter_context(Nginx([server.address for server in servers]))
        stems = sorted(SWEEPS)
        people = [Loyal(proxy.url, stems[k % len(stems)]) for k in range(READERS)]
        for k in range(0, READERS, 10):
            await asyncio.gather(*(person.open() for person in people[k : k + 10]))
        until = asyncio.Event()
        tasks = [asyncio.create_task(person.use(until)) for person in people]
        await asyncio.sleep(15)
        held = [server.connections() for server in servers]
        fell = time.monotonic()
        servers[0].process.kill()
        print(f"  killed one of three replicas under {READERS} readers; sockets per replica before: {held}", flush=True)
        await asyncio.sleep(25)
        until.set()
        await asyncio.gather(*tasks)
        moved = [person for person in people if person.lost]
        others = [took for person in people if not person.lost for when, took in person.times if when > fell]
        before = [took for person in people for when, took in person.times if when < fell]
        after = [took for person in people for when, took in person.times if when > fell + 5]
        longest = quantile([person.away / person.lost for person in moved], 1)
        print(f"  {len(moved)} readers lost their session; back after {longest:.1f} s at most")
        print(f"  settings that did not come back: {sum(person.wrong for person in people)}")
        silent = sum(not any(when > fell + 5 for when, _ in person.times) for person in people)
        print(f"  readers without an answer since: {silent}")
        for name, times in (("all before", before), ("the others after", others), ("all, 5 s later", after)):
            median, late = quantile(times, 0.5), quantile(times, 0.95)
            print(f"  {name}: median {median:.0f} ms, 95 % {late:.0f} ms, {len(times)} answers")


async def ended() -> None:
    for how in ({}, {"UNROLLED_PROCESSES": "2"}):
        with ExitStack() as stack:
            log = Path(tempfile.mkstemp()[1])
            server = stack.enter_context(Replica(log=log, **how))
            readers = [await Reader.open(server.url, page_of(stem)) for stem in sorted(SWEEPS) * 3]
            begun, closed = time.monotonic(), []
            os.kill(server.pid, signal.SIGTERM)

            async def watch(reader: Reader, begun: float = begun, closed: list = closed) -> None:
                while reader.connection.close_code is None:
                    await asyncio.sleep(0.02)
                closed.append((time.monotonic() - begun, reader.connection.close_code))

            await asyncio.gather(*map(watch, readers))
            code = await asyncio.to_thread(server.process.wait, 15)
            took = time.monotonic() - begun
            codes = sorted({code for _, code in closed})
            print(f"  {how or 'one process'}: exit code {code} after {took:.1f} s")
            print(f"    websockets closed from {closed[0][0]:.1f} to {closed[-1][0]:.1f} s with {codes}")
            print("    log:", " | ".join(log.read_text().splitlines()[-3:]))


@contextmanager
def mounted(options: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="unrolled-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


async def disk() -> None:
    """The engine's own folder of kernels is left alone: the cache is elsewhere."""
    await started("full (1 MB)", "size=1m")
    await started("read-only and empty", "size=64m", read_only=True)
    await started("read-only and filled", "size=64m", read_only=True, filled=True)


async def started(name: str, options: str, *, read_only: bool = False, filled: bool = False) -> None:
    with mounted(options) as folder, ExitStack() as stack:
        cache = {"NUMBA_CACHE_DIR": str(folder)}
        if filled:
            subprocess.run([sys.executable, "-m", "engine.kernels"], check=True, cwd=ROOT, env={**os.environ, **cache})
        if read_only:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        log, begun = Path(tempfile.mkstemp()[1]), time.monotonic()
        server = stack.enter_context(Replica(log=log, **cache))
        took = time.monotonic() - begun
        reader = await Reader.open(server.url, page_of("gamma"))
        await reader.ask(values("gamma", 3))
        await reader.settle()
        print(
            f"  {name}: ready after {took:.0f} s, a move answered in {reader.answers[0]:.0f} ms, exit {server.stop()}"
        )
        print("    log:", " | ".join(log.read_text().splitlines()))


async def clock() -> None:
    """faketime reads how far the clock is off from a file, again and again."""
    library = next(Path("/usr/lib").rglob("libfaketime.so.1"), None)
    if library is None:
        sys.exit("faketime is not installed")
    offset = Path(tempfile.mkstemp()[1])
    offset.write_text("+0")
    fake = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0", "FAKETIME_DISABLE_SHM": "1"}  # fmt: skip
    with Replica(**fake) as server:
        reader = await Reader.open(server.url, page_of("gamma"))
        stale = await get(f"{server.url}/gamma")
        for jump in ("+0", "+3d", "-3d", "+0"):
            offset.write_text(jump)
            await asyncio.sleep(0.5)
            await reader.ask(values("gamma", reader.sent))
            await reader.settle()
            other = await Reader.open(server.url, page_of("parity"))
            await other.ask(values("parity", 1))
            await other.settle()
            date = open_url(f"{server.url}/liveness").headers["Date"]
            print(f"  {jump}: the server says {date}; open page {len(reader.answers)} answers, new page"
                  f" {len(other.answers)} answer, errors {reader.errors + other.errors}")  # fmt: skip
            await other.close()
        offset.write_text("+3d")
        token = TOKEN.search(stale)[1]
        try:
            await websocket_connect(f"{server.url.replace('http', 'ws')}/gamma/ws", subprotocols=["bokeh", token])
            print("  a token from three days ago: taken")
        except HTTPClientError as refusal:
            print(f"  a token from three days ago: {refusal.code}; the page asks for a new one")


async def said() -> None:
    log = Path(tempfile.mkstemp()[1])
    with Replica(log=log) as server:
        begun = time.monotonic()
        second = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env={**os.environ, "PORT": str(server.port)},
                                capture_output=True, text=True)  # fmt: skip
        print(
            f"  port in use: exit {second.returncode} after {time.monotonic() - begun:.1f} s: {second.stderr.strip()}"
        )
        token = TOKEN.search(await get(f"{server.url}/gamma"))[1]
        for origin in ("http://localhost:1234", "https://course.example.org"):
            request = HTTPRequest(f"{server.url.replace('http', 'ws')}/gamma/ws", headers={"Origin": origin})
            try:
                await websocket_connect(request, subprotocols=["bokeh", token])
                print(f"  {origin}: taken")
            except HTTPClientError as refusal:
                print(f"  {origin}: {refusal.code}")
    print("  log:", "\n       ".join(log.read_text().splitlines()))
    wrong = {**os.environ, "UNROLLED_METRICS": "here", "PORT": str(free_port())}
    done = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env=wrong, capture_output=True, text=True)
    print(f"  a setting that is none: exit {done.returncode}: {done.stderr.strip()}")


def main() -> None:
    kinds = {kind.__name__: kind for kind in (killed, ended, disk, clock, said)}
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(kinds))
    chosen = parser.parse_args().kinds or list(kinds)
    AsyncHTTPClient.configure(None, max_clients=1000, defaults={"validate_cert": False})
    if "killed" in chosen and not shutil.which("nginx"):
        sys.exit("nginx is not installed")
    for kind in chosen:
        print(f"{kind}: {kinds[kind].__doc__ or ''}".rstrip(": "), flush=True)
        asyncio.run(kinds[kind]())


if __name__ == "__main__":
    main()
