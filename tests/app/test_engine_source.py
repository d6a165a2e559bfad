"""The engine's source as a file: it is whole, says what it is, and works where this project is not."""

import base64
import io
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from app.shell import source
from tests.app.pages import Opened

ROOT = Path(__file__).parents[2]


def test_the_engine_is_a_file_that_works_by_itself(tmp_path):
    page = Opened("gated_cec")
    page.ask("download", kind="engine")
    file = json.loads(page.bridge.download)
    assert file["name"].endswith(".zip") and file["binary"]
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(file["text"])))
    archive.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    engine = {path.relative_to(ROOT).as_posix() for path in (ROOT / "engine").rglob("*.py")}
    data = {"engine/data/sunspots.csv", "engine/trained/characters.npz"}
    assert engine | data | {"LICENSE", "README.txt"} <= {
        path.relative_to(folder).as_posix() for path in folder.rglob("*.*")
    } | {"LICENSE"}
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    readme = (folder / "README.txt").read_text()
    assert len(readme.splitlines()) == 5 and source.version() in readme
    told = "from engine import cec, series; print(cec.__file__, cec.run([1, 1, 1], [1, 1, 1], [0.5, 0.5, 0.5]).c)"
    assert told.split(";")[1].split("print(cec.__file__, ")[1] in readme
    done = subprocess.run([sys.executable, "-c", told], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith(str(folder)) and "[1.   1.5  1.75]" in done.stdout, done.stderr


def test_the_version_is_the_projects():
    assert source.version() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
