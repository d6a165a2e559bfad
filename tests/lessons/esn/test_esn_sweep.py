"""The sweep in the background: which points, in which order, by how many threads, and how it ends."""

import time

import numpy as np
import pytest

from app.shell import job
from lessons.esn import drawn as esn_drawn
from lessons.esn import sweep as esn_sweep
from lessons.esn import topics as esn_topics
from lessons.esn.drawn import Drawn
from lessons.esn.model import Esn
from lessons.esn.sweep import LEAK_RATES, MEASURES, SPECTRAL_RADII, Sweep, coarse_to_fine, order
from tests.lessons.esn.sweep_runs import SMALL, begun, ended, gated, made, plan, threads
from tests.readable import until

N_POINTS = 2 * len(LEAK_RATES) * len(SPECTRAL_RADII) * SMALL["n_seeds"]


@pytest.fixture(autouse=True)
def no_thread_stays():
    job.READERS._moved = -job.ACTIVE
    yield
    until(lambda: threads() == 0)


@pytest.fixture
def four_workers(monkeypatch):
    monkeypatch.setattr(esn_sweep, "WORKERS", 4)
    monkeypatch.setattr(job, "TURNS", job.Turns(4))


# Which points


def test_the_grid_goes_from_a_tenth_to_three_and_is_densest_around_1():
    gaps = np.diff(SPECTRAL_RADII)
    assert (SPECTRAL_RADII[0], SPECTRAL_RADII[-1]) == (0.1, 3.0)
    assert (gaps > 0).all()
    assert gaps.max() >= 10 * gaps[SPECTRAL_RADII.index(1.0)] > 0
    assert gaps.min() == pytest.approx(gaps[SPECTRAL_RADII.index(1.0)])


def test_the_points_are_what_the_topics_compute_for_the_same_settings():
    sweep = ended(plan(task="NARMA-10", n_steps=80))
    shown = sweep.shown
    assert (sweep.state, shown.n_done) == ("finished", N_POINTS)
    for radius, leak, seed in ((0, 0, 0), (9, 3, 1), (16, 4, 0), (4, 3, 0), (12, 1, 1)):
        given = SMALL | {"task": "NARMA-10", "n_steps": 80, "spectral_radius": SPECTRAL_RADII[radius],
                         "leak_rate": LEAK_RATES[leak], "seed": SMALL["seed"] + seed}  # fmt: skip
        recipe = esn_topics.compute(Esn(**given | {"topic": "recipe"}).settings, Drawn())
        memory = esn_topics.compute(Esn(**given | {"topic": "memory"}).settings, Drawn())
        assert shown.error[leak, radius, seed] == recipe.error_new
        assert shown.memory[leak, radius, seed] == memory.total
    assert np.isfinite(shown.error).all() and np.isfinite(shown.memory).all()
    assert len(np.unique(shown.memory)) == shown.memory.size  # no two points are one


def test_a_point_that_was_given_up_when_the_page_had_gone_is_measured_by_whoever_goes_on(monkeypatch):
    given_up = []

    def once(measure, settings, drawn):
        if not given_up:
            given_up.append(settings)
            raise job.Unwanted
        return made(measure, settings, drawn)

    monkeypatch.setattr(esn_sweep, "measured", once)
    sweep = Sweep(plan(), 0.7, lambda: True)
    sweep.start()
    until(lambda: given_up and sweep.state in ("paused", "finished"))
    sweep.start()
    until(lambda: sweep.state == "finished")
    assert sweep.shown.n_done == N_POINTS and np.isfinite(sweep.shown.error).all()


@pytest.mark.parametrize("changed", [{"feedback_scaling": 0.5}, {"learning": "recursive"}, {"task": "figure of eight"},
                                     {"task": "silence"}, {"topology": "ring"}, {"late": 0.3}])  # fmt: skip
def test_every_kind_of_setting_can_be_swept(changed):
    sweep = Sweep(plan(**changed), 0.7, lambda: True)
    for _ in range(40):
        assert sweep._course.step()
    row = sweep.leak_rates.index(0.7)
    assert sweep.shown.n_done == 40
    assert np.isfinite(sweep.shown.memory[row, :, 0]).all()
    has_error = changed.get("task") != "silence"  # its target never varies
    assert np.isfinite(sweep.shown.error[row, :, 0]).all() == has_error


def test_a_seed_is_drawn_once_however_many_points_it_has(monkeypatch):
    found, draw = [], esn_drawn.draw
    monkeypatch.setattr(esn_drawn, "draw", lambda settings: found.append(settings.seed) or draw(settings))
    ended(plan())
    assert sorted(found) == [3, 4]


