"""The ACL of a share, as a collection of its own: entries are added, changed, removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ontaplab.cluster import Cluster
from ontaplab.resources.cifs_shares.bodies import AclBody, AclChange
from ontaplab.resources.cifs_shares.errors import entry_exists, no_share
from ontaplab.resources.cifs_shares.lookup import share_named
from ontaplab.resources.cifs_shares.state import Acl, Share
from ontaplab.wire.resource import Done, Reply, Request


@dataclass(frozen=True, slots=True)
class ShareAcl:
    """One entry of one share."""

    share: Share
    acl: Acl


def rows(cluster: Cluster, request: Request) -> Iterable[ShareAcl]:
    return [ShareAcl(share, acl) for share in cluster.cifs_shares for acl in share.acls]


def create(cluster: Cluster, request: Request, body: AclBody) -> Reply[ShareAcl]:
    name = request.path["cifs_share.share"]
    share = share_named(cluster, request.path["svm.uuid"], name)
    if share is None:
        raise no_share(name)
    acl = body.acl()
    if any(each.key == acl.key for each in share.acls):
        raise entry_exists(acl.user_or_group)
    return Done(ShareAcl(_put(cluster, share, (*share.acls, acl)), acl))


def modify(cluster: Cluster, request: Request, row: ShareAcl, body: AclChange) -> Reply[ShareAcl]:
    share, acl = cluster.cifs_shares[row.share.uuid], replace(row.acl, permission=body.permission)
    acls = tuple(acl if each.key == acl.key else each for each in share.acls)
    return Done(ShareAcl(_put(cluster, share, acls), acl))


def remove(cluster: Cluster, request: Request, row: ShareAcl) -> Reply[ShareAcl]:
    """Where no entry is left, nobody is let in."""
    share = cluster.cifs_shares[row.share.uuid]
    _put(cluster, share, tuple(each for each in share.acls if each.key != row.acl.key))
    return Done()


def _put(cluster: Cluster, share: Share, acls: tuple[Acl, ...]) -> Share:
    return cluster.cifs_shares.put(replace(share, acls=acls))
