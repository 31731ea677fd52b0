"""Every name that the contract compares with: JSON fields, verdicts, filter terms, exit statuses, keys and words.

A change of such a name changes this table and no test. A word is as short as it can be while it names one thing only.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What a job is found to be, as JSON and the detail say it."""

    FAILED = "failed"
    ATTENTION = "needs attention"
    UNKNOWN = "unknown to Zuora"
    RUNNING = "running"
    DONE = "done"


SIGN = {
    Verdict.FAILED: "✗ failed",
    Verdict.ATTENTION: "! attention",
    Verdict.UNKNOWN: "? unknown",
    Verdict.RUNNING: "◌ running",
    Verdict.DONE: "✓ done",
}
"""How a row of the list begins; the bar has the number between sign and word."""

IN_FILTER = {
    Verdict.FAILED: "failed",
    Verdict.ATTENTION: "attention",
    Verdict.UNKNOWN: "unknown",
    Verdict.RUNNING: "running",
    Verdict.DONE: "done",
}
"""Verdicts as `status:` takes them."""


class Exit:
    """Exit statuses."""

    OK = 0
    FAILED = 1
    USAGE = 2
    ATTENTION = 3
    UNKNOWN = 4
    SIGNED_OUT = 5
    NOT_ENDED = 6
    REFUSED_IN_PART = 1
    SOMETHING_WRONG = 1
    HUNG_UP = 129
    INTERRUPTED = 130
    NO_READER = 141
    TERMINATED = 143


class Field:
    """Fields of JSON."""

    SCHEMA = "schema"
    JOBS = "jobs"
    JOB_ID = "job_id"
    TENANT = "tenant"
    LABEL = "label"
    TAGS = "tags"
    NOTE = "note"
    BATCH = "batch"
    DURATION = "duration_s"
    VERDICT = "verdict"
    SENTENCE = "sentence"
    STATUS = "status"
    TYPE = "type"
    ORDER = "order_number"
    ACCOUNT = "account_number"
    IS_FINAL = "is_final"
    IS_STALE = "is_stale"
    PROBLEM = "problem"
    ADDED_AT = "added_at"
    LAST_ANSWER_AT = "last_answer_at"
    ENDED_AT = "ended_at"
    ERROR_CODE = "error_code"
    ERROR_CATEGORY = "error_category"
    IS_TRANSIENT = "is_transient"
    WHY = "why"
    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    GROUPS = "groups"
    COUNT = "count"
    EXIT_STATUS = "exit_status"
    OUTCOME = "outcome"
    AT = "at"
    EVENT = "event"
    ANSWER = "answer"
    BODY = "body"
    HTTP_STATUS = "http_status"
    REQUEST_ID = "request_id"
    TRACK_ID = "track_id"
    HISTORY = "timeline"
    OK = "ok"
    FINDINGS = "findings"


SCHEMA = 2

OF_A_JOB = (
    Field.TENANT,
    Field.JOB_ID,
    Field.LABEL,
    Field.TAGS,
    Field.NOTE,
    Field.VERDICT,
    Field.SENTENCE,
    Field.STATUS,
    Field.TYPE,
    Field.ORDER,
    Field.ACCOUNT,
    Field.IS_FINAL,
    Field.IS_STALE,
    Field.PROBLEM,
    Field.ADDED_AT,
    Field.LAST_ANSWER_AT,
    Field.ENDED_AT,
    Field.BATCH,
    Field.DURATION,
)
"""Fields that every record of a job and every row of CSV has; there are more."""

OF_AN_ANSWER = (Field.AT, Field.HTTP_STATUS, Field.REQUEST_ID, Field.TRACK_ID, Field.BODY)

IN_OLD_STORES = {"seen_at": Field.LAST_ANSWER_AT}
"""Fields of a listing that an earlier version printed, by their names then, where these are others now."""

VERDICT_IN_OLD_STORES = {"waiting": Verdict.RUNNING}
"""Verdicts in such a listing, by their names then, where these are others now."""

NOT_EFFECTIVE = 'Rate plan "Gold - monthly" is not effective on the contract effective date of 03/12/2025.'

SENTENCE_IN_OLD_STORES = {
    "Order completed: 300 subscriptions, 1 invoice.": (
        "Order completed: 300 subscriptions, 2 of them Pending Acceptance, 1 invoice."
    ),
    f"Job failed, bad input: {NOT_EFFECTIVE}": f"Job failed, plan not effective: {NOT_EFFECTIVE}",
}
"""Sentences in such a listing that say more today about the same answer."""

TIMES = (Field.ADDED_AT, Field.LAST_ANSWER_AT, Field.ENDED_AT)


