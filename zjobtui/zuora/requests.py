"""Requests to a tenant: the paths of jobs, and the headers that every request has besides its token and track id."""

from urllib.parse import quote

from zjobtui.models.job import JobId
from zjobtui.models.tenant import Tenant

JOBS_PATH = "/v1/async-jobs/"
OPERATIONS_PATH = "/v1/operations/jobs/"

_ALLOWED = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")


def job_path(job_id: JobId, folder: str = JOBS_PATH) -> str:
    """Return the path of a job's status; raises `ValueError` for an id that would change the request."""
    if not job_id.given or not _ALLOWED.issuperset(job_id.given):
        raise ValueError("The job id contains characters that could change the request.")
    return folder + quote(job_id.given, safe="")


def tenant_headers(tenant: Tenant) -> dict[str, str]:
    """Return the headers of every request to a tenant; none of them is secret."""
    headers = {
        "Accept": "application/json",
        "Zuora-Version": tenant.version,
        "Zuora-Org-Ids": tenant.org_ids,
        "Zuora-Entity-Ids": tenant.entity_ids,
    }
    return {name: value for name, value in headers.items() if value}
