import { describe, expect, test } from "vitest";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { LedgerError } from "../../src/ledger/errors.ts";

/** What a user is told about a file. */
function told(text: string): string {
  try {
    const { value, places } = parseYaml(text, "it");
    checkConfig(value, "it", places);
    return "nothing";
  } catch (error) {
    if (error instanceof LedgerError && error.code === "config_invalid") return `${error.message}\n${error.remedy}`;
    throw error;
  }
}

const MEMBERS = "directory:\n  teams:\n    - name: web\n      members:";

describe("a text without quotes that is something else to YAML", () => {
  test.each([
    ["a pattern in a list", `${MEMBERS} [*@example.com, bob]\n`, '"*@example.com"', "line 4, column 17"],
    ["a pattern on a line of its own", `${MEMBERS}\n        - *@example.com # all\n`, '"*@example.com"', "line 5, column 11"],
    ["a pattern in a condition", "allocation: {rules: [{when: {caller: *@example.com}, team: a}]}\n", '"*@example.com"', "line 1, column 38"],
    ["a pattern alone", `${MEMBERS} [*]\n`, '"*"', "line 4, column 17"],
    ["a reference that stands before its anchor", "lake: *b\ntimezone: &b UTC\n", '"*b"', "line 1, column 7"],
    ["an anchor of nothing", "timezone: &home\nlake: /x\n", '"&home"', "line 1, column 11"],
    ["a tag", "timezone: !home x\n", '"!home x"', "line 1, column 11"],
    ["a comment", "notify:\n  - kind: stdout\n    name: #general\n", '"#general"', "line 3, column 11"],
    ["a reserved sign", "timezone: @home\n", '"@home"', "line 1, column 11"],
    ["another one", "timezone: %TZ%\n", '"%TZ%"', "line 1, column 11"],
    ["the beginning of several lines", "timezone: |x\n", '"|x"', "line 1, column 11"],
  ])("is shown in the quotes that it needs: %s", (_, text, quoted, place) => {
    const message = told(text);
    expect(message).toContain(`${quoted} is not in quotes`);
    expect(message).toContain(place);
    expect(message).toContain(`put it in quotes: ${quoted}`);
  });

  test.each([
    ["a block", "redis: ${REDIS_URL}\n", "${REDIS_URL}"],
    ["a part of a value", "timezone: Europe/${CITY}\n", "Europe/${CITY}"],
    ["a map in brackets", "sources: [{name: a, url: ${VAR}}]\n", "${VAR}"],
    ["a list in brackets", "http: {port: 1, allow: [${A}, b]}\n", "${A}"],
    ["quotes, as a place", 'lake: "${LAKE}"\n', "${LAKE}"],
    ["a shell", "lake: $HOME/lake\n", "$HOME/lake"],
  ])("is a variable that nothing replaces, in %s", (_, text, written) => {
    expect(told(text)).toMatch(/variables are not replaced|without variables and without ~/);
    expect(told(text)).toContain(JSON.stringify(written));
  });

  test.each([
    ["prices: [{match: m, input: 0,10}]\n", "0,10"],
    ["prices:\n  - match: m\n    input: 0,10\n", "0,10"],
    ["allocation: {rules: [{when: {}, split: {a: 0,5, b: 1}}]}\n", "0,5"],
    ["limits: [{name: a, amount: $1,000, per: month}]\n", "$1,000"],
    ["limits:\n  - {name: a, per: month, amount: '1.000,50'}\n", "1.000,50"],
    ["limits:\n  - name: a\n    amount: $1,000.50\n", "$1,000.50"],
    ["prices: [{match: m, input: 1,000.50}]\n", "1,000.50"],
  ])("has a comma in a number: %s", (text, written) => {
    expect(told(text)).toContain(JSON.stringify(written));
    expect(told(text)).toContain("write a point before decimals");
  });

  test.each([
    "redis: redis://:hunter2@${HOST}:6379\n",
    "notify: [{kind: slack, name: x, url: https://hooks.example.com/hunter2/${X}}]\n",
    "smtp: {host: a, from: a@example.com, user_env: U, password_env: @hunter2}\n",
    "smtp:\n  password_env: *hunter2\n",
    "smtp:\n  password_env: !hunter2\n",
    "smtp:\n  password_env: #hunter2\n",
    "smtp:\n  password_env: &hunter2\n",
    "archive:\n  signing_key:\n    - %hunter2\n",
    "redis: @x://:hunter2@host\n",
  ])("is not quoted where it may be a secret: %s", (text) => {
    expect(told(text)).toMatch(/is not in quotes|variables are not replaced/);
    expect(told(text)).not.toContain("hunter2");
  });

  test.each(["redis: redis://:hunter2@host: x\n", "smtp: {password_env: 'hunter2\n", "smtp:\n  password_env: a: hunter2\n"])("is not shown by the YAML library where it may be a secret: %s", (text) => {
    expect(told(text)).toMatch(/ at line \d+, column \d+\nwrite valid YAML/);
    expect(told(text)).not.toContain("hunter2");
  });

  test("is not mixed up with a comment behind it", () => {
    expect(told("timezone: @x # ${HOME}\n")).toContain('"@x" is not in quotes');
  });

  test("is left alone where it means what YAML makes of it", () => {
    expect(told('lake: /x # here\ndirectory: &d {teams: [{name: a, members: ["*@example.com", &b bob]}, {name: "${x}", members: [*b]}]}\nworker: {attempts: 3}\n')).toBe("nothing");
    expect(told("prices: [{match: m, input: 0, output: 10}]\n")).toBe("nothing");
  });
});

describe("a mistake", () => {
  test.each([
    ["timezone: Mars\n", /time zone such as Europe\/Berlin, not "Mars"/],
    ["worker: {attempts: 0}\n", /Too small.*: 0$/m],
    ["worker: {telemetry: yes}\n", /expected boolean, received string: "yes"/],
    ["charges: [{name: c, kind: seat, provider: p, amount: 5}]\n", /expected one of .*: "seat"/],
  ])("quotes the value: %s", (text, message) => expect(told(text)).toMatch(message));

  test.each([
    "smtp: {host: a, from: a@example.com, user_env: U, password_env: hunter2 x}\n",
    "notify: [{kind: slack, name: x, url: hunter2}]\n",
    "redis: http://u:hunter2@x\n",
    "redis: {url: 'http://u:hunter2@x'}\n",
    "archive: {signing_key: [hunter2]}\n",
  ])("never quotes what may be a secret: %s", (text) => {
    expect(told(text)).not.toBe("nothing");
    expect(told(text)).not.toContain("hunter2");
  });

  test.each([
    ["timezon: UTC\n", "timezone"],
    ["Timezone: UTC\n", "timezone"],
    ["http: {prot: 1}\n", "port"],
    ["directory: {team: []}\n", "teams"],
    ["notify: [{kind: slack, nme: x, url: 'https://x'}]\n", "name"],
    ["archive: {signing-key: /x}\n", "signing_key"],
    ["lake: {url: /x, encryption: {algorithm: AES256, bucketkey: true}}\n", "bucket_key"],
    ["allocation: {rules: [{when: {caler: x}, team: a}]}\n", "caller"],
    ["dimensions: {repo: X-Repo}\nallocation: {rules: [{when: {repos: x}, team: a}]}\n", "repo"],
  ])("in a key asks for the one that was meant: %s", (text, meant) => expect(told(text)).toContain(`did you mean ${meant}?`));

  test("in a key that is like no other asks nothing", () => {
    expect(told("colour: x\n")).not.toContain("did you mean");
  });
});