class Event(StrEnum):
    """What happens to a job, as `watch` and the history of `show` say it."""

    ADDED = "added"
    REMOVED = "removed"
    RESTORED = "restored"
    STATUS = "status"
    LABELLED = "labelled"


class Outcome(StrEnum):
    """How waiting for a job ended, as `wait --json` says it."""

    DONE = "done"
    FAILED = "failed"
    ATTENTION = "needs attention"
    UNKNOWN = "unknown to Zuora"
    SIGNED_OUT = "signed out"
    CANNOT_BE_POLLED = "cannot be polled"
    NOT_ENDED = "not ended in time"


class Term:
    """Terms of a filter; a colon is followed by a value."""

    STATUS = "status:"
    ORDER = "order:"
    ACCOUNT = "account:"
    ID = "id:"
    LABEL = "label:"
    BATCH = "batch:"
    TAG = "tag:"
    TENANT = "tenant:"
    TYPE = "type:"
    AGE = "age"
    ENDED = "ended"
    CODE = "code:"
    REASON = "reason:"
    ALIKE = "alike:"
    NOTE = "note:"
    SUBSCRIPTION = "sub:"
    INVOICE = "invoice:"
    IS_OVERDUE = "is:overdue"
    IS_STALE = "is:stale"
    IS_UNREAD = "is:unread"
    IS_LABELLED = "is:labelled"
    IS_FINAL = "is:final"


class Key:
    """The keys of the manual's table, by what they do."""

    ADD = "a"
    FILTER = "/"
    SORT = "s"
    COLUMNS = "C"
    NEXT_COUNT = "f"
    NEXT_TENANT = "T"
    BATCH = "B"
    FOLD = "z"
    WALLBOARD = "w"
    COUNT_BEFORE = "backspace"
    SAVED_FILTERS = "@"
    FAILURES = "F"
    MARK = "space"
    MARK_RANGE = "V"
    MARK_ALL = "*"
    REMOVE = "x"
    ARCHIVE = "X"
    UNDO = "u"
    LABEL = "l"
    TAGS = "t"
    NOTE = "o"
    REFRESH = "r"
    COPY = "y"
    EXPORT = "e"
    HANDOVER = "H"
    OPEN_IN_ZUORA = "O"
    CALL_LOG = "L"
    NEXT_UNREAD = "n"
    ALL_READ = "A"
    JOB_BELOW = "J"
    JOB_ABOVE = "K"
    PAUSE = "p"
    UTC = "Z"
    MOUSE = "m"
    SCREENSHOT = "S"
    DOWN = "j"
    UP = "k"
    FIRST = "g"
    LAST = "G"
    ENTER = "enter"
    OTHER_PANE = "tab"
    BACK = "esc"
    SUMMARY = "1"
    TIMELINE = "2"
    RAW = "3"
    REQUEST = "4"
    RELATED = "5"
    VIEW_BEFORE = "["
    VIEW_AFTER = "]"
    MUTE = "b"
    LESS_ROOM = "<"
    MORE_ROOM = ">"
    OPEN = "→"
    CLOSE = "←"
    NEXT_MATCH = "n"
    MATCH_BEFORE = "N"
    DIFFERENCE = "d"
    HELP = "?"
    PALETTE = "ctrl+p"
    PALETTE_TOO = ":"
    QUIT = "q"
    REDRAW = "ctrl+l"


class Action:
    """Names of actions in `[keys]`."""

    REFRESH = "refresh"


