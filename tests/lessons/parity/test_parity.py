"""The parity lesson's model: what it computes and says."""

import numpy as np
import pytest

from app.shell import address, export, tasks
from lessons.parity.model import Parity
from tests import naive
from tests.lessons import plain
from tests.lessons.parity.parity_pages import LESSON, PRESETS, groups, model_with, value_of


def test_preset_notes_are_true():
    def first(name):
        model = Parity()
        address.apply_preset(model, PRESETS, name)
        return model, model.first_error

    assert [first(name)[1] for name in PRESETS if name != "learn"] == [0, 0, 0, 0, 9, 0, 0]
    assert first("learn")[1] > 0, "nothing is learned yet"
    model, _ = first("perturbed")
    for seed in range(300):
        model.seed = seed
        assert model.first_error == 0
    assert first("all-ones")[0].result["y"].tolist() == [1, 0] * 10


@pytest.mark.parametrize("number", range(3))
def test_challenge_fails_at_the_start_and_passes_with_its_solution(number):
    challenge = LESSON.challenges[number]
    for values in [{}, *PRESETS.values()]:
        passed, reason = getattr(model_with(**values), challenge.check)()
        assert not passed and reason
    solved = model_with(**challenge.solution)
    assert getattr(solved, challenge.check)().passed
    others = [other.check for other in LESSON.challenges if other.check != challenge.check]
    assert not any(getattr(solved, check)().passed for check in others)


@pytest.mark.parametrize(
    ("check", "spoiled"),
    [
        ("breaks_with_small_perturbation", {"perturbation": 0.3}),
        ("breaks_with_small_perturbation", {"U1": 0.95}),
        ("breaks_with_small_perturbation", {"bits": "0000000000"}),
        ("leaks_but_right", {"steepness": 3}),
        ("leaks_but_right", {"steepness": 20}),
        ("leaks_but_right", {"bits": "1" + "0" * 49}),
        ("leaks_but_right", {"n_steps": 49}),
        ("computes_even_parity", {"V1": 1}),
        ("computes_even_parity", {"bits": "0" * 22}),
        ("computes_even_parity", {"activation": "logistic"}),
    ],
)
def test_a_challenge_asks_for_each_of_its_conditions(check, spoiled):
    solution = next(challenge.solution for challenge in LESSON.challenges if challenge.check == check)
    assert not getattr(model_with(**(dict(solution) | spoiled)), check)().passed


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"activation": "logistic", "steepness": 4.5},
        {"perturbation": 0.37, "seed": 5},
        {"activation": "logistic", "perturbation": 0.2, "W12": -0.55, "random_bits": True, "n_steps": 33},
    ],
)
def test_script_computes_the_table(values):
    model = model_with(**values)
    plain.assert_computed_again(model)
    header = export.csv(model).splitlines()[0].split(",")
    assert header[:6] == ["t", "x", "h1", "h2", "y", "xor"]


def test_table_against_the_literal_loop():
    model = model_with(bits="1011000010100001111000")
    assert model.table()["y"].tolist() == model.table()["xor"].tolist() == naive.parity(model.sequence("bits"))


def test_pasted_bits_end_the_chance_and_an_address_brings_it_back():
    model = model_with(random_bits=True, n_steps=12, seed=7)
    written = address.query(model, PRESETS)
    again = Parity()
    assert address.restore(again, PRESETS, dict(part.split("=") for part in written.split("&"))) == []
    assert again.random_bits
    assert np.array_equal(again.result["x"], model.result["x"])
    model.bits = (1.0, 0.0)
    assert not model.random_bits
    assert model.sequence("bits")[:2].tolist() == [1, 0]


def test_worked_example_of_soft_switches():
    second, ninth = LESSON.example[-2:]
    r = model_with(**PRESETS["logistic-leak"]).result
    for text, values in (
        (second.text, (r["h1"][0], r["h2"][0], r["memory"][0], r["h1"][1])),
        (ninth.text, (r["memory"][7], r["memory"][8])),
    ):
        assert all(f"{value:.3f}" in text for value in values)
    assert r["a_out"][8] < 0 and r["wrong"].argmax() == 8 and r["wrong"][8]


def test_explanation_states_the_parity_and_the_sum():
    model = model_with(bits="0011011000")
    text = model.explain("y", 3)
    assert "1 one " in text and "odd" in text and "y(3) = 1" in text
    products, total = groups(r"net input is (.*) = (\S+), so", text.replace("−", "-"))
    assert value_of(products) == float(total) == 0.5


def test_prediction_drawn_roughly_counts_and_a_wrong_step_is_named():
    task, model = LESSON.predict, model_with(**PRESETS[LESSON.predict.preset])
    truth = model.table()[task.signal]
    rough = np.abs(truth - 0.3)
    assert tasks.score_prediction(model, task.signal, task.tolerance, rough.tolist())["right"] == 22
    rough[4] = 1 - rough[4]
    score = tasks.score_prediction(model, task.signal, task.tolerance, rough.tolist())
    assert (score["right"], score["step"]) == (21, 5)


@pytest.mark.parametrize(
    "values",
    [{"steepness": 4}, {"steepness": 10}, {"steepness": 5, "perturbation": 0.3}, {"steepness": 3, "W12": 1, "W21": -1}],
)
def test_the_larger_eigenvalue_is_that_of_the_jacobian(values):
    model = model_with(bits="1" + "0" * 39, activation="logistic", **values)
    for t in (1, 2, 40):
        h = np.array([model.result["h1"][t - 1], model.result["h2"][t - 1]])
        jacobian = np.diag(model.steepness * h * (1 - h)) @ model.weights().W
        assert 10 ** model.log10_largest_eigenvalue(t) == pytest.approx(
            np.abs(np.linalg.eigvals(jacobian)).max(), rel=1e-9
        )


def test_the_eigenvalue_is_what_a_settled_step_leaves_of_the_product():
    for steepness in (5, 10, 50):
        model = model_with(bits="1" + "0" * 99, activation="logistic", steepness=steepness)
        product = model.result["log10_product"]
        assert 10 ** model.log10_largest_eigenvalue(90) == pytest.approx(10 ** (product[80] - product[81]), rel=1e-4)


def test_both_kinds_of_switches_write_the_same_columns():
    hard, soft = model_with(), model_with(activation="logistic")
    assert list(hard.table()) == list(soft.table())
    plain.assert_computed_again(hard)
