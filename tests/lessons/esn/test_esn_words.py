"""What the esn page says in words, against numbers worked out here."""

import itertools
import re

import numpy as np
import pytest

from engine import reservoir
from lessons.esn import diagram as reservoir_diagram
from lessons.esn import numbers as reservoir_numbers
from lessons.esn import tables as reservoir_tables
from lessons.esn import words
from lessons.esn.echo_words import factor, power, tendency
from lessons.esn.parameters import TOPICS
from lessons.esn.settings import TASKS
from lessons.esn.sweep import SPECTRAL_RADII
from tests.lessons.esn.reservoir_cases import make

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
    assert saturated.result.dies and "although ρ is above 1: the input drives units" in saturated.sentence()
    pushed = make(task="silence", bias_scaling=1.0, spectral_radius=1.2)
    assert not pushed.traced.x.any() and "above 1: the bias drives units" in pushed.sentence()


def test_chaos_is_told_from_an_echo_that_is_still_dying():
    chaos = make(spectral_radius=3.0)
    assert "chaos" in chaos.sentence() and distance(chaos)[-1] > 1
    dying = make(leak_rate=0.1, n_steps=200)
    sentence, log = dying.sentence(), np.log10(distance(dying))
    goal = np.log10(np.linalg.norm(dying.result.starts[0] - dying.result.starts[1])) - 6
    left = (goal - log[-1]) / np.log10(said("small differences by # on average", sentence))
    assert said("per step it takes # step", sentence) == pytest.approx(left, rel=0.05)


def test_no_forecast_where_the_distance_keeps_another_pace():
    """In the last half of these steps the distance falls more than a fifth slower than the exponent says."""
    m = make(spectral_radius=1.3, n_units=100)
    log, pace = np.log10(distance(m)), m.result.exponent / np.log(10)
    assert abs((log[-1] - log[75]) / 74 / pace - 1) > 0.2
    assert "is dying" in m.sentence() and "it takes" not in m.sentence()


@pytest.mark.parametrize(("rho", "tends"), [(0.9, -1), (1.35, 0), (2.0, 1)])
def test_growth_that_the_run_cannot_tell_from_none_is_neither_chaos_nor_death(rho, tends):
    m = make(spectral_radius=rho)
    t = m.traced
    growth = reservoir.lyapunov_exponent(t.x, t.reservoir, washout=20, h0=m.result.starts[0]).growth[20:]
    off = growth.mean() / (growth.std() / np.sqrt(len(growth)))  # steps taken as independent
    assert tendency(m.result) == tends == (np.sign(off) if abs(off) > 2 else 0)
    assert ("chaos" in m.sentence()) == (tends > 0) and ("cannot tell from 1 " in m.sentence()) == (tends == 0)
    assert ("not clearly above or below 1" in reservoir_tables.stability(m)) == (tends == 0)


@pytest.mark.parametrize("exponent", [0.0048, -0.0048, 0.02, -0.7, 1.2, 3e-5])
def test_a_factor_has_the_digits_that_tell_it_from_1(exponent):
    written = float(factor(exponent))
    assert written - 1 == pytest.approx(np.expm1(exponent), rel=0.1)


def test_without_a_loop_nothing_is_said_about_the_radius_asked_for():
    m = make(n_units=20, density=0.02)
    W, power = m.traced.reservoir.W, np.eye(20)
    longest = next(k for k in range(1, 20) if not (power := power @ W).any())
    assert m.result.dies <= longest and np.abs(np.linalg.eigvals(W)).max() < 1e-6
    assert m.sentence().startswith("ρ = 0 (the connections form no loop): ")
    assert "single step" not in m.sentence() + reservoir_tables.stability(m)
    for t in range(1, longest):
        assert "less steep" not in " ".join(block.note for block in reservoir_numbers.blocks(m, t))
    drawn = make(n_units=20, density=0.02, topic="recipe", recipe=1)
    assert "form no loop, so that ρ = 0" in drawn.sentence() and "ρ = 0 (" in reservoir_tables.recipe(drawn)
    m.leak_rate = 0.5
    assert "share that each leaky unit keeps" in m.sentence()


def test_an_echo_with_feedback_says_what_is_fed_back():
    m = make(feedback_scaling=1.0)
    assert "What is fed back is the target" in m.sentence()
    assert "the target of the step before" in reservoir_numbers.blocks(m, 5)[0].note


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
    assert "and 1 step has multiplied that by 0." in m.explain("log10_distance", 1)


