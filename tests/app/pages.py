"""The model and view classes of a page, found as the page's file names them, and cheap ways to open it.

To build a page's figures takes ten times as long as everything else: a test that only asks the model builds none, and
one that goes through many addresses opens them in one page, one after the other.
"""

import importlib
import json
import time

from app.shell import address, lessons
from app.shell.model import PageModel
from app.shell.page import Page
from app.shell.view import View


def classes(stem: str) -> tuple[type[PageModel], type[View]]:
    """Model and view class of a page."""
    page = importlib.import_module(f"app.pages.{stem}")
    found = [value for value in vars(page).values() if isinstance(value, type)]
    models = [value for value in found if issubclass(value, PageModel) and value is not PageModel]
    views = [value for value in found if issubclass(value, View) and value is not View]
    assert len(models) == len(views) == 1, (models, views)
    return models[0], views[0]


def model_at(stem: str, **arguments) -> PageModel:
    """The model alone, as an address sets it."""
    model, presets = classes(stem)[0](), {preset.name: preset.values for preset in lessons.load(stem).presets}
    address.apply_preset(model, presets, next(iter(presets)))
    assert address.restore(model, presets, {name: str(value) for name, value in arguments.items()}) == []
    return model


def reopen(page: Page, **arguments) -> dict:
    """The frame of a page that is opened with an address; the figures are those of `page`, brought up to date."""
    page.model.param.update(**{name: page.model.param[name].default for name in page.model.state_parameters()})
    page.notices, page._stale = page._start({name: str(value) for name, value in arguments.items()}), True
    page._update()
    wait_for_result(page)
    return json.loads(page.bridge.frame)


def wait_for_result(page: Page) -> None:
    """A result that comes from a thread is shown as the server would show it; without a session nobody says when."""
    deadline = time.monotonic() + 60
    if page.view.waits():
        while page.view.waits():
            assert time.monotonic() < deadline, "no result in a minute"
            time.sleep(0.01)
        page._show_result()


# Each setting of each address must be refused and named by itself. {name} is the page's first sequence.
MALFORMED = [
    "cursor=abc&n_steps=-5&nonsense=1&preset=none&{name}=1,2,x*3",
    "cursor=0&n_steps=NaN&{name}=5*999999999",
    "cursor=1e9&n_steps=&{name}=",
    "cursor=%00&n_steps=13.7",
    "cursor=<script>alert(1)</script>",
]


def malformed(stem: str) -> list[str]:
    """Queries of which no setting is allowed on the page."""
    name = classes(stem)[0].sequences()[0]
    return [written.format(name=name) for written in MALFORMED]
