"""POST, PATCH and DELETE."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import trio
import trio.testing

from ontaplab.errors import OntapError
from tests.ontaplab.wire.shelf import Book, Shelf


def on(shelf: Shelf, claim: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def main() -> None:
        async with shelf.client() as client:
            await claim(client)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def ask(shelf: Shelf, method: str, path: str, body: Any = None) -> httpx.Response:
    answers: list[httpx.Response] = []

    async def claim(client: httpx.AsyncClient) -> None:
        answers.append(await client.request(method, path, json=body))

    on(shelf, claim)
    return answers[0]


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.add(*(Book(uuid=uuid, title=uuid.upper()) for uuid in "abc"))
    return shelf


def test_a_creation_tells_where_the_object_is(shelf: Shelf) -> None:
    answer = ask(shelf, "POST", "/api/library/books/", {"title": "new", "pages": "100"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/library/books/u-new"
    assert answer.json() == {}
    assert shelf.books["u-new"].pages == 100


def test_return_records_brings_the_created_record(shelf: Shelf) -> None:
    answer = ask(shelf, "POST", "/api/library/books?return_records=true", {"title": "new", "pages": "1GB"}).json()
    assert answer["num_records"] == 1
    assert answer["records"][0]["space"]["pages"] == 1024**3


def test_dotted_names_and_bare_references_are_understood(shelf: Shelf) -> None:
    assert ask(shelf, "POST", "/api/library/books", {"title": "x", "shelf": "2", "lent": "true"}).status_code == 201
    assert ask(shelf, "POST", "/api/library/books", {"title": "y", "shelf.name": "2"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"title": "x", "colour": "red"}, "262179", "colour"),
        ({"title": "x", "shelf.colour": "red"}, "262179", "shelf.colour"),
        ({"title": "x", "pages": "many"}, "262197", "pages"),
        ({"title": "x", "lent": "perhaps"}, "262197", "lent"),
    ],
)
def test_a_body_with_a_wrong_name_or_value_is_refused_naming_it(
    shelf: Shelf, body: dict[str, Any], code: str, named: str
) -> None:
    answer = ask(shelf, "POST", "/api/library/books", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert named in answer.json()["error"]["message"]
    assert len(shelf.books) == 3


def test_a_body_that_is_no_json_object_is_refused(shelf: Shelf) -> None:
    async def claim(client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/library/books", content=b"{")).status_code == 400
        assert (await client.post("/api/library/books", json=[1])).status_code == 400

    on(shelf, claim)


def test_what_takes_a_job_is_accepted_with_its_link(shelf: Shelf) -> None:
    shelf.slow = True
    answer = ask(shelf, "PATCH", "/api/library/books/a", {"title": "x"})
    assert answer.status_code == 202
    assert answer.json() == {"job": {"uuid": "job-0", "_links": {"self": {"href": "/api/cluster/jobs/job-0"}}}}


def test_return_timeout_waits_for_the_job_and_no_longer(shelf: Shelf) -> None:
    shelf.slow = True

    async def claim(client: httpx.AsyncClient) -> None:
        answers: list[httpx.Response] = []

        async def change() -> None:
            answers.append(await client.patch("/api/library/books/a?return_timeout=15", json={"pages": 1}))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(change)
            await trio.sleep(10)
            shelf.jobs[0].end()
        assert answers[0].status_code == 200
        assert answers[0].json()["job"]["uuid"] == "job-0"
        began = trio.current_time()
        late = await client.patch("/api/library/books/a?return_timeout=15", json={"pages": 1})
        assert late.status_code == 202
        assert trio.current_time() - began == pytest.approx(15)

    on(shelf, claim)


def test_a_job_that_fails_within_return_timeout_is_the_reply(shelf: Shelf) -> None:
    shelf.slow = True

    async def claim(client: httpx.AsyncClient) -> None:
        async with trio.open_nursery() as nursery:

            async def fail() -> None:
                await trio.sleep(1)
                shelf.jobs[0].end(OntapError(400, "99", "no room"))

            nursery.start_soon(fail)
            answer = await client.post("/api/library/books?return_timeout=5", json={"title": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "99")

    on(shelf, claim)


def test_a_query_changes_every_match_and_lists_their_jobs(shelf: Shelf) -> None:
    shelf.slow = True
    answer = ask(shelf, "PATCH", "/api/library/books?uuid=a|c", {"title": "x"})
    assert answer.status_code == 202
    assert [job["uuid"] for job in answer.json()["jobs"]] == ["job-0", "job-1"]
    assert answer.json()["num_records"] == 2
    assert [book.title for book in shelf.books.values()] == ["x", "B", "x"]


def test_a_query_that_changes_one_names_its_job_both_ways(shelf: Shelf) -> None:
    shelf.slow = True
    answer = ask(shelf, "PATCH", "/api/library/books?title=A", {"title": "x"}).json()
    assert answer["job"] == answer["jobs"][0]


def test_a_query_that_matches_nothing_and_a_change_without_a_query_are_refused(shelf: Shelf) -> None:
    assert ask(shelf, "PATCH", "/api/library/books?title=Z", {"title": "x"}).json()["error"]["code"] == "4"
    assert ask(shelf, "DELETE", "/api/library/books").status_code == 400
    assert len(shelf.books) == 3


def test_the_first_refusal_ends_a_change_of_many(shelf: Shelf) -> None:
    shelf.refused = {"b"}
    answer = ask(shelf, "PATCH", "/api/library/books?uuid=*", {"title": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "77")
    assert [book.title for book in shelf.books.values()] == ["x", "B", "C"]


def test_continue_on_failure_goes_on_and_collects_the_refusals(shelf: Shelf) -> None:
    shelf.refused = {"b"}
    answer = ask(shelf, "PATCH", "/api/library/books?uuid=*&continue_on_failure=true", {"title": "x"})
    assert answer.status_code == 200
    assert answer.json()["num_records"] == 2
    assert [error["message"] for error in answer.json()["errors"]] == ["B may not change"]
    assert [book.title for book in shelf.books.values()] == ["x", "B", "x"]


def test_continue_on_failure_collects_the_jobs_that_failed_in_time_too(shelf: Shelf) -> None:
    shelf.slow = True

    async def claim(client: httpx.AsyncClient) -> None:
        async with trio.open_nursery() as nursery:

            async def end() -> None:
                await trio.sleep(1)
                for number, job in enumerate(shelf.jobs):
                    job.end(OntapError(400, "99", "no room") if number == 1 else None)

            nursery.start_soon(end)
            query = "uuid=*&continue_on_failure=true&return_timeout=5"
            answer = await client.patch(f"/api/library/books?{query}", json={"title": "x"})
        assert (answer.status_code, len(answer.json()["jobs"])) == (200, 3)
        assert [error["code"] for error in answer.json()["errors"]] == ["99"]

    on(shelf, claim)


def test_a_list_of_records_creates_changes_and_removes_each(shelf: Shelf) -> None:
    created = ask(shelf, "POST", "/api/library/books", {"records": [{"title": "n1"}, {"title": "n2"}]})
    assert (created.status_code, created.json()["num_records"]) == (201, 2)
    changes = {"records": [{"uuid": "a", "title": "x"}, {"uuid": "b", "pages": 7}]}
    assert ask(shelf, "PATCH", "/api/library/books", changes).status_code == 200
    assert (shelf.books["a"].title, shelf.books["b"].pages) == ("x", 7)
    removed = ask(shelf, "DELETE", "/api/library/books", {"records": [{"uuid": "a"}, {"uuid": "b"}]})
    assert removed.json() == {"num_records": 2}
    assert sorted(shelf.books) == ["c", "u-n1", "u-n2"]


def test_an_empty_change_is_accepted_and_no_body_too(shelf: Shelf) -> None:
    assert ask(shelf, "PATCH", "/api/library/books/a", {}).status_code == 200
    assert ask(shelf, "PATCH", "/api/library/books/a").status_code == 200
