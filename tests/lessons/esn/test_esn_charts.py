"""Raster, spectrum, histogram, memory, weights and phase plane, as a browser shows them."""

import numpy as np
import pytest

from lessons.esn import charts
from tests.lessons.esn.esn_oracle import make

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3, "max_lag": 12}


def test_the_raster_shows_signs_and_sizes_of_states_sorted_by_input_weight():
    page = make(**SMALL, unit=7)
    raster, now = page.view.strips.raster, page.model.traced
    order = sorted(range(20), key=lambda unit: now.unit.W_in[unit, 1])
    data = page.data(raster.source)
    image = data["image"][0]
    assert image.shape == (20, 80) and image.dtype == np.uint8
    sign_and_root = (image.astype(float) - 127) / 127
    wanted = now.states[:, order].T
    np.testing.assert_allclose(np.sign(sign_and_root) * sign_and_root**2, wanted, atol=0.012)
    assert (page.shown(raster.row, "bottom"), page.shown(raster.row, "top")) == (
        order.index(6) + 0.5,
        order.index(6) + 1.5,
    )
    assert [list(data[name]) for name in "xwh"] == [[0.5], [80], [20]]


def test_a_large_raster_is_thinned_out_but_lies_right():
    page = make(n_units=150, n_steps=700)
    data = page.data(page.view.strips.raster.source)
    assert data["image"][0].shape[0] == 64 and data["image"][0].shape[1] <= 300
    assert data["h"] == [150] and 700 <= data["w"][0] < 703


def test_of_many_steps_those_around_the_cursor_are_shown_and_with_it_they_change():
    page = make(n_units=150, n_steps=700)
    x_range, raster = page.view.stack.x_range, page.view.strips.raster.source

    def ends() -> tuple[float, float]:
        return page.shown(x_range, "start"), page.shown(x_range, "end")

    assert ends() == (0.5, 700.5)
    page.set(shown="around the cursor", cursor=250)
    data = page.data(raster)
    assert data["x"] == [200.5] and data["w"] == [100] and data["image"][0].shape == (64, 100)
    assert ends() == (200.5, 300.5)
    page.ask("cursor", t=301)
    data = page.data(raster)
    assert data["x"] == [300.5] and ends() == (300.5, 400.5)
    order = charts.sorted_units(page.model.traced)[np.linspace(0, 149, 64).round().astype(int)]
    lit = np.sign(data["image"][0].astype(float) - 127)
    seen = np.abs(page.model.traced.states[300:400, order].T) > 1e-3
    np.testing.assert_array_equal(lit[seen], np.sign(page.model.traced.states[300:400, order].T)[seen])
    page.set(shown="all")
    assert page.data(raster)["x"] == [0.5] and ends() == (0.5, 700.5)


def test_eigenvalues_outside_the_circle_are_marked_and_the_leak_moves_them():
    page = make(**SMALL, spectral_radius=2.8, leak_rate=0.5)
    data, now = page.data(page.view.eigenvalues.source), page.model.traced
    values = np.linalg.eigvals(now.reservoir.W)
    moved = 0.5 + 0.5 * values
    found = np.where(np.isnan(data["inside"]), data["outside"], data["inside"]) + 1j * data["height"]
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(moved), atol=1e-9)
    assert np.isfinite(data["outside"]).sum() == (np.abs(moved) > 1).sum() > 0
    np.testing.assert_allclose(np.sort(data["x"]), np.sort(values.real), atol=1e-9)
    assert page.shown(page.view.eigenvalues.strip.plot.x_range, "end") == pytest.approx(1.05 * 2.8)
    page.set(leak_rate=1.0)
    assert np.isnan(page.data(page.view.eigenvalues.source)["x"]).all()


def test_shares_of_activations():
    states = np.array([[-1.0, -0.999, 1.0], [0.01, 0.049, 0.051]])
    wanted = np.zeros(40)
    wanted[[0, 39, 20, 21]] = [2, 1, 2, 1]
    np.testing.assert_allclose(charts.shares(states), wanted / 6)
    many = np.random.default_rng(1).uniform(-1, 1, (5000, 40))
    assert charts.shares(many).sum() == pytest.approx(1)
    np.testing.assert_allclose(charts.shares(many), 1 / 40, atol=0.006)


def test_memory_bars_mark_the_lag_and_the_number_of_units():
    page = make(**SMALL, topic="memory", lag=4)
    data, per_lag = page.data(page.view.memory.source), page.model.result.per_lag
    assert data["chosen"][3] == per_lag[3] and np.isnan(np.delete(data["chosen"], 3)).all()
    np.testing.assert_array_equal(np.delete(data["other"], 3), np.delete(per_lag, 3))
    assert page.shown(page.view.memory.limit, "location") == 20.5


def test_weights_are_sorted_by_size_and_what_is_no_number_is_blank():
    np.testing.assert_allclose(charts.log_sizes(np.array([[0.1, -100.0, 0.0, 1.0]])), [2, 0, -1, -16])
    assert np.isnan(charts.log_sizes(np.array([[np.nan, 1.0]]))[1])
    page = make(**SMALL, topic="recipe", learning="recursive", log_ridge=0.0)
    data, r = page.data(page.view.weights.source), page.model.result
    np.testing.assert_allclose(10.0 ** data["size"], np.sort(np.abs(r.V).ravel())[::-1], rtol=1e-9)
    np.testing.assert_allclose(10.0 ** data["ridge"], np.sort(np.abs(r.ridge_V).ravel())[::-1], rtol=1e-9)


def test_the_phase_plane_shows_the_free_steps_against_a_quarter_period_before():
    page = make(**SMALL, topic="free run", task="sine", period=12, feedback_scaling=0.5)
    data, r = page.data(page.view.phase.source), page.model.result
    np.testing.assert_array_equal(data["x"], r.y[60:, 0])
    np.testing.assert_array_equal(data["y"], r.y[57:-3, 0])
    np.testing.assert_array_equal(data["dy"], r.traced.d[57:-3, 0])
    page.ask("cursor", t=70)
    here = page.data(page.view.phase.here)
    assert here["x"][0] == r.y[69, 0] and here["y"][0] == r.y[66, 0]
    page.ask("cursor", t=2)
    assert not len(page.data(page.view.phase.here)["x"])
    page.set(task="figure of eight")
    np.testing.assert_array_equal(page.data(page.view.phase.source)["y"], page.model.result.y[60:, 1])


def test_a_free_run_in_which_nothing_moves_has_no_curve_to_draw():
    page = make(**SMALL, topic="free run", task="silence", feedback_scaling=0.5)
    assert "phase" in page.frame["hidden"]
    assert "phase" not in page.set(bias_scaling=0.5, task="sine")["hidden"]
