"""The model's part in a sweep: what starts it anew, what it says then, and who ends it."""

import pytest

from app.shell import job
from lessons.esn.model import Esn
from lessons.esn.sweep import LEFT, STARTS_ANEW
from tests.lessons.esn.sweep_runs import SMALL, gated, threads
from tests.readable import until

N_POINTS = 340  # 5 leak rates, 17 values of ρ, 2 seeds, 2 measures


@pytest.fixture(autouse=True)
def no_thread_stays():
    job.READERS._moved = -job.ACTIVE
    yield
    until(lambda: threads() == 0)


def test_what_no_point_depends_on_changes_no_sweep(monkeypatch):
    gated(monkeypatch)
    model = Esn(**SMALL)
    first = model.sweep
    first.start()
    until(lambda: first.state == "finished")
    for changed in ({"spectral_radius": 2.0}, {"cursor": 9}, {"unit": 2}, {"topic": "recipe"},
                    {"recipe": 2}, {"leak_rate": 0.2}, {"leak_rate": 0.5}):  # fmt: skip
        model.param.update(**changed)
        assert model.sweep is first, changed


@pytest.mark.parametrize("changed", [{"log_ridge": -3.0}, {"n_seeds": 3}, {"seed": 4}, {"task": "sine"},
                                     {"x": (0.5,) * 60, "signal": "drawn"}])  # fmt: skip
def test_other_settings_start_anew_with_a_remark(monkeypatch, changed):
    gate = gated(monkeypatch)
    model = Esn(**SMALL)
    first = model.sweep
    first.start()
    until(lambda: first.shown.n_done > 3)
    model.param.update(**changed)
    second = model.sweep
    assert second is not first and second is model.sweep
    assert (second.state, second.remark, second.shown.n_done) == ("ready", STARTS_ANEW, 0)
    until(lambda: threads() == 0)
    assert len(gate.begun) <= N_POINTS
    second.start()
    assert second.remark == ""
    model.end_sweep()


def test_settings_changed_before_the_start_need_no_remark_and_the_present_leak_rate_comes_first():
    model = Esn(**SMALL)
    assert model.sweep.remark == ""
    model.leak_rate = 1.0
    assert model.sweep.remark == ""
    assert model.sweep.leak_rate == 1.0


def test_a_leak_rate_beside_the_grid_leaves_a_sweep_alone_that_has_begun(monkeypatch):
    gate = gated(monkeypatch)
    model = Esn(**SMALL)
    first = model.sweep
    first.start()
    until(lambda: len(gate.begun) > 3)
    model.leak_rate = 0.56
    assert model.sweep is first and 0.56 not in first.leak_rates
    first.stop()
    second = model.sweep  # nothing would be lost
    assert second is not first and 0.56 in second.leak_rates and second.remark == ""
    model.end_sweep()


def test_leaving_pauses_and_says_so_and_closing_ends(monkeypatch):
    gate = gated(monkeypatch)
    model = Esn(**SMALL | {"n_seeds": 20})
    model.pause_sweep()
    model.end_sweep()
    assert not model.busy()
    model.sweep.start()
    assert model.busy()
    until(lambda: len(gate.begun) > 3)
    model.pause_sweep()
    assert (model.sweep.state, model.sweep.remark) == ("paused", LEFT)
    model.sweep.start()
    sweep = model.sweep
    model.end_sweep()
    until(lambda: threads() == 0)
    assert sweep.state == "finished" and sweep.shown.n_done < sweep.n_points
    assert not model.busy()


def test_it_asks_the_model_whether_anybody_is_there(monkeypatch):
    gated(monkeypatch)
    model = Esn(**SMALL)
    model.connected = lambda: False
    model.sweep.start()
    until(lambda: model.sweep.state == "paused")
    assert model.sweep.shown.n_done == 0
    model.end_sweep()
