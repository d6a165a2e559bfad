"""What all readers share: built once, and the same in every process, so that any process can serve any reader."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.shell import assets, lessons
from app.shell.room import TOKEN, classes, room

ROOT = Path(__file__).parents[2]
STEMS = [stem for stem in lessons.stems() if stem in assets.page_stems()]
BUILDS = """
import json, sys
from app.shell.room import room
print(json.dumps({stem: [room(stem).build, sorted(room(stem).names.values())] for stem in sys.argv[1:]}))
"""


def test_another_process_builds_the_same_pages_whatever_the_order():
    command = [sys.executable, "-c", BUILDS, *reversed(STEMS)]
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)
    assert finished.returncode == 0, finished.stderr
    elsewhere = json.loads(finished.stdout)
    assert elsewhere == {stem: [room(stem).build, sorted(room(stem).names.values())] for stem in STEMS}


@pytest.mark.parametrize("stem", STEMS)
def test_a_page_is_built_once(stem):
    assert room(stem) is room(stem)


def parts(html: str, name: str) -> dict:
    """The JSON of one of the page's script elements."""
    return json.loads(
        re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.DOTALL).group(1)
    )


@pytest.mark.parametrize("stem", STEMS)
def test_the_page_holds_its_document_and_a_place_for_every_root_and_for_the_token(stem):
    found = room(stem)
    html = found.before + "a.token" + found.after
    assert parts(html, "session") == {"token": "a.token"} and TOKEN not in html
    document = parts(html, "document")
    ids = {root["id"] for root in document["json"]["roots"]}
    assert set(document["roots"].values()) == ids <= set(found.names.values())
    assert {f"root-{name}" for name in document["roots"]} == set(re.findall(r'id="(root-[^"]+)"', html))
    assert parts(html, "page-data")["build"] == found.build


@pytest.mark.parametrize("stem", STEMS)
def test_the_page_names_no_other_host(stem):
    html = re.sub(r"<a\s[^>]*>", "", room(stem).before + room(stem).after)
    addresses = set(re.findall(r"https?://[^\s\"'<>\\]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("stem", STEMS)
def test_ids_are_those_of_the_document(stem):
    found = room(stem)
    plots = {strip.plot for card in found.view.cards for strip in card.strips}
    named = {model.id for plot in plots for model in plot.references()}
    assert named <= found.names.keys()
    assert len(set(found.names.values())) == len(found.names)


def test_a_folder_has_one_model_and_one_view(tmp_path, monkeypatch):
    import lessons as package

    for name, text in {
        "none": "",
        "two": "from app.shell.model import PageModel\nclass A(PageModel): pass\nclass B(PageModel): pass\n",
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.py").write_text(text)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"lessons\.none\.model: none found; allowed is exactly one PageModel"):
        classes("none")
    with pytest.raises(ValueError, match=r"lessons\.two\.model: A, B found"):
        classes("two")
