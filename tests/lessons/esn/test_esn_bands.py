"""The marks of wash-out, training and new data on the plots of lesson 7, and the words on them."""

import itertools

import pytest

from tests.lessons.esn.esn_oracle import make

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3, "max_lag": 12}


def test_bands_say_which_steps_are_washed_out_and_which_are_new():
    page = make(**SMALL, topic="recipe")
    marks = page.view.strips.marks
    assert (marks.washout.right, marks.new.left) == (10.5, 60.5) and marks.new.visible
    assert [label.text for label in marks.words["y"]] == ["wash-out", "training", "new data"]
    assert not any(label.text for label in marks.words["residual"])
    page.model.recipe = 2
    page.view.refresh()
    assert [label.text for label in marks.words["units"]] == ["wash-out", "training", "new data"]
    page.model.topic = "echo"
    page.view.refresh()
    assert not marks.new.visible and not marks.washout.visible


@pytest.mark.parametrize(("settings", "words"), [
    ({"washout": 30, "n_new": 30}, ["wash-out", "training", "new data"]),
    ({"washout": 0, "n_new": 30}, ["", "training", "new data"]),
    ({"washout": 8, "n_new": 8}, ["wash-out", "training", "new data"]),  # both reach beyond their own part
    ({"washout": 0, "n_new": 100, "n_steps": 140}, ["", "training", "new data"]),
    ({"washout": 24, "n_new": 60, "topic": "free run", "feedback_scaling": 0.5, "task": "sine"},
     ["wash-out", "", "runs freely"]),  # 26 steps; “with teacher” needs 28
])  # fmt: skip
def test_words_on_bands_never_meet(settings, words):
    page = make(**SMALL | {"n_steps": 100, "topic": "recipe"} | settings)
    labels, n_steps = page.view.strips.marks.words["y"], page.model.n_steps
    assert [label.text for label in labels] == words
    width = {label.text: 0.02 * (len(label.text) + 2) * n_steps for label in labels}
    spans = [(label.x - width[label.text], label.x) if label.text_align == "right" else
             (label.x, label.x + width[label.text]) for label in labels if label.text]  # fmt: skip
    for before, after in itertools.pairwise(spans):
        assert before[1] <= after[0] + 1e-9
    assert spans[0][0] >= 0.5 and spans[-1][1] == n_steps + 0.5


def test_bands_of_fewer_steps_than_are_shown_are_left_out(monkeypatch):
    page = make(**SMALL, topic="recipe")
    monkeypatch.setattr(page.model.latest, "ask", lambda settings, heavy: page.model.latest.shown)
    page.model.n_steps = 400
    page.view.refresh()
    marks = page.view.strips.marks
    assert not marks.new.visible and not any(label.text for label in marks.words["y"])
