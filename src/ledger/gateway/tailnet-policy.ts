/** The part of a tailnet policy file that the ledger needs. */
export interface TailnetPolicy {
  /** `group:name` → logins as written, compared without case; both in the order of the file. */
  groups: ReadonlyMap<string, readonly string[]>;
  /** `tag:name` → who may give a device that tag: logins, groups, tags, autogroups. */
  tagOwners: ReadonlyMap<string, readonly string[]>;
}
