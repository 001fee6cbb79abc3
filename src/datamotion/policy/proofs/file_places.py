"""Whether files are where they were to be brought, and whether a copy of one is whole: told by what is seen of both."""

from __future__ import annotations

from datamotion.model.item_acts import CloneFile, CopyFile, DeleteFile, MakeFolder, RenameFile
from datamotion.model.item_records import FileName, PlacedFile
from datamotion.model.view import ClusterView
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof


def file_named(seen: ClusterView, name: FileName) -> PlacedFile | None:
    return next((each for each in seen.files if each.name == name), None)


def renamed(change: RenameFile, ground: Ground) -> Proof:
    old, new = file_named(ground.seen, change.name), file_named(ground.seen, change.name._replace(path=change.to_path))
    if old is None and new is None:
        return Proof(Holds.GONE, f"{change.name.path} is not there any more, nor {change.to_path}")
    return YES if old is None else NOT_YET


def cloned(change: CloneFile, ground: Ground) -> Proof:
    """Something is there. What made it nothing tells: nothing was there when it was asked for."""
    source = file_named(ground.seen, change.source)
    clone = file_named(ground.seen, change.source._replace(path=change.to_path))
    if source is None:
        return Proof(Holds.GONE, f"{change.source.path} is not there any more")
    return YES if clone is not None else NOT_YET


def folder_made(change: MakeFolder, ground: Ground) -> Proof:
    found = file_named(ground.seen, change.name)
    if found is not None and found.kind != "directory":
        return Proof(Holds.CONTRADICTED, f"{change.name.path} is no folder")
    return YES if found is not None else NOT_YET


def copied(change: CopyFile, ground: Ground) -> Proof:
    source, copy = file_named(ground.seen, change.source), file_named(ground.seen, change.destination)
    if source is None:
        return Proof(Holds.GONE, f"{change.source.path} is not there any more")
    if copy is None or is_copying(ground.seen):
        return NOT_YET
    if why := why_not_whole(source, copy, ground.seen):
        return Proof(Holds.CONTRADICTED, why)
    return YES


def deleted(change: DeleteFile, ground: Ground) -> Proof:
    return NOT_YET if file_named(ground.seen, change.name) is not None else YES


def is_copying(seen: ClusterView) -> bool:
    """Whether the cluster is at a copy of some file."""
    return any(each.ended_at is None and each.state != "failure" for each in seen.copy_jobs)


def why_not_whole(source: PlacedFile, copy: PlacedFile, seen: ClusterView) -> str | None:
    """What speaks against a copy being all of its source; None: nothing does.

    Whether a cluster gives a copy the time of its source or of its making, one that is older than its source lacks
    what was written since. That it is as old says nothing: times are told to the second.
    """
    if copy.size_bytes != source.size_bytes:
        return f"the copy has {copy.size_bytes} bytes, {source.name.path} {source.size_bytes}"
    if source.modified_at > copy.modified_at:
        return f"{source.name.path} was written to while it was copied"
    failed = [each for each in seen.copy_jobs if each.state == "failure" and each.ended_at is not None]
    if any(each.ended_at is not None and each.ended_at >= copy.modified_at for each in failed):
        return "a job that copies files has failed since, and which one it was is not told"
    return None
