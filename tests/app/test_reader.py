"""A page as one reader has it, without a browser: requests in, frames out."""

import base64
import copy
import json
from urllib.parse import parse_qsl

import numpy as np
import pytest
from bokeh.core.serialization import Serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from app.shell import address, export, frames, lessons, notebook
from app.shell.assets import page_stems
from app.shell.model import PageModel
from app.shell.outbox import Outbox
from app.shell.room import Room, room
from tests.app.pages import Opened, classes, malformed, model_at

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
each_page = pytest.mark.parametrize("stem", STEMS)


def presets(stem: str) -> list[str]:
    return [preset.name for preset in lessons.load(stem).presets]


@each_page
def test_every_preset_gives_a_finite_picture_and_a_sentence(stem):
    page = Opened(stem)
    for preset in presets(stem):
        frame = page.ask("preset", name=preset)
        assert frame["preset"] == frame["start"] == preset and frame["sentence"] and frame["numbers"]
        assert frame["query"] == f"preset={preset}"
        assert set(page.columns) > {"t"}
        for name, values in page.columns.items():
            assert len(values) == frame["steps"], name
        json.dumps(frame, allow_nan=False)


@each_page
def test_challenges_fail_at_every_preset_and_pass_with_their_solutions(stem):
    page = Opened(stem)
    for preset in presets(stem):
        frame = page.ask("preset", name=preset)
        assert len(frame["challenges"]) == 3
        assert not any(challenge["passed"] for challenge in frame["challenges"]), (preset, frame["challenges"])
    for number in range(3):
        frame = page.ask("solve", challenge=number)
        assert frame["challenges"][number]["passed"], frame["challenges"][number]
        assert frame["challenges"][number]["reason"]


@each_page
def test_prediction_hides_the_answer_and_scores_it(stem):
    page = Opened(stem)
    signal = page.room.lesson.predict.signal
    frame = page.ask("predict")
    truth = page.model.trace(signal)
    strip = next(s for card in page.view.cards for s in card.strips if s.predicts == signal)
    assert frame["predicting"] and np.isnan(page.columns[strip.name]).all()
    assert not frame["numbers"] and not frame["sentence"] and not frame["challenges"]
    assert any(text == "?" for text in frame["live"]["text"].values())
    wrong = truth.copy()
    wrong[4] += 1
    frame = page.ask("reveal", values=wrong.tolist())
    assert frame["score"]["right"] == truth.size - 1 and frame["score"]["step"] == 5 == frame["t"]
    assert "t = 5" in frame["score"]["text"]
    assert not frame["predicting"] and np.isfinite(page.columns[strip.name]).any()
    assert page.set(n_steps=page.model.n_steps + 1)["score"] is None
    page.ask("predict")
    assert page.ask("reveal", values=truth.tolist())["score"]["right"] == truth.size
    for nothing in ([], [None] * truth.size):
        page.ask("predict")
        assert page.ask("reveal", values=nothing)["score"]["right"] == 0


@each_page
def test_worked_example_can_be_stepped_through(stem):
    page = Opened(stem)
    for number, step in enumerate(page.room.lesson.example):
        frame = page.ask("example", step=number)
        assert not frame["notices"]
        if step.cursor:
            assert frame["position"] == step.cursor


@each_page
def test_files_are_named_after_the_page(stem):
    page = Opened(stem)
    page.ask("cursor", t=2)
    model, title = page.model, f"{page.room.lesson.title} (Unrolled)"
    place = f"{stem}?{page.frame['query']}"
    wanted = {
        "csv": (f"{stem}.csv", export.csv(model)),
        "script": (f"{stem}.py", export.script(model, title, place)),
        "notebook": (f"{stem}.ipynb", notebook.notebook(model, title, place)),
    }
    for kind, (name, text) in wanted.items():
        page.ask("download", kind=kind)
        file = json.loads(page.bridge.download)
        assert (file["id"], file["name"], file["text"], file["binary"]) == (page.sent, name, text, False)
    assert place in wanted["script"][1]


@each_page
def test_reset_keeps_the_seed_and_new_seed_is_its_own(stem):
    page = Opened(stem)
    frame = page.ask("seed")
    if "seed" not in page.model.state_parameters():
        assert frame["seed"] is None and "no seed" in frame["notices"][0]
        return
    seed = frame["seed"]
    assert seed != 1
    assert page.ask("reset")["seed"] == seed
    assert page.ask("preset", name=presets(stem)[1])["seed"] == seed


