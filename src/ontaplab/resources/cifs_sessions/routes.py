"""`/protocols/cifs/sessions`: who is connected by SMB. Deleting a session closes it; hosts connect again by themselves.

Where both numbers in the path are 0, all sessions of the SVM are closed. Assumption: releases that refuse that
(655503) are not simulated.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.cifs_sessions.ending import end_sessions
from ontaplab.resources.cifs_sessions.state import Session
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Done, Reply, Request, Resource

_ALL = "0"


def resource(cluster: Cluster) -> Resource[Session]:
    def since_request(session: Session) -> timedelta:
        return cluster.clock.now() - session.last_request

    def volumes(session: Session) -> list[Volume]:
        return [cluster.volumes[uuid] for uuid in session.volumes if uuid in cluster.volumes]

    fields: Fields[Session] = Fields(
        {
            "node.uuid": Field(lambda session: cluster.node.uuid, Level.KEY),
            "node.name": Field(lambda session: cluster.node.name, Level.KEY),
            "svm.uuid": Field(lambda session: session.svm, Level.KEY),
            "svm.name": Field(lambda session: svm_name(cluster, session.svm), Level.KEY),
            "identifier": Field(lambda session: session.identifier, Level.KEY),
            "connection_id": Field(lambda session: session.connection_id, Level.KEY),
            "client_ip": Field(lambda session: session.client_ip),
            "user": Field(lambda session: session.user),
            "protocol": Field(lambda session: "smb3_1"),
            "authentication": Field(lambda session: "ntlmv2"),
            "connected_duration": Field(lambda session: cluster.clock.now() - session.connected),
            "idle_duration": Field(since_request),
            "open_shares": Field(lambda session: len(session.trees)),
            "open_files": Field(lambda session: session.open_files),
            "connection_count": Field(lambda session: 1),
            "volumes[].name": Field(lambda session: [volume.name for volume in volumes(session)]),
            "volumes[].uuid": Field(lambda session: [volume.uuid for volume in volumes(session)]),
        }
    )
    return Resource(
        path="/protocols/cifs/sessions",
        fields=fields,
        rows=lambda request: cluster.cifs_sessions,
        keys=("node.uuid", "svm.uuid", "identifier", "connection_id"),
        find=partial(_found, cluster),
        remove=partial(_close, cluster),
    )


def _found(cluster: Cluster, request: Request) -> Session | None:
    identifier, connection_id = request.path["identifier"], request.path["connection_id"]
    if request.method == "DELETE" and (identifier, connection_id) == (_ALL, _ALL):
        now = cluster.clock.now()
        return Session(
            uuid=_ALL,
            identifier=0,
            connection_id=0,
            svm=request.path["svm.uuid"],
            client_ip="",
            user="",
            connected=now,
            last_request=now,
        )
    return cluster.cifs_sessions.first(
        lambda session: (str(session.identifier), str(session.connection_id)) == (identifier, connection_id)
    )


def _close(cluster: Cluster, request: Request, session: Session) -> Reply[Session]:
    if session.uuid == _ALL:
        end_sessions(cluster, session.svm)
    else:
        cluster.cifs_sessions.remove(session.uuid)
    return Done()
