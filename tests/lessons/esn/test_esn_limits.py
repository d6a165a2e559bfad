"""How large a network the page computes, what it says where that is less than asked for, and what it costs."""

import threading
import time

import numpy as np
import pytest

from app.parts.picture import Picture
from lessons.esn import load, topics
from lessons.esn import model as esn_model
from lessons.esn.charts import MOST_WEIGHTS, WeightBars
from lessons.esn.drawn import Drawn
from lessons.esn.limits import LARGE, MOST_CONNECTIONS, MOST_STATES, bounded, shortage
from lessons.esn.load import QUICK_DELAY
from lessons.esn.model import Esn
from lessons.esn.settings import Settings
from tests.lessons.esn.esn_oracle import make
from tests.memory import most_bytes

LARGEST = {"n_units": 10_000, "density": 0.001, "n_steps": 800, "topic": "recipe"}


def asked(**values) -> Settings:
    """Settings as they are asked for, not cut."""
    return Esn(**values | {"n_units": 2}).settings._replace(n_units=values["n_units"])


def test_ten_thousand_units_go_where_a_network_is_run_once():
    for topic in ("recipe", "free run"):
        s = asked(**LARGEST | {"topic": topic})
        assert bounded(s) is s and shortage(10_000, s) == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"topic": "echo"}, "eigenvalues of a leaky network"),
        ({"topic": "memory"}, "memory is measured on 4,200 steps"),
        ({"topic": "sweep"}, "a sweep draws and runs hundreds of networks"),
        ({"learning": "recursive"}, "recursive learning changes N² numbers at every step"),
        ({"topology": "small world"}, "a small world is drawn tie by tie"),
    ],
)
def test_elsewhere_two_thousand_are_computed_and_the_page_says_why(given, said):
    for units, computed in ((LARGE, LARGE), (LARGE + 1, LARGE), (10_000, LARGE)):
        s = bounded(asked(**LARGEST | given | {"n_units": units}))
        assert s.n_units == computed
        sentence = shortage(units, s)
        assert bool(sentence) == (units > LARGE)
    assert sentence.startswith("N = 10,000 is too much here, and 2,000 units are computed: ") and said in sentence


@pytest.mark.parametrize(("delay", "computed"), [(20, 300), (3, 2000), (2, 2000), (4, 1500)])
def test_late_connections_are_bounded_by_what_theory_must_look_at(delay, computed):
    s = bounded(asked(topic="echo", n_units=2000, late=0.5, delay=delay))
    assert s.n_units == computed and s.n_units * delay <= 6000
    assert bounded(asked(topic="recipe", n_units=2000, late=0.5, delay=delay)).n_units == 2000
    sentence = shortage(2000, s)
    if computed == 2000:
        assert not sentence
    else:
        assert f"the last {delay} states together, {2000 * delay:,} numbers, and 6,000 are allowed" in sentence
        assert "lower the delay, or the late share to 0" in sentence


def test_the_first_frame_says_what_is_too_much_before_anything_is_computed(monkeypatch):
    go, compute = threading.Event(), topics.compute
    monkeypatch.setattr(topics, "compute", lambda s, drawn: (s.n_units == 50 or go.wait(60)) and compute(s, drawn))
    m = Esn(topic="echo", n_units=2000, late=0.5, delay=20, n_steps=40)
    assert m.stands_in and m.traced.settings.delay == QUICK_DELAY
    assert [said for said in m.take_notices() if said.startswith("N = 2,000 is too much here, and 300 units")]
    m.close()
    go.set()


def test_a_raster_of_steps_that_the_series_does_not_have_is_drawn_all_the_same():
    page = make(n_units=20, n_steps=40)
    frame = page.set(task="sunspots", topic="recipe", n_steps=2000, shown="around the cursor", cursor=1900)
    assert page.model.traced.states.shape[0] < 1900 and not any("could not" in said for said in frame["notices"])


