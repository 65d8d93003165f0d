-- What chatload does for Stammer: each POST made from its text, escaped for JSON.
local texts = dofile(os.getenv("BENCH_FOLDER") .. "/texts.lua")
local sent = 0

local function control(c) return string.format("\\u%04x", c:byte()) end

local function escaped(text)
    return (text:gsub('[\\"]', "\\%0"):gsub("%c", control))
end

function request()
    sent = sent + 1
    local body = '{"chatbot_uuid":"12345678-1234-5678-1234-567812345678","query":"'
        .. escaped(texts[sent % #texts + 1]) .. '","user_key":"user-' .. sent .. '"}'
    return wrk.format("POST", "/en/chatbot/api/v1/message/", {
        ["User-Agent"] = "chatload",
        ["Accept"] = "application/json",
        ["Authorization"] = "Token sandbox-token",
        ["Content-Type"] = "application/json",
    }, body)
end
