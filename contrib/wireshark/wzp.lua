-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Shows the media packets of capture files (wzp-analyze(1)) in Wireshark and tshark. Put it into the
-- folder of Lua plugins, or: tshark -X lua_script:wzp.lua -r call.pcapng
-- The header is that of wzp-protocol(7), Media header.

local wzp = Proto("wzp", "WarzonePhone media")

local codecs = {
    [0] = "Opus24k", [1] = "Opus16k", [2] = "Opus6k", [3] = "Codec2_3200", [4] = "Codec2_1200",
    [5] = "ComfortNoise", [6] = "Opus32k", [7] = "Opus48k", [8] = "Opus64k",
}

local fields = {
    version = ProtoField.bool("wzp.version", "Version", 8, nil, 0x80),
    repair = ProtoField.bool("wzp.repair", "Repair", 8, nil, 0x40),
    codec = ProtoField.uint8("wzp.codec", "Codec", base.DEC, codecs, 0x3c),
    has_report = ProtoField.bool("wzp.has_report", "Quality report", 8, nil, 0x02),
    ratio = ProtoField.uint16("wzp.fec_ratio", "FEC ratio, 1/63.5", base.DEC, nil, 0x01fc),
    sequence = ProtoField.uint16("wzp.seq", "Sequence number"),
    timestamp = ProtoField.uint32("wzp.timestamp", "Timestamp, ms"),
    block = ProtoField.uint8("wzp.fec_block", "FEC block"),
    symbol = ProtoField.uint8("wzp.fec_symbol", "FEC symbol"),
    sender = ProtoField.uint8("wzp.sender", "Sender, by the relay"),
    csrc = ProtoField.uint8("wzp.csrc_count", "CSRC count"),
    payload = ProtoField.bytes("wzp.payload", "Payload"),
    loss = ProtoField.uint8("wzp.report.loss", "Loss, 1/255"),
    rtt = ProtoField.uint8("wzp.report.rtt", "Round trip, 4 ms"),
    jitter = ProtoField.uint8("wzp.report.jitter", "Jitter, ms"),
    cap = ProtoField.uint8("wzp.report.cap", "Bitrate cap, kbit/s"),
}
wzp.fields = fields

function wzp.dissector(buffer, packet, tree)
    local length = buffer:len()
    if length < 12 then
        return 0
    end
    local first = buffer(0, 1):uint()
    local has_report = first % 4 >= 2
    local payload = length - 12 - (has_report and length >= 16 and 4 or 0)
    local codec = codecs[math.floor(first / 4) % 16] or "?"
    local top = tree:add(wzp, buffer())
    packet.cols.protocol = "WZP"
    packet.cols.info = string.format("%s%s seq=%u t=%u, %u bytes", codec,
        math.floor(first / 64) % 2 == 1 and " repair" or "", buffer(2, 2):uint(), buffer(4, 4):uint(), payload)
    for _, name in ipairs({ "version", "repair", "codec", "has_report" }) do
        top:add(fields[name], buffer(0, 1))
    end
    top:add(fields.ratio, buffer(0, 2))
    top:add(fields.sequence, buffer(2, 2))
    top:add(fields.timestamp, buffer(4, 4))
    top:add(fields.block, buffer(8, 1))
    top:add(fields.symbol, buffer(9, 1))
    top:add(fields.sender, buffer(10, 1))
    top:add(fields.csrc, buffer(11, 1))
    if payload > 0 then
        top:add(fields.payload, buffer(12, payload))
    end
    if has_report and length >= 16 then
        for i, name in ipairs({ "loss", "rtt", "jitter", "cap" }) do
            top:add(fields[name], buffer(length - 5 + i, 1))
        end
    end
    return length
end
