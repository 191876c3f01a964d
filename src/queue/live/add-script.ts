/** Values of a request in the script's arguments: id, day, hour, minute, properties and cost. */
const VALUES_PER_REQUEST = 6;

/** Stands for a cost that is not known. */
export const NO_COST = "-";

/** Marks of the fields of an hour's sums: requests, requests without an estimate, cost. */
export const MARKS = { requests: "n", unpriced: "u", cost: "c" } as const;

/**
 * Adds requests, each once. KEYS: the ids of each day that is kept. ARGV: prefix of the keys, milliseconds that ids and sums are kept, the
 * time now, then the values of each request. A known id adds nothing but a higher cost, to the minute and the properties that it was first
 * reported with. Calling it again with the same requests changes nothing, so an answer that was lost does no harm.
 */
export const ADD_REQUESTS = `
local prefix, keepIds, keepSums, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local touched = {}
local function add(sums, field, by)
  redis.call('HINCRBY', sums, field, by)
  touched[sums] = keepSums
end
for i = 5, #ARGV, ${String(VALUES_PER_REQUEST)} do
  local id, day, hour, minute, group, cost = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local known, ids = false, prefix .. 'ids:' .. day
  for k = 1, #KEYS do
    known = redis.call('HGET', KEYS[k], id)
    if known then
      ids = KEYS[k]
      break
    end
  end
  if not known then
    local sums, of = prefix .. 'sums:' .. hour, ' ' .. minute .. ' ' .. group
    redis.call('HSET', ids, id, hour .. ' ' .. minute .. ' ' .. cost .. ' ' .. group)
    touched[ids] = keepIds
    add(sums, '${MARKS.requests}' .. of, 1)
    if cost == '${NO_COST}' then add(sums, '${MARKS.unpriced}' .. of, 1) else add(sums, '${MARKS.cost}' .. of, cost) end
  elseif cost ~= '${NO_COST}' then
    local firstHour, firstMinute, firstCost, firstGroup = string.match(known, '^(%S+) (%S+) (%S+) (.*)$')
    local before = firstCost == '${NO_COST}' and 0 or tonumber(firstCost)
    if firstCost == '${NO_COST}' or tonumber(cost) > before then
      local sums, of = prefix .. 'sums:' .. firstHour, ' ' .. firstMinute .. ' ' .. firstGroup
      redis.call('HSET', ids, id, firstHour .. ' ' .. firstMinute .. ' ' .. cost .. ' ' .. firstGroup)
      add(sums, '${MARKS.cost}' .. of, string.format('%.0f', tonumber(cost) - before))
      if firstCost == '${NO_COST}' then add(sums, '${MARKS.unpriced}' .. of, -1) end
    end
  end
end
if redis.call('EXISTS', prefix .. 'since') == 0 then redis.call('SET', prefix .. 'since', now) end
touched[prefix .. 'since'] = keepSums
for key, keep in pairs(touched) do redis.call('PEXPIRE', key, keep) end
return 1
`;
