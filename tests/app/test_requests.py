"""The one door for what a browser asks: nonsense of every kind is named, changes nothing and opens nothing."""

import base64
import json
import re
from functools import cache
from typing import get_type_hints

import numpy as np
import param
import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from app.shell.contract import REQUESTS
from app.shell.reader import TROUBLE
from app.shell.sequence import Sequence
from app.shell.text import Text
from tests.app.pages import Opened, classes, model_at

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
each_page = pytest.mark.parametrize("stem", STEMS)

NAN, INFINITE, HUGE = float("nan"), float("inf"), 10**400

# One of each kind that parity allows.
GOOD = {
    "cursor": {"t": 2},
    "edit": {"name": "bits", "steps": {"1": 1}},
    "preset": {"name": "lab-sequence"},
    "reset": {},
    "restore": {"query": "n_steps=9", "example": -1, "own": ""},
    "seed": {},
    "example": {"step": 0},
    "solve": {"challenge": 0},
    "predict": {},
    "reveal": {"values": [0, 0.5, None], "pixel": 0.01, "by_step": True},
    "uncover": {"steps": 2},
    "cancel": {},
    "back": {},
    "download": {"kind": "csv"},
    "code": {"text": "http://localhost/parity"},
    "set": {"values": {"n_steps": 9, "steepness": 2.5, "random_bits": False, "activation": "logistic"}},
    "act": {"name": "begin"},
    "upload": {"name": "w.npz", "content": "", "number": 1},
}

NO_TEXT = [1, 0.5, True, None, ["csv"], {"csv": 1}]
# Values that a field of this type does not allow.
WRONG = {
    int: [1.5, 2.0, NAN, INFINITE, True, None, "2", [2], {"2": 2}],
    float: [NAN, INFINITE, HUGE, True, None, "1", [1], {"1": 1}],
    bool: [0, 1, 0.5, None, "true", [True], {"1": True}],
    str: NO_TEXT,
    dict[str, float]: [
        *(["1"], "1", 1, True, None),
        *({"1": value} for value in (NAN, INFINITE, HUGE, True, None, "1", [1], {"1": 1})),
    ],
    dict[str, bool | int | float | str]: [
        *(["n_steps"], "n_steps", 1, True, None),
        *({"n_steps": value} for value in (NAN, INFINITE, None, [9], {"n_steps": 9})),
    ],
    list[float | None]: [
        *({"1": 1}, "1", 1, True, None),
        *([value] for value in (NAN, INFINITE, HUGE, True, "1", [1], {})),
    ],
}
WRONG_TYPES = [
    (do, name, value)
    for do, kind in REQUESTS.items()
    for name, hint in get_type_hints(kind).items()
    for value in WRONG[hint]
]
FIELDS = [(do, name) for do, kind in REQUESTS.items() for name in kind._fields if name not in kind._field_defaults]

# Of a server's inside: its files, modules, classes and failures.
INSIDE = re.compile(
    r"Traceback|Error|Exception|File \"|\.py\b|/work|site-packages|\b(app|lessons|engine)\.\w|<class|0x[0-9a-f]"
)


@cache
def kept(stem: str) -> Opened:
    """A page for requests that change nothing."""
    return Opened(stem)


def refusal(page: Opened, text: str, caplog) -> str:
    """The one notice with which a request is refused, after a look that nothing else has happened."""
    caplog.clear()
    state, download = page.model.param.values(), page.bridge.download
    page.bridge.frame = "{}"
    page.reader.requested("request", "", text)
    message = json.loads(page.bridge.frame)
    assert message.keys() <= {"answered", "notices"}, "something else has changed"
    assert (page.model.param.values(), page.model.concealed, page.bridge.download) == (state, "", download)
    notices = message.get("notices", page.frame["notices"])
    page.frame["notices"] = notices
    assert len(notices) == 1 and notices[0] != TROUBLE and not INSIDE.search(notices[0]), notices
    assert len(notices[0]) < 400 and not caplog.records
    return notices[0]


def ask(page: Opened, do: object, **fields: object) -> str:
    page.sent += 1
    return json.dumps([{"id": page.sent, "do": do, **fields}])


def test_every_request_has_its_example_here():
    assert list(GOOD) == list(REQUESTS)


