"""The closed vocabularies. Each word has a meaning; `GET /v1` lists them all."""

from enum import StrEnum


class Word(StrEnum):
    """A word of a vocabulary: its value is used in the API, `meaning` is for people."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> "Word":
        word = str.__new__(cls, value)
        word._value_ = value
        word.meaning = meaning
        return word


class SourceKind(Word):
    PAPER = "paper", "a peer-reviewed or otherwise published paper"
    PREPRINT = "preprint", "a paper before or without review"
    NEWS_ARTICLE = "news_article", "an article in a newspaper, magazine or news site"
    ANALYST_REPORT = "analyst_report", "a report of a research firm or analyst"
    FILING = "filing", "a document filed with an authority"
    INTERVIEW = "interview", "a recorded conversation"
    SPEECH = "speech", "a talk or testimony"
    PRESS_RELEASE = "press_release", "a statement of an organisation to the press"
    DATASET = "dataset", "a table or database"
    WEB_PAGE = "web_page", "any other page of the web"
    SOCIAL_POST = "social_post", "a post or thread on a social network"
    BOOK = "book", "a book"
    OTHER = "other", "none of these"


class EntityKind(Word):
    ORGANIZATION = "organization", "a company, institute, authority or other body"
    PERSON = "person", "a natural person"
    GROUP = "group", "several parties named as one"
    MODEL = "model", "a trained model or a family of them"
    PRODUCT = "product", "a thing that is made or sold"
    EVENT = "event", "something that happened"
    PLACE = "place", "a country, region or site"
    OTHER = "other", "none of these"


class ClaimantRole(Word):
    FIRST_PARTY = "first_party", "the claimant is the subject or speaks for it"
    THIRD_PARTY = "third_party", "the claimant is someone else"
    UNKNOWN = "unknown", "it is not known which"


class ClaimStatus(Word):
    ACTIVE = "active", "the claim is current"
    SUPERSEDED = "superseded", "the same claimant has replaced it by another claim"
    RETRACTED = "retracted", "the claimant has taken it back"


class Scale(Word):
    RATIO = "ratio", "zero means none, so ratios mean something: money, counts"
    INTERVAL = "interval", "only differences mean something: °C, a percentage change"
    ORDINAL = "ordinal", "only the order means something: ranks"


class Additive(Word):
    NONE = "none", "parts do not add up to a whole: prices, shares, durations"
    PARTS = "parts", "parts add up to their whole"
    PARTS_AND_TIME = "parts_and_time", "parts add up to their whole, and so do periods: flows, not stocks"


class OverTime(Word):
    FIXED = "fixed", "one amount for all time"
    BY_PERIOD = "by_period", "each period has an amount of its own"
    RUNNING_TOTAL = "running_total", "a count that never falls: each figure is the total on its day"


class Basis(Word):
    REPORTED = "reported", "disclosed by someone in a position to know"
    ESTIMATED = "estimated", "inferred from other things"
    ALLEGED = "alleged", "asserted without showing how it is known"
    PROJECTED = "projected", "about the future; never counted in an aggregate"
    ASSUMED = "assumed", "an input of a calculation; never counted in an aggregate"
    UNSTATED = "unstated", "the source does not say"


class Qualifier(Word):
    EXACT = "exact", "this value"
    ABOUT = "about", "near this value: ± tolerance × |value|, and at most ± 5 × precision"
    BETWEEN = "between", "from lower to upper, both included"
    AT_LEAST = "at_least", "lower or more"
    MORE_THAN = "more_than", "more than lower"
    AT_MOST = "at_most", "upper or less"
    LESS_THAN = "less_than", "less than upper"
    VAGUE = "vague", "words only; listed, never computed with"


class IntervalKind(Word):
    RANGE = "range", "limits: the value lies within"
    CI90 = "ci90", "a 90% confidence or credible interval"
    CI95 = "ci95", "a 95% confidence or credible interval"
    CI99 = "ci99", "a 99% confidence or credible interval"
    P5_P95 = "p5_p95", "5th to 95th percentile"
    IQR = "iqr", "25th to 75th percentile"
    OTHER = "other", "another kind, named in the claim"


class DisputeType(Word):
    CONTRADICTS = "contradicts", "says that it is not so"
    SCOPE = "scope", "the number covers something else than it is taken for"
    METHOD = "method", "the way it was found does not hold"
    DATA = "data", "the data behind it are wrong"
    ATTRIBUTION = "attribution", "it was not they who said it"
    DEFINITION = "definition", "a word is used in another sense"
    CONTEXT = "context", "true, but misleading in its context"
    OUTDATED = "outdated", "it was so once"
    CORRECTION = "correction", "the right number is another"


class DisputeStatus(Word):
    OPEN = "open", "raised, not yet answered"
    CONCEDED = "conceded", "the disputed party has agreed"
    TAKEN_BACK = "taken_back", "whoever raised it no longer does"
    SUPERSEDED = "superseded", "replaced by another dispute"
    RESOLVED = "resolved", "settled, as the resolution says"


# disputes that still apply to the disputed claim
ACTIVE_DISPUTE_STATUSES = (DisputeStatus.OPEN, DisputeStatus.CONCEDED, DisputeStatus.RESOLVED)


class Agreement(Word):
    NONE = "none", "no figure that can be computed with"
    SINGLE = "single", "one claimant only"
    AGREE = "agree", "one value is held by a figure of each claimant; of running totals, none excludes another"
    MIXED = "mixed", "no value is held by all claimants, but none lies wholly above another"
    CONFLICT = "conflict", "all that one claimant says lies above all that another says"


class Verdict(Word):
    ESTIMATES_HIGHER = "estimates_higher", "every estimate lies above every reported figure"
    ESTIMATES_LOWER = "estimates_lower", "every estimate lies below every reported figure"
    THIRD_PARTY_HIGHER = "third_party_higher", "every third-party figure lies above every first-party one"
    THIRD_PARTY_LOWER = "third_party_lower", "every third-party figure lies below every first-party one"
    CONSISTENT = "consistent", "some figure of one side overlaps one of the other"
    MIXED = "mixed", "the sides' hulls overlap, but no two figures do"
    REPORTED_ONLY = "reported_only", "no estimate to compare with"
    ESTIMATED_ONLY = "estimated_only", "no reported figure to compare with"
    FIRST_PARTY_ONLY = "first_party_only", "no third-party figure to compare with"
    THIRD_PARTY_ONLY = "third_party_only", "no first-party figure to compare with"
    SECOND_HIGHER = "second_higher", "every figure of the second side lies above every one of the first"
    SECOND_LOWER = "second_lower", "every figure of the second side lies below every one of the first"
    FIRST_ONLY = "first_only", "no figure of the second side to compare with"
    SECOND_ONLY = "second_only", "no figure of the first side to compare with"
    NONE = "none", "neither side has a figure that can be computed with"


class ComparabilityStatus(Word):
    COMPARABLE = "comparable", "both numbers answer the same question"
    CONDITIONAL = "conditional", "a ratio is given; the reasons say on what it depends"
    NOT_COMPARABLE = "not_comparable", "no ratio can be given, for the reasons named"


class Reason(Word):
    SCOPE_NOT_STATED = "scope_not_stated", "a source does not say which part is counted"
    SCOPES_DIFFER = "scopes_differ", "different parts are counted"
    SUBJECTS_DIFFER = "subjects_differ", "the numbers are about different subjects"
    METRICS_DIFFER = "metrics_differ", "the numbers are of different kinds"
    PERIODS_DIFFER = "periods_differ", "the numbers are for different periods"
    PERIOD_APPROXIMATE = "period_approximate", "a period is only approximately known"
    PRICE_YEARS_DIFFER = "price_years_differ", "amounts in prices of different stated years"
    ASSERTED_APART = "asserted_apart", "the numbers were said more than a year apart"
    CONVERTED = "converted", "an amount was converted by the exchange rates of its days"
    RATE_DAY_ASSUMED = (
        "rate_day_assumed",
        "the rates are of the days when an amount was said: it states no period",
    )
    RESTATED = "restated", "an amount was restated in prices of another year"
    SIGNS_DIFFER = "signs_differ", "the amounts have different signs, or may have; no ratio"
    UNITS_DIFFER = "units_differ", "the units do not convert into each other; no ratio"
    NO_EXCHANGE_RATE = "no_exchange_rate", "different currencies without an exchange rate; no ratio"
    DENOMINATOR_ZERO = "denominator_zero", "the number to divide by is zero; no ratio"


class IntervalBasis(Word):
    STATED_LIMITS = "stated_limits", "the extremes are stated as limits"
    PROBABILITY_INTERVALS = "probability_intervals", "an extreme is an interval that may miss the truth"


class NotComputed(Word):
    VAGUE = "vague", "stated in words only"
    NO_EXCHANGE_RATE = "no_exchange_rate", "in another currency than the metric's, without an exchange rate"


class DriftResult(Word):
    SAME = "same", "the number was relayed as it was"
    ROUNDED = "rounded", "the number was rounded or truncated to its last stated digit"
    WEAKENED = "weakened", "the relay says less than its origin, and follows from it"
    REPRICED = "repriced", "the amount was restated in prices of another year"
    CONVERTED = "converted", "the amount was converted at the exchange rates of the origin's days"
    SHARPENED = "sharpened", "the relay says more than its origin, within what that allows"
    DRIFT = "drift", "the number has changed on the way"
    UNPAIRED = "unpaired", "no figure of the origin that it can be held against"


class DriftFlag(Word):
    SCOPE_CHANGED = "scope_changed", "the relay states another scope than its origin"
    SUBJECT_CHANGED = "subject_changed", "the relay is about another subject"
    PRICE_YEAR_CHANGED = "price_year_changed", "the relay states a price year that its origin does not"
    CURRENCY_CHANGED = "currency_changed", "the relay is in another currency"
    BASIS_CHANGED = "basis_changed", "an estimate, allegation or projection became a reported number"


class Relation(Word):
    WIDER = "wider", "counts all of this, and more"
    NARROWER = "narrower", "counts a part of this"
    SCOPE_NOT_STATED = "scope_not_stated", "one of the two does not say what it counts"
    OTHER = "other", "counts another part"
    WITHIN_PERIOD = "within_period", "is for a period within this one"
    CONTAINING_PERIOD = "containing_period", "is for a period that contains this one"
    OVERLAPPING_PERIOD = "overlapping_period", "is for a period that overlaps this one"


class DisagreementKind(Word):
    CONFLICT = "conflict", "different claimants exclude each other"
    SELF_CONFLICT = "self_conflict", "two figures of one claimant exclude each other"
    DRIFT = "drift", "a relayed number, or what it is said of, is not its origin's"
    PART_EXCEEDS_WHOLE = "part_exceeds_whole", "a part is said to be more than its whole"
    INCONSISTENCY = "inconsistency", "what is stated is not what follows from an equation"
    CONTESTED = "contested", "a proposition that one claimant supports and another denies"


class EquationKind(Word):
    PRODUCT = "product", "a metric is the product of others, each multiplied or divided by"
    SUM = "sum", "a scope of a metric is the sum of others"


class Consistency(Word):
    CONSISTENT = "consistent", "some amount fits both what is stated and what follows"
    WITHIN_ROUNDING = "within_rounding", "they differ by no more than the rounding of the stated numbers explains"
    INCONSISTENT = "inconsistent", "no amount fits both what is stated and what follows"
    SCOPE_GAP = "scope_gap", "the amounts are of different scopes, or a scope is not stated: no contradiction"
    NO_EXCHANGE_RATE = "no_exchange_rate", "an amount is in another currency, without an exchange rate"
    INCOMPLETE = "incomplete", "one term is missing; the answer says what it would have to be"
    DENOMINATOR_ZERO = "denominator_zero", "the amount to divide by is zero; nothing follows"


class CheckedBy(Word):
    CLAIMANT = "claimant", "the figures of one claimant"
    ACROSS = "across", "for each term, the figures that count of all claimants"
    RELAYED = "relayed", "what one source relays of one claimant"


class Stance(Word):
    SUPPORTS = "supports", "says that it is so"
    DENIES = "denies", "says that it is not so"
    NEUTRAL = "neutral", "discusses it and says neither"


class Hedge(Word):
    CERTAIN = "certain", "said to be certain"
    LIKELY = "likely", "said to be likely"
    POSSIBLE = "possible", "said to be possible"


class Operation(Word):
    CREATE = "create", "the record came to be"
    UPDATE = "update", "some of its fields, or what it embeds, changed"
    WITHDRAW = "withdraw", "it was withdrawn, with a reason"
    RESTORE = "restore", "its withdrawal was undone"


class Role(Word):
    """From the least to the most privileged: each may do all that the ones before it may."""

    READER = "reader", "reads where reading is not public"
    CONTRIBUTOR = "contributor", "creates records; amends, withdraws and restores its own; takes its own disputes back"
    CURATOR = "curator", "changes all records, and sets every status of a dispute"
    ADMIN = "admin", "makes and revokes API keys"


class ImportFormat(Word):
    JSONL = "jsonl", "JSON lines: one record a line, of every kind"
    CSV = "csv", "a table of figures as text, one a row"
    XLSX = "xlsx", "a table of figures in a workbook of Excel"
    ODS = "ods", "a table of figures in a workbook of LibreOffice or OpenOffice"
    CLAIMREVIEW = "claimreview", "fact checks: schema.org ClaimReview, or an answer of claims:search"


class ImportMode(Word):
    ATOMIC = "atomic", "all or nothing, in one transaction"
    PARTIAL = "partial", "in batches, all that can be taken"


class OnExisting(Word):
    REJECT = "reject", "a record that is stored with other content is not taken"
    UPDATE = "update", "a record that is stored with other content is changed to what the file says"
    KEEP = "keep", "a record that is stored with other content stays as it is"


class Encoding(Word):
    UTF_8 = "utf-8", "Unicode"
    UTF_16 = "utf-16", "Unicode, with a byte order mark"
    WINDOWS_1250 = "windows-1250", "Central European, of Windows"
    WINDOWS_1251 = "windows-1251", "Cyrillic, of Windows"
    WINDOWS_1252 = "windows-1252", "Western European, of Windows"
    ISO_8859_1 = "iso-8859-1", "Western European"
    ISO_8859_2 = "iso-8859-2", "Central European"
    ISO_8859_15 = "iso-8859-15", "Western European with the euro sign"
    GB18030 = "gb18030", "Chinese"
    BIG5 = "big5", "Traditional Chinese"
    SHIFT_JIS = "shift_jis", "Japanese"
    EUC_KR = "euc-kr", "Korean"


class Percent(Word):
    FRACTION = "fraction", "0.15 is shown as 15%"
    POINTS = "points", "15 is shown as 15%"


class OnUnreadable(Word):
    REJECT = "reject", "a value that is no number is not taken"
    VAGUE = "vague", "the words of a value that is no number are kept, as a vague figure"


class DateOrder(Word):
    MDY = "mdy", "1/31/2022"
    DMY = "dmy", "31/1/2022"
    YMD = "ymd", "2022/1/31"


VOCABULARIES: dict[str, type[Word]] = {
    "source_kind": SourceKind,
    "entity_kind": EntityKind,
    "claimant_role": ClaimantRole,
    "claim_status": ClaimStatus,
    "scale": Scale,
    "additive": Additive,
    "over_time": OverTime,
    "basis": Basis,
    "qualifier": Qualifier,
    "interval_kind": IntervalKind,
    "dispute_type": DisputeType,
    "dispute_status": DisputeStatus,
    "agreement": Agreement,
    "verdict": Verdict,
    "comparability": ComparabilityStatus,
    "comparability_reason": Reason,
    "interval_basis": IntervalBasis,
    "not_computed": NotComputed,
    "drift_result": DriftResult,
    "drift_flag": DriftFlag,
    "relation": Relation,
    "disagreement_kind": DisagreementKind,
    "equation_kind": EquationKind,
    "consistency": Consistency,
    "checked_by": CheckedBy,
    "stance": Stance,
    "hedge": Hedge,
    "operation": Operation,
    "role": Role,
    "import_format": ImportFormat,
    "import_mode": ImportMode,
    "on_existing": OnExisting,
    "date_order": DateOrder,
}
