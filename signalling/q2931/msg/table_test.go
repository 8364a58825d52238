package msg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// carried is the table of signalling.md 5 for UNI 4.0: the elements of each message in hexadecimal
// with the number of copies, those that are always mandatory marked with M.
var carried = map[string]string{
	"SETUP":                  "59M 5EM 70M 5C 5A 54 58 5D 63 5Fx3 71x2 6C 6Dx2 42 27 62 78x4 82 81 7E 7Fx3 E8 E9 EA EC 84 E4 EB 89 F0 5B",
	"CALL PROCEEDING":        "5A 54 27",
	"ALERTING":               "5A 54 27 7Fx3 7E 89",
	"PROGRESS":               "1EMx2 27 7E",
	"CONNECT":                "5A 54 58 5F 27 4C 4D 42 7Fx3 7E 59 EC 84 E4 89",
	"CONNECT ACKNOWLEDGE":    "27",
	"RELEASE":                "08Mx2 27 7Fx3 7E",
	"RELEASE COMPLETE":       "08x2 7Fx3 7E",
	"STATUS":                 "14M 08M 54 55",
	"STATUS ENQUIRY":         "54",
	"NOTIFY":                 "27M 54",
	"RESTART":                "79M 5A",
	"RESTART ACKNOWLEDGE":    "79M 5A",
	"ADD PARTY":              "70M 54M 58 5D 5F 71x2 6C 6Dx2 62 78x4 27 42 7E 7Fx3 EA",
	"ADD PARTY ACKNOWLEDGE":  "54M 58 5F 27 42 4C 4D 7E 7Fx3",
	"PARTY ALERTING":         "54M 27 7E 7Fx3",
	"ADD PARTY REJECT":       "08M 54M 7E 7Fx3",
	"DROP PARTY":             "08M 54M 27 7E 7Fx3",
	"DROP PARTY ACKNOWLEDGE": "54M 08 7E 7Fx3",
	"LEAF SETUP REQUEST":     "6CM 70M E8M EAM 78x4 6Dx2 71x2",
	"LEAF SETUP FAILURE":     "08M EAM 70 71 78x4",
	"MODIFY REQUEST":         "59M 82 81 27 7Fx3",
	"MODIFY ACKNOWLEDGE":     "89 59 27 7Fx3",
	"MODIFY REJECT":          "08M 27 7Fx3",
	"CONNECTION AVAILABLE":   "27 7Fx3 89",
}

// old31 are the elements of UNI 3.1.
const old31 = "08 14 54 55 58 59 5A 5C 5D 5E 5F 62 63 6C 6D 70 71 78 79"

// TestCarried compares the message table with the lists above, for UNI 4.0 and for UNI 3.1.
func TestCarried(t *testing.T) {
	types := msg.Types(msg.UNI40)
	if len(types) != len(carried) {
		t.Errorf("%d message types, want %d", len(types), len(carried))
	}
	for _, typ := range types {
		want := strings.Fields(carried[typ.String()])
		slices.Sort(want)
		if got := slots(typ, msg.UNI40); !slices.Equal(got, want) {
			t.Errorf("%s carries\n%v, want\n%v", typ, got, want)
		}
		if slices.Contains([]msg.Type{
			msg.Alerting, msg.Notify, msg.Progress, msg.PartyAlerting, msg.LeafSetupFailure, msg.LeafSetupRequest,
			msg.ModifyRequest, msg.ModifyAck, msg.ModifyReject, msg.ConnectionAvailable,
		}, typ) {
			want = nil
		}
		want = slices.DeleteFunc(want, func(s string) bool {
			return !strings.Contains(old31, s[:2]) || typ == msg.Connect && s == "59"
		})
		for _, p := range []msg.Profile{msg.UNI31, msg.UNI30} {
			if got := slots(typ, p); !slices.Equal(got, want) {
				t.Errorf("profile %d: %s carries\n%v, want\n%v", p, typ, got, want)
			}
		}
	}
}

// slots writes the slots of a message as the lists above do. Whether an element is mandatory is
// asked of Decode.
func slots(typ msg.Type, p msg.Profile) []string {
	_, v, err := msg.Decode([]byte{9, 3, 0, 0, 1, byte(typ), 0x80, 0, 0}, msg.Options{Profile: p})
	if err != nil {
		return []string{err.Error()}
	}
	var s []string
	for _, x := range msg.Slots(typ, p) {
		w := fmt.Sprintf("%02X", uint8(x.ID))
		if x.ID != ie.IDQoS && slices.ContainsFunc(v.Findings, func(f msg.Finding) bool { return f.ID == x.ID && f.Mandatory }) {
			w += "M"
		}
		if x.Copies > 1 {
			w += fmt.Sprintf("x%d", x.Copies)
		}
		s = append(s, w)
	}
	slices.Sort(s)
	return s
}

// TestDiagnosticsFit proves that the diagnostics of a decision always fit into a cause.
func TestDiagnosticsFit(t *testing.T) {
	var unknown strings.Builder
	for i := range 40 {
		fmt.Fprintf(&unknown, "%02x800001 01", 0x90+i)
	}
	_, v, err := msg.Decode(packet(t, msg.Connect, unknown.String()), msg.Options{})
	if err != nil || len(v.Diagnostics) != 28 || v.Diagnostics[27] != 0x90+27 {
		t.Fatalf("%x, %v", v.Diagnostics, err)
	}
	status := msg.Message{
		CallRef: msg.CallRef{Value: 1}, Type: msg.Status, CallState: &ie.CallState{State: ie.CallActive},
		Causes: []ie.Cause{{Value: v.Cause, Diagnostic: v.Diagnostics}},
	}
	if _, err := status.Append(nil); err != nil {
		t.Error(err)
	}
}
