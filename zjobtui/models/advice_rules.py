"""The table of advice: known texts and codes, each with a title, what happened and what to do.

The last two digits of a code are not enough: a declined card and tax set-up come with the code of an internal error,
and Zuora's own pages contradict each other about what is transient. So known texts come first. They are those that
Zuora documents and that public code handles: Guardian's price-migration-engine and support services, Zuora's
`zuora_api` gem, GitLab's handbook, zendesk/iron_bank. Most were seen in calls that wait for the order; an asynchronous
job has the same texts with codes that begin with 400000.
"""

import re

from msgspec import Struct

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.reason import Category

_LOOK_FIRST = "The job completed, so the order may exist: look at it in Zuora before you submit anything again."


class Rule(Struct, frozen=True):
    """What is advised if the text matches `pattern` or the code is of `category`.

    `completed` is what to do instead of `action` if the job has completed, so that the order may exist.
    """

    title: str
    meaning: str
    action: str
    is_transient: bool | None
    pattern: re.Pattern[str] | None = None
    category: Category | None = None
    completed: str = _LOOK_FIRST

    def matches(self, text: str, category: Category) -> bool:
        """Return whether this rule is about the casefolded text or the category."""
        return category is self.category or (self.pattern is not None and self.pattern.search(text) is not None)


def _text(*patterns: str) -> re.Pattern[str]:
    """Return a pattern for casefolded text; each part is literal or has bounded repeats, so that time stays linear."""
    return lazy_pattern("|".join(patterns))


_RESUBMIT = "resubmit the order from the system that posted it"

_ORDER_STATUSES = (
    Rule(
        "order Pending",
        "The order exists but is not in force: a date is missing.",
        "",
        False,
        _text(r"^the order is pending\b"),
        completed="Do not submit it again. Fill in the service activation, customer acceptance or charge trigger date "
        "in Zuora (Customers > Orders > the order > Complete) or with PUT /v1/orders/{number}/triggerDates.",
    ),
    Rule(
        "order Draft",
        "The order exists as a draft and is not in force.",
        "",
        False,
        _text(r"^the order is draft\b"),
        completed="Do not submit it again. Activate the draft in Zuora or with PUT /v1/orders/{number}/activate, or "
        "cancel it.",
    ),
    Rule(
        "order Scheduled",
        "Zuora will process the order on its scheduled date, after midnight in the time zone of the tenant.",
        "",
        False,
        _text(r"^the order is scheduled\b"),
        completed="Do not submit it again. Look at the order in Zuora after that date: it may still fail then.",
    ),
    Rule(
        "order Executing",
        "Zuora is still processing the order.",
        "",
        False,
        _text(r"^the order is executing\b"),
        completed="Do not submit it again. Look at the order in Zuora in a few minutes.",
    ),
    Rule(
        "order Cancelled",
        "The order exists but was cancelled.",
        "",
        False,
        _text(r"^the order is cancell?ed\b"),
        completed="Find out in Zuora who cancelled it and why, before anything is submitted again.",
    ),
    Rule(
        "order Reverted",
        "The order exists but was reverted.",
        "",
        False,
        _text(r"^the order is reverted\b"),
        completed="Find out in Zuora who reverted it and why, before anything is submitted again.",
    ),
    Rule(
        "order Failed",
        "The order exists in status Failed.",
        "",
        False,
        _text(r"^the order failed\b"),
        completed="Look at the order in Zuora for the reason, and correct that before another try.",
    ),
    Rule(
        "order status unknown",
        "Zuora gave the order a status that is not documented.",
        "",
        None,
        _text(r"^the order is \S{1,30}(?: \S{1,30})? \[\]$"),
    ),
    Rule(
        "no order status",
        "The response does not say what happened to the order.",
        "",
        None,
        _text(r"^the response does not give the order's status"),
    ),
)
"""Orders that exist but are not Completed; the texts are those of the verdict."""

_CARD_AGAIN = Rule(
    "payment not processed",
    "The payment gateway or the bank could not process the payment at that moment.",
    f"Try once more, later: {_RESUBMIT}.",
    True,
    _text(r"try_again_later", r"processing_error", r"error occurred while processing your card"),
    completed="The order exists: do not submit it again. Try once more to collect the open invoice in Zuora.",
)
"""The only two decline codes that are worth a second try."""

