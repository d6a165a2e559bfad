"""The numbers that the lesson on the unrolled network says, from loops and complex steps that know no engine."""

import itertools
import math

import numpy as np
import pytest

from app.shell import address
from lessons.unrolled.model import Unrolled
from tests import naive
from tests.lessons.promises import keeps, needs_none
from tests.lessons.unrolled.unrolled_oracle import LESSON, derivative, model_at
from tests.lessons.written import written

MANY, BACKWARDS = "text One network, many copies", "text Backwards"
FORWARDS, COSTS = "text Forwards", "text What it costs"
STEP = 1e-30


def slope(a):
    return 1 - math.tanh(a) ** 2


class Chapter:
    """The chapter's example, line by line as the worked example has it."""

    def __init__(self):
        U, W, b = [[1.0], [1.0]], [[0.5, 0.5], [-0.5, 0.5]], [0.0, 0.0]
        self.a, self.h = naive.recurrent_network([[0.25], [-0.5]], U, W, b, [1.0, -0.5], math.tanh)
        self.e = [0.5 - self.h[1][0], 0.0 - self.h[1][1]]
        self.slopes = [[slope(net) for net in nets] for nets in self.a]
        self.s2 = [self.slopes[1][i] * -2 * self.e[i] for i in (0, 1)]
        self.back = naive.column_sum(W, self.s2)  # dF/dh(1)
        self.s1 = [self.slopes[0][i] * self.back[i] for i in (0, 1)]
        self.terms = [self.s1[0] * 1.0, self.s2[0] * self.h[0][0]]
        # forwards: how the states feel W11
        self.g1 = self.slopes[0][0] * 1.0
        self.g2 = [self.slopes[1][0] * (self.h[0][0] + 0.5 * self.g1), self.slopes[1][1] * -0.5 * self.g1]
        self.shares = [-2 * self.e[i] * self.g2[i] for i in (0, 1)]


def states_of(model):
    """Complex arrays of the model's settings, and its states from a nudged h(1)."""
    w = {name: value.astype(complex) for name, value in model.weights().items()}
    return w, model.sequence("x"), model.sequence("d1")


def loss_with(model, nudge):
    """F of E12.5 with `nudge` added to h(1)."""
    w, x, d = states_of(model)
    h, total = w["h0"], 0
    for t in range(2):
        h = np.tanh(w["U"][:, 0] * x[t] + w["W"] @ h + w["b"]) + (nudge if t == 0 else 0)
        total = total + (d[t] - (w["V"] @ h + w["b_out"])[0]) ** 2
    return total, h


def e12_5():
    """The total and the explicit derivative by unit 1's state of copy 1."""
    model = model_at(preset="exercise-e12-5")
    total = loss_with(model, np.array([STEP * 1j, 0]))[0].imag / STEP
    w, x, d = states_of(model)
    h1 = np.tanh(w["U"][:, 0] * x[0] + w["W"] @ w["h0"] + w["b"])
    explicit = -2 * (d[0] - (w["V"] @ h1 + w["b_out"])[0]) * w["V"][0, 0]
    return total, total - explicit.real


def truncated(window):
    """The derivative by W11 with a window, each error carried back on its own."""
    x = [[value] for value in (1, 0.5, 0, -0.5, -1, -0.5, 0, 0.5, 1, 0.5, 0, -0.5, -1, -0.5, 0)]
    given = x, [[0.3]], [[1.1]], [0.0], [0.0], math.tanh
    _, h = naive.recurrent_network(*given)
    explicit = [[-2 * (0.2 - state[0])] for state in h]
    return naive.recurrent_gradients(*given, slope, explicit, window)[1][0][0]


def saturated():
    """Slopes, and the terms of W11, of one unit that is driven hard."""
    a, h, before = [], [], 0.0
    for _ in range(6):
        a.append(1.0 + 2.0 * before)
        before = math.tanh(a[-1])
        h.append(before)
    terms, s = [], -2 * (0.5 - h[-1])
    for t in range(5, -1, -1):
        s *= slope(a[t])
        terms.append(s * (h[t - 1] if t else 0.0))
        s *= 2.0
    return [slope(net) for net in a], terms


