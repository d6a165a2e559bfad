"""What lesson 6 alone can do: take the reader's weights, and train networks while the page is used."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from tests.engine.weight_files import FORMATS, as_npz, state_dict

MARKED = state_dict(n=3, m=2, readout=1)
PATIENCE = 120_000  # milliseconds: work in the background gets what a busy machine has left


def choose(page, path) -> None:
    page.page.locator("input[data-upload]").set_input_files(path)
    page.page.wait_for_timeout(300)
    page.settle()


def notices(page) -> list[str]:
    return page.page.locator("main .notices p").all_inner_texts()


def hostile_files(folder) -> dict[str, str]:
    """Paths of files that are no weights, by what is wrong with them."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weight_ih_l0.npy", bytes(100_000_000))
    contents = {
        "wrong keys.npz": as_npz({"weights": np.ones((8, 2))}),
        "wrong shape.npz": as_npz(MARKED | {"weight_ih_l0": np.ones((7, 2))}),
        "not a number.npz": as_npz(MARKED | {"weight_ih_l0": np.full((12, 2), np.nan)}),
        "pickle.npz": pickle.dumps({"weight_ih_l0": [1.0]}),
        "bomb.npz": bomb.getvalue(),
        "text.safetensors": b"weights: 1, 2, 3",
        "empty.npz": b"",
        "gru.npz": as_npz(state_dict("gru", n=3, m=2)),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    with open(folder / "huge.npz", "wb") as huge:
        huge.truncate(100_000_000)
    return {name: str(folder / name) for name in (*contents, "huge.npz")}


def test_hostile_files_get_one_sentence_each_and_leave_the_page_working(reader, tmp_path):
    page = reader("lstm?network=uploaded")
    for name, path in hostile_files(tmp_path).items():
        before = page.columns()
        choose(page, path)
        said = notices(page)
        assert len(said) == 1 and said[0].startswith((f"{name}: ", f"{name} is too large")), said
        assert said[0].count("\n") == 0 and len(said[0]) < 260 and "Traceback" not in said[0]
        np.testing.assert_equal(page.columns(), before)
    step = page.frame["t"]
    page.press("ArrowRight")
    assert page.frame["t"] == step + 1


@pytest.mark.parametrize("kind", FORMATS)
def test_the_readers_own_weights_are_shown(reader, tmp_path, kind):
    page = reader("lstm?network=uploaded")
    file = tmp_path / f"mine.{kind}"
    file.write_bytes(FORMATS[kind](MARKED))
    before = page.columns()
    choose(page, str(file))
    assert notices(page) == [] and "mine" in page.text("[data-table=upload]")
    assert page.columns() != before
    x = np.column_stack([page.columns()["x"], page.columns()["mark"]])
    i = page.columns()["i"][0]
    a = MARKED["weight_ih_l0"][0] @ x[0] + MARKED["bias_ih_l0"][0] + MARKED["bias_hh_l0"][0]
    assert i == pytest.approx(1 / (1 + np.exp(-a)), rel=1e-9)


def updates(page) -> int:
    return int(page.text("[data-table=training] progress + span").split()[1])


def test_training_runs_pauses_steps_and_stops_under_the_hand(reader):
    page = reader("lstm?preset=training&lag=5&n_updates=3000&n_units=4")
    before = page.columns()["c"]
    page.page.locator("[data-do=start]").click()
    page.page.wait_for_function("document.querySelector('progress').value > 0", timeout=PATIENCE)
    assert "left" in page.text("[data-table=training] progress + span")
    # The table changes five times a second; a button must be the same when it is let go.
    page.page.locator("[data-do=pause]").click(delay=700)
    page.settle()
    paused = updates(page)
    assert paused > 0 and page.columns()["c"] != before
    page.page.wait_for_timeout(600)
    assert updates(page) == paused
    page.click("[data-do=step]")
    done = "document.querySelector('progress + span').textContent"
    page.page.wait_for_function(f"Number({done}.split(' ')[1]) > {paused}", timeout=PATIENCE)
    page.settle()
    assert updates(page) <= paused + 2, "one, and one that was under way when it was paused"
    page.click("[data-do=stop]")
    np.testing.assert_equal(page.columns()["c"], before)
    assert page.page.locator("[data-do=start]").is_enabled()
