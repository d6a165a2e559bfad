"""Slow results: the newest settings win, what they overtook is never computed, and the page is told."""

import threading

import pytest

from app.shell import job
from app.shell.latest import FAILED, Latest

PATIENCE = 20  # seconds; reached only by a failure


class Slow:
    """A calculation that waits for a sign where its settings are negative, and remembers what it was given."""

    def __init__(self):
        self.given, self.told = [], []
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.finished = threading.Semaphore(0)
        self.latest = Latest(self.compute, self.done)

    def compute(self, settings):
        self.given.append(settings)
        if settings < 0:
            self.begun.release()
            assert self.go.acquire(timeout=PATIENCE)
        if settings == -13:
            raise ValueError("unlucky")
        return 10 * settings

    def done(self):
        self.told.append((self.latest.shown, self.latest.working))
        self.finished.release()

    def wait(self, which):
        assert which.acquire(timeout=PATIENCE)


def test_quick_settings_are_computed_at_once_and_only_once():
    slow = Slow()
    assert slow.latest.ask(3, heavy=False) == 30
    assert slow.latest.ask(3, heavy=False) == 30
    assert (slow.given, slow.latest.working, slow.told) == ([3], False, [])


def test_the_page_shows_the_old_result_until_the_new_one_is_there():
    slow = Slow()
    slow.latest.ask(1, heavy=False)
    assert slow.latest.ask(-2, heavy=True) == 10
    slow.wait(slow.begun)
    assert slow.latest.working and slow.latest.shown == 10
    slow.go.release()
    slow.wait(slow.finished)
    assert slow.told == [(-20, False)]
    assert slow.latest.ask(-2, heavy=True) == -20


def test_overtaken_settings_are_never_computed_quick_ones_wait_their_turn():
    slow = Slow()
    slow.latest.ask(1, heavy=False)
    slow.latest.ask(-2, heavy=True)
    slow.wait(slow.begun)
    for overtaken in (-3, -4, 5):
        assert slow.latest.ask(overtaken, heavy=overtaken < 0) == 10
    slow.latest.ask(6, heavy=False)
    slow.go.release()
    slow.wait(slow.finished)
    slow.wait(slow.finished)
    assert slow.given == [1, -2, 6]
    assert slow.told == [(-20, True), (60, False)]


def test_a_failure_is_told_and_leaves_the_last_result():
    slow = Slow()
    slow.latest.ask(1, heavy=False)
    slow.latest.ask(-13, heavy=True)
    slow.go.release()
    slow.wait(slow.finished)
    assert (slow.latest.shown, slow.latest.failure, slow.latest.working) == (10, FAILED, False)
    assert slow.latest.ask(2, heavy=False) == 20 and slow.latest.failure == ""


def test_a_quick_failure_is_raised_where_it_was_asked_for():
    slow = Slow()
    slow.go.release()
    with pytest.raises(ValueError, match="unlucky"):
        slow.latest.ask(-13, heavy=False)


def test_nothing_new_begins_after_closing():
    slow = Slow()
    slow.latest.ask(1, heavy=False)
    slow.latest.ask(-2, heavy=True)
    slow.wait(slow.begun)
    slow.latest.ask(7, heavy=True)
    slow.latest.close()
    slow.go.release()
    slow.wait(slow.finished)
    assert slow.given == [1, -2] and not slow.latest.working


def test_what_waits_for_its_turn_when_the_page_is_left_never_begins():
    slow = Slow()
    slow.latest.ask(1, heavy=False)
    with job.TURNS:
        slow.latest.ask(-2, heavy=True)
        thread = slow.latest._thread
        slow.latest.close()
    thread.join(30)
    assert slow.given == [1] and not slow.latest.working
