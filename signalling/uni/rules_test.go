package uni_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// The rules of Q.2931 5.6 and 5.7 on a network side, one by one: octets in,
// octets out, and the counter that tells of it. Our call has reference 7, one
// that nobody knows 0x777, one that the peer begins 9. Causes of this side have
// location 1, private network serving the local user.

// situation is what there is when the message comes.
type situation uint8

const (
	noCall        situation = iota
	callPresent             // N6: our SETUP is not answered
	callActive              // N10
	callReleasing           // N12: our RELEASE is not answered
	callAlerting            // N7
	callOffered             // N3: the peer's SETUP (reference 9) is being answered
)

// bring brings a peer there.
func (s situation) bring(t *testing.T, profile msg.Profile) *saalPeer {
	t.Helper()
	p := speaking(t, profile, uni.RoleNetwork)
	switch s {
	case noCall:
		return p
	case callOffered:
		p.offer(nil)
		p.expect(msg.CallProceeding)
		return p
	case callPresent, callActive, callReleasing, callAlerting:
	}
	p.outgoing()
	if s == callAlerting {
		p.reply(msg.Alerting, nil)
	}
	if s == callActive || s == callReleasing {
		p.reply(msg.Connect, nil)
		p.expect(msg.ConnectAck)
	}
	if s == callReleasing {
		p.h.ask(primitive.ReleaseReq{Call: 1, Cause: cause(ie.CauseNormalClearing)})
		p.expect(msg.Release)
	}
	return p
}

// ruleRow is a rule: out are the answers, separated by bars, counter is one that
// goes up by one, and state that of the call afterwards, empty for no call.
type ruleRow struct {
	clause, name string
	profile      msg.Profile
	at           situation
	in, out      string
	counter      string
	state        string
}

// The elements of a good SETUP to this side, and the header of one.
const (
	setup9  = "0903 000009 0580 "
	elTD    = "59800009 840563b7850563b7be"
	elBear  = "5e800002 9080"
	elNum   = "70800015 82 49000000000000000000000000 020000000001 00"
	elQoS   = "5c800002 0000"
	setupOK = elTD + elBear + elNum + elQoS
)

// A leaf's request for a call of this side, with its length, and its refusal: cause 69.
const (
	leafFrom = "6c800015 82 49000000000000000000000000 020000000002 00"
	elFar    = "70800015 82 47000000000000000000000000 020000000009 00"
	leafID   = "e8e00005 8000000001"
	leafSeq  = "eae00004 00000011"
	leafIDs  = leafID + leafSeq
	leafJoin = "0043" + leafFrom + elNum + leafIDs
	leafNo   = "0027 0880000281 c5" + elNum + leafSeq
)

