"""Which settings presenter mode has at hand, by preset."""

import dataclasses

import pytest

from app.shell import bar, lessons
from app.shell.room import room


def order(stem: str, preset: str, **changes) -> list[str]:
    found = room(stem)
    presets = [dataclasses.replace(one, **changes) if one.name == preset else one for one in lessons.load(stem).presets]
    lesson = dataclasses.replace(found.lesson, presets=tuple(presets))
    return bar.controls(lesson, found.view, found.model_class())[preset]


def test_what_a_preset_names_comes_first_then_the_numbers_that_it_changes():
    assert order("gamma", "impulse")[:2] == ["alpha", "taps"]
    assert order("gamma", "impulse", bar=("period",))[:3] == ["period", "alpha", "taps"]


def test_the_number_of_steps_comes_late_unless_it_is_named():
    first = order("gamma", "impulse")
    assert first.index("n_steps") > first.index("alpha")
    assert order("gamma", "impulse", bar=("n_steps",))[0] == "n_steps"


def test_each_is_there_once_and_none_is_a_field_for_a_sequence():
    for stem in lessons.stems():
        for names in bar.controls(lessons.load(stem), room(stem).view, room(stem).model_class()).values():
            assert len(set(names)) == len(names) >= 3
            assert not {"x", "bits", "text", "input_gate"} & set(names)


@pytest.mark.parametrize("name", ["alfa", "x"])
def test_a_name_that_is_no_slim_control_is_refused(name):
    with pytest.raises(ValueError, match=f"bar of impulse: got '{name}'; allowed: signal, alpha"):
        order("gamma", "impulse", bar=(name,))
