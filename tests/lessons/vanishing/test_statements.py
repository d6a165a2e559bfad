"""Statements that were wrong once, each against plain arithmetic that shares nothing with the engine."""

import numpy as np
import pytest

from tests.lessons.vanishing.vanishing_oracle import FUNCTIONS, blocks_at, model_at, text

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
