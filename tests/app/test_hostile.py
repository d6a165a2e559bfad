"""Requests that no page makes: each is answered, none raises, none reaches another reader.

UNROLLED_FUZZ says how many inputs are tried, 150 unless given; `UNROLLED_FUZZ=5000` is the other half of
`tests/bench/hostile.py fuzz`.
"""

import json
import logging
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.shell import address, lessons
from app.shell.contract import REQUESTS
from app.shell.reader import MOST_ITEMS
from tests.app.pages import Opened, classes
from tests.bench.walk import value_of

STEMS = tuple(lessons.stems())
STEPS = 15  # inputs in a row
EXAMPLES = max(1, int(os.environ.get("UNROLLED_FUZZ", "150")) // STEPS)

numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, -1, 2.5, 1e308, 10**400, True]))
texts = st.one_of(st.text(max_size=12), st.sampled_from(["NaN", "1e999", "-0", "9" * 400, "<b>", "1*2000", "0,"]))
anything = st.recursive(
    st.one_of(st.none(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
fields = ("t", "name", "steps", "query", "step", "challenge", "values", "pixel", "by_step", "kind", "text", "content")


class Errors(logging.Handler):
    """What the site logs as an error of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(self.format(record))


class Hostile(RuleBasedStateMachine):
    """One reader sends anything, another of the same page sends nothing."""

    @initialize(stem=st.sampled_from(STEMS))
    def open(self, stem: str) -> None:
        self.errors = Errors()
        logging.getLogger("unrolled").addHandler(self.errors)
        self.page, self.other = Opened(stem), Opened(stem)
        self.before = self.other.model.state(), json.dumps(self.other.frame, sort_keys=True)
        self.names = [*self.page.model.state_parameters(), "present", "preset", "name", "param", "result", ""]
        self.kinds = classes(stem)[0].parameters()
        self.sent = 0

    def send(self, message: str) -> None:
        self.page.reader.requested("request", "", message)

    @rule(do=st.sampled_from([*REQUESTS, "eval"]), given=st.dictionaries(st.sampled_from(fields), anything, max_size=4))
    def any_request(self, do: str, given: dict) -> None:
        self.send(json.dumps([{"id": 1, "do": do, **given}]))

    @rule(do=st.sampled_from([*REQUESTS]), data=st.data())
    def a_request_of_the_right_form(self, do: str, data: st.DataObject) -> None:
        of_kind = {int: st.integers(-5, 300), float: numbers, str: texts, bool: st.booleans()}
        given = {
            name: data.draw(of_kind.get(hint, anything))
            for name, hint in REQUESTS[do].__annotations__.items()
        }  # fmt: skip
        self.send(json.dumps([{"id": 1, "do": do, **given}]))

    @rule(data=st.data())
    def settings_with_any_value(self, data: st.DataObject) -> None:
        values = data.draw(st.dictionaries(st.sampled_from(self.names), st.one_of(anything, numbers), max_size=4))
        self.send(json.dumps([{"id": 1, "do": "set", "values": values}]))

    @rule(chance=st.randoms(use_true_random=False))
    def allowed_settings(self, chance) -> None:
        names = chance.sample(sorted(self.kinds), 3)
        given = "&".join(f"{name}={address.quote_plus(str(value_of(self.kinds[name], chance)))}" for name in names)
        self.send(json.dumps([{"id": 1, "do": "restore", "query": given}]))

    @rule(edits=st.dictionaries(st.sampled_from(["1", "3", "0", "-1", "1e3", "x", "9" * 30]), numbers, max_size=4))
    def strokes(self, edits: dict) -> None:
        for name in self.page.model.sequences():
            self.send(json.dumps([{"id": 1, "do": "edit", "name": name, "steps": edits}]))

    @rule(message=st.one_of(st.text(max_size=30), anything.map(json.dumps), st.just("[" * 100_000)))
    def no_request_at_all(self, message: str) -> None:
        self.send(message)

    @rule()
    def very_many_at_once(self) -> None:
        self.send(json.dumps([{"id": k, "do": "cursor", "t": 1} for k in range(10 * MOST_ITEMS)]))

    @invariant()
    def all_is_answered_and_nobody_else_notices(self) -> None:
        if not hasattr(self, "page"):
            return
        self.sent += 1
        self.send(json.dumps([{"id": 10_000 + self.sent, "do": "cursor", "t": 1 + self.sent % 2}]))
        assert self.page.frame["answered"] == 10_000 + self.sent
        assert self.errors.records == []
        assert self.before == (self.other.model.state(), json.dumps(self.other.frame, sort_keys=True))

    def teardown(self) -> None:
        if hasattr(self, "page"):
            logging.getLogger("unrolled").removeHandler(self.errors)
            for page in (self.page, self.other):
                page.reader.end(None)


Hostile.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
TestHostile = Hostile.TestCase
