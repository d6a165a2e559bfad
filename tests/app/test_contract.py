"""One contract: the names that Python, Markdown, JavaScript and CSS share are the same in all of them."""

import dataclasses
import re
from typing import get_type_hints

import pytest

from app.parts.colours import variables
from app.shell import assets, contract, lessons
from app.shell.room import room
from tests.app.names import faults

STATIC = assets.STATIC
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
JAVASCRIPT = "\n".join(SCRIPTS.values())
HTML = (STATIC / "shell.html").read_text(encoding="utf-8")
STYLES = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.css") if path.name != "control.css"}
CSS = "\n".join(STYLES.values())
PYTHON = "\n".join(path.read_text(encoding="utf-8") for path in (assets.APP.parent).glob("[al]*/**/*.py"))
STEMS = [stem for stem in lessons.stems() if stem in assets.page_stems()]


# What only an uploaded file brings to light.
BEHIND_A_FILE = {"lstm": ["control layer: no preset shows it"]}


@pytest.mark.parametrize("stem", STEMS)
def test_every_name_of_a_page_is_drawn_fed_and_known(stem):
    assert faults(room(stem)) == BEHIND_A_FILE.get(stem, [])


# The browser's half


def typed(name: str) -> dict[str, bool]:
    """Properties of a typedef in contract.js, each with whether it may be missing."""
    block = re.search(rf"@typedef {{object}} {name}\n(.*?)\*/", SCRIPTS["contract.js"], re.DOTALL).group(1)
    return {found.strip("[]"): found.startswith("[") for found in re.findall(r"@property {.*} (\S+)", block)}


@pytest.mark.parametrize("kind", ["Frame", "Live", "Verdict", "Score"])
def test_the_browser_types_what_the_server_sends(kind):
    server = getattr(contract, kind)
    assert typed(kind) == {name: name in server.__optional_keys__ for name in get_type_hints(server)}


def test_the_browser_reads_every_part_of_a_frame_and_no_other():
    read = set(re.findall(r"\b(?:frame|change|frame\?)\??\.(\w+)", JAVASCRIPT))
    for names in re.findall(r"showPrediction\({([^}]*)}\)", JAVASCRIPT):
        read |= set(re.split(r",\s*", names))
    language = {"change", "connect", "x_scale", "y_scale", "columns", "length", "emit"}
    known = set(get_type_hints(contract.Frame))
    assert read - known <= language - known
    assert known - read == {"start"} - read, "sent, and read by nobody"


def test_the_browser_asks_for_what_the_server_knows_with_its_fields():
    block = re.search(r"REQUESTS = {(.*?)}", SCRIPTS["contract.js"], re.DOTALL).group(1)
    listed = {name: re.findall(r'"(\w+)"', fields) for name, fields in re.findall(r"(\w+): \[(.*?)\]", block)}
    assert listed == {name: list(get_type_hints(kind)) for name, kind in contract.REQUESTS.items()}
    asking = re.findall(r'\bask\((?:[^"()]*"\w+" \? )?"(\w+)"(?: : "(\w+)")?', JAVASCRIPT)
    asked = {name for names in asking for name in names if name}
    assert asked == set(listed)


def test_parts_that_are_sent_entry_by_entry_are_put_together_in_the_browser():
    block = re.search(r"PARTED = \[(.*?)\]", SCRIPTS["contract.js"]).group(1)
    assert re.findall(r'"(\w+)"', block) == list(contract.PARTED)


def test_every_button_does_something_and_every_action_has_a_button():
    pressed = set(re.findall(r'data-act="([\w-]+)"', HTML))
    table = re.search(r"  return {\n(.*?)\n  }\n}", SCRIPTS["shell.js"], re.DOTALL).group(1)
    acts = {name.strip('"') for name in re.findall(r'^    ("?[\w-]+"?):', table, re.MULTILINE)}
    assert pressed == acts


