"""Jobs: their states, that they end at once, and that they take turns."""

import threading
import time

import pytest

from app.shell import job
from app.shell.job import Job, Turns
from app.shell.reader import SELDOM
from tests.app.pages import Opened

SOON = 5.0  # seconds: far more than any of these steps takes


def until(condition, limit=SOON):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.001)


def threads() -> int:
    return sum(thread.name == "job" for thread in threading.enumerate())


class Work:
    """A step that counts its calls, can be held up, and can end or fail at a given call."""

    def __init__(self, last: int | None = None, fails_at: int | None = None):
        self.done, self.begun, self.last, self.fails_at = 0, 0, last, fails_at
        self.gate = threading.Event()
        self.gate.set()
        self.inside = self.most_inside = 0

    def step(self) -> bool:
        self.begun += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.gate.wait(SOON)
        time.sleep(0.001)
        self.inside -= 1
        if self.begun == self.fails_at:
            raise ArithmeticError("a number is too large")
        self.done += 1
        return self.done != self.last


@pytest.fixture(autouse=True)
def no_thread_stays():
    job.READERS._moved = -job.ACTIVE
    yield
    until(lambda: threads() == 0)


def running(work: Work, connected=lambda: True) -> Job:
    found = Job(work.step, connected)
    found.start()
    return found


def test_it_steps_until_the_step_says_that_it_was_the_last():
    work = Work(last=5)
    made = Job(work.step, lambda: True)
    assert (made.state, made.failure) == ("ready", "")
    made.start()
    until(lambda: made.state == "finished")
    assert work.done == 5
    made.start()
    made.once()
    time.sleep(0.02)
    assert (made.state, work.done) == ("finished", 5)


def test_pause_and_go_on():
    work = Work()
    made = running(work)
    until(lambda: work.done > 2)
    made.pause()
    assert made.state == "paused"
    until(lambda: threads() == 0)
    done = work.done
    made.pause()
    made.start()
    assert made.state == "running"
    until(lambda: work.done > done + 2)
    made.stop()
    assert made.state == "finished"


def test_once_does_one_step():
    work = Work()
    made = Job(work.step, lambda: True)
    for number in (1, 2, 3):
        made.once()
        until(lambda: made.state == "paused")
        assert work.done == number
    made.stop()


def test_stop_does_not_wait_for_a_long_step_and_no_step_follows_it():
    work = Work()
    work.gate.clear()
    made = running(work)
    until(lambda: work.begun == 1)
    made.stop()
    assert threads() == 1, "the step still waits at the gate; whoever waited for it would wait for ever"
    assert made.state == "finished"
    made.start()
    work.gate.set()
    until(lambda: threads() == 0)
    assert (made.state, work.begun) == ("finished", 1)


def test_pausing_and_starting_during_a_step_never_makes_two_steps_at_once():
    work = Work()
    work.gate.clear()
    made = running(work)
    until(lambda: work.begun == 1)
    for _ in range(4):
        made.pause()
        made.start()
    work.gate.set()
    until(lambda: work.done > 5)
    assert (made.state, work.most_inside) == ("running", 1)
    until(lambda: threads() == 1)
    made.stop()


def test_a_single_step_that_was_overtaken_by_start_does_not_pause_it():
    work = Work()
    work.gate.clear()
    made = Job(work.step, lambda: True)
    made.once()
    until(lambda: work.begun == 1)
    made.pause()
    made.start()
    work.gate.set()
    until(lambda: work.done > 5)
    assert made.state == "running"
    made.stop()


def test_a_step_that_raises_leaves_its_message_and_hurts_nobody(caplog):
    work, other = Work(fails_at=3), Work()
    beside = running(other)
    made = running(work)
    until(lambda: made.state == "failed")
    assert made.failure == "a number is too large"
    assert work.done == 2
    assert "a job failed" in caplog.text
    made.start()
    made.stop()
    assert made.state == "failed"
    done = other.done
    until(lambda: other.done > done + 3)
    beside.stop()


@pytest.mark.parametrize("paused", [False, True])
def test_the_last_step_counts_even_where_the_reader_paused_during_it(paused):
    work = Work(last=1)
    work.gate.clear()
    made = running(work)
    until(lambda: work.begun == 1)
    if paused:
        made.pause()
    work.gate.set()
    until(lambda: made.state == "finished")


def test_it_pauses_before_the_next_step_where_nobody_looks_and_can_go_on():
    work, looking = Work(), [True]
    made = running(work, lambda: looking[0])
    until(lambda: work.done > 2)
    work.gate.clear()
    until(lambda: work.inside == 1)
    looking[0] = False
    begun = work.begun
    work.gate.set()
    until(lambda: made.state == "paused")
    until(lambda: threads() == 0)
    assert work.begun == begun
    looking[0] = True
    made.start()
    until(lambda: work.begun > begun + 2)
    made.stop()


