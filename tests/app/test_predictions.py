"""Predictions: what is asked for can be got wrong, is not on the page already, and is scored fairly."""

import numpy as np
import pytest
from scipy.optimize import linprog

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
