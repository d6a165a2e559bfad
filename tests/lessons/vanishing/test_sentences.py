"""What the page makes up from its results: over random settings and at the edges nothing contradicts anything else."""

import math
import re
from typing import Any

import numpy as np
import param
import pytest

from app.parts.numbers import Block
from lessons.vanishing import diagrams, numbers, topics, words
from lessons.vanishing.model import Vanishing
from lessons.vanishing.parameters import TOPICS
from tests.lessons.vanishing.vanishing_oracle import model_at, terms, text

STATES = 20  # random settings for each topic
NONSENSE = (
    r"not a number|\bnan\b|∞|\binf\b|−0(?![.\d])|exponent is −?0(?![.\d])|"  # what is no number, a 0 with a sign
    r"\b1 (?:steps|factors)\b|\bare 1 (?!apart)|every 0\.\d|within 0 |±\s*0(?![.\d])|"
    r"from (\S+) to \1\.(?!\d)|is (\S+), after \2 |length (\S+); it is cut to \3 "  # comparisons of equals
)


def drawn(rng: np.random.Generator, topic: str) -> Vanishing:
    """A model whose settings are bounds, 0, 1 or anything between."""
    m = model_at(topic=topic)
    for name, p in m.parameters().items():
        if name in ("name", "topic", "x", "concealed", "preset", "cursor"):
            continue
        if isinstance(p, param.Boolean):
            value: Any = bool(rng.integers(2))
        elif isinstance(p, param.Selector):
            value = p.objects[rng.integers(len(p.objects))]
        elif isinstance(p, param.Number):
            low, high = p.bounds
            some = [low, high, np.clip(0, low, high), np.clip(1, low, high), *rng.uniform(low, high, 4)]
            value = round(float(rng.choice(some)) / p.step) * p.step if p.step else int(rng.choice(some))
            value = min(max(value, low), high)
        setattr(m, name, value)
    m.n_units = int(rng.choice([1, 1, 2, 3, 8]))
    m.x = tuple(np.round(rng.uniform(-2, 2, 12), 2).tolist())
    return m


def everything(m: Vanishing, t: int, blocks: list[Block]) -> list[str]:
    """All that the page says at step t."""
    checks = [getattr(m, name)() for name in ("vanishes_though_large", "keeps_the_gradient", "survives_the_cliff")]
    return [
        m.sentence(),
        m.explain("log10_product", t),
        *([m.divergence(t)] if m.topic == "vanishing" else []),
        *(check.reason for check in checks),
        *diagrams.live(m, t)["text"].values(),
        *(text(part) for block in blocks for part in (block.title, block.note, *block.lines)),
    ]


def consistent(m: Vanishing, t: int) -> None:
    """No nonsense, and every equation of numbers comes out as it is written."""
    blocks = numbers.blocks(m, t)
    for said in everything(m, t, blocks):
        assert not re.search(NONSENSE, said), (said, m.sentence())
    for block in blocks:
        for left, right in terms(block.lines):
            assert left == pytest.approx(right, rel=4e-3, abs=1e-12), (block, m.sentence())
    notes = {block.title.partition(" at ")[0]: block.note for block in blocks}
    if m.topic == "vanishing":
        agree_on_one_network(m, notes)
    if m.topic == "chaos":
        agree_on_two_starts(m, notes["Distance"])


def sized(log10: float) -> str:
    return re.escape(words.power(log10))


def agree_on_one_network(m: Vanishing, notes: dict[str, str]) -> None:
    said, r = m.sentence(), m.result
    left = float(r.log10_product[0])
    if left == -math.inf:
        assert re.search("no gradient leaves|nothing arrives before", said)
        assert diagrams.live(m, 1)["text"]["product"] == "nothing"
        return
    assert re.search(sized(left) + " (?:is left|of the gradient|times)|factor 1|grows " + sized(left), said), said
    falls = left < math.log10(0.995)
    assert not (falls and "keeps its size" in said) and not (left > 0.01 and re.search("halves|is left", said)), said
    rho, most = float(abs(np.linalg.eigvals(r.params.W)).max()), float(np.linalg.norm(r.params.W, 2))
    gamma = topics.GAMMA[m.activation]
    if m.n_units == 1:
        return
    verdict = notes["The matrix"]
    assert ("must vanish" in said) == ("it must vanish" in verdict) == (gamma * most < 1 - 1e-9), said
    if "allows growth" in said:
        assert "growth is possible" in verdict and gamma * rho < 1, said
    if "would grow" in said or "would keep" in said:
        assert left < -0.04 and ("saturated" in said) <= (m.activation in ("tanh", "logistic"))
    assert ("off (" not in said) or m.activation == "relu"


