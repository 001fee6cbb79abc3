"""What a mark notes of the ways by which hosts come to a volume: maps of its LUNs, and SMB shares that lead to it.

No mirror carries them, and a dead home tells none: so they stand in the marks of all copies, in the home's names.

    maps=disk:0:hosts,log:1,spare:0:backup          LUN, number, igroup; none: that of the one before
    shares=data,pub:docs:to%20read:oplocks/false:alice/read/windows
                                                    name, path below the junction, comment, properties, ACL

A comment takes 1,023 bytes, so not all may have room. What has none is counted: `+3` is the last word then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import quote, unquote

from datamotion.model.serving_records import Permission

NONE = "-"
"""The word for a volume that has LUNs, and none of them is mapped; and for a share that lets nobody in."""
PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "access_based_enumeration": "false",
        "change_notify": "true",
        "continuously_available": "false",
        "encryption": "false",
        "home_directory": "false",
        "offline_files": "manual",
        "oplocks": "true",
        "show_snapshot": "false",
        "unix_symlink": "local",
    }
)
"""What is carried of a share's properties, by the names of ONTAP's fields, and what most shares have.

Those that every supported release knows: one that asks for `browsable` is refused before 9.13, and tells no share then.
"""
EVERYONE = (Permission("Everyone", "full_control"),)
"""The ACL that a share has where nobody said otherwise."""

T = TypeVar("T")


class MapNote(NamedTuple):
    """A LUN, by its path in its volume, is mapped to an igroup of the home."""

    lun: str
    number: int
    igroup: str


class ShareNote(NamedTuple):
    """A share; `below` is its path from the junction on, without a slash in front."""

    name: str
    below: str = ""
    comment: str = ""
    properties: tuple[tuple[str, str], ...] = tuple(PROPERTIES.items())
    acl: tuple[Permission, ...] = EVERYONE


class Noted(NamedTuple, Generic[T]):
    """What a mark tells; `left_out` are those that it had no room for."""

    found: tuple[T, ...] = ()
    left_out: int = 0


def size_in_mark(text: str) -> int:
    """The bytes that a value takes in a mark, without its name."""
    return len(quote(text, safe="/:,"))


def write_maps(maps: Iterable[MapNote], room: int, left_out: int = 0) -> str:
    """
    >>> write_maps([MapNote("disk", 0, "hosts"), MapNote("log", 1, "hosts")], 100)
    'disk:0:hosts,log:1'
    >>> write_maps([MapNote("disk", 0, "hosts"), MapNote("log", 1, "hosts")], 17)
    'disk:0:hosts,+1'
    """
    return _fitting(list(_map_words(sorted(maps, key=lambda each: (each.igroup, each.lun)))), room, left_out) or NONE


def _map_words(maps: Iterable[MapNote]) -> Iterator[str]:
    before = None
    for lun, number, igroup in maps:
        word = f"{quote(lun, safe='/')}:{number}"
        yield word if igroup == before else f"{word}:{_plain(igroup)}"
        before = igroup


def read_maps(text: str | None) -> Noted[MapNote] | None:
    """None: nothing was noted. Words that nobody here wrote count as left out.

    >>> read_maps("disk:0:hosts,+2")
    Noted(found=(MapNote(lun='disk', number=0, igroup='hosts'),), left_out=2)
    """
    if text is None:
        return None
    found: list[MapNote] = []
    words, left_out = _words("" if text == NONE else text)
    for word in words:
        parts = [unquote(part) for part in word.split(":")]
        igroup = parts[2] if len(parts) == 3 else found[-1].igroup if found and len(parts) == 2 else ""
        if igroup and parts[0] and parts[1].isascii() and parts[1].isdigit():
            found.append(MapNote(parts[0], int(parts[1][:6]), igroup))
        else:
            left_out += 1
    return Noted(tuple(found), left_out)


def write_shares(shares: Iterable[ShareNote], room: int, left_out: int = 0) -> str | None:
    """
    >>> write_shares([ShareNote("data"), ShareNote("pub", "docs", acl=(Permission("alice", "read"),))], 100)
    'data,pub:docs:::alice/read/windows'
    """
    return _fitting([_share_word(each) for each in sorted(shares)], room, left_out) or None


def _share_word(share: ShareNote) -> str:
    changed = [each for each in share.properties if PROPERTIES.get(each[0]) != each[1]]
    acl = "" if share.acl == EVERYONE else _listed(each for entry in share.acl for each in entry) or NONE
    parts = (_plain(share.name), quote(share.below, safe="/"), _plain(share.comment))
    return ":".join((*parts, _listed(each for pair in changed for each in pair), acl)).rstrip(":")


def read_shares(text: str | None) -> Noted[ShareNote] | None:
    """None: nothing was noted. Words that nobody here wrote count as left out.

    >>> read_shares("pub:docs::oplocks/false:alice/read/windows").found[0].acl
    (Permission(who='alice', permission='read', type='windows'),)
    """
    if text is None:
        return None
    found = []
    words, left_out = _words(text)
    for word in words:
        share = _read_share(word)
        left_out += share is None
        found += [share] if share else []
    return Noted(tuple(found), left_out)


def _read_share(word: str) -> ShareNote | None:
    name, below, comment, changed, acl = (*word.split(":"), "", "", "", "")[:5]
    pairs, entries = _grouped(_items(changed), 2), _grouped(_items(acl), 3)
    is_whole = all(len(each) == 2 and each[0] in PROPERTIES for each in pairs)
    if not name or not is_whole or (acl != NONE and any(len(each) != 3 for each in entries)):
        return None
    properties = {**PROPERTIES, **{each[0]: each[1] for each in pairs}}
    listed = () if acl == NONE else tuple(Permission(*each) for each in entries) or EVERYONE
    return ShareNote(unquote(name), unquote(below), unquote(comment), tuple(properties.items()), listed)


def _plain(text: str) -> str:
    return quote(text, safe="")


def _listed(items: Iterable[str]) -> str:
    return "/".join(map(_plain, items))


def _items(text: str) -> list[str]:
    return [unquote(each) for each in text.split("/")] if text and text != NONE else []


def _grouped(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _words(text: str) -> tuple[list[str], int]:
    words = text.split(",") if text else []
    last = words[-1] if words else ""
    if last.startswith("+") and last[1:].isascii() and last[1:].isdigit():
        return words[:-1], int(last[1:7])
    return words, 0


def _fitting(words: Sequence[str], room: int, left_out: int) -> str:
    """As many of the words as there is room for, and how many more there are."""
    text = ",".join(words)
    if not left_out and (not words or size_in_mark(text) <= room):
        return text
    left, kept = room - len(f",+{len(words) + left_out}") - 1, 0  # a plus takes three bytes in a mark
    for word in words:
        left -= size_in_mark(word) + 1
        if left < 0:
            break
        kept += 1
    return ",".join((*words[:kept], f"+{len(words) - kept + left_out}"))
