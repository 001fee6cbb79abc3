"""`/storage/volumes/{volume.uuid}/snapshots`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.disk.difference import difference
from ontaplab.resources.snapshots.handlers import SnapshotBody, create, modify, remove, rows
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.places import content_of, directory_of
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[Snapshot]:
    def size(snapshot: Snapshot) -> int:
        return directory_of(cluster, snapshot.volume).used_bytes(snapshot.name)

    def consumed(snapshot: Snapshot) -> int | None:
        """Bytes of the blocks by which the volume differs from it.

        Assumption: with several snapshots in one answer each is compared with its own volume as it is now, as the times
        in the reference's example say.
        """
        content = content_of(cluster, cluster.volumes[snapshot.volume])
        tree = directory_of(cluster, snapshot.volume).snapshot(snapshot.name)
        return None if content is None else difference(tree, content).blocks_bytes

    fields: Fields[Snapshot] = Fields(
        {
            "volume.uuid": Field(lambda snapshot: snapshot.volume, Level.KEY),
            "volume.name": Field(lambda snapshot: cluster.volumes[snapshot.volume].name, Level.KEY),
            "uuid": Field(lambda snapshot: snapshot.uuid, Level.KEY),
            "name": Field(lambda snapshot: snapshot.name, Level.KEY),
            "svm.name": Field(lambda snapshot: svm_name(cluster, cluster.volumes[snapshot.volume].svm)),
            "svm.uuid": Field(lambda snapshot: cluster.volumes[snapshot.volume].svm),
            "create_time": Field(lambda snapshot: snapshot.created),
            "snapmirror_label": Field(lambda snapshot: snapshot.label),
            "comment": Field(lambda snapshot: snapshot.comment),
            "expiry_time": Field(lambda snapshot: snapshot.expires),
            "owners": Field(lambda snapshot: list(snapshot.owners) or None),
            "version_uuid": Field(lambda snapshot: snapshot.version_uuid),
            "provenance_volume.uuid": Field(lambda snapshot: snapshot.provenance_volume),
            "size": Field(size, Level.EXPENSIVE),
            "delta.size_consumed": Field(consumed, Level.NAMED),
            "delta.time_elapsed": Field(lambda snapshot: cluster.clock.now() - snapshot.created, Level.NAMED),
        }
    )
    return Resource(
        path="/storage/volumes/{volume.uuid}/snapshots",
        fields=fields,
        rows=partial(rows, cluster),
        create=Create(SnapshotBody, partial(create, cluster)),
        modify=Modify(SnapshotBody, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )
