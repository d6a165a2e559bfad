"""What readers cost the server: by the raw protocol, without a browser.

    python tests/bench/load.py [opening] [arrive] [move] [memory] [processes]
                               [--old DIR] [--root DIR] [--seconds 60] [--readers 200]

opening    CPU per opening of each page, and of an empty Panel session (one model) on the same server
arrive     how long readers wait who all come within ten seconds
move       readers who set something every two seconds: how fast the answers come, and what a move costs
memory     what readers hold, and what is left when they have gone
processes  two server processes: no request to another host, each takes readers

Without a name, all of them. --old measures moves on another checkout (with its own .venv) too, in the same run. Servers
run on the machine's first core, this client on its last. A figure past its threshold is marked with "!".
"""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from tornado.httpclient import HTTPError

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.protocol import CORES, ROOT, Reader, Server, Spent, get, page_of, quantile, references, values

EMPTY = "an_empty_session"
EMPTY_PAGE = "import panel as pn\nfrom bokeh.models import Div\n\npn.state.curdoc.add_root(Div(name='bridge'))\n"
EVERY = 2.0  # seconds between two moves of a reader
OLD_READERS = 20  # as many as the site of before can stand
ROUNDS = 4  # how often old and new take turns


def table(title: str, head: Sequence[str], rows: Iterable[Sequence]) -> None:
    cells = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]), flush=True)


def marked(value: float, limit: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}{'!' if value > limit else ' '}"


async def warm(server: Server, moves: int = 0) -> None:
    """The first openings and moves in a process are dearer, and load kernels: they are not what is measured."""
    for stem in server.stems * 2:
        reader = await Reader.open(server.url, page_of(stem))
        await move_each([reader], moves)
        await reader.close()


@asynccontextmanager
async def open_readers(server: Server, number: int) -> AsyncIterator[list[Reader]]:
    """Readers of all pages in turn, opened one after the other."""
    pages = [page_of(server.stems[k % len(server.stems)]) for k in range(number)]
    readers = [(await Reader.open(server.url, page)).forget_texts() for page in pages]
    try:
        yield readers
    finally:
        for reader in readers:
            await reader.close()


async def move_each(readers: Iterable[Reader], times: int = 1) -> None:
    """One after the other, each when the one before has its answer."""
    for reader in [*readers] * times:
        await reader.ask(values(reader.stem, reader.sent + 1))
        await reader.settle()


async def opening(options: Namespace) -> None:
    """Interleaved, so that a slow moment of the machine meets all pages. No reader leaves: leaving costs, too."""
    spent: dict[str, list[float]] = {}
    readers: list[Reader] = []

    async def opened(server: Server, page: str) -> Reader:
        readers.append((await Reader.open(server.url, page)).forget_texts())
        return readers[-1]

    async def cost(server: Server, name: str, doing: Awaitable) -> None:
        before = server.cpu()
        await doing
        await asyncio.sleep(0.02)  # what the server does after its last word belongs to it
        spent.setdefault(name, []).append(server.cpu() - before)

    with tempfile.TemporaryDirectory() as folder:
        peer = Path(folder) / f"{EMPTY}.py"
        peer.write_text(EMPTY_PAGE)
        with Server(options.root, peer=peer) as server:
            for k in range(3 + options.openings):
                await cost(server, EMPTY, opened(server, EMPTY))
                for stem in server.stems:
                    await cost(server, stem, opened(server, stem))
                    await cost(server, f"{stem}, moved", move_each(readers[-1:]))
                    await cost(server, f"{stem}, set", opened(server, f"{stem}?{urlencode(values(stem, k + 1))}"))
            for reader in readers:
                await reader.close()
    means = {name: statistics.mean(times[3:]) for name, times in spent.items()}
    empty = means.pop(EMPTY)
    rows = [(EMPTY, f"{empty:.1f}", "1.00 ", "", "", "")]
    for stem in server.stems:
        plain, linked, first = means[stem], means[f"{stem}, set"], means[f"{stem}, moved"]
        ratios = marked(plain / empty, 2), marked(linked / empty, 2)
        rows.append((stem, f"{plain:.1f}", ratios[0], f"{linked:.1f}", ratios[1], f"{first:.1f}"))
    title = f"opening: CPU of the server in ms, {options.openings} openings each (at most twice an empty session)"
    table(title, ("page", "opening", "/ empty", "with a setting in the address", "/ empty", "first move"), rows)


