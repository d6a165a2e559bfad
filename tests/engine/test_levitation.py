import numpy as np
import pytest
from scipy.integrate import solve_ivp

from engine import levitation

pytestmark = pytest.mark.filterwarnings("error")


def oracle(current, interval, position, velocity):
    """The equation of the source, written again, by an integrator of order 8."""
    states = [(position, velocity)]
    for i in current[:-1]:
        solved = solve_ivp(
            lambda _, s, i=i: (s[1], -9.8 + 15 / 3 * i**2 / s[0] - 12 / 3 * s[1]),
            (0, interval), states[-1], method="DOP853", rtol=1e-12, atol=1e-13,
        )  # fmt: skip
        states.append(solved.y[:, -1])
    return np.array(states)


@pytest.mark.parametrize("interval", [0.01, 0.05, 0.1])
def test_against_an_integrator_of_higher_order(interval):
    rng = np.random.default_rng(1)
    current = levitation.random_current(80, rng, low=0.7, high=4.0)
    found = levitation.run(current, interval=interval, position=0.8, velocity=-0.5)
    expected = oracle(current, interval, 0.8, -0.5)
    np.testing.assert_allclose(found.position, expected[:, 0], rtol=1e-6)
    np.testing.assert_allclose(found.velocity, expected[:, 1], atol=1e-5)


def test_the_step_is_of_fourth_order():
    exact = oracle(np.full(2, 2.0), 0.32, 0.6, 0.3)[1]
    errors = [abs(levitation._run(np.full(2, 2.0), 0.6, 0.3, 0.32 / n, n)[0][1] - exact[0]) for n in (4, 8, 16)]
    # half the step, a sixteenth of the error
    assert 10 < errors[0] / errors[1] < 24 and 12 < errors[1] / errors[2] < 20


def test_it_comes_to_rest_where_the_forces_cancel():
    for current in (1.0, 2.0, 3.0):
        rest = levitation.resting_position(current)
        assert rest == pytest.approx(15 * current**2 / (3 * 9.8))
        assert levitation.run(np.full(50, current), position=rest).position == pytest.approx(np.full(50, rest))
        run = levitation.run(np.full(2000, current), interval=0.02)
        assert run.position[-1] == pytest.approx(rest, rel=1e-9) and abs(run.velocity[-1]) < 1e-9


def test_the_first_sample_is_the_start_and_a_current_acts_after_its_own_step():
    current = np.full(6, 2.0)
    before = levitation.run(current, position=1.0, velocity=0.1)
    assert (before.position[0], before.velocity[0]) == (1.0, 0.1)
    current[3] = 3.0
    after = levitation.run(current, position=1.0, velocity=0.1)
    assert (before.position == after.position).tolist() == [True] * 4 + [False] * 2


def test_random_currents_jump_between_bounds_and_hold():
    for seed in range(20):
        found = levitation.random_current(300, np.random.default_rng(seed), low=1, high=3, shortest=5, longest=9)
        ends = np.flatnonzero(np.diff(found)) + 1
        assert found.size == 300 and found.min() >= 1 and found.max() <= 3
        lengths = np.diff(np.concatenate([[0], ends]))
        assert lengths.min() >= 5 and lengths.max() <= 9
    with pytest.raises(ValueError, match="longest"):
        levitation.random_current(5, np.random.default_rng(0), shortest=4, longest=3)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"current": [1.0, 0.0]}, "current"),
        ({"current": [1.0], "interval": 0}, "interval"),
        ({"current": [1.0], "position": -1}, "position"),
        ({"current": [1.0], "velocity": np.inf}, "velocity"),
        ({"current": [0.01] * 400}, "current is too low"),
    ],
)
def test_refusals_name_the_argument(given, named):
    with pytest.raises(ValueError, match=named):
        levitation.run(given.pop("current"), **given)
