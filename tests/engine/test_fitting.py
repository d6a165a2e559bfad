"""Training on one fixed sequence: against plain loops over tested gradients, and where it has to arrive."""

import numpy as np
import pytest

from engine import delay_tasks, distributed, fitting, focused

RNG = np.random.default_rng(1)
X, D = RNG.normal(size=(40, 2)), RNG.normal(size=(40, 1))
COUNTED = np.arange(40) >= 4


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_objectives_are_the_mean_of_the_tested_losses(activation):
    settings = {"activation": activation, "counted": COUNTED}
    params = focused.initial(3, 6, 1, np.random.default_rng(2))
    objective = fitting.ftdnn(X, D, (1, 2, 4), n_units=3, **settings)
    loss, slope = objective.evaluate(fitting.vector(params))
    known = focused.ftdnn_gradient(X, D, params, (1, 2, 4), **settings)
    assert loss == pytest.approx(known.loss / 36)
    np.testing.assert_allclose(slope, fitting.vector(known[1:5]) / 36, atol=1e-14)
    objective = fitting.fgmn(X, D, taps=3, n_units=3, **settings)
    loss, slope = objective.evaluate(fitting.vector([*params, 0.4]))
    known = focused.fgmn_gradient(X, D, params, 0.4, taps=3, **settings)
    assert loss == pytest.approx(known.loss / 36)
    np.testing.assert_allclose(slope, fitting.vector([*known[1:5], known.dF_dalpha]) / 36, atol=1e-14)
    read, alpha = objective.read(fitting.vector([*params, 0.4]))
    assert alpha == 0.4 and all(np.array_equal(a, b) for a, b in zip(read, params, strict=True))
    assert objective.settle(np.array([5.0, 3.0])).tolist() == [5.0, 1.0]
    assert objective.settle(np.array([5.0, -3.0])).tolist() == [5.0, fitting.LOWEST_ALPHA]


def test_a_distributed_network_that_adds_up_its_outputs():
    drawn = delay_tasks.pattern(9, [1, 3], np.random.default_rng(4), count=5)
    layers = distributed.initial((1, 2, 1), ((0, 1), (0, 2)), np.random.default_rng(5), output="tanh")
    w = fitting.vector([part for layer in layers for part in (layer.W, layer.b)])
    objective = fitting.summed(drawn.x, drawn.d, layers)
    loss, slope = objective.evaluate(w)
    sums = [distributed.run(x, layers).h[-1].sum() for x in drawn.x]
    assert loss == pytest.approx(np.mean((drawn.d - sums) ** 2))
    sides = [[objective.evaluate(w + size * step)[0] for step in np.eye(len(w))] for size in (1e-6, -1e-6)]
    np.testing.assert_allclose(slope, np.subtract(*sides) / 2e-6, atol=1e-7)
    assert all(np.array_equal(a.W, b.W) for a, b in zip(objective.read(w), layers, strict=True))


def test_a_static_net_on_any_matrix():
    columns, d = RNG.normal(size=(6, 4)), RNG.normal(size=6)
    params = focused.initial(3, 4, 1, np.random.default_rng(6))
    loss, slope = fitting.static(columns, d, n_units=3).evaluate(fitting.vector(params))
    # every row is a sequence of one step
    found = [focused.ftdnn_gradient([row], [e], params, [0]) for row, e in zip(columns, d, strict=True)]
    assert loss == pytest.approx(np.mean([one.loss for one in found]))
    np.testing.assert_allclose(slope, np.mean([fitting.vector(one[1:5]) for one in found], axis=0), atol=1e-14)


def test_descent_is_the_plain_loop():
    objective = fitting.ftdnn(X, D, (1, 2), n_units=2, counted=COUNTED)
    w = start = fitting.vector(focused.initial(2, 4, 1, np.random.default_rng(3)))
    course = fitting.learn(objective, start, method="descent", learning_rate=0.1, n_updates=6, every=3)
    losses = []
    for _ in range(7):
        params = objective.read(w)
        found = focused.ftdnn_gradient(X, D, params, (1, 2), counted=COUNTED)
        losses.append(found.loss / 36)
        last, w = w, w - 0.1 * fitting.vector(found[1:5]) / 36
    np.testing.assert_allclose(course.loss, losses, rtol=1e-12)
    np.testing.assert_allclose(course.weights[[0, 2]], [start, last], rtol=1e-12)
    assert course.weights.shape == (3, start.size) and course.diverged is None


@pytest.mark.parametrize("seed", range(20))
def test_a_linear_net_comes_to_the_least_squares_solution(seed):
    rng = np.random.default_rng(seed)
    x, d = rng.normal(size=60), rng.normal(size=60)
    objective = fitting.ftdnn(x, d, (1, 2), n_units=1, activation="identity")
    start = fitting.vector(focused.initial(1, 2, 1, rng))
    course = fitting.learn(objective, start, learning_rate=0.05, n_updates=800)
    matrix = np.column_stack([focused.ftdnn(x, objective.read(start), (1, 2)).columns, np.ones(60)])
    best = np.linalg.lstsq(matrix, d, rcond=None)[1][0] / 60
    assert best - 1e-12 <= course.loss[-1] <= best + 1e-4


def test_alpha_finds_the_memory_that_made_the_target():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, 120)
        teacher = focused.FocusedParams([[1.0]], [0.0], [[2.0]], [0.0])
        d = focused.fgmn(x, teacher, 0.2, taps=1, activation="identity").y
        objective = fitting.fgmn(x, d, taps=1, n_units=1, activation="identity")
        course = fitting.learn(objective, fitting.vector([*teacher, 0.7]), learning_rate=0.02, n_updates=600, every=600)
        assert course.weights[-1, -1] == pytest.approx(0.2, abs=0.01)


def test_a_course_that_diverges_stops_where_it_was_good():
    objective = fitting.ftdnn(X, D, (1,), n_units=2, activation="identity")
    start = fitting.vector(focused.initial(2, 2, 1, np.random.default_rng(0)))
    course = fitting.learn(objective, start, method="descent", learning_rate=1e200, n_updates=9)
    assert course.diverged is not None and np.isfinite(course.loss).all() and np.isfinite(course.weights).all()
    assert (course.loss[course.diverged :] == course.loss[course.diverged - 1]).all()


def test_refusals_name_the_argument():
    objective = fitting.ftdnn(X, D, (1,), n_units=2)
    with pytest.raises(ValueError, match="method must be one of adam, descent"):
        fitting.learn(objective, [1.0], method="luck", learning_rate=1, n_updates=1)
    with pytest.raises(ValueError, match="learning_rate"):
        fitting.learn(objective, [1.0], learning_rate=0, n_updates=1)
    with pytest.raises(ValueError, match="n_units"):
        fitting.ftdnn(X, D, (1,), n_units=0)
    with pytest.raises(ValueError, match="layers must end in one output, got 2"):
        fitting.summed(np.ones((2, 4)), [1, -1], distributed.initial([1, 2], [(0,)], np.random.default_rng(0)))
    with pytest.raises(ValueError, match="d must"):
        fitting.ftdnn(X, [np.nan] * 40, (1,), n_units=1)
