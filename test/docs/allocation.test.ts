import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configSchema } from "../../src/config/config.ts";
import { type Spent, whoPays, type Written } from "../allocation/who-pays.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/allocation.md"), "utf8");

function section(heading: string): string {
  return GUIDE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
}

function configured(heading: string): Written {
  const yaml = /^```yaml\n(.*?)^```$/ms.exec(section(heading))?.[1];
  if (yaml === undefined) throw new Error(`no configuration below ${heading}`);
  return parse(yaml) as Written;
}

test.each(["The directory", "Who decides", "Shared costs", "Discounts and markups", "Worked examples"])("the configuration below %s is valid", (heading) => {
  const dimensions = { repo: "X-Github-Repository" };
  expect(configSchema.safeParse({ dimensions, ...configured(heading) }).error).toBeUndefined();
});

describe("a worked example comes out as the guide says", () => {
  const { directory = {} } = configured("Worked examples");
  /** Results in the order and the words of the table. */
  const rows = [...section("Worked examples").matchAll(/^\|[^|]*\|[^|]*\| ([^|]+) \| ([^|]+) \| (-?[\d.]+) \|$/gm)].map(
    ([, team = "", how = "", cost = ""]) => `${team} (${how}): ${cost}`,
  );
  const ann = { by: "ann@example.com" };
  const bob = { by: "bob@example.com" };
  const spread: Spent[] = [
    { ...ann, cost: 9_000_000_000n },
    { ...bob, cost: 3_000_000_000n },
    { ...bob, cost: 50_000_000_000n, of: { billing: "subscription" } },
    { by: "cat@example.com" },
  ];
  const pools = [{ name: "platform", when: { team: "platform" }, spread: "proportional" }];

  test.each<[string, number, Record<string, unknown>, Spent[]]>([
    ["no rule", 1, {}, [ann]],
    ["even", 2, { several: "even" }, [{ ...ann, cost: 3n }]],
    ["weights", 2, { rules: [{ name: "agreed", when: {}, split: { payments: 70, web: 30.5 } }] }, [ann]],
    ["three tags", 3, {}, [{ by: "tag:a,tag:b,tag:c", cost: 5n }]],
    ["a pool", 5, { pools }, spread],
    ["a pool that takes of a team that it is spread over", 3, { pools: [{ name: "batches", when: { model: "batch-*" }, spread: "proportional" }] }, [ann, { ...bob, cost: 3_000_000_000n, of: { model: "batch-1" } }]],
    ["adjustments", 3, configured("Discounts and markups").allocation ?? {}, [bob]],
  ])("%s", (_name, count, allocation, spent) => {
    const paid = whoPays({ directory, allocation }, ...spent);
    expect(paid).toHaveLength(count);
    for (const one of paid) expect(rows).toContain(one);
  });

  test("and the table has no other rows", () => {
    expect(rows).toHaveLength(19);
  });
});
