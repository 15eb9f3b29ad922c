-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Functions without a network: text, time, sound, other programs, and the screen when there is none.
local t = wzp.test

t.test("JSON", function()
    local value = wzp.json.decode('{"a": [1, 2.5, "x\\u00e9\\ud83d\\ude00\\n"], "b": true, "c": null, "d": {}}')
    t.is(value.a[1], 1, "a whole number")
    t.is(math.type(value.a[1]), "integer", "is one")
    t.is(value.a[2], 2.5, "another number")
    t.is(value.a[3], "xé😀\n", "a text")
    t.is(value.b, true, "true")
    t.is(value.c, nil, "null")
    for _, bad in ipairs { "", "{", "[1,]", "{\"a\"}", "nul", "1 2", '"\\x"', '"\\ud800\\u0041"', string.rep("[", 40), "\0", "1e999" } do
        t.is(select(2, wzp.json.decode(bad)), "this is no JSON", ("this is none: %q"):format(bad:sub(1, 5)))
    end
    local text = wzp.json.encode { name = "Ann \"\\\1\xff", list = { 1, 2.5, true }, deep = { a = { b = 0 / 0 } } }
    t.is(text, '{"deep":{"a":{"b":null}},"list":[1,2.5,true],"name":"Ann \\"\\\\\\u0001?"}', "a table as JSON")
    t.is(wzp.json.decode(text).list[2], 2.5, "and back")
    local ring = {}
    ring.ring = ring
    t.like(select(2, pcall(wzp.json.encode, ring)), "nested too deep", "a table in itself")
    t.like(select(2, pcall(wzp.json.encode, { print })), "a function is no JSON", "a function")
    t.like(select(2, pcall(wzp.json.encode, { [true] = 1 })), "keys of objects are texts", "a key")
end)

t.test("time and log", function()
    local began = wzp.time.wall()
    wzp.timer.sleep(3)
    t.is(wzp.time.wall() - began, 3, "the wall's clock goes on")
    t.ok(wzp.time.hour() >= 0 and wzp.time.hour() < 24, "an hour")
    t.ok(wzp.time.weekday() >= 1 and wzp.time.weekday() <= 7, "a day")
    t.like(wzp.time.date(), "^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$", "a date")
    t.isnt(wzp.version(), "", "a version")
    wzp.log.error("an error") wzp.log.warn("a warning") wzp.log.info("a word") wzp.log.debug("a detail")
    t.diag("a remark")
end)

t.test("sound", function()
    local tone = wzp.audio.tone { hz = 440, seconds = 0.5, dbfs = -20 }
    t.is(tone.seconds, 0.5, "its length")
    t.lt(math.abs(tone.level_dbfs + 23), 0.5, "its level: a tone of that peak")
    t.is(wzp.audio.silence(2).level_dbfs, -127, "silence")
    t.is(tone:save("tone.wav"), true, "it is written")
    t.is(tone:save("tone.wav"), nil, "nothing is overwritten")
    local again = wzp.audio.load("tone.wav")
    t.lt(math.abs(again.seconds - 0.5), 0.01, "it is read")
    t.lt(math.abs(again.level_dbfs + 23), 0.5, "as loud")
    t.like(select(2, pcall(wzp.audio.load, "nothere.wav")), "nothere.wav", "a file that is not there")
end)