def test_large_reservoirs_are_not_all_kept(monkeypatch):
    monkeypatch.setattr(esn_sweep, "KEPT_WEIGHTS", 100)
    course = Sweep(plan(n_seeds=9), 0.7, lambda: True)._course
    for seed in range(9):
        course._drawn(seed)
    assert course._drawn.cache_info().currsize == 2  # of 12² · 0.3 = 43 weights each


def test_the_leak_rate_shown_joins_the_grid():
    sweep = Sweep(plan(), 0.55, lambda: True)
    assert sweep.leak_rates == (0.1, 0.2, 0.4, 0.55, 0.7, 1.0)
    assert sweep.n_points == N_POINTS * 6 // 5
    assert Sweep(plan(), 1, lambda: True).leak_rates == LEAK_RATES


# In which order


@pytest.mark.parametrize("n", [1, 2, 3, 16, 17, 18])
def test_coarse_to_fine_takes_everything_once_and_halves_its_steps(n):
    found = coarse_to_fine(n)
    assert sorted(found) == list(range(n))
    for step in (1, 2, 4, 8, 16):
        first = found[: -(-n // step)]
        assert sorted(first) == list(range(0, n, step))


def test_the_first_five_of_the_grid_span_all_of_it():
    assert [SPECTRAL_RADII[k] for k in coarse_to_fine(len(SPECTRAL_RADII))[:5]] == [0.1, 3.0, 0.95, 0.7, 1.2]


def test_the_first_seeds_curve_comes_first_then_the_curve_and_then_the_map():
    found = list(order(5, 3, 4))
    assert len(set(found)) == len(found) == 2 * 5 * 17 * 4
    places = [place for _, place in found]
    curve = 2 * 17
    assert {(place.leak, place.seed) for place in places[:curve]} == {(3, 0)}
    assert {place.leak for place in places[: 4 * curve]} == {3}
    assert [place.seed for place in places[4 * curve :]] == sorted(place.seed for place in places[4 * curve :])
    assert [measure for measure, _ in found[:6]] == [0, 1] * 3
    # and the map is coarse over both at first
    assert [(place.leak, place.radius) for place in places[4 * curve : 4 * curve + 16 : 2]] == [
        (leak, radius) for radius in (0, 16) for leak in (0, 1, 2, 4)
    ]


def test_measures_are_asked_in_that_order(monkeypatch):
    gate = gated(monkeypatch)
    ended(plan())
    assert gate.begun[:4] == [("error", 0.1, 0.7, 3), ("memory", 0.1, 0.7, 3),
                              ("error", 3.0, 0.7, 3), ("memory", 3.0, 0.7, 3)]  # fmt: skip
    assert len(set(gate.begun)) == len(gate.begun) == N_POINTS


# By how many threads


def test_as_many_workers_as_there_are_cores_but_one():
    assert max(1, job._n_cores() - 1) == job.WORKERS
    assert len(Sweep(plan(), 0.7, lambda: True)._jobs) == job.WORKERS


def test_four_workers_share_one_queue(monkeypatch, four_workers):
    gate = gated(monkeypatch)
    gate.open.clear()
    sweep = begun(plan())
    until(lambda: len(gate.begun) == 4)
    time.sleep(0.02)
    assert len(gate.begun) == 4
    assert sweep.shown.n_done == 0
    gate.open.set()
    until(lambda: sweep.state == "finished")
    assert len(set(gate.begun)) == len(gate.begun) == N_POINTS
    shown = sweep.shown
    for leak, radius, seed in np.ndindex(shown.error.shape):
        at = Esn(**SMALL).settings._replace(
            spectral_radius=SPECTRAL_RADII[radius], leak_rate=LEAK_RATES[leak], seed=3 + seed
        )
        assert shown.error[leak, radius, seed] == made("error", at, None)
        assert shown.memory[leak, radius, seed] == made("memory", at, None)


def test_four_workers_measure_what_one_measures(four_workers):
    together = ended(plan()).shown
    alone = Sweep(plan(), 0.7, lambda: True)._course
    while alone.step():
        pass
    for measure in MEASURES:
        assert np.array_equal(getattr(together, measure), getattr(alone.snapshot, measure))


def test_what_is_published_never_changes(monkeypatch):
    gated(monkeypatch)
    sweep = Sweep(plan(), 0.7, lambda: True)
    sweep._course.step()
    first = sweep.shown
    kept = first.error.copy()
    sweep._course.step()
    sweep._course.step()
    assert first.n_done == 1 and np.array_equal(first.error, kept, equal_nan=True)
    assert np.isfinite(first.error).sum() == 1
    with pytest.raises(ValueError, match="read-only"):
        first.error[0, 0, 0] = 1


# How it begins and ends


def test_before_the_start_there_is_nothing():
    sweep = Sweep(plan(), 0.7, lambda: True)
    assert (sweep.state, sweep.failure, sweep.progress, sweep.shown.n_done) == ("ready", "", 0.0, 0)
    assert np.isnan(sweep.seconds_left)
    assert sweep.shown.error.shape == (5, 17, 2)
    assert np.isnan(sweep.shown.error).all() and np.isnan(sweep.shown.memory).all()


def test_pause_and_go_on_come_to_the_same_end(monkeypatch, four_workers):
    gate = gated(monkeypatch, holds_at=30)
    sweep = begun(plan(n_seeds=20))
    until(lambda: sweep.shown.n_done > 20 and not gate.open.is_set())
    sweep.pause()
    assert sweep.state == "paused"
    gate.open.set()
    until(lambda: threads() == 0)
    done = sweep.shown.n_done
    time.sleep(0.02)
    assert sweep.shown.n_done == done < sweep.n_points
    sweep.start()
    until(lambda: sweep.state == "finished")
    assert len(set(gate.begun)) == len(gate.begun) == sweep.n_points
    assert (sweep.progress, sweep.seconds_left) == (1.0, 0.0)


def test_stop_is_at_once_and_a_late_point_changes_nothing(monkeypatch, four_workers):
    gate = gated(monkeypatch)
    gate.open.clear()
    sweep = begun(plan())
    until(lambda: len(gate.begun) == 4)
    sweep.stop()
    assert threads() > 0, "the points still wait at the gate; whoever waited for them would wait for ever"
    assert (sweep.state, sweep.shown.n_done) == ("ready", 0)
    gate.open.set()
    until(lambda: threads() == 0)
    assert (len(gate.begun), sweep.shown.n_done) == (4, 0)
    sweep.start()
    until(lambda: sweep.state == "finished")
    assert gate.begun[4] == ("error", 0.1, 0.7, 3)  # from the beginning


def test_a_pause_at_the_last_point_is_the_end(monkeypatch):
    gate = gated(monkeypatch)
    sweep = Sweep(plan(), 0.7, lambda: True)
    for _ in range(N_POINTS - 1):
        sweep._course.step()
    gate.open.clear()
    sweep.start()
    until(lambda: len(gate.begun) == N_POINTS)
    sweep.pause()
    assert sweep.state == "paused"
    gate.open.set()
    until(lambda: sweep.state == "finished")


def test_it_pauses_where_nobody_looks_and_can_go_on(monkeypatch, four_workers):
    gate, looking = gated(monkeypatch), [True]
    gate.open.clear()
    sweep = begun(plan(), connected=lambda: looking[0])
    until(lambda: len(gate.begun) == 4)
    looking[0] = False
    gate.open.set()
    until(lambda: sweep.state == "paused")
    until(lambda: threads() == 0)
    assert (len(gate.begun), sweep.shown.n_done) == (4, 4)
    looking[0] = True
    sweep.start()
    until(lambda: sweep.state == "finished")
    assert len(set(gate.begun)) == len(gate.begun) == N_POINTS


def test_a_failure_ends_it_is_told_and_cleared_by_stop(monkeypatch, four_workers):
    gate = gated(monkeypatch, fails_at=10)
    sweep = ended(plan())
    assert (sweep.state, sweep.failure) == ("failed", "a number is <too> large")
    until(lambda: threads() == 0)
    assert len(gate.begun) < 20  # the others ended as well
    sweep.start()
    assert sweep.state == "failed"
    sweep.stop()
    assert (sweep.state, sweep.failure) == ("ready", "")
    sweep.start()
    until(lambda: sweep.state == "finished")


def test_the_time_left_counts_down_and_leaves_pauses_out(monkeypatch):
    gated(monkeypatch)
    sweep = Sweep(plan(), 0.7, lambda: True)
    for number in (1, 2):
        sweep._course.resume()
        sweep._course.step()
        time.sleep(0.2)
        assert sweep.shown.n_done == number
    assert sweep.shown.seconds < 0.2
    assert sweep.seconds_left == pytest.approx(sweep.shown.seconds / 2 * (N_POINTS - 2))
