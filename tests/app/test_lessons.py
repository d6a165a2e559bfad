"""The loader, and what every lesson must hold."""

import dataclasses
import re
from types import MappingProxyType

import pytest

from app.shell import lessons

ORDINAL = re.compile(r"\b(?:lessons? \d+|(?:next|previous|following|preceding|last) lesson)\b", re.IGNORECASE)


@pytest.mark.parametrize("stem", lessons.stems())
class TestEveryLesson:
    def test_length_of_the_body(self, stem):
        assert 300 <= lessons.word_count(stem) <= 700

    def test_counts(self, stem):
        lesson = lessons.load(stem)
        assert len(lesson.presets) >= 3
        assert len(lesson.challenges) == 3
        assert len(lesson.quiz) == 4
        assert len(lesson.example) >= 4

    def test_body_has_two_to_four_headings_and_a_displayed_equation(self, stem):
        html = lessons.load(stem).html
        assert 2 <= html.count("<h2>") <= 4
        assert '<div class="math">' in html

    def test_no_dollar_is_left_in_any_rendered_text(self, stem):
        for text in _texts(lessons.load(stem)):
            assert "$" not in lessons.render(text), text

    def test_other_lessons_are_named_and_linked_never_numbered(self, stem):
        """Their order changes."""
        folder = lessons.FOLDER / stem
        for path in (folder / "lesson.md", *folder.glob("*.py")):
            assert not ORDINAL.findall(path.read_text(encoding="utf-8")), path.name
        for target in re.findall(r"\]\(([^)]*)\)", "\n".join(_texts(lessons.load(stem)))):
            page, _, preset = target.partition("?preset=")
            assert page in lessons.stems(), target
            assert not preset or preset in lessons.load(page).preset_values, target

    def test_run_length_sequences_have_n_steps_values(self, stem):
        for values in _parameter_tables(lessons.load(stem)):
            for name in ("x", "input_gate", "forget_gate", "output_gate"):
                if name in values:
                    assert _run_length(values[name]) == values["n_steps"], (name, values)
            if "bits" in values:
                assert re.fullmatch("[01]{1,200}", values["bits"])

    def test_picture_is_small_and_safe(self, stem):
        picture = (lessons.FOLDER / stem / "card.svg").read_text(encoding="utf-8")
        assert len(picture.encode()) < 4096
        assert 'viewBox="0 0 320 150"' in picture
        assert 'aria-hidden="true"' in picture
        assert "<script" not in picture
        assert all(float(size) >= 12 for size in re.findall(r"font-size[:=]\"?([\d.]+)", picture))


def test_orders_are_distinct_and_sorted():
    orders = [lessons.load(stem).order for stem in lessons.stems()]
    assert orders == sorted(set(orders))


def test_load_is_cached_and_immutable():
    stem = lessons.stems()[0]
    lesson = lessons.load(stem)
    assert lessons.load(stem) is lesson
    with pytest.raises(dataclasses.FrozenInstanceError):
        lesson.title = "other"
    with pytest.raises(TypeError):
        lesson.presets[0].values["extra"] = 1


def test_unknown_stem_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no lesson 'nothing'.*gated_cec"):
        lessons.load("nothing")


@pytest.mark.parametrize(
    ("markdown", "inline", "html"),
    [
        ("$h_1 < h_2$", True, '<span class="math">h_1 &lt; h_2</span>'),
        ("a *b* $x_1 * y_2 * z$", True, 'a <em>b</em> <span class="math">x_1 * y_2 * z</span>'),
        ("$a$", False, '<p><span class="math">a</span></p>\n'),
        ("$a$, b", True, '<span class="unbroken"><span class="math">a</span>,</span> b'),
        ("$$\na_1 &= b \\\\\n&> c_2\n$$", False, '<div class="math">a_1 &amp;= b \\\\\n&amp;&gt; c_2</div>\n'),
        ("<b>no</b>", True, "&lt;b&gt;no&lt;/b&gt;"),
        (r"$\sum_{t=1}^{T} e_t^2$", True, r'<span class="math">\sum_{t=1}^{T} e_t^2</span>'),
    ],
)
def test_render(markdown, inline, html):
    assert lessons.render(markdown, inline=inline) == html


def test_words_leave_mathematics_out():
    assert lessons.words("Two words $a + b$ and\n\n$$\nc = d\n$$\n\n## don't stop") == 5


SOUND = (
    """+++
title = "T"
order = 9
summary = "S"
objectives = ["a", "b", "c"]
dictionary = "D"
references = ["R"]
[predict]
preset = "one"
signal = "y"
question = "Q"
tolerance = 1
"""
    + "".join(
        f'''
[[presets]]
name = "{name}"
title = "T"
note = "N"
[presets.values]
bits = "01"
steepness = 2
snap = true
'''
        for name in ("one", "two", "three-more")
    )
    + """
[[example]]
text = "first step"
preset = "one"
cursor = 2
values = { steepness = 3.5 }
"""
    + """
[[example]]
text = "step"
"""
    * 3
    + """
[[challenges]]
goal = "G"
hint = "H"
check = "is_done"
[challenges.solution]
bits = "1"
"""
    * 3
    + """
[[quiz]]
question = "Q"
choices = ["a", "b", "c"]
answer = 2
reasons = ["x", "y", "z"]
"""
    * 4
    + """+++
## Body
Some $x_1$.
"""
)


