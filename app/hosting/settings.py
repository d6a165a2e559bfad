"""Every setting of a site in one table: by environment, by flag, and what holds if nothing is said.

An option of `panel serve` may be given too; it goes to Panel as it is.
"""

import os
import secrets
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from app.shell.assets import APP, page_files

LOGIN = Path(__file__).with_name("login.html")
ORIGIN = "--allow-websocket-origin"
EVERYWHERE = (None, "", "0.0.0.0", "::")


class Address(NamedTuple):
    host: str
    port: int


def _port(written: str) -> int:
    if not (written.isdecimal() and 0 < int(written) < 65536):
        raise ValueError("a number from 1 to 65535")
    return int(written)


def _address(written: str) -> Address:
    """`9090` is open to this machine alone, `0.0.0.0:9090` to all."""
    host, _, port = written.rpartition(":")
    try:
        return Address(host.strip("[]") or "127.0.0.1", _port(port))
    except ValueError:
        raise ValueError("a port or host:port") from None


def _seconds(written: str) -> float:
    try:
        found = float(written)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 600:
        raise ValueError("a number of seconds from 0 to 600")
    return found


def _switch(written: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if written.lower() not in known:
        raise ValueError("true or false")
    return known[written.lower()]


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(written: str) -> str:
        if written not in allowed:
            raise ValueError(" or ".join(allowed))
        return written

    return read


class Setting(NamedTuple):
    variable: str
    flag: str
    default: str
    meaning: str
    read: Callable[[str], Any] = str  # raises ValueError with what is allowed
    panels: bool = True  # whether the flag is one of `panel serve`


SETTINGS = (
    Setting("PORT", "--port", "5006", "where the site answers", _port),
    Setting("UNROLLED_ADDRESS", "--address", "", "the address it listens on; all of them if none is named"),
    Setting("UNROLLED_ORIGIN", ORIGIN, "",
            "other hosts whose pages may connect, with commas between, or *; the own host's may"),
    Setting("UNROLLED_EMBED", "--embed", "*",
            "pages that may show this site in a frame: * for all, none, or origins (self is this site)", panels=False),
    Setting("UNROLLED_MEMORY", "--memory", "3000",
            "megabytes that a process may hold; beyond, large networks are refused with a sentence", panels=False),
    Setting("UNROLLED_PREFIX", "--prefix", "", "the path before all addresses, /course"),
    Setting("UNROLLED_PROXY", "--use-xheaders", "false", "believe X-Forwarded-For and X-Forwarded-Proto", _switch),
    Setting("UNROLLED_PROCESSES", "--num-procs", "1", "how many processes share the port; a proxy spreads better"),
    Setting("UNROLLED_PASSWORD", "--basic-auth", "", "readers must know it; a file of names and passwords does too"),
    Setting("UNROLLED_COOKIE_SECRET", "--cookie-secret", "",
            "signs the cookie of a login, the same in all replicas; drawn at the start if none is named"),
    Setting("UNROLLED_LOG", "--log", "text", "text or json", _one_of("text", "json"), panels=False),
    Setting("UNROLLED_LOG_LEVEL", "--log-level", "warning", "debug, info, warning, error or critical",
            _one_of("debug", "info", "warning", "error", "critical")),
    Setting("UNROLLED_METRICS", "--metrics", "", "port or host:port with figures for Prometheus", _address,
            panels=False),
    Setting("UNROLLED_COUNT", "--count", "false", "count what is done per page and task among the figures",
            _switch, panels=False),
    Setting("UNROLLED_DRAIN", "--drain", "5", "seconds in which pages move to other replicas after SIGTERM",
            _seconds, panels=False),
)  # fmt: skip

DEFAULTS = (
    "--index", str(APP / "index.html"),
    "--liveness",
    "--plugins", "app.head",
    "--plugins", "app.doors",
    "--plugins", "app.hosting.health",
    # The largest file that may be uploaded, as text in a text.
    "--websocket-max-message-size", str(8 * 2**20),
    # A closed tab's session is dropped after 15 to 20 seconds: long enough for a reload or a moment without network.
    "--unused-session-lifetime", "15000",
    "--check-unused-sessions", "5000",
    # A page that lost its connection (a laptop that slept through a break) may come back the same day, not just
    # for the usual five minutes. Tokens guard nothing here: anyone may open a session.
    "--session-token-expiration", "86400",
)  # fmt: skip


class Site(NamedTuple):
    """What is said about this site, and the rest of the command line, which is Panel's."""

    options: Namespace  # by the flag's name: port, log, metrics …
    others: list[str]

    def arguments(self) -> list[str]:
        """The arguments of `panel serve`. Panel takes the last of a repeated option: what is given comes last."""
        said, found = self.options, [*map(str, page_files()), *DEFAULTS]
        for setting in SETTINGS:
            value = getattr(said, name_of(setting.flag))
            if not setting.panels or value in ("", False, None) or setting.flag == ORIGIN:
                continue
            found += [setting.flag] if value is True else [setting.flag, str(value)]
        if not any(option.startswith(ORIGIN) for option in self.others):
            found += [f"{ORIGIN}={origin}" for origin in self.origins()]
        if said.basic_auth:
            found += ["--basic-login-template", str(LOGIN)]
            found += [] if said.cookie_secret else ["--cookie-secret", secrets.token_hex()]
        return [*found, *self.others]

    def origins(self) -> list[str]:
        """This machine under its usual names, and what is named."""
        said = self.options
        hosts = dict.fromkeys(["localhost", "127.0.0.1", said.address])
        local = [f"{host}:{said.port}" for host in hosts if host not in EVERYWHERE]
        return local + [name.strip() for name in said.allow_websocket_origin.split(",") if name.strip()]

    def url(self) -> str:
        """The address to open in a browser on this machine."""
        said = self.options
        scheme = "https" if any(option.startswith("--ssl-certfile") for option in self.others) else "http"
        host = said.address if said.address not in EVERYWHERE else "localhost"
        prefix = said.prefix.strip("/")
        return f"{scheme}://{host}:{said.port}" + (f"/{prefix}/" if prefix else "")


def name_of(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def read(given: Sequence[str], environment: Mapping[str, str] = os.environ) -> Site:
    """What flags say, else the environment, else the table.

    Raises ValueError with the variable's name, what was given and what is allowed.
    """
    parser = ArgumentParser(add_help=False, allow_abbrev=False, argument_default=SUPPRESS)
    for setting in SETTINGS:
        if setting.read is _switch:
            parser.add_argument(setting.flag, action="store_const", const="true")
        elif setting.flag != ORIGIN:  # repeated ones are Panel's
            parser.add_argument(setting.flag)
    flags, others = parser.parse_known_args(given)
    options = Namespace()
    for setting in SETTINGS:
        name = name_of(setting.flag)
        source, written = setting.flag, getattr(flags, name, None)
        if written is None:
            source, written = setting.variable, environment.get(setting.variable) or setting.default
        try:
            setattr(options, name, setting.read(written) if written else None if setting.read is _address else "")
        except ValueError as allowed:
            raise ValueError(f"{source}: {written!r} given, allowed is {allowed}") from None
    return Site(options, others)


def table() -> str:
    """The settings as lines for a terminal."""
    rows = [(setting.variable, setting.flag, setting.default, setting.meaning) for setting in SETTINGS]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return "\n".join("  ".join([*(row[k].ljust(widths[k]) for k in range(3)), row[3]]) for row in rows)
