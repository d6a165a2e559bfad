"""How a sweep is told: curves, map, buttons and findings."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from app.shell import job
from lessons.esn.model import Esn
from lessons.esn.sweep import LEFT, SPECTRAL_RADII, STARTS_ANEW
from lessons.esn.sweep_charts import colour_limits
from lessons.esn.sweep_curves import curve, medians
from lessons.esn.sweep_words import controls, findings
from tests.lessons.esn.esn_oracle import make
from tests.lessons.esn.sweep_runs import EMPTY, SMALL, at, gated, measured, threads
from tests.readable import until

N_RADII = len(SPECTRAL_RADII)
ONE = SPECTRAL_RADII.index(1.0)


@pytest.fixture(autouse=True)
def no_thread_stays():
    job.READERS._moved = -job.ACTIVE
    yield
    until(lambda: threads() == 0)


# Statistics


def test_a_curve_has_median_and_extremes_of_the_seeds_that_are_there():
    values = np.full((N_RADII, 4), np.nan)
    values[0] = 3, 1, 2, 10
    values[5, :2] = 8, 4
    values[16, 3] = 7
    found = curve(values)
    assert found.radius.tolist() == [0.1, SPECTRAL_RADII[5], 3.0]
    assert found.median.tolist() == [2.5, 6, 7]
    assert found.low.tolist() == [1, 4, 7]
    assert found.high.tolist() == [10, 8, 7]


def test_an_error_beyond_all_numbers_is_counted_as_bad_not_left_out():
    values = np.full((N_RADII, 3), np.inf)
    values[0] = 0.1, np.inf, np.inf
    found = curve(values)
    assert len(found.radius) == N_RADII
    assert found.median.tolist() == [1e6] * N_RADII
    assert found.low[0] == 0.1


def test_nothing_measured_gives_an_empty_curve_and_blank_medians():
    assert curve(EMPTY.error[0]).radius.size == 0
    assert np.isnan(medians(EMPTY.error)).all()


def test_medians_go_over_the_seeds_alone():
    values = np.arange(5.0 * N_RADII * 3).reshape(5, N_RADII, 3)
    values[2, 4] = np.nan
    values[2, 5, 0] = np.nan
    found = medians(values)
    assert found.shape == (5, N_RADII)
    assert found[0, 0] == 1 and found[4, -1] == 5 * N_RADII * 3 - 2
    assert np.isnan(found[2, 4]) and np.isnan(found).sum() == 1
    assert found[2, 5] == np.mean(values[2, 5, 1:])


@pytest.mark.parametrize("image", [[[0.5]], [[0.5, 0.5]], [[-3.2, 0.4]], [[0, 1e6]], [[np.nan, 2.0]], [[-16, 2]]])
def test_colours_span_what_there_is(image):
    low, high = colour_limits(np.array(image))
    assert low < high
    assert low <= np.nanmin(image) and high >= np.nanmax(image)
    assert high - low <= 2 * max(np.nanmax(image) - np.nanmin(image), 1e-3)


def test_colours_of_nothing_have_limits():
    assert colour_limits(np.full((2, 2), np.nan)) == (0.0, 1.0)


# Findings


def paragraphs(model) -> list[str]:
    return re.findall(r"<p>(.*?)</p>", findings(model))


def test_the_best_is_named_with_its_numbers():
    error, memory = paragraphs(at(measured(), leak_rate=0.4))
    # three seeds with factors 1, 0.5 and 4; at ρ = 3: 0.01 · (1 + 4)
    assert error == ("So far, at leak rate 0.4 the error (NMSE) is smallest for ρ = 1: 0.01 (seeds: 0.005 to 0.04). "
                     "At ρ = 3 it is 0.05.")  # fmt: skip
    # 20 − 0.09 − 1, and the best row has 0.09 more; at ρ = 3: 4 · 2.2² less
    assert memory == ("So far, at leak rate 0.4 memory is greatest for ρ = 0.8: 18.9 of N = 12 (seeds: 15.9 to 19.4). "
                      "At ρ = 3 it is −0.45. More still with leak rate 0.7 and ρ = 0.8: 19.")  # fmt: skip


def test_another_leak_rate_is_named_only_where_it_is_better():
    error, memory = paragraphs(at(measured(), leak_rate=1.0))
    assert "Lower still with leak rate 0.4 and ρ = 1: 0.01." in error
    assert "still" not in paragraphs(at(measured(), leak_rate=0.7))[1]
    assert "More still with leak rate 0.7 and ρ = 0.8: 19." in memory


def test_where_there_is_memory_but_no_error_that_is_said():
    shown = measured()._replace(error=np.full((5, N_RADII, 3), np.nan))
    error, memory = paragraphs(at(shown))
    assert "none to tell" in error and "greatest" in memory
    assert paragraphs(at(EMPTY)) == []


def test_a_finished_sweep_does_not_say_so_far(monkeypatch):
    gated(monkeypatch)
    model = Esn(**SMALL)
    model.sweep.start()
    until(lambda: model.sweep.state == "finished")
    # away = |ρ − 1| + leak + seed / 100 with the seeds 3 and 4; the error is 10^(away − 3)
    error = paragraphs(model)[0]
    middle = (10 ** (0.73 - 3) + 10 ** (0.74 - 3)) / 2
    assert error.startswith(f"At leak rate 0.7 the error (NMSE) is smallest for ρ = 1: {middle:.3g} ")
    assert f"ρ = 1: {(10 ** (0.13 - 3) + 10 ** (0.14 - 3)) / 2:.3g}." in error.split("Lower still")[1]
    assert "done" in controls(model) and "value=1 " in controls(model)


# The buttons


def possible(html: str) -> set[str]:
    return {name for name, rest in re.findall(r"data-do=(\w+)([^>]*)>", html) if "disabled" not in rest}


@pytest.mark.parametrize(("state", "buttons"), [
    ("ready", {"start"}), ("running", {"pause", "stop"}), ("paused", {"start", "stop"}), ("finished", {"stop"}),
    ("failed", {"stop"}),
])  # fmt: skip
def test_only_the_buttons_that_make_sense_can_be_pressed(state, buttons):
    model = at(measured())
    names = ("plan", "leak_rates", "n_points", "shown", "seconds_left")
    given = {name: getattr(model.sweep, name) for name in names}
    model.sweep = SimpleNamespace(state=state, failure="of the server's inside", remark=STARTS_ANEW, **given)
    html = controls(model)
    assert possible(html) == buttons
    assert set(re.findall(r"data-do=(\w+)", html)) == {"start", "pause", "stop"}
    assert STARTS_ANEW in html
    assert ("could not go on" in html) == (state == "failed") and "inside" not in html
    if state == "running":
        # 5 · 17 points, each for two seeds and two measures; 100 took 5 s
        assert "point 100 of 340, about 12 s left" in html and "value=0.2941" in html


def test_before_the_start_it_says_how_much_there_is_to_do():
    html = controls(at(EMPTY))
    assert "17 values of ρ × 5 leak rates × 2 seeds, error and memory of each: 340 points to come" in html
    assert "value=0 " in html


# The page


def test_the_page_starts_shows_pauses_and_ends_a_sweep(monkeypatch):
    gate = gated(monkeypatch)
    page = make(**SMALL | {"n_seeds": 20})
    model, view = page.model, page.view
    page.ask("act", name="start")
    assert model.busy()
    until(lambda: len(gate.begun) > 20)
    page.show()
    assert len(page.data(view.sweep.sources["error"])["radius"]) >= 5
    assert "Pause" in page.frame["tables"]["sweep"] and possible(page.frame["tables"]["sweep"]) == {"pause", "stop"}
    page.ask("act", name="pause")
    assert not model.busy() and possible(page.frame["tables"]["sweep"]) == {"start", "stop"}
    page.ask("act", name="start")
    page.set(log_ridge=-2.0)
    assert not model.busy()
    assert page.frame["notices"].count(STARTS_ANEW) == 1
    gate.open.clear()
    page.ask("act", name="start")
    assert model.busy()
    page.set(topic="echo")
    assert not model.busy()
    page.ask("act", name="start")  # the browser has no such button here
    assert not model.busy()
    page.set(topic="sweep")
    assert page.frame["notices"].count(LEFT) == 1 and "Go on" in page.frame["tables"]["sweep"]
    page.ask("act", name="start")
    assert model.busy()
    page.ask("act", name="stop")
    assert not model.busy() and model.sweep.state == "ready"
    page.ask("act", name="start")
    page.reader.end(None)
    assert not model.busy()
    gate.open.set()


def test_two_readers_sweep_each_for_themselves(monkeypatch):
    gate = gated(monkeypatch)
    one, other = make(**SMALL), make(**SMALL | {"leak_rate": 0.55})
    one.ask("act", name="start")
    until(lambda: one.model.sweep.state == "finished")
    one.show()
    other.show()
    for source in one.view.sweep.sources.values():
        assert len(one.data(source)["radius"]) == N_RADII and not len(other.data(source)["radius"])
    rows = one.view.sweep.maps["error"].strip.plot.left[0]
    labels = [page.shown(rows.formatter, "args")["labels"] for page in (one, other)]
    assert labels == [["0.1", "0.2", "0.4", "0.7", "1"], ["0.1", "0.2", "0.4", "0.55", "0.7", "1"]]
    assert not other.model.busy() and len(gate.begun) == one.model.sweep.n_points
