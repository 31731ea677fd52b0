"""Reads and writes words as bash and zsh quote them, for completion: nothing is expanded, nothing run."""

import re
from dataclasses import dataclass

BLANKS = " \t\n"

_PLAIN = re.compile(r"[^\w%+,./:=@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """A command line up to the cursor, its quotes removed.

    `last` is the word that the cursor touches, None after a blank; `quote` the one open in it: `'`, `"`, `$'` or none.
    """

    words: tuple[str, ...] = ()
    last: str | None = None
    quote: str = ""


def read_line(text: str) -> Line:
    """Split a line into words; its end may lie within a quote or after a backslash."""
    words: list[str] = []
    last: str | None = None
    quote = ""
    is_dollar = False
    characters = iter(text)
    for one in characters:
        was_dollar, is_dollar = is_dollar, False
        if one == "\\" and quote != "'":
            following = next(characters, "")
            is_kept = quote == '"' and following not in '\\"$`\n'
            last = (last or "") + (one if is_kept else "") + following
        elif quote:
            if one == quote[-1]:
                quote = ""
            else:
                last = (last or "") + one
        elif one in {"'", '"'}:
            last = last or ""
            if was_dollar:  # $'…' and $"…"
                last = last[:-1]
            quote = "$'" if was_dollar and one == "'" else one
        elif one in BLANKS:
            if last is not None:
                words.append(last)
            last = None
        else:
            last = (last or "") + one
            is_dollar = one == "$"
    return Line(tuple(words), last, quote)


def quoted(text: str, quote: str = "") -> str:
    """Write text so that a shell within this open quote takes it literally; the quote is still open at the end."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == "$'":
        return re.sub(r"[\\']", r"\\\g<0>", text)
    if quote == '"':
        # Within double quotes nothing keeps the history from expanding “!”, hence it stands outside of them.
        return re.sub(r'[\\"$`]', r"\\\g<0>", text).replace("!", '"\\!"')
    return "".join(f"\\{one}" if one.isspace() or (one.isascii() and _PLAIN.match(one)) else one for one in text)
