"""The launcher's command line, as Panel itself understands it."""

import argparse
import socket
from contextlib import closing
from pathlib import Path

import pytest
from panel.command.serve import Serve

from app import __main__ as launcher
from app.hosting import settings
from app.shell.assets import page_stems

ROOT = Path(__file__).parents[2]


def parsed(given: list[str], environment: dict | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    Serve(parser=parser)
    return parser.parse_args(settings.read(given, environment or {}).arguments())


def test_launcher_serves_every_page_with_our_defaults():
    options = parsed([])
    assert [Path(file).stem for file in options.files] == page_stems()
    assert (options.port, options.liveness, options.num_procs, options.use_xheaders) == (5006, True, 1, False)
    assert options.index == str(ROOT / "app" / "index.html") and Path(options.index).exists()
    assert options.allow_websocket_origin == ["localhost:5006", "127.0.0.1:5006"]
    assert options.unused_session_lifetime == 15000 and options.log_level == "warning"


def test_options_of_the_user_win():
    options = parsed(["--port", "7000", "--unused-session-lifetime=99", "--num-procs", "2"], {"PORT": "6000"})
    assert (options.port, options.unused_session_lifetime, options.num_procs) == (7000, 99, 2)
    assert options.allow_websocket_origin == ["localhost:7000", "127.0.0.1:7000"]
    given = ["--allow-websocket-origin", "a.org", "--allow-websocket-origin=b.org"]
    assert parsed(given, {"UNROLLED_ORIGIN": "c.org"}).allow_websocket_origin == ["a.org", "b.org"]
    assert parsed(["--index", "own.html"]).index == parsed(["--index=own.html"]).index == "own.html"


def test_environment_says_what_flags_do_not():
    options = parsed(["--address", "0.0.0.0"], {"PORT": "6000", "UNROLLED_ORIGIN": "a.org, b.org:8080"})
    assert options.port == 6000 and options.address == "0.0.0.0"
    assert options.allow_websocket_origin == ["localhost:6000", "127.0.0.1:6000", "a.org", "b.org:8080"]
    assert "10.0.0.7:6000" in parsed(["--address", "10.0.0.7"], {"PORT": "6000"}).allow_websocket_origin
    said = {"UNROLLED_PREFIX": "/course", "UNROLLED_PROXY": "true", "UNROLLED_PROCESSES": "3", "UNROLLED_LOG": "json"}
    options = parsed([], said)
    assert (options.prefix, options.use_xheaders, options.num_procs) == ("/course", True, 3)


def test_a_password_comes_with_our_own_page_and_a_secret():
    options = parsed([], {"UNROLLED_PASSWORD": "unfold"})
    assert options.basic_auth == "unfold" and len(options.cookie_secret) == 64
    page = Path(options.basic_login_template).read_text(encoding="utf-8")
    assert "http" not in page and 'name="username"' in page
    assert parsed([], {"UNROLLED_PASSWORD": "a", "UNROLLED_COOKIE_SECRET": "b"}).cookie_secret == "b"
    assert parsed([]).basic_auth is None


def test_figures_for_monitors_stay_on_this_machine_unless_asked():
    def metrics(written: str):
        return settings.read([], {"UNROLLED_METRICS": written}).options.metrics

    assert metrics("9090") == ("127.0.0.1", 9090)
    assert metrics("0.0.0.0:9090") == ("0.0.0.0", 9090) and metrics("[::]:9090") == ("::", 9090)
    assert metrics("") is None


@pytest.mark.parametrize(
    ("variable", "given", "allowed"),
    [
        *[("PORT", port, "a number from 1 to 65535") for port in ("http", "0", "65536", "-1", "5006.0")],
        ("UNROLLED_METRICS", "here", "a port or host:port"),
        ("UNROLLED_LOG", "xml", "text or json"),
        ("UNROLLED_PROXY", "maybe", "true or false"),
        ("UNROLLED_DRAIN", "nan", "a number of seconds from 0 to 600"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable_or_flag(variable, given, allowed):
    with pytest.raises(ValueError, match=f"{variable}: '{given}' given, allowed is {allowed}"):
        settings.read([], {variable: given})
    flag = next(setting.flag for setting in settings.SETTINGS if setting.variable == variable)
    if flag not in ("--use-xheaders",):
        with pytest.raises(ValueError, match=f"{flag}: '{given}' given"):
            settings.read([f"{flag}={given}"], {})


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
    assert settings.read(given, {}).url() == url


def test_a_port_in_use_is_said_before_anything_is_compiled():
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        for variable in ("PORT", "UNROLLED_METRICS"):
            said = {variable: str(port), "UNROLLED_ADDRESS": "127.0.0.1"}
            with pytest.raises(
                ValueError, match=f"{variable}: port {port} can't be used .*choose another with {variable}="
            ):
                launcher._refuse_a_port_in_use(settings.read([], {"PORT": "5999", **said}))


def test_the_documents_name_every_setting():
    """The table of deploy/README.md and `python -m app --help` are the one of the code."""
    readme = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    for setting in settings.SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        assert f"| `{setting.variable}` | `{setting.flag}` | {default} | {setting.meaning} |" in readme
        assert setting.meaning in settings.table()
