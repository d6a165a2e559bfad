"""The model of the unrolled network against complex-step derivatives that share no code with it."""

import numpy as np
import pytest

from app.shell import address
from lessons.unrolled.model import Unrolled
from lessons.unrolled.results import compared, felt
from lessons.unrolled.weights import SHARED
from tests.lessons import plain
from tests.lessons.unrolled.unrolled_oracle import (
    FUNCTIONS,
    LESSON,
    PRESETS,
    RICH,
    derivative,
    loss,
    make,
    model_at,
    states_moved,
)


@pytest.mark.parametrize("output_layer", ["false", "true"])
@pytest.mark.parametrize("loss_at", ["last step", "every step"])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_terms_and_gradients_are_those_of_the_loss(activation, loss_at, output_layer):
    model = model_at(**RICH | {"activation": activation, "loss_at": loss_at, "output_layer": output_layer})
    assert model.result.loss.loss == pytest.approx(loss(model).real, rel=1e-12)
    for name, row in zip(model.names(), compared(model, model.result), strict=True):
        wanted = derivative(model, name)
        for method in ("BPTT", "unrolled", "RTRL"):
            assert model.result.derivative(name, method) == pytest.approx(wanted, rel=1e-9, abs=1e-12), (name, method)
        assert row[3] == pytest.approx(wanted, rel=1e-5, abs=1e-6)
        if name in SHARED:
            copies = [derivative(model, name, copy) for copy in range(1, 6)]
            np.testing.assert_allclose(model.result.terms(name), copies, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("weight", ["W11", "W12", "W23", "U2", "b3"])
def test_table_shows_the_chosen_weight(weight):
    model = model_at(**RICH, weight=weight)
    table, terms = model.table(), np.array([derivative(model, weight, copy) for copy in range(1, 6)])
    np.testing.assert_allclose(table["term"], terms, rtol=1e-9)
    np.testing.assert_allclose(table["sum"], [terms[k:].sum() for k in range(5)], rtol=1e-9)
    np.testing.assert_allclose(table["share"], np.abs(terms) / np.abs(terms).sum(), rtol=1e-9)
    np.testing.assert_allclose(
        table["s"], [derivative(model, f"b{weight[1]}", copy) for copy in range(1, 6)], rtol=1e-9
    )


@pytest.mark.parametrize("weight", SHARED)
@pytest.mark.parametrize("output_layer", ["false", "true"])
def test_script_gives_the_table_for_every_weight(weight, output_layer):
    plain.assert_computed_again(model_at(**RICH | {"n_units": 4}, weight=weight, output_layer=output_layer))


# What the notes of the presets say, in the order of their numbers.
def test_the_chapters_example():
    model = model_at()
    np.testing.assert_allclose([derivative(model, "W11", copy) for copy in (1, 2)], [-0.334, -0.699], atol=6e-4)
    assert derivative(model, "W11") == pytest.approx(-1.034, abs=5e-4)
    # Eqs. 12.21 and 12.31, literally.
    W, h0 = np.array([[0.5, 0.5], [-0.5, 0.5]]), np.array([1, -0.5])
    h1 = np.tanh(0.25 + W @ h0)
    h2 = np.tanh(-0.5 + W @ h1)
    F1, F2, e = np.diag(1 - h1**2), np.diag(1 - h2**2), np.array([0.5, 0]) - h2
    wanted = np.outer(F1 @ W.T @ F2 @ (-2 * e), h0) + np.outer(F2 @ (-2 * e), h1)
    np.testing.assert_allclose(model.result.bptt.dW, wanted, rtol=1e-12)


def test_notes_of_the_other_presets():
    shares = model_at(preset="one-linear-unit").result.shares()
    np.testing.assert_allclose(shares, [0, 0.2, 0.2, 0.2, 0.2, 0.2], atol=1e-12)
    r = model_at(preset="exercise-e12-5").result
    assert r.bptt.dF_dh[0, 0] == pytest.approx(1.428, abs=5e-4)
    assert r.bptt.dF_dh[0, 0] - r.loss.explicit[0, 0] == pytest.approx(1.580, abs=5e-4)
    saturated = model_at(preset="saturated")
    slopes = saturated.result.slope[2:, 0]
    assert (np.abs(slopes - 0.01) < 3e-3).all() and saturated.result.shares()[-1] == pytest.approx(0.98, abs=5e-3)
    truncated = model_at(preset="truncated")
    assert truncated.result.truncated()[[0, 2, 14]] == pytest.approx([0.751, -0.543, -2.383], abs=5e-4)


def test_a_narx_network_is_two_units_one_of_them_a_wire():
    model = model_at(preset="narx-two-delays")
    x, y = model.sequence("x"), [0.0, 0.5]
    for value in x:
        y.append(max(0.0, value + 0.5 * y[-1] + 0.3 * y[-2]))
    np.testing.assert_allclose(model.table()["y"], y[2:], rtol=1e-12)
    np.testing.assert_allclose(model.table()["h2"], y[1:-1], rtol=1e-12)


def test_truncation_of_a_linear_unit_has_a_closed_form():
    model = model_at(n_units=1, n_steps=12, activation="identity", W11=0.2, h01=0, d1="0*11,1", x="1*12", b1=0, U1=1)
    h = (1 - 0.2 ** np.arange(13)) / 0.8
    lags = np.arange(12)
    terms = -2 * (1 - h[12]) * 0.2**lags * h[11 - lags]
    np.testing.assert_allclose(model.result.truncated(), np.cumsum(terms), rtol=1e-12)
    np.testing.assert_allclose(
        model.result.truncation_error()[:-1], 1 - np.cumsum(terms)[:-1] / terms.sum(), atol=1e-12
    )
    agree = [f"{total:.2e}" == f"{terms.sum():.2e}" for total in np.cumsum(terms)]
    for window in range(1, 13):
        model.window = window
        passed = agree[window - 1] and not agree[window - 2]
        assert model.smallest_window().passed == passed, window
    assert "no truncation" in model.smallest_window().reason


@pytest.mark.parametrize("challenge", LESSON.challenges, ids=lambda challenge: challenge.check)
def test_challenges_fail_at_the_presets_and_pass_with_their_solutions(challenge):
    page, place = make(), LESSON.challenges.index(challenge)
    for name in PRESETS:
        page.ask("preset", name=name)
        assert not page.frame["challenges"][place]["passed"] and not getattr(page.model, challenge.check)().passed
    page.ask("solve", challenge=place)
    assert page.frame["challenges"][place]["passed"] and getattr(page.model, challenge.check)().passed


def test_challenges_ask_for_all_they_say():
    solutions = {challenge.check: challenge.solution for challenge in LESSON.challenges}

    def verdict(check, **values):
        model = Unrolled()
        chosen = address.values_from(model, dict(solutions[check]) | values)
        model.param.update(**(address.starting_values(model) | chosen))
        return getattr(model, check)()

    assert "four copies" in verdict("first_beats_last", n_steps=3, d1="0,0,1").reason
    assert "neither may be 0" in verdict("first_beats_last", h01=0.0).reason
    assert not verdict("first_beats_last", W11=0.5, x="0*5").passed
    assert "two copies" in verdict("total_zero_terms_not", n_steps=1, d1="1").reason
    assert not verdict("total_zero_terms_not", W11=0.6).passed
    assert not verdict("total_zero_terms_not", h01=0.0, x="0,0").passed
    assert "ten copies" in verdict("smallest_window", n_steps=9, d1="0*8,1").reason
    assert "smaller window" in verdict("smallest_window", window=6).reason
    assert not verdict("smallest_window", window=4).passed


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "Copy 2 contributes 68 % of ∂F/∂W₁₁ = −1.034, copy 1 the rest."),
        ({"cursor": "3"}, "On the way back one copy has given −0.6993 so far."),
        ({"preset": "one-linear-unit"}, "5 copies contribute 20 % of ∂F/∂W₁₁ = −0.6055 each, and 1 copy nothing."),
        ({"preset": "one-linear-unit", "cursor": "10"}, "copies 6 to 3 have given −0.4844"),
        ({"preset": "one-linear-unit", "cursor": "12"}, "The way back is done"),
        ({"preset": "saturated"}, "At copy 6 the slope f′(a(6)) is 0.01: almost nothing passes"),
        ({"preset": "truncated"}, "both ways: 0.1239 and −2.507 leave −2.383"),
        ({"preset": "truncated"}, "With the window of 3 the sum would be −0.5431."),
        ({"h01": "0", "h02": "0"}, "Copy 2 contributes 100 % of ∂F/∂W₁₁ = −0.3443, copy 1 nothing."),
        ({"n_steps": "1"}, "There is one copy"),
        ({"preset": "one-linear-unit", "x": "0*6", "d1": "0*6"}, "No copy contributes to ∂F/∂W₁₁: the loss is 0."),
        ({"preset": "one-linear-unit", "x": "0*6"}, "what enters through it is 0"),
        ({"activation": "relu", "b1": "-3"}, "the slope f′(a(t)) of its unit is 0"),
    ],
)
def test_the_sentence_says_what_is_to_be_seen(state, said):
    assert said in model_at(**state).sentence()


