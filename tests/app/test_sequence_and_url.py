"""Sequences as text, and a page's state as a query string."""

import numpy as np
import param
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shell import address
from app.shell.model import PageModel
from app.shell.sequence import Sequence
from tests.memory import most_bytes

PRESETS = {"first": {"level": 0.25, "x": "1*3,0"}, "long": {"n_steps": 30, "kind": "two words"}}


class Example(PageModel):
    n_steps = param.Integer(13, bounds=(1, 200))
    level = param.Number(0.5, bounds=(0, 2))
    kind = param.Selector(default="one", objects=["one", "two words"])
    flag = param.Boolean(False)
    seed = param.Integer(1, bounds=(0, 9999))
    x = Sequence((0.0,), bounds=(-3, 3))
    bits = Sequence((0.0, 1.0, 1.0), binary=True)


def read(query: str) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(query, keep_blank_values=True))


@given(st.lists(st.floats(-3, 3).map(lambda value: round(value, 2)), min_size=1, max_size=201))
def test_a_sequence_survives_its_text_form(values):
    parameter = Example.param.x
    assert parameter.decode(parameter.encode(values)) == tuple(values)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=201))
def test_bits_survive_their_text_form(values):
    parameter = Example.param.bits
    assert parameter.encode(values) == "".join(str(int(value)) for value in values)
    assert parameter.decode(parameter.encode(values)) == tuple(values)


def test_runs_are_short():
    assert Example.param.x.encode([1, 1, 1, 1, 0, 0, 0, 0.5]) == "1*4,0*3,0.5"
    assert Example.param.x.decode("1*4,0*3,0.5") == (1, 1, 1, 1, 0, 0, 0, 0.5)


@pytest.mark.parametrize(
    "text", ["", "a", "1,,2", "4", "nan", "inf", "1*0", "1*-2", "1*202", "0*150,0*150", "1*1e9", "1*2*3", "1*", "*3"]
)
def test_a_malformed_sequence_is_refused(text):
    with pytest.raises((ValueError, OverflowError)):
        Example.param.x.decode(text)


def test_a_sequence_that_is_far_too_long_is_refused_before_it_fills_memory():
    def refused():
        with pytest.raises(ValueError, match="1 to 201 values"):
            Example.param.x.decode("1*201," * 20_000 + "1")

    assert most_bytes(refused) < 5e6


@pytest.mark.parametrize("text", ["", "012", "0b1", "1 x", "0" * 202, "0.5,1"])
def test_malformed_bits_are_refused(text):
    with pytest.raises(ValueError):
        Example.param.bits.decode(text)


@given(
    st.integers(1, 200),
    st.floats(0, 2).map(lambda value: round(value, 3)),
    st.sampled_from(["one", "two words"]),
    st.booleans(),
    st.integers(0, 9999),
    st.lists(st.floats(-3, 3).map(lambda value: round(value, 2)), min_size=1, max_size=200),
    st.sampled_from(["", "first", "long"]),
)
def test_every_state_survives_its_query(n_steps, level, kind, flag, seed, x, preset):
    model = Example()
    if preset:
        address.apply_preset(model, PRESETS, preset)
    model.param.update(n_steps=n_steps, level=level, kind=kind, flag=flag, seed=seed, x=tuple(x))
    again = Example()
    assert address.restore(again, PRESETS, read(address.query(model, PRESETS))) == []
    for name in ("n_steps", "level", "kind", "flag", "seed"):
        assert getattr(again, name) == getattr(model, name), name
    np.testing.assert_array_equal(again.sequence("x"), model.sequence("x"))
    np.testing.assert_array_equal(again.sequence("bits"), model.sequence("bits"))


def test_only_differences_are_written_and_stay_readable():
    model = Example()
    assert address.query(model, PRESETS) == ""
    model.param.update(level=0.3, x=(1.0,) * 4 + (0.0,) * 9)
    assert address.query(model, PRESETS) == "level=0.3&x=1*4,0*9"


def test_steps_follow_a_sequence_given_alone():
    model = Example()
    address.restore(model, PRESETS, {"bits": "010101"})
    assert model.n_steps == 6
    address.restore(model, PRESETS, {"bits": "0101", "n_steps": "9"})
    assert model.n_steps == 9
    assert len(address.restore(model, PRESETS, {"bits": "01011", "n_steps": "x"})) == 1
    assert model.n_steps == 5


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"level": "99"}, "level = 99"),
        ({"level": "nan"}, "level = nan"),
        ({"level": "inf"}, "level = inf"),
        ({"n_steps": "3.5"}, "n_steps = 3.5"),
        ({"n_steps": "1e400"}, "n_steps"),
        ({"kind": "three"}, "kind = three"),
        ({"flag": "maybe"}, "flag = maybe"),
        ({"x": "4,4"}, "x = 4,4"),
        ({"bits": "0120"}, "bits = 0120"),
        ({"nosuch": "1"}, "nosuch"),
        ({"name": "x"}, "name"),
        ({"preset": "third"}, "third"),
        ({"level": "x" * 5000}, "…"),
    ],
)
def test_a_bad_value_keeps_the_default_and_is_named(query, named):
    model, untouched = Example(), Example()
    notices = address.restore(model, PRESETS, query)
    assert len(notices) == 1 and named in notices[0] and len(notices[0]) < 250
    assert [getattr(model, name) for name in model.state_parameters()] == [
        getattr(untouched, name) for name in model.state_parameters()
    ]


def test_a_bad_value_does_not_spoil_the_good_ones():
    model = Example()
    assert len(address.restore(model, PRESETS, {"level": "9", "kind": "two words", "seed": "7"})) == 1
    assert (model.level, model.kind, model.seed) == (0.5, "two words", 7)


def test_a_shorter_time_axis_loses_nothing():
    model = Example(x=tuple(float(k % 3) for k in range(50)), n_steps=50)
    model.n_steps = 10
    model.edit("x", {2: -1.0})
    model.n_steps = 50
    assert model.sequence("x")[1] == -1 and model.sequence("x")[49] == 49 % 3


def test_edits_are_clipped_into_bounds_and_outside_steps_ignored():
    model = Example(x=(0.0,) * 5, n_steps=5)
    model.edit("x", {0: 1.0, 1: 9.0, 5: -9.0, 6: 1.0})
    assert model.sequence("x").tolist() == [3, 0, 0, 0, -3]


def test_what_the_browser_reads_itself_is_checked_too():
    for present in ("true", "1", ""):
        known = {"theme": "dark", "present": present, "solo": "h"}
        assert address.restore(Example(), {}, known) == [] and address.says_nothing(known)
    assert not address.says_nothing({"theme": "foo"}) and not address.says_nothing({"theme": "dark", "n_steps": "3"})
    notices = address.restore(Example(), {}, {"theme": "foo", "present": "maybe"})
    assert len(notices) == 2 and "foo is not allowed (light or dark)" in notices[1] and "maybe" in notices[0]