C = Chapter()
TABLE = [
    ("preset chapter-two-steps", "-0.334", C.terms[0]),
    ("preset chapter-two-steps", "-0.699", C.terms[1]),
    ("preset chapter-two-steps", "-1.034", sum(C.terms)),
    ("preset exercise-e12-5", "1.428", e12_5()[0]),
    ("preset exercise-e12-5", "1.580", e12_5()[1]),
    ("preset saturated", "0.01", saturated()[0][-1]),
    ("preset saturated", "0.02", 2 * saturated()[0][-1]),
    ("preset saturated", "98", 100 * saturated()[1][0] / sum(map(abs, saturated()[1]))),
    ("preset truncated", "-0.543", truncated(3)),
    ("preset truncated", "-2.383", truncated(15)),
    ("preset truncated", "0.751", truncated(1)),
    ("example 1", "0.5", C.a[0][0]),
    ("example 1", "-0.5", C.a[0][1]),
    ("example 1", "0.46212", C.h[0][0]),
    ("example 1", "-0.46212", C.h[0][1]),
    ("example 2", "-0.5", C.a[1][0]),
    ("example 2", "0.23106", 0.5 * C.h[0][0]),
    ("example 2", "-0.96212", C.a[1][1]),
    ("example 2", "-0.46212", C.h[1][0]),
    ("example 2", "-0.74522", C.h[1][1]),
    ("example 2", "0.96212", C.e[0]),
    ("example 2", "0.74522", C.e[1]),
    ("example 2", "0.9257", C.e[0] ** 2),
    ("example 2", "0.5554", C.e[1] ** 2),
    ("example 2", "1.481", C.e[0] ** 2 + C.e[1] ** 2),
    ("example 3", "-1.9242", -2 * C.e[0]),
    ("example 3", "-1.4904", -2 * C.e[1]),
    ("example 3", "0.78645", C.slopes[1][0]),
    ("example 3", "0.44465", C.slopes[1][1]),
    ("example 3", "-1.5133", C.s2[0]),
    ("example 3", "-0.6627", C.s2[1]),
    ("example 3", "0.46212", C.h[0][0]),
    ("example 3", "-0.6993", C.terms[1]),
    ("example 4", "-1.5133", C.s2[0]),
    ("example 4", "-0.6627", C.s2[1]),
    ("example 4", "-0.4253", C.back[0]),
    ("example 4", "-1.0880", C.back[1]),
    ("example 4", "0.78645", C.slopes[0][0]),
    ("example 4", "0.78645", C.slopes[0][1]),
    ("example 4", "-0.3345", C.s1[0]),
    ("example 4", "-0.8557", C.s1[1]),
    ("example 5", "-0.3345", C.terms[0]),
    ("example 5", "-0.6993", C.terms[1]),
    ("example 5", "-1.0338", sum(C.terms)),
    ("example 6", "0.78645", C.g1),
    ("example 6", "0.46212", C.h[0][0]),
    ("example 6", "0.6727", C.g2[0]),
    ("example 6", "0.44465", C.slopes[1][1]),
    ("example 6", "-0.17485", C.g2[1]),
    ("example 7", "-1.9242", -2 * C.e[0]),
    ("example 7", "-1.4904", -2 * C.e[1]),
    ("example 7", "0.6727", C.g2[0]),
    ("example 7", "-0.17485", C.g2[1]),
    ("example 7", "-1.2944", C.shares[0]),
    ("example 7", "0.2606", C.shares[1]),
    ("example 7", "-1.0338", sum(C.shares)),
    ("quiz 2", "0.6", 3 * 0.4 * 0.5),
    ("quiz 2", "0.2", 0.4 * 0.5),
    ("quiz 2", "1.5", 3 * 0.5),
    (COSTS, "10,000", 10**4),
]


@pytest.mark.parametrize(("place", "number", "value"), TABLE)
def test_what_the_lesson_says_is_so(place, number, value):
    assert written(value, number) == number


for _place, _number, _ in TABLE:
    keeps("unrolled", _place, _number.removeprefix("-"))(test_what_the_lesson_says_is_so)


@keeps("unrolled", "example 1", "1", "0.5", "0.25")
@keeps("unrolled", "example 2", "2", "0.5", "0")
@keeps("unrolled", "example 3", "2", "1")
@keeps("unrolled", "example 4", "1", "2", "0.5")
@keeps("unrolled", "example 5", "1")
@keeps("unrolled", "example 6", "1", "0", "2", "0.5")
@keeps("unrolled", "example 7", "2")
def test_the_worked_example_is_what_the_page_shows():
    model = model_at(preset="chapter-two-steps")
    r = model.result
    np.testing.assert_allclose(r.run.h, C.h, rtol=1e-12)
    np.testing.assert_allclose(r.copies.dF_da, [C.s1, C.s2], rtol=1e-12)
    np.testing.assert_allclose(r.terms(), C.terms, rtol=1e-12)
    assert r.loss.loss == pytest.approx(C.e[0] ** 2 + C.e[1] ** 2, rel=1e-12)
    assert sum(C.terms) == pytest.approx(sum(C.shares), rel=1e-12)
    assert derivative(model, "W11") == pytest.approx(sum(C.terms), rel=1e-12)
    # forwards at 1 and 2, then back at 3 and 4, which are copies 2 and 1
    assert [step.cursor for step in LESSON.example] == [1, 2, 3, 4, 4, 2, 2]


