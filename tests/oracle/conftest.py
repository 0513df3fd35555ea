import importlib.util
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Tables = dict[str, list[tuple[int, str, str, bool]]]
_PACKAGE = "serverless_init.oracle"
_TYPES = descriptor_pb2.FieldDescriptorProto


@pytest.fixture(scope="session")
def metric_messages() -> Any:
    """The messages of ``metric_messages.py``."""
    return Messages(sibling("metric_messages").MESSAGES)


@pytest.fixture(scope="session")
def trace_messages() -> Any:
    """The messages of ``trace_messages.py``."""
    return Messages(sibling("trace_messages").MESSAGES)


def sibling(name: str) -> Any:
    """A module beside this one, which importlib mode does not let tests import."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Messages:
    """Message classes of the official protobuf runtime, by name, from tables of their fields.

    ``messages["AgentPayload"].FromString(body)``. A row is number, name, type or message, repeated;
    a repeated number is packed, as in proto3.
    """

    def __init__(self, tables: Tables) -> None:
        pool = descriptor_pool.DescriptorPool()
        pool.Add(_file(tables))
        self._classes = {
            name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
            for name in tables
        }

    def __getitem__(self, name: str) -> Any:
        return self._classes[name]


def _file(tables: Tables) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="oracle.proto", package=_PACKAGE, syntax="proto3"
    )
    for message_name, rows in tables.items():
        message = file.message_type.add(name=message_name)
        for number, name, kind, repeated in rows:
            field = message.field.add(name=name, number=number)
            field.label = _TYPES.LABEL_REPEATED if repeated else _TYPES.LABEL_OPTIONAL
            if kind in tables:
                field.type = _TYPES.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}"
            else:
                field.type = _TYPES.Type.Value(f"TYPE_{kind.upper()}")
    return file
