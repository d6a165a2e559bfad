"""The engine's source as a file to take home, and the project's version."""

import functools
import io
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import engine

ENGINE = Path(engine.__file__).parent
ROOT = ENGINE.parent
KINDS = (".py", ".npz", ".csv")

README = """The engine of Unrolled {version}: the mathematics of the course, without its pages.
It needs Python 3.11 or newer: pip install numpy numba scipy
In this folder:  python -c "from engine import cec; print(cec.run([1, 1, 1], [1, 1, 1], [0.5, 0.5, 0.5]).c)"
The first call of a function compiles it; the next ones are fast. Each module's docstring has its equations and source.
Licence: BSD-3-Clause, see LICENSE. The sunspot numbers in engine/data are in the public domain.
"""


@functools.cache
def version() -> str:
    """The project's version: of the checkout, or of what is installed."""
    checkout = ROOT / "pyproject.toml"
    if checkout.is_file():
        return str(tomllib.loads(checkout.read_text("utf-8"))["project"]["version"])
    return metadata.version("unrolled")


def licence() -> str:
    """The licence's text: of the checkout, or of what is installed."""
    checkout = ROOT / "LICENSE"
    if checkout.is_file():
        return checkout.read_text("utf-8")
    return metadata.distribution("unrolled").read_text("licenses/LICENSE") or "BSD-3-Clause\n"


@functools.cache
def engine_zip() -> bytes:
    """The engine's modules and data with licence and README, made once per process: about 0.3 MB, always the same."""
    files = {
        f"engine/{path.relative_to(ENGINE).as_posix()}": path.read_bytes()
        for path in sorted(ENGINE.rglob("*"))
        if path.suffix in KINDS
    }
    files |= {"LICENSE": licence().encode(), "README.txt": README.format(version=version()).encode()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(f"unrolled-engine-{version()}/{name}")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return content.getvalue()
