"""Figures for Prometheus on a port of their own, which no reader reaches: `/metrics`.

Memory and CPU of the process are the library's own (`process_resident_memory_bytes`, `process_cpu_seconds_total`).
"""

import time

from bokeh.server.server import Server
from prometheus_client import Gauge, Histogram, start_http_server
from tornado.ioloop import PeriodicCallback

from app.hosting.health import ENDING
from app.hosting.settings import Address
from app.shell import job
from app.shell.opening import PREPARATION
from app.shell.tally import SECONDS

EVERY = 0.25  # seconds between two looks at how late the loop is

READERS = Gauge("unrolled_readers", "sessions that a browser is connected to")
WAITING = Gauge("unrolled_background_waiting", "sweeps, trainings and heavy results that wait for their turn")
AWAITED = Gauge("unrolled_pages_awaited", "pages that can't be opened yet")
READY = Gauge("unrolled_ready", "1 where /readiness says so")
LATE = Histogram("unrolled_loop_delay_seconds", "how long a message waits before it is looked at", buckets=SECONDS)


class Delay:
    """How much later than it should a callback is called: so long whatever a browser sends waits, too."""

    def __init__(self) -> None:
        self._due = time.perf_counter() + EVERY

    def measure(self) -> None:
        now = time.perf_counter()
        LATE.observe(max(0.0, now - self._due))
        self._due = now + EVERY


def serve(address: Address, server: Server, number: int) -> None:
    """Answer at the address; of several processes the k-th at the k-th port from there."""
    READERS.set_function(lambda: sum(session.connection_count > 0 for session in server.get_sessions()))
    WAITING.set_function(job.TURNS.waiting)
    AWAITED.set_function(lambda: len(PREPARATION.awaited()))
    READY.set_function(lambda: float(not PREPARATION.awaited() and not ENDING.begun))
    delay = Delay()
    server.io_loop.add_callback(PeriodicCallback(delay.measure, 1000 * EVERY).start)
    start_http_server(address.port + number, address.host)
