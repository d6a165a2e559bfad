"""A page's state as a short, readable query string, and back.

Only what differs from the starting point (the defaults, or the preset named in `preset=`) is written. Reading never
fails: a value that is not allowed leaves the starting value in place and yields a notice that names it.
"""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus

import param
from param.parameterized import batch_call_watchers

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from app.shell.text import Text

# Names in a query that are the browser's own, not the model's: what each allows, or None where the browser judges.
BROWSER_NAMES: Mapping[str, tuple[str, ...] | None] = {
    "present": ("true", "false", "1", "0", ""),
    "theme": ("light", "dark"),
    "tab": ("lesson", "numbers", "tasks"),
    "predict": None,  # the prediction is open: true, or what has been drawn
    "challenge": ("1", "2", "3"),  # which one is being tried
    "solo": None,  # the plot or card that fills the stage
    "folded": None,  # cards that are put away, by key
    "pin": None,  # pinned states, each a query of its own
    "only": None,  # the one part that is shown, for an iframe
    "ground": ("transparent",),  # of such a part
}


def text(parameter: param.Parameter, value) -> str:
    """One parameter's value in the form used by URLs, lessons and notices."""
    if isinstance(parameter, Sequence):
        return parameter.encode(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, (int, float)) else str(value)


def parse(parameter: param.Parameter, written):
    """The value that `written` (text, or a plain TOML value) stands for; raises ValueError where it is not allowed."""
    value = written
    if isinstance(parameter, (Sequence, Text)):
        value = parameter.decode(str(written))
    elif isinstance(parameter, param.Boolean):
        if str(written).lower() not in ("true", "false"):
            raise ValueError("not true or false")
        value = str(written).lower() == "true"
    elif isinstance(parameter, param.Integer):
        value = int(str(written))
    elif isinstance(parameter, param.Number):
        value = float(written)
        if value != value:
            raise ValueError("not a number")
    parameter._validate(value)
    return value


def allowed(parameter: param.Parameter) -> str:
    """What a parameter allows, in words."""
    if isinstance(parameter, Sequence):
        kind = "0 or 1" if parameter.binary else f"{parameter.bounds[0]:g} to {parameter.bounds[1]:g}"
        return f"1 to {parameter.most} values of {kind}"
    if isinstance(parameter, param.Boolean):
        return "true or false"
    if isinstance(parameter, param.Selector):
        return ", ".join(str(item) for item in parameter.objects)
    if isinstance(parameter, param.Number):
        low, high = parameter.bounds
        return f"{low:g} to {high:g}" + (", whole" if isinstance(parameter, param.Integer) else "")
    if isinstance(parameter, Text):
        return f"{parameter.least} to {parameter.most} of the characters “{parameter.alphabet.strip()}” and spaces"
    return "text"


def values_from(model: PageModel | type[PageModel], written: Mapping[str, object]) -> dict[str, Any]:
    """Parsed values for `model`; raises ValueError or KeyError."""
    return with_steps(model, {name: parse(model.parameters()[name], item) for name, item in written.items()})


def with_steps(model: PageModel | type[PageModel], values: dict[str, Any]) -> dict[str, Any]:
    """T follows the longest of the given sequences, where it is not given itself."""
    lengths = [len(values[name]) for name in model.sequences() if name in values]
    if lengths and "n_steps" not in values:
        low, high = model.parameters()["n_steps"].bounds
        values["n_steps"] = min(max(*lengths, low), high)
    return values


def apply_preset(model: PageModel, presets: Mapping[str, Mapping], name: str) -> None:
    """Defaults, then the preset's values; the seed is kept."""
    change(model, starting_values(model) | values_from(model, presets[name]))
    model.preset = name


def change(model: PageModel, values: Mapping[str, Any]) -> None:
    """Set several parameters as one change; those that are as they were cost nothing."""
    with batch_call_watchers(model):  # `param.update` would read every parameter, to be able to put it back
        for name, value in values.items():
            if getattr(model, name) != value:
                setattr(model, name, value)


