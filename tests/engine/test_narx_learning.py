import itertools

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine import levitation, narx, narx_learning, narx_loop
from tests import naive_narx
from tests.closeness import assert_close

pytestmark = pytest.mark.filterwarnings("error")


def record(seed, n_steps=60):
    rng = np.random.default_rng(seed)
    current = levitation.random_current(n_steps, rng)
    position = levitation.run(current, interval=0.05, position=levitation.resting_position(current[0])).position
    return narx_learning.Record((current - 2)[:, None], (position - 2.5)[:, None] / 2)


def start(seed, **sizes):
    sizes = {"n_units": 3, "input_delays": 2, "feedback_delays": 2} | sizes
    return narx_learning.initial(rng=np.random.default_rng(seed), **sizes)


def mean_square(found, params, *, opened):
    x, d, before = narx_learning.parted(found, params)
    return float(((narx.run(x, params, teacher=d if opened else None, **before).y - d) ** 2).mean())


@pytest.mark.parametrize("arrangement", narx_learning.ARRANGEMENTS)
def test_levenberg_marquardt_ends_where_scipy_finds_nothing_better(arrangement):
    measured, opened = record(1), arrangement == "series-parallel"
    trainer = narx_learning.Trainer(measured, start(1), arrangement=arrangement)
    losses = [trainer.step().loss for _ in range(40)]
    assert (np.diff(losses) < 0).all()
    assert losses[-1] == pytest.approx(mean_square(measured, trainer.params, opened=opened), rel=1e-9)

    def residuals(weights):
        params = narx_learning.from_vector(weights, trainer.params)
        x, d, before = narx_learning.parted(measured, params)
        return (narx.run(x, params, teacher=d if opened else None, **before).y - d).ravel()

    # SciPy differentiates by differences, from our end: it lowers the loss by little
    oracle = least_squares(residuals, narx_learning.vector(trainer.params), max_nfev=3)
    assert 2 * oracle.cost / len(residuals(oracle.x)) > 0.7 * losses[-1]


@pytest.mark.parametrize("arrangement", narx_learning.ARRANGEMENTS)
def test_descent_is_adam_on_the_gradient_of_bptt(arrangement):
    measured, params = record(2), start(2)
    trainer = narx_learning.Trainer(measured, params, arrangement=arrangement, method="descent", learning_rate=0.02)
    before = mean_square(measured, params, opened=arrangement == "series-parallel")
    losses = [trainer.step().loss for _ in range(300)]
    # the first change of Adam has the size of the learning rate wherever there is a gradient
    one = narx_learning.Trainer(measured, params, arrangement=arrangement, method="descent", learning_rate=0.02)
    one.step()
    moved = np.abs(narx_learning.vector(one.params) - narx_learning.vector(params))
    np.testing.assert_allclose(moved, 0.02, rtol=1e-3)
    assert losses[-1] < 0.2 * before
    assert losses[-1] == pytest.approx(mean_square(measured, trainer.params, opened=arrangement[0] == "s"), rel=1e-9)


def test_noise_is_the_teachers_and_repeats_with_its_generator():
    def trained(noise, seed):
        rng = np.random.default_rng(seed)
        trainer = narx_learning.Trainer(record(3), start(3), noise=noise, rng=rng)
        for _ in range(5):
            trainer.step()
        return narx_learning.vector(trainer.params)

    np.testing.assert_array_equal(trained(0.1, 1), trained(0.1, 1))
    assert np.abs(trained(0.1, 1) - trained(0.1, 2)).max() > 1e-6
    assert np.abs(trained(0.1, 1) - trained(0, 1)).max() > 1e-6
    parallel = [
        narx_learning.Trainer(record(3), start(3), arrangement="parallel", noise=noise).step() for noise in (0.0, 0.5)
    ]
    assert parallel[0] == parallel[1]


def test_vectors_and_units_change_nothing_that_is_computed():
    params = start(4, input_delays=3, feedback_delays=2, n_inputs=2, n_outputs=2)
    back = narx_learning.from_vector(narx_learning.vector(params), params)
    for ours, theirs in zip(back, params, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(ValueError, match="weights"):
        narx_learning.from_vector([1.0], params)
    x = np.random.default_rng(0).normal(size=(12, 2))
    scaled = narx.run(x, params).y
    units = narx_learning.in_units(params, x_shift=2.0, x_scale=0.5, y_shift=2.5, y_scale=3.0)
    rest = {"x_before": np.full((3, 2), 2.0), "y_before": np.full((2, 2), 2.5)}
    assert_close(narx.run(2 + 0.5 * x, units, **rest).y, 2.5 + 3 * scaled, 1e-12)


def test_a_records_first_samples_are_what_was_before():
    params = start(0, input_delays=1, feedback_delays=3)
    x, d, before = narx_learning.parted(narx_learning.Record(np.arange(9.0), -np.arange(9.0)), params)
    assert x.tolist() == [3, 4, 5, 6, 7, 8] and d.tolist() == [-3, -4, -5, -6, -7, -8]
    assert before["x_before"].tolist() == [0, 1, 2] and before["y_before"].tolist() == [0, -1, -2]
    # so the first step hears x(2) and y(2), y(1), y(0), and its target is y(3)
    assert narx.heard(x, params, teacher=d, **before)[0].tolist() == [2, -2, -1, 0]
    with pytest.raises(ValueError, match="record"):
        narx_learning.parted(narx_learning.Record(np.ones(3), np.ones(3)), params)


def test_refusals_name_the_argument():
    for given, named in (
        ({"arrangement": "open"}, "arrangement"),
        ({"method": "newton"}, "method"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"noise": -1}, "noise"),
        ({"noise": 0.1}, "rng"),
    ):
        with pytest.raises(ValueError, match=named):
            narx_learning.Trainer(record(0), start(0), **given)
    with pytest.raises(ValueError, match="input_delays"):
        narx_learning.initial(2, 0, 1, np.random.default_rng(0))


