"""Training live: an LSTM, a GRU and a plain recurrent network learn the same delayed recall, one update each in turn.

The work is done in the thread of a job. After every step it publishes a `Snapshot` by one assignment; whatever a page
reads from a snapshot never changes afterwards, so nothing needs a lock.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from app.shell.job import Job
from engine.network import Network
from engine.training import KINDS, recall_trainer
from lessons.lstm.parameters import LstmParameters

# Kinds of network in the order in which they are named and drawn.
NAMES = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
BATCH_SIZE = 16
WINDOW = 20  # updates that the means are taken over: one batch alone says little
STARTS_ANEW = "Settings changed: the training starts from its beginning."
LEFT = "The training was paused when you left it: “Go on” continues it."
PACE = 0.01  # seconds from step to step at least: a short task is learned in less than the eye can follow


class Settings(NamedTuple):
    """What a training depends on, under the names of the page's parameters."""

    lag: int
    method: str
    learning_rate: float
    clip: float
    n_updates: int
    n_units: int
    forget_bias: float
    seed: int

    @classmethod
    def of(cls, model: LstmParameters) -> "Settings":
        return cls(*(getattr(model, name) for name in cls._fields))


class History(NamedTuple):
    """Entry k belongs to update k + 1 and to the batch before its weights changed."""

    loss: np.ndarray  # (n,) mean squared error; the constant answer 0 has 1
    gradient_norm: np.ndarray  # (n,) before clipping
    accuracy: np.ndarray  # (n,) share of right answers

    def recent(self) -> tuple[float, float, float]:
        """Loss, gradient norm and share of right answers: means of the last WINDOW updates (of all, if fewer)."""
        loss, norm, right = (float(values[-WINDOW:].mean()) for values in self)
        return loss, norm, right


class Snapshot(NamedTuple):
    """All there is to show after `n_done` steps."""

    n_done: int
    histories: dict[str, History]  # by kind; as long as the kind has been trained
    networks: dict[str, Network]  # by kind
    diverged: dict[str, int]  # number of the update at which a kind's numbers overflowed; it is left alone from then on
    seconds: float  # how long the steps took, waiting for other sessions included


class Training:
    """The three networks of one session, and buttons for them: `start`, `pause`, `step`, `stop`.

    settings are fixed: others need another Training. connected() says whether any browser still shows the page.
    `state` is that of a job, or "diverged" where no network is left to train; after `stop` it is "ready" again, with
    the initial weights. `remark` says what happened without the reader's asking, until one of the buttons is pressed.
    """

    def __init__(self, settings: Settings, connected: Callable[[], bool], remark: str = "") -> None:
        self.settings, self._connected, self.remark = settings, connected, remark
        self._make_ready()

    def _make_ready(self) -> None:
        # A step that is still under way in a stopped job ends in the course that it belongs to, which nobody reads.
        self._course = _Course(self.settings)
        self._job = Job(self._course.step, self._connected, pace=PACE)

    def start(self) -> None:
        """Train until all updates are done; also goes on after a pause."""
        self.remark = ""
        self._course.resume()
        self._job.start()

    def step(self) -> None:
        """One update of each network, then pause."""
        self.remark = ""
        self._course.resume()
        self._job.once()

    def pause(self, remark: str = "") -> None:
        self.remark = remark
        self._job.pause()

    def stop(self) -> None:
        """End the work and forget what was learned."""
        self.remark = ""
        self._job.stop()
        self._make_ready()

    def close(self) -> None:
        """End the work for good, without new networks to begin with."""
        self._job.stop()

    @property
    def state(self) -> str:
        over = self._job.state == "finished" and len(self.shown.diverged) == len(KINDS)
        return "diverged" if over else self._job.state

    @property
    def failure(self) -> str:
        """Why the work failed, or an empty text."""
        return self._job.failure

    @property
    def shown(self) -> Snapshot:
        """The state after the latest step. Read it once where several of its parts must fit together."""
        return self._course.snapshot

    @property
    def progress(self) -> float:
        """Share of the updates that are done, 0 to 1."""
        return self.shown.n_done / self.settings.n_updates

    @property
    def seconds_left(self) -> float:
        """At the pace so far; NaN before the first step."""
        shown = self.shown
        left = self.settings.n_updates - shown.n_done
        return shown.seconds / shown.n_done * left if shown.n_done else np.nan

    def network(self, kind: str) -> Network:
        """The network of a kind, one of engine.training.KINDS, as it is now."""
        return self.shown.networks[kind]


class _Course:
    """One training from its initial weights on. Only the job calls `step`."""

    def __init__(self, settings: Settings) -> None:
        given = settings._asdict()
        self._n_updates = given.pop("n_updates")
        self._trainers = {kind: recall_trainer(kind, batch_size=BATCH_SIZE, **given) for kind in KINDS}
        # The arrays are as long as they will ever be: snapshots are views of the entries that are written for good.
        self._measures = {kind: np.full((3, self._n_updates), np.nan) for kind in KINDS}
        self._diverged: dict[str, int] = {}
        self._since, self._seconds = 0.0, 0.0
        self.snapshot = self._take(0)

    def resume(self) -> None:
        """The time until now was a pause."""
        self._since = time.perf_counter()

    def step(self) -> bool:
        """One update of each network that still has finite numbers; says whether there is more to do."""
        number = self.snapshot.n_done
        for kind, trainer in self._trainers.items():
            if kind not in self._diverged:
                update = trainer.step()
                self._measures[kind][:, number] = update.loss, update.gradient_norm, update.accuracy
                if trainer.diverged is not None:
                    self._diverged[kind] = trainer.diverged
        now = time.perf_counter()
        self._seconds, self._since = self._seconds + now - self._since, now
        self.snapshot = self._take(number + 1)
        return number + 1 < self._n_updates and len(self._diverged) < len(KINDS)

    def _take(self, n_done: int) -> Snapshot:
        lengths = {kind: self._diverged.get(kind, n_done) for kind in KINDS}
        histories = {kind: History(*self._measures[kind][:, : lengths[kind]]) for kind in KINDS}
        networks = {kind: trainer.network for kind, trainer in self._trainers.items()}
        return Snapshot(n_done, histories, networks, dict(self._diverged), self._seconds)
