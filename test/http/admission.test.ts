import { describe, expect, test } from "vitest";
import { type Admission, type Asking, decideAdmission, loginForTeams } from "../../src/http/admission.ts";
import { decodeHeader } from "../../src/http/login.ts";
import { readHeaderSecret } from "../../src/http/header-secret.ts";

const LOCAL: Asking = {
  way: "tcp",
  localPort: 8080,
  peer: "127.0.0.1",
  method: "GET",
  path: "/reports",
  logins: [],
  secrets: [], keys: [],
  proxied: false,
  host: "localhost:8080",
  origin: undefined,
  fetchSite: undefined,
  fetchMode: undefined,
};
const SERVED: Asking = { ...LOCAL, host: "ledger.tail1234.ts.net", proxied: true };
const ALLOW: ReadonlySet<string> = new Set(["ann@example.com", "jürgen@example.com", "kim@example.com"]);

function by(login: string, ...others: string[]): Asking {
  return { ...SERVED, logins: [login, ...others] };
}

describe("with an allow list", () => {
  test.each<[string, Asking]>([
    ["a login on it", by("ann@example.com")],
    ["in other case", by("Ann@Example.COM")],
    ["encoded as Tailscale does", by("=?utf-8?q?j=C3=BCrgen=40example.com?=")],
    ["encoded, in other case", by("=?UTF-8?Q?J=C3=9Crgen@example.com?=")],
    ["encoded in two words", by("=?utf-8?q?j=C3=BCrgen?= =?utf-8?q?=40example.com?=")],
    ["encoded by base64", by("=?utf-8?b?asO8cmdlbkBleGFtcGxlLmNvbQ==?=")],
    ["from an IPv6 loopback", { ...by("ann@example.com"), peer: "::1" }],
    ["from a mapped loopback", { ...by("ann@example.com"), peer: "::ffff:127.0.0.1" }],
    ["from 127.9.9.9", { ...by("ann@example.com"), peer: "127.9.9.9" }],
    ["this machine's own name", { ...by("ann@example.com"), host: "localhost:8080" }],
    ["another port of tailscale serve", { ...by("ann@example.com"), host: "Ledger.Tail1234.ts.net:8443" }],
    ["a link that a person follows", { ...by("ann@example.com"), fetchSite: "cross-site", fetchMode: "navigate" }],
    ["a picture of its own page", { ...by("ann@example.com"), fetchSite: "same-origin", fetchMode: "no-cors" }],
    ["health without a login", { ...SERVED, path: "/healthz" }],
    ["health from elsewhere", { ...SERVED, path: "/healthz", peer: "100.64.0.9" }],
    ["health by HEAD", { ...SERVED, path: "/healthz", method: "HEAD", peer: "100.64.0.9" }],
    ["a change by the board itself", { ...by("ann@example.com"), method: "PUT", fetchSite: "same-origin", origin: `https://${SERVED.host}` }],
    ["a change by curl", { ...by("ann@example.com"), method: "PUT" }],
  ])("lets in: %s", (_name, asking) => {
    expect(decideAdmission(asking, { allow: ALLOW })).toBeUndefined();
  });

  test.each<[string, Asking, RegExp]>([
    ["no login", SERVED, /no Tailscale-User-Login/],
    ["a user of this machine without one", LOCAL, /no Tailscale-User-Login/],
    ["a login that is not on it", by("eve@example.com"), /not in http\.allow/],
    ["an empty login", by(""), /not in http\.allow/],
    ["a longer login", by("ann@example.com.evil.example"), /not in http\.allow/],
    ["a look-alike whose lower case is the same", by("=?utf-8?q?=E2=84=AAim=40example.com?="), /not in http\.allow/],
    ["a page whose name was bound to this machine", { ...by("ann@example.com"), host: "evil.example:8080" }, /http\.hosts/],
    ["such a page on the default port", { ...by("ann@example.com"), host: "evil.example" }, /http\.hosts/],
    ["a name that ends alike", { ...by("ann@example.com"), host: "evil-ts.net" }, /http\.hosts/],
    ["a name that goes on", { ...by("ann@example.com"), host: "ledger.tail1234.ts.net.evil.example" }, /http\.hosts/],
    ["the worker's own port under a name of the tailnet", { ...by("ann@example.com"), host: "ledger.tail1234.ts.net:8080" }, /http\.hosts/],
    ["the worker's own port, written with a zero before it", { ...by("ann@example.com"), host: "evil.ts.net:08080" }, /http\.hosts/],
    ["an address of a network", { ...by("ann@example.com"), host: "192.168.1.2:8080" }, /http\.hosts/],
    ["no host", { ...by("ann@example.com"), host: undefined }, /http\.hosts/],
    ["two hosts", { ...by("ann@example.com"), host: "ledger.tail1234.ts.net,evil.example" }, /http\.hosts/],
    ["what another site's page reads", { ...by("ann@example.com"), fetchSite: "cross-site", fetchMode: "no-cors" }, /another site/],
    ["what another site's page reads by script", { ...by("ann@example.com"), origin: "https://evil.example", fetchSite: "cross-site", fetchMode: "cors" }, /another site/],
    ["what a page on another port of this machine reads", { ...by("ann@example.com"), host: "localhost:8080", origin: "http://localhost:3000" }, /another site/],
    ["a form of another site", { ...by("ann@example.com"), method: "POST", fetchSite: "cross-site", fetchMode: "navigate" }, /another site/],
    ["two headers", by("ann@example.com", "ann@example.com"), /more than one/],
    ["two headers joined", by("eve@example.com, ann@example.com"), /more than one/],
    ["an encoding that is cut off", by("=?utf-8?q?ann=40example.com"), /cannot be decoded/],
    ["bytes that are no UTF-8", by("=?utf-8?q?j=FCrgen=40example.com?="), /cannot be decoded/],
    ["an unknown character set", by("=?x-none?q?ann=40example.com?="), /cannot be decoded/],
    ["encoded and then more", by("=?utf-8?q?ann?=@example.com"), /cannot be decoded/],
    ["a login from another machine", { ...by("ann@example.com"), peer: "100.64.0.9" }, /only this machine/],
    ["from a mapped address", { ...by("ann@example.com"), peer: "::ffff:100.64.0.9" }, /only this machine/],
    ["from an address that only begins alike", { ...by("ann@example.com"), peer: "127.0.0.1.evil" }, /only this machine/],
    ["from a connection that is gone", { ...by("ann@example.com"), peer: undefined }, /only this machine/],
    ["readiness without a login", { ...SERVED, path: "/readyz" }, /no Tailscale-User-Login/],
    ["metrics without a login", { ...SERVED, path: "/metrics" }, /no Tailscale-User-Login/],
    ["what only begins like health", { ...SERVED, path: "/healthz/../jobs" }, /no Tailscale-User-Login/],
    ["a change to health", { ...SERVED, path: "/healthz", method: "POST" }, /no Tailscale-User-Login/],
    ["a change by another site", { ...by("ann@example.com"), method: "PUT", fetchSite: "cross-site" }, /another site/],
    ["a change by a neighbour", { ...by("ann@example.com"), method: "PUT", fetchSite: "same-site" }, /another site/],
    ["a change by another origin", { ...by("ann@example.com"), method: "POST", origin: "https://evil.example" }, /another site/],
    ["a change by another port", { ...by("ann@example.com"), method: "POST", origin: `https://${SERVED.host}:8443` }, /another site/],
    ["a change by no origin", { ...by("ann@example.com"), method: "PATCH", origin: "null" }, /another site/],
  ])("refuses: %s", (_name, asking, why) => {
    const refusal = decideAdmission(asking, { allow: ALLOW });
    expect(refusal).toMatch(why);
    expect(refusal).not.toContain("@example.com");
  });

  test("one that is empty lets nobody in", () => {
    expect(decideAdmission(by("ann@example.com"), { allow: new Set() })).toMatch(/not in http\.allow/);
  });
});