PLAIN = str | int | float | bool | tuple | list | dict | set | None


def attributes(thing: object, place: str, found: dict[str, object]) -> dict[str, object]:
    """What a view and its charts remember, by where it stands: plain values as they are written, the rest by id."""
    for name, value in vars(thing).items():
        inner = f"{place}.{name}"
        if isinstance(value, PLAIN):
            found[inner] = repr(value)
            continue
        known = id(value) in found.values()
        found[inner] = id(value)
        if not known and type(value).__module__.split(".")[0] in ("app", "lessons"):
            attributes(value, inner, found)
    return found


def as_built(found: Room) -> tuple[str, dict[str, object]]:
    """All figures of a room as JSON, and what the view remembers."""
    plots = [strip.plot for card in found.view.cards for strip in card.strips]
    return json.dumps(Serializer(deferred=False).encode(plots)), attributes(found.view, "view", {})


@each_page
def test_readers_hold_no_state_in_common(stem):
    one, two = Opened(stem), Opened(stem)
    figures, before = as_built(one.room), copy.deepcopy(two.frame)
    one.ask("preset", name=presets(stem)[1])
    one.ask("solve", challenge=0)
    one.set(n_steps=one.model.n_steps - 1)
    one.ask("cursor", t=2)
    one.ask("example", step=0)
    one.ask("predict")
    assert one.frame["columns"] != before["columns"]
    assert as_built(one.room) == figures
    assert Opened(stem).frame == before
    assert two.ask("cursor", t=before["position"]) == before | {"answered": 1}
    assert two.model.preset == presets(stem)[0]
    assert as_built(one.room) == figures


@each_page
def test_a_frame_is_a_pure_function_of_the_model(stem):
    found = room(stem)
    for preset in presets(stem):
        model = model_at(stem, preset=preset)
        held = (model.param.values(), model.preset, model.concealed)
        first, second = written(found, model), written(found, model)
        assert first == second, preset
        assert (model.param.values(), model.preset, model.concealed) == held
        assert written(found, model_at(stem, preset=preset)) == first, preset
        model.close()


def written(found: Room, model: PageModel) -> str:
    """A whole frame as it would leave."""
    drawn = frames.figures(found.view, model)
    said = frames.Shown(clipped=drawn.clipped)
    return Outbox().message(frames.frame(found.view, found.lesson, model, said, drawn.picture, found.names))


@each_page
def test_a_reader_whose_address_says_nothing_has_the_rooms_own_opening(stem):
    page = Opened(stem)
    opening = json.loads(page.room.opening)
    assert {part: {} for part in ("columns", "properties", "tables", "values")} | opening == page.frame
    assert not opening["waits"], "nobody would ever show the result"


ODD_VALUES = st.one_of(
    st.text(max_size=12),
    st.floats().map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["1*200", "0*199,1", "1*13,", "0" * 200, "-0", "1e-300", "true", "0x10", "½", "٣", "1_0", " 1 "]),
)


@each_page
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_address_whatever_breaks_a_page(stem, data):
    names = st.sampled_from([*classes(stem)[0].state_parameters(), "preset", "present", "theme", "x[]", "__class__"])
    frame = Opened(stem, **data.draw(st.dictionaries(names, ODD_VALUES, max_size=4))).frame
    assert frame["sentence"] and 1 <= frame["t"] <= frame["steps"]
    json.dumps(frame, allow_nan=False)


def test_literals_in_scripts_are_exact_and_short():
    for values in ([0.0] * 10, [1.0, 0.5, 0.1], [1.0] * 5 + [0.3] + [0.0] * 6, [0.1 + 0.2]):
        assert eval(export.literal(values)) == values
    assert export.literal([1.0] * 50) == "[1.0] * 50"


@pytest.mark.parametrize("shape", [(3,), (2, 4), (5, 7), (300,)])
def test_arrays_in_scripts_are_exact_and_packed_where_they_are_many(shape):
    values = np.random.default_rng(1).normal(size=shape)
    text = export.array(values)
    found = eval(text, {"np": np, "base64": base64})
    np.testing.assert_array_equal(found, values)
    assert found.shape == shape and "\n" not in text
    assert ("b64decode" in text) == (values.size > export.WRITTEN)
    assert "b64decode" not in export.array(np.eye(6)), "whole numbers are short"


