"""The page shell: ties a model, its view and its lesson to one browser session.

A page script ends with `serve(Model, View)`. The template gives the surroundings (drawer, stage, lesson,
tasks, player, dialogs) and needs nothing from a page but what these three objects say.
"""

import base64
import functools
import json
import logging
from urllib.parse import parse_qsl

import panel as pn
from bokeh.document import Document

from app.shell import address, document, export, job, latency, lessons, tasks
from app.shell.bridge import Bridge
from app.shell.model import PageModel
from app.shell.view import View
from engine.warm import compile_kernels

log = logging.getLogger("unrolled")

TROUBLE = "This change could not be drawn; the page shows the state before it."
UNREADABLE = "This address could not be read; the lesson starts from its beginning."
POLL = 200  # milliseconds between two pictures of work in the background
SELDOM = 3  # while any reader moves something, only every so many of them


def serve(model_class: type[PageModel], view_class: type[View]) -> None:
    """Attach a page to the current session. Outside a server (tests importing the page) it does nothing."""
    doc = pn.state.curdoc
    if doc is None or doc.session_context is None:
        return
    latency.install()
    ready()
    arguments = {name: values[-1].decode("utf-8", "replace") for name, values in pn.state.session_args.items()}
    try:
        page = Page(model_class(), view_class, doc, arguments)
    except Exception:
        log.exception("%s could not be opened with %.500s", model_class.stem, arguments)
        page = Page(model_class(), view_class, doc)
        page.tell(UNREADABLE)
    page.attach()


@functools.cache
def ready() -> None:
    """Compile or load all kernels before the first page of this process opens: no reader's move ever waits for it."""
    compile_kernels()


