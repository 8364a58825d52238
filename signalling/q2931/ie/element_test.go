package ie_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"callmanager/signalling/q2931/ie"
)

// unhex reads octets with spaces between them.
func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatalf("%s: %v", s, err)
	}
	return b
}

// parse reads the contents of an element into a new one of its type.
func parse(id ie.ID, h ie.Header, p []byte) (ie.Element, error) {
	e := ie.Lookup(id).New()
	*e.Head() = h
	return e, e.ParseContents(id, p)
}

// goodContents are contents that are read and written back as they are.
var goodContents = []struct {
	id     ie.ID
	octets string
}{
	{ie.IDAAL, "00"},
	{ie.IDAAL, "02"},
	{ie.IDAAL, "01 8502 8601"},
	{ie.IDAAL, "01 8502 8640 870002"},
	{ie.IDAAL, "01 8502 8641 870007"},
	{ie.IDAAL, "01 8505 8613 8802 8902 8a0040 8b2f"},
	{ie.IDAAL, "03 8c1000 811000 82000103ff 8404"},
	{ie.IDAAL, "05"},
	{ie.IDAAL, "05 8c23e4 8123e4 8400"},
	{ie.IDAAL, "05 8c23e4 810000 8302 8402"},
	{ie.IDAAL, "10"},
	{ie.IDAAL, "10 01020304"},
	{ie.IDBHLI, "80"},
	{ie.IDBHLI, "80 0102030405060708"},
	{ie.IDBHLI, "81 01"},
	{ie.IDBHLI, "82 01020304"},
	{ie.IDBHLI, "83 00a03e00000001"},
	{ie.IDBHLI, "84 01"},
	{ie.IDBLLI, "a7"},
	{ie.IDBLLI, "cc"},
	{ie.IDBLLI, "a1 cc eb"},
	{ie.IDBLLI, "46 a3"},
	{ie.IDBLLI, "46 40 87"},
	{ie.IDBLLI, "50 ff"},
	{ie.IDBLLI, "66 a0"},
	{ie.IDBLLI, "66 20 87"},
	{ie.IDBLLI, "67 40 0c ff"},
	{ie.IDBLLI, "70 80"},
	{ie.IDBLLI, "6b 40 80"},
	{ie.IDBLLI, "6b 66 80"},
	{ie.IDBLLI, "6b 67 c0"},
	{ie.IDBLLI, "cc 6b 40 80 80 00a03e 0001"},
	{ie.IDBLLI, "6c 93"},
	{ie.IDBLLI, "6c 13 a5"},
	{ie.IDBLLI, "ed"},
	{ie.IDCalledNumber, "82 47" + strings.Repeat("00", 19)},
	{ie.IDCalledNumber, "91 31"},
	{ie.IDCalledNumber, "91 313233343536373839303132333435"},
	{ie.IDCallingNumber, "02 80 47" + strings.Repeat("00", 19)},
	{ie.IDCallingNumber, "82 47" + strings.Repeat("00", 19)},
	{ie.IDCallingNumber, "11 a3 31"},
	{ie.IDCallingNumber, "00 c3"},
	{ie.IDCallingNumber, "00 a3"},
	{ie.IDConnectedNumber, "00 a0"},
	{ie.IDConnectedNumber, "11 c1 3132"},
	{ie.IDCalledSub, "80 47" + strings.Repeat("00", 19)},
	{ie.IDCallingSub, "90 47" + strings.Repeat("00", 19)},
	{ie.IDConnectedSub, "a8 0102"},
	{ie.IDConnID, "88 0000 0020"},
	{ie.IDConnID, "80 0001 ffff"},
	{ie.IDConnID, "89 00ff 0000"},
	{ie.IDConnID, "8c 00ff 0000"},
	{ie.IDQoS, "0000"},
	{ie.IDExtQoS, "00"},
	{ie.IDExtQoS, "01 94ffffff 95000001 96000002 97000003 a201 a3ff"},
	{ie.IDTransitDelay, "010000"},
	{ie.IDTransitDelay, "01ffff 03ffff 0a"},
	{ie.IDCause, "80 90"},
	{ie.IDCause, "8a ff 01020304"},
	{ie.IDCallState, "0a"},
	{ie.IDCallState, "3e"},
	{ie.IDEndpointRef, "00 7fff"},
	{ie.IDEndpointRef, "00 8000"},
	{ie.IDEndpointState, "0c"},
	{ie.IDRestart, "80"},
	{ie.IDRestart, "82"},
	{ie.IDNotification, "00"},
	{ie.IDRepeat, "82"},
	{ie.IDSendingComplete, "a1"},
	{ie.IDTNS, "a1 30323838"},
	{ie.IDTNS, "b3 31"},
	{ie.IDABRSetup, "c6000001"},
	{ie.IDABRSetup, "c2000001 c3000002 c4000003 c5000004 c6000005 c80f c900 ca0f cb00"},
	{ie.IDABRAdditional, "c2 f3b7fe00"},
	{ie.IDABRAdditional, "c2 00000000 c3 8e000000"},
	{ie.IDGIT, "01 01 01 00"},
	{ie.IDGIT, "02 01 03 010203 02 04 01020304"},
	{ie.IDUserUser, "05"},
	{ie.IDUserUser, strings.Repeat("05", 128)},
	{ie.IDOAMTD, "80 80"},
	{ie.IDOAMTD, "b1 94"},
	{ie.IDLIJCallID, "80 01020304"},
	{ie.IDLIJParameters, "80"},
	{ie.IDLeafSequence, "ffffffff"},
	{ie.IDConnectionScope, "81 01"},
	{ie.IDConnectionScope, "81 0f"},
	{ie.IDReportType, "01"},
	{ie.IDReportType, "06"},
	{ie.IDMinDesiredCellRate, "00 00000001 02ffffff"},
	{ie.IDProgress, "80 88"},
	{ie.IDNarrowbandBearer, "8890"},
	{ie.IDFacility, "91a1"},
	{ie.IDCalledSoftPVC, "8001"},
	{ie.IDLockingShift, "85"},
	{ie.IDNonLockingShift, "80"},
}

