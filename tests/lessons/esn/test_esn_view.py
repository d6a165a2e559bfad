"""The page without a browser: strips, cards and controls, and corners of all settings."""

import re
import threading

import numpy as np
import pytest

from app.shell import lessons
from lessons.esn import topics as esn_topics
from lessons.esn.parameters import TOPICS
from lessons.esn.settings import TASKS
from lessons.esn.strips import STRIPS
from tests.lessons.esn.esn_oracle import make, make_at_once
from tests.readable import until

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3, "max_lag": 12}


def visible(page) -> list[str]:
    return [name for name, strip in page.view.strips.named.items() if page.shown(strip.plot, "visible")]


# What is on the page


@pytest.mark.parametrize(("settings", "strips"), [
    ({"topic": "echo"}, ["x", "raster", "h", "log10_distance"]),
    ({"topic": "memory"}, ["x", "y", "residual"]),
    ({"topic": "recipe", "recipe": 1}, ["x"]),
    ({"topic": "recipe", "recipe": 2}, ["x", "raster", "units"]),
    ({"topic": "recipe", "recipe": 4}, ["x", "raster", "units", "y", "residual"]),
    ({"topic": "free run", "feedback_scaling": 0.5}, ["raster", "y", "log_error"]),
    ({"topic": "free run", "feedback_scaling": 0.5, "task": "figure of eight"}, ["raster", "y", "y2", "log_error"]),
    ({"topic": "sweep"}, ["x", "y", "residual"]),
])  # fmt: skip
def test_strips_of_each_topic(settings, strips):
    page = make(**SMALL, **settings)
    assert visible(page) == strips
    axes = [name for name, strip in page.view.strips.named.items() if page.shown(strip.plot.below[0], "visible")]
    assert axes == strips[-1:]
    assert set(page.frame["fixed"]) == ({"x"} if settings["topic"] == "free run" else set())
    for name in strips:
        if name != "raster":
            for column in page.view.strips.named[name].columns:
                assert len(page.columns[column]) == 80


@pytest.mark.parametrize("topic", TOPICS)
def test_every_control_is_there_and_those_of_other_topics_are_hidden(topic):
    page = make(**SMALL, topic=topic, feedback_scaling=0.5)
    everything = set(page.view.controls + page.view.more)
    html = page.room.before + page.room.after
    for name in everything:
        assert html.count(f'data-control="{name}"') == html.count(f'id="root-control-{name}"') == 1, name
        assert f'"control-{name}"' in html
    assert everything <= set(page.frame["values"])
    hidden = set(page.frame["unused"])
    assert hidden <= everything and not {"topic", "spectral_radius", "leak_rate"} & hidden
    assert ("max_lag" in hidden) == (topic not in ("memory", "sweep"))
    assert ("input_scaling" in hidden) == (topic == "free run")  # nothing comes in
    assert ("feedback_scaling" in hidden) == (topic == "memory")
    shown = everything - hidden - {"topic", "x", "shown"}
    assert shown - set(page.frame["idle"])


def test_controls_follow_what_they_belong_to():
    page = make(**SMALL, topic="recipe", task="sine")
    hidden = set(page.frame["unused"])
    assert "period" not in hidden and {"lag", "delay", "forgetting", "feedback_from", "shown"} <= hidden
    page.set(task="parity", late=0.2, learning="recursive", feedback_scaling=0.5, n_steps=200)
    hidden = set(page.frame["unused"])
    assert not {"lag", "delay", "forgetting", "feedback_from", "shown"} & hidden and "period" in hidden
    assert page.set(topology="ring")["idle"] == ["density", "x"]


def test_cards_follow_the_topic_and_the_steps_of_the_recipe():
    page = make(**SMALL)
    keys = {card.key for card in page.view.cards if card.key}
    wanted = {"echo": {"spectrum", "stability"}, "memory": {"memory", "totals", "spectrum"},
              "sweep": {"sweep", "findings"},
              "free run": {"phase", "spectrum"}, "recipe": {"recipe", "weights", "errors"}}  # fmt: skip
    for topic in TOPICS:
        assert keys - set(page.set(topic=topic)["hidden"]) == wanted[topic]
    assert keys - set(page.set(topic="recipe", recipe=2)["hidden"]) == {"recipe", "spectrum"}


def test_all_that_tells_the_distance_is_hidden_while_it_is_predicted():
    page = make()
    frame = page.ask("predict")
    data = page.columns
    for name in ("log10_distance", "h", "h_other"):
        assert np.isnan(data[name]).all()
    assert {"stability", "spectrum"} <= set(frame["hidden"]) and "stability" not in page.view.tables(page.model)
    assert frame["live"]["text"]["distance"] == "?"
    limits = page.view.strips.named["log10_distance"].plot.y_range
    before = (page.shown(limits, "start"), page.shown(limits, "end"))
    page.ask("reveal", values=[0.0] * frame["steps"])
    assert (page.shown(limits, "start"), page.shown(limits, "end")) == before
    truth = page.model.table()["log10_distance"]
    np.testing.assert_array_equal(page.columns["log10_distance"], truth)


