import pytest

from tests.support.building import outline, read_result
from zjobtui.formatting.outline import to_text


def words(**result: object) -> list[str]:
    report = read_result({"jobType": "AsyncPreviewOrder", **result})
    return [" ".join(line.split()) for line in to_text(outline(report))]


def invoice(**fields: object) -> list[str]:
    return words(invoices=[fields])


def item(**fields: object) -> list[str]:
    return words(invoices=[{"invoiceItems": [fields]}])[2:]


def test_a_preview_of_nothing_says_so() -> None:
    assert words() == ["Result nothing to bill"]


def test_headings_of_documents_show_sums() -> None:
    result = words(
        invoices=[
            {"amount": 12, "amountWithoutTax": 10, "taxAmount": 2, "targetDate": "2026-07-31"},
            {"amount": "1.5", "amountWithoutTax": 1.5, "taxAmount": 0},
        ],
        creditMemos=[{"amount": -1}],
    )
    assert result == [
        "Invoices (2) 13.50 (11.50 + tax 2.00)",
        "Invoice 1 12.00 (10.00 + tax 2.00) · to 2026-07-31",
        "Invoice 2 1.50",
        "Credit memos (1) -1.00",
        "Credit memo 1 -1.00",
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "–"),
        ({"amount": 12}, "12.00"),
        ({"amountWithoutTax": 10}, "10.00"),
        ({"amountWithoutTax": 10, "taxAmount": 2}, "12.00 (10.00 + tax 2.00)"),
        ({"taxAmount": 2}, "– (tax 2.00)"),
        ({"amount": 12, "taxAmount": 2}, "12.00 (tax 2.00)"),
        ({"amount": 12, "amountWithoutTax": 10}, "12.00 (10.00)"),
    ],
)
def test_no_amount_of_a_document_is_dropped(fields: dict[str, object], text: str) -> None:
    assert invoice(**fields)[1] == f"Invoice 1 {text}"


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"unitPrice": 2, "additionalInfo": {"quantity": 1.50, "unitOfMeasure": "Each"}}, "Price 1.5 Each × 2.00"),
        ({"unitPrice": 2}, "Price 2.00"),
        ({"additionalInfo": {"quantity": 3}}, "Price 3"),
        ({"additionalInfo": {"unitOfMeasure": "Each"}}, "Price Each"),
    ],
)
def test_no_part_of_a_price_is_dropped(fields: dict[str, object], price: str) -> None:
    assert item(**fields) == ["item –", price]


def test_an_item_is_named_by_the_fields_that_it_has() -> None:
    assert item(chargeName="Fee", productName="Music")[0] == "Fee –"
    assert item(productName="Music")[0] == "Music –"
    assert item(chargeNumber="C-1")[0] == "C-1 –"


def test_an_item_shows_its_period_even_if_half_of_it_is_missing() -> None:
    assert item(serviceStartDate="2026-07-01")[-1] == "Period 2026-07-01 to ?"
    assert item(serviceEndDate="2026-07-31")[-1] == "Period ? to 2026-07-31"


def test_a_value_in_both_places_of_an_item_is_shown_twice() -> None:
    result = item(quantity=7, additionalInfo={"quantity": 1, "odd": "inner"}, odd="outer")
    assert result == ["item –", "Price 1", "quantity 7", "odd outer", "additionalInfo", "odd inner"]


def test_a_wrapped_preview_equals_an_unwrapped_one_and_loses_nothing() -> None:
    assert words(previewResult={"invoices": [{"amount": 1}]}) == words(invoices=[{"amount": 1}])
    result = words(previewResult={"invoices": [{"amount": 1}]}, invoices=[{"amount": 2}])
    assert result[:2] == ["Invoices (1) 2.00", "Invoice 1 2.00"]
    assert result[2:] == ["previewResult", "invoices (1)", "1", "amount 1"]


def test_metrics_are_unchanged() -> None:
    assert words(orderDeltaMetrics={"orderDeltaMrr": [{"netAmount": 14.990}]})[1:] == [
        *("Metrics", "orderDeltaMetrics", "orderDeltaMrr (1)", "1", "netAmount 14.99")
    ]
