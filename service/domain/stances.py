"""Who supports a proposition and who denies it: each independent voice counts once, by its latest stance.

A claim that relays another one is no voice of its own. Where no claim that it repeats is on file with a stance, the
relay that could be read first stands in for the root of its chain, as with figures (`domain/stand_ins.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.domain.period import Period
from service.domain.vocabulary import ClaimantRole, Hedge, Stance


@dataclass(frozen=True, slots=True)
class TakenStance:
    """A stance as a claim takes it. `said` is the span of days on which it was asserted or, if that is not known,
    published; `keys` order claims whatever the order of arrival. Of a claim that relays others, `root` is the end of
    its chain, and `origin` the nearest claim of it that is on file with a stance, if there is one.
    """

    claim_id: str
    voice: str
    role: ClaimantRole
    stance: Stance
    hedge: Hedge | None
    said: Period | None
    readable_from: date | None
    keys: tuple[str, str, str]
    root: str | None = None
    origin: str | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """From the earliest to the latest; what has no date comes first."""
        days = (date.min, date.min) if self.said is None else (self.said.latest, self.said.earliest)
        return days, self.keys, self.stance, self.hedge or "", self.claim_id

    @property
    def reading_order(self) -> tuple[object, ...]:
        return self.readable_from or date.max, self.keys, self.claim_id


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice with its latest stance, the earlier ones, latest first, and the claims that relay them."""

    latest: TakenStance
    earlier: tuple[TakenStance, ...]
    relays: tuple[TakenStance, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    supports: int = 0
    denies: int = 0
    neutral: int = 0

    @property
    def contested(self) -> int:
        """How many voices stand against as many others: 0 unless one supports and one denies."""
        return min(self.supports, self.denies)


@dataclass(frozen=True, slots=True)
class Tally:
    voices: tuple[Voice, ...]

    def of(self, stance: Stance) -> list[Voice]:
        return [voice for voice in self.voices if voice.latest.stance is stance]

    @property
    def counts(self) -> Counts:
        return _counts(voice.latest.stance for voice in self.voices)


def _counts(stances: Iterable[Stance]) -> Counts:
    every = list(stances)
    return Counts(every.count(Stance.SUPPORTS), every.count(Stance.DENIES), every.count(Stance.NEUTRAL))


def tally(stances: Iterable[TakenStance]) -> Tally:
    every = list(stances)
    own, relays = _collapsed(every)
    by_voice: dict[str, list[TakenStance]] = defaultdict(list)
    for one in own:
        by_voice[one.voice].append(one)
    voices = []
    for said in by_voice.values():
        *earlier, latest = sorted(said, key=lambda one: one.order)
        copies = sorted((copy for one in said for copy in relays[one.claim_id]), key=lambda one: one.reading_order)
        voices.append(Voice(latest, tuple(reversed(earlier)), tuple(copies)))
    return Tally(tuple(sorted(voices, key=lambda voice: voice.latest.order)))


def _collapsed(stances: Sequence[TakenStance]) -> tuple[list[TakenStance], Mapping[str, list[TakenStance]]]:
    """The stances that count, and those that relay them, by the claim that counts."""
    own = [one for one in stances if one.root is None]
    orphans: dict[str, list[TakenStance]] = defaultdict(list)
    parents: dict[str, str] = {}
    for one in stances:
        if one.origin is not None:
            parents[one.claim_id] = one.origin
        elif one.root is not None:
            orphans[one.root].append(one)
    for alike in orphans.values():
        first, *others = sorted(alike, key=lambda one: one.reading_order)
        own.append(first)
        parents |= {one.claim_id: first.claim_id for one in others}
    counted = {one.claim_id for one in own}
    relays: dict[str, list[TakenStance]] = defaultdict(list)
    for one in stances:
        claim, seen = one.claim_id, set[str]()
        while claim in parents and claim not in seen:
            seen.add(claim)
            claim = parents[claim]
        if claim in counted and claim != one.claim_id:
            relays[claim].append(one)
    return own, relays


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    counts: Counts


def over_time(found: Tally) -> list[Day]:
    """The counts after each day on which a voice took a stance, by the last possible day. Undated ones are left out."""
    said = [
        (one.said.latest, one)
        for voice in found.voices
        for one in (voice.latest, *voice.earlier)
        if one.said is not None
    ]
    now: dict[str, Stance] = {}
    days: dict[date, Counts] = {}
    totals = dict.fromkeys(Stance, 0)
    for day, one in sorted(said, key=lambda pair: pair[1].order):
        if one.voice in now:
            totals[now[one.voice]] -= 1
        now[one.voice] = one.stance
        totals[one.stance] += 1
        days[day] = Counts(totals[Stance.SUPPORTS], totals[Stance.DENIES], totals[Stance.NEUTRAL])
    return [Day(day, counts) for day, counts in days.items()]


_VERBS = {Stance.SUPPORTS: "support", Stance.DENIES: "deny", Stance.NEUTRAL: "take no side"}
_SINGULAR = {Stance.SUPPORTS: "supports", Stance.DENIES: "denies", Stance.NEUTRAL: "takes no side"}
_MOST_NAMES = 3


def stances_text(names: Mapping[Stance, Sequence[str]]) -> str:
    """Who takes which stance, by the names of the voices."""
    sentences = [_sentence(stance, names[stance]) for stance in Stance if names.get(stance)]
    return " ".join(sentences) or "No claim on record takes a stance on it."


def _sentence(stance: Stance, names: Sequence[str]) -> str:
    shown = list(names) if len(names) <= _MOST_NAMES else [*names[: _MOST_NAMES - 1], _others(names)]
    verb = _SINGULAR[stance] if len(names) == 1 else _VERBS[stance]
    object_ = "" if stance is Stance.NEUTRAL else " it"
    subject = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{subject} {verb}{object_}."


def _others(names: Sequence[str]) -> str:
    return f"{len(names) - _MOST_NAMES + 1:,} others"
