/** What the checks compare with the chain of a gateway: events, exports, receipts, lists, tokens. */
export const OBJECTS = String.raw`
  def order: # of purges and reductions: none before the one that made the copy that it changes
    . as $events
    | (reduce range(0; length) as $at ({}; reduce ($events[$at].header | select(.kind == "reduction") | .objects[]) as $made (.; .["\($made.after.sha256) \($made.key)"] += [$at]))) as $makers
    | def visit($at):
        if .begun["\($at)"] then .
        else .begun["\($at)"] = true
          | reduce ($events[$at].header.objects[] | $makers["\((.before // .).sha256) \(.key)"] // [] | .[]) as $maker (.; visit($maker))
          | .ordered += [$events[$at]]
        end;
      reduce range(0; length) as $at ({begun: {}, ordered: []}; visit($at)) | .ordered;

  def objects($chain):
    $chain.instance as $instance | $chain.digests as $digests
    | (if $digests == [] then null else $digests[-1].doc.header.sealed_at end) as $sealed_at
    | def isRecent: . as $at | $sealed_at != null and ($at | milliseconds) >= ($sealed_at | milliseconds) - 86400000;
      [$objects[] | select(.instance == $instance)] as $own
    | (reduce ($digests[].doc.events[]) as $one ({}; if has($one.key) then . else .[$one.key] = $one.sha256 end)) as $sealed
    | [$event_documents[] | select(.key | startswith("archive/\($instance)/_events/"))] as $readable
    | def isAuthentic: .doc.header.instance == $instance and isEventInPlace and isSigned;
      (reduce ($readable[] | select(.doc.header.kind == "checkpoint" and ($sealed[.key] == .sha or isAuthentic)) | .doc.header.events[]) as $one
        ($sealed; if has($one.key) then . else .[$one.key] = $one.sha256 end)) as $listed
    | [$readable[] | (.sha == $sealed[.key]) as $is_sealed
        | select($is_sealed or (($listed[.key] == null or $listed[.key] == .sha) and isAuthentic)) | {key, sha, header: .doc.header, sealed: $is_sealed}] | sort_by(.key)
    | . as $events
    | def isAccepted($key; $sha): any($events[].header; .kind == "acceptance" and any(.objects[]; .key == $key and .sha256 == $sha));
      [$events[] | select(.header.kind == "purge" or .header.kind == "reduction")] | order
    | . as $changes
    | (reduce ($digests[].doc.exports[]) as $one ({}; if has($one.key) then . else .[$one.key] = {listed: true, receipt: $one.receipt, now: $one.sha256, before: []} end)) as $expected
    | (reduce ($events[].header | select(.kind == "checkpoint") | .exports[]) as $one ($expected; if has($one.key) then . else .[$one.key] = {listed: false, receipt: $one.receipt, now: $one.sha256, before: []} end)) as $expected
    | (reduce ($changes[].header.objects[]) as $change ($expected;
        .[$change.key] as $one
        | if $one == null or $one.now == null or ($one.listed | not) and $change.after != null and $change.before.sha256 != $one.now then .
          else .[$change.key] += {before: ($one.before + [$one.now]), now: $change.after.sha256} end)) as $expected
    | ([$changes[] | select(.header.kind == "reduction" and (.sealed | not)) | .header.objects[].key] | set) as $unfinished
    | ([$changes[] | select(.header.kind == "purge") | .header.objects[].key] | set) as $purged
    | (reduce ($changes[] | select(.header.kind == "reduction") | .header.objects[]) as $one ({}; .[$one.key] = $one.after.sha256)) as $reduced
    | any($digests[]; (.doc.header.vouched // 0) > 0) as $has_receipts
    | def receiptOf: capture("^archive/(?<instance>[^/]+)/(?<rest>.*)\\.cbor\\.zstd$") | "archive/\(.instance)/_receipts/\(.rest).json";
      def exportOf: capture("^archive/(?<instance>[^/]+)/_receipts/(?<rest>.*)\\.json$") | "archive/\(.instance)/\(.rest).cbor.zstd";
      def receiptFor($key): $document[$key | receiptOf] // null | if . != null and (.doc | isReceipt) and .doc.header.key == $key and isSigned then .doc.header else null end;
      {events: $events, exports: $expected, found: [
        ($listed | to_entries[] | $there[.key] as $sha
          | if $sha == null then found($instance; .key; "is missing")
            elif $sha != .value then found($instance; .key; "is not the event that was listed")
            elif $sealed[.key] != null and ($document[.key].doc // null | isEvent | not) then found($instance; .key; "is not an event in its canonical form")
            else empty end),
        ($own[] | select(.kind == "event" and $sealed[.key] == null) | .key as $key | ([$readable[] | select(.key == $key)][0]) as $one
          | if $one == null or ($one | isAuthentic | not) then found($instance; $key; "is listed by no digest and signed by no trusted key")
            elif $one.doc.header.at | isRecent then empty
            else found($instance; $key; "was signed before the newest digest, and no digest lists it") end),
        ($expected | to_entries[] | .key as $key | .value as $one | $there[$key] as $sha
          | (if $sha == null then select($one.now != null) | found($instance; $key; "is missing")
            elif $sha == ($one.now // $one.before[-1]) then empty
            elif $one.now != null and $unfinished[$key] and any($one.before[]; . == $sha) then empty
            else found($instance; $key; "is not as it was listed") end),
            (select($one.receipt != null) | ($key | receiptOf) as $receipt | select($there[$receipt] != $one.receipt) | found($instance; $receipt; "is missing, or is not the receipt that was listed"))),
        ($own[] | select(.kind == "export") | .key as $key | select($expected[$key] == null) | receiptFor($key) as $receipt
          | if $receipt == null then found($instance; $key; "is listed by no digest and signed by no trusted key")
            elif $has_receipts and ($receipt.arrived == null or $receipt.seen_arriving == false) then found($instance; $key; "existed before its receipt, and nobody saw it arrive")
            elif $there[$key] != $receipt.kept.sha256 and $there[$key] != $reduced[$key] then found($instance; $key; "does not match its receipt")
            elif $receipt.received_at | isRecent then empty
            else found($instance; $key; "was received before the newest digest, and no digest lists it") end),
        ($own[] | select(.kind == "receipt") | .key as $receipt | ($receipt | exportOf) as $key | $expected[$key] as $one
          | if $one == null then select($there[$key] == null and ($purged[$key] | not)) | found($instance; $receipt; "is a receipt without its export")
            else select($one.receipt == null and receiptFor($key) == null) | found($instance; $receipt; "is a receipt that no digest lists and no trusted key signed") end),
        lists($instance; $digests; $events),
        ($own[] | select(.kind == "timestamp") | (.key | sub("/_timestamps/"; "/_digests/") | sub("\\.tsr$"; ".json")) as $digest
          | if $there[$digest] == null then found($instance; .key; "is a token for a digest that does not exist")
            else
              first_of($digests[] | select(.key == $digest)) as $stamped | $tokens[.key] as $token
              | select($stamped != null)
              | if $token == null or ($token.good | not) or $token.hash != $stamped.sha then found($instance; .key; "does not vouch for \($digest)")
                elif ($stamped.doc.header.sealed_at | milliseconds) - $token.at > 86400000 then found($instance; $digest; "says that it was sealed after the authority had stamped it")
                else empty end
            end)
      ]};
`;
