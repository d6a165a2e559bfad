"""Sentences that the page makes up from results: over random settings and at the edges of their cases, none
contradicts itself or another place, and none makes a number out of what has none."""

import itertools
import re

import numpy as np
import pytest

from lessons.esn import checks, memory_words, numbers, sweep_words, tables, words
from lessons.esn import diagram as reservoir_diagram
from lessons.esn.digits import apart, error_told
from lessons.esn.echo_words import STILL, explain_distance, factor, power
from lessons.esn.echo_words import sentence as echo_sentence
from lessons.esn.load import remarks
from lessons.esn.parameters import LEARNING, TOPICS
from lessons.esn.settings import TASKS
from tests.lessons.esn.reservoir_cases import make
from tests.lessons.esn.test_esn_words import NEVER, told

DIGITS = r"−?[\d.]+(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
SENSELESS = re.compile(
    r"within 0 of|more than 0 off|\b1 steps|first 1 step|first 0|−0(?![.\d])|\b1 of the lags|between 0 and 0\b"
    r"|exponent −∞|exponent is −∞|by 0 on average|echoes do not die|by 1 on average\. And|± ?0(?![.\d])"
)


def bare(piece: str) -> str:
    return re.sub(r"<[^>]*>", "", piece).replace("&lt;", "<").replace("&gt;", ">").replace("&emsp;", " ")


def value(pattern: str, text: str) -> float | None:
    """The number that stands for # in a text, or None where the text does not have it."""
    found = re.search(pattern.replace("#", f"({DIGITS})"), text)
    return None if found is None else told(found[1].rstrip("."))


def table_of(m) -> str:
    """All tables of the present topic, as they are read."""
    topic, found = m.result.traced.settings.topic, m.result
    if topic == "echo":
        return bare(tables.stability(m).replace("<td", " | <td"))
    if topic == "memory":
        return bare(tables.totals(m).replace("<td", " | <td"))
    if topic == "free run":
        return ""
    read = tables.recipe(m) + tables.errors(m) + (sweep_words.findings(m) if topic == "sweep" else "")
    return bare(read.replace("<td", " | <td")) if found else ""


def pieces(m, steps) -> list[str]:
    """Everything that the page says in its present state, with the cursor at some steps."""
    found = m.result
    said = [m.sentence(), m.divergence(20), table_of(m), *remarks(found)]
    said += [checks.sine_held(found).reason, checks.narma_below(found, m.done).reason]
    for t in steps:
        said += [m.explain(name, t) for name in ("log10_distance", "h", "y", "x", "d")]
        said += [bare(block.html()) for block in numbers.blocks(m, t)]
        said += reservoir_diagram.live(found, t, m.shown_unit, m.done)["text"].values()
    return said


def some_settings(rng: np.random.Generator) -> dict[str, object]:
    """Anything within the bounds, the ends often among it; small, so that a hundred of them are quick."""

    def one(low, high, *edges):
        return float(rng.choice(edges)) if edges and rng.random() < 0.3 else float(rng.uniform(low, high))

    topic = str(rng.choice(TOPICS))
    values = {
        "topic": topic, "task": str(rng.choice(list(TASKS))), "seed": int(rng.integers(10000)),
        "spectral_radius": one(0, 3, 0, 1, 3, 0.999, 1.002), "leak_rate": one(0.02, 1, 1, 1, 0.02, 0.9996),
        "input_scaling": one(0, 10, 0, 0.05, 10), "bias_scaling": one(0, 3, 0, 0, 0, 3),
        "feedback_scaling": one(0, 3, 0, 0, 1), "n_units": int(rng.choice([2, 3, 10, 30, 60])),
        "density": one(0.02, 1, 0.02, 0.1, 1), "topology": str(rng.choice(["random", "ring", "small world"])),
        "weights": str(rng.choice(["uniform", "signs", "equal"])), "late": one(0, 1, 0, 0, 0, 1),
        "delay": int(rng.choice([2, 5, 20])), "lag": int(rng.choice([1, 2, 5, 100])),
        "period": int(rng.choice([4, 20, 100])), "n_steps": int(rng.choice([40, 80, 200])),
        "washout": int(rng.choice([0, 1, 20, 500])), "n_new": int(rng.choice([10, 50, 1000])),
        "log_ridge": one(-12, 3, -12, 3), "learning": str(rng.choice(LEARNING)),
        "feedback_from": str(rng.choice(["teacher", "own"])), "forgetting": one(0.9, 1, 1, 1, 0.9),
        "recipe": int(rng.integers(1, 5)), "max_lag": int(rng.choice([5, 30])),
    }  # fmt: skip
    if values["late"] and values["n_units"] > 10:
        values["delay"] = 2  # the eigenvalues of more would take seconds
    return values