var ruleRows = []ruleRow{
	// 5.6.1 to 5.6.3.1: what is no message, or names no call, is ignored.
	{clause: "5.6.1", name: "another protocol discriminator", at: callActive, in: "0803 800007 7580 0000", counter: "bad_messages", state: "N10"},
	{clause: "5.6.2", name: "too short for a type", at: callActive, in: "0903 800007 75", counter: "bad_messages", state: "N10"},
	{clause: "5.6.2", name: "too short for a length", at: callActive, in: "0903 800007 7580 00", counter: "bad_messages", state: "N10"},
	{clause: "5.6.3.1", name: "call reference of 2 octets", at: callActive, in: "0902 8007 7580 0000 00", counter: "bad_messages", state: "N10"},
	{clause: "5.6.3.1", name: "bits 5 to 8 of octet 2 not 0", at: callActive, in: "0913 800007 7580 0000", counter: "bad_messages", state: "N10"},
	{clause: "Q.2932", name: "dummy call reference", in: "0903 ffffff 6280 0000", counter: "dummy_call_references"},

	// 5.6.3.2: a call reference that nobody knows.
	{clause: "5.6.3.2 a", name: "CALL PROCEEDING", in: "0903 000777 0280 0000", out: "0903 800777 5a80 0006 0880000281d1", counter: "messages_without_call"},
	{clause: "5.6.3.2 a", name: "RELEASE", in: "0903 000777 4d80 0006 088000028090", out: "0903 800777 5a80 0006 0880000281d1", counter: "messages_without_call"},
	{clause: "5.6.3.2 a", name: "unknown type, ignore", in: "0903 000777 3391 0000", out: "0903 800777 5a80 0006 0880000281d1", counter: "messages_without_call"},
	{clause: "5.6.3.2 a", name: "of ours, as the peer writes it", in: "0903 800777 0780 0000", out: "0903 000777 5a80 0006 0880000281d1", counter: "messages_without_call"},
	{clause: "5.6.3.2 b", name: "RELEASE COMPLETE", in: "0903 000777 5a80 0000", counter: "messages_without_call"},
	{clause: "5.6.3.2 c", name: "SETUP with the flag set", in: "0903 800009 0580 0000", counter: "unexpected_messages"},
	{clause: "5.6.3.2 d", name: "SETUP of a call that exists", at: callOffered, in: setup9 + "0032" + setupOK, counter: "unexpected_messages", state: "N3"},
	{clause: "5.6.3.2 e", name: "global reference, SETUP", in: "0903 000000 0580 0000", out: "0903 800000 7d80 000b 1480000100 0880000281d1"},
	{clause: "5.6.3.2 e", name: "global reference, unknown type", in: "0903 800000 3380 0000", out: "0903 000000 7d80 000b 1480000100 0880000281d1", counter: "unknown_message_types"},
	{clause: "5.6.3.2 f", name: "STATUS, null", in: "0903 000777 7d80 000b 1480000100 08800002809e", counter: "messages_without_call"},
	{clause: "5.6.3.2 f", name: "STATUS, active", in: "0903 000777 7d80 000b 148000010a 08800002809e", out: "0903 800777 5a80 0007 0880000381e57d", counter: "messages_without_call"},
	{clause: "5.6.3.2 g", name: "STATUS ENQUIRY", in: "0903 000777 7580 0000", out: "0903 800777 7d80 000b 1480000100 08800002819e", counter: "messages_without_call"},
	{clause: "5.6.3.2 h", name: "RESTART with the flag set", in: "0903 800000 4680 0005 7980000182", out: "0903 000000 7d80 000b 1480000100 0880000281d1"},
	{clause: "5.6.3.2 h", name: "RESTART ACKNOWLEDGE with the flag clear", in: "0903 000000 4e80 0005 7980000182", out: "0903 800000 7d80 000b 1480000100 0880000281d1"},

	// UNI 4.0 section 6: a leaf's request belongs to no call, and is answered on the reference that it carries.
	{clause: "UNI 4.0 6", name: "dummy reference, LEAF SETUP REQUEST", in: "0903 7fffff 9180" + leafJoin, out: "0903 7fffff 9080" + leafNo},
	{clause: "UNI 4.0 6", name: "dummy reference, LEAF SETUP REQUEST for another", in: "0903 7fffff 9180 0043" + leafFrom + elFar + leafIDs, out: "0903 7fffff 9080 0027 0880000281 83" + elFar + leafSeq},
	{clause: "UNI 4.0 6", name: "dummy reference, LEAF SETUP REQUEST without a sequence number", in: "0903 7fffff 9180 003b" + leafFrom + elNum + leafID, counter: "unanswered_leaf_setups"},
	{clause: "UNI 4.0 6", name: "dummy reference, LEAF SETUP FAILURE", in: "0903 7fffff 9080 000e 088000028083" + leafSeq, counter: "unanswered_leaf_setups"},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP REQUEST", in: "0903 000000 9180" + leafJoin, out: "0903 800000 9080" + leafNo},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP REQUEST beside a call", at: callActive, in: "0903 000000 9180" + leafJoin, out: "0903 800000 9080" + leafNo, state: "N10"},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP REQUEST without an identifier", in: "0903 000000 9180 003a" + leafFrom + elNum + leafSeq, out: "0903 800000 9080 0028 0880000381e0e8" + elNum + leafSeq, counter: "discarded_messages"},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP REQUEST without a sequence number", in: "0903 000000 9180 003b" + leafFrom + elNum + leafID, out: "0903 800000 7d80 000b 1480000100 0880000281d1"},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP REQUEST with the flag set", in: "0903 800000 9180" + leafJoin, out: "0903 000000 7d80 000b 1480000100 0880000281d1"},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP FAILURE", in: "0903 800000 9080 000e 088000028083" + leafSeq, counter: "unanswered_leaf_setups"},
	{clause: "UNI 4.0 6", name: "global reference, LEAF SETUP FAILURE with the flag clear", in: "0903 000000 9080 000e 088000028083" + leafSeq, out: "0903 800000 7d80 000b 1480000100 0880000281d1"},
	{clause: "UNI 3.1 5.5.6", name: "dummy reference, LEAF SETUP REQUEST", profile: msg.UNI31, in: "0903 7fffff 9180" + leafJoin, counter: "dummy_call_references"},
	{clause: "UNI 3.1 5.5.6", name: "global reference, LEAF SETUP REQUEST", profile: msg.UNI31, in: "0903 000000 9180" + leafJoin, out: "0903 800000 7d80 000b 1480000100 0880000281d1", counter: "unknown_message_types"},

	// 5.6.4: type and sequence, regular.
	{clause: "5.6.4", name: "unknown type", at: callActive, in: "0903 800007 3380 0000", out: "0903 000007 7d80 000c 148000010a 0880000381e133", counter: "unknown_message_types", state: "N10"},
	{clause: "5.6.4", name: "unexpected", at: callActive, in: "0903 800007 0780 0000", out: "0903 000007 7d80 000c 148000010a 0880000381e507", counter: "unexpected_messages", state: "N10"},
	{clause: "5.6.4", name: "unexpected and ill-formed: the state comes first", at: callActive, in: "0903 800007 0280 0004 5a800000", out: "0903 000007 7d80 000c 148000010a 0880000381e502", counter: "unexpected_messages", state: "N10"},
	{clause: "5.6.4", name: "unexpected RELEASE", at: callPresent, in: "0903 800007 4d80 0006 088000028090", out: "0903 000007 5a80 0000"},
	{clause: "5.6.4", name: "unexpected RELEASE COMPLETE", at: callActive, in: "0903 800007 5a80 0006 088000028090"},
	{clause: "5.6.4", name: "while releasing", at: callReleasing, in: "0903 800007 0780 0000", out: "0903 000007 7d80 000c 148000010c 0880000381e507", counter: "unexpected_messages", state: "N12"},

	// 5.6.5: order, repetition and length of elements.
	{clause: "5.6.5.1", name: "elements in any order", in: setup9 + "0032" + elQoS + elNum + elBear + elTD, out: "0903 800009 0280 0009 5a80000588 00000020", state: "N3"},
	{clause: "5.6.5.2", name: "element twice: the first counts", in: setup9 + "0038" + setupOK + "5ce000020101", out: "0903 800009 0280 0009 5a80000588 00000020", state: "N3"},
	{clause: "4.5.1", name: "empty element is absent", at: callActive, in: "0903 800007 7580 0004 33800000", out: "0903 000007 7d80 000b 148000010a 08800002819e", state: "N10"},

	// 5.6.6: mandatory elements missing.
	{clause: "5.6.6.1", name: "SETUP", in: setup9 + "0019" + elTD + elBear + elQoS, out: "0903 800009 5a80 0007 0880000381e070", counter: "clearing_messages"},
	{clause: "5.6.6.1", name: "SETUP, two missing", in: setup9 + "0026" + elTD + elNum, out: "0903 800009 5a80 0008 0880000481e05e5c", counter: "clearing_messages"},
	{clause: "5.6.6.1", name: "STATUS", at: callActive, in: "0903 800007 7d80 0005 148000010a", out: "0903 000007 7d80 000c 148000010a 0880000381e008", counter: "discarded_messages", state: "N10"},
	{clause: "5.6.6.1", name: "NOTIFY", at: callAlerting, in: "0903 800007 6e80 0000", out: "0903 000007 7d80 000c 1480000107 0880000381e027", counter: "discarded_messages", state: "N7"},
	{clause: "5.6.6.1", name: "RELEASE is processed", at: callActive, in: "0903 800007 4d80 0000", out: "0903 000007 5a80 0007 0880000381e008", counter: "reported_messages"},
	{clause: "5.6.6.1", name: "RELEASE COMPLETE is processed", at: callActive, in: "0903 800007 5a80 0000"},

	// 5.6.7: mandatory elements with bad contents.
	{clause: "5.6.7", name: "SETUP", in: setup9 + "0021" + elTD + elBear + "70800004 82490000" + elQoS, out: "0903 800009 5a80 0007 0880000381e470", counter: "clearing_messages"},
	{clause: "5.6.7", name: "STATUS", at: callActive, in: "0903 800007 7d80 000b 1480000105 08800002809e", out: "0903 000007 7d80 000c 148000010a 0880000381e414", counter: "discarded_messages", state: "N10"},
	{clause: "5.6.7", name: "RELEASE is processed", at: callActive, in: "0903 800007 4d80 0005 0880000100", out: "0903 000007 5a80 0007 0880000381e408", counter: "reported_messages"},
	{clause: "5.6.7", name: "RELEASE COMPLETE is processed", at: callActive, in: "0903 800007 5a80 0005 0880000180"},
	{clause: "5.6.7", name: "longer than its maximum", at: callActive, in: "0903 800007 7d80 0029 148000010a 08800020" + strings.Repeat("80", 32), out: "0903 000007 7d80 000c 148000010a 0880000381e408", counter: "discarded_messages", state: "N10"},
	{clause: "5.6.7", name: "cut short by the end of the message", at: callActive, in: "0903 800007 7d80 0009 148000010a 08800002", out: "0903 000007 7d80 000c 148000010a 0880000381e408", counter: "discarded_messages", state: "N10"},

	// 5.6.8: elements that are not mandatory.
	{clause: "5.6.8.1", name: "not recognised", at: callActive, in: "0903 800007 7580 0005 3380000101", out: "0903 000007 7d80 000b 148000010a 08800002819e | 0903 000007 7d80 000c 148000010a 0880000381e333", counter: "reported_messages", state: "N10"},
	{clause: "5.6.8.1", name: "not recognised in RELEASE", at: callActive, in: "0903 800007 4d80 000b 088000028090 3380000101", out: "0903 000007 5a80 0007 0880000381e333", counter: "reported_messages"},
	{clause: "5.6.8.1", name: "not recognised in RELEASE COMPLETE", at: callActive, in: "0903 800007 5a80 0005 3380000101"},
	{clause: "5.6.8.1", name: "reported with the state after the message", at: callPresent, in: "0903 800007 0180 0005 3380000101", out: "0903 000007 7d80 000c 1480000107 0880000381e333", counter: "reported_messages", state: "N7"},
	{clause: "5.6.8.2", name: "bad contents", at: callPresent, in: "0903 800007 0180 0006 8980 0002 0101", out: "0903 000007 7d80 000c 1480000107 0880000381e489", counter: "reported_messages", state: "N7"},
	{clause: "5.6.8.2", name: "bad access information", at: callPresent, in: "0903 800007 0780 0006 588000020599", out: "0903 000007 0f80 0000 | 0903 000007 7d80 000c 148000010a 0880000381ab58", counter: "reported_messages", state: "N10"},
	{clause: "5.6.8.3", name: "known, not expected here", at: callPresent, in: "0903 800007 0180 0005 148000010a", out: "0903 000007 7d80 000c 1480000107 0880000381e314", counter: "reported_messages", state: "N7"},

	// 5.6.11, 5.6.12: status.
	{clause: "5.6.11", name: "STATUS ENQUIRY", at: callReleasing, in: "0903 800007 7580 0000", out: "0903 000007 7d80 000b 148000010c 08800002819e", state: "N12"},
	{clause: "5.6.11", name: "STATUS ENQUIRY about a party", at: callActive, in: "0903 800007 7580 0007 54800003000005", out: "0903 000007 7d80 0017 148000010a 08800002819e 54800003008005 5580000100", state: "N10"},
	{clause: "5.6.12", name: "STATUS, null: the call is null", at: callActive, in: "0903 800007 7d80 000b 1480000100 08800002809e"},
	{clause: "5.6.12", name: "STATUS, compatible", at: callActive, in: "0903 800007 7d80 000b 148000010a 08800002809f", counter: "statuses", state: "N10"},
	{clause: "5.6.12", name: "STATUS, incompatible", at: callPresent, in: "0903 800007 7d80 000b 1480000103 08800002809e", out: "0903 000007 4d80 0007 0880000381e57d", state: "N12"},
	{clause: "5.6.12", name: "STATUS while releasing", at: callReleasing, in: "0903 800007 7d80 000b 148000010a 08800002809e", state: "N12"},
	{clause: "5.6.12", name: "STATUS, null while releasing", at: callReleasing, in: "0903 800007 7d80 000b 1480000100 08800002809e"},

	// 5.7.1: the message's own instruction.
	{clause: "5.7.1", name: "unknown type, clear", at: callActive, in: "0903 800007 3390 0000", out: "0903 000007 4d80 0007 0880000381e133", state: "N12"},
	{clause: "5.7.1", name: "unknown type, discard", at: callActive, in: "0903 800007 3391 0000", counter: "unknown_message_types", state: "N10"},
	{clause: "5.7.1", name: "unknown type, discard and report", at: callActive, in: "0903 800007 3392 0000", out: "0903 000007 7d80 000c 148000010a 0880000381e133", state: "N10"},
	{clause: "5.7.1", name: "unknown type, undefined indicator", at: callActive, in: "0903 800007 3393 0000", out: "0903 000007 7d80 000c 148000010a 0880000381e133", state: "N10"},
	{clause: "5.7.1", name: "unexpected, clear", at: callActive, in: "0903 800007 0790 0000", out: "0903 000007 4d80 0007 0880000381e507", state: "N12"},
	{clause: "5.7.1", name: "unexpected, clear, while releasing", at: callReleasing, in: "0903 800007 0790 0000", counter: "unexpected_messages", state: "N12"},
	{clause: "5.7.1", name: "expected, clear: no instruction is needed", at: callPresent, in: "0903 800007 0190 0000", state: "N7"},

	// 5.7.2: the elements' own instructions.
	{clause: "5.7.2", name: "clear call", at: callPresent, in: "0903 800007 0180 0005 3390000101", out: "0903 000007 4d80 0007 0880000381e333", counter: "clearing_messages", state: "N12"},
	{clause: "5.7.2", name: "clear call, bad contents", at: callPresent, in: "0903 800007 0780 0006 589000020599", out: "0903 000007 4d80 0007 0880000381e458", counter: "clearing_messages", state: "N12"},
	{clause: "5.7.2", name: "clear call, SETUP", in: setup9 + "0037" + setupOK + "3390000101", out: "0903 800009 5a80 0007 0880000381e333", counter: "clearing_messages"},
	{clause: "5.7.2", name: "discard element", at: callPresent, in: "0903 800007 0180 0005 3391000101", state: "N7"},
	{clause: "5.7.2", name: "discard element and report", at: callPresent, in: "0903 800007 0180 0005 3392000101", out: "0903 000007 7d80 000c 1480000107 0880000381e333", counter: "reported_messages", state: "N7"},
	{clause: "5.7.2", name: "discard message", at: callPresent, in: "0903 800007 0180 0005 3395000101", counter: "discarded_messages", state: "N6"},
	{clause: "5.7.2", name: "discard message and report", at: callPresent, in: "0903 800007 0180 0005 3396000101", out: "0903 000007 7d80 000c 1480000106 0880000381e333", counter: "discarded_messages", state: "N6"},
	{clause: "5.7.2", name: "undefined indicator is discard and report", at: callPresent, in: "0903 800007 0180 0005 3394000101", out: "0903 000007 7d80 000c 1480000107 0880000381e333", counter: "reported_messages", state: "N7"},
	{clause: "5.7.2", name: "mandatory element with bad contents, discard element", in: setup9 + "0021" + elTD + elBear + "70910004 82490000" + elQoS, out: "0903 800009 5a80 0007 0880000381e470", counter: "clearing_messages"},
	{clause: "5.7.2", name: "RELEASE, discard message", at: callActive, in: "0903 800007 4d80 000b 088000028090 3395000101", out: "0903 000007 5a80 0000"},

	// The message length: what is there is processed; UNI 3.1 tells of it.
	{clause: "5.6.2", name: "length field too small", at: callActive, in: "0903 800007 7d80 0000 148000010a 08800002809f", counter: "wrong_lengths", state: "N10"},
	{clause: "5.6.2", name: "length field too large", at: callActive, in: "0903 800007 7580 ffff", out: "0903 000007 7d80 000b 148000010a 08800002819e", counter: "wrong_lengths", state: "N10"},
	{clause: "UNI 3.1 5.5.6", name: "length field too large", profile: msg.UNI31, at: callActive, in: "0903 800007 7580 ffff", out: "0903 000007 7d80 000b 148000010a 08800002819e | 0903 000007 7d80 000b 148000010a 0880000281e8", counter: "wrong_lengths", state: "N10"},
	{clause: "UNI 3.1 5.5.6", name: "element of UNI 4.0", profile: msg.UNI31, at: callActive, in: "0903 800007 4d80 000b 088000028090 7e80000104", out: "0903 000007 5a80 0007 0880000381e37e", counter: "reported_messages"},
	{clause: "UNI 3.1 5.5.6", name: "type of UNI 4.0", profile: msg.UNI31, at: callPresent, in: "0903 800007 0180 0000", out: "0903 000007 7d80 000c 1480000106 0880000381e101", counter: "unknown_message_types", state: "N6"},
}

