"""A text as a QR code: the address of a page, for whoever sits in the last row with a phone."""

from typing import NamedTuple

import segno

from app.shell.contract import Refused

LIMIT = 2500  # bytes; a code holds 2,953, but nobody could scan it off a wall
SHORT = 500  # bytes: beyond, to try all eight masks takes a tenth of a second


class Code(NamedTuple):
    """A text and its picture."""

    text: str
    svg: str


def code(text: str) -> Code:
    """The QR code of an address, black on white whatever the theme: scanners expect it.

    Raises Refused beyond LIMIT bytes and for what is not ASCII, as an address is.
    """
    if not (0 < len(text) <= LIMIT and text.isascii()):
        raise Refused(f"A QR code holds an address of 1 to {LIMIT:,} ASCII characters; {len(text):,} were given.")
    mask = None if len(text) <= SHORT else 0
    made = segno.make_qr(text, error="l", mask=mask)
    return Code(text, made.svg_inline(border=4, light="#fff", omitsize=True))
