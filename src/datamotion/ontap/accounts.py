"""The account that asks, as its cluster knows it: its role, and what that grants."""

from __future__ import annotations

from datamotion.errors import ClusterRefused
from datamotion.model.cluster_records import Access
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.record import Record
from datamotion.ontap.transport import Transport

_ACCOUNT = ("name", "scope", "role.name")
_ROLE = ("name", "scope", "privileges.path", "privileges.access")


async def get_access(transport: Transport) -> Access | None:
    """What the account that asks may do. None where it may not read that.

    Assumption: where accounts of the cluster and of SVMs have its name, it is the cluster's: they log in at different
    addresses.
    """
    try:
        account = _of_cluster(await transport.get_records("/security/accounts", _ACCOUNT, {"name": transport.user}))
        role = account.optional("role.name", str) if account else None
        if role is None:
            return Access(account=transport.user, role=None, granted={})
        record = _of_cluster(await transport.get_records("/security/roles", _ROLE, {"name": role}))
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    granted = record.objects("privileges") if record else []
    return Access(
        account=transport.user,
        role=role,
        granted={each.required("path", str): each.required("access", str) for each in granted},
    )


def _of_cluster(records: list[Record]) -> Record | None:
    return next((each for each in records if each.optional("scope", str) != "svm"), None)
