"""How a training is told: charts, buttons, table, numbers and words."""

import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from app.parts.picture import Picture
from engine.training import KINDS
from lessons.lstm.model import Lstm
from lessons.lstm.training import WINDOW, History, Training
from lessons.lstm.training_charts import POINTS, TrainingCharts, controls, lines, recent_mean
from lessons.lstm.training_words import sentence
from lessons.lstm.variant_numbers import update_block
from tests.lessons.lstm.training_runs import SETTINGS, until


@pytest.fixture(autouse=True)
def no_thread_stays():
    yield
    until(lambda: not any(thread.name == "job" for thread in threading.enumerate()))


# The charts


def snapshot(training: Training, n: int, n_done: int | None = None):
    """A made-up state of n updates, whose values are easy to average."""
    history = type(training.shown.histories["rnn"])
    values = np.arange(1.0, n + 1)
    made = history(values, 10 * values, values % 2)
    return training.shown._replace(n_done=n_done or n, histories=dict.fromkeys(KINDS, made))


def test_a_short_training_is_drawn_point_for_point():
    columns = lines(snapshot(Training(SETTINGS, lambda: True), 9), 12)
    assert columns["update"].tolist() == list(range(1, 10))
    np.testing.assert_allclose(10 ** columns["loss_lstm"], np.arange(1, 10))
    np.testing.assert_allclose(10 ** columns["norm_gru"], 10 * np.arange(1, 10))
    np.testing.assert_allclose(columns["right_rnn"][:4], [1, 1 / 2, 2 / 3, 1 / 2])