@pytest.mark.parametrize("do", REQUESTS)
def test_a_request_with_the_right_fields_is_understood(do):
    page = Opened("parity")
    if do in ("reveal", "uncover"):
        page.ask("predict")
    if do == "uncover":
        page.ask("reveal", **GOOD["reveal"])
    notices = page.ask(do, **GOOD[do])["notices"]
    assert page.frame["answered"] == page.sent
    assert notices == {
        "act": ["There is no action “begin”; this page has none."],
        "upload": ["w.npz: this page takes no files"],
    }.get(do, [])


@pytest.mark.parametrize(("do", "name", "value"), WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_named_with_what_is_allowed(do, name, value, caplog):
    notice = refusal(kept("parity"), ask(kept("parity"), do, **GOOD[do] | {name: value}), caplog)
    assert notice.startswith(f"“{do}”: {name} = ") and "it has to be" in notice


@pytest.mark.parametrize(("do", "name"), FIELDS)
def test_a_missing_field_is_named(do, name, caplog):
    fields = {key: value for key, value in GOOD[do].items() if key != name}
    notice = refusal(kept("parity"), ask(kept("parity"), do, **fields), caplog)
    assert notice.startswith(f"“{do}” needs {', '.join(GOOD[do])};")


@pytest.mark.parametrize("do", REQUESTS)
@pytest.mark.parametrize("more", ["nonsense", "self", "__class__", "model"])
def test_a_field_too_many_is_named(do, more, caplog):
    notice = refusal(kept("parity"), ask(kept("parity"), do, **GOOD[do] | {more: 1}), caplog)
    assert notice.startswith(f"“{do}” needs {', '.join(GOOD[do]) or 'nothing else'};") and more in notice


@pytest.mark.parametrize("do", ["launch", "", "Back", "__init__", "do", None, 3, True, NAN, ["back"], {"back": 1}])
def test_a_request_that_there_is_not_is_named_and_so_are_those_that_there_are(do, caplog):
    notice = refusal(kept("parity"), ask(kept("parity"), do), caplog)
    assert notice.startswith("There is no request “") and notice.endswith(", ".join(REQUESTS) + ".")


@pytest.mark.parametrize("number", [None, True, 1.5, NAN, "1", [1], {}])
def test_a_request_without_a_number_is_not_done(number, caplog):
    page = kept("parity")
    answered = page.reader._answered
    notice = refusal(page, json.dumps([{"id": number, "do": "cursor", "t": 2}]), caplog)
    assert notice.startswith("A request needs an id")
    assert page.reader._answered is answered


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]x", "null", "true", "3", "NaN", '"back"', "{}", '{"id": 1, "do": "back"}'),
        *("[null]", "[3]", '["back"]', "[[]]", "[{}]", '[{"do": "back"}]', "[" * 100_000, "1" * 5000, "\ud800"),
        '[{"id": 1, "do": ' + "[" * 900 + "]" * 900 + "}]",
    ],
)
def test_what_is_no_list_of_requests_is_refused(text, caplog):
    assert refusal(kept("parity"), text, caplog)


def test_a_bad_request_leaves_those_beside_it_alone():
    page = Opened("parity")
    good = {"id": 3, "do": "set", "values": {"n_steps": 7}}
    page.reader.requested("request", "", json.dumps([{"id": 2, "do": "launch"}, good, {"id": 4, "do": "cursor"}]))
    assert (page.frame["steps"], page.frame["answered"]) == (7, 4)
    assert page.frame["notices"] == ["“cursor” needs t; [] was given."]


# What a page allows


