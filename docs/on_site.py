"""What the site needs beside the pages as they are: MkDocs calls these (`hooks` in mkdocs.yml).

Pages are written for a code host first. There a list may follow a paragraph at once, a link may lead out of `docs/`,
and a diagram is drawn from its text: here a blank line is put before the list, the link becomes its words, and the
diagram is drawn while the site is built, so that a browser has to load nothing from elsewhere.
"""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

_LOG = logging.getLogger("mkdocs.on_site")  # below it, so that MkDocs counts what is warned of
_ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_BEGINS_LIST = re.compile(r"([-*]|\d+\.) ")
_FENCE = "```"


class _File(Protocol):
    @property
    def src_uri(self) -> str: ...


class _Page(Protocol):
    @property
    def file(self) -> _File: ...


def on_config(config: Any) -> Any:
    """Fences called `mermaid` are drawn; those called `console` are shown as they are."""
    fences = [{"name": "mermaid", "class": "diagram", "format": _diagram}]
    config["mdx_configs"]["pymdownx.superfences"] = {"custom_fences": fences}
    return config


def on_page_markdown(markdown: str, page: _Page, **_: object) -> str:
    """The page as MkDocs needs it. A link to a file that is not there is a warning, which ends a strict build."""
    return "\n".join(_lines(markdown, posixpath.dirname(page.file.src_uri)))


def _lines(markdown: str, folder: str) -> Iterator[str]:
    is_code, before = False, ""
    for line in markdown.splitlines():
        if line.startswith(_FENCE):
            is_code = not is_code
        elif not is_code:
            if _BEGINS_LIST.match(line) and before.strip() and not _goes_on(before):
                yield ""
            line = _LINK.sub(lambda link: _inside(link, folder), line)  # noqa: PLW2901  # the line as it is shown
        yield line
        before = line


def _goes_on(before: str) -> bool:
    """Whether a list is open still below that line."""
    return bool(_BEGINS_LIST.match(before)) or before.startswith(" ")


def _inside(link: re.Match[str], folder: str) -> str:
    """The link, or its words where it leads to a file of the checkout that is no page."""
    is_image, words, target = link.groups()
    path, _, _ = target.partition("#")
    if is_image or "://" in target or not path:
        return link[0]
    place = posixpath.normpath(posixpath.join("docs", folder, path))
    if not (_ROOT / place).exists():
        _LOG.warning("a page in docs/%s leads to '%s', which is not there", folder, target)
    if place.startswith("docs/") and place.endswith(".md"):
        return link[0]
    return f"{words} (`{place}`)" if words.strip("`") not in place else words


def _diagram(source: str, *_: object, **__: object) -> str:
    from merman import Merman  # noqa: PLC0415  # for the site only

    drawn: str = Merman().render_svg(source, None)
    return f'<div class="diagram">{drawn}</div>'
