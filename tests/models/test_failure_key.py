"""The key by which messages of failures are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.models.failure_key import MESSAGE_KEY_CHARACTERS, message_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            'Rate plan "Gold" is not effective on the contract effective date of 03/12/2025.',
            'Rate plan "Silver 2" is not effective on the contract effective date of 01/01/2026',
        ),
        ("Cannot find entity by key: 'A-S00042'.", "Cannot find entity by key: 'x'."),
        (
            "No account is found with accountId 2c92c0f86a8dd422016a9e7a70116b0d",
            "no account is found with accountid 17",
        ),
        ("Amount 1,234.50 is too big", "Amount 7 is too big"),
        ("Locked since 2026-11-23T14:00:00Z by job 5e9f49a2-1b2c-4d3e-8f90-123456789abc", "Locked since 3 by job 4"),
        ("“A” and «B» are 「C」", "“d” and «e» are 「f」"),
        ('Bad "name that is cut', 'Bad "other'),
    ],
)
def test_messages_that_differ_in_names_and_numbers_are_alike(one: str, other: str) -> None:
    assert message_key(one) == message_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A cancelled subscription can't be changed", "A cancelled subscription can't be renewed"),
        ("the customers' order", "the customers' invoice"),
        ("有効期限は2025年です", "無効期限は2025年です"),
        ("card_declined/insufficient_funds", "card_declined/expired_card"),
    ],
)
def test_messages_that_differ_in_words_are_not_alike(one: str, other: str) -> None:
    assert message_key(one) != message_key(other)


@given(st.text(max_size=60) | st.lists(st.sampled_from(["'", '"', "1", "#", "a", " ", "-", "“"])).map("".join))
def test_a_key_is_short_and_that_of_itself(message: str) -> None:
    key = message_key(message)
    assert len(key) <= MESSAGE_KEY_CHARACTERS
    assert key == message_key(message.upper().lower()) or message.upper().lower().casefold() != message.casefold()
