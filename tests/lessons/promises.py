"""Every number in a lesson's words is a promise: a test keeps it, or a mark says why it needs none.

    @keeps("parity", "preset logistic-leak", "9", "0")
    def test_the_one_is_forgotten_at_step_nine(): ...

    needs_none("parity", "preset one-then-zeros", "setting", "1", "99")

`tests/lessons/<stem>/test_promises*.py` holds both; `tests/lessons/test_promises.py` fails for a number that has
neither, and for a promise whose number is no longer said. A place is `title`, `summary`, `dictionary`, `objective 1`,
`preset <name>`, `example 1`, `predict`, `challenge 1`, `quiz 1`, or `text <heading>`. A preset's own values need no
mark. To see what a lesson says: `python -m tests.lessons.promises parity`.
"""

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from app.shell import lessons

HERE = Path(__file__).parent
Test = TypeVar("Test", bound=Callable)


class Kept(NamedTuple):
    """What is said to be kept, by (place, number): names of tests, and reasons for those that need none."""

    tests: dict[tuple[str, str], list[str]]
    reasons: dict[tuple[str, str], str]


_kept: dict[str, Kept] = {}


def _of(stem: str) -> Kept:
    return _kept.setdefault(stem, Kept({}, {}))


def keeps(stem: str, place: str, *numbers: str) -> Callable[[Test], Test]:
    """Mark a test that checks these numbers of a place, each written as the lesson writes it."""

    def mark(test: Test) -> Test:
        assert test.__name__.startswith("test_"), f"{test.__name__} is no test: nobody runs it"
        for number in numbers:
            _of(stem).tests.setdefault((place, number), []).append(test.__name__)
        return test

    return mark


def needs_none(stem: str, place: str, why: str, *numbers: str) -> None:
    """Say why these numbers of a place need no check: a setting, a year, a definition."""
    assert why, "a reason is needed"
    for number in numbers:
        _of(stem).reasons[place, number] = why


def kept(stem: str) -> Kept:
    """All promises of a lesson, from its test files."""
    for path in sorted((HERE / stem).glob("test_promises*.py")):
        spec = importlib.util.spec_from_file_location(f"_promises_{stem}_{path.stem}", path)
        assert spec and spec.loader
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return _of(stem)


# What is said

# Numbers that are names: of an equation, a figure, a chapter, an exercise, an index, a step in brackets.
NAMES = re.compile(
    r"(?:Eqs?\.|Equations?|Fig(?:ure|s?\.)|[Cc]hapters?|[Ss]ections?|Exercises?|Problems?|[Tt]able)\s*"
    r"[A-Z]?\d+(?:\.\d+)*(?:(?:,| and| to|–)\s*[A-Z]?\d+\.\d+)*"
    r"|\([A-Z]?\d\d\.\d+\)|\b[EP]\d+\.\d+"  # (12.36), E12.5
    r"|_\{[^{}]*\}|_\\?\w|[₀-₉]+"  # indices
    r"|\]\([^)]*\)"  # where a link leads
    r"|(?<=[A-Za-z}\d])\([^()]*\d[^()]*\)(?=\s*[$=,.;:)+\-]|\$)"  # h(2)
    r"|\\(?:hspace|vspace)\{[^}]*\}"
)
# 0.5, 2,000, 5 \cdot 10^{-8}, 10⁻⁹, 10^{-87}: one number each. No sign: a lesson writes it in many ways.
NUMBER = re.compile(
    r"(?:\d+(?:,\d{3})*(?:\.\d+)?\s*(?:\\cdot|·|×|\\times)\s*)?10\s*(?:\^\{[^{}]*\d[^{}]*\}|\^\d|[⁻⁺]?[⁰¹²³⁴-⁹]+)"
    r"|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:e[-+]?\d+)?"
)


def numbers(text: str) -> list[str]:
    """The numbers of a text, each once, as they are written there; names of equations, steps and indices left out."""
    return list(dict.fromkeys(re.sub(r"\s+", " ", found) for found in NUMBER.findall(NAMES.sub(" ", text))))


def said(stem: str) -> dict[str, list[str]]:
    """The numbers of each place of a lesson; of a preset those that are not its own settings."""
    lesson = lessons.load(stem)
    texts = {
        "title": f"{lesson.title}\n{lesson.question}",
        "summary": lesson.summary,
        "dictionary": lesson.dictionary,
        "predict": lesson.predict.question,
    }
    texts |= {f"objective {k}": text for k, text in enumerate(lesson.objectives, 1)}
    texts |= {f"preset {preset.name}": f"{preset.title}\n{preset.note}" for preset in lesson.presets}
    texts |= {f"example {k}": step.text for k, step in enumerate(lesson.example, 1)}
    texts |= {f"challenge {k}": f"{task.goal}\n{task.hint}" for k, task in enumerate(lesson.challenges, 1)}
    texts |= {
        f"quiz {k}": "\n".join((one.question, *one.choices, *one.reasons)) for k, one in enumerate(lesson.quiz, 1)
    }
    heading, *rest = re.split(r"^## +", lesson.body, flags=re.MULTILINE)
    texts["text"] = heading
    texts |= {f"text {part.partition(chr(10))[0].strip()}": part for part in rest}
    found = {place: numbers(text) for place, text in texts.items()}
    for preset in lesson.presets:
        place = f"preset {preset.name}"
        found[place] = [number for number in found[place] if not _is_setting(number, preset.values)]
    return {place: inside for place, inside in found.items() if inside}


def _is_setting(number: str, values: lessons.Values) -> bool:
    own = {f"{abs(value):g}" for value in values.values() if isinstance(value, int | float)}
    return number in own or f"{float(number):g}" in own if re.fullmatch(r"\d+(\.\d+)?", number) else False


def unkept(stem: str) -> list[tuple[str, str]]:
    """Numbers that nobody checks and nobody excuses."""
    promises = kept(stem)
    return [
        (place, number)
        for place, inside in said(stem).items()
        for number in inside
        if (place, number) not in promises.tests and (place, number) not in promises.reasons
    ]


def stale(stem: str) -> list[tuple[str, str]]:
    """Promises whose number is not said there any more."""
    there = {(place, number) for place, inside in said(stem).items() for number in inside}
    promises = kept(stem)
    return [entry for entry in (*promises.tests, *promises.reasons) if entry not in there]


def main() -> None:
    stems = sys.argv[1:] or lessons.stems()
    for stem in stems:
        promises = kept(stem)
        total = sum(map(len, said(stem).values()))
        print(f"{stem}: {total} numbers, {len(promises.tests)} checked by tests, {len(promises.reasons)} excused")
        for place, number in unkept(stem):
            print(f"  neither: {place}: {number}")


if __name__ == "__main__":
    from tests.lessons import promises  # the test files mark there, not in this copy called __main__

    promises.main()
