"""Messages of Zuora without what could be data of customers: only words that its messages are made of are kept.

An error message can name anything: people, products, addresses, numbers of cards. Patterns find some of that; a list of
the words that are kept finds all of it.
"""

import re
from collections.abc import Collection

GAP = "…"
"""What stands for one or more words that are left out."""

_TEXT = """
a about accept acceptance accepts access account action actions activate activated activation active additional
address after again against ahead all allowed allows already also alternative amendment amount an and another
any anything api applied apply are array as at attention authentication authorization authorized auto available
avalara bad balance bank be because been before being beyond bill billed billing blacklist blank boolean both
business but by calculate calculated calculation call calls can cancel canceled cancellation cancelled cannot
card change changed character characters charge charged charges check client closed code collect collected com
company competition complete completed completion concurrent configuration configured conflict connect
connection constraint constraints contact contains contention contract correct could create created creating
credentials credit currency custom customer data database date dates day days deactivated decimal declined
default delete deleted denied did digits disabled discount do document documented does done draft due duplicate
during each earlier effective either else empty enabled end ended endpoint ends engine entity equal error errors
evergreen exceed exceeded exceeds executing execution exist existing exists expected expired expiry external
failed fails failure feature field fields file find first following for forbidden form format found from fully
funds future gateway gave generate generated get give given gives greater group had has have header here honor
honour host id ids if in inactive incorrect info initial input insufficient integer integration internal invalid
invoice invoiced invoices is issuer it item items its job json key kind know knows large last later latest least less
like limit line lines list listed lock locked longer look lower malformed mandatory many match matched matches
matching maximum may memo memos message method minimum minute minutes missing mistyped mode model month monthly
months more must name names need needed needs negative net next no none not nothing null number numbers object
objects occurred of off old on once one only oops open operation optimistic option or order orders other out
over overdue overview own owner page parameter parameters parse part partially parts past path payment payments
pending per percentage perform period permission permitted plan plans please positive posted preview previous
price process processed processing product products profile property provided provisioned quantity query ramp
rate rates reached read reason reasons record records recurring refund refunds refused regular rejected related
remaining remove removed renew renewal renewals renewed request requested requests require required requires
resource response responses restricted result resume retry return returned reverted route row rule run running
same save say says schedule scheduled schema second seconds segment send sent server service session set setting
settings should sign signed since size smaller some specific specified start started starts state status step
still stolen stop string subscription subscriptions succeeded success successful such support supported suspend
suspended system tax taxes temporarily temporary tenant term termed terms than that the their them then there
these this those time timed timeout times to today token too total transaction tried trigger try turned twice
two type types unable unavailable undocumented undone unexpected unique unit unknown unsuccessful unsupported until up
update updated usage use used user usually valid validation value values version voided was were what when where which
while who will with within without word words working write written wrong year years yes yet you your zero zone
zuora
"""
_WORDS = frozenset(_TEXT.split())
"""Words of the errors that Zuora documents, of its objects and fields, and of this program's own sentences."""

_NAMES = frozenset({"bill", "may", "page", "price", "will"})
"""Words that are names if they begin with a capital letter."""

_COUNTED = frozenset({"credit", "invoice", "invoices", "more", "order", "subscription", "subscriptions"})
"""Words before which a number is one of things, up to 999."""

_TOKEN = re.compile(r"[^\W_](?:[\w.:/@+-]*\w)?|[,;:.]|\S")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_KEPT_SIGNS = frozenset(",;:.")


def keep_known_words(text: str, known: Collection[str] = ()) -> str:
    """Return a message in one line with only common words, names of fields, small numbers and `known` texts.

    The rest is replaced by an ellipsis: `Order … is locked`.
    """
    kept: list[str] = []
    tokens = _TOKEN.findall(text)
    for token, following in zip(tokens, [*tokens[1:], ""], strict=False):
        if token in _KEPT_SIGNS:
            if kept and kept[-1][-1:] not in _KEPT_SIGNS:
                kept[-1] += token
        elif token in known or _is_common(token) or (_is_count(token) and following in _COUNTED):
            kept.append(token)
        elif not kept or kept[-1] != GAP:
            kept.append(GAP)
    return " ".join(kept)


def _is_count(token: str) -> bool:
    return token.isdecimal() and len(token) <= 3


def _is_common(token: str) -> bool:
    if token.isdecimal():
        return len(token) <= 2
    parts = [part for piece in re.split(r"[_-]", token) for part in _CAMEL.findall(piece)]
    if "".join(parts) != token.replace("_", "").replace("-", ""):
        return False
    return bool(parts) and all(_is_word(part) for part in parts)


def _is_word(part: str) -> bool:
    word = part.casefold()
    return word in _WORDS and not (word in _NAMES and part[0].isupper())
