package msg_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// Good elements to build messages from.
const (
	hexTD      = "59800009 840563b7850563b7be"
	hexBearer  = "5e800002 9080"
	hexBearerM = "5e800002 9081"
	hexCalled  = "70800015 824700918100000000000000000000000000000101"
	hexQoS     = "5c800002 0000"
	hexAAL     = "58800009 058c23e48123e48400"
	hexBadAAL  = "58800002 0599"
	hexConnID  = "5a800005 8800000040"
	hexCause   = "08800002 8090"
	hexState   = "14800001 0a"
	hexRef     = "54800003 000005"
	hexBLLI    = "5f800001 cc"
	hexSetup   = hexTD + hexBearer + hexCalled + hexQoS
)

// packet builds a message with call reference 1 from a type and the elements in hexadecimal.
func packet(tb testing.TB, typ msg.Type, elements ...string) []byte {
	tb.Helper()
	body := unhex(tb, strings.Join(elements, ""))
	b := []byte{9, 3, 0, 0, 1, byte(typ), 0x80, 0, 0}
	binary.BigEndian.PutUint16(b[7:], uint16(len(body)))
	return append(b, body...)
}

// TestDecision proves the rules of signalling.md 8.3 (Q.2931 5.6, 5.7) one by one and in their
// order.
func TestDecision(t *testing.T) {
	diag := func(o ...byte) []byte { return o }
	for _, row := range []struct {
		name     string
		typ      msg.Type
		elements string
		opt      msg.Options
		want     msg.Ruling
	}{
		{"all is well", msg.Setup, hexSetup, msg.Options{}, msg.Ruling{}},
		{"1 missing, SETUP", msg.Setup, hexTD + hexBearer + hexCalled, msg.Options{}, msg.Ruling{msg.Reject, 96, diag(0x5c)}},
		{"1 missing two", msg.Setup, hexTD + hexCalled, msg.Options{}, msg.Ruling{msg.Reject, 96, diag(0x5e, 0x5c)}},
		{"1 empty is missing", msg.Setup, hexTD + hexBearer + hexCalled + "5c800000", msg.Options{}, msg.Ruling{msg.Reject, 96, diag(0x5c)}},
		{"1 extended QoS will do", msg.Setup, hexTD + hexBearer + hexCalled + "ece00003 00a208", msg.Options{}, msg.Ruling{}},
		{"1 SETUP from the network", msg.Setup, hexSetup, msg.Options{FromNetwork: true}, msg.Ruling{msg.Reject, 96, diag(0x5a)}},
		{"1 SETUP from the network with channel", msg.Setup, hexSetup + hexConnID, msg.Options{FromNetwork: true}, msg.Ruling{}},
		{"1 multipoint without reference", msg.Setup, hexTD + hexBearerM + hexCalled + hexQoS, msg.Options{}, msg.Ruling{msg.Reject, 96, diag(0x54)}},
		{"7 multipoint with the peer's reference", msg.Setup, hexTD + hexBearerM + hexCalled + hexQoS + "54800003 008000", msg.Options{}, msg.Ruling{msg.Reject, 100, diag(0x54)}},
		{"1 before 2", msg.Setup, hexTD + "33900001 01", msg.Options{}, msg.Ruling{msg.Reject, 96, diag(0x5e, 0x70, 0x5c)}},
		{"1 unknown coding of a mandatory element", msg.Notify, "27e00001 01", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x27)}},
		{"1 first response without channel", msg.CallProceeding, "", msg.Options{FirstResponse: true}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x5a)}},
		{"1 first response, the SETUP named one", msg.CallProceeding, "", msg.Options{FirstResponse: true, SetupHadConnID: true}, msg.Ruling{}},
		{"1 later response", msg.Alerting, "", msg.Options{}, msg.Ruling{}},
		{"1 response without reference", msg.Connect, "", msg.Options{SetupHadEndpointRef: true}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x54)}},
		{"1 STATUS", msg.Status, hexState, msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x08)}},
		{"1 STATUS, party state", msg.Status, hexState + hexCause + hexRef, msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x55)}},
		{"1 STATUS, party asked for", msg.Status, hexState + hexCause, msg.Options{EnquiryHadEndpointRef: true}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x54)}},
		{"1 RELEASE is processed", msg.Release, "", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 96, diag(0x08)}},
		{"1 RELEASE COMPLETE is processed", msg.ReleaseComplete, "", msg.Options{FirstClearing: true}, msg.Ruling{}},
		{"1 RESTART of a channel", msg.Restart, "79800001 80", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x5a)}},
		{"9 RESTART of all with channel", msg.Restart, "79800001 82" + hexConnID, msg.Options{}, msg.Ruling{msg.AcceptAndReport, 99, diag(0x5a)}},

		{"2 unknown, clear", msg.Connect, "33900001 01", msg.Options{}, msg.Ruling{msg.ClearCall, 99, diag(0x33)}},
		{"2 unknown, clear, SETUP", msg.Setup, hexSetup + "33900001 01", msg.Options{}, msg.Ruling{msg.Reject, 99, diag(0x33)}},
		{"2 not expected here, clear", msg.Connect, "14900001 0a", msg.Options{}, msg.Ruling{msg.ClearCall, 99, diag(0x14)}},
		{"2 before 3", msg.Connect, "58900002 0599 33900001 01", msg.Options{}, msg.Ruling{msg.ClearCall, 99, diag(0x33)}},
		{"3 bad, clear", msg.Connect, "58900002 0599", msg.Options{}, msg.Ruling{msg.ClearCall, 100, diag(0x58)}},
		{"3 before 4", msg.Connect, "58900002 0599 33960001 01", msg.Options{}, msg.Ruling{msg.ClearCall, 100, diag(0x58)}},
		{"4 unknown, discard message and report", msg.Setup, hexSetup + "33960001 01", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 99, diag(0x33)}},
		{"5 bad, discard message and report", msg.Setup, hexSetup + "58960002 0599", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 100, diag(0x58)}},
		{"6 unknown, discard message", msg.Setup, hexSetup + "33950001 01", msg.Options{}, msg.Ruling{msg.DiscardSilently, 0, nil}},
		{"6 bad, discard message", msg.Connect, "58950002 0599", msg.Options{}, msg.Ruling{msg.DiscardSilently, 0, nil}},
		{"6 before 7", msg.Setup, hexTD + hexBearer + hexQoS + "70800003 824700 33950001 01", msg.Options{}, msg.Ruling{msg.DiscardSilently, 0, nil}},
		{"7 mandatory bad, SETUP", msg.Setup, hexTD + hexBearer + hexQoS + "70800003 824700", msg.Options{}, msg.Ruling{msg.Reject, 100, diag(0x70)}},
		{"7 mandatory bad, proceed asked", msg.Setup, hexTD + hexBearer + hexQoS + "70910003 824700", msg.Options{}, msg.Ruling{msg.Reject, 100, diag(0x70)}},
		{"7 mandatory bad", msg.Status, "14800001 3f" + hexCause, msg.Options{}, msg.Ruling{msg.DiscardAndReport, 100, diag(0x14)}},
		{"7 conditional bad", msg.CallProceeding, "5a800002 8800", msg.Options{FirstResponse: true}, msg.Ruling{msg.DiscardAndReport, 100, diag(0x5a)}},
		{"7 too long", msg.Status, hexState + "08800020 80e0" + strings.Repeat("58", 30), msg.Options{}, msg.Ruling{msg.DiscardAndReport, 100, diag(0x08)}},
		{"7 before 8", msg.Setup, hexTD + hexBearer + hexQoS + hexBadAAL + "70800003 824700", msg.Options{}, msg.Ruling{msg.Reject, 100, diag(0x70)}},
		{"8 bad, regular", msg.Setup, hexSetup + "5a800002 8800", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 100, diag(0x5a)}},
		{"8 bad, report", msg.Setup, hexSetup + "5a920002 8800", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 100, diag(0x5a)}},
		{"8 undefined action is report", msg.Setup, hexSetup + "5a970002 8800", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 100, diag(0x5a)}},
		{"8 access information", msg.Setup, hexSetup + hexBadAAL, msg.Options{}, msg.Ruling{msg.AcceptAndReport, 43, diag(0x58)}},
		{"8 access information and other", msg.Setup, hexSetup + hexBadAAL + "5a800002 8800", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 100, diag(0x58, 0x5a)}},
		{"8 before 9", msg.Setup, hexSetup + "33800001 01" + hexBadAAL, msg.Options{}, msg.Ruling{msg.AcceptAndReport, 43, diag(0x58)}},
		{"9 unknown, regular", msg.Setup, hexSetup + "33800001 01", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 99, diag(0x33)}},
		{"9 unknown twice", msg.Setup, hexSetup + "33800001 01 34920001 01 33800001 02", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 99, diag(0x33, 0x34)}},
		{"9 element of PNNI", msg.Setup, hexSetup + "e2e00001 01", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 99, diag(0xe2)}},
		{"9 element of N-ISDN", msg.Setup, hexSetup + "1e800002 8181", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 99, diag(0x1e)}},
		{"9 but known to Q.2931", msg.Setup, hexSetup + "1e800002 8181", msg.Options{Profile: msg.Q2931}, msg.Ruling{}},
		{"9 element of UNI 4.0 at UNI 3.1", msg.Release, hexCause + "7e800001 01", msg.Options{Profile: msg.UNI31}, msg.Ruling{msg.AcceptAndReport, 99, diag(0x7e)}},
		{"10 unknown, discard element", msg.Setup, hexSetup + "33910001 01", msg.Options{}, msg.Ruling{}},
		{"10 bad, discard element", msg.Setup, hexSetup + "58910002 0599", msg.Options{}, msg.Ruling{}},

		{"RELEASE with unknown element, discard message", msg.Release, hexCause + "33950001 01", msg.Options{}, msg.Ruling{}},
		{"RELEASE with unknown element, clear", msg.Release, hexCause + "33900001 01", msg.Options{}, msg.Ruling{msg.AcceptAndReport, 99, diag(0x33)}},
		{"RELEASE with bad access information", msg.Release, hexCause + "7e800081" + strings.Repeat("00", 129), msg.Options{}, msg.Ruling{msg.AcceptAndReport, 43, diag(0x7e)}},
		{"RELEASE COMPLETE with unknown element, clear", msg.ReleaseComplete, hexCause + "33900001 01", msg.Options{}, msg.Ruling{}},
		{"RELEASE COMPLETE with bad cause", msg.ReleaseComplete, "08800001 80", msg.Options{FirstClearing: true}, msg.Ruling{}},

		{"ADD PARTY without reference", msg.AddParty, hexCalled, msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x54)}},
		{"ADD PARTY with bad reference", msg.AddParty, hexCalled + "54800001 00", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 100, diag(0x54)}},
		{"ADD PARTY without number", msg.AddParty, hexRef, msg.Options{}, msg.Ruling{msg.Reject, 96, diag(0x70)}},
		{"ADD PARTY with bad number", msg.AddParty, hexRef + "70800001 82", msg.Options{}, msg.Ruling{msg.Reject, 100, diag(0x70)}},
		{"ADD PARTY ACK without reference", msg.AddPartyAck, "", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x54)}},
		{"PARTY ALERTING with bad reference", msg.PartyAlerting, "54800001 00", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 100, diag(0x54)}},
		{"ADD PARTY REJECT without reference", msg.AddPartyReject, hexCause, msg.Options{}, msg.Ruling{msg.ClearCall, 96, diag(0x54)}},
		{"DROP PARTY with bad reference", msg.DropParty, hexCause + "54800001 00", msg.Options{}, msg.Ruling{msg.ClearCall, 100, diag(0x54)}},
		{"DROP PARTY ACK without reference", msg.DropPartyAck, "", msg.Options{}, msg.Ruling{msg.ClearCall, 96, diag(0x54)}},
		{"DROP PARTY without cause", msg.DropParty, hexRef, msg.Options{}, msg.Ruling{}},
		{"DROP PARTY with bad cause", msg.DropParty, hexRef + "08800001 80", msg.Options{}, msg.Ruling{}},
		{"ADD PARTY REJECT with bad cause", msg.AddPartyReject, hexRef + "08800001 80", msg.Options{}, msg.Ruling{}},
		{"MODIFY REQUEST without descriptor", msg.ModifyRequest, "", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 96, diag(0x59)}},

		{"unknown type", 0x33, "", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 97, diag(0x33)}},
		{"unknown type, whatever its elements", 0x33, "33900001 01", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 97, diag(0x33)}},
		{"type of UNI 4.0 at UNI 3.1", msg.Alerting, "", msg.Options{Profile: msg.UNI31}, msg.Ruling{msg.DiscardAndReport, 97, diag(0x01)}},
		{"escape", 0x00, "", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 97, diag(0x00)}},
		{"extension", 0xff, "", msg.Options{}, msg.Ruling{msg.DiscardAndReport, 97, diag(0xff)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := packet(t, row.typ, row.elements)
			m, v, err := msg.Decode(in, row.opt)
			if err != nil {
				t.Fatal(err)
			}
			got := msg.Ruling{Decision: v.Decision, Cause: v.Cause, Diagnostics: v.Diagnostics}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s%s", diff, m)
			}
		})
	}
}

