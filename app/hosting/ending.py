"""How a process ends: SIGTERM makes it unready, moves its readers to other replicas one by one, and exits with 0.

A page whose connection ends opens a new session by itself, with its settings, from whoever answers. Closed all at once,
they would come back all at once.
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from bokeh.server.server import Server

from app.hosting.health import ENDING
from app.shell import wire

log = logging.getLogger("unrolled")

UNREADY = 0.25  # share of the time in which a balancer learns that nobody should be sent here any more
LONGEST = 8.0  # seconds; whoever sent SIGTERM waits for 10 before it kills


def end_gently(server: Server, seconds: float) -> None:
    """Take over SIGTERM from Bokeh, as soon as its loop runs. A second signal ends at once."""

    def begin() -> None:
        if sys.platform != "win32":
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: told.append(drain()))

    def drain() -> asyncio.Task | None:
        if ENDING.begun:
            server.io_loop.stop()
            return None
        return asyncio.get_running_loop().create_task(_drain(server, min(seconds, LONGEST)))

    told: list[asyncio.Task | None] = []  # the loop keeps no task alive by itself
    server.io_loop.add_callback(begin)


async def _drain(server: Server, seconds: float) -> None:
    ENDING.begun = True
    if sockets := list(wire.sockets(server)):
        log.warning("ending: %d readers move to other replicas within %g s", len(sockets), seconds)
        await asyncio.sleep(UNREADY * seconds)
        wire.stop_listening(server)
        for socket in sockets:
            socket.close(1001, "this server ends")
            await asyncio.sleep((1 - UNREADY) * seconds / len(sockets))
    server.io_loop.stop()


def forward_to_children() -> None:
    """The first of several processes serves nobody: it hands SIGTERM on and ends after the others."""
    parent = os.getpid()

    def hand_on(*_: object) -> None:
        if os.getpid() != parent:
            sys.exit(0)  # a child that does not serve yet
        children = Path(f"/proc/{parent}/task/{parent}/children")
        for child in children.read_text().split() if children.exists() else ():
            os.kill(int(child), signal.SIGTERM)

    signal.signal(signal.SIGTERM, hand_on)
