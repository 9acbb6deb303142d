import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { budgets, RemotePeer, resolveTiming } from "gossip-peer";
import { createAuthority } from "../../../../scripts/setup/authority.mjs";
import { engine, expectImage } from "../../../src/cluster/docker/engine.js";
import { createNetwork } from "../../../src/cluster/docker/network.js";
import { CLUSTER_LABEL, ownRun, RUN_LABEL } from "../../../src/cluster/docker/owner.js";
import { removeCluster, sweep } from "../../../src/cluster/docker/sweep.js";
import { poll } from "../../../src/cluster/until.js";
import { renderWith, type Manifest } from "../../support/manifests.js";

const PODS = 3;
const { joinMs } = budgets(resolveTiming(), PODS);

/** Of a pod, what a container of Docker's can be like as well. */
interface Pod {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly [
    {
      readonly image: string;
      readonly env: readonly { readonly name: string; readonly value?: string }[];
      readonly readinessProbe: { readonly grpc: { readonly port: number } };
      readonly securityContext: { readonly readOnlyRootFilesystem: boolean; readonly capabilities: { drop: string[] } };
      readonly volumeMounts?: readonly [{ readonly mountPath: string }];
    },
  ];
}

/** What cert-manager would put into the secret. */
const secret = mkdtempSync(join(tmpdir(), "secret-"));
const docker = await engine();

beforeAll(async () => {
  await expectImage(docker);
  await sweep(docker);
  chmodSync(secret, 0o755); // what fsGroup does in a pod: the peer is another user
  const authority = await createAuthority();
  const { certificate, privateKey } = await authority.issue({ uris: ["spiffe://gossip.internal/default/peer"] });
  const files = { "tls.crt": certificate, "tls.key": privateKey, "ca.crt": authority.ca };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(secret, name), text);
});
afterAll(() => {
  rmSync(secret, { recursive: true });
});

describe.each([
  ["without certificates", []],
  ["with certificates", ["tls"]],
])("containers that are as the pods of the Deployment are to be, %s", (_how, components) => {
  const name = `testbed-pods-${randomBytes(4).toString("hex")}`;
  const labels = { [RUN_LABEL]: ownRun(), [CLUSTER_LABEL]: name };
  const ports: number[] = [];

  beforeAll(async () => {
    const manifests = await renderWith("base", components);
    const network = await createNetwork(docker, name, labels);
    for (let number = 1; number <= PODS; number++)
      ports.push(await start(manifests, network.name, network.ipOf(number)));
  });

  afterAll(() => removeCluster(docker, name));

  test("are alive, find each other by the name of the Service, and are ready", async () => {
    for (const port of ports) {
      const remote = new RemotePeer(`127.0.0.1:${port}`);
      const isReady = (): Promise<boolean> => remote.checkHealth().then(Boolean, () => false);
      try {
        await poll("it is ready", joinMs, isReady);
        expect(await remote.checkHealth({ liveness: true })).toBe(true);
      } finally {
        remote.close();
      }
    }
  });

  /** Resolves to the port of this machine at which the container tells its health. */
  async function start(manifests: readonly Manifest[], network: string, ip: string): Promise<number> {
    const [service, deployment] = ["Service", "Deployment"].map((kind) => manifests.find((each) => each.kind === kind));
    const { securityContext, containers } = (deployment?.["spec"] as { template: { spec: Pod } }).template.spec;
    const [peer] = containers;
    const health = `${peer.readinessProbe.grpc.port}/tcp`;
    const container = await docker.createContainer({
      Image: peer.image,
      Labels: labels,
      Env: peer.env.flatMap(({ name, value }) =>
        value === undefined ? [] : `${name}=${value.replace("$(POD_IP)", ip)}`,
      ),
      User: `${securityContext.runAsUser}:${securityContext.runAsGroup}`,
      ExposedPorts: { [health]: {} },
      HostConfig: {
        ReadonlyRootfs: peer.securityContext.readOnlyRootFilesystem,
        CapDrop: peer.securityContext.capabilities.drop,
        SecurityOpt: ["no-new-privileges"],
        Binds: (peer.volumeMounts ?? []).map(({ mountPath }) => `${secret}:${mountPath}:ro`),
        PortBindings: { [health]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
      },
      NetworkingConfig: {
        EndpointsConfig: {
          [network]: { IPAMConfig: { IPv4Address: ip }, Aliases: [service?.metadata.name ?? ""] },
        },
      },
    });
    await container.start();
    const { Ports } = (await container.inspect()).NetworkSettings;
    return Number(Ports[health]?.[0]?.HostPort);
  }
});
