"""What the gated carousel's page says of its results, at the edges of what it tells apart, against exact fractions."""

import math
import re
from fractions import Fraction
from html import unescape

import numpy as np
import pytest

from app.shell.room import room
from lessons.gated_cec import numbers
from lessons.gated_cec.model import GatedCEC
from tests.lessons.gated_cec.reach_oracle import NUMBER, log10, read_log10, sensitivities, state

RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
VIEW = room("gated_cec").view


def model(**values) -> GatedCEC:
    m = GatedCEC()
    m.param.update(**values)
    return m


def even(f: float, n_steps: int, **values) -> GatedCEC:
    """All gates open, the forget gate everywhere at f."""
    ones = (1.0,) * n_steps
    return model(**{"n_steps": n_steps, "sensitivity_at": n_steps, "input_gate": ones,
                    "forget_gate": (f,) * n_steps, "x": ones} | values)  # fmt: skip


def random_model(seed: int) -> GatedCEC:
    """Gates that close for good, nearly, or not; sequences of any length; now and then a constant forget gate."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 201))
    levels = [(1.0, 0.0), (1.0, 1e-4), (0.02, 0.3), (1.0, 0.5, 0.9), (0.999, 1.0)][rng.integers(5)]
    f = np.where(rng.uniform(size=n) < 0.9, levels[0], rng.choice(levels, size=n))
    i = np.where(rng.uniform(size=n) < rng.uniform(), 0.0, rng.choice([1.0, 0.5, 1e-6], size=n))
    x = rng.choice([0.0, 1.0, -3.0, 0.3, 1e-9], size=n)
    return model(
        n_steps=n,
        sensitivity_at=int(rng.integers(1, n + 1)),
        cursor=int(rng.integers(1, n + 1)),
        w=float(rng.choice([1.0, 0.5, 0.9, 0.99, 1.01, 1.2])),
        circuit=str(rng.choice(["gated carousel", "gated carousel", "carousel", "gate"])),
        constant_forget=bool(rng.uniform() < 0.2),
        forget_level=float(rng.choice([0.0, 0.01, 0.5, 0.99, 1.0])),
        input_gate=tuple(i),
        forget_gate=tuple(f),
        output_gate=tuple(rng.choice([0.0, 0.5, 1.0], size=n)),
        x=tuple(x),
    )


def assert_reach(m: GatedCEC) -> None:
    """The earliest input that the page names is the first whose exact sensitivity is not 0, and of that size."""
    exact, said = sensitivities(m), m.sentence()
    alive = [k for k, value in enumerate(exact, 1) if value]
    assert ("No input can reach" in said) == (not alive), said
    if not alive:
        return
    earliest = re.search(rf"(?:earliest input that .*?|Only )x\((\d+)\).*?, with sensitivity ({NUMBER})", said)
    assert earliest, said
    assert int(earliest[1]) == alive[0], said
    assert read_log10(earliest[2]) == pytest.approx(log10(exact[alive[0] - 1]), abs=0.6), said
    nothing_before = re.search(r"Nothing before t = (\d+)", said)
    _, f, _ = m.gates()
    cuts = [j for j in range(2, m.sensed + 1) if f[j - 1] == 0]
    assert (int(nothing_before[1]) if nothing_before else None) == (cuts[-1] if cuts else None), said


@pytest.mark.parametrize("f", [0.5486, 0.1, 0.01])
@pytest.mark.parametrize("n_steps", [60, 200])
def test_a_small_sensitivity_is_not_none(f, n_steps):
    m = even(f, n_steps)
    assert_reach(m)
    assert log10(sensitivities(m)[0]) < -12


def test_only_a_gate_at_zero_cuts_a_path():
    f = [1.0] * 60
    f[39] = 1e-13
    assert_reach(even(1.0, 60, forget_gate=tuple(f)))
    f[39] = 0.0
    m = even(1.0, 60, forget_gate=tuple(f))
    assert_reach(m)
    assert "Nothing before t = 40 can reach c(60)" in m.sentence()
    shut = tuple([1.0] * 5 + [0.0] * 55)
    nothing = even(1.0, 60, forget_gate=tuple(f), input_gate=shut).sentence()
    assert "No input can reach c(60)" in nothing
    assert "x(60) is the" not in nothing


@pytest.mark.parametrize("seed", range(100))
def test_the_earliest_input_is_the_first_that_no_gate_cuts(seed):
    m = random_model(seed)
    if m.circuit != "gate":
        assert_reach(m)


# All that the page says at a step


def everything(m: GatedCEC, t: int) -> dict[str, str]:
    """The sentence, the live values, the calculation by hand and an explanation, as text."""
    m.cursor = t
    blocks = {block.title: text(" | ".join([*block.lines, block.note])) for block in numbers.blocks(m, t)}
    live = {name: str(value) for name, value in VIEW.live(m, t)["text"].items()}
    return {"sentence": m.sentence(), "explain": m.explain("c", t)} | live | blocks


def text(html: str) -> str:
    bare = re.sub(r"10<sup>(−?\d+)</sup>", lambda found: "10" + found[1].translate(RAISED), html)
    return unescape(re.sub(r"<[^>]+>", "", bare)).replace("\u2003", "")


NONSENSE = re.compile(
    r"\bnan\b|\binf\b|∞|not a number|[-−]0(?![.\d])|100 % (open|of)|(?<![\d.])0 % (open|of)|"
    r"every 0(\.\d+)? steps|by 1\.(?!\d)|, \.|\.\.|  "
)


def assert_sane(m: GatedCEC, t: int) -> None:
    said = everything(m, t)
    for place, words in said.items():
        assert not NONSENSE.search(words), (place, words)
    r, exact = m.result, state(m, t)
    if m.circuit == "gate":
        return
    i, f, x, c = (float(r[name][t - 1]) for name in ("i", "f", "x", "c"))
    now, before = said["sentence"], state(m, t - 1)
    # 0 is said only of what is 0, or of terms that cancel to the last digit
    terms = [abs(Fraction(value)) * w for value, w in zip(r["x"][:t].tolist(), loss(m, t), strict=True)]
    for shown in (said["c.value"].removeprefix("c = "), said["explain"].rpartition(" = ")[2].rstrip(".")):
        assert (shown == "0") == (c == 0 and (exact == 0 or abs(exact) < Fraction(1e-14) * max(terms))), (shown, exact)
    assert ("empty" in now) == (t == 1 or (r["c"][t - 2] == 0 and "nearly nothing" not in now)), now
    assert "nearly nothing" not in now or 0 < abs(before) < Fraction(1, 10**300)
    assert ("the forget gate closes" in now or "gate is still closed: the" in now) == (
        f == 0 and t > 1 and r["c"][t - 2] != 0
    ), now
    assert ("takes in nothing" in now) == (i * x == 0), now
    if match := re.search(rf"(?:takes in|now holds) ({NUMBER})[.]", now):
        assert read_log10(match[1]) == pytest.approx(math.log10(abs(i * x)), abs=1e-3)
        assert match[1].startswith("−") == (x < 0)
    share = Fraction(m.w) * Fraction(f)
    if match := re.search(rf"keeps ({NUMBER}) % of", now):
        assert read_log10(match[1]) - 2 == pytest.approx(log10(share), abs=1e-3 if share > 1e-300 else 0.6)
    if match := re.search(rf"keeps all but ({NUMBER}) % of", now):
        assert read_log10(match[1]) - 2 == pytest.approx(log10(1 - share), abs=0.03)
    if "keeps its" in now:
        assert abs(share - 1) < 1e-15
    for gate, name in ((i, "i.note"), (f, "f.words"), (float(r["o"][t - 1]), "o.note")):
        assert said[name].startswith("closed") == (gate == 0), (name, gate, said[name])
        assert (said[name] == "open") == (gate == 1), (name, gate, said[name])
    assert_product(m, t, next(words for title, words in said.items() if title.startswith("How much")))


def loss(m: GatedCEC, t: int) -> list[Fraction]:
    """How much of each input is in c(t)."""
    m.sensitivity_at, before = t, m.sensitivity_at
    found = sensitivities(m)
    m.sensitivity_at = before
    return found


def assert_product(m: GatedCEC, t: int, block: str) -> None:
    """The calculation by hand ends with the exact sensitivity, and its note says the same."""
    total = block.split(" | ")[-2].rpartition("= ")[2]
    exact = sensitivities(m)[t - 1] if t <= m.sensed else Fraction(0)
    assert (total == "0") == (exact == 0), block
    if not exact:
        assert "can't reach back" in block or "nothing of" in block or "cuts every path" in block, block
        return
    assert read_log10(total) == pytest.approx(log10(exact), abs=0.6 if exact < 1e-300 else 2e-3), block


@pytest.mark.parametrize("seed", range(50))
def test_no_place_of_the_page_contradicts_another(seed):
    m = random_model(1000 + seed)
    for t in {1, 2, m.cursor, m.n_steps}:
        assert_sane(m, min(t, m.n_steps))


NEAR_ONE = [0.5, 0.999, 0.99999, float(np.nextafter(1, 0)), 1.0]
NEAR_NOTHING = [0.0, 5e-324, 1e-200, 1e-12, 1e-4, 0.005]


@pytest.mark.parametrize("w", [0.5, 0.99, float(np.nextafter(1, 0)), 1.0, float(np.nextafter(1, 2)), 1.000001, 1.2])
@pytest.mark.parametrize("f", NEAR_NOTHING + NEAR_ONE)
def test_gates_at_their_ends_and_weights_about_one(w, f):
    for circuit, sensed in (("gated carousel", 10), ("gated carousel", 1), ("gated carousel", 2), ("carousel", 10)):
        m = even(f, 10, w=w, circuit=circuit, sensitivity_at=sensed, x=(1.0, -1.0, 0.0, 2.5, 1e-9))
        m.input_gate = (1.0, 1 - 1e-7, 1e-200, 0.0)
        for t in (2, 5):
            assert_sane(m, t)
        assert_reach(m)
    alone = even(f, 10, circuit="gate")
    assert_sane(alone, 3)


def test_what_a_float_cannot_hold_is_not_called_empty():
    m = even(0.01, 200, x=(1.0, *(0.0,) * 199))
    assert m.result["c"][-1] == 0 and state(m, 200) > 0
    assert_sane(m, 200)
    m.cursor = 200
    assert "nearly nothing" in m.sentence()
    gone = even(0.0, 20, x=(1.0, *(0.0,) * 19))
    gone.cursor = 20
    assert "was empty and takes in nothing: x(20) is 0" in gone.sentence()


# The challenges' reasons


def test_a_reason_shows_the_digits_in_which_two_numbers_differ():
    x = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 0.0, 0.0, 0.0, 0.0)
    gates = (1.0, 0.0, 1.0, 0.0, 1.0, 0.0)
    m = even(1.0, 10, x=x, input_gate=gates)
    assert m.sums_positive_inputs().passed
    m.input_gate = (1.0, 0.0, 1.0, 0.0, 1 - 1e-5, 0.0)
    off = m.sums_positive_inputs()
    assert not off.passed and "sum to 3.5; c(10) is 3.499995" in off.reason
    m.param.update(input_gate=gates, w=1.01)
    assert not m.sums_positive_inputs().passed and "w = 1; it is 1.01" in m.sums_positive_inputs().reason
    five = even(1.0, 10, input_gate=(0.0,) * 4 + (1 - 1e-9,) + (0.0,) * 5)
    assert not five.only_step_five().passed and "x(5) is 0.999999999; no other" in five.only_step_five().reason
    five.input_gate = (0.0, 1e-300, 0.0, 0.0, 1.0)
    five.forget_gate = (1.0, 1.0, 1e-200)
    one = five.only_step_five()
    assert not one.passed and "; 1 other step has" in one.reason, "an underflow is not 0"


def test_a_value_kept_long_enough_counts_though_another_is_kept_longer():
    x = (100.0 / 40,) * 40 + (0.5,) * 70 + (0.3,) * 90
    inputs, keeps = [0.0] * 200, [1.0] * 200
    inputs[:40], inputs[120] = [1.0] * 40, 1.0
    keeps[120] = 0.0
    m = even(1.0, 200, x=x, input_gate=tuple(inputs), forget_gate=tuple(keeps))
    assert abs(m.result["c"][-1]) < 0.01 * m.result["c"][60]
    assert m.keeps_then_forgets().passed, m.keeps_then_forgets().reason
