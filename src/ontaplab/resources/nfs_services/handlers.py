"""NFS services: made with an SVM that is allowed NFS, enabled and disabled, and how they remember access."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from ontaplab.cluster import Cluster
from ontaplab.resources.nfs_services.lookup import service_of
from ontaplab.resources.svms.protocols import with_protocol
from ontaplab.resources.svms.state import Svm
from ontaplab.wire.body import Body
from ontaplab.wire.resource import Done, Reply, Request


class AccessCacheConfig(Body):
    """The ranges are those of `vserver export-policy access-cache config modify`.

    Assumption: that of the harvest timeout, and the code of an invalid value for what is outside of them.
    """

    ttl_positive: Annotated[int, Field(ge=300, le=86400)] | None = None
    ttl_negative: Annotated[int, Field(ge=60, le=86400)] | None = None
    harvest_timeout: Annotated[int, Field(ge=60, le=2592000)] | None = None


class NfsServiceChange(Body):
    enabled: bool | None = None
    access_cache_config: AccessCacheConfig | None = None


def modify(cluster: Cluster, request: Request, svm: Svm, body: NfsServiceChange) -> Reply[Svm]:
    """Disabled, it answers no host any more, whatever the host has open."""
    config = body.access_cache_config
    if config is not None:
        times = {f"{name}_s": value for name, value in config.given().items() if value is not None}
        cluster.nfs_services.put(replace(service_of(cluster, svm.uuid), **times))  # type: ignore[arg-type]
    if body.enabled is not None:
        svm = cluster.svms.put(with_protocol(svm, "nfs", enabled=body.enabled))
    return Done(svm)
