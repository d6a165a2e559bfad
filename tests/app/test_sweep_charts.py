"""How a sweep is told: curves, map, buttons and findings."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.document import Document

from app import job
from app.models.esn import Esn
from app.models.esn_sweep import LEAK_RATES, LEFT, SPECTRAL_RADII, STARTS_ANEW, Snapshot, Sweep
from app.shell import Page
from app.sweep_charts import SweepCharts, colour_limits, controls, curve, findings, medians
from app.theme import HEATS
from tests.app.pages import classes
from tests.app.sweep_runs import SMALL, gated, plan, threads
from tests.app.training_runs import until

N_RADII = len(SPECTRAL_RADII)
ONE = SPECTRAL_RADII.index(1.0)


@pytest.fixture(autouse=True)
def no_thread_stays():
    job.READERS._moved = -job.ACTIVE
    yield
    until(lambda: threads() == 0)


def at(snapshot: Snapshot, **given) -> SimpleNamespace:
    """A model whose sweep has come to a snapshot."""
    model = Esn(**SMALL | given)
    sweep = Sweep(plan(), model.leak_rate, lambda: True)
    sweep._course.snapshot = snapshot
    return SimpleNamespace(sweep=sweep, leak_rate=model.leak_rate, spectral_radius=model.spectral_radius)


def measured(rows: int = 5) -> Snapshot:
    """Three seeds: errors of 0.1 away² around ρ = 1 at the best leak rate, 0.4; memory around 0.8 at 0.7."""
    leak = np.array(LEAK_RATES)[:, np.newaxis, np.newaxis]
    radius = np.array(SPECTRAL_RADII)[:, np.newaxis]
    seed = np.array([1.0, 0.5, 4.0])
    error = 0.01 * seed * (1 + (radius - 1) ** 2 + 10 * (leak - 0.4) ** 2)
    memory = 20 - 4 * (radius - 0.8) ** 2 - (leak - 0.7) ** 2 - seed
    for values in (error, memory):
        values[rows:] = np.nan
    return Snapshot(100, error, memory, 5.0)


EMPTY = Snapshot(0, np.full((5, N_RADII, 2), np.nan), np.full((5, N_RADII, 2), np.nan), 0.0)


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


# Charts


def test_the_curves_are_those_of_the_present_leak_rate():
    charts = SweepCharts()
    for leak_rate in (0.4, 1.0):
        shown = measured()
        charts.show(at(shown, leak_rate=leak_rate))
        row = LEAK_RATES.index(leak_rate)
        error, memory = charts.sources["error"].data, charts.sources["memory"].data
        np.testing.assert_allclose(10 ** error["median"], np.median(shown.error[row], axis=-1))
        np.testing.assert_allclose(10 ** error["low"], shown.error[row].min(axis=-1))
        np.testing.assert_allclose(memory["high"], shown.memory[row].max(axis=-1))
        assert error["radius"].tolist() == list(SPECTRAL_RADII)
        limits = charts.curves["memory"].plot.y_range
        assert limits.start <= memory["low"].min() and limits.end >= memory["high"].max()


@pytest.mark.parametrize(("measure", "best"), [("error", (ONE, 2)), ("memory", (SPECTRAL_RADII.index(0.8), 3))])
def test_each_measure_has_its_map_with_the_best_marked(measure, best):
    charts, shown = SweepCharts(), measured()
    charts.show(at(shown))
    drawn = charts.maps[measure]
    image, expected = drawn.heat.source.data["image"][0], np.median(getattr(shown, measure), axis=-1)
    np.testing.assert_allclose(image, np.log10(expected) if measure == "error" else expected, rtol=1e-5)
    assert (drawn.marks["best"].data["x"], drawn.marks["best"].data["y"]) == ([best[0]], [best[1]])
    assert drawn.heat.mapper.low <= image.min() and drawn.heat.mapper.high >= image.max()
    assert drawn._bar.ticker.ticks[0] == drawn.heat.mapper.low


def test_errors_worse_than_the_mean_share_one_colour():
    charts, shown = SweepCharts(), measured()
    shown.error[0] = 50.0
    charts.show(at(shown))
    drawn = charts.maps["error"]
    assert drawn.heat.mapper.high == 0
    assert (drawn.heat.source.data["image"][0][0] == 0).all()


def test_rows_and_columns_of_the_map_are_labelled_with_their_values():
    charts = SweepCharts()
    charts.show(at(measured()))
    plot = charts.maps["memory"].strip.plot
    left, below = plot.left[0], plot.below[0]
    assert left.major_label_overrides == dict(enumerate(("0.1", "0.2", "0.4", "0.7", "1")))
    assert below.major_label_overrides == {0: "0.1", 4: "0.7", 9: "1", 16: "3"}
    assert (left.ticker.ticks, below.ticker.ticks) == ([0, 1, 2, 3, 4], [0, 4, 9, 16])
    model = Esn(**SMALL | {"leak_rate": 0.56})
    charts.show(model)
    assert left.major_label_overrides[3] == "0.56" and len(left.ticker.ticks) == 6


def test_the_present_settings_are_marked_without_sending_anything_else():
    charts, shown = SweepCharts(), measured()
    charts.show(at(shown, spectral_radius=0.5))
    sent = []
    maps = charts.maps.values()
    drawn = [source for one in maps for source in (one.heat.source, one.marks["best"])]
    for source in (*charts.sources.values(), *drawn):
        source.on_change("data", lambda attr, old, new: sent.append(new))
    charts.show(at(shown, spectral_radius=1.3))
    assert not sent
    assert [span.location for span in charts._now] == [1.3, 1.3]
    for one in maps:
        assert one.marks["now"].data == {"x": [12.5], "y": [3]}  # half way from 1.2 to 1.4
    charts.show(at(shown._replace(n_done=101), spectral_radius=1.3))
    assert sent


@pytest.mark.parametrize("shown", [EMPTY, measured(1), measured()._replace(error=np.zeros((5, N_RADII, 3))),
                                   measured()._replace(error=np.full((5, N_RADII, 3), np.inf)),
                                   measured()._replace(error=np.full((5, N_RADII, 3), np.nan))])  # fmt: skip
@pytest.mark.parametrize("leak_rate", [0.1, 1.0])
def test_whatever_is_measured_gives_a_picture_and_words(shown, leak_rate):
    charts, model = SweepCharts(), at(shown, leak_rate=leak_rate)
    charts.show(model)
    for source in charts.sources.values():
        assert all(np.isfinite(values).all() for values in source.data.values())
    limits = [end for strip in charts.strips for end in (strip.plot.y_range.start, strip.plot.y_range.end)]
    assert np.isfinite(limits).all()
    html = controls(model) + findings(model)
    assert not re.search(r"\b(nan|inf|None)\b|not a number|∞", html)


def test_before_the_first_point_the_charts_have_the_limits_that_may_come():
    charts = SweepCharts()
    charts.show(at(EMPTY))
    error, memory = (charts.curves[measure].plot.y_range for measure in ("error", "memory"))
    assert -3.5 < error.start <= -3 and 0 <= error.end < 0.5
    assert -1 < memory.start <= 0 and 6 <= memory.end < 8  # 6 lags, and N = 12
    assert (charts.maps["error"].heat.mapper.low, charts.maps["memory"].heat.mapper.high) == (-3, 6)


def test_in_both_maps_the_good_end_is_the_strong_one_and_is_named():
    charts = SweepCharts()
    for theme in (0, 1):
        good = [HEATS[charts.maps[measure].heat.mapper.tags[0]][theme][end] for measure, end in
                (("error", 0), ("memory", -1))]  # fmt: skip
        assert good[0] == good[1] == HEATS["quantity"][theme][-1]
    codes = [charts.maps[measure]._bar.formatter.code for measure in ("error", "memory")]
    assert "index === 0 ?" in codes[0] and "index === 2 ?" in codes[1]


def test_a_leak_rate_beside_the_grid_is_marked_between_its_rows_and_the_nearest_is_shown():
    charts, shown = SweepCharts(), measured()
    model = at(shown)
    model.leak_rate = 0.5
    charts.show(model)
    np.testing.assert_allclose(charts.sources["memory"].data["high"], shown.memory[2].max(axis=-1))
    assert charts.maps["error"].marks["now"].data["y"] == [pytest.approx(2 + 1 / 3)]
    said = "Leak rate 0.5 is not on the grid of this sweep: the curves show the nearest one, 0.4."
    assert said in controls(model)
    assert "at leak rate 0.4 the error" in paragraphs(model)[0]
    model.leak_rate = 0.4
    assert "not on the grid" not in controls(model)


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
    model.sweep = SimpleNamespace(state=state, failure="<b>&", remark=STARTS_ANEW, **given)
    html = controls(model)
    assert possible(html) == buttons
    assert set(re.findall(r"data-do=(\w+)", html)) == {"start", "pause", "stop"}
    assert STARTS_ANEW in html
    assert ("&lt;b&gt;&amp;" in html) == (state == "failed")
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
    model_class, view_class = classes("esn")
    page = Page(model_class(), view_class, Document())
    model, view = page.model, page.view
    model.param.update(**SMALL | {"n_seeds": 20})
    view.connected = lambda: True
    assert {"start", "pause", "stop"} <= set(view_class.acts)
    view.start()
    assert view.busy()
    until(lambda: len(gate.begun) > 20)
    view.refresh()
    assert len(view.sweep.sources["error"].data["radius"]) >= 5
    assert "Pause" in view.tables()["sweep"]
    model.log_ridge = -2.0
    view.refresh()
    assert not view.busy()
    assert STARTS_ANEW in model.take_notices()
    gate.open.clear()
    view.start()
    model.topic = "echo"
    view.refresh()
    assert not view.busy()
    model.topic = "sweep"
    view.refresh()
    assert LEFT in model.take_notices() and "Go on" in view.tables()["sweep"]
    view.start()
    assert view.busy()
    view.close()
    assert not view.busy()
    gate.open.set()
