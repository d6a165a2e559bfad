"""The lesson's model against closed forms and plain NumPy that share no code with it."""

import numpy as np
import pytest

from lessons.vanishing import topics
from tests.lessons.vanishing.vanishing_oracle import FUNCTIONS, literal_run, model_at

# What the presets promise


def test_the_linear_unit_of_the_chapter():
    for preset in ("eq-12-32", "eq-12-34"):
        table = model_at(preset=preset).table()
        np.testing.assert_allclose(10 ** table["log10_product"], 0.5 ** np.arange(9, -1, -1), rtol=1e-12)
        np.testing.assert_array_equal(table["factor"], 0.5)
    np.testing.assert_array_equal(model_at(preset="eq-12-32").table()["h"], 0.5 ** np.arange(10))


def test_the_saturating_unit_settles_where_the_fixed_point_is():
    table = model_at(preset="eq-12-35").table()
    h = 0.9
    for _ in range(200):
        h = np.tanh(1 + h)
    assert table["h"][-1] == pytest.approx(h, abs=1e-9)
    assert table["factor"][-1] == pytest.approx(1 - h * h, rel=1e-7)
    assert table["log10_product"][0] == pytest.approx(np.log10(np.abs(table["factor"][1:])).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("preset", "rho", "sigma", "left"),
    [
        ("sigma-below", (0, 0.98), (0.98, 0.98), (-400, 99 * np.log10(0.98))),
        ("sigma-above", (0, 0.999), (1.05, 1.05), (-400, -1)),
        ("saturated", (1.3, 1.3), (1.3, 99), (-400, -1)),
        ("orthogonal", (1, 1), (1, 1), (0, 0)),
        ("explosion", (1.1, 1.1), (1.1, 99), (99 * np.log10(1.1), 30)),
        ("symmetric-modes", (0.95, 0.95), (0.95, 0.95), (59 * np.log10(0.95), 59 * np.log10(0.95))),
    ],
)
@pytest.mark.parametrize("seed", range(1, 21))
def test_matrix_presets_keep_their_promise_for_any_seed(preset, rho, sigma, left, seed):
    model = model_at(preset=preset, seed=seed)
    W = model.result.params.W
    for size, (low, high) in (
        (np.abs(np.linalg.eigvals(W)).max(), rho),
        (np.linalg.norm(W, 2), sigma),
        (model.table()["log10_product"][0], left),
    ):
        assert low - 1e-8 <= size <= high + 1e-8


def test_the_cliff_throws_the_plain_descent_away_and_the_clipped_one_arrives():
    clipped, free = model_at(preset="loss-cliff").result.descents
    steps = np.hypot(np.diff(free.w), np.diff(free.b))
    assert steps.max() > 2 and free.loss[-1] > free.loss[0]
    assert np.hypot(np.diff(clipped.w), np.diff(clipped.b)).max() <= 0.2 * 0.5 + 1e-12
    assert clipped.loss[85:].max() < 0.02 < clipped.loss[84] and len(clipped.loss) == 121
    later = model_at(preset="loss-cliff", descent_steps=200).result.descents[0].loss
    assert later[85:].max() < 0.02


def test_chaos_parts_the_starts_and_a_basin_boundary_does_too():
    for preset, exponent in (("chaos", 1), ("basins", -1)):
        model = model_at(preset=preset)
        distance = model.table()["log10_distance"]
        assert distance[0] < -5 and distance[-20:].max() > -0.5
        assert np.sign(model.result.exponent) == exponent and model.result.end != topics.TOGETHER


def test_side_by_side_only_the_carousel_keeps_the_gradient_whatever_the_seed():
    for seed in range(1, 21):
        products = model_at(preset="side-by-side", seed=seed).result.log10_products
        assert products["tanh network"][0] < -10 and products["carousel"][0] == 0
        assert abs(products["LSTM"][0]) < 3
        assert model_at(preset="side-by-side", seed=seed, forget_bias=0).result.log10_products["LSTM"][0] < -30
    half = model_at(preset="side-by-side", forget=0.99).result.log10_products["carousel"]
    np.testing.assert_allclose(half, np.arange(199, -1, -1) * np.log10(0.99), atol=1e-10)


