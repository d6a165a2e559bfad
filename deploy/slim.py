"""Takes out of an environment what the server never uses: `python deploy/slim.py /venv/lib/python3.11/site-packages`.

Distributions that others demand and nobody here imports (`tests/app/test_image.py` holds that), test suites, Panel's
bundles for templates of its own, what building needs, and symbols for debuggers where `strip` is at hand. Run it before
the first start: that compiles the bytecode of what is used, and of nothing else.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

UNUSED = ("pandas", "PIL", "pillow.libs", "pygments", "pip", "setuptools", "pkg_resources", "_distutils_hack")
DISTRIBUTIONS = {"PIL": "pillow", "pygments": "[Pp]ygments"}  # where the name is another
PARTS = ("numba/cuda", "numba/roc", "panel/dist/bundled", "panel/dist/dts", "scipy/_lib/array_api_extra/testing")
LEFTOVERS = ("*.map", "*.pyi", "*.pxd", "*.pyx", "*.h", "*.hpp", "*.a", "*.lib")


def size(folder: Path) -> float:
    """Megabytes of the files below a folder."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir()) / 1e6


def doomed(packages: Path) -> Iterable[Path]:
    for name in (*UNUSED, *PARTS):
        yield packages / name
    for name in UNUSED:
        yield from packages.glob(f"{DISTRIBUTIONS.get(name, name)}-*.dist-info")
    for folder in ("tests", "__pycache__"):
        yield from packages.rglob(folder)
    for pattern in LEFTOVERS:
        yield from packages.rglob(pattern)


def strip(packages: Path) -> None:
    if shutil.which("strip"):
        for library in [*packages.rglob("*.so"), *packages.rglob("*.so.*")]:
            subprocess.run(["strip", "--strip-unneeded", library], check=False, stderr=subprocess.DEVNULL)


def main(packages: Path) -> None:
    before = size(packages)
    for path in list(doomed(packages)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    strip(packages)
    print(f"{packages}: {before:.0f} MB, now {size(packages):.0f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
