import math

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reservoir import connections, spectrum
from engine.reservoir.states import Reservoir

pytestmark = pytest.mark.filterwarnings("error")


def generator(seed=0):
    return np.random.default_rng(seed)


def draw(n_units=40, seed=0, **settings):
    return connections.draw(n_units, rng=generator(seed), **settings)


def radius(W):
    return np.abs(np.linalg.eigvals(W)).max()


def together(reservoir):
    return reservoir.W if reservoir.W_late is None else reservoir.W + reservoir.W_late


@pytest.mark.parametrize("late", [0, 0.3])
@pytest.mark.parametrize("weights", connections.WEIGHTS)
@pytest.mark.parametrize("topology", connections.TOPOLOGIES)
def test_the_spectral_radius_is_the_one_asked_for(topology, weights, late):
    common = {"density": 0.2, "topology": topology, "weights": weights, "late": late}
    made = connections.make(45, spectral_radius=1.3, rng=generator(), **common)
    # LAPACK loses digits on a ring of unlike weights
    assert radius(together(made)) == pytest.approx(1.3, rel=1e-7)
    assert radius(together(draw(45, **common))) == pytest.approx(1, rel=1e-7)


@pytest.mark.parametrize("late", [0, 0.3])
@pytest.mark.parametrize("sparse", [False, True])
def test_weights_can_be_had_as_they_were_drawn(late, sparse):
    common = {"density": 0.2, "late": late, "sparse": sparse}
    drawn, unit = draw(45, normalized=False, **common), draw(45, **common)
    drawn_W, W = together(drawn), together(unit)
    by = spectrum.spectral_radius(drawn_W)
    assert by == pytest.approx(radius(drawn_W.toarray() if sparse else drawn_W), rel=1e-9)
    difference = np.abs(drawn_W / by - W).max()
    assert difference < 1e-15 and np.abs(drawn_W).max() <= 1
    np.testing.assert_array_equal(drawn.W_in, unit.W_in)


@pytest.mark.parametrize("n_units", [1, 2, 7, 60, 300])
@pytest.mark.parametrize("density", [0.02, 0.1, 0.49, 0.51, 0.9, 1.0])
def test_random_has_exactly_as_many_connections_as_its_density_says(n_units, density):
    W = draw(n_units, density=density).W
    assert np.count_nonzero(W) == round(density * n_units**2)


@pytest.mark.parametrize("density", [1 / 3, 2 / 3])
@pytest.mark.parametrize("topology", ["random", "fixed in-degree"])
def test_every_place_is_taken_equally_often(topology, density):
    n_draws, rng = 500, generator(5)
    taken = np.zeros((n_draws, 9))
    for row in taken:
        drawn = connections.draw(3, density=density, topology=topology, weights="equal", rng=rng)
        row[:] = drawn.W.ravel() != 0
    spread = math.sqrt(density * (1 - density) / n_draws)
    np.testing.assert_allclose(taken.mean(axis=0), density, atol=5 * spread)
    # pairs of places: all of them alike where nothing but their number is fixed, and within a row where that is
    both = (taken.T @ taken / n_draws)[np.triu_indices(9, 1)]
    n_places, n_chosen = (9, round(9 * density)) if topology == "random" else (3, round(3 * density))
    alike = n_chosen * (n_chosen - 1) / (n_places * (n_places - 1))
    rows = np.arange(9) // 3
    same_row = np.equal.outer(rows, rows)[np.triu_indices(9, 1)]
    expected = np.full(36, alike) if topology == "random" else np.where(same_row, alike, density**2)
    np.testing.assert_allclose(both, expected, atol=5 * math.sqrt(0.25 / n_draws))


@pytest.mark.parametrize(("n_units", "density", "degree"), [(50, 0.1, 5), (50, 0.001, 1), (7, 1.0, 7), (1, 0.5, 1)])
def test_fixed_in_degree_gives_every_row_the_same_number(n_units, density, degree):
    W = draw(n_units, density=density, topology="fixed in-degree", weights="normal").W
    np.testing.assert_array_equal(np.count_nonzero(W, axis=1), degree)


