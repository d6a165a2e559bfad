"""The page of lesson 7 without a browser: strips, charts, cards and controls, and corners of all settings."""

import re

import numpy as np
import pytest

from app.shell import lessons
from app.shell.controls import control
from lessons.esn import charts
from lessons.esn.model import TOPICS
from lessons.esn.settings import TASKS
from lessons.esn.strips import STRIPS
from tests.lessons.esn.esn_oracle import ask, make

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3, "max_lag": 12}


def visible(page) -> list[str]:
    return [name for name, strip in page.view.strips.named.items() if strip.plot.visible]


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
    axes = [name for name, strip in page.view.strips.named.items() if strip.plot.below[0].visible]
    assert axes == strips[-1:]
    assert page.view.fixed_strips() == ({"x"} if settings["topic"] == "free run" else set())
    for name in strips:
        if name != "raster":
            for column in page.view.strips.named[name].columns:
                assert len(page.view.stack.source.data[column]) == 80


@pytest.mark.parametrize("topic", TOPICS)
def test_every_control_is_there_and_those_of_other_topics_are_hidden(topic):
    page = make(**SMALL, topic=topic, feedback_scaling=0.5)
    view = page.view
    everything = set(view.controls + view.more)
    for name in everything - {"x"}:
        assert control(page.model, name) is not None
    hidden = view.hidden_controls()
    assert hidden <= everything and not {"topic", "spectral_radius", "leak_rate"} & hidden
    assert ("max_lag" in hidden) == (topic not in ("memory", "sweep"))
    assert ("input_scaling" in hidden) == (topic == "free run")  # nothing comes in
    assert ("feedback_scaling" in hidden) == (topic == "memory")
    shown = everything - hidden - {"topic", "x", "shown"}
    assert shown - view.idle_controls()


def test_controls_follow_what_they_belong_to():
    page = make(**SMALL, topic="recipe", task="sine")
    hidden = page.view.hidden_controls()
    assert "period" not in hidden and {"lag", "delay", "forgetting", "feedback_from", "shown"} <= hidden
    page.model.param.update(task="parity", late=0.2, learning="recursive", feedback_scaling=0.5, n_steps=200)
    hidden = page.view.hidden_controls()
    assert not {"lag", "delay", "forgetting", "feedback_from", "shown"} & hidden and "period" in hidden
    page.model.topology = "ring"
    assert page.view.idle_controls() == {"x", "density"}


def test_cards_follow_the_topic_and_the_steps_of_the_recipe():
    page = make(**SMALL)
    keys = {card.key for card in page.view.cards if card.key}
    wanted = {"echo": {"spectrum", "stability"}, "memory": {"memory", "totals", "spectrum"},
              "sweep": {"sweep", "findings"},
              "free run": {"phase", "spectrum"}, "recipe": {"recipe", "weights", "errors"}}  # fmt: skip
    for topic in TOPICS:
        page.model.topic = topic
        assert keys - page.view.hidden_cards() == wanted[topic]
    page.model.param.update(topic="recipe", recipe=2)
    assert keys - page.view.hidden_cards() == {"recipe", "spectrum"}


def test_all_that_tells_the_distance_is_hidden_while_it_is_predicted():
    page = make()
    frame = ask(page, do="predict")
    data = page.view.stack.source.data
    for name in ("log10_distance", "h", "h_other"):
        assert np.isnan(data[name]).all()
    assert {"stability", "spectrum"} <= set(frame["hidden"]) and "stability" not in frame["tables"]
    assert frame["live"]["text"]["distance"] == "?"
    limits = page.view.strips.named["log10_distance"].plot.y_range
    before = (limits.start, limits.end)
    ask(page, do="reveal", values=[0.0] * frame["steps"])
    assert (limits.start, limits.end) == before
    truth = page.model.table()["log10_distance"]
    np.testing.assert_array_equal(page.view.stack.source.data["log10_distance"], truth)


# Charts


