"""The numbers that the lesson on vanishing gradients says, by closed forms, fractions and plain loops."""

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from app.shell import lessons
from tests.lessons.promises import keeps, needs_none
from tests.lessons.vanishing.vanishing_oracle import model_at

STEM = "vanishing"
LESSON = lessons.load(STEM)
HALF = Fraction(1, 2)


def says(number: str, value: float) -> bool:
    """Whether a number is this value, rounded to the digits that are written; last 0s of a large one are none."""
    text = number.replace(",", "")
    place = 10.0 ** -len(text.partition(".")[2])
    if "." not in text and len(text) > 4:
        place = 10.0 ** (len(text) - len(text.rstrip("0")))
    return abs(abs(float(value)) - float(text)) <= place / 2 * (1 + 1e-9)


def at(preset: str) -> Any:
    return model_at(preset=preset).result


def left(preset: str) -> float:
    """log10 of what the page shows at step 1."""
    return float(at(preset).log10_product[0])


def carousel(forget: float) -> float:
    return float(model_at(preset="side-by-side", forget=forget).result.log10_products["carousel"][0])


def norm(W: np.ndarray) -> float:
    """Largest singular value, by the largest eigenvalue of W^T W."""
    return math.sqrt(max(np.linalg.eigvalsh(W.T @ W)))


def norm_of_power(k: int) -> float:
    """Of [0.5 1; 0 0.5]^k = 0.5^k [1 2k; 0 1], whose singular values are k + sqrt(k^2 + 1) and its inverse."""
    return 0.5**k * (k + math.sqrt(k * k + 1))


# Sizes: place, number, the value by arithmetic, and what the page shows there

A1 = 1.0
H1 = math.tanh(A1)
H2 = math.tanh(1 + H1)
REST = H2
for _ in range(200):
    REST = math.tanh(1 + REST)
SLOPE = 1 - REST**2
TANH = [H1]
for _ in range(19):
    TANH.append(math.tanh(1 + TANH[-1]))
LOG_TANH = [sum(math.log10(1 - h * h) for h in TANH[t + 1 :]) for t in range(20)]
JORDAN = np.array([[0.5, 1], [0, 0.5]])
TERMS = [Fraction(1, 10**k) for k in range(5)]
SCALED = [term / sum(TERMS) for term in TERMS]