// TestUnexpected proves what the message's own instruction asks for (Q.2931 5.7.1).
func TestUnexpected(t *testing.T) {
	for _, row := range []struct {
		octet byte
		want  msg.Ruling
	}{
		{0x80, msg.Ruling{msg.DiscardAndReport, 101, []byte{0x6e}}},
		{0x81, msg.Ruling{msg.DiscardAndReport, 101, []byte{0x6e}}}, // no flag: means nothing
		{0x90, msg.Ruling{msg.ClearCall, 101, []byte{0x6e}}},
		{0x91, msg.Ruling{msg.DiscardSilently, 0, nil}},
		{0x92, msg.Ruling{msg.DiscardAndReport, 101, []byte{0x6e}}},
		{0x93, msg.Ruling{msg.DiscardAndReport, 101, []byte{0x6e}}},
	} {
		in := packet(t, msg.Notify, "27800001 01")
		in[6] = row.octet
		m, v, err := msg.Decode(in, msg.Options{})
		if err != nil || v.Decision != msg.Accept {
			t.Fatalf("octet 7 %#x: decision %d, %v", row.octet, v.Decision, err)
		}
		if diff := cmp.Diff(row.want, msg.OnUnexpected(m, ie.CauseMessageNotCompatible)); diff != "" {
			t.Errorf("octet 7 %#x: (-want +got)\n%s", row.octet, diff)
		}
	}
}

