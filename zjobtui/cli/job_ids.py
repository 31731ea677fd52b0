"""Collect the job ids that a user gives: as arguments, in files and on standard input."""

import sys
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from zjobtui.formatting.found_ids import sentences
from zjobtui.models.batches import BATCH_LIMIT, default_batch_name
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import FoundIds, InvalidJobIdError, JobId
from zjobtui.models.redaction import find_secrets, mask_secrets
from zjobtui.models.source_text import SourceText, decode_bytes
from zjobtui.models.text import clean, shorten

NO_ID = "No job id was found."

ARGUMENT = "command line"
"""The source of ids that are arguments."""

STDIN_NAME = "standard input"
"""The name of the text on standard input."""

SOURCE_LIMIT = 200
"""Characters of the name of a text that is kept with the job."""


class ParsedIds(Struct, frozen=True):
    """Job ids with the source of each, a sentence for each text that is not valid, and sentences on what was left out.

    What was left out is not an error: it does not change the exit status.
    """

    ids: dict[JobId, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def collect_ids(arguments: Sequence[str], texts: Iterable[tuple[str, str]] = ()) -> ParsedIds:
    """Return the ids in arguments, which may be any text, and in texts, which are pairs of name and content."""
    parsed = ParsedIds()
    finds: list[FoundIds] = []
    secrets = find_secrets(SourceText.of(" ".join(arguments)))
    for argument in arguments:
        try:
            found = FoundIds((JobId.parse(argument),), ())
        except InvalidJobIdError as error:
            found = find_job_ids(argument)
            if not found.ids:
                found = replace(found, near_misses=(), broken=())
                parsed.refused.append(str(error))
        if any(secrets.holds(job_id.key) for job_id in found.ids):
            found = FoundIds((), (), secrets=secrets.count, secret_hints=secrets.hints)
        finds.append(_take(parsed, found, ARGUMENT))
    finds += [_take(parsed, find_job_ids(text), _shown(name)) for name, text in texts]
    parsed.left_out.extend(sentences(_left_out(finds, parsed.ids)))
    return parsed


def refusals(found: FoundIds) -> list[str]:
    """Return a sentence for each word of a text that looks like a job id."""
    return [
        *(f"“{word}” looks like a job id, but is not valid." for word in found.near_misses),
        *(
            f"Not added: {job_id.given[:8]}… is split by a line break; if it is one job id, add it with: "
            f"zjobtui add {job_id.given}"
            for job_id in found.broken
        ),
    ]


def _take(parsed: ParsedIds, found: FoundIds, source: str) -> FoundIds:
    for job_id in found.ids:
        parsed.ids.setdefault(job_id, source)
    parsed.refused.extend(refusals(found))
    return found


def _shown(name: str) -> str:
    return shorten(clean(mask_secrets(name)), SOURCE_LIMIT)


def default_batch(parsed: ParsedIds, texts: Iterable[tuple[str, str]], at: float, source: str) -> str:
    """Return the default name of the batch of new jobs, added at `at` (seconds since the epoch, UTC).

    It is the name of the first file with an id, the first words of standard input, `piped` if there are none, or
    `source` for ids that were arguments.
    """
    for name, text in texts:
        first = next((job_id.given for job_id, origin in parsed.ids.items() if origin == _shown(name)), None)
        if first is not None:
            is_file = name != STDIN_NAME
            if is_file:
                return tidy_batch_name(Path(name).name)
            return default_batch_name(text.partition(first)[0], at, source="piped")
    return default_batch_name("", at, source=source)


def tidy_batch_name(text: str) -> str:
    """Return a name that the user gave in one line without secrets, cut to `BATCH_LIMIT` characters."""
    return shorten(clean(mask_secrets(text).strip()), BATCH_LIMIT)


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
    return decode_bytes(sys.stdin.buffer.read())
