"""What the LSTM page says of its results: nothing that denies itself, at random settings and at the edges."""

import re
from html import unescape

import numpy as np
import pytest

from lessons.lstm import numbers, training_words, words
from lessons.lstm.diagram import live
from lessons.lstm.model import Lstm
from lessons.lstm.parameters import NETWORKS, VARIANTS, WEIGHTS
from lessons.lstm.phrases import gate, per_cent, share
from lessons.lstm.topics import Gradient
from lessons.lstm.training import History, Snapshot
from tests.lessons.lstm.lstm_oracle import make as opened

UP = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NUMBER = r"−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"
NO_NUMBER = re.compile(r"\bnan\b|\binf\b|∞|not a number|[-−]0(?![.\d])")
NONSENSE = re.compile(
    r"\bevery 1 steps|every 0(\.\d+)? steps|\b1 (steps|ones|updates|terms)\b|, \.|\.\.|  "
    rf"|is ({NUMBER}), the exact one \3[:.]|= ({NUMBER}) = \4[;.]|between ({NUMBER}) and \5[),]"
)


def make(**values: object) -> Lstm:
    m = Lstm()
    m.param.update(**values)
    return m


def text(html: str) -> str:
    raised = re.sub(r"10<sup>(−?[\d.]+)</sup>", lambda found: "10" + found[1].translate(UP), html)
    return unescape(re.sub(r"<[^>]+>", "", raised)).replace("\u2003", "").replace("\u2002", "").replace("\xa0", " ")


def everything(m: Lstm) -> dict[str, str]:
    """The sentence, the explanations, the picture's values and the calculation by hand at a few steps."""
    said = {"sentence": m.sentence()}
    for t in sorted({1, 2, m.at, m.n_steps}):
        said |= {f"explain {name}({t})": m.explain(name, t) for name in "ifgoch"}
        said |= {f"picture {name}({t})": str(value) for name, value in live(m, t)["text"].items()}
        for block in numbers.blocks(m, t):
            said[f"{block.title} at {t}"] = text(" | ".join(block.lines)) + " | " + text(block.note)
    return said


def assert_sane(m: Lstm) -> None:
    for place, found in everything(m).items():
        quoted = re.sub(r"“[^”]*”", "“”", found)  # what a text holds is its own affair
        assert not NO_NUMBER.search(quoted), (place, found)
        assert place != "sentence" or not NONSENSE.search(quoted), (place, found)
    said, run, T = m.sentence(), m.traced.run, m.n_steps
    if m.topic == "gradient":
        assert_gradient(m, said)
    elif m.topic == "gates" and m.one_cell:
        assert_one_cell(said, run.c[:, 0], run.f[:, 0], T)
    elif m.topic == "gates" and said.startswith("At the mark"):
        assert ("emptied" in said) == (m.inputs()[0][m.inputs()[1] > 0][-1] == 0), said


def assert_gradient(m: Lstm, said: str) -> None:
    r = m.result
    assert isinstance(r, Gradient)
    both = (r.truncated > -np.inf) & (r.truncated_exact > -np.inf)
    off = np.abs(10.0 ** np.clip(r.truncated[both] - r.truncated_exact[both], -300, 300) - 1)
    assert ("within 1 %" in said) == (
        not (off > 0.01).any() and bool((both | (r.truncated == r.truncated_exact)).all())
    )
    assert ("as much" in said) == (said.count("alone give as much") == 1)
    if "as much" in said:
        assert r.cell[0] == pytest.approx(r.forget[0], abs=0.03) or min(r.cell[0], r.forget[0]) == -np.inf
    if found := re.search(rf"is ({NUMBER}), ({NUMBER}) % (less|more) than", said):
        k = int(re.findall(r"∂c\((\d+)\) is", said)[-1]) - 1
        ratio = 10.0 ** (r.truncated[k] - r.truncated_exact[k])
        assert (found[3] == "less") == (ratio < 1) and 0.5 <= ratio <= 2
        assert float(found[2]) == pytest.approx(100 * abs(ratio - 1), rel=0.06)


def assert_one_cell(said: str, c: np.ndarray, f: np.ndarray, T: int) -> None:
    full = np.flatnonzero(np.abs(c) > 0.01) + 1
    assert ("empty at every step" in said) == (full.size == 0), said
    assert ("empty up to step" in said) == (full.size > 0 and full[0] == T), said
    if "empty" in said:
        return
    assert f"At t = {full[0]} the cell holds" in said
    closes = f[full[0] :].min() < 0.1 and np.median(f[full[0] :]) > 0.5
    assert ("the forget gate closes" in said) == closes
    assert said.count(f"T = {T} it holds") <= 1


