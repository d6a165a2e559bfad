"""A log that nobody can fill: of each kind of message the first is written, then every tenth, hundredth, thousandth.

A kind is a logger, a level, a message before its values are put in, and where an exception came from. What a reader
sends wrongly is one line: no traceback, and of what was sent no more than LONGEST characters.
"""

import logging
import threading
from collections import Counter
from collections.abc import Hashable

LONGEST = 500  # characters of a message
MOST_KINDS = 1000  # beyond, kinds are those of their logger alone
# Loggers of Bokeh whose exceptions are made by what a browser sends.
FROM_OUTSIDE = ("bokeh.server.views.ws", "bokeh.server.protocol_handler", "bokeh.server.session")


class OncePerKind(logging.Filter):
    """Lets the first message of a kind through, and then those whose number is a power of ten, with that number."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seen: Counter[Hashable] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:  # a host who asks for these wants all of them
            return True
        kind = _kind(record)
        with self._lock:
            if kind not in self._seen and len(self._seen) >= MOST_KINDS:
                kind = record.name, record.levelno
            self._seen[kind] += 1
            number = self._seen[kind]
        if str(number).strip("0") != "1":
            return False
        _shorten(record, number)
        return True


def _kind(record: logging.LogRecord) -> Hashable:
    raised = record.exc_info[2] if record.exc_info else None
    while raised is not None and raised.tb_next is not None:
        raised = raised.tb_next
    place = (raised.tb_frame.f_code.co_filename, raised.tb_lineno) if raised is not None else None
    message = str(record.msg)[:100] if record.args else record.pathname + str(record.lineno)
    return record.name, record.levelno, message, place


def _shorten(record: logging.LogRecord, number: int) -> None:
    try:
        said = record.getMessage()
    except Exception:  # values that do not fit the message
        said = str(record.msg)
    if number > 1 or record.name.startswith(FROM_OUTSIDE):
        record.exc_info = record.exc_text = None
    times = f" ({number} of this kind so far)" if number > 1 else ""
    record.msg, record.args = f"{said[:LONGEST]}{times}".replace("\n", " "), None


def keep_short() -> None:
    """Let what has been set up to write logs write no more than that."""
    kept = OncePerKind()
    for handler in logging.getLogger().handlers:
        handler.addFilter(kept)