def test_explanation_has_all_factors():
    model = model_at(preset="one-linear-unit")
    # s(3) = -2 (1 - 1/32) / 8, h(2) = 1/2
    assert model.explain("share", 3) == (
        "Copy 3 contributes s₁(3)·h₁(2) = −0.2422·0.5 = −0.1211; the sizes of all terms add up to 0.6055, so its share "
        "is 0.2."
    )
    model.weight = "U1"
    assert "s₁(3)·x(3) = −0.2422·0 = 0;" in model.explain("share", 3)


def test_the_chosen_weight_is_one_that_is_there():
    model = model_at(n_units=4, weight="W34")
    assert model.weight == model.chosen == "W34" and model.take_notices() == []
    model.n_units = 2
    assert model.weight == model.chosen == "W22"
    assert model.take_notices() == ["With 2 units there is no W₃₄: the terms shown are those of W₂₂."]
    assert "weight=U1" in make(n_units=1, weight="U3").frame["query"]


def test_more_units_join_in():
    """Units 3 and 4 are connected from the start: each changes the gradient of the default preset."""
    found = [derivative(model_at(n_units=n), "W11") for n in (2, 3, 4)]
    assert min(abs(found[0] - found[1]), abs(found[1] - found[2])) > 0.005
    for n in (3, 4):
        model = model_at(n_units=n)
        assert all(abs(derivative(model, name)) > 1e-6 for name in model.names()
                   if name in SHARED)  # fmt: skip


def test_states_feel_a_weight_as_much_as_complex_steps_say():
    model = model_at(**RICH)
    for weight in ("W23", "U2", "b3"):
        model.weight = weight
        found = [felt(model, model.result, t) for t in range(1, 6)]
        np.testing.assert_allclose(found, states_moved(model, weight), rtol=1e-9, atol=1e-14)
    assert not felt(model, model.result, 0).any()


def test_no_preset_sits_on_a_kink():
    for name in PRESETS:
        model = model_at(preset=name)
        if model.activation == "relu":
            assert np.abs(model.result.run.a).min() > 0.1


def test_a_sequence_longer_than_any_network_is_cut():
    page = make(x="0.5*200")
    assert page.model.n_steps == 20 and page.frame["steps"] == 20