// TestNoMessage proves what is discarded silently (Q.2931 5.6.1 to 5.6.3).
func TestNoMessage(t *testing.T) {
	good := "090300000105800000"
	for _, row := range []struct {
		name, in string
		offset   int
	}{
		{"empty", "", 0},
		{"8 octets", good[:16], 8},
		{"discriminator of PNNI", "f0" + good[2:], 0},
		{"discriminator of Q.931", "08" + good[2:], 0},
		{"call reference length 2", "0902000105800000ff", 1},
		{"call reference length 0", "0900" + good[4:], 1},
		{"spare bits of octet 2", "0913" + good[4:], 1},
	} {
		in := unhex(t, row.in)
		m, _, err := msg.Decode(in, msg.Options{})
		var de *msg.DecodeError
		if m != nil || !asDecodeError(err, &de) || de.Offset != row.offset {
			t.Errorf("%s: %v, %v", row.name, m, err)
		}
		if _, _, err := msg.Peek(in); !asDecodeError(err, &de) {
			t.Errorf("%s: peek: %v", row.name, err)
		}
	}
	if _, _, err := msg.Decode(unhex(t, good), msg.Options{}); err != nil {
		t.Error(err)
	}
}

func asDecodeError(err error, to **msg.DecodeError) bool {
	e, ok := err.(*msg.DecodeError) //nolint:errorlint // Decode promises this type itself
	*to = e
	return ok
}