# The loop


def loop_case(seed, activation="tanh", k=2, depth=3):
    rng = np.random.default_rng(seed)
    shapes = (2, 4, 1), (depth, 4, k), (4,), (k, 4), (k,)
    params = narx.NarxParams(*(rng.normal(size=shape) / 2 for shape in shapes))
    return rng.normal(size=8), params, {"activation": activation, "y_before": rng.normal(size=(depth, k))}


@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity"])
def test_the_loops_matrix_against_a_small_error_fed_in(activation):
    x, params, rest = loop_case(1, activation)
    found, net = narx_loop.matrices(x, params, **rest), narx.run(x, params, **rest)
    eps = 1e-6
    for t in (3, 6):
        for place in np.ndindex(3, 2):
            sides = []
            for sign in (1, -1):
                fed = net.y.copy()
                fed[t - 1 - place[0], place[1]] += sign * eps
                sides.append(narx.run(x, params, teacher=fed, **rest).y[t])
            column = found[t][:2, 2 * place[0] + place[1]]
            np.testing.assert_allclose(column, (sides[0] - sides[1]) / (2 * eps), atol=1e-8)
    np.testing.assert_array_equal(found[0][2:], np.eye(6)[:4])
    radii = [np.abs(np.linalg.eigvals(matrix)).max() for matrix in found]
    np.testing.assert_allclose(narx_loop.factors(x, params, **rest), radii)


def test_a_linear_loop_multiplies_an_error_by_its_factor_in_the_long_run():
    params = narx.NarxParams([[[0.0]]], [[[0.9]], [[0.3]]], [0.0], [[1.0]], [0.0])
    rho = narx_loop.factors(np.zeros(3), params, activation="identity")
    assert rho == pytest.approx(np.full(3, (0.9 + (0.81 + 1.2) ** 0.5) / 2))
    y = narx.run(np.zeros(60), params, activation="identity", y_before=[0.0, 1.0]).y[:, 0]
    assert y[-1] / y[-2] == pytest.approx(rho[0], rel=1e-9)


def test_where_the_loop_has_overflowed_it_has_no_factor():
    params = narx.NarxParams([[[0.0]]], [[[1e200]]], [1.0], [[1.0]], [0.0])
    found = narx_loop.factors(np.ones(6), params, activation="identity")
    assert np.isfinite(found[0]) and np.isnan(found[-1])


@pytest.mark.parametrize("delays", [[1], [1, 2], [1, 2, 3], [2], [1, 3], [2, 3]])
def test_unfolding_against_ways_found_by_walking(delays):
    ways, fewest = narx_loop.n_ways(9, delays), narx_loop.fewest_steps(9, delays)
    for t in range(1, 10):
        walked = naive_narx.all_ways(t, delays)
        assert ways[t - 1] == len(walked)
        assert fewest[t - 1] == min((len(way) - 1 for way in walked), default=-1)
    found = narx_loop.edges(9, delays)
    assert len(found) == 9 * len(delays) and (found[:, 1] - found[:, 0] == found[:, 2]).all()


def test_two_delays_give_fibonacci_numbers_and_one_a_chain():
    assert narx_loop.n_ways(10, [1, 2]) == [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]
    assert narx_loop.n_ways(10, [1]) == [1] * 10
    assert narx_loop.edges(2, [1, 2]).tolist() == [[0, 1, 1], [-1, 1, 2], [1, 2, 1], [0, 2, 2]]
    assert narx_loop.fewest_steps(10, [1, 2, 3]) == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    with pytest.raises(ValueError, match="feedback_delays"):
        narx_loop.edges(3, [])


def test_the_derivative_between_two_copies_is_the_sum_over_all_ways():
    """In a linear loop each way is the product of its weights; BPTT adds them all up."""
    w1, w2, n_steps = 0.7, -0.4, 7
    params = narx.NarxParams([[[0.0]]], [[[w1]], [[w2]]], [0.0], [[1.0]], [0.0])
    y = narx.run(np.zeros(n_steps), params, activation="identity").y
    target = np.zeros_like(y)
    target[-1] = -0.5  # the derivative of the loss by the last output is then 1
    found = narx.gradient(np.zeros(n_steps), y + target, params, activation="identity")
    total = sum(
        np.prod([{1: w1, 2: w2}[later - earlier] for earlier, later in itertools.pairwise(way)])
        for way in naive_narx.all_ways(n_steps, [1, 2])
    )
    assert found.dF_dy[-1, 0] == pytest.approx(1.0)
    assert found.dF_dy[0, 0] == pytest.approx(total, rel=1e-12)
