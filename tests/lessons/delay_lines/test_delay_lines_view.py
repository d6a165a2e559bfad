"""The page without a browser: what its pictures show by topic, in a prediction, and while a training runs."""

import json

import numpy as np
import pytest

from engine import distributed
from lessons.delay_lines import topic_parts, training
from lessons.delay_lines.parameters import TOPICS
from tests import naive_lines
from tests.app.pages import Opened, model_at


def shown_strips(page):
    return [name for name, strip in page.view.strips.items() if page.shown(strip.plot, "visible")]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_has_its_plots_and_cards_and_one_time_axis(topic):
    page = Opened("delay_lines", topic=topic)
    assert tuple(shown_strips(page)) == topic_parts.STRIPS[topic]
    axes = [name for name, strip in page.view.strips.items() if page.shown(strip.plot.below[0], "visible")]
    assert axes == [topic_parts.STRIPS[topic][-1]]
    cards = {card.key for card in page.view.cards if card.key}
    assert cards - set(page.frame["hidden"]) == topic_parts.CARDS[topic]
    for strip in (strip for card in page.view.cards for strip in card.strips):
        low, high = page.shown(strip.plot.y_range, "start"), page.shown(strip.plot.y_range, "end")
        assert np.isfinite([low, high]).all() and low != high


def test_the_window_goes_with_the_cursor():
    page = Opened("delay_lines", preset="sliding-window", taps=4)
    for t in (1, 9, 24):
        page.ask("cursor", t=t)
        assert page.shown(page.view.window, "left") == t - 4.5 and page.shown(page.view.window, "right") == t - 0.5
    page.ask("preset", name="dilation")
    page.ask("cursor", t=30)
    assert page.shown(page.view.window, "left") == 14.5 and page.shown(page.view.window, "right") == 30.5
    page.ask("preset", name="fig-12-4")
    assert page.shown(page.view.window, "left") == 0.4, "a gamma line hears everything"
    page.set(alpha=1.0)
    assert page.shown(page.view.window, "left") == page.frame["t"] - 3.5


def test_the_matrix_has_a_row_for_each_delay_with_the_newest_on_top():
    page = Opened("delay_lines", preset="p12-1")
    image = page.data(page.view.heat.source)["image"][0]
    x = page.model.input()
    by_hand = [naive_lines.delayed_row(x[:, None].tolist(), t, (1, 2, 3)) for t in range(24)]
    np.testing.assert_allclose(image, np.transpose(by_hand))
    limits = page.view.heat.strip.plot.y_range
    assert (page.shown(limits, "start"), page.shown(limits, "end")) == (3.5, 0.5)


def test_what_y_sees_is_its_derivative():
    page = Opened("delay_lines", preset="dilation")
    m = page.model
    shown = page.data(page.view.seen.source)
    for lag in (0, 7, 15, 16):
        x = m.input()
        sides = []
        for size in (1e-6, -1e-6):
            x[m.at - 1 - lag] += size
            sides.append(distributed.run(x, m.layers()).h[-1][m.at - 1, 0])
            x[m.at - 1 - lag] -= size
        assert shown["slope"][lag] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-8)
    assert np.isnan(shown["zero"][16]) and shown["slope"][16] == 0


def test_a_prediction_is_hidden_then_scored():
    page = Opened("delay_lines")
    frame = page.ask("predict")
    assert {"y", "h1", "h2"} <= {name for name, values in page.columns.items() if np.isnan(values).all()}
    assert frame["live"]["text"]["y.value"] == "?" and frame["numbers"] == ""
    truth = page.model.trace("y").tolist()
    frame = page.ask("reveal", values=[*truth[:4], 1.0, *truth[5:]])
    assert frame["score"]["step"] == 5 and "it is 2" in frame["score"]["text"]


def test_a_training_comes_by_itself_and_the_player_shows_its_stages():
    page = Opened("delay_lines", preset="sunspots")
    losses = page.model.result.contest.first.course.loss
    page.set(stage=0)
    assert len(page.data(page.view.learning.curves)["first"]) == 1
    page.set(stage=40)
    curve = page.data(page.view.learning.curves)["first"]
    np.testing.assert_allclose(curve, np.log10(losses[::2]))
    assert page.data(page.view.learning.here)["first"][0] == curve[-1]
    run = training.outputs(page.model.result.contest, 40)[0]
    np.testing.assert_allclose(page.columns["y"], run.y[:, 0])


def test_until_it_has_come_the_page_shows_the_start():
    m = model_at("delay_lines")
    m.courses.close()  # nothing is computed any more
    m.param.update(topic="training", task="lag")
    r = m.result
    assert r.stage == 0 and len(r.contest.first.course.loss) == 1 and m.sentence() and len(r.x) == m.n_steps
    assert not m.is_late()


def test_right_answers_by_place_are_those_of_the_stage():
    page = Opened("delay_lines", preset="pattern", place=20)
    right = page.model.result.contest.right
    for stage in (0, 40):
        page.set(stage=stage)
        shown = page.data(page.view.places.source)
        np.testing.assert_array_equal([shown["first"], shown["second"]], right[stage])
    assert page.shown(page.view.places.here, "location") == 20
    assert not page.shown(page.view.learning.alpha.plot, "visible")


def test_drawing_starts_from_the_signal_shown():
    page = Opened("delay_lines", topic="generalised", signal="sine")
    before = page.model.input()
    page.ask("edit", name="x", steps={"3": 1.5})
    assert page.model.signal == "drawn"
    before[2] = 1.5
    np.testing.assert_allclose(page.model.input(), before, atol=5.1e-4)


def test_a_task_has_its_own_number_of_steps():
    page = Opened("delay_lines", topic="training", task="lag", n_steps=50)
    assert page.frame["steps"] == 135
    assert page.ask("set", values={"n_steps": 20})["steps"] == 135


def test_two_readers_do_not_disturb_each_other():
    one, other = Opened("delay_lines", preset="fig-12-5"), Opened("delay_lines", preset="pattern")
    before = json.dumps(one.frame)
    other.set(stage=0)
    other.ask("predict")
    one.show()
    assert json.dumps(one.frame) == before and one.view is other.view
