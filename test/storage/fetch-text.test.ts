import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseHuJson } from "../../src/aperture/gateway/hujson.ts";
import { parseQuotaBalances } from "../../src/aperture/gateway/quota-balances.ts";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";
import { fetchText, MOST_TEXT_BYTES } from "../../src/storage/fetch-text.ts";
import { MOST_DEPTH } from "../../src/ledger/text/nesting.ts";
import { temporaryFolder } from "../test-ledger.ts";

describe("an answer over HTTP", () => {
  let server: Server;
  let answer: RequestListener;
  let url: string;
  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/config`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("that never ends is given up at its bound, and its connection is closed", async () => {
    let sent = 0;
    const closed = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        const chunk = Buffer.alloc(64 * 1024, " ");
        const send = (): void => {
          while (!response.destroyed && response.write(chunk)) sent += chunk.byteLength;
        };
        response.on("drain", send).on("close", resolve);
        send();
      };
    });
    await expect(fetchText(url)).rejects.toThrow(`larger than ${String(MOST_TEXT_BYTES)} bytes`);
    await closed;
    expect(sent).toBeLessThan(2 * MOST_TEXT_BYTES);
  });

  test("that drips is given up when its time is over, although every byte comes soon after the last", async () => {
    answer = (_request, response) => {
      const timer = setInterval(() => response.write(" "), 5);
      response.on("close", () => clearInterval(timer));
    };
    await expect(fetchText(url, { milliseconds: 200 })).rejects.toThrow("the answer was not complete within 0.2 seconds");
  });

  test("that is unpacked to more than the bound is given up as well", async () => {
    const { gzipSync } = await import("node:zlib");
    answer = (_request, response) => response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(MOST_TEXT_BYTES + 1, " ")));
    await expect(fetchText(url)).rejects.toThrow("bytes, the limit");
  });

  test("of an ordinary size is read whole, without a byte order mark", async () => {
    answer = (_request, response) => response.end("\uFEFF{} // straße");
    expect(await fetchText(url)).toBe("{} // straße");
  });

  test("that is an error is one", async () => {
    answer = (_request, response) => response.writeHead(503).end("later");
    await expect(fetchText(url)).rejects.toThrow("HTTP 503 Service Unavailable");
  });
});

describe("a file", () => {
  test("without an end is given up at the bound", async () => {
    await expect(fetchText("file:///dev/zero")).rejects.toThrow("bytes, the limit");
  });

  test("of an ordinary size is read whole", async () => {
    const file = join(temporaryFolder(), "policy.hujson");
    writeFileSync(file, "{} // 日本語");
    expect(await fetchText(file)).toBe("{} // 日本語");
  });

  test("that is missing is an error that says so", async () => {
    await expect(fetchText(join(temporaryFolder(), "policy.hujson"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a named pipe", () => {
  let pipe: string;
  beforeEach(() => {
    pipe = join(temporaryFolder(), "pipe");
    execFileSync("mkfifo", [pipe]);
  });

  test("that nobody writes to is given up when its time is over", async () => {
    await expect(fetchText(pipe, { milliseconds: 200 })).rejects.toThrow("the answer was not complete within 0.2 seconds");
  });

  test("is read to the end of what is written to it, however long it is", async () => {
    const text = "{} // straße\n".repeat(20_000);
    const [read] = await Promise.all([fetchText(pipe), writeFile(pipe, text)]);
    expect(read).toBe(text);
  });

  test("is read no further than the bound", async () => {
    const written = writeFile(pipe, "x".repeat(500_000)).catch((error: unknown) => error);
    await expect(fetchText(pipe, { mostBytes: 1000 })).rejects.toThrow("larger than 1000 bytes");
    expect(await written).toMatchObject({ code: "EPIPE" });
  });
});

describe("nesting", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  test.each([MOST_DEPTH + 1, 5000, 200_000])("%i lists in each other are refused as what they are, in every language", (depth) => {
    expect(() => parseHuJson(nested(depth), "the policy", "config_invalid")).toThrow(`the policy: lists and maps are nested more than ${String(MOST_DEPTH)} deep`);
    expect(() => parseQuotaBalances(nested(depth), "http://ai/api/quotas")).toThrow(/nested more than/);
    expect(() => parseYaml(nested(Math.min(depth, 20_000)), "prices.yaml")).toThrow(/prices\.yaml: lists and maps are nested more than/);
    expect(() => parseYaml("- ".repeat(Math.min(depth, 20_000)) + "a", "prices.yaml")).toThrow(/nested more than/);
  });

  test("brackets in texts and comments do not count", () => {
    const brackets = "[".repeat(1000);
    expect(parseHuJson(`{ "a": "${brackets}\\"${brackets}", // ${brackets}\n /* ${brackets} */ "b": ${nested(10)} }`, "the policy")).toMatchObject({ a: `${brackets}"${brackets}` });
  });

  test("aliases of aliases in YAML are refused in a moment, as a mistake in the file", () => {
    const bomb = Array.from({ length: 12 }, (_, index) => `a${String(index)}: &a${String(index)} [${Array.from({ length: 10 }, () => (index === 0 ? "x" : `*a${String(index - 1)}`)).join(",")}]\n`).join("");
    expect(() => parseYaml(bomb, "prices.yaml")).toThrow(expect.objectContaining({ code: "config_invalid", message: expect.stringContaining("aliases expand to too much") as string }));
  });
});
