"""The JSON-RPC envelope: cases J1 to J6 of the project's list (J7 stands in test_limits.py, J8 in test_openrpc.py)."""
import json

import pytest

from client import parse


def envelope(method='"rpc.health"', id="1", params=None, more=""):
    """One request as text, so that every odd spelling can be made."""
    return ('{"jsonrpc":"2.0"' + ("" if id is None else f',"id":{id}') + f',"method":{method}'
            + ("" if params is None else f',"params":{params}') + more + "}")


def kind_of(reply):
    return reply["error"]["data"]["kind"] if "error" in reply else "ok"


def fails(wire, body, kind, id=None):
    reply = wire.rpc(body)
    assert kind_of(reply) == kind, reply
    assert reply["id"] == id, reply
    return reply["error"]


# J1: characters

BAD_UTF8 = [b"\xff", b"\x80", b"\xc3", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
            b"\xf8\x88\x80\x80\x80", b"\xe2\x82"]


@pytest.mark.parametrize("bytes_", BAD_UTF8)
@pytest.mark.parametrize("place", ["method", "id", "value", "key"])
def test_j1_invalid_utf8(wire, bytes_, place):
    at = {p: (b"x" + bytes_ if p == place else b"x") for p in ("method", "id", "value", "key")}
    fails(wire, b'{"jsonrpc":"2.0","id":"%(id)s","method":"%(method)s","params":{"%(key)s":"%(value)s"}}'
          % {k.encode(): v for k, v in at.items()}, "PARSE_ERROR")


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\ud800x", "\\ud800\\u0041", "\\udc00\\ud800", "\\uD83D"])
def test_j1_lone_surrogates(wire, escape):
    fails(wire, envelope("\"net.routes\"", params='{"dev":"%s"}' % escape), "PARSE_ERROR")
    fails(wire, envelope(id=f'"{escape}"'), "PARSE_ERROR")


@pytest.mark.parametrize("escape", ["\\u12", "\\u12g4", "\\x41", "\\", "\\'"])
def test_j1_bad_escapes(wire, escape):
    fails(wire, envelope(id=f'"{escape}"'), "PARSE_ERROR")


@pytest.mark.parametrize("raw", ["\x00", "\x1f", "\n", "\t"])
def test_j1_raw_control_characters(wire, raw):
    fails(wire, envelope(id=f'"a{raw}b"'), "PARSE_ERROR")


def test_j1_byte_order_mark(wire):
    fails(wire, b"\xef\xbb\xbf" + envelope().encode(), "PARSE_ERROR")
    fails(wire, envelope().encode("utf-16"), "PARSE_ERROR")


def test_j1_nul_in_names_and_paths(wire):
    """A name with U+0000 is not cut at it and found."""
    wire.error("net.interfaces", kind="INVALID_PARAMS", field="/ifname", ifname="lo\0x")
    wire.error("net.routes", kind="INVALID_PARAMS", field="/dev", dev="\0")
    wire.error("vol.usage", kind="INVALID_PARAMS", field="/path", path="/\0")
    fails(wire, envelope('"rpc.health\\u0000"'), "METHOD_NOT_FOUND", 1)
    reply = wire.rpc(envelope('"net.interfaces"', more=',"params\\u0000":{"ifname":"nope0"}'))
    assert reply["result"]["interfaces"], "a member that is not params says nothing"


def test_j1_escapes_in_names_are_names(wire):
    r"""rpc.health may be spelt with \u escapes, as any JSON string."""
    assert "result" in wire.rpc(envelope('"rpc.\\u0068ealth"'))
    assert "result" in wire.rpc('{"json\\u0072pc":"2.0","id":1,"method":"rpc.health"}')


# J2: depth, numbers, duplicates

@pytest.mark.parametrize("text", ["[" * 10000, "[" * 10000 + "]" * 10000, '{"a":' * 10000 + "1" + "}" * 10000,
                                  envelope(params="[" * 10000 + "]" * 10000)])
