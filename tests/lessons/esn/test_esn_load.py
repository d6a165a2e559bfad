"""What the page computes at once and what later, and what it says and shows until then."""

import threading
import time

import pytest

from lessons.esn import load as esn_load
from lessons.esn import topics as esn_topics
from lessons.esn.drawn import Drawn
from lessons.esn.model import Esn
from lessons.esn.parameters import TOPICS
from lessons.esn.settings import Settings
from tests.lessons import plain
from tests.lessons.esn.esn_oracle import make_at_once

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3}


def settings(**values) -> Settings:
    return Esn(**values).settings


def test_heavy_settings_come_later_and_until_then_all_is_of_one_result(monkeypatch):
    m, go, compute = Esn(**SMALL), threading.Event(), esn_topics.compute
    first = m.result

    def slow(*arguments):
        assert go.wait(60)
        return compute(*arguments)

    monkeypatch.setattr(esn_load, "HEAVY", -1.0)
    monkeypatch.setattr(esn_topics, "compute", slow)
    m.param.update(n_units=30, n_steps=90)
    assert m.result is first and m.latest.working
    assert len(m.table()["t"]) == 80
    plain.assert_computed_again(m)
    go.set()
    finish(m)
    assert m.traced.states.shape == (90, 30)
    plain.assert_computed_again(m)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_that_opens_with_heavy_settings_shows_something_smaller_and_says_no_more_of_it(monkeypatch, topic):
    monkeypatch.setattr(esn_load, "OPENING", -1.0)
    go, compute = threading.Event(), esn_topics.compute
    monkeypatch.setattr(esn_topics, "compute", lambda s, drawn: (s.n_units == 50 or go.wait(60)) and compute(s, drawn))
    given = {"n_units": 60, "n_steps": 400, "washout": 500, "topic": topic, "feedback_scaling": 0.5}
    m = Esn(**given)
    assert m.traced.states.shape == (150, 50) and m.stands_in
    assert m.sentence() == m.explain("y", 3) and "Computing N = 60 units over T = 400 steps" in m.sentence()
    assert not m.take_notices()
    for check in (m.sine_held, m.narma_below, m.greatest_memory):
        assert check() == (False, m.sentence())
    go.set()
    finish(m)
    assert m.traced.states.shape == (400, 60) and not m.stands_in
    assert "Computing" not in m.sentence()
    assert bool(m.take_notices()) == (topic != "echo")


def test_what_stands_in_is_the_real_thing_for_whoever_asks_for_as_little(monkeypatch):
    monkeypatch.setattr(esn_load, "OPENING", -1.0)
    m = Esn(**SMALL, max_lag=20)  # no larger than what would stand in for it
    assert not m.stands_in and not m.latest.working


def test_a_page_that_opens_waits_a_little_longer_than_a_slider():
    some = settings(n_units=400, n_steps=800, topic="recipe")
    assert esn_load.HEAVY < esn_load.milliseconds(some, Drawn()) < esn_load.OPENING
    m = Esn(n_units=400, n_steps=800, topic="recipe")
    assert m.traced.states.shape == (800, 400) and not m.latest.working


def finish(m: Esn) -> None:
    """Wait for the thread."""
    deadline = time.monotonic() + 60
    while m.latest.working:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    m.forget_result()


def test_what_is_heavy():
    drawn = Drawn()
    assert esn_load.is_heavy(settings(n_units=2000), drawn)
    dragged = settings(n_units=300, n_steps=1000)
    drawn.of(dragged)
    for topic in ("echo", "recipe", "memory"):
        assert not esn_load.is_heavy(dragged._replace(spectral_radius=1.2, topic=topic), drawn), topic
    large = settings(n_units=600, n_steps=1000)
    drawn.of(large)
    assert esn_load.is_heavy(large, drawn)
    assert not esn_load.is_heavy(settings(), Drawn())


@pytest.mark.parametrize("topic", TOPICS)
def test_what_stands_in_has_no_numbers(monkeypatch, topic):
    monkeypatch.setattr(esn_load, "OPENING", -1.0)
    go, compute = threading.Event(), esn_topics.compute
    monkeypatch.setattr(esn_topics, "compute", lambda s, drawn: (s.n_units == 50 or go.wait(60)) and compute(s, drawn))
    page = make_at_once(monkeypatch, n_units=60, topic=topic, feedback_scaling=0.5)
    frame = page.frame
    assert page.model.stands_in and frame["waits"]
    assert not frame["numbers"] and set(frame["live"]["text"].values()) == {"…"}
    said = {key for key, table in frame["tables"].items() if "Computing N = 60" in table}
    assert said == set(frame["tables"]) - {"sweep", "findings"} and "Computing N = 60" in frame["sentence"]
    go.set()
    finish(page.model)
    page.show()
    assert not frame["waits"] and frame["numbers"] and "Computing" not in frame["sentence"]


def test_a_remark_is_told_once_and_with_the_result_that_it_is_about(monkeypatch):
    go, compute = threading.Event(), esn_topics.compute
    m = Esn(**SMALL | {"washout": 500}, topic="recipe")
    assert m.result and len(m.take_notices()) == 1
    monkeypatch.setattr(esn_load, "HEAVY", -1.0)
    monkeypatch.setattr(esn_topics, "compute", lambda s, drawn: go.wait(60) and compute(s, drawn))
    m.washout = 400
    assert m.result.traced.settings.washout == 500 and not m.take_notices()
    go.set()
    finish(m)
    assert m.result.traced.settings.washout == 400
    assert len(m.take_notices()) == 1 and not m.take_notices()
