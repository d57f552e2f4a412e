import json
from pathlib import Path

import pytest

from serving.gateway.transports.operations import Operation, RequestError
from serving.gateway.transports.persisted import DocumentsError, RememberedDocuments, digest, read_documents

TEXTS = ["{ a }", "{ b }", "{ c }"]


def test_what_was_asked_longest_ago_is_forgotten_first() -> None:
    documents = RememberedDocuments(most=len("".join(TEXTS[:2])))
    for text in TEXTS[:2]:
        documents.text(Operation(text, identifier=digest(text)))
    assert documents.text(Operation(None, identifier=digest(TEXTS[0]))) == TEXTS[0]
    documents.text(Operation(TEXTS[2], identifier=digest(TEXTS[2])))
    assert documents.text(Operation(None, identifier=digest(TEXTS[0]))) == TEXTS[0]
    with pytest.raises(RequestError, match="PersistedQueryNotFound"):
        documents.text(Operation(None, identifier=digest(TEXTS[1])))


@pytest.mark.parametrize(
    "written",
    [
        {"1": TEXTS[0], "2": TEXTS[1]},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": str(n), "name": "A", "type": "query", "body": TEXTS[n - 1]} for n in (1, 2)],
        },
    ],
)
def test_files(tmp_path: Path, written: object) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(written))
    documents = read_documents(path)
    for operation in (
        Operation(TEXTS[1]),
        Operation(None, identifier="2"),
        Operation(None, identifier=digest(TEXTS[1])),
    ):
        assert documents.text(operation) == TEXTS[1]
    for refused in (Operation(TEXTS[2]), Operation(None, identifier="3")):
        with pytest.raises(RequestError):
            documents.text(refused)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "5", '{"a": 1}', '{"operations": []}', '{"operations": [1]}'])
def test_files_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(text)
    with pytest.raises(DocumentsError, match="documents .*documents.json"):
        read_documents(path)
    with pytest.raises(DocumentsError, match="No such file"):
        read_documents(tmp_path / "missing.json")
