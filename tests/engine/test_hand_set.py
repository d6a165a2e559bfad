"""Networks set by hand, against what their tasks ask for: every short input, and long ones."""

import itertools

import numpy as np
import pytest
from numba import config

from engine import hand_set, network

pytestmark = pytest.mark.filterwarnings("error")

SEEDS = range(4)
# How long "all inputs" are, with two choices and with four at each step. Plain Python takes a minute for the full
# lengths, and would only find again what the compiled kernels find.
ALL, ALL_OF_FOUR = (8, 4) if config.DISABLE_JIT else (12, 6)
LETTERS = {"a": 1.0, "b": -1.0}


def outputs(name, x):
    return network.run(x, hand_set.make(name).network).y[:, 0]


def decisions(name, x):
    made = hand_set.make(name)
    return made.decide(network.run(x, made.network).y)[:, 0].tolist()


def last_marked(x):
    kept, answers = None, []
    for value, mark in x:
        kept = value if mark else kept
        answers.append(kept)
    return answers


def assert_latched(x):
    y, expected = outputs("latch", x), last_marked(x)
    for found, value in zip(y.tolist(), expected, strict=True):
        assert found == pytest.approx(value, abs=0.01) if value is not None else abs(found) < 1e-9
    signs = decisions("latch", x)
    assert [sign for sign, value in zip(signs, expected, strict=True) if value is not None] == [
        value for value in expected if value is not None
    ]


def test_latch_keeps_the_last_marked_value_of_all_short_sequences():
    for mark in itertools.product([0, 1], repeat=ALL_OF_FOUR):
        for values in itertools.product([-1, 1], repeat=ALL_OF_FOUR):
            assert_latched(list(zip(values, mark, strict=True)))


@pytest.mark.parametrize("seed", SEEDS)
def test_latch_with_all_marks_of_twelve_steps(seed):
    values = np.random.default_rng(seed).choice([-1, 1], ALL).tolist()
    for mark in itertools.product([0, 1], repeat=ALL):
        if sum(mark) % len(SEEDS) == seed:
            assert_latched(list(zip(values, mark, strict=True)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.5, 0.01])
def test_latch_over_a_thousand_steps(seed, share):
    rng = np.random.default_rng(seed)
    x = np.stack([rng.choice([-1, 1], 1000), rng.random(1000) < share], axis=1).astype(float)
    assert_latched(x.tolist())


@pytest.mark.parametrize("value", [-1, 1])
def test_latch_marked_once_resists_the_other_value(value):
    x = [[value, 1]] + [[-value, 0]] * 999
    np.testing.assert_allclose(outputs("latch", x), value, atol=0.01)


def assert_summed(x):
    expected, total = [], 0.0
    for value, mark in x:
        total += value * mark
        expected.append(total)
    np.testing.assert_allclose(outputs("marked sum", x), expected, rtol=0, atol=1e-3)


def test_marked_sum_of_all_short_sequences():
    for mark in itertools.product([0, 1], repeat=ALL_OF_FOUR):
        for values in itertools.product([-1, 1], repeat=ALL_OF_FOUR):
            assert_summed(list(zip(values, mark, strict=True)))


def test_marked_sum_with_all_marks_of_twelve_steps():
    values = [0.3, -0.7, 0, 1, -1, 0.01, 1, 1, 1, -0.5, 0.9, -1][:ALL]
    for mark in itertools.product([0, 1], repeat=ALL):
        assert_summed(list(zip(values, mark, strict=True)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [1.0, 0.5, 0.01])
def test_marked_sum_over_a_thousand_steps(seed, share):
    rng = np.random.default_rng(seed)
    marks = rng.random(1000) < share
    for values in (rng.choice([-1, 1], 1000), rng.uniform(-1, 1, 1000), np.ones(1000), -np.ones(1000)):
        assert_summed(np.stack([values, marks], axis=1).astype(float).tolist())


def is_balanced(text):
    half = len(text) // 2
    return text != "" and text == "a" * half + "b" * half


def accepted(text):
    """The decision after each letter."""
    return decisions("aⁿbⁿ", [LETTERS[letter] for letter in text])


def test_all_strings_of_up_to_twelve_letters():
    for letters in itertools.product("ab", repeat=ALL):
        text = "".join(letters)
        assert accepted(text) == [is_balanced(text[:end]) for end in range(1, ALL + 1)], text


@pytest.mark.parametrize("n", [1, 2, 30, 499, 500])
def test_long_strings_and_near_misses(n):
    for text in (
        "a" * n + "b" * n,
        "a" * n + "b" * (n + 1),
        "a" * (n + 1) + "b" * n,
        "a" * n + "b" * n + "a",
        "a" * n + "b" * n + "ab",
        "b" + "a" * n + "b" * n,
        "a" * n + "b" * (n - 1) + "ab",
        "a" * n + "b" * (n + 5) + "a" * 5,
        "b" * n + "a" * n,
        "ab" * n,
    ):
        assert accepted(text) == [is_balanced(text[:end]) for end in range(1, len(text) + 1)], text[:20]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_strings_and_single_mistakes(seed):
    rng = np.random.default_rng(seed)
    wrong = list("a" * 500 + "b" * 500)
    place = int(rng.integers(1000))
    wrong[place] = "ab"[wrong[place] == "a"]
    for text in ("".join(rng.choice(["a", "b"], 1000)), "".join(wrong)):
        assert accepted(text) == [is_balanced(text[:end]) for end in range(1, 1001)]


def odd_so_far(bits):
    return [sum(bits[:end]) % 2 == 1 for end in range(1, len(bits) + 1)]


def test_parity_of_all_twelve_bits():
    for bits in itertools.product([0, 1], repeat=ALL):
        assert decisions("parity", list(map(float, bits))) == odd_so_far(bits), bits


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.5, 0.01, 1.0])
def test_parity_over_a_thousand_bits(seed, share):
    bits = (np.random.default_rng(seed).random(1000) < share).astype(int).tolist()
    assert decisions("parity", bits) == odd_so_far(bits)


