"""Text from elsewhere never acts on the terminal: not labels, tags and notes, and nothing of an answer."""

import unicodedata

import pytest

from tests.contract.names import Exit, Field, Key, Screen, Verdict, new_in_text
from tests.contract.program import User
from tests.contract.scripted import scripted
from tests.contract.window import press, title
from tests.support.escapes import uncontrolled

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202ereversed\u2066\u200b\x9b31m\x85\x00\r\n[red]\x1bP+q\x1b\\end"
GIVEN = HOSTILE.replace("\x00", "")
"""What can be given as an argument."""

FAILED, ORDER = "1" * 32, "2" * 32
ANSWERS: dict[str, dict[str, object]] = {
    FAILED: {"status": "Failed", "errors": f"[40000050]: {HOSTILE}", "result": None, "success": True},
    ORDER: {
        "status": "Completed",
        "errors": None,
        "success": True,
        "result": {
            "jobType": f"AsyncCreateOrder{HOSTILE}",
            "orderNumber": f"O-1{HOSTILE}",
            "accountNumber": f"A-1{HOSTILE}",
            "status": f"Pending{HOSTILE}",
            "subscriptions": [{"status": f"Active{HOSTILE}", "subscriptionNumber": f"A-S1{HOSTILE}"}],
            "invoiceNumbers": [HOSTILE],
            f"unknown{HOSTILE}": {HOSTILE: [HOSTILE]},
        },
    },
}


def acting(text: str) -> set[str]:
    """The characters of a printed text that a terminal would act on; line ends are the program's own."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


@pytest.mark.slow
def test_nothing_hostile_reaches_the_terminal_or_the_output(new_user: User) -> None:
    with scripted(ANSWERS) as tenant:
        user = User(new_user.home, tenant.environment)
        added = user.run("add", FAILED, ORDER, GIVEN, "--label", GIVEN, "--tag", GIVEN, "--note", GIVEN)
        assert added.status == Exit.REFUSED_IN_PART
        assert acting(added.out + added.err) == set()
        with user.window() as window:
            window.wait_for(f"1 {Verdict.FAILED}")
            for name in (ORDER, FAILED):
                press(window, Key.FILTER, "ctrl+u", *name[:8], Key.ENTER, until=lambda _: "1 of 2" in title(window))
                for key, view in (
                    (Key.TIMELINE, Screen.TIMELINE),
                    (Key.RAW, Screen.RAW),
                    (Key.REQUEST, Screen.REQUEST),
                    (Key.SUMMARY, Screen.SUMMARY),
                ):
                    press(window, key, until=view)
                press(window, Key.COPY, until=Screen.COPY_DIALOG)
                press(window, Key.BACK, gone=Screen.COPY_DIALOG)
            press(window, Key.LABEL, until=Screen.LABEL_DIALOG)
            press(window, Key.BACK, gone=Screen.LABEL_DIALOG)
            harmful = HOSTILE.replace("\x1b", "")  # terminals take escapes out of what is pasted
            window.paste(f"{harmful} {'3' * 32} {harmful}")
            window.wait_for(new_in_text(1))
            press(window, Key.BACK, Key.QUIT)
            assert window.wait_exit() == Exit.OK
            assert {one[0] for one in uncontrolled(window.raw)} <= {"\a"}, "nothing but the bell"
    for arguments in (["ls"], ["ls", "--csv"], ["show", ORDER]):
        printed = user.run(*arguments)
        assert printed.status == Exit.OK
        assert acting(printed.out.replace("\r\n", "\n") + printed.err) == set(), arguments
    listed = user.run("ls", "--json")
    assert acting(listed.out) == set()
    assert "end" in listed.jobs[0][Field.LABEL], "what is replaced stays visible"
