import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as apps from "kubernetes-models/apps/v1";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as core from "kubernetes-models/v1";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { buildProgram } from "../../src/cli/program.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";
import { ROOT, serviceNamed } from "./compose-file.ts";

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
  ports: z.array(z.looseObject({ containerPort: z.int() })).default([]),
});
const object = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const workload = z.looseObject({
  spec: z.looseObject({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({ terminationGracePeriodSeconds: z.int().optional(), containers: z.tuple([container]), volumes: z.array(z.looseObject({ name: z.string() })).default([]) }),
    }),
    volumeClaimTemplates: z.array(z.looseObject({ metadata: z.object({ name: z.string() }) })).default([]),
  }),
});

type KubernetesObject = z.infer<typeof object>;

/** Kinds whose schema is Kubernetes' own. */
const KINDS: Record<string, new (data: never) => { validate(): void }> = { ...core, ...apps, ...networking } as never;

function objectsOf(file: string): KubernetesObject[] {
  const documents = parseAllDocuments(readFileSync(join(ROOT, "docs/kubernetes", file), "utf8"));
  return z.array(object).parse(documents.map((document) => (expect([document.errors, document.warnings]).toEqual([[], []]), document.toJS() as unknown)));
}

const WORKER = objectsOf("worker.yaml");
const REDIS = objectsOf("redis.yaml");

function named(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const found = objects.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}

function containerOf(objects: readonly KubernetesObject[], kind: string) {
  const { spec } = workload.parse(named(objects, kind));
  return { ...spec.template.spec, ...spec, container: spec.template.spec.containers[0] };
}

/** What Kubernetes' schema says about an object, and the keys that it does not know: those that a validator never asks for. */
function complaints(one: KubernetesObject): string[] {
  const unread = new Map<string, string>();
  const watch = (value: unknown, path: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (!Array.isArray(value)) for (const key of Object.keys(value)) unread.set(`${path}.${key}`, key);
    return new Proxy(value, {
      get(target, key) {
        unread.delete(`${path}.${String(key)}`);
        return watch(Reflect.get(target, key), `${path}.${String(key)}`);
      },
    });
  };
  const model = new (KINDS[one.kind] ?? class { validate(): void { throw new Error(`no kind ${one.kind}`); } })(one as never);
  try {
    // The model's constructor copies the data; validation reads it through its members.
    for (const key of Object.keys(model)) Object.defineProperty(model, key, { value: watch(Reflect.get(model, key), key) });
    model.validate();
    return [...unread.keys()];
  } catch (error) {
    return [String(error)];
  }
}

describe.each([...WORKER, ...REDIS])("$kind $metadata.name", (one) => {
  test("is what Kubernetes takes", () => {
    expect(complaints(one)).toEqual([]);
  });
});

test("a key that Kubernetes does not know would be found", () => {
  const wrong = structuredClone(named(WORKER, "Deployment")) as KubernetesObject & { spec: { template: { spec: { containers: Record<string, unknown>[] } } } };
  Object.assign(wrong.spec.template.spec.containers[0] ?? {}, { livenesProbe: {} });
  expect(complaints(wrong)).toEqual([expect.stringContaining("livenesProbe")]);
});