def agree_on_two_starts(m: Vanishing, note: str) -> None:
    said, r = m.sentence(), m.result
    assert ("chaotic" in said) == ("until they are as large as the plane" in note) == r.chaotic
    assert ("about 0" in said) == ("about 0" in note) == r.neutral
    assert ("near the attractor" in said) == ("near the attractor only" in note)
    factor = re.search(r"multiplied by (?:about )?(\S+) per step", said)
    if factor and "10" not in factor[1]:
        assert ("chaotic" in said) == (float(factor[1]) > 1), said
    if "have become equal" in said:
        assert "boundary" not in said and r.log10_distance[-1] == -math.inf
    # of two powers that are said, equal ones are not put side by side
    apart = re.search(r"starts (\S+) apart are (\S+) apart", said)
    assert apart is None or apart[1] != apart[2], said


@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_contradicts_anything_for_random_settings(topic):
    rng = np.random.default_rng(7)
    for _ in range(STATES):
        m = drawn(rng, topic)
        consistent(m, int(rng.choice([1, rng.integers(1, m.n_steps + 1), m.n_steps])))


ONE = {"topic": "vanishing", "n_units": 1, "n_steps": 20}
SEVERAL = {"topic": "vanishing", "n_units": 3, "n_steps": 30, "signal": "noise"}


@pytest.mark.parametrize("activation", ["identity", "tanh", "logistic", "relu"])
@pytest.mark.parametrize("form", ["hidden", "cell"])
def test_thresholds_of_one_unit(activation, form):
    for w in (0.0, 1e-9, 0.4999, 0.5, 0.5001, 1 - 1e-4, 1 - 1e-12, 1.0, 1 + 1e-12, 1 + 1e-4, 2.0, -1.0, -0.5, -2.0):
        m = model_at(activation=activation, form=form, signal="constant", **ONE)
        m.param.update(w=w, n_steps=200 if abs(w) in (0.5, 1) else 10)
        consistent(m, 1)


@pytest.mark.parametrize("matrix", ["random", "symmetric", "orthogonal", "identity"])
@pytest.mark.parametrize("activation", ["identity", "tanh", "logistic", "relu"])
def test_thresholds_of_many_units(activation, matrix):
    # of a normal matrix both sizes are the same
    for scaled_by in ("spectral radius", "largest singular value")[: 2 if matrix == "random" else 1]:
        gamma = topics.GAMMA[activation]
        for times in (0.0, 1e-9, 1 - 1e-3, 1 - 1e-12, 1.0, 1 + 1e-12, 1 + 1e-3):
            m = model_at(activation=activation, matrix=matrix, **SEVERAL)
            m.param.update(scaled_by=scaled_by, size=min(times / gamma, 3.0))
            consistent(m, 1)


@pytest.mark.parametrize("n_units", [1, 3])
def test_what_underflows_is_small_and_not_gone(n_units):
    m = model_at(n_steps=200, w=0.01, activation="identity", n_units=n_units, size=0.01, matrix="identity")
    assert re.search(r"10⁻³⁹⁸ (?:is left|of the gradient is left)", m.sentence())
    consistent(m, 1)
    assert "10**-398.0" in " ".join(text(line) for block in numbers.blocks(m, 1) for line in block.lines)
    assert "No error arrives" not in " ".join(block.note for block in numbers.blocks(m, 1))
    assert diagrams.live(m, 1)["text"]["product"] == "10⁻³⁹⁸"


def test_a_state_that_fades_is_never_called_0():
    m = model_at(n_units=3, matrix="identity", size=0.1, signal="impulse", n_steps=40, activation="identity")
    for t in (20, 39):
        lines = [text(line) for line in numbers.blocks(m, t)[0].lines]
        assert not any(line.endswith("= 0") for line in lines), lines
        assert diagrams.live(m, t)["text"]["h.value"] != "0"
        consistent(m, t)


def test_terms_that_cancel_are_written_with_the_digits_that_are_left():
    m = model_at(activation="logistic", w=-2, bias=1, u=0, n_steps=20, signal="constant")
    assert abs(m.result.a[9, 0]) < 0.01
    for t in range(5, 15):
        consistent(m, t)
    m = model_at(preset="loss-cliff", start_w=0, start_b=0.98, descent_steps=30)
    assert abs(m.result.h[-1, 0] - 0.7) < 0.02
    consistent(m, 1)