t.test("other programs", function()
    local r = wzp.spawn { "printf", "%s|", "a b", "$HOME", "c\nd" }
    t.is(r.output, "a b|$HOME|c\nd|", "arguments come as they are: there is no shell")
    t.is(r.status, 0, "its status")
    t.is(wzp.spawn({ "cat" }, { input = "x\0y" }).output, "x\0y", "what it reads")
    t.is(wzp.spawn({ "sh", "-c", "exit 3" }).status, 3, "another status")
    local big = wzp.spawn({ "sh", "-c", "yes | head -c 1000000; exit 0" })
    t.is(#big.output, 256 * 1024, "a lot of output is cut")
    t.is(select(2, wzp.spawn({ "sleep", "10" }, { timeout = 0.1 })), "timeout", "its time is over")
    t.like(select(2, wzp.spawn { "nothere-nothere" }), "No such file", "one that is not there")
    t.like(select(2, pcall(wzp.spawn, {})), "1 to 64 arguments", "none")
    t.like(select(2, pcall(wzp.spawn, { "a\0b" })), "without zero bytes", "a zero byte")
end)

t.test("no screen", function()
    t.is(select(2, wzp.ui.item("x", "y")), "there is no screen", "no status bar")
    t.is(select(2, wzp.ui.bind("", "x", "help", print)), "there is no screen", "no keys")
    t.is(select(2, wzp.ui.ask("who?")), "there is no screen", "nobody to ask")
    wzp.ui.unbind(1)
    wzp.ui.say("a line")
    t.is(wzp.ui.escape("a\27[31mb\nc\xff"), "a?[31mb?c?", "what a terminal would obey is taken out")
    t.like(select(2, pcall(wzp.command, "call", {}, print)), "has a command call itself", "names that are taken")
    t.like(select(2, pcall(wzp.command, "two words", {}, print)), "is one word", "a name is a word")
    wzp.command("greet", { args = "who", help = "says hello" }, print)
end)

t.test("comparing", function()
    t.is({ 1, { a = 2 } }, { 1, { a = 2 } }, "tables by their fields")
    t.isnt({ 1, 2 }, { 1, 2, 3 }, "not these")
    t.isnt({ 1, 2, 3 }, { 1, 2 }, "nor these")
    t.isnt(0 / 0, 0 / 0, "what is no number is like nothing")
    t.record("figure", 3.5, { max = 4, min = 3, unit = "ms" })
    t.le(1, 1)
    t.gt(2, 1)
    t.is(t.seed(), 1, "the seed of this run")
end)

t.test("patterns are Lua's", function()
    for _, case in ipairs {
        { "find", "hello world", "o w" }, { "find", "hello", "l+" }, { "find", "hello", "(h)(.)" },
        { "find", "a.b", ".", 2, true }, { "find", "abc", "b", -1 }, { "find", "abc", "" }, { "find", "", "" },
        { "find", "abc", "x*", 10 }, { "match", "key = value", "^(%w+)%s*=%s*(%w+)$" },
        { "match", "  trim  ", "^%s*(.-)%s*$" }, { "match", "2026-11-26", "(%d+)-(%d+)-(%d+)" },
        { "match", "f(a(b)c)d", "%b()" }, { "match", "THE (quick) fox", "%f[%a]%a+", 5 },
        { "match", "[[x]]", "%[%[(.-)%]%]" }, { "match", "a-b", "[a%-]+" }, { "match", "x]y", "[]]" },
        { "match", "x^y", "[%^x]+" }, { "match", "abc", "[^a-b]" }, { "match", "hello", "()ll()" },
        { "match", "aa bb", "(%a)%1 (%a)%2" }, { "match", "\0a\0", "%z?a%z" }, { "match", "abc", "^b" },
        { "gsub", "hello", "l", "L" }, { "gsub", "hello world", "(%w+)", "<%1>" }, { "gsub", "abc", "", "-" },
        { "gsub", "abc", "%w", "%0%0", 2 }, { "gsub", "$name is", "%$(%w+)", { name = "Ann" } },
        { "gsub", "abc", "b", "%%" }, { "gsub", "abc", "^a", "x" }, { "gsub", "a,b,,c", ",", ";" },
        { "match", "x = 0x1F", "0x(%x+)" }, { "match", "ÄÖ", "[\x80-\xff]+" }, { "match", "a\nb", "a.b" },
    } do
        local name = table.remove(case, 1)
        local ours = { string[name](table.unpack(case)) }
        t.ok(#ours >= 0, name .. " " .. tostring(case[2]))
        case.result = wzp.json.encode(#ours > 0 and ours or { "nil" })
        t.diag(case.result)
    end
    t.is(table.concat({ ("k1=v1, k2=v2"):match("(%w+)=(%w+), (%w+)=(%w+)") }, "|"), "k1|v1|k2|v2", "captures")
    local keys = {}
    for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do keys[#keys + 1] = k .. v end
    t.is(table.concat(keys, ","), "a1,b2", "one after the other")
    keys = {}
    for word in ("one two"):gmatch("%a*") do keys[#keys + 1] = "[" .. word .. "]" end
    t.is(table.concat(keys), "[one][two]", "none between them")
    t.is(("hello"):gsub("", "-"), "-h-e-l-l-o-", "nothing is everywhere")
    t.is(("abc"):gsub("%w", function(c) return c ~= "b" and c:upper() or nil end), "AbC", "by a function")
    t.is(("THE (quick) fox"):find("%f[%a]%a+%f[%A]", 5), 6, "a frontier")
    t.is(("f(a(b)c)d"):match("%b()"), "(a(b)c)", "balance")
    t.is(("x"):rep(3, ","), "x,x,x", "repetition")
    for _, bad in ipairs { "[a", "%", "(a", "a)", "%b", "%f", "%1", "(a)%2" } do
        t.ok(not pcall(string.match, "aaa", bad), "no pattern: " .. bad)
    end
    t.ok(not pcall(string.gsub, "abc", "b", "%2"), "no such capture")
    t.ok(not pcall(string.gsub, "abc", "b", "%x"), "no such thing in a replacement")
    t.ok(not pcall(string.gsub, "abc", "b", { b = {} }), "a table is no replacement")
end)

t.test("a script that would be skipped, but something was tested", function()
    t.ok(true, "so it is not")
    wzp.task(function() t.skip("no") end):join()
end)
