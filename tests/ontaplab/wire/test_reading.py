"""GET: fields, filters, pages, and what is not there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest

from tests.ontaplab.wire.shelf import EPOCH, Book, Shelf


def ask(shelf: Shelf, *paths: str, **headers: str) -> list[httpx.Response]:
    """GET each path in turn."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    async def main() -> list[httpx.Response]:
        async with shelf.client() as client:
            return [await client.get(path, headers=sent) for path in paths]

    return anyio.run(main)


def get(shelf: Shelf, path: str, **headers: str) -> Any:
    return ask(shelf, path, **headers)[0].json()


def uuids(answer: Any) -> list[str]:
    return [record["uuid"] for record in answer["records"]]


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.add(
        Book(uuid="a", title="Alpha", pages=300, authors=("Ann", "Bob"), ages=(50, None), read_at=EPOCH),
        Book(uuid="b", title="Beta", pages=20, svm="village", shelf="2", age=timedelta(hours=30)),
        Book(uuid="c", title="Gamma", pages=100),
    )
    return shelf


def test_a_collection_asked_for_nothing_shows_keys_and_defaults(shelf: Shelf) -> None:
    assert get(shelf, "/api/library/books?uuid=a")["records"] == [
        {"uuid": "a", "title": "Alpha", "_links": {"self": {"href": "/api/library/books/a"}}}
    ]


def test_fields_add_to_the_keys_and_a_parent_selects_its_subtree(shelf: Shelf) -> None:
    (record,) = get(shelf, "/api/library/books?uuid=a&fields=space,read_at,")["records"]
    del record["_links"]
    assert record == {
        "uuid": "a",
        "space": {"pages": 300, "inner": {"double": 600}},
        "read_at": "2026-03-01T12:00:00+00:00",
    }


def test_lists_of_objects_are_put_together_from_their_fields(shelf: Shelf) -> None:
    (record,) = get(shelf, "/api/library/books?uuid=a&fields=authors")["records"]
    assert record["authors"] == [{"name": "Ann", "age": 50}, {"name": "Bob"}]


def test_a_star_leaves_out_expensive_fields_and_two_bring_them(shelf: Shelf) -> None:
    one, two = ask(shelf, "/api/library/books?fields=%2A", "/api/library/books?fields=**")
    assert "weight" not in one.json()["records"][0]
    assert two.json()["records"][0]["weight"] == 75
    assert one.json()["records"][1]["age"] == "P1DT6H"
    assert "age" not in one.json()["records"][0], "an absent value is left out"


def test_an_unknown_field_is_an_error_that_names_it_unless_told_to_ignore_it(shelf: Shelf) -> None:
    strict, lenient = ask(
        shelf, "/api/library/books?fields=titel", "/api/library/books?fields=titel&ignore_unknown_fields=true"
    )
    assert strict.status_code == 400
    assert strict.json()["error"]["code"] == "262197"
    assert "titel" in strict.json()["error"]["message"]
    assert lenient.status_code == 200


def test_an_unknown_filter_is_an_error_that_names_it(shelf: Shelf) -> None:
    error = get(shelf, "/api/library/books?titel=x")["error"]
    assert error["code"] == "262179"
    assert "titel" in error["message"]


def test_an_object_that_has_a_name_is_asked_for_by_it(shelf: Shelf) -> None:
    assert uuids(get(shelf, "/api/library/books?authors=Ann")) == uuids(
        get(shelf, "/api/library/books?authors.name=Ann")
    )
    assert get(shelf, "/api/library/books?space=5")["error"]["code"] == "262179"  # it has none


def test_a_field_used_in_a_filter_is_returned_too(shelf: Shelf) -> None:
    answer = get(shelf, "/api/library/books?space.pages=>50&authors.name=B*")
    assert uuids(answer) == ["a"]
    assert answer["records"][0]["space"] == {"pages": 300}
    assert answer["records"][0]["title"] == "Alpha"


def test_an_empty_collection_is_no_error_and_a_missing_instance_is(shelf: Shelf) -> None:
    none, missing = ask(shelf, "/api/library/books?title=x", "/api/library/books/x")
    assert (none.status_code, none.json()["num_records"], none.json()["records"]) == (200, 0, [])
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "4")
    assert missing.json()["error"]["message"] == "entry doesn't exist"


def test_an_instance_and_a_singleton_come_without_an_envelope(shelf: Shelf) -> None:
    one, single = ask(shelf, "/api/library/books/b?max_records=10000", "/api//library/?fields=title")
    assert (one.json()["title"], one.json()["space"]["pages"]) == ("Beta", 20)
    assert single.json()["title"] == "the library"
    assert one.headers["content-type"] == "application/hal+json"


def test_return_records_false_gives_only_the_number(shelf: Shelf) -> None:
    assert get(shelf, "/api/library/books?return_records=False") == {"num_records": 3}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("query=*amm*&query_fields=title", "c"),
        ("query=*et*|a&query_fields=title,uuid", "ab"),
        ("query=town&query_fields=svm.name&title=!Alpha", "c"),
        ("query=Bob|village", "ab"),
        ("query=nowhere", ""),
    ],
)
def test_a_text_is_looked_for_in_several_fields_at_once(shelf: Shelf, query: str, found: str) -> None:
    assert uuids(get(shelf, f"/api/library/books?{query}")) == list(found)


