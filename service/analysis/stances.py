"""Who takes which stance on a proposition: the answer, with the words and the source of each claim."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from service.db.engine import Connection
from service.domain.stances import TakenStance as DomainStance
from service.domain.stances import Tally, Voice, over_time, stances_text, tally
from service.domain.vocabulary import ClaimantRole, Stance
from service.schemas.comparisons import Excluded
from service.schemas.propositions import PropositionRef
from service.schemas.queries import AsOfQuery
from service.schemas.stances import (
    PropositionPart,
    PropositionStances,
    StanceCount,
    StanceSide,
    TakenStance,
    VoiceStance,
)
from service.store.comparisons import stance_counts
from service.store.records import disputes, propositions
from service.store.rows import Values

MOST_VOICES = 200  # of each stance
MOST_OTHERS = 20  # earlier stances and relays of each voice
MOST_PARTS = 50
MOST_DISPUTES = 50
MOST_DAYS = 500  # the latest ones


def proposition_stances(connection: Connection, ref: str, query: AsOfQuery) -> PropositionStances:
    """Raises NotFound."""
    proposition = propositions.PROJECTION.read(connection, ref)
    parts = stance_counts.parts_of(connection, proposition.id, MOST_PARTS)
    every = stance_counts.taken(connection, [proposition.id, *parts], query.as_of)
    tallies = {one: tally(found.stances) for one, found in every.items()}
    claims = stance_counts.claims_shown(connection, {one for found in tallies.values() for one in _shown(found)})
    own, found = every[proposition.id], tallies[proposition.id]
    taken = [one.claim_id for part in every.values() for one in part.stances]
    about = [one for one in disputes.of_claims(connection, sorted(set(taken))) if one.may_be_open(query.as_of)]
    by_id = {one.id: one for one in disputes.PROJECTION.by_ids(connection, [one.id for one in about[:MOST_DISPUTES]])}
    return PropositionStances(
        proposition=proposition,
        as_of=query.as_of,
        recorded_as_of=query.recorded_as_of,
        **_sides(found, claims),
        over_time=[
            StanceCount(day=one.day, supports=one.counts.supports, denies=one.counts.denies, neutral=one.counts.neutral)
            for one in over_time(found)[-MOST_DAYS:]
        ],
        parts=_parts(connection, {part: tallies[part] for part in parts}, claims),
        disputes=[by_id[one.id] for one in about[:MOST_DISPUTES]],
        dispute_count=len(about),
        excluded=Excluded(undated=own.undated, not_yet_readable=own.not_yet_readable),
    )


def _shown(found: Tally) -> set[str]:
    """The claims that the answer shows."""
    shown = set()
    for stance in Stance:
        for voice in found.of(stance)[:MOST_VOICES]:
            every = (voice.latest, *voice.earlier[:MOST_OTHERS], *voice.relays[:MOST_OTHERS])
            shown |= {one.claim_id for one in every}
    return shown


def _sides(found: Tally, claims: Mapping[str, Values]) -> Values:
    """The fields that say who takes which stance."""
    return {
        "text": stances_text({stance: _names(found.of(stance), claims) for stance in Stance}),
        "contested": found.counts.contested > 0,
        **{str(stance): _side(found.of(stance), claims) for stance in Stance},
    }


def _names(voices: Sequence[Voice], claims: Mapping[str, Values]) -> list[str]:
    """The names of the voices; those of voices that are not shown are only counted."""
    return [claims[one.latest.claim_id]["voice"]["name"] if one.latest.claim_id in claims else "" for one in voices]


def _side(voices: Sequence[Voice], claims: Mapping[str, Values]) -> StanceSide:
    roles = Counter(voice.latest.role for voice in voices)
    return StanceSide(
        count=len(voices),
        first_party=roles[ClaimantRole.FIRST_PARTY],
        third_party=roles[ClaimantRole.THIRD_PARTY],
        unknown=roles[ClaimantRole.UNKNOWN],
        voices=[_voice(voice, claims) for voice in voices[:MOST_VOICES]],
    )


def _voice(voice: Voice, claims: Mapping[str, Values]) -> VoiceStance:
    return VoiceStance.model_validate(
        claims[voice.latest.claim_id]
        | {"stance": voice.latest.stance, "hedge": voice.latest.hedge}
        | {
            "earlier": _taken(voice.earlier[:MOST_OTHERS], claims),
            "earlier_count": len(voice.earlier),
            "relays": _taken(voice.relays[:MOST_OTHERS], claims),
            "relay_count": len(voice.relays),
        }
    )


def _taken(stances: Iterable[DomainStance], claims: Mapping[str, Values]) -> list[TakenStance]:
    shown = []
    for one in stances:
        fields = {name: value for name, value in claims[one.claim_id].items() if name != "voice"}
        shown.append(TakenStance.model_validate(fields | {"stance": one.stance, "hedge": one.hedge}))
    return shown


def _parts(connection: Connection, tallies: Mapping[str, Tally], claims: Mapping[str, Values]) -> list[PropositionPart]:
    by_id = {one.id: one for one in propositions.PROJECTION.by_ids(connection, list(tallies))}
    return [
        PropositionPart(
            proposition=PropositionRef(id=one, key=by_id[one].key, text=by_id[one].text), **_sides(found, claims)
        )
        for one, found in tallies.items()
    ]
