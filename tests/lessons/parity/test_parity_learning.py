"""Learning on the parity page: what a gradient finds, against plain NumPy and a literal loop over random bits."""

import json
import re

import numpy as np
import pytest

from engine import parity, parity_learning
from lessons.parity import learning
from tests import naive_parity
from tests.lessons import plain
from tests.lessons.parity.parity_pages import LESSON, PRESETS, found_by_hand, model_with, page_with

BITS = np.random.default_rng(11).integers(0, 2, 10_000).tolist()
NAMES = ("U1", "U2", "W11", "W12", "W21", "W22", "b1", "b2", "V1", "V2", "b_out")


def test_the_found_weights_are_right_on_ten_thousand_random_bits():
    weights = [PRESETS["found"][name] for name in NAMES]
    assert naive_parity.is_right(BITS, weights)
    assert naive_parity.is_right([1] + [0] * 9_999, weights) and naive_parity.is_right([1] * 10_000, weights)
    model = model_with(**PRESETS["found"])
    assert not model.soft and model.first_error == 0
    assert parity.shortest_failure(model.weights()) == 0


def test_the_found_weights_are_those_of_a_training():
    weights = [PRESETS["found"][name] for name in NAMES]
    np.testing.assert_array_equal(np.round(found_by_hand()[12], 2), weights)


def test_page_and_plain_numpy_find_the_same_weights_from_the_same_starts():
    right = [seed for seed, weights in found_by_hand().items() if naive_parity.is_right(BITS, weights)]
    page = [
        seed
        for seed in range(1, 21)
        if not parity.shortest_failure(parity_learning.unpacked(learning.course(seed).weights[-1]))
    ]
    assert page == right == [4, 11, 12, 18]
    for seed in right:
        np.testing.assert_allclose(learning.course(seed).weights[-1], found_by_hand()[seed], rtol=1e-4)
        assert learning.course(seed).loss[-1] < 0.001


def test_about_one_start_in_twelve_succeeds():
    last = (learning.course(seed).weights[-1] for seed in range(1, 121))
    n_right = sum(naive_parity.is_right(BITS[:200], weights) for weights in last)
    assert 6 <= n_right <= 15


def test_the_card_walks_through_the_training():
    page = page_with(preset="learn")
    assert page.frame["players"] == {"learned_steps": 0}
    np.testing.assert_array_equal(page.model.weights().U, np.random.default_rng(12).uniform(-1, 1, 11)[:2])
    lengths = []
    for stage in (0, 1, 4, 50):
        frame = page.set(learned_steps=stage)
        weights = learning.course(12).weights[stage]
        np.testing.assert_array_equal(np.concatenate([np.ravel(part) for part in page.model.weights()]), weights)
        told = frame["tables"]["learning"]
        right = naive_parity.is_right(BITS[:2000], weights)
        assert ("right for every sequence" in told) == right and ("wrong already" in told) != right
        lengths.append(len(page.data(page.view.learning.curve)["update"]))
        assert page.data(page.view.learning.here)["update"].tolist() == [20 * stage]
    assert lengths == [1, 6, 21, 251]
    assert page.model.first_error == 0


def test_the_loss_that_is_told_is_that_of_the_weights():
    x, d = naive_parity.sequences(4)
    page = page_with(preset="learn", learned_steps=3)
    loss = naive_parity.loss(learning.course(12).weights[3][None], x, d, 5.0)[0]
    assert f"after 60 of 1000 updates: the loss is {loss:.3g};" in page.frame["tables"]["learning"]
    assert 10 ** page.data(page.view.learning.here)["loss"][0] == pytest.approx(loss, rel=1e-9)
    half = np.zeros((1, 11))
    assert naive_parity.loss(half, x, d, 5.0)[0] == 0.25


def test_buttons_lead_into_the_training_on_to_other_starts_and_back():
    page = page_with()
    assert page.frame["hidden"] == ["learning"]

    def press(key, text):
        values = re.search(rf"<button data-set='([^']*)'>{text}", page.frame["tables"][key])
        assert values, page.frame["tables"][key]
        return page.set(**json.loads(values[1]))

    assert press("try", "Start from seed 1")["hidden"] == ["try"]
    assert page.model.learned and page.model.learned_steps == 0
    press("learning", "To the end")
    assert page.model.learned_steps == 50
    assert "<button data-set='{\"learned_steps\": 50}' disabled>" in page.frame["tables"]["learning"]
    press("learning", "Next start")
    assert page.model.seed == 2 and page.model.learned_steps == 50
    page.set(seed=9999)
    press("learning", "Next start")
    assert page.model.seed == 0
    press("learning", "Back to weights set by hand")
    assert not page.model.learned and page.model.weights().U.tolist() == [1, 1]


def test_the_verdict_leaves_the_perturbation_out_and_says_so():
    page = page_with(preset="learn", learned_steps=50, perturbation=1)
    told = page.frame["tables"]["learning"]
    assert "right for every sequence" in told and "perturbation is left out" in told


@pytest.mark.parametrize("stage", [0, 7, 50])
def test_script_has_the_learned_weights(stage):
    model = model_with(origin="learned", seed=4, learned_steps=stage, perturbation=0.1)
    plain.assert_computed_again(model)
    assert f"found by {20 * stage} updates from the start of seed 4" in model.script()


def test_nobody_learns_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(learning, "course", None)
    monkeypatch.setattr("lessons.parity.parameters.course", None)
    monkeypatch.setattr("lessons.parity.learning_card.course", None)
    page = page_with()
    page.set(seed=5, random_bits=True, perturbation=0.3)
    assert page.frame["sentence"]


def test_a_challenge_about_the_exact_weights_does_not_take_learned_ones():
    solution = dict(next(c.solution for c in LESSON.challenges if c.check == "breaks_with_small_perturbation"))
    assert model_with(**solution).breaks_with_small_perturbation().passed
    assert not model_with(**solution, origin="learned").breaks_with_small_perturbation().passed
