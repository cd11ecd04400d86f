"""Settings, read from environment variables such as COUNTERCLAIM_DATABASE_URL. Used by app, cli and migrations only."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

from limits import parse
from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEFAULT_DATABASE = "sqlite:///var/counterclaim.db"


def _split(raw: object) -> object:
    return [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw


_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?"), "https://example.org, without a path"
_SHAPES = {
    "trusted_hosts": (re.compile(r"(\*\.)?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]"), "api.example.org or *.example.org"),
    "embed_origins": _ORIGIN,
    "cors_origins": _ORIGIN,
}
Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]  # comma-separated


def _put_in(url: str, password: str) -> str:
    """Returns the URL with the password added, unless it already has one or has no user name."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at or ":" in user:
        return url
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="COUNTERCLAIM_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        DEFAULT_DATABASE,
        description="`sqlite:///path/to/file.db`, or `postgresql://user:password@host/database`",
    )
    database_read_url: str | None = Field(
        None, description="a streaming replica of the PostgreSQL database, used for reads"
    )
    database_password_file: Path | None = Field(
        None, description="a file with the password of both, so that their URLs need not contain it"
    )
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    read_only: bool = Field(
        False, description="whether changes are refused (403), so that the database needs no right to write"
    )
    public_reads: bool = Field(True, description="whether reading needs no key; writing always does")
    bootstrap_key_file: Path | None = Field(
        None,
        description="a file that holds the first admin key; without it, `serve` prints a key if none exists",
    )
    trusted_hosts: Names = Field(
        ["*"],
        min_length=1,
        description="names by which the service may be called (`Host`), such as `api.example.org,*.example.net`",
    )
    trusted_proxies: Names = Field(
        [], description="addresses or networks of proxies whose `X-Forwarded-For` and `-Proto` are trusted"
    )
    cors_origins: Names = Field([], description="origins whose pages may call the service from a browser; `*` for all")
    embed_origins: Names = Field(
        [], description="origins whose pages may show `/embed/comparisons/…` in an iframe; `*` for all"
    )
    outbound_allowed_networks: Names = Field(
        [],
        description="networks to which subscriptions may lead although they are not public, also by plain HTTP",
    )
    doi_lookup_url: str | None = Field(
        None, description="where DOIs are looked up, such as `https://api.crossref.org/works/`; off without it"
    )
    isbn_lookup_url: str | None = Field(
        None,
        description="where ISBNs are looked up, such as"
        " `https://openlibrary.org/api/books?format=json&jscmd=data&bibkeys=ISBN:`; off without it",
    )
    page_lookup: bool = Field(False, description="whether pages are read for the data of new sources")
    licence: str | None = Field(None, max_length=100, description="of charts, written into each picture: `CC BY 4.0`")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="largest request body that is read")
    max_import_bytes: int = Field(268_435_456, ge=1024, description="largest file that `/v1/imports` takes")
    import_seconds: float = Field(
        600, gt=0, description="within which a file must be imported; a partial import then stops after a whole batch"
    )
    response_cache_bytes: int = Field(
        16_777_216,
        ge=0,
        description="size of the response cache, whose responses are valid until anything changes; 0 turns it off",
    )
    request_seconds: float = Field(
        20, gt=0, le=600, description="within which a request must have arrived: its head, then its body"
    )
    public_actor_names: bool = Field(
        False, description="whether the names of keys are shown in the history to callers without a key"
    )
    rate_limits: bool = Field(True, description="whether the three rates below are enforced")
    failed_logins: str = Field("20/minute", description="failed logins per address; more get 429")
    writes_per_key: str = Field("600/minute", description="writes per key; more get 429")
    drafts_per_address: str = Field("60/minute", description="texts per address whose numbers are read; more get 429")
    access_log: bool = Field(True, description="whether each request is logged")
    postgres_bin: Path | None = Field(
        None, description="folder of `pg_dump` and `pg_restore`, where they are not on the PATH; for backups"
    )
    home_comparison: Names = Field(
        [], description="two measurands that the home page compares, such as `a.training-cost,b.training-cost`"
    )
    drain_seconds: float = Field(
        0, ge=0, le=600, description="after SIGTERM: seconds to go on responding while readiness already fails"
    )

    @model_validator(mode="before")
    @classmethod
    def _with_password(cls, given: dict[str, Any]) -> dict[str, Any]:
        file = given.get("database_password_file")
        if not file:
            return given
        try:
            password = Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError("the file named by DATABASE_PASSWORD_FILE cannot be read") from None
        urls = {name: given[name] for name in ("database_url", "database_read_url") if given.get(name)}
        return given | {name: _put_in(url, password) for name, url in urls.items()}

    @field_validator("trusted_proxies", "outbound_allowed_networks")
    @classmethod
    def _networks(cls, names: list[str]) -> list[str]:
        for name in names:
            ip_network(name)
        return names

    @field_validator(
        "postgres_bin",
        "bootstrap_key_file",
        "database_password_file",
        "database_read_url",
        "doi_lookup_url",
        "isbn_lookup_url",
        mode="before",
    )
    @classmethod
    def _none_if_empty(cls, path: object) -> object:
        return path or None

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        urls = (self.database_url, self.database_read_url)
        if self.database_read_url and not all(url.startswith("postgresql") for url in urls if url):
            raise ValueError("DATABASE_READ_URL and DATABASE_URL: only PostgreSQL has replicas, of PostgreSQL")
        return self

    @field_validator("failed_logins", "writes_per_key", "drafts_per_address")
    @classmethod
    def _rate(cls, text: str) -> str:
        if parse(text).amount < 1:
            raise ValueError("nothing would be let through; to switch rates off, set RATE_LIMITS to false")
        return text

    @field_validator("trusted_hosts", "cors_origins", "embed_origins")
    @classmethod
    def _can_match(cls, names: list[str], info: ValidationInfo) -> list[str]:
        pattern, example = _SHAPES[str(info.field_name)]
        for name in names:
            if name != "*" and not pattern.fullmatch(name):
                raise ValueError(f"{name!r} can never match; write it as {example}")
        return names