def random_model(seed: int) -> Lstm:
    """Any topic, network and input; weights of the single cell from none to the largest; a few steps or many."""
    rng = np.random.default_rng(seed)
    network = str(rng.choice([name for name in NETWORKS if name != "uploaded"]))
    scale = float(rng.choice([0, 0.1, 1, 10, 100]))
    weights = {name: float(np.clip(np.round(rng.normal() * scale, 1), -100, 100)) for name in WEIGHTS}
    few = int(rng.choice([2, 3, 12, 60, 200]))
    m = make(
        topic=str(rng.choice(["gates", "gates", "gradient", "variants", "training"])),
        network=network,
        variant=str(rng.choice(VARIANTS)),
        signal=str(rng.choice(["drawn", "task"])),
        n_steps=few,
        n_units=int(rng.choice([1, 2, 8])),
        forget_bias=float(rng.choice([-3.0, 0.0, 1.0, 6.0])),
        seed=int(rng.integers(9999)),
        cursor=int(rng.integers(1, few + 1)),
        x=tuple(np.round(rng.choice([0, 0.1, 1, 2]) * rng.uniform(-1, 1, few), 2).tolist()),
        mark=tuple((rng.uniform(size=few) < rng.choice([0, 0.05, 0.5])).astype(float).tolist()),
        **weights | {"P_i": float(rng.choice([0, 1])), "P_f": float(rng.choice([0, -1])), "P_o": 0.0},
    )
    if network == "characters":
        m.text = str(rng.choice(["this is the house", "aa", "jack built the malt.", "zzz".replace("z", "w")]))
    return m


@pytest.mark.parametrize("seed", range(80))
def test_no_place_of_the_page_contradicts_another(seed):
    assert_sane(random_model(seed))


# Edges


@pytest.mark.parametrize("topic", ["gates", "gradient", "variants"])
@pytest.mark.parametrize("network", [name for name in NETWORKS if name not in ("uploaded", "characters")])
def test_two_steps_and_an_input_of_nothing(topic, network):
    for x, mark in (((0.0,) * 12, (0.0,) * 12), ((0.0,) * 12, (1.0,) * 12), ((1.0, -1.0) * 6, (0.0,) * 11 + (1.0,))):
        for n_steps in (2, 3, 12):
            assert_sane(make(topic=topic, network=network, n_steps=n_steps, x=x, mark=mark))


def drawn(network: str, x: list[float], mark: list[float], **values: object) -> str:
    m = make(network=network, n_steps=len(x), x=tuple(x), mark=tuple(mark), **values)
    assert_sane(m)
    return m.sentence()


def test_a_mark_on_an_input_of_nothing_empties_the_latch():
    assert "input is 0, so the cell is emptied" in drawn("latch", [1, 0, 1], [1, 1, 0])
    assert "all of it is left" in drawn("latch", [1, 0, 1], [1, 0, 0])
    assert "; before, it was empty" in drawn("latch", [1, 0, 1], [0, 0, 1])
    assert "forgets what it had" in drawn("latch", [1, 0, 1], [1, 0, 1])


def test_marked_numbers_are_summed_without_the_dust_of_rounding():
    assert "0.1 + 0.2 + (−0.3) = 0; the network says y(3) = 0." in drawn("marked sum", [0.1, 0.2, -0.3], [1, 1, 1])
    assert "Marked is −0.3; the network says y(3) = −0.3." in drawn("marked sum", [0.1, 0.2, -0.3], [0, 0, 1])
    assert "y(3) = 0 but for rounding" in drawn("marked sum", [0.1, 0.2, -0.3], [0, 0, 0])


def test_counts_and_bits_of_nothing():
    assert "never rises above 0" in drawn("count ab", [-1, -1, 1], [0, 0, 0])
    assert "rises to 1 at most" in drawn("count ab", [1, -1, -1], [0, 0, 0])
    assert "no bit was given" in drawn("recall 50", [0, 1, 1], [1, 0, 0])
    assert "here there is none" in drawn("adding", [0.5, 1, 1], [0, 0, 0])
    assert "here there is one" in drawn("adding", [0.5, 1, 1], [1, 0, 0])


@pytest.mark.parametrize("written_at", [0, 1, 10, 11])
def test_a_cell_is_empty_until_something_is_written(written_at):
    x = [0.0] * 12
    x[written_at] = 1.0
    said = drawn("one cell", x, [0] * 12, U_g=1.0, b_f=10.0)
    assert ("empty up to step 11; at the last, t = 12, it holds" in said) == (written_at == 11)
    assert "At t = 12 the cell holds" not in said
    assert "empty at every step" in drawn("one cell", [0.0] * 12, [0] * 12)


