import { exactly } from "./amounts.ts";
import { pageMonth, partsOf, HEADING, type Subject } from "./expected-tables.ts";
import { type Figures, sumTruth } from "./truth.ts";

const one = async (where: string): Promise<Figures> => (await sumTruth(where, "''")).get("") ?? {};
const owed = async (where: string): Promise<bigint> => exactly((await one(where))["Owed"]);

/** What a page's own team, or everybody, has to correct in closed months. */
export async function correctionsOf({ month }: Subject, whose: string): Promise<bigint> {
  const of = async (closed: string, state: string): Promise<bigint> => await owed(`month = '${closed}' AND state = '${state}' AND ${whose}`);
  let corrected = 0n;
  for (const { month: closed, from, to } of pageMonth(month).corrects) corrected += (await of(closed, to)) - (await of(closed, from));
  return corrected;
}

export async function owedBy({ month }: Subject, whose: string): Promise<bigint> {
  return await owed(`${partsOf(month)} AND ${whose}`);
}

/** What is owed in the compared days of the month, and of the one before. */
export async function comparedWith({ month }: Subject, whose: string): Promise<{ before: bigint; now: bigint }> {
  const { before } = pageMonth(month);
  return { before: await owed(`month = '${before.month}' AND state = '${before.state}' AND ${before.days} AND ${whose}`), now: await owed(`${partsOf(month)} AND ${before.days} AND ${whose}`) };
}

async function average(where: string, [sum, count]: readonly [string, string]): Promise<bigint> {
  const figures = await one(where);
  const [all, people] = [exactly(figures[sum]), exactly(figures[count]) / 1_000_000_000n];
  return people === 0n ? 0n : (2n * all + people) / (2n * people);
}

const AVERAGES = { "Per active person": ["Owed", "persons"], "Per session": ["of sessions", "sessions"] } as const;
const ALL = "true";
const teamOf = (heading: string): string => `team = '${heading.split(" ")[0] ?? ""}'`;
const driver = (kind: string, name: string): string => (kind === "model" ? `provider || '/' || model = '${name}'` : `${kind} = '${name}'`);

interface AmountKind {
  /** Of the section, and of the text before the amount. */
  place: RegExp;
  /** `"estimate"`: the page works out what nobody owes; the test holds its cents against its exact amount alone. */
  expect: (subject: Subject, found: { heading: string; groups: readonly string[]; last: string }) => Promise<bigint> | "estimate";
}

const difference = async (subject: Subject, whose: string): Promise<bigint> => {
  const { before, now } = await comparedWith(subject, whose);
  return now - before;
};
const figure = (title: string) => async ({ month }: Subject): Promise<bigint> => exactly((await one(partsOf(month)))[title]);
const due = async (subject: Subject, whose: string): Promise<bigint> => (await owedBy(subject, whose)) + (await correctionsOf(subject, whose));
const ownPart = ({ team }: Subject): string => (team === null ? ALL : `team = '${team}'`);
const atHeading = (heading: string): string => `${HEADING} = '${heading}'`;

/** Every place outside tables where a page has an amount. */
export const AMOUNT_KINDS: readonly AmountKind[] = [
  { place: /^total: (To book|Owed) for the month( so far)?$/, expect: async (subject) => await due(subject, ownPart(subject)) },
  { place: /^total: Owed$/, expect: async (subject) => await owedBy(subject, ownPart(subject)) },
  { place: /^total: Corrections of closed months$/, expect: async (subject) => await correctionsOf(subject, ownPart(subject)) },
  { place: /^total: Usage cost: metered and self-hosted$/, expect: figure("Usage") },
  { place: /^total: Adjustments$/, expect: figure("Adjustments in it") },
  { place: /^total: List value of subscriptions, not owed$/, expect: async (subject) => exactly((await one(`${partsOf(subject.month)} AND ${ownPart(subject)}`))["List value"]) },
  { place: /^total: the cost of \d+ requests with counted tokens and no price, about$|^unpriced: .* may be worth about$/, expect: () => "estimate" },
  { place: /^total: .*(?:Most of it: |, )(model|caller|repo|client) (\S+)$/, expect: async (subject, { groups: [kind = "", name = ""] }) => await difference(subject, driver(kind, name)) },
  { place: /^unallocated: No team is charged for$/, expect: async (subject) => await owedBy(subject, "team = '(unallocated)'") },
  { place: /^savings: (Discounts took|off what is owed: committed spend)$/, expect: async (subject) => -(await figure("Adjustments in it")(subject)) },
  { place: /^savings: Subscriptions covered \d+ requests that would have cost$|^subscriptions: .* they would have cost$|^quality: \d+ requests of$/, expect: figure("List value") },
  { place: /^(?:each-team|team): Owed$/, expect: async (subject, { heading }) => await owedBy(subject, atHeading(heading)) },
  { place: /^(?:each-team|team): To book, with corrections$/, expect: async (subject, { heading }) => await due(subject, atHeading(heading)) },
  { place: /^(?:each-team|team): List value$/, expect: async ({ month }, { heading }) => exactly((await one(`${partsOf(month)} AND ${atHeading(heading)}`))["List value"]) },
  { place: /^(?:each-team|team): Change$/, expect: async (subject, { heading }) => await difference(subject, teamOf(heading)) },
  { place: /^(?:each-team|team): against .*\($/, expect: async (subject, { heading }) => (await comparedWith(subject, teamOf(heading))).before },
  { place: /^(?:each-team|team): (?:\)Most of it:|,) (model|caller|repo|client) (\S+)$/, expect: async (subject, { heading, groups: [kind = "", name = ""] }) => await difference(subject, `${teamOf(heading)} AND ${driver(kind, name)}`) },
  { place: /^(?:each-team|team): (Per active person|Per session)$/, expect: async ({ month }, { heading, groups: [which = ""] }) => await average(`${partsOf(month)} AND ${atHeading(heading)}`, AVERAGES[which as keyof typeof AVERAGES]) },
  {
    place: /^(?:each-team|team): \($/,
    expect: async ({ month }, { heading, last }) => {
      const { before } = pageMonth(month);
      const of = AVERAGES[last as keyof typeof AVERAGES];
      return (await average(`${partsOf(month)} AND ${atHeading(heading)}`, of)) - (await average(`month = '${before.month}' AND state = '${before.state}' AND ${atHeading(heading)}`, of));
    },
  },
];
