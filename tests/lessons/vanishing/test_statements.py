"""Statements that were wrong once, each against plain arithmetic that shares nothing with the engine."""

import re

import numpy as np
import pytest

from tests.lessons.vanishing.vanishing_oracle import FUNCTIONS, blocks_at, literal_run, model_at, text

# Ω where the gradient underflows


@pytest.mark.parametrize(
    ("settings", "f"),
    [
        ({"w": 0.01}, "identity"),
        ({"w": 1.517, "bias": 1.0, "activation": "tanh", "signal": "constant"}, "tanh"),
        ({"w": 1.517, "activation": "tanh", "signal": "constant", "form": "cell"}, "tanh"),
        ({"w": -2, "activation": "logistic", "signal": "noise"}, "logistic"),
        ({"w": -2, "activation": "logistic", "signal": "noise", "form": "cell"}, "logistic"),
    ],
)
def test_omega_has_a_term_for_every_step_however_small_the_gradient(settings, f):
    model = model_at(n_steps=200, **settings)
    apply, slope = FUNCTIONS[f]
    # one unit: the ratio is the factor itself, whatever has arrived; c(0) = 0 in one form, h(0) = 0 in the other
    before, expected = apply(0.0) if settings.get("form") == "cell" else 0.0, 0.0
    for x in model.result.x[:-1]:
        c = x + settings["w"] * before + settings.get("bias", 0.0)
        before = apply(c)
        expected += (abs(settings["w"]) * slope(c) - 1) ** 2
    assert model.result.log10_product[0] < -70
    assert np.isfinite(model.result.omega.ratios).all()
    assert model.result.omega.total == pytest.approx(expected, rel=1e-6)
    said = next(block for block in blocks_at(5, n_steps=200, **settings) if block.title.startswith("Ω"))
    written = text(" ".join(said.lines))
    assert "all t" in written and "No error arrives" not in written + said.note


def test_omega_stops_only_at_a_factor_of_exactly_0():
    cut = model_at(n_steps=20, activation="relu", w=0.01, signal="drawn", x="1*10,-2,1*9").result.omega.ratios
    assert np.isnan(cut[:10]).all() and cut[10] == 0 and cut[11:].tolist() == pytest.approx([0.01] * 8)


# Why many units lose a gradient

SEVERAL = {"n_units": 16, "n_steps": 60, "signal": "noise"}


def steepest(model):
    """log10 of what is left where every slope is the largest, by plain powers of W."""
    gamma = 0.25 if model.activation == "logistic" else 1.0
    W = gamma * model.result.params.W
    return float(np.log10(np.linalg.norm(np.linalg.matrix_power(W, model.n_steps - 1), 2)))


def slopes_met(model):
    """All f'(a) in the product, by plain loops."""
    U, W, b = model.result.params
    states, _ = literal_run(model.result.x, W, U, b, model.activation, model.form)
    slope = FUNCTIONS[model.activation][1]
    a = [U[:, 0] * x + W @ h + b for x, h in zip(model.result.x[1:], states[:-1], strict=True)]
    return slope(np.array(a if model.form == "hidden" else states[:-1]))


def power_of_ten(written):
    """The logarithm of `2.1·10⁻¹²`, `10⁻³⁹⁸` or `0.13`."""
    mantissa, ten, exponent = (
        written.partition("10") if "10⁻" in written or re.search("·10", written) else (written, "", "")
    )
    digits = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return np.log10(float(mantissa.rstrip("·") or 1)) + (int(digits) if ten else 0)


@pytest.mark.parametrize("activation", ["tanh", "relu", "identity"])
@pytest.mark.parametrize("matrix", ["random", "symmetric", "orthogonal", "identity"])
def test_a_radius_of_exactly_1_is_not_called_above_or_below_1(activation, matrix):
    for size, bias in ((1.0, 0.0), (1.0, 1.0)):
        said = model_at(**SEVERAL, activation=activation, matrix=matrix, size=size, bias=bias).sentence()
        assert ("ρ = 1" in said or "nothing arrives" in said) and "above 1" not in said and "below 1" not in said
        assert "ρ = 1 makes the gradient vanish" not in said


@pytest.mark.parametrize("seed", range(1, 21))
def test_slopes_are_blamed_only_where_steep_ones_would_have_kept_the_gradient(seed):
    large = model_at(**SEVERAL, activation="tanh", size=1.5, bias=2.0, matrix="symmetric", seed=seed)
    said = large.sentence()
    assert steepest(large) > 0 > large.result.log10_product[0] and "saturated units (f′ is" in said
    assert float(re.search(r"f′ is (\S+) on average", said)[1]) == pytest.approx(slopes_met(large).mean(), rel=0.01)
    small = model_at(**SEVERAL, activation="logistic", size=2.5, seed=seed)
    said = small.sentence()
    assert "weaken" not in said and "saturated" not in said
    if np.linalg.norm(small.result.params.W, 2) < 4:
        assert "no step can pass on more than 0.9" in said
        return
    # γρ = 0.625: with every slope at 1/4 the gradient vanishes all the same
    assert "γρ = 0.625 makes the gradient vanish" in said
    left = re.search(r"were every slope at its largest, 0.25, (\S+) would be left", said)
    assert power_of_ten(left[1]) == pytest.approx(steepest(small), abs=0.02)
    assert float(re.search(r"f′ is (\S+) on average", said)[1]) == pytest.approx(slopes_met(small).mean(), abs=1e-3)


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_relu_is_off_and_not_saturated(seed):
    model = model_at(**SEVERAL, activation="relu", size=1.1, seed=seed)
    said, off = model.sentence(), 100 * np.mean(slopes_met(model) == 0)
    assert "saturated" not in said
    if steepest(model) > 0 and model.result.log10_product[0] < -0.1:
        assert float(re.search(r"off \((\S+) % of all slopes are 0", said)[1]) == pytest.approx(off, abs=0.6)
