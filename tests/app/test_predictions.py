"""Predictions: what is asked for can be got wrong, is not on the page already, and is scored fairly."""

import re

import numpy as np
import pytest
from scipy.optimize import linprog

from app.parts.numbers import plain
from app.shell import lessons
from app.shell.assets import page_stems
from app.shell.tasks import BENT, HAND, bend, fair, score_prediction
from tests.app.pages import Opened, model_at

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]


def best_line(values: np.ndarray) -> tuple[np.ndarray, float]:
    """The straight line that misses `values` by least, and by how much: a linear program in slope, start and miss."""
    steps = np.arange(values.size)
    above = np.column_stack((steps, np.ones(values.size), -np.ones(values.size)))
    below = np.column_stack((-steps, -np.ones(values.size), -np.ones(values.size)))
    found = linprog([0, 0, 1], np.vstack((above, below)), np.r_[values, -values], bounds=[(None, None)] * 3)
    slope, start, miss = found.x
    return slope * steps + start, miss


def asked(stem: str) -> tuple[lessons.Predict, np.ndarray, object]:
    """The task, its answer, and the model that it is asked of."""
    task = lessons.load(stem).predict
    model = model_at(stem, preset=task.preset)
    return task, np.asarray(model.trace(task.signal), dtype=float), model


@pytest.mark.parametrize("seed", range(20))
def test_the_bend_of_a_trace_is_what_its_best_straight_line_misses_by(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=rng.integers(3, 60)) * 10.0 ** rng.integers(-3, 4)
    assert bend(values) == pytest.approx(best_line(values)[1], rel=1e-6)


def test_a_trace_without_a_bend_has_none():
    assert bend(np.linspace(3, -4, 30)) < 1e-12
    assert bend(np.array([1.0, 2.0])) == bend(np.array([1.0])) == bend(np.array([0.0, np.nan, 1.0, 5.0])) == 0


def test_the_tolerance_follows_the_pixel_and_stops_before_a_straight_line_would_pass():
    truth = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    miss = best_line(truth)[1]
    assert fair(0.05, 0.0, truth) == fair(0.05, 0.001, truth) == 0.05
    assert fair(0.05, 0.02, truth) == pytest.approx(HAND * 0.02)
    assert fair(0.05, 1e300, truth) == pytest.approx(BENT * miss) and BENT < 1 and HAND >= 3
    assert fair(0.05, 1e300, np.zeros(6)) == 0.05


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("pixel", [0.0, 1e300])
def test_no_straight_line_is_right_at_every_step_however_large_a_pixel_is(stem, pixel):
    task, truth, model = asked(stem)
    line, miss = best_line(truth)
    assert task.tolerance < miss
    assert score_prediction(model, task.signal, task.tolerance, line.tolist(), pixel)["step"] > 0
    assert score_prediction(model, task.signal, task.tolerance, truth.tolist(), pixel)["step"] == 0


@pytest.mark.parametrize("stem", STEMS)
def test_answers_that_snap_are_right_where_they_snap_to(stem):
    task, truth, _ = asked(stem)
    if task.snap:
        assert np.abs(truth - np.round(truth / task.snap) * task.snap).max() <= task.tolerance < task.snap / 2


@pytest.mark.parametrize("stem", STEMS)
def test_the_answer_is_not_what_the_page_opens_with_nor_in_sight_while_it_is_asked_for(stem):
    task, truth, _ = asked(stem)
    first = lessons.load(stem).presets[0].name
    assert task.preset != first
    opened = np.asarray(model_at(stem).trace(task.signal), dtype=float) if task.signal in model_at(stem).table() else []
    assert not np.array_equal(opened, truth)
    page = Opened(stem)
    page.ask("predict")
    strip = next(strip for card in page.view.cards for strip in card.strips if strip.predicts == task.signal)
    assert all(np.isnan(page.columns[name]).all() for name in page.view.conceals[task.signal][0])
    low, high = page.shown(strip.plot.y_range, "start"), page.shown(strip.plot.y_range, "end")
    assert low <= min(truth.min(), 0) and max(truth.max(), 0) <= high, "all can be drawn"
    assert page.shown(strip.plot, "visible")


def test_a_reveal_says_how_large_a_pixel_was_or_nothing_of_it():
    page = Opened("gamma")
    frame = page.ask("predict")
    flat = [0.5] * frame["steps"]
    assert page.ask("reveal", values=flat)["score"]["within"] == lessons.load("gamma").predict.tolerance
    page.ask("predict")
    assert page.ask("reveal", values=flat, pixel=0.02)["score"]["within"] == pytest.approx(HAND * 0.02)


@pytest.mark.parametrize("pixel", [-0.1, "1", None, True])
def test_a_pixel_that_is_none_is_refused_and_the_prediction_goes_on(pixel):
    page = Opened("gamma")
    page.ask("predict")
    frame = page.ask("reveal", values=[0.0], pixel=pixel)
    assert frame["predicting"] and "pixel" in frame["notices"][0]


