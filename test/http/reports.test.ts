import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { publishInvented } from "../chargeback/invented-allocations.ts";
import { fillHostileLake, type RealLake } from "../chargeback/real-lake.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ask, startHttp } from "./start-http.ts";

const PAGE = "/reports/2026-10/chargeback.html";

describeWithFixtures("/reports", () => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillHostileLake(["odd-logins"]);
    await publishInvented(lake.store, "2026-10");
  });
  afterAll(async () => await lake.remove());

  test("gives each file as it lies in the lake, with what it is", async () => {
    const { server } = await startHttp({ lake: lake.store });
    for (const [name, type, disposition] of [
      ["chargeback.html", "text/html; charset=utf-8", undefined],
      ["chargeback.json", "application/json", undefined],
      ["chargeback.csv", "text/csv; charset=utf-8", `attachment; filename="2026-10-chargeback.csv"`],
      ["teams.csv", "text/csv; charset=utf-8", `attachment; filename="2026-10-teams.csv"`],
    ] as const) {
      const { status, headers, body } = await ask(server.url, `/reports/2026-10/${name}`);
      expect(status).toBe(200);
      expect(body).toBe(Buffer.from(await lake.store.read(`reports/2026-10/${name}`)).toString());
      expect(headers["content-type"]).toBe(type);
      expect(headers["content-disposition"]).toBe(disposition);
      expect(headers["content-length"]).toBe(String(Buffer.byteLength(body)));
      expect(headers["content-security-policy"]).toMatch(/^sandbox .*default-src 'none'/);
      expect(headers).toMatchObject({ "cache-control": "no-cache", "x-content-type-options": "nosniff" });
    }
  });

  test("gives a file once and then says that it is the same, until it is another", async () => {
    const { server } = await startHttp({ lake: lake.store });
    const { etag = "" } = (await ask(server.url, PAGE)).headers;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await ask(server.url, PAGE, { headers: { "If-None-Match": known } });
      expect(again).toMatchObject({ status: 304, body: "", headers: { etag, "cache-control": "no-cache" } });
    }
    const key = "reports/2026-10/chargeback.html";
    await lake.store.replace(key, await lake.store.read(key));
    expect((await ask(server.url, PAGE, { headers: { "If-None-Match": etag } })).status).toBe(200);
  });

  test("answers HEAD with the same headers", async () => {
    const { server } = await startHttp({ lake: lake.store });
    for (const path of [PAGE, "/reports/2026-10/chargeback.csv", "/reports"]) {
      const { date: _, ...got } = (await ask(server.url, path)).headers;
      const { status, headers, body } = await ask(server.url, path, { method: "HEAD" });
      expect([status, body]).toEqual([200, ""]);
      expect(headers).toMatchObject(got);
    }
  });

  test.each(["POST", "PUT", "DELETE", "PATCH"])("knows no %s", async (method) => {
    const { server } = await startHttp({ lake: lake.store });
    expect((await ask(server.url, PAGE, { method })).status).toBe(404);
    expect((await ask(server.url, PAGE)).status).toBe(200);
  });

  test("shows nothing that lies elsewhere", async () => {
    const { server } = await startHttp({ lake: lake.store });
    await writeFile(join(lake.directory, "secret.html"), "secret");
    const up = ["..", "%2e%2e", "%2E%2E", ".%2e", "..%2f..", "%252e%252e", "..;", "..%00", "2026-10/../.."];
    const others = [
      ...up.map((dots) => `${dots}/secret.html`),
      "%2e%2e%2fsecret.html",
      "..%5csecret.html",
      "..\\secret.html",
      "/secret.html",
      "2026-10%2Fchargeback.html",
      "2026-10//chargeback.html",
      "2026-10/",
      "2026-10",
      "2026-10/chargeback.html%00",
      "2026-10/chargeback.html%00.csv",
      "2026-10/none.html",
      `${"a".repeat(3000)}.html`,
    ];
    for (const other of others) {
      const { status, body } = await ask(server.url, `/reports/${other}`);
      expect([other, status]).toEqual([other, 404]);
      expect(body).not.toContain("secret");
    }
    for (const undecodable of ["%C0%AE%C0%AE/secret.html", "%F0", "%ZZ"]) {
      expect(await ask(server.url, `/reports/${undecodable}`)).toMatchObject({ status: 400, body: "Bad Request\n" });
    }
    expect((await ask(server.url, "/reports/../secret.html")).status).toBe(404);
    expect((await ask(server.url, "/secret.html")).status).toBe(404);
  });
});