def test_j2_depth_10000(wire, text):
    fails(wire, text, "PARSE_ERROR")


def test_j2_depth_32_and_33(wire):
    """The envelope is the first level."""
    fine = wire.rpc(envelope(params='{"x":' + "[" * 30 + "]" * 30 + "}"))
    assert kind_of(fine) == "INVALID_PARAMS" and fine["id"] == 1
    error = fails(wire, envelope(params='{"x":' + "[" * 31 + "]" * 31 + "}"), "PARSE_ERROR")
    assert "32" in error["message"] or "deep" in error["message"]


@pytest.mark.parametrize("number", ["1" * 1000000, "1e400", "-1e400", "1" + "0" * 400, "0." + "1" * 100000 + "e999999999"])
def test_j2_numbers_that_nothing_holds(wire, number):
    reply = wire.rpc(envelope('"vol.usage"', params='{"path":%s}' % number))
    assert kind_of(reply) == "INVALID_PARAMS" and reply["error"]["data"]["field"] == "/path", reply


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x1", "1e", "-", "--1", "1_000",
                                    "nan", "tru", "nulll", "undefined"])
def test_j2_what_is_no_number(wire, number):
    fails(wire, envelope(id=number), "PARSE_ERROR")


@pytest.mark.parametrize("number", ["-0", "9007199254740993", "-9223372036854775808", "18446744073709551615", "1e2", "1.50",
                                    "0.1e-7", "123456789012345678901234567890"])
def test_j2_ids_come_back_as_they_were(wire, number):
    body = wire.post(envelope(id=number)).body
    assert f'"id":{number}'.encode() in body.replace(b" ", b""), body[:200]


@pytest.mark.parametrize("more", [',"id":1', ',"id":2', ',"method":"rpc.health"', ',"method":"rpc.discover"', ',"jsonrpc":"2.0"',
                                  ',"params":{},"params":{}', ',"\\u0069d":1'])
def test_j2_duplicate_members_of_the_envelope(wire, more):
    reply = wire.rpc(envelope(more=more))
    assert kind_of(reply) == "INVALID_REQUEST", reply


@pytest.mark.parametrize("params", ['{"ifname":"lo","ifname":"lo"}', '{"ifname":"lo","ifn\\u0061me":"eth0"}',
                                    '{"up":true,"ifname":"lo","up":false}'])
def test_j2_duplicate_params(wire, params):
    reply = wire.rpc(envelope('"net.interfaces"', params=params))
    assert kind_of(reply) in ("INVALID_REQUEST", "INVALID_PARAMS"), reply
    assert reply["id"] == 1


def test_j2_duplicates_fail_their_element_alone(wire):
    replies = wire.rpc("[" + ",".join([envelope(id="1"), envelope(id="2", more=',"id":2'), envelope(id="3")]) + "]")
    assert [kind_of(r) for r in replies] == ["ok", "INVALID_REQUEST", "ok"]
    assert (replies[0]["id"], replies[2]["id"]) == (1, 3)


@pytest.mark.parametrize("text", ["", " ", "{", "}", "[", "]", "nul", '"', "{]", '{"a"}', '{"a":}', '{a:1}', "{'a':1}",
                                  '{"a":1,}', "[1,]", "[,1]", "{}{}", "[] []", "// x\n{}", envelope() + "x", envelope() + "\x00",
                                  envelope()[:-1], "\x0b{}", "ab" * 1000])
def test_unparsable(wire, text):
    error = fails(wire, text, "PARSE_ERROR")
    assert error["code"] == -32700


# J3: ids

@pytest.mark.parametrize("id", ["null", '"a"', '""', "0", "-1", "1.5", '"\\u00e9\\n\\"\\\\"', '"é"', "1E5", '"\\/"'])
def test_j3_ids_are_echoed_byte_by_byte(wire, id):
    for method, member in (('"rpc.health"', b'"result"'), ('"nosuch"', b'"error"')):
        response = wire.post(envelope(method, id=id))
        assert member in response.body
        assert f'"id":{id}'.encode() in response.body, response.body[:300]


