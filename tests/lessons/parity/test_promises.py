"""The numbers that the parity lesson says, by literal loops and fractions that share no code with the engine."""

import functools
import itertools
import math
import re

import numpy as np
import pytest

from tests import naive, naive_parity
from tests.lessons.parity.parity_pages import LESSON, PRESETS, found_by_hand, model_with
from tests.lessons.promises import keeps, needs_none
from tests.lessons.written import written

BOOK = ([1, 1], [[1, -1], [1, -1]], [-0.5, -1.5], [1, -1], -0.5)  # Eq. 12.36, typed from the book
MEMORY, LASTS = "text A memory made of two switches", "text Why it lasts"
GOES, FINDS = "text Where the gradient goes", "text What a gradient can find"
ONE_THEN_ZEROS = [1] + [0] * 99


def bits_of(name: str) -> list[int]:
    return [int(bit) for bit in PRESETS[name]["bits"]]


@functools.cache
def hard(name: str):
    """Net inputs, states, output net inputs and outputs of a preset with hard switches."""
    return naive.parity_network(bits_of(name), *BOOK, lambda a: int(a >= 0))


@functools.cache
def soft(steepness: float):
    """The same for a 1 and 99 zeros with logistic switches."""
    return naive.parity_network(ONE_THEN_ZEROS, *BOOK, lambda a: 1 / (1 + math.exp(-steepness * a)))


@functools.cache
def jacobian_products(steepness: float) -> list[float]:
    """log10 of the norm of dh(100)/dh(t), with 120 digits."""
    return [float(log) for log in naive.parity_jacobians(ONE_THEN_ZEROS, *BOOK, steepness)[1]]


def difference(steepness: float, t: int) -> float:
    first, second = soft(steepness)[1][t - 1]
    return first - second


# Bits, states and outputs with hard switches


@keeps("parity", "preset book-demo", "1")
def test_the_output_goes_up_with_the_first_one_of_a_pair_and_down_with_the_second():
    bits, y = bits_of("book-demo"), hard("book-demo")[3]
    ups = [t for t in range(len(y)) if y[t] > (y[t - 1] if t else 0)]
    downs = [t for t in range(1, len(y)) if y[t] < y[t - 1]]
    ones = [t for t, bit in enumerate(bits) if bit]
    assert (ups, downs) == (ones[0::2], ones[1::2])


@keeps("parity", "preset lab-sequence", "1")
@keeps("parity", "predict", "1", "0")
@keeps("parity", "challenge 3", "1")
def test_the_output_is_one_where_the_count_is_odd():
    bits, y = bits_of("lab-sequence"), hard("lab-sequence")[3]
    turned, state = [], 0
    for bit in bits:  # start at 0 and turn over at every 1
        state = 1 - state if bit == 1 else state
        turned.append(state)
    assert y == turned == [sum(bits[: t + 1]) % 2 for t in range(22)]
    assert LESSON.predict.preset == "lab-sequence"
    solution = dict(next(c.solution for c in LESSON.challenges if c.check == "computes_even_parity"))
    assert model_with(**solution).result["y"].tolist() == [1 - value for value in y]


@keeps("parity", "preset all-ones", "1", "0")
def test_twenty_ones_alternate():
    assert hard("all-ones")[3] == [1, 0] * 10


@keeps("parity", "preset one-then-zeros", "1", "99")
@keeps("parity", "example 5", "2", "100")
def test_the_single_one_is_still_there_at_step_hundred():
    bits = bits_of("one-then-zeros")
    assert bits == [1] + [0] * 99
    _, h, _, y = hard("one-then-zeros")
    assert y == [1] * 100 and h == [[1, 0]] * 100


WORKED = [
    # example, preset, step, a1, a2, y
    (1, "book-demo", 1, "-0.5", "-1.5", 0),
    (2, "book-demo", 3, "0.5", "-0.5", 1),
    (3, "book-demo", 4, "1.5", "0.5", 0),
    (4, "book-demo", 5, "-0.5", "-1.5", 0),
    (5, "one-then-zeros", 100, "0.5", "-0.5", 1),
]


