"""The gamma page without a browser: what its pictures show, for one reader and for two."""

import json
import re

import numpy as np
import pytest

from app.shell import address, lessons, tasks
from lessons.gamma.model import Gamma
from tests.app.pages import Opened

LESSON = lessons.load("gamma")
PRESETS = LESSON.preset_values
SIGNALS = Gamma.param["signal"].objects
HIDDEN = ("a1", "a2", "d", "a_learned", "e", "dF_da", "term")


def limits(page, strip):
    """The range of a plot, as the browser has it."""
    return page.shown(strip.plot.y_range, "start"), page.shown(strip.plot.y_range, "end")


def test_a_prediction_is_hidden_then_scored():
    page = Opened("gamma")
    frame = page.ask("predict")
    for column in HIDDEN:
        assert np.isnan(page.columns[column]).all(), column
    assert np.isfinite(page.columns["x"]).all()
    for source in (page.view.memory.lines, page.view.memory.dots, page.view.leak.answers):
        assert {len(column) for column in page.data(source).values()} == {0}
    assert frame["numbers"] == "" and frame["sentence"] == ""
    assert frame["live"]["text"]["a1.value"] == "?" and "a1" not in frame["live"]["level"]
    assert {"memory", "learning", "recursion", "leak"} <= set(frame["hidden"])
    frame = page.ask("reveal", values=[0, 0.5, 0.75, 0.8] + [1.0] * 8)
    assert frame["score"]["step"] == 4 and "0.875" in frame["score"]["text"]
    assert frame["hidden"] == [] and np.isfinite(page.columns["a1"]).all()
    assert len(page.data(page.view.memory.lines)["responses"]) == page.model.taps
    truth = tasks.score_prediction(page.model, "a", 0.05, [1 - 0.5**k for k in range(12)])
    assert truth["right"] == truth["total"] == 12


@pytest.mark.parametrize(
    "arguments",
    [
        {"alpha": 0},
        {"alpha": 0, "taps": 10, "n_steps": 10},
        {"alpha": 2, "taps": 10, "n_steps": 200},
        {"alpha": 1, "taps": 10, "n_steps": 10},
        {"alpha": 0.01, "taps": 10},
        {"alpha": 1.99, "taps": 10, "n_steps": 200},
        {"alpha": 2, "taps": 1, "signal": "square", "period": 2, "start_alpha": 2, "n_steps": 200},
        {"signal": "sunspots", "learning_rate": 5, "descent_steps": 200, "start_alpha": 2, "n_steps": 200},
        {"target_alpha": 2, "start_alpha": 0, "signal": "noise", "learning_rate": 5, "descent_steps": 200},
        {"signal": "drawn", "x": "0*12"},
    ],
)
def test_extreme_corners_are_drawn_or_explained(arguments):
    page = Opened("gamma", **arguments)
    assert page.reader.actions.notices == []
    view = page.view
    for column, values in page.columns.items():
        assert np.isfinite(values).all() or column == "a2", column
    drawn = {"a1", "d", "a_learned", "e", "dF_da", "term"}
    beyond = any(np.abs(page.model.table()[name]).max() > 1e6 for name in page.model.table())
    assert any("clipped" in notice for notice in page.frame["notices"]) == beyond
    assert drawn <= set(page.columns)
    for source in (view.memory.lines, view.memory.dots, view.leak.answers, view.learning.curve, view.learning.path):
        lengths = {len(column) for column in page.data(source).values()}
        assert len(lengths) == 1 and lengths != {0}
    assert np.isfinite(np.concatenate(page.data(view.memory.lines)["responses"])).all()
    for strip in (strip for card in view.cards for strip in card.strips):
        low, high = limits(page, strip)
        assert np.isfinite([low, high]).all() and low < high


def test_a_growing_line_is_explained_by_its_factor():
    page = Opened("gamma", alpha=2, taps=10, n_steps=200)
    notice = next(notice for notice in page.frame["notices"] if "clipped" in notice)
    assert "1 − α = −1" in notice and "size 1" in notice
    step = int(re.search(r"t = (\d+)", notice)[1])
    taps = page.model.result.taps
    assert np.abs(taps[step - 1]).max() > 1e6 >= np.abs(taps[: step - 1]).max()


def test_drawing_starts_from_the_signal_shown():
    page = Opened("gamma", preset="sunspots", n_steps=50)
    before = page.model.result.x.copy()
    page.ask("edit", name="x", steps={"3": 0.777})
    assert page.model.signal == "drawn"
    expected = before.copy()
    expected[2] = 0.78
    np.testing.assert_allclose(page.model.result.x, expected, atol=5.1e-4)


def test_the_address_restores_a_drawn_signal():
    page = Opened("gamma", preset="learn-alpha", n_steps=30)
    page.ask("edit", name="x", steps={"5": -1})
    query = dict(part.split("=") for part in address.query(page.model, PRESETS).split("&"))
    again = Opened("gamma", **query)
    assert again.frame["notices"] == []
    np.testing.assert_array_equal(again.model.result.x, page.model.result.x)


