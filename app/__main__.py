"""`python -m app [any option of panel serve]`: serve all pages with the defaults of this site.

It is `panel serve app/pages/*.py --index app/index.html` with kernels compiled and pages built beforehand. An option
given by the user wins over ours. Two environment variables help where there is no command line to edit: PORT, and
UNROLLED_ORIGIN, the public names of the site (`host` or `host:port`, several separated by commas, or `*`), whose pages
may connect to it.
"""

import gc
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence

from panel.command import main as run_panel

from app.shell.assets import APP, page_files, page_stems

DEFAULTS = (
    "--index", str(APP / "index.html"),
    "--liveness",
    "--plugins", "app.head", "--plugins", "app.doors",
    # The largest file that may be uploaded, as text in a text.
    "--websocket-max-message-size", str(8 * 2**20),
    "--log-level", "warning",
    # A closed tab's session is dropped after 15 to 20 seconds: long enough for a reload or a moment without network.
    "--unused-session-lifetime", "15000",
    "--check-unused-sessions", "5000",
    # A page that lost its connection (a laptop that slept through a break) may come back the same day, not just
    # for the usual five minutes. Tokens guard nothing here: anyone may open a session.
    "--session-token-expiration", "86400",
)  # fmt: skip


def serve_arguments(given: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Return the whole command line `panel serve …` for the options given by the user.

    Raises ValueError where PORT is not a port number.
    """
    options = _read(given, environment)
    # Panel takes the last of a repeated option, so what the user gave comes after our defaults.
    arguments = ["panel", "serve", *map(str, page_files()), *DEFAULTS, "--port", str(options.port)]
    if not options.allow_websocket_origin and options.port:
        arguments += [f"--allow-websocket-origin={origin}" for origin in _origins(options, environment)]
    return [*arguments, *given]


def site_url(given: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the address to open in a browser on this machine."""
    options = _read(given, environment)
    scheme = "https" if options.ssl_certfile else "http"
    host = options.address if options.address not in (None, "", "0.0.0.0", "::") else "localhost"
    prefix = (options.prefix or "").strip("/")
    return f"{scheme}://{host}:{options.port}" + (f"/{prefix}/" if prefix else "")


def _read(given: Sequence[str], environment: Mapping[str, str]) -> Namespace:
    """Read the few options our own defaults depend on; all others are left to Panel."""
    port = environment.get("PORT") or "5006"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"PORT: {port!r} given, allowed is a number from 1 to 65535")
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=int(port))
    parser.add_argument("--allow-websocket-origin", action="append")
    for name in ("--address", "--prefix", "--ssl-certfile"):
        parser.add_argument(name)
    return parser.parse_known_args(given)[0]


def _origins(options: Namespace, environment: Mapping[str, str]) -> list[str]:
    """Return the hosts whose pages may connect: this machine under its usual names, and those the environment names."""
    hosts = dict.fromkeys(["localhost", "127.0.0.1", options.address])
    local = [f"{host}:{options.port}" for host in hosts if host not in (None, "", "0.0.0.0", "::")]
    public = environment.get("UNROLLED_ORIGIN", "").split(",")
    return local + [name.strip() for name in public if name.strip()]


def main() -> None:
    """Compile the kernels, build the pages, say where the site is, and become `panel serve`."""
    from app.shell.index import is_sound
    from engine.warm import compile_kernels

    given = sys.argv[1:]
    try:
        sys.argv = serve_arguments(given, os.environ)
    except ValueError as error:
        sys.exit(str(error))
    compile_kernels()
    # Before the port answers, and before Panel makes further processes: they inherit what is built.
    for stem in page_stems():
        is_sound(stem)
    # All that stands now stays, and what a reader holds is small: the collector need not walk through it all while a
    # hall of readers arrives. Each walk would stop everybody for 0.1 s and more. Closed sessions call it by themselves.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    print(f"Unrolled: {site_url(given, os.environ)}", flush=True)
    run_panel()


if __name__ == "__main__":
    main()
