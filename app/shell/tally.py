"""What a process has done, in numbers without a person in them: pages, moves and times, never who or what was set.

They are Prometheus' own kind, which are made once per process and take a microsecond to count. `app.hosting.metrics`
shows them where a site wants it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from app.shell import contract

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

OPENINGS = Counter("unrolled_openings", "sessions opened", ["page"])
SESSIONS = Gauge("unrolled_sessions", "sessions that are held, those whose browser has just gone included", ["page"])
MOVES = Counter("unrolled_moves", "requests of readers that were answered", ["page"])
REFUSED = Counter("unrolled_refused", "requests of readers that were not allowed", ["page"])
FAILED = Counter("unrolled_failed", "requests of readers that went wrong in the server", ["page"])
ANSWERS = Histogram("unrolled_answer_seconds", "from a request's arrival to its frame", ["page"], buckets=SECONDS)
DONE = Counter("unrolled_done", "what readers did, by the request's name, where the site asks", ["page", "what"])

WORDS = {kind: word for word, kind in contract.REQUESTS.items()}


class Tally:
    """`by_task`: whether it is also counted what is done on a page."""

    def __init__(self) -> None:
        self.by_task = False

    def opened(self, page: str) -> None:
        OPENINGS.labels(page).inc()
        SESSIONS.labels(page).inc()

    def left(self, page: str) -> None:
        SESSIONS.labels(page).dec()

    def refused(self, page: str) -> None:
        REFUSED.labels(page).inc()

    def failed(self, page: str) -> None:
        FAILED.labels(page).inc()

    def done(self, page: str, request: contract.Request) -> None:
        if self.by_task:
            number = f" {request.challenge + 1}" if isinstance(request, contract.Solve) else ""
            DONE.labels(page, WORDS[type(request)] + number).inc()

    @contextmanager
    def answering(self, page: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        MOVES.labels(page).inc()
        ANSWERS.labels(page).observe(time.perf_counter() - begun)


TALLY = Tally()
