"""What the parity page makes up: nothing contradicts another place, over random states and at the edges."""

import functools
import math
import re
from typing import Any

import numpy as np
import pytest

from lessons.parity.parameters import EXACT
from lessons.parity.words import at_most
from tests import naive, naive_parity
from tests.lessons.parity.parity_pages import LESSON, model_with, page_with, readable

NONSENSE = re.compile(r"\bnan\b|\binf\b|not a number|∞|[-−]0(?![.\d])|10⁰|10<sup>−?0</sup>|\+ [-−]")


def random_states(n: int) -> list[dict[str, Any]]:
    """States all over the bounds: exact, near, far and learned weights, hard and soft, few and many bits."""
    rng, states = np.random.default_rng(8), []
    for k in range(n):
        n_steps = int(rng.choice([1, 2, 5, 12, 60, 200]))
        state: dict[str, Any] = {
            "n_steps": n_steps,
            "bits": "".join(map(str, (rng.random(n_steps) < rng.choice([0, 0.1, 0.5, 1])).astype(int))),
            "activation": ("logistic", "hardlim")[k % 3 == 0],
            "steepness": round(float(rng.choice([0.5, 50, rng.uniform(0.5, 50), rng.uniform(2, 8)])), 1),
            "cursor": int(rng.integers(1, n_steps + 1)),
            "seed": int(rng.integers(0, 30)),
        }
        if k % 4 == 1:
            chosen = rng.choice(list(EXACT), int(rng.integers(1, 4)), replace=False)
            state |= {name: round(float(rng.uniform(-5, 5)), 2) for name in chosen}
        elif k % 4 == 2:
            state |= {name: round(float(rng.uniform(-5, 5)), 2) for name in EXACT}
        elif k % 4 == 3:
            state |= {"origin": "learned", "learned_steps": int(rng.choice([0, 2, 50]))}
        if k % 5 == 0:
            state["perturbation"] = round(float(rng.uniform(0, 1)), 2)
        states.append(state)
    return states


ALL_ZERO = dict.fromkeys(EXACT, 0)
EDGES: list[dict[str, Any]] = [
    {"n_steps": 1, "bits": "0"},
    {"n_steps": 1, "bits": "1", "activation": "logistic"},
    {"n_steps": 1, "bits": "0", "b_out": 1},
    {"n_steps": 10, "bits": "0" * 10, "b_out": 5},  # always 1 where all is even: not the opposite of the parity
    {"n_steps": 2, "bits": "01", "V1": -1, "V2": 1, "b_out": 0.5},
    ALL_ZERO | {"bits": "0110"},  # every net input on the jump
    ALL_ZERO | {"bits": "0110", "activation": "logistic"},  # every output exactly one half
    ALL_ZERO | {"bits": "0110", "activation": "logistic", "b_out": 1e-9},
    ALL_ZERO | {"bits": "0110", "activation": "logistic", "b1": 5, "steepness": 50},  # h1 - h2 exactly one half off
    dict.fromkeys(EXACT, 5) | {"activation": "logistic", "steepness": 50, "bits": "1" * 30, "n_steps": 30},
    dict.fromkeys(EXACT, -5) | {"activation": "logistic", "steepness": 50, "bits": "1" * 30, "n_steps": 30},
    {"b1": 0, "bits": "0011"},
    {"activation": "logistic", "steepness": 50, "n_steps": 200, "bits": "1" + "0" * 199},
    {"activation": "logistic", "W11": 0, "W12": 0, "W21": 0, "W22": 0},
    {"activation": "logistic", "U1": 0, "steepness": 50},
    {"activation": "logistic", "U1": 1.0, "U2": 1.0, "b1": -1.5, "steepness": 20},  # two equal units
]
STATES = random_states(100) + EDGES


@functools.cache
def shared_page():
    return page_with()


def at(state: dict[str, Any]):
    """One page for all states: only the model differs."""
    page = shared_page()
    page.ask("reset")
    page.set(**{"seed": 1} | state)
    assert all(getattr(page.model, name) == value for name, value in state.items() if name != "bits")
    return page


