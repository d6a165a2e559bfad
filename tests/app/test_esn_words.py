"""What the esn page says in words, against numbers worked out here."""

import itertools
import re

import numpy as np
import pytest

from app import reservoir_diagram, reservoir_numbers, reservoir_tables
from app.models.esn import TOPICS
from app.models.esn_settings import TASKS
from app.models.esn_words import power
from tests.app.test_reservoir_parts import make

NEVER = re.compile(r"\bnan\b|\binf\b|None|not a number|∞|--|\[(?!1;)|\(−?\d+,\)")
DOWN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def told(written: str) -> float:
    """A number as it is written in a sentence."""
    return float(re.sub("·10(.+)", r"e\1", written.translate(DOWN)))


def said(pattern: str, sentence: str) -> float:
    found = re.search(pattern.replace("#", r"(−?[\d.]+(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"), sentence)
    assert found, f"{pattern!r} in {sentence!r}"
    return told(found[1])


@pytest.mark.parametrize("log10", [-1.5, -2.0, -0.3, 0.0, 1.2, 3.4, -8.123, -3.9999, -15.6, 5.5])
def test_sizes_are_written_from_their_logarithm(log10):
    assert told(power(log10)) == pytest.approx(10**log10, rel=0.05)


def test_a_size_of_nothing_is_nothing():
    assert power(-np.inf) == "0"


# Two starts

def distance(m) -> np.ndarray:
    return np.linalg.norm(m.traced.states - m.result.other, axis=1)


def test_a_dying_echo_is_told_with_its_step():
    m = make(spectral_radius=0.6)
    first = np.linalg.norm(m.result.starts[0] - m.result.starts[1])
    step = int(said(r"From t = # on", m.sentence()))
    assert distance(m)[step - 2] > 1e-6 * first >= distance(m)[step - 1]
    assert said("by # on average", m.sentence()) == pytest.approx(np.exp(m.result.exponent), rel=1e-2)


def test_the_reason_is_proof_expectation_or_saturation():
    proved = make(spectral_radius=0.2)
    assert np.linalg.norm(proved.traced.reservoir.W, 2) < 1 and "It had to" in proved.sentence()
    expected = make(spectral_radius=0.9)
    assert np.linalg.norm(expected.traced.reservoir.W, 2) > 1 and "proves nothing" in expected.sentence()
    saturated = make(spectral_radius=1.3, input_scaling=5.0)
    assert saturated.result.dies and ", although ρ is above 1" in saturated.sentence()


def test_chaos_is_told_from_an_echo_that_is_still_dying():
    chaos = make(spectral_radius=3.0)
    assert "chaos" in chaos.sentence() and distance(chaos)[-1] > 1
    dying = make(leak_rate=0.1, n_steps=60)
    left, log = said("it takes # step", dying.sentence()), np.log10(distance(dying))
    pace = (log[-1] - log[30]) / 29
    goal = np.log10(np.linalg.norm(dying.result.starts[0] - dying.result.starts[1])) - 6
    assert left == pytest.approx((goal - log[-1]) / pace, abs=1)


def test_two_courses_are_told_where_differences_die_but_the_distance_stays():
    """Two units that hear each other with weight 2 keep the sign they both start with."""
    pair = {"task": "silence", "topology": "ring", "weights": "equal", "n_units": 2, "spectral_radius": 2.0}
    models = (make(**pair, seed=seed) for seed in range(60))
    apart = [m for m in models if (np.sign(m.result.starts) == [[1, 1], [-1, -1]]).all()]
    assert apart
    for m in apart:
        assert m.result.exponent < 0 and "different courses, and no input" in m.sentence()


def test_the_distance_is_explained_by_its_factor_per_step():
    m = make(task="silence", topology="ring", weights="equal", spectral_radius=0.5, n_steps=40)
    first = np.linalg.norm(m.result.starts[0] - m.result.starts[1])
    for t in (5, 20, 40):
        sentence, now = m.explain("log10_distance", t), distance(m)[t - 1]
        assert said(r"log₁₀ \S+ = #:", sentence) == pytest.approx(np.log10(now), abs=6e-3)
        assert said("the starts were # apart", sentence) == pytest.approx(first, rel=0.05)
        assert said("multiplied that by # on average", sentence) == pytest.approx((now / first) ** (1 / t), rel=2e-3)
    assert "0.5" in m.explain("log10_distance", 40)


def test_what_is_left_below_rounding_is_not_explained_by_dynamics():
    m = make(spectral_radius=0.1, n_steps=100)
    assert "rounding" in m.explain("log10_distance", 100) or "same to the last digit" in m.explain("log10_distance", 100)


# Memory, recipe, free run

def test_memory_is_told_with_its_bound():
    m = make(topic="memory", n_units=40, lag=3, max_lag=30)
    r2 = m.result.per_lag
    assert said("At lag 3 r² is #", m.sentence()) == pytest.approx(r2[2], rel=1e-2)
    assert said("memory capacity is #,", m.sentence()) == pytest.approx(r2.sum(), rel=1e-2)
    assert "N = 40" in m.sentence()
    assert said("for the first # step", m.sentence()) == int(np.argmax(r2 < 0.5))


