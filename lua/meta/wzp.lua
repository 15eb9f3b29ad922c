-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Made from the rows of the functions (make lua-meta): for editors with a Lua language server.
---@meta wzp

---@class wzp
wzp = {}

---@alias wzp.event_name
---| "registered" # We can be called at this relay.
---| "unregistered" # The connection to the relay was lost or refused.
---| "relay_pin" # A relay was seen first or shows another certificate.
---| "incoming" # Somebody calls.
---| "ringing" # The call was forwarded.
---| "answered" # One side answered the call.
---| "joined" # The media connection is up.
---| "members" # Who is in the room.
---| "path" # Media takes this path.
---| "security" # How the call is encrypted.
---| "media" # The first sound was decoded.
---| "quality" # The relay recommends a profile.
---| "ended" # The call or room is over.
---| "pong" # A relay answered.
---| "error" # Something went wrong.
---| "stats" # Measurements of a call or room.
---| "connecting" # A relay is being tried.
---| "notice" # Something to know that is no error.
---| "muted" # Muted or held changed, whoever did it.
---| "presence" # Whether a contact is registered at our relay.
---| "candidates" # Addresses that one side of a call told the other.
---| "stopped" # The softphone has ended; no event follows.
---| string

---@class wzp.event: wzp.call
---@field event wzp.event_name
---@field t number seconds since the program began
---@field call? wzp.call
---@field client wzp.client
---@field session? any number of the call or room
---@field peer? any fingerprint
---@field name? any of the contact: we called it, or it proved its identity
---@field claims? any of the contact that the caller claims to be, unproven
---@field alias? any what the peer calls itself
---@field call_id? any the relay's name of the call
---@field room? any name of the room

---@class wzp.account
wzp.account = {}

---@class wzp.audio
---@field seconds number how long it is
---@field level_dbfs number how loud it is
wzp.audio = {}

---@class wzp.call
---@field state string calling, ringing, incoming, joining, up or ended
---@field id integer its number
---@field client wzp.client whose it is
---@field peer string fingerprint of the other
---@field proven boolean a signature has shown that the other is that peer
---@field alias string what the other calls itself: not to be trusted
---@field room string name of the room
---@field outgoing boolean we called
---@field is_room boolean it is a room
---@field ended boolean it is over
---@field reason string why it ended; nil before
---@field muted boolean nobody hears us
---@field held boolean on hold
---@field sas string the safety code
---@field e2e string on, agreed, or hop: to the relay only
---@field path table kind (none, direct, relay), why, remote, rtt_ms
---@field path_kind string none, direct or relay
---@field times table ms since the program began: dialed, ringing, answered, connected, media, ended
wzp.call = {}

---@class wzp.client
---@field name string as it was given
---@field fingerprint string who it is
---@field alias string what it calls itself
---@field relay string its home relay
---@field relays table the relay map: as wzp.relay.map gives it
---@field registered boolean it can be called
---@field open boolean it was not closed
---@field calls table its present calls and rooms, the oldest first
wzp.client = {}

---@class wzp.contacts
wzp.contacts = {}

---@class wzp.ear
wzp.ear = {}

---@class wzp.events
wzp.events = {}

---@class wzp.json
wzp.json = {}

---@class wzp.lab
---@field seed integer seed of this world
wzp.lab = {}

---@class wzp.link
wzp.link = {}

---@class wzp.log
wzp.log = {}

---@class wzp.relay
---@field address string where it is reached
---@field running boolean it did not crash
---@field registered integer how many softphones are registered there
wzp.relay = {}

---@class wzp.room
wzp.room = {}

---@class wzp.task
---@field done boolean it ended, by itself or otherwise
wzp.task = {}

---@class wzp.test
wzp.test = {}

---@class wzp.time
wzp.time = {}

---@class wzp.timer
wzp.timer = {}

---@class wzp.ui
wzp.ui = {}

---The version of this program.
---@return string # text
function wzp.version() end

---Runs another program, without a shell, and waits for its end (30 s at most): status and output.
---@async
---@param arguments table
---@param options? {timeout?: number, input?: string}
---@return table? # table | nil, "timeout" | nil, text
---@return string? why
function wzp.spawn(arguments, options) end

