"""How fast a reader may ask: as a hand does. What comes faster is merged with what waits, or dropped."""

import math
import time
from collections.abc import Callable

A_SECOND = 60.0  # requests that a hand makes at most
AT_ONCE = 60.0  # so many may come together
WAITING = 20  # requests that are kept until it is their time
LARGE = 2**18  # letters: only a file that the reader sends is longer than that
LETTERS = 50_000.0  # as many count as one more request


BUSY = 0.7  # share of its time that the server's thread may spend on answers before readers are held to theirs
PRESSED = 0.3  # from here on nobody should wait for a picture that can come later
MEMORY = 1.0  # seconds over which shares are counted
ACTIVE = 0.002  # of its time: who takes less counts as nobody


class Shares:
    """Which part of the server's thread each reader has taken lately.

    While there is time for all, nobody is held up. When there is not, whoever took more than an equal part waits, and
    what he asks for meanwhile is merged. Each share fades by the factor e in MEMORY seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._taken: dict[int, tuple[float, float]] = {}  # by reader: share, and when it was that
        self._most = 50  # entries until the next look for those to forget

    def spent(self, reader: int, seconds: float) -> None:
        """Note an answer, and forget those who take nothing any more."""
        now = self._now()
        self._taken[reader] = self._share(reader, now) + seconds / MEMORY, now
        if len(self._taken) > self._most:
            self._taken = {key: noted for key, noted in self._taken.items() if self._share(key, now) > ACTIVE}
            self._most = 2 * len(self._taken) + 50

    def _share(self, reader: int, now: float) -> float:
        share, then = self._taken.get(reader, (0.0, now))
        return share * math.exp((then - now) / MEMORY)

    def are_many(self) -> bool:
        """Whether answers take so much of the time that none should take long."""
        now = self._now()
        return sum(self._share(key, now) for key in self._taken) > PRESSED

    def is_greedy(self, reader: int) -> bool:
        """Whether others wait for a reader who has had his part."""
        now = self._now()
        mine = self._share(reader, now)
        if mine <= ACTIVE:
            return False
        shares = [share for key in self._taken if (share := self._share(key, now)) > ACTIVE]
        return sum(shares) > BUSY and len(shares) > 1 and mine > 1 / len(shares)


SHARES = Shares()


class Pace:
    """Says whether a message may be answered now, and keeps the requests of those that may not."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._left, self._then = now, AT_ONCE, now()
        self.waiting: list[object] = []
        self.dropped = 0

    def allows(self, message: str) -> bool:
        """Whether it is time to answer a message."""
        now = self._now()
        self._left = min(AT_ONCE, self._left + A_SECOND * (now - self._then))
        self._then = now
        cost = 1 + len(message) / LETTERS
        if self._left < min(cost, AT_ONCE):
            return False
        self._left -= cost
        return True

    def keep(self, items: list[object]) -> None:
        """Keep requests for later; what sets values or moves the cursor replaces what did so just before."""
        for item in items:
            last = self.waiting[-1] if self.waiting else None
            merged = _merged(last, item)
            if merged is not None:
                self.waiting[-1] = merged
            elif len(self.waiting) < WAITING:
                self.waiting.append(item)
            else:
                self.dropped += 1

    def take(self) -> list[object]:
        """What has been kept."""
        kept, self.waiting = self.waiting, []
        return kept

    def take_dropped(self) -> int:
        """How many requests have been dropped since the last call."""
        dropped, self.dropped = self.dropped, 0
        return dropped


def _merged(last: object, item: object) -> dict | None:
    """Two requests as one, where the second leaves nothing of the first but values that it does not name."""
    if not (isinstance(last, dict) and isinstance(item, dict)) or last.get("do") != item.get("do"):
        return None
    if item.get("do") == "cursor":
        return item
    before, now = last.get("values"), item.get("values")
    if item.get("do") == "set" and isinstance(before, dict) and isinstance(now, dict):
        return {**item, "values": before | now}
    return None
