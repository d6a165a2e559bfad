"""What the pages are as a site: their list, their index page, and how both get into any Panel server.

`panel serve app/pages/*.py` answers `/` with Panel's own index, which asks other servers for fonts and scripts: in a
lecture hall without a network it stays blank. Panel offers no setting for that in a project, and loads a page's code
only at its first visit. But it does load the entry points "panel.auth" of every installed package before it serves.
pyproject.toml names this module there, so importing it is enough to install the index and the low latency
(`app.shell.latency`). It has to stay cheap: no engine, no lessons, nothing compiled until somebody asks for the index.
"""

import re
from functools import cache, wraps
from pathlib import Path

from jinja2 import Environment
from panel.io.server import INDEX_HTML, RootHandler
from tornado.web import authenticated

from app.parts.colours import PALETTE
from app.shell import latency

APP = Path(__file__).parents[1]
PAGES = APP / "pages"
TEMPLATE = APP / "static" / "index.html"


def page_files() -> list[Path]:
    """Return the scripts of all pages, sorted by name. A page is found, never registered."""
    return sorted(PAGES.glob("[!_]*.py"))


def page_stems() -> list[str]:
    """Return the stems of all pages, sorted: the names of their URLs and of their lessons."""
    return [file.stem for file in page_files()]


@cache
def index_html(stems: tuple[str, ...] | None = None) -> str:
    """Return the index page: one card per page that has a lesson, in the order of the lessons.

    stems: the pages that are served; all pages if None. Static HTML without any request to elsewhere, rendered once.
    """
    from app.shell import lessons

    shown = [stem for stem in lessons.stems() if stem in (page_stems() if stems is None else stems)]
    cards = [
        (lesson, lessons.render(lesson.summary, inline=True), _picture(lessons.FOLDER / lesson.stem / "card.svg"))
        for lesson in map(lessons.load, shown)
    ]
    template = Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(cards=cards, palette=PALETTE)


def _picture(file: Path) -> str:
    """Return a lesson's drawing as inline SVG, so that the theme's colours reach it; empty if it has none."""
    if not file.exists():
        return ""
    drawing = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    # All drawings end up in one document, where two arrowheads of the same name would be one.
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{file.stem}-", drawing)


def install() -> None:
    """Give every Panel server of this process our index page and low latency. Calling it again changes nothing."""
    latency.install()
    if not hasattr(RootHandler.get, "answers_with_our_index"):
        RootHandler.get = _with_our_index(RootHandler.get)


def _with_our_index(panel_get):
    @authenticated
    @wraps(panel_get)
    async def get(handler, *args, **kwargs):
        if not _serves_only_our_pages(handler):
            await panel_get(handler, *args, **kwargs)
        elif not handler.request.path.endswith("/"):
            # The links of the index are relative, so that it works behind any proxy and under --prefix.
            handler.redirect(handler.request.path + "/")
        else:
            handler.write(index_html(_served_stems(handler)))

    get.answers_with_our_index = True
    return get


def _serves_only_our_pages(handler: RootHandler) -> bool:
    redirects = handler.use_redirect and len(handler.applications) == 1
    index_chosen_by_user = handler.index not in (None, INDEX_HTML)
    return not redirects and not index_chosen_by_user and set(_served_stems(handler)) <= set(page_stems())


def _served_stems(handler: RootHandler) -> tuple[str, ...]:
    return tuple(sorted(route.removeprefix("/") for route in handler.applications))


def no_login(*_args, **_kwargs):
    """Raise ValueError: Panel lists our entry point among its login providers, but this site has none."""
    raise ValueError("oauth_provider: 'unrolled' given, which is no login; allowed are the providers Panel documents")


install()
