import pytest

from zjobtui.models.reason import Category, Reason, read_reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[40000050]: Operation failed, retry later.", Reason("40000050", "Operation failed, retry later.")),
        ("[40000050] subscription is locked", Reason("40000050", "subscription is locked")),
        ("  [40000020]:  a\nb ", Reason("40000020", "a\nb")),
        ("[40000020]:", Reason("40000020", "")),
        ("Something else went wrong", Reason("", "Something else went wrong")),
        ("[4000005] seven digits", Reason("", "[4000005] seven digits")),
        ("see [40000050]: later", Reason("", "see [40000050]: later")),
        ("", Reason("", "")),
    ],
)
def test_an_error_code_is_parsed_and_any_other_text_is_unchanged(text: str, reason: Reason) -> None:
    assert read_reason(text) == reason


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("50000010", Category.PERMISSION),
        ("90000011", Category.AUTHENTICATION),
        *((f"400000{digits}", Category.INPUT) for digits in (20, 21, 22, 23, 27)),
        ("53100030", Category.RULE),
        ("50000040", Category.NOT_FOUND),
        ("50000045", Category.METHOD),
        ("40000050", Category.LOCK),
        ("40000060", Category.INTERNAL),
        ("40000061", Category.TEMPORARY),
        ("50000070", Category.LIMIT),
        ("50000090", Category.MALFORMED),
        ("40000099", Category.INTEGRATION),
        ("SystemError", Category.INTERNAL),
        ("40000042", Category.OTHER),
        ("50", Category.OTHER),
        ("４０００００５０", Category.LOCK),
        ("", Category.OTHER),
    ],
)
def test_the_last_two_digits_of_a_code_determine_the_category(code: str, category: Category) -> None:
    assert Reason(code, "").category is category


def test_a_reason_is_printed_as_zuora_writes_it() -> None:
    assert str(Reason("40000050", "locked")) == "[40000050] locked"
    assert str(Reason("", "locked")) == "locked"