def _read(folder, text):
    path = folder / "broken" / "lesson.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return lessons.read(path)


def test_sound_file(tmp_path):
    lesson = _read(tmp_path, SOUND)
    assert (lesson.stem, lesson.order, lesson.objectives) == ("broken", 9, ("a", "b", "c"))
    assert dict(lesson.presets[0].values) == {"bits": "01", "steepness": 2, "snap": True}
    assert isinstance(lesson.presets[0].values, MappingProxyType)
    assert lesson.example[0] == lessons.ExampleStep("first step", "one", 2, MappingProxyType({"steepness": 3.5}))
    assert lesson.example[1] == lessons.ExampleStep("step")
    assert lesson.predict == lessons.Predict("one", "y", "Q", 1.0)
    assert lesson.html == '<h2>Body</h2>\n<p>Some <span class="unbroken"><span class="math">x_1</span>.</span></p>\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "T"\norder', "order", "missing key 'title'.*summary"),
        ("order = 9", "ordre = 9", "unknown key 'ordre'.*order"),
        ("order = 9", 'order = "9"', "order.*type int"),
        ("order = 9", "order = true", "order.*type int"),
        ("tolerance = 1", "tolerance = 0", "tolerance.*more than 0"),
        ("tolerance = 1", "", "predict: missing key 'tolerance'"),
        ('summary = "S"', 'summary = ""', "summary.*not empty"),
        ('objectives = ["a", "b", "c"]', 'objectives = "a"', "objectives.*a list"),
        ('objectives = ["a", "b", "c"]', 'objectives = ["a"]', "objectives.*got 1.*exactly 3"),
        ('note = "N"', 'nota = "N"', r"presets\[0\]: unknown key 'nota'.*note"),
        ('bits = "01"', "bits = [0, 1]", r"presets\[0\]: values.*numbers"),
        ('name = "one"', 'name = "One"', "presets name.*kebab-case"),
        ('name = "two"', 'name = "one"', "presets name.*once"),
        ('first step"\npreset = "one"', 'first step"\npreset = "none"', r"example\[0\]: preset.*one, two"),
        ("cursor = 2", "cursor = 0", r"example\[0\]: cursor.*1 or more"),
        ('[predict]\npreset = "one"', '[predict]\npreset = "none"', "predict: preset.*one, two"),
        ('\n[[example]]\ntext = "step"\n', "", "example.*got 1.*4 to 7"),
        ('check = "is_done"', 'check = "is done"', r"challenges\[0\]: check.*method name"),
        ("answer = 2", "answer = 3", r"quiz\[0\]: answer.*got 3.*0 to 2"),
        ("answer = 2", "answer = -1", r"quiz\[0\]: answer.*got -1.*0 to 2"),
        ('reasons = ["x", "y", "z"]', 'reasons = ["x"]', r"quiz\[0\]: reasons.*got 1.*one per choice"),
        ('choices = ["a", "b", "c"]', 'choices = ["a", "b"]', r"quiz\[0\]: choices.*got 2.*3 or 4"),
        ("+++\n## Body", "## Body", "no front matter"),
        ("order = 9", "order = ", "not valid TOML"),
    ],
)
def test_malformed_file(tmp_path, old, new, message):
    assert old in SOUND
    with pytest.raises(ValueError, match=f"broken/lesson.md: .*{message}"):
        _read(tmp_path, SOUND.replace(old, new))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("challenges", "challenges.*got 4.*exactly 3"),
        ("quiz", "quiz.*got 5.*exactly 4"),
    ],
)
def test_wrong_count(tmp_path, block, message):
    start = SOUND.index(f"\n[[{block}]]")
    following = SOUND.find("\n[[", start + 1)
    with pytest.raises(ValueError, match=f"broken/lesson.md: {message}"):
        _read(tmp_path, SOUND[:start] + SOUND[start:following] + SOUND[start:])


def _texts(lesson):
    yield from (lesson.summary, lesson.dictionary, *lesson.objectives, *lesson.references, lesson.predict.question)
    for preset in lesson.presets:
        yield from (preset.title, preset.note)
    for step in lesson.example:
        yield step.text
    for challenge in lesson.challenges:
        yield from (challenge.goal, challenge.hint)
    for question in lesson.quiz:
        yield from (question.question, *question.choices, *question.reasons)
    yield lesson.body


def _parameter_tables(lesson):
    yield from (preset.values for preset in lesson.presets)
    yield from (challenge.solution for challenge in lesson.challenges)


def _run_length(text):
    return sum(int(count or 1) for _, _, count in (part.partition("*") for part in text.split(",")))
