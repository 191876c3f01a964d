/** The members that documents must have, and those that they may have: the signature does not cover others. */
export const SHAPES = String.raw`
def has_only($must; $may): type == "object" and (keys - $must - $may | length == 0) and ($must - keys | length == 0);
def sha: type == "string" and test("^[0-9a-f]{64}$");
def number: type == "number" and . == floor;
def day: type == "string" and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
def moment: type == "string" and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$");
def every(f): type == "array" and all(.[]; f);
def link: has_only(["instance", "date", "number", "sha256"]; []) and (.date | day) and (.number | number) and (.sha256 | sha);
def content: has_only(["size", "sha256"]; ["key"]) and (.size | number) and (.sha256 | type == "string");
def signed($lists): has_only(["header", "key", "signature"] + $lists; ["signs"]) and (if has("signs") then .signs == "sha256" else true end) and (.key | . == null or type == "string");
def entry:
  has_only(["key", "size", "sha256", "etag", "arrived", "bodies", "records", "receipt", "retention"]; ["unvouched"])
  and (.key | type == "string") and (.size | number) and (.sha256 | sha) and (.receipt | . == null or sha);
def isDigest:
  signed(["exports", "events"])
  and (.header | has_only(["format", "instance", "date", "number", "sealed_at", "previous", "others", "closes", "exports", "events", "root"]; ["vouched", "records", "pricing"])
    and .format == 1 and (.instance | type == "string") and (.date | day) and (.number | type == "number") and (.sealed_at | moment)
    and (.previous | . == null or link) and (.others | every(link)) and (.closes | every(has_only(["month", "sha256"]; []) and (.sha256 | sha))))
  and (.exports | every(entry))
  and (.events | every(has_only(["key", "size", "sha256"]; []) and (.key | type == "string") and (.size | number) and (.sha256 | sha)));
def members: {
  hold: [["hold", "selection", "reason"], ["known"]], release: [["hold", "reason"], ["known"]],
  purge: [["rule", "head", "objects"], []], reduction: [["rule", "head", "objects"], []],
  erasure: [["pseudonym", "until", "exports", "reason"], []], opening: [["known", "pseudonym", "reason"], []],
  rotation: [["from", "to", "vouched"], []], checkpoint: [["head", "exports", "events"], []],
  annulment: [["after", "reason", "digests"], []], clock: [["newest"], []], acceptance: [["reason", "objects"], []]};
def isEvent:
  signed([]) and (.header | type == "object" and (.kind | type == "string") and (members[.kind] as [$must, $may]
    | $must != null and has_only(["format", "kind", "id", "instance", "at", "by"] + $must; $may)
    and .format == 1 and (.instance | type == "string") and (.id | type == "string") and (.at | moment)
    and (if .kind == "purge" then .objects | every(content and has("key"))
      elif .kind == "reduction" then .objects | every(has_only(["key", "before", "after", "records_removed", "bodies_removed"]; []) and (.before | content) and (.after | content))
      elif .kind == "acceptance" then .objects | every(has_only(["key", "sha256"]; []))
      elif .kind == "annulment" then .digests | every(has_only(["key", "sha256"]; []))
      elif .kind == "checkpoint" then (.exports | every(has_only(["key", "size", "sha256", "receipt"]; []))) and (.events | every(content and has("key")))
      else true end)));
def isReceipt:
  signed([]) and (.header | has_only(["format", "instance", "key", "received_at", "arrived", "kept", "bodies", "damage", "retention"]; ["seen_arriving"])
    and .format == 1 and (.received_at | moment) and (.kept | content) and (.arrived | . == null or content));
`;
