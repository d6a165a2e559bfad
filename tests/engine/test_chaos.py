import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from engine import chaos
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

TWO_SIDES = ([[2.3, 2.9], [-0.7, 2.5]], [0.0, -0.2])
FOUR_SIDES = ([[2.2, -0.4], [0.9, 3.0]], [-0.2, 0.4])
BETWEEN_TWO = ([[1.2, -2.4], [-2.9, 0.1]], [-0.2, -0.3])
CLOSED_CURVE = ([[1.5, -1.0], [1.0, 1.5]], [0.0, 0.0])
STRANGE = ([[3.1, 3.9], [-1.7, -1.1]], [-0.2, -0.3])


def wang(a, b):
    """Both units see only s = h2 - h1, so s(t+1) = tanh(b s(t)) - tanh(a s(t))."""
    return [[-a, a], [-b, b]]


def naive_run(W, b, h0, n_steps, tanh=math.tanh):
    """The states h(1) ... h(n_steps) of the map."""
    return naive.recurrent_network([[]] * n_steps, [[], []], W, b, h0, tanh)[1]


def decimal_tanh(a):
    return 1 - 2 / (1 + (2 * a).exp())


def fixed_point_of_tanh(w):
    """The positive h with h = tanh(w h), by bisection."""
    low, high = 1e-6, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if math.tanh(w * middle) > middle else (low, middle)
    return low


@pytest.mark.parametrize("gain", [0.5, 1.0])
def test_trajectory_against_literal_loops(gain):
    W, b = FOUR_SIDES
    scaled = [[gain * entry for entry in row] for row in W]
    h = chaos.trajectory(W, b, [0.3, -0.9], 30, gain=gain)
    assert h.shape == (31, 2)
    np.testing.assert_allclose(h, [[0.3, -0.9], *naive_run(scaled, b, [0.3, -0.9], 30)], rtol=0, atol=1e-13)


def test_trajectory_of_no_step_is_the_start():
    assert chaos.trajectory(*TWO_SIDES, [0.1, 2], 0).tolist() == [[0.1, 2]]


def test_distance_against_literal_loops():
    start, other = [0.2, 0.1], [0.2, 0.1001]
    log10 = chaos.distance(*STRANGE, start, other, 40)
    pairs = zip([start, *naive_run(*STRANGE, start, 40)], [other, *naive_run(*STRANGE, other, 40)], strict=True)
    expected = [math.log10(math.dist(h, h_other)) for h, h_other in pairs]
    np.testing.assert_allclose(log10, expected, rtol=0, atol=1e-6)
    assert chaos.distance(*STRANGE, start, start, 3).tolist() == [-math.inf] * 4


@pytest.mark.parametrize("W", [np.diag([0.5, 0.2]), np.diag([3.0, 0.5]), [[0.6, -0.8], [0.8, 0.6]]])
def test_exponent_at_the_origin_is_the_log_of_the_spectral_radius(W):
    # tanh has slope 1 there, and the origin stays where it is
    expected = math.log(max(abs(np.linalg.eigvals(W))) * 1.5)
    result = chaos.lyapunov(W, [0, 0], [0, 0], 50, gain=1.5)
    np.testing.assert_allclose(result.running, expected, rtol=0, atol=1e-12)
    assert result.exponent == result.running[-1]


@pytest.mark.parametrize("w", [2, -2])
def test_exponent_on_a_fixed_point_and_on_a_cycle_of_two(w):
    # w h jumps between +- the fixed point of tanh(|w| h), where the slope is the same
    h = fixed_point_of_tanh(2)
    result = chaos.lyapunov([[w, 0], [0, 0.1]], [0, 0], [0.5, 0.5], 100)
    assert result.exponent == pytest.approx(math.log(2 * (1 - h * h)), abs=1e-10)


@pytest.mark.parametrize("case", [STRANGE, FOUR_SIDES, CLOSED_CURVE])
def test_running_exponent_against_two_trajectories_of_many_digits(case):
    n_steps, offset = 60, Decimal("1e-40")
    running = chaos.lyapunov(*case, [0.3, 0.2], n_steps, skip=0).running
    with localcontext() as context:
        context.prec = 120
        W = [[Decimal(entry) for entry in row] for row in case[0]]
        b, start = ([Decimal(value) for value in values] for values in (case[1], [0.3, 0.2]))
        near = [start[0] + offset * Decimal(math.cos(1)), start[1] + offset * Decimal(math.sin(1))]
        one, other = (naive_run(W, b, h0, n_steps, decimal_tanh) for h0 in (start, near))
        for t in range(n_steps):
            squares = sum((p - q) ** 2 for p, q in zip(one[t], other[t], strict=True))
            expected = (squares.sqrt() / offset).ln() / (t + 1)
            assert running[t] == pytest.approx(float(expected), abs=1e-8)


