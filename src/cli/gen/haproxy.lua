-- HAProxy's question to sidegate: one action, `http-request lua.sidegate`. Made by `sidegate gen haproxy`.
--
-- The variable txn.sidegate says `pass` at the very end and only there: a script that breaks off lets nothing pass.

local DOOR = "@door@/"
-- Milliseconds of one attempt. HAProxy makes up to three more where no answer comes.
local PATIENCE = 4000
-- The most fields that a question may have. HAProxy breaks down where a script sends more than `tune.http.maxhdr`.
local MOST = 98

-- Removed from every request in whichever spelling: apps take `X_User` for `X-User`. Written with `-`.
local REMOVED = {
    @removed@
}
local PREFIXES = { @prefixes@ }
-- What the answer may set.
local SET = {
    @set@
}
-- Claims about a request that only sidegate and HAProxy make.
local CLAIMS = {
    @claims@
}
-- Of one connection: no part of a question.
local CONNECTION = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["http2-settings"] = true,
    ["keep-alive"] = true, ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true,
    ["transfer-encoding"] = true, ["upgrade"] = true, ["x-original-method"] = true, ["x-original-url"] = true,
}

local function folded(name)
    return (name:lower():gsub("[^a-z0-9]", "-"))
end

local function goes(name)
    local name = folded(name)
    if REMOVED[name] or CLAIMS[name] or name:sub(1, 12) == "x-forwarded-" then
        return true
    end
    for _, prefix in ipairs(PREFIXES) do
        if name:sub(1, #prefix) == prefix then
            return true
        end
    end
    return false
end

-- Fields come in lists that begin at 0.
local function values(list)
    local all = {}
    if list then
        local at = 0
        while list[at] ~= nil do
            all[#all + 1] = list[at]
            at = at + 1
        end
    end
    return all
end

local function refuse(txn, status, fields, body)
    local reply = txn:reply()
    reply:set_status(status)
    for name, list in pairs(fields) do
        for _, value in ipairs(list) do
            reply:add_header(name, value)
        end
    end
    if body and #body > 0 and txn.f:method() ~= "HEAD" then
        reply:set_body(body)
    end
    txn:done(reply)
end

local function unavailable(txn)
    refuse(txn, 503, {
        ["content-type"] = { "application/problem+json" }, ["cache-control"] = { "no-store" }, ["retry-after"] = { "5" },
    }, '{"status":503,"title":"Service Unavailable"}')
end

local function has_room(asked)
    local count = 0
    for _, list in pairs(asked) do
        count = count + #list
    end
    return count <= MOST
end

local function question(txn, fields, scheme)
    local asked = {}
    for name, list in pairs(fields) do
        if not CONNECTION[name] then
            asked[name] = values(list)
        end
    end
    asked["x-original-method"] = { txn.f:method() }
    local host = values(fields["host"])
    asked["x-original-url"] = { scheme .. "://" .. (host[1] or "") .. txn.f:pathq() }
    local chain = asked["x-forwarded-for"] or {}
    chain[#chain + 1] = txn.f:src()
    asked["x-forwarded-for"] = chain
    return asked
end

-- Whether the request has just these values under these names. A head without room for more is left as it is, and
-- nobody says so.
local function is_made(txn, made, target)
    local there = txn.http:req_get_headers()
    for name, list in pairs(made) do
        local found = values(there[name])
        if #found ~= #list then
            return false
        end
        for at, value in ipairs(list) do
            if found[at] ~= value then
                return false
            end
        end
    end
    return txn.f:url() == target
end

-- Makes of the caller's request the one that the app gets. Says whether that went well.
local function rewrite(txn, fields, answer, scheme, target)
    local made = {}
    local function add(name, value)
        made[name] = made[name] or {}
        table.insert(made[name], value)
        txn.http:req_add_header(name, value)
    end
    for name, _ in pairs(fields) do
        if goes(name) then
            txn.http:req_del_header(name)
        end
    end
    txn.http:req_set_uri(target)
    for name, _ in pairs(SET) do
        for _, value in ipairs(values(answer[name])) do
            add(name, value)
        end
    end
    for _, value in ipairs(values(fields["x-forwarded-for"])) do
        add("x-forwarded-for", value)
    end
    add("x-forwarded-for", txn.f:src())
    add("x-forwarded-proto", scheme)
    add("x-forwarded-port", tostring(txn.f:dst_port()))
    for _, value in ipairs(values(fields["host"])) do
        add("x-forwarded-host", value)
    end
    for _, value in ipairs(values(answer["x-request-id"])) do
        add("x-request-id", value)
    end
    return is_made(txn, made, target)
end

core.register_action("sidegate", { "http-req" }, function(txn)
    txn:set_var("txn.sidegate", "asked")
    local fields = txn.http:req_get_headers()
    local secure = txn.f:ssl_fc()
    local scheme = (secure == true or secure == 1) and "https" or "http"
    local asked = question(txn, fields, scheme)
    if not has_room(asked) then
        return refuse(txn, 431, {
            ["content-type"] = { "application/problem+json" }, ["cache-control"] = { "no-store" },
        }, '{"status":431,"title":"Request Header Fields Too Large"}')
    end
    local answer = core.httpclient():get{ url = DOOR, headers = asked, timeout = PATIENCE }
    local status = answer and tonumber(answer.status) or 0
    local given = answer and answer.headers or {}
    if status == 200 then
        local target = values(given["x-sidegate-target"])
        if #target ~= 1 or target[1]:sub(1, 1) ~= "/" then
            return unavailable(txn)
        end
        if not rewrite(txn, fields, given, scheme, target[1]) then
            return unavailable(txn)
        end
        txn:set_var("txn.sidegate", "pass")
        return
    end
    if status < 300 or status > 599 then
        return unavailable(txn)
    end
    local told = {}
    for name, list in pairs(given) do
        if not CONNECTION[name] and name:sub(1, 11) ~= "x-sidegate-" then
            told[name] = values(list)
        end
    end
    refuse(txn, status, told, answer.body)
end)
