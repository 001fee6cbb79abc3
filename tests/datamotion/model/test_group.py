"""Which volumes belong to a back end."""

from __future__ import annotations

import pytest

from datamotion.model.group import Backend

UUID = "9c1e0d5a-1d0c-11f1-8a3b-005056b0c001"


@pytest.mark.parametrize(
    ("volumes", "selected"),
    [
        (["vol_*", "home"], ["vol_1", "vol_tmp1", "home"]),
        (["vol_*", "!vol_tmp*"], ["vol_1"]),
        (["!vol_tmp*", "vol_*"], ["vol_1"]),
        (["!vol_*"], ["home", "home2", "VOL_1"]),
        (["vol_[!t]*"], ["vol_1"]),
        ([UUID], ["home2"]),
        ([UUID.upper(), "home"], ["home", "home2"]),
        (["*", f"!{UUID}"], ["vol_1", "vol_tmp1", "home", "VOL_1"]),
        ([], ["vol_1", "vol_tmp1", "home", "home2", "VOL_1"]),
    ],
)
def test_a_back_end_selects_by_pattern_case_and_uuid_and_leaves_out(volumes: list[str], selected: list[str]) -> None:
    there = {"vol_1": "a", "vol_tmp1": "b", "home": "c", "home2": UUID, "VOL_1": "d"}
    backend = Backend(name="gold-paris", cluster="paris", svm="svm_gold", volumes=tuple(volumes))
    assert [name for name, uuid in there.items() if backend.selects(name, uuid)] == selected
