"""What stands in `volume_driver`: makes the driver of the protocol that a back end names."""

from __future__ import annotations

from typing import Any

from cinder import exception
from cinder.volume import driver
from cinder.volume.drivers.netapp import common, options
from cinder.volume.drivers.netapp import utils as netapp_utils
from oslo_utils import importutils

from datamotion_cinder.options import OPTIONS

_DRIVERS = {
    "nfs": "datamotion_cinder.nfs.NfsDriver",
    "iscsi": "datamotion_cinder.block.IscsiDriver",
    "fc": "datamotion_cinder.block.FibreChannelDriver",
}
"""Of the other protocols Cinder's own is made."""


class DataMotionDriver(driver.ProxyVD):  # type: ignore[misc]
    """`volume_driver = datamotion_cinder.driver.DataMotionDriver`; all other options are as with Cinder's."""

    REQUIRED_FLAGS = common.NetAppDriver.REQUIRED_FLAGS

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Raises: InvalidInput as Cinder's."""
        configuration = kwargs.get("configuration")
        if not configuration:
            raise exception.InvalidInput(reason="Required configuration not found")
        for each in (options.netapp_proxy_opts, options.netapp_transport_opts, OPTIONS):
            configuration.append_config_values(each)
        netapp_utils.check_flags(cls.REQUIRED_FLAGS, configuration)
        family, protocol = configuration.netapp_storage_family, configuration.netapp_storage_protocol
        location = _DRIVERS.get(protocol.lower()) if family.lower() == "ontap_cluster" else None
        if location is None:
            return common.NetAppDriver(*args, **kwargs)
        kwargs["app_version"] = netapp_utils.OpenStackInfo().info()
        return importutils.import_object(location, *args, netapp_mode="proxy", **kwargs)

    @staticmethod
    def get_driver_options() -> Any:
        """Those of Cinder's, and ours."""
        return [*options.netapp_proxy_opts, *options.netapp_cluster_opts, *OPTIONS]