@pytest.mark.parametrize("n_units", [1, 2, 30])
def test_a_ring_hears_the_unit_before(n_units):
    W = draw(n_units, topology="ring", weights="equal").W
    expected = np.zeros((n_units, n_units))
    for i in range(n_units):
        expected[i, i - 1] = 1
    np.testing.assert_allclose(W, expected, rtol=1e-14)
    signs = draw(n_units, topology="ring", weights="signs").W
    np.testing.assert_allclose(np.abs(signs), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("n_units", "density", "neighbours"), [(20, 0.2, 4), (20, 0.01, 2), (21, 0.31, 6), (6, 1.0, 5), (2, 0.1, 1)]
)
def test_a_small_world_without_rewiring_is_a_circle_of_neighbours(n_units, density, neighbours):
    W = draw(n_units, density=density, topology="small world", rewiring=0).W
    for i in range(n_units):
        heard = {(i + step) % n_units for step in range(-((neighbours + 1) // 2), (neighbours + 1) // 2 + 1)} - {i}
        assert set(np.flatnonzero(W[i])) == heard
        assert len(heard) == neighbours


def test_rewiring_moves_some_ties_and_keeps_their_number_and_both_directions():
    n_units, ring = 200, np.abs(np.subtract.outer(np.arange(200), np.arange(200)))
    distance = np.minimum(ring, n_units - ring)
    W = draw(n_units, density=0.05, topology="small world", rewiring=0.1).W
    connected = W != 0
    np.testing.assert_array_equal(connected, connected.T)
    assert connected.sum() == n_units * 10
    assert not connected.diagonal().any()
    assert not np.isclose(W, W.T)[connected].any()
    # of 1000 ties, each is moved with probability 0.1, and nearly always to somewhere far
    moved = (connected & (distance > 5)).sum() / 2
    assert abs(moved - 100) < 5 * math.sqrt(1000 * 0.1 * 0.9)


def test_kinds_of_weights():
    # after scaling only shapes are left: mean |w| / root mean square
    ratios = {"uniform": math.sqrt(3) / 2, "normal": math.sqrt(2 / math.pi), "signs": 1, "equal": 1}
    for weights, ratio in ratios.items():
        W = draw(100, density=0.5, weights=weights).W
        w = W[W != 0]
        assert np.abs(w).mean() / math.sqrt((w**2).mean()) == pytest.approx(ratio, abs=0.02)
        if weights == "equal":
            assert (w == w[0]).all()
            assert w[0] > 0
        else:
            assert abs(w.mean()) < 5 * w.std() / math.sqrt(len(w))
        if weights == "uniform":
            assert np.abs(w).max() / math.sqrt((w**2).mean()) == pytest.approx(math.sqrt(3), abs=0.02)


def test_input_and_feedback_weights_are_uniform():
    unit = draw(2000, 0, density=0.0001, n_inputs=2, n_outputs=3, sparse=True)
    assert unit.W_in.shape == (2000, 3)
    assert unit.W_fb.shape == (2000, 3)
    for column in (*unit.W_in.T, *unit.W_fb.T):
        assert np.abs(column).max() <= 1
        assert abs(column.mean()) < 5 * math.sqrt(1 / 3 / 2000)
        assert abs((column**2).mean() - 1 / 3) < 5 * math.sqrt(4 / 45 / 2000)


def test_each_part_has_random_numbers_of_its_own():
    unit = draw()
    for other in ({"density": 0.5}, {"topology": "ring"}, {"topology": "small world"}, {"weights": "normal"}):
        changed = draw(**other)
        np.testing.assert_array_equal(changed.W_in, unit.W_in)
        np.testing.assert_array_equal(changed.W_fb, unit.W_fb)
        assert (changed.W != unit.W).any()
    wider = draw(n_inputs=3, n_outputs=2)
    np.testing.assert_array_equal(wider.W, unit.W)
    np.testing.assert_array_equal(wider.W_in[:, :2], unit.W_in)
    np.testing.assert_array_equal(wider.W_fb[:, :1], unit.W_fb)
    assert draw(n_inputs=0).W_in.shape == (40, 1)
    # the places of other kinds of weights are the same
    np.testing.assert_array_equal(draw(weights="normal").W != 0, unit.W != 0)


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    unit, again, other = draw(late=0.2), draw(late=0.2), draw(seed=1, late=0.2)
    for name in ("W_in", "W", "W_fb", "W_late"):
        np.testing.assert_array_equal(getattr(unit, name), getattr(again, name))
        assert (getattr(unit, name) != getattr(other, name)).any()
    rng = generator()
    assert (connections.draw(40, rng=rng).W != connections.draw(40, rng=rng).W).any()


def test_late_connections_are_a_share_of_the_others():
    unit, before = draw(), np.zeros((40, 40), dtype=bool)
    assert unit.W_late is None
    for late in (0.25, 0.5, 1):
        changed = draw(late=late, delay=4)
        assert changed.delay == 4
        np.testing.assert_array_equal(changed.W + changed.W_late, unit.W)
        is_late = changed.W_late != 0
        assert is_late.sum() == round(late * 160)
        assert not (is_late & (changed.W != 0)).any()
        assert is_late[before].all()
        before = is_late
    none = draw(late=0.001, delay=4)
    assert none.W_late is None
    assert none.delay == 1


@pytest.mark.parametrize("topology", connections.TOPOLOGIES)
def test_sparse_and_dense_are_the_same(topology):
    common = {"topology": topology, "late": 0.2, "spectral_radius": 0.7, "input_scaling": 0.3}
    dense = connections.make(30, rng=generator(), **common)
    sparse = connections.make(30, rng=generator(), sparse=True, **common)
    for name in ("W", "W_late"):
        assert isinstance(getattr(dense, name), np.ndarray)
        assert isinstance(getattr(sparse, name), scipy.sparse.csr_array)
        np.testing.assert_array_equal(getattr(sparse, name).toarray(), getattr(dense, name))
        assert getattr(sparse, name).nnz == np.count_nonzero(getattr(dense, name))


@settings(deadline=None, max_examples=40)
@given(*[st.floats(0, 4)] * 4, st.booleans())
def test_scaled_multiplies_and_draws_nothing(spectral_radius, input_scaling, bias_scaling, feedback_scaling, sparse):
    unit = draw(12, n_inputs=2, density=0.3, late=0.3, sparse=sparse)
    result = connections.scaled(
        unit,
        spectral_radius=spectral_radius,
        input_scaling=input_scaling,
        bias_scaling=bias_scaling,
        feedback_scaling=feedback_scaling,
    )
    for name in ("W", "W_late"):
        before, after = getattr(unit, name), getattr(result, name)
        assert type(after) is type(before)
        np.testing.assert_array_equal(abs(after - before * spectral_radius).max(), 0)
    np.testing.assert_array_equal(result.W_in[:, 0], unit.W_in[:, 0] * bias_scaling)
    np.testing.assert_array_equal(result.W_in[:, 1:], unit.W_in[:, 1:] * input_scaling)
    if feedback_scaling == 0:
        assert result.W_fb is None
    else:
        np.testing.assert_array_equal(result.W_fb, unit.W_fb * feedback_scaling)
    assert result.delay == unit.delay


def test_make_is_draw_and_then_scaled():
    made = connections.make(
        20, 2, spectral_radius=0.5, input_scaling=0.2, feedback_scaling=0.1, n_outputs=2, rng=generator()
    )
    unit = draw(20, n_inputs=2, n_outputs=2)
    np.testing.assert_array_equal(made.W, unit.W * 0.5)
    # the bias goes with the inputs unless it is told otherwise
    np.testing.assert_array_equal(made.W_in, unit.W_in * 0.2)
    np.testing.assert_array_equal(made.W_fb, unit.W_fb * 0.1)
    quiet = connections.make(20, 2, input_scaling=0.2, bias_scaling=0, rng=generator())
    np.testing.assert_array_equal(quiet.W_in[:, 0], 0)
    assert quiet.W_fb is None


def test_without_a_loop_there_is_nothing_to_scale():
    unit = draw(10, density=0.01)
    assert np.count_nonzero(unit.W) == 1
    assert abs(unit.W).max() <= 1
    with pytest.raises(ValueError, match=r"spectral_radius must be 0 .* got 0\.9"):
        connections.make(10, density=0.01, rng=generator())
    assert not connections.make(10, density=0.01, spectral_radius=0, rng=generator()).W.any()
    assert not draw(1, topology="small world").W.any()
    assert not draw(3, density=0.01, late=0.5).W.any()


def test_weights_that_cancel_are_not_blown_up():
    # of two units with all four connections, every second draw of signs is nilpotent or a multiple of such
    for seed in range(40):
        W = draw(2, seed, density=1.0, weights="signs").W
        assert np.abs(W).max() <= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_units", 0),
        ("n_inputs", -1),
        ("n_outputs", 0),
        ("density", 0),
        ("density", 1.1),
        ("density", math.nan),
        ("topology", "star"),
        ("weights", "cauchy"),
        ("late", -0.1),
        ("late", 1.5),
        ("delay", 0),
        ("rewiring", 2),
        ("rng", 1),
    ],
)
@pytest.mark.parametrize("function", [connections.draw, connections.make])
def test_refused_drawings(function, name, value):
    with pytest.raises(ValueError, match=name):
        function(**{"n_units": 5, "rng": generator(), name: value})


@pytest.mark.parametrize("name", ["spectral_radius", "input_scaling", "bias_scaling", "feedback_scaling"])
def test_refused_scales(name):
    for value in (-1, math.inf, "much"):
        with pytest.raises(ValueError, match=name):
            connections.scaled(draw(5), **{name: value})
        with pytest.raises(ValueError, match=name):
            connections.make(5, density=1.0, rng=generator(), **{name: value})
    with pytest.raises(ValueError, match="feedback_scaling"):
        connections.scaled(Reservoir(np.ones((2, 2)), np.eye(2)), feedback_scaling=1)