@pytest.mark.parametrize("k", range(100))
def test_no_sentence_of_any_setting_contradicts_another(k):
    rng = np.random.default_rng([k, 11])
    m = make(**some_settings(rng))
    n_steps = len(m.result.traced.states)
    for piece in pieces(m, {1, int(rng.integers(1, n_steps + 1)), n_steps}):
        assert not NEVER.search(piece) and not SENSELESS.search(piece), piece
    agree(m.sentence(), table_of(m), m)


def agree(sentence: str, table: str, m) -> None:
    """That a sentence does not contradict itself nor the table beside it."""
    assert not value(r"ρ(?: of| =) (#)[^.]*\babove 1\b".replace("(#)", "#"), sentence) or above(sentence)
    if "no input at all not all starts meet" in table and not m.traced.x.any() and m.traced.reservoir.W_fb is None:
        assert "the echo dies" not in sentence + table, sentence
    {"echo": echo_agrees, "memory": memory_agrees, "free run": lambda *_: None}.get(
        m.result.traced.settings.topic, errors_agree
    )(sentence, table)


def above(sentence: str) -> bool:
    """Whether what is called above 1, or below it, is written so."""
    radius = value(r"effective ρ of #[ ,]", sentence) or value(r"ρ = #\b", sentence)
    assert radius is not None
    return radius > 1


def echo_agrees(sentence: str, table: str) -> None:
    dies = value(r"From t = # on the two starts are less", sentence)
    assert dies == value(r"from t = # \|", table) and (dies is None) == ("not within T" in table)
    if "differences grow: chaos" in table:
        assert not re.search(r"echo dies|is dying|die out|near the edge", sentence), sentence
    if "differences die out" in table:
        assert not re.search(r"chaos|near the edge|part by|cannot tell", sentence), sentence
    if "not clearly above or below 1" in table and "It had to" not in sentence:
        assert re.search(r"cannot tell from 1|loop", sentence), sentence
    if "Proved: whatever the input" in table:
        assert "not forgotten" not in sentence and "chaos" not in sentence, sentence
    stretch = value(r"σmax \| # \|", table)
    leaky = value(r"With the leak #,", table)
    assert stretch is not None
    if "It is below 1" in table or leaky is not None:
        assert ((stretch if leaky is None else leaky) < 1) == ("below 1: echoes die" in table)
    if "although" in sentence:
        assert above(sentence), sentence
    if "below 1, suggests" in sentence:
        assert not above(sentence), sentence
    for said in re.findall(f"multiplies small differences by ({DIGITS})", sentence):
        grows = "It had to" not in sentence and told(said) >= 1
        assert not grows or re.search(r"cannot tell", sentence), sentence


def memory_agrees(sentence: str, table: str) -> None:
    total = value(r"memory capacity is #,", sentence)
    assert total == pytest.approx(value(r"memory capacity \| # \|", table), rel=6e-3)
    most = value(r"where (?:N = )?#[ ,]", sentence)
    assert (total > most) == ("chance" in sentence) == ("chance" in table), sentence
    share = value(r"share \| # %", table)
    assert (share > 100) == (total > most) and share == pytest.approx(100 * total / most, rel=1e-2)
    at_lag = value(r"At lag \d+ r² is #[;.]", sentence)
    for words_, holds in (("no lag keeps", lambda r2: r2 < 0.5), ("left at all", lambda r2: r2 >= 0.5)):
        assert at_lag is None or words_ not in sentence or holds(at_lag), sentence
    assert ("no lag keeps" in sentence) == ("above ½ | no lag" in table)
    assert ("left at all" in sentence) == ("above ½ | all lags" in table)


def errors_agree(sentence: str, table: str) -> None:
    new = value(r"new (?:steps it has|data,) an error .NMSE. of #(?:[,;.]| )", sentence)
    if "worse than the mean" in sentence:
        assert new > 1, sentence
    if "the mean has 1." in sentence and new is not None:
        assert new < 1, sentence
    beside = value(r"NMSE, new data \| #", table)
    if new is not None and beside is not None:
        assert new == pytest.approx(beside, rel=0.06)
    share = value(r"connections?, # % of all", sentence)
    assert share is None or 0 < share <= 100


# The edges of the cases


