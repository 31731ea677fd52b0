"""Print every string of the package that a user can read: `python -m tests.support.user_strings`.

One line for each, `file:line  kind  text`: `{…}` stands for what an f-string fills in, `⏎` for a line break. Read the
output as a user would, and correct what is not plain English. `tests/test_user_strings.py` keeps the vocabulary.

The strings come from the syntax tree, so that none is missed because no test reaches it. Simple rules, each a constant
or a method below, leave out what only a program reads; if a rule cannot know, the string is printed.
"""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[2] / "zjobtui"

LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception"})

NAME_CALLS = re.compile(
    r"get|pop|(get|set|has)attr|query(_one)?|get_logger|(starts|ends)with|remove(prefix|suffix)|encode|decode|r?partition"
    r"|[lr]?strip|import_module|(add|remove|set)_class|strftime|TypeVar|open"
    r"|compile|fullmatch|match|search|sub|split|findall|LazyPattern"
)
"""Functions whose first argument names something, or is a format or a regular expression."""

NAME_ARGUMENTS = re.compile(
    r"id|classes|encoding|errors|mode|newline|dock|severity|envvar|suffix|prefix|isolation_level|timespec|dir|key"
)
"""Keyword arguments that name something."""

CODE_TARGETS = re.compile(r"__\w+__|(\w*_)?(CSS|SQL|STATEMENTS?|COLUMNS|TYPES|MIGRATIONS|SLOTS)|CSS_PATH|log")
"""Names whose value is code or a list of identifiers."""

CODE = re.compile(
    r"[\s(]*(SELECT|INSERT|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|INDEX|UNIQUE)|ALTER|DROP|PRAGMA|BEGIN|COMMIT"
    r"|ROLLBACK|ATTACH|DETACH|SAVEPOINT|RELEASE|VACUUM|WITH \w+ AS|WHERE|ORDER BY|REPLACE INTO)\b"
)
"""SQL, which is written in capitals."""

REGEX = re.compile(r"\(\?[:=!<P]|\[\^|\\[swd]|[\])]\{\d|\b[0-9a-f]{6} [0-9a-f]{6}\b")
"""A part of a regular expression, or a list of colours."""

NAME = re.compile(
    r"\w*_\w*|[a-z]+[A-Z]\w*|[\w-]*(\.[a-z_]\w*)+|[\w.-]*/[\w./{}…-]+|https?:\S*|--?[\w-]+|#[0-9a-f]{3,8}"
)
"""One word that is an identifier, a dotted name, a path, a URL, an option or a colour; others are printed."""

WORD = re.compile(r"[^\W\d_]{2}")


class UserString(NamedTuple):
    """A string that a user can read; `kind` is `text`, `error`, `help`, `action`, `log` or `simulator`."""

    path: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}\t{self.kind}\t{self.text}"


def user_strings(package: Path = PACKAGE) -> list[UserString]:
    """Return the strings of all modules, by file and line."""
    found = []
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package.parent))
        reader = _Reader(name, "simulator" if "simulator" in path.parts else "text")
        reader.visit(ast.parse(path.read_text(encoding="utf-8")))
        found += sorted(reader.found, key=lambda string: string.line)
    return found


class _Reader(ast.NodeVisitor):
    """Collects the strings of one module; `_kind` is the kind of strings at this place."""

    def __init__(self, path: str, kind: str) -> None:
        self.found: list[UserString] = []
        self._path = path
        self._kind = kind

    def _add(self, node: ast.AST, text: str, kind: str) -> None:
        if _is_readable(text):
            flat = "⏎".join(line.strip() for line in text.strip().splitlines())
            self.found.append(UserString(self._path, getattr(node, "lineno", 0), kind, flat))

    def _visit_as(self, kind: str, *nodes: ast.AST) -> None:
        before, self._kind = self._kind, kind if self._kind == "text" else self._kind
        for node in nodes:
            self.visit(node)
        self._kind = before

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._add(node, node.value, self._kind)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._add(node, _template(node), self._kind)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        """Leave out docstrings: strings that are statements."""
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Include the docstring of a command: click shows it as help. Leave out annotations."""
        if any(re.search(r"\b(command|group)\b", ast.unparse(item)) for item in node.decorator_list):
            self._add(node, ast.get_docstring(node) or "", "help")
        for child in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), *node.body):
            self.visit(child)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        for child in node.body:
            self.visit(child)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and not CODE_TARGETS.fullmatch(ast.unparse(node.target)):
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not all(CODE_TARGETS.fullmatch(ast.unparse(target)) for target in node.targets):
            self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)  # the index is a key or a type

    def visit_Compare(self, node: ast.Compare) -> None:
        """Leave out what a value is compared with: the string is made, and printed, elsewhere."""
        for side in (node.left, *node.comparators):
            if isinstance(side, ast.Call | ast.BinOp | ast.IfExp):
                self.visit(side)

    def visit_match_case(self, node: ast.match_case) -> None:
        for child in node.body:
            self.visit(child)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._visit_as("error", *filter(None, (node.exc, node.cause)))

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func).rpartition(".")[2]
        kind = {"print_error": "error", "Action": "action", "option": "help", "argument": "help"}.get(name, self._kind)
        owner = ast.unparse(node.func).partition(".")[0]
        if owner in {"log", "logs"} or (owner == "get_logger" and name in LOG_METHODS):
            kind = "log"
        named = [item.value for item in node.keywords if not NAME_ARGUMENTS.fullmatch(item.arg or "")]
        self._visit_as(kind, node.func, *(node.args[1:] if NAME_CALLS.fullmatch(name) else node.args), *named)


def _template(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)


def _is_readable(text: str) -> bool:
    """Whether a string has a word, and is not SQL, a regular expression or a single identifier."""
    is_code = CODE.match(text) or REGEX.search(text) or NAME.fullmatch(text)
    return bool(WORD.search(text.replace("{…}", ""))) and not is_code


if __name__ == "__main__":
    sys.stdout.write("".join(f"{string}\n" for string in user_strings()))