@keeps("parity", "example 1", "0011011000", "0", "0.5", "1.5")
@keeps("parity", "example 2", "3", "1", "0", "0.5", "1.5")
@keeps("parity", "example 3", "4", "1", "0", "0.5", "1.5")
@keeps("parity", "example 4", "5", "0", "1", "0.5", "1.5")
@keeps("parity", "example 5", "1", "0", "0.5", "1.5")
def test_worked_example_with_hard_switches():
    assert PRESETS["book-demo"]["bits"] in LESSON.example[0].text
    for example, preset, t, first, second, y in WORKED:
        step = LESSON.example[example - 1]
        assert (step.preset, step.cursor) == (preset, t)
        net, _, _, out = hard(preset)
        assert [f"{a:g}" for a in net[t - 1]] == [first, second] and out[t - 1] == y
        for n, said in ((1, first), (2, second)):
            [sum_] = re.findall(rf"\$a_{n} = ([^$]*)\$", step.text)
            terms = sum_.split(" = ")
            assert terms[-1] == said and (len(terms) == 1 or eval(terms[0]) == float(said))
    assert "$1 - 0 - 0.5 = 0.5$, so $y = 1$" in LESSON.example[1].text and hard("book-demo")[2][2] == 0.5
    assert hard("book-demo")[1][2:5] == [[1, 0], [1, 1], [0, 0]]
    assert bits_of("book-demo")[:5] == [0, 0, 1, 1, 0]


@keeps("parity", MEMORY, "1", "0", "2", "0.5", "1.5")
def test_both_units_count_to_two():
    for bit, (h, odd) in itertools.product((0, 1), (([0, 0], 0), ([1, 0], 1), ([1, 1], 0))):
        assert h[0] - h[1] == odd
        U, W, b, _, _ = BOOK
        total = bit + odd
        assert total in (0, 1, 2)
        after = [int(U[n] * bit + W[n][0] * h[0] + W[n][1] * h[1] + b[n] >= 0) for n in (0, 1)]
        assert after == [int(total >= 1), int(total >= 2)] and after[0] - after[1] == int(total == 1) == bit ^ odd
    for number in ("-0.5", "-1.5"):
        assert number in LESSON.body.split("(12.36)")[0]


# How wrong the weights may be


def distances() -> list[tuple[float, int]]:
    """Of every state that comes about and either bit: |net input|, and how many of the eleven numbers are in it."""
    U, W, b, V, b_out = BOOK
    found = []
    for bit, h in itertools.product((0, 1), ([0, 0], [1, 0], [1, 1])):
        nets = [U[n] * bit + W[n][0] * h[0] + W[n][1] * h[1] + b[n] for n in (0, 1)]
        found += [(abs(net), bit + sum(h) + 1) for net in nets]
        found.append((abs(V[0] * h[0] + V[1] * h[1] + b_out), sum(h) + 1))
    return found


@keeps("parity", LASTS, "0", "1", "0.5", "0.125")
@keeps("parity", "quiz 2", "0.4", "0.5", "0", "0.1")
@keeps("parity", "challenge 1", "0.125")
def test_every_net_input_is_half_away_and_four_numbers_meet_at_most():
    found = distances()
    assert min(distance for distance, _ in found) == 0.5 and max(count for _, count in found) == 4
    assert 0.5 / 4 == 0.125 and 4 * 0.1 == 0.4 < 0.5
    rng = np.random.default_rng(4)
    book = np.concatenate([np.ravel(part) for part in BOOK])
    bits = rng.integers(0, 2, 60).tolist()
    for _ in range(200):
        assert naive_parity.is_right(bits, book + 0.1249 * rng.choice([-1, 1], 11))
    U, W, b, _, _ = BOOK
    # the worst case just above: with h = (1, 1) and a 1, all four numbers of unit 1 pushed one way turn it over
    assert (U[0] - 0.126) + (W[0][0] - 0.126) + (W[0][1] - 0.126) + (b[0] - 0.126) < 0


@keeps("parity", "quiz 2", "1", "0.2")
def test_at_the_first_one_two_errors_meet():
    U, _, b, _, _ = BOOK
    assert [U[n] + b[n] for n in (0, 1)] == [0.5, -0.5]
    assert 2 * 0.1 == 0.2


@keeps("parity", "quiz 2", "10", "100", "101")
def test_errors_do_not_add_up():
    rng = np.random.default_rng(5)
    book = np.concatenate([np.ravel(part) for part in BOOK])
    for _ in range(30):
        assert naive_parity.is_right(rng.integers(0, 2, 101).tolist(), book + rng.uniform(-0.1, 0.1, 11))