def test_the_recipe_tells_each_step():
    m = make(topic="recipe", task="NARMA-10", n_steps=500, n_new=100, washout=50, n_units=60, recipe=1)
    sentences = []
    for step in (1, 2, 3, 4):
        m.recipe = step
        sentences.append(m.sentence())
    assert "360 connections, 10 %" in sentences[0] and "NMSE" not in sentences[0] + sentences[1]
    assert said("lie between #", sentences[1]) == pytest.approx(m.traced.states.min(), rel=1e-2)
    errors = []
    for first, last in ((50, 400), (400, 500)):
        y, d = m.result.y[first:last], m.traced.d[first:last]
        errors.append(np.mean((y - d) ** 2) / np.var(d))
    assert said("on 350 steps: an error .NMSE. of #[,.]", sentences[2]) == pytest.approx(errors[0], rel=0.06)
    assert said("On 100 new steps it has an error .NMSE. of #[,;.]", sentences[3]) == pytest.approx(errors[1], rel=0.06)


def test_learning_by_heart_is_named():
    m = make(topic="recipe", task="NARMA-10", n_steps=150, n_units=200, log_ridge=-12.0)
    assert m.result.error_new > 10 * m.result.error_train
    assert "202 weights can learn 80 steps by heart" in m.sentence()


def test_parity_counts_the_right_signs():
    m = make(topic="recipe", task="parity", lag=2, n_steps=300, n_new=40)
    right = int((np.sign(m.result.y[260:, 0]) == m.traced.d[260:, 0]).sum())
    assert f"the right sign at {right} of 40" in m.sentence()


def test_a_free_run_tells_how_long_it_holds():
    m = make(topic="free run", task="sine", feedback_scaling=1.0, n_steps=300, n_new=100)
    assert "to the end, 100 steps on its own" in m.sentence()
    m.param.update(task="Mackey-Glass 17", n_steps=400, n_units=30)
    far = np.abs(m.result.y - m.traced.d)[m.result.first_free - 1 :, 0] > 0.1 * np.ptp(m.traced.d) / 2
    held = int(np.argmax(far))
    assert far.any()
    assert (f"for {held} step" in m.sentence()) if held else ("off at once" in m.sentence())
    m.feedback_scaling = 0.0
    assert "feedback scale is 0" in m.sentence()


def test_a_sweep_names_the_present_error_and_how_to_begin():
    m = make(topic="sweep", task="parity", lag=2, n_steps=300)
    assert said("has an error .NMSE. of #[.]", m.sentence()) == pytest.approx(m.result.error_new, rel=0.06)
    assert "Start the sweep" in m.sentence()


# Whatever is set, there are words

HARD = [
    {}, {"n_units": 2, "density": 0.02}, {"n_steps": 40, "washout": 500, "n_new": 1000}, {"spectral_radius": 0.0},
    {"spectral_radius": 3.0, "feedback_scaling": 3.0, "input_scaling": 10.0, "log_ridge": -12.0},
    {"learning": "recursive", "forgetting": 0.9, "feedback_scaling": 1.0, "feedback_from": "own", "log_ridge": -12.0},
    {"leak_rate": 0.02, "late": 1.0, "delay": 20, "unit": 2000, "lag": 100, "max_lag": 5},
    {"signal": "drawn", "x": (2.0,) * 150, "input_scaling": 0.0, "bias_scaling": 3.0},
]  # fmt: skip


@pytest.mark.parametrize(("topic", "k"), list(itertools.product(TOPICS, range(len(HARD)))))
def test_every_setting_has_words_numbers_and_a_picture(topic, k):
    # each setting meets two of the tasks in each topic, and in all of them together every task
    tasks, at = list(TASKS), TOPICS.index(topic) * len(HARD) + k
    for task in (tasks[at % len(tasks)], tasks[(at * 3 + 7) % len(tasks)]):
        m = make(n_units=20, topic=topic, task=task)
        m.param.update(**HARD[k])
        names = ("log10_distance", "h", "y", "x", "d")
        pieces = [m.sentence(), m.divergence(20), *(m.explain(name, 20) for name in names)]
        tables = {"echo": (reservoir_tables.stability,), "memory": (reservoir_tables.totals,), "free run": ()}
        for table in tables.get(topic, (reservoir_tables.recipe, reservoir_tables.errors)):
            pieces.append(table(m))
        for t in (1, 20, m.n_steps):
            pieces += [block.html() for block in reservoir_numbers.blocks(m, t)]
            live = reservoir_diagram.live(m.result, t, m.shown_unit, m.done)
            pieces += live["text"].values()
            assert all(np.isfinite(level) for level in live["level"].values())
        for piece in pieces:
            bare = re.sub("<[^>]*>", "", piece)
            assert not NEVER.search(bare), bare
        assert all(piece and piece[0] != " " for piece in pieces[:2])
        assert reservoir_diagram.diagram(m.result, m.shown_unit).svg()
