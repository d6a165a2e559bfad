"""The page of the LSTM lesson without a browser: training, strips, cards and controls, and corners of all settings."""

import re
import time
from itertools import product

import numpy as np
import pytest

from app.shell import address, lessons
from app.shell.controls import control
from lessons.lstm.charts import LINES
from lessons.lstm.parameters import NETWORKS, TOPICS
from lessons.lstm.shown import STRIPS
from lessons.lstm.strips import VARIANT_STRIPS
from lessons.lstm.training import LEFT, STARTS_ANEW
from tests.lessons import plain
from tests.lessons.lstm.lstm_oracle import CELL, make, model_at

PRESETS = [preset.name for preset in lessons.load("lstm").presets]


# Training


def test_training_follows_its_settings_and_ends_with_the_session():
    page = make(preset="training", lag=5, n_updates=10, n_units=4)
    m = page.model
    assert m.n_steps == 6 and m.table()["d"][-1] == m.table()["x"][0]
    first, before = m.training, m.table()["c"]
    page.ask("act", name="step")
    wait_for(lambda: first.state == "paused" and first.shown.n_done == 1)
    assert m.training is first and not np.array_equal(m.table()["c"], before)
    assert m.trained_updates == 1
    plain.assert_computed_again(m)
    m.learning_rate = 0.02
    assert m.training is not first and m.training.shown.n_done == 0
    np.testing.assert_array_equal(m.table()["c"], before)
    m.n_updates = 3000
    m.training.start()
    wait_for(lambda: m.training.shown.n_done > 0)
    assert page.model.busy()
    running = m.training
    page.model.close()
    assert not page.model.busy()
    wait_for(lambda: running.state != "running")


def test_training_that_nobody_sees_pauses_and_goes_on_where_it_was():
    page = make(preset="training", lag=5, n_updates=3000, n_units=4)
    m = page.model
    page.ask("act", name="start")
    wait_for(lambda: m.training.shown.n_done > 0)
    training = m.training
    m.topic = "gates"
    page.show()
    assert not page.model.busy()
    wait_for(lambda: training.state == "paused")
    m.topic = "training"
    page.show()
    assert m.training is training and training.shown.n_done > 0
    page.model.close()


def test_what_happens_to_a_training_without_being_asked_for_is_said():
    page = make(preset="training", lag=5, n_updates=3000, n_units=4)
    m = page.model
    page.ask("act", name="start")
    wait_for(lambda: m.training.shown.n_done > 0)
    assert page.set(topic="gates")["notices"] == []
    frame = page.set(topic="training")
    assert frame["notices"] == [LEFT] and ", paused" in frame["tables"]["training"]
    assert page.ask("act", name="start")["notices"] == []
    for rate in (0.004, 0.005):  # a slider goes through many values
        assert page.set(learning_rate=rate)["notices"] == [STARTS_ANEW]
    assert not page.model.busy() and m.training.shown.n_done == 0
    assert page.ask("act", name="step")["notices"] == []
    page.model.close()


def test_settings_of_a_training_that_has_not_begun_change_without_a_word():
    page = make(preset="training")
    assert page.set(lag=30)["notices"] == []


@pytest.mark.parametrize("drawn", [{}, {"signal": "drawn", "x": "0.5*60", "mark": "1" * 60}])
def test_what_is_shown_of_a_training_is_always_the_task(drawn):
    page = make(topic="training", lag=30, seed=3, **drawn)
    m = page.model
    x, mark = m.inputs()
    assert set(x) == {-1, 1} and mark.tolist() == [1] + [0] * 30
    assert set(page.frame["fixed"]) == {"x", "mark"} and {"signal", "x", "mark"} <= set(page.frame["unused"])
    page.ask("edit", name="x", steps={"2": 0.3})
    np.testing.assert_array_equal(m.inputs()[0], x)
    live = page.frame["live"]["text"]
    assert live["first"] == f"marked: {x[0]:g}".replace("-", "−") and live["last"].startswith("y(31) = ")