@pytest.mark.parametrize("id", ["{}", "[]", "[1]", '{"a":1}', "true", "false"])
def test_j3_ids_that_are_none(wire, id):
    fails(wire, envelope(id=id), "INVALID_REQUEST")


def test_j3_id_of_a_megabyte(wire):
    long = "x" * 1000000
    assert wire.rpc(envelope(id=f'"{long}"'))["id"] == long


def test_j3_notification(wire):
    """No answer, also where it fails."""
    for body in (envelope(id=None), envelope('"nosuch"', id=None), envelope('"net.interfaces"', id=None),
                 envelope('"net.interfaces"', id=None, params='{"nosuch":1}')):
        assert wire.rpc(body) is None


def test_j3_id_null_is_a_call(wire):
    reply = wire.rpc(envelope(id="null"))
    assert reply["id"] is None and reply["result"]["status"] == "ok"


# J4: batches

def test_j4_empty_batch(wire):
    fails(wire, "[]", "INVALID_REQUEST")
    fails(wire, " [ ] ", "INVALID_REQUEST")


def test_j4_batch_of_one(wire):
    replies = wire.rpc([json.loads(envelope())])
    assert isinstance(replies, list) and len(replies) == 1


@pytest.mark.parametrize("count,fine", [(64, True), (65, False), (10000, False)])
def test_j4_batch_sizes(wire, count, fine):
    reply = wire.rpc("[" + ",".join(envelope(id=str(i)) for i in range(count)) + "]")
    if fine:
        assert [r["id"] for r in reply] == list(range(count)), "answers in the order of the calls"
    else:
        assert isinstance(reply, dict) and reply["id"] is None and kind_of(reply) == "INVALID_REQUEST"


def test_j4_nested_and_odd_elements(wire):
    replies = wire.rpc("[" + ",".join([envelope(id="1"), "[]", "1", "null", '"x"', "[" + envelope(id="2") + "]", "{}",
                                       envelope(id="3")]) + "]")
    assert [kind_of(r) for r in replies] == ["ok"] + ["INVALID_REQUEST"] * 6 + ["ok"]
    assert [r["id"] for r in replies] == [1, None, None, None, None, None, None, 3]


def test_j4_mixed_with_notifications(wire):
    replies = wire.rpc("[" + ",".join([envelope(id=None), envelope(id="1"), envelope('"nosuch"', id=None),
                                       envelope('"nosuch"', id="2"), envelope(id=None)]) + "]")
    assert [(r["id"], kind_of(r)) for r in replies] == [(1, "ok"), (2, "METHOD_NOT_FOUND")]


def test_j4_same_id_twice(wire):
    replies = wire.rpc("[" + envelope(id="5") + "," + envelope('"rpc.discover"', id="5") + "]")
    assert [r["id"] for r in replies] == [5, 5]
    assert "status" in replies[0]["result"] and "openrpc" in replies[1]["result"]


def test_j4_only_notifications(wire):
    assert wire.rpc("[" + ",".join([envelope(id=None)] * 3) + "]") is None


def test_j4_long_answers_in_a_batch(wire):
    """rpc.discover many times: whole, in order, one answer."""
    replies = wire.rpc("[" + ",".join(envelope('"rpc.discover"', id=str(i)) for i in range(10)) + "]")
    assert len(replies) == 10 and all(r["result"] == replies[0]["result"] for r in replies)


# J5: params

def test_j5_by_name_by_position_and_absent(wire):
    by_name = wire.rpc(envelope('"net.interfaces"', params='{"ifname":"lo"}'))["result"]
    by_position = wire.rpc(envelope('"net.interfaces"', params='["lo"]'))["result"]
    assert by_name == by_position and [i["ifname"] for i in by_name["interfaces"]] == ["lo"]
    everything = wire.rpc(envelope('"net.interfaces"'))["result"]
    for nothing in ("{}", "[]", "null", '{"ifname":null}', "[null]"):
        assert wire.rpc(envelope('"net.interfaces"', params=nothing))["result"] == everything, nothing


