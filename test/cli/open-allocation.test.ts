import { expect, test } from "vitest";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { configSchema } from "../../src/config/config.ts";
import type { AccessGrant } from "../../src/ledger/gateway/gateway-access.ts";
import { mapOf } from "../map-of.ts";

const GRANT: AccessGrant = { origin: "policy grants[0]", place: "line 1, column 1", src: ["*"], roles: ["user"], models: [] };
const OF_ANN = { groups: mapOf({ "group:web": ["ann@example.com"] }), tagOwners: mapOf<string[]>({}) };
const OF_BOB = { groups: mapOf({ "group:web": ["bob@example.com"] }), tagOwners: mapOf<string[]>({}) };

test("a policy that differs in its grants alone is no other policy for who pays: no month becomes stale", () => {
  const policies = [
    { date: "2026-10-01", ...OF_ANN },
    { date: "2026-10-02", ...OF_ANN, grants: [GRANT] },
    { date: "2026-10-03", ...OF_BOB, grants: [GRANT] },
    { date: "2026-10-04", ...OF_ANN },
  ];
  expect(allocationSettings(configSchema.parse({}), policies).policies).toEqual([
    { date: "2026-10-01", policy: OF_ANN },
    { date: "2026-10-03", policy: OF_BOB },
    { date: "2026-10-04", policy: OF_ANN },
  ]);
});