def test_every_attribute_that_the_stylesheet_waits_for_is_set_somewhere():
    waited = set(re.findall(r"\[data-([\w-]+)", CSS))
    camel = {name: re.sub(r"-(\w)", lambda found: found.group(1).upper(), name) for name in waited}
    unset = {
        name
        for name in waited
        if f"data-{name}" not in HTML + JAVASCRIPT + PYTHON and f"dataset.{camel[name]}" not in HTML + JAVASCRIPT
    }
    assert unset == set()


def test_no_style_depends_on_what_a_part_holds():
    """Where a rule looks inside with :has(), each change of a text costs the browser some 10 ms: set an attribute."""
    assert [name for name, text in STYLES.items() if ":has(" in text] == []


def test_every_colour_of_the_stylesheet_has_a_value():
    control = (STATIC / "control.css").read_text(encoding="utf-8")
    used = set(re.findall(r"var\(--([\w-]+)", CSS + HTML + control))
    given = set(re.findall(r"--([\w-]+):", variables() + CSS + control + PYTHON))
    assert used <= given


def test_every_browser_module_is_served():
    listed = {*assets.Assets._js, *assets.Assets._css}
    assert listed == {*SCRIPTS, *STYLES}
    imported = set(re.findall(r'from "\./(\w+\.js)"', JAVASCRIPT))
    assert imported <= listed


# Wrong names planted in a page that is right


def planted(**changes):
    """The parity page with class attributes or methods of its view replaced."""
    good = room("parity")
    bad = type("BadView", (type(good.view),), changes)
    return good._replace(view=bad(), names=OwnNames())


class OwnNames(dict):
    """For the models of a view that stands in no page: each is called by its id."""

    def __missing__(self, key: str) -> str:
        return key


def after(method: str, change):
    """A method of the view whose result is changed."""
    real = getattr(type(room("parity").view), method)
    return lambda self, *arguments: change(real(self, *arguments))


PLANTED = {
    "a control": ({"controls": ("bits", "speed")}, "control speed: no such parameter"),
    "a concealed column": (
        {"conceals": {"y": (("h1", "hh2", "y", "xor", "missed"), ("h1.value", "h2.value", "y.value"))}},
        "conceals: no plot draws hh2",
    ),
    "a concealed label": ({"conceals": {"y": (("y",), ("why.value",))}}, "conceals: no label why.value is drawn"),
    "a predicted trace": ({"conceals": {"z": (("y",), ())}}, "predict: y is not concealed by the view"),
    "a hidden card": ({"hidden_cards": lambda self, m: {"leek"}}, "hidden: leek is unknown"),
    "an idle control": ({"idle_controls": lambda self, m: {"steep"}}, "idle: steep is unknown"),
    "a hidden control": ({"hidden_controls": lambda self, m: {"steep"}}, "unused: steep is unknown"),
    "a fixed strip": ({"fixed_strips": lambda self, m: {"h1"}}, "fixed: h1 is unknown"),
    "a table": ({"tables": lambda self, m: {"leak": ""}}, "tables: leak is unknown"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_wrong_name_is_caught(what):
    changes, said = PLANTED[what]
    assert said in faults(planted(**changes))


def test_a_wrong_live_name_is_caught():
    def rename(live: dict) -> dict:
        live["text"] = {name.replace("ones", "once"): text for name, text in live["text"].items()}
        return live

    found = faults(planted(live=after("live", rename)))
    assert "live text once: nothing of that name is drawn" in found
    assert "live text ones: it is drawn, and never fed" in found


def test_a_wrong_column_is_caught():
    def rename(columns: dict) -> dict:
        return {("out" if name == "h1" else name): values for name, values in columns.items()}

    found = faults(planted(update=after("update", rename)))
    assert "column out: it is fed, and drawn by no plot" in found
    assert "column h1: it is drawn, and never fed" in found


def test_a_wrong_check_is_caught():
    good = room("parity")
    first, *others = good.lesson.challenges
    challenges = (dataclasses.replace(first, check="no_such_check"), *others)
    bad = good._replace(lesson=dataclasses.replace(good.lesson, challenges=challenges))
    assert faults(bad) == ["challenge: the model has no check no_such_check"]
