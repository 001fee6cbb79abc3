"""What every two targets share, and what lets clients in at each: findings about what comes after a failover."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.standing import Standing
from datamotion.policy.copies.grounds import Sharing, grounds
from datamotion.policy.needs import export_policies
from datamotion.service.check_reports import CheckKind, CheckLine
from datamotion.service.findings import checked, noted, unlooked


def ground_lines(standing: Standing) -> Iterator[CheckLine]:
    """One for each pair of targets; one for each target whose export policy is configured."""
    for ground in grounds(standing):
        what = f"can follow {ground.other} after a failover, and the other way round"
        text = f"they {ground.text}"
        if ground.sharing is Sharing.UNTOLD:
            yield unlooked(CheckKind.COMMON_GROUND, ground.one, what, text)
        elif ground.is_there:
            yield checked(CheckKind.COMMON_GROUND, ground.one, f"{what}: {text}", None)
        else:
            yield noted(CheckKind.COMMON_GROUND, ground.one, what, text, ground.hint)
    for target in standing.group.targets:
        site, name = standing.sites[target.backend.name], target.export_policy
        if name is None:
            continue
        what = f"export policy {name} is in {target.backend.svm}"
        if site.unseen is not None:
            yield unlooked(CheckKind.EXPORT_POLICY, target.backend.name, what, site.unseen.reason)
        else:
            missing = None if name in export_policies(site) else "there is none"
            yield checked(
                CheckKind.EXPORT_POLICY,
                target.backend.name,
                what,
                missing,
                "make it, or correct `export_policy` in the configuration",
            )
