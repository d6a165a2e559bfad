"""The marks of wash-out, training and new data on the plots, and the words on them."""

import itertools

import pytest

from tests.lessons.esn.esn_oracle import make

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3, "max_lag": 12}


def words(page, name: str) -> list[str]:
    return [page.shown(label, "text") for label in page.view.strips.marks.words[name]]


def test_bands_say_which_steps_are_washed_out_and_which_are_new():
    page = make(**SMALL, topic="recipe")
    marks = page.view.strips.marks
    assert (page.shown(marks.washout, "right"), page.shown(marks.new, "left")) == (10.5, 60.5)
    assert page.shown(marks.new, "visible")
    assert words(page, "y") == ["wash-out", "training", "new data"]
    assert not any(words(page, "residual"))
    page.set(recipe=2)
    assert words(page, "units") == ["wash-out", "training", "new data"] and not any(words(page, "y"))
    page.set(topic="echo")
    assert not page.shown(marks.new, "visible") and not page.shown(marks.washout, "visible")


@pytest.mark.parametrize(("settings", "expected"), [
    ({"washout": 30, "n_new": 30}, ["wash-out", "training", "new data"]),
    ({"washout": 0, "n_new": 30}, ["", "training", "new data"]),
    ({"washout": 8, "n_new": 8}, ["wash-out", "training", "new data"]),  # both reach beyond their own part
    ({"washout": 0, "n_new": 100, "n_steps": 140}, ["", "training", "new data"]),
    ({"washout": 24, "n_new": 60, "topic": "free run", "feedback_scaling": 0.5, "task": "sine"},
     ["wash-out", "", "runs freely"]),  # 26 steps; “with teacher” needs 28
])  # fmt: skip
def test_words_on_bands_never_meet(settings, expected):
    page = make(**SMALL | {"n_steps": 100, "topic": "recipe"} | settings)
    n_steps = page.model.n_steps
    assert words(page, "y") == expected
    spans = []
    for label in page.view.strips.marks.words["y"]:
        x, word = page.shown(label, "x"), page.shown(label, "text")
        width = 0.02 * (len(word) + 2) * n_steps
        if word:
            spans.append((x - width, x) if label.text_align == "right" else (x, x + width))
    for before, after in itertools.pairwise(spans):
        assert before[1] <= after[0] + 1e-9
    assert spans[0][0] >= 0.5 and spans[-1][1] == n_steps + 0.5


def test_bands_of_fewer_steps_than_are_shown_are_left_out(monkeypatch):
    page = make(**SMALL, topic="recipe")
    assert page.shown(page.view.strips.marks.new, "visible")
    monkeypatch.setattr(page.model.latest, "ask", lambda settings, heavy: page.model.latest.shown)
    page.set(n_steps=400)
    assert not page.shown(page.view.strips.marks.new, "visible") and not any(words(page, "y"))
