"""Which controls stand at hand in presenter mode: by preset, the most telling first."""

import param

from app.shell.lessons import Lesson, Preset
from app.shell.model import PageModel
from app.shell.view import View

LATE = ("n_steps",)  # changed by many presets, and seldom by a lecturer


def controls(lesson: Lesson, view: View, model: PageModel) -> dict[str, list[str]]:
    """The names of all controls that a slim bar can hold, in their order for each preset.

    First those that the preset names, then the numbers that it changes, then the view's own order. Raises ValueError
    for a name that is none of the view's controls.
    """
    kinds = model.parameters()
    low = param.Number | param.Selector | param.Boolean
    slim = [name for name in (*view.controls, *view.more) if isinstance(kinds[name], low)]
    sliders = [name for name in slim if not isinstance(kinds[name], param.Boolean | param.Selector)]
    return {preset.name: _ordered(lesson, preset, slim, sliders, view.controls) for preset in lesson.presets}


def _ordered(lesson: Lesson, preset: Preset, slim: list[str], sliders: list[str], first: tuple[str, ...]) -> list[str]:
    for name in preset.bar:
        if name not in slim:
            raise ValueError(f"{lesson.stem}: bar of {preset.name}: got {name!r}; allowed: {', '.join(slim)}")
    own = [name for name in sliders if name in first]
    changed = [name for name in own if name in preset.values]
    late = [name for name in LATE if name in first]
    order = [name for name in (*preset.bar, *changed, *own) if name in preset.bar or name not in LATE]
    return list(dict.fromkeys((*order, *late, *(name for name in slim if name in first))))
