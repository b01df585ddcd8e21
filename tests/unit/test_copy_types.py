"""Every column of the server's tables can be copied into PostgreSQL in binary form."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import inspect

from server.models.base import Base
from server.models.database import type_name


@pytest.mark.parametrize("mapper", list(Base.registry.mappers), ids=lambda m: m.class_.__name__)
def test_every_column_has_a_type_that_psycopg_knows(mapper: object) -> None:
    for column in inspect(mapper).columns:  # type: ignore[attr-defined]
        assert psycopg.adapters.types.get(type_name(column)) is not None, column
