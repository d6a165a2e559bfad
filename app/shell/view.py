"""The part of a page that a reader sees. It is built once and shared: what a reader's settings change is returned."""

from typing import ClassVar, Generic, TypeVar

import numpy as np

from app.parts.diagram import Diagram
from app.parts.figures import Stack
from app.parts.numbers import Block
from app.parts.picture import Picture
from app.parts.plots import Card
from app.shell.model import PageModel

M = TypeVar("M", bound=PageModel)


class View(Generic[M]):
    """A page author fills in the class attributes and the methods; the shell does the rest.

    `build` runs once per process. All other methods are pure functions of a reader's model: they leave the view, its
    figures and the model as they are. `t` is the time step under the cursor, from 1.
    """

    # Parameters shown as sliders and the like, in order: the few that matter, then those under "More".
    controls: ClassVar[tuple[str, ...]] = ()
    more: ClassVar[tuple[str, ...]] = ()
    # Buttons under "More": (JSON of parameter values to set, text).
    buttons: ClassVar[tuple[tuple[str, str], ...]] = ()
    # Per predicted trace: the columns to blank and the live labels to mask while the reader predicts.
    conceals: ClassVar[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {}

    # Whether the numbers at a step tell of later ones: then they wait until the whole answer is revealed.
    looks_ahead: ClassVar[bool] = False

    # Columns of `update` that no plot draws: it only counts from where on they pass the plots' limit.
    watched: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.stack = Stack()
        self.cards: list[Card] = self.build()

    def build(self) -> list[Card]:
        """Make all figures once and return them as cards, top to bottom."""
        raise NotImplementedError

    def diagram(self, m: M) -> Diagram:
        """The network's own diagram. Drawn anew where `diagram_key` has changed."""
        raise NotImplementedError

    def diagram_key(self, m: M) -> object:
        """What the diagram's shapes depend on: the number of units, for instance. Live values need no new drawing."""
        return None

    def tables(self, m: M) -> dict[str, str]:
        """HTML by key for the cards that have a `table`; an input in it with `data-set=name` edits a parameter."""
        return {}

    def update(self, m: M, picture: Picture) -> dict[str, np.ndarray]:
        """Put the model's result into the picture, all figures but the stack; return the stack's columns, each (T,)."""
        raise NotImplementedError

    def follow(self, m: M, picture: Picture, t: int) -> None:
        """Put into the picture what goes with the cursor in plots that have no time axis."""

    def live(self, m: M, t: int) -> dict[str, dict]:
        """Values for the diagram, by kind (see `app.parts.diagram`)."""
        raise NotImplementedError

    def numbers(self, m: M, t: int) -> list[Block]:
        """The page's equations with the present values put in."""
        raise NotImplementedError

    def idle_controls(self, m: M) -> set[str]:
        """Names of the controls that change nothing for the present settings; they are dimmed."""
        return set()

    def hidden_controls(self, m: M) -> set[str]:
        """Names of the controls that belong to another topic of the page; they are not shown."""
        return set()

    def fixed_strips(self, m: M) -> set[str]:
        """Names of the strips that can't be edited for the present settings; a click there moves the cursor only."""
        return set()

    def hidden_cards(self, m: M) -> set[str]:
        """Keys of the cards that have nothing to say for the present settings."""
        return set()
