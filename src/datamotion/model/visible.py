"""Text from outside, made harmless for whoever reads it on a terminal."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""On one line, with an escape for whatever would not show as what it is.

    Those are control characters and line ends, marks that change the direction or cannot be seen, and what is no
    character: all that Unicode does not count as printable.

    >>> print(visible("vol_1\x1b[8m\n\u202eabc"))
    vol_1\x1b[8m\n\u202eabc
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
