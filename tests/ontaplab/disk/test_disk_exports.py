"""Exports: clients see the former volume or the new one, and junctions do not nest."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from ontaplab.disk.exports import Exports


def a_target(root: Path, name: str) -> Path:
    target = root / "volumes" / name
    target.mkdir(parents=True)
    (target / "name").write_text(name)
    return target


def test_an_export_leads_to_its_target_even_after_the_lab_was_moved(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    Exports(lab / "exports").expose("svm1", "/projects/one", a_target(lab, "one"))
    moved = lab.rename(tmp_path / "moved")
    assert (moved / "exports/svm1/projects/one/name").read_text() == "one"


def test_a_link_that_leads_there_already_is_left_alone(tmp_path: Path) -> None:
    exports, target = Exports(tmp_path / "exports"), a_target(tmp_path, "vol")
    exports.expose("svm1", "/vol", target)
    link = tmp_path / "exports/svm1/vol"
    made = link.lstat()
    Exports(tmp_path / "exports").expose("svm1", "/vol", target)
    assert link.lstat() == made


def test_a_reader_sees_the_former_target_or_the_new_one_while_they_switch(tmp_path: Path) -> None:
    exports = Exports(tmp_path / "exports")
    targets = [a_target(tmp_path, "old"), a_target(tmp_path, "new")]
    exports.expose("svm1", "/vol", targets[0])
    seen: set[str] = set()
    done = Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.add((tmp_path / "exports/svm1/vol/name").read_text())
            except OSError as error:
                seen.add(repr(error))

    reader = Thread(target=read)
    reader.start()
    for turn in range(100):
        exports.expose("svm1", "/vol", targets[turn % 2])
    done.set()
    reader.join()
    assert seen <= {"old", "new"}
    assert (tmp_path / "exports/svm1/vol/name").read_text() == "new"


def test_nothing_but_the_link_is_left_in_the_exports(tmp_path: Path) -> None:
    exports = Exports(tmp_path / "exports")
    exports.expose("svm1", "/vol", a_target(tmp_path, "vol"))
    assert [path.name for path in (tmp_path / "exports").iterdir()] == ["svm1"]


def test_withdrawing_removes_the_link_and_empty_folders_above_it(tmp_path: Path) -> None:
    exports = Exports(tmp_path / "exports")
    target = a_target(tmp_path, "vol")
    exports.expose("svm1", "/a/b/one", target)
    exports.expose("svm1", "/a/two", target)
    exports.withdraw("svm1", "/a/b/one")
    assert [path.name for path in (tmp_path / "exports/svm1/a").iterdir()] == ["two"]
    exports.withdraw("svm1", "/a/two")
    exports.withdraw("svm1", "/a/two")
    assert list((tmp_path / "exports").iterdir()) == []
    assert (target / "name").exists()


def test_withdrawing_a_path_below_a_junction_touches_no_file_of_the_volume(tmp_path: Path) -> None:
    exports = Exports(tmp_path / "exports")
    target = a_target(tmp_path, "vol")
    (target / "link").symlink_to("name")
    exports.expose("svm1", "/vol", target)
    exports.withdraw("svm1", "/vol/link")
    assert (target / "link").is_symlink()


@pytest.mark.parametrize("path", ["/vol/below", "/vol/far/below"])
def test_a_junction_below_another_is_refused_by_name(tmp_path: Path, path: str) -> None:
    exports = Exports(tmp_path / "exports")
    exports.expose("svm1", "/vol", a_target(tmp_path, "vol"))
    with pytest.raises(ValueError, match=f"{path} is below the junction /vol"):
        exports.expose("svm1", path, a_target(tmp_path, "other"))


def test_a_junction_above_another_is_refused_by_name(tmp_path: Path) -> None:
    exports = Exports(tmp_path / "exports")
    exports.expose("svm1", "/a/vol", a_target(tmp_path, "vol"))
    with pytest.raises(ValueError, match="/a is above the junction"):
        exports.expose("svm1", "/a", a_target(tmp_path, "other"))


@pytest.mark.parametrize("path", ["", "/", "/..", "/a/../b", "/a/./b", "/a//b", "/a/"])
def test_a_path_that_cannot_be_a_junction_is_refused_by_name(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=f"'{path}' is no junction path"):
        Exports(tmp_path / "exports").expose("svm1", path, tmp_path)


@pytest.mark.parametrize("svm", ["", "..", "a/b"])
def test_a_name_that_cannot_be_an_svm_is_refused(tmp_path: Path, svm: str) -> None:
    with pytest.raises(ValueError, match="no SVM name"):
        Exports(tmp_path / "exports").expose(svm, "/vol", tmp_path)