def test_slashes_are_collapsed_and_a_second_question_mark_separates(shelf: Shelf) -> None:
    answer = get(shelf, "/api//library//books/?return_records=false?max_records=1")
    assert answer == {"num_records": 3}


def test_a_path_parameter_is_a_query_too(shelf: Shelf) -> None:
    of_all, of_one = ask(shelf, "/api/library/shelves/*/books", "/api/library/shelves/2/books")
    assert sorted(uuids(of_all.json())) == ["a", "b", "c"]
    assert uuids(of_one.json()) == ["b"]
    assert of_all.json()["records"][-1]["_links"]["self"]["href"] == "/api/library/shelves/2/books/b"


def test_a_tunnelled_request_sees_only_its_svm(shelf: Shelf) -> None:
    assert uuids(get(shelf, "/api/library/books", X_Dot_SVM_Name="village")) == ["b"]


def test_order_by_sorts_up_and_down_and_absent_values_last(shelf: Shelf) -> None:
    up, down, aged = ask(
        shelf,
        "/api/library/books?order_by=space.pages",
        "/api/library/books?order_by=space.pages desc",
        "/api/library/books?order_by=age",
    )
    assert uuids(up.json()) == ["b", "c", "a"]
    assert uuids(down.json()) == ["a", "c", "b"]
    assert uuids(aged.json())[0] == "b"


@pytest.mark.parametrize("order", ["", "&order_by=space.pages desc", "&order_by=read_at,title", "&order_by=age"])
def test_pages_show_every_lasting_record_once_while_others_come_and_go(order: str) -> None:
    shelf = Shelf()
    shelf.add(
        *(Book(uuid=f"u{n:02}", title=f"t{n}", pages=n % 3, age=timedelta(n) if n % 2 else None) for n in range(20))
    )
    seen: list[str] = []

    async def main() -> None:
        async with shelf.client() as client:
            path = f"/api/library/books?max_records=3&fields=title{order}"
            while path:
                page = (await client.get(path)).json()
                seen.extend(uuids(page))
                del shelf.books[uuids(page)[-1]]
                shelf.add(Book(uuid=f"new{len(seen)}", title="new", pages=1))
                path = page["_links"].get("next", {}).get("href", "")

    anyio.run(main)
    lasting = [uuid for uuid in seen if not uuid.startswith("new")]
    assert sorted(lasting) == [f"u{n:02}" for n in range(20)]


def test_the_last_page_has_no_next(shelf: Shelf) -> None:
    answer = get(shelf, "/api/library/books?max_records=3")
    assert "next" not in answer["_links"]


def test_what_is_not_simulated_is_named(shelf: Shelf) -> None:
    async def main() -> tuple[httpx.Response, httpx.Response]:
        async with shelf.client() as client:
            return await client.get("/api/storage/qtrees"), await client.delete("/api/library")

    path, method = anyio.run(main)
    assert path.status_code == 404
    assert "GET /api/storage/qtrees is not simulated by ontaplab" in path.json()["error"]["message"]
    assert method.status_code == 405
    assert "DELETE /api/library is not simulated by ontaplab" in method.json()["error"]["message"]


def test_head_and_options_are_answered(shelf: Shelf) -> None:
    async def main() -> tuple[httpx.Response, httpx.Response]:
        async with shelf.client() as client:
            return await client.head("/api/library/books"), await client.options("/api/library/books")

    head, options = anyio.run(main)
    assert (head.status_code, head.content) == (200, b"")
    assert "PATCH" in options.headers["allow"]


def test_a_wrong_password_is_refused(shelf: Shelf) -> None:
    async def main() -> httpx.Response:
        async with shelf.client(("admin", "guess")) as client:
            return await client.get("/api/library/books")

    answer = anyio.run(main)
    assert answer.status_code == 401
    assert "User is not authorized." in answer.json()["error"]["message"]


def test_calls_are_counted_by_route_and_asking_for_them_is_not(shelf: Shelf) -> None:
    async def claim() -> None:
        async with shelf.client() as client:
            await client.get("/api/library/books/a")
            await client.get("/api/library/books/missing")
            await client.patch("/api/library/books/a", json={"title": "x"})
            await client.patch("/api/library/books/a", json={"title": "y"}, params={"validate_only": "true"})
            counted = (await client.get("/lab/calls")).json()
            assert (counted["reads"], counted["writes"], counted["validations"]) == (2, 1, 1), "it asked, and no more"
            assert counted["routes"]["GET /library/books/{uuid}"] == 2
            await client.delete("/lab/calls")
            assert (await client.get("/lab/calls")).json() == {
                "reads": 0,
                "writes": 0,
                "validations": 0,
                "routes": {},
            }

    anyio.run(claim)
