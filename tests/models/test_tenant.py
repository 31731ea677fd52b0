import copy
import pickle

import msgspec
import pytest

from zjobtui.models.tenant import BearerToken, ClientCredentials, Secret

SENTINEL = "s3cret-sentinel"


@pytest.mark.parametrize(
    "holder", [Secret(SENTINEL), ClientCredentials("id", Secret(SENTINEL)), BearerToken(Secret(SENTINEL))]
)
def test_a_secret_is_in_no_repr(holder: object) -> None:
    shown = [repr(holder), str(holder), f"{holder}", f"{holder!r:>40}", repr([holder])]
    assert not any(SENTINEL in text for text in shown)


def test_a_secret_is_revealed_only_on_request() -> None:
    assert Secret(SENTINEL).reveal() == SENTINEL


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(take: object) -> None:
    assert callable(take)
    with pytest.raises(TypeError, match="not pickled"):
        take(Secret(SENTINEL))


def test_credentials_are_not_encoded_as_json() -> None:
    with pytest.raises(TypeError, match="Secret"):
        msgspec.json.encode(ClientCredentials("id", Secret(SENTINEL)))