class Screen:
    """Words on the screen."""

    LIST = "Jobs · "
    LIST_IN_ASCII = "Jobs - "
    NO_JOBS = "No jobs."
    POLLING = "calls/s"
    POLLING_NARROW = "/s"
    FOOTER_END = "q quit"
    STALE_UNANSWERED = "stale"
    ADD_DIALOG = "Add jobs"
    ADDED = "{} added, 0 known, 0 refused; u"
    FILTER_HINT = "words, status:failed"
    FILTER = "filter: {}"
    TENANT_ADDED = "Tenants: {} added."
    TENANT_REMOVED = "Tenants: {} removed."
    FOLLOWING = "following"
    ONE_TENANT = "Only one tenant is configured."
    BAD_FILTER = "“faild” is not a valid status; try status:failed"
    SORT_DIALOG = "Sort by"
    BY_SECOND_ORDER = "JOB▲"
    """In the titles of the columns, after the second order of the menu was chosen."""
    COLUMNS_BEGIN = "  STATUS"
    COLUMNS_DIALOG = "Columns"
    BY_LABEL = "JOB▲"
    NO_SAVED_FILTERS = "No saved filters."
    FAILURES = "Failures by reason"
    MARKED = "{} marked"
    REMOVED = "removed; u"
    ARCHIVED = "archived, "
    RESTORED = "Undone: "
    LABEL_DIALOG = "Label for"
    TAGS_DIALOG = "Tags for"
    NOTE_DIALOG = "Note for"
    BATCH_DIALOG = "Batch of 6 jobs"
    BATCHED = "6 jobs put into a batch; u"
    FOLDED = "▸ six jobs"
    WALLBOARD = "1 batch · 6 jobs"
    LABELLED = "labelled; u"
    TAGGED = "tagged; u"
    NOTED = "annotated; u"
    REFRESHING = "Refreshing"
    COPY_DIALOG = "Copy from"
    COPIED = "sent to the terminal"
    EXPORT_DIALOG = "Export "
    SAVE_DIALOG = "Save to file"
    WRITTEN = "Saved to"
    HANDOVER_DIALOG = "Hand over "
    HANDOVER = "# Handover: 1 job"
    ORDER_PATH = "search for O-"
    CALL_LOG = "Calls · "
    NOTHING_CALLED = "No calls match"
    READ = "marked as read; u"
    UNREAD = "●"
    PAUSED = "paused"
    IN_UTC = "Times are in UTC"
    IN_LOCAL_TIME = "Times are in local time"
    MOUSE_RELEASED = "Mouse capture is off"
    MUTED = "muted"
    SUMMARY_HINT = "filter subscriptions"
    RAW_HINT = "search the response"
    CLOSED = "▸ Subscriptions"
    OPENED = "▾ Subscriptions"
    SUMMARY = "[1 Summary]"
    TIMELINE = "[2 Timeline]"
    RAW = "[3 Raw]"
    REQUEST = "[4 Request]"
    RELATED = "[5 Related]"
    ORDER_READ = "  State   "
    TOAST = "failed: Job failed, lock contention"
    CURL = "$ZUORA_TOKEN"
    HELP = "Help · esc close"
    PALETTE = "Search for commands"
    UNREACHABLE = "✗ cannot be reached"
    SIGNED_OUT = "✗ signed out"
    OTHER_WINDOW = "another window"
    RECOVERED = "could not be read"
    MOVED_ASIDE = ".broken-"
    FILE_GONE = "was deleted, replaced or damaged while it was open"
    IS_UNKNOWN_SETTING = "is not a known setting; did you mean {}?"
    NEEDS_TERMINAL = "needs a terminal"


class Wizard:
    """Words of the first start."""

    OTHER_HOST = "Another host (enter its base URL)"
    UP_TO_OTHER_HOST = ("up", "up", "up")
    URL = "Base URL"
    SIGNED_IN = "✓ Signed in"
    FIRST_JOBS = "Paste any text that contains job ids"
    SECRET_FILE_END = ".secret"


class Printed:
    """Words that commands print."""

    ADDED = "{} added, {} known, {} refused"
    REMOVED = "{} removed"
    ARCHIVED = "{} archived"
    RESTORED = "{} restored to the watchlist"
    IMPORTED = "{} new, {} merged, {} known"
    NO_JOBS = "The watchlist is empty"
    NO_MATCH = "No jobs match"
    NOT_AN_ID = "is not a valid job id"
    NOT_WATCHED = "is not on the watchlist"
    WATCHED = "{} watched, {} archived, {} removed"
    COMPACTED = "Compacted from"
    TRY_STATUS = "try status:"
    NOT_VALID = "“{}” is not a valid {}; try {}"
    USAGE = "Usage:"
    LISTED_COMMANDS = "\nCommands:\n"
    EXAMPLES = "Example"
    NOT_ENDED = "has not ended"
    SERVER_ERROR = "server error"


class Manual:
    """Where the manual is, and the headings of its tables."""

    FILES = ("README.md", "docs/manual.md")
    KEYS = "| key | does |"
    TERMS = "| term | matches |"
    SETTINGS = "| key | is |"
    COMMANDS = "| command | does |"


COMMANDS = (
    "add",
    "ls",
    "show",
    "lookup",
    "handover",
    "rm",
    "label",
    "tag",
    "note",
    "batch",
    "wait",
    "watch",
    "archive",
    "restore",
    "export",
    "import",
    "store",
    "tenants",
    "doctor",
    "completion",
    "demo",
    "simulate",
)


def jobs(count: int) -> str:
    """A number of jobs, as the program says it."""
    return f"{count} job" if count == 1 else f"{count} jobs"


def new_in_text(count: int) -> str:
    """What is said of a text in which so many new ids were found."""
    return f"{count} new job" if count == 1 else f"{count} new jobs"
