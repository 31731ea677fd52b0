"""The sizes of terminals in which a test looks at the screen: one by default, the other with `-m slow`.

List and detail stand beside each other in the wide one and below each other in the narrow one. Half of the tests look
at the one by default and half at the other, so that each run has both.
"""

import pytest

WIDE, NARROW = (140, 40), (80, 24)

WIDE_FIRST = (WIDE, pytest.param(NARROW, marks=pytest.mark.slow))
NARROW_FIRST = (NARROW, pytest.param(WIDE, marks=pytest.mark.slow))
