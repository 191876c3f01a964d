import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findOverlaps, refuseOverlaps } from "../../src/open/check-places.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";
import { findings } from "./findings.ts";

const overlaps = async (yaml: string): Promise<string[]> => (await findOverlaps(checkConfig(parse(yaml), "the test"))).map(({ message }) => message);

describe("sources, lake and archive", () => {
  test.each([
    ["sources: [{name: a, url: s3://xxx/prod}, {name: b, url: s3://xxx/prod/}]", ["source a (s3://xxx/prod) and source b (s3://xxx/prod/) are the same place"]],
    ["sources: [{name: a, url: s3://xxx/prod}, {name: b, url: s3://xxx}, {name: c, url: s3://xxx/prod/eu}]", [
      "source a (s3://xxx/prod) and source b (s3://xxx) lie inside each other",
      "source a (s3://xxx/prod) and source c (s3://xxx/prod/eu) lie inside each other",
      "source b (s3://xxx) and source c (s3://xxx/prod/eu) lie inside each other",
    ]],
    ["{sources: [{name: a, url: s3://xxx/prod}], lake: s3://xxx}", ["source a (s3://xxx/prod) and lake (s3://xxx) lie inside each other"]],
    ["{sources: [{name: a, url: s3://xxx}], lake: s3://xxx/}", ["source a (s3://xxx) and lake (s3://xxx/) are the same place"]],
    ["{sources: [{name: a, url: s3://xxx/prod}], lake: s3://yyy, archive: {url: s3://xxx/prod/copies}}", ["source a (s3://xxx/prod) and archive (s3://xxx/prod/copies) lie inside each other"]],
    ["{sources: [{name: a, url: s3://xxx/prod}], lake: s3://yyy, archive: {url: s3://xxx/prod}}", ["source a (s3://xxx/prod) and archive (s3://xxx/prod) are the same place"]],
    ["{sources: [{name: a, url: s3://xxx/prod}], lake: s3://yyy, archive: {url: s3://xxx}}", ["source a (s3://xxx/prod) and archive (s3://xxx) lie inside each other"]],
    ["{sources: [{name: a, url: s3://xxx/prod, endpoint: 'http://h:9000'}], lake: 's3://xxx/prod/lake?endpoint=http://H:9000/'}", [
      "source a (s3://xxx/prod at http://h:9000) and lake (s3://xxx/prod/lake?endpoint=http://H:9000/) lie inside each other",
    ]],
    ["{lake: s3://yyy/lake, archive: {url: s3://yyy/lake/usage/copies}}", ["archive (s3://yyy/lake/usage/copies) lies in the folder usage of lake (s3://yyy/lake)"]],
    ["{lake: s3://yyy/lake, archive: {url: s3://yyy/lake/_ledger}}", ["archive (s3://yyy/lake/_ledger) lies in the folder _ledger of lake (s3://yyy/lake)"]],
    ["{lake: s3://yyy/archive/lake, archive: {url: s3://yyy}}", ["lake (s3://yyy/archive/lake) lies among the copies of archive (s3://yyy)"]],
  ])("%s: every overlapping pair is named", async (yaml, found) => {
    expect(await overlaps(yaml)).toEqual(found);
  });

  test.each([
    "{sources: [{name: a, url: s3://xxx/prod}, {name: b, url: s3://xxx/prod2}], lake: s3://xxx/lake}",
    "{sources: [{name: a, url: s3://xxx}, {name: b, url: s3://xxx, endpoint: 'http://elsewhere:9000'}], lake: s3://yyy}",
    "{lake: s3://yyy, archive: {url: s3://yyy}}",
    "{lake: s3://yyy/lake, archive: {url: s3://yyy/lake/archive}}",
    "{lake: s3://yyy/lake, archive: {url: s3://yyy/lake/copies}}",
    "{lake: s3://yyy/lake, archive: {url: s3://yyy}}",
    "{lake: s3://yyy, archive: {url: s3://zzz}}",
    "{sources: [{name: a, url: s3://xxx}]}",
  ])("%s: may stand as they are", async (yaml) => {
    expect(await overlaps(yaml)).toEqual([]);
  });

  test("are refused with a code and what to do, credentials aside", async () => {
    const config = checkConfig(parse("sources: [{name: a, url: /x}, {name: b, url: 'file:///x/y'}]"), "the test");
    await expect(refuseOverlaps(config)).rejects.toMatchObject({ code: "url_invalid", message: expect.stringMatching(/source a .*source b/) as string, remedy: expect.stringMatching(/own bucket or folder/) as string });
  });
});