async def arrive(options: Namespace, within: float = 10) -> None:
    """Readers of all pages arrive evenly, however long the ones before them wait."""
    waits, problems, readers = [], [], []

    async def come(server: Server, k: int) -> None:
        await asyncio.sleep(within * k / options.readers)
        start = time.perf_counter()
        try:
            page = page_of(server.stems[k % len(server.stems)])
            readers.append((await Reader.open(server.url, page)).forget_texts())
            waits.append(time.perf_counter() - start)
        except (OSError, HTTPError, ValueError, RuntimeError) as problem:
            problems.append(f"{type(problem).__name__}: {problem}")

    with Server(options.root) as server:
        await warm(server)
        before, start = server.cpu(), time.perf_counter()
        await asyncio.gather(*(come(server, k) for k in range(options.readers)))
        used, took = server.cpu() - before, time.perf_counter() - start
        for reader in readers:
            await reader.close()
    title = f"arrive: {options.readers} readers within {within:g} s on one process (no error, 95 % under 1 s)"
    head = ("", "errors", "median s", "95 % s", "longest s", "all in after s", "CPU ms each")
    times = (f"{quantile(waits, 0.5):.2f}", marked(quantile(waits, 0.95), 1), f"{quantile(waits, 1):.2f}")
    table(title, head, [("", marked(len(problems), 0, 0), *times, f"{took:.1f}", f"{used / options.readers:.1f}")])
    for problem in dict.fromkeys(problems):
        print(f"  {problem}")


async def move(options: Namespace) -> None:
    roots = {"new": options.root} | ({"old": options.old} if options.old else {})
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(Server(root)) for kind, root in roots.items()}
        for server in servers.values():
            await warm(server)
        await move_one_by_one(servers)
        await move_together(servers, options)


async def move_one_by_one(servers: dict[str, Server]) -> None:
    """One reader per page, a hundred moves, each after the answer to the one before; sites take turns."""
    rows = []
    for stem in sorted(set.intersection(*(set(server.stems) for server in servers.values()))):
        spent = {kind: Spent(server) for kind, server in servers.items()}
        readers = {kind: await Reader.open(server.url, page_of(stem)) for kind, server in servers.items()}
        for _ in range(5):
            for kind, reader in readers.items():
                with spent[kind].by([reader]):
                    await move_each([reader], 20)
                    await asyncio.sleep(0.2)  # for work that goes on after the answer
        row = [stem]
        for kind, cost in spent.items():
            await readers[kind].close()
            row += [f"{cost.per_move():.2f}", f"{quantile(cost.times, 0.5):.1f}", marked(cost.errors, 0, 0)]
        if "old" in spent:
            row.append(marked(spent["new"].per_move() / spent["old"].per_move(), 0.5))
        rows.append(row)
    head = ["page", *(f"{kind} {what}" for kind in servers for what in ("CPU ms", "median ms", "errors")), "new / old"]
    title = "move: one reader, 100 moves in a row, CPU per move (new / old at most 0.5)"
    table(title, head if "old" in servers else head[:-1], rows)


async def keep_moving(readers: Sequence[Reader], moves: int) -> None:
    """Each reader sets something every two seconds, whether the last answer has come or not."""
    start = time.perf_counter()

    async def one(number: int, reader: Reader) -> None:
        for k in range(moves):
            due = start + EVERY * (k + number / len(readers))
            await asyncio.sleep(max(0, due - time.perf_counter()))
            await reader.ask(values(reader.stem, reader.sent + number))
        await reader.settle()

    await asyncio.gather(*(one(number, reader) for number, reader in enumerate(readers)))


async def move_together(servers: dict[str, Server], options: Namespace) -> None:
    """Old and new in turns: only one of them is moved at a time."""
    counts = {"new": options.readers, "old": min(options.readers, OLD_READERS)}
    spent = {kind: Spent(server) for kind, server in servers.items()}
    rounds = ROUNDS if len(servers) > 1 else 1
    async with AsyncExitStack() as stack:
        readers = {kind: await stack.enter_async_context(open_readers(servers[kind], counts[kind])) for kind in servers}
        for _ in range(rounds):
            for kind in servers:
                with spent[kind].by(readers[kind]):
                    await keep_moving(readers[kind], max(1, round(options.seconds / EVERY / rounds)))
    rows = []
    for kind, cost in spent.items():
        rate, late = len(cost.times) / cost.seconds, marked(quantile(cost.times, 0.95), 100, 1)
        times = (f"{quantile(cost.times, 0.5):.1f}", late, f"{quantile(cost.times, 0.99):.1f}")
        rows.append((kind, counts[kind], marked(cost.errors, 0, 0), f"{rate:.1f}", *times, marked(cost.per_move(), 4)))
    title = f"move: readers of all pages set something every {EVERY:g} s (no error, 95 % under 100 ms, CPU 4 ms)"
    head = ("site", "readers", "errors", "answers / s", "median ms", "95 % ms", "99 % ms", "CPU ms per move")
    table(title, head, rows)
    if "old" in servers:
        ratio = marked(spent["new"].per_move() / spent["old"].per_move(), 0.5)
        print(f"  new / old: {ratio} of the CPU per move (at most 0.5)")


