"""What kind of file somebody chose instead of one with weights, told by its first bytes."""

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK", "a ZIP archive without arrays"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


def described(data):
    """A file's kind for a reader: "a PNG picture", or "an unknown kind of file, 12 bytes"."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a pickle"
    words = _as_text(data)
    if words is None:
        return f"an unknown kind of file, {len(data)} byte{'s' * (len(data) > 1)}"
    return "a JSON file" if words.lstrip()[:1] in ("{", "[") else "a text"


def _as_text(data):
    """The file's beginning as text, or None where it holds what no text does."""
    try:
        words = data[:1000].decode("utf-8", errors="strict" if len(data) <= 1000 else "ignore")
    except UnicodeDecodeError:
        return None
    return words if all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in words) else None
