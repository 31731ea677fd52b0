from msgspec.structs import replace

from tests.support.building import job_id, outline, watch
from tests.support.staging import observation_of
from zjobtui.formatting.clipboard_texts import slack_list
from zjobtui.formatting.outline import OutlineNode, line_texts
from zjobtui.formatting.report import filter_groups
from zjobtui.models.observation import Success


def lines_of(payload: str) -> dict[str, OutlineNode]:
    success = observation_of(payload)
    assert isinstance(success, Success)
    return {line.key: line for line in outline(success.report)}


def test_numbers_and_ids_of_a_line_can_be_copied_each_under_its_name() -> None:
    lines = lines_of("derived-completed-everything")
    order = line_texts(lines["order"])
    assert next(iter(order)).startswith("order number O-")
    assert order["this line"].startswith("Order: O-")
    invoices = line_texts(lines["invoices"])
    assert invoices["2 invoice numbers"].split("\n") == ["INV00000042", "INV00000043"]
    assert "payment number P-00000042" in line_texts(lines["payment"])


def test_only_the_shown_numbers_of_a_filtered_group_are_copied() -> None:
    subscriptions = lines_of("derived-completed-everything")["subscriptions"]
    numbers = [child.name for child in subscriptions.children]
    assert line_texts(subscriptions)[f"{len(numbers)} subscription numbers"].split("\n") == numbers
    (few,) = filter_groups([subscriptions], numbers[0])
    for node in (few, few.children[0]):
        assert line_texts(node)[f"subscription number {numbers[0]}"] == numbers[0]


def test_a_list_for_slack_has_one_plain_line_for_each_job() -> None:
    labelled = replace(watch(1), label="CS-1\n@here")
    first, second = slack_list([labelled, watch(2)]).split("\n")
    assert f"CS-1 @here · {job_id(1).given} · " in first
    assert first.endswith(" · env")
    assert second.startswith("◌ running · ")
