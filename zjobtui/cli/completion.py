"""`completion`: scripts for shells, and what they ask for."""

import os
import re
from dataclasses import dataclass

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, shell_complete

from zjobtui.logs import get_logger
from zjobtui.models.text import clean

log = get_logger(__name__)

BLANKS = " \t\n"

_PLAIN = re.compile(r"[^\w%+,./:=@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """A command line up to the cursor, its quotes removed.

    `last` is the word that the cursor touches, None after a blank; `quote` the one open in it: `'`, `"`, `$'` or none.
    """

    words: tuple[str, ...] = ()
    last: str | None = None
    quote: str = ""


def read_line(text: str) -> Line:
    """Split a line into words; its end may lie within a quote or after a backslash."""
    words: list[str] = []
    last: str | None = None
    quote = ""
    is_dollar = False
    characters = iter(text)
    for one in characters:
        was_dollar, is_dollar = is_dollar, False
        if one == "\\" and quote != "'":
            following = next(characters, "")
            is_kept = quote == '"' and following not in '\\"$`\n'
            last = (last or "") + (one if is_kept else "") + following
        elif quote:
            if one == quote[-1]:
                quote = ""
            else:
                last = (last or "") + one
        elif one in {"'", '"'}:
            last = last or ""
            if was_dollar:  # $'…' and $"…"
                last = last[:-1]
            quote = "$'" if was_dollar and one == "'" else one
        elif one in BLANKS:
            if last is not None:
                words.append(last)
            last = None
        else:
            last = (last or "") + one
            is_dollar = one == "$"
    return Line(tuple(words), last, quote)


def quoted(text: str, quote: str = "") -> str:
    """Write text so that a shell within this open quote takes it literally; the quote is still open at the end."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == "$'":
        return re.sub(r"[\\']", r"\\\g<0>", text)
    if quote == '"':
        # Within double quotes nothing keeps the history from expanding “!”, hence it stands outside of them.
        return re.sub(r'[\\"$`]', r"\\\g<0>", text).replace("!", '"\\!"')
    return "".join(f"\\{one}" if one.isspace() or (one.isascii() and _PLAIN.match(one)) else one for one in text)


VARIABLE = "_ZJOBTUI_COMPLETE"

_BASH = """\
%(complete_func)s() {
    local program=$1 reply
    COMPREPLY=()
    type -P -- "$program" >/dev/null 2>&1 || program=%(prog_name)s
    while IFS= read -r reply; do
        if [[ $reply == =* ]]; then
            COMPREPLY+=("${reply:1}")
        fi
    done < <(
        COMP_LINE=$COMP_LINE COMP_POINT=$COMP_POINT COMP_WORD=$2 %(complete_var)s=bash_complete \\
            command -- "$program" 2>/dev/null </dev/null
    )
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local line
    local -a words_alone described
    (( ! $+commands[%(prog_name)s] )) && return 1
    while IFS= read -r line; do
        case $line in
            ('='*) words_alone+=("${line[2,-1]}") ;;
            (':'*) described+=("${line[2,-1]}") ;;
        esac
    done < <(
        COMP_BEFORE="${(j: :)words[1,CURRENT-1]}" COMP_WORD="$QIPREFIX$IPREFIX$PREFIX" \\
            COMP_AFTER="${(j: :)words[CURRENT+1,-1]}" %(complete_var)s=zsh_complete \\
            command %(prog_name)s 2>/dev/null </dev/null
    )
    (( $#described )) && _describe -V unsorted described
    (( $#words_alone )) && compadd -V unsorted -a words_alone
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -lx COMP_BEFORE (string join -- \\x1f (commandline -opc))
    set -lx COMP_WORDS (string join -- \\x1f (commandline -op))
    set -lx %(complete_var)s fish_complete
    command %(prog_name)s 2>/dev/null </dev/null | string replace -rf '^=' ''
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _LiteralWords(ShellComplete):
    """Completions that are one literal word each; none after a failure, which would be printed into the prompt."""

    def complete(self) -> str:
        """Return the answer."""
        try:
            return super().complete()
        except Exception:  # whatever it is, a user who presses Tab has no use for it
            log.exception("nothing could be completed")
            return ""

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        """Return what completes the whole word as it stands on the line."""
        is_option = incomplete.startswith("-")
        head = incomplete[: incomplete.find("=") + 1] if is_option else ""  # of --tenant=eu
        if head and "--" in args:
            return []  # click takes the part after “=” for the word
        kept = []
        for item in super().get_completions(args, incomplete):
            word = head + item.value
            is_mistaken = word.startswith("-") and not is_option and "--" not in args
            if word.startswith(incomplete) and clean(word) == word and not is_mistaken:
                kept.append(CompletionItem(word, item.type, item.help))
        return kept

    def after_cursor(self, words: tuple[str, ...]) -> None:
        """Keep the words after the cursor for the one who completes: an option among them counts, too."""
        self.ctx_args["obj"] = words

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line of an answer."""
        return f"={item.value}"


@add_completion_class
class Bash(_LiteralWords):
    """Replaces the text that readline completes: from the last break of a word, or the quote that is open."""

    name = "bash"
    source_template = _BASH
    _start, _quote = "", ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that it touches, up to it."""
        line, point, text = os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]), os.environ["COMP_WORD"]
        before = line[:point]
        if not before.endswith(text):
            raise ValueError(text)
        start = read_line(before.removesuffix(text))
        self._start, self._quote = start.last or "", start.quote
        found = read_line(before)
        rest = line[point:]
        count = len(found.words) + (found.last is not None or rest[:1] not in {"", *BLANKS})
        whole = read_line(line)
        self.after_cursor((*whole.words, *([] if whole.last is None else [whole.last]))[count:])
        return list(found.words[1:]), found.last or ""

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line of an answer."""
        text = quoted(item.value.removeprefix(self._start), self._quote)
        closing = self._quote[-1:]  # readline adds it, but not after a character that looks like it
        return f"={text}{closing if closing and text.endswith(closing) else ''}"


@add_completion_class
class Zsh(_LiteralWords):
    """Gives whole words, which zsh compares with the one on the line and quotes."""

    name = "zsh"
    source_template = _ZSH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that it touches, up to it."""
        before, after = (read_line(f"{os.environ[name]} ").words for name in ("COMP_BEFORE", "COMP_AFTER"))
        self.after_cursor(after)
        return list(before[1:]), read_line(os.environ["COMP_WORD"]).last or ""

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line of an answer."""
        if item.help:
            return f":{item.value.replace(':', chr(92) + ':')}:{clean(item.help)}"
        return super().format_completion(item)


@add_completion_class
class Fish(_LiteralWords):
    """Gives whole words, which fish compares with the one on the line and quotes; it hides what is after the cursor."""

    name = "fish"
    source_template = _FISH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that it touches, up to it."""
        before, words = (_fields(os.environ[name]) for name in ("COMP_BEFORE", "COMP_WORDS"))
        return before[1:], words[len(before)] if len(words) > len(before) else ""

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line of an answer."""
        return super().format_completion(item) + (f"\t{clean(item.help)}" if item.help else "")


SHELLS: dict[str, type[ShellComplete]] = {one.name: one for one in (Bash, Zsh, Fish)}


def _fields(text: str) -> list[str]:
    return text.split("\x1f") if text else []


def script(program: click.Command, shell: str) -> str:
    """The script that makes a shell ask."""
    return SHELLS[shell](program, {}, "zjobtui", VARIABLE).source()


def answer(program: click.Command, instruction: str) -> int:
    """Print what a shell asks for, such as `bash_complete`; return the exit status."""
    return shell_complete(program, {}, "zjobtui", VARIABLE, instruction)


@click.command()
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print what makes a shell complete commands, job ids, labels and tenants.

    \b
    Examples:
    zjobtui completion bash > ~/.local/share/bash-completion/completions/zjobtui
    zjobtui completion zsh > ~/.zfunc/_zjobtui
    zjobtui completion fish > ~/.config/fish/completions/zjobtui.fish
    """
    click.echo(script(context.find_root().command, shell), nl=False)
