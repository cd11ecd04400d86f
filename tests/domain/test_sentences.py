"""Every kind of sentence, beside the figures that it is about."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from service.domain.comparison import BY_PARTY, REPORTED_AND_ESTIMATED, SideChoice, compare
from service.domain.drift import hold
from service.domain.evidence import Evidence, metric_interval
from service.domain.figure import Stated
from service.domain.metric import MetricProperties
from service.domain.number import stated_precision
from service.domain.period import parse_period
from service.domain.sentences import part_text, summary_text, widest_drift_text
from service.domain.standing import excess, extent
from service.domain.units import convert
from service.domain.vocabulary import Basis, ClaimantRole, IntervalKind, OverTime, Qualifier, Scale
from tests.domain.strategies import make_evidence


@dataclass(frozen=True)
class Row:
    """Figures as `claimant [basis] [qualifier] numbers` and how the service puts them into words."""

    figures: str
    text: str
    unit: str = "USD"
    metric: MetricProperties | None = None
    sides: SideChoice = REPORTED_AND_ESTIMATED
    scope_stated: bool = True

    @property
    def properties(self) -> MetricProperties:
        return self.metric or MetricProperties(self.unit)


_BASES = {basis.value: basis for basis in Basis}
_QUALIFIERS = {
    "about": Qualifier.ABOUT,
    "at-least": Qualifier.AT_LEAST,
    "more-than": Qualifier.MORE_THAN,
    "at-most": Qualifier.AT_MOST,
    "less-than": Qualifier.LESS_THAN,
    "between": Qualifier.BETWEEN,
}
_NAMES = {
    "deepseek": "DeepSeek",
    "epoch": "Epoch AI",
    "semi": "SemiAnalysis",
    "press": "The Register",
    "altman": "Sam Altman",
    "openai": "OpenAI",
    "stats": "Eurostat",
}


def figures_of(row: Row) -> list[Evidence]:
    return [figure_of(words.split(), row.properties, place) for place, words in enumerate(row.figures.split("; "))]


def figure_of(words: list[str], metric: MetricProperties, place: int) -> Evidence:
    name, *rest = words
    basis = _BASES[rest.pop(0)] if rest[0] in _BASES else Basis.REPORTED
    qualifier = _QUALIFIERS[rest.pop(0)] if rest[0] in _QUALIFIERS else Qualifier.EXACT
    numbers = [rest.pop(0)]
    fields: dict[str, Any] = {"role": ClaimantRole.UNKNOWN}
    kind, unit = None, metric.unit
    while rest:
        word = rest.pop(0)
        if word in ("said", "for"):
            fields["said" if word == "said" else "period"] = parse_period(rest.pop(0))
        elif word == "prices":
            fields["price_year"] = int(rest.pop(0))
        elif word == "unit":
            unit = rest.pop(0)
        elif word in (ClaimantRole.FIRST_PARTY, ClaimantRole.THIRD_PARTY):
            fields["role"] = ClaimantRole(word)
        elif word == "copied":
            fields["is_relay"] = True
        elif word in [one.value for one in IntervalKind]:
            kind = IntervalKind(word)
        else:
            numbers.append(word)
    stated = _stated(qualifier, numbers, kind)
    conversion, currency = convert(unit, metric.unit, metric.scale)
    made = make_evidence(
        metric_interval(stated, signed=metric.signed, conversion=conversion),
        claimant=name,
        stated=stated,
        basis=basis,
        metric=metric,
        id=f"{name}-{place}",
        currency=currency,
        is_foreign=unit != metric.unit and currency is not None,
        factor=conversion.factor,
        **fields,
    )
    return replace(made, name=_NAMES.get(name, name.upper()))


def _stated(qualifier: Qualifier, numbers: list[str], kind: IntervalKind | None) -> Stated:
    if not numbers[0].lstrip("-").replace(".", "").isdigit():
        return Stated(Qualifier.VAGUE, stated_as=numbers[0].replace("_", " "))
    amounts = [Decimal(number) for number in numbers]
    if qualifier is Qualifier.BETWEEN:
        return Stated(qualifier, None, amounts[0], amounts[1], kind)
    if qualifier in (Qualifier.AT_LEAST, Qualifier.MORE_THAN):
        return Stated(qualifier, None, amounts[0], None)
    if qualifier in (Qualifier.AT_MOST, Qualifier.LESS_THAN):
        return Stated(qualifier, None, None, amounts[0])
    lower, upper = amounts[1:] if len(amounts) == 3 else (None, None)
    return Stated(qualifier, amounts[0], lower, upper, kind, precision=stated_precision(numbers[0]))


SIGNED = MetricProperties("USD", signed=True)
CHANGE = MetricProperties("%", scale=Scale.INTERVAL, signed=True)
RANK = MetricProperties("1", scale=Scale.ORDINAL)
TOTAL = MetricProperties("{drones}", over_time=OverTime.RUNNING_TOTAL)
SCOPED = MetricProperties("USD", has_scopes=True)
HOURS = MetricProperties("hour")

SUMMARIES = [
    # two sides
    Row(
        "deepseek 294000; epoch estimated about 1000000",
        "DeepSeek reported $294,000. Epoch AI estimated about $1 million: about 3.4 times as much.",
    ),
    Row("a 100; c 100; b estimated 200", "A and C reported $100. B estimated $200: 2 times as much."),
    Row("a 1000000; b estimated 2340", "A reported $1 million. B estimated $2,340: about 427 times lower."),
    Row("a 62900; b estimated between 100 925", "A reported $62,900. B estimated $100 to $925: 68 to 629 times lower."),
    Row(
        "a 100; b estimated 1000 101 1000000 ci90",
        "A reported $100. "
        "B estimated $1,000 ($101 to $1 million): about 10 times as much (1.01 to 10,000 times). "
        "Rounding can explain this. B's interval may miss the truth.",
    ),
    Row("a 100; b estimated 100", "A reported $100. B estimated $100: the same."),
    Row(
        "a 1000; b estimated 1004", "A reported $1,000. B estimated $1,004: about the same. Rounding can explain this."
    ),
    Row("a 100; b estimated 130 100 200", "A reported $100. B estimated $130 ($100 to $200): the two agree."),
    Row(
        "a about 100; b estimated about 1000; c estimated at-least 200",
        "A reported about $100. C estimated at least $200 and B about $1,000: 1.81 times as much or more. "
        "Two of the sources are further apart: A reported about $100, and B estimated about $1,000: "
        "8.18 times apart or more.",
    ),
    Row(
        "a less-than 50; b estimated more-than 100",
        "A reported less than $50. B estimated more than $100: more than 2 times as much.",
    ),
    Row(
        "a 300; b estimated at-least 1000", "A reported $300. B estimated at least $1,000: 3.33 times as much or more."
    ),
    Row("a at-most 1000; b estimated 200", "A reported at most $1,000. B estimated $200: the two agree."),
    Row(
        "a 10; a 20; b estimated 20; c estimated 30",
        "A reported $10 and $20. B estimated $20 and C $30: some of their figures agree, others do not. "
        "Two of the sources are further apart: A reported $20, and C estimated $30: 1.5 times apart. "
        "A's own figures exclude each other: $10 and $20, 2 times apart.",
    ),
    Row("a 0; b estimated 3000", "A reported $0. B estimated $3,000: $3,000 higher. There is no ratio to zero."),
    Row("a 0; b estimated 0", "A reported $0. B estimated $0: the same."),
    Row("a 80; b estimated 120", "A reported 80 hours. B estimated 120 hours: 1.5 times as much.", unit="hour"),
    Row("a 1; b estimated 80", "A reported 1 hour. B estimated 80 hours: 80 times as much.", unit="hour"),
    Row(
        "a 7.4; b estimated -0.3",
        "A reported 7.4%. B estimated −0.3%: 7.7 percentage points lower.",
        metric=CHANGE,
        unit="%",
    ),
    Row("a 1; b estimated 3", "A reported rank 1. B estimated rank 3.", metric=RANK, unit="1"),
    Row(
        "a 2000; b estimated 2040",
        "A reported 2,000 GPUs. B estimated 2,040 GPUs: 1.02 times as much. Rounding can explain this.",
        unit="GPU",
    ),
    Row(
        "a -50; b estimated 100",
        "A reported −$50. B estimated $100: $150 higher. "
        "The amounts have different signs, or may have, so no ratio is formed.",
        metric=SIGNED,
    ),
    Row("a -50; b estimated -100", "A reported −$50. B estimated −$100: 2 times as much.", metric=SIGNED),
    # conditions
    Row(
        "a 5576000 prices 2020; b estimated 9000000 prices 2024",
        "A reported $5.576 million. B estimated $9 million: about 1.61 times as much, in prices of different years.",
    ),
    Row(
        "a 1000 said 2021-01; b estimated 2000 said 2024-06",
        "A reported $1,000. B estimated $2,000: 2 times as much, said more than a year apart.",
    ),
    Row(
        "a 5; b estimated 50",
        "A reported $5. B estimated $50: 10 times as much, though the scope is not stated.",
        metric=SCOPED,
        scope_stated=False,
    ),
    Row(
        "a 100 for 2023; b estimated 300 for 2024",
        "A reported $100. B estimated $300: 3 times as much, for different periods.",
    ),
    Row(
        "a 100 for 2024~; b estimated 300 for 2024",
        "A reported $100. B estimated $300: 3 times as much, for a period that is only approximately known.",
    ),
    Row(
        "a 6000 unit EUR; b estimated 50000",
        "B estimated $50,000. The amounts are in different currencies, and there is no exchange rate. "
        "Left aside: 1 figure in another currency.",
    ),
    Row(
        "a 35000000 unit EUR; b 350000000 unit EUR",
        "A reported €35 million, and B reported €350 million: 10 times apart.",
    ),
    # one side
    Row("a 5", "A reported $5; no estimate to compare with."),
    Row("a estimated 5; b estimated 7", "A estimated $5, and B estimated $7: 1.4 times apart."),
    Row("a at-least 100; a at-most 300", "A reported at least $100 and at most $300; no estimate to compare with."),
    Row("openai alleged 100; b unstated 1000", "OpenAI alleged $100, and B gave $1,000: 10 times apart."),
    Row("a alleged 100", "A alleged $100."),
    Row("a alleged 100; b unstated 100; c alleged 100", "A and C alleged $100. B gave $100."),
    Row("a a_lot", "No figure counts. Left aside: 1 figure in words only."),
    Row(
        "a 100; b a_lot; c more_than_anyone",
        "A reported $100; no estimate to compare with. Left aside: 2 figures in words only.",
    ),
    Row("a projected 500; b assumed 20", "No figure counts."),
    Row("a 5 copied", "Only copies are on file; their origin is model.cost."),
    Row(
        "a projected 500; b estimated 20",
        "A projected $500. B estimated $20: 25 times lower.",
        sides=SideChoice(first=Basis.PROJECTED, second=Basis.ESTIMATED),
    ),
    Row(
        "a projected 500",
        "A projected $500; no estimate to compare with.",
        sides=SideChoice(first=Basis.PROJECTED, second=Basis.ESTIMATED),
    ),
    Row("a 100 first_party; b 400 third_party", "A reported $100. B reported $400: 4 times as much.", sides=BY_PARTY),
    Row("a 100 first_party", "A reported $100; no third-party figure to compare with.", sides=BY_PARTY),
    # disagreements
    Row(
        "altman more-than 100000000; press 50000000",
        "Sam Altman reported more than $100 million, and The Register reported $50 million: more than 2 times apart.",
    ),
    Row(
        "a 100; b 110; c 1000",
        "Two of 3 claimants are furthest apart: A reported $100, and C reported $1,000: 10 times apart.",
    ),
    Row(
        "a 100; b estimated 100; c alleged 1000",
        "A reported $100. B estimated $100: the same. "
        "Two of the sources are further apart: A reported $100, and C alleged $1,000: 10 times apart.",
    ),
    Row(
        "a 100; b 1000000; c estimated 500",
        "A reported $100 and B $1 million. "
        "C estimated $500: their ranges overlap, but no two of their figures do. "
        "Two of the sources are further apart: A reported $100, and B reported $1 million: 10,000 times apart.",
    ),
    Row(
        "a 5576000; b 5600000",
        "A reported $5.576 million, and B reported $5.6 million: less than 1% apart. Rounding can explain this.",
    ),
    Row(
        "a 8700; b 8751", "A reported $8,700, and B reported $8,751: about 1.01 times apart. Rounding can explain this."
    ),
    Row(
        "a 1000000; b 1003000; c 1000000",
        "Two of 3 claimants are furthest apart: A reported $1 million, and B reported $1.003 million: "
        "less than 1% apart. "
        "Rounding can explain this.",
    ),
    Row("a 0; b 3000", "A reported $0, and B reported $3,000: $3,000 apart."),
    Row("a between 10 20; b 30", "A reported $10 to $20, and B reported $30: 1.5 times apart or more."),
    Row(
        "a between 10 20 ci95; b 30",
        "A reported $10 to $20, and B reported $30: 1.5 times apart or more. A's interval may miss the truth.",
    ),
    Row(
        "stats between 10 20 ci95; b between 30 40 ci95",
        "B reported $30 to $40, and Eurostat reported $10 to $20: 1.5 times apart or more. "
        "B's and Eurostat's intervals may miss the truth.",
    ),
    Row(
        "a 0; a 1000000; b between 10 20",
        "A and B reported $0 to $1 million; no estimate to compare with. "
        "No value fits both claimants, but none lies wholly above another. "
        "A's own figures exclude each other: $0 and $1 million, $1 million apart.",
    ),
    Row("a 2; b between -100 1", "A reported $2, and B reported −$100 to $1: $1 or more apart.", metric=SIGNED),
    Row("a 1; b 3", "A reported rank 1, and B reported rank 3.", metric=RANK, unit="1"),
    Row(
        "a 7.4; b -0.3", "A reported 7.4%, and B reported −0.3%: 7.7 percentage points apart.", metric=CHANGE, unit="%"
    ),
    Row("a less-than 50; b at-least 50", "A reported less than $50, and B reported at least $50: no value fits both."),
    Row(
        "a 1234; b estimated between 5432 9876",
        "A reported $1,234. B estimated $5,432 to $9,876: 4.4 to 8.01 times as much.",
    ),
    Row("a at-least 1239; b estimated 100", "A reported at least $1,239. B estimated $100: 12.3 times lower or more."),
    Row("a 1; b 2; c 3", "Two of 3 claimants are furthest apart: A reported $1, and C reported $3: 3 times apart."),
    Row(
        "a estimated 1; b estimated 2; c estimated 2",
        "Two of 3 claimants are furthest apart: A estimated $1, and B estimated $2: 2 times apart.",
    ),
    # one claimant against themselves
    Row(
        "openai 100; openai 120",
        "OpenAI reported $100 and $120; no estimate to compare with. "
        "OpenAI's own figures exclude each other: $100 and $120, 1.2 times apart.",
    ),
    Row(
        "openai 100 said 2023-05; openai 250 said 2024-05",
        "OpenAI reported $100 and $250; no estimate to compare with. OpenAI changed from $100 to $250.",
    ),
    Row(
        "a 5576000; a 5600000",
        "A reported $5.576 million and $5.6 million; no estimate to compare with. "
        "A's own figures exclude each other: $5.576 million and $5.6 million, less than 1% apart. "
        "Rounding can explain this.",
    ),
    Row(
        "a 12; a 480; b 500",
        "A reported $480, and B reported $500: about 1.04 times apart. Rounding can explain this. "
        "A's own figures exclude each other: $12 and $480, 40 times apart.",
    ),
    # running totals
    Row(
        "a 1000 said 2023-10-31; b estimated 37100 said 2024-06-30",
        "A reported 1,000 drones. "
        "B estimated 37,100 drones: the totals are of different days, and neither excludes the other.",
        metric=TOTAL,
        unit="{drones}",
    ),
    Row(
        "a 40000 said 2024-05-31; b 37100 said 2024-06-30",
        "A reported 40,000 drones, and B reported 37,100 drones: about 1.08 times apart.",
        metric=TOTAL,
        unit="{drones}",
    ),
    Row(
        "a 40000 said 2024-05-31; a 37100 said 2024-06-30",
        "A reported 37,100 drones; no estimate to compare with. A's total fell from 40,000 drones to 37,100 drones.",
        metric=TOTAL,
        unit="{drones}",
    ),
    Row(
        "a 30000 for 2022-02-24/2023-12-31; b 500 for 2024",
        "B reported 500 drones; no estimate to compare with.",
        metric=TOTAL,
        unit="{drones}",
    ),
]


@pytest.mark.parametrize("row", SUMMARIES, ids=lambda row: row.figures)
def test_a_measurand_in_words(row: Row) -> None:
    found = compare(figures_of(row), sides=row.sides, scope_stated=row.scope_stated)
    unit = row.properties.unit if found.currency is None else found.currency
    assert summary_text(found, unit, "model.cost") == row.text


DRIFTS = [
    Row(
        "deepseek 5576000; press about 5600000",
        "The Register repeats about $5.6 million; DeepSeek reported $5.576 million: rounded from the original.",
    ),
    Row(
        "deepseek 5576000; press more-than 5000000",
        "The Register repeats more than $5 million; DeepSeek reported $5.576 million: "
        "weaker than what the origin says, and follows from it.",
    ),
    Row(
        "deepseek 5576000 said 2024; press 5390000 prices 2023",
        "The Register repeats $5.39 million; DeepSeek reported $5.576 million: restated in prices of another year.",
    ),
    Row(
        "deepseek 294000; press 29400000",
        "The Register repeats $29.4 million; DeepSeek reported $294,000: 100 times the original.",
    ),
    Row(
        "deepseek 29400000; press 294000",
        "The Register repeats $294,000; DeepSeek reported $29.4 million: the original number is 100 times as much.",
    ),
    Row(
        "altman more-than 100000000; press 10000000000",
        "The Register repeats $10 billion; Sam Altman reported more than $100 million: "
        "sharper than what the origin says.",
    ),
    Row(
        "a estimated about 1000000 300000 30000000 ci90; b estimated 29000000",
        "B repeats $29 million; A estimated about $1 million ($300,000 to $30 million): "
        "sharper than what the origin says (29 times the original).",
    ),
    Row(
        "a estimated 1600000000; b 1600000000",
        "B repeats $1.6 billion; A estimated $1.6 billion: "
        "the same number as the original; given as reported, which the original is not.",
    ),
    Row(
        "a 350000000 unit EUR; b 350000000",
        "B repeats $350 million; A reported €350 million: not the original number; in another currency.",
    ),
    Row(
        "a 2; b between -100 1",
        "B repeats −$100 to $1; A reported $2: at least $1 from the original.",
        metric=SIGNED,
    ),
    Row("a -34; b 100", "B repeats $100; A reported −$34: $134 from the original.", metric=SIGNED),
    Row("a 5; b a_lot", "B repeats “a lot”; A reported $5: cannot be computed with."),
    Row(
        "a 7.4; b 8.4",
        "B repeats 8.4%; A reported 7.4%: 1 percentage point from the original.",
        metric=CHANGE,
        unit="%",
    ),
]


@pytest.mark.parametrize("row", DRIFTS, ids=lambda row: row.figures)
def test_what_a_relay_made_of_a_number(row: Row) -> None:
    origin, relay = figures_of(row)
    assert widest_drift_text(hold(relay, origin), row.properties.unit) == row.text


PARTS = [
    Row("a 300; b 100", "A part is said to exceed its whole by a factor of 3 or more."),
    Row("a 5600000; b 5576000", "A part is said to exceed its whole. Rounding can explain this."),
    Row("a more-than 100; b 0", "A part is said to exceed its whole."),
]


@pytest.mark.parametrize("row", PARTS, ids=lambda row: row.figures)
def test_a_part_that_exceeds_its_whole(row: Row) -> None:
    part, whole = figures_of(row)
    found = excess(extent([part]), extent([whole]))
    assert found is not None
    assert part_text(found) == row.text
