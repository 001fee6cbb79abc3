"""Objects that say who may do what, and when: made, changed and removed, one at a time and by query."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ontaplab.resources.licenses.state import letters_of
from tests.contract.clients import SVMS, Clients, fresh, two_gone
from tests.contract.resources import (
    Account,
    ClientClass,
    EmsApplicationLog,
    EmsEvent,
    ExportPolicy,
    ExportRule,
    IpInterface,
    LicensePackage,
    NfsService,
    QosPolicy,
    Role,
    RolePrivilege,
    SnapshotPolicy,
    SnapshotPolicySchedule,
    Svm,
)

PARIS = {"name": SVMS["paris"]}
RULE = {"clients": [{"match": "10.0.0.0/8"}], "ro_rule": ["sys"], "rw_rule": ["sys"]}
READ = {"path": "/api/cluster", "access": "readonly"}


def log_an_event(severity: str) -> None:
    EmsApplicationLog(
        computer_name="host",
        event_source="contract",
        app_version="1.0",
        event_id=1,
        category="test",
        event_description=fresh("event"),
        severity=severity,
        autosupport_required=False,
    ).post()


def accounts_live(netapp: Clients) -> None:
    name = fresh("account")
    with netapp.paris:
        http = [{"application": "http", "authentication_methods": ["password"]}]
        one, two = (Account(name=f"{name}_{end}", applications=http, password="fishy-4711") for end in "ab")
        one.post(hydrate=True)
        two.post()
        two.get()
        one.role = {"name": "readonly"}
        one.patch(hydrate=True)
        assert (one.role.name, one.scope, one.locked) == ("readonly", "cluster", False)
        Account.patch_collection({"locked": True}, name=f"{name}*")
        assert [each.locked for each in Account.get_collection(name=f"{name}*", fields="locked")] == [True, True]
        two.get()
        two_gone(Account, name, one, two)


def roles_live(netapp: Clients) -> None:
    name = fresh("role")
    with netapp.paris:
        one, two = (Role(name=f"{name}_{end}", owner=PARIS, privileges=[READ]) for end in "ab")
        one.post(hydrate=True)
        two.post()
        two.get()
        assert [(each.path, each.access) for each in two.privileges] == [("/api/cluster", "readonly")]
        two_gone(Role, name, one, two)


def privileges_live(netapp: Clients) -> None:
    with netapp.paris:
        role = Role(name=fresh("role"), privileges=[READ])
        role.post(hydrate=True)
        parents = (role.owner.uuid, role.name)
        one, two = (RolePrivilege(*parents, path=f"/api/{end}", access="all") for end in ("svm", "storage"))
        one.post()
        two.post()
        one.get()
        one.access = "readonly"
        one.patch()
        RolePrivilege.patch_collection({"access": "read_create"}, *parents, path="/api/s*")
        found = RolePrivilege.get_collection(*parents, path="/api/s*", fields="access")
        assert [(each.path, each.access) for each in found] == [
            ("/api/storage", "read_create"),
            ("/api/svm", "read_create"),
        ]
        two.delete()
        RolePrivilege.delete_collection(*parents, path="/api/s*")
        assert [each.path for each in RolePrivilege.get_collection(*parents)] == ["/api/cluster"]


def licenses_live(netapp: Clients) -> None:
    packages = ("fabricpool", "snapmirror_cloud")
    with netapp.paris:
        LicensePackage(keys=[letters_of(package) for package in packages]).post()
        one, two = (LicensePackage(name=package) for package in packages)
        one.get()
        assert (one.state, one.licenses[0].active) == ("compliant", True)
        two.delete(serial_number=one.licenses[0].serial_number)
        LicensePackage.delete_collection(name="fabricpool")
        left = {each.name for each in LicensePackage.get_collection()}
        assert left.isdisjoint(packages)


def interfaces_live(netapp: Clients) -> None:
    name = fresh("lif")
    with netapp.paris:
        one, two = (
            IpInterface(
                name=f"{name}_{number}",
                svm=PARIS,
                ip={"address": f"198.51.100.{number}", "netmask": "24"},
                location={"home_port": {"name": "e0c", "node": {"name": "paris-01"}}},
            )
            for number in (1, 2)
        )
        one.post(hydrate=True)
        two.post()
        one.enabled = False
        one.patch(hydrate=True)
        assert (one.state, one.ip.address) == ("down", "198.51.100.1")
        IpInterface.patch_collection({"enabled": True}, name=f"{name}*")
        two.get()
        two_gone(IpInterface, name, one, two)


def snapshot_policies_live(netapp: Clients) -> None:
    name = fresh("policy")
    with netapp.paris:
        copies = [{"schedule": {"name": "daily"}, "count": 3, "snapmirror_label": "day"}]
        one, two = (SnapshotPolicy(name=f"{name}_{end}", svm=PARIS, copies=copies) for end in "ab")
        one.post(hydrate=True)
        two.post()
        assert (one.copies[0].prefix, one.copies[0].count) == ("daily", 3)
        one.enabled = False
        one.patch(hydrate=True)
        assert not one.enabled
        SnapshotPolicy.patch_collection({"comment": "changed"}, name=f"{name}*")
        two.get()
        assert two.comment == "changed"
        two_gone(SnapshotPolicy, name, one, two)


def schedules_of_policies_live(netapp: Clients) -> None:
    with netapp.paris:
        copies = [{"schedule": {"name": "daily"}, "count": 3}]
        policy = SnapshotPolicy(name=fresh("policy"), svm=PARIS, copies=copies)
        policy.post(hydrate=True)
        one, two = (
            SnapshotPolicySchedule(policy.uuid, schedule={"name": each}, count=1) for each in ("hourly", "weekly")
        )
        one.post()
        two.post()
        one.get()
        one.count = 5
        one.patch()
        SnapshotPolicySchedule.patch_collection({"snapmirror_label": "x"}, policy.uuid, count="1|5")
        found = SnapshotPolicySchedule.get_collection(policy.uuid, snapmirror_label="x", fields="count")
        assert sorted(each.count for each in found) == [1, 5]
        two.delete()
        SnapshotPolicySchedule.delete_collection(policy.uuid, count="5")
        assert [each.schedule.name for each in SnapshotPolicySchedule.get_collection(policy.uuid)] == ["daily"]


def export_policies_live(netapp: Clients) -> None:
    name = fresh("exports")
    with netapp.paris:
        one, two = (ExportPolicy(name=f"{name}_{end}", svm=PARIS, rules=[RULE]) for end in "ab")
        one.post(hydrate=True)
        two.post()
        assert (one.rules[0].index, one.rules[0].clients[0].match) == (1, "10.0.0.0/8")
        one.name = f"{name}_c"
        one.patch(hydrate=True)
        ExportPolicy.patch_collection({"rules": []}, name=f"{name}*")
        two.get()
        two_gone(ExportPolicy, name, one, two)


def export_rules_live(netapp: Clients) -> None:
    with netapp.paris:
        policy = ExportPolicy(name=fresh("exports"), svm=PARIS, rules=[RULE])
        policy.post(hydrate=True)
        one, two = (ExportRule(policy.id, **{**RULE, "clients": [{"match": f"host{end}"}]}) for end in "ab")
        one.post(hydrate=True)
        two.post()
        one.rw_rule = ["never"]
        one.patch(new_index=9)
        ExportRule.patch_collection({"allow_suid": False}, policy.id, index=">1")
        found = ExportRule.get_collection(policy.id, allow_suid=False, fields="rw_rule,clients")
        assert [(each.index, each.clients[0].match, each.rw_rule) for each in found] == [
            (3, "hostb", ["sys"]),
            (9, "hosta", ["never"]),
        ]
        two.get()
        two.delete()
        ExportRule.delete_collection(policy.id, index=">1")
        assert [each.index for each in ExportRule.get_collection(policy.id)] == [1]


def qos_policies_live(netapp: Clients) -> None:
    name = fresh("qos")
    with netapp.paris:
        one, two = (QosPolicy(name=f"{name}_{end}", svm=PARIS, fixed={"max_throughput_iops": 100}) for end in "ab")
        one.post(hydrate=True)
        two.post()
        one.fixed.max_throughput_iops = 200
        one.patch(hydrate=True)
        assert (one.fixed.max_throughput_iops, one.policy_class) == (200, "user_defined")
        QosPolicy.patch_collection({"fixed": {"max_throughput_mbps": 7}}, name=f"{name}*")
        two.get()
        assert two.fixed.max_throughput_mbps == 7
        two_gone(QosPolicy, name, one, two)


def nfs_services_live(netapp: Clients) -> None:
    name = fresh("svm")
    with netapp.paris:
        for end in "ab":
            Svm(name=f"{name}_{end}").post()
        one, two = (NfsService(svm={"name": f"{name}_{end}"}, showmount_enabled=False) for end in "ab")
        one.post(hydrate=True)
        two.post(hydrate=True)
        one.protocol = {"v40_enabled": True}
        one.patch(hydrate=True)
        assert (one.protocol.v40_enabled, one.showmount_enabled, one.transport.tcp_max_transfer_size) == (
            True,
            False,
            65536,
        )
        ours = {"svm.name": f"{name}*"}
        NfsService.patch_collection({"enabled": False}, **ours)
        assert {each.state for each in NfsService.get_collection(fields="state", **ours)} == {"offline"}
        two.delete()
        assert NfsService.count_collection(**ours) == 1
        NfsService.delete_collection(**ours)
        assert NfsService.count_collection(**ours) == 0


def application_logs_live(netapp: Clients) -> None:
    with netapp.paris:
        before = EmsEvent.count_collection()
        log_an_event("error")
        assert EmsEvent.count_collection() == before + 1


LIVES_OF_RULES: Mapping[ClientClass, Callable[[Clients], None]] = {
    Account: accounts_live,
    EmsApplicationLog: application_logs_live,
    ExportPolicy: export_policies_live,
    ExportRule: export_rules_live,
    IpInterface: interfaces_live,
    LicensePackage: licenses_live,
    NfsService: nfs_services_live,
    QosPolicy: qos_policies_live,
    Role: roles_live,
    RolePrivilege: privileges_live,
    SnapshotPolicy: snapshot_policies_live,
    SnapshotPolicySchedule: schedules_of_policies_live,
}
