package msg_test

import (
	"bytes"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// wide is a SETUP of UNI 4.0 with all that older editions write otherwise or lack.
func wide() *msg.Message {
	m := setup()
	m.CallRef = msg.CallRef{Value: 1}
	m.AAL = &ie.AAL{Type: ie.AAL5, FwdMaxSDU: ie.Some[uint16](9180), BwdMaxSDU: ie.Some[uint16](9180), SSCS: ie.Some(ie.SSCSNull)}
	m.Bearer = &ie.Bearer{Class: ie.BCOBX}
	m.TD = &ie.TD{BestEffort: true}
	m.TD.Fwd.PCR01, m.TD.Bwd.PCR01 = ie.Some[uint32](353207), ie.Some[uint32](353207)
	m.TD.Fwd.Discard = true
	m.QoS = &ie.QoS{}
	m.ConnID = &ie.ConnID{Exclusive: ie.AnyVCI}
	m.UserUser = &ie.UserUser{Data: []byte{0, 1}}
	m.TransitDelay = &ie.TransitDelay{Cumulative: ie.Some[uint16](5)}
	m.ExtQoS = &ie.ExtQoS{}
	m.MinTD = &ie.TD{}
	return m
}

// TestDialectSetup proves the coding of SETUP in the three editions (af-sig-0061, UNI 3.1 and UNI
// 3.0 5.4.5), octet by octet.
func TestDialectSetup(t *testing.T) {
	const aal, td = "58800009 058c23dc8123dc8400", "59800009 840563b7850563b7be"
	for _, row := range []struct {
		profile       msg.Profile
		aal, bearer   string
		qos           string
		left          int
		stillHasFrame bool
	}{
		{msg.UNI31, aal, "5e800002 9080", "5c800002 0000", 4, false},
		{msg.UNI30, "5880000b 058c23dc8123dc83018400", "5e800003 108080", "5ce00002 0000", 4, false},
	} {
		in := wide()
		before := *in
		out, left := in.For(row.profile)
		if left != row.left {
			t.Errorf("%s: %d elements left out, want %d", row.profile, left, row.left)
		}
		if diff := cmp.Diff(&before, in); diff != "" {
			t.Errorf("%s: the message changed\n%s", row.profile, diff)
		}
		b, err := out.AppendProfile(nil, row.profile)
		if err != nil {
			t.Fatalf("%s: %v", row.profile, err)
		}
		called, err := ie.Append(nil, ie.IDCalledNumber, in.Called)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Concat(unhex(t, row.aal+td+row.bearer), called, unhex(t, row.qos))
		if !bytes.Equal(b[msg.HeaderLen:], want) {
			t.Errorf("%s:\n%x, want\n%x", row.profile, b[msg.HeaderLen:], want)
		}
		// Reading is liberal: every edition reads what another writes.
		for _, p := range []msg.Profile{msg.UNI40, msg.UNI31, msg.UNI30} {
			if _, v, err := msg.Decode(b, msg.Options{Profile: p}); err != nil || v.Decision != msg.Accept {
				t.Errorf("%s read as %s: %v %d, %v", row.profile, p, v.Decision, v.Cause, err)
			}
		}
	}
	if out, left := wide().For(msg.UNI40); left != 0 || out.UserUser == nil {
		t.Error("UNI 4.0 is changed")
	}
}

// TestDialectTypes proves which messages UNI 3.x lacks: they are not sent, and are of unknown type
// when they come.
func TestDialectTypes(t *testing.T) {
	lacking := []msg.Type{
		msg.Alerting, msg.Notify, msg.PartyAlerting, msg.LeafSetupFailure, msg.LeafSetupRequest, msg.ModifyRequest,
		msg.ModifyAck, msg.ModifyReject, msg.ConnectionAvailable, msg.Progress, msg.SetupAck, msg.Information,
		msg.Facility, msg.CoBiSetup,
	}
	for _, p := range []msg.Profile{msg.UNI31, msg.UNI30} {
		for typ := range 256 {
			typ := msg.Type(typ)
			known := slices.Contains(msg.Types(msg.Q2931), typ) && !slices.Contains(lacking, typ)
			if p.Has(typ) != known {
				t.Errorf("%s has %s: %v", p, typ, p.Has(typ))
			}
			m := &msg.Message{CallRef: msg.CallRef{Value: 1}, Type: typ}
			out, _ := m.For(p)
			if _, err := out.AppendProfile(nil, p); err == nil && !known {
				t.Errorf("%s writes %s", p, typ)
			}
			_, v, err := msg.Decode(packet(t, typ), msg.Options{Profile: p})
			if err != nil || v.UnknownType == known {
				t.Errorf("%s reads %s: unknown %v, %v", p, typ, v.UnknownType, err)
			}
		}
	}
}

// editions pairs each edition of the UNI with a value.
func editions[T any](u40, u31, u30 T) iter.Seq2[msg.Profile, T] {
	return func(yield func(msg.Profile, T) bool) {
		_ = yield(msg.UNI40, u40) && yield(msg.UNI31, u31) && yield(msg.UNI30, u30)
	}
}

// TestDialectCauses proves the causes that the editions write otherwise.
func TestDialectCauses(t *testing.T) {
	for _, row := range []struct {
		cause      ie.CauseValue
		u40, u31   ie.CauseValue
		u30        ie.CauseValue
		diagnostic []byte
	}{
		{cause: 16, u40: 16, u31: 16, u30: 31},
		{cause: 36, u40: 36, u31: 36, u30: 10},
		{cause: 10, u40: 10, u31: 36, u30: 10},
		{cause: 37, u40: 37, u31: 37, u30: 51, diagnostic: []byte{0x84}},
		{cause: 51, u40: 51, u31: 37, u30: 51},
		{cause: 93, u40: 93, u31: 78, u30: 93},
		{cause: 78, u40: 78, u31: 78, u30: 93},
		{cause: 98, u40: 98, u31: 101, u30: 101, diagnostic: []byte{0x07}},
		{cause: 32, u40: 32, u31: 92, u30: 92},
		{cause: 92, u40: 92, u31: 92, u30: 92},
		{cause: 31, u40: 31, u31: 31, u30: 31},
	} {
		in := &msg.Message{Type: msg.Release, Causes: []ie.Cause{{Value: row.cause, Diagnostic: row.diagnostic}, {Value: 102}}}
		for p, want := range editions(row.u40, row.u31, row.u30) {
			out, _ := in.For(p)
			if out.Causes[0].Value != want || out.Causes[1].Value != 102 || !bytes.Equal(out.Causes[0].Diagnostic, row.diagnostic) {
				t.Errorf("%s: %v for %d, want %d", p, out.Causes, row.cause, want)
			}
			if in.Causes[0].Value != row.cause {
				t.Fatalf("%s changed the message", p)
			}
			out.CallRef.Value = 1
			b, err := out.AppendProfile(nil, p)
			if err != nil {
				continue // values of other editions
			}
			if p == msg.UNI30 && want == 31 {
				want = 16 // the ordinary release
			}
			if got, _, err := msg.Decode(b, msg.Options{Profile: p}); err != nil || got.Causes[0].Value != want {
				t.Errorf("%s: read %v, %v, want %d", p, got.Causes, err, want)
			}
		}
	}
}

// TestDialectBearer proves octet 5a of the bearer capability in UNI 3.x (5.4.5.7).
func TestDialectBearer(t *testing.T) {
	for _, row := range []struct {
		class    ie.BearerClass
		atc      ie.Opt[ie.ATC]
		u31, u30 string
	}{
		{ie.BCOBX, ie.Some(ie.ATCCBR), "1085", "1085"},
		{ie.BCOBX, ie.Some(ie.ATCCBRCLR01), "1085", "1085"},
		{ie.BCOBX, ie.Some(ie.ATCRTVBR01), "1089", "1089"},
		{ie.BCOBX, ie.Some(ie.ATCRTVBR), "1089", "1089"},
		{ie.BCOBX, ie.Some(ie.ATCNRTVBR01), "108a", "108a"},
		{ie.BCOBX, ie.Opt[ie.ATC]{}, "90", "1080"},
		{ie.BCOBC, ie.Some(ie.ATCNRTVBR01), "83", "83"},
		{ie.BCOBA, ie.Some(ie.ATCCBRCLR01), "81", "81"},
	} {
		m := setup()
		m.Bearer = &ie.Bearer{Class: row.class, ATC: row.atc}
		for p, want := range editions("", row.u31, row.u30) {
			if p == msg.UNI40 {
				continue
			}
			out, _ := m.For(p)
			if _, err := out.AppendProfile(nil, p); err != nil {
				t.Errorf("%s: %v", p, err)
			}
			b, err := out.Bearer.AppendContents(ie.IDBearer, nil)
			if err != nil || !bytes.Equal(b, unhex(t, want+"80")) {
				t.Errorf("%s: %x, %v, want %s80", p, b, err, want)
			}
		}
	}
}

// TestDialectEndpoint proves that UNI 3.0 has no direction in the endpoint reference flag.
func TestDialectEndpoint(t *testing.T) {
	for _, fromRoot := range []bool{true, false} {
		m := &msg.Message{
			CallRef: msg.CallRef{Value: 1, Flag: !fromRoot}, Type: msg.StatusEnquiry,
			EndpointRef: &ie.EndpointRef{Value: 5, RefFlag: !fromRoot},
		}
		for p, flag := range editions(!fromRoot, !fromRoot, false) {
			out, _ := m.For(p)
			b, err := out.AppendProfile(nil, p)
			if err != nil || b[14]&0x80 != 0 != flag {
				t.Errorf("%s: wrote %x, %v", p, b, err)
			}
			got, _, err := msg.Decode(b, msg.Options{Profile: p})
			if err != nil || got.EndpointRef.RefFlag == fromRoot {
				t.Errorf("%s: read %+v, %v", p, got.EndpointRef, err)
			}
		}
	}
}

// TestDialectLength proves cause 104 of UNI 3.1, which any other fault goes before.
func TestDialectLength(t *testing.T) {
	for _, row := range []struct {
		name     string
		profile  msg.Profile
		typ      msg.Type
		elements string
		want     msg.Ruling
	}{
		{"UNI 4.0", msg.UNI40, msg.StatusEnquiry, "", msg.Ruling{}},
		{"UNI 3.0", msg.UNI30, msg.StatusEnquiry, "", msg.Ruling{}},
		{"UNI 3.1", msg.UNI31, msg.StatusEnquiry, "", msg.Ruling{Decision: msg.AcceptAndReport, Cause: 104}},
		{"UNI 3.1, SETUP", msg.UNI31, msg.Setup, hexSetup, msg.Ruling{Decision: msg.AcceptAndReport, Cause: 104}},
		{"UNI 3.1, RELEASE", msg.UNI31, msg.Release, hexCause, msg.Ruling{Decision: msg.AcceptAndReport, Cause: 104}},
		{"UNI 3.1, RELEASE COMPLETE", msg.UNI31, msg.ReleaseComplete, "", msg.Ruling{}},
		{"UNI 3.1, bad element", msg.UNI31, msg.Setup, hexSetup + hexBadAAL, msg.Ruling{Decision: msg.AcceptAndReport, Cause: 43, Diagnostics: []byte{0x58}}},
		{"UNI 3.1, element missing", msg.UNI31, msg.Setup, hexTD, msg.Ruling{Decision: msg.Reject, Cause: 96, Diagnostics: []byte{0x5e, 0x70, 0x5c}}},
	} {
		for _, off := range []int{-1, 1} {
			b := packet(t, row.typ, row.elements)
			length := len(b) - msg.HeaderLen + off
			b[7], b[8] = byte(length>>8), byte(length)
			_, v, err := msg.Decode(b, msg.Options{Profile: row.profile})
			if err != nil || !v.LengthMismatch {
				t.Fatalf("%s: %v", row.name, err)
			}
			if diff := cmp.Diff(row.want, v.Ruling); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", row.name, diff)
			}
		}
	}
}

// TestProfileNames proves that names are read back, and others refused.
func TestProfileNames(t *testing.T) {
	for _, p := range []msg.Profile{msg.UNI40, msg.UNI31, msg.UNI30} {
		if got, err := msg.ParseProfile(p.String()); err != nil || got != p {
			t.Errorf("%s: %v, %v", p, got, err)
		}
	}
	if p, err := msg.ParseProfile(""); err != nil || p != msg.UNI40 {
		t.Errorf("empty: %v, %v", p, err)
	}
	for _, s := range []string{"uni5", "q.2931", "UNI4.0"} {
		if _, err := msg.ParseProfile(s); err == nil {
			t.Errorf("%q is read", s)
		}
	}
}
