"""What server and browser say to each other: the frame that leaves, the requests that come in.

The browser's modules read these names and no others (`app/static/contract.js`; a test holds both against this file).
"""

import sys
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, NamedTuple, NotRequired, TypedDict, get_args, get_origin, get_type_hints


class Live(TypedDict, total=False):
    """Values for the diagram by kind, each keyed by the name that the part was drawn with."""

    text: dict[str, str]
    level: dict[str, float]
    open: dict[str, float]
    on: dict[str, bool]
    transform: dict[str, str]
    limits: dict[str, tuple[float, float]]  # by sequence: what a stroke can reach
    snap: bool  # whether a stroke goes to whole numbers


class Verdict(TypedDict):
    """The engine's word on a challenge."""

    passed: bool
    reason: str


class Score(TypedDict):
    """What became of a prediction; `step` is the first wrong one, 0 if there is none.

    `text` says what is there, `why` explains it: the browser shows that only after the reader has tried to.
    """

    right: int
    total: int
    step: int
    text: str
    why: str
    within: float  # how far off still counted as right
    said: float | None  # at that step
    there: float | None


class Frame(TypedDict):
    """Everything on the page that follows the reader's state. Only what has changed is sent; the rest still holds."""

    answered: int  # id of the last request that this answers
    build: NotRequired[str]  # of the page's document; another one than the browser's needs a reload
    columns: dict[str, dict[str, Any]]  # by id of the source, then by column
    properties: dict[str, dict[str, Any]]  # by id of the model
    diagram: NotRequired[str]  # SVG, where its shapes have changed
    tables: dict[str, str]  # HTML by key of the card
    values: dict[str, Any]  # of all settings but the cursor, as controls show them
    waits: bool
    waiting: str  # what is said until then
    t: int
    steps: int
    position: int
    positions: int
    live: Live
    numbers: str  # HTML
    sentence: str
    notices: list[str]
    preset: str
    start: str
    query: str
    file: int | None  # number of the reader's file that is shown, 0: none yet; null: it makes no difference
    example: int  # step of the worked example that leads the reader, from 0; -1: none
    own: str  # query of the reader's settings that come back after a task or the example; "": none wait
    challenges: list[Verdict]
    predicting: bool  # the answer, or a part of it, is hidden
    revealed: int | None  # steps of it that are shown already, where they are shown one by one
    score: Score | None
    seed: int | None
    hidden: list[str]
    idle: list[str]
    unused: list[str]
    fixed: list[str]
    players: dict[str, int]


PARTED = ("columns", "properties", "tables", "values")  # sent entry by entry


# Requests. Each is a JSON object {"id": number, "do": name, …fields}.


class Move(NamedTuple):
    t: int


class Edit(NamedTuple):
    name: str
    steps: dict[str, float]


class Choose(NamedTuple):
    name: str


class Reset(NamedTuple):
    pass


class Restore(NamedTuple):
    query: str  # of a state that the page had before
    example: int = -1  # what else it was: see `Frame`
    own: str = ""


class Reseed(NamedTuple):
    pass


class ShowExample(NamedTuple):
    step: int


class Solve(NamedTuple):
    challenge: int


class Predict(NamedTuple):
    pass


class Reveal(NamedTuple):
    values: list[float | None]
    pixel: float = 0.0  # how much one pixel of the plot is, as it was drawn on; 0: nobody drew
    by_step: bool = False  # the first step of the answer only; `uncover` shows the next


class Uncover(NamedTuple):
    steps: int  # of the answer, from the first; all of them end the prediction


class Cancel(NamedTuple):
    pass


class Back(NamedTuple):
    pass


class Download(NamedTuple):
    kind: str


class Code(NamedTuple):
    text: str  # to be shown as a QR code


class Set(NamedTuple):
    values: dict[str, bool | int | float | str]


class Act(NamedTuple):
    name: str


class Upload(NamedTuple):
    name: str  # "": the file that is there goes
    content: str
    number: int = 0  # by which the browser tells its files apart


Request = (
    Move | Edit | Choose | Reset | Restore | Reseed | ShowExample | Solve
    | Predict | Reveal | Uncover | Cancel | Back | Download | Code | Set | Act | Upload
)  # fmt: skip

# By the word that stands under "do".
REQUESTS: dict[str, type[Request]] = {
    "cursor": Move,
    "edit": Edit,
    "preset": Choose,
    "reset": Reset,
    "restore": Restore,
    "seed": Reseed,
    "example": ShowExample,
    "solve": Solve,
    "predict": Predict,
    "reveal": Reveal,
    "uncover": Uncover,
    "cancel": Cancel,
    "back": Back,
    "download": Download,
    "code": Code,
    "set": Set,
    "act": Act,
    "upload": Upload,
}


class Refused(ValueError):
    """A request that is not allowed; the text names what was given and what is allowed."""


def read(item: object) -> tuple[int, Request]:
    """The id and the request in one entry of the browser's list. Raises Refused, with the id where it has one."""
    if not isinstance(item, dict) or not _is(item.get("id"), int):
        raise Refused(f"A request needs an id and a name, {short(item)} was given.")
    kind = REQUESTS.get(item["do"]) if isinstance(item.get("do"), str) else None
    if kind is None:
        raise Refused(f"There is no request “{short(item.get('do'))}”; there are {', '.join(REQUESTS)}.")
    given = {name: value for name, value in item.items() if name not in ("id", "do")}
    hints = get_type_hints(kind)
    needed = hints.keys() - kind._field_defaults
    if not needed <= given.keys() <= hints.keys():
        raise Refused(f"“{item['do']}” needs {', '.join(hints) or 'nothing else'}; {short(sorted(given))} was given.")
    for name, value in given.items():
        if not _is(value, hints[name]):
            allowed = _words(hints[name])
            raise Refused(f"“{item['do']}”: {name} = {short(value)} is not allowed; it has to be {allowed}.")
    return item["id"], kind(**given)


def _is(value: object, hint: Any) -> bool:
    """Whether a JSON value is of a type. A bool is no number here, and numbers are finite."""
    if isinstance(hint, UnionType):
        return any(_is(value, choice) for choice in get_args(hint))
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_is(entry, get_args(hint)[0]) for entry in value)
    if get_origin(hint) is dict:
        return isinstance(value, dict) and all(_is(entry, get_args(hint)[1]) for entry in value.values())
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


WORDS: Mapping[Any, str] = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def _words(hint: Any) -> str:
    if isinstance(hint, UnionType):
        return " or ".join(_words(choice) for choice in get_args(hint))
    if get_origin(hint) is list:
        return f"a list, each entry {_words(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return f"a table, each entry {_words(get_args(hint)[1])}"
    return "null" if hint is NoneType else WORDS[hint]


def short(value: object, limit: int = 40) -> str:
    """What was given, as far as a notice has room for it."""
    written = str(value)
    return written if len(written) <= limit else written[: limit - 1] + "…"
