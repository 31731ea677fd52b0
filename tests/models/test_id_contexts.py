from tests.support.building import dashed, job_id
from zjobtui.models.id_contexts import CONTEXT_CHARACTERS, id_contexts

A, B = job_id(1), job_id(2)


def test_the_words_around_an_id_are_those_of_its_line() -> None:
    contexts = id_contexts(f"before\nHi, order\t{A.given} hangs\r\nafter {dashed(B)}")
    assert contexts == {A.key: "Hi, order … hangs", B.key: "after …"}


def test_a_context_has_no_secret_no_other_id_and_no_control_character() -> None:
    text = f"client_secret=sentinel-19c2 job {A.given} then {B.given} \x1b]0;x\x07"
    context = id_contexts(text)[A.key]
    assert context.startswith("client_secret=[masked] job … then …")
    assert context.isprintable()
    assert "sentinel" not in str(id_contexts(text))


def test_a_context_is_short_and_begins_with_a_whole_word() -> None:
    context = id_contexts(f"{'word ' * 50}{A.given}{' more' * 50}")[A.key]
    assert context.startswith("word word")
    assert len(context) <= 2 * CONTEXT_CHARACTERS + 1


def test_an_id_alone_on_its_line_has_no_context_and_a_near_miss_has_one() -> None:
    near = B.given[:-1]
    contexts = id_contexts(f"{A.given}\nsee {near} twice: {A.given}")
    assert contexts == {A.key: "", near: "see … twice: …"}


def test_signs_around_an_id_are_no_context() -> None:
    assert id_contexts(f"# {A.given}\n- {B.given},") == {A.key: "", B.key: ""}
