"""What can be copied of jobs: ids, numbers, tables, and one job at length."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from zjobtui.formatting.call_info import curl, support_text
from zjobtui.formatting.export import as_markdown, escape_markdown
from zjobtui.formatting.job import problem_text
from zjobtui.formatting.outline import to_text
from zjobtui.formatting.report import report_lines
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.times import stamp
from zjobtui.models.advice import advise
from zjobtui.models.watched_job import WatchedJob, had_ended

if TYPE_CHECKING:
    from zjobtui.models.observation import Success
    from zjobtui.models.tenant import Tenant


def clipboard_texts(
    watches: Sequence[WatchedJob], success: "Success | None", tenant: "Tenant | None"
) -> dict[str, str]:
    """Return what can be copied, by name: ids, numbers and a table of several jobs; all details of one.

    `success` is the last successful observation of the first job.
    """
    ids = "\n".join(watch.job.id.given for watch in watches)
    if len(watches) > 1:
        digests = [watch.digest for watch in watches if watch.digest]
        orders = dict.fromkeys(digest.order_number for digest in digests if digest.order_number)
        accounts = dict.fromkeys(digest.account_number for digest in digests if digest.account_number)
        many = {"job ids": ids, "order numbers": "\n".join(orders), "account numbers": "\n".join(accounts)}
        many |= {"Slack list": slack_list(watches), "Markdown table": as_markdown(watches)}
        return {name: text for name, text in many.items() if text}
    watch = watches[0]
    texts = {
        "job id": ids,
        "order number": watch.digest.order_number if watch.digest else "",
        "account number": watch.digest.account_number if watch.digest else "",
        "verdict": f"{watch.verdict.kind.value}: {watch.verdict.sentence}",
        "error": "\n".join(_error_texts(success)) if success else "",
        "details for Zuora support": _support_text(watch, success) if success else "",
        "Slack line": slack_list(watches),
        "Markdown summary": markdown(watch, success),
        "request id": success.call.request_id if success else "",
        "raw response": success.report.raw if success else "",
        "curl": curl(tenant, watch, success.call if success else None) if tenant else "",
    }
    return {name: text for name, text in texts.items() if text}


def markdown(watch: WatchedJob, success: "Success | None") -> str:
    """Return one job as Markdown for a ticket: verdict, results, and the ids for Zuora support."""
    lines = [
        f"### {escape_markdown(watch.name)}: {watch.verdict.kind.value}",
        "",
        escape_markdown(watch.verdict.sentence),
        "",
    ]
    if problem := problem_text(watch):
        lines += [escape_markdown(problem), ""]
    lines += [f"- Job id: `{watch.job.id.given}` (tenant {escape_markdown(watch.job.tenant)})"]
    before = "before the first poll at " if had_ended(watch) else ""
    ended = f", ended {before}{stamp(watch.ended_at)}" if watch.ended_at else ""
    lines += [f"- Added {stamp(watch.added_at)}{ended}"]
    lines += [f"- Tags: {escape_markdown(', '.join(watch.tags))}"] if watch.tags else []
    lines += [f"- Batch: {escape_markdown(watch.batch)}"] if watch.batch else []
    lines += [f"- Note: {escape_markdown(watch.note)}"] if watch.note else []
    if success is not None:
        ids = f"Request id `{success.call.request_id}`, track id `{success.call.track_id}`"
        lines += [f"- {ids}, response {stamp(success.at)}"]
        report = to_text(report_lines(success.report, advise(watch.digest)))
        lines += ["", "```", *(line.replace("```", "ʼʼʼ") for line in report), "```"]
    return "\n".join(lines) + "\n"


def slack_list(watches: Iterable[WatchedJob]) -> str:
    """Return one plain line for each job, since Slack shows no tables: verdict, label and id, why, tenant."""
    return "\n".join(_slack_line(watch) for watch in watches)


def _slack_line(watch: WatchedJob) -> str:
    verdict = f"{GLYPHS[watch.verdict.kind]} {watch.verdict.kind.value}"
    why = " ".join(part for part in (watch.verdict.sentence, problem_text(watch)) if part)
    parts = (verdict, watch.label, watch.job.id.given, why, watch.job.tenant)
    return " · ".join(" ".join(part.split()) for part in parts if part)


def _support_text(watch: WatchedJob, success: "Success") -> str:
    """Return the errors, the job id and the ids of the call."""
    errors = _error_texts(success) or [watch.verdict.sentence]
    return "\n".join([*errors, f"job id {watch.job.id.given}", support_text(success.call, success.at)])


def _error_texts(success: "Success") -> list[str]:
    """Return the error codes and messages from Zuora."""
    return [str(reason) for reason in success.report.all_reasons]
