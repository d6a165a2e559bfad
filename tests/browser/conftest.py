"""A server and a browser for all browser tests. Without a browser they are skipped, unless REQUIRE_BROWSER is set."""

import inspect
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.driver import FLAGS, Reader
from tests.browser.tab import Tab, parted

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items):
    """Mark the browser tests, and put those of one page next to each other: they may share an opening (see `Tab`)."""
    places = [k for k, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    mine = [items[k] for k in places]
    for item in mine:
        item.add_marker(pytest.mark.browser)
    for k, item in zip(places, sorted(mine, key=page_of), strict=True):
        items[k] = item


def page_of(item) -> str:
    """What a test opens first, as its source says; "" where it does not say."""
    said = re.search(r'\breader\(f?"?([^",)]*)', inspect.getsource(item.function))
    given = item.callspec.params if hasattr(item, "callspec") else {}
    path = said[1] if said else ""
    for name, value in given.items():
        path = path.replace(f"{{{name}}}", str(value)) if path != name else str(value)
    return parted(path)[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(command: list[str], port: int) -> subprocess.Popen:
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(900):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/readiness", timeout=5).read()
            return process
        except OSError as problem:
            if getattr(problem, "code", None) == 404:  # `panel serve` without our plugins
                return process
            time.sleep(0.2)
    process.kill()
    pytest.fail(f"{' '.join(command)} did not answer within three minutes")


@pytest.fixture(scope="session")
def server():
    """URL of this project's server, started as `python -m app`."""
    port = free_port()
    process = start_server([sys.executable, "-m", "app"], port)
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def browser():
    playwright_api = pytest.importorskip("playwright.sync_api")
    with playwright_api.sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        except playwright_api.Error as problem:
            if os.environ.get("REQUIRE_BROWSER"):
                pytest.fail(f"no browser, and REQUIRE_BROWSER is set: {problem}")
            pytest.skip("no Chromium on the PATH, and none of Playwright's own")
        yield found
        found.close()


@pytest.fixture(scope="session")
def context(browser):
    """One browser profile for all tests: scripts come from its cache; its storage is emptied after each test."""
    found = browser.new_context(viewport={"width": 1280, "height": 800})
    yield found
    found.close()


@pytest.fixture(scope="session")
def tab(server, context):
    return Tab(context, server)


@pytest.fixture
def reader(server, context, tab):
    """Shows pages to a reader, as they are when just opened; there must be no error and no request to another host.

    The first page of a test is shown in the tab that goes from test to test, the others in tabs of their own.
    """
    readers = []

    def open_page(path: str, anew: bool = False) -> Reader:
        found = Reader(context.new_page(), server).open(path) if readers else tab.show(path, anew)
        readers.append(found)
        return found

    yield open_page
    try:
        for found in readers:
            assert not found.errors, found.errors
            assert not found.outside, found.outside
            found.page.evaluate("localStorage.clear()")
    except Exception:
        tab.close()
        raise
    finally:
        for found in readers:
            if found is not tab.reader:
                found.page.close()
