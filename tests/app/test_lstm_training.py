"""Training live: the engine's own updates, published step by step, and charts and words that tell how it goes."""

import gc
import re
import threading
import time
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from app.models.lstm import Lstm
from app.models.lstm_training import BATCH_SIZE, Settings, Training
from app.training_charts import POINTS, WINDOW, TrainingCharts, controls, lines, recent_mean
from engine.training import KINDS, recall_trainer

SETTINGS = Settings(
    lag=5, method="adam", learning_rate=0.01, clip=1.0, n_updates=12, n_units=3, forget_bias=1.0, seed=4
)
EXPLODES = SETTINGS._replace(method="descent", learning_rate=1e308, clip=10.0)
SOON = 30.0  # seconds, for kernels that are not compiled yet


def until(condition, limit=SOON):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


@pytest.fixture(autouse=True)
def no_thread_stays():
    yield
    until(lambda: not any(thread.name == "job" for thread in threading.enumerate()))


def begun(settings=SETTINGS, connected=lambda: True) -> Training:
    training = Training(settings, connected)
    training.start()
    return training


def ended(settings=SETTINGS) -> Training:
    training = begun(settings)
    until(lambda: training.state not in ("running", "paused"))
    return training


def weights(network) -> list[np.ndarray]:
    return [*network.layers[0].params[:3], network.V, network.b_out]