// TestProbe compares our decisions on the probes, by their lines and in each edition of the UNI, with
// what the answers of a running network side tell of its own. Where the standard is against that the
// clause stands beside ours.
func TestProbe(t *testing.T) {
	want := map[int]msg.Ruling{
		6:   {msg.Reject, 96, []byte{0x5c}},  // UNI 4.0: QoS parameter or extended QoS; theirs names both
		9:   {msg.Reject, 100, []byte{0x70}}, // Q.2931 5.6.7.2; theirs is STATUS 96
		12:  {msg.AcceptAndReport, 99, []byte{0x33}},
		17:  {msg.Reject, 99, []byte{0x33}},
		24:  {msg.DiscardAndReport, 99, []byte{0x33}},
		27:  {msg.AcceptAndReport, 43, []byte{0x58}}, // Q.2931 5.6.8.2; theirs is 100
		32:  {},                                      // UNI 4.0 annex 9: class 18; theirs is 96
		35:  {},                                      // Q.2931 4.5.6: octet B0; theirs is 96
		41:  {msg.DiscardAndReport, 97, []byte{0x33}},
		44:  {Decision: msg.DiscardSilently},
		46:  {}, // Q.2963.1: MODIFY REQUEST; theirs is 97
		60:  {msg.DiscardAndReport, 96, []byte{0x08}},
		63:  {msg.DiscardAndReport, 96, []byte{0x27}},
		66:  {msg.AcceptAndReport, 96, []byte{0x08}}, // Q.2931 5.6.7.1; theirs tells nothing
		69:  {msg.AcceptAndReport, 96, []byte{0x08}}, // these two have no call, so nothing comes of it
		78:  {msg.AcceptAndReport, 96, []byte{0x08}},
		88:  {msg.DiscardAndReport, 96, []byte{0x79}},
		91:  {msg.DiscardAndReport, 96, []byte{0x5a}},
		94:  {msg.AcceptAndReport, 99, []byte{0x5a}},
		111: {msg.Reject, 96, []byte{0x54}},
		117: {msg.DiscardAndReport, 96, []byte{0x54}},
		120: {msg.Reject, 96, []byte{0x70}},
	}
	lacking := map[int]msg.Ruling{ // UNI 3.1 5.3: no such messages
		46:  {msg.DiscardAndReport, 97, []byte{0x88}},
		63:  {msg.DiscardAndReport, 97, []byte{0x6e}},
		131: {msg.DiscardAndReport, 97, []byte{0x6e}},
	}
	none := []int{103, 105} // Q.2931 5.6.2, 5.6.3.1: too short, call reference of two octets
	const echo = 96         // Q.2931 5.5.2: their acknowledgement repeats a channel that it has no place for
	probes := 0
	for i, l := range readLines(t, "q2931/probe-network-side.txt") {
		where := fmt.Sprint("line ", i+1)
		if s, ok := strings.CutPrefix(strings.TrimSpace(l), "-> "); ok {
			probes++
			if _, _, err := msg.Decode(unhex(t, s), msg.Options{}); (err != nil) != slices.Contains(none, i+1) {
				t.Errorf("%s: %v", where, err)
			} else if err != nil {
				continue
			}
			for p := range editions(0, 0, 0) {
				w := want[i+1]
				if l, lacks := lacking[i+1]; lacks && p.UNI3() {
					w = l
				}
				wantDecision(t, where, unhex(t, s), p, w)
			}
		}
		if s, ok := strings.CutPrefix(strings.TrimSpace(l), "<- "); ok && i+1 != echo {
			out, _, _ := strings.Cut(s, " ")
			rewrite(t, where, unhex(t, out), msg.Options{})
		}
	}
	if probes != 48 {
		t.Errorf("%d probes", probes)
	}
}