---The value that a text in JSON holds.
---@param text string
---@return any? # any | nil, text
---@return string? why
function wzp.json.decode(text) end

---A value as JSON: a call as its number, a client as its name.
---@param value any
---@return string # text
function wzp.json.encode(value) end

---Begins a task: a function that runs beside the others, with these arguments. It ends with the task that began it.
---@param run function
---@param ... any
---@return wzp.task # task
function wzp.task(run, ...) end

---Waits until one of the calls, clients and tasks of the list has something: the event, or the task that ended.
---@async
---@param sources table
---@param options? {timeout?: number}
---@return wzp.event? # event | task | nil, "timeout"
---@return string? why
function wzp.wait(sources, options) end

---Waits until the program is stopped: for programs that live by their hooks.
---@async
---@param options? {timeout?: number}
---@return boolean # true
function wzp.forever(options) end

---Ends a task where it waits, and its children.
function wzp.task:cancel() end

---Waits for the end of a task and returns what it returned (true for nothing).
---@async
---@param options? {timeout?: number}
---@return any? # ... | nil, "timeout" | nil, "cancelled"
---@return string? why
function wzp.task:join(options) end

---Lets time pass.
---@async
---@param seconds number
---@return boolean # true
function wzp.timer.sleep(seconds) end

---A task that sleeps and then calls the function.
---@param seconds number
---@param run? function
---@return wzp.task # task
function wzp.timer.after(seconds, run) end

---A task that calls the function again and again, until it returns false.
---@param period number
---@param run function
---@return wzp.task # task
function wzp.timer.every(period, run) end

---Seconds since the program began; virtual in tests.
---@return number # number
function wzp.time.now() end

---Seconds since 1970.
---@return integer # integer
function wzp.time.wall() end

---The hour of the day here, 0 to 23.
---@return integer # integer
function wzp.time.hour() end

---The day of the week here, 1 is Monday.
---@return integer # integer
function wzp.time.weekday() end

---Date and time here, "2026-11-26 18:30:00".
---@return string # text
function wzp.time.date() end

---A line of the log, for what went wrong.
---@param text string
function wzp.log.error(text) end

---A line of the log, for what may go wrong.
---@param text string
function wzp.log.warn(text) end

---A line of the log.
---@param text string
function wzp.log.info(text) end

---A line of the log, for the search for a fault.
---@param text string
function wzp.log.debug(text) end

---Calls the function at each such event of any client; the higher prio first. Returns a function that ends this. A function for "incoming" may answer, reject, or defer what the softphone would do by itself; the first decision counts.
---@param name wzp.event_name
---@param options? {prio?: number}
---@param run function
---@return function # function
function wzp.on(name, options, run) end

---The same for the events of one client.
---@param name wzp.event_name
---@param options? {prio?: number}
---@param run function
---@return function # function
function wzp.client:on(name, options, run) end

---Calls the function with the value of a property, "call.state" or "client.registered", now and whenever it has changed; several changes at once are told as one. Returns a function that ends this.
---@param name string
---@param run function
---@param client? wzp.client
---@return function # function
function wzp.observe(name, run, client) end

---Makes a softphone on the real network, registered at the relay, with a new identity or (own) the person's. answers: it follows auto_answer of its settings; echo: it answers all and sends back what it hears. In virtual time it is one more client of the laboratory.
---@param options? {relay?: string, name?: string, alias?: string, in?: string, out?: string, own?: boolean, answers?: boolean, echo?: boolean, settings?: table}
---@return wzp.client? # client | nil, text
---@return string? why
function wzp.client(options) end

---Hangs up and ends the softphone.
function wzp.client:close() end

---Calls somebody and returns at once.
---@param peer string|wzp.client
---@return wzp.call? # call | nil, text
---@return string? why
function wzp.client:dial(peer) end

---Joins a room.
---@param room string
---@return wzp.call? # call | nil, text
---@return string? why
function wzp.client:join(room) end