_DECLINED = Rule(
    "payment declined",
    "The bank or the payment gateway refused the payment.",
    f"The payment method of the account must be changed first; then {_RESUBMIT}.",
    False,
    _text(
        r"\[53000060\]$",
        r"transaction[ _]declined",
        r"(?:card|payment|instrument|generic|testmode)[ _](?:was |has been |is )?decline",
        r"card_error",
        r"\binsufficient[ _]funds?\b",
        r"\bdo[ _]not[ _]honou?r",
        r"\bcall_issuer\b",
        r"\b(?:invalid|incorrect)_(?:account|cvc|expiry|number|pin|zip|amount)\b",
        r"\btransaction_not_(?:allowed|permitted)\b",
        r"\b(?:pickup|lost|stolen|expired|restricted)_card\b",
        r"\b(?:incorrect|invalid)[ _](?:cvc|cvv|zip|pin)\b",
        r"security code is (?:incorrect|invalid)",
        r"card (?:has |is )?expired|expired card",
        r"\bauthentication[ _]required\b",
        r"\bfraudulent\b",
        r"\bcard_(?:velocity_exceeded|not_supported)\b",
        r"\b(?:issuer_not_available|not_permitted|no_action_taken|stop_payment_order|security_violation)\b",
        r"\b(?:service_not_allowed|reenter_transaction|currency_not_supported|pin_try_exceeded)\b",
        r"\b(?:withdrawal_count_limit_exceeded|revocation_of_(?:all_)?authorizations?|merchant_blacklist)\b",
        r"\btransaction_refused\b",
        r"\b10417 - ",
        r"\balternative payment method\b",
        r"mandate (?:is |was |has been )?(?:cancelled|expired|failed|not active)",
    ),
    completed="The order exists: do not submit it again. Change the payment method of the account, then collect the "
    "open invoice in Zuora.",
)
"""Declines of Stripe, PayPal (10417, INSTRUMENT_DECLINED, TRANSACTION_REFUSED) and GoCardless."""

_TAX = (
    Rule(
        "tax pending",
        "The tax of a document of the account has not been calculated yet.",
        f"Complete or delete that document in Zuora first; then {_RESUBMIT}.",
        False,
        _text(r"pending[ _]?(?:for )?tax", r"\btax\b.{0,40}\b(?:is|are) (?:still )?pending"),
    ),
    Rule(
        "too many items for tax",
        "The tax engine accepts at most 1000 items a document.",
        "Split the order into smaller ones, and submit those.",
        False,
        _text(r"(?:avalara|tax).{0,120}\b1,?000\b.{0,40}(?:items|lines)", r"\b1,?000 (?:items|lines).{0,120}avalara"),
    ),
    Rule(
        "tax service error",
        "The tax service behind Zuora had an error of its own.",
        f"Try again later: {_RESUBMIT}. If it persists, look at the tax service.",
        True,
        _text(r"(?:tax calculation call|zuora connect|gettax|avalara).{0,160}(?:status code: ?5\d\d|timed? ?out)"),
    ),
    Rule(
        "tax error",
        "The tax could not be calculated: the tax engine refused the call, or is not set up for this charge.",
        f"Correct the tax set-up (company, tax code, tax engine, address) first; then {_RESUBMIT}.",
        False,
        _text(
            r"\bgettax\b",
            r"\bavalara\b",
            r"\bvertex\b.{0,80}\btax\b",
            r"tax calculation call",
            r"no tax engine",
            r"tax engine",
            r"call to zuora connect",
        ),
    ),
)

_LIMITS = (
    Rule(
        "limit reached",
        "The tenant had too many calls at once, or within a minute.",
        f"Wait a minute, then {_RESUBMIT}, with fewer orders at once.",
        True,
        _text(
            r"request_exceeded_(?:limit|rate)",
            r"concurrent requests",
            r"rate limit",
            r"too many requests",
        ),
        Category.LIMIT,
    ),
    Rule(
        "order too large",
        "The order or the subscription has more parts than Zuora allows.",
        "Split the order into smaller ones, and submit those.",
        False,
        _text(
            r"(?:exceed|more than|at most|maximum|limit of).{0,60}\b(?:50|100|300|1,?000|200,?000)\b.{0,30}"
            r"(?:subscriptions|order actions|line items|orders|usage records)"
        ),
    ),
)

_DATES = (
    Rule(
        "plan not effective",
        "The rate plan or product is not effective on the contract effective date of the order.",
        f"Change the date of the order, or the effective dates in the product catalog; then {_RESUBMIT}.",
        False,
        _text(r"\bnot effective on\b", r"\bis not effective\b", r"\bnot (?:yet )?effective\b"),
    ),
    Rule(
        "after the term",
        "The contract effective date is after the end of the subscription's term.",
        f"Renew or extend the subscription first, or choose an earlier date; then {_RESUBMIT}.",
        False,
        _text(r"contract effective date.{0,60}later than.{0,40}term end date", r"later than the term end date"),
    ),
    Rule(
        "later change exists",
        "The charge already has a later change, such as a renewal or a product change with a future date.",
        f"Choose a date after that change, or remove the change; then {_RESUBMIT}.",
        False,
        _text(r"charge is not allowed to be (?:updated|changed|removed) on"),
    ),
    Rule(
        "term dates",
        "The dates of the order result in a term that Zuora does not accept.",
        f"Correct the dates or the length of the term; then {_RESUBMIT}.",
        False,
        _text(r"negative.{0,40}\bterm\b", r"\bterm\b.{0,40}(?:negative|must be (?:greater|positive))"),
    ),
)