class Page:
    """One reader's page. `handle` takes the reader's requests, `frame` says what the browser shows."""

    def __init__(
        self, model: PageModel, view_class: type[View], doc: Document, arguments: dict[str, str] | None = None
    ):
        self.model, self.doc = model, doc
        self.lesson = lessons.load(model.stem)
        self.presets = {preset.name: preset.values for preset in self.lesson.presets}
        self.notices = self._start(arguments or {})
        self.view = view_class(model)
        self.diagram = self.view.diagram()
        self._drawn = self.view.diagram_key()
        self.bridge = Bridge(name="bridge")
        self.score: dict | None = None
        self._own: str | None = None  # the reader's settings before a task or the example replaced them
        self.clipped: dict[str, int] = {}
        self.answered = 0
        self.update = latency.LatestWins(doc, self._update)
        self._poll = None  # the document's periodic callback while the view is busy
        self._polls = 0
        self.view.connected, self.view.repaint = self._connected, self._repaint
        self._stale = True
        self._update()

    def _start(self, arguments: dict[str, str]) -> list[str]:
        address.apply_preset(self.model, self.presets, self.lesson.presets[0].name)
        return address.restore(self.model, self.presets, arguments)

    def tell(self, notice: str) -> None:
        """Show a notice until the next change."""
        self.notices.append(notice)
        self._update()

    # What leaves for the browser

    def _update(self) -> None:
        try:
            if self._stale:
                self.clipped = self.view.refresh()
                self._stale = False
            self.bridge.frame = json.dumps(self.frame(), ensure_ascii=False)
        except Exception:
            log.exception("refresh of %s failed", self.model.stem)
            self.bridge.frame = json.dumps({"answered": self.answered, "notices": [TROUBLE]})

    def frame(self) -> dict:
        """Everything on the page that follows the state and is not a plot."""
        t, predicting = self.model.at, bool(self.view.concealed)
        query = address.query(self.model, self.presets)
        blocks = [] if predicting else self.view.numbers(t)
        notices = self.notices + self.model.take_notices()
        if self.clipped:
            first = min(self.clipped.values())
            late = ", ".join(label if t == first else f"{label} from t = {t}" for label, t in self.clipped.items())
            notices.append(f"From t = {first} plots are clipped ({late}). {self.model.divergence(first)}")
        return {
            "answered": self.answered,
            "waits": self.view.waits(),
            "t": t,
            "steps": self.model.n_steps,
            "position": self.model.position,
            "positions": self.model.n_positions,
            "diagram": self._new_diagram(),
            "tables": self.view.tables(),
            "live": self.view.live_shown(t),
            "numbers": "".join(block.html() for block in blocks),
            "sentence": "" if predicting else self.model.sentence(),
            "notices": notices,
            "preset": self.model.preset if address.is_preset(query) else "",
            "start": self.model.preset,
            "query": query,
            "challenges": [] if predicting else self._challenges(),
            "predicting": predicting,
            "score": self.score,
            "seed": getattr(self.model, "seed", None),
            "hidden": list(self.view.hidden_cards()),
            "idle": list(self.view.idle_controls()),
            "unused": list(self.view.hidden_controls()),
            "fixed": list(self.view.fixed_strips()),
            "players": {name: getattr(self.model, name) for name in self.players()},
        }

    def _new_diagram(self) -> str:
        """The diagram drawn anew where its shapes have changed, else an empty text."""
        key = self.view.diagram_key()
        if key == self._drawn:
            return ""
        self._drawn, self.diagram = key, self.view.diagram()
        return self.diagram.svg()

    def _challenges(self) -> list[dict]:
        """The engine's verdict on each challenge."""
        return [getattr(self.model, challenge.check)()._asdict() for challenge in self.lesson.challenges]

    def players(self) -> list[str]:
        """Parameters that have a player of their own on a card."""
        return [card.player for card in self.view.cards if card.player]

    # What the reader asks for

    def changed(self, *events) -> None:
        """Parameters have changed: what was said about the state before no longer holds."""
        job.give_way()
        if any(event.name != "cursor" for event in events):
            self.notices, self.score, self._stale = [], None, True
        self.update()

    def requested(self, attribute: str, old: str, new: str) -> None:
        """A request from the browser; one that can't be understood is logged and answered with the present state."""
        job.give_way()
        try:
            for request in json.loads(new):
                self.answered = int(request["id"])
                self.handle(request)
        except Exception:
            log.exception("request to %s failed: %.300s", self.model.stem, new)
            self.notices = [TROUBLE]
        self.update()

    def handle(self, request: dict) -> None:
        """Do one thing: `do` names a method below, the other entries are its arguments."""
        arguments = {name: value for name, value in request.items() if name not in ("id", "do")}
        actions = {
            "cursor": self.move,
            "edit": self.edit,
            "preset": self.choose,
            "reset": self.reset,
            "seed": self.reseed,
            "example": self.show_example,
            "solve": self.solve,
            "predict": self.predict,
            "reveal": self.reveal,
            "cancel": self.cancel,
            "back": self.back,
            "pin": self.pin,
            "download": self.send_file,
            "set": self.set,
            "act": self.act,
            "upload": self.upload,
        }
        actions[request["do"]](**arguments)

    def move(self, t: int) -> None:
        self.model.cursor = max(1, min(int(t), self.model.n_positions))

    def edit(self, name: str, steps: dict[str, float]) -> None:
        self.view.edited(name)
        self.model.edit(name, {int(step): float(value) for step, value in steps.items()})

    def apply_preset(self, name: str) -> None:
        self._leave_prediction()
        address.apply_preset(self.model, self.presets, name)

    def choose(self, name: str) -> None:
        """Start from a preset: there is nothing to come back to."""
        self._own = None
        self.apply_preset(name)

    def reset(self) -> None:
        """Back to the preset last chosen; the seed stays."""
        self.choose(self.model.preset or self.lesson.presets[0].name)

    def reseed(self) -> None:
        self.model.seed = (self.model.seed * 48271 + 11) % (self.model.param.seed.bounds[1] + 1)

    def set(self, values: dict[str, object]) -> None:
        """Set parameters from their text form; values that are not allowed change nothing."""
        self.notices = address.restore(self.model, self.presets, {name: str(value) for name, value in values.items()})

    def act(self, name: str) -> None:
        """Do one of the things that the view offers beside its settings: start a training run, for instance."""
        if name not in self.view.acts:
            raise ValueError(f"{self.model.stem} offers {', '.join(self.view.acts) or 'nothing'}, not {name!r}")
        getattr(self.view, name)()
        self._stale = True
        self._follow_work()

    def upload(self, name: str, content: str) -> None:
        """Give the view a file that the reader has chosen; `content` is base64."""
        limit = self.view.upload_limit
        self._stale = True
        if len(content) > limit * 4 / 3 + 4:
            self.notices = [f"{name[:60]} is too large: {limit / 2**20:g} MiB are allowed."]
            return
        try:
            self.view.upload(name, base64.b64decode(content, validate=True))
        except ValueError as problem:
            self.notices = [f"{name[:60]}: {problem}"]

    def show_example(self, step: int) -> None:
        self._remember()
        shown = self.lesson.example[int(step)]
        if shown.preset:
            self.apply_preset(shown.preset)
        self.model.param.update(**address.values_from(self.model, shown.values))
        if shown.cursor:
            self.model.cursor = shown.cursor

    def solve(self, challenge: int) -> None:
        """Show the stored solution of a challenge."""
        self._leave_prediction()
        solution = self.lesson.challenges[int(challenge)].solution
        self.model.param.update(**(address.starting_values(self.model) | address.values_from(self.model, solution)))
        self.model.preset = ""

    def predict(self) -> None:
        """Hide the answer and let the reader draw."""
        self._remember()
        self.apply_preset(self.lesson.predict.preset)
        self.pin(False)  # a pinned trace could give the answer away
        self.view.concealed, self.score, self._stale = self.lesson.predict.signal, None, True

    def reveal(self, values: list[float]) -> None:
        self._leave_prediction()
        task = self.lesson.predict
        self.score = tasks.score_prediction(self.model, task.signal, task.tolerance, values)
        self.model.cursor = max(1, self.score["step"])

    def cancel(self) -> None:
        self.back()

    def back(self) -> None:
        """Leave a task or the example: the settings that the reader had before come back."""
        self._leave_prediction()
        if self._own is not None:
            query, self._own = dict(parse_qsl(self._own)), None
            self.model.param.update(**address.starting_values(self.model))
            self.model.preset = ""
            self.notices = address.restore(self.model, self.presets, query)

    def _remember(self) -> None:
        if self._own is None:
            self._own = address.query(self.model, self.presets)

    def _leave_prediction(self) -> None:
        self.view.concealed, self.score, self._stale = "", None, True

    def pin(self, on: bool) -> None:
        """Keep the present traces as thin grey lines, to compare with what comes next."""
        source = self.view.stack.source.data
        self.view.stack.pinned.data = dict(source) if on else {name: [] for name in source}

    def send_file(self, kind: str) -> None:
        """Hand the browser a CSV or a Python script to save."""
        title = f"{self.lesson.title} (Unrolled)"
        files = {
            "csv": ("csv", "text/csv", lambda: export.csv(self.model)),
            "script": ("py", "text/x-python", lambda: export.script(self.model, title)),
        }
        suffix, mime, text = files[kind]
        self.bridge.download = json.dumps(
            {"id": self.answered, "name": f"{self.model.stem}.{suffix}", "type": mime, "text": text()}
        )

    # Work in the background

    def _follow_work(self) -> None:
        """Show the page anew a few times a second for as long as the view is busy."""
        if self.view.busy() and self._poll is None and self.doc.session_context is not None:
            self._poll = self.doc.add_periodic_callback(self._show_work, POLL)

    def _show_work(self) -> None:
        if not self.view.busy():
            self.doc.remove_periodic_callback(self._poll)
            self._poll = None
        elif job.READERS.are_active():
            self._polls += 1
            if self._polls % SELDOM != 1:
                return
        self._stale = True
        self.update()

    def _connected(self) -> bool:
        """Whether a browser is looking. A document without a session is looked at by whoever made it."""
        context = self.doc.session_context
        return context is None or context.session is None or context.session.connection_count > 0

    def _repaint(self) -> None:
        """Show a result that has come from another thread, in the document's own time."""
        if self.doc.session_context is not None:
            self.doc.add_next_tick_callback(self._show_result)

    def _show_result(self) -> None:
        self.model.forget_result()
        self._stale = True
        self.update()

    def _end(self, context) -> None:
        self.view.repaint = lambda: None
        self.view.close()

    # The session

    def attach(self) -> None:
        """Put everything into the document and listen."""
        document.attach(self)
        self.model.param.watch(self.changed, list(self.model.state_parameters()))
        self.bridge.on_change("request", self.requested)
        self.doc.on_session_destroyed(self._end)