@pytest.mark.parametrize("error", [0, 1e-30, 0.0996, 0.1, 0.1004, 0.995, 0.9999, 1 - 1e-9, 1, 1 + 1e-9, 1.0004, 1.04])
def test_an_error_is_on_the_side_of_the_mean_that_is_said(error):
    m = make(topic="recipe", n_units=10)
    sentence = words._recipe(m.result._replace(error_train=0.5, error_new=error), 4)
    new = value(r"new steps it has an error .NMSE. of #(?:[,;.]| )", sentence)
    assert new == pytest.approx(error, rel=0.05) and (new > 1, new < 1, new == 0) == (error > 1, error < 1, error == 0)
    assert ("worse than the mean" in sentence) == (error > 1) and ("as much as the mean" in sentence) == (error == 1)


def test_an_error_that_is_none_is_not_told():
    assert error_told(float("nan")) == "" and "beyond all numbers" in error_told(float("inf"))
    assert error_told(0.0).endswith(" 0") and not error_told(5e-324).endswith(" 0")


ALMOST = [0.9, 0.9995, 1 - 1e-7, 1 - 1e-9, 1.0, 1 + 1e-9, 1 + 1e-7, 1.0004, 1.002, 1.1]


@pytest.mark.parametrize("radius", ALMOST)
@pytest.mark.parametrize("leak_rate", [1.0, 0.5])
def test_what_is_called_above_1_is_written_above_it(radius, leak_rate):
    """Within 10⁻⁸ of 1 nothing is proved, and it is called neither."""
    m = make(spectral_radius=0.9, n_units=30, leak_rate=leak_rate)
    r = m.result
    settings = r.traced.settings._replace(spectral_radius=radius if leak_rate == 1 else 0.9)
    sure = r.certainty._replace(contracts=False, effective_spectral_radius=radius, zero_unstable=radius > 1 + 1e-8)
    found = r._replace(traced=r.traced._replace(settings=settings), certainty=sure, dies=30, exponent=-0.2,
                       uncertainty=0.01)  # fmt: skip
    sentence = echo_sentence(found)
    assert ("above 1" in sentence) == (radius > 1 + 1e-8) and ("below 1" in sentence) == (radius < 1 - 1e-8)
    if abs(radius - 1) > 1e-8:
        assert above(sentence) == (radius > 1), sentence
    m._result = found
    assert "echoes do not die" not in tables.stability(m)
    if leak_rate < 1 and abs(radius - 1) > 1e-8:
        assert (value(r"effective ρ \| #", table_of(m)) > 1) == (radius > 1)


def test_an_echo_that_dies_stands_beside_a_proof_that_does_not_deny_it():
    """ρ = 1.2 in silence: 0 is unstable, which proves that not all starts meet. With seed 10 these two do."""
    m = make(task="silence", spectral_radius=1.2, n_units=100, seed=10)
    W = np.asarray(m.traced.reservoir.W)
    first, other = m.result.starts
    apart_at_first = np.linalg.norm(first - other)
    for _ in range(150):
        first, other = np.tanh(W @ first), np.tanh(W @ other)
    assert np.linalg.norm(first - other) < 1e-6 * apart_at_first and np.abs(np.linalg.eigvals(W)).max() > 1
    said = tables.stability(m)
    assert "these two starts meet. From t = 132 on" in m.sentence() and "these two starts meet" in said
    assert "not all starts meet" in said and "echo" not in m.sentence() and "echoes do not die" not in said


@pytest.mark.parametrize("exponent", [
    -np.inf, -30.0, -STILL * 1.001, -STILL, -STILL * 0.999, -1e-9, 0.0, 1e-9, STILL, STILL * 1.001, 0.2])  # fmt: skip
@pytest.mark.parametrize("values", [{}, {"task": "silence"}, {"leak_rate": 0.5}])
def test_two_starts_are_told_at_every_edge_of_the_exponent(exponent, values):
    m = make(n_units=20, spectral_radius=1.1, n_steps=40, **values)
    contracts = m.result.certainty.contracts
    assert not contracts
    for uncertainty, dies in itertools.product((0.0, STILL, 0.05), (0, 1, 30)):
        m._result = m.result._replace(exponent=exponent, dies=dies, uncertainty=uncertainty)
        for piece in pieces(m, (1, 40)):
            assert not NEVER.search(piece) and not SENSELESS.search(piece), piece
        assert "by 1 on average" not in m.sentence() or exponent == 0
        echo_agrees(m.sentence(), table_of(m))


def test_a_factor_is_1_only_where_nothing_changes():
    for exponent in (1e-12, 1e-9, 3e-5, -3e-5, -1e-9, -1e-12):
        assert (told(factor(exponent)) > 1, told(factor(exponent)) < 1) == (exponent > 0, exponent < 0)
    assert factor(0.0) == "1"


