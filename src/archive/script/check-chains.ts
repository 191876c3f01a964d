/** What the checks begin with: the trusted keys, the digests, and the chains that they form. */
export const CHAINS = String.raw`
def addDays($days): "\(.)T00:00:00Z" | fromdateiso8601 + $days * 86400 | todate | .[:10];
def isDate: . as $date | (try addDays(0) catch null) == $date;
def milliseconds: capture("^(?<second>.{19})(?<fraction>\\.[0-9]+)?Z$") | ("\(.second)Z" | fromdateiso8601) * 1000 + (("0\(.fraction // "")" | tonumber) * 1000 | floor);
def dateOfDigest: sub("^.*/"; "") | sub("(\\.[1-9][0-9]{0,4})?\\.json$"; "");
def found($instance; $key; $what): {instance: $instance, key: $key, text: "\($key) \($what)"};
def set: reduce .[] as $one ({}; .[$one] = true);
def first_of(f): reduce f as $one (null; . // $one);

($sums | sums) as $there
| ($good | lines | set) as $good
| (reduce $documents[] as $document ({}; .[$document.key] = $document)) as $document
| [$there | keys_unsorted[] | {key: .} + kind] as $objects
| [$documents[] | select(.key | kind.kind == "event") | select(.doc | isEvent)] as $event_documents
| [$event_documents[] | select(.doc.header.kind == "rotation" and .doc.key == .doc.header.from and $good[.key] and $good["\(.key) vouched"]) | .doc.header | [.from, .to]] as $rotations
| def trust: . as $before
    | reduce $rotations[] as [$from, $to] (.; if .[$from] then .[$to] = true elif .[$to] then .[$from] = true else . end)
    | if length == ($before | length) then . else trust end;
  ({($public_key): true} | trust) as $trusted
| def isSigned: $good[.key] == true and .doc.key != null and $trusted[.doc.key] == true;
  def isEventInPlace: .key == (.doc.header | "archive/\(.instance)/_events/\(.at | gsub("[:.]"; ""))-\(.kind)-\(.id).json");
  [$event_documents[] | select(.doc.header.kind == "annulment" and isEventInPlace and isSigned) | .doc.header as $header | $header.digests[] + {instance: $header.instance}] as $annulments
| (reduce $annulments[] as $one ({}; .[$one.sha256] = $one.key)) as $annulled
| ([$annulments[].key] | set) as $annulled_keys
| def placeOfDigest($instance; $date; $edition):
    "archive/\($instance)/_digests/\($date)\(if $edition == 1 then "" else ".\($edition)" end).json" as $key
    | if $annulled_keys[$key] then placeOfDigest($instance; $date; $edition + 1) else $key end;
  def faultOf:
    if .doc == null then "is not a digest in its canonical form"
    elif $good[.key] != true then "is not what the key that it names signed"
    elif $trusted[.doc.key // ""] != true then "is signed by a key that is not trusted"
    elif .doc.header.exports != (.doc.exports | length) or .doc.header.events != (.doc.events | length) then "does not list the number of exports and events that was signed"
    elif .doc.header.root != (if .doc.exports == [] and .doc.events == [] then "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" else ($trees[0][.key] // [])[0] end) then "does not list the objects that were signed"
    else null end;
  [$objects[] | select(.kind == "digest" and ($annulled[$there[.key]] | not))
    | . + {date: (.key | dateOfDigest), sha: $there[.key], doc: ($document[.key].doc // null | if . != null and isDigest then . else null end)}
    | . + {fault: faultOf}] as $placed
| [$placed[] | select(.fault == null)] as $whole
| [$whole[] | .key as $by | .doc.header | (.previous // empty), .others[] | select($annulled[.sha256] | not) | . + {by: $by}] as $links
| (reduce $links[] as $link ({}; .["\($link.instance) \($link.date)"] += [$link])) as $named
| def contradiction: . as $digest | first_of($named["\(.doc.header.instance) \(.doc.header.date)"] // [] | .[] | select(.sha256 != $digest.sha));
  [$whole[] | select(contradiction == null)] as $sound
| ([$objects[].instance | select(. != "")] + [$links[].instance] + [$instance | select(. != "")] | unique) as $instances
| [ ($objects[] | select(.kind == "other") | found(null; .key; "is not an object of an archive")),
    ($sums | lines[] | select(startswith("\\")) | found(null; .[67:]; "is not an object of an archive")),
    (select($instances == []) | found(null; "archive/"; "is empty")),
    ($annulments[] | select($there[.key] == null) | found(.instance; .key; "is missing: an annulled digest must stay")),
    ($placed[] | select(.fault != null) | found(.instance; .key; .fault)),
    ($whole[] | contradiction as $link | select($link != null) | found(.instance; .key; "is not the digest that \($link.by) names")),
    ($sound[] | select(.key != placeOfDigest(.doc.header.instance; .doc.header.date; 1)) | found(.instance; .key; "is the digest of \(.doc.header.instance) \(.doc.header.date)")),
    ($heads | split(" ") | map(select(length > 0)) | unique[] | select(. as $head | $annulled[$head] == null and all($sound[]; .sha != $head)) | found(null; "archive/"; "has no digest with SHA-256 \(.)"))
  ] as $about_all
| def chain($instance):
    [$placed[] | select(.instance == $instance)] as $places
    | ([$sound[] | select(.doc.header.instance == $instance)] | unique_by(.sha) | sort_by(.doc.header.date)) as $digests
    | [$places[] | select(.date | isDate) | .date] as $dates
    | ([$links[] | select(.instance == $instance) | .date] | max) as $tail
    | def isNumber: .doc.header.number | . >= 1 and . <= 100000 and . == floor;
      {instance: $instance, digests: $digests, found: [
        (select($places == []) | found($instance; "archive/\($instance)/_digests/"; "has no digest")),
        ($places[] | select(.date | isDate | not) | found($instance; .key; "has a date that does not exist")),
        ($digests[] | .doc.header as $header
          | select((isNumber | not) or (
            if $header.previous == null then $header.number != 1 or any($places[]; .fault == null and .date < $header.date)
            else $header.previous.instance != $instance or $header.previous.date != ($header.date | addDays(-1)) or $header.previous.number != $header.number - 1
              or any($places[]; .fault == null and .sha == $header.previous.sha256 and .doc.header.number != $header.previous.number) end))
          | found($instance; .key; "does not follow the digest before it")),
        (first_of($digests[] | select(isNumber)) as $first | select($first != null)
          | $first.doc.header as $header | ([$digests[-1].doc.header.date, $tail] | max) as $last | ($dates | set) as $dates
          | ($header.date | addDays(1 - $header.number)) | recurse(addDays(1); . <= $last) | select($dates[.] | not)
          | found($instance; "archive/\($instance)/_digests/\(.).json"; "is missing")),
        ($dates | max | select(. != null and . < ($today | addDays(-1))) | found($instance; "archive/\($instance)/_digests/"; "ends with \(.)")),
        ($digests[] | select(.doc.header.date > ($today | addDays(1))) | found($instance; .key; "is of a future day"))
      ]};
`;
