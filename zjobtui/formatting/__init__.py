"""Text for users and for other programs, the same on the screen and in print; without colours.

Widths are counted by character (`text_width.py`), with `wcwidth` here and Rich's `cell_len` in `ui`, as in Textual's
strips. Both have the same tables; `tests/ui/test_widths.py` compares them with a terminal.
"""
