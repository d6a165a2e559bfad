"""A state comes back by its query: undo, redo and the browser's Back all go this way."""

import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from tests.app.pages import Opened

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]


@pytest.mark.parametrize("stem", STEMS)
def test_every_step_back_through_all_presets_and_seeds_shows_what_was_there(stem):
    page = Opened(stem)
    seen = [(page.frame["query"], page.frame["sentence"], page.frame["seed"])]
    for preset in page.room.lesson.preset_values:
        page.ask("preset", name=preset)
        frame = page.ask("seed") if page.frame["seed"] is not None else page.frame
        seen.append((frame["query"], frame["sentence"], frame["seed"]))
    for query, sentence, seed in [*reversed(seen), *seen]:
        frame = page.ask("restore", query=query)
        assert (frame["query"], frame["seed"]) == (query, seed)
        if not page.model.busy():
            assert frame["sentence"] == sentence, query


def test_a_training_goes_on_while_other_settings_come_back():
    page = Opened("lstm", topic="training", n_updates=3000)
    before = page.frame["query"]
    page.ask("act", name="start")
    page.set(unit=2)
    page.ask("restore", query=before)
    assert page.frame["query"] == before and page.model.busy()
    page.reader.end(None)


def test_editing_by_hand_comes_back_with_the_switches_that_it_has_turned():
    page = Opened("parity", random_bits="true", n_steps=12)
    before, bits = page.frame["query"], page.columns["x"].tolist()
    page.ask("edit", name="bits", steps={"3": 1 - bits[2]})
    assert page.frame["query"] != before
    page.ask("restore", query=before)
    assert (page.frame["query"], page.columns["x"].tolist()) == (before, bits)


def test_the_example_comes_back_with_what_it_leads_back_to():
    page = Opened("gated_cec", w=0.7)
    own = page.frame["query"]
    first = dict(page.ask("example", step=0))
    assert (first["example"], first["own"]) == (0, own)
    page.ask("back")
    assert (page.frame["example"], page.frame["own"], page.frame["query"]) == (-1, "", own)
    page.ask("restore", query=first["query"], example=0, own=own)
    assert (page.frame["example"], page.frame["query"]) == (0, first["query"])
    assert page.ask("back")["query"] == own
    for example in (-2, 99):
        frame = page.ask("restore", query=first["query"], example=example)
        assert len(frame["notices"]) == 1 and frame["query"] == own, "nothing changes"


def test_what_was_done_before_an_undone_example_is_what_the_next_one_leads_back_to():
    page = Opened("gated_cec", w=0.7)
    page.ask("restore", query=page.ask("example", step=0)["own"])
    page.set(w=0.6)
    now = page.frame["query"]
    page.ask("example", step=0)
    assert page.ask("back")["query"] == now
