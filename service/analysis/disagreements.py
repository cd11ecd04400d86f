"""Where the sources disagree, of each kind, with the figures that say least and most."""

from collections.abc import Iterable

from service.db.engine import Connection
from service.domain.display import disagreement_sentence
from service.domain.interval import lies_above
from service.domain.vocabulary import DisagreementKind
from service.schemas.comparisons import Disagreement, DisagreementPage
from service.schemas.queries import DisagreementQuery
from service.store import disagreements, evidence
from service.store.comparisons import Filed as FiledMeasurand
from service.store.evidence import Filed

Extremes = tuple[str, str]


def page(connection: Connection, query: DisagreementQuery) -> DisagreementPage:
    """Measurands with a disagreement of `query.kind`, widest first."""
    if query.kind is DisagreementKind.PART_EXCEEDS_WHOLE:
        return _exceeding_parts(connection, query)
    found, cursor = disagreements.page(connection, query)
    extremes = [measurand.extremes(query.kind) for measurand in found]
    figures = _load(connection, extremes)
    items = [_shown(m, query.kind, pair, figures) for m, pair in zip(found, extremes, strict=True)]
    return DisagreementPage(items=items, next_cursor=cursor)


def _exceeding_parts(connection: Connection, query: DisagreementQuery) -> DisagreementPage:
    """`least` is the whole's figure that allows least, `most` the part's that demands most."""
    found, cursor = disagreements.exceeding_parts(connection, query)
    pairs = [(pair.whole_extremes["min_high"], pair.part.row["extremes"]["max_low"]) for pair in found]
    figures = _load(connection, pairs)
    items = [
        _shown(pair.part, query.kind, extremes, figures)
        for pair, extremes in zip(found, pairs, strict=True)
        if _excludes(figures[extremes[1]], figures[extremes[0]])
    ]
    return DisagreementPage(items=items, next_cursor=cursor)


def _excludes(part: Filed, whole: Filed) -> bool:
    upper, lower = part.evidence.interval, whole.evidence.interval
    return upper is not None and lower is not None and lies_above(upper, lower)


def _load(connection: Connection, pairs: Iterable[Extremes | None]) -> dict[str, Filed]:
    return evidence.of_figures(connection, {figure for pair in pairs if pair for figure in pair})


def _shown(
    measurand: FiledMeasurand, kind: DisagreementKind, pair: Extremes | None, figures: dict[str, Filed]
) -> Disagreement:
    least, most = (figures[figure] for figure in pair) if pair else (None, None)
    sentence = disagreement_sentence(kind, most.evidence, least.evidence) if least and most else None
    ends = {"least": least.compared() if least else None, "most": most.compared() if most else None}
    said = {"text": sentence} if sentence else {}
    return Disagreement.model_validate({**measurand.summarised, **said, "kind": kind, **ends})