_LOCK = Rule(
    "lock contention",
    "Another call, a user or a bill run had locked the account at that moment; the job created nothing.",
    f"Wait about a minute, or until the bill run has ended, then {_RESUBMIT}; try that twice at most.",
    True,
    _text(
        r"\block[ _]competition\b",
        r"\block[ _]contention\b",
        r"optimistic lock",
        r"\b(?:subscription|account|order|invoice|object|record|row)s? (?:is|are) (?:being )?locked\b",
    ),
    Category.LOCK,
)

_STATES = (
    Rule(
        "pending order exists",
        "The subscription already has a pending or scheduled order, and can have only one.",
        f"Complete or cancel that order in Zuora first; then {_RESUBMIT}.",
        False,
        _text(
            r"(?:pending|scheduled|draft) orders?.{0,60}(?:exist|already|subscription)",
            r"(?:has|have|exists?) (?:a |an |any )?(?:pending|scheduled) (?:order|amendment)",
        ),
    ),
    Rule(
        "subscription not active",
        "The subscription is in a status in which it cannot be changed like this.",
        "Look at the subscription in Zuora, and correct the order.",
        False,
        _text(
            r"only activated subscriptions?",
            r"cancell?ed subscription",
            r"subscription.{0,60}(?:is|was|has been|already) (?:cancell?ed|expired|suspended)",
        ),
    ),
)

_ACCESS = (
    Rule(
        "feature not enabled",
        "The tenant does not have the feature or the operation that the request needs.",
        "Find out from Zuora support whether the tenant can have it.",
        False,
        _text(
            r"the endpoint .{1,200}does not exist",
            r"no route matched",
            r"\bapi (?:cannot be used|is not available|is not enabled|is not cors)",
            r"\b(?:feature|setting|permission)\b.{0,60}\bnot (?:enabled|available|provisioned|turned on)",
            r"\bnot enabled for (?:your|this|the) tenant",
        ),
        Category.METHOD,
    ),
    Rule(
        "not found",
        "The request names something that does not exist in this tenant, or no longer exists.",
        f"Look it up in Zuora, correct the request, and {_RESUBMIT}.",
        False,
        _text(
            r"\bcannot find\b",
            r"\bno [a-z ]{1,40} (?:is|was) found\b",
            r"\b(?:cannot|could not|can't) be found\b",
            r"\b(?:is|was) not found\b",
            r"\bdoes not exist\b",
        ),
        Category.NOT_FOUND,
    ),
    Rule(
        "not signed in",
        "Zuora did not accept the credentials of the request.",
        "Check the credentials of the program that submits orders: usually the client id and the host "
        "belong to different tenants.",
        False,
        _text(r"please sign in first", r"failed to get user info", r"^invalid token", r"invalid_session"),
        Category.AUTHENTICATION,
    ),
    Rule(
        "no permission",
        "The user who sent the request lacks a permission, or the tenant lacks the feature.",
        "Grant the permission, have the feature enabled, or resubmit the order as another user.",
        False,
        _text(
            r"\bno_permission\b",
            r"(?:do(?:es)? not|don't|doesn't|no) have (?:the |a |sufficient |required )*permission",
            r"permission (?:or access )?(?:is |was )?denied",
            r"access (?:is |was )?denied",
            r"not (?:authorized|permitted) to\b",
        ),
        Category.PERMISSION,
    ),
)

