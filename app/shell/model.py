"""The part of a page that knows no browser: parameters with bounds, the engine call, and what they mean in words."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
import param

from app.shell.sequence import MAX_STEPS, Sequence


class Check(NamedTuple):
    """The engine's verdict on a challenge or a prediction, with one sentence that says why."""

    passed: bool
    reason: str


@functools.cache
def _parameters(model_class: Any) -> Mapping[str, param.Parameter]:
    return MappingProxyType({name: model_class.param[name] for name in model_class.param if name != "name"})


class PageModel(param.Parameterized):
    """Parameters shared by all pages. A page adds its own, and says how to `compute` and `describe` them.

    Time steps count from 1. `cursor` is the player's position; it never changes the result. On most pages it is the
    step under the time cursor. With `returns` the player runs on past T and back to step 1: a backward pass.
    """

    stem: ClassVar[str]  # the page's name, from the folder of the lesson
    # Methods without arguments that the browser may call (`<button data-do=name>`), and the largest file it may send.
    acts: ClassVar[tuple[str, ...]] = ()
    upload_limit: ClassVar[int] = 4 * 2**20
    logarithmic: ClassVar[tuple[str, ...]] = ()  # parameters whose sliders move by factors; all else has plain values
    returns: ClassVar[bool] = False  # positions T+1…2T of the player lead from step T back to step 1

    n_steps = param.Integer(13, bounds=(1, MAX_STEPS), label="steps T", doc="number of time steps shown")
    cursor = param.Integer(1, bounds=(1, MAX_STEPS), doc="time step under the cursor")

    def __init_subclass__(cls, **settings):
        super().__init_subclass__(**settings)
        cls.stem = cls.__module__.split(".")[-2]  # of lessons.<stem>.model
        for name in cls.param:
            cls.param[name].per_instance = False  # no reader changes bounds: none needs copies of their own

    def __init__(self, **values):
        super().__init__(**values)
        self._result = None
        self.preset = ""
        self.concealed = ""  # the trace that the reader predicts just now
        self.revealed: int | None = None  # steps of it that are shown already, once they are shown one by one
        # Set by the shell: whether a browser is looking; and, for any thread to call, show the page anew.
        self.connected: Callable[[], bool] = lambda: True
        self.repaint: Callable[[], None] = lambda: None
        self._notices: list[str] = []
        inputs = [name for name in self.param if name not in ("name", "cursor")]
        self.param.watch(self.forget_result, inputs)

    def forget_result(self, *events) -> None:
        """Something that the result depends on has changed."""
        self._result = None

    @property
    def result(self):
        """What `compute` returns for the present parameters, computed once."""
        if self._result is None:
            self._result = self.compute()
        return self._result

    def notify(self, notice: str) -> None:
        """Tell the reader something once, above the plots."""
        self._notices.append(notice)

    def take_notices(self) -> list[str]:
        """The notices since the last call."""
        notices, self._notices = self._notices, []
        return notices

    @property
    def time(self) -> np.ndarray:
        """Steps 1…T."""
        return np.arange(1, self.n_steps + 1)

    @property
    def n_positions(self) -> int:
        """How many positions the player has."""
        return 2 * self.n_steps if self.returns else self.n_steps

    @property
    def position(self) -> int:
        """The cursor, kept inside the player's positions."""
        return min(self.cursor, self.n_positions)

    @property
    def at(self) -> int:
        """The time step under the cursor."""
        return self.position if self.position <= self.n_steps else 2 * self.n_steps + 1 - self.position

    def hides(self, t: int) -> bool:
        """Whether what happens at step t is part of an answer that is still hidden."""
        return bool(self.concealed) and t > (self.revealed or 0)

    def sequence(self, name: str) -> np.ndarray:
        """The first T values of a `Sequence` parameter, (T,)."""
        return self.parameters()[name].padded(getattr(self, name), self.n_steps)

    @classmethod
    def parameters(cls) -> Mapping[str, param.Parameter]:
        """The parameters that make up a page's state by name: all but `name`.

        They are the class's own. `self.param[name]` would copy each for every reader.
        """
        return _parameters(cls)  # type: ignore[arg-type]  # classes do hash

    @classmethod
    def state_parameters(cls) -> tuple[str, ...]:
        """Names of the parameters that make up a page's state."""
        return tuple(cls.parameters())

    @classmethod
    def sequences(cls) -> tuple[str, ...]:
        return tuple(name for name, kind in cls.parameters().items() if isinstance(kind, Sequence))

    def state(self) -> dict[str, Any]:
        """The value of every parameter; of the cursor the position, which is never beyond the last."""
        return {name: getattr(self, name) for name in self.parameters()} | {"cursor": self.position}

    def edit(self, name: str, steps: dict[int, float]) -> None:
        """Set single steps (from 1) of a sequence, clipped into its bounds."""
        parameter = self.parameters()[name]
        values = self.sequence(name)
        low, high = parameter.bounds
        for step, value in steps.items():
            if 1 <= step <= self.n_steps:
                values[step - 1] = round(value) if parameter.binary else round(value, 2)
        tail = getattr(self, name)[self.n_steps :]
        setattr(self, name, (*np.clip(values, low, high).tolist(), *tail))

    def edited(self, name: str) -> None:
        """Called before a sequence is edited by hand, for pages that must switch to it first."""

    def upload(self, file_name: str, content: bytes) -> None:
        """Take a file of the reader's; without a name, forget it.

        A ValueError is shown to the reader and changes nothing.
        """
        raise ValueError("this page takes no files")

    def shows_file(self) -> bool:
        """Whether what is shown depends on such a file, so that the settings alone don't bring it back."""
        return False

    def busy(self) -> bool:
        """Whether work goes on in the background, so that the page must be shown anew from time to time."""
        return False

    def waits(self) -> bool:
        """Whether what is shown belongs to settings before the present ones, whose result is still being computed."""
        return False

    def waiting_words(self) -> str:
        """What the page says while it waits."""
        return "computing …"

    def close(self) -> None:
        """The session is over: end whatever still runs."""

    def compute(self) -> Any:
        """Call the engine. One call per change; the result is kept until a parameter changes."""
        raise NotImplementedError

    def sentence(self) -> str:
        """What the plots show now, in words: also their text alternative for screen readers."""
        raise NotImplementedError

    def divergence(self, step: int) -> str:
        """Why the plotted values passed the plots' limit at `step`: the factor and the reason."""
        return "The values grow without bound for these settings."

    def table(self) -> dict[str, np.ndarray]:
        """The plotted traces by column name, each (T,), for CSV and for `script`."""
        raise NotImplementedError

    def script(self) -> str:
        """Python lines that compute `table` again and leave it in a dict `table` of (T,) arrays.

        They may use `np`, `math`, `random`, `base64` and nothing of this project, and write the mathematics out for a
        reader of the script.
        """
        raise NotImplementedError

    def trace(self, name: str) -> np.ndarray:
        """The trace (T,) that a prediction is scored against."""
        return self.table()[name]

    def explain(self, name: str, step: int) -> str:
        """Why the trace has its value at `step`, in one sentence with numbers."""
        raise NotImplementedError