describe("the worker", () => {
  const { container: worker, selector, template, volumes, terminationGracePeriodSeconds } = containerOf(WORKER, "Deployment");
  const compose = serviceNamed("worker");
  const mountOf = (volume: string): string => worker.volumeMounts.find(({ name }) => name === volume)?.mountPath ?? "";

  test("is called as in docker-compose.yml, and as the program understands", () => {
    expect(worker.args).toEqual(compose.command);
    const [name = "", ...flags] = worker.args;
    const command = buildProgram(() => undefined, () => new Date(0)).commands.find((one) => one.name() === name);
    expect(command?.parseOptions(flags)).toEqual({ operands: [], unknown: [] });
    expect(worker.image.split(":").at(-1)).toBe(manifest.version);
    expect(terminationGracePeriodSeconds).toBe(15);
  });

  test("has a configuration that the program takes, where it looks for it, and that leads to Redis' service", () => {
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(named(WORKER, "ConfigMap"));
    expect(Object.keys(data)).toEqual(["aperture-ledger.yaml"]);
    const { value, places } = parseYaml(data["aperture-ledger.yaml"] ?? "", "worker.yaml");
    const config = checkConfig(value, "worker.yaml", places);
    expect(config.http?.metrics).toMatchObject({ host: "0.0.0.0", port: worker.ports[0]?.containerPort, token_file: expect.stringMatching(`^${mountOf("keys")}/`) as string });
    const service = named(REDIS, "Service");
    expect(config.redis).toBe(`redis://${service.metadata.name}:6379`);
    expect(service["spec"]).toMatchObject({ ports: [{ port: 6379 }] });
    const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
    expect(mountOf("configuration")).toBe(/^WORKDIR (.*)$/m.exec(dockerfile.slice(dockerfile.indexOf("FROM base AS ledger")))?.[1]);
  });

  test("knows its keys by variables and files that exist, as in docker-compose.yml", () => {
    const composed = Object.keys(compose.environment);
    expect(worker.env.filter(({ name }) => !composed.includes(name))).toEqual([]);
    const mounted = mountOf("keys");
    const files = worker.env.filter(({ name }) => name.endsWith("_FILE"));
    expect(files.map(({ value }) => value)).toEqual(files.map(({ name }) => `${mounted}/${compose.environment[name]?.split("/").at(-1) ?? ""}`));
    expect(files).not.toEqual([]);
    const text = readFileSync(join(ROOT, "docs/kubernetes/worker.yaml"), "utf8");
    expect([...text.matchAll(/name: (APERTURE_LEDGER_\w+)/g)].map(([, name = ""]) => name).filter((name) => !composed.includes(name))).toEqual([]);
    expect(text).toContain("create secret generic aperture-ledger-keys --from-file=signing_key --from-file=metrics_token");
  });

  test("asks for health where docker-compose.yml does, and for readiness beside it", () => {
    const probes = z.object({ startupProbe: z.looseObject({ exec: z.object({ command: z.array(z.string()) }) }), livenessProbe: z.looseObject({ exec: z.object({ command: z.array(z.string()) }) }), readinessProbe: z.looseObject({ exec: z.object({ command: z.array(z.string()) }) }) }).parse(worker);
    const asked = compose.healthcheck?.test.slice(1);
    expect([probes.startupProbe.exec.command, probes.livenessProbe.exec.command]).toEqual([asked, asked]);
    expect(probes.readinessProbe.exec.command).toEqual(asked?.map((word) => word.replace("/healthz", "/readyz")));
  });

  test("mounts every volume, and selects its own pods", () => {
    expect(worker.volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes.map(({ name }) => name).toSorted());
    expect(worker.volumeMounts.map(({ mountPath }) => mountPath)).toContain("/tmp");
    expect(template.metadata.labels).toEqual(selector.matchLabels);
  });
});

describe("Redis", () => {
  const { container: redis, selector, volumeClaimTemplates } = containerOf(REDIS, "StatefulSet");
  const compose = serviceNamed("redis");

  test("is called as in docker-compose.yml, from the same image", () => {
    expect(redis.args).toEqual(compose.command);
    expect(compose.image).toContain(redis.image);
    expect(redis.volumeMounts.map(({ name, mountPath }) => [name, mountPath])).toEqual([[volumeClaimTemplates[0]?.metadata.name, "/data"]]);
  });

  test("is reached by workers only", () => {
    const { spec } = z.looseObject({ spec: z.looseObject({ podSelector: z.unknown(), ingress: z.unknown() }) }).parse(named(REDIS, "NetworkPolicy"));
    expect(spec.podSelector).toEqual({ matchLabels: selector.matchLabels });
    expect(spec.ingress).toEqual([{ from: [{ podSelector: { matchLabels: containerOf(WORKER, "Deployment").selector.matchLabels } }], ports: [{ port: 6379 }] }]);
    expect(named(REDIS, "Service")["spec"]).toMatchObject({ selector: selector.matchLabels });
  });
});

test.each([["Deployment", WORKER], ["StatefulSet", REDIS]] as const)("the pods of the %s run as nobody special and write only to volumes", (kind, objects) => {
  const { container: only, template } = containerOf(objects, kind);
  expect(template.spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } } });
  expect(only).toMatchObject({ securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } }, resources: { requests: { cpu: expect.any(String) as string }, limits: { memory: expect.any(String) as string } } });
});