@keeps("unrolled", "predict", "0.5", "0", "1", "6")
def test_the_prediction_asks_about_its_preset():
    model = model_at(preset=LESSON.predict.preset)
    assert (model.n_steps, model.W11, model.h01, model.activation) == (6, 0.5, 0, "identity")
    assert model.sequence("x").tolist() == [1, 0, 0, 0, 0, 0] and model.counts.tolist() == [False] * 5 + [True]
    # h = 0, 1, 1/2 … comes in, 1, 1/2, 1/4 … goes back: copies 2 to 6 have one product, copy 1 has 0
    sizes = [abs(derivative(model, "W11", copy)) for copy in range(1, 7)]
    np.testing.assert_allclose(np.array(sizes) / sum(sizes), [0, 0.2, 0.2, 0.2, 0.2, 0.2], atol=1e-12)


@keeps("unrolled", "preset truncated", "0.543", "2.383", "0.751")
def test_windows_of_the_truncated_preset():
    model = model_at(preset="truncated")
    np.testing.assert_allclose(model.result.truncated(), [truncated(k) for k in range(1, 16)], rtol=1e-10)
    assert truncated(1) * truncated(15) < 0


@keeps("unrolled", "preset saturated", "0.01", "0.02", "98")
def test_a_saturated_unit_multiplies_by_two_hundredths():
    slopes, terms = saturated()
    assert all(written(value, "0.01") == "0.01" for value in slopes[2:])
    assert all(written(early / late, "0.02") == "0.02" for late, early in itertools.pairwise(terms[:4]))
    np.testing.assert_allclose(model_at(preset="saturated").result.terms(), terms[::-1], rtol=1e-9)


def challenged(number, **values):
    """The verdict on a challenge at its solution, with some values changed."""
    challenge, model = LESSON.challenges[number - 1], Unrolled()
    chosen = address.values_from(model, dict(challenge.solution) | values)
    model.param.update(**(address.starting_values(model) | chosen))
    return getattr(model, challenge.check)().passed


@keeps("unrolled", "challenge 1", "1", "0")
def test_the_first_challenge_compares_copy_one_with_the_last():
    # terms of the solution: x = -1 takes h(0) = 1.5 to 0.5, and nothing fades; they are in the ratio of h(t-1)
    assert challenged(1) and challenged(1, h01=1.2)
    for h0 in (0.4, 0.5, 0.0, 1.0):
        kept = h0 - 1  # comes into all later copies
        assert challenged(1, h01=h0) == (abs(h0) > abs(kept) > 0 and h0 != 0)
    assert not challenged(1, n_steps=3, d1="0*2,1")


@keeps("unrolled", "challenge 2", "0", "1", "0.001")
@pytest.mark.parametrize("target", [1.0, -0.249, -0.2485])
@pytest.mark.parametrize("W11", [0.5, 0.502, 0.503, 0.506, 0.6])
def test_the_second_challenge_asks_for_its_percentages(W11, target):
    # one linear unit: h(1) = W - 1, h(2) = W (W - 1), e = d - h(2); terms -2 e W h(0) and -2 e h(1)
    e = target - W11 * (W11 - 1)
    terms = [-2 * e * W11, -2 * e * (W11 - 1)]
    largest = max(map(abs, terms))
    wanted = abs(sum(terms)) < 0.01 * largest and min(map(abs, terms)) > 0.01 * largest and largest > 0.001
    assert challenged(2, W11=W11, d1=f"0,{target}") == wanted


@keeps("unrolled", "challenge 3", "0")
def test_the_third_challenge_wants_a_total():
    assert challenged(3) and not challenged(3, d1=f"0*11,{float(model_solution_state())!r}")


def model_solution_state():
    """h(12) of the third challenge's solution: a target that leaves no error."""
    h = 0.0
    for _ in range(12):
        h = 1 + 0.2 * h
    return h


@keeps("unrolled", "quiz 1", "0", "2", "3")
@keeps("unrolled", MANY, "2", "0")
def test_explicit_derivatives_are_those_of_the_loss_alone():
    """F as a function of all states at once: the derivative by one of them, the others held."""
    h, d = np.random.default_rng(0).normal(size=(2, 5))
    for k in range(5):
        nudged = h + STEP * 1j * (np.arange(5) == k)
        last, every = (d[4] - nudged[4]) ** 2, ((d - nudged) ** 2).sum()
        assert last.imag / STEP == pytest.approx(-2 * (d[4] - h[4]) if k == 4 else 0)
        assert every.imag / STEP == pytest.approx(-2 * (d[k] - h[k]))


