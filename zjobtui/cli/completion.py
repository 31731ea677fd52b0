"""`completion`: completion scripts for shells, and the completions that these scripts request."""

import os
import re

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, shell_complete
from msgspec import Struct

from zjobtui.logs import get_logger
from zjobtui.models.text import clean

log = get_logger(__name__)

COMPLETION_VARIABLE = "_ZJOBTUI_COMPLETE"
"""The environment variable by which a script requests completions, such as `bash_complete`."""


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print a completion script for a shell.

    It completes commands, job ids, labels and tenants.

    \b
    Examples:
    zjobtui completion bash > ~/.local/share/bash-completion/completions/zjobtui
    zjobtui completion zsh > ~/.zfunc/_zjobtui
    zjobtui completion fish > ~/.config/fish/completions/zjobtui.fish
    """
    completions = {"bash": BashCompletions, "zsh": ZshCompletions, "fish": FishCompletions}[shell]
    click.echo(completions(context.find_root().command, {}, "zjobtui", COMPLETION_VARIABLE).source(), nl=False)


def print_completions(program: click.Command, instruction: str) -> int:
    """Print the completions for an instruction such as `bash_complete`; return the exit status."""
    return shell_complete(program, {}, "zjobtui", COMPLETION_VARIABLE, instruction)


BLANKS = " \t\n"

_SPECIAL = re.compile(r"[^\w%+,./:=@-]", re.ASCII)
"""Characters that have a meaning to some shell."""


class ParsedLine(Struct, frozen=True):
    """The words of a command line up to the cursor, without their quotes.

    `last` is the word at the cursor, None after a blank; `quote` is the quote that is open in it: `'`, `"`, `$'` or "".
    """

    words: tuple[str, ...] = ()
    last: str | None = None
    quote: str = ""


def parse_line(text: str) -> ParsedLine:
    """Split a line into words; its end may be inside a quote or after a backslash."""
    words: list[str] = []
    last: str | None = None
    quote = ""
    is_dollar = False
    characters = iter(text)
    for character in characters:
        was_dollar, is_dollar = is_dollar, False
        if character == "\\" and quote != "'":
            following = next(characters, "")
            is_kept = quote == '"' and following not in '\\"$`\n'
            last = (last or "") + (character if is_kept else "") + following
        elif quote:
            if character == quote[-1]:
                quote = ""
            else:
                last = (last or "") + character
        elif character in {"'", '"'}:
            last = last or ""
            if was_dollar:  # $'…' and $"…"
                last = last[:-1]
            quote = "$'" if was_dollar and character == "'" else character
        elif character in BLANKS:
            if last is not None:
                words.append(last)
            last = None
        else:
            last = (last or "") + character
            is_dollar = character == "$"
    return ParsedLine(tuple(words), last, quote)


def escape(text: str, quote: str = "") -> str:
    """Escape text so that a shell reads it literally inside this open quote, or outside of quotes."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == "$'":
        return re.sub(r"[\\']", r"\\\g<0>", text)
    if quote == '"':
        # Inside double quotes bash's history expansion of “!” cannot be escaped: close the quote around it.
        return re.sub(r'[\\"$`]', r"\\\g<0>", text).replace("!", '"\\!"')
    return "".join(
        f"\\{char}" if char.isspace() or (char.isascii() and _SPECIAL.match(char)) else char for char in text
    )


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
    """Completions that are one literal word each; none after an error, which would be printed into the prompt."""

    def complete(self) -> str:
        """Return the output for the script, a line for each completion."""
        try:
            return super().complete()
        except Exception:  # a user who presses Tab cannot use any error
            log.exception("completion failed")
            return ""

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        """Return completions of the whole word on the line."""
        is_option = incomplete.startswith("-")
        head = incomplete[: incomplete.find("=") + 1] if is_option else ""  # of --tenant=eu
        if head and "--" in args:
            return []  # click would complete the part after “=” only
        completions = []
        for item in super().get_completions(args, incomplete):
            word = head + item.value
            is_mistaken = word.startswith("-") and not is_option and "--" not in args
            if word.startswith(incomplete) and clean(word) == word and not is_mistaken:
                completions.append(CompletionItem(word, item.type, item.help))
        return completions

    def set_words_after_cursor(self, words: tuple[str, ...]) -> None:
        """Pass the words after the cursor to the completing functions: `--tenant` among them counts, too."""
        self.ctx_args["obj"] = words

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line for one completion."""
        return f"={item.value}"


@add_completion_class
class BashCompletions(_LiteralWords):
    """Completions for readline, which replaces the text after the last word break or open quote."""

    name = "bash"
    source_template = _BASH
    _start, _quote = "", ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the beginning of the word at the cursor."""
        line, point, text = os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]), os.environ["COMP_WORD"]
        before = line[:point]
        if not before.endswith(text):
            raise ValueError(text)
        start = parse_line(before.removesuffix(text))
        self._start, self._quote = start.last or "", start.quote
        parsed = parse_line(before)
        rest = line[point:]
        count = len(parsed.words) + (parsed.last is not None or rest[:1] not in {"", *BLANKS})
        whole = parse_line(line)
        self.set_words_after_cursor((*whole.words, *([] if whole.last is None else [whole.last]))[count:])
        return list(parsed.words[1:]), parsed.last or ""

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line for one completion."""
        text = escape(item.value.removeprefix(self._start), self._quote)
        closing = self._quote[-1:]  # readline adds it itself, unless the text ends with the same character
        return f"={text}{closing if closing and text.endswith(closing) else ''}"


@add_completion_class
class ZshCompletions(_LiteralWords):
    """Completions as whole words, which zsh compares with the word on the line and quotes."""

    name = "zsh"
    source_template = _ZSH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the beginning of the word at the cursor."""
        before, after = (parse_line(f"{os.environ[name]} ").words for name in ("COMP_BEFORE", "COMP_AFTER"))
        self.set_words_after_cursor(after)
        return list(before[1:]), parse_line(os.environ["COMP_WORD"]).last or ""

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line for one completion."""
        if item.help:
            return f":{item.value.replace(':', chr(92) + ':')}:{clean(item.help)}"
        return super().format_completion(item)


@add_completion_class
class FishCompletions(_LiteralWords):
    """Completions as whole words, which fish compares and quotes; it does not give the words after the cursor."""

    name = "fish"
    source_template = _FISH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the beginning of the word at the cursor."""
        before, words = (_split_fields(os.environ[name]) for name in ("COMP_BEFORE", "COMP_WORDS"))
        return before[1:], words[len(before)] if len(words) > len(before) else ""

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line for one completion."""
        return super().format_completion(item) + (f"\t{clean(item.help)}" if item.help else "")


def _split_fields(text: str) -> list[str]:
    return text.split("\x1f") if text else []
