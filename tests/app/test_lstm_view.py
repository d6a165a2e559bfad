"""The page of lesson 6 without a browser: training, strips, cards and controls, and corners of all settings."""

import re
import time

import numpy as np
import pytest

import lessons
from app.models.lstm import NETWORKS, TOPICS
from app.pages.lstm import STRIPS
from tests.app.lstm_oracle import CELL, ask, assert_script, make

PRESETS = [preset.name for preset in lessons.load("lstm").presets]


# Training


def test_training_follows_its_settings_and_ends_with_the_session():
    page = make(preset="training", lag=5, n_updates=10, n_units=4)
    m = page.model
    assert m.n_steps == 6 and m.table()["d"][-1] == m.table()["x"][0]
    first, before = m.training, m.table()["c"]
    page.view.step()
    wait_for(lambda: first.state == "paused" and first.shown.n_done == 1)
    assert m.training is first and not np.array_equal(m.table()["c"], before)
    assert m.trained_updates == 1
    assert_script(m)
    m.learning_rate = 0.02
    assert m.training is not first and m.training.shown.n_done == 0
    np.testing.assert_array_equal(m.table()["c"], before)
    m.n_updates = 3000
    m.training.start()
    wait_for(lambda: m.training.shown.n_done > 0)
    assert page.view.busy()
    running = m.training
    page.view.close()
    assert not page.view.busy()
    wait_for(lambda: running.state != "running")


def test_training_that_nobody_sees_pauses_and_goes_on_where_it_was():
    page = make(preset="training", lag=5, n_updates=3000, n_units=4)
    m = page.model
    page.view.start()
    wait_for(lambda: m.training.shown.n_done > 0)
    training = m.training
    m.topic = "gates"
    page.view.refresh()
    assert not page.view.busy()
    wait_for(lambda: training.state == "paused")
    m.topic = "training"
    page.view.refresh()
    assert m.training is training and training.shown.n_done > 0
    page.view.close()


def wait_for(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# The view


@pytest.mark.parametrize("preset", PRESETS)
def test_the_stack_shows_the_table_and_nothing_else(preset):
    page = make(preset=preset)
    source, table = page.view.stack.source.data, page.model.table()
    for name, values in table.items():
        shown = np.where(np.isfinite(values), values, np.nan)
        np.testing.assert_array_equal(source[name], np.clip(shown, -1e6, 1e6), err_msg=name)
    for name in set(source) - set(table) - {"d_alone"}:
        assert np.isnan(source[name]).all(), name
    visible = [strip.name for strip in page.view.stack.strips if strip.plot.visible]
    wanted = [name for name in STRIPS[page.model.topic] if name in table or (name == "text" and page.model.is_text)]
    assert visible == wanted
    assert [strip.name for strip in page.view.stack.strips if strip.plot.below[0].visible and strip.plot.visible] == [
        visible[-1]
    ]


def test_the_hidden_cell_can_be_read_nowhere():
    page = make(preset="closing")
    truth = page.model.trace("c").copy()
    limits = page.view.strips["c"].plot.y_range
    frame = ask(page, do="predict")
    source = page.view.stack.source.data
    assert all(np.isnan(source[name]).all() for name in ("c", "h", "y"))
    assert {"weights", "heat", "lines"} <= set(frame["hidden"]) and not frame["tables"]
    assert frame["live"]["text"]["c.value"] == frame["live"]["text"]["h.value"] == "?"
    for kind in ("level", "flow", "open"):
        assert not {"c", "h", "pipe.cell", "pipe.shown", "pipe.sum"} & set(frame["live"].get(kind, {}))
    assert not np.isclose([limits.start, limits.end], [truth.min(), truth.max()], atol=0.3).all()
    assert source["f"][7] < 0.01 < source["f"][6], "the gates are there to predict from"


@pytest.mark.parametrize(("settings", "there", "gone"), [
    ({}, {"n_steps", "signal", "x"}, {"unit", "heat", "layer", "b_f", "text", "lag", "seed", "variant"}),
    ({"preset": "closing"}, {"b_i", "b_f", "b_g", "b_o", "variant"}, {"forget_bias", "n_units", "unit", "seed"}),
    ({"preset": "random-1"}, {"forget_bias", "n_units", "unit", "variant"}, {"b_f", "heat", "text"}),
    ({"preset": "characters"}, {"text", "unit", "heat"}, {"n_steps", "x", "mark", "signal", "seed"}),
    ({"preset": "training"}, {"lag", "learning_rate", "n_updates", "clip"}, {"network", "n_steps", "text", "b_f"}),
    ({"preset": "variants"}, {"forget_bias", "unit"}, {"variant", "heat"}),
    ({"preset": "parity"}, {"x"}, {"mark"}),
])  # fmt: skip
def test_only_controls_that_do_something_are_shown(settings, there, gone):
    hidden = make(**settings).view.hidden_controls()
    assert not hidden & there and gone <= hidden


@pytest.mark.parametrize("network_name", NETWORKS)
@pytest.mark.parametrize("corner", [
    {"n_steps": 2, "n_units": 1},
    {"n_steps": 201, "n_units": 64, "unit": 64, "signal": "task", "forget_bias": -3},
    {"n_steps": 40, "x": "2*40", "mark": "1" * 40, **dict.fromkeys(CELL, 100)},
    {"n_steps": 40, "x": "-2*40", **dict.fromkeys(CELL, -100), "variant": "no forget gate"},
    {"text": "t", "lag": 5, "n_updates": 10, "variant": "peephole", **dict.fromkeys(CELL, 0)},
])  # fmt: skip
def test_corners_give_a_picture_and_words_without_nan(network_name, corner):
    page = make(network=network_name, **corner)
    for topic in TOPICS:
        frame = ask(page, do="set", values={"topic": topic})
        assert frame.get("sentence") and frame["numbers"], (topic, frame["notices"])
        parts = [frame["sentence"], frame["numbers"], *frame["tables"].values(), *frame["live"]["text"].values()]
        said = re.sub(r"<[^>]*>", " ", " ".join(parts))
        assert not re.search(r"\bnan\b|\binf\b|None|not a number", said), topic
        for strip in page.view.stack.strips:
            assert np.isfinite([strip.plot.y_range.start, strip.plot.y_range.end]).all(), (topic, strip.name)


def test_painting_starts_from_the_generated_input():
    page = make(preset="adding")
    x, mark = page.model.inputs()
    ask(page, do="edit", name="x", steps={"3": 0.5})
    m = page.model
    assert m.signal == "drawn" and m.inputs()[0][2] == 0.5
    np.testing.assert_allclose(np.delete(m.inputs()[0], 2), np.delete(x, 2), atol=0.0051)
    np.testing.assert_array_equal(m.inputs()[1], mark)