TABLE = [
    ("preset eq-12-32", "0.00195", HALF**9, lambda: 10 ** left("eq-12-32")),
    ("preset eq-12-35", "0.076", SLOPE, lambda: at("eq-12-35").factor[-1]),
    ("preset eq-12-35", "21", LOG_TANH[0], lambda: left("eq-12-35")),
    ("preset eq-12-35", "19", 19, lambda: len(at("eq-12-35").factor) - 1),
    ("preset sigma-below", "99", 99, lambda: len(at("sigma-below").factor) - 1),
    ("preset sigma-below", "0.135", 0.98**99, lambda: 10 ** at("sigma-below").bound[0]),
    ("preset saturated", "39", 39, lambda: len(at("saturated").factor) - 1),
    ("preset saturated", "28,000", 1.3**39, lambda: 10 ** at("saturated").prediction[0]),
    ("preset symmetric-modes", "59", 59, lambda: len(at("symmetric-modes").factor) - 1),
    ("preset symmetric-modes", "0.048", 0.95**59, lambda: 10 ** left("symmetric-modes")),
    ("preset explosion", "99", 99, lambda: len(at("explosion").factor) - 1),
    ("preset explosion", "12,500", 1.1**99, lambda: 10 ** at("explosion").prediction[0]),
    ("preset side-by-side", "199", 199, lambda: len(at("side-by-side").x) - 1),
    ("preset side-by-side", "0.135", 0.99**199, lambda: 10 ** carousel(0.99)),
    ("example 1", "1", 1, lambda: at("eq-12-32").h[0, 0]),
    ("example 1", "0.5", HALF, lambda: at("eq-12-32").h[1, 0]),
    ("example 1", "0.25", HALF**2, lambda: at("eq-12-32").h[2, 0]),
    ("example 1", "0.00195", HALF**9, lambda: at("eq-12-32").h[9, 0]),
    ("example 2", "0.5", HALF, lambda: at("eq-12-34").factor[8]),
    ("example 2", "0.125", HALF**3, lambda: 10 ** at("eq-12-34").log10_product[6]),
    ("example 3", "0.301", math.log10(0.5), lambda: np.diff(at("eq-12-34").log10_product)[0]),
    ("example 3", "2.709", 9 * math.log10(0.5), lambda: left("eq-12-34")),
    ("example 4", "1", A1, lambda: at("eq-12-35").a[0, 0]),
    ("example 4", "0.7616", H1, lambda: at("eq-12-35").h[0, 0]),
    ("example 4", "0.9427", H2, lambda: at("eq-12-35").h[1, 0]),
    ("example 4", "0.111", 1 - H2**2, lambda: at("eq-12-35").factor[1]),
    ("example 5", "0.9612", REST, lambda: at("eq-12-35").h[-1, 0]),
    ("example 5", "0.0761", SLOPE, lambda: at("eq-12-35").factor[-1]),
    ("example 5", "1.118", math.log10(SLOPE), lambda: np.diff(at("eq-12-35").log10_product)[-1]),
    ("example 5", "11.18", LOG_TANH[9], lambda: at("eq-12-35").log10_product[9]),
    ("example 5", "21.07", LOG_TANH[0], lambda: left("eq-12-35")),
    ("example 6", "1.207", math.sqrt((3 + 2 * math.sqrt(2)) / 4), lambda: norm(JORDAN)),
    ("example 6", "1.059", math.sqrt((9 + math.sqrt(80)) / 16), lambda: norm(JORDAN @ JORDAN)),
    ("example 6", "0.25", HALF**2, lambda: (JORDAN @ JORDAN)[0, 0]),
    ("example 6", "0.770", norm_of_power(3), lambda: norm(np.linalg.matrix_power(JORDAN, 3))),
    ("example 6", "0.0196", norm_of_power(10), lambda: norm(np.linalg.matrix_power(JORDAN, 10))),
    ("example 7", "1.1111", sum(TERMS), lambda: sum(0.1**k for k in range(5))),
    ("quiz 1", "31", 100 * Fraction(9, 10) ** 11, None),
    ("quiz 1", "0.0108", Fraction(9, 10) ** 43, None),
    ("quiz 1", "0.0097", Fraction(9, 10) ** 44, None),
    ("quiz 1", "0.003", 100 * Fraction(9, 10) ** 99, None),
    ("quiz 2", "0.75", 3 * Fraction(1, 4), None),
    ("quiz 2", "4", 1 / Fraction(1, 4), None),
]


@pytest.mark.parametrize(("place", "number", "value", "shown"), TABLE)
def test_a_size_is_what_arithmetic_gives_and_the_page_shows(place, number, value, shown):
    assert says(number, value)
    assert shown is None or says(number, shown())


for _place, _number, *_ in TABLE:
    keeps(STEM, _place, _number)(test_a_size_is_what_arithmetic_gives_and_the_page_shows)


# Presets


@keeps(STEM, "preset eq-12-34", "2")
def test_a_constant_input_fills_the_unit_almost_up_to_its_limit():
    states = at("eq-12-34").h[:, 0]
    assert states.tolist() == [float(2 - HALF**t) for t in range(10)] and 1.99 < states[-1] < 2


@keeps(STEM, "preset eq-12-35", "10")
def test_the_power_has_the_base_ten():
    assert "about 10 to the power -21" in note("eq-12-35")
    assert 10**-21.5 < math.prod(1 - h * h for h in TANH[1:]) < 10**-20.5


def note(preset: str) -> str:
    return next(one.note for one in LESSON.presets if one.name == preset)


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_bias_makes_most_slopes_small_whatever_the_seed(seed):
    assert "most units to where tanh has a slope below a quarter" in note("saturated")
    r = model_at(preset="saturated", seed=seed).result
    h, slopes = np.zeros(16), []
    for x in r.x:
        h = np.tanh(r.params.U[:, 0] * x + r.params.W @ h + r.params.b)
        slopes.append(1 - h**2)
    assert np.mean(np.array(slopes)[-1] < 0.25) > 0.5 and np.mean(np.array(slopes) < 0.25) > 0.5
    assert abs(np.linalg.eigvals(r.params.W)).max() == pytest.approx(1.3) and r.log10_product[0] < -1


@pytest.mark.parametrize("seed", range(1, 21))
def test_an_explosion_grows_at_least_as_the_power_of_the_radius_whatever_the_seed(seed):
    W = model_at(preset="explosion", seed=seed).result.params.W
    assert np.linalg.norm(np.linalg.matrix_power(W, 99), 2) >= 1.1**99 * (1 - 1e-9)


