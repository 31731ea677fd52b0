# `just` lists the recipes. `just check` is the fast path before a commit; `just ci` is everything.
# Without just (https://just.systems, `pipx install rust-just`), run the commands below by hand.

# Where the tools are; `just bin=/elsewhere/bin check` takes others.
bin := ".venv/bin"

# The branch that `changed` compares with.
base := "main"

[private]
default:
    @just --list --unsorted

# Set up .venv with everything that checks and tests need.
setup:
    python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]'

# Format, lint, check types and import contracts, and test the changed packages.
check: format lint types contracts changed

# Format all files.
format:
    {{ bin }}/ruff format .

# Lint all files.
lint:
    {{ bin }}/ruff check .

# Check the types.
types:
    {{ bin }}/mypy

# Check the import contracts.
contracts:
    {{ bin }}/lint-imports

# Test the packages that differ from `base`, uncommitted and new files included.
changed *options:
    #!/usr/bin/env bash
    set -euo pipefail
    since=$(git merge-base HEAD {{ base }} 2>/dev/null || git rev-parse HEAD)
    paths=$({ git diff --name-only "$since"; git ls-files --others --exclude-standard; } | while read -r file; do
        package=$(cut -d/ -f2 <<< "$file")
        case $file in
            zjobtui/bootstrap/*) echo tests/test_wiring.py tests/test_headless.py ;;
            zjobtui/*/*) echo "tests/$package" ;;
            zjobtui/*) echo tests/test_boundaries.py tests/test_headless.py tests/test_imports.py tests/test_logs.py ;;
            tests/support/*) echo "tests/test_support.py" ;;
            tests/test_*.py) if [ -e "$file" ]; then echo "$file"; fi ;;
            tests/benchmarks/*) ;;
            tests/*/test_*.py) if [ -e "$file" ]; then echo "$file"; fi ;;
            *.md | justfile | .ci/* | screenshots/*) echo tests/test_readme.py tests/test_manual.py tests/test_contributing.py tests/config/test_settings.py ;;
        esac
    done | tr ' ' '\n' | sort -u)
    if [ -z "$paths" ]; then echo 'Nothing to test has changed.'; exit; fi
    {{ bin }}/pytest -q {{ options }} $paths

# Run the default tests, or those that the options choose: `just test tests/zuora -n0`.
test *options:
    {{ bin }}/pytest -q {{ options }}

# Run the slow tests.
slow:
    {{ bin }}/pytest -q -m 'slow and not long'

# Accept the snapshots of the screen after looking at them.
snapshots:
    {{ bin }}/pytest -q -n0 -m slow tests/ui/test_pictures.py --snapshot-update

# Draw the pictures in screenshots/ again.
pictures:
    {{ bin }}/python -m screenshots.make

# Run everything that a merge needs.
ci:
    .ci/run
