"""Objects by which hosts reach files: made, changed and removed, one at a time and by query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.contract.clients import SVMS, Clients, fresh, two_gone
from tests.contract.resources import (
    CifsService,
    CifsSession,
    CifsShare,
    CifsShareAcl,
    ClientClass,
    ClientObject,
    ExportPolicy,
    NfsService,
    Qtree,
    Svm,
)

PARIS = {"name": SVMS["paris"]}
HOST = "10.0.0.5"


def nfs_services_live(netapp: Clients) -> None:
    name = fresh("svm")
    with netapp.paris:
        for end in "ab":
            Svm(name=f"{name}_{end}").post()
        one, two = (NfsService(svm={"name": f"{name}_{end}"}, showmount_enabled=False) for end in "ab")
        one.post(hydrate=True)
        two.post(hydrate=True)
        one.protocol = {"v40_enabled": True}
        one.access_cache_config = {"ttl_positive": 600}
        one.patch(hydrate=True)
        one.get(fields="*")
        assert (one.protocol.v40_enabled, one.showmount_enabled, one.state) == (True, False, "online")
        assert (one.access_cache_config.ttl_positive, one.access_cache_config.ttl_negative) == (600, 3600)
        ours = {"svm.name": f"{name}*"}
        NfsService.patch_collection({"enabled": False}, **ours)
        assert {each.state for each in NfsService.get_collection(fields="state", **ours)} == {"offline"}
        two.delete()
        assert [each.svm.name for each in NfsService.get_collection(**ours)] == [one.svm.name]
        NfsService.delete_collection(**ours)
        assert NfsService.count_collection(**ours) == 0


def qtrees_live(netapp: Clients) -> None:
    name, policy = fresh("qtree"), fresh("exports")
    with netapp.paris:
        ExportPolicy(name=policy, svm=PARIS).post()
        volume = netapp.volume()
        place = {"svm": PARIS, "volume": {"uuid": volume.uuid}}
        one, two = (Qtree(name=f"{name}_{end}", **place) for end in "ab")
        one.post(hydrate=True)
        two.post(hydrate=True)
        assert (one.id, one.export_policy.name, one.volume.name) == (1, "default", volume.name)
        one.export_policy = {"name": policy}
        one.patch(hydrate=True)
        one.get(fields="*")
        assert one.export_policy.name == policy
        Qtree.patch_collection({"export_policy": {"name": ""}}, name=f"{name}*")
        inherited = Qtree.get_collection(name=f"{name}*", fields="export_policy.name")
        assert {each.export_policy.name for each in inherited} == {"default"}
        two_gone(Qtree, name, one, two)


def cifs_services_live(netapp: Clients) -> None:
    with netapp.paris, two_svms() as svms:
        one, two = (CifsService(svm={"name": svm}, name="FILES", workgroup="LAB") for svm in svms)
        one.post(hydrate=True)
        two.post(hydrate=True)
        assert (one.enabled, one.workgroup) == (True, "LAB")
        one.get(fields="options")
        assert one.options.export_policy_enabled is False
        one.options = {"export_policy_enabled": True}
        one.patch()
        both = "|".join(svms)
        CifsService.patch_collection({"enabled": False}, **{"svm.name": both})
        listed = CifsService.get_collection(fields="enabled,options", **{"svm.name": both}, order_by="svm.name")
        told = [(each.enabled, each.options.export_policy_enabled) for each in listed]
        assert told == [(False, True), (False, False)]
        two.delete()
        CifsService.delete_collection(**{"svm.name": both})
        assert CifsService.count_collection(**{"svm.name": both}) == 0


@contextmanager
def two_svms() -> Iterator[list[str]]:
    """Names of SVMs that are new, in order, and gone afterwards."""
    svms = [Svm(name=fresh("svm")) for _ in range(2)]
    for svm in svms:
        svm.post(hydrate=True)
    yield sorted(svm.name for svm in svms)
    for svm in svms:
        svm.delete()


def cifs_shares_live(netapp: Clients) -> None:
    name = fresh("share")
    with netapp.paris, a_server("paris"):
        volume = netapp.volume(nas={"path": f"/{fresh('path')}"})
        volume.get(fields="nas.path")
        one, two = (CifsShare(name=f"{name}_{end}", svm=PARIS, path=volume.nas.path) for end in "ab")
        one.post(hydrate=True)
        two.post()
        assert [(acl.user_or_group, acl.permission) for acl in one.acls] == [("Everyone", "full_control")]
        assert one.volume.name == volume.name
        one.oplocks = False
        one.patch(hydrate=True)
        assert one.oplocks is False
        CifsShare.patch_collection({"comment": "ours"}, name=f"{name}*")
        two.get()
        assert two.comment == "ours"
        two_gone(CifsShare, name, one, two)


def acls_live(netapp: Clients) -> None:
    with netapp.paris, a_server("paris"):
        volume = netapp.volume(nas={"path": f"/{fresh('path')}"})
        volume.get(fields="nas.path")
        share = CifsShare(name=fresh("share"), svm=PARIS, path=volume.nas.path)
        share.post(hydrate=True)
        parents = (share.svm.uuid, share.name)
        one, two = (CifsShareAcl(*parents, user_or_group=who, permission="change") for who in ("anna", "LAB\\bert"))
        one.post(hydrate=True)
        two.post(hydrate=True)
        assert (one.type, one.permission) == ("windows", "change")
        two.permission = "read"
        two.patch()
        CifsShareAcl.patch_collection({"permission": "no_access"}, *parents, user_or_group="Everyone")
        found = CifsShareAcl.get_collection(*parents, fields="permission")
        assert {each.user_or_group: each.permission for each in found} == {
            "Everyone": "no_access",
            "anna": "change",
            "LAB\\bert": "read",
        }
        one.get()
        one.delete()
        CifsShareAcl.delete_collection(*parents, user_or_group="*")
        assert CifsShareAcl.count_collection(*parents) == 0


def cifs_sessions_live(netapp: Clients) -> None:
    with netapp.paris, a_server("paris"), netapp.site.doors("paris") as doors:
        volume = netapp.volume(nas={"path": f"/{fresh('path')}"})
        volume.get(fields="nas.path")
        CifsShare(name="sessions", svm=PARIS, path=volume.nas.path).post()
        for user in ("anna", "bert"):
            doors.smb(HOST, user).connect(SVMS["paris"], "sessions").write(b"x", user)
        one = CifsSession.find(user="anna")
        one.get(fields="*")
        assert (one.client_ip, [each.name for each in one.volumes]) == (HOST, [volume.name])
        one.delete()
        CifsSession.delete_collection(user="*")
        assert CifsSession.count_collection() == 0


@contextmanager
def a_server(at: str) -> Iterator[ClientObject]:
    """The cluster's SVM has a CIFS server, which is gone afterwards with its shares."""
    server = CifsService(svm={"name": SVMS[at]}, name="FILES", workgroup="LAB")
    server.post(hydrate=True)
    yield server
    server.delete()


LIVES_OF_HOSTS: Mapping[ClientClass, Callable[[Clients], None]] = {
    CifsService: cifs_services_live,
    CifsSession: cifs_sessions_live,
    CifsShare: cifs_shares_live,
    CifsShareAcl: acls_live,
    NfsService: nfs_services_live,
    Qtree: qtrees_live,
}