@keeps("parity", LASTS, "0.25")
def test_about_one_sloppy_network_in_seven_fails():
    book, bits, rng = (
        np.concatenate([np.ravel(part) for part in BOOK]),
        bits_of("lab-sequence"),
        np.random.default_rng(6),
    )
    failed = sum(not naive_parity.is_right(bits, book + rng.uniform(-0.25, 0.25, 11)) for _ in range(4000))
    assert 1 / 7.5 < failed / 4000 < 1 / 6.5


@keeps("parity", "challenge 1", "0.3")
def test_below_the_limit_most_still_hold_and_some_break():
    book, rng = np.concatenate([np.ravel(part) for part in BOOK]), np.random.default_rng(7)
    broken = sum(not naive_parity.is_right([1] * 10, book + rng.uniform(-0.29, 0.29, 11)) for _ in range(400))
    assert 0 < broken < 200
    solution = dict(LESSON.challenges[0].solution)
    assert not model_with(**solution | {"perturbation": 0.3}).breaks_with_small_perturbation().passed


# Soft switches


@keeps("parity", "preset logistic-leak", "9", "0", "1")
@keeps("parity", GOES, "9", "1")
def test_at_steepness_four_the_output_falls_at_step_nine():
    y = soft(4)[3]
    assert [round(value) for value in y] == [1] * 8 + [0] * 92


@keeps("parity", "example 6", "4", "1", "2", "0.881", "0.119", "0.762", "0.5", "0.262", "0.740")
def test_worked_example_of_the_first_soft_step():
    net, h, _, _ = soft(4)
    text = LESSON.example[5].text
    assert "e^{-2}" in text and "e^{2}" in text and (4 * net[0][0], 4 * net[0][1]) == (2, -2)
    assert h[0][0] == 1 / (1 + math.exp(-2)) and h[0][1] == pytest.approx(1 / (1 + math.exp(2)))
    for value, said in ((h[0][0], "0.881"), (h[0][1], "0.119"), (difference(4, 1), "0.762"), (net[1][0], "0.262"),
                        (h[1][0], "0.740")):  # fmt: skip
        assert written(value, said) == said
    assert net[1][0] == difference(4, 1) - 0.5


@keeps("parity", "example 7", "8", "0.511", "9", "0.493")
def test_worked_example_of_the_turn_that_loses_the_bit():
    assert [written(difference(4, t), "0.511") for t in (8, 9)] == ["0.511", "0.493"]
    assert soft(4)[2][7] > 0 > soft(4)[2][8]


@keeps("parity", GOES, "10", "0.992", "100", "5", "0.79", "4", "0.31")
@keeps("parity", "quiz 3", "10", "1", "100")
def test_what_is_left_after_hundred_steps():
    assert written(soft(10)[1][99][0], "0.992") == "0.992"
    assert written(soft(5)[1][99][0], "0.79") == "0.79"
    assert written(difference(4, 100), "0.31") == "0.31"
    for steepness in (5, 10):
        assert [round(value) for value in soft(steepness)[3]] == [1] * 100
    assert len(ONE_THEN_ZEROS) == 100


@keeps("parity", GOES, "50", "10^{-87}", r"5 \cdot 10^{-8}", r"2 \cdot 10^{-4}")
@keeps("parity", "quiz 3", "50", "10^{-87}", "5", r"5 \cdot 10^{-8}", "0.018", "10^{-9}")
def test_what_a_gradient_keeps_over_fifty_steps():
    over = {steepness: jacobian_products(steepness)[49] for steepness in (4, 5, 10)}  # from step 100 to step 50
    assert over[10] == pytest.approx(-87, abs=0.5)
    assert 4.5 <= 10 ** (over[5] + 8) < 5.5
    assert 1.5 <= 10 ** (over[4] + 4) < 2.5
    products = jacobian_products(10)
    assert written(10 ** (products[60] - products[61]), "0.018") == "0.018"
    assert 50 * math.log10(0.018) == pytest.approx(-87, abs=0.5)
    assert over[10] < over[5] < over[4] and over[10] < -9


@keeps("parity", GOES, "0")
@keeps("parity", "quiz 1", "0")
def test_a_hard_switch_has_no_slope():
    book, bits = np.concatenate([np.ravel(part) for part in BOOK]), bits_of("lab-sequence")
    before = naive_parity.hard_outputs(bits, book)
    for k, change in itertools.product(range(11), (-1e-3, 1e-3)):
        assert naive_parity.hard_outputs(bits, book + change * np.eye(11)[k]) == before
    assert naive_parity.hard_outputs([1], book + 1e-3) == naive_parity.hard_outputs([1], book)