@pytest.mark.parametrize(("n", "n_updates"), [(1, 3000), (7, 3000), (2999, 3000), (3000, 3000), (301, 301), (300, 300)])
def test_a_long_one_has_few_points_each_of_a_few_updates(n, n_updates):
    columns = lines(snapshot(Training(SETTINGS, lambda: True), n), n_updates)
    size = -(-n_updates // POINTS)
    assert len(columns["update"]) == -(-n // size) <= POINTS
    assert columns["update"][-1] == n
    assert columns["update"][0] == min(size, n)
    values = np.arange(1.0, n + 1)
    last = values[(n - 1) // size * size :]
    assert 10 ** columns["loss_rnn"][-1] == pytest.approx(last.mean())
    assert 10 ** columns["norm_rnn"][-1] == pytest.approx(10 * last.max())
    assert columns["right_rnn"][-1] == pytest.approx((values[-WINDOW:] % 2).mean())


def test_a_network_that_ended_early_has_a_line_that_ends_early():
    training = Training(SETTINGS, lambda: True)
    whole, short = snapshot(training, 10), snapshot(training, 4)
    mixed = whole._replace(histories=whole.histories | {"rnn": short.histories["rnn"]})
    columns = lines(mixed, 12)
    assert np.isfinite(columns["loss_rnn"]).tolist() == [True] * 4 + [False] * 6
    assert np.isfinite(columns["loss_lstm"]).all()


def test_recent_mean_is_the_mean_of_the_window():
    values = np.random.default_rng(0).uniform(size=50)
    expected = [values[max(0, k - WINDOW + 1) : k + 1].mean() for k in range(50)]
    np.testing.assert_allclose(recent_mean(values), expected)


def test_overflow_is_blank_and_a_loss_of_nothing_stays_on_the_chart():
    training = Training(SETTINGS, lambda: True)
    history = training.shown.histories["rnn"]._replace(
        loss=np.array([0.0, np.inf, np.nan]), gradient_norm=np.array([0.0, 1e200, np.inf]), accuracy=np.ones(3)
    )
    charts, picture = TrainingCharts(), Picture()
    shown = training.shown._replace(n_done=3, histories=dict.fromkeys(KINDS, history))
    charts.show(picture, SimpleNamespace(shown=shown, settings=SETTINGS))
    assert picture.column(charts.lines, "loss_lstm")[0] == -12
    assert np.isnan(picture.column(charts.lines, "loss_lstm")[1:]).all()
    for strip in charts.strips:
        assert np.isfinite([picture.get(strip.plot.y_range, end) for end in ("start", "end")]).all()


def test_charts_follow_the_training_of_each_reader():
    training, charts = Training(SETTINGS, lambda: True), TrainingCharts()
    before = Picture()
    charts.show(before, training)
    assert len(before.column(charts.lines, "update")) == 0
    training.start()
    until(lambda: training.state == "finished")
    trained, again, other = Picture(), Picture(), Picture()
    charts.show(trained, training)
    assert trained.column(charts.lines, "update").tolist() == list(range(1, 13))
    assert trained.column(charts.names, "name") == ["LSTM", "GRU", "RNN"]
    charts.show(other, Training(SETTINGS._replace(clip=5.0, n_updates=40), lambda: True))
    assert len(other.column(charts.lines, "update")) == 0 and other.column(charts.names, "name") == []
    assert other.get(charts.norm.plot.x_range, "end") == 40
    assert other.get(charts._clip, "location") == pytest.approx(np.log10(5))
    charts.show(again, training)
    assert again.properties == trained.properties, "another reader's charts change nothing"
    for name, values in trained.columns[charts.lines.id].items():
        np.testing.assert_array_equal(again.column(charts.lines, name), values)
    assert not charts.lines.data["update"] and charts.norm.plot.x_range.end == 100, "nothing is set on the figures"


@pytest.mark.parametrize("ends", [(0.5, 0.5, 0.5), (1.0, 1.0, 0.99), (0.0, 0.5, 1.0), (-0.04, 0.0, 0.0)])
def test_names_at_the_ends_of_lines_never_overlap_nor_leave_the_chart(ends):
    from lessons.lstm.training_charts import _apart

    places = _apart(list(ends), 0.14, 1.08)
    assert np.diff(np.sort(places)).min() >= 0.14 - 1e-12
    assert places.max() <= 1.01 + 1e-12
    assert np.array_equal(np.argsort(-places), np.argsort(-np.array(ends), kind="stable"))


# Words and numbers


def at(n: int, right: dict[str, float], **settings) -> Lstm:
    """A model whose training is made up: n updates, and since the first of them this share of right answers."""
    m = Lstm(topic="training", **settings)
    made = {kind: (History(np.full(n, 1.0), np.full(n, 2.0), np.full(n, share))) for kind, share in right.items()}
    m.training._course.snapshot = m.training.shown._replace(n_done=n, histories=made)
    return m


def words(m: Lstm) -> str:
    return sentence(m, m.training.shown)


GUESSED = {"rnn": 0.5, "gru": 0.47, "lstm": 0.55}


@pytest.mark.parametrize(("n", "right", "settings", "said"), [
    (199, GUESSED, {}, ""),
    (200, GUESSED, {"lag": 50, "forget_bias": 1.0}, "a forget bias of about 3.9 (now 1)"),
    (200, GUESSED, {"lag": 50, "forget_bias": 4.0}, "still guess: try more updates or another η"),
    (200, GUESSED | {"lstm": 0.9}, {}, ""),
])  # fmt: skip
def test_a_training_without_success_says_what_to_change(n, right, settings, said):
    found = words(at(n, right, **settings))
    assert (said in found) if said else "guess" not in found


def test_caption_table_and_numbers_say_the_same_in_the_same_order():
    training = Training(SETTINGS._replace(n_updates=40), lambda: True)
    rng = np.random.default_rng(2)
    history = {kind: History(*rng.uniform(0.2, 0.9, (3, 40))) for kind in KINDS}
    m = Lstm(topic="training", lag=5)
    m.training._course.snapshot = training.shown._replace(n_done=40, histories=history)
    losses = [float(np.mean(history[kind].loss[20:])) for kind in ("lstm", "gru", "rnn")]
    rights = [f"{100 * np.mean(history[kind].accuracy[20:]):.0f} % right" for kind in ("lstm", "gru", "rnn")]
    texts = words(m), controls(m.training), " ".join(update_block(m).lines)
    for text in texts:
        places = [text.index(name) for name in ("LSTM", "GRU", "RNN")]
        assert places == sorted(places)
        each = 2 if "<td>" in text else 1  # the table has the gradients as well
        numbers = [float(number) for number in re.findall(r"(?:loss |<td>)(0\.\d+)", text)][::each]
        np.testing.assert_allclose(numbers, losses, atol=5e-4)
        assert "<td>" in text or re.findall(r"\d+ % right", text) == rights


# The buttons


def possible(html: str) -> set[str]:
    return {name for name, rest in re.findall(r"data-do=(\w+)([^>]*)>", html) if "disabled" not in rest}


def told(state: str, training: Training) -> str:
    """The controls as they would be in a state."""
    kept = {name: getattr(training, name) for name in ("shown", "settings", "progress", "seconds_left", "failure")}
    return controls(SimpleNamespace(state=state, **kept))


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("ready", {"start", "step"}),
        ("running", {"pause", "stop"}),
        ("paused", {"start", "step", "stop"}),
        ("finished", {"stop"}),
        ("diverged", {"stop"}),
        ("failed", {"stop"}),
    ],
)
def test_only_the_buttons_that_make_sense_can_be_pressed(state, buttons):
    training = Training(SETTINGS, lambda: True)
    training._course.snapshot = snapshot(training, 3)
    html = told(state, training)
    assert possible(html) == buttons
    assert set(re.findall(r"data-do=(\w+)", html)) == {"start", "pause", "step", "stop"}
    assert "nan" not in html and "None" not in html


def test_progress_and_numbers_are_told():
    training = Training(SETTINGS._replace(n_updates=500), lambda: True)
    training._course.snapshot = snapshot(training, 120)._replace(seconds=4.2)
    html = told("running", training)
    assert "value=0.24" in html
    assert "update 120 of 500, about 14 s left" in html  # 380 more at 0.035 s
    # means of 101 ... 120, of ten times that, and half of them odd
    assert "<td>110.5</td>" not in html and "<td>110</td><td>1105</td><td>50 %</td>" in html


def test_nothing_is_told_of_a_training_that_has_not_begun():
    html = controls(Training(SETTINGS, lambda: True))
    assert "value=0 " in html and "nan" not in html.lower().replace("answering", "")
    assert "12 updates of each network to come" in html
