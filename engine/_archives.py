"""Zip archives that anyone may have written: what a member states about itself is checked before it is unpacked."""

import io
import zipfile

from engine import _validate

MAX_MEMBERS = 100
HOW_TO_SAVE = 'from safetensors.torch import save_file; save_file(model.state_dict(), "net.safetensors")'


class WeightsError(ValueError):
    """A weights file that cannot be used; the message is one sentence for the reader."""


def in_words(n_bytes):
    """A number of bytes for a reader: 4 MiB."""
    return f"{n_bytes / 2**20:g} MiB" if n_bytes >= 2**20 else f"{n_bytes} bytes"


class Archive:
    """The members of a zip by their names; all together unpack to at most `largest` bytes.

    Raises WeightsError for an archive that is damaged, too large, locked, or that holds too many members or one twice.
    """

    def __init__(self, data, largest):
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except Exception:  # zipfile, zlib and struct raise a dozen kinds of error for a broken archive
            raise WeightsError("The file is a damaged or cut-off zip archive.") from None
        if len(members) > MAX_MEMBERS:
            raise WeightsError(f"The file holds {len(members)} arrays, more than the limit of {MAX_MEMBERS}.")
        if sum(member.file_size for member in members) > largest:
            raise WeightsError(f"The file unpacks to more than the limit of {in_words(largest)}.")
        self._members = {}
        for member in members:
            if member.filename in self._members:
                raise WeightsError(f"The file holds {_validate._short(member.filename)} twice.")
            if member.flag_bits & 1:
                raise WeightsError("The file is locked with a password.")
            self._members[member.filename] = member

    @property
    def names(self):
        return list(self._members)

    def unpacked(self, name):
        """The bytes of one member. A bounded read stops unpacking at the declared size, whatever follows it."""
        member = self._members[name]
        try:
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile
            with self._zip.open(member) as opened:
                return opened.read(member.file_size + 1)
        except Exception:
            short = _validate._short(name)
            raise WeightsError(f"{short} in the file is damaged, or its size is not the stated one.") from None
