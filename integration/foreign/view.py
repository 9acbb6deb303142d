"""What one peer believes: the records, the suspicions with accusers and deadlines, and the events for whoever watches."""

import math
from functools import reduce
from operator import xor

from gossip.v1 import gossip_pb2 as pb
from gossip.v1 import membership_pb2 as members
from record import ALIVE, BUCKETS, FAILED, LEFT, SUSPECT, bucket_of, is_live, later, meta_text, record_hash, version

MAX_MEMBERS = 10_000
MAX_TOMBSTONES = 2000
CONFIRMATIONS = 3


class Suspicion:
    def __init__(self, now, is_hearsay):
        self.since, self.not_before, self.began_as_hearsay, self.accusers = now, 0.0, is_hearsay, {}
        self.times_heard = 0


class View:
    """Times are in ms, of a clock that the caller owns."""

    def __init__(self, own, settings, announce):
        self.own, self.settings, self.announce = own, settings, announce
        self.records, self.hashes, self.gone_since, self.suspicions = {}, {}, {}, {}
        self.proofs = {}  # by address: when a member failed, and its accusers
        self.earliest = {}  # by address: nothing that others say makes a member that was listed gone for longer

    def get(self, address):
        return self.records.get(address)

    @property
    def ring(self):
        return sorted(address for address, record in self.records.items() if is_live(record))

    @property
    def live(self):
        return len(self.records) - len(self.gone_since)

    @property
    def hash(self):
        return reduce(xor, self.hashes.values(), 0)

    def bucket_hashes(self):
        hashes = [0] * BUCKETS
        for address, value in self.hashes.items():
            hashes[bucket_of(address)] ^= value & 0xFFFFFFFF
        return hashes

    def told(self, address, now):
        """The record to tell now: with a tombstone's age, a suspect's accusers and, for two periods, a failure's."""
        record = pb.Record()
        record.CopyFrom(self.records[address])
        if record.status in (FAILED, LEFT):
            record.gone_for_ms = max(0, round(now - self.gone_since[address]))
        if address in self.suspicions:
            accusers = self.suspicions[address].accusers
            record.accusers.extend(pb.Accuser(address=each, broken=broken) for each, broken in accusers.items())
        concluded_at, proof = self.proofs.get(address, (-1e9, {}))
        if record.status == FAILED and now - concluded_at <= 2 * self.settings.ping_period_ms:
            record.accusers.extend(pb.Accuser(address=each, broken=broken) for each, broken in proof.items())
        return record

    def is_proof(self, accusers):
        """Whether as many accuse as make a difference, one of them after its connection broke."""
        return is_enough(accusers, self.live) and any(each.broken for each in accusers)

    def accept(self, told, now, is_hearsay=False):
        """Replaces the record of a member if the one that was told holds. Returns whether it did."""
        address, before = told.address, self.records.get(told.address)
        since = now - told.gone_for_ms
        if before is not None and not later(told, before):
            if not is_live(before) and told.status == before.status and version(told) == version(before):
                older = max(since, self.earliest.get(address, since))
                self.gone_since[address] = min(self.gone_since[address], older)
            return False
        is_forgotten = not is_live(told) and told.gone_for_ms >= self.settings.tombstone_ttl_ms
        if is_forgotten or (before is None and len(self.records) >= MAX_MEMBERS):
            return False
        after = pb.Record()
        after.CopyFrom(told)
        after.ClearField("accusers")
        after.ClearField("gone_for_ms")
        self.records[address] = after
        suspicion = self.suspicions.pop(address, None)
        self.proofs.pop(address, None)
        if after.status == FAILED:
            held = suspicion.accusers if suspicion is not None else {}
            self.proofs[address] = now, {each.address: each.broken for each in told.accusers} or held
        self.hashes[address] = record_hash(after)
        if is_live(after):
            self.gone_since.pop(address, None)
            self.earliest.pop(address, None)
        else:
            self.bury(address, since, is_live(before), now)
        if after.status == SUSPECT:
            self.suspicions[address] = Suspicion(now, is_hearsay)
        for kind in kinds(before, after):
            if not (kind == "LEFT" and address == self.own):
                self.announce(members.MemberEvent.Kind.Value(f"KIND_{kind}"), after)
        return True

    def bury(self, address, since, was_listed, now):
        """Keeps a tombstone. Where there are too many, the oldest of those that others told of is forgotten first."""
        if was_listed:
            self.earliest[address] = now - self.settings.tombstone_ttl_ms / 2
        self.gone_since[address] = max(since, self.earliest.get(address, since))
        if len(self.gone_since) > MAX_TOMBSTONES:
            gone = self.gone_since.keys() - {self.own}
            self.forget(min(gone - self.earliest.keys() or gone, key=self.gone_since.get))

    def expire(self, now):
        for address, since in list(self.gone_since.items()):
            if now - since >= self.settings.tombstone_ttl_ms and address != self.own:
                self.forget(address)

    def forget(self, address):
        del self.gone_since[address], self.records[address], self.hashes[address]
        self.earliest.pop(address, None)
        self.proofs.pop(address, None)

    def drop_others(self):
        """Forgets all other members, after a sleep for longer than tombstones live."""
        for address in self.records.keys() - {self.own}:
            if is_live(self.records[address]):
                self.announce(members.MemberEvent.Kind.KIND_FAILED, self.records[address])
                self.gone_since[address] = 0
            self.suspicions.pop(address, None)
            self.forget(address)

    # ---- suspicion

    def accuse(self, address, accuser, broken, now):
        """Notes an accuser of a suspect. Returns whether that is new; more than four accusers make no difference."""
        suspicion = self.suspicions.get(address)
        if suspicion is None or accuser == address:
            return False
        known = suspicion.accusers.get(accuser)
        if known or (known is not None and not broken) or (known is None and len(suspicion.accusers) > CONFIRMATIONS):
            return False
        suspicion.accusers[accuser] = broken
        return True

    def is_hearsay(self, address):
        suspicion = self.suspicions.get(address)
        return suspicion is not None and not suspicion.accusers

    def extend(self, address, until):
        if address in self.suspicions:
            suspicion = self.suspicions[address]
            suspicion.times_heard += 1
            if suspicion.times_heard <= 3:
                suspicion.not_before = max(suspicion.not_before, until)

    def excuse(self, lateness, until):
        """This peer slept itself, so all suspicions are prolonged by that time."""
        for suspicion in self.suspicions.values():
            suspicion.since += lateness
            suspicion.not_before = max(suspicion.not_before + lateness, until)

    def expired(self, now):
        live = self.live
        return [address for address in self.suspicions if self.deadline(address, live) <= now]

    def deadline(self, address, live):
        suspicion = self.suspicions[address]
        wanted = max(0, min(CONFIRMATIONS, live - 2))
        is_true_elsewhere = suspicion.began_as_hearsay and not suspicion.accusers
        confirmed = wanted if is_true_elsewhere else max(0, len(suspicion.accusers) - 1)
        if is_enough(suspicion.accusers, live) and any(suspicion.accusers.values()):
            return suspicion.not_before
        unit = self.settings.suspicion_multiplier * self.settings.ping_period_ms
        longest, shortest = unit * max(1.0, math.log10(live)), unit * 7 / 16
        share = min(1.0, math.log(confirmed + 1) / math.log(wanted + 1)) if wanted else 0.0
        return max(suspicion.not_before, suspicion.since + longest - (longest - shortest) * share)


def is_enough(accusers, live):
    """Four accusers, or of few live members a majority of those who could accuse."""
    return len(accusers) > min(CONFIRMATIONS, (live - 1) // 2)


def kinds(before, after):
    """The events of a change, for whoever watches the list."""
    was_listed = is_live(before)
    if not is_live(after):
        return [("LEFT" if after.status == LEFT else "FAILED")] if was_listed else []
    found = [] if was_listed else ["JOINED"]
    if was_listed and before.status == SUSPECT and after.status == ALIVE:
        found.append("RECOVERED")
    if was_listed and (before.generation, meta_text(before.meta)) != (after.generation, meta_text(after.meta)):
        found.append("UPDATED")
    if after.status == SUSPECT and not (was_listed and before.status == SUSPECT):
        found.append("SUSPECTED")
    return found


def as_member(record):
    fields = ("address", "status", "generation", "incarnation", "meta")
    return members.Member(**{field: getattr(record, field) for field in fields})
