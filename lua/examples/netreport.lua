-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Netcheck report: a text table and, with a second argument, a self-contained HTML page with bars of the latencies.
--
--     wzp run netreport.lua relay.example.net,other.example.net report.html
local relays = {}
for name in (arg[1] or ""):gmatch("[^,]+") do relays[#relays + 1] = name end
local report = assert(wzp.netcheck { relays = #relays > 0 and relays or nil, timeout = 8 })

local function shown(value)
    if type(value) == "table" then return wzp.json.encode(value) end
    return wzp.ui.escape(tostring(value))
end

local keys = {}
for key in pairs(report) do keys[#keys + 1] = key end
table.sort(keys)

-- One line for each row of a list; an empty list has none.
local function lines(value)
    if type(value) ~= "table" then return { shown(value) } end
    local list = {}
    for _, row in ipairs(value) do
        local parts = {}
        if type(row) == "table" then
            for name, part in pairs(row) do parts[#parts + 1] = name .. " " .. shown(part) end
            table.sort(parts)
        end
        list[#list + 1] = type(row) == "table" and table.concat(parts, ", ") or shown(row)
    end
    if #list == 0 and next(value) ~= nil then list[1] = shown(value) end
    return list
end
for _, key in ipairs(keys) do
    for i, line in ipairs(lines(report[key])) do print(("%-22s %s"):format(i == 1 and key or "", line)) end
end

local function html(text)
    return (shown(text):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

-- All entries with a round-trip time, from all lists of the report.
local function latencies()
    local list = {}
    for _, key in ipairs(keys) do
        if type(report[key]) == "table" then
            for _, row in ipairs(report[key]) do
                local ms = type(row) == "table" and (row.rtt_ms or row.latency_ms or row.min_ms)
                if ms then list[#list + 1] = { name = row.name or row.relay or row.server or key, ms = ms } end
            end
        end
    end
    return list
end

local function bars(list)
    local most, lines = 1, {}
    for _, row in ipairs(list) do most = math.max(most, row.ms) end
    for i, row in ipairs(list) do
        local y = (i - 1) * 24
        lines[#lines + 1] = ('<rect x="0" y="%d" width="%.0f" height="18" fill="#3b7"/><text x="4" y="%d">%s %.0f ms</text>')
            :format(y, 20 + 400 * row.ms / most, y + 14, html(row.name), row.ms)
    end
    return ('<svg width="640" height="%d" font-family="sans-serif" font-size="13">%s</svg>'):format(#list * 24 + 4,
        table.concat(lines))
end

if arg[2] then
    local rows = {}
    for _, key in ipairs(keys) do rows[#rows + 1] = ("<tr><th>%s</th><td>%s</td></tr>"):format(html(key), html(report[key])) end
    local page = ('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Network check</title>'
        .. "<style>body{font-family:sans-serif}th{text-align:left;padding-right:2em;vertical-align:top}</style>"
        .. "<h1>Network check</h1><p>%s</p>%s<table>%s</table></html>\n"):format(wzp.time.date(), bars(latencies()),
        table.concat(rows, "\n"))
    assert(wzp.file.write(arg[2], page))
    print("written to " .. arg[2])
end