def test_skipped_steps_are_run_but_not_counted():
    whole = chaos.lyapunov(*STRANGE, [0.3, 0.2], 50, skip=0).running * np.arange(1, 51)
    part = chaos.lyapunov(*STRANGE, [0.3, 0.2], 30, skip=20).running * np.arange(1, 31)
    np.testing.assert_allclose(part, whole[20:] - whole[19], rtol=0, atol=1e-12)


def test_exponent_of_wangs_network_is_that_of_a_map_of_one_number():
    a, b, total, s = 5, 25, 0.0, 0.1
    for t in range(20_100):
        total += math.log(abs(b / math.cosh(b * s) ** 2 - a / math.cosh(a * s) ** 2)) if t >= 100 else 0
        s = math.tanh(b * s) - math.tanh(a * s)
    exponent = chaos.lyapunov(wang(a, b), [0, 0], [0.1, 0.2], 20_000).exponent
    # two chaotic orbits: only their averages agree
    assert exponent == pytest.approx(total / 20_000, abs=0.03)
    assert exponent > 0.3


def test_the_spread_says_how_far_another_run_would_be_off():
    W, b = [[-2.4, -2.5], [6.7, 5.8]], [0.0, 0.0]
    # the slopes along one long run of plain loops
    h, v, total, n_steps = [0.3, 0.2], [1.0, 0.0], 0.0, 60_000
    for _ in range(n_steps):
        h = [math.tanh(row[0] * h[0] + row[1] * h[1]) for row in W]
        v = [(1 - now * now) * (row[0] * v[0] + row[1] * v[1]) for now, row in zip(h, W, strict=True)]
        length = math.hypot(*v)
        total, v = total + math.log(length), [v[0] / length, v[1] / length]
    runs = [chaos.lyapunov(W, b, [h1, 0.2], 2000) for h1 in np.linspace(-0.9, 0.9, 20)]
    off = [abs(run.exponent - total / n_steps) / run.spread for run in runs]
    assert sum(error < 2 for error in off) >= 17 and sum(error < 0.5 for error in off) <= 15
    still = chaos.lyapunov(*FOUR_SIDES, [0.3, 0.2], 200)
    assert still.spread < 1e-6 and math.isnan(chaos.lyapunov(W, b, [0, 0], 19).spread)
    assert math.isnan(chaos.lyapunov(np.zeros((2, 2)), b, [0, 0], 40).spread)


def test_chaos_is_told_from_a_closed_curve_and_from_rest():
    assert chaos.lyapunov(*STRANGE, [0.3, 0.2], 5000).exponent > 0.1
    assert abs(chaos.lyapunov(*CLOSED_CURVE, [0.3, 0.2], 5000).exponent) < 2e-3
    assert chaos.lyapunov(*FOUR_SIDES, [0.3, 0.2], 5000).exponent < -0.1


def test_a_dead_tangent_vector_gives_minus_infinity():
    result = chaos.lyapunov(np.zeros((2, 2)), [0.5, 0], [0, 0], 5)
    assert result.running.tolist() == [-math.inf] * 5
    # one step forgets h1 and the next h2; the steps that kill the vector are skipped
    assert chaos.lyapunov([[0, 0], [1, 0]], [0, 0], [0.1, 0.1], 5, skip=10).exponent == -math.inf


def test_exponent_of_a_saturated_unit_is_finite():
    # slope 4 exp(-2 a) at a = 300 h, far below the resolution of 1 - h^2
    result = chaos.lyapunov([[300, 0], [0, 0]], [0, 0], [1, 0], 10)
    assert result.exponent == pytest.approx(math.log(300 * 4) - 600, rel=1e-12)


def test_two_separate_units_have_four_quadrants():
    result = chaos.basins(np.diag([2, 2]), [0, 0], resolution=10)
    h = fixed_point_of_tanh(2)
    expected = np.block([[np.full((5, 5), 1), np.full((5, 5), 2)], [np.full((5, 5), 3), np.full((5, 5), 4)]])
    assert (result.labels == expected).all()
    corners = [[-h, -h], [h, -h], [-h, h], [h, h]]
    np.testing.assert_allclose(np.concatenate(result.attractors), corners, rtol=0, atol=1e-8)
    np.testing.assert_allclose(result.axis, -1 + 2 * np.arange(10) / 9, rtol=0, atol=1e-15)


def test_starts_on_the_boundary_settle_nowhere():
    labels = chaos.basins(np.diag([2, 2]), [0, 0], resolution=5).labels
    assert (labels[2] == 0).all() and (labels[:, 2] == 0).all()
    assert (np.delete(np.delete(labels, 2, axis=0), 2, axis=1) > 0).all()


def test_rows_are_the_second_unit():
    labels = chaos.basins(np.diag([0.5, 2]), [0, 0], resolution=4).labels
    assert labels.tolist() == [[1] * 4, [1] * 4, [2] * 4, [2] * 4]


