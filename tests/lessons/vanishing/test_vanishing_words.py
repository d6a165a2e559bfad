"""What the page says: its sentence, explanations, scripts and verdicts."""

import pytest

from lessons.vanishing.parameters import TOPICS
from tests.lessons import plain
from tests.lessons.vanishing.vanishing_oracle import make, model_at


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"preset": "eq-12-32"}, "halves every step"),
        ({"w": 1}, "keeps its size"),
        ({"w": 2}, "doubles every step"),
        ({"w": -0.63}, "turns its sign"),
        ({"w": 0}, "no gradient leaves"),
        ({"n_steps": 20, "activation": "relu", "signal": "drawn", "x": "1*10,-2,1*9"}, "nothing arrives before t = 11"),
        ({"preset": "eq-12-35"}, "7.78 % of its size one step on"),
        ({"preset": "sigma-below"}, "must vanish"),
        ({"preset": "sigma-above"}, "allows growth, yet"),
        ({"preset": "saturated"}, "would grow 27784-fold, but saturated units (f′ is"),
        ({"preset": "eq-12-35", "w": -2}, "makes |w| = 2 into less"),
        ({"preset": "orthogonal"}, "keeps its size (factor 1)"),
        ({"preset": "explosion"}, "grows"),
        ({"preset": "rescaling"}, "the fifth is still 10⁻⁴ of the first"),
        ({"preset": "loss-cliff", "descent_steps": 0}, "Take steps of descent"),
        ({"preset": "loss-cliff", "clip": "true", "threshold": 0.1, "descent_steps": 60}, "swings across the edge"),
        ({"preset": "loss-cliff"}, "the longest gradient on the way has length 13.9"),
        ({"preset": "loss-cliff", "clip": "true"}, "cut to 0.5 at 15 steps"),
        ({"preset": "chaos"}, "the map is chaotic"),
        ({"preset": "basins"}, "a boundary of two basins"),
        ({"preset": "basins"}, "near the attractor small distances are multiplied by"),
        ({"preset": "chaos", "gain": 0.1}, "settle at the same attractor"),
        ({"preset": "side-by-side"}, "carousel 1"),
    ],
)
def test_the_sentence_says_what_is_to_be_seen(arguments, said):
    assert said in model_at(**arguments).sentence()


def test_explanation_counts_the_factors():
    model = model_at(preset="negative-weight")
    assert model.explain("log10_product", 1) == (
        "From t = 1 to 11 there are 10 factors of size 0.63: 10 · log₁₀ 0.63 = −2.007. "
        "A negative w turns the product's sign at every step, but not its size."
    )
    assert "the product is 1" in model.explain("log10_product", 11)
    assert "log₁₀ of the size of their product" in model_at(preset="sigma-above").explain("log10_product", 3)


@pytest.mark.parametrize("topic", TOPICS)
def test_script_works_for_settings_no_preset_has(topic):
    page = make(topic=topic, n_units=3, matrix="orthogonal", scaled_by="largest singular value", size=1.1, form="cell",
                activation="logistic", signal="sine", clip="false", descent_steps=3, horizon=100,
                n_steps=120)  # fmt: skip
    plain.assert_computed_again(page.model)


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        ("vanishes_though_large", {"n_units": 1, "w": 2, "activation": "tanh", "signal": "constant", "n_steps": 60}),
        ("vanishes_though_large", {"n_units": 4, "size": 1.4, "activation": "tanh", "bias": 2, "matrix": "identity"}),
        ("vanishes_though_large", {"n_units": 4, "size": 1.6}),
        ("keeps_the_gradient", {"n_units": 8, "matrix": "orthogonal", "size": 1, "activation": "tanh", "n_steps": 99}),
        ("keeps_the_gradient", {"n_units": 8, "matrix": "orthogonal", "size": 1, "activation": "identity",
                                "n_steps": 100}),
        ("keeps_the_gradient", {"n_units": 8, "matrix": "orthogonal", "size": 1, "activation": "tanh", "u": 0,
                                "n_steps": 100}),
        ("keeps_the_gradient", {"n_units": 8, "size": 0.9, "activation": "tanh", "n_steps": 100}),
        ("survives_the_cliff", {"preset": "loss-cliff"}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "descent_steps": 19}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "threshold": 0.1, "descent_steps": 60}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "threshold": 10}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "start_w": 3, "start_b": -1.5}),
    ],
)  # fmt: skip
def test_challenges_refuse_what_misses_the_point(check, arguments):
    verdict = getattr(model_at(**arguments), check)()
    assert not verdict.passed and verdict.reason.endswith(".")


def test_challenges_accept_other_ways_than_the_stored_one():
    cliff = model_at(preset="loss-cliff", clip="true").survives_the_cliff()
    assert cliff.passed, cliff.reason
    page = make(n_units=2, matrix="identity", size=1, activation="tanh", u=0.02, n_steps=150)
    assert page.model.keeps_the_gradient().passed, page.model.keeps_the_gradient().reason
