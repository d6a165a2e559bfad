"""LSTM and GRU, their gates at work, and where their gradients go."""

from typing import Any

import numpy as np

from app.shell.model import Check
from engine import deep, weights
from engine.network import Network
from lessons.lstm import checks, scripts, topics, training_words, words
from lessons.lstm.live_training import TrainsLive
from lessons.lstm.networks import described


class Lstm(TrainsLive):
    """c(t) = f∘c(t−1) + i∘g, h(t) = o∘tanh c(t) (chapter 12, Fig. 12.17), its variants, and networks made of it."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.param.watch(self._look_away, ["topic"])

    # What the reader does besides settings

    def _look_away(self, *events: Any) -> None:
        """Only the topic “training” shows the networks that learn."""
        if self.topic != "training":
            self.leave()

    def edited(self, name: str) -> None:
        """Drawing starts from the input that is shown."""
        if self.signal != "drawn" and self.topic != "training":
            x, mark = self.inputs()
            self.param.update(x=tuple(np.round(x, 2).tolist()), mark=tuple(mark.tolist()), signal="drawn")

    def upload(self, file_name: str, content: bytes) -> None:
        """Show the reader's own weights; raises ValueError with one sentence where they can't be shown."""
        loaded = weights.load(content) if file_name else None
        if loaded and not all(isinstance(layer, deep.Layer) and layer.kind == "lstm" for layer in loaded.layers):
            raise ValueError(
                f"The file holds {described(loaded)}; this page shows only LSTM layers that run forward in time."
            )
        self.uploaded, self.upload_name = loaded, file_name
        self.param.update(network="uploaded", layer=1, unit=1)
        self.param.trigger("network")

    def shows_file(self) -> bool:
        return self.network == "uploaded"

    # What the page shows

    @property
    def result(self) -> topics.Shown:
        """As on every page; while networks learn, anew after every step."""
        if isinstance(self._result, topics.TrainingShown) and self._result.snapshot is not self.training.shown:
            self.forget_result()
        return super().result

    def compute(self) -> topics.Shown:
        if self.topic == "training":
            shown = self.training.shown
            if self.training.remark:
                self.notify(self.training.remark)
            return topics.TrainingShown(topics.traced(self, shown.networks["lstm"]), shown)
        now = topics.traced(self, self.chosen_network())
        if self.topic == "gradient":
            return topics.gradient(self, now)
        if self.topic == "variants":
            return topics.variants(self, now)
        return topics.Gates(now)

    @property
    def traced(self) -> topics.Traced:
        return self.result.traced

    def network_object(self) -> Network | None:
        """The network with its readout; None for the single cell and the random layer, which have none."""
        r = self.result
        return r.snapshot.networks["lstm"] if isinstance(r, topics.TrainingShown) else self.chosen_network()

    @property
    def says_characters(self) -> bool:
        """Whether the outputs are one number per character."""
        return topics.says_characters(self, self.traced)

    @property
    def trained_updates(self) -> int:
        """Updates of the LSTM in training that is shown."""
        return topics.trained_updates(self.result)

    def table(self) -> dict[str, np.ndarray]:
        return {"t": self.time, **topics.columns(self, self.result)}

    def script(self) -> str:
        return scripts.source(self, self.result)

    def sentence(self) -> str:
        r = self.result
        if isinstance(r, topics.TrainingShown):
            return training_words.sentence(self, r.snapshot)
        return words.sentence(self, r)

    def divergence(self, step: int) -> str:
        return words.divergence(self, self.traced, step)

    def explain(self, name: str, step: int) -> str:
        return words.explain(self, self.traced, name, step)

    # Challenges

    def keeps_a_bit(self) -> Check:
        return checks.keeps_a_bit(self, self.result)

    def truncated_is_exact(self) -> Check:
        return checks.truncated_is_exact(self, self.result)

    def forgets_at_mark(self) -> Check:
        return checks.forgets_at_mark(self, self.result)
