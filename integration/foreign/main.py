"""A peer in Python, written from PROTOCOL.md, that runs as CONFORMANCE.md says: the documents are enough."""

import asyncio
import json
import os
import signal

import grpc
from gossip.v1 import admin_pb2_grpc, gossip_pb2_grpc, membership_pb2_grpc
from peer import Peer
from services import Admin, Gossip, Membership
from settings import Settings

MOST_CALLS = 1000


async def main():
    settings = Settings(os.environ)
    peer = Peer(settings)
    port = settings.address.rsplit(":", 1)[1]
    servers = [grpc.aio.server(maximum_concurrent_rpcs=MOST_CALLS) for _ in range(2)]
    gossip_pb2_grpc.add_GossipServiceServicer_to_server(Gossip(peer), servers[0])
    membership_pb2_grpc.add_MembershipServiceServicer_to_server(Membership(peer), servers[0])
    admin_pb2_grpc.add_AdminServiceServicer_to_server(Admin(peer), servers[1])
    for server, address in zip(servers, (f"{settings.bind_host}:{port}", settings.admin_address)):
        if server is servers[0]:
            settings.tls.listen(server, address)
        else:
            server.add_insecure_port(address)
        await server.start()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, peer.ended.set)
    print(json.dumps({"msg": "started", "address": settings.address}, separators=(",", ":")), flush=True)
    rounds = asyncio.ensure_future(peer.run())
    await peer.ended.wait()
    await peer.leave()
    rounds.cancel()
    await asyncio.gather(*(server.stop(0) for server in servers))


asyncio.run(main())