@pytest.mark.parametrize("preset", ["sigma-below", "sigma-above"])
def test_the_product_ends_far_below_its_bound_whatever_the_seed(preset):
    for seed in range(1, 21):
        r = model_at(preset=preset, seed=seed).result
        U, W, b = r.params
        h, product, slope = np.zeros(16), np.eye(16), np.ones(16)
        for t, x in enumerate(r.x):
            a = U[:, 0] * x + W @ h + b
            h, slope = (np.tanh(a), 1 - np.tanh(a) ** 2) if preset == "sigma-below" else (a, slope)
            product = np.diag(slope) @ W @ product if t else product
        assert np.linalg.norm(product, 2) < 1e-5 * norm(W) ** (len(r.x) - 1)


def descent(threshold: float) -> tuple[list[float], list[float]]:
    """Losses and gradient lengths of the preset's descent, by plain loops."""
    m = model_at(preset="loss-cliff")
    w, b, losses, lengths = m.start_w, m.start_b, [], []
    for _ in range(m.descent_steps + 1):
        h, dh_dw, dh_db = 0.5, 0.0, 0.0
        for _ in range(m.n_steps):
            before, h = h, 1 / (1 + math.exp(-(w * h + b)))
            slope = h * (1 - h)
            dh_dw, dh_db = slope * (before + w * dh_dw), slope * (1 + w * dh_db)
        g = 2 * (h - 0.7) * dh_dw, 2 * (h - 0.7) * dh_db
        losses.append((h - 0.7) ** 2)
        lengths.append(math.hypot(*g))
        step = m.learning_rate * min(1.0, threshold / lengths[-1])
        w, b = w - step * g[0], b - step * g[1]
    return losses, lengths


@keeps(STEM, "preset loss-cliff", "13.9", "23", "84")
def test_the_plain_descent_leaves_the_cliff_and_the_clipped_one_leaps_across_it_for_a_while():
    clipped, _ = descent(model_at(preset="loss-cliff").threshold)
    plain, lengths = descent(math.inf)
    assert says("13.9", max(lengths)) and plain[-1] > plain[0]
    across = [k for k, loss in enumerate(clipped) if loss > 0.1]
    assert (across[0], across[-1]) == (23, 84) and 5 < len(across) < 30
    assert max(clipped[:23]) < 0.06 and max(clipped[85:]) < 0.02
    np.testing.assert_allclose(at("loss-cliff").descents[0].loss, clipped, rtol=1e-3)


@keeps(STEM, "preset rescaling", "1", "0.9", "0.09", "0.009", "0.0009", "0.00009")
@keeps(STEM, "example 7", "0", "4", "1", "0.1", "0.01", "0.001", "0.0001", r"9 \cdot 10^{-5}")
def test_five_terms_keep_their_ratios():
    assert sum(SCALED) == 1 and SCALED[4] / SCALED[0] == Fraction(1, 10**4)
    for number, term in zip(("0.9", "0.09", "0.009", "0.0009", "0.00009"), SCALED, strict=True):
        assert says(number, term)
    for number, term in zip(("1", "0.1", "0.01", "0.001", "0.0001"), TERMS, strict=True):
        assert Fraction(number) == term
    assert round(1e5 * SCALED[4], 1) == 9 and len(range(0, 4 + 1)) == len(TERMS)


def test_every_start_of_the_basins_runs_into_one_of_three_attractors():
    assert "one of three attractors" in note("basins")
    h1, h2 = np.random.default_rng(0).uniform(-1, 1, (2, 60))
    visited = []
    for t in range(3008):
        h1, h2 = np.tanh(-0.8 * h1 + 0.4 * h2), np.tanh(2.6 * h1 + 1.3 * h2)
        visited += [np.round([h1, h2], 3) + 0.0] if t >= 3000 else []
    ends = {frozenset(zip(*(row.tolist() for row in one), strict=True)) for one in np.array(visited).transpose(2, 1, 0)}
    assert len(ends) == 3 == len(model_at(preset="basins").basins().attractors)


@keeps(STEM, "preset side-by-side", "0.99", "2", "10^{-30}")
def test_an_open_lstm_keeps_what_a_half_open_one_loses_whatever_the_seed():
    assert "within a factor of a thousand" in note("side-by-side") and carousel(1.0) == 0
    for seed in range(1, 21):
        for bias, low, high in ((2, -3, 3), (0, -400, -30)):
            products = model_at(preset="side-by-side", seed=seed, forget_bias=bias).result.log10_products
            assert low < products["LSTM"][0] < high


# The worked example and the prediction