def test_what_is_wrong_and_why_come_apart():
    page = Opened("gamma")
    frame = page.ask("predict")
    score = page.ask("reveal", values=[0.0] * frame["steps"])["score"]
    assert score["step"] == 2 and score["text"] == "The first wrong step is t = 2: you said 0, it is 0.5."
    assert score["why"] and score["why"] == page.model.explain("a", 2)
    page.ask("predict")
    right = page.ask("reveal", values=page.model.trace("a").tolist())["score"]
    assert right["step"] == 0 and right["why"] == ""


# One step after the other


def written(page: Opened) -> str:
    """All that is said at the cursor, as a reader sees it."""
    said = [page.frame["numbers"], *page.frame["live"]["text"].values(), *page.frame["tables"].values()]
    return re.sub(r"<[^>]+>", "", " ".join(said))


@pytest.mark.parametrize("stem", STEMS)
def test_step_by_step_no_step_leaves_the_server_before_it_is_asked_for(stem):
    task, truth, _ = asked(stem)
    page = Opened(stem)
    page.ask("predict")
    frame = page.ask("reveal", values=[0.0] * truth.size, by_step=True)
    assert (frame["revealed"], frame["t"]) == (1, 1)
    concealed = page.view.conceals[task.signal][0]
    for steps in [*range(1, truth.size), 2]:
        frame = page.ask("uncover", steps=steps)
        assert frame["predicting"] and (frame["revealed"], frame["t"]) == (steps, steps)
        assert frame["score"] is None and frame["sentence"] == "" and frame["challenges"] == []
        for name in concealed:
            assert np.isnan(page.columns[name][steps:]).all(), name
        told = {plain(value) for value in truth[:steps]}
        later = {plain(value) for value in truth[steps:]} - told
        # Few digits stand anywhere; and gates and learned taps happen to be near 1.
        telling = {text for text in later if len(text.strip("−")) > 4 and not text.startswith("0.999")}
        assert not telling & set(re.findall(r"−?\d+\.\d+", written(page))), steps
    strip = next(strip for card in page.view.cards for strip in card.strips if strip.predicts)
    assert np.isfinite(page.columns[strip.columns[0]][1]), "what was asked for is there"


@pytest.mark.parametrize("stem", STEMS)
def test_beyond_what_is_revealed_the_cursor_finds_no_numbers_and_question_marks(stem):
    page = Opened(stem)
    frame = page.ask("predict")
    page.ask("reveal", values=[0.0] * frame["steps"], by_step=True)
    page.ask("uncover", steps=2)
    frame = page.ask("cursor", t=3)
    labels = page.view.conceals[page.room.lesson.predict.signal][1]
    assert frame["numbers"] == "" and {frame["live"]["text"][name] for name in labels} == {"?"}
    frame = page.ask("cursor", t=2)
    assert (frame["numbers"] == "") == page.view.looks_ahead
    assert page.view.looks_ahead or any(frame["live"]["text"][name] != "?" for name in labels)


@pytest.mark.parametrize("stem", STEMS)
def test_the_last_step_brings_the_same_verdict_as_all_at_once(stem):
    _, truth, _ = asked(stem)
    frames = []
    for by_step in (True, False):
        page = Opened(stem)
        page.ask("predict")
        page.ask("reveal", values=[0.5] * truth.size, pixel=0.001, by_step=by_step)
        if by_step:
            page.ask("uncover", steps=3)
            page.ask("uncover", steps=truth.size)
        frames.append({name: part for name, part in page.frame.items() if name != "answered"})
    score = frames[0]["score"]
    assert frames[0] == frames[1] and not frames[0]["predicting"] and frames[0]["revealed"] is None
    assert (score["said"], score["there"]) == (0.5, truth[score["step"] - 1])


def test_steps_of_an_answer_count_from_one_and_end_with_the_prediction():
    page = Opened("gamma")
    assert page.ask("uncover", steps=2)["notices"] == ["There is no prediction that is revealed step by step."]
    page.ask("predict")
    assert "no prediction" in page.ask("uncover", steps=2)["notices"][0], "it is still being drawn"
    page.ask("reveal", values=[], by_step=True)
    frame = page.ask("uncover", steps=0)
    assert "steps = 0" in frame["notices"][0] and frame["revealed"] == 1
    page.ask("cancel")
    assert page.frame["revealed"] is None and "no prediction" in page.ask("uncover", steps=2)["notices"][0]


def test_a_step_at_which_nothing_was_said_has_a_place_all_the_same():
    page = Opened("gamma")
    page.ask("predict")
    score = page.ask("reveal", values=[None])["score"]
    assert (score["step"], score["said"], score["there"]) == (1, None, 0.0)
