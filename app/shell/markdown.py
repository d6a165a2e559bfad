"""Markdown with LaTeX to HTML. Mathematics is left as text for the browser to typeset; raw HTML is shown, not run."""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from mdit_py_plugins.dollarmath import dollarmath_plugin

_MATH = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
# a formula and the punctuation after it, which must not begin the next line
_STOP = re.compile(r'(<span class="math">[^<]*</span>)([.,;:?)]+)')
_WORD = re.compile(r"[^\W_][\w'’-]*")


def _inline_math(_renderer, tokens, index, _options, _environment) -> str:
    return f'<span class="math">{escapeHtml(tokens[index].content.strip())}</span>'


def _display_math(_renderer, tokens, index, _options, _environment) -> str:
    return f'<div class="math">{escapeHtml(tokens[index].content.strip())}</div>\n'


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").use(dollarmath_plugin, allow_labels=False)
    parser.add_render_rule("math_inline", _inline_math)
    parser.add_render_rule("math_block", _display_math)
    return parser


_PARSER = _parser()


def render(markdown: str, inline: bool = False) -> str:
    """HTML of a Markdown text; ``inline`` leaves out the paragraph around it.

    ``$tex$`` becomes ``<span class="math">tex</span>``, and ``$$tex$$`` on lines of its own becomes
    ``<div class="math">tex</div>``, with ``<``, ``>``, ``&`` and ``"`` escaped.
    """
    html = _PARSER.renderInline(markdown) if inline else _PARSER.render(markdown)
    return _STOP.sub(r'<span class="unbroken">\1\2</span>', html)


def words(markdown: str) -> int:
    """Number of words in a Markdown text, mathematics left out."""
    return len(_WORD.findall(_MATH.sub(" ", markdown)))
