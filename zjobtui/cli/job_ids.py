"""Collect the job ids that a user gives: as arguments, in files and on standard input."""

import sys
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

from zjobtui.formatting.found_ids import sentences
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import FoundIds, InvalidJobIdError, JobId
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten

NO_ID = "No job id was found."

SOURCE_LIMIT = 200
"""Characters of the name of a text that is kept with the job."""


@dataclass(frozen=True, slots=True)
class ParsedIds:
    """Job ids with the source of each, a sentence for each text that is not valid, and sentences on what was left out.

    What was left out is not an error: it does not change the exit status.
    """

    ids: dict[JobId, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def collect_ids(arguments: Sequence[str], texts: Iterable[tuple[str, str]] = ()) -> ParsedIds:
    """Return the ids among arguments and in texts, which are pairs of name and content."""
    parsed = ParsedIds()
    for argument in arguments:
        try:
            parsed.ids.setdefault(JobId.parse(argument), "command line")
        except InvalidJobIdError as error:
            parsed.refused.append(str(error))
    finds = [(shorten(clean(mask_secrets(name)), SOURCE_LIMIT), find_job_ids(text)) for name, text in texts]
    for source, found in finds:
        for job_id in found.ids:
            parsed.ids.setdefault(job_id, source)
        parsed.refused.extend(f"“{word}” looks like a job id, but is not valid." for word in found.near_misses)
    parsed.left_out.extend(sentences(_left_out([found for _, found in finds], parsed.ids)))
    return parsed


def _left_out(finds: Sequence[FoundIds], taken: Container[JobId]) -> FoundIds:
    """Return what all the texts together hold besides the ids that are taken."""
    return FoundIds(
        (),
        (),
        not_added=tuple(dict.fromkeys(job_id for found in finds for job_id in found.not_added if job_id not in taken)),
        others=sum(found.others for found in finds),
        other_names=tuple(dict.fromkeys(name for found in finds for name in found.other_names)),
        secrets=sum(found.secrets for found in finds),
        secret_hints=tuple(dict.fromkeys(hint for found in finds for hint in found.secret_hints)),
    )


def read_stdin() -> str:
    """Return all of standard input, whatever its bytes are."""
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")
