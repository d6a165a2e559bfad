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