def test_two_readers_see_what_they_have_set_themselves():
    larger = {"n_units": 30, "n_steps": 200, "shown": "around the cursor", "cursor": 150}
    one, other = make(**SMALL, topic="recipe"), make(**SMALL | larger, topic="free run", feedback_scaling=0.5)

    def told() -> str:
        return repr({name: part for name, part in other.frame.items() if name != "answered"})

    before = told()
    one.set(topic="memory", spectral_radius=1.5, n_units=25)
    one.set(topic="echo")
    other.show()
    assert told() == before and other.data(other.view.strips.raster.source)["h"] == [30]
    assert one.data(one.view.strips.raster.source)["h"] == [25] and visible(one) != visible(other)


# Drawing by hand


def test_a_stroke_takes_over_the_input_that_is_shown():
    page = make(**SMALL, task="Mackey-Glass 17")
    before = page.columns["x"]
    page.ask("edit", name="x", steps={"10": 0.9})
    after = page.columns["x"]
    assert page.model.signal == "drawn" and after[9] == 0.9
    np.testing.assert_allclose(np.delete(after, 9), np.delete(before, 9), atol=5.1e-4)
    assert page.model.input_limits == (-1.0, 1.0)
    page.ask("edit", name="x", steps={"10": 1.7})
    assert page.model.input_limits == (-2.0, 2.0)
    assert page.frame["live"]["limits"] == {"x": [-2.0, 2.0]}


def test_the_input_follows_the_hand_even_while_its_result_is_computed(monkeypatch):
    monkeypatch.setattr("lessons.esn.load.HEAVY", -1.0)
    page = make(**SMALL)
    monkeypatch.setattr(page.model.latest, "ask", lambda settings, heavy: page.model.latest.shown)
    page.model.draw_input()
    page.model.edit("x", {10: 0.75})
    page.show()
    assert page.columns["x"][9] == 0.75
    assert page.model.table()["x"][9] != 0.75  # the table is of the result


# Corners

CORNERS = [
    {"n_units": 2}, {"n_units": 2, "density": 0.02, "topology": "fixed in-degree"}, {"n_steps": 40, "washout": 500},
    {"log_ridge": -12}, {"log_ridge": 3}, {"spectral_radius": 3, "feedback_scaling": 3}, {"spectral_radius": 0},
    {"unit": 2000}, {"n_steps": 2000, "task": "sunspots"}, {"input_scaling": 0},
    {"input_scaling": 10, "bias_scaling": 3}, {"lag": 100, "n_steps": 40}, {"task": "figure of eight"},
    {"learning": "recursive", "forgetting": 0.9, "log_ridge": -12}, {"late": 1, "delay": 20, "n_steps": 40},
    {"learning": "recursive", "feedback_from": "own", "feedback_scaling": 3, "spectral_radius": 3, "log_ridge": -12},
    {"leak_rate": 0.02}, {"max_lag": 200}, {"task": "silence"},
    {"task": "NARMA-10", "signal": "drawn", "x": "0.5*80"}, {"task": "parity", "signal": "drawn"},
    {"topology": "small world", "weights": "signs"}, {"topology": "ring", "weights": "equal"}, {"n_new": 1000},
    {"shown": "around the cursor", "n_steps": 130, "cursor": 130},
]  # fmt: skip


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("corner", CORNERS, ids=lambda corner: ",".join(corner))
def test_corners_give_a_picture_and_words_without_gaps(topic, corner):
    page = make(**SMALL | {"topic": topic} | corner)
    frame, m = page.frame, page.model
    for name, values in page.columns.items():
        assert len(values) == frame["steps"] and np.isinf(values).sum() == 0, name
    assert frame["sentence"] and frame["numbers"] and page.view.diagram(m).svg()
    for text in (
        frame["sentence"],
        frame["numbers"],
        str(frame["live"]),
        *page.view.tables(m).values(),
        *frame["notices"],
    ):
        assert not re.search(r"\b(nan|inf|None)\b", text), text
    for card in page.view.cards:
        for strip in card.strips:
            for limits in (strip.plot.x_range, strip.plot.y_range):
                start, end = page.shown(limits, "start"), page.shown(limits, "end")
                assert np.isfinite([start, end]).all() and start < end, strip.name


def test_presets_cover_all_topics_and_most_tasks():
    values = [preset.values for preset in lessons.load("esn").presets]
    assert {preset.get("topic", "echo") for preset in values} == set(TOPICS) == set(STRIPS)
    assert len({preset.get("task", "delayed copy") for preset in values}) >= len(TASKS) - 1


def test_a_page_that_waits_says_so_and_ends_its_thread(monkeypatch):
    begun, go, compute = [], threading.Event(), esn_topics.compute

    def slow(settings, drawn):
        begun.append(settings.n_units)
        assert len(begun) == 1 or go.wait(60)
        return compute(settings, drawn)

    monkeypatch.setattr("lessons.esn.load.HEAVY", -1.0)
    page = make_at_once(monkeypatch, n_units=40)
    assert not page.frame["waits"]
    begun[:] = [40]
    monkeypatch.setattr(esn_topics, "compute", slow)
    assert page.set(n_units=50)["waits"]
    until(lambda: begun == [40, 50])
    page.reader.end(None)
    page.model.param.update(n_units=60)
    assert page.model.result.traced.settings.n_units == 40
    go.set()
    until(lambda: not page.model.latest.working)
    assert begun == [40, 50]  # nobody wants the last one any more: the thread ended after what it was at
