"""Pictures that are taken home: what is seen, with axes and a caption, on the ground that they are for."""

import io
import struct
import xml.etree.ElementTree as ET
import zipfile

import pytest

from app.parts.colours import PALETTE
from app.shell import lessons
from app.shell.assets import page_stems
from tests.browser.driver import Reader

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
SVG = "{http://www.w3.org/2000/svg}"


def choose(page: Reader, **wish) -> None:
    """Fill in the form: what, how, ground (by value), band, caption (by bool)."""
    page.open_export()
    for name, value in wish.items():
        field = page.page.locator(f"#export-{name}")
        field.set_checked(value) if isinstance(value, bool) else field.select_option(value)


def saved(page: Reader, button: str = "#export-save") -> bytes:
    with page.page.expect_download() as waiting:
        page.page.locator(button).click()
    with open(waiting.value.path(), "rb") as file:
        return file.read()


def drawing(page: Reader, **wish) -> ET.Element:
    choose(page, how="0", **wish)
    return ET.fromstring(saved(page))


def parts(page: Reader) -> list[str]:
    page.open_export()
    return page.page.locator("#export-what option").evaluate_all("all => all.map(option => option.value)")


def words(svg: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def colours(svg: ET.Element) -> set[str]:
    return {part.get(name, "").lower() for part in svg.iter() for name in ("fill", "stroke")}


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("stem", STEMS)
def test_all_parts_of_a_page_arrive_one_by_one_and_as_one_file(reader, stem):
    page = reader(stem)
    plots = page.page.locator("[data-strip]:visible").evaluate_all("all => all.map(e => e.dataset.strip)")
    offered = parts(page)
    assert len(plots) >= 2 and set(offered) == {"diagram", "stack", "numbers", *plots}
    for k, part in enumerate(offered):
        choose(page, what=part, how=("2", "0")[k % 2])
        content = saved(page)
        assert content.startswith((b"\x89PNG", b"<svg")[k % 2]) and len(content) > 1500, part
    choose(page, how="2")
    with zipfile.ZipFile(io.BytesIO(saved(page, "#export-all"))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{stem}-{part}.png" for part in offered]
        assert all(size(archive.read(name))[0] > 500 for name in archive.namelist())


def test_a_plot_has_its_axes_a_title_and_a_caption_of_the_settings(reader):
    page = reader("gated_cec?preset=exercise-e12-7&cursor=6&theme=dark&w=0.5")
    svg = drawing(page, what="f", ground="white")
    texts = words(svg)
    assert page.page.locator("[data-strip=f] canvas").count() and "time step" in " ".join(texts)
    assert {"f", "1", "2"} <= set(texts), "the name of the plot, and numbers of steps on its time axis"
    caption = " ".join(texts)
    preset = next(preset for preset in lessons.load("gated_cec").presets if preset.name == "exercise-e12-7")
    for said in ("Forget gate", preset.title, "changed: ", "0.5", "t = 6", "/gated_cec?"):
        assert said in caption, said
    bare = drawing(page, what="f", caption=False)
    assert preset.title not in " ".join(words(bare)) and float(bare.get("height")) < float(svg.get("height"))
    band = {colour.lower() for colour in PALETTE["band"]}
    assert colours(bare) & band and not colours(drawing(page, what="f", band=False)) & band
    choose(page, how="2")
    wide, high = float(svg.get("width")), size(saved(page))[1]
    assert size(saved(page))[0] == 2 * wide
    choose(page, how="4")
    assert size(saved(page)) == (4 * wide, 2 * high)


def test_colours_go_by_the_ground_and_the_page_keeps_its_own(reader):
    page = reader("gated_cec?preset=exercise-e12-7&theme=dark")
    shown = "[getComputedStyle(document.querySelector('.unit-ring')).stroke, JSON.stringify(unrolled.doc.to_json())]"
    before = page.page.evaluate(shown)
    for part in ("c", "stack", "diagram", "numbers"):
        for ground, column in (("white", 0), ("dark", 1), ("seen", 1)):
            svg = drawing(page, what=part, ground=ground, caption=False)
            other = {pair[1 - column].lower() for pair in PALETTE.values()} - {
                pair[column].lower() for pair in PALETTE.values()
            }
            used = {hexadecimal(colour) for colour in colours(svg)}
            assert svg.find(f"{SVG}rect").get("fill").lower() == (
                "#ffffff" if ground == "white" else PALETTE["card"][1].lower()
            )
            assert PALETTE["state"][column].lower() in used and not used & other, (part, ground, used & other)
    assert drawing(page, what="c", ground="none").find(f"{SVG}rect") is None
    assert page.page.evaluate(shown) == before


def hexadecimal(colour: str) -> str:
    if not colour.startswith("rgb("):
        return colour
    return "#" + "".join(f"{int(part):02x}" for part in colour[4:-1].split(","))


def test_the_stack_has_one_time_axis_and_its_plots_begin_at_one_line(reader):
    page = reader("gated_cec?preset=exercise-e12-7")
    strips = page.page.evaluate(
        "unrolled.strips.all.filter(s => s.timed && document.querySelector(`[data-card=''] [data-strip=${s.name}]`)"
        "?.offsetParent && unrolled.strips.plot(s.name).visible).map(s => s.name)"
    )
    svg = drawing(page, what="stack")
    nested = svg.findall(f".//{SVG}svg")
    assert len(nested) >= len(strips) > 3
    assert len({plot.get("width") for plot in nested}) == 1
    assert sum(text.startswith("time step") for text in words(svg)) <= 2  # n of the traces, k of the sensitivities


def test_equations_are_letters_and_say_what_the_page_says(reader):
    page = reader("lstm")
    svg = drawing(page, what="numbers")
    assert svg.find(f".//{SVG}foreignObject") is None
    page.page.keyboard.press("Escape")
    page.open_tab("numbers")
    said = page.page.locator("#numbers").evaluate("e => e.textContent.replace(/\\s/g, '')")
    drawn = "".join("".join(text.split()) for text in words(svg))
    assert said in drawn