test("a lake without reports says how there come to be some", async () => {
  const { server } = await startHttp({ lake: new FsStore(temporaryFolder()) });
  expect(await ask(server.url, "/reports")).toMatchObject({ status: 200, body: expect.stringContaining("aperture-ledger chargeback") as string });
});

test("months are listed newest first, and names from outside as text", async () => {
  const store = new FsStore(temporaryFolder());
  for (const key of ["2025-12/chargeback.html", "2026-02/chargeback.html", "2026-10/chargeback.html", "2026-10/chargeback.csv", "2026-10/<b>&.parquet", "2026-10/chargeback.xlsx", "notes.txt"]) {
    await store.replace(`reports/${key}`, Buffer.from("x"));
  }
  const { server } = await startHttp({ lake: store });
  const { body } = await ask(server.url, "/reports");
  const headings = [...body.matchAll(/<h2[^>]*>([^<]*)/g)].map(([, text]) => text);
  expect(headings).toEqual(["October 2026", "February 2026", "December 2025", "Other"]);
  const links = [...(body.split("<main")[1] ?? "").matchAll(/href="(\/reports\/[^"]*)"/g)].map(([, href]) => href ?? "");
  expect(links.slice(0, 3)).toEqual(["/reports/2026-10/chargeback.html", "/reports/2026-10/%3Cb%3E%26.parquet", "/reports/2026-10/chargeback.csv"]);
  expect(body).not.toContain("<b>");
  for (const link of links) expect(await ask(server.url, link)).toMatchObject({ status: 200, body: "x" });
  const parquet = await ask(server.url, "/reports/2026-10/%3Cb%3E%26.parquet");
  expect(parquet.headers).toMatchObject({ "content-type": "application/vnd.apache.parquet", "content-disposition": `attachment; filename="2026-10--b--.parquet"` });
  expect(body).toMatch(/chargeback\.xlsx<\/bdi><\/a>\s*<span class="quiet">workbook, /);
  const workbook = await ask(server.url, "/reports/2026-10/chargeback.xlsx");
  expect(workbook.headers).toMatchObject({ "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "content-disposition": `attachment; filename="2026-10-chargeback.xlsx"` });
});

test("a closed month is shown as such, and the copies of its close are not listed", async () => {
  const store = new FsStore(temporaryFolder());
  for (const key of ["reports/2026-09/chargeback.html", "reports/2026-09/closed-0123456789abcdef/chargeback.html", "reports/2026-09/Closed-0123456789ABCDEF/settings.json", "reports/2026-10/chargeback.html", "_ledger/closes/2026-09.json"]) {
    await store.replace(key, Buffer.from("x"));
  }
  const { server } = await startHttp({ lake: store });
  const { body } = await ask(server.url, "/reports");
  const [october = "", september = ""] = body.split("</section>");
  expect(october).not.toContain("Closed:");
  expect(september).toContain("Closed:");
  expect(body).not.toContain("closed-");
  expect(await ask(server.url, "/reports/2026-09/closed-0123456789abcdef/chargeback.html")).toMatchObject({ status: 404 });
  // Where a file system ignores case, this is the same folder.
  expect(await ask(server.url, "/reports/2026-09/Closed-0123456789ABCDEF/settings.json")).toMatchObject({ status: 404 });
});
