"""The gRPC services of a peer: for other peers, for whoever watches the members, and for administration."""

import asyncio

import grpc
from gossip.v1 import admin_pb2 as admin
from gossip.v1 import admin_pb2_grpc, gossip_pb2_grpc, membership_pb2_grpc
from gossip.v1 import gossip_pb2 as pb
from gossip.v1 import membership_pb2 as membership
from peer import now
from record import ADDRESS, ALIVE, is_live, problem, record_problem, without_unknown
from view import as_member

MOST_WATCHERS = 64
MOST_EVENTS = 10_000
MOST_SEEDS = 64


def completed(said, request):
    """A request with what went unsaid in it, since the one before it on the stream said the same."""
    if request.sender or said is None:
        return request
    request.cluster, request.recipient, request.sender = said.cluster, said.recipient, said.sender
    if isinstance(request, pb.ProbeRequest):
        request.target = request.target or said.target
        return request
    if said.HasField("versions"):
        request.versions.CopyFrom(said.versions)
    if not request.records or request.records[0].address != said.sender:
        others = list(request.records)
        del request.records[:]
        request.records.extend([said.records[0], *others])
    return request


class Gossip(gossip_pb2_grpc.GossipServiceServicer):
    def __init__(self, peer):
        self.peer = peer

    async def Exchange(self, requests, context):
        said = None
        async for request in requests:
            said = request = completed(said, request)
            await self.expect_meant(request, context)
            stranger = self.peer.settings.tls.problem(context, request.sender)
            if stranger:
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{request.sender} is refused here: {stranger}")
            if now() < self.peer.deaf_until:
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "this peer slept for long and begins anew")
            wrong = problem(without_unknown(request))
            if wrong:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, wrong)
            yield self.peer.answer(request)

    async def Probe(self, requests, context):
        said = None
        async for request in requests:
            said = request = completed(said, request)
            await self.expect_meant(request, context)
            self.peer.called()
            yield await self.tried(request.target)

    async def tried(self, target):
        """Tries members only; else anybody could have this peer dial any address."""
        if target == self.peer.address and not self.peer.leaving:
            return pb.ProbeResponse(reached=True)
        if self.peer.leaving or not is_live(self.peer.view.get(target)):
            return pb.ProbeResponse(untried=True)
        return pb.ProbeResponse(reached=await self.peer.exchange(target, is_evidence=False) is not None)

    async def expect_meant(self, request, context):
        cluster, address = self.peer.settings.cluster, self.peer.address
        if request.cluster != cluster:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"this peer is of {cluster}")
        if request.recipient not in ("", address):
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"this peer is {address}")


class Membership(membership_pb2_grpc.MembershipServiceServicer):
    def __init__(self, peer):
        self.peer = peer

    def members(self, include_gone):
        records = self.peer.view.records.values()
        shown = [each for each in records if include_gone or is_live(each) or each.address == self.peer.address]
        return [as_member(record) for record in sorted(shown, key=lambda record: record.address)]

    async def GetMembers(self, request, context):
        members = self.members(request.include_gone)
        return membership.GetMembersResponse(address=self.peer.address, members=members)

    async def WatchMembers(self, request, context):
        if len(self.peer.watchers) >= MOST_WATCHERS:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MOST_WATCHERS} watch already")
        queue, task = asyncio.Queue(MOST_EVENTS), asyncio.current_task()

        def announce(kind, record):
            if queue.full():
                task.cancel()  # the watcher does not keep up
            else:
                queue.put_nowait(membership.MemberEvent(kind=kind, member=as_member(record)))

        self.peer.watchers.add(announce)
        try:
            snapshot = membership.Snapshot(address=self.peer.address, members=self.members(True))
            yield membership.WatchMembersResponse(snapshot=snapshot)
            while True:
                yield membership.WatchMembersResponse(event=await queue.get())
        finally:
            self.peer.watchers.discard(announce)


class Admin(admin_pb2_grpc.AdminServiceServicer):
    def __init__(self, peer):
        self.peer = peer

    async def AddSeed(self, request, context):
        if not ADDRESS.fullmatch(request.address) or len(self.peer.seeds) >= MOST_SEEDS:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no address, or more seeds than are kept")
        self.peer.add_seed(request.address)
        return admin.AddSeedResponse()

    async def UpdateMeta(self, request, context):
        wrong = record_problem(pb.Record(address=self.peer.address, generation=1, status=ALIVE, meta=request.meta))
        if wrong:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, wrong)
        self.peer.change(meta=request.meta, **self.peer.above(self.peer.own.incarnation))
        return admin.UpdateMetaResponse()

    async def Leave(self, request, context):
        self.peer.ended.set()
        return admin.LeaveResponse()