---Waits for the next such event of the client that no wait has returned yet; other options are fields that it must have. When it does not come in time, the text is "timeout"; for registered, the reason follows: "timeout: relay HOST: no relay listens there".
---@async
---@param name wzp.event_name
---@param options? {timeout?: number, [string]: any}
---@return wzp.event? # event | nil, text | nil, "closed"
---@return string? why
function wzp.client:wait(name, options) end

---The next such event that came already and that no wait has returned yet.
---@param name wzp.event_name
---@param options? {[string]: any}
---@return wzp.event? # event | nil
---@return string? why
function wzp.client:take(name, options) end

---Does a command as it is typed: "mute", "codec Opus64k".
---@param line string
---@return string? # text | nil, text
---@return string? why
function wzp.client:run(line) end

---Does a command of the softphone as it is typed. init.lua may not keep settings, and its files are recordings.
---@param line string
---@return string? # text | nil, text
---@return string? why
function wzp.run(line) end

---Changes a setting until the softphone ends. init.lua may set no hook and no token_file, sound devices to no file, and nothing to be less private.
---@param key string
---@param value any
---@return boolean? # true | nil, text
---@return string? why
function wzp.set(key, value) end

---The value of a setting.
---@param key string
---@return string? # text | nil, text
---@return string? why
function wzp.get(key) end

---Fingerprint, alias, relay, whether it is registered, number of sessions.
---@return table # table
function wzp.account.show() end

---Registers at the relay, and stays registered.
---@return boolean? # true | nil, text
---@return string? why
function wzp.account.register() end

---Joins a room.
---@param room string
---@return wzp.call? # call | nil, text
---@return string? why
function wzp.room.join(room) end

---Waits for the next such event of the softphone, as client:wait does.
---@async
---@param name wzp.event_name
---@param options? {timeout?: number, [string]: any}
---@return wzp.event? # event | nil, text
---@return string? why
function wzp.events.wait(name, options) end

---The relays that were heard of, a table each: relay (its name), home, registered, preferred (it should be home: it is, or is clearly nearer), reachable, rtt_ms, remote, region, build, proven, changed (its certificate), text (why it does not answer).
---@return table # table
function wzp.relay.map() end

---Measures a relay: time to connect, version, certificate.
---@async
---@param relay string
---@return wzp.event? # event | nil, text
---@return string? why
function wzp.relay.ping(relay) end

---Calls of the past, the newest first.
---@param most? integer
---@return table? # table | nil, text
---@return string? why
function wzp.history(most) end

---All contacts.
---@return table # table
function wzp.contacts.list() end

---The contact of that name or fingerprint.
---@param who string
---@return table? # table | nil, text
---@return string? why
function wzp.contacts.find(who) end

---Adds a contact.
---@param name string
---@param peer string|wzp.client
---@return boolean? # true | nil, text
---@return string? why
function wzp.contacts.add(name, peer) end

---Removes a contact.
---@param name string
---@return boolean? # true | nil, text
---@return string? why
function wzp.contacts.remove(name) end

---Calls somebody and waits until both are connected; hangs up when that takes too long (60 s).
---@async
---@param options? {to: string|wzp.client, timeout?: number, client?: wzp.client}
---@return wzp.call? # call | nil, text | nil, "timeout"
---@return string? why
function wzp.call.dial(options) end

---Takes a call that rings here. mode "private": without showing our addresses.
---@param options? {mode?: string}
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:answer(options) end

---Refuses a call that rings here: "declined" or "busy".
---@param reason? string
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:reject(reason) end

---The caller hears ringing, and the softphone does nothing by itself: the script or a person decides later.
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:defer() end

---Ends a call, or leaves a room.
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:hangup() end

---Nobody hears us; false: the others hear us again.
---@param on? boolean
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:mute(on) end

---Nobody hears anybody; false: the call goes on.
---@param on? boolean
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:hold(on) end

---Remembers that the safety code was compared and agrees.
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:verify() end

---Records both sides into a new sound file; without a name, ends the recording. In init.lua, the file is a name among the recordings.
---@param file? string
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:record(file) end

---Writes the packets into a new file for client:analyze and wzp analyze; without a name, ends the capture. In init.lua, the file is a name among the recordings.
---@param file? string
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:capture(file) end

