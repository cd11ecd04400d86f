"""Values for the formats of our own in the OpenAPI document."""

import schemathesis
from hypothesis import strategies as st

DATES = ["2025", "2024-33~", "2025-01-10", "202X", "2024-01/2025-02", "../2020"]
UNITS = ["USD", "EUR", "GPU.hour", "USD/GPU.hour", "{people}", "FLOP"]

schemathesis.openapi.format("edtf", st.sampled_from(DATES))
schemathesis.openapi.format("unit", st.sampled_from(UNITS))