@pytest.mark.parametrize("log10", [-0.0044, 0.0044, -0.001, 1e-5, 0.04, -0.3, 0.9, -5.678, -14.2, -80.3, -320.0])
def test_a_distance_and_its_logarithm_belong_together(log10):
    """In silence states get small, and their distance with them: that is no rounding."""
    m = make(task="silence", topology="ring", weights="equal", spectral_radius=0.5, n_units=5, n_steps=40)
    r = m.result
    logs = r.log10_distance.copy()
    logs[29] = log10
    states = [np.full_like(r.other, 10.0**log10) for _ in range(2)]
    found = r._replace(log10_distance=logs, other=states[0], traced=r.traced._replace(states=states[1]))
    sentence = explain_distance(found, 30)
    size, written = re.search(f"log₁₀ ({DIGITS}) = ({DIGITS}):", sentence).groups()
    assert told(written) == pytest.approx(log10, rel=6e-3) and told(written) != 0
    mantissa, _, exponent = size.partition("·10")
    assert np.log10(told(mantissa)) + (told(exponent) if exponent else 0) == pytest.approx(log10, rel=0.1, abs=0.03)
    assert (told(mantissa) > 1) == (log10 > 0) or exponent


def test_in_silence_a_small_distance_is_not_called_rounding():
    """Each step halves: after 100 steps 10⁻³⁰ is left, to all digits, as the states are as small."""
    m = make(task="silence", topology="ring", weights="equal", spectral_radius=0.5, n_steps=100)
    first, other = m.result.starts
    for _ in range(100):
        first, other = (np.tanh(0.5 * np.roll(state, 1)) for state in (first, other))
    assert m.result.log10_distance[-1] == pytest.approx(np.log10(np.linalg.norm(first - other)), abs=1e-6)
    assert m.result.log10_distance[-1] < -28
    assert "rounding" not in m.explain("log10_distance", 100)
    assert "0.5" in bare(numbers.blocks(m, 100)[-1].html()) and "rounding" not in numbers.blocks(m, 100)[-1].note


def test_a_rate_is_less_or_more_than_rho_as_it_is_written():
    rng = np.random.default_rng(5)
    for k in range(24):
        m = make(n_units=20, n_steps=60, seed=k, spectral_radius=rng.choice([0.004, 0.3, 0.9, 2.9]),
                 task=str(rng.choice(["silence", "delayed copy"])))  # fmt: skip
        for t in (1, 5, 30):
            said = m.explain("log10_distance", t)
            rate, radius = (
                value(r"multiplied that by #(?: on average)?\.", said),
                value(r"(?:effective )?ρ = #[:,]", said),
            )
            if rate is None or radius is None:
                continue
            assert "less than" not in said or rate < radius, said
            assert "more than" not in said or rate > radius, said
            assert "close to" not in said or abs(rate / radius - 1) < 0.02, said


@pytest.mark.parametrize(("task", "bias"), [("silence", 0.0), ("silence", 0.5)])
def test_a_target_that_never_changes_is_no_course_to_hold(task, bias):
    m = make(topic="free run", task=task, feedback_scaling=1.0, bias_scaling=bias, n_units=20)
    assert np.ptp(m.traced.d) == 0 and "there is no course to hold" in m.sentence()
    assert "within" not in m.sentence() and "off at once" not in m.sentence()


@pytest.mark.parametrize("held", [0, 1, 2, 49, 50])
def test_a_free_run_is_told_at_its_ends(held):
    m = make(topic="free run", task="sine", feedback_scaling=1.0, n_units=20)
    sentence = words._free_run(m.result._replace(held=held))
    assert len(m.result.y) - m.result.first_free + 1 == 50
    assert ("off at once" in sentence) == (held == 0) and ("to the end" in sentence) == (held == 50)
    assert not SENSELESS.search(sentence) and ("for 1 step." in sentence) == (held == 1)


@pytest.mark.parametrize("r2", [
    [0] * 5, [1] * 5, [0.9, 0, 0, 0, 0], [0, 0, 0.9, 0, 0], [0.9, 0.9, 0, 0, 0.9], [0, 0.9, 0, 0.9, 0],
    [0.4999, 0, 0, 0, 0], [0.5, 0, 0, 0, 0], [0.5001, 0, 0, 0, 0], [0.99996, 1e-300, 0, 0, 0]])  # fmt: skip
