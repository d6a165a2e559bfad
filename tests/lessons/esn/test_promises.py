"""Numbers that the lesson says of echoes, of its worked example and of its tasks, against loops of their own."""

import numpy as np
import pytest

from lessons.esn import checks
from tests.lessons.esn.many_seeds import (
    SEEDS,
    free_run,
    inputs,
    log10_distances,
    met,
    networks,
    settings_of,
    states,
    step,
)
from tests.lessons.promises import keeps, needs_none

ESN = "esn"


def written(text: str) -> tuple[float, float]:
    """A number as it is written, and how much its last digit is worth."""
    return float(text), 10.0 ** -len(text.partition(".")[2])


def is_as_written(value: float, text: str) -> bool:
    number, digit = written(text)
    return abs(value - number) <= 0.51 * digit


for _place, _why, _numbers in (
    ("dictionary", "part of [1; h; x] and of 1 − leak", ("1",)),
    ("preset edge", "the origin of the complex plane", ("0",)),
    ("preset below-one", "the edge that the lesson is about", ("1",)),
    ("preset chaos", "the edge that the lesson is about", ("1",)),
    ("preset rho-three", "what practice guides advise", ("0.8", "1.5")),
    ("preset binary", "where tanh is a straight line", ("0",)),
    ("preset leaky", "the largest an eigenvalue should be", ("1",)),
    ("preset narma", "part of the task's name", ("10",)),
    ("preset mackey-glass", "part of the series' name", ("17",)),
    ("preset mackey-glass-30", "part of the series' name", ("30",)),
    ("example 3", "a step, and the step after it", ("1", "2")),
    ("example 1", "a step", ("1",)),
    ("example 2", "a step and a unit", ("1", "2")),
    ("challenge 2", "part of the task's name", ("10",)),
    ("quiz 3", "what saturated units come near to, and the edge", ("1",)),
    ("text A network that is not trained", "numbers of a list, and part of [1; h; x]", ("1", "2", "3", "4")),
    ("text Two starts must meet", "the edge of a theorem: see test_what_is_proved", ("1", "0")),
    ("text The slides put to the test", "what the slides say, and the edge", ("1", "3")),
):
    needs_none(ESN, _place, _why, *_numbers)


# Two starts, with twenty seeds


@keeps(ESN, "preset below-one", "0.097", "0.4")
def test_weak_input_divides_the_distance_by_about_rho():
    """In the long run: from where the states are small to where rounding begins."""
    logs = log10_distances(networks("below-one"))
    pace = (logs[:, 100] - logs[:, 20]) / 80
    assert is_as_written(-np.log10(0.8), "0.097")
    assert (np.abs(pace + 0.1) < 0.02).all() and abs(np.median(pace) + 0.097) < 0.005
    faster = met(logs) / met(log10_distances(networks("below-one", spectral_radius=0.4)))
    assert (faster > 3).all() and (faster < 4.5).all()


@keeps(ESN, "preset above-one", "30", "70", "0.1")
def test_above_one_strong_input_makes_starts_meet_and_weak_input_mostly_does_not():
    strong = met(log10_distances(networks("above-one")))
    assert (strong >= 30).all() and (strong <= 70).all() and np.ptp(strong) > 20
    assert (met(log10_distances(networks("above-one", input_scaling=0.1))) == 0).sum() >= 15


@keeps(ESN, "preset rho-three", "10")
def test_at_rho_three_only_the_strongest_input_helps():
    for scale, least, most in ((0.5, 0, 0), (5.0, 0, 0), (10.0, 5, 15)):
        together = (met(log10_distances(networks("rho-three", input_scaling=scale))) > 0).sum()
        assert least <= together <= most, scale


