"""A parameter that holds a short piece of typed text, read character by character like a sequence."""

import param


class Text(param.String):
    """1 to `most` characters, each out of `alphabet`. Upper case is read as lower case where only that is known."""

    __slots__ = ["alphabet", "most"]
    _slot_defaults = param.String._slot_defaults | {"alphabet": "", "most": 200}

    def __init__(self, default=param.Undefined, *, alphabet=param.Undefined, most=param.Undefined, **settings):
        self.alphabet = alphabet
        self.most = most
        super().__init__(default=default, **settings)

    def _validate(self, value) -> None:
        super()._validate(value)
        if not 1 <= len(value) <= self.most:
            raise ValueError(f"{self.name} needs 1 to {self.most} characters")
        unknown = next((character for character in value if character not in self.alphabet), "")
        if unknown:
            raise ValueError(f"the character “{unknown}” is not known")

    def decode(self, written: str) -> str:
        """The text as the network reads it; raises ValueError where it has a character that is not known."""
        known = "".join(c if c in self.alphabet else c.lower() for c in written)
        self._validate(known)
        return known
