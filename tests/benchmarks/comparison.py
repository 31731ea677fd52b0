"""Many measures of several subjects in one table: a row for each circumstance, their medians side by side in a cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import median

from tests.benchmarks.trials import Samples


@dataclass(frozen=True, slots=True)
class Column:
    """One measure, by its name in the samples."""

    title: str
    measure: str
    digits: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rows of subjects with their trials, all with the same subjects; ratios and raw trials are of the first column."""

    title: str
    columns: Sequence[Column]
    rows: Mapping[str, Samples]
    reach: str = ""
    notes: Sequence[str] = ()

    def values(self, row: str, subject: str, measure: str) -> list[float]:
        """A measure in each trial; nothing where it was not taken."""
        return [sample[measure] for sample in self.rows[row][subject] if measure in sample]

    def median(self, row: str, subject: str, measure: str) -> float:
        """The middle one of the trials; not a number where there are none."""
        values = self.values(row, subject, measure)
        return median(values) if values else nan

    def ratio(self, row: str) -> float:
        """The first subject's median of the first column as a multiple of the last subject's."""
        first, *_, last = (self.median(row, subject, self.columns[0].measure) for subject in self.rows[row])
        return first / last if last else nan

    def markdown(self) -> str:
        """The table as it stands in RESULTS.md."""
        return "\n".join([f"### {self.title}", "", *self._lines()])

    def record(self) -> dict[str, object]:
        """The table for other programs."""
        rows = {row: {subject: list(samples) for subject, samples in each.items()} for row, each in self.rows.items()}
        return {"title": self.title, "reach": self.reach, "rows": rows}

    def _lines(self) -> Iterator[str]:
        subjects = list(next(iter(self.rows.values())))
        has_ratio = len(subjects) > 1
        if self.reach:
            yield f"Reach: {self.reach}.\n"
        first, *others = (column.title for column in self.columns)
        titles = [first, *([f"× {subjects[-1]}"] if has_ratio else []), *others]
        yield f"| {' / '.join(subjects)} | {' | '.join(titles)} |"
        yield f"|---|{'---:|' * len(titles)}"
        for row in self.rows:
            first, *others = (self._cell(row, column) for column in self.columns)
            cells = [first, *([_shown(self.ratio(row), 2)] if has_ratio else []), *others]
            yield f"| {row} | {' | '.join(cells)} |"
        yield f"\nRaw trials, {self.columns[0].title}: {'; '.join(self._raw(row) for row in self.rows)}."
        yield from (f"\n{note}" for note in self.notes)

    def _cell(self, row: str, column: Column) -> str:
        medians = [self.median(row, subject, column.measure) for subject in self.rows[row]]
        return " / ".join(_shown(value, column.digits) for value in medians)

    def _raw(self, row: str) -> str:
        measure, digits = self.columns[0].measure, self.columns[0].digits
        each = [
            f"{subject} {' '.join(_shown(value, digits) for value in self.values(row, subject, measure))}"
            for subject in self.rows[row]
        ]
        return f"{row}: {', '.join(each)}"


def _shown(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if isfinite(value) else "–"
