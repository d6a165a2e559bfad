"""Training live: the engine's own updates, published step by step."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

from app.parts.picture import Picture
from engine.training import KINDS, recall_trainer
from lessons.lstm.model import Lstm
from lessons.lstm.training import BATCH_SIZE, Settings, Training
from lessons.lstm.training_charts import TrainingCharts, controls
from tests.lessons.lstm.training_runs import EXPLODES, SETTINGS, begun, ended, until


@pytest.fixture(autouse=True)
def no_thread_stays():
    yield
    until(lambda: not any(thread.name == "job" for thread in threading.enumerate()))


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
    assert "could not go on" in controls(training) and "division" not in controls(training)
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
    html = controls(training)
    assert f"The RNN’s numbers overflowed at update {shown.diverged['rnn']}." in html
    assert "LSTM’s numbers" not in html
    charts, picture = TrainingCharts(), Picture()
    charts.show(picture, training)
    assert np.isfinite(picture.column(charts.lines, "loss_lstm")).all()


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
    start, pause = time.perf_counter(), 0.3
    training = Training(SETTINGS._replace(n_updates=200), lambda: True)
    training.step()
    until(lambda: training.state == "paused")
    time.sleep(pause)
    training.step()
    until(lambda: training.shown.n_done == 2)
    assert training.shown.seconds <= time.perf_counter() - start - pause
    assert training.seconds_left == pytest.approx(training.shown.seconds / 2 * 198)