def same(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def alone(kind: str, settings: Settings):
    """The engine's trainer in the foreground: its updates and its network."""
    given = settings._asdict()
    trainer = recall_trainer(kind, batch_size=BATCH_SIZE, **{k: v for k, v in given.items() if k != "n_updates"})
    return [trainer.step() for _ in range(settings.n_updates)], trainer.network


# The training


def test_settings_are_the_models_parameters():
    model = Lstm(lag=7, method="descent", learning_rate=0.2, clip=2.0, n_updates=30, n_units=5, forget_bias=2.5, seed=9)
    assert Settings.of(model) == (7, "descent", 0.2, 2.0, 30, 5, 2.5, 9)


def test_it_does_what_the_engines_trainer_does_alone():
    training = ended()
    assert (training.state, training.progress, training.seconds_left) == ("finished", 1.0, 0.0)
    for kind in KINDS:
        updates, network = alone(kind, SETTINGS)
        history = training.shown.histories[kind]
        assert history.loss.tolist() == [update.loss for update in updates]
        assert history.gradient_norm.tolist() == [update.gradient_norm for update in updates]
        assert history.accuracy.tolist() == [update.accuracy for update in updates]
        assert same(training.network(kind), network)


def test_before_the_start_there_are_initial_weights_and_no_history():
    training = Training(SETTINGS, lambda: True)
    assert (training.state, training.progress, training.shown.n_done) == ("ready", 0.0, 0)
    assert np.isnan(training.seconds_left)
    for kind in KINDS:
        assert same(training.network(kind), alone(kind, SETTINGS._replace(n_updates=0))[1])
        assert training.shown.histories[kind].loss.shape == (0,)


def test_step_pause_and_go_on_come_to_the_same_end_as_one_go():
    training = Training(SETTINGS, lambda: True)
    for number in (1, 2):
        training.step()
        until(lambda: training.state == "paused")
        assert training.shown.n_done == number
    assert training.progress == pytest.approx(2 / 12)
    training.start()
    training.pause()
    training.start()
    until(lambda: training.state == "finished")
    assert same(training.network("lstm"), ended().network("lstm"))


def test_stop_forgets_what_was_learned_and_a_late_step_changes_nothing():
    training = begun(SETTINGS._replace(n_updates=3000))
    until(lambda: training.shown.n_done > 2)
    training.stop()
    late = training.shown
    assert (training.state, training.shown.n_done) == ("ready", 0)
    until(lambda: not any(thread.name == "job" for thread in threading.enumerate()))
    assert training.shown is late
    assert same(training.network("rnn"), alone("rnn", SETTINGS._replace(n_updates=0))[1])
    training.step()
    until(lambda: training.state == "paused")
    assert training.shown.histories["gru"].loss[0] == alone("gru", SETTINGS)[0][0].loss


def test_what_is_published_never_changes():
    training = Training(SETTINGS, lambda: True)
    training.step()
    until(lambda: training.state == "paused")
    first = training.shown
    kept = [array.copy() for kind in KINDS for array in (*first.histories[kind], *weights(first.networks[kind]))]
    training.start()
    until(lambda: training.state == "finished")
    now = [array for kind in KINDS for array in (*first.histories[kind], *weights(first.networks[kind]))]
    assert all(np.array_equal(a, b) for a, b in zip(kept, now, strict=True))
    assert first.n_done == 1
    assert not same(first.networks["lstm"], training.network("lstm"))


def test_two_trainings_at_once_do_not_touch_each_other():
    other = SETTINGS._replace(seed=5, n_units=4)
    pair = [begun(settings) for settings in (SETTINGS, other)]
    until(lambda: all(training.state == "finished" for training in pair))
    for training, settings in zip(pair, (SETTINGS, other), strict=True):
        updates, network = alone("gru", settings)
        assert training.shown.histories["gru"].loss.tolist() == [update.loss for update in updates]
        assert same(training.network("gru"), network)


def test_work_ends_within_a_step_where_nobody_looks():
    looking = [True]
    training = begun(SETTINGS._replace(n_updates=3000), lambda: looking[0])
    until(lambda: training.shown.n_done > 2)
    looking[0] = False
    done = training.shown.n_done
    until(lambda: training.state == "paused")
    assert training.shown.n_done <= done + 1
    looking[0] = True
    training.start()
    until(lambda: training.shown.n_done > done + 3)
    training.close()


def test_a_failure_is_told_and_the_rest_of_the_page_lives(monkeypatch):
    training = Training(SETTINGS, lambda: True)
    monkeypatch.setattr(training._course._trainers["gru"], "step", lambda: 1 / 0)
    training.start()
    until(lambda: training.state == "failed")
    assert training.failure == "division by zero"
    assert "ended with an error: division by zero" in controls(SimpleNamespace(training=training))
    training.stop()
    assert (training.state, training.failure) == ("ready", "")
    training.start()
    until(lambda: training.state == "finished")


def test_networks_that_overflow_are_left_alone_and_named():
    training = ended(EXPLODES)
    assert training.state == "diverged"
    diverged = training.shown.diverged
    assert set(diverged) == set(KINDS)
    for kind in KINDS:
        assert training.shown.histories[kind].loss.size == diverged[kind]
        assert all(np.isfinite(array).all() for array in weights(training.network(kind)))


def test_one_that_overflows_does_not_end_the_others(monkeypatch):
    training = Training(SETTINGS, lambda: True)
    explodes = Training(EXPLODES, lambda: True)._course._trainers["rnn"]
    monkeypatch.setitem(training._course._trainers, "rnn", explodes)
    training.start()
    until(lambda: training.state == "finished")
    shown = training.shown
    assert list(shown.diverged) == ["rnn"]
    assert shown.histories["rnn"].loss.size == shown.diverged["rnn"] < 12
    assert shown.histories["lstm"].loss.size == 12
    html = controls(SimpleNamespace(training=training))
    assert f"The RNN’s numbers overflowed at update {shown.diverged['rnn']}." in html
    assert "LSTM’s numbers" not in html
    charts = TrainingCharts()
    charts.show(SimpleNamespace(training=training))
    assert np.isfinite(charts.lines.data["loss_lstm"]).all()


def test_memory_does_not_grow_with_the_updates():
    training = Training(SETTINGS, lambda: True)
    step = training._course.step
    step()
    first, loss = weakref.ref(training.network("lstm").V), training.shown.histories["lstm"].loss
    for _ in range(8):
        step()
    gc.collect()
    assert first() is None  # of all networks that there were, only the latest stays
    assert training.shown.histories["lstm"].loss.base is loss.base  # the array that was there at the start


def test_the_time_left_counts_down_and_leaves_pauses_out():
    training = Training(SETTINGS._replace(n_updates=200), lambda: True)
    training.step()
    until(lambda: training.state == "paused")
    time.sleep(0.3)
    training.step()
    until(lambda: training.shown.n_done == 2)
    assert training.shown.seconds < 0.3
    assert training.seconds_left == pytest.approx(training.shown.seconds / 2 * 198)


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
    charts = TrainingCharts()
    shown = training.shown._replace(n_done=3, histories=dict.fromkeys(KINDS, history))
    charts.show(SimpleNamespace(training=SimpleNamespace(shown=shown, settings=SETTINGS)))
    assert charts.lines.data["loss_lstm"][0] == -12
    assert np.isnan(charts.lines.data["loss_lstm"][1:]).all()
    for strip in charts.strips:
        assert np.isfinite([strip.plot.y_range.start, strip.plot.y_range.end]).all()


def test_charts_follow_the_training_and_send_nothing_twice():
    training = Training(SETTINGS, lambda: True)
    model, charts = SimpleNamespace(training=training), TrainingCharts()
    charts.show(model)
    assert len(charts.lines.data["update"]) == 0
    training.start()
    until(lambda: training.state == "finished")
    charts.show(model)
    assert charts.lines.data["update"].tolist() == list(range(1, 13))
    assert charts.names.data["name"] == ["LSTM", "GRU", "RNN"]
    sent = []
    for source in (charts.lines, charts.names):
        source.on_change("data", lambda attr, old, new: sent.append(new))
    charts.show(model)
    assert not sent
    model.training = Training(SETTINGS._replace(clip=5.0, n_updates=40), lambda: True)
    charts.show(model)
    assert len(charts.lines.data["update"]) == 0 and charts.names.data["name"] == []
    assert charts.norm.plot.x_range.end == 40
    assert charts._clip.location == pytest.approx(np.log10(5))


@pytest.mark.parametrize("ends", [(0.5, 0.5, 0.5), (1.0, 1.0, 0.99), (0.0, 0.5, 1.0), (-0.04, 0.0, 0.0)])
def test_names_at_the_ends_of_lines_never_overlap_nor_leave_the_chart(ends):
    from app.training_charts import _apart

    places = _apart(list(ends), 0.14, 1.08)
    assert np.diff(np.sort(places)).min() >= 0.14 - 1e-12
    assert places.max() <= 1.01 + 1e-12
    assert np.array_equal(np.argsort(-places), np.argsort(-np.array(ends), kind="stable"))


# The buttons


def possible(html: str) -> set[str]:
    return {name for name, rest in re.findall(r"data-do=(\w+)([^>]*)>", html) if "disabled" not in rest}


def told(state: str, training: Training) -> str:
    """The controls as they would be in a state."""
    kept = {name: getattr(training, name) for name in ("shown", "settings", "progress", "seconds_left", "failure")}
    return controls(SimpleNamespace(training=SimpleNamespace(state=state, **kept)))


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
    html = controls(SimpleNamespace(training=Training(SETTINGS, lambda: True)))
    assert "value=0 " in html and "nan" not in html.lower().replace("answering", "")
    assert "12 updates of each network to come" in html


def test_a_message_of_an_error_is_text():
    training = Training(SETTINGS, lambda: True)
    training._job.state, training._job.failure = "failed", "<b>&"
    assert "&lt;b&gt;&amp;" in controls(SimpleNamespace(training=training))
