"""The sentences that the gamma page makes up: no two of them disagree, and none says 0 for what is not."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from app.parts.ranges import LIMIT
from lessons.gamma import numbers
from lessons.gamma.model import Gamma
from tests import naive
from tests.app.pages import Opened

JUST = 1e-12
EDGES = (0.0, 1e-200, 1e-17, 1e-6, 0.01, 0.5, 0.99, 0.9999, 1 - 1e-16, 1.0, 1 + 3e-16, 1.004, 1.01, 1.5, 1.89, 1.99,
         1.9999999, 2 - 3e-16, 2.0)  # fmt: skip
SIGNALS = Gamma.param["signal"].objects


def model_at(**values):
    model = Gamma()
    model.param.update(**values)
    return model


def value_of(text):
    """A number as the page writes it."""
    mantissa, _, exponent = text.replace("−", "-").partition("·10")
    raised = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{mantissa}e{raised}") if exponent else float(mantissa)


NUMBER = r"(−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"


def found(pattern, text):
    match = re.search(pattern.replace("#", NUMBER), text)
    return match and value_of(match[1])


def all_said(model):
    """Every sentence of the page at its cursor."""
    notes = [block.note for block in numbers.blocks(model, model.at)]
    checks = [model.reaches_mean_lag_twenty(), model.alternates_and_dies(), model.descent_arrives()]
    said = [model.sentence(), model.explain("a", model.at), *(check.reason for check in checks), *notes]
    if max(np.abs(values).max() for values in model.table().values()) > LIMIT:
        said.append(model.divergence(5))
    return said


def states(count=120):
    rng = np.random.default_rng(11)
    for k in range(count):
        n_steps = int(rng.choice([10, 11, 60, 200]))
        edge = {"alpha": EDGES[k % len(EDGES)]} if k % 3 else {"alpha": round(float(rng.uniform(0, 2)), 2)}
        yield edge | {
            "n_steps": n_steps,
            "cursor": int(rng.choice([1, 2, 3, n_steps // 2, n_steps])),
            "signal": str(rng.choice(SIGNALS)),
            "taps": int(rng.integers(1, 11)),
            "period": int(rng.choice([2, 3, 20])),
            "seed": k,
            "target_alpha": float(rng.choice([0, 0.3, 1, 2, rng.uniform(0, 2)])),
            "start_alpha": float(rng.choice([0, 0.3, 1, 2, rng.uniform(0, 2)])),
            "learning_rate": float(rng.choice([0.01, 0.5, 5])),
            "descent_steps": int(rng.choice([0, 1, 30, 200])),
            "x": tuple(np.round(rng.uniform(-1, 1, 8) * (rng.random(8) < 0.5), 2).tolist()),
        }


@pytest.mark.parametrize("values", list(states()), ids=lambda values: f"{values['signal']} {values['seed']}")
def test_no_sentence_is_broken_or_contradicts_another(values):
    model = model_at(**values)
    for text in all_said(model):
        assert not re.search(r"nan|not a number|inf|∞|−0(?![.\d])|\d[+*/·] *−|--", text), text
    alpha, sentence = model.alpha, model.sentence()
    lag = found(r"looks back # steps? on average", sentence)
    assert lag is None or (0 < alpha < 1 and lag == pytest.approx(model.taps / alpha, rel=6e-3))
    assert found(r"every # steps", sentence) is None or found(r"every # steps", sentence) > 1
    factor = found(r"factor 1 − α = #", " ".join(all_said(model)))
    assert (
        factor is None or factor == pytest.approx(1 - alpha, rel=1e-3) or "descent stands" in " ".join(all_said(model))
    )
    held, truth = found(r"tap 1 holds #\.", sentence), exact_tap(model, model.at)
    assert held is None or (held == 0) == (truth == 0), (sentence, float(truth))


def exact_tap(model, step):
    """Tap 1 in rational numbers, which neither round nor underflow."""
    x = [Fraction(value) for value in model.result.x[:step].tolist()]
    return naive.gamma_line(x, Fraction(model.alpha), 1)[step - 1][0]


@pytest.mark.parametrize("alpha", [*(alpha for alpha in EDGES if 1e-9 < alpha < 2), 0.004, 0.2, 0.991, 1 - 9.9999e-3])
def test_the_step_below_one_percent_is_the_first(alpha):
    sentence = model_at(alpha=alpha).sentence()
    if alpha == 1:
        assert "nothing is kept" in sentence
        return
    keep, after = abs(1 - Decimal(alpha)), found(r"below 1 % after #", sentence)
    left = [float(Decimal(after + more) * keep.log10()) for more in (0, -1)]
    assert left[0] < -2 + 1e-5 * after and left[1] > -2 - 6e-4 * after
    kept = found(r"Tap 1 keeps # %", sentence)
    assert kept is None or (kept < 1) == (after == 1)


@pytest.mark.parametrize("near", [1.0, 2.0])
def test_a_factor_beside_an_edge_is_not_written_as_the_edge(near):
    for alpha in (near - 1e-7, near - 1e-15, near + 1e-7 * (near < 2)):
        said = model_at(alpha=alpha, cursor=3).sentence()
        assert "With α" not in said or alpha == near
        factor = found(r"factor 1 − α = #", said)
        assert factor is None or factor not in (-1, 0)


def test_what_is_too_small_for_the_machine_is_not_called_zero():
    model = model_at(signal="impulse", alpha=0.99, n_steps=200, taps=2, cursor=199)
    assert model.result.taps[198, 0] == 0  # 0.99 · 0.01^197 is about 10^-394
    assert "tap 1 holds less than 10⁻³⁰⁰" in model.sentence()
    notes = [block.note for block in numbers.blocks(model, 199)[:2]]
    assert "10⁻³⁹⁴" in notes[0] and all("too small" in note for note in notes)
    assert "too small" in model.explain("a", 199)
    assert (
        Opened("gamma", signal="impulse", alpha=0.99, n_steps=200, cursor=199).frame["live"]["text"]["a1.value"]
        == "≈ 0"
    )
    # but a value that cancels is 0
    model = model_at(signal="drawn", x=(1.0, -0.5, *[0.0] * 8), alpha=0.5, n_steps=10, taps=1, cursor=4)
    assert (
        "tap 1 holds −0.0" not in model.sentence() and exact_tap(model, 4) == 0 and "tap 1 holds 0." in model.sentence()
    )
    assert "too small" not in "".join(all_said(model))


def test_a_resonant_input_grows_by_another_power():
    for signal, period, extra in (("impulse", 20, 0), ("square", 2, 1)):
        model = model_at(signal=signal, period=period, alpha=2.0, taps=7, n_steps=200)
        size = np.abs(model.result.taps[:, -1])
        power = math.log(size[199] / size[149]) / math.log(200 / 150)
        assert power == pytest.approx(6 + extra, abs=0.6)
        assert "impulse" in model.divergence(9) and "t⁶" in model.divergence(9)


def test_a_gradient_that_passes_the_limit_hardly_fades():
    seen = 0
    for start in (0.0, 0.01, 0.05, 0.2, 1.8, 1.9, 1.95, 1.99, 2.0):
        for target in (0.0, 1.95, 2.0):
            model = model_at(signal="square", period=2, n_steps=200, start_alpha=start, target_alpha=target)
            if max(np.abs(values).max() for values in model.table().values()) > LIMIT:
                seen += 1
                assert "hardly fades" in model.divergence(9) and abs(1 - model.reached) > 0.9
    assert seen >= 3


# Each check: what it prints agrees with its verdict, at and around each threshold.
@pytest.mark.parametrize("lag", [19.4, 19.494, 19.496, 19.5, 20.5, 20.504, 20.506, 20.6])
def test_mean_lag_and_verdict_agree(lag):
    check = model_at(taps=5, alpha=5 / lag).reaches_mean_lag_twenty()
    assert check.passed == (abs(found(r"looks back #", check.reason) - 20) <= 0.5 + JUST)


def test_above_one_no_average_is_claimed_anywhere():
    for alpha in (1.01, 1.5, 1.99, 1.9999999):
        model = model_at(alpha=alpha, taps=5)
        assert "on average" not in model.sentence() + model.reaches_mean_lag_twenty().reason


@pytest.mark.parametrize("left", [1e-9, 9.9999e-3, 0.01 - JUST, 0.01 + JUST, 1.00001e-2, 0.5])
def test_what_is_left_and_verdict_agree(left):
    check = model_at(signal="impulse", alpha=1 + left ** (1 / 40)).alternates_and_dies()
    shown = found(r"# % is left", check.reason)
    assert "nothing" not in check.reason and check.passed == (shown < 1)


@pytest.mark.parametrize("distance", [0.2, 0.3 - 1e-6, 0.3, 0.3 + 1e-6])
def test_a_start_that_is_too_near_is_not_said_to_be_as_far_as_asked(distance):
    check = model_at(signal="noise", target_alpha=0.5, start_alpha=0.5 + distance).descent_arrives()
    away = found(r"only # away", check.reason)
    assert (away is not None) == (distance < 0.3 - 1e-9) and (away is None or away < 0.3)


def test_how_far_the_descent_is_away_agrees_with_the_verdict():
    seen = set()
    for steps in range(1, 31):
        for rate in (0.05, 0.1, 0.2, 0.3, 0.5):
            model = model_at(signal="noise", n_steps=100, start_alpha=0.9, descent_steps=steps, learning_rate=rate)
            check = model.descent_arrives()
            assert check.passed == (found(r"# away from", check.reason) <= 0.01)
            seen.add(check.passed)
    assert seen == {True, False}
    model = model_at(signal="noise", target_alpha=0.5, start_alpha=0.1, descent_steps=1, learning_rate=0.01)
    model.result.descent.alpha[-1] = 0.5100001  # a path that ends just outside
    assert not model.descent_arrives().passed and found(r"# away from", model.descent_arrives().reason) > 0.01


def test_factors_in_an_explanation_have_their_signs_in_brackets():
    model = model_at(signal="drawn", x=(-1.0, 0.5, 0.25), alpha=1.6, n_steps=10)
    assert model.explain("a", 3) == "a(3) = α·x(2) + (1 − α)·a(2) = 1.6·0.5 + (−0.6)·(−1.6) = 1.76."
