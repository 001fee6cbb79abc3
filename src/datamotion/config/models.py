"""The configuration as one frozen tree. Every key is documented where it is defined; the reference page is printed
from that.

Nothing in this module, nor in what it imports, reads a file, the environment or the network: planners import it.
Paths in a loaded configuration are absolute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from datamotion.config.branch import Branch
from datamotion.config.clusters import ClusterConfig
from datamotion.config.fields import Name, NotEmpty, PolicyName, StoreLocation
from datamotion.config.groups import Backend, Group
from datamotion.config.mistakes import closest, key_path
from datamotion.config.policies import Policy
from datamotion.config.references import dangling_references
from datamotion.errors import ConfigError

_Named = TypeVar("_Named")


class Configuration(Branch):
    """Clusters, the back ends on them, and the groups of volumes that are protected."""

    clusters: Annotated[Mapping[Name, ClusterConfig], NotEmpty] = Field(
        description="The clusters, by names of your choice.",
        examples=[
            {
                name: {"url": f"https://{name}.example.com", "user": "admin", "password": {"env": env}}
                for name, env in (("paris", "PARIS_PASSWORD"), ("lyon", "LYON_PASSWORD"))
            }
        ],
    )
    backends: Mapping[Name, Backend] = Field(
        default_factory=dict,
        description="The back ends, by names of your choice.",
        examples=[
            {
                "gold-paris": {"cluster": "paris", "svm": "svm_gold"},
                "gold-lyon": {"cluster": "lyon", "svm": "svm_gold_dr"},
            }
        ],
    )
    groups: Mapping[Name, Group] = Field(
        default_factory=dict,
        description="What is protected, and where to, by names of your choice.",
        examples=[
            {
                "gold": {
                    "home": "gold-paris",
                    "rpo": "2h",
                    "targets": [{"backend": "gold-lyon", "aggregates": ["aggr1"]}],
                }
            }
        ],
    )
    policies: Mapping[PolicyName, Policy] = Field(
        default_factory=dict,
        description="SnapMirror policies, by the names that targets give them. `apply` makes one where it is needed "
        "and not there, and keeps schedule and retention of what the SVM has as they are here; what ONTAP does not "
        "change, or what relationships of others follow too, is refused.",
        examples=[{"nightly": {"retention": [{"label": "daily", "count": 14}], "schedule": "daily"}}],
    )
    store: StoreLocation = Field(
        default="datamotion.db",
        validate_default=True,
        description="The local store of journal and history: a file, relative to the configuration file's folder, or "
        "the URL of a PostgreSQL database, without a password (which needs `pip install 'datamotion[postgresql]'`).",
        examples=["/var/lib/datamotion/store.db"],
    )

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        mistakes = [f"{key_path(each.keys)}: {each.text}" for each in dangling_references(self)]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def backend(self, name: str) -> Backend:
        """The back end of that name. Raises: ConfigError, listing the names there are."""
        return _pick(self.backends, name, "back end")

    def group(self, name: str) -> Group:
        """The group of that name. Raises: ConfigError, listing the names there are."""
        return _pick(self.groups, name, "group")


def _pick(section: Mapping[str, _Named], name: str, kind: str) -> _Named:
    if name not in section:
        known = ", ".join(section) or "none"
        raise ConfigError(
            f"there is no {kind} {name!r} in the configuration{closest(name, section)}",
            hint=f"It has these {kind}s: {known}",
        )
    return section[name]
