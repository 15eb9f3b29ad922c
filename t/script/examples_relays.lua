-- SPDX-License-Identifier: MIT OR Apache-2.0
-- lua/examples/relays.lua when one of the relays does not answer.
local t = wzp.test
t.plan { timeout = 100, seed = 6 }
local lab = t.lab { relays = 1 }
local said, failed = {}, 0
function print(...) said[#said + 1] = table.concat({ ... }, "\t") end
local real_is = t.is
t.is = function(got, want) failed = failed + (got == want and 0 or 1) end
arg = { lab:relay(1).address, "192.0.2.1:4433" }
require("examples.relays")
t.is = real_is
t.is(#said, 1, "one line")
t.like(said[1], "^192%.0%.2%.1:4433  dead: .", "tells which relay is dead, and why")
t.is(failed, 1, "and that is a failure")