def test_what_is_left_below_rounding_is_not_explained_by_dynamics():
    m = make(spectral_radius=0.1, n_steps=100)
    said = m.explain("log10_distance", 100)
    assert "rounding" in said or "same to the last digit" in said


def test_an_input_drawn_by_hand_is_named_whatever_the_task():
    m = make(topic="recipe")
    assert "drawn by you" not in m.sentence()
    m.draw_input()
    m.task = "sunspots"
    assert "x is drawn by you" in m.sentence()


# Memory, recipe, free run


def test_memory_is_told_with_its_bound():
    m = make(topic="memory", n_units=40, lag=3, max_lag=30)
    r2 = m.result.per_lag
    assert said("At lag 3 r² is #", m.sentence()) == pytest.approx(r2[2], rel=1e-2)
    assert said("memory capacity is #,", m.sentence()) == pytest.approx(r2.sum(), rel=1e-2)
    assert "where 30, 1 for each lag, is the most" in m.sentence() and "fitted on 80 of the steps" in m.sentence()
    assert said("for the first # step", m.sentence()) == int(np.argmax(r2 < 0.5))
    m.n_units = 20
    assert "where N = 20 is the most" in m.sentence()


def test_memory_with_gaps_is_told_as_such():
    """Where all connections take five steps, h(t) hears of x(t), x(t−5), x(t−10) … only."""
    m = make(topic="memory", n_units=40, input_scaling=0.1, late=1.0, delay=5, log_ridge=-8.0)
    lags = np.flatnonzero(m.result.per_lag > 0.5) + 1
    assert len(lags) > 2 and (lags % 5 == 0).all()
    assert "only every fifth lag is remembered" in m.sentence()


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
    assert m.result.error_new > max(5 * m.result.error_train, 0.1)
    assert "202 weights can learn 80 steps by heart" in m.sentence()


def test_a_small_error_is_not_called_learned_by_heart():
    m = make(topic="recipe", n_steps=300, n_new=100)
    assert m.result.error_new > 5 * m.result.error_train and m.result.error_new < 0.1
    assert "far more" not in m.sentence() + reservoir_tables.errors(m) and "the mean has 1." in m.sentence()


def test_more_weights_than_steps_that_carry_over_have_their_own_sentence():
    m = make(topic="recipe", n_units=300, n_steps=200, n_new=50, log_ridge=-8.0)
    assert m.result.error_new < 0.1 and "more weights (302) than steps" in m.sentence()


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


def test_an_output_that_no_longer_moves_is_silent_only_at_0():
    m = make(topic="free run", task="Mackey-Glass 17", feedback_scaling=1.0, n_steps=300, n_new=100, n_units=20)
    r = m.result
    for level, told in ((0.0, "fallen silent"), (-0.93, "stands still at −0.93.")):
        y = r.y.copy()
        y[r.first_free - 1 :] = level
        assert told in words._free_run(r._replace(y=y, held=0))


def test_a_sweep_names_the_present_error_and_how_to_begin():
    m = make(topic="sweep", task="parity", lag=2, n_steps=300)
    assert said("on new data, an error .NMSE. of #[.]", m.sentence()) == pytest.approx(m.result.error_new, rel=0.06)
    assert "Start the sweep" in m.sentence()


def test_a_sweep_tells_the_best_of_what_it_has_found():
    m = make(topic="sweep", task="parity", lag=2, n_steps=300, n_seeds=3)
    sweep = m.sweep
    error, memory = (np.full_like(values, np.nan) for values in (sweep.shown.error, sweep.shown.memory))
    error[-1, 3], error[-1, 5] = (0.5, 0.1, 0.9), (0.2, np.nan, 0.4)
    memory[-1, 5], memory[-1, 6] = 3.0, 7.25
    error[0, 2] = 0.001  # of another leak rate
    sweep._course.snapshot = sweep.shown._replace(n_done=12, error=error, memory=memory)
    assert sweep.leak_rates[-1] == m.leak_rate == 1.0 and SPECTRAL_RADII[5] == 0.8 and SPECTRAL_RADII[6] == 0.85
    assert ("at this leak rate, the error is least at ρ = 0.8 (median 0.3) and memory is greatest at ρ = 0.85 "
            "(median 7.25).") in m.sentence()  # fmt: skip


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