// TestGoodContents reads contents, writes them back with the header and finds the same octets.
func TestGoodContents(t *testing.T) {
	for _, row := range goodContents {
		p := unhex(t, row.octets)
		e, err := parse(row.id, ie.Header{}, p)
		if err != nil {
			t.Errorf("%s %x: %v", row.id, p, err)
			continue
		}
		out, err := ie.Append(nil, row.id, e)
		if err != nil || !bytes.Equal(out[ie.HeaderLen:], p) || int(out[3]) != len(p) || out[0] != byte(row.id) {
			t.Errorf("%s: wrote %x, %v, want %x", row.id, out, err, p)
		}
	}
}

// TestBadContents proves what is refused, and where.
func TestBadContents(t *testing.T) {
	for _, row := range []struct {
		id     ie.ID
		octets string
		offset int
		reason string
	}{
		{ie.IDAAL, "04", 0, "unknown AAL type"},
		{ie.IDAAL, "05 90", 1, "unknown subfield"},
		{ie.IDAAL, "05 8c23", 2, "cut short"},
		{ie.IDAAL, "05 8403", 0, "unknown SSCS"},
		{ie.IDAAL, "05 8303", 0, "unknown AAL mode"},
		{ie.IDAAL, "05 8501", 0, "does not have"},
		{ie.IDAAL, "00 8400", 0, "does not have"},
		{ie.IDAAL, "03 8200010400", 0, "above 1023"},
		{ie.IDAAL, "03 8200020001", 0, "MID range backwards"},
		{ie.IDAAL, "01 8502", 0, "without subtype or CBR rate"},
		{ie.IDAAL, "01 8601", 0, "without subtype or CBR rate"},
		{ie.IDAAL, "01 8506 8601", 0, "subtype"},
		{ie.IDAAL, "01 8502 8602", 0, "CBR rate"},
		{ie.IDAAL, "01 8502 8640", 0, "multiplier of 2"},
		{ie.IDAAL, "01 8502 8640 870001", 0, "multiplier of 2"},
		{ie.IDAAL, "01 8502 8641 870008", 0, "multiplier of 1 to 7"},
		{ie.IDAAL, "01 8502 8601 870002", 0, "takes none"},
		{ie.IDAAL, "01 8502 8601 8803", 0, "clock recovery"},
		{ie.IDAAL, "01 8502 8601 8903", 0, "error correction"},
		{ie.IDAAL, "01 8502 8601 8b00", 0, "partially filled"},
		{ie.IDAAL, "01 8502 8601 8b30", 0, "partially filled"},
		{ie.IDAAL, "10 0102030405", 5, "4 octets"},
		{ie.IDBHLI, "00", 0, "extension bit"},
		{ie.IDBHLI, "85", 0, "unknown type"},
		{ie.IDBHLI, "80 010203040506070809", 0, "8 octets"},
		{ie.IDBLLI, "", 0, "no layer"},
		{ie.IDBLLI, "81", 0, "out of order"},
		{ie.IDBLLI, "cc a7", 1, "out of order"},
		{ie.IDBLLI, "cc cc", 1, "out of order"},
		{ie.IDBLLI, "27", 0, "extension of octet 5"},
		{ie.IDBLLI, "c0", 0, "reserved layer 2"},
		{ie.IDBLLI, "a1 c0 eb", 1, "reserved layer 2"},
		{ie.IDBLLI, "cc e0", 1, "reserved layer 2 or 3"},
		{ie.IDBLLI, "c3", 0, "unknown layer 2"},
		{ie.IDBLLI, "4c a0", 0, "layer 2 protocol does not have"},
		{ie.IDBLLI, "46 80", 0, "reserved mode"},
		{ie.IDBLLI, "46 e0", 0, "reserved mode"},
		{ie.IDBLLI, "46 20 80", 0, "window"},
		{ie.IDBLLI, "46 20 07", 2, "extension bit"},
		{ie.IDBLLI, "46", 0, "cut short"},
		{ie.IDBLLI, "e5", 0, "unknown layer 3"},
		{ie.IDBLLI, "65 80", 0, "unknown layer 3"},
		{ie.IDBLLI, "6a 80", 0, "layer 3 protocol does not have"},
		{ie.IDBLLI, "66 20 83", 0, "above its field"},
		{ie.IDBLLI, "66 20 8d", 0, "above its field"},
		{ie.IDBLLI, "66 20 07 80", 0, "window"},
		{ie.IDBLLI, "66 20 07 80 02", 4, "out of order"},
		{ie.IDBLLI, "6b c0 80", 1, "octet 7b"},
		{ie.IDBLLI, "6b 40 00", 2, "extension bit"},
		{ie.IDBLLI, "6b 40 80 a0 00a03e 0001", 3, "SNAP"},
		{ie.IDBLLI, "6b 40 80 80 00a0", 5, "cut short"},
		{ie.IDBLLI, "6b 66 80 80 00a03e 0001", 3, "out of order"},
		{ie.IDBLLI, "6c 13 b0", 0, "multiplexing"},
		{ie.IDBLLI, "6c 13 86", 0, "multiplexing"},
		{ie.IDBLLI, "6c e1", 0, "multiplexing"},
		{ie.IDBLLI, "6c 90", 0, "terminal type"},
		{ie.IDBLLI, "6c 84", 0, "terminal type"},
		{ie.IDCalledNumber, "02 80 47" + strings.Repeat("00", 19), 0, "extension bit"},
		{ie.IDCalledNumber, "82 47", 0, "20 octets"},
		{ie.IDCalledNumber, "92 47" + strings.Repeat("00", 19), 0, "20 octets"},
		{ie.IDCalledNumber, "82 47" + strings.Repeat("00", 20), 21, "20 octets"},
		{ie.IDCalledNumber, "91", 0, "without digits"},
		{ie.IDCalledNumber, "91 31323334353637383930313233343536", 0, "15 digits"},
		{ie.IDCalledNumber, "81 31", 0, "international"},
		{ie.IDCalledNumber, "91 b1", 0, "no digit"},
		{ie.IDCalledNumber, "91 3a", 0, "no digit"},
		{ie.IDCalledNumber, "83 31", 0, "unknown numbering plan"},
		{ie.IDCalledNumber, "d0 31", 0, "reserved type"},
		{ie.IDCalledNumber, "f9 31", 0, "reserved type"},
		{ie.IDCallingNumber, "11 e0 31", 1, "presentation"},
		{ie.IDCallingNumber, "11 20 31", 1, "extension bit"},
		{ie.IDCallingNumber, "00 83", 0, "without digits"},
		{ie.IDCallingNumber, "11", 0, "cut short"},
		{ie.IDCalledSub, "b0 01", 0, "unknown type"},
		{ie.IDCalledSub, "90 01", 0, "20 octets"},
		{ie.IDCalledSub, "80", 0, "empty"},
		{ie.IDCalledSub, "80 47" + strings.Repeat("00", 20), 0, "20 octets"},
		{ie.IDConnID, "08 0000 0020", 0, "extension bit"},
		{ie.IDConnID, "98 0000 0020", 0, "VP-associated"},
		{ie.IDConnID, "8a 0000 0020", 0, "preferred/exclusive"},
		{ie.IDConnID, "88 0000 00", 3, "cut short"},
		{ie.IDConnID, "88 0000 0020 00", 5, "behind"},
		{ie.IDQoS, "0001", 0, "QoS class"},
		{ie.IDQoS, "00", 0, "cut short"},
		{ie.IDExtQoS, "02", 0, "origin"},
		{ie.IDExtQoS, "00 94000001", 0, "without the cumulative"},
		{ie.IDExtQoS, "00 95000001 96000001", 0, "without the cumulative"},
		{ie.IDExtQoS, "00 a200", 0, "1 to 15"},
		{ie.IDExtQoS, "00 a310", 0, "1 to 15"},
		{ie.IDExtQoS, "00 98000001", 1, "unknown subfield"},
		{ie.IDTransitDelay, "030001", 0, "no cumulative"},
		{ie.IDTransitDelay, "010001 0b", 3, "unknown subfield"},
		{ie.IDCause, "80", 0, "cut short"},
		{ie.IDCause, "00 90", 0, "extension bit"},
		{ie.IDCause, "80 10", 1, "extension bit"},
		{ie.IDCause, "8f 90", 0, "reserved location"},
		{ie.IDCallState, "05", 0, "unknown call state"},
		{ie.IDCallState, "0a 00", 1, "behind"},
		{ie.IDEndpointRef, "01 0000", 0, "unknown type"},
		{ie.IDEndpointRef, "00 00", 1, "cut short"},
		{ie.IDEndpointState, "02", 0, "unknown endpoint state"},
		{ie.IDRestart, "83", 0, "unknown restart class"},
		{ie.IDRestart, "02", 0, "extension bit"},
		{ie.IDNotification, "", 0, "no information"},
		{ie.IDRepeat, "8a", 0, "reserved value"},
		{ie.IDRepeat, "02", 0, "extension bit"},
		{ie.IDSendingComplete, "a0", 0, "reserved value"},
		{ie.IDSendingComplete, "a1 a1", 1, "behind"},
		{ie.IDTNS, "a1", 0, "no digits"},
		{ie.IDTNS, "a1 3132333435", 0, "4 digits"},
		{ie.IDTNS, "91 31", 0, "unknown type"},
		{ie.IDTNS, "a2 31", 0, "plan"},
		{ie.IDTNS, "a1 b1", 0, "IA5"},
		{ie.IDABRSetup, "c2000001", 0, "round-trip"},
		{ie.IDABRSetup, "c6000001 c810", 0, "above 15"},
		{ie.IDABRSetup, "c7000001", 0, "unknown subfield"},
		{ie.IDABRAdditional, "", 0, "no record"},
		{ie.IDABRAdditional, "c4 00000000", 0, "unknown subfield"},
		{ie.IDGIT, "01", 0, "no identifier"},
		{ie.IDGIT, "03 01 01 00", 0, "unknown application"},
		{ie.IDGIT, "01 01 15" + strings.Repeat("00", 21), 23, "too long"},
		{ie.IDGIT, "01 02 05 0102030405", 7, "too long"},
		{ie.IDGIT, "01 01 05 0102", 4, "cut short"},
		{ie.IDUserUser, "", 0, "discriminator"},
		{ie.IDOAMTD, "80 a0", 0, "OAM cells"},
		{ie.IDOAMTD, "80", 0, "cut short"},
		{ie.IDLIJCallID, "81 01020304", 0, "unknown type"},
		{ie.IDLIJCallID, "80 010203", 3, "cut short"},
		{ie.IDLIJParameters, "81", 0, "screening"},
		{ie.IDLeafSequence, "0102030405", 4, "behind"},
		{ie.IDConnectionScope, "82 01", 0, "type of scope"},
		{ie.IDConnectionScope, "81 00", 1, "unknown scope"},
		{ie.IDConnectionScope, "81 10", 1, "unknown scope"},
		{ie.IDReportType, "03", 0, "unknown type"},
		{ie.IDMinDesiredCellRate, "00 00000001", 0, "missing"},
		{ie.IDMinDesiredCellRate, "02 00000001 02000001", 0, "origin"},
		{ie.IDMinDesiredCellRate, "00 01000001", 1, "unknown subfield"},
		{ie.IDProgress, "80", 0, "cut short"},
		{ie.IDFacility, "", 0, "no contents"},
		{ie.IDLockingShift, "05", 0, "extension bit"},
	} {
		p := unhex(t, row.octets)
		_, err := parse(row.id, ie.Header{}, p)
		ce, ok := errors.AsType[*ie.ContentError](err)
		if !ok || ce.ID != row.id || ce.Offset != row.offset || !strings.Contains(ce.Reason, row.reason) {
			t.Errorf("%s %x: %+v, want offset %d and %q", row.id, p, err, row.offset, row.reason)
		}
	}
}

