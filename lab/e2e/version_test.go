package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/signalling/cm"
)

// TestProtocolVersions: a client of every minor version, and of later ones, makes a call through the daemon. What it has not
// said to know, and what the daemon does not know, is refused with words and counted, and harms no call.
func TestProtocolVersions(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	watch := dial(t, alice)
	l, err := dial(t, bob).Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	go acceptAll(t.Context(), l)
	for minor := range uint32(cm.MinorVersion + 3) {
		t.Run(fmt.Sprint("1.", minor), func(t *testing.T) {
			c := rawOpenMinor(t, alice, minor)
			vc, _, _ := c.rings(bob.Address)
			refused := 0
			for _, tc := range []struct {
				minor uint32
				op    *cmdpb.ClientMessage
			}{
				{1, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
					Parameters: &cmdpb.CallParameters{Called: alice.Address},
				}}}},
				{2, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_List{List: &cmdpb.List{Kind: cmdpb.ListKind_PVCS}}}},
				{2, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeletePvc{DeletePvc: &cmdpb.DeletePVC{}}}},
			} {
				before := refusedMessages(t, watch)
				r := c.ask(tc.op)
				want := fmt.Sprintf("is of version 1.%d of the protocol; the client has said 1.%d in OpenAF", tc.minor, minor)
				if got := strings.HasSuffix(r.GetDetail(), want); got != (minor < tc.minor) || got && r.GetStatus() != cmdpb.Status_NOT_SUPPORTED {
					t.Errorf("%v is answered with %v", tc.op, r)
				} else if got {
					refused++
					if n := refusedMessages(t, watch) - before; n != 1 {
						t.Errorf("%v is counted %d times", tc.op, n)
					}
				}
			}
			if want := max(0, 2-int(minor)) + map[bool]int{true: 1}[minor < 2]; refused != want {
				t.Errorf("%d requests were refused for the version, want %d", refused, want)
			}
			unknownOperation(t, c, watch)
			c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: vc}}})
			c.await("the completion of CloseCall", func(m *cmdpb.ServerMessage) bool { return m.GetCloseCallComplete() != nil })
			for _, op := range []*cmdpb.ClientMessage{
				{Op: &cmdpb.ClientMessage_RingDone{RingDone: &cmdpb.RingDone{Vc: vc}}},
				{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: vc}}},
			} {
				if r := c.ask(op); r.GetStatus() != cmdpb.Status_SUCCESS {
					t.Errorf("%v: %v", op, r)
				}
			}
		})
	}
	awaitEmpty(t, alice, bob)
}

// unknownOperation sends an operation and a field of a later version.
func unknownOperation(t *testing.T, c *rawClient, watch *client.Conn) {
	t.Helper()
	later := protowire.AppendBytes(protowire.AppendTag(nil, 4000, protowire.BytesType), []byte("of a later version"))
	operation := new(cmdpb.ClientMessage)
	operation.ProtoReflect().SetUnknown(later)
	field := createVC()
	field.GetCreateVc().ProtoReflect().SetUnknown(later)
	for _, tc := range []struct {
		m     proto.Message
		words string
	}{
		{operation, "does not know the operation"},
		{field, "field 4000 of CreateVC is not known to this daemon"},
	} {
		before := refusedMessages(t, watch)
		r := c.ask(tc.m.(*cmdpb.ClientMessage))
		if r.GetStatus() != cmdpb.Status_NOT_SUPPORTED || !strings.Contains(r.GetDetail(), tc.words) {
			t.Errorf("%v is answered with %v, want %q", tc.m, r, tc.words)
		}
		if n := refusedMessages(t, watch) - before; n != 1 {
			t.Errorf("%v is counted %d times", tc.m, n)
		}
	}
}

// refusedMessages returns how many requests a daemon has refused for what they are.
func refusedMessages(t *testing.T, c *client.Conn) uint64 {
	t.Helper()
	s, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return counter(s.GetCounters(), "api_bad_messages")
}

// TestWrongMajor: a client of another major version is told so, and what to do, by the daemon's answer.
func TestWrongMajor(t *testing.T) {
	t.Parallel()
	alice, _ := pair(t, lab.Config{})
	for major, words := range map[uint32]string{
		0: "the client speaks version 0.0 of the protocol, the daemon 1.2: update the client",
		2: "the client speaks version 2.0 of the protocol, the daemon 1.2: update the daemon",
	} {
		c := rawDial(t, alice)
		r := c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: major}}})
		if words = strings.ReplaceAll(words, "1.2", fmt.Sprint("1.", cm.MinorVersion)); r.GetStatus() != cmdpb.Status_VERSION_MISMATCH || r.GetDetail() != words {
			t.Errorf("%v, want %q", r, words)
		}
		// It may go on as one of this version.
		if r := c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: 1}}}); r.GetStatus() != cmdpb.Status_SUCCESS {
			t.Errorf("OpenAF of version 1.0: %v", r)
		}
	}
}
