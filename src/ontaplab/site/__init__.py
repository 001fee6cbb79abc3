"""A lab directory: clusters as processes on this machine."""

from ontaplab.site.errors import SiteError
from ontaplab.site.seeding import Seeded
from ontaplab.site.site import Site
from ontaplab.site.status import ClusterStatus

__all__ = ["ClusterStatus", "Seeded", "Site", "SiteError"]
