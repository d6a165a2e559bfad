"""The words of the course: `lessons/<stem>/lesson.md`, one Markdown file per lesson, found by its folder.

A file opens with TOML front matter between two ``+++`` lines and goes on with Markdown and LaTeX. Texts in the front
matter stay Markdown; `render` turns any of them into HTML the way the body is turned into ``Lesson.html``. Sequences
among parameter values are text: bits as ``"0011"``, other sequences run-length coded as ``"1*4,0*3,-0.5"``.
"""

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from app.shell.markdown import render, words

__all__ = [
    "Challenge",
    "ExampleStep",
    "Lesson",
    "Predict",
    "Preset",
    "Question",
    "load",
    "read",
    "render",
    "stems",
    "word_count",
    "words",
]

log = logging.getLogger("unrolled")

FOLDER = Path(__file__).parents[2] / "lessons"

Values = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Preset:
    """A named setting of the page's parameters; ``note`` says what to look for.

    ``bar``: controls that presenter mode has at hand, where they are not the numbers that the preset changes.
    """

    name: str
    title: str
    note: str
    values: Values
    bar: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExampleStep:
    """One step of the worked example, and what the page shows while it is read (None: leave as it is)."""

    text: str
    preset: str | None = None
    cursor: int | None = None
    values: Values = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Predict:
    """The reader draws ``signal`` for a preset before seeing it; points within ``tolerance`` count as right.

    Answers that are multiples of something (whole numbers, or nearly) have it as ``snap``: what is drawn goes there.
    """

    preset: str
    signal: str
    question: str
    tolerance: float
    snap: float = 0.0


@dataclass(frozen=True)
class Challenge:
    """A goal checked by the model's method ``check``; ``solution`` is one setting that reaches it."""

    goal: str
    hint: str
    check: str
    solution: Values


@dataclass(frozen=True)
class Question:
    """A quiz question: ``answer`` indexes ``choices``, and ``reasons`` holds one sentence for each choice."""

    question: str
    choices: tuple[str, ...]
    answer: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """One lesson: the front matter as fields, the Markdown ``body``, and the body as ``html``."""

    stem: str
    title: str
    order: int
    summary: str
    objectives: tuple[str, ...]
    dictionary: str
    references: tuple[str, ...]
    presets: tuple[Preset, ...]
    example: tuple[ExampleStep, ...]
    predict: Predict
    challenges: tuple[Challenge, ...]
    quiz: tuple[Question, ...]
    body: str
    html: str
    question: str = ""  # the one that the lesson answers

    @property
    def opening(self) -> str:
        """The first paragraph as HTML, with the formula that it leads to."""
        found = re.search(r'<p>.*?</p>(?:\s*<div class="math">.*?</div>)?', self.html, re.DOTALL)
        return found.group() if found else ""

    @property
    def preset_values(self) -> dict[str, Values]:
        """Parameter values by the preset's name."""
        return {preset.name: preset.values for preset in self.presets}


@cache
def stems() -> tuple[str, ...]:
    """Stems of all lessons that can be read, in the order their front matter gives. The others are logged."""
    found = []
    for stem in folders():
        try:
            found.append((load(stem).order, stem))
        except (ValueError, OSError):
            log.exception("lesson %s can't be read", stem)
    return tuple(stem for _, stem in sorted(found))


def folders() -> list[str]:
    """Names of all folders that hold a lesson, sound or not."""
    return sorted(path.parent.name for path in FOLDER.glob("*/lesson.md"))


@cache
def load(stem: str) -> Lesson:
    """Lesson of that stem. Raises ValueError for an unknown stem or a malformed file."""
    known = folders()
    if stem not in known:
        raise ValueError(f"stem: no lesson {stem!r}; allowed: {', '.join(known)}")
    return read(FOLDER / stem / "lesson.md")


def word_count(stem: str) -> int:
    """Number of words in the body of a lesson, mathematics left out."""
    return words(load(stem).body)


def read(path: Path) -> Lesson:
    """Lesson in the file at ``path``. Raises ValueError naming the file, the key and what is allowed."""
    where = f"{path.parent.name}/{path.name}"
    parts = re.fullmatch(r"\+\+\+\n(.*?\n)\+\+\+\n(.*)", path.read_text(encoding="utf-8"), re.DOTALL)
    if parts is None:
        raise ValueError(f"{where}: no front matter; allowed: TOML between two lines '+++' at the top")
    front, body = parts.groups()
    try:
        table = tomllib.loads(front)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{where}: front matter is not valid TOML: {error}") from error
    derived = {"stem": path.parent.name, "body": body, "html": render(body)}
    lesson = _build(Lesson, table, where, derived)
    _check(lesson, where)
    return lesson


