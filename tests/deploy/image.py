"""Builds the image, runs it as it will run, and opens every page in Chromium. As root, on Debian, without Docker.

    python tests/deploy/image.py [--base IMAGE] [--keep]

buildah builds without a daemon or kernel features, on a base that debootstrap makes unless one is named. What runs is
the image's file system, mounted read-only with a tmpfs at /tmp, as the image's user and with its own command.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from app.shell.assets import page_stems  # noqa: E402
from tests.bench.protocol import free_port  # noqa: E402
from tests.browser.driver import FLAGS, READY  # noqa: E402
from tests.deploy.proxies import wait_for  # noqa: E402

BASE, IMAGE = "localhost/unrolled-base", "localhost/unrolled"
BUILDAH = ["buildah", "--storage-driver", "vfs"]
FROM_HOST = ("/etc/ssl/certs", "/usr/local/share/ca-certificates", "/etc/pip.conf")  # so that pip finds its index
LARGEST = 600  # MB


def run(*command: str | Path, **how) -> str:
    return subprocess.run(list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE, **how).stdout.strip()


def buildah(*command: str | Path, **how) -> str:
    return run(*BUILDAH, *command, **how)


def make_base(folder: Path) -> None:
    """Debian with Python, once."""
    with suppress(subprocess.CalledProcessError):
        buildah("inspect", "--type", "image", BASE, stderr=subprocess.DEVNULL)
        return
    root = folder / "base"
    run("debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", "stable", root)
    for rest in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"):
        shutil.rmtree(root / rest, ignore_errors=True)
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, root, "/")
    buildah("commit", "--quiet", container, BASE)
    buildah("rm", container)
    shutil.rmtree(root)


def build(base: str) -> None:
    settings = [f"--build-arg={name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")]
    mounts = [f"--volume={path}:{path}:ro" for path in FROM_HOST if Path(path).exists()]
    command = ["bud", "--isolation", "chroot", "--format", "oci", "--layers", f"--build-arg=BASE_IMAGE={base}"]
    buildah(*command, *settings, *mounts, "--tag", IMAGE, ROOT)


def sizes(tree: Path) -> None:
    """Megabytes as files, and where they are."""
    megabytes = int(run("du", "-sxm", tree).split()[0])
    mark = "!" if megabytes > LARGEST else ""
    print(f"  {megabytes} MB{mark} (at most {LARGEST})")
    for line in run("sh", "-c", f"du -xm --max-depth=6 {tree} | sort -rn | head -14").splitlines():
        number, path = line.split("\t")
        print(f"    {number:>5} MB  /{Path(path).relative_to(tree)}")
    [bill] = tree.glob("venv/sbom.cdx.json")
    print(f"  bill of materials: {len(json.loads(bill.read_text())['components'])} components in /venv/sbom.cdx.json")


def start(tree: Path, port: int, log: Path) -> subprocess.Popen:
    """The image's command as its user, in its file system and nothing else that can be written but /tmp."""
    config = json.loads(buildah("inspect", "--type", "image", IMAGE))["OCIv1"]["config"]
    said = dict(entry.split("=", 1) for entry in config["Env"]) | {"PORT": str(port), "UNROLLED_METRICS": str(port + 1)}
    script = f"""
        set -e
        mount --rbind {tree} {tree} && mount -o remount,bind,ro {tree}
        mount -t tmpfs -o size=64m,mode=1777 tmpfs {tree}/tmp
        mount -t proc proc {tree}/proc && mount -t tmpfs tmpfs {tree}/dev
        mknod -m 666 {tree}/dev/null c 1 3 && mknod -m 666 {tree}/dev/urandom c 1 9
        exec chroot --userspec={config["User"]} {tree} /usr/bin/env -i -C {config["WorkingDir"]} "$@"
    """
    command = [*(f"{name}={value}" for name, value in said.items()), *config["Cmd"]]
    out = log.open("wb")
    return subprocess.Popen(["unshare", "--mount", "sh", "-c", script, "sh", *command], stdout=out, stderr=out)


def open_pages(url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for stem in page_stems():
            page, errors = browser.new_page(), []
            page.on("console", lambda message, errors=errors: message.type == "error" and errors.append(message.text))
            page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
            begun = time.perf_counter()
            page.goto(f"{url}/{stem}")
            page.wait_for_function(READY, timeout=30_000)
            took = time.perf_counter() - begun
            for preset in page.eval_on_selector_all("#preset option", "found => found.map(one => one.value)"):
                page.evaluate("name => unrolled.ask('preset', {name})", preset)
                page.wait_for_function("!unrolled.busy && !unrolled.waiting.length", timeout=30_000)
            if errors:
                sys.exit(f"  {stem}: {errors}")
            print(f"  {stem}: open after {took:.1f} s, all presets shown, no error")
            page.close()


def main() -> None:
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", help="an image with Python instead of one that debootstrap makes")
    parser.add_argument("--keep", action="store_true", help="check the image that was built last")
    options = parser.parse_args()
    missing = [tool for tool in ("buildah", "debootstrap", "chromium") if not shutil.which(tool)]
    if missing or os.geteuid():
        sys.exit(f"image-check needs root and {', '.join(missing) or 'nothing else'}")
    begun = time.monotonic()
    if not options.keep:
        if not options.base:
            make_base(Path("/var/tmp"))
            print(f"base: {time.monotonic() - begun:.0f} s", flush=True)
        build(options.base or BASE)
        print(f"built in {time.monotonic() - begun:.0f} s", flush=True)
    with ExitStack() as stack:
        container = buildah("from", IMAGE)
        stack.callback(buildah, "rm", container)
        tree = Path(buildah("mount", container))
        sizes(tree)
        port, log = free_port(), Path("/var/tmp/unrolled-image.log")
        begun = time.monotonic()
        process = start(tree, port, log)
        stack.callback(process.kill)
        wait_for(f"http://127.0.0.1:{port}/readiness", process)
        print(f"  read-only and as user 10001: ready after {time.monotonic() - begun:.1f} s")
        open_pages(f"http://127.0.0.1:{port}")
        process.terminate()
        print(f"  SIGTERM: exit code {process.wait(15)}")
        print("  log:", *log.read_text().splitlines()[-5:], sep="\n    ")


if __name__ == "__main__":
    main()
