import { writeFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Certificates } from "../../src/tls/certificates.js";
import { createAuthority, SetOnDisk, type Authority } from "../support/certificates.js";

const DAY_MS = 24 * 60 * 60_000;
const SUBJECT = { ips: ["127.0.0.1"] };

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority({ days: 60 });
});

const opened = new Set<Certificates>();
afterEach(() => {
  for (const each of opened) each.close();
  opened.clear();
});

/** Looks when a test says so, and not by itself. */
function open(set: SetOnDisk, now?: () => number): { certificates: Certificates; warned: string[] } {
  const warned: string[] = [];
  const certificates = new Certificates(set.files, {
    warn: (text) => void warned.push(text),
    everyMs: 2 ** 30,
    ...(now && { now }),
  });
  opened.add(certificates);
  return { certificates, warned };
}

async function made(): Promise<SetOnDisk> {
  return new SetOnDisk(await authority.issue(SUBJECT), authority.ca);
}

describe("a new set", () => {
  test("is taken, and told of, once all of it is there and fits together", async () => {
    const set = await made();
    const { certificates, warned } = open(set);
    certificates.look();
    const told: string[] = [];
    certificates.onChange(({ cert }) => void told.push(cert));
    const next = await authority.issue(SUBJECT);
    set.put({ certificate: next.certificate });
    certificates.look();
    expect([certificates.current.cert === next.certificate, told]).toEqual([false, []]);
    expect(warned).toEqual([expect.stringMatching(/^the certificates of before stay: tls\.privateKey.*not the key/)]);
    set.put({ privateKey: next.privateKey });
    certificates.look();
    expect([certificates.current.cert, told]).toEqual([next.certificate, [next.certificate]]);
    certificates.look();
    expect([told.length, warned.length]).toEqual([1, 1]);
  });

  test.each<[string, (set: SetOnDisk) => void, RegExp]>([
    [
      "half of it",
      ({ files }) => {
        writeFileSync(files.certificate, "-----BEGIN CERTIFICATE-----\nMIIB");
      },
      /tls\.certificate/,
    ],
    [
      "nothing",
      ({ files }) => {
        writeFileSync(files.ca, "");
      },
      /tls\.ca .*no PEM block of the kind CERTIFICATE/,
    ],
    [
      "a key that is none",
      (set) => {
        set.put({ privateKey: "secret" });
      },
      /tls\.privateKey/,
    ],
  ])("that has %s leaves the last good one, with one warning that names the file", async (_, spoil, problem) => {
    const set = await made();
    const { certificates, warned } = open(set);
    certificates.look();
    const before = certificates.current;
    spoil(set);
    certificates.look();
    certificates.look();
    expect(certificates.current).toBe(before);
    expect(warned).toEqual([expect.stringMatching(problem)]);
    expect(warned[0]).toContain("/");
  });

  test("that has expired is not taken while the one of before is good", async () => {
    const set = await made();
    const { certificates, warned } = open(set);
    certificates.look();
    const before = certificates.current;
    set.put(
      await authority.issue({
        ...SUBJECT,
        from: new Date(Date.now() - 2 * DAY_MS),
        until: new Date(Date.now() - DAY_MS),
      }),
    );
    certificates.look();
    expect(certificates.current).toBe(before);
    expect(warned).toEqual([expect.stringContaining("it was good until")]);
  });
});

test("the end of a certificate is warned of 30, 7 and 1 days before and at last, at each once, and anew for a new one", async () => {
  const set = await made();
  let now = Date.now();
  const { certificates, warned } = open(set, () => now);
  const end = certificates.expiresAt;
  for (const days of [40, 29, 28, 6, 5, 0.5, 0.4, -1, -2]) {
    now = end - days * DAY_MS;
    certificates.look();
  }
  expect(warned.map((text) => /within \d+ days?|good until/.exec(text)?.[0])).toEqual([
    "within 30 days",
    "within 7 days",
    "within 1 day",
    "good until",
  ]);
  now = end - 2 * DAY_MS;
  set.put(await authority.issue(SUBJECT));
  certificates.look();
  expect(warned).toHaveLength(5);
});
