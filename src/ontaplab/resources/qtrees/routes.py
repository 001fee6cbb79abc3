"""`/storage/qtrees`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.export_policies.lookup import export_policy_named
from ontaplab.resources.export_policies.state import ExportPolicy
from ontaplab.resources.qtrees.handlers import QtreeChange, QtreeCreate, create, modify, remove
from ontaplab.resources.qtrees.lookup import qtrees_of
from ontaplab.resources.qtrees.state import Qtree
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Request, Resource


def resource(cluster: Cluster) -> Resource[Qtree]:
    def volume(qtree: Qtree) -> Volume:
        return cluster.volumes[qtree.volume]

    def policy(qtree: Qtree) -> ExportPolicy | None:
        """Its own one, or its volume's, which it inherits."""
        within, own = volume(qtree), cluster.export_policies.get(qtree.export_policy)
        return own or export_policy_named(cluster, within.property_of("nas.export_policy.name"), within.svm)

    def path(qtree: Qtree) -> str | None:
        above = volume(qtree).junction_path
        return above if above is None or not qtree.name else f"{above.rstrip('/')}/{qtree.name}"

    def rows(request: Request) -> list[Qtree]:
        return [each for volume in cluster.volumes for each in qtrees_of(cluster, volume)]

    fields: Fields[Qtree] = Fields(
        {
            "volume.uuid": Field(lambda qtree: qtree.volume, Level.KEY),
            "volume.name": Field(lambda qtree: volume(qtree).name, Level.KEY),
            "id": Field(lambda qtree: qtree.id, Level.KEY),
            "name": Field(lambda qtree: qtree.name, Level.KEY),
            "svm.name": Field(lambda qtree: svm_name(cluster, volume(qtree).svm), Level.KEY),
            "svm.uuid": Field(lambda qtree: volume(qtree).svm, Level.KEY),
            "path": Field(path),
            "export_policy.name": Field(lambda qtree: getattr(policy(qtree), "name", None)),
            "export_policy.id": Field(lambda qtree: getattr(policy(qtree), "id", None)),
            "security_style": Field(
                lambda qtree: qtree.security_style or volume(qtree).property_of("nas.security_style")
            ),
            "unix_permissions": Field(
                lambda qtree: qtree.unix_permissions or volume(qtree).property_of("nas.unix_permissions")
            ),
        }
    )
    return Resource(
        path="/storage/qtrees",
        fields=fields,
        rows=rows,
        keys=("volume.uuid", "id"),
        create=Create(QtreeCreate, partial(create, cluster)),
        modify=Modify(QtreeChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )
