"""What of a job can be copied, by name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zjobtui.domain.watch import Watch
from zjobtui.wording.handing_over import as_markdown, escaped
from zjobtui.wording.jobs import problem_text
from zjobtui.wording.outline import printed
from zjobtui.wording.reports import report_lines
from zjobtui.wording.requests import curl, support_text
from zjobtui.wording.times import stamp

if TYPE_CHECKING:
    from zjobtui.domain.observation import Seen
    from zjobtui.domain.tenant import Tenant


def copies(watches: Sequence[Watch], seen: "Seen | None", tenant: "Tenant | None") -> dict[str, str]:
    """Texts by what they are: of several jobs their ids and a table, of one all there is; `seen` is of the first."""
    ids = "\n".join(watch.job.id.given for watch in watches)
    if len(watches) > 1:
        digests = [watch.digest for watch in watches if watch.digest]
        orders = dict.fromkeys(digest.order_number for digest in digests if digest.order_number)
        accounts = dict.fromkeys(digest.account_number for digest in digests if digest.account_number)
        many = {"job ids": ids, "order numbers": "\n".join(orders), "account numbers": "\n".join(accounts)}
        return {name: text for name, text in {**many, "Markdown table": as_markdown(watches)}.items() if text}
    watch = watches[0]
    texts = {
        "job id": ids,
        "order number": watch.digest.order_number if watch.digest else "",
        "account number": watch.digest.account_number if watch.digest else "",
        "verdict": f"{watch.verdict.kind.value}: {watch.verdict.sentence}",
        "error": "\n".join(_errors(seen)) if seen else "",
        "for Zuora support": _for_support(watch, seen) if seen else "",
        "Markdown summary": markdown(watch, seen),
        "request id": seen.call.request_id if seen else "",
        "raw answer": seen.report.raw if seen else "",
        "curl": curl(tenant, watch.job.id.given) if tenant else "",
    }
    return {name: text for name, text in texts.items() if text}


def markdown(watch: Watch, seen: "Seen | None") -> str:
    """One job for a ticket: verdict, what it made, and what Zuora's support asks for."""
    lines = [f"### {escaped(watch.name)}: {watch.verdict.kind.value}", "", escaped(watch.verdict.sentence), ""]
    if problem := problem_text(watch):
        lines += [escaped(problem), ""]
    lines += [f"- Job id: `{watch.job.id.given}` (tenant {escaped(watch.job.tenant)})"]
    lines += [f"- Added {stamp(watch.added_at)}" + (f", ended {stamp(watch.ended_at)}" if watch.ended_at else "")]
    if seen is not None:
        lines += [f"- Request id `{seen.call.request_id}`, track id `{seen.call.track_id}`, answered {stamp(seen.at)}"]
        lines += ["", "```", *(line.replace("```", "ʼʼʼ") for line in printed(report_lines(seen.report))), "```"]
    return "\n".join(lines) + "\n"


def _for_support(watch: Watch, seen: "Seen") -> str:
    """What went wrong, the job, and the ids of the call."""
    errors = _errors(seen) or [watch.verdict.sentence]
    return "\n".join([*errors, f"job id {watch.job.id.given}", support_text(seen.call, seen.at)])


def _errors(seen: "Seen") -> list[str]:
    """The codes and messages as Zuora wrote them."""
    inner = seen.report.result.reasons if seen.report.result else ()
    return [str(reason) for reason in (*seen.report.reasons, *inner)]