def test_the_raster_shows_signs_and_sizes_of_states_sorted_by_input_weight():
    page = make(**SMALL, unit=7)
    raster, now = page.view.strips.raster, page.model.traced
    order = sorted(range(20), key=lambda unit: now.unit.W_in[unit, 1])
    image = raster.source.data["image"][0]
    assert image.shape == (20, 80) and image.dtype == np.uint8
    sign_and_root = (image.astype(float) - 127) / 127
    wanted = now.states[:, order].T
    np.testing.assert_allclose(np.sign(sign_and_root) * sign_and_root**2, wanted, atol=0.012)
    assert (raster.row.bottom, raster.row.top) == (order.index(6) + 0.5, order.index(6) + 1.5)
    assert (raster.source.data["x"], raster.source.data["w"], raster.source.data["h"]) == ([0.5], [80], [20])


def test_a_large_raster_is_thinned_out_but_lies_right():
    page = make(n_units=150, n_steps=700)
    data = page.view.strips.raster.source.data
    assert data["image"][0].shape[0] == 64 and data["image"][0].shape[1] <= 300
    assert data["h"] == [150] and 700 <= data["w"][0] < 703
    page.model.param.update(shown="around the cursor", cursor=250)
    page.view.refresh()
    page.view.live(250)
    data = page.view.strips.raster.source.data
    assert data["x"] == [200.5] and data["w"] == [100] and data["image"][0].shape == (64, 100)
    x_range = page.view.stack.x_range
    assert (x_range.start, x_range.end) == (200.5, 300.5)
    page.view.live(301)
    assert page.view.strips.raster.source.data["x"] == [300.5]
    assert (x_range.start, x_range.end) == (300.5, 400.5)


def test_eigenvalues_outside_the_circle_are_marked_and_the_leak_moves_them():
    page = make(**SMALL, spectral_radius=2.8, leak_rate=0.5)
    data, now = page.view.eigenvalues.source.data, page.model.traced
    values = np.linalg.eigvals(now.reservoir.W)
    moved = 0.5 + 0.5 * values
    found = np.where(np.isnan(data["inside"]), data["outside"], data["inside"]) + 1j * data["height"]
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(moved), atol=1e-9)
    assert np.isfinite(data["outside"]).sum() == (np.abs(moved) > 1).sum() > 0
    np.testing.assert_allclose(np.sort(data["x"]), np.sort(values.real), atol=1e-9)
    assert page.view.eigenvalues.strip.plot.x_range.end == pytest.approx(1.05 * 2.8)
    page.model.leak_rate = 1.0
    page.view.refresh()
    assert np.isnan(page.view.eigenvalues.source.data["x"]).all()


def test_shares_of_activations():
    states = np.array([[-1.0, -0.999, 1.0], [0.01, 0.049, 0.051]])
    wanted = np.zeros(40)
    wanted[[0, 39, 20, 21]] = [2, 1, 2, 1]
    np.testing.assert_allclose(charts.shares(states), wanted / 6)
    many = np.random.default_rng(1).uniform(-1, 1, (5000, 40))
    assert charts.shares(many).sum() == pytest.approx(1)
    np.testing.assert_allclose(charts.shares(many), 1 / 40, atol=0.006)


def test_memory_bars_mark_the_lag_and_the_number_of_units():
    page = make(**SMALL, topic="memory", lag=4)
    data, per_lag = page.view.memory.source.data, page.model.result.per_lag
    assert data["chosen"][3] == per_lag[3] and np.isnan(np.delete(data["chosen"], 3)).all()
    np.testing.assert_array_equal(np.delete(data["other"], 3), np.delete(per_lag, 3))
    assert page.view.memory.limit.location == 20.5


def test_weights_are_sorted_by_size_and_what_is_no_number_is_blank():
    np.testing.assert_allclose(charts.log_sizes(np.array([[0.1, -100.0, 0.0, 1.0]])), [2, 0, -1, -16])
    assert np.isnan(charts.log_sizes(np.array([[np.nan, 1.0]]))[1])
    page = make(**SMALL, topic="recipe", learning="recursive", log_ridge=0.0)
    data, r = page.view.weights.source.data, page.model.result
    np.testing.assert_allclose(10.0 ** data["size"], np.sort(np.abs(r.V).ravel())[::-1], rtol=1e-9)
    np.testing.assert_allclose(10.0 ** data["ridge"], np.sort(np.abs(r.ridge_V).ravel())[::-1], rtol=1e-9)


