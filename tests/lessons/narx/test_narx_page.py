"""Model and view of the NARX page: topics, training beside the page, sentences at their edges, challenges."""

import time

import numpy as np
import pytest

from app.shell import lessons
from engine import levitation, pieces
from lessons.narx import checks, learning, results, words
from lessons.narx.model import Narx
from lessons.narx.parameters import CLOSED, OPEN, STEPS, TOPICS
from lessons.narx.view import NarxView

VALUES = lessons.load("narx").preset_values


def at(preset: str, **values) -> Narx:
    return Narx(**VALUES[preset] | values)


@pytest.fixture(scope="module")
def view() -> NarxView:
    return NarxView()


def wait(m: Narx) -> results.Plant:
    """The result of the newest settings."""
    end = time.monotonic() + 30
    while m.waits() or m.result.course.settings != m.settings():
        assert time.monotonic() < end
        time.sleep(0.02)
        m.forget_result()
    return m.result


def test_every_topic_has_steps_of_its_own_and_keeps_them_in_bounds():
    m = Narx()
    for topic in TOPICS:
        low, high, start = STEPS[topic]
        m.topic = topic
        assert m.n_steps == start
        m.n_steps = 200
        assert m.n_steps == high
        m.n_steps = 2
        assert m.n_steps == low
        assert topic == "plant" or m.few == low
    m.topic, m.few = "unfolded", 11
    assert m.n_steps == 11


def test_the_records_are_the_plants_and_a_drawn_current_moves_the_magnet():
    found = learning.record(3, "new", 0.0)
    rest = float(levitation.resting_position(found.current[0]))
    own = levitation.run(found.current, interval=learning.INTERVAL, position=rest)
    np.testing.assert_array_equal(found.position, own.position)
    assert (found.measured == found.position).all()
    noisy = learning.record(3, "new", 0.1)
    assert 0.08 < (noisy.measured - noisy.position).std() < 0.12
    m = at("one-step")
    before = m.result.record.current.copy()
    m.edited("current")
    m.edit("current", {50: 3.9})
    assert m.record == "drawn" and m.result.record.current[49] == 3.9
    np.testing.assert_allclose(np.delete(m.result.record.current, 49), np.delete(before, 49), atol=0.006)


def test_a_costly_training_runs_beside_the_page_and_the_page_shows_the_one_before():
    m = at("one-step")
    first = m.result.course.settings
    m.param.update(method="gradient descent", trained_in="parallel")
    assert m.result.course.settings == first and m.waits() and m.waiting_words() == "training …"
    assert wait(m).course.settings.method == "gradient descent"
    # it has learned: the whole record alone, better than always saying the mean
    assert m.result.course.closed[-1] < 0.5 * m.result.spread < m.result.course.closed[0]
    m.close()


def test_a_training_that_nobody_wants_any_more_ends_after_a_stage_and_is_not_kept():
    def look():
        looks.append(1)
        if len(looks) == 3:
            raise InterruptedError

    looks, settings = [], at("one-step").settings()._replace(seed=4711)
    with pieces.between(look), pytest.raises(InterruptedError):
        learning.course(settings)
    assert len(looks) == 3
    assert learning.course(settings).opened.size == learning.STAGES + 1


def test_stages_walk_through_one_training():
    losses = [at("one-step", stage=stage).result.errors.opened for stage in (0, 1, 10, 40)]
    assert losses[0] > losses[1] > losses[2] > losses[3]
    assert "has not learned yet" in at("one-step", stage=0).sentence()


def test_twenty_seeds_are_trained_on_demand(view):
    m = at("one-step")
    assert "Train 60 networks" in view.tables(m)["ahead"]
    m.twenty = True
    assert "Training 60 networks" in view.tables(m)["ahead"] or "12 of 20" in view.tables(m)["ahead"]
    end = time.monotonic() + 60
    while m.twenty_judged() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    table = view.tables(m)["ahead"]
    assert all(f"{n} of 20" in table for n in (12, 3, 2))
    m.close()


def test_the_switch_is_what_it_says(view):
    for preset in ("p12-2", "one-step"):
        for loop in (OPEN, CLOSED):
            on = view.live(at(preset, loop=loop), 2)["on"]
            assert (on["open"], on["closed"]) == (loop == OPEN, loop == CLOSED)
    assert view.live(at("e12-3"), 5)["on"]["open"]
    opened = at("two-delays", loop=OPEN)
    assert opened.result.back.tolist() == [0] * 7 + [1] and not any(
        lit for name, lit in view.live(opened, 4)["on"].items() if name.startswith("edge")
    )


