"""`/readiness`: whether this process should be sent readers. A plugin of `panel serve`, as `app.head`.

`/liveness`, Panel's own, says whether it is alive. Not ready are a process whose kernels are being compiled or whose
pages are being built, and one that has been told to end.
"""

from tornado.web import RequestHandler

from app.shell.opening import PREPARATION


class Ending:
    """Whether this process has been told to end."""

    def __init__(self) -> None:
        self.begun = False


ENDING = Ending()


class Readiness(RequestHandler):
    def get(self) -> None:
        awaited = PREPARATION.awaited()
        ready = not awaited and not ENDING.begun
        self.set_status(200 if ready else 503)
        self.set_header("Cache-Control", "no-store")
        self.write({"ready": ready, "ending": ENDING.begun, "awaited": awaited})

    head = get

    def _log(self) -> None:
        """A probe every two seconds is no news."""


ROUTES = [("/readiness", Readiness, {})]
