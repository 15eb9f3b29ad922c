-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Tasks, waiting, coroutines that wait.
local t = wzp.test

t.test("time passes as it is slept", function()
    local began = wzp.time.now()
    wzp.timer.sleep(2.5)
    t.is(math.floor((wzp.time.now() - began) * 1000 + 0.5), 2500, "two and a half seconds")
end)

t.test("a task runs beside and gives its results", function()
    local task = wzp.task(function(a, b)
        wzp.timer.sleep(1)
        return a + b, "sum"
    end, 3, 4)
    t.ok(not task.done, "it is not done at once")
    local sum, word = task:join()
    t.is(sum, 7, "its first result")
    t.is(word, "sum", "its second one")
    t.ok(task.done, "it is done")
    t.is(task:join(), 7, "it can be asked again")
end)

t.test("waiting for a task has an end", function()
    local task = wzp.task(function() wzp.timer.sleep(100) end)
    local value, why = task:join({ timeout = 1 })
    t.is(value, nil, "nothing came")
    t.is(why, "timeout", "and why")
    task:cancel()
    t.is(select(2, task:join()), "cancelled", "a cancelled one says so")
end)

t.test("an error of a task is told to whoever joins it", function()
    local task = wzp.task(function() error("on purpose") end)
    local value, why = task:join()
    t.is(value, nil, "nothing came")
    t.like(why, "on purpose", "the words of the error")
end)

t.test("children end with their parent", function()
    local ticks, closed = 0, false
    local parent = wzp.task(function()
        wzp.task(function()
            local guard <close> = setmetatable({}, { __close = function() closed = true end })
            while true do
                wzp.timer.sleep(1)
                ticks = ticks + 1
            end
        end)
        wzp.timer.sleep(3.5)
    end)
    parent:join()
    t.is(ticks, 3, "it ran as long as its parent")
    t.ok(closed, "what was to be closed is closed")
    wzp.timer.sleep(3)
    t.is(ticks, 3, "and no longer")
end)

t.test("coroutines of the script may wait", function()
    local numbers = coroutine.wrap(function()
        for i = 1, 3 do
            wzp.timer.sleep(0.1)
            coroutine.yield(i)
        end
    end)
    local began = wzp.time.now()
    t.is(numbers() + numbers() + numbers(), 6, "what it yields comes through")
    t.gt(wzp.time.now() - began, 0.29, "and time passed inside")
    local co = coroutine.create(function(a)
        wzp.timer.sleep(1)
        local b = coroutine.yield(a * 2)
        error("end " .. b)
    end)
    t.is(select(2, coroutine.resume(co, 21)), 42, "resume works, too")
    local fine, why = coroutine.resume(co, "x")
    t.ok(not fine, "its error is a result")
    t.like(why, "end x", "with its words")
    t.is(coroutine.status(co), "dead", "it is over")
    t.is(select(2, coroutine.resume(co)), "cannot resume dead coroutine", "and stays so")
end)

t.test("a coroutine that waits belongs to its task", function()
    local co = coroutine.create(function() wzp.timer.sleep(1) return "slept" end)
    local other = wzp.task(function() return coroutine.resume(co) end)
    wzp.timer.sleep(0.1)
    local fine, why = coroutine.resume(co)
    t.ok(not fine, "another task cannot go on with it")
    t.like(why, "waits in another task", "and hears why")
    t.is(select(2, other:join()), "slept", "its own one does")
end)

t.test("waiting goes through pcall, metamethods and iterators", function()
    local fine, value = pcall(function() wzp.timer.sleep(0.1) return 5 end)
    t.ok(fine, "pcall")
    t.is(value, 5, "with its result")
    fine, value = xpcall(function(a) wzp.timer.sleep(0.1) error(a) end,
        function(e) return "handled " .. tostring(e):gsub("^.-: ", "") end, "x")
    t.ok(not fine, "xpcall")
    t.is(value, "handled x", "with its handler")
    local slow = setmetatable({}, {
        __index = function(_, key) wzp.timer.sleep(0.1) return key .. "!" end,
        __add = function() wzp.timer.sleep(0.1) return 9 end,
    })
    t.is(slow.word, "word!", "an index")
    t.is(slow + 1, 9, "a sum")
    local sum = 0
    for i in function(_, last) wzp.timer.sleep(0.1) if (last or 0) < 3 then return (last or 0) + 1 end end do
        sum = sum + i
    end
    t.is(sum, 6, "an iterator")
    fine, value = pcall(table.sort, { 2, 1 }, function(a, b) wzp.timer.sleep(1) return a < b end)
    t.ok(not fine, "not through a comparison")
    t.like(value, "nothing can be waited for in here", "which is said")
end)

t.test("timers", function()
    local ticks, late = 0, nil
    local every = wzp.timer.every(0.5, function() ticks = ticks + 1 end)
    wzp.timer.after(1.2, function() late = ticks end)
    wzp.timer.sleep(2.1)
    every:cancel()
    wzp.timer.sleep(2)
    t.is(ticks, 4, "every half second")
    t.is(late, 2, "after a while")
    local count = 0
    wzp.timer.every(0.1, function() count = count + 1 wzp.timer.sleep(0.05) return count < 3 end)
    wzp.timer.sleep(2)
    t.is(count, 3, "until it returns false")
    t.is(wzp.timer.after(1, function() wzp.timer.sleep(1) return "x" end):join(), "x", "a result")
end)

t.test("waiting for several things", function()
    local slow = wzp.timer.after(2)
    local quick = wzp.timer.after(1)
    t.is(wzp.wait({ slow, quick }, { timeout = 5 }), quick, "the first that is there")
    t.is(select(2, wzp.wait({ slow }, { timeout = 0.5 })), "timeout", "or none")
    local many = {}
    for i = 1, 13 do many[i] = wzp.timer.after(100) end
    t.like(select(2, pcall(wzp.wait, many)), "no more than 12", "not too many")
    for i = 1, 13 do many[i]:cancel() end
end)

t.test("a task cannot wait for itself", function()
    local task
    task = wzp.task(function() return task:join() end)
    t.like(select(2, task:join()), "its own end", "that is an error")
end)

t.test("a cancelled task does not go on when it cancels itself", function()
    local after = false
    local task
    task = wzp.task(function() task:cancel() wzp.timer.sleep(0) after = true wzp.timer.sleep(1) after = "no" end)
    task:join()
    wzp.timer.sleep(2)
    t.isnt(after, "no", "it ends when it next waits")
end)

t.test("side by side, all must hold", function()
    local began = wzp.time.now()
    t.all { function() wzp.timer.sleep(1) end, function() wzp.timer.sleep(2) end }
    t.lt(wzp.time.now() - began, 2.01, "the longest counts")
    local fine, why = pcall(t.all, { function() wzp.timer.sleep(1) end, function() error("bad") end })
    t.ok(not fine, "an error of one")
    t.like(why, "bad", "is the error of all")
end)