def test_gates_are_open_or_closed_and_candidates_sure():
    rng = np.random.default_rng(0)
    marks = np.stack([rng.choice([-1, 1], 200), rng.integers(0, 2, 200)], axis=1)
    letters = np.array([1.0] * 50 + [-1.0] * 50 + [1.0] * 3)
    for name, x in (("latch", marks), ("marked sum", marks), ("aⁿbⁿ", letters), ("parity", marks[:, 1])):
        run = network.run(x, hand_set.make(name).network).layers[0]
        for gate in (run.i, run.f, run.o):
            assert np.minimum(gate, 1 - gate).max() < 1e-13, name
        if name != "marked sum":
            assert np.abs(run.g - np.round(run.g)).max() < 1e-5, name


def test_the_counter_counts():
    x = np.array([LETTERS[letter] for letter in "aaabb"])
    c = network.run(x, hand_set.make("aⁿbⁿ").network).layers[0].c
    np.testing.assert_allclose(c[:, 0], [1, 2, 3, 2, 1], atol=1e-12)
    np.testing.assert_allclose(c[:, 1], [0, 0, 0, 1, 1], atol=1e-12)
    np.testing.assert_allclose(c[:, 2], 0, atol=1e-11)


def numbers(made):
    """Every number of a network by the place it is read from."""
    (layer,), V, b_out = made.network
    n, inputs, units = len(made.units), made.inputs, made.units
    entries = {"b_out": b_out[0]}
    for unit, name in enumerate(units):
        own = f"{name} " if n > 1 else ""
        entries[f"V,{name}" if n > 1 else "V"] = V[0, unit]
        for block, row in enumerate("ifgo"):
            at = block * n + unit
            entries |= {f"{own}U_{row},{source}": layer.params.U[at, j] for j, source in enumerate(inputs)}
            entries |= {
                f"{own}W_{row},{source}" if n > 1 else f"W_{row}": layer.params.W[at, j]
                for j, source in enumerate(units)
            }
            entries[f"{own}b_{row}"] = layer.params.b[at]
    return entries


@pytest.mark.parametrize("name", hand_set.NAMES)
def test_every_number_has_its_reason(name):
    made = hand_set.make(name)
    reasons = {reason.entry: reason.value for reason in made.reasons}
    stored = numbers(made)
    assert len(reasons) == len(made.reasons)
    if len(made.units) == 1:
        assert reasons == stored
    else:
        assert reasons == {entry: value for entry, value in stored.items() if value}
    for reason in made.reasons:
        assert 10 < len(reason.sentence) <= 90 and reason.sentence.endswith(".")
        assert len(f"{reason.value:g}") <= 6


def test_reasons_come_in_the_order_of_a_table():
    entries = [reason.entry for reason in hand_set.make("latch").reasons]
    rows = [[f"U_{row},x", f"U_{row},mark", f"W_{row}", f"b_{row}"] for row in "ifgo"]
    assert entries == [*(entry for row in rows for entry in row), "V", "b_out"]


@pytest.mark.parametrize(("name", "count"), [("latch", 16), ("marked sum", 16), ("parity", 12)])
def test_one_unit_has_few_enough_numbers_for_a_table(name, count):
    assert len(hand_set.make(name).reasons) == count + len(["V", "b_out"])


@pytest.mark.parametrize("name", ["xor", None, 1, "anbn"])
def test_another_name_is_refused(name):
    with pytest.raises(ValueError, match="name must be one of latch, marked sum, aⁿbⁿ, parity, got"):
        hand_set.make(name)
