"""Records: which of two holds, what is wrong with one, and the hashes by which views are compared."""

import json
import re
import struct

from gossip.v1 import gossip_pb2 as pb

ALIVE, SUSPECT, FAILED, LEFT = pb.STATUS_ALIVE, pb.STATUS_SUSPECT, pb.STATUS_FAILED, pb.STATUS_LEFT
WORDS = {ALIVE: "alive", SUSPECT: "suspect", FAILED: "failed", LEFT: "left"}
BUCKETS = 64
MAX_COUNTER = 2**48
ADDRESS = re.compile(r"[^\s:]{1,255}:[1-9]\d{0,4}|\[[0-9a-fA-F:.%]{2,60}\]:[1-9]\d{0,4}")
WHOLE = re.compile(r"0|[1-9]\d*")
MASK = 0xFFFFFFFF


def is_live(record):
    return record is not None and record.status in (ALIVE, SUSPECT)


def version(record):
    """The part of a record that its owner alone raises."""
    return (record.generation, record.incarnation)


def later(a, b):
    """Whether `a` holds and not `b`, where both are known."""
    return order(a) > order(b)


def order(record):
    return (*version(record), record.status, meta_text(record.meta).encode("utf-16-be"))


def meta_text(meta):
    """The text by which metadata are compared: JSON without blanks, tags by key, whole numbers first."""

    def place(key):
        if WHOLE.fullmatch(key) and int(key) < MASK:
            return (0, int(key), b"")
        return (1, 0, key.encode("utf-16-be"))

    tags = [[key, meta.tags[key]] for key in sorted(meta.tags, key=place)]
    return json.dumps([meta.name, tags], ensure_ascii=False, separators=(",", ":"))


def record_hash(record):
    """The hash of a member, of 48 bits; the lower 32 go into the hash of its bucket."""
    status, meta = WORDS[record.status], meta_text(record.meta)
    text = f"{record.address} {record.generation} {record.incarnation} {status} {meta}"
    low = fnv(text)
    high = fnv(text, start=0x01000193, factor=0x5BD1E995)
    return (finish(high ^ low) >> 16) << 32 | finish(low)


def bucket_of(address):
    value = fnv(address)
    return (value ^ value >> 16) % BUCKETS


def fnv(text, start=0x811C9DC5, factor=0x01000193):
    data = text.encode("utf-16-le")
    for unit in struct.unpack(f"<{len(data) // 2}H", data):
        start = (start ^ unit) * factor & MASK
    return start


def finish(value):
    value = (value ^ value >> 16) * 0x85EBCA6B & MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & MASK
    return value ^ value >> 16


def problem(request):
    """What is wrong with a request for an exchange; None when nothing is."""
    if request.HasField("versions") and not 1 <= request.versions.oldest <= request.versions.newest:
        return "versions must be a range of numbers from 1 on"
    if not request.records or request.records[0].address != request.sender:
        return "the first record must be the sender's own"
    if len(request.records) > 2000:
        return f"records has {len(request.records)} entries; the limit is 2000"
    if any(bucket >= BUCKETS for bucket in request.buckets) or len(set(request.buckets)) < len(request.buckets):
        return "buckets must be different numbers from 0 to 63"
    return next(filter(None, map(record_problem, request.records)), None)


def understood(message):
    """Whether a message is of a peer that speaks version 1."""
    return not message.HasField("versions") or message.versions.oldest <= 1


def without_unknown(message):
    """The message without the records whose status is of a later version; the first is kept."""
    known = [record for at, record in enumerate(message.records) if at == 0 or record.status in (0, *WORDS)]
    if len(known) < len(message.records):
        del message.records[:]
        message.records.extend(known)
    return message


def record_problem(record):
    sizes = [len(text.encode()) for pair in record.meta.tags.items() for text in pair]
    name = len(record.meta.name.encode())
    is_gone = record.status in (FAILED, LEFT)
    checks = {
        "address": all(ADDRESS.fullmatch(each) for each in [record.address, *(a.address for a in record.accusers)]),
        "status": record.status in WORDS,
        "generation": 1 <= record.generation <= MAX_COUNTER,
        "incarnation": record.incarnation <= MAX_COUNTER,
        "gone_for_ms": record.gone_for_ms <= (MAX_COUNTER if is_gone else 0),
        "accusers": len(record.accusers) <= (8 if record.status in (SUSPECT, FAILED) else 0),
        "meta": name <= 256 and len(record.meta.tags) <= 64 and name + sum(sizes) <= 2048,
        "meta.tags": all(1 <= len(key.encode()) <= 128 for key in record.meta.tags),
    }
    return next((f"record of {record.address!r}: {field} is wrong" for field, ok in checks.items() if not ok), None)
