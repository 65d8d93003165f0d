-- What chatload does for Tamako: each GET made from its text, percent-encoded.
local texts = dofile(os.getenv("BENCH_FOLDER") .. "/texts.lua")
local sent = 0

local function hex(c) return string.format("%%%02X", c:byte()) end

local function encoded(text) return (text:gsub("[^%w%-._~]", hex)) end

function request()
    sent = sent + 1
    local path = "/api/chat?prvid=sandbox&svcid=sandbox&svcsecret=sandbox&message="
        .. encoded(texts[sent % #texts + 1]) .. "&user=user-" .. sent
        .. "&name=Tamako&gender=female&dev=Bear%233437&prefix=Not%20Set%20By%20Developer"
    return wrk.format("GET", path, {
        ["User-Agent"] = "chatload",
        ["Accept"] = "application/json",
    })
end
