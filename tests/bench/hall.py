"""A lecture hall of readers on one process, or on several behind the nginx of `deploy/`.

    python tests/bench/hall.py [--readers 25 50 100 200 400] [--replicas 1] [--seconds 60] [--proxy]

Readers of all pages set something every two seconds. Of them 5 % drag a slider at 30 a second (as a page does: never
before the last answer), and 5 % train or sweep beside. Meanwhile 20 a minute leave and as many come. Servers run on the
machine's first core (with several replicas on all of them), this client on its last. Other work on the machine shows in
the times, hardly in the CPU.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPError

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench import protocol
from tests.bench.load import marked, table
from tests.bench.protocol import CORES, SWEEPS, page_of, quantile, values
from tests.deploy.proxies import Nginx, Replica, replicas

EVERY, DRAG, CHURN = 2.0, 1 / 30, 3.0  # seconds between two moves, two of a drag, two readers who come
DRAGGING = TRAINING = 0.05
WORK = (("esn?topic=sweep", "esn"), ("lstm?topic=training", "lstm"))
ANSWERED = re.compile(r'\\"answered\\":(\d+)')
REFUSED = re.compile("|".join(protocol.REFUSED))


class Reader(protocol.Reader):
    """One that looks for the answered id alone: the client would spend its core on reading frames."""

    async def act(self, name: str) -> None:
        self.sent += 1
        self.answered.clear()
        self.pending[self.sent] = time.perf_counter()
        request = json.dumps([{"id": self.sent, "do": "act", "name": name}])
        change = {"kind": "ModelChanged", "model": {"id": self.bridge}, "attr": "request", "new": request}
        await self._send("PATCH-DOC", {"events": [change]})

    async def _listen(self) -> None:
        try:
            while True:
                kind, content = await self._receive()
                now = time.perf_counter()
                self.errors += kind == "ERROR"
                found = ANSWERED.search(content) if kind == "PATCH-DOC" else None
                if found is None:
                    continue
                done = [k for k in self.pending if k <= int(found[1])]
                self.errors += bool(done) and bool(REFUSED.search(content))
                self.answers += [1000 * (now - self.pending.pop(k)) for k in done]
                if not self.pending:
                    self.answered.set()
        except ConnectionError:
            self.errors += 1
            self.answered.set()


class Hall:
    """Readers who do what they do until `end`, and what became of it by kind of reader."""

    def __init__(self, url: str, stems: Sequence[str], seconds: float) -> None:
        self.url, self.stems, self.seconds = url, stems, seconds
        self.times: dict[str, list[float]] = {"moving": [], "dragging": [], "working": [], "opening": []}
        self.problems: dict[str, int] = {}
        self.chance = random.Random(0)
        self.opened = 0

    async def open(self, kind: str) -> Reader | None:
        self.opened += 1
        page, stem = page_of(self.stems[self.opened % len(self.stems)]), ""
        if kind == "working":
            page, stem = WORK[self.opened % len(WORK)]
        begun = time.perf_counter()
        try:
            reader = (await Reader.open(self.url, page)).forget_texts()
        except (OSError, HTTPError, ValueError) as problem:
            self.note(f"opening: {type(problem).__name__} {problem}")
            return None
        self.times["opening"].append(1000 * (time.perf_counter() - begun))
        reader.stem = stem or reader.stem
        return reader

    def note(self, problem: str, number: int = 1) -> None:
        if number:
            self.problems[problem] = self.problems.get(problem, 0) + number

    async def use(self, kind: str, reader: Reader | None, until: float) -> None:
        """Move until then, and leave."""
        if reader is None:
            return
        await asyncio.sleep(self.chance.uniform(0, min(EVERY, max(0.0, until - time.perf_counter()))))
        if kind == "working":
            await reader.act("start")
        while time.perf_counter() < until and reader.connection.close_code is None:
            due = time.perf_counter() + (DRAG if kind == "dragging" else EVERY)
            if kind == "working":
                await reader.ask({"cursor": 1 + reader.sent % 5})
            else:
                await reader.ask(values(reader.stem, reader.sent + 1))
            await reader.settle(30)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await reader.settle(10)
        self.times[kind] += reader.answers
        self.note(f"{kind}: refused or lost", reader.errors)
        self.note(f"{kind}: not answered", len(reader.pending))
        await reader.close()

    async def churn(self, until: float) -> None:
        """One more comes every three seconds and stays for as long as others take to leave."""
        while time.perf_counter() + CHURN < until:
            await asyncio.sleep(CHURN)
            self.later.append(asyncio.create_task(self.come_and_go(until)))

    async def come_and_go(self, until: float) -> None:
        await self.use("moving", await self.open("moving"), min(until, time.perf_counter() + 30))

    async def fill(self, number: int) -> list[tuple[str, Reader | None]]:
        """Everybody comes, a few at a time, as a hall does in its first minute."""
        kinds = ["dragging"] * round(DRAGGING * number) + ["working"] * round(TRAINING * number)
        kinds += ["moving"] * (number - len(kinds))
        self.chance.shuffle(kinds)
        found = []
        for k in range(0, number, 8):
            group = kinds[k : k + 8]
            found += zip(group, await asyncio.gather(*map(self.open, group)), strict=True)
        return found

    async def lecture(self, readers: list[tuple[str, Reader | None]]) -> None:
        until = time.perf_counter() + self.seconds
        self.later: list[asyncio.Task] = []
        await asyncio.gather(*(self.use(kind, reader, until) for kind, reader in readers), self.churn(until))
        await asyncio.gather(*self.later)


async def hold(number: int, options: Namespace) -> list[str]:
    """One lecture; a row of the table."""
    with ExitStack() as stack:
        core = None if options.replicas > 1 else CORES[0]
        servers: list[Replica] = replicas(stack, options.replicas, core=core)
        proxy = stack.enter_context(Nginx([server.address for server in servers])) if options.proxy else None
        hall = Hall(proxy.url if proxy else servers[0].url, sorted(SWEEPS), options.seconds)
        for _ in range(2 * len(hall.stems)):  # the first openings in a process are dearer
            if reader := await hall.open("moving"):
                await reader.close()
        hall.times["opening"].clear()
        readers = await hall.fill(number)
        before, begun, own = cpu(servers), time.perf_counter(), time.process_time()
        before_proxy = proxy.cpu() if proxy else 0.0
        await hall.lecture(readers)
        took = time.perf_counter() - begun
        used = cpu(servers) - before
        moves = sum(len(hall.times[kind]) for kind in ("moving", "dragging", "working"))
        for problem, times in hall.problems.items():
            print(f"  {number} readers: {times} × {problem}")
        return [
            str(number), *spread(hall.times["moving"]), *spread(hall.times["dragging"]),
            f"{quantile(hall.times['opening'], 0.95):.0f}", marked(sum(hall.problems.values()), 0, 0),
            f"{moves / took:.0f}", f"{used / took / 10:.0f}", f"{used / max(1, moves):.2f}",
            f"{(proxy.cpu() - before_proxy) / took / 10:.0f}" if proxy else "",
            f"{sum(server.resident() for server in servers):.0f}", f"{100 * (time.process_time() - own) / took:.0f}",
        ]  # fmt: skip


def cpu(servers: Sequence[Replica]) -> float:
    return sum(server.cpu() for server in servers)


def spread(times: Sequence[float]) -> list[str]:
    return [f"{quantile(times, 0.5):.0f}", marked(quantile(times, 0.95), 150, 0), f"{quantile(times, 0.99):.0f}"]


def main() -> None:
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--readers", type=int, nargs="+", default=[25, 50, 100, 200, 400])
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--proxy", action="store_true", help="nginx before the replicas, with TLS")
    options = parser.parse_args()
    options.proxy = options.proxy or options.replicas > 1
    os.sched_setaffinity(0, CORES[-1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end, too
    AsyncHTTPClient.configure(None, max_clients=1000, defaults={"validate_cert": False})
    head = (
        "readers", "median ms", "95 %", "99 %", "drag median", "95 %", "99 %", "opening 95 %", "errors", "moves / s",
        "CPU %", "CPU ms / move", "proxy CPU %", "memory MB", "client CPU %",
    )  # fmt: skip
    rows = []
    with suppress(KeyboardInterrupt):
        for number in options.readers:
            rows.append(asyncio.run(hold(number, options)))
            table(f"{options.replicas} process(es){' behind nginx with TLS' if options.proxy else ''}", head, rows[-1:])
    table("all", head, rows)


if __name__ == "__main__":
    main()
