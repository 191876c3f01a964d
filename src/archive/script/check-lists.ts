/** What the ledger never writes into digests, and what the answers of time-stamping authorities say, as OpenSSL prints them. */
export const LISTS = String.raw`
  (reduce ($answers | lines[]) as $line ({key: "", tokens: {}};
    if $line | startswith("token ") then ($line | capture("^token (?<key>.+) (?<verdict>good|bad)$")) as $of
      | .key = $of.key | .tokens[$of.key] = {good: ($of.verdict == "good"), hash: "", at: 0}
    else
      .key as $key
      | ($line | capture("^ +[0-9a-f]{4} - (?<bytes>([0-9a-f]{2}[ -]){16})") // null) as $data
      | ($line | capture("Time stamp: (?<day>[A-Z][a-z]{2} +[0-9]+ [0-9:]{8})[.0-9]* (?<year>[0-9]{4}) GMT") // null) as $time
      | (if $data == null then . else .tokens[$key].hash += ($data.bytes | gsub("[ -]"; "")) end)
      | (if $time == null then . else .tokens[$key].at = ("\($time.day) \($time.year)" | strptime("%b %d %H:%M:%S %Y") | mktime) * 1000 end)
    end) | .tokens) as $tokens
| def lists($instance; $digests; $events):
    (reduce $events[] as $event ({}; .[$event.key] = $event.header.at)) as $times
    | def told($key; $sha; $what): select(any($events[].header; .kind == "acceptance" and any(.objects[]; .key == $key and .sha256 == $sha)) | not) | found($instance; $key; $what);
      def disorder($of): map(.key) | (unique | length) != length or sort != . or any(.[] | kind; .kind != $of or .instance != $instance);
      foreach $digests[] as $digest ({seen: {}, before: null, until: null};
        $digest.doc.header as $header
        | .found = [
            ($digest.doc | select((.exports | disorder("export")) or (.events | disorder("event"))) | told($digest.key; $digest.sha; "does not list its objects in order, or lists some twice or of another kind")),
            (.seen as $seen | select(any(($digest.doc.exports[], $digest.doc.events[]).key; $seen[.])) | told($digest.key; $digest.sha; "lists an object that an earlier digest lists")),
            (.before as $before | $header | select((.sealed_at | milliseconds) < ("\(.date)T00:00:00Z" | milliseconds) or ($before != null and (.sealed_at | milliseconds) < ($before.sealed_at | milliseconds)))
              | told($digest.key; $digest.sha; "was sealed before its day, or before the digest that it follows")),
            (.before | select(. != null) | .closes[] | .month as $month | .sha256 as $sha | ([$header.closes[] | select(.month == $month)][-1].sha256) as $now
              | select($now != $sha) | told("_ledger/closes/\($month).json"; $now; "is not named by \($digest.key) as by the digest before")),
            (.until as $until | $digest.doc.events[] | .key as $key | .sha256 as $sha | $times[$key] | select(. != null) | milliseconds
              | select(. > ($header.sealed_at | milliseconds) + 86400000 or ($until != null and . < ($until | milliseconds) - 86400000))
              | told($key; $sha; "has a time that does not fit the digest that lists it"))
          ]
        | reduce ($digest.doc.exports[], $digest.doc.events[]).key as $key (.; .seen[$key] = true)
        | .before = $header
        | (if $header.sealed_at | startswith($header.date) then .until = $header.sealed_at else . end);
        .found[]);
`;

/** The result: a line for each problem, then one for each gateway, and the end, without which the result is not whole. */
export const RESULT = String.raw`
  [$instances[] | select($instance == "" or . == $instance) | chain(.) | . + {objects: objects(.)}] as $chains
| [$about_all[] | select(.instance == null or $instance == "" or .instance == $instance)] + [$chains[] | .found[], .objects.found[]]
| unique
| (.[] | "problem\t\(.text)"),
  ($chains[] | .digests as $digests | "gateway\t\(.instance): \($digests | length) digests, \($digests[0].doc.header.date) to \($digests[-1].doc.header.date), head \($digests[-1].sha); \(.objects.exports | length) exports, \(.objects.events | length) events"),
  "end\t"
`;
