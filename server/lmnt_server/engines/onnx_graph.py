"""Makes a value inside an ONNX model one of its outputs, with nothing but the bytes of its file.

A model is a protobuf message (`onnx.proto`), and protobuf merges messages that are put after one another: what is
appended to the graph's outputs is one more of them. So a voice tells how long it speaks each phoneme, which it works
out in any case.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_LENGTH_DELIMITED: Final = 2  # protobuf's wire types
_SKIPPED: Final = {1: 8, 5: 4}  # and the sizes of two others

_GRAPH: Final = 7  # of ModelProto
_NODE: Final = 1  # of GraphProto
_OUTPUT: Final = 12
_NODE_OUTPUT: Final = 2  # of NodeProto
_OPERATOR: Final = 4
_NAME: Final = 1  # of ValueInfoProto


class NoModelError(ValueError):
    """The bytes are no ONNX model, or it has not what is looked for."""


def with_output_of(operator: str, model: bytes) -> bytes:
    """Return a model with one more output, its last: that of its only node of an operator, such as `CumSum`.

    Raises:
        NoModelError: if there is no such node, or more than one.
    """
    try:
        graphs = _values(memoryview(model), _GRAPH)
        nodes = [list(_fields(node)) for graph in graphs for node in _values(graph, _NODE)]
    except IndexError as error:
        raise NoModelError("this is no ONNX model") from error
    nodes = [node for node in nodes if (_OPERATOR, operator.encode()) in node]
    if len(nodes) != 1:
        raise NoModelError(f"the model has {len(nodes)} nodes of the operator {operator}, not one")
    (name,) = (value for number, value in nodes[0] if number == _NODE_OUTPUT)
    return model + _field(_GRAPH, _field(_OUTPUT, _field(_NAME, name)))


def _values(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in _views(message) if number == wanted)


def _fields(message: memoryview) -> Iterator[tuple[int, bytes]]:
    return ((number, bytes(value)) for number, value in _views(message))


def _views(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the number and the value of each field that is text, bytes or a message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _LENGTH_DELIMITED:
            size, at = _varint(message, at)
            yield number, message[at : at + size]
            at += size
        elif wire == 0:
            _, at = _varint(message, at)
        elif wire in _SKIPPED:
            at += _SKIPPED[wire]
        else:
            raise NoModelError("this is no ONNX model")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number that stands at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _field(number: int, value: bytes) -> bytes:
    size = len(value)
    written = bytearray([number << 3 | _LENGTH_DELIMITED])
    while size > 127:
        written.append(size & 127 | 128)
        size >>= 7
    return bytes(written) + bytes([size]) + value
