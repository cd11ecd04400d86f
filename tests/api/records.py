"""One of each kind of record, to test what all kinds have in common."""

from dataclasses import dataclass
from typing import Any

from tests.support import Api, claim, figure, seed

CLAIM_ID = "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e01"
FIGURE_ID = "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e02"
DISPUTE_ID = "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e03"


@dataclass(frozen=True)
class Kind:
    """How to create a record of a kind, and a change to it."""

    path: str
    body: dict[str, Any]
    patch: dict[str, Any]
    ref: str

    def __str__(self) -> str:
        return self.path.strip("/")


KINDS = [
    Kind("/sources", {"key": "memo", "kind": "filing", "title": "A memo"}, {"title": "The memo"}, "memo"),
    Kind("/entities", {"key": "firm", "kind": "organization", "name": "Firm"}, {"name": "The firm"}, "firm"),
    Kind("/metrics", {"key": "size", "name": "Size", "unit": "GPU"}, {"definition": "How large"}, "size"),
    Kind("/metrics/cost/scopes", {"key": "slice", "name": "Slice"}, {"name": "A slice"}, "slice"),
    Kind("/claims", claim("lab", figure("5"), key="first"), {"quote": "five"}, "first"),
    Kind("/figures", figure("5", id=FIGURE_ID, claim=CLAIM_ID), {"value": "6"}, FIGURE_ID),
    Kind(
        "/disputes",
        {"key": "quarrel", "disputed_claim": CLAIM_ID, "raised_by": "third", "type": "data", "rationale": "no"},
        {"status": "conceded"},
        "quarrel",
    ),
    Kind(
        "/equations",
        {
            "key": "halves",
            "name": "Full = part + other",
            "kind": "sum",
            "metric": "cost",
            "scope": "full",
            "parts": ["part", "other"],
            "complete": True,
        },
        {"definition": "By the annual report."},
        "halves",
    ),
    Kind(
        "/propositions",
        {"key": "was-copied", "text": "The model was copied.", "subject": "model"},
        {"scope_text": "By anybody."},
        "was-copied",
    ),
]


def prepare(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("analyst", id=CLAIM_ID))
