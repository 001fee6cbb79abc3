"""A number that was measured, and what it is to be."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = "| figure | measured | bound | |\n|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_least` or `at_most` is the bound; without one the number is there to be compared with."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        if self.at_least is None and self.at_most is None:
            return ""
        too_small = self.at_least is not None and self.value < self.at_least
        too_large = self.at_most is not None and self.value > self.at_most
        return "missed" if too_small or too_large else "met"

    @property
    def row(self) -> str:
        """Of the table under `HEAD`."""
        bounds = {"at least": self.at_least, "at most": self.at_most}
        bound = ", ".join(f"{word} {value:g} {self.unit}" for word, value in bounds.items() if value is not None)
        return f"| {self.what} | {self.value:.4g} {self.unit} | {bound} | {self.verdict} |"
