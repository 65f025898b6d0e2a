-- Reports as phones send them, each with an id, a device and an address of its own.
local random, hex = math.random, "0123456789abcdef"
local threads = 0
function setup(thread) threads = threads + 1; thread:set("number", threads) end
function init() math.randomseed(os.time() * 1000 + number * 7919) end
local function digits(count)
  local drawn = {}
  for place = 1, count do local at = random(1, 16); drawn[place] = hex:sub(at, at) end
  return table.concat(drawn)
end
local function uuid7() return digits(8) .. "-" .. digits(4) .. "-7" .. digits(3) .. "-8" .. digits(3) .. "-" .. digits(12) end
function request()
  local body = string.format(
    '{"id":"%s","secret":"%s","occurred_at":"2026-11-20T09:00:00.000+08:00","category":"street_light",' ..
    '"text":"路灯不亮，已经三天","place":{"lng":%.6f,"lat":%.6f,"system":"wgs84","accuracy_m":12.5,"origin":"pin"},' ..
    '"photos":["%s"],"danger":false}',
    uuid7(), digits(43), 115.86 + random() * 0.06, 28.66 + random() * 0.05, digits(64))
  return wrk.format("POST", "/api/v1/reports", {
    ["Content-Type"] = "application/json", ["X-Gezhi"] = "1", ["X-Gezhi-Device"] = uuid7(),
    ["X-Forwarded-For"] = "10." .. random(255) .. "." .. random(255) .. "." .. random(255) }, body)
end
function done(summary) io.write("errors ", summary.errors.status, "\n") end
