"""Lessons speak of one another by name, with a link, never by number: their order changes."""

import re

import pytest

from app.shell import lessons

LINK = re.compile(r"\[([^\]]+)\]\(([a-z_]+)(?:\?[^)]*)?\)")
BY_NUMBER = re.compile(
    r"\blessons? (?:\d|one\b|two\b|three\b|four\b|five\b|six\b|seven\b)|\b(?:first|second|third|fourth|fifth|sixth|"
    r"seventh|previous|next|last) lesson\b",
    re.IGNORECASE,
)
# What a lesson calls another one's subject, for lessons that have been gone through.
SUBJECTS = {"gated_cec": {"LSTM": "lstm"}, "lstm": {"carousel": "gated_cec", "Parity": "parity"}}


def told(stem: str) -> str:
    """Every word of a lesson that a reader gets to see."""
    lesson = lessons.load(stem)
    parts = [lesson.summary, lesson.dictionary, *lesson.objectives, lesson.predict.question, lesson.body]
    parts += [part for preset in lesson.presets for part in (preset.title, preset.note)]
    parts += [step.text for step in lesson.example]
    parts += [part for task in lesson.challenges for part in (task.goal, task.hint)]
    parts += [part for one in lesson.quiz for part in (one.question, *one.choices, *one.reasons)]
    return "\n".join(parts)


@pytest.mark.parametrize("stem", lessons.stems())
def test_no_lesson_is_called_by_a_number(stem):
    assert not BY_NUMBER.search(told(stem))


@pytest.mark.parametrize("stem", lessons.stems())
def test_a_link_leads_to_a_lesson(stem):
    for text, target in LINK.findall(told(stem)):
        assert target in lessons.stems() and len(text) > 3, (text, target)


@pytest.mark.parametrize(("stem", "subject", "target"), [
    (stem, subject, target) for stem, names in SUBJECTS.items() for subject, target in names.items()
])  # fmt: skip
def test_whose_subject_is_spoken_of_is_linked(stem, subject, target):
    assert subject in told(stem) and target in [found for _, found in LINK.findall(told(stem))]


def test_the_lstms_preset_on_parity_is_that_of_the_parity_page():
    lstm, parity = lessons.load("lstm"), lessons.load("parity")
    preset = next(preset for preset in lstm.presets if preset.name == "parity")
    linked = LINK.findall(preset.note)
    assert linked == [(parity.title, "parity")]
    x = "".join(part[0] * int(part[2:] or 1) for part in str(preset.values["x"]).split(","))
    assert x == parity.preset_values["book-demo"]["bits"]
