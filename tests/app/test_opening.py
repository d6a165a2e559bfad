"""A page opens once its kernels are compiled and its figures built; until then the site says what is awaited."""

import threading

import pytest

from app.shell import assets, index, memory, opening, room
from engine import kernels, warm


@pytest.fixture
def preparation(monkeypatch):
    """One whose kernels are compiled when the test says so, and whose pages are only noted."""
    go, built = {part: threading.Event() for part in warm.PARTS}, []

    def compile_all(done):
        for part, event in go.items():
            assert event.wait(30)
            done(part)

    monkeypatch.setattr(kernels, "compile_all", compile_all)
    monkeypatch.setattr(warm, "PARTS", dict.fromkeys(warm.PARTS, lambda: None))
    monkeypatch.setattr(index, "is_sound", built.append)
    monkeypatch.setattr(memory, "keep_what_stands", lambda: None)
    return opening.Preparation(), go, built


def test_every_lesson_awaits_the_parts_that_it_calls_and_no_lesson_all():
    parts = {stem: opening.parts_of(stem) for stem in assets.page_stems()}
    assert all(parts.values())
    assert "reservoir" in parts["esn"] and "gradients" not in parts["gated_cec"] and "cec" in parts["gated_cec"]
    assert {"gradients", "chaos", "remedies"} <= parts["vanishing"]
    assert any(len(found) < len(warm.PARTS) / 2 for found in parts.values())


def test_a_lesson_that_is_broken_awaits_everything(monkeypatch):
    monkeypatch.setattr(room, "classes", lambda stem: 1 / 0)
    assert opening.parts_of("parity") == frozenset(warm.PARTS)


def test_pages_open_one_after_the_other_as_their_parts_are_there(monkeypatch, preparation):
    prepared, go, built = preparation
    first, second, *rest = warm.PARTS
    monkeypatch.setattr(opening, "parts_of", {"a": frozenset([first]), "b": frozenset([first, second])}.__getitem__)
    assert not prepared.started and prepared.awaited() == {}
    prepared.start(["b", "a"])
    assert prepared.started and not prepared.wait(0)
    assert prepared.awaited() == {"b": sorted([first, second]), "a": [first]}
    seen = threading.Event()
    monkeypatch.setattr(index, "is_sound", lambda stem: (built.append(stem), seen.set()))
    go[first].set()
    assert seen.wait(30) and built == ["a"]
    for part in (second, *rest):
        go[part].set()
    assert prepared.wait(30) and built == ["a", "b"] and not prepared.parts


def test_what_can_not_be_compiled_beforehand_is_left_to_the_first_reader(monkeypatch, preparation, caplog):
    prepared, _, built = preparation
    monkeypatch.setattr(kernels, "compile_all", lambda done: 1 / 0)
    monkeypatch.setattr(opening, "parts_of", lambda stem: frozenset(warm.PARTS))
    prepared.start(["a"])
    assert prepared.wait(30) and built == ["a"] and "could not be compiled" in caplog.text


def test_the_index_names_lessons_that_are_awaited_without_building_them(monkeypatch):
    monkeypatch.setattr(index, "is_sound", lambda stem: pytest.fail(f"{stem} was built"))
    html = index.home(["/parity", "/gamma"], awaited={"parity": [], "gamma": ["gamma"]})
    assert html.count("Opens in a moment") == 2 and 'http-equiv="refresh"' in html
    monkeypatch.setattr(index, "is_sound", lambda stem: True)
    html = index.home(["/parity", "/gamma"], awaited={"gamma": ["gamma"]})
    assert html.count("Opens in a moment") == 1
    assert "Opens in a moment" not in index.home(["/parity", "/gamma"])