@pytest.mark.parametrize("params", ["1", '"lo"', "true", "1.5"])
def test_j5_params_of_another_type(wire, params):
    fails(wire, envelope('"net.interfaces"', params=params), "INVALID_PARAMS", 1)


def test_j5_faults_are_named(wire):
    error = wire.error("net.interfaces", kind="INVALID_PARAMS", nosuch=1)
    assert error["data"]["field"] == "/nosuch" and "nosuch" in error["message"]
    wire.error("net.interfaces", kind="INVALID_PARAMS", field="/ifname", ifname=1)
    wire.error("net.interfaces", kind="INVALID_PARAMS", field="/up", up="yes")
    wire.error("net.routes", kind="INVALID_PARAMS", field="/family", family="ipx")
    wire.error("net.interfaces", kind="INVALID_PARAMS", field="/a~1b~0c", **{"a/b~c": 1})


def test_j5_too_many_by_position(wire):
    reply = wire.rpc(envelope('"rpc.health"', params="[1]"))
    assert kind_of(reply) == "INVALID_PARAMS"
    reply = wire.rpc(envelope('"net.interfaces"', params="[" + ",".join(["null"] * 100) + "]"))
    assert kind_of(reply) == "INVALID_PARAMS"


def test_j5_methods_without_params_take_none(wire):
    for method in ("rpc.health", "rpc.discover"):
        wire.error(method, kind="INVALID_PARAMS", field="/x", x=1)


# J6: the envelope's own members

@pytest.mark.parametrize("method", ["rpc.nosuch", "rpc.", "rpc", "", ".", "net.", "net..interfaces", "Net.Interfaces",
                                    "NET.INTERFACES", "net.interfaces ", " net.interfaces", "net/interfaces", "net.interfaces/",
                                    "../net.interfaces", "net.interfaces.", "net_interfaces", "mosnet.interfaces", "x" * 65536,
                                    "net.interfacesx", "net.interface", "é"])
def test_j6_method_names(wire, method):
    error = fails(wire, {"jsonrpc": "2.0", "id": 1, "method": method}, "METHOD_NOT_FOUND", 1)
    assert len(error["message"]) < 1000


@pytest.mark.parametrize("text,id", [
    ('{}', None), ('{"id":1}', 1), ('{"id":1,"method":"rpc.health"}', 1), ('{"jsonrpc":"1.0","id":1,"method":"rpc.health"}', 1),
    ('{"jsonrpc":2.0,"id":1,"method":"rpc.health"}', 1), ('{"jsonrpc":"2.0 ","id":1,"method":"rpc.health"}', 1),
    ('{"jsonrpc":"2.0","id":1}', 1), ('{"jsonrpc":"2.0","id":1,"method":1}', 1), ('{"jsonrpc":"2.0","id":1,"method":null}', 1),
    ('{"jsonrpc":"2.0","id":1,"method":["rpc.health"]}', 1), ('{"jsonrpc":null,"id":1,"method":"rpc.health"}', 1),
    ('1', None), ('"rpc.health"', None), ('null', None), ('true', None), ('{"jsonrpc":"2.0","id":1,"result":1}', 1)])
def test_j6_not_a_request(wire, text, id):
    fails(wire, text, "INVALID_REQUEST", id)


def test_errors_carry_what_they_promise(wire):
    """code, message and data.kind; what is at fault; the kernel's errno by name."""
    error = wire.error("net.interfaces", kind="NOT_FOUND", field="/ifname", ifname="nope0")
    assert error["code"] == -32004 and "nope0" in error["message"]
    assert error["data"]["subject"] and error["data"]["errno"] == "ENODEV"


def test_answers_are_one_compact_line_of_utf8(wire):
    body = wire.post(envelope()).body
    assert b"\n" not in body and parse(body)["jsonrpc"] == "2.0"
    assert wire.response.header("content-type") == "application/json"
