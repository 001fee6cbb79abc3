"""What every part of the configuration is made from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Branch(BaseModel):
    # An input may be a password in the wrong place: pydantic's own messages leave it out.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
