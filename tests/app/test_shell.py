"""A page as one session holds it, without a browser: requests in, frames out."""

import functools
import json
from urllib.parse import parse_qsl

import numpy as np
import pytest
from bokeh.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from app.shell import export, lessons
from app.shell.model import PageModel
from app.shell.page import TROUBLE, Page
from app.shell.site import page_stems
from tests.app.pages import classes, malformed, reopen, wait_for_result

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
each_page = pytest.mark.parametrize("stem", STEMS)


def make(stem: str, **arguments: str) -> Page:
    model_class, view_class = classes(stem)
    return Page(model_class(), view_class, Document(), arguments)


def ask(page: Page, **request) -> dict:
    page.model.param.watch(page.changed, list(page.model.state_parameters()))
    page.requested("request", "", json.dumps([{"id": 1, **request}]))
    wait_for_result(page)
    return json.loads(page.bridge.frame)


@each_page
def test_every_preset_gives_a_finite_picture_and_a_sentence(stem):
    page = make(stem)
    for preset in page.presets:
        frame = ask(page, do="preset", name=preset)
        assert frame["preset"] == preset and frame["sentence"] and frame["numbers"]
        assert frame["query"] in (f"preset={preset}", "") or frame["query"].startswith(f"preset={preset}")
        for name, values in page.view.stack.source.data.items():
            assert len(values) == frame["steps"], name


@each_page
def test_challenges_fail_at_every_preset_and_pass_with_their_solutions(stem):
    page = make(stem)
    for preset in page.presets:
        frame = ask(page, do="preset", name=preset)
        assert not any(challenge["passed"] for challenge in frame["challenges"]), (preset, frame["challenges"])
    for number in range(3):
        frame = ask(page, do="solve", challenge=number)
        assert frame["challenges"][number]["passed"], frame["challenges"][number]
        assert frame["challenges"][number]["reason"]


@each_page
def test_prediction_hides_the_answer_and_scores_it(stem):
    page = make(stem)
    signal = page.lesson.predict.signal
    frame = ask(page, do="predict")
    truth = page.model.trace(signal)
    shown = page.view.stack.source.data
    strip = next(s for card in page.view.cards for s in card.strips if s.predicts == signal)
    assert np.isnan(shown[strip.name]).all() and not frame["numbers"] and not frame["sentence"]
    assert any(text == "?" for text in frame["live"]["text"].values())
    wrong = truth.copy()
    wrong[4] += 1
    frame = ask(page, do="reveal", values=wrong.tolist())
    assert frame["score"]["right"] == truth.size - 1 and frame["score"]["step"] == 5 == frame["t"]
    assert "t = 5" in frame["score"]["text"]
    assert ask(page, do="set", values={"n_steps": page.model.n_steps + 1})["score"] is None
    ask(page, do="predict")
    assert ask(page, do="reveal", values=truth.tolist())["score"]["right"] == truth.size
    ask(page, do="predict")
    assert ask(page, do="reveal", values=[])["score"]["right"] == 0


@each_page
def test_script_gives_the_table_to_the_last_bit(stem, tmp_path, monkeypatch):
    page = make(stem)
    monkeypatch.chdir(tmp_path)
    for preset in page.presets:
        ask(page, do="preset", name=preset)
        space: dict = {}
        exec(compile(export.script(page.model, "test"), "script", "exec"), space)
        assert list(space["table"]) == list(page.model.table())
        for name, values in page.model.table().items():
            np.testing.assert_array_equal(
                np.asarray(space["table"][name], float), np.asarray(values, float), err_msg=name
            )
        assert (tmp_path / f"{stem}.csv").read_text() == export.csv(page.model)


@each_page
def test_worked_example_can_be_stepped_through(stem):
    page = make(stem)
    for number, step in enumerate(page.lesson.example):
        frame = ask(page, do="example", step=number)
        assert not frame["notices"]
        if step.cursor:
            assert frame["position"] == step.cursor


@functools.cache
def kept(stem: str) -> Page:
    """A page that is built once: for requests that change nothing, and to open other addresses in it."""
    return make(stem)


@each_page
@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "[]x",
        '[{"id": 1}]',
        '[{"id": 1, "do": "launch"}]',
        '[{"id": 1, "do": "edit", "name": "nosuch", "steps": {"1": 1}}]',
        '[{"id": 1, "do": "cursor", "t": "x"}]',
        '[{"id": 1, "do": "preset", "name": "no"}]',
        '[{"id": 1, "do": "solve", "challenge": 99}]',
    ],
)
def test_a_request_that_makes_no_sense_changes_nothing_and_tells_nothing_of_the_server(stem, request_text):
    page = kept(stem)
    page.notices = []
    before = dict(page.view.stack.source.data)
    page.requested("request", "", request_text)
    frame = json.loads(page.bridge.frame)
    assert frame["notices"] == [TROUBLE]
    np.testing.assert_equal(dict(page.view.stack.source.data), before)


