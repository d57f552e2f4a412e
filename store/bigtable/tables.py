"""The tables of a Bigtable instance."""

from collections.abc import Sequence
from typing import Any

import grpc
from google.api_core.exceptions import AlreadyExists, ServiceUnavailable
from google.api_core.retry import Retry, if_exception_type
from google.cloud.bigtable_admin_v2 import BaseBigtableTableAdminClient
from google.cloud.bigtable_admin_v2.services.bigtable_table_admin.transports import BigtableTableAdminGrpcTransport
from google.cloud.bigtable_admin_v2.types import Table

from store import layout
from store.bigtable.rpc import emulator

REACH_SECONDS = 10.0
"""How long Bigtable may take to answer at all, before it counts as out of reach."""

CHANGE_SECONDS = 300.0
"""Time limit of making or clearing a table."""

_FAMILY = {"gc_rule": {"max_num_versions": 1}}


class Tables:
    """The tables of an instance, as its administrator sees them."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        host = emulator()
        self._admin = BaseBigtableTableAdminClient(
            transport=BigtableTableAdminGrpcTransport(channel=grpc.insecure_channel(host)) if host else None
        )

    def missing(self) -> list[str]:
        """Tables of the layout that do not exist."""
        found = self._admin.list_tables({"parent": self.instance}, **_patient())
        names = {table.name.rpartition("/")[2] for table in found}
        return [table for table in layout.TABLES if table not in names]

    def create(self) -> None:
        """Creates what is missing of tables and column families; several processes may do so at once."""
        missing = self.missing()
        for table, families in layout.TABLES.items():
            if table not in missing or not self._create_table(table, families):
                self.add_families(table, families)

    def _create_table(self, table: str, families: Sequence[str]) -> bool:
        columns = dict.fromkeys(families, _FAMILY)
        request = {"parent": self.instance, "table_id": table, "table": {"column_families": columns}}
        try:
            self._admin.create_table(request, timeout=CHANGE_SECONDS)
        except AlreadyExists:
            return False
        return True

    def add_families(self, table: str, families: Sequence[str]) -> None:
        """Creates what is missing of some column families."""
        name = f"{self.instance}/tables/{table}"
        found = self._admin.get_table({"name": name, "view": Table.View.SCHEMA_VIEW}, **_patient()).column_families
        for family in families:
            if family not in found:
                change = {"name": name, "modifications": [{"id": family, "create": _FAMILY}]}
                try:
                    self._admin.modify_column_families(change, timeout=CHANGE_SECONDS)
                except AlreadyExists:
                    continue

    def clear(self, table: str) -> None:
        """Deletes all rows of a table."""
        request = {"name": f"{self.instance}/tables/{table}", "delete_all_data_from_table": True}
        self._admin.drop_row_range(request, timeout=CHANGE_SECONDS)

    def close(self) -> None:
        """Closes the connection."""
        self._admin.transport.close()


def _patient() -> dict[str, Any]:
    retry = Retry(if_exception_type(ServiceUnavailable), initial=0.1, maximum=1.0, timeout=REACH_SECONDS)
    return {"retry": retry, "timeout": REACH_SECONDS}
