"""The tasks: inputs, targets, drawing by hand, and how the steps are shared out."""

import numpy as np
import pytest

from lessons.esn.model import Esn
from lessons.esn.settings import TASKS, Settings, given_input, split, targets


def settings(**values) -> Settings:
    return Esn(**values).settings


@pytest.mark.parametrize("task", list(TASKS))
def test_a_longer_run_begins_like_a_shorter_one_and_stays_within_the_tasks_limits(task):
    short, long = (given_input(settings(task=task, n_steps=n)) for n in (60, 300))
    np.testing.assert_array_equal(long[:60], short)
    assert short.shape == (60, TASKS[task].n_channels)
    assert long.min() >= TASKS[task].low and long.max() <= TASKS[task].high


@pytest.mark.parametrize("task", ["sine", "Mackey-Glass 17", "Mackey-Glass 30", "figure of eight", "sunspots"])
def test_a_series_asks_for_its_next_value_also_after_the_last_step(task):
    now, longer = settings(task=task, n_steps=60), settings(task=task, n_steps=61)
    np.testing.assert_array_equal(targets(now, given_input(now)), given_input(longer)[1:])


def test_targets_of_the_other_tasks_by_literal_loops():
    s = settings(task="parity", lag=3, n_steps=50)
    x = given_input(s)
    wanted = [np.prod(x[max(0, t - 2) : t + 1]) for t in range(50)]
    np.testing.assert_array_equal(targets(s, x)[:, 0], wanted)
    assert set(x[:, 0]) == {-1.0, 1.0}
    assert settings(task="parity", lag=60).n_bits == 10
    s = settings(task="delayed copy", lag=7, n_steps=50)
    x = given_input(s)[:, 0]
    np.testing.assert_array_equal(targets(s, x[:, np.newaxis])[:, 0], [0.0] * 7 + x[:43].tolist())
    np.testing.assert_array_equal(np.round(x, 2), x)
    s = settings(task="NARMA-10", n_steps=50)
    u, y = given_input(s)[:, 0], [0.0]
    for t in range(50):
        last_ten = [y[t - i] for i in range(10) if t - i >= 0]
        late = u[t - 9] if t >= 9 else 0.0
        y.append(0.3 * y[t] + 0.05 * y[t] * sum(last_ten) + 1.5 * late * u[t] + 0.1)
    np.testing.assert_allclose(targets(s, u[:, np.newaxis])[:, 0], y[1:], rtol=1e-13)


def test_pulse_and_silence():
    assert given_input(settings(task="pulse", n_steps=40))[:, 0].tolist() == [1.0] + [0.0] * 39
    assert not given_input(settings(task="silence")).any()


@pytest.mark.parametrize("task", list(TASKS))
def test_one_step_drawn_by_hand_changes_this_step_only(task):
    m = Esn(task=task, n_steps=60)
    before = given_input(m.settings)
    m.draw_input()
    drawn = given_input(m.settings)
    np.testing.assert_allclose(drawn, before, atol=5.1e-4)
    m.edit("x", {30: 0.25})
    after = given_input(m.settings)
    wanted = 1.0 if task == "parity" else 0.25
    assert after[29, 0] == wanted
    np.testing.assert_array_equal(np.delete(after, 29, axis=0), np.delete(drawn, 29, axis=0))


def test_nobody_knows_what_comes_after_a_drawn_input_or_the_end_of_a_series():
    drawn = settings(task="sine", signal="drawn", x=(0.5,) * 40, n_steps=40)
    d = targets(drawn, given_input(drawn))
    assert np.isnan(d[-1, 0]) and (d[:-1] == 0.5).all()
    end = settings(task="sunspots", n_steps=2000)
    x = given_input(end)
    assert len(x) == 309 and np.isnan(targets(end, x)[:, 0]).tolist() == [False] * 308 + [True]


def test_a_drawn_input_is_read_as_the_task_can_read_it():
    x = (0.7, -0.2, 0.1, 2.0) * 10
    parity = given_input(settings(task="parity", signal="drawn", x=x, n_steps=40))
    narma = given_input(settings(task="NARMA-10", signal="drawn", x=x, n_steps=40))
    assert parity[:4, 0].tolist() == [1.0, -1.0, 1.0, 1.0]
    assert narma[:4, 0].tolist() == [0.5, 0.0, 0.1, 0.5]


@pytest.mark.parametrize("n_steps", [40, 41, 100, 309, 2000])
@pytest.mark.parametrize("washout", [0, 20, 500])
@pytest.mark.parametrize("n_new", [10, 50, 1000])
def test_the_steps_are_shared_out_so_that_a_quarter_is_left_to_learn_from(n_steps, washout, n_new):
    taken, n_train = split(settings(washout=washout, n_new=n_new), n_steps)
    assert 0 <= taken <= washout and 0 < n_steps - n_train <= n_new
    assert n_train - taken >= n_steps // 4
    if washout + n_new <= n_steps // 2:
        assert (taken, n_steps - n_train) == (washout, n_new)
