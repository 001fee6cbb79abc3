"""Something that is told a person beside what is done, and apart from it what to do about that."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """`text` holds the evidence; `hint` is what a person can do about it, None where there is nothing to do."""

    text: str
    hint: str | None = None

    @property
    def whole(self) -> str:
        """Both, one after the other, where `text` is a sentence.

        >>> Remark("Its claims stay.", "`datamotion gc gold` removes them").whole
        'Its claims stay. `datamotion gc gold` removes them.'
        """
        return f"{self.text} {self.hint}." if self.hint else self.text