def test_a_job_whose_reader_cannot_be_asked_fails_and_does_not_run_forever():
    def gone():
        raise RuntimeError("the session is gone")

    work = Work()
    made = running(work, gone)
    until(lambda: made.state == "failed")
    assert (work.begun, made.failure) == (0, "the session is gone")


def test_only_so_many_jobs_step_at_once_and_each_gets_its_share(monkeypatch):
    monkeypatch.setattr(job, "TURNS", Turns(2))
    inside, most, lock = 0, 0, threading.Lock()
    counts = [0] * 5

    def step(number):
        def one() -> bool:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.001)
            with lock:
                inside -= 1
            counts[number] += 1
            return True

        return one

    jobs = [Job(step(number), lambda: True) for number in range(5)]
    for made in jobs:
        made.start()
    until(lambda: min(counts) >= 20)
    for made in jobs:
        made.stop()
    assert most == 2
    assert max(counts) <= 2 * min(counts)


def test_a_job_with_a_pace_leaves_its_turn_to_others_meanwhile(monkeypatch):
    monkeypatch.setattr(job, "TURNS", Turns(1))
    slow, quick, start = Work(), Work(), time.monotonic()
    paced = Job(slow.step, lambda: True, pace=0.1)
    paced.start()
    other = running(quick)
    until(lambda: slow.done == 4)
    assert time.monotonic() - start >= 0.3
    assert quick.done > 20
    for made in (paced, other):
        made.stop()


def test_while_readers_move_things_a_job_rests_most_of_the_time_and_then_goes_on():
    work = Work()
    made = running(work)
    until(lambda: work.done > 2)
    moves = 30
    job.give_way()
    begun = work.begun
    for _ in range(moves):
        job.give_way()
        time.sleep(0.01)
    # one that was under way, and then at most one in each REST
    assert work.begun - begun <= 2 + moves * 0.01 / job.REST + 4
    assert made.state == "running"
    until(lambda: not job.READERS.are_active())
    done = work.done
    until(lambda: work.done > done + 20)
    made.stop()


@pytest.mark.parametrize("end", ["stop", "pause"])
def test_a_rest_is_cut_short(monkeypatch, end):
    monkeypatch.setattr(job, "REST", 30.0)
    work = Work()
    job.give_way()
    made = running(work)
    until(lambda: work.done == 1)
    getattr(made, end)()
    until(lambda: threads() == 0, 2.0)
    assert work.begun == 1


@pytest.mark.parametrize(
    ("do", "fields"),
    [("set", {"values": {"w": 0.9}}), ("cursor", {"t": 2}), ("edit", {"name": "x", "steps": {"1": 0}})],
)
def test_every_move_on_a_page_is_noticed(do, fields):
    page = Opened("gated_cec")
    job.READERS._moved = -job.ACTIVE
    assert page.ask(do, **fields)["notices"] == []
    assert job.READERS.are_active()


def test_turns_are_served_in_the_order_of_asking():
    turns, order = Turns(1), []

    def ask(number):
        with turns:
            order.append(number)

    asking = []
    with turns:
        for number in range(6):
            asking.append(threading.Thread(target=ask, args=(number,)))
            asking[-1].start()
            until(lambda expected=number + 1: len(turns._waiting) == expected)
    for thread in asking:
        thread.join(SOON)
    assert order == list(range(6))
    with turns:
        assert turns._free == 0
    assert turns._free == 1


def test_a_turn_is_given_back_after_a_failure():
    turns = Turns(1)
    with pytest.raises(KeyError), turns:
        raise KeyError
    with turns:
        pass
    assert turns._free == 1


@pytest.mark.skipif(not job.sys.platform.startswith("linux"), reason="threads have no priority of their own here")
def test_only_the_jobs_own_thread_is_polite():
    import os

    found = []
    made = Job(lambda: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())) or False, lambda: True)
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    made.start()
    until(lambda: made.state == "finished")
    assert found == [job.LOWEST_PRIORITY]
    assert job.sys.getswitchinterval() == pytest.approx(job.PATIENCE)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_pictures_of_work_come_seldom_while_readers_move_things(monkeypatch):
    reader = Opened("parity").reader
    shown, removed = [], []
    monkeypatch.setattr(reader, "show", lambda: shown.append(reader.actions.stale))
    monkeypatch.setattr(reader.doc, "remove_periodic_callback", removed.append)
    reader._poll = "the callback"
    monkeypatch.setattr(reader.model, "busy", lambda: True)
    for _ in range(6):
        reader._show_work()
    assert shown == [True] * 6
    job.give_way()
    for _ in range(2 * SELDOM):
        reader._show_work()
    assert shown == [True] * (6 + 2)
    monkeypatch.setattr(reader.model, "busy", lambda: False)
    reader._show_work()
    assert shown == [True] * 9 and removed == ["the callback"] and reader._poll is None
