"""How this cluster differs from others, where releases and makes of clusters do, or where no source decides.

`/lab/traits`, outside `/api`, tells and changes it. It is a record of the cluster: a restart changes nothing of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Literal

from pydantic import Field, StrictBool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.errors import OntapError
from ontaplab.store import Store
from ontaplab.wire.body import Body, parse, read_object

Collection = Literal["volumes", "relationships"]
_UUID = "traits"
VERSION = (9, 15, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    uuid: str = _UUID
    version: str = ".".join(map(str, VERSION))
    """The release that the cluster tells. What it can do stays the same."""
    nodes: int = 1
    """How many nodes the cluster lists; what it holds is all at the first."""
    root_volumes: bool = False
    """Each new SVM gets its root volume, as on ONTAP; without it listings show only what was asked for."""
    single_patches: tuple[Collection, ...] = ()
    """Collections of which one PATCH changes one object: a query or a list of records for more is refused.

    Assumption: ONTAP takes many. That a collection can be changed by query is documented, and that `|` names several
    values; that both go together is not, and no released client does it.
    """
    refusal_status: int = 400
    refusal_code: str = "262197"
    refusal_message: str = "A single object is required for this operation, {count} were named."
    """In what words it is refused; `{count}` becomes the number of objects."""

    def check_patch(self, collection: Collection, count: int) -> None:
        """Raises: OntapError if one PATCH must not change so many of that collection."""
        if count > 1 and collection in self.single_patches:
            message = self.refusal_message.replace("{count}", str(count))
            raise OntapError(self.refusal_status, self.refusal_code, message, target="uuid")


class TraitsBody(Body):
    """PUT: what is to be changed."""

    version: Annotated[str, Field(pattern=r"^9\.\d{1,3}\.\d{1,3}$")] = ""
    nodes: Annotated[int, Field(ge=1, le=24, strict=True)] = 1
    root_volumes: StrictBool = False
    single_patches: tuple[Collection, ...] = ()
    refusal_status: Annotated[int, Field(ge=400, le=599)] = 400
    refusal_code: Annotated[str, Field(pattern=r"^\d+$")] = ""
    refusal_message: str = ""


class KeptTraits:
    """Those of one cluster."""

    def __init__(self, store: Store) -> None:
        self._table = store.table("traits", Traits)

    @property
    def now(self) -> Traits:
        return self._table.get(_UUID) or Traits()

    def change(self, **changes: object) -> Traits:
        """The cluster has these traits from now on; the others stay."""
        return self._table.put(replace(self.now, **changes))  # type: ignore[arg-type]  # the callers' names are fields

    def routes(self) -> list[Route]:
        """`GET /lab/traits`; `PUT` changes those that it names."""

        async def answer(request: Request) -> Response:
            if request.method == "PUT":
                body = parse(TraitsBody, await read_object(request))
                self.change(**{name: getattr(body, name) for name in body.model_fields_set})
            told = asdict(self.now)
            del told["uuid"]
            return JSONResponse(told)

        return [Route("/lab/traits", answer, methods=["GET", "PUT"])]