@keeps(STEM, "example 1", "10", "9")
@keeps(STEM, "example 2", "10", "7", "3")
@keeps(STEM, "example 3", "0.5", "1")
@keeps(STEM, "example 4", "2")
@keeps(STEM, "example 5", "10", "19")
def test_the_steps_of_the_worked_example_are_those_that_it_opens():
    for number, t in ((1, 10), (2, 7), (3, 1), (4, 2), (5, 10)):
        assert LESSON.example[number - 1].cursor == t
    assert len(at("eq-12-32").h) == len(at("eq-12-34").h) == 10 and at("eq-12-34").factor[0] == 0.5
    assert 10 - 1 == 9 and 10 - 7 == 3 and len(at("eq-12-35").h) == 20 == 10 + 10 == 1 + 19


@keeps(STEM, "example 6", "0.5", "1", "0", "2", "3", "10")
def test_powers_of_the_two_by_two_matrix():
    square = JORDAN @ JORDAN
    assert square.tolist() == [[0.25, 1], [0, 0.25]] and np.linalg.eigvals(JORDAN).tolist() == [0.5, 0.5]
    for said in ("$W^2$ has the rows $(0.25,\\ 1)$ and $(0,\\ 0.25)$", "$W^3$ has 0.770", "$W^{10}$ has 0.0196"):
        assert said in LESSON.example[5].text


@keeps(STEM, "predict", "0.63", "12", "0.2", "6", "3", "0.01", "1")
def test_the_prediction_is_about_the_unit_that_it_opens():
    m = model_at(preset=LESSON.predict.preset)
    assert (m.w, m.n_steps, m.n_units, m.activation) == (-0.63, 12, 1, "tanh")
    assert says("0.2", math.log10(0.63)) and says("3", m.result.a[5, 0]) and says("0.01", 1 - math.tanh(3) ** 2)
    a, h = [], 0.0
    for x in m.result.x:
        a.append(m.u * x - 0.63 * h)
        h = math.tanh(a[-1])
    assert a[:5] == [0] * 5 and says("3", a[5])


# Challenges: each limit from both sides


def vanishes(bias: float, size: float = 1.5) -> Any:
    return model_at(
        n_units=2, matrix="identity", size=size, activation="tanh", u=0, bias=bias, n_steps=30, signal="impulse"
    )


def by_hand(bias: float) -> float:
    """log10 of the product of 29 factors 1.5 (1 - h^2)."""
    h, total = 0.0, 0.0
    for t in range(30):
        h = math.tanh(1.5 * h + bias)
        total += math.log10(1.5 * (1 - h * h)) if t else 0
    return total


@keeps(STEM, "challenge 1", "1.5", "1", "10^{-6}")
def test_the_first_challenge_asks_for_what_it_says():
    low, high = 0.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if by_hand(middle) > -6 else (low, middle)
    assert vanishes(high + 1e-6).vanishes_though_large().passed
    assert not vanishes(low - 1e-6).vanishes_though_large().passed
    assert not vanishes(high + 0.1, 1.499).vanishes_though_large().passed


def keeper(size: float, u: float, n_steps: int = 100) -> Any:
    return model_at(
        n_units=2, matrix="identity", size=size, activation="tanh", u=u, n_steps=n_steps, signal="impulse", bias=0
    )


@keeps(STEM, "challenge 2", "100", "1", "0.1", "10", "0", "0.01")
def test_the_second_challenge_asks_for_what_it_says():
    largest = abs(keeper(1, 1).result.params.U).max()
    u = math.atanh(0.01) / largest
    assert keeper(1, 1.01 * u).keeps_the_gradient().passed
    assert not keeper(1, 0.99 * u).keeps_the_gradient().passed
    assert not keeper(1, 1.01 * u, n_steps=99).keeps_the_gradient().passed
    for size, passed in ((0.1 ** (0.97 / 99), True), (0.1 ** (1.01 / 99), False)):
        assert keeper(size, 1.5 * u).keeps_the_gradient().passed == passed
    # a growing state saturates a little: the limit from above is met by what is left of the growth
    grown = [keeper(size, 1.01 * u) for size in np.linspace(1.0, 1.08, 17)]
    for m in grown:
        h, total = m.result.params.U[:, 0] * 0, 0.0
        for t, x in enumerate(m.result.x):
            h = np.tanh(m.result.params.U[:, 0] * x + m.result.params.W @ h)
            total += math.log10(m.result.params.W[0, 0]) + np.log10(1 - h**2) if t else 0.0
        assert m.keeps_the_gradient().passed == (0.1 < 10 ** max(total) < 10)


