import { mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findPlace } from "../../src/storage/find-place.ts";
import { overlapOf, type Overlap, type Place, serverOf } from "../../src/storage/place.ts";
import type { StoreLocation } from "../../src/storage/store-location.ts";
import { temporaryFolder } from "../test-ledger.ts";

const MIRRORED = { is: "is", "lies inside": "holds", holds: "lies inside" } as const;

/** How the first overlaps the second, and the second the first. */
async function overlapsOf(one: StoreLocation, other: StoreLocation): Promise<(Overlap | undefined)[]> {
  const [first, second] = [await findPlace(one), await findPlace(other)];
  return [overlapOf(first, second), overlapOf(second, first)];
}

function both(overlap: Overlap | undefined): (Overlap | undefined)[] {
  return [overlap, overlap && MIRRORED[overlap]];
}

const at = (endpoint: string): string => `s3://exports/prod?endpoint=${encodeURIComponent(endpoint)}`;

describe("two places in S3", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ["s3://exports", "s3://exports", "is"],
    ["s3://exports", "s3://exports/", "is"],
    ["s3://exports/prod", "s3://exports/prod/", "is"],
    ["s3://exports/prod", "S3://exports/prod", "is"],
    ["s3://exports/prod", "s3://exports/prod?region=eu-central-1", "is"],
    ["s3://exports/prod?region=us-east-1", "s3://exports/prod?region=eu-central-1", "is"],
    ["s3://exports/prod", "s3://exports", "lies inside"],
    ["s3://exports/prod/eu", "s3://exports/prod", "lies inside"],
    ["s3://exports/prod/eu/1", "s3://exports/", "lies inside"],
    ["s3://exports/prod", "s3://exports/prod2", undefined],
    ["s3://exports/prod", "s3://exports/pro", undefined],
    ["s3://exports/prod", "s3://exports/Prod", undefined],
    ["s3://exports/prod", "s3://exports/dev", undefined],
    ["s3://exports/a%20b", "s3://exports/a b", undefined],
    ["s3://exports/prod", "s3://exports2/prod", undefined],
    ["s3://exports", "s3://exports.prod", undefined],
    ["s3://exports/prod", at("https://s3.amazonaws.com"), "is"],
    ["s3://exports/prod", at("https://s3.eu-central-1.amazonaws.com"), "is"],
    ["s3://exports/prod", at("https://s3-us-west-2.amazonaws.com/"), "is"],
    ["s3://exports/prod", at("https://s3.dualstack.us-east-1.amazonaws.com"), "is"],
    ["s3://exports/prod", at("https://exports.s3.eu-central-1.amazonaws.com"), "is"],
    ["s3://exports/prod", at("https://bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com"), "is"],
    ["s3://exports/prod", at("https://s3.cn-north-1.amazonaws.com.cn"), undefined],
    ["s3://exports/prod", at("https://s3.us-gov-west-1.amazonaws.com"), undefined],
    ["s3://exports/prod", at("https://s3.eusc-de-east-1.amazonaws.eu"), undefined],
    ["s3://exports/prod", "s3://exports/prod?region=cn-north-1", undefined],
    ["s3://exports/prod", "s3://exports/prod?region=us-gov-east-1", undefined],
    ["s3://exports/prod?region=cn-north-1", "s3://exports/prod?region=us-gov-east-1", undefined],
    ["s3://exports/prod?region=cn-north-1", "s3://exports/prod?region=cn-northwest-1", "is"],
    ["s3://exports/prod?region=cn-north-1", at("https://s3.cn-northwest-1.amazonaws.com.cn"), "is"],
    ["s3://exports/prod?region=cn-north-1", at("https://exports.s3.dualstack.cn-north-1.amazonaws.com.cn"), "is"],
    ["s3://exports/prod?region=us-gov-east-1", at("https://s3-fips-us-gov-west-1.amazonaws.com"), "is"],
    ["s3://exports/prod?region=us-gov-east-1", at("https://s3-fips.us-gov-west-1.amazonaws.com"), "is"],
    [at("https://minio.example.com"), `${at("https://minio.example.com")}&region=cn-north-1`, "is"],
    ["s3://exports/prod", at("http://ec2-1-2-3-4.compute.amazonaws.com:9000"), undefined],
    ["s3://exports/prod", at("https://minio.example.com"), undefined],
    [at("https://minio.example.com"), at("https://MinIO.Example.com/"), "is"],
    [at("https://minio.example.com"), at("HTTPS://minio.example.com:443"), "is"],
    [at("https://minio.example.com"), at("http://minio.example.com:80"), "is"],
    [at("https://minio.example.com"), at("https://minio.example.com."), "is"],
    [at("https://minio.example.com"), at("https://exports.minio.example.com"), "is"],
    [at("https://minio.example.com"), at("https://other.minio.example.com"), undefined],
    [at("https://minio.example.com"), at("https://minio.example.com:9000"), undefined],
    [at("http://minio.example.com:9000"), at("https://minio.example.com:9000"), "is"],
    [at("http://minio.example.com:9000"), at("http://minio.example.com:9001"), undefined],
    [at("https://minio.example.com/s3"), at("https://minio.example.com//s3/"), "is"],
    [at("https://minio.example.com/s3"), at("https://minio.example.com"), undefined],
    [at("https://bücher.example"), at("https://xn--bcher-kva.example"), "is"],
    [at("http://localhost:9000"), at("http://127.0.0.1:9000"), "is"],
    [at("http://localhost:9000"), at("http://[::1]:9000"), "is"],
    [at("http://localhost:9000"), at("http://127.1:9000"), "is"],
    [at("http://localhost:9000"), at("http://0x7f000001:9000/"), "is"],
    [at("http://localhost:9000"), at("http://[::ffff:127.0.0.1]:9000"), "is"],
    [at("http://localhost:9000"), at("http://exports.localhost:9000"), "is"],
    [at("http://localhost:9000"), at("http://0.0.0.0:9000"), "is"],
    [at("http://localhost:9000"), at("http://128.0.0.1:9000"), undefined],
    [at("http://10.0.0.1:9000"), at("http://10.0.0.2:9000"), undefined],
  ] as const)("%s and %s", async (one, other, overlap) => {
    expect(await overlapsOf({ url: one }, { url: other })).toEqual(both(overlap));
  });

  test("are on one server wherever its endpoint is said", async () => {
    const endpoint = "http://127.0.0.1:9000";
    expect(await overlapsOf({ url: at(endpoint) }, { url: "s3://exports/prod", endpoint: "http://localhost:9000/" })).toEqual(both("is"));
    expect(await overlapsOf({ url: at(endpoint), endpoint: "https://elsewhere.example" }, { url: "s3://exports/prod", endpoint })).toEqual(both("is"));
    vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
    expect(await overlapsOf({ url: at(endpoint) }, { url: "s3://exports/prod/eu" })).toEqual(both("holds"));
    vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9001");
    expect(await overlapsOf({ url: at(endpoint) }, { url: "s3://exports/prod" })).toEqual(both(undefined));
    expect(await overlapsOf({ url: at("http://127.0.0.1:9001") }, { url: "s3://exports/prod" })).toEqual(both("is"));
  });

  test.each(["AWS_REGION", "AWS_DEFAULT_REGION"])("are in the partition that %s says where nothing else does", async (variable) => {
    vi.stubEnv("AWS_REGION", "");
    vi.stubEnv(variable, "cn-north-1");
    expect(await overlapsOf({ url: "s3://exports/prod" }, { url: at("https://s3.cn-north-1.amazonaws.com.cn") })).toEqual(both("is"));
    expect(await overlapsOf({ url: "s3://exports/prod" }, { url: "s3://exports/prod", region: "cn-northwest-1" })).toEqual(both("is"));
    expect(await overlapsOf({ url: "s3://exports/prod" }, { url: "s3://exports/prod", region: "eu-central-1" })).toEqual(both(undefined));
  });

  test("share nothing with a folder", async () => {
    expect(await overlapsOf({ url: "s3://exports" }, { url: "/exports" })).toEqual(both(undefined));
    expect(await overlapsOf({ url: "s3://exports" }, { url: "/" })).toEqual(both(undefined));
  });
});

