"""What keeps one reader from stopping the others: pace, memory, turns, and a log that nobody can fill."""

import json
import logging
import threading
import time

import pytest

from app.shell import job, journal, pace
from app.shell.budget import Memory, TooMuch
from app.shell.job import Job, Looks, Turns, Unwanted
from app.shell.latest import Latest
from engine import pieces

PATIENCE = 20


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_hand_is_never_held_up_and_a_flood_is():
    clock = Clock()
    kept = pace.Pace(clock)
    for _ in range(600):
        clock.now += 1 / 60
        assert kept.allows("x")
    answered = sum(kept.allows("x") for _ in range(10_000))
    assert answered <= pace.AT_ONCE
    clock.now += 1.0
    assert sum(kept.allows("x") for _ in range(10_000)) <= pace.A_SECOND


def test_a_large_message_counts_as_many():
    kept = pace.Pace(Clock())
    file = "x" * 5_000_000
    assert kept.allows(file) and not kept.allows("x")


def test_what_came_too_fast_is_merged_or_dropped_and_never_a_queue():
    kept = pace.Pace(Clock())
    kept.keep([{"id": k, "do": "set", "values": {"a": k, str(k % 2): k}} for k in range(1000)])
    kept.keep([{"id": 1000 + k, "do": "cursor", "t": k} for k in range(1000)])
    assert kept.take() == [
        {"id": 999, "do": "set", "values": {"a": 999, "0": 998, "1": 999}}, {"id": 1999, "do": "cursor", "t": 999}
    ]  # fmt: skip
    kept.keep([{"id": k, "do": "act", "name": "start"} for k in range(1000)])
    kept.keep([None, 3, [], {"do": "set"}, {"do": "set", "values": 3}])
    assert len(kept.take()) == pace.WAITING and kept.take_dropped() == 1005 - pace.WAITING
    assert kept.take_dropped() == 0 and kept.take() == []


def test_whoever_takes_more_than_his_part_waits_but_only_where_others_wait_too():
    clock = Clock()
    shares = pace.Shares(clock)
    for _ in range(40):
        clock.now += 0.1
        shares.spent(1, 0.09)
    assert not shares.is_greedy(1) and shares.are_many()  # alone
    for _ in range(40):
        clock.now += 0.1
        shares.spent(1, 0.08)
        for modest in range(2, 6):
            shares.spent(modest, 0.001)
    assert shares.is_greedy(1) and not any(shares.is_greedy(reader) for reader in range(2, 7))
    clock.now += 2
    assert not shares.is_greedy(1) and not shares.are_many()
    for _ in range(40):  # there is time for all
        clock.now += 0.1
        shares.spent(1, 0.04)
        shares.spent(2, 0.01)
    assert not shares.is_greedy(1)
    for reader in range(1000):
        clock.now += 0.1
        shares.spent(reader, 0.05)
    assert len(shares._taken) < 200


def test_memory_is_promised_once_and_given_back():
    memory = Memory(lambda: 1e6)
    with memory.promise(4e5), memory.promise(4e5):
        with pytest.raises(TooMuch, match="400,000 MB"), memory.promise(4e5):
            pass
        with memory.promise(1.0):  # what is small is never refused
            pass
    with memory.promise(8e5):
        pass


def test_a_result_without_room_is_refused_with_a_sentence_and_what_was_shown_stays():
    told = threading.Semaphore(0)
    latest = Latest(lambda settings: 10 * settings, told.release, megabytes=lambda settings: 1e9 * settings)
    latest.ask(0, heavy=False)
    assert latest.ask(2, heavy=True) == 0
    assert told.acquire(timeout=PATIENCE)
    assert latest.shown == 0 and latest.failure.startswith("This needs about 2,000,000,000 MB")


def in_pieces(begun: threading.Event, ended: threading.Event, seconds: float = PATIENCE):
    """Work that looks every few milliseconds."""

    def compute(settings):
        begun.set()
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                time.sleep(0.005)
                pieces.look()
        finally:
            ended.set()
        return settings

    return compute


