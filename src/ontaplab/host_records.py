"""What a cluster knows of the protocols by which hosts reach it, and of those hosts."""

from __future__ import annotations

from itertools import count

from ontaplab.resources.cifs_services.state import CifsService
from ontaplab.resources.cifs_sessions.state import Session
from ontaplab.resources.cifs_shares.state import Share
from ontaplab.resources.connected_clients.state import ConnectedClient
from ontaplab.resources.export_policies.state import ExportPolicy
from ontaplab.resources.files.state import FileMove, FilePassage
from ontaplab.resources.igroups.state import Igroup
from ontaplab.resources.lun_maps.state import LunMap
from ontaplab.resources.luns.passage import Passage
from ontaplab.resources.nfs_services.state import NfsService
from ontaplab.resources.qtrees.state import Qtree
from ontaplab.store import Store


class HostRecords:
    """The tables. What hosts are doing is forgotten when the cluster ends."""

    def __init__(self, store: Store) -> None:
        self.export_policies = store.table("export_policy", ExportPolicy)
        self.export_policies_by_name = self.export_policies.by(lambda policy: f"{policy.svm}/{policy.name}")
        self.qtrees = store.table("qtree", Qtree)
        self.qtrees_by_volume = self.qtrees.by(lambda qtree: qtree.volume)
        self.nfs_services = store.table("nfs_service", NfsService)
        self.cifs_services = store.table("cifs_service", CifsService)
        self.cifs_shares = store.table("cifs_share", Share)
        self.igroups = store.table("igroup", Igroup)
        self.lun_maps = store.table("lun_map", LunMap)
        self.lun_maps_by_lun = self.lun_maps.by(lambda each: each.lun)
        self.lun_passages = store.table("lun_passage", Passage)
        fleeting = Store()
        self.file_moves = fleeting.table("file_move", FileMove)
        self.file_passages = fleeting.table("file_passage", FilePassage)
        self.cifs_sessions = fleeting.table("cifs_session", Session)
        self._session_numbers = count(1)
        self.connected_clients = fleeting.table("connected_client", ConnectedClient)

    def next_session(self) -> int:
        """A number that no session had."""
        return next(self._session_numbers)