describe("two places on a file system", () => {
  test.each([
    ["a", "a/", "is"],
    ["a", "a//", "is"],
    ["a", "./a/.", "is"],
    ["a", "b/../a", "is"],
    ["a/b", "a", "lies inside"],
    ["a/b/c", "a", "lies inside"],
    ["a", "ab", undefined],
    ["a/b", "a/c", undefined],
    ["a", "link", "is"],
    ["a", "link/", "is"],
    ["link/b", "a", "lies inside"],
    ["link/b", "a/b", "is"],
    ["link/not/there", "a/not/there", "is"],
    ["link/not/there", "a/not", "lies inside"],
    ["deep", "a/b", "is"],
    ["deep", "a", "lies inside"],
    ["not/there", "not", "lies inside"],
    ["not/there", "not/their", undefined],
    ["not-there", "not", undefined],
    [".", "a", "holds"],
    ["..", "a/b", "holds"],
  ] as const)("%s and %s", async (one, other, overlap) => {
    const folder = temporaryFolder();
    for (const path of ["a/b/c", "ab", "b"]) mkdirSync(join(folder, path), { recursive: true });
    symlinkSync(join(folder, "a"), join(folder, "link"));
    symlinkSync("link/b", join(folder, "deep"));
    expect(await overlapsOf({ url: `${folder}/${one}` }, { url: `${folder}/${other}` })).toEqual(both(overlap));
    expect(await overlapsOf({ url: relative(process.cwd(), `${folder}/${one}`) }, { url: `file://${folder}/${other}` })).toEqual(both(overlap));
  });

  test("are the same however the url is written", async () => {
    const folder = join(temporaryFolder(), "an export #1");
    const encoded = pathToFileURL(folder).href;
    for (const url of [encoded, `${encoded}/`, `${encoded}/x/..`, `${encoded}/%2e/`, encoded.replace("file:", "FILE:"), encoded.replace("an%20", "%61%6E%20")]) {
      expect(await overlapsOf({ url: folder }, { url })).toEqual(both("is"));
    }
  });

  test("are the same where a directory has two paths, and by their names where there is none yet", async () => {
    const place = (...directories: string[]): Place => ({ kind: "fs", directories });
    // As a bind mount, or a file system that minds no letter case, has it.
    expect(overlapOf(place("1:2", "1:7", "1:9"), place("1:2", "1:8", "1:9"))).toBe("is");
    expect(overlapOf(place("1:2", "1:7", "1:9", "1:10"), place("1:2", "1:8", "1:9"))).toBe("lies inside");
    expect(overlapOf(place("1:2", "1:7"), place("1:2", "2:7"))).toBeUndefined();
    expect(overlapOf(place("1:2", "1:2/a"), place("1:2", "1:2/b"))).toBeUndefined();
    const folder = temporaryFolder();
    expect(await findPlace({ url: folder })).toEqual(await findPlace({ url: join(folder, "x/..") }));
  });
});