def test_side_by_side_the_lstm_has_the_gradient_of_its_cell_by_the_chain_rule():
    model = model_at(preset="side-by-side", n_units=3, horizon=100, forget_bias=1.0)
    U, W, b, _ = topics.lstm_weights(model)
    sigma = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    h = c = np.zeros(3)
    jacobians, direct = [], []
    for x in model.result.x:
        a = U[:, 0] * x + W @ h + b
        i, f, g, o = sigma(a[:3]), sigma(a[3:6]), np.tanh(a[6:9]), sigma(a[9:])
        dc_dh = (i * (1 - i) * g)[:, None] * W[:3] + (f * (1 - f) * c)[:, None] * W[3:6]
        dc_dh += (i * (1 - g**2))[:, None] * W[6:9]
        c = f * c + i * g
        slope = o * (1 - np.tanh(c) ** 2)
        dh_dh = slope[:, None] * dc_dh + (o * (1 - o) * np.tanh(c))[:, None] * W[9:]
        jacobians.append(np.block([[dh_dh, np.diag(slope * f)], [dc_dh, np.diag(f)]]))
        direct.append(np.vstack([np.diag(slope), np.eye(3)]))
        h = o * np.tanh(c)
    product, expected = np.eye(6), []
    for jacobian, start in zip(jacobians[::-1], direct[::-1], strict=True):
        expected.append(np.log10(np.linalg.norm((product @ start)[3:], 2)))
        product = product @ jacobian
    np.testing.assert_allclose(model.result.log10_products["LSTM"], expected[::-1], atol=1e-9)


# The numbers plotted


@pytest.mark.parametrize("form", ["hidden", "cell"])
@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("n_units", [1, 5])
def test_table_against_plain_loops(form, activation, n_units):
    settings = {"form": form, "activation": activation, "n_units": n_units}
    m = model_at(**settings, n_steps=15, signal="noise", bias=0.3, size=1.2, w=-0.8)
    table = m.table()
    U, W, b = m.result.params
    states, jacobians = literal_run(table["x"], W, U, b, activation, form)
    np.testing.assert_allclose(table["h"], states[:, 0], rtol=1e-12, atol=1e-14)
    sizes = [J[0, 0] if n_units == 1 else np.linalg.norm(J, 2) for J in jacobians]
    np.testing.assert_allclose(table["factor"], sizes, rtol=1e-10, atol=1e-14)
    product, logs = np.eye(n_units), [0.0]
    for J in jacobians[:0:-1]:
        product = product @ J
        with np.errstate(divide="ignore"):
            logs.append(np.log10(np.linalg.norm(product, 2)))
    np.testing.assert_allclose(table["log10_product"], logs[::-1], atol=1e-9)
    gamma = 0.25 if activation == "logistic" else 1
    lags = np.arange(14, -1, -1)
    np.testing.assert_allclose(table["bound"], lags * np.log10(gamma * np.linalg.norm(W, 2)), atol=1e-10)
    np.testing.assert_allclose(table["prediction"], lags * np.log10(np.abs(np.linalg.eigvals(W)).max()), atol=1e-10)


@pytest.mark.parametrize("form", ["hidden", "cell"])
def test_omega_against_its_definition(form):
    model = model_at(n_units=4, activation="tanh", form=form, signal="sine", n_steps=12, size=1.4)
    W = model.result.params.W
    a = model.result.a
    slopes = 1 - np.tanh(a) ** 2
    error, ratios = slopes[-1], [np.nan]
    for t in range(11, 0, -1):
        earlier = error @ (W * slopes[t - 1])
        ratios.append(np.linalg.norm(earlier) / np.linalg.norm(error))
        error = earlier
    np.testing.assert_allclose(model.table()["ratio"], ratios[::-1], rtol=1e-9)
    assert model.result.omega.total == pytest.approx(np.nansum((np.array(ratios) - 1) ** 2))


def test_two_unit_map_literally():
    model = model_at(preset="chaos", gain=0.9, b1=0.1, n_steps=30)
    W = 0.9 * np.array([[-2.4, -2.5], [6.7, 5.8]])
    a, b = np.array([0.3, 0.2]), np.array([0.3 + 1e-6, 0.2])
    for t in range(30):
        a, b = (np.tanh(W @ start + [0.1, 0]) for start in (a, b))
        assert model.table()["h"][t] == pytest.approx(a[0], abs=1e-6)
        assert model.table()["log10_distance"][t] == pytest.approx(np.log10(np.linalg.norm(a - b)), abs=0.02)