// TestReadOnly proves what is read but not written, or read as something that is written otherwise.
func TestReadOnly(t *testing.T) {
	for _, row := range []struct {
		name     string
		id       ie.ID
		h        ie.Header
		in, want string // want is empty where writing is refused
	}{
		{"location of an older numbering", ie.IDCause, ie.Header{}, "86 90", ""},
		{"vendor B-HLI too short", ie.IDBHLI, ie.Header{}, "83 01", ""},
		{"high layer profile too short", ie.IDBHLI, ie.Header{}, "82 01", ""},
		{"CPCS size of one direction", ie.IDAAL, ie.Header{}, "05 8c0100", ""},
		{"AAL3/4 size of one direction", ie.IDAAL, ie.Header{}, "03 810100", ""},
		{"private numbering plan", ie.IDCalledNumber, ie.Header{}, "89 31", ""},
		{"unknown numbering plan", ie.IDCalledNumber, ie.Header{}, "80 31", ""},
		{"odd NSAP subaddress", ie.IDCalledSub, ie.Header{}, "88 01", ""},
		{"class 0 in network coding", ie.IDQoS, ie.Header{Coding: ie.CodingNetwork}, "0000", "0000"},
		{"classes in network coding", ie.IDQoS, ie.Header{Coding: ie.CodingNetwork}, "0104", "0104"},
		{"reserved shaping", ie.IDOAMTD, ie.Header{}, "c0 80", ""},
		{"reserved fault management", ie.IDOAMTD, ie.Header{}, "82 80", ""},
		{"unknown identifier type", ie.IDGIT, ie.Header{}, "01 60 01 00", ""},
		{"scope type 0", ie.IDConnectionScope, ie.Header{}, "80 01", "81 01"},
		{"subfields in any order", ie.IDAAL, ie.Header{}, "05 8400 8123e4 8c23e4", "05 8c23e4 8123e4 8400"},
		{"second subfield ignored", ie.IDAAL, ie.Header{}, "05 8400 8401", "05 8400"},
		{"spare bits of a state", ie.IDCallState, ie.Header{}, "ca", "0a"},
		{"spare bits of a restart", ie.IDRestart, ie.Header{}, "fa", "82"},
		{"spare bits of a repeat indicator", ie.IDRepeat, ie.Header{}, "f2", "82"},
		{"spare bits of a bearer", ie.IDBearer, ie.Header{}, "f0 9c", "90 80"},
		{"spare bits of a mode", ie.IDBLLI, ie.Header{}, "66 bf", "66 a0"},
	} {
		e, err := parse(row.id, row.h, unhex(t, row.in))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		out, err := ie.Append(nil, row.id, e)
		if row.want == "" {
			if err == nil {
				t.Errorf("%s: wrote %x", row.name, out)
			}
		} else if err != nil || !bytes.Equal(out[ie.HeaderLen:], unhex(t, row.want)) {
			t.Errorf("%s: wrote %x, %v, want %s", row.name, out, err, row.want)
		}
	}
}