def test_rows_of_the_table_appear_with_the_cursor(view):
    for cursor, complete in ((1, 0), (3, 0), (4, 1), (10, 7)):
        m = at("e12-3", cursor=cursor)
        table = view.tables(m)["table"]
        assert table.count("<tr") == cursor + 1
        assert ("No row" if not complete else f"{complete} of 7 rows") in table
    assert "<td>3</td><td>13</td><td>18</td><td>24</td><td>9</td><td>0</td><td><b>27</b></td>" in table


def test_which_copies_feed_which(view):
    on = view.live(at("two-delays"), 5)["on"]
    assert [name for name, lit in on.items() if lit] == ["edge4.5", "edge3.5", "in5"]
    # two delays need two outputs before the first copy
    for copy, heard in ((1, ["edge0.1", "edge-1.1", "in1"]), (2, ["edge1.2", "edge0.2", "in2"])):
        on = view.live(at("e12-8"), copy)["on"]
        assert [name for name, lit in on.items() if lit] == heard


def test_what_each_copy_sends_back_adds_up_in_the_numbers(view):
    m = at("two-delays", activation="tanh", w1=0.9, w2=-0.4)
    r = m.result
    for t in range(1, 8):
        assert r.through[t - 1].sum() == pytest.approx(r.back[t - 1])
    assert r.back[-1] == pytest.approx(1)
    numbers = " ".join(line for block in view.numbers(m, 3) for line in block.lines)
    assert "tanh" in numbers


def test_the_sentence_says_lost_only_beyond_the_mean():
    r = at("close-the-loop").result
    for closed, lost in ((r.spread * 1.001, True), (r.spread, True), (r.spread * 0.999, False), (float("nan"), True)):
        said = words.sentence(at("close-the-loop"), r._replace(errors=r.errors._replace(closed=closed)))
        assert ("lost the plant" in said) == lost, closed


def test_the_sentence_says_whether_a_change_arrives():
    assert "does not reach y(8)" in at("only-the-second").sentence()
    assert "changes y(9) by 0.4096 times" in at("only-the-second", n_steps=9, few=9).sentence()
    assert "nothing comes back" in at("only-the-second", loop=OPEN).sentence()


def test_numbers_at_a_step_of_the_plant_add_up(view):
    m = at("close-the-loop")
    r = m.result
    z, h = r.heard[99], np.tanh(r.run.net[99])
    A = np.concatenate([r.params.U[:, :, 0].T, r.params.W[:, :, 0].T], axis=1)
    np.testing.assert_allclose(A @ z + r.params.b, r.run.net[99], rtol=1e-10)
    assert r.params.V[0] @ h + r.params.b_out[0] == pytest.approx(r.y[99])
    assert z[0] == r.record.current[98] and z[2] == r.y[98]
    assert len(view.numbers(m, 100)) == 4


def test_challenges_at_their_edges():
    one = at("p12-2", W1_12=-1.0)
    assert one.one_weight_as_printed().passed
    assert not at("p12-2", W1_12=-1.0, b2=-2.5).one_weight_as_printed().passed
    assert not at("p12-2", b1=7.0).one_weight_as_printed().passed
    assert not at("p12-2", W1_12=-1.0, loop=OPEN).one_weight_as_printed().passed
    r = at("in-parallel").result
    m = at("in-parallel")
    for closed, passed in ((checks.ALONE, False), (checks.ALONE - 1e-6, True), (float("nan"), False)):
        assert checks.runs_alone(m, r._replace(errors=r.errors._replace(closed=closed))).passed == passed
    assert not checks.runs_alone(at("in-parallel", record="training"), r).passed
    for values, passed in (({"w1": 0.5, "w2": -0.25}, True), ({"w1": 0.5, "w2": -0.2}, False)):
        assert at("two-delays", n_steps=3, **values).ways_cancel().passed == passed
    assert not at("two-delays", n_steps=2, w1=0.0).ways_cancel().passed
    assert not at("only-the-second", n_steps=3, w2=0.0).ways_cancel().passed
