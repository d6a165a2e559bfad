"""What one reader's figures show, written down and not set: the figures themselves are shared by all readers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.model import Model
from bokeh.models import ColumnDataSource

from app.parts.ranges import bounds


class Picture:
    """Collects columns by source and properties by model; both go to the browser, none into the models.

    `get` answers with what a model will show, so that one part can follow another.
    """

    def __init__(self) -> None:
        self.columns: dict[str, dict[str, Any]] = {}  # by id of the source
        self.properties: dict[str, dict[str, Any]] = {}  # by id of the model

    def put(self, source: ColumnDataSource, columns: Mapping[str, Any]) -> None:
        """Fill a source: arrays, lists of arrays (one line each), images (rows, columns), or texts."""
        self.columns[source.id] = dict(columns)

    def column(self, source: ColumnDataSource, name: str) -> Any:
        """A column as it will be shown."""
        return self.columns.get(source.id, source.data)[name]

    def change(self, model: Model, **values: Any) -> None:
        """Set properties of a model. Raises AttributeError where it has no such property."""
        for name in values:
            model.lookup(name)
        self.properties.setdefault(model.id, {}).update(values)

    def get(self, model: Model, name: str) -> Any:
        """A property as it will be shown: as set here, else as the model was built."""
        return self.properties.get(model.id, {}).get(name, getattr(model, name))

    def fit(
        self, limits: Model, *arrays: np.ndarray, include: tuple[float, ...] = (0.0,), pad: float = 0.18
    ) -> tuple[float, float]:
        """Let a range reach to tidy bounds around finite values, and return it."""
        low, high = bounds(*arrays, include=include, pad=pad)
        self.change(limits, start=low, end=high)
        return low, high
