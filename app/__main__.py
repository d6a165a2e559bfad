"""`python -m app [any option of panel serve]`: serve all pages with the defaults of this site.

It is `panel serve app/pages/*.py --index app/index.html` with kernels compiled and pages built beforehand, and with
what a host needs. `--prepare` does the former and ends. The settings below can be given by the environment, or by an
option, which wins; of the other options `panel serve --help` has a list.
"""

import os
import socket
import sys
from argparse import ArgumentParser
from contextlib import closing

from bokeh.server.server import Server
from panel.command.serve import Serve
from tornado.process import task_id

from app.hosting import ending, logs, metrics, origins, settings
from app.shell import lessons, memory
from app.shell.assets import page_stems
from app.shell.opening import PREPARATION
from app.shell.tally import TALLY
from engine import kernels

PATIENCE = 8.0  # seconds in which kernels that are compiled already are loaded before the port answers


class Command(Serve):
    """`panel serve`, with what a host needs around the server."""

    def __init__(self, parser: ArgumentParser, site: settings.Site) -> None:
        super().__init__(parser=parser)
        self.site = site

    def customize_server(self, server: Server) -> Server:
        """Bokeh calls it once in each process, before its loop runs."""
        options = self.site.options
        memory.give_back_from_time_to_time()
        ending.end_gently(server, options.drain)
        if options.metrics:
            metrics.serve(options.metrics, server, task_id() or 0)
        return server


def main() -> None:
    """Prepare, say where the site is, and become `panel serve`."""
    given = sys.argv[1:]
    parser = ArgumentParser(prog="python -m app", add_help=False)
    if {"-h", "--help"} & {*given}:
        print(f"{__doc__}\n{settings.table()}")
        return
    try:
        site = settings.read(given)
        _refuse_a_port_in_use(site)
    except ValueError as problem:
        sys.exit(str(problem))
    if "--prepare" in given:
        _prepare(one_process=False)
        return
    logs.configure(site.options.log, site.options.log_level)
    origins.let_the_own_host_in()
    TALLY.by_task = site.options.count
    # These are read where a plain `panel serve` finds them, too.
    os.environ |= {"UNROLLED_EMBED": site.options.embed, "UNROLLED_MEMORY": site.options.memory}
    command = Command(parser, site)
    arguments = parser.parse_args(site.arguments())
    _prepare(one_process=arguments.num_procs == 1)
    if arguments.num_procs != 1:
        ending.forward_to_children()
    print(f"Unrolled: {site.url()}", flush=True)
    try:
        command.invoke(arguments)
    except ValueError as problem:  # options that exclude each other
        sys.exit(str(problem))


def _refuse_a_port_in_use(site: settings.Site) -> None:
    """Before anything is compiled for nothing. Raises ValueError with what to do."""
    options = site.options
    metrics_host, metrics_port = options.metrics or ("", 0)
    for name, host, port in (
        ("PORT", options.address, options.port),
        ("UNROLLED_METRICS", metrics_host, metrics_port),
    ):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with closing(socket.socket(family)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
            try:
                probe.bind((host, port))
            except OSError as problem:
                raise ValueError(
                    f"{name}: port {port} can't be used ({(problem.strerror or str(problem)).lower()});"
                    f" choose another with {name}=…"
                ) from None


def _prepare(*, one_process: bool) -> None:
    """Load kernels and build pages. Where that takes long, the site opens meanwhile and shows what is awaited.

    Several processes inherit what stands: there everything is done first.
    """
    served = [stem for stem in lessons.stems() if stem in page_stems()]
    compiled = kernels.are_compiled()
    PREPARATION.start(served)
    if not one_process:
        PREPARATION.wait()
    elif not PREPARATION.wait(PATIENCE):
        what = "Pages are being built" if compiled else "Equations are being compiled, once for this computer"
        print(f"{what}; pages open one after the other", flush=True)


if __name__ == "__main__":
    main()
