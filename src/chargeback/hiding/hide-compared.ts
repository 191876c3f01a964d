import { OTHERS } from "../../ledger/names/unassigned.ts";
import type { Compared } from "../corrections/compare-figures.ts";
import { chooseFolded, isFew, NOBODY, type People } from "./choose-folded.ts";
import type { ComparedPeople } from "./compared-people.ts";
import { nameModel } from "./hiding.ts";

/** Differences by caller. People of a team that is small in one of the states are folded into a last row; all people are, where there are few in total. */
export function hideComparedCallers(rows: readonly Compared[], states: readonly ComparedPeople[], smallestGroup: number): Compared[] {
  const peopleOf = ({ key }: Compared): People => new Set(key.filter((name) => states.some(({ all }) => all.has(name))));
  const areFew = isFew(new Set(rows.flatMap((row) => [...peopleOf(row)])), smallestGroup);
  const isChosen = ({ key }: Compared): boolean => key.some((name) => states.some(({ ofSmallTeams }) => ofSmallTeams.has(name)));
  return addFolded(rows, chooseFolded(rows, peopleOf, smallestGroup, (row) => (areFew ? peopleOf(row).size > 0 : isChosen(row))));
}

/** Differences by model. Models that few people use in one of the states are folded into a last row. */
export function hideComparedModels(rows: readonly Compared[], states: readonly ComparedPeople[], smallestGroup: number): Compared[] {
  const peopleOf = ({ key: [provider = "", model = ""] }: Compared): People => {
    const [fewest = NOBODY] = states.flatMap(({ byModel }) => byModel.get(nameModel({ provider, model })) ?? []).toSorted((a, b) => a.size - b.size);
    return fewest;
  };
  return addFolded(rows, chooseFolded(rows, peopleOf, smallestGroup));
}

function addFolded(rows: readonly Compared[], folded: ReadonlySet<Compared>): Compared[] {
  const [first] = folded;
  if (first === undefined) return [...rows];
  const sum = (amountOf: (row: Compared) => bigint): bigint => [...folded].reduce((all, row) => all + amountOf(row), 0n);
  const others: Compared = {
    key: first.key.map(() => OTHERS),
    was: sum(({ was }) => was),
    is: sum(({ is }) => is),
    difference: sum(({ difference }) => difference),
    listValueDifference: sum(({ listValueDifference }) => listValueDifference),
    requestsDifference: sum(({ requestsDifference }) => requestsDifference),
  };
  return [...rows.filter((row) => !folded.has(row)), others];
}
