-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The examples in lua/examples for networks: relays, report, watch, soak, load.
local t = wzp.test
t.plan { timeout = 20000, seed = 5 }
local lab = t.lab { relays = 2 }
local said = {}
local real_print = print
function print(...) said[#said + 1] = table.concat({ ... }, "\t") end
local function said_like(pattern)
    for _, line in ipairs(said) do if line:find(pattern) then return true end end
    t.diag("got: " .. table.concat(said, "\ngot: "))
end
local function run(name, ...)
    arg = { ... }
    local fine, why = wzp.task(function() require("examples." .. name) return true end):join()
    t.ok(fine, name .. " runs to its end " .. tostring(why or ""))
end

lab:client("first")

t.test("two relays", function()
    run("relays", lab:relay(1).address)
    t.ok(said_like("10:4433 %-> .*10:4433  setup %d+ ms  tone %d%d+ %%"), "a call is measured")
end)

t.test("report", function()
    run("netreport", lab:relay(1).address .. "," .. lab:relay(2).address, "report.html")
    local page = wzp.file.read("report.html")
    t.like(page, "^<!DOCTYPE html>.*<svg .*</svg>.*</html>\n$", "one page with bars")
    t.ok(not page:find("http", 1, true), "that needs nothing else")
end)

t.test("watch", function()
    run("linewatch", "watch.csv", "60", "1", "300")
    t.ok(said_like("5 calls, 0 failed"), "a day that takes five minutes is summed up")
    local lines = select(2, wzp.file.read("watch.csv"):gsub("\n", ""))
    t.is(lines, 5, "a line for each call")
    t.is(wzp.file.write("watch.csv", "x"), true, "a file is replaced")
    t.is(wzp.file.read("watch.csv"), "x", "and is so")
    t.is(wzp.file.read("nothere.csv"), nil, "one that is not there")
end)

t.test("load", function()
    run("relayload", "6", "2", "12")
end)
print = real_print