@each_page
def test_reset_keeps_the_seed_and_new_seed_is_its_own(stem):
    page = make(stem)
    if not hasattr(page.model, "seed"):
        pytest.skip("no chance is involved on this page")
    frame = ask(page, do="seed")
    seed = frame["seed"]
    assert seed != 1
    assert ask(page, do="reset")["seed"] == seed
    assert ask(page, do="preset", name=page.lesson.presets[1].name)["seed"] == seed


@each_page
def test_pages_hold_no_state_in_common(stem):
    one, two = make(stem), make(stem)
    before = {name: np.array(values) for name, values in two.view.stack.source.data.items()}
    ask(one, do="preset", name=one.lesson.presets[1].name)
    ask(one, do="solve", challenge=0)
    np.testing.assert_equal(dict(two.view.stack.source.data), before)
    assert two.model.preset == two.lesson.presets[0].name


ODD_VALUES = st.one_of(
    st.text(max_size=12),
    st.floats().map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["1*200", "0*199,1", "1*13,", "0" * 200, "-0", "1e-300", "true", "0x10", "½", "٣", "1_0", " 1 "]),
)


@pytest.mark.parametrize("stem", STEMS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_address_whatever_breaks_a_page(stem, data):
    names = st.sampled_from([*classes(stem)[0].state_parameters(), "preset", "present", "theme", "x[]", "__class__"])
    arguments = data.draw(st.dictionaries(names, ODD_VALUES, max_size=4))
    # Building the figures is most of the work: it is done for some addresses, the others are opened in one page.
    is_built = data.draw(st.integers(0, 4)) == 0
    frame = make(stem, **arguments).frame() if is_built else reopen(kept(stem), **arguments)
    assert frame["sentence"] and 1 <= frame["t"] <= frame["steps"]
    json.dumps(frame, allow_nan=False)


def test_literals_in_scripts_are_exact_and_short():
    for values in ([0.0] * 10, [1.0, 0.5, 0.1], [1.0] * 5 + [0.3] + [0.0] * 6, [0.1 + 0.2]):
        assert eval(export.literal(values)) == values
    assert export.literal([1.0] * 50) == "[1.0] * 50"


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
def test_own_settings_come_back_after_a_prediction_and_after_the_example(stem):
    page = make(stem)
    other = page.lesson.presets[1].name
    ask(page, do="preset", name=other)
    page.model.cursor = 2
    before = ask(page, do="pin", on=False)["query"]
    for leave in ({"do": "cancel"}, {"do": "back"}):
        ask(page, do="predict")
        assert ask(page, **leave)["query"] == before
    ask(page, do="predict")
    ask(page, do="reveal", values=[0.0])
    assert ask(page, do="back")["query"] == before
    for step in range(len(page.lesson.example)):
        ask(page, do="example", step=step)
    assert ask(page, do="back")["query"] == before
    assert ask(page, do="back")["query"] == before, "a second time it changes nothing"


@each_page
def test_a_pinned_trace_stays_in_sight(stem):
    page = make(stem, preset=lessons.load(stem).presets[-1].name)
    ask(page, do="pin", on=True)
    for preset in page.presets:
        ask(page, do="preset", name=preset)
        for strip in (strip for strip in page.view.stack.strips if strip.plot.visible):
            limits = strip.plot.y_range
            for column in strip.columns:
                pinned = np.asarray(page.view.stack.pinned.data[column], dtype=float)
                pinned = pinned[np.isfinite(pinned)]
                assert (limits.start <= pinned).all() and (pinned <= limits.end).all(), (preset, column)


@each_page
def test_a_sequence_longer_than_the_page_allows_is_named(stem):
    page = make(stem)
    name = next(iter(page.model.sequences()))
    most = page.model.param["n_steps"].bounds[1]
    written = "1" * 300 if page.model.param[name].binary else f"1*{most + 5}"
    notice = make(stem, **{name: written}).frame()["notices"][0]
    assert name in notice


@each_page
def test_no_malformed_setting_of_an_address_is_taken_and_each_is_named(stem):
    page = make(stem)
    start = page.frame()
    for query in malformed(stem):
        settings = dict(parse_qsl(query, keep_blank_values=True))
        frame = reopen(page, **settings)
        assert frame["query"] == start["query"] and frame["t"] == start["t"], query
        assert len(frame["notices"]) == len(settings), frame["notices"]
        for name in settings:
            named = "none" if name == "preset" else name
            assert any(named in notice for notice in frame["notices"]), (name, frame["notices"])
