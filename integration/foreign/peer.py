"""The protocol as PROTOCOL.md describes it: rounds, exchanges, failure detection, news."""

import asyncio
import random
import socket
import time

import grpc
from gossip.v1 import gossip_pb2 as pb
from gossip.v1 import gossip_pb2_grpc
from record import ALIVE, BUCKETS, FAILED, LEFT, MAX_COUNTER, SUSPECT
from record import bucket_of, is_live, later, record_problem, understood, version, without_unknown
from settings import Timeouts
from view import View

TICK_MS = 50
MOST_TRIES = 6
FIRST_CALLS = 4
MOST_REPAIRS = 64
MOST_RECORDS = 1000
CHANNEL = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
EVERYBODY = ("", "\U0010ffff")
BROKEN = ("refused", "closed", "reset")
CENTURY_MS = 100 * 365 * 24 * 3_600_000
MOST_DENIALS = 3
CALLED_WITHIN = 5


class Peer:
    def __init__(self, settings):
        self.settings, self.address = settings, settings.address
        self.view, self.timeouts = View(self.address, settings, self.announce), Timeouts(settings)
        self.tasks, self.watchers, self.channels = set(), set(), {}
        self.seeds = {seed: None for seed in settings.seeds if seed != self.address}
        self.last, self.heard, self.missed, self.retries, self.pinging_indirectly = {}, {}, {}, {}, set()
        self.gathered, self.window, self.told_at = {}, settings.gather_ms, -1e9
        self.covered = {}  # when there was news of an address, and the range that all of it was passed on to
        self.claims = {}  # by address: when a removed member that says it is back is called again, and after how long
        self.accusations, self.accused_at = 0, 1e18  # since another peer has called this one
        self.lifts, self.lift_after = 0, -1e9  # how often another life of this address was told of
        self.deaf_until = -1e9
        self.woke_late_at, self.leaving, self.ended = -1e9, False, asyncio.Event()
        own = pb.Record(address=self.address, generation=int(time.time() * 1000), status=ALIVE)
        own.meta.name = settings.name
        self.view.accept(own, now())

    @property
    def own(self):
        return self.view.get(self.address)

    @property
    def others(self):
        return [address for address in self.view.ring if address != self.address]

    @property
    def is_plain(self):
        return self.settings.suspicion_multiplier == 0 and self.settings.indirect_probes == 0

    def announce(self, kind, record):
        for watcher in list(self.watchers):
            watcher(kind, record)

    def spawn(self, work):
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # ---- the round

    async def run(self):
        self.spawn(self.ticks())
        pause = random.random()
        while not self.leaving:
            self.round()
            await asyncio.sleep(pause * self.settings.ping_period_ms / 1000)
            pause = 1

    def round(self):
        self.view.expire(now())
        self.forget()
        self.spawn(self.regular())
        ring = self.view.ring
        place = ring.index(self.address)
        after = [each for each in ring[place + 1 :] + ring[:place] if self.view.get(each).status == ALIVE]
        if after and self.settings.indirect_probes > 0:
            self.spawn(self.probe(after[0], after[0], is_evidence=True))
        accused = [each for each, how in self.view.suspicions.items() if self.address in how.accusers]
        for address in random.sample(accused, min(3, len(accused))):
            self.spawn(self.exchange(address))
        self.retry_lost()

    def forget(self):
        """Drops the notes on addresses that are neither in the view nor seeds."""
        for notes in (self.last, self.heard, self.missed, self.claims):
            for name in notes.keys() - self.view.records.keys() - self.seeds.keys():
                del notes[name]

    async def regular(self):
        """One exchange, with the member that waited longest for one; a seed that was never tried comes first."""
        self.line_up()
        names = self.others + [seed for seed in self.seeds if not is_live(self.view.get(seed))]
        if not names:
            return
        name = min(names, key=lambda each: self.last.get(each, 0))
        if name in self.seeds and await self.try_seed(name):
            return
        if self.others:
            silent = min(self.others, key=lambda each: self.last.get(each, now()))
            await self.exchange(name if name in self.others else silent)

    def line_up(self):
        """Has newcomers wait a random part of a quarter of the turns, since all learn of a newcomer at once."""
        line = sorted(self.last[each] for each in self.others if each in self.last)
        for newcomer in [each for each in self.others if each not in self.last]:
            place = int(random.random() * len(self.others) / FIRST_CALLS)
            self.last[newcomer] = (line[place] if place < len(line) else now()) - random.random()

    async def try_seed(self, seed):
        """Looks the name up anew, and exchanges with a peer behind it; False where no new peer is."""
        self.last[seed] = now()
        host, port = seed.rsplit(":", 1)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, int(port), family=socket.AF_INET)
        except OSError:
            return False
        addresses = {f"{entry[4][0]}:{port}" for entry in found} - {self.address, *self.others}
        if not addresses:
            return False
        await self.exchange(random.choice(sorted(addresses)), is_seed=True)
        return True

    def retry_lost(self):
        """Heals partitions: tries a failed member, or a seed that is no member; each of them ever more seldom."""
        failed = [address for address, record in self.view.records.items() if record.status == FAILED]
        lost = failed + [seed for seed in self.seeds if not is_live(self.view.get(seed)) and seed not in failed]
        self.retries = {name: wait for name, wait in self.retries.items() if name in lost}
        due = [name for name in lost if self.retries.get(name, (0, 1))[0] <= now()]
        if not due or random.random() >= len(lost) / (len(self.others) + 2):
            return
        name = random.choice(due)
        self.retries[name] = self.wait_after(self.retries.get(name), max(4, self.view.live))
        self.spawn(self.exchange(name) if name in failed else self.try_seed(name))

    def wait_after(self, last, most=64):
        """When something is to be tried again, and after how many periods: twice as many as the last time."""
        periods = min(64, most, 2 * (last or (0, 1))[1])
        return now() + periods * self.settings.ping_period_ms, periods

    async def ticks(self):
        while not self.leaving:
            begun = now()
            await asyncio.sleep(TICK_MS / 1000)
            lateness = now() - begun - TICK_MS
            if lateness >= self.settings.tombstone_ttl_ms:
                self.seeds.update({address: None for address in self.others[:64]})
                self.view.drop_others()
                self.deaf_until = now() + self.settings.ping_period_ms
            if lateness > self.settings.min_timeout_ms / 2:
                self.woke_late_at = now()
                self.timeouts.worsen()
                self.view.excuse(lateness, now() + self.timeouts.timeout_ms())
            for address in self.view.expired(now()):
                self.conclude(address, FAILED)

    # ---- asking

    async def call(self, to, method, request, take):
        """Returns "answered", "silent" or "broken". An overdue answer is silence, and taken in when it comes."""

        async def answer(begun):
            channel = self.channel(to)
            stub = getattr(gossip_pb2_grpc.GossipServiceStub(channel), method)
            try:
                reply = await first_of(stub(iter([request]), timeout=self.settings.exchange_timeout_ms / 1000))
            except asyncio.CancelledError:
                return "silent"  # the channel was closed, or the program ends
            except grpc.aio.AioRpcError as error:
                self.drop(to, channel)
                is_broken = error.code() is grpc.StatusCode.UNAVAILABLE
                return "broken" if is_broken and any(word in (error.details() or "") for word in BROKEN) else "silent"
            if reply is None:
                return "silent"  # the other peer ended the stream, since it is about to end
            took = now() - begun
            self.timeouts.answered(took, took > patience)
            self.heard_of(to)
            take(reply)
            return "answered"

        first = 0 if to in self.heard else min(self.settings.ping_period_ms, self.settings.exchange_timeout_ms)
        patience = max(self.timeouts.timeout_ms(), first)  # a peer that never answered may just be starting
        task = asyncio.ensure_future(answer(now()))
        self.spawn(task)
        done, _ = await asyncio.wait({task}, timeout=patience / 1000)
        return task.result() if done else "silent"

    def channel(self, to):
        if to not in self.channels:
            self.channels[to] = self.settings.tls.channel(to, CHANNEL)
        return self.channels[to]

    def drop(self, to, channel):
        """Has the next call dial anew; calls that are under way on the old channel go on."""
        if self.channels.get(to) is channel:
            del self.channels[to]
            self.spawn(channel.close(self.settings.exchange_timeout_ms / 1000))

    async def exchange(self, to, items=(), buckets=(), hearers=None, is_seed=False, is_evidence=True, repairs=0):
        """Returns the reply; None when none came before it was overdue."""
        is_first = self.view.live == 1 and hearers is None and not self.leaving
        buckets = range(BUCKETS) if is_first and not buckets else buckets
        held, begun, replies = self.view.get(to), now(), []
        self.last[to] = begun
        request = pb.ExchangeRequest(cluster=self.settings.cluster, sender=self.address, view_hash=self.view.hash)
        request.recipient = "" if is_seed else to  # any peer may be behind the address of a seed
        request.buckets.extend(buckets)
        request.records.extend(self.to_tell(to, items, buckets))
        if hearers is not None:
            request.range.CopyFrom(pb.Range(**{"from": hearers[0], "to": hearers[-1]}))

        def take(reply):
            reply.sender = reply.sender or to  # a reply leaves out what its request says
            replies.append(reply)
            self.take_reply(reply, is_first, repairs)

        outcome = await self.call(to, "Exchange", request, take)
        if outcome != "answered" and is_evidence and not is_seed and hearers is None and repairs == 0:
            await self.unanswered(to, held, begun, outcome == "broken")
        return replies[0] if replies else None

    def to_tell(self, to, items, buckets):
        held = self.view.get(to)
        accused = [to] if held is not None and held.status != ALIVE else []
        wanted = set(buckets)
        compared = [each for each in self.view.records if bucket_of(each) in wanted]
        addresses = dict.fromkeys([self.address, *items, *accused, *compared])
        known = [address for address in addresses if self.view.get(address) is not None]
        return [self.view.told(address, now()) for address in known[:MOST_RECORDS]]

    def take_reply(self, reply, is_first, repairs):
        if self.leaving or reply.sender == self.address or not understood(reply):
            return
        if any(map(record_problem, without_unknown(reply).records)):
            return
        before = version(self.own)
        changed = self.learn(reply.records)
        if not is_first and repairs == 0:
            self.spread(changed, None)
        if len(reply.bucket_hashes) == BUCKETS and (changed or repairs == 0) and repairs < MOST_REPAIRS:
            pairs = enumerate(zip(self.view.bucket_hashes(), reply.bucket_hashes))
            differing = [bucket for bucket, (ours, theirs) in pairs if ours != theirs]
            if differing:
                self.spawn(self.exchange(reply.sender, buckets=differing, repairs=repairs + 1))
        elif version(self.own) != before:
            self.spawn(self.exchange(reply.sender))

    async def probe(self, to, target, is_evidence=False):
        held, begun, reached = self.view.get(to), now(), []
        request = pb.ProbeRequest(cluster=self.settings.cluster, recipient=to, sender=self.address, target=target)
        outcome = await self.call(to, "Probe", request, lambda reply: reached.append(reply.reached))
        if outcome != "answered" and is_evidence:
            await self.unanswered(to, held, begun, outcome == "broken")
        return any(reached)

    # ---- failure detection

    async def unanswered(self, to, held, begun, broken):
        record = self.view.get(to)
        is_ours = self.leaving or self.woke_late_at > begun or self.last_heard(to) > begun
        if is_ours or not is_live(record) or not is_live(held) or version(record) > version(held):
            return
        if to in self.heard:
            self.missed[to] = now()
        elif record.status == SUSPECT and not broken:
            return  # a peer that never answered may only be slow to start
        if record.status == ALIVE:
            self.timeouts.worsen()
        if self.is_plain:
            self.conclude(to, FAILED)
        elif broken or record.status == SUSPECT or await self.nobody_reaches(to, record):
            self.accuse(to, broken)

    async def nobody_reaches(self, to, record):
        """The ping-req of SWIM: has helpers probe the member, and tries it once more."""
        if to in self.pinging_indirectly:
            return False
        self.pinging_indirectly.add(to)
        begun = now()
        others = [each for each in self.others if each != to]
        helpers = random.sample(others, min(self.settings.indirect_probes, len(others)))
        tries = [self.probe(helper, to) for helper in helpers]
        try:
            results = await asyncio.gather(self.exchange(to, is_evidence=False), *tries)
        finally:
            self.pinging_indirectly.discard(to)
        is_well = any(results) or self.last_heard(to) > begun or self.woke_late_at > begun
        return not is_well and self.view.get(to) is record

    def accuse(self, address, broken):
        record = self.view.get(address)
        if record.status == ALIVE:
            self.conclude(address, SUSPECT)
            self.spawn(self.exchange(address))
            self.view.accuse(address, self.address, broken, now())
            self.spread({address}, None)
        elif self.view.accuse(address, self.address, broken, now()):
            self.spawn(self.tell_head(address))
        if self.settings.suspicion_multiplier == 0:
            self.conclude(address, FAILED)

    def conclude(self, address, status, is_hearsay=False):
        record = pb.Record()
        record.CopyFrom(self.view.get(address))
        record.status = status
        if self.view.accept(record, now(), is_hearsay) and not is_hearsay:
            self.spread({address}, None)

    def last_heard(self, address):
        return self.heard.get(address, -1e9)

    def heard_of(self, address):
        self.heard[address] = self.last[address] = now()
        self.missed.pop(address, None)
        self.view.extend(address, now() + self.settings.exchange_timeout_ms)

    # ---- taking in

    def learn(self, records, caller=None):
        """Merges records into the view, and returns the addresses with news. `caller` has sent them of itself."""
        changed = {told.address for told in records if self.learn_one(told, caller)}
        self.covered.update({address: (now(), None) for address in changed})
        return changed

    def learn_one(self, told, caller):
        address, ours = told.address, self.view.get(told.address)
        if told.generation > time.time() * 1000 + CENTURY_MS:
            return False
        if address == self.address:
            return self.refute(told)
        if address == caller and self.is_claim(told, ours):
            self.verify(address)
            return False
        # How many accusers are enough is reckoned from the own list: whoever is not on it does not count.
        witnesses = [each for each in told.accusers if is_live(self.view.get(each.address))]
        del told.accusers[:]
        told.accusers.extend(witnesses)
        is_failure = told.status == FAILED and is_live(ours) and version(told) == version(ours)
        is_to_be_heard = self.settings.suspicion_multiplier > 0 and not self.view.is_proof(told.accusers)
        if is_failure and is_to_be_heard and self.is_unheard_of(address):
            if ours.status == ALIVE:  # hearsay: the member is asked first
                self.conclude(address, SUSPECT, is_hearsay=True)
                self.spawn(self.exchange(address))
                return True
            return False
        changed = self.view.accept(told, now())
        ours = self.view.get(address)
        if ours is not None and ours.status == SUSPECT and version(ours) == version(told):
            for each in told.accusers:
                self.view.accuse(address, each.address, each.broken, now())
            is_missed = now() - self.missed.get(address, -1e9) < 2 * self.settings.ping_period_ms
            if is_missed and self.view.accuse(address, self.address, False, now()):
                self.spawn(self.tell_head(address))
        return changed

    def is_claim(self, told, ours):
        """Whether a removed member says that it is back, and it is only its own word."""
        is_removed = ours is not None and ours.status == FAILED and ours.generation == told.generation
        return is_removed and is_live(told) and later(told, ours)

    def verify(self, address):
        if self.claims.get(address, (0, 1))[0] <= now():
            self.claims[address] = self.wait_after(self.claims.get(address))
            self.spawn(self.exchange(address))

    def called(self):
        """Another peer has called this one, which can therefore be called."""
        self.accusations, self.accused_at = 0, 1e18

    def may_deny(self):
        self.accusations += 1
        self.accused_at = min(self.accused_at, now())
        is_late = now() - self.accused_at > CALLED_WITHIN * self.settings.ping_period_ms
        return self.accusations <= MOST_DENIALS and not is_late

    def may_lift(self):
        """A later life of this address is one of before, once; then of another process, and lifted ever more seldom."""
        if now() < self.lift_after:
            return False
        self.lifts += 1
        if self.lifts > 1:
            self.lift_after = now() + min(64, 8 * 2 ** (self.lifts - 2)) * self.settings.ping_period_ms
        return True

    def is_unheard_of(self, address):
        return self.view.get(address).status == ALIVE or self.view.is_hearsay(address)

    def refute(self, told):
        """Another peer holds a wrong record of this one: refutes it with a later record. Returns whether it did."""
        is_accused = version(told) == version(self.own) and told.status != ALIVE
        if self.leaving or not (is_accused or version(told) > version(self.own)):
            return False
        if told.generation > self.own.generation:
            if not self.may_lift():
                return False
            self.change(generation=told.generation + 1, incarnation=0)
        elif version(told) > version(self.own) or self.may_deny():
            self.timeouts.worsen()
            self.change(**self.above(max(told.incarnation, self.own.incarnation)))
        else:
            return False
        return True

    def above(self, incarnation):
        if incarnation >= MAX_COUNTER:
            return {"generation": self.own.generation + 1, "incarnation": 0}
        return {"incarnation": incarnation + 1}

    def change(self, meta=None, **fields):
        record = pb.Record()
        record.CopyFrom(self.own)
        for field, value in fields.items():
            setattr(record, field, value)
        if meta is not None:
            record.meta.CopyFrom(meta)
        self.view.accept(record, now())
        self.spread({self.address}, None)

    # ---- news

    def spread(self, addresses, hearers):
        """Tells the news of these addresses to a range of members, (from, to), or to all."""
        for address in addresses:
            self.covered[address] = (now(), None)
        self.pass_on(addresses, hearers)

    def pass_on(self, addresses, hearers):
        if not addresses or self.leaving or self.settings.news_fanout == 0:
            return
        if not self.gathered:
            wait = max(self.settings.gather_ms, self.told_at + self.window - now())
            asyncio.get_running_loop().call_later(wait / 1000, self.tell_news)
        self.gathered.setdefault(hearers, set()).update(addresses)

    def tell_news(self):
        gathered, self.gathered = self.gathered, {}
        is_busy = now() - self.told_at <= 2 * self.window
        longest = max(self.settings.gather_ms, self.settings.ping_period_ms / 4)
        self.window = min(2 * self.window, longest) if is_busy else self.settings.gather_ms
        self.told_at = now()
        oldest = now() - 2 * self.settings.ping_period_ms
        self.covered = {each: told for each, told in self.covered.items() if told[0] > oldest}
        for hearers, items in gathered.items():
            first, last = hearers or EVERYBODY
            self.divide([each for each in self.ring if first <= each <= last], items, (first, last))

    def divide(self, ring, items, hearers):
        """Tells the head of each part of the ring; a part whose head is this peer is divided again."""
        is_ours = True
        for part in split(ring, self.settings.news_fanout):
            head = self.head_of(part, items, [])
            if head != self.address:
                self.spawn(self.tell(part, items))
                is_ours = is_ours and self.address not in part
            elif len(part) > 1:
                self.divide(part, items, (part[0], part[-1]))
        if is_ours:
            for item in items:
                self.covered[item] = (now(), hearers)

    def head_of(self, part, items, tried):
        """The member of a part to tell first, the same for all tellers: fewest tries, lowest bucket, lowest address."""
        hearers = [each for each in part if items != {each}]
        return min(hearers, key=lambda each: (tried.count(each), bucket_of(each), each), default=None)

    async def tell(self, part, items):
        """Tells the head of the part, which tells the others; where the head does not answer, the next member."""
        tried = []
        for _ in range(MOST_TRIES):
            to = self.head_of(part, items, tried)
            if to == self.address and len(part) > 1:
                return self.divide(part, items, (part[0], part[-1]))
            if to is None or to == self.address or await self.exchange(to, items, hearers=part) is not None:
                return
            tried.append(to)

    async def tell_head(self, address):
        """Tells the head of the whole ring, which counts accusers, that this peer accuses; that is not passed on."""
        to = self.head_of(self.ring, {address}, [])
        if to is not None and to != self.address:
            await self.exchange(to, {address}, hearers=[to])

    # ---- being asked

    def answer(self, request):
        is_news = request.HasField("range")
        hearers = (getattr(request.range, "from"), request.range.to) if is_news else None
        self.called()
        if not understood(request):
            self.heard_of(request.sender)
            return pb.ExchangeResponse(sender=self.address)
        changed = self.learn(request.records, request.sender)
        self.heard_of(request.sender)
        if is_news:
            self.spread(changed, hearers)
            # The first record is the sender's own. A record that is no news here may be news to others of the range.
            items = {record.address for record in request.records[min(1, len(request.records) - 1) :]}
            self.pass_on({each for each in items if not self.covers(each, hearers)}, hearers)
        else:
            self.spread(changed & {request.sender} if request.buckets else changed, None)
        reply = pb.ExchangeResponse(sender=self.address, view_hash=self.view.hash)
        if self.view.hash != request.view_hash:
            reply.records.extend(self.corrections(request, is_news))
            reply.bucket_hashes.extend([] if is_news else self.view.bucket_hashes())
        return reply

    def covers(self, address, hearers):
        """Whether the news of the address was passed on to all of the range."""
        told = self.covered.get(address, (0, None))[1]
        return told is not None and told[0] <= hearers[0] and hearers[1] <= told[1]

    def corrections(self, request, is_news):
        """Records that the other peer has in an older state, and those of the buckets it asks for that it lacks."""
        told, wanted = {record.address: record for record in request.records}, set(request.buckets)
        asked = [each for each in self.view.records if bucket_of(each) in wanted]
        for address in list(dict.fromkeys([*([] if is_news else [self.address]), *told, *asked]))[:MOST_RECORDS]:
            ours = self.view.get(address)
            if ours is not None and (address not in told or later(ours, told[address])):
                yield self.view.told(address, now())

    def add_seed(self, seed):
        if seed != self.address and seed not in self.seeds:
            self.seeds[seed] = None
            self.spawn(self.try_seed(seed))

    async def leave(self):
        """Says goodbye, and waits up to 1.5 s for the members that are told."""
        others = self.others
        self.change(status=LEFT)
        self.leaving = True
        goodbyes = [self.tell(branch, {self.address}) for branch in split(others, max(3, self.settings.news_fanout))]
        if goodbyes:
            await asyncio.wait([asyncio.ensure_future(each) for each in goodbyes], timeout=1.5)


async def first_of(replies):
    """The one reply to the one request of a stream; None when the stream ended before."""
    async for reply in replies:
        return reply
    return None


def split(ring, parts):
    """The ring in at most so many parts of equal length, none of them empty."""
    bounds = [part * len(ring) // parts for part in range(parts + 1)]
    return [ring[a:b] for a, b in zip(bounds, bounds[1:]) if a < b]


def now():
    return time.monotonic() * 1000
