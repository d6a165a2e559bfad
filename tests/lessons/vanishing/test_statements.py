"""Statements that were wrong once, each against plain arithmetic that shares nothing with the engine."""

import math
import re

import numpy as np
import pytest

from app.shell import lessons
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


# Two starts of the two-unit map

CIRCLES = [(0.9, -0.7, 0.7, 0.9), (1.5, -1.0, 1.0, 1.5), (1.2, -0.5, 0.9, 0.8), (1.0, -0.9, 0.6, 1.0)]
CHAOS = (-2.4, -2.5, 6.7, 5.8)


def two_runs(W, bias=0.0, **settings):
    """The page's model, and both runs of n steps by plain loops."""
    names = dict(zip(("W11", "W12", "W21", "W22"), W, strict=True))
    model = model_at(topic="chaos", b1=bias, **names, **settings)
    starts = (model.start1, model.start2), (model.start1 + 10**model.separation, model.start2)
    both = []
    for h1, h2 in starts:
        run = []
        for _ in range(2600):
            h1, h2 = math.tanh(W[0] * h1 + W[1] * h2 + bias), math.tanh(W[2] * h1 + W[3] * h2)
            run.append((h1, h2))
        both.append(np.array(run))
    return model, *both


def nearest(points, others):
    return np.array([np.hypot(*(others - point).T).min() for point in points])


@pytest.mark.parametrize("W", CIRCLES)
def test_two_starts_on_one_closed_curve_have_no_boundary_between_them(W):
    model, first, second = two_runs(W, separation=-1)
    # they never meet, but each comes as near as one likes to where the other has been
    assert np.hypot(*(first - second)[-100:].T).min() > 0.01 and nearest(second[-50:], first[1000:]).max() < 0.01
    said = model.sentence()
    assert "boundary" not in said and "run round the same curve, but out of step" in said
    assert "exponent is about 0" in said and "about 0" in blocks_at(3, topic="chaos", **parameters(model))[-1].note


def parameters(model):
    return {name: getattr(model, name) for name in ("W11", "W12", "W21", "W22", "separation")}


def test_two_starts_on_one_cycle_have_no_boundary_between_them():
    model, first, second = two_runs((0.0, -2.0, 2.0, 0.0), start1=-0.05, separation=-1)
    assert np.hypot(*(first[-1] - second[-1])) > 1 and nearest(second[-8:], first[-8:]).max() < 1e-9
    assert "same cycle, but out of step" in model.sentence()


def test_a_boundary_is_claimed_for_two_attractors_and_none_for_one():
    rng, seen = np.random.default_rng(3), {"boundary": 0, "settle at the same attractor": 0, "same": 0}
    for _ in range(30):
        W = np.round(rng.uniform(-3, 3, 4), 1)
        start = np.round(rng.uniform(-0.5, 0.5, 2), 2)
        model, first, second = two_runs(W, separation=-1, start1=start[0], start2=start[1])
        said, apart = model.sentence(), np.hypot(*(first[-1] - second[-1]))
        if "boundary" in said:
            assert nearest(second[-20:], first[-200:]).min() > 1e-3, W
        elif "settle at the same attractor" in said:
            assert apart < 1e-3, W
        elif "same c" in said:
            assert nearest(second[-20:], first[1000:]).max() < 0.05, W
        for words in seen:
            seen[words] += words in said
    assert min(seen.values()) >= 2, seen


def test_where_neighbours_meet_two_starts_merge_or_a_boundary_parts_them():
    model, first, second = two_runs((-0.8, 0.4, 2.6, 1.3), start1=-0.167571, separation=-6)
    assert model.result.exponent < -0.05 and np.hypot(*(first[-1] - second[-1])) > 0.5
    assert parameters(model) == parameters(model_at(preset="basins"))
    lesson = lessons.load("vanishing").body
    assert "Where the product vanishes, small differences are forgotten" in lesson and "boundary" in lesson
    for h1 in np.linspace(-0.9, 0.9, 20).round(2):
        model, first, second = two_runs((-0.8, 0.4, 2.6, 1.3), start1=h1, separation=-6)
        assert np.hypot(*(first[-1] - second[-1])) < 1e-9 and "same attractor" in model.sentence()


def test_the_exponent_is_said_with_no_digit_that_another_run_would_change():
    # one long run by plain loops, with the tangent beside it
    h1, h2, v1, v2, total, n_steps = 0.3, 0.2, 1.0, 0.0, 0.0, 100_000
    w11, w12, w21, w22 = CHAOS
    for _ in range(n_steps):
        h1, h2 = math.tanh(w11 * h1 + w12 * h2), math.tanh(w21 * h1 + w22 * h2)
        v1, v2 = (1 - h1 * h1) * (w11 * v1 + w12 * v2), (1 - h2 * h2) * (w21 * v1 + w22 * v2)
        length = math.hypot(v1, v2)
        v1, v2, total = v1 / length, v2 / length, total + math.log(length)
    near = 0
    for start in np.linspace(-0.95, 0.95, 20).round(3):
        said = model_at(preset="chaos", start1=start).sentence()
        value, error = map(float, re.search(r"exponent is (\S+) ± (\S+):", said).groups())
        near += abs(value - total / n_steps) <= error
        assert 0.01 <= error <= 0.03 and len(str(value)) <= 4
    assert near >= 18
