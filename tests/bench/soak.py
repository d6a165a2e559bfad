"""An hour of a hall in a few minutes: thousands of sessions opened, used and dropped, and what they leave behind.

    python tests/bench/soak.py [--sessions 5000] [--at-once 12]

A session ends in one of four ways: closed cleanly, its socket killed, left idle for a while, or never connected at all
(a page without a websocket). Some train, sweep or ask for a large network when they end. Sessions expire after one
second instead of fifteen. The first tenth warms caches and is not counted. Exits with 1 where memory has grown by more
than 5 %, or where a session, reader, thread, task or socket is left.
"""

import asyncio
import json
import random
import signal
import socket
import struct
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from contextlib import suppress
from os import kill
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.protocol import ROOT, Reader, Server, get, page_of, values

ENDS = ("closed", "killed", "idle", "without websocket")
HEAVY = ("esn?topic=sweep&n_units=200", "lstm?topic=training", "esn?topic=recipe&n_units=1500&n_steps=1000")
ROUNDS = 5
KINDS = ("ServerSession", "Document", "Reader", "Bridge", "Latest", "Job")
# Writes what is alive to the log when it gets SIGUSR1.
SCRIPT = f"""
import asyncio, gc, json, runpy, signal, sys, threading
def count(*_):
    gc.collect()
    names = [type(found).__name__ for found in gc.get_objects() if type(found).__name__ in {KINDS}
             and type(found).__module__.split(".")[0] in ("bokeh", "app")]
    alive = {{name: names.count(name) for name in {KINDS}}}
    alive["threads"] = sum(thread.name in ("job", "latest") for thread in threading.enumerate())
    alive["tasks"] = len(asyncio.all_tasks())
    print("ALIVE", json.dumps(alive), file=sys.stderr, flush=True)
signal.signal(signal.SIGUSR1, count)
sys.argv[0] = "app"
runpy.run_module("app", run_name="__main__", alter_sys=True)
"""


async def one_session(server: Server, number: int, chance: random.Random, left: Counter) -> None:
    end = ENDS[number % len(ENDS)]
    heavy = number % 40 == 7
    page = chance.choice(HEAVY) if heavy else page_of(chance.choice(server.stems))
    try:
        if end == "without websocket":
            await get(f"{server.url}/{page}")
        else:
            await used(await Reader.open(server.url, page), end, heavy, chance)
        left[end] += 1
    except (OSError, ValueError, TimeoutError) as problem:
        left[f"failed: {problem!r:.80}"] += 1


async def used(reader: Reader, end: str, heavy: bool, chance: random.Random) -> None:
    for k in range(chance.randrange(1, 4)):
        await reader.ask({"cursor": 2} if heavy else values(reader.stem, chance.randrange(100)))
        await reader.settle(30)
        await asyncio.sleep(0.02 * k)
    if heavy:
        await act(reader, "start")
        await asyncio.sleep(0.2)
    if end == "idle":
        await asyncio.sleep(3)
    if end == "killed":
        kill_socket(reader)
    await reader.close()


async def act(reader: Reader, name: str) -> None:
    request = json.dumps([{"id": 99, "do": "act", "name": name}])
    change = {"kind": "ModelChanged", "model": {"id": reader.bridge}, "attr": "request", "new": request}
    await reader._send("PATCH-DOC", {"events": [change]})


def kill_socket(reader: Reader) -> None:
    """As a network that is gone: no closing frame."""
    link = reader.connection.protocol.stream.socket
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        link.shutdown(socket.SHUT_WR)


async def many(server: Server, first: int, number: int, at_once: int, left: Counter) -> None:
    places = asyncio.Semaphore(at_once)

    async def one(k: int) -> None:
        async with places:
            await one_session(server, k, random.Random(k), left)

    await asyncio.gather(*(one(k) for k in range(first, first + number)))


async def alive(server: Server, log: Path) -> dict[str, int]:
    """What is there once everything has had time to go: sessions, Panel's own collection, memory given back."""
    await asyncio.sleep(30)
    kill(server.pid, signal.SIGUSR1)
    await asyncio.sleep(3)
    said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("ALIVE")]
    return json.loads(said[-1].removeprefix("ALIVE"))


async def run(sessions: int, at_once: int, log: Path) -> int:
    options = ("--unused-session-lifetime", "1000", "--check-unused-sessions", "500")
    with Server(ROOT, *options, script=SCRIPT, log=log) as server:
        warming, left = sessions // 10, Counter()
        await many(server, 0, warming, at_once, Counter())
        before, memory = await alive(server, log), server.resident()
        sockets = server.connections()
        print(f"after {warming} to warm up: {memory:.0f} MB, {sockets} sockets, {before}", flush=True)
        failed = False
        for number in range(ROUNDS):
            begun = time.perf_counter()
            await many(server, warming + number * sessions // ROUNDS, sessions // ROUNDS, at_once, left)
            took = time.perf_counter() - begun
            now, grown = await alive(server, log), server.resident() / memory - 1
            more = {name: f"{before[name]} → {now[name]}" for name in now if now[name] > before[name]}
            failed = grown > 0.05 or bool(more) or server.connections() > sockets
            print(f"after {(number + 1) * sessions // ROUNDS} sessions, {took:.0f} s: {server.resident():.0f} MB "
                  f"({grown:+.1%}), {server.connections()} sockets, more than before: {more or 'nothing'}",
                  flush=True)  # fmt: skip
        print(f"how they ended: {dict(left)}")
        said = log.read_text("utf-8", "replace")
        print(f"log: {len(said):,} letters, {said.count('Traceback')} tracebacks, in {log}")
    return int(failed or any(name.startswith("failed") for name in left))


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--at-once", type=int, default=12)
    given = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".log", delete=False) as log:
        sys.exit(asyncio.run(run(given.sessions, given.at_once, Path(log.name))))


if __name__ == "__main__":
    main()
