package ie_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
)

// TestCauses writes and reads all 127 causes and wants words for the known ones.
func TestCauses(t *testing.T) {
	known := []ie.CauseValue{
		1, 2, 3, 4, 6, 10, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 37, 38, 39,
		40, 41, 42, 43, 44, 45, 47, 49, 50, 51, 53, 55, 57, 58, 62, 63, 65, 66, 69, 70, 73, 78, 81, 82, 87, 88, 89,
		90, 91, 92, 93, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 110, 111, 127,
	}
	words := map[string]bool{}
	for v := ie.CauseValue(1); v < 128; v++ {
		b, err := ie.Append(nil, ie.IDCause, &ie.Cause{Value: v, Location: ie.LocationPublicLocal})
		if err != nil || b[4] != 0x82 || b[5] != 0x80|byte(v) {
			t.Errorf("cause %d: %x, %v", v, b, err)
		}
		var c ie.Cause
		if err := c.ParseContents(ie.IDCause, b[4:]); err != nil || c.Value != v || c.Diagnostic != nil {
			t.Errorf("cause %d: %+v, %v", v, c, err)
		}
		s := v.String()
		if inWords := s[:min(6, len(s))] != "cause "; inWords != slices.Contains(known, v) || words[s] {
			t.Errorf("cause %d is called %q", v, s)
		}
		words[s] = true
	}
	if s := ie.CauseNormalClearing.String() + ie.CauseValue(144).String(); s != "normal call clearingcause 144" {
		t.Error(s)
	}
}

// TestDiagnostics proves the accessors: each cause gives the form it has and no other.
func TestDiagnostics(t *testing.T) {
	cond := ie.Condition{User: true, Abnormal: true, Duration: 2}
	rej := ie.Rejection{Reason: 1, Duration: 1, More: []byte{0x58}}
	for _, row := range []struct {
		name string
		c    ie.Cause
		want string
	}{
		{"condition", ie.Cause{Value: ie.CauseNormalClearing, Diagnostic: cond.Octets()}, "condition"},
		{"condition without extension bit", ie.Cause{Value: ie.CauseNormalClearing, Diagnostic: []byte{0}}, ""},
		{"no condition", ie.Cause{Value: ie.CauseNormalClearing}, ""},
		{"condition of another cause", ie.Cause{Value: ie.CauseUserBusy, Diagnostic: cond.Octets()}, ""},
		{"rejection", ie.Cause{Value: ie.CauseCallRejected, Diagnostic: rej.Octets()}, "rejection"},
		{"no rejection", ie.Cause{Value: ie.CauseCallRejected}, ""},
		{"elements", ie.Cause{Value: ie.CauseMandatoryMissing, Diagnostic: []byte{0x59, 0x5e}}, "elements"},
		{"type", ie.Cause{Value: ie.CauseMessageNotCompatible, Diagnostic: []byte{0x05}}, "type"},
		{"no type", ie.Cause{Value: ie.CauseMessageNotCompatible}, ""},
		{"timer", ie.Cause{Value: ie.CauseTimerExpiry, Diagnostic: []byte("308")}, "timer"},
		{"channel", ie.Cause{Value: ie.CauseChannelDoesNotExist, Diagnostic: []byte{0, 1, 0, 2}}, "channel"},
		{"half a channel", ie.Cause{Value: ie.CauseChannelDoesNotExist, Diagnostic: []byte{0, 1}}, ""},
	} {
		got := ""
		if d, ok := row.c.Condition(); ok {
			got += "condition"
			if d != cond {
				t.Errorf("%s: %+v", row.name, d)
			}
		}
		if d, ok := row.c.Rejection(); ok {
			got += "rejection"
			if diff := cmp.Diff(rej, d); diff != "" {
				t.Errorf("%s: %s", row.name, diff)
			}
		}
		if ids := row.c.Elements(); ids != nil {
			got += "elements"
			if !slices.Equal(ids, []ie.ID{ie.IDTD, ie.IDBearer}) {
				t.Errorf("%s: %v", row.name, ids)
			}
		}
		if typ, ok := row.c.MessageType(); ok {
			got += "type"
			if typ != 5 {
				t.Errorf("%s: %d", row.name, typ)
			}
		}
		if s := row.c.Timer(); s != "" {
			got += "timer"
			if s != "308" {
				t.Errorf("%s: %s", row.name, s)
			}
		}
		if vpci, vci, ok := row.c.Channel(); ok {
			got += "channel"
			if vpci != 1 || vci != 2 {
				t.Errorf("%s: %d/%d", row.name, vpci, vci)
			}
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// TestNumbers proves the constructors and accessors of numbers.
func TestNumbers(t *testing.T) {
	a := ie.NewAESA([20]byte{0x49, 19: 7})
	if s, ok := a.AESA(); !ok || s != [20]byte{0x49, 19: 7} || a.Digits() != "" || a.String() != "4900000000000000000000000000000000000007" {
		t.Errorf("%+v", a)
	}
	if a != ie.NewAESA([20]byte{0x49, 19: 7}) {
		t.Error("equal addresses do not compare equal")
	}
	for digits, want := range map[string]bool{
		"": false, "1": true, "123456789012345": true, "1234567890123456": false, "12a": false,
		"12345678901234567890123": false, "+49": false,
	} {
		n, ok := ie.NewE164(digits)
		if ok != want || ok && (n.String() != digits || n.Digits() != digits) {
			t.Errorf("%q: %+v, %v", digits, n, ok)
		}
		if _, aesa := n.AESA(); aesa {
			t.Errorf("%q is an AESA", digits)
		}
	}
}

// TestOpt proves the optional subfield.
func TestOpt(t *testing.T) {
	if (ie.Opt[uint8]{}).Or(7) != 7 || ie.Some[uint8](0).Or(7) != 0 {
		t.Error("Or is wrong")
	}
}

// TestStateNames proves the names of states and locations, and the numbers of unknown ones.
func TestStateNames(t *testing.T) {
	for _, row := range []struct {
		got  interface{ String() string }
		want string
	}{
		{ie.CallActive, "active"},
		{ie.CallStateValue(5), "state 5"},
		{ie.EndpointActive, "active"},
		{ie.EndpointStateValue(0x3f), "party state 63"},
		{ie.LocationBeyond, "network beyond the interworking point"},
		{ie.Location(6), "location 6"},
		{ie.Location(16), "location 16"},
		{ie.RestartAll, "all channels"},
		{ie.RestartClass(5), "restart class 5"},
		{ie.ATCABR, "ABR"},
		{ie.ATC(6), "ATC 6"},
		{&ie.AAL{Type: ie.AAL34}, "AAL3/4"},
		{&ie.AAL{Type: ie.AALUser}, "AAL user-defined"},
		{&ie.AAL{Type: 9}, "AAL 9"},
		{&ie.ConnID{Exclusive: ie.NoVCI, VPCI: 3}, "3/none"},
	} {
		if row.got.String() != row.want {
			t.Errorf("%v, want %s", row.got, row.want)
		}
	}
}
