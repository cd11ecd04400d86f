"""Settings, from the environment: COUNTERCLAIM_DATABASE_URL and so on. Read by app, cli and migrations only."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATABASE = "sqlite:///var/counterclaim.db"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="COUNTERCLAIM_", extra="ignore", frozen=True)

    database_url: str = Field(
        DEFAULT_DATABASE,
        description="sqlite:///path/to/file.db, or postgresql://user:password@host/database",
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="port to listen on")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="largest request body that is read")


def project_root() -> Path:
    """Where migrations/ and fixtures/ stand, beside the package."""
    return Path(__file__).resolve().parent.parent
