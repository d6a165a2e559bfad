"""A value as a lesson writes it: rounded to the digits that stand there."""


def written(value: float, like: str) -> str:
    """`value` with as many decimals as `like` has, and its sign; thousands are set apart where `like` does so."""
    decimals = len(like.partition(".")[2])
    text = f"{float(value):{',' if ',' in like else ''}.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
