import { defineConfig } from "oxlint";

/** Folders of `src/` that every later one in this list may build upon: each imports itself and what stands here. */
export const FOUNDATIONS = {
  ledger: [],
  config: ["ledger"],
  storage: ["ledger"],
  aperture: ["ledger", "storage"],
  lake: ["ledger", "storage"],
  messages: ["ledger", "storage", "lake"],
  simulate: ["ledger"],
} as const;

/**
 * Each subject holds its rules and its use cases. A room named after a thing (`chain/`, `focus/`) holds rules and knows no other subject.
 * The files at the top of a subject, and a room named after an activity (`sealing/`, `closing/`), hold use cases: only these put two
 * subjects together.
 */
export const SUBJECTS = ["ingest", "allocation", "prices", "limits", "chargeback", "reconciliation", "archive", "completeness", "health", "explore", "ddl"] as const;
const FOR_SUBJECTS = ["ledger", "storage", "aperture", "lake", "messages"] as const;

/** Above the subjects: what opens a ledger, and the front doors. Each imports what stands here, and all subjects and foundations. */
export const ABOVE = {
  run: ["open"],
  open: [],
  queue: ["run", "open"],
  jobs: ["run", "open", "queue"],
  http: ["run", "open"],
  library: [],
  cli: ["run", "open", "queue", "jobs", "http"],
} as const;

/** The rooms that anybody who checks an archive needs; only the last looks into the others. */
const FORMATS = ["chain", "copies", "retention", "script", "timestamps", "verifier"] as const;

const FOLDERS = [...Object.keys(FOUNDATIONS), ...SUBJECTS, ...Object.keys(ABOVE)];

interface Pattern {
  regex?: string;
  group?: string[];
  message: string;
}

/** All of a folder but one file, from a file one or two rooms deep. */
function allBut(folder: string, file: string, message: string): Pattern {
  return { group: ["..", "../.."].flatMap((up) => [`${up}/${folder}/**`, `!${up}/${folder}/${file}`]), message };
}

function rule(files: string[], allowed: readonly string[], message: string, ...more: Pattern[]) {
  const forbidden = FOLDERS.filter((folder) => !allowed.includes(folder));
  const patterns: Pattern[] = [...(forbidden.length === 0 ? [] : [{ regex: `^(\\.\\./)+(src/)?(${forbidden.join("|")})/`, message }]), ...more];
  return { files, rules: { "eslint/no-restricted-imports": ["error", { patterns }] as ["error", { patterns: typeof patterns }] } };
}

const ARROWS = [
  ...Object.entries(FOUNDATIONS).map(([folder, allowed]) => rule([`src/${folder}/**`], [folder, ...allowed], `${folder} imports ${["itself", ...allowed].join(", ")} and nothing else of this project`)),
  ...SUBJECTS.map((subject) => rule([`src/${subject}/**`], [subject, ...FOR_SUBJECTS], "rules know their own subject alone: a use case puts subjects together")),
  rule(
    SUBJECTS.flatMap((subject) => [`src/${subject}/*.ts`, `src/${subject}/*ing/**`]),
    [...SUBJECTS, ...FOR_SUBJECTS, "open"],
    "a use case knows subjects and what is below them, never the front doors",
    allBut("open", "ledger.ts", "of open/ a use case knows the type of an open ledger alone"),
  ),
  ...FORMATS.map((room) =>
    rule(
      [`src/archive/${room}/**`],
      ["archive", "ledger", "storage", "lake"],
      "the archive's formats stand on their own",
      allBut("lake", "layout.ts", "of the lake the archive's formats know its keys alone"),
      ...(room === "verifier" ? [] : [{ regex: "/verifier/", message: "the verifier knows how archives are kept, and not the other way" }]),
    ),
  ),
  ...Object.entries(ABOVE).map(([folder, allowed]) =>
    rule([folder === "jobs" ? "jobs/**" : `src/${folder}/**`], [folder, ...Object.keys(FOUNDATIONS), ...SUBJECTS, ...allowed], "front doors do not know each other: the command line opens them all"),
  ),
];

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "promise", "node", "vitest"],
  categories: { correctness: "error", suspicious: "error" },
  options: { typeAware: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["node_modules", "demo", "dist"],
  rules: {
    "eslint/max-lines": ["error", { max: 300 }],
    "eslint/no-console": "error",
    "eslint/eqeqeq": "error",
    "eslint/no-await-in-loop": "off",
    "import/no-cycle": "error",
    "import/no-unassigned-import": ["error", { allow: ["**/coherent-lakes.ts"] }],
    "import/no-default-export": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-unsafe-assignment": "error",
    "typescript/no-unsafe-call": "error",
    "typescript/no-unsafe-member-access": "error",
    "typescript/no-unsafe-return": "error",
    "typescript/no-unsafe-argument": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/ban-ts-comment": "error",
    "typescript/only-throw-error": "error",
    "typescript/consistent-type-imports": "error",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "eslint/no-unmodified-loop-condition": "off",
  },
  overrides: [
    ...ARROWS,
    {
      files: ["test/**", "*.config.ts"],
      rules: {
        "typescript/no-non-null-assertion": "off",
        "typescript/no-unsafe-type-assertion": "off",
        "typescript/no-unsafe-assignment": "off",
        "unicorn/consistent-function-scoping": "off",
        "import/no-default-export": "off",
        "eslint/no-console": "off",
        "typescript/require-array-sort-compare": "off",
        "import/no-named-as-default-member": "off",
        "vitest/valid-expect": ["error", { maxArgs: 2 }],
        "typescript/no-extraneous-class": "off",
      },
    },
    {
      files: ["test/fixtures.ts", "test/focus/focus-model.ts", "test/cases/case-files.ts"],
      rules: {
        "vitest/valid-title": "off",
        "vitest/valid-describe-callback": "off",
        "vitest/no-disabled-tests": "off",
        "vitest/no-conditional-tests": "off",
        "vitest/expect-expect": "off",
      },
    },
  ],
});