---Measurements: the fields of the event stats, and state.
---@return table? # table | nil, "closed"
---@return string? why
function wzp.call:stats() end

---Waits for an event of the call that no wait has returned yet, or for a state (answered, connected, media, ended) that the call may have reached already.
---@async
---@param name wzp.event_name
---@param options? {timeout?: number, [string]: any}
---@return wzp.event? # event | nil, "timeout" | nil, "closed"
---@return string? why
function wzp.call:wait(name, options) end

---A tone (440 Hz, -18 dBFS); without seconds it never ends.
---@param options? {hz?: number, seconds?: number, dbfs?: number}
---@return wzp.audio # audio
function wzp.audio.tone(options) end

---Silence of that length.
---@param seconds number
---@return wzp.audio # audio
function wzp.audio.silence(seconds) end

---Sound with the rhythm and the band of speech, different for each seed, to measure likeness with.
---@param options? {seconds?: number, seed?: integer}
---@return wzp.audio # audio
function wzp.audio.voice(options) end

---Loads a WAV file; in init.lua, one of the recordings.
---@param file string
---@return wzp.audio # audio
function wzp.audio.load(file) end

---Writes a new WAV file; nothing is overwritten.
---@param file string
---@return boolean? # true | nil, text
---@return string? why
function wzp.audio:save(file) end

---Plays a sound in place of the microphone; without a sound, stops it. wait: returns when the sound was played to its end.
---@async
---@param sound? string|wzp.audio
---@param options? {loop?: boolean, wait?: boolean}
---@return boolean? # true | nil, text
---@return string? why
function wzp.call:play(sound, options) end

---Listens to what is heard in the call. seconds: how much is kept (20); floor_dbfs: what counts as silence (-50).
---@param options? {seconds?: number, floor_dbfs?: number}
---@return wzp.ear? # ear | nil, text
---@return string? why
function wzp.call:listen(options) end

---Stops listening; what was heard stays.
function wzp.ear:stop() end

---Forgets what was heard.
function wzp.ear:reset() end

---The longest silence since the first sound.
---@return number # number
function wzp.ear:longest_gap_ms() end

---Silences of 40 ms and more between sounds.
---@return integer # integer
function wzp.ear:gaps() end

---Time since the first sound.
---@return number # number
function wzp.ear:seconds() end

---How loud the last second was.
---@return number # number
function wzp.ear:level_dbfs() end

---The share (0 to 1) of what is heard that is this tone. Silence does not count as the tone, and little of what conceals lost packets does: redundancy rebuilds speech, and a tone is no speech.
---@param hz number
---@return number # number
function wzp.ear:tone_match(hz) end

---How much what is heard is like the sound (1: the same; above 0.9 for speech through a codec).
---@param sound string|wzp.audio
---@param options? {lag?: number}
---@return number # number
function wzp.ear:likeness(sound, options) end

---The heard sound that is kept.
---@return wzp.audio # audio
function wzp.ear:sound() end

---Looks at the network and returns the whole report of wzp netcheck --json as a table, and status: 0 UDP works, 1 nobody to ask, 2 no UDP, 3 no network. client: the check runs on the machine of that client.
---@async
---@param options? {relays?: table, stun?: table, timeout?: number, client?: wzp.client}
---@return table? # table | nil, text
---@return string? why
function wzp.netcheck(options) end

---The text as one line that is safe to show, whoever it came from.
---@param text string
---@return string # text
function wzp.ui.escape(text) end

---A line to the person.
---@param text string
function wzp.ui.say(text) end

---Shows an item in the status bar; without a text, removes it.
---@param name string
---@param text? string
---@return boolean? # true | nil, text
---@return string? why
function wzp.ui.item(name, text) end

---Binds a key of a view ("" is all) to the function, which gets a table whose field call is the selected call. Returns the number of the key.
---@param view string
---@param key string
---@param help string
---@param run function
---@return integer? # integer | nil, text
---@return string? why
function wzp.ui.bind(view, key, help, run) end