def says_nothing(query: Mapping[str, str]) -> bool:
    """Whether a query leaves the page as it opens: it has the browser's own names only, with allowed values."""
    return query.keys() <= BROWSER_NAMES.keys() and all(
        (known := BROWSER_NAMES[name]) is None or written in known for name, written in query.items()
    )


def starting_values(model: PageModel) -> dict[str, Any]:
    """The default of every parameter but the seed."""
    return {name: model.parameters()[name].default for name in model.state_parameters() if name != "seed"}


def restore(model: PageModel, presets: Mapping[str, Mapping], query: Mapping[str, str]) -> list[str]:
    """Set `model` from a query; returns one notice per value that could not be used."""
    notices = [
        f"{name} = {_short(query[name])} is not allowed ({' or '.join(filter(None, known))}); it was left out."
        for name, known in BROWSER_NAMES.items()
        if known is not None and query.get(name, known[0]) not in known
    ]
    query = {name: item for name, item in query.items() if name not in BROWSER_NAMES}
    preset = query.pop("preset", "")
    if preset in presets:
        apply_preset(model, presets, preset)
    elif preset:
        notices.append(f"There is no preset “{_short(preset)}”; this page has {', '.join(presets)}.")
    good = {}
    for name, written in query.items():
        if name not in model.state_parameters():
            notices.append(f"This page has no setting “{_short(name)}”; it was left out.")
            continue
        try:
            good[name] = parse(model.parameters()[name], written)
        except (ValueError, TypeError, OverflowError):
            parameter = model.parameters()[name]
            kept = _short(text(parameter, getattr(model, name)))
            given = f"{name} = {_short(written)}" if written else f"Nothing for {name}"
            notices.append(f"{given} is not allowed ({allowed(parameter)}); {kept} is used.")
    most = model.parameters()["n_steps"].bounds[1]
    for name in (name for name in model.sequences() if len(good.get(name, ())) > most):
        notices.append(f"{name} has {len(good[name])} steps, this page at most {most}: the first {most} are used.")
    change(model, with_steps(model, good))
    if "cursor" in good and model.cursor > model.n_positions:
        last = model.n_positions
        notices.append(f"cursor = {model.cursor} is not allowed (1 to {last}); {last} is used.")
        model.cursor = last
    return notices


def query(model: PageModel, presets: Mapping[str, Mapping], state: Mapping[str, Any] | None = None) -> str:
    """The query string that restores `model`. state: the model's, where it is known already."""
    preset = tuple(presets[model.preset].items()) if model.preset else ()
    base = _base(type(model), preset)  # type: ignore[arg-type]  # classes do hash
    parts = [f"preset={quote_plus(model.preset)}"] if model.preset else []
    written = []
    for name, value in (state or model.state()).items():
        parameter, start = model.parameters()[name], base[name]
        if isinstance(parameter, Sequence):
            value = tuple(model.sequence(name).tolist())
            start = tuple(parameter.padded(start, model.n_steps).tolist())
        if value != start:
            written.append(name)
            parts.append(f"{name}={quote_plus(text(parameter, value), safe='*,')}")
    # Read back, T would follow a written sequence; a T that equals the base must then be written too.
    if "n_steps" not in written and any(name in written for name in model.sequences()):
        lengths = [len(model.sequence(name)) for name in written if name in model.sequences()]
        if max(lengths) != model.n_steps:
            parts.append(f"n_steps={model.n_steps}")
    return "&".join(parts)


@functools.lru_cache(maxsize=256)
def _base(model_class: Any, preset: tuple[tuple[str, Any], ...]) -> Mapping[str, Any]:
    """What an address is counted from: the defaults, and a preset's values on top of them."""
    base = {name: parameter.default for name, parameter in model_class.parameters().items()}
    return MappingProxyType(base | values_from(model_class, dict(preset)))


def is_preset(written: str) -> bool:
    """Whether a query says no more than a preset, a cursor and a seed: the preset's own words still fit."""
    return all(part.split("=")[0] in ("preset", "cursor", "seed") for part in written.split("&"))


def _short(written: str, limit: int = 40) -> str:
    return written if len(written) <= limit else written[: limit - 1] + "…"
