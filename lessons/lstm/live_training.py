"""What a reader can do with the networks in training, on top of the page's settings."""

from typing import ClassVar

from lessons.lstm.parameters import LstmParameters
from lessons.lstm.training import LEFT, STARTS_ANEW, Settings, Training


class TrainsLive(LstmParameters):
    """One training at a time, which follows the settings."""

    acts: ClassVar[tuple[str, ...]] = ("start", "pause", "step", "stop")
    _training: Training | None = None

    @property
    def training(self) -> Training:
        """The three networks in training; other settings start anew."""
        wanted, now = Settings.of(self), self._training
        if now is None or now.settings != wanted:
            dropped = now is not None and (now.shown.n_done > 0 or now.remark == STARTS_ANEW)
            self.close()
            now = self._training = Training(wanted, lambda: self.connected(), STARTS_ANEW if dropped else "")
        return now

    def start(self) -> None:
        self.training.start()

    def pause(self) -> None:
        self.training.pause()

    def step(self) -> None:
        self.training.step()

    def stop(self) -> None:
        self.training.stop()

    def busy(self) -> bool:
        return self._training is not None and self._training.state == "running"

    def leave(self) -> None:
        """Nobody looks at the training any more; whoever comes back is told."""
        if self._training is not None and self.busy():
            self._training.pause(LEFT)

    def close(self) -> None:
        if self._training is not None:
            self._training.close()
        self._training = None