class Truth:
    """The same state by a literal loop."""

    def __init__(self, m) -> None:
        w = m.weights()
        numbers = [w.U.tolist(), w.W.tolist(), w.b.tolist(), w.V.tolist(), w.b_out]
        self.bits = [int(bit) for bit in m.sequence("bits")]
        self.hard = naive.parity_network(self.bits, *numbers, lambda a: int(a >= 0))
        self.soft = naive.parity_network(self.bits, *numbers, lambda a: logistic(m.steepness * a))
        self.shown = self.soft if m.activation == "logistic" else self.hard
        self.parity = [int(bit) for bit in naive.parity(self.bits)]
        self.said = [int(y > 0.5) for y in self.shown[3]]
        self.wrong = [said != wanted for said, wanted in zip(self.said, self.parity, strict=True)]
        self.kept_as_difference = all(h[0] - h[1] == p for h, p in zip(self.hard[1], self.parity, strict=True))
        self.far = [abs(h[0] - h[1] - (g[0] - g[1])) for h, g in zip(self.shown[1], self.hard[1], strict=True)]


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def float_of(text: str) -> float:
    """A number as the page writes it."""
    text = text.replace("−", "-")
    mantissa, _, power = text.partition("·10")
    if not power and re.match(r"-?10[⁻⁰¹²³⁴-⁹]", text):
        mantissa, power = "1", text.removeprefix("10")
    exponent = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(mantissa) * 10.0 ** int(exponent or 0)


@pytest.mark.parametrize("k", range(len(STATES)))
def test_the_page_says_what_is_so(k):
    page = at(STATES[k])
    m, frame = page.model, page.frame
    truth, t = Truth(m), m.at
    texts = [frame["sentence"], frame["numbers"], m.explain("y", t), *frame["tables"].values()]
    texts += [str(text) for text in frame["live"]["text"].values()]
    texts += [getattr(m, task.check)().reason for task in LESSON.challenges]
    for text in texts:
        assert not NONSENSE.search(text), (NONSENSE.search(text), text)
    says_the_verdict(frame["sentence"], truth)
    if m.soft:
        says_what_soft_switches_do(frame["sentence"], m, truth)
    the_automaton_agrees(frame, truth, t)
    the_numbers_agree(page, truth, t)


def says_the_verdict(sentence: str, truth: Truth) -> None:
    n, wrong = len(truth.bits), truth.wrong
    both = len(set(truth.parity)) == 2
    if not any(wrong):
        assert "The output is right." in sentence if n == 1 else f"All {n} outputs are right." in sentence
    elif all(wrong) and both:
        assert "the opposite of the parity" in sentence
    else:
        assert f"goes wrong at t = {wrong.index(True) + 1}; wrong outputs: {sum(wrong)} of {n}." in sentence


def says_what_soft_switches_do(sentence: str, m, truth: Truth) -> None:
    if not truth.kept_as_difference:
        assert "leak" not in sentence and "holds" not in sentence, "the weights compute something else"
        differs = [int(y > 0.5) != z for y, z in zip(truth.soft[3], truth.hard[3], strict=True)]
        first = (
            f"first differs from that of hard switches at t = {differs.index(True) + 1}" if any(differs) else "rounds"
        )
        assert first in sentence
        wrong = [z != p for z, p in zip(truth.hard[3], truth.parity, strict=True)]
        something_else = any(wrong) and not (all(wrong) and len(set(truth.parity)) == 2)
        assert ("compute something else" in sentence) == something_else
        if something_else:
            assert f"Hard switches with these weights first fail at t = {wrong.index(True) + 1}:" in sentence
        return
    lost = [far > 0.5 for far in truth.far]
    if any(lost):
        found = re.search(r"leaks: at t = (\d+), h₁ − h₂ is (\S+) and should be ([01])\.", sentence)
        assert found and int(found[1]) == lost.index(True) + 1
        assert abs(float_of(found[2]) - int(found[3])) >= 0.5
        return
    found = re.search(r"holds: h₁ − h₂ stays within (\S+) of the parity", sentence)
    assert found and max(truth.far) <= float_of(found[1]) <= max(0.001, 1.11 * max(truth.far))


def the_automaton_agrees(frame: dict, truth: Truth, t: int) -> None:
    on, text = frame["live"]["on"], frame["live"]["text"]
    opposite = "the opposite" in frame["sentence"]
    assert on["odd"] == (bool(truth.said[t - 1]) != opposite) and on["even"] != on["odd"]
    assert on["wrong"] == truth.wrong[t - 1]
    assert text["ones"].endswith(("even", "odd")[truth.parity[t - 1]]) and text["ones"].startswith("in fact")
    assert frame["sentence"].startswith(text["ones"].removeprefix("in fact ").partition(" so far")[0])
    for name in ("h1", "h2", "y"):
        value = frame["live"]["level"][name]
        shown = text[f"{name}.value"]
        assert shown in ("≈ 0", "≈ 1") if 0 < value < 0.0005 or 0.9995 < value < 1 else shown[0] in "01"


