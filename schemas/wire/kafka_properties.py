"""The file of --kafka_config: properties of Kafka's client library, such as those of SASL and TLS.

A line is `name=value`, a comment begins with `#`, and `${NAME}` is the value of a variable of the environment, so that
no secret has to lie in the file. The names are librdkafka's; for Java's client, those of security are translated.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_VARIABLE = re.compile(r"\$\{(\w+)\}")

_JAVA = {
    "sasl.mechanisms": "sasl.mechanism",
    "ssl.ca.location": "ssl.truststore.location",
}
_LOGIN = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
_USER, _PASSWORD = "sasl.username", "sasl.password"


class PropertiesError(Exception):
    """The file cannot be used; says which, and why."""


def read(path: str | None) -> dict[str, str]:
    """The properties in a file; none for None.

    Raises:
        PropertiesError: there is no such file, or a line of it is no property, or a variable is not set.
    """
    if path is None:
        return {}
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise PropertiesError(f"--kafka_config {path}: {error}") from error
    return dict(_properties(path, text))


def _properties(path: str, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals:
            raise PropertiesError(f"--kafka_config {path}, line {number}: write it as name=value")
        missing = [variable for variable in _VARIABLE.findall(value) if variable not in os.environ]
        if missing:
            raise PropertiesError(f"--kafka_config {path}, line {number}: set the variable {missing[0]}")
        yield name, _VARIABLE.sub(lambda found: os.environ[found[1]], value)


def java(properties: Mapping[str, str]) -> dict[str, str]:
    """The same for Java's client. What librdkafka alone knows is left as it is, and Java warns of it."""
    given = {_JAVA.get(name, name): value for name, value in properties.items() if name not in (_USER, _PASSWORD)}
    if "ssl.truststore.location" in given:
        given["ssl.truststore.type"] = "PEM"
    user = properties.get(_USER)
    module = _LOGIN.get(given.get("sasl.mechanism", ""))
    if user is not None and module is not None:
        given["sasl.jaas.config"] = (
            f"{module} required username={_quoted(user)} password={_quoted(properties.get(_PASSWORD, ''))};"
        )
    return given


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
