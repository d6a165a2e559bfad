"""Work in pieces: the same numbers however small the pieces are, and an end as soon as somebody wants it."""

import threading

import networkx
import numpy as np
import pytest

from engine import _householder, pieces, reservoir
from engine.reservoir import connections, readout, spectrum


class Enough(Exception):
    pass


def pool(n_units=30, **given):
    given = {
        "n_units": n_units,
        "feedback_scaling": 0.4,
        "late": 0.3,
        "delay": 3,
        "rng": np.random.default_rng(5),
    } | given
    return reservoir.make(**given)


def all_results(n_steps=60):
    rng = np.random.default_rng(6)
    x, d, fed = rng.uniform(-1, 1, n_steps), rng.uniform(-1, 1, n_steps), pool()
    alone = fed._replace(W_fb=None)
    states = reservoir.run(x, alone, leak_rate=0.6)
    V = rng.normal(size=(1, 32)) / 10
    start = rng.uniform(-1, 1, fed.W_in.shape[0])
    online = {"ridge": 1e-2, "washout": 17, "leak_rate": 0.6, "forgetting": 0.99}
    return [
        states,
        *reservoir.free_run(fed, V, n_steps, h0=start, y0=0.3, x=x, leak_rate=0.6),
        reservoir.lyapunov_exponent(x, alone, h0=start).growth,
        *reservoir.learn_online(x, d, fed, feedback="teacher", **online),
        *reservoir.learn_online(x, d, fed, feedback="own", **online),
        *reservoir.two_starts(x, alone, starts=np.stack([start, -start])),
    ]


def test_the_same_numbers_however_small_the_pieces_are(monkeypatch):
    whole, looks = all_results(), []
    for size in (1.0, 5000.0):
        monkeypatch.setattr(pieces, "PIECE", size)
        with pieces.between(lambda: looks.append(1)):
            for found, expected in zip(all_results(), whole, strict=True):
                np.testing.assert_array_equal(found, expected)
    assert len(looks) > 500


def test_whoever_looks_ends_the_work_of_his_own_thread_only(monkeypatch):
    monkeypatch.setattr(pieces, "PIECE", 1.0)

    def look():
        raise Enough

    other = threading.Thread(target=all_results)
    with pieces.between(look):
        with pytest.raises(Enough):
            all_results()
        other.start()
        other.join()
    all_results()


@pytest.mark.parametrize(("rows", "columns"), [(90, 70), (70, 90), (130, 64), (65, 200)])
@pytest.mark.parametrize("ridge", [1e-3, 1e-12])
def test_ridge_regression_by_reflections_is_the_least_squares_solution(rows, columns, ridge):
    rng = np.random.default_rng(rows)
    Z, d = rng.normal(size=(rows, columns)) * np.logspace(0, -5, columns), rng.normal(size=(rows, 2))
    system = np.vstack([Z, np.sqrt(ridge) * np.eye(columns)])
    expected = np.linalg.lstsq(system, np.vstack([d, np.zeros((columns, 2))]), rcond=None)[0]
    found = readout._by_reflections(Z, d, ridge)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max())


def test_reflections_make_an_orthogonal_matrix_and_a_triangle():
    A = np.random.default_rng(1).normal(size=(150, 130))
    R = A.copy()
    panels = _householder.factor(R)
    np.testing.assert_allclose(np.tril(R[:130], -1), 0)
    back = R.copy()
    _householder.times(panels, back)
    np.testing.assert_allclose(back, A, atol=1e-12)
    _householder.transposed_times(panels, back)
    np.testing.assert_allclose(back, R, atol=1e-12)


def test_a_gram_matrix_in_pieces_fits_the_same_readout(monkeypatch):
    rng = np.random.default_rng(2)
    for rows, columns in ((80, 30), (30, 80)):
        states, d = rng.uniform(-1, 1, (rows, columns)), rng.uniform(-1, 1, rows)
        whole = reservoir.fit_ridge(np.empty((rows, 0)), states, d, 1e-3)
        with monkeypatch.context() as smaller:
            smaller.setattr(pieces, "PIECE", 100.0)
            parts = reservoir.fit_ridge(np.empty((rows, 0)), states, d, 1e-3)
        np.testing.assert_allclose(parts, whole, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("n_units", "density", "rewiring"), [(2, 1, 0.1), (10, 0.3, 0.1), (31, 0.5, 0.5), (40, 0.95, 1)]
)
def test_small_worlds_are_those_of_networkx(n_units, density, rewiring):
    n_neighbours = min(2 * max(1, int(density * (n_units - 1) / 2 + 0.5)), n_units)
    seed = int(np.random.default_rng(3).integers(2**63))
    graph = networkx.watts_strogatz_graph(n_units, n_neighbours, rewiring, seed=seed)
    expected = np.nonzero(networkx.to_numpy_array(graph, nodelist=range(n_units)))
    found = connections._small_world(n_units, density, rewiring, np.random.default_rng(3))
    np.testing.assert_array_equal(found, expected)


def test_eigenvalues_that_lie_too_close_together_are_refused_where_it_must_be_quick(monkeypatch):
    monkeypatch.setattr(pieces, "UNCUT_UNITS", 120)
    Q = np.linalg.qr(np.random.default_rng(4).normal(size=(260, 260)))[0]
    assert spectrum.spectral_radius(Q) == pytest.approx(1)
    with pytest.raises(spectrum.Unsettled, match="260 units lie too close"):
        spectrum.spectral_radius(Q, quick=True)
    sure = reservoir.certainty(reservoir.Reservoir(np.zeros((260, 2)), 1.5 * Q), 0.5, quick=True)
    assert np.isnan(sure.effective_spectral_radius) and not sure.zero_unstable
    assert sure.largest_singular_value == pytest.approx(1.5)


@pytest.mark.parametrize("leak_rate", [0.3, 1.0])
def test_a_leaky_ring_is_known_exactly_however_long(leak_rate):
    ring = connections.draw(2000, topology="ring", weights="equal", rng=np.random.default_rng(0), sparse=True).W
    found = spectrum.effective_spectral_radius(0.8 * ring, leak_rate, quick=True)
    assert found == pytest.approx(1 - leak_rate + leak_rate * 0.8, rel=1e-12)


def test_large_matrices_without_a_connection_stretch_nothing():
    for W in (np.zeros((401, 401)), connections.draw(401, late=1, rng=np.random.default_rng(0), sparse=True).W):
        assert reservoir.certainty(reservoir.Reservoir(np.zeros((401, 2)), W)).largest_singular_value == 0
