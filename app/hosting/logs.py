"""The log: a line for a person, or JSON for a collector, each with the page and a mark of the reader's session.

The mark tells two sessions apart and opens neither: a session's own id would.
"""

import hashlib
import json
import logging
import time

import panel as pn

LINE = "%(asctime)s %(levelname)s %(name)s%(where)s: %(message)s"


class Where(logging.Filter):
    """Adds `session` and `page` to what is logged while a reader is served, else empty texts."""

    def filter(self, record: logging.LogRecord) -> bool:
        doc = pn.state.curdoc
        context = doc.session_context if doc is not None else None
        session = mark(context.id) if context is not None else ""
        path = getattr(context.request, "path", "") if context is not None else ""
        page = path.removesuffix("/ws").rstrip("/").rpartition("/")[2]
        record.__dict__.update(session=session, page=page, where=f" [{page} {session}]" if session else "")
        return True


def mark(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:8]


class Json(logging.Formatter):
    """One object a line: time (UTC), level, logger, message, and session, page and trace where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "session": getattr(record, "session", ""),
            "page": getattr(record, "page", ""),
            "trace": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)


def configure(kind: str, level: str) -> None:
    """Send everything that this process logs to stderr, as `text` or `json`."""
    handler = logging.StreamHandler()
    handler.addFilter(Where())
    handler.setFormatter(Json() if kind == "json" else logging.Formatter(LINE))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("bokeh", "panel", "param"):  # whose own handlers would print a line a second time
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(level.upper())
