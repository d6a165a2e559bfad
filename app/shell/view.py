"""The part of a page that a reader sees: figures, diagram and numbers, built once on top of a model."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.figures import Card, Stack
from app.parts.numbers import Block
from app.parts.ranges import clipped
from app.shell.model import PageModel


class View:
    """A page author fills in the class attributes and the five methods; the shell does the rest."""

    # Parameters shown as sliders and the like, in order: the few that matter, then those under "More".
    controls: ClassVar[tuple[str, ...]] = ()
    more: ClassVar[tuple[str, ...]] = ()
    # Buttons under "More": (JSON of parameter values to set, text).
    buttons: ClassVar[tuple[tuple[str, str], ...]] = ()
    # Per predicted trace: the columns to blank and the live labels to mask while the reader predicts.
    conceals: ClassVar[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {}

    # Methods without arguments that the browser may call (`<button data-do=name>`), and the largest file it may send.
    acts: ClassVar[tuple[str, ...]] = ()
    upload_limit: ClassVar[int] = 4 * 2**20

    def __init__(self, model: PageModel):
        self.model = model
        # Set by the shell: whether a browser is looking; and, for any thread to call, show the page anew.
        self.connected: Callable[[], bool] = lambda: True
        self.repaint: Callable[[], None] = lambda: None
        self.stack = Stack()
        self.concealed = ""
        self.cards: list[Card] = self.build()

    def build(self) -> list[Card]:
        """Make all figures once and return them as cards, top to bottom."""
        raise NotImplementedError

    def diagram(self) -> Diagram:
        """The network's own diagram. Drawn once, and again when `diagram_key` changes."""
        raise NotImplementedError

    def diagram_key(self) -> object:
        """What the diagram's shapes depend on: the number of units, for instance. Live values need no new drawing."""
        return None

    def tables(self) -> dict[str, str]:
        """HTML by key for the cards that have a `table`; an input in it with `data-set=name` edits a parameter."""
        return {}

    def update(self) -> dict[str, np.ndarray]:
        """Send the model's result to every figure but the stack; return the stack's columns, each (T,)."""
        raise NotImplementedError

    def live(self, t: int) -> dict[str, dict]:
        """Values for the diagram at step `t`, by kind (see `app.parts.diagram`)."""
        raise NotImplementedError

    def numbers(self, t: int) -> list[Block]:
        """The page's equations with the values at step `t` put in."""
        raise NotImplementedError

    def edited(self, name: str) -> None:
        """Called before a sequence is edited by hand, for pages that must switch to it first."""

    def idle_controls(self) -> set[str]:
        """Names of the controls that change nothing for the present settings; they are dimmed."""
        return set()

    def hidden_controls(self) -> set[str]:
        """Names of the controls that belong to another topic of the page; they are not shown."""
        return set()

    def fixed_strips(self) -> set[str]:
        """Names of the strips that can't be edited for the present settings; a click there moves the cursor only."""
        return set()

    def hidden_cards(self) -> set[str]:
        """Keys of the cards that have nothing to say for the present settings."""
        return set()

    def upload(self, file_name: str, content: bytes) -> None:
        """Take a file of the reader's. A ValueError is shown to the reader and changes nothing."""
        raise ValueError("this page takes no files")

    def busy(self) -> bool:
        """Whether work goes on in the background, so that the page must be shown anew from time to time."""
        return False

    def waits(self) -> bool:
        """Whether what is shown belongs to settings before the present ones, whose result is still being computed."""
        return False

    def close(self) -> None:
        """The session is over: end whatever still runs."""

    def refresh(self) -> dict[str, int]:
        """Bring all figures up to date; returns the plots that had to be clipped, each with the first step."""
        columns, beyond = clipped(self.update())
        for column in self.conceals.get(self.concealed, ((), ()))[0]:
            columns[column] = np.full(self.model.n_steps, np.nan)
        self.stack.update({"t": self.model.time, **columns}, self.model.n_steps)
        return self._shown(beyond)

    def _shown(self, beyond: dict[str, int]) -> dict[str, int]:
        """First steps by the label of the strip that shows the column; hidden strips are left out."""
        strips = {column: strip for strip in self.stack.strips for column in strip.columns}
        first: dict[str, int] = {}
        for column, step in beyond.items():
            strip = strips.get(column)
            if strip is None or strip.plot.visible:
                label = strip.label if strip else column
                first[label] = min(step, first.get(label, step))
        return first

    def live_shown(self, t: int) -> dict[str, dict]:
        """`live` with the answer masked while it is being predicted."""
        live = self.live(t)
        for name in self.conceals.get(self.concealed, ((), ()))[1]:
            live["text"][name] = "?"
            for kind in ("level", "on"):
                live.setdefault(kind, {}).pop(name.removesuffix(".value"), None)
        return live