---Removes a key of wzp.ui.bind.
---@param number integer
function wzp.ui.unbind(number) end

---Asks the person and waits for the answer.
---@async
---@param question string
---@param options? {timeout?: number}
---@return string? # text | nil, "timeout" | nil, text
---@return string? why
function wzp.ui.ask(question, options) end

---A command of the person's own: the function gets a table of its words, by number and by the names in args.
---@param name string
---@param options? {args?: string, help?: string}
---@param run function
function wzp.command(name, options, run) end

---The whole text of a file. Scripts of wzp run name any path, others a file of their own.
---@param name string
---@return string? # text | nil, text
---@return string? why
function wzp.file.read(name) end

---Writes a file; an existing file is replaced.
---@param name string
---@param text string
---@return boolean? # true | nil, text
---@return string? why
function wzp.file.write(name, text) end

---Appends a text to a file.
---@param name string
---@param text string
---@return boolean? # true | nil, text
---@return string? why
function wzp.file.append(name, text) end

---What a test needs, before everything else: how long it may take (60 s), the seed of its world, clock "virtual" or "real".
---@param options? {name?: string, timeout?: number, seed?: integer, clock?: string}
function wzp.test.plan(options) end

---Ends the script: it cannot be run here.
---@param reason? string
function wzp.test.skip(reason) end

---A test of its own: what is said inside counts for it, and an error ends only it.
---@async
---@param name string
---@param run function
---@return boolean # boolean
function wzp.test.test(name, run) end

---The value is true.
---@param value any
---@param name? string
---@return boolean # boolean
function wzp.test.ok(value, name) end

---Both are the same; tables by their fields.
---@param got any
---@param expected any
---@param name? string
---@return boolean # boolean
function wzp.test.is(got, expected, name) end

---They are not the same.
---@param got any
---@param other any
---@param name? string
---@return boolean # boolean
function wzp.test.isnt(got, other, name) end

---The text is like the pattern.
---@param got any
---@param pattern string
---@param name? string
---@return boolean # boolean
function wzp.test.like(got, pattern, name) end

---Less than the limit.
---@param got any
---@param limit number
---@param name? string
---@return boolean # boolean
function wzp.test.lt(got, limit, name) end

---At most the limit.
---@param got any
---@param limit number
---@param name? string
---@return boolean # boolean
function wzp.test.le(got, limit, name) end

---More than the limit.
---@param got any
---@param limit number
---@param name? string
---@return boolean # boolean
function wzp.test.gt(got, limit, name) end

---At least the limit.
---@param got any
---@param limit number
---@param name? string
---@return boolean # boolean
function wzp.test.ge(got, limit, name) end

---A figure kept with the results; max and min make it a test.
---@param name string
---@param value number
---@param options? {max?: number, min?: number, unit?: string}
---@return boolean # boolean
function wzp.test.record(name, value, options) end

---A remark for the reader.
---@param text any
function wzp.test.diag(text) end

---The event comes (within 10 s, or came and was not expected yet); other options are fields that it must have, from and to among them. Else the test ends.
---@async
---@param source wzp.call|wzp.client|wzp.task
---@param name wzp.event_name
---@param options? {within?: number, name?: string, [string]: any}
---@return wzp.event # event
function wzp.test.expect(source, name, options) end

---The event does not come in that time (1 s).
---@async
---@param source wzp.call|wzp.client|wzp.task
---@param name wzp.event_name
---@param options? {during?: number, name?: string, [string]: any}
---@return boolean # true
function wzp.test.never(source, name, options) end

---The function returns true at last (within 10 s); it is asked at each event. Else the test ends.
---@async
---@param question function
---@param options? {within?: number, name?: string}
---@return any # any
function wzp.test.eventually(question, options) end

---Runs functions side by side until all have ended; an error of one is the error of all.
---@async
---@param list table
---@return boolean # true
function wzp.test.all(list) end

---A tone that never ends.
---@param hz number
---@return wzp.audio # audio
function wzp.test.tone(hz) end