async def memory(options: Namespace) -> None:
    """Twice, as what the first readers leave may be room that the next ones use again."""
    rows = []
    with Server(options.root) as server:
        await warm(server, moves=3)  # kernels that they load stay in memory
        await asyncio.sleep(30)  # closed sessions are dropped after 15 to 20 seconds
        first, spent = server.resident(), Spent(server)

        def note(when: str, each: str = "") -> float:
            held = server.resident()
            rows.append((when, f"{held:.0f}", f"{held - first:+.0f}", each, server.connections()))
            return held

        note("before")
        few = options.readers // 4
        for _ in range(2):
            # The first few take the room that the ones before them have left: a reader's own share shows in the rest.
            async with open_readers(server, few) as readers:
                with spent.by(readers):
                    await move_each(readers, 3)
                held = note(f"with {few}")
                async with open_readers(server, options.readers - few) as others:
                    with spent.by(others):
                        await move_each(others, 3)
                    each = (server.resident() - held) / (options.readers - few)
                    note(f"with {options.readers}", marked(each, 0.3))
            await asyncio.sleep(60)
            note("a minute after they left")
    title = f"memory: {options.readers} readers of all pages, each moved 3 times (at most 0.3 MB each, all of it back)"
    table(title, ("", "resident MB", "over before", "MB each", "sockets"), rows)
    print(f"  errors: {marked(spent.errors, 0, 0)}")


async def processes(options: Namespace) -> None:
    """Readers come fast: of processes that have nothing to do, the same one takes all who come one by one."""
    outside: dict[str, set[str]] = {}

    async def come(server: Server, k: int) -> Reader:
        await asyncio.sleep(0.01 * k)
        return await Reader.open(server.url, page_of(server.stems[k % len(server.stems)]), pause=0.1 + 0.37 * k % 0.4)

    with Server(options.root, "--num-procs", "2") as server:
        await asyncio.sleep(5)  # the second one may still be starting
        texts = {"index": await get(f"{server.url}/")}
        children = [(child, child.connections(), child.cpu()) for child in server.children()]
        readers = await asyncio.gather(*(come(server, k) for k in range(20)))
        with (spent := Spent(server)).by(readers):
            await move_each(readers)
        taken = [child.connections() - had for child, had, _ in children]
        rows = [(f"process {child.pid}", f"{number}{' ' if number else '!'}", f"{child.cpu() - used:.0f}")
                for (child, _, used), number in zip(children, taken, strict=True)]  # fmt: skip
        for reader in readers:
            await reader.close()
    for page, text in [*texts.items(), *((reader.stem, reader.html + reader.document) for reader in readers)]:
        for address in references(text):
            outside.setdefault(address, set()).add(page)
    title = "processes: 20 readers on two processes (both take some, all moves answered, no other host)"
    table(title, ("", "readers", "CPU ms"), rows)
    print(f"  moves answered: {len(spent.times)} of {len(readers)}, errors: {marked(spent.errors, 0, 0)}")
    print(f"  references to other hosts: {marked(len(outside), 0, 0)}")
    for address, pages in sorted(outside.items()):
        print(f"    {address}  ({', '.join(sorted(pages))})")


def main() -> None:
    kinds = {kind.__name__: kind for kind in (opening, arrive, move, memory, processes)}
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(kinds))
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout that is measured")
    parser.add_argument("--old", type=Path, help="another checkout, to compare moves with")
    parser.add_argument("--seconds", type=float, default=60, help="how long readers keep moving")
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--openings", type=int, default=20, help="of each page")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(kinds):
        parser.error(f"{', '.join(sorted(unknown))} given, allowed are {', '.join(kinds)}")
    os.sched_setaffinity(0, CORES[-1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end, too
    for kind in options.kinds or kinds:
        asyncio.run(kinds[kind](options))


if __name__ == "__main__":
    main()
