import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { spawnPeer } from "gossip-peer";
import { measurePeer } from "gossip-peer/prometheus";
import { Registry } from "prom-client";
import { parse } from "yaml";
import { promtoolCommand } from "../../../scripts/setup/promtool.mjs";
import { ROOT } from "../support/command.js";
import { textOf } from "../support/documents.js";

const FOLDER = "deploy/prometheus";

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface RuleTests {
  readonly tests: readonly { readonly alert_rule_test: readonly AlertTest[] }[];
}
interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

let promtool = "";
beforeAll(async () => {
  const command = await promtoolCommand();
  if (command === undefined) throw new Error("there is no promtool: `npm test` provides one, and so does Prometheus");
  promtool = command;
});

/** What promtool complains of; "" where all is well. */
function complaintOf(args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: ROOT, input, encoding: "utf8" });
  return status === 0 && !stderr.includes("lint error") ? "" : stdout + stderr;
}

describe("promtool is content", () => {
  test("with the metrics of a peer", async () => {
    const registry = new Registry();
    const [first, second] = [await spawnPeer({ address: "127.0.0.1:0" }), await spawnPeer({ address: "127.0.0.1:0" })];
    for (const peer of [first, second]) measurePeer(peer, registry);
    const text = await registry.metrics();
    for (const peer of [first, second]) await peer.stop();
    expect(complaintOf(["check", "metrics"], text)).toBe("");
    expect(complaintOf(["check", "metrics"], "# TYPE of_nobody counter\nof_nobody 1\n")).not.toBe("");
  });

  test("with the alerts, each of which is raised when it should be and not when it should not", () => {
    expect(complaintOf(["test", "rules", `${FOLDER}/alerts.test.yml`])).toBe("");
  });

  test("with the configuration of the Prometheus that Compose starts", () => {
    expect(complaintOf(["check", "config", `${FOLDER}/prometheus.yml`])).toBe("");
  });

  test("with each query of the dashboard", () => {
    const { panels } = JSON.parse(textOf(`${FOLDER}/dashboard.json`)) as Dashboard;
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(10);
    const rules = queries.map((expr, at) => ({
      record: `query${at}`,
      expr: expr.replaceAll("$cluster", ".*").replaceAll("$__rate_interval", "1m"),
    }));
    const folder = mkdtempSync(join(tmpdir(), "queries-"));
    const file = join(folder, "rules.yml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const complaint = complaintOf(["check", "rules", file]);
    rmSync(folder, { recursive: true });
    expect(complaint).toBe("");
  });
});

test("each alert has a test in which it is raised", () => {
  const { groups } = parse(textOf(`${FOLDER}/alerts.yml`)) as Rules;
  const { tests } = parse(textOf(`${FOLDER}/alerts.test.yml`)) as RuleTests;
  const raised = tests.flatMap(({ alert_rule_test: all }) => all).filter(({ exp_alerts: alerts }) => alerts.length > 0);
  const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect([...new Set(raised.map(({ alertname }) => alertname))].sort()).toEqual(names.sort());
});