def test_an_exact_0_is_named_where_it_is():
    ones = {"activation": "relu", "signal": "drawn", "n_steps": 20, "w": 1}
    middle = model_at(x="1*10,-2,1*9", **{**ones, "w": 0.5}).sentence()
    assert middle == "A factor of 0 cuts the way back: nothing arrives before t = 11."
    last = model_at(x="1*19,-2", **{**ones, "w": 0.1}).sentence()
    assert last == "The last factor is 0: no gradient leaves the last step."
    assert model_at(w=0).sentence().startswith("Every factor is 0")
    for m in (model_at(w=0), model_at(x="1*10,-2,1*9", **{**ones, "w": 0.5})):
        for t in (1, 9, 10, m.n_steps):
            consistent(m, t)
    explained = model_at(w=0, n_steps=10).explain("log10_product", 9)
    assert explained == "From t = 9 to 10 there is 1 factor, and their product is 0: it has no logarithm."


def test_where_different_units_are_off_the_factors_multiply_to_0():
    m = model_at(n_units=2, matrix="identity", size=1, activation="relu", signal="drawn", n_steps=20, x="0*20", u=1)
    U = m.result.params.U[:, 0]
    if U[0] * U[1] > 0:
        m = model_at(n_units=2, matrix="identity", size=1, activation="relu", signal="drawn", n_steps=20, seed=2)
    # first one unit alone is on, then the other
    m.x = (*(1.0 for _ in range(10)), *(-2.0 for _ in range(10)))
    r = m.result
    if np.isneginf(r.log10_product[0]) and r.factor.all():
        assert m.sentence().startswith("The factors multiply to 0")
    consistent(m, 1)


def test_descent_says_nothing_twice():
    first = float(model_at(preset="loss-cliff", descent_steps=0).result.descents[0].gradient_norm[0])
    for clip in (True, False):
        for settings in (
            {"descent_steps": 0},
            {"descent_steps": 1, "learning_rate": 0.001},
            {"descent_steps": 1, "start_w": 10, "start_b": 4},
            {"descent_steps": 200, "start_w": 0, "start_b": 1, "learning_rate": 2},
            {"descent_steps": 1, "threshold": first},
            {"descent_steps": 1, "threshold": first * (1 - 1e-7)},
            {"descent_steps": 1, "threshold": first * (1 + 1e-7)},
        ):
            m = model_at(preset="loss-cliff", clip=str(clip).lower())
            m.param.update(**settings)
            consistent(m, 1)
    for times, said in ((1 - 1e-7, "it is cut to"), (1.0, "never above"), (1 + 1e-7, "never above")):
        m = model_at(preset="loss-cliff", clip="true", descent_steps=1)
        m.threshold = first * times
        assert said in m.sentence()


def test_equal_terms_have_equal_shares():
    assert "each is 0.2" in model_at(preset="rescaling", decay=1).sentence()


@pytest.mark.parametrize("gain", [0.0, 1e-9, 0.01, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("separation", [-12, -6, -1])
def test_two_starts_at_their_edges(gain, separation):
    for weights in ((0, 0, 0, 0), (0, 0, 1, 0), (1, 0, 0, 1), (8, 8, -8, 8), (0.9, -0.7, 0.7, 0.9)):
        m = model_at(topic="chaos", separation=separation, n_steps=10)
        m.param.update(gain=gain, **dict(zip(("W11", "W12", "W21", "W22"), weights, strict=True)))
        for t in (1, 10):
            consistent(m, t)


def test_a_challenge_names_the_number_by_which_it_is_missed():
    m = model_at(n_units=2, matrix="identity", activation="tanh", u=0, bias=2, n_steps=30)
    m.size = 1.49999
    said = m.vanishes_though_large()
    assert not said.passed and "ρ = 1.49999" in said.reason
    m = model_at(n_units=2, matrix="identity", activation="tanh", u=0.1, n_steps=100, signal="impulse")
    m.size = 0.1 ** (1.00003 / 99)
    for _ in range(2):
        check = m.keeps_the_gradient()
        shown = float(re.match(r"(\S+) of the gradient", check.reason)[1])
        assert check.passed == (0.1 < shown < 10), check.reason
        m.size = 0.1 ** (0.9 / 99)


@pytest.mark.parametrize("settings", [{"w": 2}, {"w": -2}, {"n_units": 3, "size": 3}, {"w": 1.2, "activation": "relu"}])
def test_a_state_that_leaves_the_plot_is_explained_by_its_own_growth(settings):
    m = model_at(topic="vanishing", n_steps=200, signal="constant", **settings)
    grown = float(re.search(r"multiplied by (\S+) per step", m.divergence(50))[1])
    sizes = np.linalg.norm(m.result.h[[99, 199]], axis=1)
    assert sizes[1] > 1e6 and grown == pytest.approx((sizes[1] / sizes[0]) ** 0.01, rel=5e-3)
