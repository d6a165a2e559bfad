import numpy as np
import pytest
from scipy.optimize import least_squares

from engine import levenberg_marquardt

pytestmark = pytest.mark.filterwarnings("error")


def exponentials(seed):
    """Fit w0 exp(-w1 t) + w2 to noisy data: a small curved problem with a Jacobian by hand."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 4, 40)
    data = 2.0 * np.exp(-0.7 * t) + 0.3 + 0.05 * rng.normal(size=t.size)

    def residuals(w):
        decay = np.exp(-w[1] * t)
        return w[0] * decay + w[2] - data, np.stack([decay, -w[0] * t * decay, np.ones_like(t)], axis=1)

    return residuals, np.array([1.0, 0.2, 0.0])


def small_network(seed):
    """Three tanh units fitted to a sine; the weights in one vector, the Jacobian by complex steps."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-2, 2, 50)

    def outputs(w):
        return np.tanh(np.outer(x, w[:3]) + w[3:6]) @ w[6:9] + w[9]

    def residuals(w):
        columns = [outputs(w + 1e-30j * row).imag / 1e-30 for row in np.eye(10)]
        return outputs(w) - np.sin(2 * x), np.stack(columns, axis=1)

    return residuals, rng.normal(size=10)


# A network has long flat valleys: on its way along one it is near the bottom, not at its end.
@pytest.mark.parametrize(("make", "above"), [(exponentials, 1e-6), (small_network, 0.1)])
@pytest.mark.parametrize("seed", range(5))
def test_the_minimum_is_that_of_scipy_started_from_ours(make, above, seed):
    residuals, start = make(seed)
    found = levenberg_marquardt.minimise(residuals, start, n_updates=400)
    oracle = least_squares(lambda w: residuals(w)[0], found.weights, lambda w: residuals(w)[1], method="lm",
                           xtol=1e-15, ftol=1e-15, gtol=1e-15)  # fmt: skip
    assert found.loss[-1] <= 2 * oracle.cost * (1 + above) + 1e-14
    assert (np.diff(found.loss) < 0).all() and len(found.path) == len(found.loss) == len(found.damping)


@pytest.mark.parametrize("seed", range(20))
def test_from_the_same_start_both_reach_the_same_weights(seed):
    residuals, start = exponentials(seed)
    ours = levenberg_marquardt.minimise(residuals, start).weights
    oracle = least_squares(lambda w: residuals(w)[0], start, lambda w: residuals(w)[1], method="lm",
                           xtol=1e-15, ftol=1e-15, gtol=1e-15)  # fmt: skip
    np.testing.assert_allclose(ours, oracle.x, rtol=1e-6)


def test_one_update_is_the_damped_normal_equation():
    residuals, start = exponentials(1)
    errors, J = residuals(start)
    trainer = levenberg_marquardt.Trainer(residuals, start, damping=0.5)
    update = trainer.step()
    assert update.lowered
    expected = start - np.linalg.inv(J.T @ J + update.damping * np.eye(3)) @ J.T @ errors
    np.testing.assert_allclose(trainer.weights, expected, rtol=1e-12)
    assert update.damping == 0.5 * 10 ** (update.n_tried - 1)
    assert update.gradient_norm == pytest.approx(np.linalg.norm(2 * J.T @ errors))
    assert update.loss == pytest.approx((residuals(expected)[0] ** 2).sum())


def test_a_linear_problem_is_solved_as_by_lstsq():
    rng = np.random.default_rng(0)
    A, target = rng.normal(size=(30, 4)), rng.normal(size=30)
    found = levenberg_marquardt.minimise(lambda w: (A @ w - target, A), np.zeros(4))
    np.testing.assert_allclose(found.weights, np.linalg.lstsq(A, target, rcond=None)[0], rtol=1e-9)


def test_where_nothing_can_be_lowered_it_stops_and_keeps_the_weights():
    trainer = levenberg_marquardt.Trainer(lambda w: (np.array([1.0, w[0]]), np.array([[0.0], [1.0]])), [0.0])
    update = trainer.step()
    assert not update.lowered and trainer.finished and trainer.weights.tolist() == [0.0] and trainer.loss == 1.0
    assert len(levenberg_marquardt.minimise(lambda w: (w, np.eye(1)), [0.0]).loss) == 1


def test_a_step_into_overflow_is_not_taken():
    def residuals(w):
        return (np.array([1e200]) if w[0] > 0.5 else 1 - w), np.array([[-1.0]])

    trainer = levenberg_marquardt.Trainer(residuals, [0.0], damping=1e-9)
    for _ in range(50):
        trainer.step()
    assert 0 < trainer.weights[0] <= 0.5


@pytest.mark.parametrize(
    ("residuals", "start", "damping", "named"),
    [
        (lambda w: (w, np.eye(2)), [np.nan, 1], 0.1, "weights"),
        (lambda w: (w, np.eye(2)), [1, 1], 0, "damping"),
        (lambda w: (w, np.eye(3)), [1, 1], 0.1, "residuals"),
        (lambda w: (w * np.inf, np.eye(2)), [1, 1], 0.1, "residuals"),
    ],
)
def test_refusals_name_the_argument(residuals, start, damping, named):
    with pytest.raises(ValueError, match=named):
        levenberg_marquardt.Trainer(residuals, start, damping=damping)
    with pytest.raises(ValueError, match="n_updates"):
        levenberg_marquardt.minimise(lambda w: (w, np.eye(1)), [1.0], n_updates=-1)
