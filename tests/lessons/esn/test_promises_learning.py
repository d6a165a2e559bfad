"""Numbers that the lesson says of memory and of readouts, with twenty seeds in plain NumPy, or with the one named."""

import numpy as np

from lessons.esn import topics
from lessons.esn.drawn import Drawn
from lessons.esn.model import shared
from tests.lessons.esn import many_seeds as many
from tests.lessons.esn.many_seeds import SEEDS, free_run, memory, online_errors, recipe_errors, settings_of
from tests.lessons.promises import keeps

ESN = "esn"


# Memory


@keeps(ESN, "preset memory-rho-three", "0.95", "0.1", "22", "32")
@keeps(ESN, "preset small-world", "32", "22")
def test_memory_of_a_hundred_units():
    """About 5 steps at ρ = 3; near the edge 22 to 32, and 20 to 32 in a small world, where most have less."""
    wild = memory("memory-rho-three").sum(axis=1)
    assert abs(wild.mean() - 5) < 0.3 and (np.abs(wild - 5) < 1.2).all()
    drawn = memory("memory-rho-three", spectral_radius=0.95, input_scaling=0.1).sum(axis=1)
    assert 22 <= drawn.min() < 24 and 31 < drawn.max() <= 32
    small = memory("small-world").sum(axis=1)
    assert 20 <= small.min() < 22 and 31 < small.max() <= 32.5
    assert (drawn > small).sum() >= 13


@keeps(ESN, "preset ring", "37", "16", "23")
def test_a_ring_remembers_nearly_all_and_a_random_network_half():
    assert settings_of("ring").n_units == 40
    per_lag = memory("ring")
    assert (per_lag.sum(axis=1) > 37).all() and (per_lag.sum(axis=1) < 39.5).all()
    assert (per_lag[:, 38] > 0.8).all() and (per_lag[:, 40] < 0.2).all()  # lag 39, and 41 after one round
    drawn = memory("ring", topology="random", weights="uniform").sum(axis=1)
    assert 16 <= drawn.min() < 17.5 and 22 < drawn.max() < 23.5


@keeps(ESN, "preset late", "31", "38", "14", "21", "1")
def test_late_connections_raise_memory_with_most_seeds():
    before, after, copies = (memory("late", late=share).sum(axis=1) for share in (0.0, 0.5, 1.0))
    assert 14 <= before.min() < 15.5 and 20 < before.max() < 21.5
    assert (after >= 31).sum() >= 14 and (after < 38.5).all() and after.max() > 37.5
    assert (after > before).all() and (after - before).min() < 3
    assert (copies < before + 0.1).all()


@keeps(ESN, "text Memory or nonlinearity", "1", "0.4", "100")
def test_a_random_network_has_half_of_n_at_best_and_less_where_it_is_large():
    def share(n_units: int, rho: float, seeds=SEEDS) -> float:
        found = memory("memory", seeds, n_units=n_units, spectral_radius=rho, input_scaling=0.01)
        return float(found.sum(axis=1).mean() / n_units)

    assert abs(share(50, 0.95) - 0.5) < 0.05 and abs(share(100, 0.95) - 0.4) < 0.03
    few = SEEDS[:5]
    assert share(50, 0.95, few) > max(share(50, 0.8, few), share(50, 1.05, few))


# Learning


def delayed(x: np.ndarray, n_taps: int) -> np.ndarray:
    """[1; x(t); … x(t − n_taps + 1)] of every step, (S, T, 1 + n_taps)."""
    taps = [np.concatenate([np.zeros((len(x), k)), x[:, : x.shape[1] - k, 0]], axis=1) for k in range(n_taps)]
    return np.stack([np.ones_like(taps[0]), *taps], axis=2)


def linear_error(preset: str, n_taps: int, seeds=SEEDS) -> np.ndarray:
    """(S,) NMSE on new data of a readout of the last inputs alone."""
    n = many.networks(preset, seeds)
    x, d = many.inputs(n, seeds)
    washout, n_train = many.split(n.settings, x.shape[1])
    z, end = delayed(x, n_taps), x.shape[1] - int(np.isnan(d[0, -1, 0]))
    y = z @ many.ridge(z[:, washout:n_train], d[:, washout:n_train], 1e-9)
    return many.nmse(y[:, n_train:end], d[:, n_train:end])


@keeps(ESN, "preset narma", "0.1", "0.2", "0.15", "30")
def test_narma_is_no_better_than_thirty_inputs():
    error = recipe_errors("narma")[:, 1]
    assert round(error.min(), 1) == 0.1 and round(error.max(), 1) == 0.2 and round(error[0], 2) == 0.15
    assert round(float(linear_error("narma", 30)[0]), 2) == 0.15


