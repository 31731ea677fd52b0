"""Text for users and for other programs, the same on the screen and in print; without colours.

Widths are counted by character, with `wcwidth` (`models/text_width.py`) and in `ui` with Rich's `cell_len`, as in
Textual's strips. Both have the same tables; `tests/ui/test_widths.py` compares them with a terminal.
"""