// TestErrorRules proves each rule of Q.2931 5.6 and 5.7 by octets.
func TestErrorRules(t *testing.T) {
	seen := make(map[string]bool)
	for _, row := range ruleRows {
		name := row.clause + " " + row.name
		if seen[name+row.profile.String()] {
			t.Errorf("%s stands twice", name)
		}
		seen[name+row.profile.String()] = true
		t.Run(name, func(t *testing.T) { row.check(t) })
	}
}

// check proves one rule.
func (row *ruleRow) check(t *testing.T) {
	t.Helper()
	p := row.at.bring(t, row.profile)
	before := uint64(0)
	if row.counter != "" {
		before = p.h.counter(row.counter)
	}
	p.sendHex(row.in)
	p.w.run(50 * time.Millisecond)
	want := []string{}
	for out := range strings.SplitSeq(strings.ReplaceAll(row.out, " ", ""), "|") {
		if out != "" {
			want = append(want, out)
		}
	}
	for i, b := range p.in {
		if got := hex.EncodeToString(b); i >= len(want) || got != want[i] {
			t.Errorf("answer %d is %s, want %v", i+1, got, want)
		}
	}
	if len(p.in) < len(want) {
		t.Errorf("%d answers, want %v", len(p.in), want)
	}
	if row.counter != "" {
		if n := p.h.counter(row.counter) - before; n != 1 {
			t.Errorf("%s counts %d", row.counter, n)
		}
	}
	if n := p.h.counter("wrong_lengths"); n != 0 && row.counter != "wrong_lengths" {
		t.Error("the length of the message is wrong")
	}
	state := ""
	if rows := p.h.link.Calls(); len(rows) > 0 {
		state = rows[0].State
	}
	if state != row.state {
		t.Errorf("the call is in %q, want %q", state, row.state)
	}
	if state == "" {
		p.h.wantEmpty()
	}
}
