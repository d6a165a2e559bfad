"""Tasks of windows: every word once, a target that no window without its lag can know, and patterns in their places."""

import itertools

import numpy as np
import pytest

from engine import delay_tasks, focused
from engine.delay_line import tapped


@pytest.mark.parametrize("order", range(1, 9))
def test_every_word_occurs_once(order):
    bits = delay_tasks.de_bruijn(order)
    words = [tuple(np.roll(bits, -k)[:order].astype(int)) for k in range(len(bits))]
    assert sorted(words) == sorted(itertools.product((0, 1), repeat=order))


def test_the_target_is_the_bit_that_long_ago():
    for lag in range(1, 8):
        task = delay_tasks.lag(lag)
        assert len(task.x) == 135 and task.counted.sum() == 128 and set(task.x) == {-1.0, 1.0}
        assert all(task.d[t] == task.x[t - lag] for t in np.flatnonzero(task.counted))


@pytest.mark.parametrize("lag", [1, 4, 7])
def test_beside_every_content_of_a_window_without_it_the_target_is_balanced(lag):
    task = delay_tasks.lag(lag)
    others = [delay for delay in range(1, 8) if delay != lag]
    seen = tapped(task.x, others)[task.counted]
    for content in np.unique(seen, axis=0):
        assert task.d[task.counted][(seen == content).all(axis=1)].sum() == 0


@pytest.mark.parametrize("seed", range(20))
def test_no_network_on_a_window_one_step_short_is_better_than_guessing(seed):
    task = delay_tasks.lag(7)
    params = focused.initial(6, 6, 1, np.random.default_rng(seed))
    found = focused.ftdnn_gradient(task.x, task.d, params, range(1, 7), counted=task.counted)
    assert found.loss / 128 >= 1
    # any value for each content of the window: the error is 1 + the mean square of what is said
    y = focused.ftdnn(task.x, params, range(1, 7)).y[task.counted, 0]
    assert found.loss / 128 == pytest.approx(1 + (y**2).mean(), rel=1e-12)


def test_patterns_stand_where_they_are_said_to():
    drawn = delay_tasks.pattern(12, [2, 8], np.random.default_rng(1), count=60, noise=0.0)
    assert set(drawn.places) == {2, 8} and set(drawn.d) == {-1.0, 1.0}
    for x, d, place in zip(*drawn, strict=True):
        expected = np.zeros(12)
        expected[place - 1 : place + 4] = d * np.array(delay_tasks.RISE)
        np.testing.assert_array_equal(x, expected)
    loud = delay_tasks.pattern(12, [1], np.random.default_rng(1), count=60, noise=0.3)
    assert 0.2 < np.abs(loud.x[:, 5:]).max() <= 0.3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: delay_tasks.lag(8), "lag must be at most order = 7"),
        (lambda: delay_tasks.lag(0), "lag"),
        (lambda: delay_tasks.de_bruijn(0), "order"),
        (lambda: delay_tasks.pattern(9, [6], np.random.default_rng(0)), "places must be whole numbers from 1 to 5"),
        (lambda: delay_tasks.pattern(9, [1.5], np.random.default_rng(0)), "places"),
        (lambda: delay_tasks.pattern(9, [1], 0), "rng"),
    ],
)
def test_refusals_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
