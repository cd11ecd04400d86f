"""The oracle on tiny worlds whose answers are known by hand: it must be right before it judges anything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.arithmetic import (
    Answer,
    Comparability,
    Drift,
    Measurand,
    Related,
    Settings,
    compare,
    measurands,
    span,
    stated_precision,
    used,
)
from tests.oracle.world import Claim, Entity, Figure, Metric, Scope, Source, World, random_world

PLAIN = Metric(additive="parts")
SIGNED = replace(PLAIN, signed=True)
BY_PERIOD = replace(PLAIN, over_time="by_period", additive="parts_and_time")
TOTAL = replace(PLAIN, over_time="running_total")
SCOPED = replace(PLAIN, scopes=(Scope("run"), Scope("pre", "run")))
PEOPLE = (
    Entity("opencorp"),
    Entity("officer", "person", "opencorp"),
    Entity("thing", "model"),
    Entity("owned", "model", "opencorp"),
    Entity("topic", "model"),
)
CONDITIONAL = "conditional"


def about(value: str, **fields: Any) -> Figure:
    return Figure(value, qualifier="about", **fields)


def between(lower: str, upper: str, **fields: Any) -> Figure:
    return Figure(lower=lower, upper=upper, qualifier="between", **fields)


def least(qualifier: str, lower: str, **fields: Any) -> Figure:
    return Figure(lower=lower, qualifier=qualifier, **fields)


def most(qualifier: str, upper: str, **fields: Any) -> Figure:
    return Figure(upper=upper, qualifier=qualifier, **fields)


def estimated(value: str, **fields: Any) -> Figure:
    return Figure(value, basis="estimated", **fields)


class WorldBuilder:
    """Collects claims, each with a source of its own."""

    def __init__(self, metric: Metric = PLAIN) -> None:
        self.metric = metric
        self.claims: list[Claim] = []
        self.sources: list[Source] = []

    def says(self, claimant: str, *figures: Figure | str, published: str | None = None, **fields: Any) -> str:
        number = len(self.claims)
        self.sources.append(Source(f"doc-{number}", published))
        stated = tuple(Figure(f) if isinstance(f, str) else f for f in figures)
        stated = tuple(replace(f, unit=self.metric.unit) if f.unit == "USD" else f for f in stated)
        plain: dict[str, Any] = {"key": f"c-{number}", "subject": "thing"}
        claim = Claim(claimant=claimant, source=f"doc-{number}", figures=stated, **(plain | fields))
        self.claims.append(claim)
        return claim.key

    @property
    def world(self) -> World:
        known = {e.key for e in PEOPLE}
        others = tuple(Entity(c) for c in dict.fromkeys(c.claimant for c in self.claims) if c not in known)
        return World(self.metric, PEOPLE + others, tuple(self.sources), tuple(self.claims))

    def answer(self, measurand: Measurand | None = None, **settings: Any) -> Answer:
        """The answer, which must not depend on the order of the claims."""
        asked = Settings(**settings)
        world = self.world
        at = measurand or measurands(world)[0]
        found = compare(world, at, asked)
        turned = compare(replace(world, claims=world.claims[::-1]), at, asked)
        for name in ("agreement", "gap", "difference", "least", "most", "gap_without_one", "verdict", "ratio"):
            assert getattr(found, name) == getattr(turned, name), name
        return found


def answer_to(*figures: Figure | str, metric: Metric = PLAIN) -> Answer:
    """Each figure from a claimant of its own: a, b, c …"""
    builder = WorldBuilder(metric)
    for claimant, figure in zip("abcdef", figures, strict=False):
        builder.says(claimant, figure)
    return builder.answer()


def relay_of(builder: WorldBuilder, origin: str, *figures: Figure | str, **fields: Any) -> list[Drift]:
    """What becomes of the figures in a relay by another."""
    key = builder.says("relayer", *figures, derived_from=origin, **fields)
    world = builder.world
    at = [m for m in measurands(world) if any(r[0] == key for r in compare(world, m).relays)]
    return [row for m in at for row in compare(world, m).drift if row.relay[0] == key]


def one_relay(origin: Figure | str, relay: Figure | str, metric: Metric = PLAIN, published: str | None = None) -> Drift:
    builder = WorldBuilder(metric)
    (row,) = relay_of(builder, builder.says("a", origin, published=published), relay)
    return row


def related_to(builder: WorldBuilder, at: Measurand) -> Related:
    (row,) = builder.answer(at).related
    return row


def test_1_the_pair_with_fewest_intervals_and_reasons_is_told() -> None:
    found = answer_to(
        Figure("10", price_year=2020),
        Figure("10", lower="10", upper="12", interval_kind="ci90", price_year=2024),
        Figure("5", basis="reported"),
    )
    assert (found.agreement, found.gap, found.interval_basis) == ("conflict", 2, "stated_limits")
    assert found.least is not None
    assert found.most is not None
    assert (found.least.voice, found.most.voice) == ("c", "a")
    assert (found.conflict_reasons, found.comparability) == (frozenset(), None)


def test_2_and_3_without_one() -> None:
    found = answer_to("1", "100", "100000", metric=SIGNED)
    assert found.gap == 100000
    assert found.gap_without_one is not None
    rest = found.gap_without_one.agreement
    assert (found.gap_without_one.claimant, rest.status) == ("c", "conflict")
    assert rest.conflict is not None
    assert (rest.conflict.gap, rest.conflict.a - rest.conflict.b) == (100, 99)
    alike = answer_to("1", "1", "100000", metric=SIGNED).gap_without_one
    assert alike is not None
    assert (alike.claimant, alike.agreement.status, alike.agreement.conflict) == ("c", "agree", None)


def test_4_all_that_a_claimant_says() -> None:
    builder = WorldBuilder()
    builder.says("a", "0", "1000000")
    builder.says("b", between("10", "20"))
    found = builder.answer()
    assert (found.agreement, found.agreeing, found.claimant_count) == ("mixed", 1, 2)
    assert (found.self_conflict, found.gap) == (True, None)


def test_5_rounding_of_a_hull() -> None:
    builder = WorldBuilder()
    builder.says("a", "12", "480")
    builder.says("b", "500")
    found = builder.answer()
    assert (found.agreement, found.gap, found.within_rounding) == ("conflict", Fraction(500, 480), True)
    assert (found.self_conflict, found.self_conflict_within_rounding) == (True, False)


def test_6_nothing_against_thousands() -> None:
    found = answer_to("0", "3000")
    assert (found.agreement, found.gap, found.difference) == ("conflict", None, 3000)
    assert found.relative_difference == 1


def test_7_officers_speak_with_the_voice_of_their_organization() -> None:
    builder = WorldBuilder()
    builder.says("opencorp", "100", subject="owned")
    builder.says("officer", "120", subject="owned")
    builder.says("c", "100", subject="owned")
    found = builder.answer()
    assert (found.claimant_count, found.agreement, found.agreeing, found.self_conflict) == (2, "agree", 2, True)


def test_8_a_claimant_who_rounds() -> None:
    builder = WorldBuilder()
    builder.says("a", "5576000", "5600000")
    found = builder.answer()
    assert (found.agreement, found.self_conflict, found.self_conflict_within_rounding) == ("single", True, True)


@pytest.mark.parametrize(
    ("metric", "numbers", "expected"),
    [
        (SCOPED, ("5576000", "5600000"), (True, True)),
        (replace(SCOPED, unit="USD/GPU.hour", additive="none"), ("2", "3"), (False, False)),
    ],
)
def test_9_and_10_parts_and_wholes(metric: Metric, numbers: tuple[str, str], expected: tuple[bool, bool]) -> None:
    builder = WorldBuilder(metric)
    builder.says("a", Figure(numbers[0], scope="run"))
    builder.says("b", Figure(numbers[1], scope="pre"))
    part, whole = Measurand("thing", "pre"), Measurand("thing", "run")
    found = builder.answer(part)
    assert (found.part_exceeds_whole, found.part_within_rounding) == expected
    for at, relation in ((part, "wider"), (whole, "narrower")):
        row = related_to(builder, at)
        assert (row.relation, row.part_exceeds_whole, row.within_rounding) == (relation, *expected)
    assert not builder.answer(whole).part_exceeds_whole


def totals(*said: tuple[str, str | Figure, str]) -> Answer:
    builder = WorldBuilder(TOTAL)
    for claimant, figure, asserted in said:
        builder.says(claimant, figure, asserted=asserted)
    return builder.answer()


def test_11_to_13_running_totals() -> None:
    found = totals(("a", "1000", "2023-10-31"), ("a", "37000", "2024-06-30"), ("b", "37100", "2024-06-30"))
    assert (found.agreement, found.gap, found.within_rounding) == ("conflict", Fraction(371, 370), True)
    assert (found.self_conflict, found.agreeing) == (False, None)
    found = totals(("a", "1000", "2023-10-31"), ("b", estimated("37100"), "2024-06-30"))
    assert (found.agreement, found.agreeing, found.verdict) == ("agree", None, "consistent")
    assert found.comparability == Comparability(CONDITIONAL, frozenset({"periods_differ"}))
    found = totals(("a", "40000", "2024-05-31"), ("b", "37100", "2024-06-30"))
    assert (found.agreement, found.gap) == ("conflict", Fraction(400, 371))


def test_14_said_years_apart() -> None:
    builder = WorldBuilder()
    builder.says("a", "1000", asserted="2021-01")
    builder.says("b", estimated("2000"), asserted="2024-06")
    found = builder.answer()
    assert found.ratio is not None
    assert (found.ratio.low, found.ratio.high) == (2, 2)
    assert found.comparability == Comparability(CONDITIONAL, frozenset({"asserted_apart"}))
    assert found.conflict_reasons == {"asserted_apart"}


def test_15_one_relay_stands_in() -> None:
    builder = WorldBuilder()
    origin = builder.says("a", "5", withdrawn=True)
    late = builder.says("b", "6", derived_from=origin, published="2025-01-05")
    early = builder.says("c", "5", derived_from=origin, published="2025-01-02")
    found = builder.answer()
    assert [u.claim.key for u in found.counting] == [early]
    assert found.relays == {(late, 0)}


def test_16_and_17_sides() -> None:
    found = answer_to("5", estimated("50"))
    assert found.ratio is not None
    assert (found.ratio.central, found.comparability) == (10, Comparability("comparable", frozenset()))
    assert found.verdict == "estimates_higher"
    alone = answer_to("5")
    assert (alone.verdict, alone.comparability, alone.agreement) == ("reported_only", None, "single")


def test_18_a_retracted_claim_counted_before() -> None:
    builder = WorldBuilder()
    builder.says("a", "5", published="2020", retracted=True, retracted_on="2023")
    assert builder.answer(as_of=date(2022, 12, 31)).figure_count == 1
    assert builder.answer(as_of=date(2023, 12, 30)).figure_count == 1
    assert builder.answer(as_of=date(2023, 12, 31)).figure_count == 0
    assert builder.answer().figure_count == 0


def test_19_and_20_periods() -> None:
    builder = WorldBuilder(BY_PERIOD)
    builder.says("a", Figure("150", period="2024-33"))
    builder.says("b", Figure("100", period="2024"))
    quarter, year = Measurand("thing", None, span("2024-33")), Measurand("thing", None, span("2024"))
    for at, relation in ((quarter, "containing_period"), (year, "within_period")):
        row = related_to(builder, at)
        assert (row.relation, row.part_exceeds_whole) == (relation, True)
        assert row.comparability == Comparability(CONDITIONAL, frozenset({"periods_differ"}))
    builder = WorldBuilder(BY_PERIOD)
    builder.says("a", Figure("6000", period="2022-02-24/2022-09-21"))
    builder.says("b", least("more_than", "50000", basis="estimated", period="2022-02-23/2022-09-20"))
    row = related_to(builder, measurands(builder.world)[0])
    assert row.ratio is not None
    assert (row.relation, row.ratio.low, row.ratio.low_open) == ("overlapping_period", Fraction(50, 6), True)
    assert row.comparability is not None
    assert (row.comparability.status, row.ratio.high) == (CONDITIONAL, None)


@pytest.mark.parametrize(
    ("value", "spread"),
    [("5576000", "5000"), ("1000000", "100000"), ("12", "1.2"), ("2048", "5"), ("2.00", "0.05")],
)
def test_21_how_much_about_allows(value: str, spread: str) -> None:
    builder = WorldBuilder()
    builder.says("a", about(value))
    interval = used(builder.world, builder.claims[0], 0, "USD", Settings()).interval
    assert interval.low == Fraction(value) - Fraction(spread)
    assert interval.high == Fraction(value) + Fraction(spread)


@pytest.mark.parametrize(("kind", "basis"), [(None, "stated_limits"), ("ci95", "probability_intervals")])
def test_22_whose_interval(kind: str | None, basis: str) -> None:
    assert answer_to(between("10", "20", interval_kind=kind), "30").interval_basis == basis


def test_23_another_currency_that_all_share() -> None:
    found = answer_to(Figure("35000000", unit="EUR"), Figure("350000000", unit="EUR"))
    assert (found.unit, found.gap) == ("EUR", 10)


def test_25_another_currency_in_a_copy() -> None:
    row = one_relay(Figure("350000000", unit="EUR"), "350000000")
    assert (row.result, row.factor, row.flags, row.listed) == ("drift", None, {"currency_changed"}, True)


def test_26_sharpened() -> None:
    assert one_relay(least("more_than", "100000000"), "10000000000").result == "sharpened"
    assert one_relay(most("at_most", "50000"), "50000").result == "sharpened"
    wide = about("1000000", lower="300000", upper="30000000", interval_kind="ci90")
    row = one_relay(wide, "29000000")
    assert (row.result, row.factor, row.listed) == ("sharpened", 29, True)


@pytest.mark.parametrize(
    ("relay", "result", "flags"),
    [
        (least("more_than", "5000000"), "weakened", set()),
        (about("5600000"), "rounded", set()),
        (Figure("5600000"), "rounded", set()),
        (Figure("5390000", price_year=2023), "repriced", {"price_year_changed"}),
        (Figure("29400000", price_year=2024), "drift", {"price_year_changed"}),
    ],
)
def test_27_what_became_of_a_number(relay: Figure, result: str, flags: set[str]) -> None:
    row = one_relay("5576000", relay, published="2024")
    assert (row.result, row.flags) == (result, flags)


def test_28_an_estimate_becomes_a_report() -> None:
    row = one_relay(estimated("1600000000"), "1600000000")
    assert (row.result, row.flags, row.listed) == ("same", {"basis_changed"}, True)


def test_29_an_own_number_inside_a_relay() -> None:
    builder = WorldBuilder()
    origin = builder.says("a", "294000")
    (row,) = relay_of(builder, origin, "294000", about("1000000", basis="estimated", relayed=False))
    assert row.result == "same"
    found = builder.answer()
    assert found.ratio is not None
    assert (found.ratio.central, found.figure_count) == (Fraction(1000, 294), 2)


def test_30_amounts_on_both_sides_of_zero() -> None:
    wide = between("-100", "1")
    found = answer_to("2", wide, metric=SIGNED)
    assert (found.agreement, found.difference, found.gap) == ("conflict", 1, None)
    for origin, relay, factor, difference in (
        ("2", wide, None, 1),
        ("-34", Figure("-100"), Fraction(100, 34), 66),
        ("-34", Figure("100"), None, 134),
    ):
        row = one_relay(origin, relay, metric=SIGNED)
        assert (row.result, row.factor, row.difference) == ("drift", factor, difference)


def test_31_to_33_scales() -> None:
    found = answer_to("7.4", "-0.3", metric=replace(SIGNED, unit="%", scale="interval", additive="none"))
    assert (found.difference, found.gap, found.relative_difference) == (Fraction("7.7"), None, None)
    ranks = answer_to("1", estimated("3"), metric=replace(PLAIN, unit="1", scale="ordinal", additive="none"))
    assert (ranks.agreement, ranks.gap, ranks.difference) == ("conflict", None, None)
    builder = WorldBuilder(SIGNED)
    builder.says("a", "100")
    builder.says("b", "300")
    builder.says("c", "-999", subject="topic")
    assert builder.answer(Measurand("thing")).gap == 3


def test_34_to_39_sides_and_what_else_is_said() -> None:
    assert answer_to("100", estimated("100"), Figure("1000", basis="alleged")).verdict == "consistent"
    found = answer_to(Figure("100", basis="alleged"), Figure("1000", basis="unstated"))
    assert (found.agreement, found.gap, found.verdict) == ("conflict", 10, "none")
    lower = answer_to("1000000", estimated("2340"))
    assert lower.ratio is not None
    assert (lower.verdict, round(1 / lower.ratio.low)) == ("estimates_lower", 427)
    twice = answer_to("100", "100", estimated("200"))
    assert twice.ratio is not None
    assert (twice.ratio.low, twice.ratio.high) == (2, 2)
    wide = answer_to("100", estimated("1000", lower="101", upper="1000000", interval_kind="ci90"))
    assert wide.ratio is not None
    assert (wide.ratio.low, wide.ratio.high, wide.ratio.central) == (Fraction(101, 100), 10000, 10)
    assert wide.within_rounding
    three = answer_to(about("100"), about("1000", basis="estimated"), least("at_least", "200", basis="estimated"))
    assert (three.verdict, three.gap) == ("estimates_higher", Fraction(900, 110))


def test_40_open_ends() -> None:
    found = answer_to(most("less_than", "50"), least("more_than", "100"))
    assert (found.agreement, found.gap, found.gap_open) == ("conflict", 2, True)


def test_41_a_role_that_is_not_given() -> None:
    builder = WorldBuilder()
    builder.says("opencorp", "5", subject="owned")
    (counted,) = builder.answer().counting
    assert counted.role == "first_party"


def test_42_chosen_sides() -> None:
    builder = WorldBuilder()
    builder.says("a", Figure("500", basis="projected"))
    builder.says("b", estimated("20"))
    found = builder.answer(sides=("projected", "estimated"))
    assert found.ratio is not None
    assert (found.ratio.low, found.ratio.high) == (Fraction(1, 25), Fraction(1, 25))


def test_44_one_sided_figures_of_one_claimant() -> None:
    builder = WorldBuilder()
    builder.says("a", least("more_than", "100000000"), "200000000")
    builder.says("b", "1000000000")
    assert builder.answer().gap == 5
    builder = WorldBuilder()
    builder.says("a", least("at_least", "100"), most("at_most", "300"))
    builder.says("b", "5000")
    assert builder.answer().gap == Fraction(5000, 300)


@pytest.mark.parametrize(
    ("numbers", "rounding"),
    [(("25", "26"), False), (("8700", "8751"), True), (("1000", "1999"), False), (("5576000", "5600000"), True)],
)
def test_45_rounding(numbers: Sequence[str], rounding: bool) -> None:
    found = answer_to(*numbers)
    assert (found.agreement, found.within_rounding) == ("conflict", rounding)


def test_46_near_zero() -> None:
    assert answer_to("-34", "-35", metric=SIGNED).gap == Fraction(35, 34)
    found = answer_to("0", least("more_than", "0"), metric=SIGNED)
    assert (found.agreement, found.relative_difference, found.gap) == ("conflict", 0, None)


def test_47_and_48_totals_at_their_days() -> None:
    found = totals(
        ("a", "1000", "2024-01"), ("a", "5000", "2024-03"), ("b", "4000", "2024-02"), ("b", "4500", "2024-04")
    )
    assert (found.agreement, found.gap) == ("conflict", Fraction(10, 9))
    assert totals(("a", "40000", "2024-06-30"), ("b", "37000", "2024")).agreement == "agree"
    found = answer_to(Figure("30000", period="2022-02-24/2023-12-31"), Figure("500", period="2024"), metric=TOTAL)
    assert found.agreement == "agree"
    sides = answer_to(Figure("30000", period="2022-02-24/2023-12-31"), estimated("500", period="2024"), metric=TOTAL)
    assert sides.comparability == Comparability(CONDITIONAL, frozenset({"periods_differ"}))


def test_50_a_number_moved_to_another_subject() -> None:
    builder = WorldBuilder()
    origin = builder.says("a", "5576000")
    (row,) = relay_of(builder, origin, "5576000", subject="topic")
    assert (row.result, row.flags, row.listed) == ("same", {"subject_changed"}, True)
    found = builder.answer(Measurand("topic"))
    assert (found.figure_count, found.origin_measurands) == (0, {Measurand("thing")})


def test_51_ends_included_and_employees_of_their_own_voice() -> None:
    assert one_relay(least("more_than", "100000000"), "100000000").result == "sharpened"
    builder = WorldBuilder()
    builder.says("opencorp", "100", subject="owned")
    builder.says("officer", "5000", subject="owned", speaks_for="officer")
    found = builder.answer()
    assert (found.agreement, found.gap) == ("conflict", 50)


def test_precision_is_read_from_the_digits() -> None:
    for amount, unit in (("2.00", "0.01"), ("294000", "1000"), ("5600000", "100000"), ("10.4", "0.1"), ("0", "1")):
        assert stated_precision(amount) == Fraction(unit)


def test_the_order_of_claims_never_matters() -> None:
    """All answers on random worlds, which must be computed without a fault."""
    for seed in range(60):
        world = random_world(seed)
        turned = replace(world, claims=world.claims[::-1])
        for at in measurands(world):
            one, other = compare(world, at), compare(turned, at)
            for name in ("agreement", "gap", "difference", "relative_difference", "verdict", "ratio", "relays"):
                assert getattr(one, name) == getattr(other, name), (seed, at, name)