def test_pictures_hold_what_the_formulas_say():
    page = Opened("gamma", alpha=0.25, taps=5, signal="impulse", n_steps=60)
    lines = page.data(page.view.memory.lines)
    np.testing.assert_allclose(lines["depth"], [4, 8, 12, 16, 20])
    np.testing.assert_allclose(lines["pole"], 0.75)
    np.testing.assert_allclose([gain[0] for gain in lines["gains"]], 1)
    np.testing.assert_allclose([gain[-1] for gain in lines["gains"]], (0.25 / 1.75) ** np.arange(1, 6))
    # lag 1 and lag 2 of tap 1 and tap 2, from C(t-1, k-1) alpha^k (1-alpha)^(t-k)
    np.testing.assert_allclose(
        [lines["responses"][0][1], lines["responses"][0][2], lines["responses"][1][2]], [0.25, 0.1875, 0.0625]
    )
    leaks = page.data(page.view.leak.answers)
    np.testing.assert_allclose(leaks["solid"], 1 - 0.75 ** np.arange(1, 32))
    np.testing.assert_allclose(leaks["dashed"], 1 - 0.25 ** np.arange(1, 32))
    page.set(target_alpha=0.7)
    assert [page.shown(target, "location") for target in page.view.learning.targets] == [0.7, 0.7]


def test_only_the_lowest_plot_carries_the_time_axis():
    for arguments, lowest in (({"taps": 1}, "a1"), ({"taps": 2}, "a2"), ({"taps": 1, "delay_line": "true"}, "delay1")):
        page = Opened("gamma", **arguments)
        shown = [strip for strip in page.view.cards[0].strips if page.shown(strip.plot, "visible")]
        assert shown[-1].name == lowest
        assert [strip.name for strip in shown if page.shown(strip.plot.below[0], "visible")] == [lowest]


def test_every_tap_has_a_line_in_the_stack():
    page = Opened("gamma", alpha=0.5, taps=4, signal="impulse", n_steps=30)
    of_taps = [part for part in page.view.a2.plot.renderers if part.data_source is page.view.memory.lines]
    drawn = [renderer.glyph.ys for renderer in of_taps]
    assert drawn == ["further"]
    lines = page.data(page.view.memory.lines)
    further = lines["further"]
    assert np.isnan(further[0]).all() and np.isnan(further[1]).all()
    # an impulse at step 1 reaches tap 3 at lag 3 and tap 4 at lag 4, that is at steps 4 and 5
    assert further[2][3] == 0.5**3 and further[3][4] == 0.5**4
    np.testing.assert_array_equal(lines["delayed"][3], np.eye(30)[4])


def test_greys_of_all_taps_compare():
    page = Opened("gamma", alpha=0.5, taps=3, signal="impulse")
    # 1/2 at tap 1 is the largest; at step 4 the taps hold 1/8, 1/4 and 1/8
    assert page.view.live(page.model, 4)["level"] == {"x": 0, "a1": 0.25, "a2": 0.5, "a3": 0.25}


def test_the_circle_is_round():
    page = Opened("gamma")
    plot = page.view.memory.pole.plot
    across = plot.frame_width / (page.shown(plot.x_range, "end") - page.shown(plot.x_range, "start"))
    low, high = limits(page, page.view.memory.pole)
    assert across == pytest.approx(plot.frame_height / (high - low), rel=0.01)
    assert plot.sizing_mode is None


def test_the_unit_that_keeps_alpha_is_drawn_where_it_grows():
    for alpha in (0.25, 1.1, 1.5, 2.0):
        page = Opened("gamma", alpha=alpha)
        # h = alpha h + (1 - alpha) answers a step with 1 - alpha^(n+1)
        expected = 1 - alpha ** np.arange(1, 32)
        low, dashed = limits(page, page.view.leak.strip)[0], page.data(page.view.leak.answers)["dashed"]
        seen = expected > low
        assert seen.sum() >= 2
        np.testing.assert_allclose(dashed[seen], expected[seen])
        assert (dashed[~seen] < low).all()


def test_values_up_to_the_limit_are_in_view():
    page = Opened("gamma", alpha=2, taps=4, n_steps=60)
    taps = page.model.result.taps
    assert 5e4 < np.abs(taps).max() < 1e6
    low, high = limits(page, page.view.a2)
    assert low < taps[:, 1:].min() and taps[:, 1:].max() < high


# with alpha = 1.6 the answer leaves -1 to 1; its sign must not be seen
@pytest.mark.parametrize(("alpha", "drawn"), [(0.5, ("1*12", "-1*12", "0*12")), (1.6, ("1*12", "-1*12"))])
def test_the_range_does_not_give_a_prediction_away(alpha, drawn):
    ranges = set()
    for x in drawn:
        page = Opened("gamma")
        page.ask("predict")
        page.set(signal="drawn", x=x, alpha=alpha)
        assert page.model.concealed and page.model.result.x[0] == float(x.split("*")[0])
        ranges.add(limits(page, page.view.a1))
    assert len(ranges) == 1 and min(ranges)[0] < -1 < 1 < min(ranges)[1]


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_period_is_idle_unless_it_does_something(signal):
    page = Opened("gamma", signal=signal)
    before = page.model.result.x.copy()
    page.model.period = 7
    assert (page.view.idle_controls(page.model) == {"period"}) == np.array_equal(before, page.model.result.x)


def test_two_readers_do_not_disturb_each_other():
    one, other = Opened("gamma", preset="learn-alpha"), Opened("gamma", preset="unstable-edge")
    before = json.dumps(one.frame)
    other.set(taps=10, n_steps=200, delay_line=True)
    other.ask("predict")
    one.show()
    assert json.dumps(one.frame) == before
    assert one.view is other.view and one.model.result.taps.shape == (100, 1)


def test_what_is_shown_does_not_depend_on_what_was_shown_before():
    page = Opened("gamma", signal="sine", taps=10, alpha=2, delay_line=True, n_steps=200, target_alpha=1)
    for name in PRESETS:
        page.ask("predict")
        page.ask("back")
        page.ask("preset", name=name)
        fresh = Opened("gamma", preset=name)
        for part in ("columns", "properties", "live", "numbers", "sentence", "hidden", "idle", "notices"):
            assert page.frame[part] == fresh.frame[part], (name, part)
