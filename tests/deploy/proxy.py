"""The proxies of `deploy/` for real: nginx and Caddy, TLS, a prefix, websockets, files from the cache, a lost replica.

    python tests/deploy/proxy.py [nginx] [caddy] [manifests]

Pages are opened in Chromium through the proxy; a slider moves the plot. `manifests` checks the Compose file with
docker-compose and the Kubernetes one with kubernetes-validate, where they are installed.
"""

import http.client
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.browser.driver import FLAGS, READY
from tests.deploy.proxies import ROOT, Caddy, Nginx, open_url, replicas

PREFIX = "/course"
ELSEWHERE = "127.0.0.7"  # where one reader comes from


def nginx() -> None:
    check(Nginx)


def caddy() -> None:
    check(lambda addresses: Caddy(addresses, PREFIX))


def check(proxy_of) -> None:
    """Two replicas at a prefix, behind a proxy with TLS."""
    log = Path(tempfile.mkstemp()[1])
    site = {"UNROLLED_PREFIX": PREFIX, "UNROLLED_PROXY": "true", "UNROLLED_LOG": "json", "UNROLLED_LOG_LEVEL": "info"}
    with ExitStack() as stack:
        servers = replicas(stack, 2, log=log, **site)
        proxy = stack.enter_context(proxy_of([server.address for server in servers]))
        url = f"{proxy.url}{PREFIX}"
        page = open_url(f"{url}/gamma", Accept_Encoding="gzip")
        whole = len(open_url(f"{url}/gamma").read())
        packed = f"{page.headers['Content-Encoding']} {len(page.read()) // 1000} kB"
        print(f"  page: {page.status}, {whole // 1000} kB, {packed}")
        far = http.client.HTTPSConnection(
            "localhost", proxy.port, source_address=(ELSEWHERE, 0), context=ssl._create_unverified_context()
        )
        far.request("GET", f"{PREFIX}/parity?far")
        far.getresponse().read()
        script = file_of(open_url(f"{url}/gamma").read().decode())
        caches = [open_url(f"{url}/{script}").headers["X-Cache"] for _ in range(2)]
        print(f"  {script.partition('?')[0]}: cache {caches}")
        in_chromium(url, servers)
        if caches[1] == "HIT":
            for server in servers:
                server.process.kill()
            print(f"  no replica left: the script still answers {open_url(f'{url}/{script}').status}")
    said = [json.loads(line)["message"] for line in log.read_text().splitlines() if line.startswith("{")]
    print(
        f"  the log names a reader at {ELSEWHERE}: {any('parity?far' in line and ELSEWHERE in line for line in said)}"
    )


def file_of(html: str) -> str:
    start = html.index("components/app.static")
    return html[start : html.index('"', start)]


def in_chromium(url: str, servers) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = browser.new_context(ignore_https_errors=True)
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/gamma")
        page.wait_for_function(READY, timeout=60_000)
        page.evaluate("unrolled.ask('set', {values: {alpha: 0.7}})")
        page.wait_for_function("!unrolled.busy && unrolled.frame.values.alpha === 0.7", timeout=30_000)
        held = [server.connections() for server in servers]
        print(f"  Chromium: open, moved, errors {errors}; sockets per replica {held}")
        servers[0].process.kill()
        begun = time.monotonic()
        page.wait_for_timeout(200)
        page.wait_for_function("!document.documentElement.hasAttribute('data-lost')", timeout=30_000)
        page.evaluate("unrolled.ask('cursor', {t: 3})")
        page.wait_for_function("!unrolled.busy && unrolled.frame.t === 3", timeout=30_000)
        kept = page.evaluate("unrolled.frame.values.alpha")
        print(f"  one replica killed: answers again after {time.monotonic() - begun:.1f} s at most, alpha {kept}")
        page.goto(f"{url}/")
        page.click("ol a >> nth=0")
        page.wait_for_function(READY, timeout=60_000)
        print(f"  from the index: {page.url.removeprefix(url)}, {len(errors)} errors")
        browser.close()


def manifests() -> None:
    """With the tools of Debian and PyPI."""
    compose = ["docker-compose", "-f", str(ROOT / "deploy" / "compose.yaml"), "config", "--quiet"]
    kubernetes = ["kubernetes-validate", "--strict", str(ROOT / "deploy" / "kubernetes.yaml")]
    for command in (compose, kubernetes):
        if shutil.which(command[0]) is None:
            print(f"  {command[0]} is not installed")
            continue
        done = subprocess.run(command, capture_output=True, text=True)
        print(f"  {command[0]}: exit {done.returncode}", (done.stdout + done.stderr).strip().replace("\n", "\n    "))


def main() -> None:
    kinds = {kind.__name__: kind for kind in (nginx, caddy, manifests)}
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(kinds))
    for kind in parser.parse_args().kinds or kinds:
        print(kind, flush=True)
        kinds[kind]()


if __name__ == "__main__":
    main()
