"""What one cluster may take: time, bytes, values, pages, depth. All that is read is counted at the other end."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import anyio
import httpx
import pytest

from datamotion.engine.ports import Unanswered
from datamotion.errors import ClusterSilent
from datamotion.model.view import EVERYTHING, Aspect
from datamotion.model.volume_acts import ModifyVolume
from datamotion.ontap.errors import MalformedRecord
from datamotion.ontap.transport import Transport
from tests.datamotion.ontap.served import VOLUME, a_wire
from tests.datamotion.ontap.wire import LIMITS, Sent, Wire, a_cluster, a_transport, act, always, read, records, run_on

KIB, MIB = 2**10, 2**20


class Stream(httpx.AsyncByteStream):
    """A body in parts, with a pause before each; `sent` is how much of it was taken."""

    def __init__(self, parts: Iterator[bytes], pause_s: float = 0) -> None:
        self._parts = parts
        self._pause_s = pause_s
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            await anyio.sleep(self._pause_s)
            self.sent += len(part)
            yield part


class Streaming(httpx.AsyncBaseTransport):
    """Answers every request with a new stream."""

    def __init__(self, make: Callable[[httpx.Request], Stream], **headers: str) -> None:
        self._make = make
        self._headers = headers
        self.streams: list[Stream] = []

    @property
    def sent(self) -> int:
        return sum(stream.sent for stream in self.streams)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.streams.append(self._make(request))
        return httpx.Response(200, stream=self.streams[-1], headers=self._headers, request=request)


def dripping(_: httpx.Request) -> Stream:
    return Stream((b" " for _ in itertools.count()), pause_s=1)


def flooding(_: httpx.Request) -> Stream:
    return Stream(b"[" * 64 * KIB for _ in itertools.count())


def ended(backend: str, over: httpx.AsyncBaseTransport) -> Exception:
    """How a read ends."""
    caught: list[Exception] = []

    async def go() -> None:
        async with a_transport(over) as transport:
            with pytest.raises((MalformedRecord, ClusterSilent)) as raised:
                await transport.get_records("/svm/svms", ("name",))
            caught.append(raised.value)

    run_on(backend, go)
    return caught[0]


def test_a_look_has_one_deadline_as_a_whole_however_steadily_it_drips() -> None:
    over = Streaming(dripping)

    async def three_at_once(transport: Transport) -> None:
        with transport.looking() as look:
            async with anyio.create_task_group() as tasks:
                for path in ("/svm/svms", "/svm/peers", "/storage/volumes"):
                    tasks.start_soon(look.get_records, path, ("name",))

    async def go() -> None:
        began_s = anyio.current_time()
        async with a_transport(over) as transport:
            with pytest.raises(ClusterSilent, match="did not answer within 120 s in all") as caught:
                await three_at_once(transport)
            assert "`look_timeout`" in (caught.value.hint or "")
        assert anyio.current_time() - began_s == pytest.approx(LIMITS.look_s)

    run_on("trio", go)
    assert len(over.streams) == 3


def test_pages_share_the_deadline_of_their_look() -> None:
    page = json.dumps({"records": [], "_links": {"next": {"href": "/api/svm/svms?start=NUMBER"}}})
    numbers = itertools.count()
    over = Streaming(lambda _: Stream(iter([page.replace("NUMBER", str(next(numbers))).encode()]), pause_s=7))
    assert "within 120 s in all" in str(ended("trio", over))
    assert len(over.streams) == 18, "120 s of 7 s each, and the one that was begun"


def test_a_change_has_a_deadline_as_a_whole_and_is_unanswered_then() -> None:
    over = Streaming(dripping)

    async def go() -> None:
        began_s = anyio.current_time()
        async with a_cluster(over) as cluster:
            changes = [ModifyVolume(uuid="v-1", comment="x"), ModifyVolume(uuid="v-2", size_bytes=7)]
            replies = await cluster.ask([act(change) for change in changes])
        for reply in replies:
            assert isinstance(reply, Unanswered)
            assert "did not answer within 60 s in all" in reply.error.message
        assert anyio.current_time() - began_s == pytest.approx(LIMITS.change_s)

    run_on("trio", go)


def test_a_change_whose_answer_is_too_long_is_unanswered_and_not_refused(backend: str) -> None:
    over = Streaming(flooding)

    async def go() -> None:
        async with a_cluster(over) as cluster:
            (reply,) = await cluster.ask([act(ModifyVolume(uuid="v-1", comment="x"))])
            assert isinstance(reply, Unanswered)
            assert "the answer is longer than 1 MiB" in reply.error.message

    run_on(backend, go)
    assert over.sent <= MIB + 64 * KIB


def test_an_answer_is_read_up_to_its_limit_and_no_further(backend: str) -> None:
    over = Streaming(flooding)
    error = ended(backend, over)
    assert "the answer is longer than 1 MiB" in str(error)
    assert "paris answered GET /api/svm/svms" in str(error)
    assert over.sent <= MIB + 64 * KIB


def test_all_answers_to_a_look_share_a_limit(backend: str) -> None:
    """Each page is within the limit of one answer; four of them are all that a look may have."""
    numbers = itertools.count()

    def page(_: Sent) -> httpx.Response:
        return records({"name": "x" * (MIB - KIB)}, following=f"/api/svm/svms?start={next(numbers)}")

    wire = Wire(page)
    with pytest.raises(MalformedRecord, match="the answer makes it more than 4 MiB in all"):
        read(backend, wire)
    assert len(wire.sent) == 5


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "x"])
def test_compressed_answers_are_neither_asked_for_nor_unfolded(backend: str, encoding: str) -> None:
    bomb = gzip.compress(b" " * 8 * MIB)
    over = Streaming(lambda _: Stream(iter([bomb])), **{"Content-Encoding": encoding})
    assert "is compressed" in str(ended(backend, over))
    assert over.sent == 0
    wire = always(records())
    read(backend, wire)
    assert wire.sent[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("path", ["/svm/svms", "/storage/volumes"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"records":' + "[" * 100_000, "is nested deeper than 32"),
        ('{"records":' + '{"a":' * 100_000, "is nested deeper than 32"),
        ('{"records":[' + "[" * 40 + "]" * 40 + "]}", "is nested deeper than 32"),
        ('{"records":[' + "{}," * 300_000 + "{}]}", "values in all"),
        ('{"records":[' + "1," * 500_000 + "1]}", "values in all"),
    ],
)
def test_nesting_and_the_number_of_values_are_bounded(path: str, body: str, said: str) -> None:
    async def go() -> None:
        async with a_cluster(always(httpx.Response(200, text=body))) as cluster:
            with pytest.raises(MalformedRecord, match=said):
                await cluster.observe({Aspect.SVMS if "svm" in path else Aspect.VOLUMES}, ["svm_gold"])

    run_on("trio", go)


def test_brackets_in_what_people_write_are_no_nesting(backend: str) -> None:
    text = "[{" * 100 + '"\\' + "]"
    assert read(backend, always(records({"name": text}))) == [{"name": text}]


@pytest.mark.parametrize(
    "following",
    [
        "/api/svm/svms?start=1",
        "/api/svm/svms?fields=name&max_records=10000",
    ],
)
def test_a_page_that_was_read_before_ends_the_listing(backend: str, following: str) -> None:
    wire = always(records({"name": "a"}, following=following))
    with pytest.raises(MalformedRecord, match="its next page is one that was read before"):
        read(backend, wire)
    assert len(wire.sent) <= 2


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.test/api/svm/svms?start=1",
        "//elsewhere.test/api/svm/svms?start=1",
        "/api/cluster/jobs?start=1",
        "/api/svm/svms/../../x",
        "svm/svms?start=1",
        "/api/svm/svms?a\x00",
        "/api/svm/svms?a\nb",
        "/api/svm/svms?\ud800",
        "/api/svm/svms?" + "x" * 70_000,
        "https://[",
    ],
)
def test_a_page_that_leads_elsewhere_ends_the_listing(backend: str, following: str) -> None:
    wire = always(records({"name": "a"}, following=following))
    with pytest.raises(MalformedRecord):
        read(backend, wire)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("links", ["x", [], {"next": "x"}, {"next": []}, {"next": {}}, {"next": {"href": 5}}])
@pytest.mark.parametrize("aspect", [Aspect.SVMS, Aspect.VOLUMES])
def test_a_listing_whose_end_cannot_be_told_is_not_taken_for_whole(backend: str, aspect: Aspect, links: object) -> None:
    wire = always(httpx.Response(200, json={"records": [], "_links": links}))

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            with pytest.raises(MalformedRecord, match=r"_links|next page"):
                await cluster.observe({aspect}, ["svm_gold"])

    run_on(backend, go)


def test_pages_end(backend: str) -> None:
    numbers = itertools.count()
    wire = Wire(lambda _: records(following=f"/api/svm/svms?start={next(numbers)}"))
    with pytest.raises(MalformedRecord, match="the answer goes on after 1000 pages"):
        read(backend, wire)
    assert len(wire.sent) == LIMITS.pages


def test_a_few_records_that_cannot_be_read_are_told_and_many_are_a_collection_that_cannot_be(backend: str) -> None:
    bad = {key: value for key, value in VOLUME.items() if key in ("uuid", "name")}

    async def go() -> None:
        limits = replace(LIMITS, illegible=3)
        async with a_cluster(a_wire(volumes=[bad] * 3 + [VOLUME]), limits=limits) as cluster:
            view = await cluster.observe({Aspect.VOLUMES}, ["svm_gold"])
            assert (len(view.volumes), len(view.unreadable)) == (1, 3)
        async with a_cluster(a_wire(volumes=[bad] * 4 + [VOLUME]), limits=limits) as cluster:
            with pytest.raises(MalformedRecord, match="record v-1 has no"):
                await cluster.observe({Aspect.VOLUMES}, ["svm_gold"])

    run_on(backend, go)


class Strange(Exception):
    """Of a class that nobody expects."""


@pytest.mark.parametrize("error", [Strange("x" * 5000), RecursionError("deep"), MemoryError(), OSError(5, "tls")])
def test_whatever_goes_wrong_makes_that_cluster_unseen_with_its_reason(backend: str, error: Exception) -> None:
    def answer(sent: Sent) -> httpx.Response:
        if sent.path.startswith("/api/storage/volumes"):
            raise error
        return a_wire().answer(sent)

    async def go() -> None:
        async with a_cluster(Wire(answer)) as cluster:
            with pytest.raises(MalformedRecord, match=type(error).__name__) as caught:
                await cluster.observe(EVERYTHING, ["svm_gold"])
            assert len(caught.value.message) < 1000
            (reply,) = await cluster.ask([act(ModifyVolume(uuid="v-1", comment="x"))])
            assert isinstance(reply, Unanswered)

    run_on(backend, go)


def test_what_a_cluster_says_in_its_refusal_is_cut(backend: str) -> None:
    refusal = {"error": {"code": "9" * 5000, "message": "no " * 100_000 + "\ud800"}}
    wire = always(httpx.Response(400, text=json.dumps(refusal)))
    with pytest.raises(Exception, match="no no no") as caught:
        read(backend, wire)
    assert len(str(caught.value)) < 700


def test_jobs_that_are_no_jobs_are_left_to_the_looks(backend: str) -> None:
    jobs = [{"uuid": each} for each in ("j-1", "a|b", "../x", "", 5, None, ["x"], "j\x1b")] + [None, "x"]
    wire = always(httpx.Response(202, json={"job": {"uuid": {}}, "jobs": jobs, "num_records": 1}))

    async def go() -> None:
        async with a_transport(wire) as transport:
            assert (await transport.patch("/storage/volumes", {})).jobs == ("j-1",)

    run_on(backend, go)


def test_a_whole_cluster_within_its_limits_is_read(backend: str) -> None:
    many = [VOLUME | {"uuid": f"v-{number}", "name": f"vol_{number}"} for number in range(900)]

    async def go() -> None:
        async with a_cluster(a_wire(volumes=many), limits=replace(LIMITS, answer_bytes=MIB)) as cluster:
            assert len((await cluster.observe(EVERYTHING, ["svm_gold"])).volumes) == 900

    run_on(backend, go)