@keeps("parity", "challenge 2", "50", "0.05", "0", "1")
def test_a_soft_state_that_does_not_drift():
    solution = dict(LESSON.challenges[1].solution)
    bits = [int(bit) for bit in solution["bits"]]
    assert len(bits) == 50 and sum(bits) >= 10
    steepness = solution["steepness"]
    _, h, _, y = naive.parity_network(bits, *BOOK, lambda a: 1 / (1 + math.exp(-steepness * a)))
    assert [round(value) for value in y] == naive.parity(bits)
    assert max(min(value, 1 - value) for pair in h for value in pair) > 0.05
    assert model_with(**solution).leaks_but_right().passed
    assert not model_with(**solution | {"n_steps": 49}).leaks_but_right().passed


# What is learned


@functools.cache
def starts() -> np.ndarray:
    return np.array([np.random.default_rng(seed).uniform(-1, 1, 11) for seed in range(1, 21)])


@keeps("parity", FINDS, "16", "4", "3")
@keeps("parity", "preset found", "4")
def test_four_bits_make_sixteen_sequences_and_three_steps_back():
    x, _ = naive_parity.sequences(4)
    assert len({tuple(row) for row in x}) == 16 and x.shape[1] - 1 == 3


@keeps("parity", FINDS, "1", "5", "1,000", "20", "11", "12", "18")
def test_the_seeds_that_succeed():
    assert starts().min() >= -1 and starts().max() < 1
    bits = np.random.default_rng(2).integers(0, 2, 10_000).tolist()
    right = [seed for seed, w in found_by_hand().items() if naive_parity.is_right(bits, w)]
    assert right == [4, 11, 12, 18]
    assert "4, 11, 12 and 18" in LESSON.body


@keeps("parity", FINDS, "50", "10^{-10}")
def test_over_fifty_bits_most_starts_have_no_gradient():
    """Twenty starts, each with six draws of bits."""
    logs = []
    for seed, w in enumerate(starts(), 1):
        W, parts = w[2:6].reshape(2, 2), (w[:2], w[2:6].reshape(2, 2), w[6:8], w[8:10], w[10])
        for draw in range(6):
            bits = np.random.default_rng([seed, draw]).integers(0, 2, 50).tolist()
            h = naive.parity_network(bits, *parts, lambda a: 1 / (1 + math.exp(-5 * a)))[1]
            product = np.eye(2)
            for first, second in h[:0:-1]:  # of steps 50 to 2
                product = product @ (np.diag([5 * first * (1 - first), 5 * second * (1 - second)]) @ W)
            logs.append(math.log10(np.linalg.norm(product, 2)))
    assert sum(log < -10 for log in logs) > 0.7 * len(logs)


@keeps("parity", "preset found", "2", "1")
def test_the_found_units_work_as_the_note_says():
    bits = bits_of("found")
    weights = [
        PRESETS["found"][name] for name in ("U1", "U2", "W11", "W12", "W21", "W22", "b1", "b2", "V1", "V2", "b_out")
    ]
    parts = (weights[:2], [weights[2:4], weights[4:6]], weights[6:8], weights[8:10], weights[10])
    _, h, _, y = naive.parity_network(bits, *parts, lambda a: int(a >= 0))
    for t, bit in enumerate(bits):
        was_odd = sum(bits[:t]) % 2
        assert h[t] == [int(was_odd and not bit), int(bit and not was_odd)]
        assert y[t] == int(h[t][0] or h[t][1])


@keeps("parity", "quiz 4", "4", "50", "0", "1")
def test_found_weights_are_right_in_each_state_that_comes_about():
    weights = [
        PRESETS["found"][name] for name in ("U1", "U2", "W11", "W12", "W21", "W22", "b1", "b2", "V1", "V2", "b_out")
    ]
    for bits in itertools.product((0, 1), repeat=9):  # eight states and parities are all met within eight bits
        assert naive_parity.is_right(bits, weights)
    assert naive_parity.is_right([1] + [0] * 5_000, weights)


needs_none("parity", "dictionary", "indices of the textbook's layers", "1", "2")
needs_none("parity", GOES, "a year", "1994")
