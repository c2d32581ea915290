"""What a role's table in `allies-sync.toml` may say for the platform `local`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator


class LocalSettings(BaseModel):
    """``path``: the folder that holds one folder for each engagement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()
