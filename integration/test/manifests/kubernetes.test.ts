import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { readEnvironment } from "gossip-peer/testbed";
import { ROOT } from "../support/command.js";
import { blocksOf, textOf } from "../support/documents.js";
import { problemsOf, renderText, renderWith, type Manifest } from "../support/manifests.js";

/** Of a pod, what the tests look at. */
interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly livenessProbe: { readonly grpc: { readonly port: number } };
  readonly readinessProbe: { readonly grpc: { readonly port: number; readonly service: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

describe.each([
  ["a Deployment", "base", []],
  ["a StatefulSet", "stateful-set", []],
  ["a Deployment with certificates", "base", ["tls"]],
  ["a StatefulSet with certificates", "stateful-set", ["tls"]],
])("%s", (way, resource, components) => {
  let manifests: readonly Manifest[] = [];
  beforeAll(async () => {
    manifests = await renderWith(resource, components);
  });

  test("is taken by a cluster, and nothing in it is passed over", async () => {
    expect(await problemsOf(manifests)).toEqual([]);
  });

  test("is what it is called, once", () => {
    const kinds = manifests.map(({ kind }) => kind).filter((kind) => ["Deployment", "StatefulSet"].includes(kind));
    expect(kinds).toEqual([way.split(" ")[1]]);
  });

  test("gives its peers variables that they understand", () => {
    const { env } = peerOf(manifests);
    const variables = Object.fromEntries(env.map(({ name, value = "10.0.0.5" }) => [name, value]));
    const given = Object.entries(variables).filter(([name]) => name.startsWith("GOSSIP_"));
    const set = given.map(([name, value]) => [name, value.replace("$(POD_IP)", variables["POD_IP"] ?? "")]);
    const { settings, problems, warnings } = readEnvironment(Object.fromEntries(set) as Record<string, string>);
    expect([problems, warnings]).toEqual([[], []]);
    expect(settings.address).toBe("10.0.0.5:7946");
  });

  test("is asked how it is where it answers in plain text", () => {
    const { env, livenessProbe, readinessProbe } = peerOf(manifests);
    const health = env.find(({ name }) => name === "GOSSIP_HEALTH_ADDRESS")?.value;
    expect([livenessProbe, readinessProbe].map(({ grpc }) => `0.0.0.0:${grpc.port}`)).toEqual([health, health]);
    expect(readinessProbe.grpc.service).toBe("gossip.v1.GossipService");
  });

  test("all that belongs to the peers chooses them by the label that they have", () => {
    const label = { "app.kubernetes.io/name": "gossip-peer" };
    const choosing = manifests.flatMap(({ spec }) => selectorsIn(spec));
    expect(choosing.length).toBeGreaterThan(4);
    expect(choosing.filter((each) => !each.includes("looks-on"))).toEqual(
      choosing.filter((each) => each === JSON.stringify(label)),
    );
  });
});

test("the kustomization that the document shows is taken, with its image, its namespace and its number of peers", async () => {
  const [text = ""] = blocksOf(textOf("deploy/README.md"), "yaml").filter((block) => block.includes("kustomize"));
  const manifests = await renderText(text.replaceAll("../gossip/", "../../"));
  expect(await problemsOf(manifests)).toEqual([]);
  expect(new Set(manifests.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["gossip"]));
  expect(manifests.find(({ kind }) => kind === "Deployment")?.["spec"]).toMatchObject({ replicas: 5 });
  expect(peerOf(manifests).image).toBe("registry.example/gossip-peer:0.1.0");
});

test("with certificates the files that the peers read are those of the secret that cert-manager fills", async () => {
  const manifests = await renderWith("base", ["tls"]);
  const { env, volumeMounts } = peerOf(manifests);
  const files = env.filter(({ name }) => /_TLS_(CERT|KEY|CA)$/.test(name)).map(({ value }) => value);
  expect(files).toEqual(["/tls/tls.crt", "/tls/tls.key", "/tls/ca.crt"]);
  expect(volumeMounts).toEqual([expect.objectContaining({ mountPath: "/tls" })]);
  const secrets = manifests.filter(({ kind }) => kind === "Certificate").map(({ spec }) => spec);
  const trustDomain = env.find(({ name }) => name === "GOSSIP_TLS_TRUST_DOMAIN")?.value ?? "";
  expect(secrets).toContainEqual(
    expect.objectContaining({ secretName: "gossip-peer-tls", uris: [`spiffe://${trustDomain}/default/peer`] }),
  );
});

describe("a manifest is refused that has", () => {
  test.each([
    [
      "a key that nobody knows",
      "service: gossip",
      "servce: gossip",
      /^Deployment gossip-peer: .*servce.* does not exist/,
    ],
    ["a text for a number", "port: 7948, service", 'port: "7948", service', /must be integer/],
    ["a field less than it must have", "selector: { matchLabels: *labels }\n  strategy", "strategy", /selector/],
    ["a word that is none of those allowed", "type: RuntimeDefault", "type: Default", /'"Default"'|allowed values/],
  ])("%s", async (_what, right, wrong, said) => {
    const text = readFileSync(join(ROOT, "deploy/kubernetes/base/deployment.yaml"), "utf8");
    expect(text).toContain(right);
    const broken = await renderText("resources: [broken.yaml]", { "broken.yaml": text.replace(right, wrong) });
    expect(await problemsOf(broken)).toContainEqual(expect.stringMatching(said));
  });
});

function peerOf(manifests: readonly Manifest[]): Container {
  const workload = manifests.find(({ kind }) => ["Deployment", "StatefulSet"].includes(kind));
  const { template } = workload?.["spec"] as { template: { spec: { containers: [Container] } } };
  return template.spec.containers[0];
}

/** What is chosen by, wherever in a manifest, as JSON. */
function selectorsIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    if (key === "matchLabels") return [JSON.stringify(value)];
    return selectorsIn(value);
  });
}
