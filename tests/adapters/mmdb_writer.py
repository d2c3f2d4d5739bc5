"""A small writer of MaxMind DB files (format 2.0, 24-bit records), enough to test readers with."""

import struct
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_TEXT, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 5, 6, 7, 9, 11


def _control(kind: int, size: int) -> bytes:
    extended = bytes([kind - 7]) if kind > 7 else b""
    lead = 0 if kind > 7 else kind << 5
    if size < 29:
        return bytes([lead | size]) + extended
    return bytes([lead | 29]) + extended + bytes([size - 29])


def encode(value: Any, uint: int = _UINT32) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _control(_TEXT, len(raw)) + raw
    if isinstance(value, int):
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _control(uint, len(raw)) + raw
    if isinstance(value, list):
        return _control(_ARRAY, len(value)) + b"".join(encode(item) for item in value)
    return _control(_MAP, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())


def write_mmdb(networks: Mapping[str, Mapping[str, Any]], version: int = 6) -> bytes:
    """A database of `networks` (CIDR to record), which must not overlap; IPv4 goes under ::/96 when version is 6."""
    nodes: list[list[int | bytes | None]] = [[None, None]]
    for cidr, record in networks.items():
        network = ip_network(cidr)
        width = 32 if version == 4 else 128
        length = network.prefixlen + width - network.max_prefixlen
        bits = int(network.network_address)
        node = 0
        for depth in range(length):
            side = bits >> (width - 1 - depth) & 1
            if depth == length - 1:
                nodes[node][side] = encode(record)
                break
            if nodes[node][side] is None:
                nodes.append([None, None])
                nodes[node][side] = len(nodes) - 1
            following = nodes[node][side]
            assert isinstance(following, int)
            node = following
    tree, data = b"", b""
    for record in (record for node_records in nodes for record in node_records):
        if record is None:
            pointer = len(nodes)
        elif isinstance(record, int):
            pointer = record
        else:
            pointer = len(nodes) + 16 + len(data)
            data += record
        tree += struct.pack(">I", pointer)[1:]
    metadata = {
        "node_count": len(nodes),
        "database_type": "Test",
        "languages": ["en"],
        "description": {"en": "made-up records"},
    }
    counted = encode(metadata)
    shorts = {
        "record_size": 24,
        "ip_version": version,
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
    }
    pairs = counted[1:] + b"".join(encode(key) + encode(value, _UINT16) for key, value in shorts.items())
    pairs += encode("build_epoch") + encode(1_700_000_000, _UINT64)
    return tree + bytes(16) + data + _MARKER + _control(_MAP, len(metadata) + len(shorts) + 1) + pairs