def _silence(rho: float, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """States (S, n, 2) after silence, and the growth per step of a small difference from one of them (S,)."""
    n = networks("chaos", spectral_radius=rho)
    h = np.stack([np.random.default_rng([seed, 2]).uniform(-1, 1, (2, 100)).T for seed in SEEDS])
    tangent, growth = np.random.default_rng(0).normal(size=(len(SEEDS), 100, 1)), []
    for t in range(n_steps):
        h = step(n, h, np.zeros((len(SEEDS), 1)))
        tangent = (1 - h[:, :, :1] ** 2) * (n.W @ tangent)
        size = np.linalg.norm(tangent, axis=1, keepdims=True)
        tangent = tangent / size
        if t >= 20:
            growth.append(np.log(size[:, 0, 0]))
    return h, np.exp(np.mean(growth, axis=0))


@keeps(ESN, "preset chaos", "1.2")
def test_in_silence_differences_grow_at_rho_2_5_and_hardly_at_1_2():
    _, growth = _silence(2.5, 150)
    assert abs(np.median(growth) - 1.2) < 0.03 and (np.abs(growth - 1.2) < 0.07).all()
    h, growth = _silence(1.2, 150)
    assert (growth < 1.02).all()
    assert (np.linalg.norm(h[:, :, 0] - h[:, :, 1], axis=1) > 0.1).sum() >= 15
    h, _ = _silence(0.95, 800)
    assert np.abs(h).max() < 1e-6


@keeps(ESN, "preset binary", "5", "0.9")
def test_strong_input_makes_switches_of_three_to_four_units_in_ten():
    n = networks("binary", input_scaling=5.0)
    beyond = (np.abs(states(n, inputs(n)[0])) > 0.9).mean(axis=(1, 2))
    assert round(10 * beyond.min()) == 3 and round(10 * beyond.max()) == 4
    sooner = [met(log10_distances(networks("binary", input_scaling=scale))) for scale in (0.5, 1.0, 2.0, 5.0)]
    assert (np.diff(sooner, axis=0) < 0).all()


@keeps(ESN, "preset leaky", "60", "115", "500")
def test_leaky_units_make_echoes_last():
    quick = met(log10_distances(networks("leaky", leak_rate=1.0)))
    assert 60 <= quick.min() < 70 and 110 < quick.max() <= 115
    slow = met(log10_distances(networks("leaky")))
    assert ((slow == 0) | (slow > 500)).all()


@keeps(ESN, "text Two starts must meet", "1")
def test_what_is_proved():
    """σ_max < 1: no step stretches a distance. ρ > 1: what leaves 0 does not come back, though 0 stays 0."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        W = rng.normal(size=(20, 20))
        W *= 0.99 / np.linalg.norm(W, 2)
        a, b = rng.normal(size=(2, 20))
        drive = rng.normal(size=20)
        assert np.linalg.norm(np.tanh(W @ a + drive) - np.tanh(W @ b + drive)) < np.linalg.norm(a - b)
    h, _ = _silence(1.2, 400)
    assert (np.abs(h).max(axis=(1, 2)) > 0.01).all() and np.tanh(0.0) == 0


# The worked example


def by_hand(leak: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Input weights (3,), the first two inputs and the states (2, 3) of the ring of three."""
    n = networks("by-hand", (1,), leak_rate=leak)
    x, _ = inputs(n, (1,))
    U, h, found = n.W_in[0, :, 0], np.zeros(3), []
    for t in range(2):
        h = (1 - leak) * h + leak * np.tanh(U * x[0, t, 0] + 0.8 * h[[2, 0, 1]])
        found.append(h)
    return U, x[0, :2, 0], np.array(found)


EXAMPLE = [
    ("example 1", "0.2531", lambda U, x, h, soft: -U[0]),
    ("example 1", "0.4140", lambda U, x, h, soft: U[1]),
    ("example 1", "0.1847", lambda U, x, h, soft: U[2]),
    ("example 1", "0.34", lambda U, x, h, soft: -x[0]),
    ("example 1", "0.08606", lambda U, x, h, soft: U[0] * x[0]),
    ("example 1", "0.0858", lambda U, x, h, soft: h[0, 0]),
    ("example 1", "0.1398", lambda U, x, h, soft: -h[0, 1]),
    ("example 1", "0.0627", lambda U, x, h, soft: -h[0, 2]),
    ("example 2", "0.22", lambda U, x, h, soft: x[1]),
    ("example 2", "0.2531", lambda U, x, h, soft: -U[0]),
    ("example 2", "0.8", lambda U, x, h, soft: networks("by-hand", (1,)).W[0, 0, 2]),
    ("example 2", "0.0627", lambda U, x, h, soft: -h[0, 2]),
    ("example 2", "0.0557", lambda U, x, h, soft: -U[0] * x[1]),
    ("example 2", "0.0502", lambda U, x, h, soft: -0.8 * h[0, 2]),
    ("example 2", "0.1055", lambda U, x, h, soft: -h[1, 0]),
    ("example 3", "0.5", lambda U, x, h, soft: 1 - 0.5),
    ("example 3", "0.04292", lambda U, x, h, soft: soft[0, 0]),
    ("example 3", "0.03136", lambda U, x, h, soft: -soft[0, 2]),
    ("example 3", "0.0557", lambda U, x, h, soft: -U[0] * x[1]),
    ("example 3", "0.0251", lambda U, x, h, soft: -0.8 * soft[0, 2]),
    ("example 3", "0.0806", lambda U, x, h, soft: -np.tanh(U[0] * x[1] + 0.8 * soft[0, 2])),
    ("example 3", "0.01884", lambda U, x, h, soft: -soft[1, 0]),
    ("example 3", "0.8", lambda U, x, h, soft: np.abs(np.linalg.eigvals(networks("by-hand", (1,)).W[0])).max()),
    ("example 3", "0.9", lambda U, x, h, soft: 0.5 + 0.5 * 0.8),
    ("example 4", "0.95", lambda *_: settings_of("edge").spectral_radius),
    ("example 4", "0.5", lambda *_: settings_of("edge").input_scaling),
    ("example 4", "6", lambda *_: -np.log10(1e-6)),
    ("example 4", "0.0223", lambda *_: -np.log10(0.95)),
    ("example 4", "269", lambda *_: 6 / 0.0223),
    ("example 4", "76", lambda *_: met(log10_distances(networks("edge", (1,)), (1,)))[0]),
    ("example 5", "0.0165", lambda *_: 0.95**80),
    ("example 5", "0.983", lambda *_: ring(39)),
    ("example 5", "0.016", lambda *_: ring(40)),
    ("example 5", "39.0", lambda *_: sum(map(ring, range(1, 4000)))),
    ("quiz 1", "1024", lambda *_: 1 / 0.5**10),
    ("quiz 1", "20", lambda *_: 10 / 0.5),
    ("quiz 2", "0.18", lambda *_: 0.2 * 0.9),
    ("quiz 2", "0.72", lambda *_: 0.8 * 0.9),
    ("quiz 2", "0.98", lambda *_: np.linalg.eigvals(np.diag([1 - 0.2]) + 0.2 * np.diag([0.9]))[0]),
    ("quiz 2", "0.8", lambda *_: 1 - 0.2),
]  # fmt: skip


def ring(lag: int, n: int = 40, r: float = 0.95) -> float:
    """Memory of a linear ring from its responses alone: C is a sum over rounds, and diagonal."""
    unit = r**lag  # what is left of the input of so long ago stands in one unit, and in no other
    return unit**2 / sum(r ** (2 * (lag % n + n * k)) for k in range(400))


def first_distances() -> np.ndarray:
    return 10 ** log10_distances(networks("halving"))[:, 0]


@pytest.mark.parametrize(("place", "number", "value"), EXAMPLE, ids=[f"{place} {text}" for place, text, _ in EXAMPLE])
def test_numbers_of_the_example_and_the_quiz_are_worked_out_again(place, number, value):
    U, x, h = by_hand()
    assert is_as_written(value(U, x, h, by_hand(0.5)[2]), number)


# Numbers inside tanh(…) are taken for steps, as in h(2), and not collected: they are checked all the same.
INSIDE = {("example 2", "0.0557"), ("example 2", "0.0502"), ("example 3", "0.0557"), ("example 3", "0.0251")}
for _place, _number in {(place, number) for place, number, _ in EXAMPLE} - INSIDE:
    keeps(ESN, _place, _number)(test_numbers_of_the_example_and_the_quiz_are_worked_out_again)


@keeps(ESN, "example 5", "2", "1", "40", "0.95", "80", "39", "79")
def test_the_ring_forgets_by_rounds():
    """The formula against the responses, at every lag of the first two rounds."""
    s = settings_of("ring")
    assert (s.n_units, s.spectral_radius, 2 * s.n_units) == (40, 0.95, 80)
    for lag in range(1, 80):
        assert ring(lag) == pytest.approx(0.95 ** (80 * (lag // 40)) * (1 - 0.95**80), rel=1e-9)
    assert is_as_written(ring(1), "0.983") and is_as_written(ring(79), "0.016")


# Tasks


def test_the_silent_ring_halves_distances():
    s = settings_of("halving")
    assert (s.n_units, s.spectral_radius, s.n_steps, s.bias_scaling, s.task) == (100, 0.5, 40, 0.0, "silence")
    first = first_distances()
    assert (np.abs(first - 8) < 1.5).all()  # √(2/3) per unit
    logs = log10_distances(networks("halving"))
    assert (np.abs(np.diff(logs[:, 20:], axis=1) - np.log10(0.5)) < 1e-3).all()


@keeps(ESN, "challenge 1", "200", "0.1", "0.5", "3")
def test_a_sine_is_asked_for_as_the_check_asks():
    assert (checks.HELD_STEPS, checks.HELD_WITHIN) == (200, 0.1)
    assert settings_of("sine").spectral_radius == 0.5 and 0.5**7 < 0.01  # gone after a few steps
    assert (free_run("sine", spectral_radius=3.0)[0] < 200).all()


@keeps(ESN, "challenge 2", "0.05", "200")
@keeps(ESN, "challenge 3", "50", "1", "3", "0.1", "1.5")
def test_challenges_ask_for_what_their_checks_do():
    assert (checks.NARMA_ERROR, checks.MOST_UNITS, checks.HELD_STEPS) == (0.05, 200, 200)
    assert (checks.MEMORY_UNITS, 100 * checks.CLOSE, min(checks.GRID), max(checks.GRID)) == (50, 3, 0.1, 1.5)


@keeps(ESN, "quiz 1", "0.5", "10^{-3}", "10^{-3.5}", r"5 \cdot 10^{-5}", "10^{-6}", "10^{-13}", "0.3", "10", "1", "0.1")
def test_the_first_quiz_has_its_answer_and_the_mistakes_that_lead_to_the_others():
    end = 1e-3 * 0.5**10
    assert abs(np.log10(end) + 6) < 0.02
    for choice, way in ((10**-3.5, 0.3 * 1e-3), (5e-5, 1e-3 / 20), (1e-13, 1e-3 * 0.1**10)):
        assert choice == pytest.approx(way, rel=0.06)


@keeps(ESN, "quiz 2", "0.9", "0.2", "1")
def test_the_second_quiz_is_a_mix_of_old_and_new():
    for leak, multiplied in ((0.2, 0.98), (1.0, 0.9)):
        assert np.isclose((1 - leak) + leak * 0.9, multiplied)


@keeps(ESN, "quiz 3", "1.2")
def test_starts_at_rho_1_2_stay_apart_in_silence_and_meet_under_strong_input():
    """With most seeds; `chaos` has the silence."""
    assert (met(log10_distances(networks("above-one"))) > 0).all()
    assert (met(log10_distances(networks("chaos", spectral_radius=1.2))) == 0).sum() >= 15
