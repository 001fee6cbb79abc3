"""The NFS service of an SVM. Whether it is enabled is in the SVM's record, with the other protocols."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsService:
    """How long what export policies grant is remembered. The times are those of NetApp's command reference."""

    uuid: str
    """That of its SVM."""
    ttl_positive_s: int = 3600
    ttl_negative_s: int = 3600
    harvest_timeout_s: int = 86400
