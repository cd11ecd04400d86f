"""Values that random ones would hardly ever hit: dates, units, records of the demo, and versions as they stand."""

from typing import Any

import schemathesis
from hypothesis import strategies as st

DATES = ["2025", "2024-33~", "2025-01-10", "202X", "2024-01/2025-02", "../2020"]
UNITS = ["USD", "EUR", "GPU.hour", "USD/GPU.hour", "{people}", "FLOP"]
RECORDS = {
    "sources": ["deepseek-r1-nature", "techspot-2025-09-19"],
    "entities": ["deepseek", "deepseek-r1", "techspot"],
    "metrics": ["training-cost", "gpu-count"],
    "claims": ["r1-12", "sa-05"],
    "disputes": ["glenn-corrects-table"],
    "comparisons": ["deepseek-r1.training-cost.on-top-of-base", "gpt-4.training-cost"],
}
EVERY_REF = [ref for noun, refs in RECORDS.items() if noun != "comparisons" for ref in refs] + ["on-top-of-base"]

schemathesis.openapi.format("edtf", st.sampled_from(DATES))
schemathesis.openapi.format("unit", st.sampled_from(UNITS))
schemathesis.openapi.format("ref", st.sampled_from(EVERY_REF))


@schemathesis.hook
def flatmap_path_parameters(context: Any, parameters: dict[str, Any] | None) -> Any:
    """Half of all requests are about a record that is there."""
    known = RECORDS.get(context.operation.path.split("/")[2]) if "/v1/" in context.operation.path else None
    if not parameters or not known or "ref" not in parameters:
        return st.just(parameters)
    there = {"scope": "full"} if "scope" in parameters else {}
    return st.one_of(st.just(parameters), st.sampled_from(known).map(lambda ref: {**parameters, "ref": ref, **there}))


@schemathesis.hook
def flatmap_headers(_context: Any, headers: dict[str, Any] | None) -> Any:
    """Half of all changes are made to one of the first versions."""
    if not headers or "If-Match" not in headers:
        return st.just(headers)
    versions = st.integers(1, 4).map(lambda version: {**headers, "If-Match": f'"{version}-0123456789abcdef"'})
    return st.one_of(st.just(headers), versions)
