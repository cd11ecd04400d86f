"""The entry point: links to all resources, and all vocabularies with their meanings, for forms."""

from functools import cache
from importlib.metadata import version

from babel import Locale

from service.api.route import router
from service.domain.units import currencies, unit_words
from service.domain.vocabulary import VOCABULARIES
from service.schemas.meta import Links, Service, Term, Vocabularies

routes = router("service")


@routes.get("")
def read_service() -> Service:
    """Returns links to all resources, and the vocabularies of the service with their meanings."""
    return _service()


@cache
def _service() -> Service:
    words = {
        name: [Term(value=word.value, meaning=word.meaning) for word in vocabulary]
        for name, vocabulary in VOCABULARIES.items()
    }
    names = Locale("en").currencies
    return Service(
        name="Counterclaim",
        version=version("counterclaim"),
        links=Links(
            sources="/v1/sources",
            entities="/v1/entities",
            metrics="/v1/metrics",
            claims="/v1/claims",
            figures="/v1/figures",
            disputes="/v1/disputes",
            comparisons="/v1/comparisons",
            between="/v1/comparisons/between",
            disagreements="/v1/disagreements",
            contested_claims="/v1/disagreements/claims",
            equations="/v1/equations",
            consistency="/v1/consistency",
            propositions="/v1/propositions",
            positions="/v1/positions",
            tables="/v1/tables",
            facets="/v1/facets",
            changes="/v1/changes",
            changes_stream="/v1/changes/stream",
            subscriptions="/v1/subscriptions",
            search="/v1/search",
            drafts="/v1/drafts",
            reconcile_entities="/v1/reconcile/entities",
            reconcile_sources="/v1/reconcile/sources",
            imports="/v1/imports",
            import_template="/v1/imports/template.csv",
            export="/v1/export.jsonl",
            export_figures="/v1/export.csv",
            keys="/v1/keys",
            me="/v1/me",
            openapi="/openapi.json",
            docs="/docs",
        ),
        vocabularies=Vocabularies(
            **words,
            unit=[Term(value=symbol, meaning=name) for symbol, name in unit_words().items()],
            currency=[Term(value=code, meaning=names.get(code, code)) for code in sorted(currencies())],
        ),
    )
