"""The network goes under an open page, and comes back; a tab sleeps. In Chromium.

    python tests/faults/network.py

A relay between browser and server lets no byte through and closes nothing, as a network does that is gone: five minutes
of it, for which the page's clock runs ahead. Then only new connections get through, as after a change of network.
"""

import asyncio
import shutil
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.protocol import free_port
from tests.browser.driver import FLAGS, READY
from tests.deploy.proxies import Replica

HERE_AGAIN = "!document.documentElement.hasAttribute('data-lost') && !unrolled.busy && !unrolled.waiting.length"


class Relay:
    """Forwards bytes; while it is `gone` it keeps what comes, and after `cut` it never forwards on old connections."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self.gone, self.generation = False, 0
        self.plain: list[asyncio.StreamWriter] = []  # to the browser, no websockets
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", self.port))
        self.loop.run_forever()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            born = self.generation
            first = await reader.read(65536)
            far_writer.write(first)
            if b"Upgrade: websocket" not in first:
                self.plain.append(writer)
            await asyncio.gather(self._pass(reader, far_writer, born), self._pass(far_reader, writer, born))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, born: int) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                while self.gone or born < self.generation:
                    await asyncio.sleep(0.05)
                writer.write(data)
                await writer.drain()
            writer.close()

    def cut(self) -> None:
        """Websockets are left hanging; a browser itself closes what it holds idle when the network changes."""
        self.generation += 1
        for writer in self.plain:
            self.loop.call_soon_threadsafe(writer.close)
        self.plain = []


def main() -> None:
    from playwright.sync_api import sync_playwright

    with Replica() as server, sync_playwright() as playwright:
        relay = Relay(server.port)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page, errors = browser.new_page(), []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.clock.install()
        page.goto(f"http://localhost:{relay.port}/gamma")
        page.wait_for_function(READY, timeout=60_000)

        def ask(alpha: float) -> None:
            page.evaluate("alpha => unrolled.ask('set', {values: {alpha}})", alpha)

        def back(what: str, alpha: float) -> None:
            begun = time.monotonic()
            page.wait_for_function(HERE_AGAIN, timeout=90_000)
            page.evaluate("unrolled.ask('cursor', {t: unrolled.t % 5 + 1})")
            page.wait_for_function(HERE_AGAIN, timeout=30_000)
            kept = page.evaluate("unrolled.frame.values.alpha")
            took = time.monotonic() - begun
            print(f"{what}: answers after {took:.1f} s; alpha {kept}, asked for {alpha}; errors {errors}", flush=True)

        ask(0.4)
        page.wait_for_function(HERE_AGAIN)
        relay.gone = True
        ask(0.5)
        page.clock.fast_forward(300_000)
        page.wait_for_timeout(500)
        print("five minutes without network: the page says so:", page.locator(".lost").is_visible(), flush=True)
        relay.gone = False
        relay.cut()
        page.clock.fast_forward(20_000)
        back("network back, old connections dead", 0.5)
        relay.cut()
        ask(0.6)
        page.clock.fast_forward(16_000)
        page.clock.resume()
        back("connection dead and nobody said so", 0.6)
        page.clock.fast_forward(8 * 3600_000)
        ask(0.7)
        back("eight hours asleep, the session still there", 0.7)
        browser.close()


if __name__ == "__main__":
    main()
