import re

from fastapi import FastAPI

from tests.serving import listeners
from tests.serving.clients import request, requests
from tests.serving.listeners import FULL, MANY


def test_graphiql_comes_from_this_server_alone(app: FastAPI) -> None:
    page = request(app, "GET", "/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "//" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'; script-src 'self' 'sha256-")
    links = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', page.text)
    assert len(links) == 5
    for link in links:
        assert request(app, "GET", f"/{link}").status_code == 200


def test_parallel_requests_get_their_own_answers(app: FastAPI) -> None:
    bodies = [{"query": FULL, "variables": {"userId": user}} for user in MANY]
    answers = requests(app, [lambda client, body=body: client.post("/graphql", json=body) for body in bodies])  # type: ignore[misc]
    assert [a.json() for a in answers] == [{"data": {"getUserProfile": listeners.profile(user)}} for user in MANY]
