"""The bytes that a terminal sends for a key, by Textual's names."""

import string

_CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"}
_TILDE = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6} | {
    f"f{number}": code for number, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
}
_MODIFIERS = {"shift": 2, "alt": 3, "ctrl": 5}

KEYS: dict[str, bytes] = {
    "enter": b"\r",
    "esc": b"\x1b",
    "escape": b"\x1b",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "space": b" ",
    "backspace": b"\x7f",
    "ctrl+space": b"\x00",
    **{name: f"\x1b[{final}".encode() for name, final in _CURSOR.items()},
    **{name: f"\x1b[{code}~".encode() for name, code in _TILDE.items()},
    **{f"f{number}": f"\x1bO{final}".encode() for number, final in enumerate("PQRS", 1)},
    **{f"ctrl+{letter}": bytes([ord(letter) & 0x1F]) for letter in string.ascii_lowercase},
    **{f"alt+{letter}": f"\x1b{letter}".encode() for letter in string.ascii_lowercase},
    **{
        f"{modifier}+{name}": f"\x1b[1;{code}{final}".encode()
        for modifier, code in _MODIFIERS.items()
        for name, final in _CURSOR.items()
    },
}


def key_bytes(key: str) -> bytes:
    """Return the bytes of a named key or of one character; raise `KeyError` for an unknown name."""
    return KEYS[key] if len(key) > 1 or key in KEYS else key.encode()