@pytest.mark.parametrize("by", [-2e-4, -1e-5, 0.0, 1e-5, 2e-4])
def test_thresholds_of_a_closing_gate(by):
    """Just below and above: a gate that counts as closed, a cell that counts as empty."""
    tiny = float(np.arctanh(2 * (0.01 + by / 10)))
    net = float(np.log((0.1 + by) / (0.9 - by)))
    drawn("one cell", [1, *[0] * 11], [0] * 12, U_g=tiny, b_f=8.0)
    drawn("one cell", [1, *[0] * 11], [*[0] * 7, 1, *[0] * 4], U_g=3.0, b_f=8.0, M_f=net - 8.0)
    drawn("one cell", [1, *[0] * 11], [*[0] * 11, 1], U_g=3.0, b_f=8.0, M_f=-16.0)


def test_sizes_that_look_alike_are_told_by_their_difference():
    found = 0
    for W_g in (0.005, 0.012, 0.02, 0.1, 0.3, 1.0):
        m = make(topic="gradient", network="one cell", n_steps=12, x=(1.0, *(0.2,) * 11), U_g=1.0, W_g=W_g, b_f=1.0)
        assert_sane(m)
        found += " % less than the exact one" in m.sentence() or " % more than" in m.sentence()
    assert found >= 2
    m = make(topic="gradient", network="one cell", n_steps=12, x=(1.0, *(0.2,) * 11), U_g=1.0, b_f=1.0)
    assert "alone give as much" in m.sentence() and "0, since W = 0" in m.sentence() and "within 1 %" in m.sentence()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("b_f", [-100.0, -30.0, 30.0, 100.0])
def test_saturated_gates(variant, b_f):
    for topic in ("gates", "gradient", "variants"):
        m = make(topic=topic, network="one cell", variant=variant, n_steps=60, x=(2.0, -2.0, 1.0), mark=(1.0, 0.0, 1.0),
                 U_g=100.0, U_i=100.0, M_f=-100.0, W_f=5.0, P_f=-100.0, P_i=100.0, b_f=b_f, b_o=100.0)  # fmt: skip
        assert_sane(m)


@pytest.mark.parametrize(
    "value", [0.0, 1e-300, 1e-14, 0.4995, 0.5, 0.9994, 0.99951, 0.999999, 1 - 1e-13, 1 - 1e-16, 1.0]
)
def test_a_gate_is_not_rounded_to_open(value):
    for digits in (3, 4):
        assert (gate(value, digits) == "1") == (value == 1) and (gate(value, digits) == "0") == (value == 0)
    assert share(value) != "100 %" and (share(value) == "0 %") is False


@pytest.mark.parametrize("right", [0, 1, 2, 159, 160, 161, 318, 319, 320])
def test_a_share_of_answers_is_all_or_none_only_where_it_is(right):
    said = per_cent(right / 320)
    assert (said == "100 %") == (right == 320) and (said == "0 %") == (right == 0)
    assert float(said.removesuffix(" %")) == pytest.approx(right / 3.2, abs=0.5)


@pytest.mark.parametrize("n_done", [0, 1, 19, 20, 21, 199, 200, 500])
@pytest.mark.parametrize("right", [0.5, 0.6499, 0.65, 0.6501, 319 / 320, 1.0])
@pytest.mark.parametrize("diverged", [{}, {"rnn": 1}, {"rnn": 1, "gru": 1, "lstm": 1}])
def test_networks_in_training(n_done, right, diverged):
    m = make(topic="training", lag=50, n_updates=500)
    kept = np.full(n_done, right)
    histories = {
        kind: History(kept * 0 + 1, kept, kept if kind not in diverged else kept[:1]) for kind in ("lstm", "gru", "rnn")
    }
    said = training_words.sentence(m, Snapshot(n_done, histories, {}, diverged if n_done else {}, 1.0))
    assert not NONSENSE.search(said) and not NO_NUMBER.search(said), said
    guess = n_done >= 200 and right < 0.65 and len(diverged) < 3
    assert ("still guess" in said) == guess, said
    assert ("100 % right" in said) == (right == 1 and n_done > 0 and len(diverged) < 3), said


def test_large_outputs_are_not_blamed_on_a_small_cell():
    m = make(network="latch", n_steps=5, x=(1.0, 1.0, -1.0, 1.0, -1.0), mark=(1.0, 0.0, 0.0, 0.0, 0.0))
    assert "readout" in words.divergence(m, m.traced, 3)


# Reasons of the challenges


@pytest.mark.parametrize("short", [1e-3, 1e-5, 1e-8])
def test_a_reason_shows_what_is_missing(short):
    page = opened()
    page.ask("solve", challenge=0)
    m = page.model
    m.U_g = float(np.arctanh((0.5 - short) / (1 / (1 + np.exp(-10)))))
    first = m.keeps_a_bit().reason
    assert "too small" in first and "c(1) = 0.5 " not in first, first
    page.ask("solve", challenge=2)
    m.b_f = float(np.log((0.95 - short) / (0.05 + short)))
    reason = m.forgets_at_mark()
    assert not reason.passed and "f falls to 0.95;" not in reason.reason, reason.reason