@each_page
@pytest.mark.parametrize(
    ("do", "fields", "named"),
    [
        ("edit", {"name": "nosuch", "steps": {"1": 1}}, ["nosuch", "{sequence}"]),
        ("edit", {"name": "n_steps", "steps": {"1": 1}}, ["n_steps", "{sequence}"]),
        ("edit", {"name": "__class__", "steps": {"1": 1}}, ["__class__", "{sequence}"]),
        *(
            ("edit", {"name": "{sequence}", "steps": {step: 1}}, ["whole numbers from 1"])
            for step in ("x", "", "-1", "1.5", " 1", "½", "NaN", "9" * 5000)
        ),
        ("preset", {"name": "no"}, ["“no”", "{preset}"]),
        ("preset", {"name": ""}, ["“”", "{preset}"]),
        ("preset", {"name": "x" * 9000}, ["x…", "{preset}"]),
        ("example", {"step": -1}, ["-1", "from 0 to"]),
        ("example", {"step": 99}, ["99", "from 0 to"]),
        ("solve", {"challenge": -1}, ["-1", "from 0 to 2"]),
        ("solve", {"challenge": 3}, ["3", "from 0 to 2"]),
        ("solve", {"challenge": HUGE}, ["from 0 to 2"]),
        ("reveal", {"values": [1.0]}, ["no prediction"]),
        ("uncover", {"steps": 2}, ["no prediction"]),
        ("download", {"kind": "exe"}, ["exe", "csv, script, notebook, engine"]),
        *(("code", {"text": text}, ["1 to 2,500"]) for text in ("", "x" * 2501, "http://ä", "\ud800")),
        *(("act", {"name": name}, [name, "this page has"]) for name in ("nosuch", "__init__", "compute", "close", "")),
        ("upload", {"name": "w.npz", "content": "%%%"}, ["w.npz"]),
        ("upload", {"name": "w.npz", "content": "ä\ud800"}, ["w.npz"]),
        ("upload", {"name": "n" * 9000, "content": ""}, ["nnn"]),
        *(
            ("set", {"values": {name: 1}}, [f"“{name}”"])
            for name in ("nosuch", "name", "param", "preset", "__class__", "")
        ),
    ],
)
def test_a_name_or_place_that_the_page_does_not_have_is_named(stem, do, fields, named, caplog):
    page = kept(stem)
    words = {"{sequence}": page.model.sequences()[0], "{preset}": page.room.lesson.presets[0].name}
    fields = {key: words.get(value, value) if isinstance(value, str) else value for key, value in fields.items()}
    notice = refusal(page, ask(page, do, **fields), caplog)
    assert all(words.get(part, part) in notice for part in named), notice


def outside(parameter: param.Parameter) -> list[object]:
    """Values that a parameter does not allow, as a browser could send them."""
    if isinstance(parameter, Sequence):
        return ["", "x", "1,,1", "nan", "1*999999999", f"{parameter.bounds[1] + 1:g}", True, 1e300, HUGE]
    if isinstance(parameter, Text):
        return ["", "§§§", "\x00"]
    if isinstance(parameter, param.Boolean):
        return ["", "maybe", 1, 0.0, 2]
    if isinstance(parameter, param.Selector):
        return ["", "nosuch", 0, True, "__class__"]
    low, high = parameter.bounds
    wrong = ["", "x", "nan", "inf", "1e999", True, False, f"{low - 1:g}", high + 1, -1e300, HUGE, "[1]"]
    return [*wrong, low + 0.5, float(low), "1_0_0_0_0_0_0"] if isinstance(parameter, param.Integer) else wrong


@each_page
def test_every_setting_refuses_what_it_does_not_allow_and_names_it(stem, caplog):
    page = kept(stem)
    for name in page.model.state_parameters():
        parameter = page.model.param[name]
        for value in outside(parameter):
            notice = refusal(page, ask(page, "set", values={name: value}), caplog)
            assert name in notice or parameter.label in notice, (value, notice)


@each_page
def test_a_bad_setting_does_not_spoil_a_good_one(stem):
    page = Opened(stem)
    frame = page.set(nosuch=1, n_steps=page.model.n_steps + 1)
    assert len(frame["notices"]) == 1 and "nosuch" in frame["notices"][0]
    assert frame["steps"] == Opened(stem).frame["steps"] + 1


@each_page
def test_a_cursor_stays_within_the_player(stem):
    page = Opened(stem)
    for t, position in ((-5, 1), (0, 1), (10**400, page.model.n_positions), (2, 2)):
        assert page.ask("cursor", t=t)["position"] == position


@each_page
def test_steps_of_an_edit_that_are_not_there_are_left_out_and_values_go_into_the_bounds(stem):
    page = Opened(stem)
    name = classes(stem)[0].sequences()[0]
    low, high = page.model.param[name].bounds
    model = model_at(stem)
    model.edited(name)
    before = model.sequence(name)
    frame = page.ask("edit", name=name, steps={"0": high, str(before.size + 1): high, "99999": high, "2": 1e300})
    after = page.model.sequence(name)
    assert frame["notices"] == [] and after[1] == high
    np.testing.assert_array_equal(np.delete(after, 1), np.delete(before, 1))
    page.ask("edit", name=name, steps={"2": -1e300})
    assert page.model.sequence(name)[1] == low


def test_a_file_in_pieces_of_the_wrong_alphabet_is_refused(caplog):
    good = base64.b64encode(b"PK").decode()
    for content in (good + "\n", good.rstrip("="), "=" + good):
        assert refusal(kept("parity"), ask(kept("parity"), "upload", name="w", content=content), caplog)
