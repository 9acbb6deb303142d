import { expect, test } from "@jest/globals";
import { HISTOGRAMS, METRICS, prometheusNameOf } from "../../src/metrics/metrics.js";
import { codeIn, rowsOf, textOf } from "../support/documents.js";

test("the package's README has every metric, with both names and its label", () => {
  const rows = rowsOf(textOf("node/README.md"), "Prometheus").map((cells) =>
    cells.slice(0, 3).map((cell) => codeIn(cell)[0]),
  );
  const metrics = [...METRICS, ...Object.values(HISTOGRAMS).map((histogram) => ({ ...histogram, label: undefined }))];
  expect(rows).toEqual(metrics.map((metric) => [prometheusNameOf(metric), `gossip.${metric.name}`, metric.label]));
});

test.each(["alerts.yml", "alerts.test.yml", "dashboard.json"])("each metric that %s asks for is told", (file) => {
  const told = [
    ...METRICS.map(prometheusNameOf),
    ...Object.values(HISTOGRAMS).flatMap((histogram) =>
      ["", "_bucket"].map((suffix) => prometheusNameOf(histogram) + suffix),
    ),
  ];
  const asked = textOf(`deploy/prometheus/${file}`).match(/\bgossip_\w+/g) ?? [];
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((name) => !told.includes(name))).toEqual([]);
});
