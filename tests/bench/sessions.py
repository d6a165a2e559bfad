"""Does a closed session leave anything behind? Opens and closes sessions on a real server and counts what remains.

    python tests/bench/sessions.py [sessions=200]

The server runs in this process, so that its objects can be counted; the clients are another process, with a websocket
each. Memory is the server's resident set. A first round of 20 sessions warms caches and is not counted.
"""

import gc
import os
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
PORT = 5399
URL = f"http://localhost:{PORT}"
ROUNDS = 4


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def counted() -> dict[str, int]:
    """How many objects of each kind a session is made of are alive."""
    gc.collect()
    kinds = {"ServerSession": 0, "Document": 0, "Reader": 0, "Bridge": 0}
    for found in gc.get_objects():
        name = type(found).__name__
        if name in kinds and type(found).__module__.split(".")[0] in ("bokeh", "app"):
            kinds[name] += 1
    return kinds


def clients(sessions: int, stems: list[str]) -> None:
    """Open sessions one after the other, move a value in each, and close them."""
    from bokeh.client import pull_session

    import app.shell.bridge  # noqa: F401 - so that the bridge's kind is known here too

    for number in range(sessions):
        session = pull_session(url=f"{URL}/{stems[number % len(stems)]}")
        bridge = session.document.get_model_by_name("bridge")
        bridge.request = '[{"id": 1, "do": "cursor", "t": 3}, {"id": 2, "do": "reset"}]'
        session.force_roundtrip()
        session.close()


def run_clients(sessions: int) -> None:
    subprocess.run([sys.executable, __file__, "clients", str(sessions)], cwd=ROOT, check=True)


def wait_until_gone(limit: float = 90) -> dict[str, int]:
    """Give the server time to expire what is closed."""
    end = time.monotonic() + limit
    while counted()["ServerSession"] and time.monotonic() < end:
        time.sleep(2)
    time.sleep(6)  # Panel collects garbage a few seconds after the last session
    return counted()


def observe(sessions: int) -> None:
    while True:
        try:
            urllib.request.urlopen(URL, timeout=2).read()
            break
        except OSError:
            time.sleep(0.3)
    run_clients(20)
    wait_until_gone()
    before = counted()
    print(f"after warming up: {before}  {resident_megabytes():.0f} MB", flush=True)
    for _ in range(ROUNDS):
        run_clients(sessions // ROUNDS)
        left = wait_until_gone()
        print(f"after {sessions // ROUNDS} more: {left}  {resident_megabytes():.0f} MB", flush=True)
    os._exit(0 if left == before else 1)


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from app.shell.assets import page_stems

    if sys.argv[1:2] == ["clients"]:
        clients(int(sys.argv[2]), page_stems())
        return
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    threading.Thread(target=observe, args=(sessions,), daemon=True).start()
    sys.argv = ["app", "--port", str(PORT)]
    from app.__main__ import main as serve

    serve()


if __name__ == "__main__":
    main()
