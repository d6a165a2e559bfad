"""Exported scripts at settings that no preset shows: solutions of challenges, steps of the examples, drawn settings."""

import numpy as np
import param
import pytest

from app.shell import address, lessons
from app.shell.model import PageModel
from app.shell.sequence import Sequence
from app.shell.text import Text
from tests.app.pages import classes, model_at
from tests.lessons import plain
from tests.lessons.test_plain_scripts import STEMS

each_lesson = pytest.mark.parametrize("stem", STEMS)


@each_lesson
def test_at_the_solution_of_every_challenge(stem):
    for challenge in lessons.load(stem).challenges:
        model = model_at(stem)
        address.change(model, address.starting_values(model) | address.values_from(model, challenge.solution))
        plain.assert_computed_again(model)


@each_lesson
def test_at_every_step_of_the_example(stem):
    model = model_at(stem)
    for step in lessons.load(stem).example:
        if step.preset:
            address.apply_preset(model, lessons.load(stem).preset_values, step.preset)
        address.change(model, address.values_from(model, step.values))
        plain.assert_computed_again(model)


@each_lesson
@pytest.mark.parametrize("seed", range(6))
def test_at_settings_drawn_from_all_that_are_allowed(stem, seed):
    model = classes(stem)[0]()
    plain.assert_computed_again(drawn(model, np.random.default_rng(seed)))


def drawn(model: PageModel, rng: np.random.Generator) -> PageModel:
    """The model with every setting anywhere within its bounds; sequences have as many steps as are shown."""
    kinds = {name: kind for name, kind in model.parameters().items() if name != "cursor"}
    kinds = {name: kind for name, kind in kinds.items() if not isinstance(kind, (param.Event, Text))}
    address.change(model, {name: value(kind, rng, model.n_steps) for name, kind in kinds.items()})
    sequences = {name: kind for name, kind in kinds.items() if isinstance(kind, Sequence)}
    address.change(model, {name: value(kind, rng, model.n_steps) for name, kind in sequences.items()})
    return model


def value(kind: param.Parameter, rng: np.random.Generator, n_steps: int):
    if isinstance(kind, Sequence):
        numbers = rng.integers(0, 2, n_steps) if kind.binary else rng.uniform(*kind.bounds, n_steps).round(2)
        return tuple(numbers.astype(float).tolist())
    if isinstance(kind, param.Selector):
        return kind.objects[rng.integers(len(kind.objects))]
    if isinstance(kind, param.Boolean):
        return bool(rng.integers(2))
    if isinstance(kind, param.Integer):
        return int(rng.integers(kind.bounds[0], kind.bounds[1], endpoint=True))
    return round(float(rng.uniform(*kind.bounds)), 3)