def test_parts_of_scripts_stand_apart_and_long_lines_are_broken():
    assert export.joined(["a = 1\n", "def f():\n    return 1", "b = 2", "c = 3"]) == (
        "a = 1\n\n\ndef f():\n    return 1\n\n\nb = 2\n\nc = 3\n"
    )
    values = np.arange(200.0)
    line = export.wrapped(f"x = np.array({export.literal(values)})")
    assert max(map(len, line.splitlines())) <= 110
    np.testing.assert_array_equal(eval(line.removeprefix("x = "), {"np": np}), values)


def test_a_script_imports_what_its_lines_use():
    class Lines(PageModel):
        def script(self) -> str:
            return 'x = np.random.default_rng(1)\ny = [math.exp(-1.0)]\nz = "base64 math"'

    assert export.lines(Lines()).startswith("import math\n\nimport numpy as np\n\nx = ")


def test_a_player_that_returns_counts_on_to_the_first_step():
    class There(PageModel):
        returns = True

    model = There(n_steps=5)
    seen = []
    for position in range(1, 11):
        model.cursor = position
        seen.append(model.at)
    assert seen == [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]
    model.n_steps = 2
    assert (model.position, model.at) == (4, 1)


@each_page
def test_a_state_is_restored_by_its_query_the_seed_included(stem):
    page = Opened(stem)
    states = [page.frame["query"]]
    for preset in presets(stem)[:4]:
        page.ask("preset", name=preset)
        if page.frame["seed"] is not None:
            page.ask("seed")
        states.append(page.ask("cursor", t=2)["query"])
    for query in reversed(states):
        frame = page.ask("restore", query=query)
        assert (frame["query"], frame["notices"]) == (query, [])
    page.ask("predict")
    assert not page.ask("restore", query=states[1])["predicting"]
    assert page.frame["query"] == states[1]


@each_page
def test_a_query_that_names_no_preset_is_restored_as_a_page_opens_with_it(stem):
    page = Opened(stem)
    page.ask("preset", name=presets(stem)[-1])
    restored, opened = page.ask("restore", query="cursor=2"), Opened(stem, cursor=2).frame
    assert (restored["query"], restored["values"]) == (opened["query"], opened["values"])


@each_page
def test_no_setting_has_a_name_that_the_browser_keeps_for_itself(stem):
    assert not set(classes(stem)[0].state_parameters()) & address.BROWSER_NAMES.keys()


@each_page
def test_own_settings_come_back_after_a_prediction_and_after_the_example(stem):
    page = Opened(stem)
    page.ask("preset", name=presets(stem)[1])
    before = page.ask("cursor", t=2)["query"]
    for leave in ("cancel", "back"):
        page.ask("predict")
        assert page.ask(leave)["query"] == before
    page.ask("predict")
    page.ask("reveal", values=[0.0])
    assert page.ask("back")["query"] == before
    for step in range(len(page.room.lesson.example)):
        page.ask("example", step=step)
    assert page.ask("back")["query"] == before
    assert page.ask("back")["query"] == before, "a second time it changes nothing"


@each_page
def test_a_sequence_longer_than_the_page_allows_is_named(stem):
    model_class = classes(stem)[0]
    name = model_class.sequences()[0]
    most = model_class.param["n_steps"].bounds[1]
    text = "1" * 300 if model_class.param[name].binary else f"1*{most + 5}"
    frame = Opened(stem, **{name: text}).frame
    assert len(frame["notices"]) == 1 and name in frame["notices"][0]


@each_page
def test_no_malformed_setting_of_an_address_is_taken_and_each_is_named(stem):
    start = Opened(stem).frame
    for query in malformed(stem):
        given_settings = dict(parse_qsl(query, keep_blank_values=True))
        frame = Opened(stem, **given_settings).frame
        assert frame["query"] == start["query"] and frame["t"] == start["t"], query
        assert frame["columns"] == start["columns"], query
        assert len(frame["notices"]) == len(given_settings), frame["notices"]
        for name in given_settings:
            named = "none" if name == "preset" else name
            assert any(named in notice for notice in frame["notices"]), (name, frame["notices"])


def test_a_setting_is_no_way_around_a_prediction():
    page = Opened("gated_cec")
    page.ask("predict")
    other = page.room.lesson.presets[1].name
    frame = page.set(preset=other, theme="dark")
    assert frame["predicting"] and page.model.preset == page.room.lesson.predict.preset
    assert len(frame["notices"]) == 2 and all("has no setting" in notice for notice in frame["notices"])
    frame = page.ask("example", step=0)
    assert not frame["predicting"] and frame["numbers"], "the example shows what it speaks of"
