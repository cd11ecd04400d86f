"""Who may do what, and what an API key looks like."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.domain.access import Token, may_change, may_set_status, new_token, parse_token, reaches
from service.domain.vocabulary import DisputeStatus, Role

roles, statuses = st.sampled_from(Role), st.sampled_from(DisputeStatus)
before = st.none() | statuses


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


def test_a_secret_does_not_show_where_a_key_is_printed_by_mistake() -> None:
    token = new_token(str(UUID(int=1)))
    assert token.secret not in repr(token) + f"{[token]}"


@given(roles, roles, st.booleans(), statuses, before)
def test_a_higher_role_may_all_that_a_lower_one_may(
    one: Role, other: Role, own: bool, status: DisputeStatus, earlier: DisputeStatus | None
) -> None:
    low, high = (one, other) if reaches(other, one) else (other, one)
    assert may_change(low, own=own) <= may_change(high, own=own)
    assert may_set_status(low, status, earlier) <= may_set_status(high, status, earlier)


@given(statuses, before)
def test_a_contributor_raises_disputes_and_takes_them_back(
    status: DisputeStatus, earlier: DisputeStatus | None
) -> None:
    unchanged = status == (earlier or DisputeStatus.OPEN)
    taken_back = earlier is not None and status == DisputeStatus.TAKEN_BACK
    assert may_set_status(Role.CONTRIBUTOR, status, earlier) == (unchanged or taken_back)
    assert may_set_status(Role.CURATOR, status, earlier)
