"""The model and view classes of a page, found as the page's file names them."""

import importlib

from app.model import PageModel
from app.view import View


def classes(stem: str) -> tuple[type[PageModel], type[View]]:
    """Model and view class of a page."""
    page = importlib.import_module(f"app.pages.{stem}")
    found = [value for value in vars(page).values() if isinstance(value, type)]
    models = [value for value in found if issubclass(value, PageModel) and value is not PageModel]
    views = [value for value in found if issubclass(value, View) and value is not View]
    assert len(models) == len(views) == 1, (models, views)
    return models[0], views[0]


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
