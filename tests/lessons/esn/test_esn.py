"""The model against literal loops, least squares and closed forms that share no code with the engine."""

import numpy as np
import pytest

from engine import reservoir
from lessons.esn.drawn import Drawn
from lessons.esn.model import Esn
from lessons.esn.parameters import TOPICS
from lessons.esn.settings import TASKS, Settings
from lessons.esn.topics import _dies, certainty, prepared
from tests.lessons import plain
from tests.lessons.esn.esn_oracle import nmse, ridge, rows, states

SMALL = {"n_units": 20, "n_steps": 80, "washout": 10, "n_new": 20, "seed": 3}


def settings(**values) -> Settings:
    return Esn(**values).settings


# Results


@pytest.mark.parametrize("values", [
    {}, {"leak_rate": 0.3, "bias_scaling": 0.5}, {"late": 0.4, "delay": 4}, {"task": "figure of eight"},
    {"topology": "ring", "weights": "signs"}, {"feedback_scaling": 0.7},
])  # fmt: skip
def test_echoes_of_two_starts_against_a_literal_loop(values):
    m = Esn(**SMALL, topic="echo", unit=5, **values)
    r, table = m.result, m.table()
    fed_back = np.concatenate([np.zeros_like(r.traced.d[:1]), r.traced.d[:-1]]) if m.feedback_scaling else None
    first, other = (states(r.traced.reservoir, m.leak_rate, r.traced.x, h0, fed_back) for h0 in r.starts)
    np.testing.assert_allclose(table["h"], first[:, 4], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(table["h_other"], other[:, 4], rtol=1e-10, atol=1e-13)
    apart = np.linalg.norm(first - other, axis=1)
    seen = apart > 1e-9
    np.testing.assert_allclose(table["log10_distance"][seen], np.log10(apart[seen]), atol=1e-5)
    assert np.abs(r.starts).max() <= 1 and not np.array_equal(*r.starts)


def test_when_an_echo_dies():
    both = np.array([[1.0, 0.0], [0.0, 0.0]])  # a distance of 1
    assert _dies(np.array([-1.0, -5.0, -7.0, -8.0]), both) == 3
    assert _dies(np.array([-1.0, -7.0, -5.0, -8.0]), both) == 4
    assert _dies(np.array([-7.0, -8.0]), both) == 1
    assert _dies(np.array([-7.0, -5.0]), both) == 0
    assert _dies(np.array([-1.0, -np.inf]), 10 * both) == 2


def test_the_exponent_of_a_ring_at_rest_is_the_logarithm_of_its_weight():
    m = Esn(**SMALL, task="silence", topology="ring", weights="equal", spectral_radius=1e-3)
    # all states are almost 0, where tanh is the identity
    assert m.result.exponent == pytest.approx(np.log(1e-3), abs=1e-3)


@pytest.mark.parametrize("values", [{}, {"leak_rate": 0.4}, {"spectral_radius": 1.3}, {"bias_scaling": 0.3}])
def test_what_theory_says_comes_from_the_scaled_matrix(values):
    s, drawn = settings(**SMALL, **values), Drawn()
    stage = prepared(s, drawn)
    found, W = certainty(stage, drawn), stage.reservoir.W
    effective = np.linalg.eigvals((1 - s.leak_rate) * np.eye(20) + s.leak_rate * W)
    assert found.largest_singular_value == pytest.approx(np.linalg.svd(W)[1].max(), rel=1e-10)
    assert found.effective_spectral_radius == pytest.approx(np.abs(effective).max(), rel=1e-8)
    whole = reservoir.certainty(stage.reservoir, s.leak_rate)
    assert (found.contracts, found.zero_unstable) == (whole.contracts, whole.zero_unstable)


def test_sliders_only_multiply_what_the_seed_has_drawn():
    m = Esn(**SMALL)
    before = m.traced
    m.param.update(spectral_radius=1.9, input_scaling=1.0, leak_rate=0.5, bias_scaling=0.2, log_ridge=-2.0)
    assert m.traced.unit is before.unit
    np.testing.assert_allclose(m.traced.reservoir.W, 2 * before.reservoir.W, rtol=1e-14)
    np.testing.assert_allclose(m.traced.eigenvalues, 2 * before.eigenvalues, rtol=1e-14)
    assert np.abs(m.traced.eigenvalues).max() == pytest.approx(1.9, rel=1e-10)
    m.seed = 4
    assert m.traced.unit is not before.unit


@pytest.mark.parametrize("values", [{}, {"leak_rate": 0.5}, {"task": "NARMA-10", "feedback_scaling": 1.0}])
def test_memory_of_one_lag_against_least_squares(values):
    m = Esn(**SMALL, topic="memory", lag=4, log_ridge=-4.0, max_lag=10, **values)
    r, table = m.result, m.table()
    x, first, n_train = r.traced.x, 10, 60
    d = np.concatenate([np.zeros((4, 1)), x[:-4]])
    z = rows(states(r.traced.reservoir, m.leak_rate, x), x)
    y = z @ ridge(z[first:n_train], d[first:n_train], 1e-4).T
    np.testing.assert_allclose(table["y"], y[:, 0], atol=1e-6)
    np.testing.assert_array_equal(table["d"], d[:, 0])
    np.testing.assert_array_equal(table["residual"], table["y"] - table["d"])
    assert r.error_new == pytest.approx(nmse(r.y[n_train:], d[n_train:]), rel=1e-10)
    assert len(r.per_lag) == 10 and r.total == pytest.approx(r.per_lag.sum())
    assert r.traced.reservoir.W_fb is None  # the target would come back


@pytest.mark.parametrize("values", [{}, {"task": "figure of eight"}, {"leak_rate": 0.3, "late": 0.5, "delay": 3}])
@pytest.mark.parametrize("feedback_scaling", [0.0, 0.8])
def test_the_recipe_against_a_literal_loop(values, feedback_scaling):
    m = Esn(**SMALL, topic="recipe", log_ridge=-3.0, feedback_scaling=feedback_scaling, bias_scaling=0.3, **values)
    r = m.result
    x, d, network = r.traced.x, r.traced.d, r.traced.reservoir
    came_back = np.concatenate([np.zeros_like(d[:1]), d[:-1]]) if feedback_scaling else None
    forced = states(network, m.leak_rate, x, None, came_back)
    V = ridge(rows(forced, x)[10:60], d[10:60], 1e-3)
    np.testing.assert_allclose(r.V, V, atol=1e-6)
    wanted = rows(forced, x) @ V.T
    if feedback_scaling:
        for t in range(60, 80):  # from the first new step on it hears itself, the step before having been the teacher's
            heard = came_back.copy()
            heard[61 : t + 1] = wanted[60:t]
            wanted[t] = rows(states(network, m.leak_rate, x[: t + 1], None, heard), x[: t + 1])[-1] @ V.T
    np.testing.assert_allclose(r.y, wanted, atol=1e-4)
    assert r.error_train == pytest.approx(nmse(wanted[10:60], d[10:60]), rel=1e-3)
    assert r.error_new == pytest.approx(nmse(wanted[60:], d[60:]), rel=1e-2)
    assert r.largest_weight == np.abs(r.V).max()


def test_recursive_learning_ends_where_ridge_does_and_says_what_it_knew_before():
    m = Esn(**SMALL, topic="recipe", log_ridge=-2.0, learning="recursive")
    r = m.result
    np.testing.assert_allclose(r.V, r.ridge_V, atol=1e-7)
    assert not r.y[:11].any()  # nothing is known before the first update, after step 11
    z = rows(r.traced.states, r.traced.x)
    for t in (20, 59):  # what it says was learned from the steps before
        V = ridge(z[10:t], r.traced.d[10:t], 1e-2)
        np.testing.assert_allclose(r.y[t], V @ z[t], atol=1e-7)
    np.testing.assert_allclose(r.y[60:], z[60:] @ r.V.T, atol=1e-10)


def test_recursive_learning_with_its_own_output_hears_what_it_says():
    m = Esn(**SMALL, topic="recipe", task="sine", log_ridge=0.0, learning="recursive", feedback_from="own",
            feedback_scaling=0.5)  # fmt: skip
    r = m.result
    heard = np.concatenate([np.zeros((1, 1)), r.y[:-1]])
    wanted = states(r.traced.reservoir, m.leak_rate, r.traced.x, None, heard)
    np.testing.assert_allclose(r.traced.states, wanted, atol=1e-10)
    assert not np.allclose(r.V, r.ridge_V)


def test_steps_of_the_recipe_show_what_is_done():
    m = Esn(**SMALL, topic="recipe", recipe=1)
    units = [f"u{k}" for k in range(1, 6)]
    shown = {}
    for done in (1, 2, 3, 4):
        m.recipe = done
        shown[done] = m.table()
    assert list(shown[1]) == ["t", "x"] and list(shown[2]) == ["t", "x", *units]
    assert list(shown[3]) == list(shown[4]) == ["t", "x", *units, "y", "d", "residual"]
    assert np.isnan(shown[3]["y"][60:]).all() and np.isfinite(shown[3]["y"][:60]).all()
    assert np.isfinite(shown[4]["y"]).all()
    np.testing.assert_array_equal(shown[4]["u5"], m.traced.states[:, -1])


@pytest.mark.parametrize("values", [{"task": "sine"}, {"task": "figure of eight", "leak_rate": 0.5}])
def test_a_free_run_hears_nothing_but_itself(values):
    m = Esn(**SMALL | {"n_units": 30}, topic="free run", period=10, feedback_scaling=0.8, bias_scaling=0.2,
            log_ridge=-4.0, **values)  # fmt: skip
    r = m.result
    d, network = r.traced.d, r.traced.reservoir
    assert r.traced.x.shape == (80, 0) and network.W_in.shape == (30, 1)
    heard = np.concatenate([np.zeros_like(d[:1]), d[:60], r.y[60:-1]])
    wanted = states(network, m.leak_rate, r.traced.x, None, heard)
    np.testing.assert_allclose(r.traced.states, wanted, atol=1e-10)
    V = ridge(rows(wanted, r.traced.x)[10:60], d[10:60], 1e-4)
    np.testing.assert_allclose(r.y, rows(wanted, r.traced.x) @ V.T, atol=1e-5)
    assert r.first_free == 61
    off = np.abs(r.y - d).max(axis=1)
    held = next((k for k in range(20) if off[60 + k] > r.allowed), 20)
    assert r.held == held and r.allowed == pytest.approx(0.05 * np.ptp(d, axis=0).max())
    np.testing.assert_allclose(m.table()["log_error"], np.log10(off), rtol=1e-12)


# Settings that don't fit each other


@pytest.mark.parametrize(("values", "words"), [
    ({"topic": "recipe", "task": "sunspots", "n_steps": 400}, "Only 309 steps"),
    ({"topic": "recipe", "n_steps": 40, "washout": 500}, "wash-out takes"),
    ({"n_units": 2, "density": 0.1}, "part of a loop"),
    ({"topic": "recipe", "task": "NARMA-10", "signal": "drawn", "x": (0.5,) * 200, "n_steps": 200}, "runs away"),
])  # fmt: skip
def test_what_could_not_be_done_as_asked_is_said(values, words):
    m = Esn(**values)
    table = m.table()
    assert any(words in notice for notice in m.take_notices())
    assert all(len(column) == m.n_steps for column in table.values())
    assert "nan" not in m.sentence().lower()


def test_of_too_many_units_the_last_is_shown():
    m = Esn(**SMALL, unit=2000)
    np.testing.assert_array_equal(m.table()["h"], m.traced.states[:, 19])


# Scripts and challenges


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("task", list(TASKS))
@pytest.mark.parametrize("signal", ["generated", "drawn"])
def test_scripts_compute_the_table_again(topic, task, signal):
    for feedback, learning, late in ((0.0, "ridge", 0.0), (0.4, "ridge", 0.3), (0.4, "recursive", 0.0)):
        m = Esn(**SMALL, topic=topic, task=task, feedback_scaling=feedback, learning=learning, late=late, max_lag=5)
        if signal == "drawn":
            m.draw_input()
            m.edit("x", {12: 0.33})
        plain.assert_computed_again(m)


@pytest.mark.parametrize("topology", reservoir.TOPOLOGIES)
@pytest.mark.parametrize("density", [0.02, 0.2, 0.7, 1.0])
@pytest.mark.parametrize("n_units", [2, 20])
def test_scripts_draw_the_same_reservoir(topology, density, n_units):
    for weights in reservoir.WEIGHTS:
        for late in (0.0, 0.4, 1.0):
            plain.assert_computed_again(
                Esn(**SMALL | {"n_units": n_units}, topology=topology, density=density, weights=weights, late=late,
                    spectral_radius=2.0, leak_rate=0.7)
            )  # fmt: skip


def test_scripts_of_steps_of_the_recipe_and_of_learning_gone_wrong():
    for done in (1, 2, 3):
        plain.assert_computed_again(Esn(**SMALL, topic="recipe", recipe=done))
    for feedback_from in ("teacher", "own"):
        wrong = {"learning": "recursive", "feedback_scaling": 1.0, "forgetting": 0.9, "log_ridge": -12.0}
        plain.assert_computed_again(Esn(**SMALL, **wrong, topic="recipe", task="sine", feedback_from=feedback_from))


def test_scripts_print_what_they_have_found(capsys):
    def printed(**values) -> tuple:
        m = Esn(**SMALL, **values)
        plain.assert_computed_again(m)
        return m.result, capsys.readouterr().out

    r, said = printed(topic="memory", max_lag=9)
    assert f"over 9 lags: {r.total:.4g}" in said
    for values in ({}, {"task": "sine"}, {"feedback_scaling": 0.5, "learning": "recursive", "log_ridge": -2.0}):
        r, said = printed(topic="recipe", **values)
        assert f"new data: {r.error_new:.4g}" in said
    assert printed(topic="recipe", task="silence")[1] == printed(topic="recipe", recipe=2)[1] == ""
    for scale in (0.1, 1.0):
        r, said = printed(topic="free run", task="Mackey-Glass 17", feedback_scaling=scale)
        assert f"for {r.held} of 20 steps" in said
    r, said = printed(topic="echo")
    assert f"last step: {r.log10_distance[-1]:.4g}" in said


def test_a_sine_is_held_only_if_it_is_held_for_200_steps():
    good = {"topic": "free run", "task": "sine", "spectral_radius": 0.95, "feedback_scaling": 1.0, "bias_scaling": 0.1,
            "log_ridge": -4.0, "n_steps": 600, "washout": 100, "n_new": 200}  # fmt: skip
    m = Esn(**good)
    held = np.abs(m.result.y - np.sin(2 * np.pi * np.arange(600) / 20)[:, np.newaxis])[400:]
    assert held.max() < 0.1 and m.sine_held().passed
    for other in ({"n_new": 199}, {"task": "Mackey-Glass 17"}, {"topic": "recipe"}, {"feedback_scaling": 0.0}):
        check = Esn(**good | other).sine_held()
        assert not check.passed and check.reason


def test_narma_is_judged_on_new_data_alone():
    good = {"topic": "recipe", "task": "NARMA-10", "spectral_radius": 0.9, "input_scaling": 0.1, "bias_scaling": 0.3,
            "log_ridge": -9.0, "n_units": 200, "n_steps": 1000, "washout": 100, "n_new": 300, "seed": 1}  # fmt: skip
    m = Esn(**good)
    assert m.narma_below().passed and nmse(m.result.y[700:], m.result.traced.d[700:]) < 0.05
    for other in ({"n_new": 150}, {"recipe": 3}, {"n_units": 201}, {"input_scaling": 1.0, "log_ridge": -4.0},
                  {"feedback_scaling": 0.5}, {"learning": "recursive", "log_ridge": -4.0}):  # fmt: skip
        assert not Esn(**good | other).narma_below().passed, other


def test_greatest_memory_is_that_of_a_grid_over_the_same_draw():
    m = Esn(topic="memory", n_units=50, input_scaling=0.1, spectral_radius=0.3, seed=2)
    assert not m.greatest_memory().passed
    totals = []
    for k in range(1, 16):
        m.spectral_radius = round(0.1 * k, 1)
        totals.append(m.result.total)
    m.spectral_radius = round(0.1 * (int(np.argmax(totals)) + 1), 1)
    assert m.greatest_memory().passed
    for other in ({"n_units": 49}, {"leak_rate": 0.9}, {"task": "sine"}, {"input_scaling": 0.0}, {"topic": "recipe"}):
        now = Esn(topic="memory", n_units=50, input_scaling=0.1, spectral_radius=m.spectral_radius, seed=2)
        now.param.update(**other)
        assert not now.greatest_memory().passed, other
