"""The columns of a spreadsheet of figures, one figure per row, and their meanings.

Our own exports add the columns from `source_id` on, so that they can be read back without loss.
"""

COLUMNS: dict[str, str] = {
    "subject": "what the figure is about: the key, name or alias of an entity, created if it does not exist",
    "subject_identifier": "an identifier of the subject, such as iso3166:DE, by which it is found before its name",
    "metric": "the key or name of a metric, created if it does not exist",
    "scope": "which part is counted: the key or name of a scope of the metric, added if unknown; empty: not stated",
    "value": "the number; `≥ ≤ ~ > <` before it are the qualifier; or a phrase such as `ca. 300`",
    "lower": "the lower bound",
    "upper": "the upper bound",
    "interval_kind": "the kind of the bounds: range, ci90, ci95, ci99, p5_p95, iqr or other; or words such as 95% CI",
    "qualifier": "by default what follows: exact for a value, between for two bounds, at_least and at_most for one",
    "unit": "the unit of the numbers, such as USD or GPU.hour",
    "basis": "how the claimant came by the number; by default unstated",
    "method": "how it was found, in words",
    "period": "the time that the number is for: EDTF, a day, `Q1 2024`, `April 3, 2023`, or two with ` to ` between",
    "price_year": "the year of the prices, where money is meant as it was worth then",
    "claimant": "who says so; by default the publisher of the source, else an entity named after the source",
    "claimant_identifier": "an identifier of the claimant, such as lei:5493001KJTIIGC8Y1R12",
    "claimant_role": "first_party, third_party or unknown; by default inferred from what is a part of what",
    "statement": "the claim in words; by default made from the rest",
    "quote": "the words of the source",
    "locator": "where in the source: a page, a table",
    "asserted": "when it was said",
    "stated_as": "the number in the words of the source; alone it makes a vague figure",
    "source_title": "the title of the source; by default its address",
    "source_kind": "by default web_page where there is an address, else other",
    "source_url": "its address, by which it is known again",
    "source_published": "when it was published",
    "source_publisher": "who published it",
    "source_id": "the id of the source",
    "claim_id": "the id of the claim; rows with the same claim are figures of one",
    "claim_status": "active or retracted",
    "retracted_on": "when the claim was retracted",
    "speaks_for": "the id or key of the entity for whom the claimant speaks",
    "derived_from": "the id or key of the claim that this one repeats",
    "supersedes": "the id or key of the earlier claim that this one replaces",
    "figure_id": "the id of the figure",
    "precision": "one unit of the last stated digit of value; by default read from its digits",
    "relayed": "false for a number of the claimant's own in a claim that repeats another one",
}
EXPORTED = [name for name in COLUMNS if not name.endswith("_identifier")]  # keys name entities there
TEMPLATE = [name for name in COLUMNS if not name.endswith("_id")][:27]  # what people fill in
VERBATIM = ("statement", "quote", "method", "locator", "stated_as", "source_title", "source_publisher")  # kept as it is
REQUIRED = ("subject", "metric", "unit")
NUMBERS = ("value", "lower", "upper")
FIGURE = (*NUMBERS, "stated_as")  # one is required
SOURCE = ("source_title", "source_url", "source_id")  # one is required
# which words such as NA do not leave empty by default: names, and what is kept as it is
WITHOUT_MISSING_WORDS = frozenset({
    "subject", "metric", "scope", "claimant", "unit", "derived_from", "supersedes", "speaks_for", "source_id",
    "claim_id", "figure_id", *VERBATIM,
})  # fmt: skip
MISSING = frozenset({
    "na", "n/a", "n.a.", "n.a", "nan", "null", "none", "nil", "-", "\u2013", "\u2014", "--", "..", "...", "?",
    "missing", "unspecified", "not specified", "not available", "not applicable", "not stated", "not reported",
    "not given",
    "#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!",
})  # fmt: skip
DATES = ("period", "asserted", "source_published", "retracted_on")
