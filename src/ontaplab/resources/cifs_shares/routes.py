"""`/protocols/cifs/shares` and the ACL of each."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.cifs_shares import acls
from ontaplab.resources.cifs_shares.acls import ShareAcl
from ontaplab.resources.cifs_shares.bodies import AclBody, AclChange, ShareChange, ShareCreate
from ontaplab.resources.cifs_shares.handlers import create, modify, remove
from ontaplab.resources.cifs_shares.state import DEFAULTS, Share
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.namespace import way_to
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[Share]:
    def volume(share: Share) -> Volume | None:
        """The one that its path leads into; None while none is mounted there."""
        way = way_to(cluster, share.svm, share.path)
        return cluster.volumes[way[-1].volume] if way else None

    def recorded(name: str) -> Field[Share]:
        return Field(lambda share: share.properties.get(name, DEFAULTS[name]))

    fields: Fields[Share] = Fields(
        {
            "svm.uuid": Field(lambda share: share.svm, Level.KEY),
            "svm.name": Field(lambda share: svm_name(cluster, share.svm), Level.KEY),
            "name": Field(lambda share: share.name, Level.KEY),
            "path": Field(lambda share: share.path),
            "comment": Field(lambda share: share.comment or None),
            "acls[].user_or_group": Field(lambda share: [acl.user_or_group for acl in share.acls]),
            "acls[].permission": Field(lambda share: [acl.permission for acl in share.acls]),
            "acls[].type": Field(lambda share: [acl.type for acl in share.acls]),
            "volume.name": Field(lambda share: getattr(volume(share), "name", None)),
            "volume.uuid": Field(lambda share: getattr(volume(share), "uuid", None)),
            **{name: recorded(name) for name in DEFAULTS},
        }
    )
    return Resource(
        path="/protocols/cifs/shares",
        fields=fields,
        rows=lambda request: cluster.cifs_shares,
        keys=("svm.uuid", "name"),
        create=Create(ShareCreate, partial(create, cluster)),
        modify=Modify(ShareChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )


def acls_resource(cluster: Cluster) -> Resource[ShareAcl]:
    fields: Fields[ShareAcl] = Fields(
        {
            "svm.uuid": Field(lambda row: row.share.svm, Level.KEY),
            "svm.name": Field(lambda row: svm_name(cluster, row.share.svm), Level.KEY),
            "cifs_share.share": Field(lambda row: row.share.name, Level.NAMED),  # only in the path
            "user_or_group": Field(lambda row: row.acl.user_or_group, Level.KEY),
            "type": Field(lambda row: row.acl.type, Level.KEY),
            "permission": Field(lambda row: row.acl.permission),
        }
    )
    return Resource(
        path="/protocols/cifs/shares/{svm.uuid}/{cifs_share.share}/acls",
        fields=fields,
        rows=partial(acls.rows, cluster),
        keys=("user_or_group", "type"),
        create=Create(AclBody, partial(acls.create, cluster)),
        modify=Modify(AclChange, partial(acls.modify, cluster)),
        remove=partial(acls.remove, cluster),
    )
