"""What is sent after a change: only what the browser does not have, and with it the browser has everything."""

import json
from urllib.parse import parse_qsl

import numpy as np
import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.shell import address, lessons
from app.shell.assets import page_stems
from app.shell.contract import PARTED
from app.shell.outbox import Outbox, encoded
from app.shell.sequence import Sequence
from app.shell.text import Text
from tests.app.pages import Opened, classes, decoded

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
each_page = pytest.mark.parametrize("stem", STEMS)


# Columns as JSON


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.1, -0.0, 1e300, np.pi]),
        np.array([np.nan, np.inf, -np.inf]),
        np.arange(5),
        np.array([True, False]),
        np.array([1.5, 2.5], dtype=np.float32),
        np.array([1.0, 2.0], dtype=">f8"),
        np.arange(10.0)[::-2],
        np.zeros(0),
    ],
)
def test_numbers_arrive_to_the_last_bit(array):
    found = decoded(through_json(encoded(array)))
    assert found.dtype == np.float64 and found.tobytes() == array.astype("<f8").tobytes()


@pytest.mark.parametrize("kind", ["float32", "uint32", "float64", "uint8"])
def test_images_keep_their_type_and_shape(kind):
    image = np.arange(12).reshape(3, 4).astype(kind)
    for given_image in (image, np.asfortranarray(image), image[::-1]):
        found = decoded(through_json(encoded([given_image])))
        assert len(found) == 1 and found[0].dtype == kind
        np.testing.assert_array_equal(found[0], given_image)


def test_lines_may_differ_in_length():
    lines = [np.array([1.0, 2.0]), [3], (), np.zeros(0), np.array([4, 5, 6])]
    found = decoded(through_json(encoded(lines)))
    assert [line.tolist() for line in found] == [[1, 2], [3], [], [], [4, 5, 6]]


@pytest.mark.parametrize("texts", [["a", "−½", '"'], ("a", "b"), np.array(["a", "b"])])
def test_texts_stay_texts(texts):
    assert decoded(through_json(encoded(texts))) == list(texts)


@pytest.mark.parametrize("numbers", [[], (), [1, 2], [1, 0.5], [np.float32(0.5), np.int64(3)], range(3), [True]])
def test_lists_of_numbers_become_arrays(numbers):
    found = decoded(through_json(encoded(numbers)))
    assert found.dtype == np.float64 and found.tolist() == [float(number) for number in numbers]


def through_json(value: object) -> object:
    return json.loads(json.dumps(value, allow_nan=False))


# What is sent


def sent(outbox: Outbox, **frame: object) -> dict:
    return json.loads(outbox.message(frame))


def test_what_the_browser_has_is_not_sent_again():
    outbox = Outbox()
    whole = {"answered": 1, "t": 3, "values": {"a": 1, "b": "x"}, "tables": {}, "score": None, "notices": []}
    assert sent(outbox, **whole) == {key: value for key, value in whole.items() if key != "tables"}
    assert sent(outbox, **whole) == {"answered": 1}
    assert sent(outbox, **whole | {"answered": 2, "values": {"a": 1, "b": "y"}}) == {
        "answered": 2,
        "values": {"b": "y"},
    }
    assert sent(outbox, answered=3, score={"right": 1}) == {"answered": 3, "score": {"right": 1}}
    assert sent(outbox, answered=4, score=None, t=3) == {"answered": 4, "score": None}


def test_a_column_and_a_property_are_sent_each_by_itself():
    outbox, ones = Outbox(), np.ones(2)
    first = sent(outbox, columns={"m1": {"a": ones, "b": ones}}, properties={"m2": {"start": 0.0, "end": 1.0}})
    assert first["columns"] == {"m1": {"a": encoded(ones), "b": encoded(ones)}}
    second = sent(outbox, columns={"m1": {"a": ones, "b": 2 * ones}}, properties={"m2": {"start": 0.0, "end": 2.0}})
    assert second == {"columns": {"m1": {"b": encoded(2 * ones)}}, "properties": {"m2": {"end": 2.0}}}
    assert sent(outbox, columns={"m1": {"b": 2 * ones}}, properties={}) == {}
    assert sent(outbox, columns={"m3": {"b": 2 * ones}}) == {"columns": {"m3": {"b": encoded(2 * ones)}}}


def test_single_numbers_of_numpy_are_numbers():
    numbers = {"a": np.int64(3), "b": np.float32(0.5), "c": np.bool_(True), "d": [np.float64(0.1)]}
    found = sent(Outbox(), properties={"m": numbers}, live={"level": numbers})
    assert found["properties"]["m"] == found["live"]["level"] == {"a": 3, "b": 0.5, "c": True, "d": [0.1]}
    with pytest.raises((TypeError, AttributeError)):
        Outbox().message({"live": {"text": object()}})


# Whole pages


def value_of(parameter: param.Parameter) -> st.SearchStrategy[str]:
    """Values that a parameter allows, as an address has them."""
    if isinstance(parameter, Sequence):
        number = st.sampled_from([0.0, 1.0]) if parameter.binary else rounded(*parameter.bounds, 2)
        return st.lists(number, min_size=1, max_size=40).map(parameter.encode)
    if isinstance(parameter, Text):
        return st.text(parameter.alphabet, min_size=parameter.least, max_size=min(parameter.most, 30))
    if isinstance(parameter, param.Boolean):
        values = st.booleans()
    elif isinstance(parameter, param.Selector):
        values = st.sampled_from(list(parameter.objects))
    elif isinstance(parameter, param.Integer):
        values = st.integers(*parameter.bounds)
    else:
        values = rounded(*parameter.bounds, 3)
    return values.map(lambda value: address.text(parameter, value))


def rounded(low: float, high: float, digits: int) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda value: round(value, digits) + 0.0)  # no −0


@st.composite
def requests(draw: st.DrawFn, stem: str) -> tuple[str, dict]:
    """A request that changes what is shown: mostly settings, some at once."""
    parameters, lesson = classes(stem)[0].param, lessons.load(stem)
    kind = draw(st.sampled_from(["set", "set", "set", "preset", "solve", "seed", "cursor", "example"]))
    if kind == "set":
        lasting = [name for name in parameters if name != "name" and not isinstance(parameters[name], param.Event)]
        names = draw(st.lists(st.sampled_from(lasting), min_size=1, max_size=3, unique=True))
        return kind, {"values": {name: draw(value_of(parameters[name])) for name in names}}
    return kind, {
        "preset": {"name": draw(st.sampled_from(list(lesson.preset_values)))},
        "solve": {"challenge": draw(st.integers(0, 2))},
        "seed": {},
        "cursor": {"t": draw(st.integers(1, 60))},
        "example": {"step": draw(st.integers(0, len(lesson.example) - 1))},
    }[kind]


def parts(frame: dict) -> dict[tuple[str, ...], object]:
    """Everything that is sent by itself."""
    found = {}
    for key, value in frame.items():
        if key in ("columns", "properties"):
            found |= {(key, name, inner): item for name, entry in value.items() for inner, item in entry.items()}
        elif key in PARTED:
            found |= {(key, name): entry for name, entry in value.items()}
        else:
            found[(key,)] = value
    return found


@each_page
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_only_what_has_changed_is_sent_and_all_together_is_the_page_at_that_address(stem, data):
    page, messages = Opened(stem), []
    page.bridge.on_change("frame", lambda attribute, old, new: messages.append(json.loads(new)))
    for kind, fields in data.draw(st.lists(requests(stem), min_size=1, max_size=4)):
        before = parts(page.frame)
        messages.clear()
        page.ask(kind, **fields)
        assert messages
        for message in messages:
            news = parts(message)
            json.dumps(message, allow_nan=False)
            again = [place for place, value in news.items() if place in before and before[place] == value]
            assert set(again) <= {("answered",)}
            before |= news
    has, wants = parts(page.frame), parts(Opened(stem, **dict(parse_qsl(page.frame["query"]))).frame)
    for place in wants:
        if place[0] not in ("answered", "notices", "score", "diagram", "example", "own"):
            assert has[place] == wants[place], place