def test_steps_come_back_when_a_text_or_a_training_is_left():
    page = make(n_steps=17)
    m = page.model
    for there, steps in (({"network": "characters"}, len(m.text)), ({"topic": "training"}, 21), ({"lag": 33}, 34)):
        page.ask("set", values=there)
        assert m.n_steps == steps
    page.set(topic="gates")
    assert m.n_steps == len(m.text)
    page.set(network="latch")
    assert m.n_steps == 17
    page.ask("preset", name="characters")
    page.ask("preset", name="latch")
    assert m.n_steps == 12


def wait_for(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# The view


def reach(page, name: str) -> list[float]:
    """Where a strip's y axis starts and ends."""
    return [page.shown(page.view.strips[name].plot.y_range, end) for end in ("start", "end")]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_stack_shows_the_table_and_nothing_else(preset):
    page = make(preset=preset)
    source, table = page.columns, page.model.table()
    for name, values in table.items():
        shown = np.where(np.isfinite(values), values, np.nan)
        np.testing.assert_array_equal(source[name], np.clip(shown, -1e6, 1e6), err_msg=name)
    for name in set(source) - set(table) - {"d_alone"}:
        assert np.isnan(source[name]).all(), name
    strips = [strip for strip in page.view.stack.strips if page.shown(strip.plot, "visible")]
    visible = [strip.name for strip in strips]
    wanted = [name for name in STRIPS[page.model.topic] if name in table or (name == "text" and page.model.is_text)]
    assert visible == wanted
    assert [strip.name for strip in strips if page.shown(strip.plot.below[0], "visible")] == [visible[-1]]


def test_the_hidden_cell_can_be_read_nowhere():
    page = make(preset="closing")
    truth = page.model.trace("c").copy()
    frame = page.ask("predict")
    source = page.columns
    assert all(np.isnan(source[name]).all() for name in ("c", "h", "y"))
    assert {"weights", "heat", "lines"} <= set(frame["hidden"]) and not page.view.tables(page.model)
    assert frame["live"]["text"]["c.value"] == frame["live"]["text"]["h.value"] == "?"
    for kind in ("level", "open"):
        assert not {"c", "h", "pipe.cell", "pipe.shown", "pipe.sum"} & set(frame["live"].get(kind, {}))
    assert not np.isclose(reach(page, "c"), [truth.min(), truth.max()], atol=0.3).all()
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
    hidden = set(make(**settings).frame["unused"])
    assert not hidden & there and gone <= hidden


CORNERS = [
    {"n_steps": 2, "n_units": 1},
    {"n_steps": 201, "n_units": 64, "unit": 64, "signal": "task", "forget_bias": -3},
    {"n_steps": 40, "x": "2*40", "mark": "1" * 40, **dict.fromkeys(CELL, 100)},
    {"n_steps": 40, "x": "-2*40", **dict.fromkeys(CELL, -100), "variant": "no forget gate"},
    {"text": "t", "lag": 5, "n_updates": 10, "variant": "peephole", **dict.fromkeys(CELL, 0)},
]  # fmt: skip


@pytest.mark.parametrize("network_name", NETWORKS)
def test_corners_give_a_picture_and_words_without_nan(network_name):
    for corner, topic in product(CORNERS, TOPICS):
        if topic == TOPICS[0]:
            page = make(network=network_name, **corner)
        frame = page.set(topic=topic)
        where = corner, topic
        assert frame.get("sentence") and frame["numbers"], (where, frame["notices"])
        parts = [frame["sentence"], frame["numbers"], *frame["tables"].values(), *frame["live"]["text"].values()]
        said = re.sub(r"<[^>]*>", " ", " ".join(parts))
        assert not re.search(r"\bnan\b|\binf\b|None|not a number", said), where
        for strip in page.view.stack.strips:
            assert np.isfinite(reach(page, strip.name)).all(), (where, strip.name)


def low_ticks(page, name: str) -> list[float]:
    return page.shown(page.view.strips[name].plot.left[0].ticker, "ticks")


def test_a_gate_beside_a_cell_has_an_axis_of_its_own():
    page = make(preset="variants", n_units=8)
    table = page.model.table()
    for name, *_, keeps in VARIANT_STRIPS:
        plot, reach = page.view.strips[name].plot, np.abs(table[name]).max()
        ticks = low_ticks(page, name)
        assert len(ticks) == 2 and ticks[0] <= table[name].min() and ticks[1] >= table[name].max()
        assert max(np.abs(ticks)) < 3 * reach, "the cell fills its plot"
        lines = [r for r in plot.renderers if r.y_range_name == "gate"]
        assert [line.glyph.y for line in lines] == ([keeps] if keeps else [])
        if keeps:
            assert plot.extra_y_ranges["gate"].start < 0 and plot.extra_y_ranges["gate"].end > 1
    borders = {page.shown(strip.plot, "min_border_right") for strip in page.view.stack.strips}
    assert len(borders) == 1, "all strips end at the same place"


def test_the_lines_of_the_gradient_have_their_names_in_the_plot():
    plot = make(preset="gradient-latch").view.strips["cell"].plot
    legend = next(part for part in plot.above if type(part).__name__ == "Legend")
    named = {item.label.value: item.renderers[0].glyph.y for item in legend.items}
    assert named == {line.name.split(", ")[-1]: line.column for line in LINES}


def test_a_low_strip_has_at_most_two_tick_labels():
    for preset in PRESETS:
        page = make(preset=preset)
        assert len(set(low_ticks(page, "y"))) <= 2, preset


def test_a_small_step_can_be_read_beside_its_slider():
    assert control(model_at(), "learning_rate").format == "0[.]0000"
    assert control(model_at(), "clip").format == "0[.]00"
    # Below zero the usual formats would write a hyphen for the minus sign.
    assert "−" in control(model_at(), "forget_bias").format.code


def test_unknown_characters_are_left_out_and_named():
    page = make(preset="characters")
    m, notices = page.model, page.set(text="The cat, née rat!")["notices"]
    assert m.text == "the cat ne rat" and m.n_steps == 14 and page.frame["values"]["text"] == m.text
    assert len(notices) == 1 and "left out “,é!”" in notices[0] and "abcdefgh" in notices[0]
    for short in ("a", "!a?", ""):
        (notice,) = page.set(text=short)["notices"]
        assert m.text == "the cat ne rat" and "needs 2 to 200 characters" in notice
    assert address.restore(m, {}, {"text": "née"})
    assert m.text == "the cat ne rat", "an address is taken whole or not at all"


def test_painting_starts_from_the_generated_input():
    page = make(preset="adding")
    x, mark = page.model.inputs()
    page.ask("edit", name="x", steps={"3": 0.5})
    m = page.model
    assert m.signal == "drawn" and m.inputs()[0][2] == 0.5
    np.testing.assert_allclose(np.delete(m.inputs()[0], 2), np.delete(x, 2), atol=0.0051)
    np.testing.assert_array_equal(m.inputs()[1], mark)


def test_two_readers_do_not_see_each_other():
    one, other = make(preset="training", lag=5, n_updates=10, n_units=4), make(preset="characters", text="the cat")
    before = {name: values.copy() for name, values in other.columns.items()}
    strips = {name: other.shown(strip.plot, "visible") for name, strip in other.view.strips.items()}
    training = one.model.training
    one.ask("act", name="start")
    wait_for(lambda: training.state == "finished")
    assert one.show()["sentence"].startswith("After 10 of 10 updates")
    assert len(one.data(one.view.training.lines)["update"]) == 10
    other.show()
    for name, values in before.items():
        np.testing.assert_array_equal(other.columns[name], values, err_msg=name)
    assert {name: other.shown(strip.plot, "visible") for name, strip in other.view.strips.items()} == strips
    assert other.model.training.shown.n_done == 0 and not other.model.busy()
    assert list(other.data(other.view.text.source)["character"]) == list("the cat")
    one.model.close()
    other.model.close()
