"""Pages as a reader has them, without a server: what a browser would show after each request.

To build a room takes ten times as long as everything else; it is built once per process, as on the site. A test that
only asks the model takes `model_at`.
"""

import base64
import json
import time
from typing import Any

import numpy as np
from bokeh.document import Document

from app.shell import address, lessons
from app.shell.bridge import Bridge
from app.shell.contract import PARTED
from app.shell.model import PageModel
from app.shell.reader import Reader
from app.shell.room import Room, classes, room

PATIENCE = 120  # seconds: a machine that does much else gives a thread of the lowest priority little time

__all__ = ["MALFORMED", "Opened", "classes", "malformed", "model_at"]


class Opened:
    """A page opened at an address. `frame` is all that the browser has been told, the newest of each part."""

    def __init__(self, stem: str | Room, **arguments: object) -> None:
        self.room = room(stem) if isinstance(stem, str) else stem
        self.view: Any = self.room.view
        self.bridge = Bridge(name="bridge")
        self.frame: dict[str, Any] = {part: {} for part in PARTED}
        self.bridge.on_change("frame", lambda attribute, old, new: self._hear(new))
        query = {name: str(value) for name, value in arguments.items()}
        self.reader = Reader(self.room, query, Document(), self.bridge)
        self.bridge.on_change("request", self.reader.requested)
        self.sent = 0
        self.reader.show()
        self.wait()

    def __del__(self) -> None:
        """A page that a test has left: its work in the background need not go on beside the tests that follow."""
        if "reader" in self.__dict__:
            self.reader.end(None)

    @property
    def model(self) -> Any:
        return self.reader.model

    def _hear(self, message: str) -> None:
        change = json.loads(message)
        for key, value in change.items():
            if key in ("columns", "properties"):
                for name, entry in value.items():
                    self.frame[key].setdefault(name, {}).update(entry)
            elif key in PARTED:
                self.frame[key].update(value)
            else:
                self.frame[key] = value

    def ask(self, action: str, **details: object) -> dict[str, Any]:
        """Send one request as the browser does; returns the frame."""
        self.sent += 1
        self.bridge.request = json.dumps([{"id": self.sent, "do": action, **details}])
        self.wait()
        return self.frame

    def set(self, **values: object) -> dict[str, Any]:
        return self.ask("set", values=values)

    def show(self) -> dict[str, Any]:
        """Show what a test has changed on the model itself."""
        self.reader.actions.stale = True
        self.reader.show()
        self.wait()
        return self.frame

    def wait(self) -> None:
        """A result from a thread is shown as the server would show it; without a session nobody says when."""
        deadline = time.monotonic() + PATIENCE
        while self.model.waits():
            assert time.monotonic() < deadline, "no result in time"
            time.sleep(0.01)
        # a result that others have computed before may be there before the frame has left
        latest = getattr(self.model, "latest", None)
        late = latest is not None and self.model._result is not latest.shown
        if self.frame["waits"] or late or getattr(self.model, "is_late", bool)():
            self.reader._show_result()

    def data(self, source) -> dict[str, Any]:
        """The columns of a source, as the browser has them."""
        sent = self.frame["columns"].get(self.room.names[source.id])
        return dict(source.data) if sent is None else {name: decoded(values) for name, values in sent.items()}

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The stack's columns."""
        return self.data(self.view.stack.source)

    def shown(self, model, name: str) -> Any:
        """A property of a figure's model, as the browser has it."""
        return self.frame["properties"].get(self.room.names[model.id], {}).get(name, getattr(model, name))


def decoded(values: Any) -> Any:
    """A column out of its JSON (see `app.shell.outbox.encoded`)."""
    if isinstance(values, list):
        return [decoded(entry) if isinstance(entry, dict) else entry for entry in values]
    shape = values.get("shape")
    [(kind, text)] = [(kind, text) for kind, text in values.items() if kind != "shape"]
    array = np.frombuffer(base64.b64decode(text), dtype=kind)
    return array if shape is None else array.reshape(shape)


def model_at(stem: str, **arguments: object) -> Any:
    """The model alone, as an address sets it."""
    model: PageModel = classes(stem)[0]()
    presets = lessons.load(stem).preset_values
    address.apply_preset(model, presets, next(iter(presets)))
    assert address.restore(model, presets, {name: str(value) for name, value in arguments.items()}) == []
    # a training may have come after the result was made and before anybody asks whether it waits
    if model.result is not None and (model.waits() or getattr(model, "is_late", bool)()):
        settle(model)
    return model


def settle(model: Any) -> None:
    """Wait for a result that comes from a thread; what stands in for it says nothing of the settings."""
    deadline = time.monotonic() + PATIENCE
    while model.waits():
        assert time.monotonic() < deadline, "no result in time"
        time.sleep(0.01)
    model.forget_result()
    model.take_notices()


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
