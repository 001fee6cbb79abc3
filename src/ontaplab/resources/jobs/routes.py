"""`/cluster/jobs`."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.jobs.handlers import JobChange, modify
from ontaplab.resources.jobs.state import Job
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Modify, Resource


def _on_failure(value: object, job: Job) -> object:
    """Only a failed job may show an error: some clients raise on the mere key."""
    return value if job.state == "failure" else None


def resource(cluster: Cluster) -> Resource[Job]:
    fields: Fields[Job] = Fields(
        {
            "uuid": Field(lambda job: job.uuid, Level.KEY),
            "description": Field(lambda job: job.description),
            "state": Field(lambda job: job.state),
            "message": Field(lambda job: job.message),
            "code": Field(lambda job: int(job.code)),
            "error.code": Field(lambda job: _on_failure(job.code, job)),
            "error.message": Field(lambda job: _on_failure(job.message, job)),
            "error.arguments": Field(lambda job: _on_failure([], job)),
            "start_time": Field(lambda job: job.started),
            "end_time": Field(lambda job: job.ended),
            "node.name": Field(lambda job: cluster.node.name),
            "svm.name": Field(lambda job: svm_name(cluster, job.svm)),
            "svm.uuid": Field(lambda job: job.svm),
        }
    )
    return Resource(
        path="/cluster/jobs",
        fields=fields,
        rows=lambda request: cluster.jobs.only(request.uuids),
        find=lambda request: cluster.jobs.get(request.path["uuid"]),
        modify=Modify(JobChange, modify),
        flags=frozenset({"action"}),
        shared=True,
    )