def _build(kind: type, table: dict, where: str, derived: dict | None = None) -> Any:
    """Dataclass ``kind`` from a TOML table; ``derived`` fields are given by us and not allowed in the table."""
    derived = derived or {}
    hints = get_type_hints(kind)
    from_table = [item for item in fields(kind) if item.name not in derived]
    allowed = [item.name for item in from_table]
    for key in table:
        if key not in allowed:
            raise ValueError(f"{where}: unknown key {key!r}; allowed: {', '.join(allowed)}")
    for item in from_table:
        optional = item.default is not MISSING or item.default_factory is not MISSING
        if item.name not in table and not optional:
            raise ValueError(f"{where}: missing key {item.name!r}; needed: {', '.join(allowed)}")
    return kind(**derived, **{key: _convert(value, hints[key], f"{where}: {key}") for key, value in table.items()})


def _convert(value: Any, hint: Any, where: str) -> Any:
    """A TOML value as the type a dataclass field asks for."""
    if isinstance(hint, UnionType):
        return _convert(value, get_args(hint)[0], where)
    if hint == Values:
        _require(isinstance(value, dict), where, value, "a table parameter = value")
        scalars = all(isinstance(entry, str | int | float) for entry in value.values())
        _require(scalars, where, value, "numbers, true or false, and text as parameter values")
        return MappingProxyType(dict(value))
    if get_origin(hint) is tuple:
        _require(isinstance(value, list), where, value, "a list")
        return tuple(_convert(entry, get_args(hint)[0], f"{where}[{n}]") for n, entry in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        _require(isinstance(value, dict), where, value, "a table")
        return _build(hint, value, where)
    wanted = (int, float) if hint is float else hint
    # TOML's true is an int to Python, but never meant as a number here.
    fits = isinstance(value, wanted) and not isinstance(value, bool)
    _require(fits, where, value, f"a value of type {hint.__name__}")
    _require(value != "", where, value, "text that is not empty")
    return hint(value)


def _require(condition: bool, where: str, given: Any, allowed: str) -> None:
    if not condition:
        raise ValueError(f"{where}: got {given!r}; allowed: {allowed}")


def _check(lesson: Lesson, where: str) -> None:
    """Counts, names and indices that a type cannot express."""

    def require(condition: bool, key: str, given: Any, allowed: str) -> None:
        _require(condition, f"{where}: {key}", given, allowed)

    require(len(lesson.objectives) == 3, "objectives", len(lesson.objectives), "exactly 3")
    require(len(lesson.presets) >= 3, "presets", len(lesson.presets), "at least 3")
    require(4 <= len(lesson.example) <= 7, "example", len(lesson.example), "4 to 7 steps")
    require(len(lesson.challenges) == 3, "challenges", len(lesson.challenges), "exactly 3")
    require(len(lesson.quiz) == 4, "quiz", len(lesson.quiz), "exactly 4")
    names = [preset.name for preset in lesson.presets]
    for name in names:
        require(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) is not None, "presets name", name, "kebab-case")
        require(names.count(name) == 1, "presets name", name, "each name once")
    for n, step in enumerate(lesson.example):
        require(step.preset in (None, *names), f"example[{n}]: preset", step.preset, ", ".join(names))
        require(step.cursor is None or step.cursor >= 1, f"example[{n}]: cursor", step.cursor, "1 or more")
    require(lesson.predict.preset in names, "predict: preset", lesson.predict.preset, ", ".join(names))
    require(lesson.predict.tolerance > 0, "predict: tolerance", lesson.predict.tolerance, "more than 0")
    require(lesson.predict.snap >= 0, "predict: snap", lesson.predict.snap, "0 or more")
    for n, challenge in enumerate(lesson.challenges):
        require(challenge.check.isidentifier(), f"challenges[{n}]: check", challenge.check, "a method name")
    for n, question in enumerate(lesson.quiz):
        count = len(question.choices)
        require(count in (3, 4), f"quiz[{n}]: choices", count, "3 or 4")
        require(0 <= question.answer < count, f"quiz[{n}]: answer", question.answer, f"0 to {count - 1}")
        reasons = len(question.reasons)
        require(reasons == count, f"quiz[{n}]: reasons", reasons, f"{count}, one per choice")
