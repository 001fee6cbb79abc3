"""`/cluster/licensing/licenses`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.licenses.handlers import LicenseCreate, create, remove, rows
from ontaplab.resources.licenses.state import PACKAGES, License
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Resource


def resource(cluster: Cluster) -> Resource[License]:
    fields: Fields[License] = Fields(
        {
            "name": Field(lambda license_: license_.name, Level.KEY),
            "scope": Field(lambda license_: license_.scope),
            "state": Field(lambda license_: license_.state),
            "description": Field(lambda license_: PACKAGES[license_.name]),
            "licenses[].owner": Field(lambda license_: [cluster.name]),
            "licenses[].serial_number": Field(lambda license_: [license_.serial_number]),
            "licenses[].installed_license": Field(lambda license_: [license_.installed_license]),
            "licenses[].active": Field(lambda license_: [license_.serial_number is not None]),
            "licenses[].evaluation": Field(lambda license_: [False]),
            "licenses[].compliance.state": Field(lambda license_: [license_.state]),
        }
    )
    return Resource(
        path="/cluster/licensing/licenses",
        fields=fields,
        rows=partial(rows, cluster),
        keys=("name",),
        create=Create(LicenseCreate, partial(create, cluster)),
        remove=partial(remove, cluster),
        flags=frozenset({"serial_number"}),
        tunnel=None,
    )
