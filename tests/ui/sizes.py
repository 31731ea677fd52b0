"""Terminal sizes of the tests: one by default, the other with `-m slow`.

List and detail are side by side in the wide size, stacked in the narrow one. Half of the tests use one by default and
half the other, so that each run has both.
"""

import pytest

WIDE, NARROW = (140, 40), (80, 24)

WIDE_FIRST = (WIDE, pytest.param(NARROW, marks=pytest.mark.slow))
NARROW_FIRST = (NARROW, pytest.param(WIDE, marks=pytest.mark.slow))