---Places calls (as many as callers) at a rate of so many a second, at most callers at once: script gets a number and returns the call that it placed, which is held for hold seconds, or between the two of a list, and hung up. Prints progress and a table; returns calls, succeeded, failed (by reason), at_once, seconds, and setup_ms with p50, p90, p95, p99, max.
---@async
---@param options? {script: function, callers: integer, rate: number, calls?: integer, hold?: any, timeout?: number, progress?: number}
---@return table # table
function wzp.test.swarm(options) end

---The seed of this run.
---@return integer # integer
function wzp.test.seed() end

---A world: relays (1), STUN servers, and the kind of router that stands before clients by their names: none, full, address, easy, hard, random, blocked. host: simulation, in virtual time, or namespaces, the kernel's own sockets and routers in real time (for root).
---@param options? {relays?: integer, nat?: table, stun?: boolean, host?: string}
---@return wzp.lab # lab
function wzp.test.lab(options) end

---A softphone on a machine of its own, registered at a relay (1). answers: by its settings; echo: all calls, and it sends back what it hears; sound: it has a sound card; files: it keeps contacts and history.
---@async
---@param name string
---@param options? {nat?: string, relay?: integer, ipv6?: boolean, answers?: boolean, echo?: boolean, sound?: boolean, files?: boolean, call_waiting?: boolean, settings?: table, wait?: boolean}
---@return wzp.client # client
function wzp.lab:client(name, options) end

---A relay of the world.
---@param number? integer
---@return wzp.relay # relay
function wzp.lab:relay(number) end

---The line of a client (or "relay1") to the internet; with two clients: what is sent straight between them.
---@param name string
---@param other? string
---@return wzp.link # link
function wzp.lab:link(name, other) end

---The client gets another address and is told of it, as with another Wi-Fi.
---@param name string
---@return string # text
function wzp.lab:move(name) end

---The router before the client forgets its mappings (address: and gets another address), and nobody is told.
---@param name string
---@param options? {address?: boolean}
function wzp.lab:rebind(name, options) end

---What clients and relays still know of calls, as sentences; empty when all is over.
---@return table # table
function wzp.lab:leaks() end

---Stops the relay; it tells nobody.
function wzp.relay:crash() end

---Starts the relay again, with the same identity and no memory.
function wzp.relay:restart() end

---This share of packets is lost; burst: the chance that a loss takes more with it.
---@param share number
---@param options? {direction?: string, burst?: number, burst_length?: number}
---@return wzp.link # link
function wzp.link:drop(share, options) end

---Packets come that much later, and up to jitter_ms more.
---@param ms number
---@param options? {direction?: string, jitter_ms?: number}
---@return wzp.link # link
function wzp.link:delay(ms, options) end

---This share of packets comes twice.
---@param share number
---@param options? {direction?: string}
---@return wzp.link # link
function wzp.link:duplicate(share, options) end

---In this share of packets a byte is changed.
---@param share number
---@param options? {direction?: string}
---@return wzp.link # link
function wzp.link:corrupt(share, options) end

---This share of packets is held back, so that others overtake.
---@param share number
---@param options? {direction?: string, by_ms?: number}
---@return wzp.link # link
function wzp.link:reorder(share, options) end

---A line of that many kbit/s with a queue; 0: no limit.
---@param kbps number
---@param options? {direction?: string, queue_bytes?: number}
---@return wzp.link # link
function wzp.link:rate(kbps, options) end

---Longer UDP payloads vanish; 0: no limit.
---@param bytes integer
---@param options? {direction?: string}
---@return wzp.link # link
function wzp.link:mtu(bytes, options) end

---Nothing passes, and nobody is told: a black hole.
---@param options? {direction?: string}
---@return wzp.link # link
function wzp.link:down(options) end

---It passes again.
---@param options? {direction?: string}
---@return wzp.link # link
function wzp.link:up(options) end

---As it was in the beginning: a client's line takes 5 ms each way, and loses nothing.
---@param options? {direction?: string}
---@return wzp.link # link
function wzp.link:reset(options) end

---Replays a capture file (call:capture) and tells what became of the packets: a table for each sender, with the keys of wzp analyze --json.
---@param file string
---@return table? # table | nil, text
---@return string? why
function wzp.client:analyze(file) end
