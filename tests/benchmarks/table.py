"""One figure as a table: its raw trials, their medians, and the ratio of each median to that of the base."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A measure of several subjects in one unit; `base` is the subject that the others are held against."""

    title: str
    unit: str
    trials: Mapping[str, Sequence[float]]
    base: str = ""
    reach: str = ""
    digits: int = 2
    notes: tuple[str, ...] = field(default=())

    def median(self, subject: str) -> float:
        """The middle one of the subject's trials."""
        return median(self.trials[subject])

    def ratio(self, subject: str) -> float | None:
        """The subject's median as a multiple of the base's; None where there is no base, or it is 0."""
        base = self.median(self.base) if self.base else 0.0
        return self.median(subject) / base if base else None

    def markdown(self) -> str:
        """The table as it stands in RESULTS.md."""
        return "\n".join([f"### {self.title}", "", *self._lines(), *(f"\n{note}" for note in self.notes)])

    def record(self) -> dict[str, object]:
        """The table for other programs."""
        rows = {
            subject: {"median": self.median(subject), "ratio": self.ratio(subject), "trials": list(values)}
            for subject, values in self.trials.items()
        }
        return {"title": self.title, "unit": self.unit, "base": self.base, "reach": self.reach, "subjects": rows}

    def _lines(self) -> Iterator[str]:
        if self.reach:
            yield f"Reach: {self.reach}.\n"
        ratio = f" × {self.base} |" if self.base else ""
        yield f"| {self.unit} | median |{ratio} raw trials |"
        yield f"|---|---:|{'---:|' if self.base else ''}---|"
        for subject, values in self.trials.items():
            raw = " ".join(f"{value:,.{self.digits}f}" for value in values)
            yield f"| {subject} | {self.median(subject):,.{self.digits}f} |{self._ratio_cell(subject)} {raw} |"

    def _ratio_cell(self, subject: str) -> str:
        ratio = self.ratio(subject)
        if not self.base:
            return ""
        return f" {ratio:.2f} |" if ratio is not None else " |"