def test_work_ends_with_its_page():
    for leave in ("close", "disconnect"):
        begun, ended, there = threading.Event(), threading.Event(), [True]
        latest = Latest(in_pieces(begun, ended), connected=lambda there=there: there[0])
        latest.ask(1, heavy=True)
        assert begun.wait(PATIENCE)
        thread = latest._thread
        if leave == "close":
            latest.close()
        else:
            there[0] = False
        assert ended.wait(PATIENCE / 2)
        thread.join(PATIENCE)
        assert not latest.working and latest.shown is None


def test_work_begins_only_when_the_page_has_come():
    begun, ended, there = threading.Event(), threading.Event(), []
    latest = Latest(in_pieces(begun, ended, 0.0), connected=lambda: bool(there))
    latest.ask(1, heavy=True)
    assert not begun.wait(0.2)
    there.append(1)
    assert begun.wait(PATIENCE)


def test_newer_settings_end_long_work_after_a_moment():
    begun, ended, told = threading.Event(), threading.Event(), threading.Event()
    work = in_pieces(begun, ended)
    latest = Latest(lambda settings: work(settings) if settings == 1 else settings, told.set)
    latest.ask(1, heavy=True)
    assert begun.wait(PATIENCE)
    latest.ask(2, heavy=True)
    assert told.wait(PATIENCE / 2) and latest.shown == 2


def test_a_stopped_job_ends_its_step_and_a_paused_one_does_not():
    begun, ended = threading.Event(), threading.Event()
    work = in_pieces(begun, ended)
    made = Job(lambda: bool(work(1)), lambda: True)
    made.start()
    assert begun.wait(PATIENCE)
    made.pause()
    assert not ended.wait(0.4)
    made.stop()
    assert ended.wait(PATIENCE / 2) and made.state == "finished"


def test_turns_go_to_readers_however_many_threads_one_of_them_has():
    turns, order, gate = Turns(1), [], threading.Lock()
    turns.take("first")

    def take(owner):
        with turns.of(owner), gate:
            order.append(owner)
            time.sleep(0.01)

    threads = []
    for owner in ("greedy", "greedy", "greedy", "modest"):
        threads.append(threading.Thread(target=take, args=(owner,)))
        threads[-1].start()
        while len(turns._waiting) < len(threads):
            time.sleep(0.001)
    # one of greedy's is under way, as far as turns know, so that modest comes before its others
    turns._held["greedy"] += 1
    turns.give_back("first")
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["modest", "greedy", "greedy", "greedy"]


def test_nobody_looks_more_often_than_is_needed(monkeypatch):
    monkeypatch.setattr(job, "LOOK_EVERY", 0.02)
    seen = []
    looks, end = Looks(seen.append), time.monotonic() + 0.3
    while time.monotonic() < end:
        looks()
    assert 1 <= len(seen) <= 15 and min(seen) >= 0.02


def test_unwanted_is_no_error_that_somebody_takes_for_his_own():
    assert not issubclass(Unwanted, Exception)


def lines(log: logging.Logger, send) -> list[str]:
    found = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(logging.Formatter().format(record))
    handler.addFilter(journal.OncePerKind())
    log.addHandler(handler)
    log.propagate = False
    try:
        send()
    finally:
        log.removeHandler(handler)
        log.propagate = True
    return found


def test_a_kind_is_written_once_and_then_counted():
    log = logging.getLogger("unrolled.tests")

    def send():
        for k in range(2000):
            log.warning("value %s is wrong", k)
            try:
                json.loads("{")
            except ValueError:
                log.exception("failed %d", k)

    found = lines(log, send)
    assert [line for line in found if "value" in line] == ["value 0 is wrong"] + [
        f"value {n - 1} is wrong ({n} of this kind so far)" for n in (10, 100, 1000)
    ]
    assert sum("Traceback" in line for line in found) == 1 and len(found) == 8


def test_what_a_browser_sends_is_one_short_line():
    log = logging.getLogger("bokeh.server.views.ws")

    def send():
        try:
            json.loads("{")
        except ValueError:
            log.error("could not read %r", "x" * 10_000_000, exc_info=True)

    (line,) = lines(log, send)
    assert len(line) <= journal.LONGEST and "\n" not in line