_INTERNAL = (
    Rule(
        "API disabled",
        "Zuora's API was switched off for this tenant at that moment.",
        f"Try again later: {_RESUBMIT}. If it persists, contact Zuora support.",
        True,
        _text(r"\bapi_disabled\b"),
    ),
    Rule(
        "gateway time-out",
        "Zuora did not respond within two minutes, but continues to process the order in the background.",
        "Check in Zuora whether the order exists before you submit it again; otherwise there may be two.",
        None,
        _text(r"^504\b", r"\b(?:http|status|error|code):? 504\b", r"gateway time-?out"),
    ),
    Rule(
        "transaction timed out",
        "Zuora ended the transaction because it took too long.",
        f"Check in Zuora whether the order exists. If not, split it, or {_RESUBMIT} when the tenant is less busy.",
        True,
        _text(r"\btransaction_(?:timeout|terminated)\b", r"transaction (?:has )?timed out"),
    ),
    Rule(
        "temporary error",
        "Zuora could not process the request at that moment.",
        f"Wait a few minutes, then {_RESUBMIT}.",
        True,
        _text(r"\btemporary_error\b", r"\bserver_unavailable\b", r"temporarily (?:unavailable|unable)"),
        Category.TEMPORARY,
    ),
    Rule(
        "internal error",
        "Zuora had an internal error.",
        f"Check in Zuora whether the order exists. If not, {_RESUBMIT} once more; if it persists, give Zuora support "
        "the job id and the time.",
        True,
        _text(
            r"\btransaction_failed\b",
            r"\bunknown_error\b",
            r"internal (?:server )?error",
            r"contact zuora support",
            r"unexpected error",
        ),
        Category.INTERNAL,
    ),
)

_COMPLETED = (
    Rule(
        "payment failed",
        "The order exists, but its payment failed.",
        "",
        False,
        _text(r"^the payment is (?!voided|cancell?ed)"),
        completed="Do not submit the order again. Look at the payment in Zuora, then collect the open invoice there.",
    ),
    Rule(
        "payment undone",
        "The order exists, but its payment was voided or canceled.",
        "",
        False,
        _text(r"^the payment is (?:voided|cancell?ed)\b"),
        completed="Do not submit the order again. Look at the payment in Zuora, then collect the open invoice there.",
    ),
    Rule(
        "refund failed",
        "The order exists, but a refund has not succeeded.",
        "",
        False,
        _text(r"^the refund is in status\b"),
        completed="Do not submit the order again. Look at the refund in Zuora, and repeat it there if necessary.",
    ),
    Rule(
        "write-off failed",
        "The order exists, but an invoice was not written off.",
        "",
        False,
        _text(r"^the write-off is in status\b"),
        completed="Do not submit the order again. Write the invoice off in Zuora.",
    ),
    Rule(
        "no result",
        "The response does not say what the job created.",
        "",
        None,
        _text(r"^the response contains no result", r"^the result is empty"),
    ),
    Rule(
        "unexpected form",
        "A part of the response has a form that zjobtui does not know, so it may mean something else.",
        "",
        None,
        _text(r"^some fields have an unexpected form"),
        completed="Read the raw response, and look at the order in Zuora before you submit anything again.",
    ),
    Rule(
        "not successful",
        "The result says that it was not successful.",
        "",
        None,
        _text(r"^the result (?:says that it was not successful|is in status)"),
    ),
)
"""What else a completed job can have; the texts are those of the verdict."""

_INPUT = (
    Rule(
        "malformed request",
        "The request was not valid JSON.",
        f"Correct it, and {_RESUBMIT}.",
        False,
        category=Category.MALFORMED,
    ),
    Rule(
        "bad input",
        "Zuora rejected the request as invalid; the message says why.",
        f"Correct it, and {_RESUBMIT}.",
        False,
        _text(
            r"\binvalid parameter",
            r"\bvalue should be one of\b",
            r"\bmay not be (?:empty|null|blank)\b",
            r"\bcom\.zuora\.constraints\b",
            r"\b(?:unknown|invalid) field\b",
            r"\b(?:is|are) (?:required|mandatory|invalid)\b",
            r"\b(?:duplicate|missing_required|invalid)_value\b",
        ),
        Category.INPUT,
    ),
    Rule(
        "business rule",
        "A rule of Zuora or of the tenant forbids it; the message says which.",
        f"Change the order; then {_RESUBMIT}.",
        False,
        category=Category.RULE,
    ),
)

_INTEGRATION = Rule(
    "integration error",
    "A system behind Zuora, such as a tax or payment gateway, failed.",
    f"Try once more: {_RESUBMIT}. If it fails again, look at that system.",
    None,
    category=Category.INTEGRATION,
)
"""Zuora's pages differ about 99: one repeats it, the other says that the message decides, as the rules above do."""

UNNAMED = "error"
"""The title if neither text nor code is known: then the message stands in its place."""

_UNKNOWN = Rule(
    UNNAMED,
    "",
    "Check in Zuora whether the order exists before you submit it again.",
    None,
    category=Category.OTHER,
)

RULES = (
    *_ORDER_STATUSES,
    _CARD_AGAIN,
    _DECLINED,
    *_TAX,
    *_LIMITS,
    *_DATES,
    _LOCK,
    *_STATES,
    *_COMPLETED,
    *_ACCESS,
    *_INPUT,
    *_INTERNAL,
    _INTEGRATION,
    _UNKNOWN,
)
"""The first rule that matches decides: texts that say more than the code come first."""