def test_states_and_connections_are_bounded_to_the_last_unit():
    most = MOST_STATES // 2000
    for units in (most, most + 1):
        s = bounded(asked(**LARGEST | {"n_steps": 2000, "n_units": units}))
        assert s.n_units == most and bool(shortage(units, s)) == (units > most)
    assert "states over 2000 steps would be 8,002,000 numbers, and 8,000,000 fit" in shortage(units, s)
    s = bounded(asked(**LARGEST | {"density": 0.16}))
    assert s.n_units == 5000 == (MOST_CONNECTIONS / 0.16) ** 0.5
    assert "W would have 16,000,000 connections, and 4,000,000 are allowed" in shortage(10_000, s)
    ring = asked(**LARGEST | {"topology": "ring", "density": 1.0})
    assert bounded(ring) is ring


def test_whoever_asks_for_too_much_gets_less_and_a_notice():
    page = make(n_units=60)
    frame = page.set(n_units=10_000, n_steps=40, topic="memory")
    assert any(notice.startswith("N = 10,000 is too much here") for notice in frame["notices"])
    assert page.model.traced.states.shape == (40, 2000) and frame["values"]["n_units"] == 10_000
    assert not any("too much" in notice for notice in page.set(n_units=50)["notices"])


def test_readers_of_one_large_network_share_it(monkeypatch):
    calls, compute = [], topics.compute
    monkeypatch.setattr(topics, "compute", lambda s, drawn: calls.append(s) or compute(s, drawn))
    esn_model.shared.cache_clear()
    large = {"topic": "recipe", "topology": "ring", "n_units": 2001, "n_steps": 60, "n_new": 20}
    results = []
    for changes in ({}, {}, {"leak_rate": 0.5}):
        m = Esn(**large | changes)
        m.result  # noqa: B018  # what opens shows something smaller first
        deadline = time.monotonic() + 60
        while m.latest.working:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        m.forget_result()
        results.append(m.result)
    assert results[0] is results[1] and results[0].traced.unit is results[2].traced.unit
    assert sum(s.n_units == 2001 for s in calls) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"topic": "recipe", "n_units": 3000, "density": 0.01, "n_steps": 500},
        {"topic": "free run", "n_units": 3000, "density": 0.002, "n_steps": 200, "feedback_scaling": 1.0},
        {"topic": "echo", "n_units": 1500, "density": 0.02, "n_steps": 1000},
        {"topic": "memory", "n_units": 1000, "density": 0.05, "n_steps": 300},
        {"topic": "recipe", "n_units": 300, "density": 0.1, "n_steps": 1500, "learning": "recursive"},
    ],
    ids=lambda given: f"{given['topic']} {given['n_units']}",
)
def test_the_memory_of_a_computation_is_known_beforehand(given):
    s = Esn(**given).settings
    assert s.n_units == given["n_units"]
    topics.compute(Esn(**given | {"n_units": 20}).settings, Drawn())  # what is imported or compiled at first use
    peak = most_bytes(lambda: topics.compute(s, Drawn())) / 1e6
    assert 0.4 < peak / load.megabytes(s) < 2.5


def test_nothing_that_is_allowed_needs_more_than_a_gigabyte():
    for topic in ("echo", "memory", "recipe", "free run"):
        for n_steps in (40, 150, 800, 2000):
            for density in (0.001, 0.04, 1.0):
                s = bounded(asked(topic=topic, n_units=10_000, density=density, n_steps=n_steps))
                assert load.megabytes(s) < 1000, s


def test_a_long_wait_is_said_with_its_length():
    assert load.waiting(asked(**LARGEST), Drawn()) == "computing, about 6 s …"
    assert load.waiting(asked(n_units=100), Drawn()) == "computing …"


def test_bars_of_very_many_weights_are_a_sample_from_the_largest_to_the_smallest():
    r = topics.compute(Esn(topic="recipe", n_units=30, n_steps=80, n_new=20).settings, Drawn())
    V = np.random.default_rng(0).normal(size=(1, 10_002))
    bars, picture = WeightBars(), Picture()
    bars.show(picture, r._replace(V=V, ridge_V=V))
    rank, size = (picture.column(bars.source, name) for name in ("rank", "size"))
    assert len(rank) == MOST_WEIGHTS and (rank[0], rank[-1]) == (1, 10_002)
    np.testing.assert_allclose([size[0], size[-1]], np.log10([np.abs(V).max(), np.abs(V).min()]))
