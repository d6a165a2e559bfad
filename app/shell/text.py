"""A parameter that holds a short piece of typed text, read character by character like a sequence."""

import param


class Text(param.String):
    """`least` to `most` characters, each out of `alphabet`. Upper case is read as lower case if only that is known."""

    __slots__ = ["alphabet", "least", "most"]
    _slot_defaults = param.String._slot_defaults | {"alphabet": "", "least": 1, "most": 200}

    def __init__(
        self,
        default=param.Undefined,
        *,
        alphabet=param.Undefined,
        least=param.Undefined,
        most=param.Undefined,
        **settings,
    ):
        self.alphabet = alphabet
        self.least = least
        self.most = most
        super().__init__(default=default, **settings)

    def _validate(self, value) -> None:
        super()._validate(value)
        if not self.least <= len(value) <= self.most:
            raise ValueError(f"{self.name} needs {self.least} to {self.most} characters")
        unknown = next((character for character in value if character not in self.alphabet), "")
        if unknown:
            raise ValueError(f"the character “{unknown}” is not known")

    def decode(self, written: str) -> str:
        """The text as the network reads it; raises ValueError where it has a character that is not known."""
        known = self._lower(written)
        self._validate(known)
        return known

    def read(self, written: str) -> tuple[str, str]:
        """What can be read of a text, and the characters (each once) that are not known and were left out."""
        lower = self._lower(written)
        unknown = dict.fromkeys(c for c in lower if c not in self.alphabet)
        known = "".join(c for c in lower if c in self.alphabet)
        self._validate(known)
        return known, "".join(unknown)

    def _lower(self, written: str) -> str:
        return "".join(c if c in self.alphabet else c.lower() for c in written)
