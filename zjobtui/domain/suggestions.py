"""“Did you mean …?”: the known name that was probably meant by a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, names: Iterable[str], likeness: float = 0.6) -> str:
    """Return the name most like `word`, whatever its case and whether `-` or `_` joins its words, or an empty text.

    `likeness` is the least ratio of `difflib`, from 0 to 1.
    """
    folded = {_fold(name): name for name in names}
    near = get_close_matches(_fold(word), folded, 1, likeness)
    return folded[near[0]] if near else ""


def suggest(word: str, names: Iterable[str], known: str = "") -> str:
    """Return “did you mean NAME?” or, if no name is near, “there are: …” with all names, or with `known`."""
    among = tuple(names)
    near = nearest(word, among)
    if not near:
        return f"there are: {known or ', '.join(among)}"
    return f"did you mean “{near}”?" if " " in near else f"did you mean {near}?"


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_")
