"""The mask of everything that the user hands on: values of environment variables that hold secrets."""

from collections.abc import Container, Mapping

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.zuora.mask import Mask

WITHHELD = lazy_pattern(r"secret|client_?id|token|pass(?:w|phrase)|api_?key|private|credential|auth")
"""Names of environment variables whose values are masked wherever they occur, in lower case."""


class SecretMask:
    """Replace the values of variables that hold secrets: by their names, and those that settings name."""

    def __init__(self) -> None:
        self._mask = Mask()

    def add(self, environ: Mapping[str, str], variables: Container[str]) -> None:
        """Mask the values of these variables, too; may be called from any thread."""
        for name, value in environ.items():
            if name in variables or WITHHELD.search(name.lower()):
                self._mask.add(value)

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        return self._mask.mask_text(text)
