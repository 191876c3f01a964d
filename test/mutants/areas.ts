/** One part of the project whose tests are tried by mutants. */
export interface Area {
  name: string;
  /** Production files that are mutated. */
  sources: readonly string[];
  /** Tests that may kill a mutant: quick ones without servers, so that one mutant takes a second or two. */
  tests: readonly string[];
  /** Tests among these that take too long for a run per mutant, or start servers or processes. */
  without?: readonly string[];
}

export const AREAS: readonly Area[] = [
  {
    name: "money",
    sources: ["src/ledger/{money,dollars,days}.ts"],
    tests: ["test/ledger/{money,dollars,days}*.test.ts", "test/property/money.test.ts"],
  },
  {
    name: "allocation",
    sources: ["src/allocation/{settings,shares}/**/*.ts"],
    tests: ["test/allocation/**/*.test.ts", "test/property/{allocation,direct-cost,summed-usages,true-ups}.test.ts"],
    without: ["**/autumn*.test.ts"],
  },
  {
    name: "prices",
    sources: ["src/prices/{list,sums,drift}/**/*.ts"],
    tests: ["test/prices/**/*.test.ts"],
    without: ["**/{autumn,matching,stale-days,worked-numbers}.test.ts"],
  },
  {
    name: "limits",
    sources: ["src/limits/{access,anomalies,budgets,quotas}/**/*.ts"],
    tests: ["test/limits/**/*.test.ts", "test/property/access.test.ts"],
    without: ["**/{alert-races,ended-limits,read-spend,review-access,told-anomalies,send-alerts}.test.ts"],
  },
  {
    name: "reader",
    sources: ["src/aperture/**/*.ts"],
    tests: ["test/aperture/**/*.test.ts", "test/property/{reader,tagged-items}.test.ts"],
    without: ["**/{fixture-sums,hostile,policy}.test.ts"],
  },
  {
    name: "chain",
    sources: ["src/archive/{chain,verifier}/**/*.ts"],
    tests: ["test/archive/{canonical,chain-events,check-chain,foreign-key,inclusion-proof,check-digest,merkle,order-events,read-chain,seal-archive,signing-key,trusted-keys,verifier-parts,verify,verify-declared}.test.ts"],
  },
];

/** The area of that name; names come from the command line and from the environment of the runner. */
export function areaNamed(name: string | undefined): Area {
  const area = AREAS.find((each) => each.name === name);
  if (area === undefined) throw new Error(`there is no area "${name}"; the areas are ${AREAS.map((each) => each.name).join(", ")}`);
  return area;
}
