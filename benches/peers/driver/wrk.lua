-- For wrk. Environment: PEERS_TOKENS, a file with one token a line, taken in turn; PEERS_HOST; PEERS_UPLOAD,
-- bytes to POST. Writes one line: RESULT and JSON.
local tokens, requests, turn = {}, {}, 0
for line in io.lines(os.getenv("PEERS_TOKENS")) do tokens[#tokens + 1] = line end
local upload = tonumber(os.getenv("PEERS_UPLOAD") or "0")

wrk.headers["Host"] = os.getenv("PEERS_HOST")
wrk.headers["User-Agent"] = "peers/1.0"
wrk.headers["Accept"] = "application/json"
wrk.headers["Accept-Encoding"] = "gzip, deflate"
wrk.headers["X-Request-Id"] = "0b1b7c7e-0a52-4b7c-8d55-3f1f1f0c9a10"
wrk.headers["Authorization"] = "Bearer " .. tokens[1]
if upload > 0 then
  wrk.method = "POST"
  wrk.body = string.rep("x", upload)
end

-- With a single token wrk sends the same bytes again and again and does not ask this script.
if #tokens > 1 then
  function init()
    for at, token in ipairs(tokens) do
      wrk.headers["Authorization"] = "Bearer " .. token
      requests[at] = wrk.format()
    end
  end
  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  local seconds = summary.duration / 1e6
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.4f,"rps":%.1f,"p50_us":%.1f,"p99_us":%.1f,"failed":%d,"refused":%d}\n',
    summary.requests, seconds, summary.requests / seconds, latency:percentile(50), latency:percentile(99),
    failed, summary.errors.status))
end
