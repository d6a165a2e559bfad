"""The launcher's command line, as Panel itself understands it."""

import argparse
from pathlib import Path

import pytest
from panel.command.serve import Serve

from app.__main__ import serve_arguments, site_url
from app.shell.assets import page_stems

ROOT = Path(__file__).parents[2]


def parsed(given: list[str], environment: dict | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    Serve(parser=parser)
    arguments = serve_arguments(given, environment or {})
    assert arguments[:2] == ["panel", "serve"]
    return parser.parse_args(arguments[2:])


def test_launcher_serves_every_page_with_our_defaults():
    options = parsed([])
    assert [Path(file).stem for file in options.files] == page_stems()
    assert (options.port, options.liveness) == (5006, True)
    assert options.index == str(ROOT / "app" / "index.html") and Path(options.index).exists()
    assert options.allow_websocket_origin == ["localhost:5006", "127.0.0.1:5006"]
    assert options.unused_session_lifetime == 15000


def test_options_of_the_user_win():
    options = parsed(["--port", "7000", "--unused-session-lifetime=99", "--num-procs", "2"], {"PORT": "6000"})
    assert (options.port, options.unused_session_lifetime, options.num_procs) == (7000, 99, 2)
    assert options.allow_websocket_origin == ["localhost:7000", "127.0.0.1:7000"]
    assert parsed(["--allow-websocket-origin", "a.org"]).allow_websocket_origin == ["a.org"]
    assert parsed(["--index", "own.html"]).index == parsed(["--index=own.html"]).index == "own.html"


def test_environment_sets_port_and_public_names():
    options = parsed(["--address", "0.0.0.0"], {"PORT": "6000", "UNROLLED_ORIGIN": "a.org, b.org:8080"})
    assert options.port == 6000
    assert options.allow_websocket_origin == ["localhost:6000", "127.0.0.1:6000", "a.org", "b.org:8080"]
    assert "10.0.0.7:6000" in parsed(["--address", "10.0.0.7"], {"PORT": "6000"}).allow_websocket_origin


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "5006.0"])
def test_port_that_is_none_is_refused(port):
    with pytest.raises(ValueError, match=f"PORT: '{port}' given, allowed is a number from 1 to 65535"):
        serve_arguments([], {"PORT": port})


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ([], "http://localhost:5006"),
        (["--address", "0.0.0.0", "--port", "80"], "http://localhost:80"),
        (["--address", "10.0.0.7", "--prefix", "/course"], "http://10.0.0.7:5006/course/"),
        (["--ssl-certfile", "site.pem"], "https://localhost:5006"),
    ],
)
def test_address_to_open(given, url):
    assert site_url(given, {}) == url
