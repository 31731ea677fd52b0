"""README is short, its commands are those that are tested, and its links and pictures exist."""

import re
from pathlib import Path

import pytest

from screenshots.make import PICTURES, VIEWS
from zjobtui.models.verdict import VerdictKind

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "CONTRIBUTING.md", "docs/manual.md")

LENGTH_LIMIT = 130
"""Lines; what README need not say is in the manual."""

SET_UP = "python3 -m venv .venv && .venv/bin/pip install -q"
DEMO, TESTS = f"{SET_UP} . && .venv/bin/zjobtui demo", f"{SET_UP} -e '.[dev]' && .venv/bin/pytest -q"


def test_readme_is_short() -> None:
    assert README.count("\n") <= LENGTH_LIMIT


def test_readme_has_the_commands_that_set_up_the_demo_and_the_tests() -> None:
    assert f"```sh\n{DEMO}\n```" in README
    assert f"```sh\n{TESTS}\n```" in README
    assert f"\n{TESTS}\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_readme_explains_every_verdict() -> None:
    assert [kind for kind in VerdictKind if f" | {kind.value} | " not in README] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_to_a_heading(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert links
    for link in links:
        name, _, heading = link.partition("#")
        target = ROOT / page if not name else (ROOT / page).parent / name
        assert target.exists(), link
        assert not heading or heading in headings(target.read_text(encoding="utf-8")), link


def headings(text: str) -> set[str]:
    """The names by which headings are linked to, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_picture_that_is_shown_is_made_and_each_view_in_both_colours_and_sizes() -> None:
    made = {picture.name: picture for picture in PICTURES}
    assert set(re.findall(r"screenshots/([\w-]+)\.svg", README)) <= set(made)
    for view in VIEWS:
        pictures = [picture for picture in made.values() if picture.name.startswith(view)]
        assert len({(picture.size, picture.theme) for picture in pictures}) == 4, view
