import { describe, expect, test } from "@jest/globals";
import { isIPv6 } from "node:net";
import fc from "fast-check";
import { addressProblem, identityProblem, isLoopback, joinAddress, splitAddress } from "../../src/core/address.js";
import { anyCharacter } from "../support/records.js";

const longestHost = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}`;

describe("a well-formed address", () => {
  test.each([
    "127.0.0.1:7946",
    "10.0.0.255:1",
    "localhost:65535",
    "peer:7946",
    "project-peer-2.project_default:7946",
    "example.org.:80",
    "[::1]:7946",
    "[2001:db8::7]:7946",
    "[1:2:3:4:5:6:7:8]:7946",
    "[::]:7946",
    "[::ffff:127.0.0.1]:7946",
    `${longestHost}:7946`,
  ])("may be %s", (address) => {
    expect(addressProblem(address)).toBeUndefined();
  });

  test("is split into host and port and joined to the same again, with the brackets of IPv6 taken off and put on", () => {
    expect(splitAddress("[::1]:80")).toEqual({ host: "::1", port: 80 });
    expect(splitAddress("peer:7946")).toEqual({ host: "peer", port: 7946 });
    const hosts = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().filter((host) => !host.includes(".")),
    );
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65535 }), (host, port) => {
        const address = joinAddress(host, port);
        expect(addressProblem(address)).toBeUndefined();
        expect(splitAddress(address)).toEqual({ host, port });
      }),
    );
  });
});

describe("what is wrong is said of", () => {
  test.each([
    ["peer", /no port.*host:port/],
    ["", /no port/],
    [":7946", /host is missing/],
    ["peer:", /port.*1 to 65535/],
    ["peer:0", /port "0".*1 to 65535/],
    ["peer:65536", /port "65536"/],
    ["peer:79x", /port "79x"/],
    ["peer:-1", /port "-1"/],
    ["peer: 80", /port " 80"/],
    ["::1:7946", /IPv6 host stands in brackets/],
    ["[::1:7946", /no IPv6/],
    ["[:::]:7946", /no IPv6/],
    ["[1::2::3]:7946", /no IPv6/],
    ["[12345::1]:7946", /no IPv6/],
    ["[1:2:3:4:5:6:7]:7946", /no IPv6/],
    ["[1:2:3:4:5:6:7:8:9]:7946", /no IPv6/],
    ["[::1.2.3]:7946", /no IPv6/],
    ["[1.2.3.4::]:7946", /no IPv6/],
    ["127.1:80", /IPv4 address and is none/],
    ["2130706433:80", /IPv4 address and is none/],
    ["0x7f.1:80", /IPv4 address and is none/],
    ["0:80", /IPv4 address and is none/],
    ["[fe80::1%eth0]:7946", /a zone means something on one machine only/],
    ["[peer]:7946", /no IPv6/],
    ["[]:7946", /no IPv6/],
    ["256.0.0.1:80", /IPv4 address and is none/],
    ["127.0.0.01:80", /IPv4 address and is none/],
    ["a b:80", /neither a name nor an IP/],
    ["-a:80", /neither a name nor an IP/],
    ["a-:80", /neither a name nor an IP/],
    ["a..b:80", /neither a name nor an IP/],
    [".:80", /neither a name nor an IP/],
    [`${"a".repeat(64)}:80`, /neither a name nor an IP/],
    ["http://peer:80", /is a URL.*without a scheme/],
    ["peer\n:80", /neither a name nor an IP/],
    ["peer:80\n", /port/],
    ["\u001b[31mpeer:80", /neither a name nor an IP/],
  ])("%j", (address, problem) => {
    expect(addressProblem(address)).toMatch(problem);
  });

  test("an address that is too long, without repeating it", () => {
    const problem = addressProblem(`${"a".repeat(1_000_000)}:80`);
    expect(problem).toMatch(/at most 261 characters, not 1000003/);
  });

  test("a port with leading zeros, which would make two members of one peer", () => {
    expect(addressProblem("127.0.0.1:07946")).toMatch(/port "07946"/);
  });

  test("an address with control characters, so that they do no harm where it is shown", () => {
    expect(addressProblem("\u001b[2J:80")).not.toMatch(/\p{Cc}/u);
  });
});

test("IPv6 is what Node takes for it, but for zones", () => {
  const groups = fc.array(fc.constantFrom("", "", "0", "1", "ffff", "12345", "g", "1.2.3.4"), { maxLength: 10 });
  const hosts = fc.oneof(
    groups.map((parts) => parts.join(":")),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(hosts, (host) => {
      expect(addressProblem(`[${host}]:1`) === undefined).toBe(isIPv6(host));
    }),
    { numRuns: 2000 },
  );
});

test("a loopback address is known however it is written", () => {
  for (const host of [
    "127.0.0.1",
    "127.1.2.3",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "localhost",
    "LocalHost.",
  ])
    expect([host, isLoopback(`${host}:1`)]).toEqual([host, true]);
  for (const host of ["10.0.0.1", "128.0.0.1", "[::2]", "[::1:1]", "[::ffff:10.0.0.1]", "localhost.example", "peer"])
    expect([host, isLoopback(`${host}:1`)]).toEqual([host, false]);
});

test("port 0 is well formed only where a free port may be taken", () => {
  expect(addressProblem("127.0.0.1:0", { portZero: true })).toBeUndefined();
  expect(addressProblem("127.0.0.1:0")).toMatch(/1 to 65535/);
});

test("whatever text comes, it is judged and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      expect(["string", "undefined"]).toContain(typeof addressProblem(text));
    }),
  );
});

describe("a peer's own address", () => {
  test.each(["0.0.0.0:7946", "[::]:7946", "[0:0:0:0:0:0:0:0]:7946", "[::0.0.0.0]:7946", "[::ffff:0.0.0.0]:7946"])(
    "is not %s, which is every one of a machine",
    (address) => {
      expect(identityProblem(address)).toMatch(/stands for every address of a machine.*bindHost/);
    },
  );

  test.each(["224.0.0.1:7946", "255.255.255.255:7946", "0.1.2.3:7946", "[ff02::1]:7946", "[::ffff:224.0.0.1]:7946"])(
    "is not %s, which is no one machine's",
    (address) => {
      expect(identityProblem(address)).toMatch(/no address of one machine/);
    },
  );

  test("is not link-local, which would need a zone", () => {
    expect(identityProblem("[fe80::1]:7946")).toMatch(/link-local.*zone/);
    expect(identityProblem("[febf::1]:7946")).toMatch(/link-local/);
  });

  test.each([
    "10.0.0.1:7946",
    "[::1]:7946",
    "[fec0::1]:7946",
    "[fd00::1]:7946",
    "[::ffff:10.0.0.1]:7946",
    "[2001:db8::ff00]:7946",
    "peer:7946",
  ])("may be %s", (address) => {
    expect(identityProblem(address)).toBeUndefined();
  });
});
