"""What serving another copy gives up, and how it is told: measured from the copy that served last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from datamotion.model.plan import Loss
from datamotion.model.view import View
from datamotion.policy.consent import beyond, is_covered
from tests.datamotion.building import HOME, LYON, NICE, NOON, a_claim, a_cluster_view, a_mirror, a_target_view, a_volume
from tests.datamotion.policy.plans import (
    HOUR,
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    failed_over,
    failover,
    knowing,
    seen,
    served_at,
    settle,
)

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
THREE = (*LYON_TOOK_OVER, a_claim(NICE, 3, since=NOON - HOUR))


def lost_by(view: View, to: str, overrule: str | None = None) -> Loss:
    (loss,) = failover(view, to, overrule=overrule).losses
    return loss


def test_a_mirror_of_the_copy_that_served_last_lacks_what_came_after_its_snapshot() -> None:
    loss = lost_by(seen(paris=LOST), "gold-lyon")
    assert (loss.given_up_at, loss.kept, loss.age) == ("gold-paris", "snap.1", timedelta(minutes=30))
    assert loss.text == "at most the last 30 min of writes at gold-paris"


def test_a_mirror_of_a_copy_that_was_overtaken_lacks_all_that_came_since_however_fresh_it_looks() -> None:
    nice = knowing(a_target_view(NICE, "vol_1", lag=timedelta(seconds=5)), NICE, *LYON_TOOK_OVER)
    loss = lost_by(failed_over(lyon=LOST, nice=nice), "gold-nice")
    assert (loss.given_up_at, loss.age) == ("gold-lyon", DAY)
    assert loss.text == (
        "all writes at gold-lyon since 2031-05-03 12:00 UTC: this copy holds what gold-paris held 5 s ago"
    )


def test_a_mirror_that_was_older_than_the_takeover_lacks_more_than_came_since() -> None:
    nice = knowing(a_target_view(NICE, "vol_1", lag=WEEK), NICE, *LYON_TOOK_OVER)
    loss = lost_by(failed_over(lyon=LOST, nice=nice), "gold-nice")
    assert loss.age == WEEK
    assert loss.text.endswith("this copy holds what gold-paris held 7 d ago")


def test_a_copy_that_served_before_lacks_all_since_it_was_overtaken_first() -> None:
    view = failed_over(claims=THREE, nice=LOST, lyon=served_at(LYON, "vol_1", claims=THREE))
    home, lyon = lost_by(view, "gold-paris"), lost_by(view, "gold-lyon")
    assert (home.age, lyon.age) == (DAY, HOUR)
    assert home.text == (
        "all writes at gold-lyon and gold-nice since 2031-05-03 12:00 UTC: this copy holds what gold-paris held before"
    )
    assert lyon.text.startswith("all writes at gold-nice since 2031-05-04 11:00 UTC")


def test_how_much_is_lost_is_not_known_where_a_claim_between_is_not() -> None:
    claims = (a_claim(), a_claim(NICE, 3))
    view = failed_over(claims=claims, nice=LOST, lyon=a_cluster_view(LYON, claims=claims))
    assert lost_by(view, "gold-paris").age is None


def test_how_much_is_lost_is_not_known_of_a_copy_that_tells_no_age() -> None:
    assert lost_by(seen(paris=LOST, lyon=a_target_view(LYON, "vol_1", lag=None)), "gold-lyon").age is None
    nice = knowing(a_target_view(NICE, "vol_1", lag=None), NICE, *LYON_TOOK_OVER)
    assert lost_by(failed_over(lyon=LOST, nice=nice), "gold-nice").age is None
    broken = a_cluster_view(NICE, [a_served(backend=NICE)], claims=LYON_TOOK_OVER)
    assert lost_by(failed_over(lyon=LOST, nice=broken), "gold-nice").age is None


def test_of_two_of_one_epoch_the_kept_one_lacks_what_the_other_got_before_it_was_broken_off_too() -> None:
    claims = (a_claim(), a_claim(LYON, 2, since=NOON - HOUR), a_claim(NICE, 2, since=NOON - HOUR))
    lyon = a_cluster_view(LYON, [a_served()], [a_broken(lag=5 * HOUR)], claims=claims)
    view = failed_over(claims=claims, lyon=lyon, nice=served_at(NICE, "vol_1", claims=claims))
    (loss,) = settle(view, "gold-lyon").losses
    assert (loss.given_up_at, loss.age) == ("gold-nice", 5 * HOUR)


def test_a_partial_takeover_of_other_volumes_by_its_source_does_not_make_a_mirror_fresh() -> None:
    claims = (a_claim(), a_claim(LYON, 2, since=NOON - DAY), a_claim(HOME, 3, since=NOON - HOUR, partial=True))
    paris = a_cluster_view(HOME, [a_volume(), a_volume("vol_2")], claims=claims)
    view = failed_over(
        "vol_1",
        claims=claims,
        paris=paris,
        lyon=served_at(LYON, "vol_1", claims=claims),
        nice=knowing(a_target_view(NICE, "vol_1", lag=timedelta()), NICE, *claims),
    )
    losses = failover(view, "gold-nice", overrule="gold-paris", allow_partial=True).losses
    assert all(loss.age is None or loss.age >= DAY for loss in losses if loss.volume == "vol_1")


def test_losses_are_told_worst_first_those_of_unknown_size_before_all() -> None:
    names, lags = ("vol_1", "vol_2", "vol_3"), (HOUR, None, DAY)
    mirrors = [a_mirror(name, lag=lag) for name, lag in zip(names, lags, strict=True)]
    lyon = a_cluster_view(LYON, [a_volume(name, LYON) for name in names], mirrors)
    plan = failover(seen(*names, paris=LOST, lyon=lyon), "gold-lyon")
    assert [loss.age for loss in plan.losses] == [None, DAY, HOUR]


def test_what_is_served_already_gives_nothing_up_any_more() -> None:
    lyon = a_cluster_view(
        LYON,
        [a_served(), a_volume("vol_2", LYON)],
        [a_broken(), a_mirror("vol_2")],
        claims=(a_claim(), a_claim(LYON, 2, served=False)),
    )
    assert [loss.volume for loss in failover(seen("vol_1", "vol_2", paris=LOST, lyon=lyon)).losses] == ["vol_2"]


# -- consent


def a_loss(age: timedelta | None, volume: str = "vol_1", **changes: str) -> Loss:
    given_up_at, text = changes.get("given_up_at", "gold-paris"), changes.get("text", "some writes")
    return Loss(volume=volume, backend="gold-lyon", given_up_at=given_up_at, kept="snap.1", age=age, text=text)


def test_a_loss_may_grow_while_somebody_thinks_it_over_and_not_far_beyond() -> None:
    shown = [a_loss(HOUR)]
    assert beyond([a_loss(1.5 * HOUR + timedelta(minutes=1))], shown) == ()
    assert beyond([a_loss(2 * HOUR)], shown) == ("vol_1: 1 h when it was shown, 2 h now",)
    assert beyond([a_loss(timedelta(seconds=50))], [a_loss(timedelta())]) == ()
    assert beyond([a_loss(2.5 * HOUR)], [a_loss(timedelta())]) == ("vol_1: 0 s when it was shown, 2 h 30 min now",)


def test_a_loss_that_was_not_shown_was_not_agreed_to_and_the_worst_is_told_first() -> None:
    now = [a_loss(timedelta(), "vol_4"), a_loss(HOUR), a_loss(DAY, "vol_2"), a_loss(None, "vol_3")]
    told = beyond(now, [a_loss(HOUR, "vol_1", given_up_at="gold-nice")])
    assert [each.split(":")[0] for each in told] == ["vol_3", "vol_2", "vol_1", "vol_4"]
    assert told[0] == "vol_3: some writes, which was not shown"


def test_a_loss_whose_size_is_not_known_any_more_was_not_agreed_to() -> None:
    assert beyond([a_loss(None)], [a_loss(HOUR)]) == ("vol_1: some writes; it was 1 h",)
    assert beyond([a_loss(None)], [a_loss(None)]) == ()
    assert beyond([a_loss(HOUR)], [a_loss(None)]) == ()


def test_consent_is_for_one_volume_from_one_copy_to_another() -> None:
    agreed = [a_loss(HOUR)]
    assert is_covered(a_loss(DAY), agreed)
    assert not is_covered(a_loss(HOUR, "vol_2"), agreed)
    assert not is_covered(a_loss(HOUR, given_up_at="gold-nice"), agreed)
    assert not is_covered(replace(a_loss(HOUR), backend="gold-nice"), agreed)
