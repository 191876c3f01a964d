/** jq 1.6 or later. No single quotes: the shell script keeps each program in single quotes. */

/** Shared by all programs: the canonical form of documents, the kinds of objects, and the bytes of a hash or signature. */
export const COMMON = String.raw`
def canon:
  if type == "object" then . as $all | reduce keys[] as $name ({}; .[$name] = ($all[$name] | canon))
  elif type == "array" then map(canon)
  else . end;
def text: canon | tojson;
def lines: split("\n") | map(select(length > 0));
def kind:
  (capture("^archive/(?<instance>[^/]+)/(?<rest>.+)$") // {instance: "", rest: ""})
  | .rest as $rest
  | {instance, kind: (
      if $rest | test("^[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+\\.cbor\\.zstd$") then "export"
      elif $rest | test("^_receipts/[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+\\.json$") then "receipt"
      elif $rest | test("^_digests/[0-9]{4}-[0-9]{2}-[0-9]{2}(\\.[1-9][0-9]{0,4})?\\.json$") then "digest"
      elif $rest | test("^_timestamps/[0-9]{4}-[0-9]{2}-[0-9]{2}(\\.[1-9][0-9]{0,4})?\\.tsr$") then "timestamp"
      elif $rest | test("^_events/[^/]+\\.json$") then "event"
      else "other" end)};
# The objects that are there: SHA-256 by key. sha256sum marks names that contain a backslash or a line break.
def sums: reduce (lines[] | select(startswith("\\") | not)) as $line ({}; .[$line[66:]] = $line[:64]);
# A number below 256 as an escape of printf %b.
def octal: "\\0\(. / 64 | floor)\(. % 64 / 8 | floor)\(. % 8)";
def ofHex: explode | map(if . > 96 then . - 87 else . - 48 end) | . as $digits | [range(0; length; 2) | $digits[.] * 16 + $digits[. + 1] | octal] | join("");
def ofBase64url:
  explode | map(if . == 45 then 62 elif . == 95 then 63 elif . > 96 then . - 71 elif . > 64 then . - 65 else . + 4 end)
  | . as $digits | [range(0; length * 6 / 8 | floor)
    | (. * 8) as $bit | ($bit / 6 | floor) as $at | ($bit % 6) as $over
    | ((($digits[$at] * 64 + ($digits[$at + 1] // 0)) / pow(2; 4 - $over) | floor) % 256) | octal]
  | join("");
`;

/** Each line that grep found, as the key and the canonical form of the document. What is not JSON has no line. */
export const PARSE = String.raw`
inputs
| index(":{") as $at | select($at != null)
| .[:$at] as $key | select($key | test("^[!-~]+$"))
| (.[$at + 1:] | fromjson?) as $document
| "\($key)\t\($document | text)", ($document | select(.signs? == "sha256") | "header\t\(.header | text)")
`;

/**
 * The documents whose bytes are their canonical form (`d`), each followed by its signatures (`s`: a name, the public key, the signature, what is signed) and by
 * its entries, exports before events, which are the leaves of a Merkle tree (`l`). The signature of an event that a digest lists says nothing more.
 */
export const ACCEPT = String.raw`
def task($name; $signer; $signature; $signed):
  select(($signer | type) == "string" and ($signature | type) == "string")
  | select(($signer | test("^[A-Za-z0-9_-]{43}$")) and ($signature | test("^[A-Za-z0-9_-]{85}[AQgw]$")))
  | "s\t\($name)\tMCowBQYDK2VwAyEA\($signer | gsub("-"; "+") | gsub("_"; "/"))=\t\($signature | ofBase64url)\t\($signed | text)";
($sums | sums) as $there | ($hashes | lines) as $hashes | ($texts | lines) as $texts
| [range(0; $texts | length) as $at
    | $texts[$at] | index("\t") as $tab | .[:$tab] as $key
    | select($key != "header" and $there[$key] == $hashes[$at])
    | {key: $key, sha: $hashes[$at], doc: (.[$tab + 1:] | fromjson)}
    | if .doc.signs? == "sha256" then .header = $hashes[$at + 1] else . end] as $documents
| (reduce ($documents[].doc.events? | arrays | .[] | .sha256? | strings) as $sha ({}; .[$sha] = true)) as $listed
| $documents[]
| . as {$key, $sha, $doc} | $doc.header.kind? as $kind
| "d\t\(tojson)",
  (select($kind == null or $kind == "rotation" or $kind == "annulment" or ($listed[$sha] | not))
    | task($key; $doc.key; $doc.signature; if .header == null then {header: $doc.header, key: $doc.key} else {header_sha256: .header, key: $doc.key, signs: "sha256"} end)),
  (select($kind == "rotation") | task("\($key) vouched"; $doc.header.to; $doc.header.vouched; $doc.header | del(.vouched))),
  (select($key | kind.kind == "digest") | ($doc.exports?, $doc.events?) | arrays | .[] | "l\t\($key)\t\(text)")
`;

/**
 * The first line: the trees after the level that was hashed last, as lists of hashes by digest. Then a line for each node of the next level; none at the end.
 * @param $trees empty at first: the leaves were hashed last.
 */
export const LEVEL = String.raw`
($hashes | lines) as $hashes
| (if $trees == [] then reduce ($leaves | lines | map(.[:index("\t")]) | to_entries[]) as $leaf ({}; .[$leaf.value] += [$hashes[$leaf.key]])
  else
    reduce ($trees[0] | keys[]) as $key ({at: 0, trees: {}};
      $trees[0][$key] as $nodes | ($nodes | length / 2 | floor) as $pairs
      | .trees[$key] = $hashes[.at:.at + $pairs] + (if $nodes | length % 2 == 1 then $nodes[-1:] else [] end)
      | .at += $pairs)
    | .trees
  end) as $next
| ($next | tojson),
  ($next | keys[] as $key | .[$key] as $nodes | range(0; ($nodes | length) - 1; 2) | "\($key)\t\(1 | octal)\($nodes[.] | ofHex)\($nodes[. + 1] | ofHex)")
`;