describe("with http.hosts", () => {
  const hosts = new Set(["ledger.example.com", "ledger.example.com:8443"]);

  test.each(["ledger.example.com", "Ledger.Example.com:8443", "localhost:8080"])("lets in at %s", (host) => {
    expect(decideAdmission({ ...by("ann@example.com"), host }, { allow: ALLOW, hosts })).toBeUndefined();
  });

  test.each(["ledger.tail1234.ts.net", "ledger.example.com:8080", "x.ledger.example.com", "evil.example"])("refuses %s", (host) => {
    expect(decideAdmission({ ...by("ann@example.com"), host }, { allow: ALLOW, hosts })).toMatch(/http\.hosts/);
  });
});

describe("with the proxy's secret", () => {
  const word = "s".repeat(32);
  const admission: Admission = { allow: ALLOW, secret: readHeaderSecret(`${word}\n`, "the test") };

  test("lets in who comes with it", () => {
    expect(decideAdmission({ ...by("ann@example.com"), secrets: [word] }, admission)).toBeUndefined();
    expect(decideAdmission({ ...LOCAL, path: "/healthz" }, admission)).toBeUndefined();
  });

  test.each([[[]], [[""]], [["s".repeat(31)]], [["S".repeat(32)]], [[word, word]], [[`${word}, ${word}`]]])("refuses a login with %j", (secrets) => {
    expect(decideAdmission({ ...by("ann@example.com"), secrets }, admission)).toMatch(/http\.secret/);
  });

  test("does not let in a login that is not on the list", () => {
    expect(decideAdmission({ ...by("eve@example.com"), secrets: [word] }, admission)).toMatch(/not in http\.allow/);
  });

  test.each(["", "short", "s".repeat(31), `${"s".repeat(32)} ${"s".repeat(32)}`, `${"s".repeat(32)}ß`])("takes no %j for one", (text) => {
    expect(() => readHeaderSecret(text, "the test")).toThrow("the test does not hold a secret");
  });
});

