"""GraphQL over HTTP, by the audits of the reference implementation of its specification."""

import json
from collections import Counter

import pytest

from pipelines.runners.golang import NotBuiltError
from tests.parts import node
from tests.serving.processes import started, wait_for

PACKAGES = ("graphql-http@1.23.1", "graphql@16.11.0")
LEVELS = {"MUST": 13, "SHOULD": 23, "MAY": 25}
SCRIPT = """
const { auditServer } = require("graphql-http");
auditServer({ url: ADDRESS + "/graphql" }).then((results) => {
  const told = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
  console.log(JSON.stringify(told));
});
"""


def test_all_audits_pass(profile_url: str) -> None:
    with started("serving", "--store", profile_url) as (_, address):
        wait_for(address)
        try:
            results = json.loads(node.run(SCRIPT.replace("ADDRESS", json.dumps(address)), PACKAGES))
        except NotBuiltError as error:
            pytest.skip(str(error))
    assert [result for result in results if result["status"] != "ok"] == []
    assert Counter(result["name"].split()[0] for result in results) == LEVELS
