"""The vocabulary of what users read: one word for one thing, in plain English."""

import re

import pytest

from tests.support.user_strings import UserString, user_strings

STRINGS = user_strings()

NOT_USED = {
    "told, tells": "shown, returned, logged",
    "anew": "again",
    "shall": "should, must",
    "whoever": "user",
    "nobody": "no user",
    "somebody": "a user",
    "anybody": "any user",
    "unseen": "unread",
    "waiting": "running",
    "ask, asks, asked, asking": "poll, refresh",
    "answer, answers, answered, answering": "response, respond",
    "mend, mends, mended": "repair",
    "take back, takes back, bring back, brings back, brought back, came back": "undo, restore",
    "put aside, moved aside": "kept as",
    "held back": "limited by",
    "span of time": "duration",
    "tries again, trying again": "retries, retrying",
    "near miss, near misses": "not valid",
    "line end, line ends": "line break",
    "in trouble": "down",
    "as they come": "as they arrive",
    "ever more": "more and more, less and less",
    "need be": "necessary",
    "nowhere": "an unknown address",
    "directory, directories": "folder",
    "with commas between": "separated by commas",
    "also if": "even if",
}
"""Words that are not used, and what is used instead."""

ALLOWED = {
    ("zjobtui/models/filter_fields.py", "unseen"),  # former names in filters, which are translated
    ("zjobtui/models/filter_fields.py", "waiting"),
    ("zjobtui/storage/rows.py", "waiting"),  # the name in the store
    ("zjobtui/cli/doctor.py", "asking"),  # the name of a check in JSON
    ("zjobtui/formatting/records.py", "answer"),  # a field of JSON
    ("zjobtui/formatting/call_info.py", "answer"),  # keys of lines
    ("zjobtui/formatting/job.py", "answered"),
}


def kinds_of(text: str) -> set[str]:
    return {string.kind for string in STRINGS if text in string.text}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", "Label for {}"),
        ("text", "Where should zjobtui keep the secret?"),
        ("text", "enter save · esc cancel"),
        ("text", "every {…}"),
        ("text", "Job completed, but {…}."),
        ("text", "clear the search or filter; go back to the list"),
        ("help", "Give up after this time, such as 90s, 15m or 1h30m."),
        ("help", "Archives the given jobs, or those"),
        ("action", "Undo the last change"),
        ("error", "--json and --csv are mutually exclusive."),
        ("error", "ZUORA_BASE_URL is set, but {…} is not"),
        ("log", "polling starts, %d jobs"),
        ("simulator", "Cannot find response for job"),
    ],
)
def test_strings_of_every_kind_are_printed(kind: str, text: str) -> None:
    assert kinds_of(text) == {kind}


@pytest.mark.parametrize("text", ["SELECT", "a module", "GLYPHS", "(?P<", "height: 1fr", "async-jobs/{id}"])
def test_strings_that_only_programs_read_are_left_out(text: str) -> None:
    assert not kinds_of(text)


@pytest.mark.parametrize("words", NOT_USED)
def test_avoided_words_occur_nowhere(words: str) -> None:
    pattern = re.compile(rf"(?<![.\w])({words.replace(', ', '|')})(?!\w)", re.IGNORECASE)
    found = [string for string in STRINGS if pattern.search(string.text)]
    assert not [str(string) for string in found if not is_allowed(string)], f"use {NOT_USED[words]}"


def is_allowed(string: UserString) -> bool:
    return (string.path, string.text) in ALLOWED


def test_durations_have_one_format() -> None:
    apart = re.compile(r"(\{…\}|%\S*[dfg]) (s|sec|seconds?|min|minutes?|hours?|h|d|days?)\b")
    assert not [str(string) for string in STRINGS if apart.search(string.text)], "a figure and its unit together: 12s"