describe("any two places", () => {
  const prefix = fc.array(fc.constantFrom("prod", "prod2", "eu"), { maxLength: 3 }).map((parts) => parts.join("/"));
  const s3 = fc.record({ kind: fc.constant("s3" as const), server: fc.constantFrom("AWS", "localhost:9000"), bucket: fc.constantFrom("one", "two"), prefix });
  const fs = fc.array(fc.constantFrom("1:1", "1:2", "1:3"), { minLength: 1, maxLength: 4 }).map((names) => ({ kind: "fs" as const, directories: names.map((_, index) => names.slice(0, index + 1).join("/")) }));
  const place: fc.Arbitrary<Place> = fc.oneof(s3, fs);

  test("overlap each other alike, and each overlaps itself", () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const overlap = overlapOf(one, other);
        expect(overlapOf(other, one)).toBe(overlap && MIRRORED[overlap]);
        expect(overlapOf(one, one)).toBe("is");
      }),
    );
  });

  test("share a key exactly where they overlap", () => {
    fc.assert(
      fc.property(s3, s3, (one, other) => {
        const keyOf = (of: typeof one, below: string): string => [of.server, of.bucket, of.prefix, below].filter((part) => part !== "").join("/");
        const keys = (of: typeof one, deeper: typeof one): string[] => [keyOf(of, "x"), ...(`${deeper.prefix}/`.startsWith(of.prefix === "" ? "" : `${of.prefix}/`) ? [keyOf({ ...of, prefix: deeper.prefix }, "x")] : [])];
        const shared = keys(one, other).some((key) => keys(other, one).includes(key));
        expect(overlapOf(one, other) !== undefined).toBe(shared);
      }),
    );
  });

  test("are the same on one server, whatever of its url does not matter", () => {
    const host = fc.constantFrom("minio.example.com", "localhost", "10.1.2.3");
    const spelling = fc.record({ capitals: fc.boolean(), slash: fc.constantFrom("", "/", "//"), dot: fc.boolean(), ofBucket: fc.boolean() });
    const spell = (name: string, port: string, { capitals, slash, dot, ofBucket }: { capitals: boolean; slash: string; dot: boolean; ofBucket: boolean }): string => {
      const isName = /[a-z]/.test(name);
      const whole = `${ofBucket && isName ? "exports." : ""}${name}${dot && isName ? "." : ""}`;
      return `http://${capitals ? whole.toUpperCase() : whole}${port}${slash}`;
    };
    fc.assert(
      fc.property(host, fc.constantFrom("", ":80", ":9000"), spelling, spelling, (name, port, one, other) => {
        expect(serverOf(spell(name, port, one), "exports")).toBe(serverOf(spell(name, port, other), "exports"));
      }),
    );
  });
});
