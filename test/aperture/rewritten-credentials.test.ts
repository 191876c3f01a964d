import { describe, expect, it } from "vitest";
import * as cbor from "./cbor-build.ts";
import { readContent, readWhole } from "./read-content.ts";
import { rewriteContent } from "./rewritten.ts";
import { sampleRecord } from "./sample-record.ts";

/** A copy that is read again after bodies were dropped is paid by whom it was paid before. */

const SECRET = "Zq7mWkP2xTn4";
const VALUES: readonly (readonly [header: string, value: Buffer])[] = [
  ["Authorization", cbor.array([cbor.text(`Bearer sk-ant-oat01-${SECRET}`)])],
  ["Authorization", cbor.text(`Bearer eyJhbGciOiJSUzI1NiJ9.e30.${SECRET}`)],
  ["Authorization", cbor.array([cbor.text(`AWS4-HMAC-SHA256 Credential=AKIA${SECRET}/x, Signature=${SECRET}`)])],
  ["authorization", cbor.array([cbor.indefiniteText(["Bearer sk-proj-", SECRET])])],
  ["X-Api-Key", cbor.array([cbor.text(`sk-ant-api03-${SECRET}`)])],
  ["X-Api-Key", cbor.tagged(55799, cbor.array([cbor.tagged(55799, cbor.text(`sk-ant-api03-${SECRET}`))]))],
  ["x-goog-api-key", cbor.array([cbor.text(`AIzaSy${SECRET}`)])],
  ["X-Api-Key", cbor.array([cbor.text("-")])],
  ["Authorization", cbor.array([cbor.text("Bearer -")])],
  ["Authorization", cbor.array([cbor.text("Bearer ***")])],
  ["Authorization", cbor.array([cbor.text("Bearer -"), cbor.text(`Bearer sk-ant-oat01-${SECRET}`)])],
  ["X-Api-Key", cbor.array([cbor.NULL])],
  ["X-Api-Key", cbor.NULL],
  ["User-Agent", cbor.array([cbor.text("curl/8.5")])],
];

describe.each(["drop_bodies", "redact_bodies", "pseudonymise"] as const)("the kind of a credential survives %s", (treatment) => {
  it.each(VALUES.map(([header, value], index) => [index, header, value] as const))("%i: %s", async (_, header, value) => {
    const headers = cbor.map([[header, value], ["Host", cbor.array([cbor.text("ai")])]]);
    const record = sampleRecord({ capture: cbor.map([["requestHeaders", headers]]) });
    const { requests } = await readContent(record);
    const { content, file, rewriting } = await rewriteContent(record, treatment);
    expect((await readWhole(file)).requests[0]?.credential).toBe(requests[0]?.credential);
    expect(content.includes(SECRET)).toBe(false);
    expect(rewriting.damage).toBeNull();
    const again = await rewriteContent(content, treatment);
    expect(again.content.equals(content)).toBe(true);
  });
});

describe("a tag that changes nothing hides nothing", () => {
  const CANARY = "canary-of-a-prompt";
  const self = (item: Buffer): Buffer => cbor.tagged(55799, item);
  const body = cbor.map([["messages", cbor.array([cbor.text(CANARY.repeat(20))])]]);
  const record = self(
    cbor.map([
      [self(cbor.text("identity")), self(cbor.map([[self(cbor.text("login_name")), cbor.text("alice@example.com")], [self(cbor.text("stable_node_id")), self(cbor.text("nABC"))]]))],
      [self(cbor.text("capture")), self(cbor.map([
        [self(cbor.text("requestBody")), self(body)],
        [self(self(cbor.text("requestHeaders"))), self(cbor.map([[self(cbor.text("x-api-key")), self(cbor.array([self(cbor.text("sk-ant-api03-secret0123456789"))]))]]))],
        [self(cbor.text("toolUseData")), self(cbor.array([self(cbor.text(CANARY))]))],
      ]))],
    ]),
  );

  it.each(["drop_bodies", "pseudonymise"] as const)("from %s", async (treatment) => {
    const { content, rewriting } = await rewriteContent(Buffer.concat([record, record]), treatment);
    expect(content.includes(CANARY)).toBe(false);
    expect(content.includes("secret0123456789")).toBe(false);
    expect(content.includes("nABC")).toBe(treatment !== "pseudonymise");
    expect(rewriting).toMatchObject({ records: 2, bodiesDropped: 2, damage: null });
  });
});