@keeps(ESN, "preset bigger", "402", "200", "10⁻⁷")
def test_as_many_weights_as_steps_is_worst():
    s, seed = settings_of("bigger"), (1,)
    assert 1 + s.n_units + 1 == 402 and s.n_steps - s.washout - s.n_new == 400
    (fit, worst), (_, smaller), (_, dearer), (_, bigger) = (
        recipe_errors("bigger", seed, **changes)[0]
        for changes in ({}, {"n_units": 200}, {"log_ridge": -7.0}, {"n_units": 800})
    )
    assert fit < 1e-3 and round(worst / smaller) == 4 and max(dearer, bigger) < smaller


@keeps(ESN, "preset ten-thousand", "10,002", "400", "0.017", "10⁻⁶")
def test_ten_thousand_units_are_better_than_four_hundred():
    s = settings_of("ten-thousand")
    assert s.seed == 1 and s.n_units * s.density == 10 and s.n_steps - s.washout - s.n_new == 400
    found = shared(s)
    assert found.V.shape == (1, 10_002) and found.error_train < 1e-9 and round(found.error_new, 3) == 0.017
    assert np.abs(found.V).max() < 10
    ((_, worst),) = recipe_errors("bigger", (1,))  # 400 units
    assert round(worst, 1) == 0.2
    dearer = topics.compute(s._replace(log_ridge=-6.0), Drawn())
    assert abs(dearer.error_new - found.error_new) < 0.1 * found.error_new


@keeps(ESN, "preset sunspots", "0.05", "102", "0.1", "0.12", "0.15", "9", "0.13")
def test_a_linear_forecast_of_sunspots_does_no_worse():
    s = settings_of("sunspots")
    assert 1 + s.n_units + 1 == 102 and s.n_new == 100
    train, new = recipe_errors("sunspots").T
    assert (np.abs(train - 0.05) < 0.01).all() and round(new.min(), 1) == 0.2 and round(new.max(), 1) == 0.9
    both = recipe_errors("sunspots", log_ridge=-1.0)
    assert round(both.min(), 2) == 0.12 and round(both.max(), 2) == 0.15
    linear = float(linear_error("sunspots", 9, (1,))[0])
    assert round(linear, 2) == 0.13 and linear <= np.median(both[:, 1])


def test_parity_of_three_bits_is_easy_and_of_four_needs_a_bias():
    assert (recipe_errors("parity")[:, 1] < 1e-3).all()
    assert (recipe_errors("parity", lag=4)[:, 1] > 0.9).all()
    assert (recipe_errors("parity", lag=4, bias_scaling=0.5)[:, 1] < 0.01).all()


def test_online_the_teachers_way_fails_with_most_seeds():
    """Where it says “ten to hundreds of times”."""
    error = online_errors("online-teacher")
    assert ((error > 10) & (error < 600)).sum() >= 15 and error.max() > 200


@keeps(ESN, "preset online-own", "0.1", "0.01", "10", "14", "16")
def test_online_the_own_output_saves_the_day():
    assert (online_errors("online-own") <= 0.1).all()
    assert (online_errors("online-own", feedback_scaling=0.5) < 0.0105).all()
    teacher = online_errors("online-teacher", feedback_scaling=0.5)
    assert [seed for seed, error in zip(SEEDS, teacher, strict=True) if error > 0.1] == [10, 14, 16]


# Free runs


@keeps(ESN, "preset sine", "201", "30", "190")
def test_the_sine_is_lost_with_most_seeds():
    s = settings_of("sine")
    assert s.n_steps - s.n_new + 1 == 201
    held = free_run("sine", tuple(range(1, 41)))[0]
    lost = held[held < 200]
    assert len(lost) >= 30 and len(lost) < 40 and (lost >= 30).all() and (lost < 195).all() and lost.max() > 185


@keeps(ESN, "preset mackey-glass", "200", "73")
@keeps(ESN, "preset mackey-glass-30", "15")
def test_mackey_glass_is_held_with_this_seed_and_the_wilder_one_is_not():
    assert free_run("mackey-glass", (1,))[0][0] == settings_of("mackey-glass").n_new == 400
    assert free_run("mackey-glass", (1,), n_units=200)[0][0] == 73
    held, largest = free_run("mackey-glass-30", (1,))
    assert held[0] == 15 and largest[0] > 2


# The sweep


@keeps(ESN, "preset sweep", "0.8", "1")
def test_the_error_is_least_before_memory_is_greatest():
    """Medians over twenty seeds for the error, and over five for memory: the sweep has five."""
    error = {rho: np.median(recipe_errors("sweep", spectral_radius=rho)[:, 1]) for rho in (0.6, 0.7, 0.8, 0.9, 1.1)}
    assert min(error, key=error.__getitem__) == 0.8 and error[1.1] > error[0.9]
    reach = {rho: np.median(memory("sweep", SEEDS[:5], n_lags=60, spectral_radius=rho).sum(axis=1))
             for rho in (0.7, 0.8, 0.95, 1.1)}  # fmt: skip
    assert reach[0.7] < reach[0.8] < reach[0.95] > reach[1.1]