describe("with a unix socket", () => {
  const admission: Admission = { allow: ALLOW, hasSocket: true };

  test("lets in who comes through it", () => {
    expect(decideAdmission({ ...by("ann@example.com"), way: "socket", peer: undefined, localPort: undefined }, admission)).toBeUndefined();
  });

  test("believes no login at the port, which answers health", () => {
    expect(decideAdmission(by("ann@example.com"), admission)).toMatch(/\/healthz only/);
    expect(decideAdmission({ ...LOCAL, path: "/healthz" }, admission)).toBeUndefined();
  });

  test("without an allow list answers whoever may write to it, and no proxy", () => {
    const local: Asking = { ...LOCAL, way: "socket", peer: undefined, host: "localhost" };
    expect(decideAdmission(local, { allow: null, hasSocket: true })).toBeUndefined();
    expect(decideAdmission({ ...local, logins: ["ann@example.com"] }, { allow: null, hasSocket: true })).toMatch(/http\.allow/);
  });
});

describe("without an allow list", () => {
  test.each<[string, Asking]>([
    ["localhost", LOCAL],
    ["127.0.0.1", { ...LOCAL, host: "127.0.0.1:8080" }],
    ["::1", { ...LOCAL, peer: "::1", host: "[::1]:8080" }],
    ["no port", { ...LOCAL, host: "LocalHost" }],
    ["a change by the board itself", { ...LOCAL, method: "PUT", fetchSite: "same-origin", origin: "http://localhost:8080" }],
  ])("lets in a user of this machine: %s", (_name, asking) => {
    expect(decideAdmission(asking, { allow: null })).toBeUndefined();
  });

  test.each<[string, Asking, RegExp]>([
    ["who comes through tailscale serve", by("ann@example.com"), /http\.allow/],
    ["who comes through it and names this machine", { ...LOCAL, logins: ["ann@example.com"] }, /http\.allow/],
    ["a tagged device, which has no login", { ...LOCAL, proxied: true }, /http\.allow/],
    ["a page whose name was bound to 127.0.0.1", { ...LOCAL, host: "evil.example:8080" }, /localhost/],
    ["a name that begins alike", { ...LOCAL, host: "localhost.evil.example" }, /localhost/],
    ["a name that ends alike", { ...LOCAL, host: "evil@localhost" }, /localhost/],
    ["an address of a network", { ...LOCAL, host: "192.168.1.2" }, /localhost/],
    ["no host", { ...LOCAL, host: undefined }, /localhost/],
    ["another machine", { ...LOCAL, peer: "192.168.1.2" }, /only this machine/],
    ["a change by a page on another port", { ...LOCAL, method: "PUT", origin: "http://localhost:3000" }, /another site/],
  ])("refuses %s", (_name, asking, why) => {
    expect(decideAdmission(asking, { allow: null })).toMatch(why);
  });
});

test("a header that is not encoded is left as it is", () => {
  expect(decodeHeader("ann=40@example.com")).toBe("ann=40@example.com");
});

describe("the login of somebody who may be in a team", () => {
  test.each<[string, Asking]>([
    ["a login that is not in http.allow", by("eve@example.com")],
    ["encoded", by("=?utf-8?q?eve=40example.com?=")],
    ["a link that a person follows", { ...by("eve@example.com"), fetchSite: "cross-site", fetchMode: "navigate" }],
  ])("is taken of %s", (_name, asking) => {
    expect(loginForTeams(asking, { allow: ALLOW })).toBe("eve@example.com");
  });

  test.each<[string, Asking]>([
    ["no login", SERVED],
    ["an empty login", by("")],
    ["two logins", by("eve@example.com", "bob@example.com")],
    ["two logins in one header", by("eve@example.com,bob@example.com")],
    ["an encoding that is cut off", by("=?utf-8?q?eve=40example.com")],
    ["a change", { ...by("eve@example.com"), method: "POST" }],
    ["another machine", { ...by("eve@example.com"), peer: "100.64.0.9" }],
    ["a page whose name was bound to this machine", { ...by("eve@example.com"), host: "evil.example" }],
    ["another site's page", { ...by("eve@example.com"), fetchSite: "cross-site", fetchMode: "no-cors" }],
  ])("is not taken of %s", (_name, asking) => {
    expect(loginForTeams(asking, { allow: ALLOW })).toBeUndefined();
  });

  test("is not taken without http.allow, without the proxy's secret, and at the port beside a socket", () => {
    expect(loginForTeams(by("eve@example.com"), { allow: null })).toBeUndefined();
    expect(loginForTeams(by("eve@example.com"), { allow: ALLOW, secret: readHeaderSecret("s".repeat(32), "the test") })).toBeUndefined();
    expect(loginForTeams(by("eve@example.com"), { allow: ALLOW, hasSocket: true })).toBeUndefined();
  });
});