def the_numbers_agree(page, truth: Truth, t: int) -> None:
    m = page.model
    first, second, output, gradient = page.view.numbers(m, t)
    assert output.note.endswith(": wrong." if truth.wrong[t - 1] else ": right.")
    for block in (first, second, output):
        value = re.search(r"= <b>(.*)</b>$", block.lines[-1])
        assert value
        if m.soft:
            assert value[1] != "0", "a logistic unit is never 0"
    rounded = re.search(r"= <b>(.*)</b>$", output.lines[-1])
    if m.soft and rounded and "10" not in rounded[1]:
        assert (float_of(rounded[1]) > 0.5) == truth.said[t - 1]
    else:
        jump = any(abs(a) < 1e-12 for net in (*truth.hard[0], truth.hard[2]) for a in net)
        assert m.soft or ("jump" in gradient.note) == jump
        assert m.soft or ("A slightly different weight changes no output" in gradient.note) != jump
    if m.soft:
        zeros = [line for line in gradient.lines if re.search(r"= (<b class=gradient>)?0(</b>)?$", line)]
        assert not zeros or not np.any(m.weights().W), zeros


SMALL = [state for state in STATES if state.get("activation") == "logistic" and state.get("n_steps", 10) <= 12]


@pytest.mark.parametrize("state", SMALL[:24])
def test_gradients_are_those_of_many_digits(state):
    """Factor and product against Decimal with 120 digits, also where a float underflows."""
    m = model_with(**state)
    w = m.weights()
    arguments = (w.U.tolist(), w.W.tolist(), w.b.tolist(), w.V.tolist(), w.b_out)
    factors, logs = naive.parity_jacobians([int(bit) for bit in m.sequence("bits")], *arguments, m.steepness)
    for t in range(1, m.n_steps + 1):
        block = readable(" ".join(page_numbers(m, t)))
        expected = factors[t - 1]
        found = re.search(r"‖∂h.*?‖ = ‖diag.*?‖\s+= (\S+) larger", block)
        assert found, block
        if expected:
            log10 = float(expected.log10())
            text = found[1].replace("·10", "e")
            shown = float(text[2:]) if re.fullmatch(r"10-\d+", text) else math.log10(float(text))
            assert shown == pytest.approx(log10, abs=1 if log10 < -299 else 1e-3)
        log10 = m.result["log10_product"][t - 1]
        if log10 > -np.inf and m.steepness <= 20:
            assert log10 == pytest.approx(float(logs[t - 1]), abs=0.02)


def page_numbers(m, t: int) -> list[str]:
    return shared_page().view.numbers(m, t)[-1].lines


# Weights that are wrong are said to compute something else, not to leak


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("value", [-5.0, -1.0, 0.0, 0.4, 2.0, 5.0])
def test_a_wrong_weight_does_not_leak(name, value):
    for bits in ("1011000010100001111000", "0" * 12):
        for steepness in (4.0, 50.0):
            m = model_with(**{name: value}, bits=bits, n_steps=len(bits), activation="logistic", steepness=steepness)
            truth, sentence = Truth(m), m.sentence()
            says_the_verdict(sentence, truth)
            says_what_soft_switches_do(sentence, m, truth)


def test_without_the_first_input_weight_nothing_leaks():
    sentence = page_with(activation="logistic", steepness=50, U1=0).frame["sentence"]
    assert "leak" not in sentence
    assert "Hard switches with these weights first fail at t = 3: they compute something else." in sentence


# Bounds and thresholds


def test_a_bound_is_rounded_up_in_two_digits():
    for value in (0.001, 0.0123, 0.2345, 0.4999, 0.5, 0.99, 0.999):
        assert value <= float(at_most(value)) <= 1.11 * value
    assert [at_most(value) for value in (0.5, 0.25, 0.001, 0.4999)] == ["0.5", "0.25", "0.001", "0.5"]


@pytest.mark.parametrize(
    ("away", "passed", "text"),
    [(0.05, False, "is 0.05 away"), (0.0500001, True, "0.0500001"), (0.0499999, False, "0.0499999")],
)
def test_a_value_beside_the_threshold_is_told_with_enough_digits(away, passed, text):
    m = model_with(bits="10" * 25, n_steps=50, activation="logistic", steepness=20)
    m.result["h1"][:], m.result["h2"][:] = away, 0.0
    assert m.leaks_but_right().passed is passed and text in m.leaks_but_right().reason


def test_a_late_failure_is_named_as_the_reason():
    for seed in range(80):
        m = model_with(bits="0" * 9 + "1101" * 5, n_steps=29, perturbation=0.29, seed=seed)
        check = m.breaks_with_small_perturbation()
        late = not naive_parity.is_right([int(bit) for bit in m.sequence("bits")], flat(m)) and m.first_error > 10
        assert ("later than the first ten" in check.reason) == late and not (late and check.passed)


def flat(m) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in m.weights()])
