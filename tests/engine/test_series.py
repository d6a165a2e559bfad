import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import series

pytestmark = pytest.mark.filterwarnings("error")


def test_impulse_and_step():
    assert series.impulse(4).tolist() == [1, 0, 0, 0]
    assert series.impulse(1).tolist() == [1]
    assert series.step(3).tolist() == [1, 1, 1]


@pytest.mark.parametrize("period", [2, 4, 7.5, 20])
def test_sine(period):
    expected = [math.sin(2 * math.pi * t / period) for t in range(50)]
    np.testing.assert_allclose(series.sine(50, period), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("period", range(2, 101))
def test_square_switches_at_each_half_period(period):
    # whole numbers only: step t lies in half period number floor(2t / period)
    expected = [1 if (2 * t // period) % 2 == 0 else -1 for t in range(300)]
    assert series.square(300, period).tolist() == expected


def test_noise_is_uniform_and_repeatable():
    values = series.noise(20_000, np.random.default_rng(3))
    assert np.array_equal(values, series.noise(20_000, np.random.default_rng(3)))
    assert not np.array_equal(values, series.noise(20_000, np.random.default_rng(4)))
    assert -1 <= values.min() < -0.999
    assert 0.999 < values.max() < 1
    # mean 0 and variance 1/3, each within five standard errors
    assert abs(values.mean()) < 5 * math.sqrt(1 / 3 / 20_000)
    assert abs(values.var() - 1 / 3) < 5 * math.sqrt(4 / 45 / 20_000)


def test_sunspots_are_the_published_ones():
    years, numbers = series.sunspots()
    assert years.tolist() == list(range(1700, 2009))
    assert numbers.shape == (309,)
    published = {1700: 5.0, 1712: 0.0, 1778: 154.4, 1816: 45.8, 1913: 1.4, 1957: 190.2, 1979: 155.4, 1988: 100.2}
    assert {year: numbers[year - 1700] for year in published} == published
    assert (numbers.min(), numbers.max()) == (0, 190.2)


def test_sunspots_have_a_cycle_of_about_eleven_years():
    _, numbers = series.sunspots()
    power = np.abs(np.fft.rfft(numbers - numbers.mean())) ** 2
    assert 10 < 309 / power.argmax() < 12


def test_sunspots_are_fresh_copies():
    series.sunspots()[1][:] = -1
    assert series.sunspots()[1].min() == 0


def test_sunspot_file_is_small_and_names_its_source():
    text = series._SUNSPOTS.read_text()
    assert len(text) < 5000
    assert "National Geophysical Data Center" in text.splitlines()[1]


@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=50).filter(lambda values: len(set(values)) > 1))
def test_scaled_is_centred_and_reaches_one(values):
    result = series.scaled(values)
    assert abs(math.fsum(result)) < 1e-12 * len(values)
    assert np.abs(result).max() == 1
    # an increasing straight line through the data
    slope, intercept = np.polyfit(values, result, 1)
    assert slope > 0
    np.testing.assert_allclose(result, slope * np.array(values) + intercept, rtol=0, atol=1e-9)


def test_scaled_by_hand_and_at_the_extremes():
    assert series.scaled([0, 1, 5]).tolist() == pytest.approx([-2 / 3, -1 / 3, 1], rel=1e-15)
    assert series.scaled([7, 7]).tolist() == [0, 0]
    assert series.scaled([0]).tolist() == [0]
    assert series.scaled([-1e308, 1e308]).tolist() == [-1, 1]


def test_scaled_leaves_its_argument_alone():
    values = np.array([1.0, 2.0])
    series.scaled(values)
    assert values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: series.impulse(0), "n must be a whole number of at least 1, got 0"),
        (lambda: series.step(2.5), "n must be a whole number of at least 1, got 2.5"),
        (lambda: series.sine(3, 1), "period must be a finite number at least 2, got 1"),
        (lambda: series.sine("3", 4), "n must be a whole number"),
        (lambda: series.square(3, math.nan), "period must be"),
        (lambda: series.noise(3, 42), "rng must be a numpy.random.Generator, got 42"),
        (lambda: series.noise(-3, np.random.default_rng(0)), "n must be"),
        (lambda: series.scaled([]), "values must have one dimension and at least one value"),
        (lambda: series.scaled([1, math.nan]), "values must be finite"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
