"""The numbers that the gamma lesson says, from slow loops and closed forms that share no code with the engine."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from app.shell import lessons
from tests import naive
from tests.app.pages import model_at
from tests.lessons.promises import keeps, needs_none
from tests.lessons.written import written

PRESETS = lessons.load("gamma").preset_values
ELEMENT, CHAIN = "text One element: a leaky integrator", "text A chain: depth against resolution"
FILTER, LEARNING = "text Seen as a filter", "text Learning how long to remember"
HALF = Fraction(1, 2)
LINE = naive.gamma_line([1, 0, 0, 0, 0], HALF, 3)  # of the worked example: row t is step t + 1
STEP = [row[0] for row in naive.gamma_line([1] * 12, HALF, 1)]
SWING = [row[0] for row in naive.gamma_line([1] * 40, Fraction(8, 5), 1)]
EDGE = naive.gamma_line([1] + [0] * 39, 2, 2)


def mean_lag(alpha, tap):
    """Sum of t h(t), and of h(t), over so many lags that nothing is left."""
    answers = [float(naive.gamma_impulse(alpha, lag, tap)) for lag in range(1, 800)]
    assert sum(answers) == pytest.approx(1)
    return sum(lag * answer for lag, answer in enumerate(answers, 1))


def spread(alpha, tap):
    """The standard deviation of the lags that a tap sees."""
    centre = mean_lag(alpha, tap)
    squares = ((lag - centre) ** 2 * float(naive.gamma_impulse(alpha, lag, tap)) for lag in range(1, 800))
    return math.sqrt(sum(squares))


def gain(alpha, period, taps):
    """How high a lasting wave leaves a tap, measured on the wave itself."""
    steps = 60 * period
    wave = [math.sin(2 * math.pi * t / period) for t in range(steps)]
    left = [row[taps - 1] for row in naive.gamma_line(wave, alpha, taps)][-20 * period :]
    turns = [complex(math.cos(2 * math.pi * t / period), math.sin(2 * math.pi * t / period)) for t in range(len(left))]
    return abs(sum(value * turn for value, turn in zip(left, turns, strict=True))) / (len(left) / 2)


def descent(x, target, alpha, learning_rate, n_steps):
    """Gradient descent with the derivative by a complex step; alpha after 0, 1 … n_steps updates."""
    d, found = [row[0] for row in naive.gamma_line(x, target, 1)], [alpha]
    for _ in range(n_steps):
        slope = naive.gamma_loss(x, d, complex(found[-1], 1e-30)).imag / 1e-30
        found.append(min(max(found[-1] - learning_rate * slope / len(x), 0.0), 2.0))
    return found


def after(keep, share):
    """The first whole number of steps after which less than `share` is left."""
    return next(n for n in range(1000) if keep**n < share)


# The three steps of the worked gradient, with alpha = 0.8.
X, D, ALPHA = [1, 0, 0], [0, HALF, Fraction(1, 4)], Fraction(4, 5)
OUT = [row[0] for row in naive.gamma_line(X, ALPHA, 1)]
ERROR = [d - a for d, a in zip(D, OUT, strict=True)]
# a derivative of a square is exact as a symmetric difference
BACK = [
    (naive.gamma_loss(X, D, ALPHA, [int(t == k) for t in range(3)])
     - naive.gamma_loss(X, D, ALPHA, [-int(t == k) for t in range(3)])) / 2
    for k in range(3)
]  # fmt: skip
LOSS_SLOPE = naive.gamma_loss(X, D, complex(0.8, 1e-30)).imag / 1e-30

TABLE = [
    ("predict", "1", 1),
    ("predict", "0.5", PRESETS["step-response"]["alpha"]),
    *(("preset impulse", number, mean_lag(HALF, tap)) for tap, number in enumerate(("2", "4", "6"), 1)),
    *(("preset step-response", number, STEP[t]) for t, number in ((0, "0"), (2, "0.75"), (3, "0.875"))),
    ("preset alternating", "-0.6", 1 - Fraction(8, 5)),
    ("preset alternating", "0.64", SWING[2]),
    ("preset alternating", "1.216", SWING[3]),
    ("preset unstable-edge", "-152", EDGE[39][1]),
    ("preset sunspots", "54", 100 * gain(0.3, 11, 1)),
    ("preset sunspots", "15", 100 * gain(0.3, 11, 3)),
    ("example 2", "0.5", LINE[1][0]),
    ("example 2", "0", LINE[1][1]),
    ("example 3", "0", HALF * 0),
    ("example 3", "0.25", LINE[2][0]),
    ("example 3", "0.25", LINE[2][1]),
    ("example 4", "0.125", LINE[3][0]),
    ("example 4", "0.25", LINE[3][1]),
    ("example 4", "0.125", LINE[3][2]),
    *(("example 5", number, value) for number, value in zip(("0", "0.8", "0.16"), OUT, strict=True)),
    *(("example 5", number, value) for number, value in zip(("0", "-0.3", "0.09"), ERROR, strict=True)),
    ("example 5", "0.5", naive.gamma_line(X, HALF, 1)[1][0]),
    ("example 5", "0.25", naive.gamma_line(X, HALF, 1)[2][0]),
    ("example 6", "0.09", ERROR[2]),
    ("example 6", "-0.18", BACK[2]),
    ("example 6", "-0.3", ERROR[1]),
    ("example 6", "0.2", 1 - ALPHA),
    ("example 6", "0.564", BACK[1]),
    ("example 7", "0.564", (X[0] - OUT[0]) * BACK[1]),
    ("example 7", "-0.18", BACK[2]),
    ("example 7", "0.144", (X[1] - OUT[1]) * BACK[2]),
    ("example 7", "0.708", LOSS_SLOPE),
    ("quiz 1", "5", 0.25 * 8 + 0.75 * 4),
    ("quiz 1", "2", 0.25 * 8),
    ("quiz 1", "3", 0.75 * 4),
    ("quiz 1", "6", (8 + 4) / 2),
    ("quiz 1", "0.5", (6 - 4) / (8 - 4)),
    ("quiz 1", "7", 0.75 * 8 + 0.25 * 4),
    ("quiz 1", "12", 8 + 4),
    ("quiz 2", "100", mean_lag(0.03, 3)),
    ("quiz 2", "30", mean_lag(0.1, 3)),
    ("quiz 2", "10", mean_lag(0.3, 3)),
    ("quiz 2", "3", mean_lag(1, 3)),
    ("quiz 3", "-0.6", naive.gamma_impulse(1.6, 9, 1) / naive.gamma_impulse(1.6, 8, 1)),
    ("quiz 4", "35", 100 * 0.9**10),
    (ELEMENT, "6.6", math.log(0.5) / math.log(0.9)),
    (ELEMENT, "44", after(0.9, 0.01)),
    (ELEMENT, "35", 100 * 0.9**10),
    (CHAIN, "20", mean_lag(0.25, 5)),
    (CHAIN, "8", spread(0.25, 5)),
    (CHAIN, "1", sum(naive.gamma_impulse(Fraction(1, 4), lag, 5) for lag in range(1, 300))),
    (FILTER, "54", 100 * gain(0.3, 11, 1)),
    (FILTER, "15", 100 * gain(0.3, 11, 3)),
]


@pytest.mark.parametrize(("place", "number", "value"), TABLE)
def test_what_the_lesson_says_is_so(place, number, value):
    assert written(value, number) == number


for _place, _number, _ in TABLE:
    keeps("gamma", _place, _number.removeprefix("-"))(test_what_the_lesson_says_is_so)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_shows_the_line_of_the_loops(name):
    model = model_at("gamma", preset=name)
    line = naive.gamma_line(model.result.x.tolist(), model.alpha, model.taps)
    np.testing.assert_allclose(model.result.taps, line, rtol=1e-9, atol=1e-12)


@keeps("gamma", "preset impulse", "2", "4", "6")
def test_each_tap_answers_later_lower_and_more_broadly():
    answers = [[naive.gamma_impulse(HALF, lag, tap) for lag in range(1, 30)] for tap in (1, 2, 3)]
    peaks = [max(answer) for answer in answers]
    assert peaks[0] > peaks[1] > peaks[2]
    assert mean_lag(HALF, 1) < mean_lag(HALF, 2) < mean_lag(HALF, 3)
    assert spread(HALF, 1) < spread(HALF, 2) < spread(HALF, 3)


@keeps("gamma", "predict", "1", "0.5")
@keeps("gamma", "preset step-response", "0", "0.75", "0.875")
def test_a_step_halves_what_is_missing():
    model = model_at("gamma", preset="step-response")
    assert model.alpha == 0.5 and (model.result.x == 1).all()
    assert [1 - later for later in STEP[1:]] == [(1 - now) / 2 for now in STEP[:-1]]
    assert model.trace("a").tolist() == [float(value) for value in STEP]


@keeps("gamma", "preset long-memory", "40")
def test_a_long_memory_answers_where_a_delay_line_is_empty():
    for tap in (1, 2, 3):
        answers = [naive.gamma_impulse(0.1, lag, tap) for lag in range(1, 60)]
        assert answers[40] > 0.01 * max(answers)
    assert not any(naive.gamma_impulse(1, lag, tap) for lag in range(4, 60) for tap in (1, 2, 3))


@keeps("gamma", "preset unstable-edge", "152", "39")
def test_at_the_edge_tap_one_swings_for_ever_and_tap_two_wider():
    assert {row[0] for row in EDGE[1:]} == {2, -2}
    sizes = [abs(row[1]) for row in EDGE[2:]]
    assert all(now < later for now, later in itertools.pairwise(sizes)) and EDGE[39][1] == -152


@keeps("gamma", "preset sunspots", "11")
@keeps("gamma", FILTER, "0.3", "11", "3")
def test_sunspots_come_back_after_eleven_years():
    x = model_at("gamma", preset="sunspots").result.x
    lags = range(5, 20)
    assert max(lags, key=lambda lag: np.corrcoef(x[lag:], x[:-lag])[0, 1]) == 11
    assert (PRESETS["sunspots"]["alpha"], PRESETS["sunspots"]["taps"]) == (0.3, 3)


@keeps("gamma", "preset learn-alpha", "0.01", "53")
def test_the_descent_arrives_when_the_note_says():
    values = PRESETS["learn-alpha"]
    x = np.random.default_rng(1).uniform(-1, 1, 100).tolist()
    path = descent(x, 0.3, 0.9, values["learning_rate"], values["descent_steps"])
    assert next(n for n, alpha in enumerate(path) if abs(alpha - 0.3) < 0.01) == 53
    np.testing.assert_allclose(model_at("gamma", preset="learn-alpha").result.descent.alpha, path, rtol=1e-9)


@keeps("gamma", "example 1", "1", "0.5", "0")
@keeps("gamma", "example 2", "2", "1")
@keeps("gamma", "example 3", "3", "1", "2", "0.5")
@keeps("gamma", "example 4", "4", "0.5", "0", "1")
def test_the_worked_example_is_what_the_page_shows():
    model, example = model_at("gamma", preset="impulse"), lessons.load("gamma").example
    assert model.alpha == 0.5 and model.result.x.tolist() == [1.0] + [0.0] * 29
    np.testing.assert_array_equal(model.result.taps[:5], [[float(value) for value in row] for row in LINE])
    assert LINE[0] == [0, 0, 0] and [step.cursor for step in example[:4]] == [1, 2, 3, 4]


@keeps("gamma", "example 6", "2", "1")
@keeps("gamma", "example 7", "1", "2", "0.5")
@keeps("gamma", LEARNING, "2", "1", "0")
def test_the_recursion_backwards_is_the_derivative():
    following, total = Fraction(0), Fraction(0)
    for t in (2, 1, 0):
        following = -2 * ERROR[t] + (1 - ALPHA) * following
        assert following == BACK[t]
        before = (X[t - 1], OUT[t - 1]) if t else (0, 0)
        total += (before[0] - before[1]) * following
    assert float(total) == pytest.approx(LOSS_SLOPE) and total > 0
    # downhill lies alpha = 0.5, where the loss is 0
    assert naive.gamma_loss(X, D, HALF) == 0


def test_the_descent_is_kept_between_zero_and_two():
    x = np.random.default_rng(1).uniform(-1, 1, 100).tolist()
    for start, target in ((0.1, 2.0), (1.9, 0.0)):
        path = descent(x, target, start, 5.0, 6)
        model = model_at(
            "gamma",
            signal="noise",
            n_steps=100,
            start_alpha=start,
            target_alpha=target,
            learning_rate=5,
            descent_steps=6,
        )
        np.testing.assert_allclose(model.result.descent.alpha, path, rtol=1e-9)
        assert {0.0, 2.0} & set(path) and min(path) >= 0 and max(path) <= 2


@keeps("gamma", "challenge 1", "20", "0.5")
@pytest.mark.parametrize(("lag", "passed"), [(19.49, False), (19.5, True), (20.5, True), (20.51, False)])
def test_the_first_challenge_asks_for_twenty_steps_give_or_take_a_half(lag, passed):
    model = model_at("gamma", taps=5, alpha=5 / lag)
    assert mean_lag(5 / lag, 5) == pytest.approx(lag)
    assert model.reaches_mean_lag_twenty().passed == passed


@keeps("gamma", "challenge 2", "1", "40", "0.01")
def test_the_second_challenge_asks_for_one_percent_after_forty_steps():
    for alpha in (1.2, 1.85, 1.89, 1.8912, 1.8913, 1.9, 1.95):
        left = abs(naive.gamma_impulse(alpha, 41, 1) / naive.gamma_impulse(alpha, 1, 1))
        assert model_at("gamma", signal="impulse", alpha=alpha).alternates_and_dies().passed == (left < 0.01)


@keeps("gamma", "challenge 3", "0.3", "0.01", "30")
@pytest.mark.parametrize("steps", [1, 8, 12, 30, 31])
@pytest.mark.parametrize("start", [0.59, 0.6, 0.9])
def test_the_third_challenge_asks_for_what_it_says(start, steps):
    model = model_at("gamma", signal="noise", seed=1, n_steps=100, start_alpha=start, descent_steps=steps)
    path = descent(np.random.default_rng(1).uniform(-1, 1, 100).tolist(), 0.3, start, 0.5, steps)
    wanted = start >= 0.6 and steps <= 30 and abs(path[-1] - 0.3) <= 0.01
    assert model.descent_arrives().passed == wanted


@keeps("gamma", "quiz 1", "1")
@keeps("gamma", "quiz 3", "1.6", "1", "2", "0")
@keeps("gamma", ELEMENT, "1", "0", "2")
@keeps("gamma", FILTER, "1")
def test_what_lies_between_the_edges():
    def answers(alpha):
        return [naive.gamma_impulse(alpha, lag, 1) for lag in range(1, 400)]

    for alpha in (Fraction(1, 10), HALF, Fraction(9, 10)):
        assert min(answers(alpha)) > 0 and answers(alpha)[-1] < 1e-9
    for alpha in (Fraction(11, 10), Fraction(8, 5), Fraction(19, 10)):
        assert all(now * later < 0 for now, later in zip(answers(alpha), answers(alpha)[1:], strict=False))
        assert abs(answers(alpha)[-1]) < 1e-9
    assert {abs(value) for value in answers(2)} == {2} and abs(answers(Fraction(21, 10))[-1]) > 1e9
    assert answers(1) == [1] + [0] * 398
    for alpha in (Fraction(1, 4), 1, Fraction(8, 5)):  # the weights alpha and 1 - alpha sum to 1
        assert naive.gamma_line([1, 1], alpha, 1)[1][0] + (1 - alpha) == 1


@keeps("gamma", "quiz 4", "0.9", "1")
@keeps("gamma", ELEMENT, "0.1", "0.9", "10^{-10}")
def test_two_meanings_of_leak_after_ten_steps():
    keeps_alpha = keeps_the_rest = 1
    for _ in range(10):
        keeps_alpha, keeps_the_rest = Fraction(9, 10) * keeps_alpha, Fraction(1, 10) * keeps_the_rest
    assert keeps_the_rest == Fraction(1, 10**10) < keeps_alpha


@keeps("gamma", CHAIN, "0", "1", "0.25")
def test_answers_are_weights_up_to_alpha_one():
    for alpha in (Fraction(1, 4), HALF, 1):
        answers = [naive.gamma_impulse(alpha, lag, tap) for lag in range(1, 200) for tap in (1, 2, 5)]
        assert min(answers) >= 0
    assert min(naive.gamma_impulse(Fraction(11, 10), lag, 2) for lag in range(1, 9)) < 0


@keeps("gamma", FILTER, "0")
def test_the_pole_is_where_the_denominator_is_zero():
    for alpha in (Fraction(1, 4), Fraction(8, 5)):
        assert np.roots([1, -float(1 - alpha)]) == pytest.approx(float(1 - alpha))
        assert naive.gamma_impulse(alpha, 8, 1) == (1 - alpha) * naive.gamma_impulse(alpha, 7, 1)


needs_none("gamma", "preset unstable-edge", "the number of a tap", "1")
needs_none("gamma", "example 5", "the sequence that the example sets", "1")
needs_none("gamma", "quiz 1", "given in the question", "0.25", "4", "8")
needs_none("gamma", "quiz 2", "a choice of α, or the number of a tap", "0.03", "0.1", "0.3", "1")