@keeps(STEM, "challenge 3", "20", "0.02", "10")
def test_the_third_challenge_asks_for_what_it_says():
    losses, _ = descent(model_at(preset="loss-cliff").threshold)
    plain, _ = descent(math.inf)
    seen = set()
    for n in (10, 19, 20, 24, 30, *range(36, 121, 7)):
        passed = n >= 20 and max(losses[n - 9 : n + 1]) < 0.02 and plain[n] > plain[0]
        assert model_at(preset="loss-cliff", clip="true", descent_steps=n).survives_the_cliff().passed == passed, n
        seen.add(passed)
    assert seen == {False, True}
    assert "at least 20 steps" in LESSON.challenges[2].goal
    early = model_at(preset="loss-cliff", clip="true", descent_steps=19).survives_the_cliff()
    assert "at least 20 steps" in early.reason


# The quiz and the text


@keeps(STEM, "quiz 1", "0.9", "1", "11", "44", "99", "43", "0")
def test_how_long_it_takes_until_less_than_a_hundredth_is_left():
    lag = next(k for k in range(200) if Fraction(9, 10) ** k < Fraction(1, 100))
    quiz = LESSON.quiz[0]
    assert str(lag) == "44" == quiz.choices[quiz.answer] and Fraction(9, 10) ** 43 > Fraction(1, 100)
    assert quiz.choices[0] == "11" and quiz.choices[2] == "99"


@keeps(STEM, "quiz 2", "1", "3")
@keeps(STEM, "text Must it vanish, can it explode?", "1", "4", "0")
def test_the_steepest_slopes():
    a = np.linspace(-8, 8, 1601)
    logistic = 1 / (1 + np.exp(-a))
    assert (logistic * (1 - logistic)).max() == pytest.approx(1 / 4, abs=1e-12) and 3 * 1 / 4 == 0.75
    assert (1 - np.tanh(a) ** 2).max() == pytest.approx(1, abs=1e-12)
    assert np.tanh(4) > 0.999 and 1 - np.tanh(4) ** 2 < 0.002  # near 1 or -1 the slope is near 0
    # h(t) = W^t h(0) from h(0), for a symmetric W
    W = np.array([[0.3, 0.5], [0.5, -0.2]])
    values, Q = np.linalg.eigh(W)
    np.testing.assert_allclose(Q @ np.diag(values**7) @ Q.T, np.linalg.matrix_power(W, 7), atol=1e-14)


@keeps(STEM, "quiz 3", "1.2", "0.5", "100")
def test_a_large_singular_value_does_not_save_a_linear_gradient():
    # rho = 0.5 and sigma_max = 1.2: an entry beside the diagonal that makes it so
    low, high = 0.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if norm(np.array([[0.5, middle], [0, 0.5]])) < 1.2 else (low, middle)
    power = np.linalg.matrix_power(np.array([[0.5, low], [0, 0.5]]), 100)
    assert norm(power) < 1e-25 < 1e7 < 1.2**100


@keeps(STEM, "text One factor per step", "0.5", "10", "1")
def test_an_error_at_step_ten_is_halved_at_every_step_back():
    np.testing.assert_allclose(10 ** at("eq-12-34").log10_product, [0.5 ** (10 - t) for t in range(1, 11)], rtol=1e-12)


@keeps(STEM, "text What helps", "1", "2", "0")
def test_omega_is_0_where_the_error_keeps_its_length():
    turn = model_at(preset="orthogonal").result.omega
    assert turn.total == pytest.approx(0, abs=1e-20) and turn.ratios == pytest.approx(1)
    assert model_at(n_steps=10, w=0.5).result.omega.total == pytest.approx(9 * (0.5 - 1) ** 2)


@keeps(STEM, "text The same story in the state", "1")
def test_tanh_keeps_both_runs_between_minus_1_and_1():
    assert max(abs(run).max() for run in at("chaos").runs) <= 1


needs_none(STEM, "dictionary", "an index in a formula: the product begins one step after τ", "1")
needs_none(STEM, "text One factor per step", "a question, and an equation's name", "50", "12.13")
needs_none(STEM, "example 7", "what the slide prints", "10^{-5}")


def test_no_lesson_is_spoken_of_by_its_number():
    words = "\n".join((*(one.note for one in LESSON.presets), LESSON.body, *(one.text for one in LESSON.example)))
    assert not re.search(r"[Ll]esson \d", words)
