"""Who may do what, and what an API key looks like."""

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.domain.access import Token, hide_keys, may_change, new_token, overstep, parse_token, reaches
from service.domain.vocabulary import DisputeStatus, Role

roles, statuses = st.sampled_from(Role), st.sampled_from(DisputeStatus)


@given(st.uuids())
def test_a_key_is_read_as_it_was_written(key_id: UUID) -> None:
    token = new_token(str(key_id))
    assert parse_token(str(token)) == token
    assert token.fits(token.digest)


@given(st.text(max_size=120) | st.from_regex(r"ccl_[0-9a-fA-F]{30,34}_[0-9a-fA-F]{60,66}", fullmatch=True))
def test_whatever_else_is_no_key(text: str) -> None:
    token = parse_token(text)
    assert token is None or str(token) == text


def test_a_key_fits_its_own_digest_only() -> None:
    token, other = new_token(str(UUID(int=1))), new_token(str(UUID(int=1)))
    assert not token.fits(other.digest)
    assert not token.fits(None)
    assert not Token(token.id, "").fits(None)


def test_a_key_in_a_text_is_hidden() -> None:
    token = new_token(str(UUID(int=7)))
    assert hide_keys(f"/v1/keys/{token}") == f"/v1/keys/ccl_{UUID(int=7).hex}_***"


def test_a_secret_does_not_show_where_a_key_is_printed_by_mistake() -> None:
    token = new_token(str(UUID(int=1)))
    assert token.secret not in repr(token) + f"{[token]}"


states = st.fixed_dictionaries(
    {
        "status": statuses,
        "resolution": st.sampled_from([None, "So.", "Otherwise."]),
        "closed": st.sampled_from([None, "2025"]),
        "rationale": st.sampled_from(["Why", "Why not"]),
    }
)
OPEN = {"status": DisputeStatus.OPEN, "resolution": None, "closed": None, "rationale": "Why"}


@given(roles, roles, st.booleans(), states, st.none() | states)
def test_a_higher_role_may_all_that_a_lower_one_may(
    one: Role, other: Role, own: bool, after: dict[str, Any], before: dict[str, Any] | None
) -> None:
    low, high = (one, other) if reaches(other, one) else (other, one)
    assert may_change(low, own=own) <= may_change(high, own=own)
    assert overstep(low, after, before) is not None or overstep(high, after, before) is None


@given(states)
def test_a_contributor_raises_open_disputes_only(new: dict[str, Any]) -> None:
    plain = new | {"rationale": "Why"} == OPEN
    assert (overstep(Role.CONTRIBUTOR, new, None) is None) == plain


@given(states)
def test_an_author_takes_an_open_dispute_back_and_decides_nothing_else(after: dict[str, Any]) -> None:
    taken_back = after["status"] == DisputeStatus.TAKEN_BACK and after["resolution"] is None
    same = {**after, "rationale": "Why"} == OPEN
    assert (overstep(Role.CONTRIBUTOR, after, OPEN) is None) == (taken_back or same)
    assert overstep(Role.CURATOR, after, OPEN) is None


@given(st.sampled_from(["conceded", "superseded", "resolved"]), states)
def test_what_a_curator_has_closed_its_author_leaves_alone(status: str, after: dict[str, Any]) -> None:
    closed = {**OPEN, "status": status, "resolution": "So.", "closed": "2025"}
    assert (overstep(Role.CONTRIBUTOR, after, closed) is None) == (after == closed)