describe("a link in a source", () => {
  /** Sources a and b beside a lake and a folder that is nobody's, with links from where they lie to where they lead. */
  const overlapsWith = async (links: Record<string, string>): Promise<string[]> => {
    const folder = temporaryFolder();
    for (const name of ["a/2026/10", "b/2026", "lake", "else/where"]) mkdirSync(join(folder, name), { recursive: true });
    for (const [link, to] of Object.entries(links)) symlinkSync(join(folder, to), join(folder, link));
    const found = await overlaps(`{sources: [{name: a, url: "${folder}/a"}, {name: b, url: "${folder}/b"}], lake: "${folder}/lake"}`);
    return found.map((message) => message.replaceAll(`${folder}/`, ""));
  };

  test.each<[string, Record<string, string>, string[]]>([
    ["to another source", { "a/inner": "b" }, ["the link inner of source a (a) and source b (b) are the same place"]],
    ["from the other one", { "b/inner": "a" }, ["source a (a) and the link inner of source b (b) are the same place"]],
    ["into another source, further down", { "a/2026/10/inner": "b/2026" }, ["the link 2026/10/inner of source a (a) and source b (b) lie inside each other"]],
    ["to the folder around them", { "a/inner": "b/.." }, ["the link inner of source a (a) and source b (b) lie inside each other", "the link inner of source a (a) and lake (lake) lie inside each other"]],
    ["into the lake", { "b/inner": "lake" }, ["the link inner of source b (b) and lake (lake) are the same place"]],
    ["from each source to one folder", { "a/inner": "else", "b/inner": "else/where" }, ["the link inner of source a (a) and the link inner of source b (b) lie inside each other"]],
    ["to one more folder, or to nothing", { "a/inner": "else", "b/inner": "nowhere" }, []],
    ["to a folder of its own source", { "a/inner": "a/2026" }, []],
  ])("%s is found where it leads to what another store holds", async (_, links, found) => {
    expect(await overlapsWith(links)).toEqual(found);
  });

  test("to one export of another source is found", async () => {
    const folder = temporaryFolder();
    for (const name of ["a", "b"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "b/export"), "");
    symlinkSync("../b/export", join(folder, "a/export"));
    expect(await overlaps(`sources: [{name: a, url: "${folder}/a"}, {name: b, url: "${folder}/b"}]`)).toEqual([expect.stringMatching(/^the link export of source a .* and source b .* lie inside each other$/)]);
  });
});

describe("one gateway under two names", () => {
  const configOfTwo = (): string => {
    const folder = temporaryFolder();
    for (const name of ["exports", "lake"]) mkdirSync(join(folder, name));
    symlinkSync(join(folder, "exports"), join(folder, "also"));
    const config = join(folder, "aperture-ledger.yaml");
    writeFileSync(config, `sources: [{name: east, url: "${folder}/exports"}, {name: west, url: "file://${folder}/also/"}]\nlake: "${folder}/lake"\n`);
    return config;
  };

  test.each([["run"], ["worker"], ["schedule"], ["status"], ["archive", "seal"]])("stops %s before it does anything", async (...command) => {
    const { code, stderr } = await call([...command, "--config", configOfTwo()]);
    expect(stderr).toMatch(/source east \(.*\/exports\) and source west \(.*\/also\/\) are the same place \[url_invalid\]\n +one gateway is one source/);
    expect(code).toBe(2);
  });

  test("is a finding of doctor, as are names that differ in letter case alone", async () => {
    const folder = temporaryFolder();
    const { code, found } = await findings(`sources: [{name: east, url: "${folder}/a"}, {name: East, url: "${folder}/b/../a"}]\nlake: "${folder}/a/lake"\n`);
    const places = found.filter(({ check }) => check === "places");
    expect(places.map(({ state }) => state)).toEqual(["failed", "failed", "failed", "attention"]);
    expect(places.map(({ finding }) => finding).join("\n")).toMatch(/source east .* and source East .* are the same place\n.*lake.*\n.*lake.*\nsources east, East differ in letter case/);
    expect(code).toBe(1);
  });
});