def test_the_phase_plane_shows_the_free_steps_against_a_quarter_period_before():
    page = make(**SMALL, topic="free run", task="sine", period=12, feedback_scaling=0.5)
    data, r = page.view.phase.source.data, page.model.result
    np.testing.assert_array_equal(data["x"], r.y[60:, 0])
    np.testing.assert_array_equal(data["y"], r.y[57:-3, 0])
    np.testing.assert_array_equal(data["dy"], r.traced.d[57:-3, 0])
    page.view.live(70)
    assert page.view.phase.here.data["x"][0] == r.y[69, 0] and page.view.phase.here.data["y"][0] == r.y[66, 0]
    page.view.live(2)
    assert not len(page.view.phase.here.data["x"])
    page.model.task = "figure of eight"
    page.view.refresh()
    np.testing.assert_array_equal(page.view.phase.source.data["y"], page.model.result.y[60:, 1])


def test_a_free_run_in_which_nothing_moves_has_no_curve_to_draw():
    page = make(**SMALL, topic="free run", task="silence", feedback_scaling=0.5)
    assert "phase" in page.view.hidden_cards()
    page.model.bias_scaling = 0.5
    page.model.task = "sine"
    assert "phase" not in page.view.hidden_cards()


# Drawing by hand


def test_a_stroke_takes_over_the_input_that_is_shown():
    page = make(**SMALL, task="Mackey-Glass 17")
    before = page.view.stack.source.data["x"].copy()
    ask(page, do="edit", name="x", steps={"10": 0.9})
    after = page.view.stack.source.data["x"]
    assert page.model.signal == "drawn" and after[9] == 0.9
    np.testing.assert_allclose(np.delete(after, 9), np.delete(before, 9), atol=5.1e-4)
    assert page.view.input_limits() == (-1.0, 1.0)
    ask(page, do="edit", name="x", steps={"10": 1.7})
    assert page.view.input_limits() == (-2.0, 2.0)


def test_the_input_follows_the_hand_even_while_its_result_is_computed(monkeypatch):
    monkeypatch.setattr("lessons.esn.load.HEAVY", -1.0)
    page = make(**SMALL)
    monkeypatch.setattr(page.model.latest, "ask", lambda settings, heavy: page.model.latest.shown)
    page.model.draw_input()
    page.model.edit("x", {10: 0.75})
    page.view.refresh()
    assert page.view.stack.source.data["x"][9] == 0.75
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
    frame = page.frame()
    for name, values in page.view.stack.source.data.items():
        assert len(values) == frame["steps"] and np.isinf(values).sum() == 0, name
    assert frame["sentence"] and frame["numbers"] and page.view.diagram().svg()
    for text in (frame["sentence"], frame["numbers"], str(frame["live"]), *frame["tables"].values(), *frame["notices"]):
        assert not re.search(r"\b(nan|inf|None)\b", text), text
    for card in page.view.cards:
        for strip in card.strips:
            for limits in (strip.plot.x_range, strip.plot.y_range):
                assert np.isfinite([limits.start, limits.end]).all() and limits.start < limits.end, strip.name


def test_presets_cover_all_topics_and_most_tasks():
    values = [preset.values for preset in lessons.load("esn").presets]
    assert {preset.get("topic", "echo") for preset in values} == set(TOPICS) == set(STRIPS)
    assert len({preset.get("task", "delayed copy") for preset in values}) >= len(TASKS) - 1


def test_a_page_that_waits_says_so_and_ends_its_thread():
    page = make(n_units=40)
    page.model.param.update(n_units=1500, n_steps=1500)
    page.view.refresh()
    assert page.view.waits() and page.frame()["waits"]
    page.view.close()
    page.model.param.update(n_units=1600)
    page.view.refresh()  # nobody wants it any more: the thread ends after what it is at
