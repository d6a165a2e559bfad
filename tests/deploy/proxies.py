"""Several replicas of the site, and nginx or Caddy before them with the configuration of `deploy/`, on this machine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tests.bench.protocol import Process, free_port  # noqa: E402

SECONDS = 240  # until a server must be ready


class Replica(Process):
    """`python -m app` with settings from the environment; `core` binds it to one."""

    def __init__(self, *, core: int | None = None, log: Path | None = None, port: int = 0, **environment: str) -> None:
        self.port = port or free_port()
        self.prefix = environment.get("UNROLLED_PREFIX", "")
        self.log = log
        out = log.open("ab") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app"], cwd=ROOT, env={**os.environ, **environment, "PORT": str(self.port)},
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        super().__init__(self.process.pid)
        if core is not None:
            os.sched_setaffinity(self.pid, [core])
        self.address, self.url = f"127.0.0.1:{self.port}", f"http://127.0.0.1:{self.port}{self.prefix}"

    def wait(self) -> "Replica":
        wait_for(f"{self.url}/readiness", self.process)
        return self

    def stop(self, kind: int = signal.SIGTERM, patience: float = 15) -> int:
        """End it; its exit code."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, kind)
        return self.process.wait(patience)

    def __enter__(self) -> "Replica":
        try:
            return self.wait()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_problem: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


class Nginx(Process):
    """`deploy/nginx/` with other ports, a certificate made here, and one line per replica."""

    def __init__(self, addresses: list[str], *, core: int | None = None) -> None:
        self.addresses, self.core = addresses, core
        self.folder = Path(tempfile.mkdtemp(prefix="unrolled-nginx-"))
        self.port, self.plain = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"

    def configuration(self) -> Path:
        certificate(self.folder)
        site = (ROOT / "deploy" / "nginx" / "unrolled.conf").read_text()
        for old, new in {
            "listen 80;": f"listen {self.plain};",
            "listen 443 ssl": f"listen {self.port} ssl",
            "/etc/nginx/tls": str(self.folder),
            "/var/cache/nginx/unrolled": str(self.folder / "cache"),
            "https://$host$request_uri": f"https://$host:{self.port}$request_uri",
        }.items():
            assert old in site, old
            site = site.replace(old, new)
        upstream = (ROOT / "deploy" / "nginx" / "upstream.conf").read_text()
        line = next(line for line in upstream.splitlines() if line.strip().startswith("server "))
        lines = "\n".join(line.replace("unrolled:5006", address) for address in self.addresses)
        whole = (
            f"user root;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log;\nworker_processes 1;\n"
            "events { worker_connections 4096; }\n"
            f"http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{upstream.replace(line, lines)}\n{site}}}\n"
        )
        file = self.folder / "nginx.conf"
        file.write_text(whole)
        return file

    def __enter__(self) -> "Nginx":
        command = ["nginx", "-p", str(self.folder), "-c", str(self.configuration())]
        subprocess.run([*command, "-t"], check=True, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen([*command, "-g", "daemon off;"], start_new_session=True)
        super().__init__(self.process.pid)
        if self.core is not None:
            os.sched_setaffinity(self.pid, [self.core])
        wait_for(f"http://127.0.0.1:{self.plain}/", self.process, redirect=True)
        return self

    def cpu(self) -> float:
        return sum(child.cpu() for child in self.children())

    def __exit__(self, *_problem: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


class Caddy:
    """`deploy/Caddyfile` with Caddy's own certificate for localhost."""

    def __init__(self, addresses: list[str], prefix: str = "") -> None:
        self.addresses, self.prefix = addresses, prefix
        self.folder = Path(tempfile.mkdtemp(prefix="unrolled-caddy-"))
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"

    def __enter__(self) -> "Caddy":
        file = self.folder / "Caddyfile"
        ports = f"{{\nadmin off\nhttp_port {free_port()}\nhttps_port {self.port}\nskip_install_trust\n}}\n"
        file.write_text(ports + (ROOT / "deploy" / "Caddyfile").read_text())
        environment = {
            **os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "SITE": "localhost",
            "REPLICAS": " ".join(self.addresses), "PREFIX": self.prefix,
        }  # fmt: skip
        command = ["--config", str(file), "--adapter", "caddyfile"]
        subprocess.run(["caddy", "validate", *command], check=True, env=environment, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(["caddy", "run", *command], env=environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with suppress(OSError):
                open_url(f"{self.url}{self.prefix}/liveness")
                return self
            time.sleep(0.2)
        raise RuntimeError("Caddy did not answer")

    def __exit__(self, *_problem: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def replicas(stack: ExitStack, number: int, **how) -> list[Replica]:
    """So many, started together; they end with the stack."""
    started = [Replica(**how) for _ in range(number)]
    return [stack.enter_context(replica) for replica in started]


def certificate(folder: Path) -> None:
    """A self-signed one for localhost."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", folder / "site.key", "-out", folder / "site.crt"], check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def open_url(url: str, **headers: str):
    """An answer, whatever its certificate."""
    import ssl

    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return urllib.request.urlopen(request, timeout=10, context=ssl._create_unverified_context())


def wait_for(url: str, process: subprocess.Popen, *, redirect: bool = False) -> None:
    """Until it answers with 200, or at all with `redirect`."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            open_url(url).read()
            return
        except urllib.error.HTTPError:
            if redirect:
                return
        except OSError:
            pass
        if redirect and time.monotonic() > end - SECONDS + 1:
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer; exit code {process.poll()}")
