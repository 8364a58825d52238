package msg_test

import (
	"testing"

	"callmanager/signalling/q2931/msg"
)

// TestSummary proves the lines of the ladder.
func TestSummary(t *testing.T) {
	for _, row := range []struct {
		in   []byte
		want string
	}{
		{
			packet(t, msg.Setup, hexAAL, hexTD, hexBearer, hexCalled, hexQoS),
			"SETUP 1 to 4700918100000000000000000000000000000101 BCOB-X best effort PCR 353207/353207 AAL5 9188/9188",
		},
		{
			packet(t, msg.Setup, "58800008 0185018640870006", "5980001a 8400271085002710900003e8890003e8b0000010a1000010bf02", "5e800003 109381", hexCalled, hexRef, "5ce00002 0302"),
			"SETUP 1 to 4700918100000000000000000000000000000101 BCOB-X rt-VBR point-to-multipoint PCR 10000/10000 SCR 1000/- SCR0 -/1000 MBS 16/- MBS0 -/16 AAL1 QoS 3/2 party 5",
		},
		{packet(t, msg.CallProceeding, hexConnID, "54800003 008005"), "CALL PROCEEDING 1 0/64 party 5'"},
		{packet(t, msg.Connect, "5a800005 8100000000", "4c800005 9131323334"), "CONNECT 1 connected 1234 same/any"},
		{packet(t, msg.Release, hexCause, "08800005 82e6333038"), "RELEASE 1 cause 16 normal call clearing cause 102 recovery on timer expiry at public network of the local user (T308)"},
		{packet(t, msg.Release, "08800003 80e558 33800001 01"), "RELEASE 1 cause 101 message not compatible with call state (type 58) unknown 33"},
		{packet(t, msg.ReleaseComplete, "08800004 80e45859"), "RELEASE COMPLETE 1 cause 100 invalid information element contents (AAL parameters, ATM traffic descriptor)"},
		{packet(t, msg.Release, "08800003 859088", "7e800002 0401"), "RELEASE 1 cause 16 normal call clearing at private network of the remote user (88) user-user 2 octets"},
		{packet(t, msg.Status, hexState, "08800002 80 9e", hexRef, "55800001 0b"), "STATUS 1 party 5 state active party state drop party initiated cause 30 response to STATUS ENQUIRY"},
		{packet(t, msg.Notify, "27800002 0102"), "NOTIFY 1 notification 0102"},
		{packet(t, msg.Release, "08800002 80fe"), "RELEASE 1 cause 126 cause 126"},
		{packet(t, msg.ModifyRequest, "59800008 840000648500000a", "8280000a 84000064850000c8bfc0", "81800004 84000032"), "MODIFY REQUEST 1 PCR 100/10 or PCR 100/200 at least PCR 50/-"},
		{unhex(t, "09038000004e80000579 80000182"), "RESTART ACKNOWLEDGE global' all channels"},
		{unhex(t, "09037fffff3380000000"), "message 0x33 dummy"},
	} {
		m, _, err := msg.Decode(row.in, msg.Options{})
		if err != nil {
			t.Errorf("%x: %v", row.in, err)
			continue
		}
		if got := m.String(); got != row.want {
			t.Errorf("%x:\n got %s\nwant %s", row.in, got, row.want)
		}
	}
}
