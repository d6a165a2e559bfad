"""What a reader can do: one method for each request, on the reader's own model and on nothing else."""

import base64
from typing import NamedTuple
from urllib.parse import parse_qsl

from app.shell import address, contract, export, notebook, qr, source, tasks
from app.shell.contract import Refused, Score, short
from app.shell.model import PageModel
from app.shell.room import Room
from app.shell.sequence import Sequence
from app.shell.text import Text


class File(NamedTuple):
    """A file for the reader to save."""

    name: str
    type: str
    text: str
    binary: bool = False  # whether text is base64


class Actions:
    """`do` does one request. Afterwards `notices`, `score`, `file` and `stale` say what there is to show."""

    def __init__(self, room: Room, model: PageModel, query: dict[str, str]) -> None:
        self.room, self.model = room, model
        self.lesson, self.presets = room.lesson, room.lesson.preset_values
        self.score: Score | None = None
        self.file: File | None = None
        self.code: qr.Code | None = None
        self.stale = True  # whether anything but the cursor has changed since the last frame
        self.own = ""  # the reader's settings before a task or the example replaced them, as a query
        self.example = -1  # the step of the worked example that leads the reader
        self.file_number = 0  # of the reader's file that the model has, as the browser counts them
        self._guess: contract.Reveal | None = None  # what is revealed step by step
        address.apply_preset(model, self.presets, self.lesson.presets[0].name)
        self.notices: list[str] = address.restore(model, self.presets, query)
        model.param.watch(self._changed, [name for name in model.state_parameters() if name != "cursor"])

    def _changed(self, *events: object) -> None:
        """What was said about the state before no longer holds."""
        self.notices, self.score, self.stale = [], None, True

    def do(self, request: contract.Request) -> None:
        """Raises Refused where the request's names or values are not this page's."""
        match request:
            case contract.Move(t):
                self.model.cursor = max(1, min(t, self.model.n_positions))
            case contract.Edit(name, steps):
                self._edit(name, steps)
            case contract.Choose(name):
                self._choose(name)
            case contract.Reset():
                self._choose(self.model.preset or self.lesson.presets[0].name)
            case contract.Restore():
                self._restore(request)
            case contract.Reseed():
                self._reseed()
            case contract.ShowExample(step):
                self._show_example(step)
            case contract.Solve(challenge):
                self._solve(challenge)
            case contract.Predict():
                self._predict()
            case contract.Reveal():
                self._reveal(request)
            case contract.Uncover(steps):
                self._uncover(steps)
            case contract.Cancel() | contract.Back():
                self._back()
            case contract.Download(kind):
                self._download(kind)
            case contract.Code(text):
                self.code = qr.code(text)
            case contract.Set(values):
                self._set(values)
            case contract.Act(name):
                self._act(name)
            case contract.Upload():
                self._upload(request)

    def _edit(self, name: str, steps: dict[str, float]) -> None:
        _one_of("sequence", name, self.model.sequences())
        if not all(step.isdecimal() and len(step) < 10 for step in steps):
            raise Refused("Steps are whole numbers from 1.")
        self.model.edited(name)
        self.model.edit(name, {int(step): float(value) for step, value in steps.items()})

    def _apply_preset(self, name: str) -> None:
        self._leave_prediction()
        address.apply_preset(self.model, self.presets, name)

    def _choose(self, name: str) -> None:
        """Start from a preset: there is nothing to come back to."""
        _one_of("preset", name, self.presets)
        self.own = ""
        self._apply_preset(name)

    def _restore(self, state: contract.Restore) -> None:
        """A state that the page had before: undoing, or going back."""
        example = -1 if state.example == -1 else _index("step of the example", state.example, len(self.lesson.example))
        self._show(state.query)
        self.example, self.own = example, state.own

    def _show(self, query: str) -> None:
        """The state of an address, the seed included.

        It is found on a model of its own: a detour over other settings would stop what runs in the background.
        """
        self._leave_prediction()
        other = type(self.model)()
        address.apply_preset(other, self.presets, self.lesson.presets[0].name)  # as a page opens
        notices = address.restore(other, self.presets, dict(parse_qsl(query, keep_blank_values=True)))
        wanted, preset = other.state(), other.preset
        other.close()
        address.change(self.model, wanted)
        address.change(self.model, wanted)  # the model may have bound one of them to the others
        self.model.preset, self.notices = preset, notices

    def _reseed(self) -> None:
        if not hasattr(self.model, "seed"):
            raise Refused("No chance is involved on this page: it has no seed.")
        self.model.seed = (self.model.seed * 48271 + 11) % (self.model.parameters()["seed"].bounds[1] + 1)

    def _set(self, values: dict[str, bool | int | float | str]) -> None:
        """Set parameters from their text form; values that are not allowed change nothing and are named."""
        # An address may name these beside settings; a request has others for them.
        foreign = [name for name in values if name in ("preset", *address.BROWSER_NAMES)]
        read = {name: self._typed(name, str(value)) for name, value in values.items() if name not in foreign}
        said = [f"This page has no setting “{name}”; it was left out." for name in foreign]
        said += [notice for _, notices in read.values() for notice in notices]
        taken = {name: value for name, (value, _) in read.items() if value is not None}
        self.notices = said + address.restore(self.model, self.presets, taken)

    def _typed(self, name: str, written: str) -> tuple[str | None, list[str]]:
        """What is taken of a typed value (None: nothing), and what is said about the rest."""
        parameter = self.model.parameters()[name] if name in self.model.state_parameters() else None
        if isinstance(parameter, Sequence):
            return self._typed_sequence(parameter, written)
        if isinstance(parameter, Text):
            return _typed_text(parameter, written)
        return written, []

    def _typed_sequence(self, parameter: Sequence, written: str) -> tuple[str | None, list[str]]:
        try:
            values = parameter.decode(written)
        except (ValueError, OverflowError) as problem:
            return None, [f"{parameter.label}: {problem}. The sequence is unchanged."]
        least = self.model.parameters()["n_steps"].bounds[0]
        if len(values) >= least:
            return written, []
        given = f"{len(values)} of at least {least} steps given"
        return written, [f"{parameter.label}: {given}; the others are {parameter.fill:g}."]

    def _act(self, name: str) -> None:
        """Do one of the things that the page offers beside its settings: start a training run, for instance."""
        _one_of("action", name, self.model.acts)
        getattr(self.model, name)()
        self.notices, self.stale = [], True

    def _upload(self, file: contract.Upload) -> None:
        """Give the model a file that the reader has chosen; its content is base64."""
        limit, short = self.model.upload_limit, file.name[:60]
        if len(file.content) > limit * 4 / 3 + 4:
            raise Refused(f"{short} is too large: {limit / 2**20:g} MiB are allowed.")
        self.stale = True
        try:
            self.model.upload(file.name, base64.b64decode(file.content, validate=True))
        except ValueError as problem:
            raise Refused(f"{short}: {problem}") from problem
        self.file_number = file.number

    def _download(self, kind: str) -> None:
        """Numbers, a script or a notebook of what is shown, or the engine, to save."""
        _one_of("file", kind, ("csv", "script", "notebook", "engine"))
        model = self.model
        state = (model, f"{self.lesson.title} (Unrolled)", f"{model.stem}?{address.query(model, self.presets)}")
        match kind:
            case "csv":
                self.file = File(f"{model.stem}.csv", "text/csv", export.csv(model))
            case "script":
                self.file = File(f"{model.stem}.py", "text/x-python", export.script(*state))
            case "notebook":
                self.file = File(f"{model.stem}.ipynb", "application/x-ipynb+json", notebook.notebook(*state))
            case "engine":
                content = base64.b64encode(source.engine_zip()).decode("ascii")
                self.file = File("unrolled-engine.zip", "application/zip", content, binary=True)

    # Tasks

    def _show_example(self, step: int) -> None:
        shown = self.lesson.example[_index("step of the example", step, len(self.lesson.example))]
        self._remember()
        self._leave_prediction()
        if shown.preset:
            self._apply_preset(shown.preset)
        address.change(self.model, address.values_from(self.model, shown.values))
        if shown.cursor:
            self.model.cursor = shown.cursor
        self.example = step

    def _solve(self, challenge: int) -> None:
        """Show the stored solution of a challenge."""
        solution = self.lesson.challenges[_index("challenge", challenge, len(self.lesson.challenges))].solution
        self._leave_prediction()
        address.change(self.model, address.starting_values(self.model) | address.values_from(self.model, solution))
        self.model.preset = self.lesson.presets[0].name  # from which an address counts that names none

    def _predict(self) -> None:
        """Hide the answer and let the reader draw."""
        self._remember()
        self._apply_preset(self.lesson.predict.preset)
        self.model.concealed, self.score, self.stale = self.lesson.predict.signal, None, True

    def _reveal(self, guess: contract.Reveal) -> None:
        if not self.model.concealed:
            raise Refused("There is no prediction to reveal.")
        if guess.pixel < 0:
            raise Refused(f"“reveal”: pixel = {short(guess.pixel)} is not allowed; it has to be 0 or more.")
        self._guess = guess
        self._uncover(1 if guess.by_step else self.model.n_steps)

    def _uncover(self, steps: int) -> None:
        """Show the first steps of the answer, with the cursor at the last of them. The score waits for the whole."""
        if self._guess is None:
            raise Refused("There is no prediction that is revealed step by step.")
        if steps < 1:
            raise Refused(f"“uncover”: steps = {short(steps)} is not allowed; it has to be 1 or more.")
        self.model.revealed, self.model.cursor, self.stale = steps, min(steps, self.model.n_steps), True
        if steps >= self.model.n_steps:
            self._score(self._guess)

    def _score(self, guess: contract.Reveal) -> None:
        self._leave_prediction()
        task = self.lesson.predict
        self.score = tasks.score_prediction(self.model, task.signal, task.tolerance, guess.values, guess.pixel)
        self.model.cursor = max(1, self.score["step"])

    def _back(self) -> None:
        """Leave a task or the example: the settings that the reader had before come back."""
        self._leave_prediction()
        query, self.own, self.example = self.own, "", -1
        if query:
            self._show(query)

    def _remember(self) -> None:
        if not self.own:
            self.own = address.query(self.model, self.presets)

    def _leave_prediction(self) -> None:
        self.model.concealed, self.model.revealed, self._guess = "", None, None
        self.score, self.stale = None, True


def _one_of(kind: str, name: str, known) -> None:
    if name not in known:
        raise Refused(f"There is no {kind} “{short(name)}”; this page has {', '.join(known) or 'none'}.")


def _index(kind: str, given: int, count: int) -> int:
    if not 0 <= given < count:
        raise Refused(f"There is no {kind} {short(given)}; they count from 0 to {count - 1}.")
    return given


def _typed_text(parameter: Text, written: str) -> tuple[str | None, list[str]]:
    """Unknown characters are left out and named."""
    try:
        known, unknown = parameter.read(written)
    except ValueError as problem:
        return None, [f"{parameter.label}: {problem}. The text is unchanged."]
    if not unknown:
        return known, []
    alphabet = parameter.alphabet.strip()
    return known, [f"{parameter.label}: left out “{unknown}”. Known are “{alphabet}”, space and line end."]