@pytest.mark.parametrize("case", [TWO_SIDES, FOUR_SIDES, BETWEEN_TWO])
def test_basins_against_long_literal_runs(case):
    result = chaos.basins(*case, resolution=9)
    for row, column in np.ndindex(9, 9):
        end = naive_run(*case, [result.axis[column], result.axis[row]], 1200)[-8:]
        points = result.attractors[result.labels[row, column] - 1]
        # every one of the last eight states is a point of the labelled attractor
        distances = np.linalg.norm(np.array(end)[:, np.newaxis] - points, axis=2)
        assert result.labels[row, column] > 0 and distances.min(axis=1).max() < 1e-7


@pytest.mark.parametrize(("case", "periods"), [(TWO_SIDES, [1, 1]), (FOUR_SIDES, [1] * 4), (BETWEEN_TWO, [1, 1, 2])])
def test_number_and_period_of_attractors(case, periods):
    result = chaos.basins(*case, resolution=20)
    assert sorted(len(points) for points in result.attractors) == periods
    assert set(np.unique(result.labels)) == set(range(1, len(periods) + 1))
    for points in result.attractors:
        # the map leads from each point to the next
        images = [naive_run(*case, point.tolist(), 1)[0] for point in points]
        np.testing.assert_allclose(images, np.roll(points, -1, axis=0), rtol=0, atol=1e-8)


def test_a_quarter_turn_is_a_cycle_of_four():
    result = chaos.basins([[0, -2], [2, 0]], [0, 0], resolution=6)
    assert len(result.attractors) == 1 and (result.labels == 1).all()
    h = fixed_point_of_tanh(2)
    np.testing.assert_allclose(result.attractors[0], [[-h, -h], [h, -h], [h, h], [-h, h]], rtol=0, atol=1e-8)


def test_a_fixed_point_closed_in_on_by_turns_is_no_cycle_of_two():
    # the slope at the fixed point is negative: every second state is nearer than the next
    result = chaos.basins(wang(1, 5), [0, 0], resolution=30)
    assert [len(points) for points in result.attractors] == [1, 1]


@pytest.mark.parametrize("case", [CLOSED_CURVE, STRANGE, (wang(5, 25), [0, 0])])
def test_curves_and_chaos_are_not_settled(case):
    result = chaos.basins(*case, resolution=6)
    assert (result.labels == 0).all() and result.attractors == ()


def test_one_attractor_for_all_where_the_map_contracts():
    result = chaos.basins([[0.3, -0.2], [0.1, 0.4]], [0.5, -0.5], resolution=5)
    assert (result.labels == 1).all() and len(result.attractors) == 1
    assert (chaos.basins(np.zeros((2, 2)), [0.5, 0], resolution=3).labels == 1).all()


def test_two_starts_a_millionth_apart_end_at_different_attractors():
    # bisection along h2 = 0 for the boundary
    sides = [chaos.trajectory(*TWO_SIDES, [h1, 0], 400)[-1, 1] > 0 for h1 in (-1, 1)]
    assert sides[0] != sides[1]
    low, high = -1.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        same = (chaos.trajectory(*TWO_SIDES, [middle, 0], 400)[-1, 1] > 0) == sides[0]
        low, high = (middle, high) if same else (low, middle)
    log10 = chaos.distance(*TWO_SIDES, [low, 0], [high, 0], 200)
    assert log10[0] < -6
    assert log10[-1] > 0


def test_steep_units_do_not_overflow():
    result = chaos.basins(np.diag([1e6, 1e6]), [0, 0], resolution=4)
    assert [points.tolist() for points in result.attractors] == [[[-1, -1]], [[1, -1]], [[-1, 1]], [[1, 1]]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chaos.trajectory(np.eye(3), [0, 0], [0, 0], 1), r"W must have shape \(2, 2\), got shape \(3, 3\)"),
        (lambda: chaos.trajectory(np.eye(2), [0], [0, 0], 1), "b must have one dimension and 2 values"),
        (lambda: chaos.trajectory(np.eye(2), [0, 0], [0, math.nan], 1), "h0 must be finite, got nan"),
        (lambda: chaos.trajectory(np.eye(2), [0, 0], [0, 0], -1), "n_steps must be a whole number of at least 0"),
        (lambda: chaos.trajectory(np.eye(2), [0, 0], [0, 0], 1, gain="much"), "gain must be a finite number"),
        (lambda: chaos.distance(np.eye(2), [0, 0], [0, 0], [0], 1), "h0_other must have one dimension and 2 values"),
        (lambda: chaos.lyapunov(np.eye(2), [0, 0], [0, 0], 0), "n_steps must be a whole number of at least 1"),
        (lambda: chaos.lyapunov(np.eye(2), [0, 0], [0, 0], 1, skip=-1), "skip must be a whole number of at least 0"),
        (lambda: chaos.basins(np.eye(2), [0, 0], resolution=1), "resolution must be a whole number of at least 2"),
        (lambda: chaos.basins(np.eye(2), [0, 0], n_steps=0), "n_steps must be a whole number of at least 1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
