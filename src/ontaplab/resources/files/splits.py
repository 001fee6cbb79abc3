"""`/storage/file/clone/split-status`: what clones of files still share with what they were made from.

They share nothing here from the first: each volume that can be written is listed, with nothing left to split.
"""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Resource


def split_status_resource(cluster: Cluster) -> Resource[Volume]:
    fields: Fields[Volume] = Fields(
        {
            "volume.uuid": Field(lambda volume: volume.uuid, Level.KEY),
            "volume.name": Field(lambda volume: volume.name, Level.DEFAULT),
            "svm.name": Field(lambda volume: svm_name(cluster, volume.svm)),
            "svm.uuid": Field(lambda volume: volume.svm),
            "pending_splits": Field(lambda volume: 0, Level.DEFAULT),
            "unsplit_size": Field(lambda volume: 0, Level.DEFAULT),
        }
    )
    return Resource(
        path="/storage/file/clone/split-status",
        fields=fields,
        rows=lambda request: [each for each in cluster.volumes if each.type == "rw" and each.state == "online"],
        keys=("volume.uuid",),
    )
