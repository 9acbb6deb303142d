import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { encodeRequest } from "../../src/grpc/gossip-codec.js";
import { schema } from "../../src/grpc/schema.js";
import { freePort, list, startPeer } from "../support/peers.js";
import { anyMeta } from "../support/records.js";
import { call, fromProto } from "../support/wire.js";

const services = ["GossipService", "MembershipService", "AdminService"] as const;

describe("who has the .proto files alone", () => {
  test("finds the same services and methods under the same paths", () => {
    for (const name of services) {
      const paths = (service: ServiceDefinition): string[] => Object.values(service).map(({ path }) => path);
      expect(paths(fromProto[`gossip.v1.${name}`] as ServiceDefinition)).toEqual(paths(schema[name].service));
    }
  });

  test("writes an exchange in the same bytes", () => {
    const { Exchange } = schema.GossipService.service;
    const definition = fromProto["gossip.v1.GossipService"] as ServiceDefinition;
    const theirs = definition["Exchange"] as MethodDefinition<object, object>;
    fc.assert(
      fc.property(anyMeta, fc.integer({ min: 1, max: 2 ** 48 }), (meta, generation) => {
        const ours = encodeRequest({
          cluster: "test",
          recipient: "b:1",
          sender: "a:1",
          records: [
            {
              address: "a:1",
              generation,
              incarnation: 7,
              status: "suspect",
              meta,
              goneForMs: 12,
              accusers: [{ address: "c:1", broken: true }],
            },
          ],
          viewHash: generation - 1,
          buckets: [0, 63],
          range: { from: "b:1", to: "c:1" },
        });
        const record = {
          address: "a:1",
          generation: String(generation),
          incarnation: "7",
          status: "STATUS_SUSPECT",
          meta: { name: meta.name ?? "", tags: { ...meta.tags } },
          gone_for_ms: "12",
          accusers: [{ address: "c:1", broken: true }],
        };
        const request = {
          cluster: "test",
          recipient: "b:1",
          sender: "a:1",
          records: [record],
          view_hash: String(generation - 1),
          buckets: [0, 63],
          range: { from: "b:1", to: "c:1" },
        };
        expect(theirs.requestSerialize(request)).toEqual(Exchange.requestSerialize(ours));
      }),
    );
  });

  test("can take part: it exchanges with a peer, which lists it and answers with what it knows", async () => {
    const peer = await startPeer({ meta: { name: "p", tags: { zone: "a" } } });
    const address = `127.0.0.1:${await freePort()}`;
    const own = { address, generation: "1", status: "STATUS_ALIVE", meta: { name: "by hand" } };
    const request = { cluster: "default", recipient: peer.address, sender: address, records: [own] };
    const reply = await call(peer.address, "GossipService", "Exchange", request);
    expect(reply).toMatchObject({
      records: [{ address: peer.address, status: "STATUS_ALIVE", meta: { name: "p", tags: { zone: "a" } } }],
      bucket_hashes: Array(64).fill(expect.any(Number)),
    });
    expect(list(peer)).toEqual([address, peer.address].sort());
  });

  test("can look: GetMembers shows the public view in the order of the addresses", async () => {
    const peer = await startPeer({ meta: { name: "p" } });
    const shown = await call(peer.address, "MembershipService", "GetMembers", {});
    expect(shown).toEqual({
      address: peer.address,
      members: [
        {
          address: peer.address,
          status: "STATUS_ALIVE",
          generation: expect.stringMatching(/^\d{13}$/),
          incarnation: "0",
          meta: { name: "p" },
        },
      ],
      next: "",
    });
  });
});
