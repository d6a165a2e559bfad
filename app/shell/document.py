"""Puts a page into its session's Bokeh document: controls, plots and bridge as roots, and the template's variables."""

import json
from typing import TYPE_CHECKING

import bokeh
import panel as pn

from app.parts.colours import HEATS, PALETTE
from app.shell import assets, lessons
from app.shell.controls import control
from app.shell.site import page_stems

if TYPE_CHECKING:
    from app.shell.page import Page


def attach(page: "Page") -> None:
    """Fill the document with all that the page shows."""
    doc = page.doc
    # Bokeh walks through all models at every new root; frozen, it does so once at the end.
    with doc.models.freeze():
        _add_controls(page)
        for card in page.view.cards:
            for strip in card.strips:
                doc.add_root(strip.plot)
        doc.add_root(page.bridge)
    doc.title = f"{page.lesson.title} – Unrolled"
    doc.template = assets.template()
    doc.template_variables.update(_template_variables(page))


def _add_controls(page: "Page") -> None:
    # Each control is a root of its own, so that the template can place it; Panel's invisible extras stay out.
    with pn.config.set(browser_info=False, notifications=False):
        for name in (*page.view.controls, *page.view.more):
            control(page.model, name).server_doc(page.doc, location=False)
            page.doc.roots[-1].name = f"control-{name}"


def _template_variables(page: "Page") -> dict:
    stems = [stem for stem in lessons.stems() if stem in page_stems()]
    place = stems.index(page.model.stem)
    return {
        "page": page,
        "lesson": page.lesson,
        "view": page.view,
        "model": page.model,
        "bokeh_version": bokeh.__version__,
        "panel_version": pn.__version__,
        "assets": assets.urls(),
        "variables": assets.css_variables(),
        "previous": lessons.load(stems[place - 1]) if place else None,
        "previous_stem": stems[place - 1],
        "next": lessons.load(stems[place + 1]) if place + 1 < len(stems) else None,
        "next_stem": stems[place + 1] if place + 1 < len(stems) else "",
        "page_data": json.dumps(_page_data(page)).replace("</", "<\\/"),
        "render": lessons.render,
    }


def _page_data(page: "Page") -> dict:
    """What the browser must know once: strips, palette, and how sequences may be edited."""
    model, view = page.model, page.view
    strips = [
        {
            "name": strip.name,
            "snaps": strip.binary,
            "edits": strip.edits,
            "paints": strip.paints,
            "predicts": strip.predicts,
            "timed": strip.timed,
            "title": strip.title,
            "binary": bool(strip.edits) and model.param[strip.edits].binary,
            "bounds": model.param[strip.edits].bounds if strip.edits else None,
        }
        for card in view.cards
        for strip in card.strips
    ]
    return {
        "stem": model.stem,
        "strips": strips,
        "palette": list(PALETTE.values()),
        "heats": HEATS,
        "quiz": [question.answer for question in page.lesson.quiz],
        "players": {name: model.param[name].bounds[1] for name in page.players()},
        "largest": view.upload_limit,
    }
