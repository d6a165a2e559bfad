"""Files that a reader takes home whole: what the server made arrives in the browser as it was made."""

import io
import json
import zipfile

from app.shell import source


def saved(page, kind: str) -> tuple[str, bytes]:
    """A file by name and content."""
    page.open_export()
    with page.page.expect_download() as waiting:
        page.page.locator(f'[data-download="{kind}"]').click()
    with open(waiting.value.path(), "rb") as file:
        return waiting.value.suggested_filename, file.read()


def test_script_notebook_and_engine_arrive(reader):
    page = reader("gated_cec?preset=exploding&cursor=3")
    name, script = saved(page, "script")
    assert name == "gated_cec.py" and b"gated_cec?preset=exploding&cursor=3" in script
    compile(script, name, "exec")
    name, notebook = saved(page, "notebook")
    assert name == "gated_cec.ipynb" and json.loads(notebook)["nbformat"] == 4
    name, engine = saved(page, "engine")
    assert name == "unrolled-engine.zip" and engine == source.engine_zip()
    assert zipfile.ZipFile(io.BytesIO(engine)).testzip() is None