@pytest.mark.parametrize("n_units", [2, 20])
def test_memory_is_told_at_its_edges(r2, n_units):
    m = make(topic="memory", max_lag=5, lag=1, n_units=n_units)
    r2 = np.array(r2, float)
    m._result = m.result._replace(per_lag=r2, total=float(r2.sum()))
    sentence, good = memory_words.sentence(m.result), np.flatnonzero(r2 >= 0.5) + 1
    at_lag = value(r"At lag 1 r² is #[;.]", sentence)
    assert (at_lag >= 0.5, at_lag == 1, at_lag == 0) == (r2[0] >= 0.5, r2[0] == 1, r2[0] == 0)
    assert ("no lag keeps" in sentence) == (not good.size)
    assert ("at lag 1 only" in sentence) == (list(good) == [1])
    assert not SENSELESS.search(sentence), sentence
    memory_agrees(sentence, table_of(m))


@pytest.mark.parametrize("largest", [99.99, 100.0, 100.01, 100.4, 2500.0])
@pytest.mark.parametrize("column", [0, 3, 21])
def test_a_large_weight_is_warned_of_for_what_it_weighs(largest, column):
    """Column 0 of [1; h; x] is the bias and the last one the input: neither is a state that may be off."""
    m = make(topic="recipe", n_units=20)
    V = np.zeros_like(m.result.V)
    V[0, column] = -largest
    said = words.weights_warning(m.result._replace(V=V))
    assert bool(said) == (largest > 100)
    if said:
        assert value(r"weight is #\.", said) > 100 and ("in that one state" in said) == (column == 3)


@pytest.mark.parametrize(
    ("low", "high", "there"), [(0.3, 0.5, 0.2), (0.29999999, 0.30000001, 0.2999999), (0.3, 0.3, 0.3)]
)
def test_a_sweep_compares_only_what_differs(low, high, there):
    m = make(topic="sweep", task="parity", lag=2, n_steps=300, n_seeds=3, n_units=20)
    sweep = m.sweep
    error = np.full_like(sweep.shown.error, np.nan)
    error[-1, 3], error[-1, 5], error[0, 2] = (low, 0.3, high), (high, high, high), (there,) * 3
    sweep._course.snapshot = sweep.shown._replace(n_done=9, error=error)
    found = bare(sweep_words.findings(m))
    ends = re.search(f"seeds: ({DIGITS}) to ({DIGITS})", found)
    assert ends is None or ends[1] != ends[2]
    assert (ends is not None) == (high - low > 0.01) and ("Lower still" in found) == (there < 0.29)


@pytest.mark.parametrize("off", [0.09996, 0.1, 0.10004])
def test_a_check_of_the_sine_gives_a_number_on_the_side_that_counts(off):
    m = make(topic="free run", task="sine", feedback_scaling=1.0, n_units=20, n_steps=400, n_new=200, washout=50)
    y = m.traced.d.copy()
    y[-50] += off
    check = checks.sine_held(m.result._replace(y=y))
    written = value(r"(?:output is|than) #(?: away|;)", check.reason)
    assert check.passed == (off < 0.1) and (written < 0.1) == (off < 0.1)


@pytest.mark.parametrize("error", [0.0499996, 0.05, 0.0500004])
def test_a_check_of_narma_gives_a_number_on_the_side_that_counts(error):
    m = make(topic="recipe", task="NARMA-10", n_units=20, n_steps=500, n_new=200, washout=50)
    check = checks.narma_below(m.result._replace(error_new=error), 4)
    assert check.passed == (error < 0.05) == (value(r"the error is #;", check.reason) < 0.05)


@pytest.mark.parametrize("number", [5e-324, 1e-310, 1e-17, 9.99996e-4, 0.99999999, 1.00000001, 123456.7, 1e300])
def test_no_number_is_written_as_0_that_is_not(number):
    for written in (apart(number, 1), apart(-number, 1), power(np.log10(number))):
        assert told(written.split("·")[0]) != 0, written


@pytest.mark.parametrize("values", [
    {"n_units": 2, "density": 0.02}, {"n_units": 10, "density": 0.02}, {"task": "silence"}, {"washout": 0},
    {"washout": 1}, {"spectral_radius": 0.0}])  # fmt: skip
def test_drawing_and_running_are_told_where_there_is_little(values):
    m = make(topic="recipe", recipe=1, **values)
    count = np.count_nonzero(m.traced.unit.W)
    said = m.sentence()
    assert ("without a single connection" in said) == (count == 0) and not SENSELESS.search(said), said
    m.recipe = 2
    said = m.sentence()
    assert ("all stay 0" in said) == (not m.traced.states.any()) and not SENSELESS.search(said), said