@keeps("unrolled", BACKWARDS, "0", "1", "2")
@keeps("unrolled", FORWARDS, "0", "1")
@pytest.mark.parametrize("seed", range(20))
def test_both_recursions_give_the_derivative(seed):
    """Backwards from 0 beyond the last step, forwards from g(0) = 0: for W of 3 units and an error at the last step."""
    rng = np.random.default_rng(seed)
    U, W, h0, d, x = (
        rng.normal(size=3),
        rng.normal(size=(3, 3)),
        rng.normal(size=3),
        rng.normal(size=3),
        rng.normal(size=4),
    )

    def states(W):
        h = [h0]
        for value in x:
            h.append(np.tanh(U * value + W @ h[-1]))
        return h

    h, dW = states(W), np.zeros((3, 3))
    e, later = d - h[-1], np.zeros(3)  # later: W^T s(t+1), 0 beyond the last step
    for t in range(4, 0, -1):
        s = (1 - h[t] ** 2) * ((-2 * e if t == 4 else 0) + later)
        dW, later = dW + np.outer(s, h[t - 1]), W.T @ s
    for i, j in np.ndindex(3, 3):
        g, unit = np.zeros(3), np.eye(3)[i]
        for t in range(1, 5):
            g = (1 - h[t] ** 2) * (unit * h[t - 1][j] + W @ g)
        nudged = states(W + STEP * 1j * np.outer(unit, np.eye(3)[j]))[-1]
        wanted = ((d - nudged) ** 2).sum().imag / STEP
        assert dW[i, j] == pytest.approx(wanted, rel=1e-9) and g @ (-2 * e) == pytest.approx(wanted, rel=1e-9)


@keeps("unrolled", "quiz 2", "3", "4", "0.4", "0.5", "0")
@keeps("unrolled", "quiz 4", "1")
def test_one_step_back_and_a_window_of_one():
    # through h(4) only: dF/dh(3) = W f' dF/dh(4), by finite steps of a unit whose numbers are those of the question
    a4 = math.atanh(math.sqrt(0.6))
    h3 = a4 / 3
    target = math.tanh(a4) + 0.25  # so that dF/dh(4) = -0.5

    def loss(h):
        return (target - math.tanh(3 * h)) ** 2

    assert slope(a4) == pytest.approx(0.4)
    assert -(loss(h3 + 1e-6) - loss(h3 - 1e-6)) / 2e-6 == pytest.approx(0.6, rel=1e-6)
    # a window of 1: each copy's h(t-1) is a given input
    model = model_at(preset="truncated")
    x, h, total = model.sequence("x"), 0.0, 0.0
    for value in x:
        now = math.tanh(0.3 * value + 1.1 * h)
        total, h = total - 2 * (0.2 - now) * (1 - now**2) * h, now
    assert total == pytest.approx(truncated(1), rel=1e-12)


def leading(counts, power):
    """The coefficient of n^power of a polynomial given at n = 1, 2, …"""
    return np.diff(counts, n=power)[-1] / math.factorial(power)


def counted(method, n, n_steps):
    """(multiply-adds, numbers kept) of a literal algorithm with one input."""
    ledger, x = naive.Ledger(), [[1.0]] * n_steps
    weights = [[1.0]] * n, [[0.1] * n for _ in range(n)], [0.0] * n
    given = x, *weights, [0.0] * n, lambda a: a, lambda h: 1.0, [[1.0] * n for _ in x]
    if method == "RTRL":
        naive.counted_rtrl(*given, ledger)
    elif method == "BPTT":
        naive.counted_backward(*given, ledger, copies=False)
    else:
        h = [0.0] * n
        for x_t in x:
            h = naive.counted_step(x_t, *weights, h, ledger)
    return np.array([ledger.multiply_adds, ledger.stored_numbers])


@keeps("unrolled", COSTS, "2", "3", "4", "10", "100")
def test_costs_are_those_of_the_literal_loops():
    sizes = range(1, 7)
    per_step = {m: [counted(m, n, 3) - counted(m, n, 2) for n in sizes] for m in ("forward", "BPTT", "RTRL")}
    forward = leading([cost[0] for cost in per_step["forward"]], 2)
    back = leading([cost[0] for cost in per_step["BPTT"]], 2) - forward
    assert (forward, back) == (1, 2)
    assert [cost[1] for cost in per_step["BPTT"]] == list(sizes)  # T n states
    assert leading([cost[0] for cost in per_step["RTRL"]], 4) == 1
    assert leading([counted("RTRL", n, 2)[1] for n in sizes], 3) == 1
    assert {int(cost[1]) for cost in per_step["RTRL"]} == {0}
    assert 100**4 == 100e6  # a hundred million


needs_none("unrolled", "dictionary", "numbers of layers in the textbook's names", "1", "2")
needs_none("unrolled", BACKWARDS, "numbers of equations", "12.9", "12.13", "12.22", "12.25")
needs_none("unrolled", "quiz 3", "the window of a wrong choice", "20")
