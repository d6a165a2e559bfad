"""Numbers that the lesson's prediction says, against a loop of its own."""

import numpy as np

from app.shell import lessons
from tests.app.pages import model_at
from tests.lessons.promises import keeps, needs_none

TASK = lessons.load("esn").predict

needs_none("esn", "predict", "the input's value in silence", "0")


def distances() -> np.ndarray:
    """log10 of the distance of the two starts, step by step."""
    model = model_at("esn", preset=TASK.preset)
    echo = model.result
    W, U = np.asarray(echo.traced.reservoir.W), np.asarray(echo.traced.reservoir.W_in)
    one, other = (np.asarray(start, dtype=float) for start in echo.starts)
    found = []
    for x in model.sequence("x"):
        drive = U @ np.array([1.0, x])
        one, other = np.tanh(W @ one + drive), np.tanh(W @ other + drive)
        found.append(np.log10(np.linalg.norm(one - other)))
    return np.array(found)


@keeps("esn", "predict", "0.8", "16", "25", "40")
def test_the_prediction_is_about_the_preset_that_it_names():
    model = model_at("esn", preset=TASK.preset)
    driven = np.flatnonzero(model.sequence("x")) + 1
    assert (driven[0], driven[-1], driven.size, model.n_steps) == (16, 25, 10, 40)
    radius = np.abs(np.linalg.eigvals(np.asarray(model.result.traced.reservoir.W))).max()
    assert abs(radius - 0.8) < 1e-9 and model.seed == 1 and model.density == 1


@keeps("esn", "predict", "0.7", "0.12", "0.93")
def test_the_distance_falls_as_the_question_says():
    logs = distances()
    np.testing.assert_allclose(model_at("esn", preset=TASK.preset).trace(TASK.signal), logs, atol=1e-3)
    assert abs(logs[0] - 0.7) < 0.05
    assert abs((logs[0] - logs[14]) / 14 - 0.12) < 0.005
    assert abs((logs[14] - logs[24]) / 10 - 0.93) < 0.005
    assert abs((logs[29] - logs[39]) / 10 - 0.12) < 0.005, "in silence again, when the states are small"


def test_who_draws_what_the_question_says_is_right_at_every_step():
    drawn = 0.7 - np.r_[0, np.cumsum(np.r_[[0.12] * 14, [0.93] * 10, [0.12] * 15])]
    assert np.abs(drawn - distances()).max() < TASK.tolerance


def test_strong_input_speeds_the_fall_up_several_times_with_every_seed():
    """The preset's note."""
    for seed in range(1, 21):
        logs = model_at("esn", preset=TASK.preset, seed=seed).trace(TASK.signal)
        silent, driven = (logs[0] - logs[14]) / 14, (logs[14] - logs[24]) / 10
        assert driven > 4 * silent > 0, seed
