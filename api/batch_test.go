package api_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
)

// clientBatch is several requests in one datagram.
func clientBatch(ms ...*cmdpb.ClientMessage) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Batch{Batch: &cmdpb.ClientBatch{Messages: ms}}}
}

// openMinor opens the address family of a client of a minor version.
func (h *host) openMinor(t *testing.T, minor uint32) *rawClient {
	t.Helper()
	c := h.connect(t)
	r := c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{
		OpenAf: &cmdpb.OpenAF{Major: cm.MajorVersion, Minor: minor, Name: "raw"},
	}})
	if got := r.GetOpenAf().GetMinor(); got != cm.MinorVersion {
		t.Errorf("the daemon speaks minor version %d", got)
	}
	return c
}

// receiveAll returns so many messages, those of batches one by one, and how many batches there were.
func (c *rawClient) receiveAll(n int) (ms []*cmdpb.ServerMessage, batches int) {
	c.t.Helper()
	for len(ms) < n {
		m, fds := c.receive()
		closeAll(fds)
		if m == nil {
			c.t.Fatalf("the end after %d messages of %d", len(ms), n)
		}
		if b := m.GetBatch(); b != nil {
			ms = append(ms, b.GetMessages()...)
			batches++
			continue
		}
		ms = append(ms, m)
	}
	return ms, batches
}

// The requests of a batch are answered in their order, bad ones like others; a batch within one is refused. Those of a client that has not
// said to know batches are all refused, and counted.
func TestClientBatch(t *testing.T) {
	h := startHost(t)
	for minor := range uint32(2) {
		c := h.openMinor(t, minor)
		var ops []*cmdpb.ClientMessage
		var want []cmdpb.Status
		add := func(s cmdpb.Status, m *cmdpb.ClientMessage) {
			m.Request = uint64(100 + len(ops))
			ops, want = append(ops, m), append(want, s)
		}
		for range 50 {
			add(cmdpb.Status_SUCCESS, createVC())
		}
		add(cmdpb.Status_INVALID_DATA, clientBatch(createVC()))
		add(cmdpb.Status_NOT_SUPPORTED, &cmdpb.ClientMessage{})
		add(cmdpb.Status_SUCCESS, getStatus())
		b, err := proto.Marshal(clientBatch(ops...))
		if err != nil {
			t.Fatal(err)
		}
		c.sendRaw(b)
		got, batches := c.receiveAll(len(ops))
		status := make(map[uint64]cmdpb.Status)
		for _, m := range got {
			status[m.GetReply().GetRequest()] = m.GetReply().GetStatus()
		}
		for i, s := range want {
			if minor == 0 {
				s = cmdpb.Status_NOT_SUPPORTED
			}
			if got := status[uint64(100+i)]; got != s {
				t.Errorf("request %d: %v, want %v", i, got, s)
			}
		}
		if minor == 0 && batches > 0 {
			t.Error("a client of version 1.0 gets batches")
		}
		c.alive()
		// An empty one is nothing.
		b, err = proto.Marshal(clientBatch())
		if err != nil {
			t.Fatal(err)
		}
		c.sendRaw(b)
		c.alive()
	}
}

// Batches hold what was queued, in its order, each within a datagram.
func TestServerBatches(t *testing.T) {
	var messages [][]byte
	var want []*cmdpb.ServerMessage
	for i := range 500 {
		n := i * i % 3000
		if i == 250 {
			n = api.MaxMessage - 40 // fills a datagram
		}
		m := &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Notification{Notification: &cmdpb.Notification{
			Vc: uint64(i), Indicator: make([]byte, n),
		}}}
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		messages, want = append(messages, b), append(want, m)
	}
	if n := len(api.Datagrams(messages, false)); n != len(messages) {
		t.Errorf("%d datagrams without batches, want %d", n, len(messages))
	}
	datagrams := api.Datagrams(messages, true)
	var got []*cmdpb.ServerMessage
	for _, d := range datagrams {
		m := new(cmdpb.ServerMessage)
		if err := proto.Unmarshal(d, m); err != nil || len(d) > api.MaxMessage {
			t.Fatalf("a datagram of %d octets: %v", len(d), err)
		}
		if b := m.GetBatch(); b != nil {
			got = append(got, b.GetMessages()...)
		} else {
			got = append(got, m)
		}
	}
	if !slices.EqualFunc(want, got, func(a, b *cmdpb.ServerMessage) bool { return proto.Equal(a, b) }) {
		t.Errorf("%d messages come as %d others", len(want), len(got))
	}
	if len(datagrams) > 20 {
		t.Errorf("%d datagrams", len(datagrams))
	}
}

// A call on a new VC, with kept rings, over a real daemon's socket: the second has no descriptors.
func TestKeptRingsOverTheSocket(t *testing.T) {
	h := startHost(t)
	c := h.openMinor(t, 1)
	n := c.send(makeCall(0, "peer"))
	m, fds := c.receive()
	r := m.GetReply()
	if r.GetRequest() != n || r.GetStatus() != cmdpb.Status_PENDING || r.GetHandle().GetHandle() == 0 || r.GetKept() != 0 || len(fds) != 2 {
		t.Fatalf("got %v with %d descriptors", m, len(fds))
	}
	closeAll(fds)
	first := r.GetHandle().GetHandle()
	c.closeKeeping(first)
	n = c.send(makeCall(0, "peer"))
	m, fds = c.receive()
	if b := m.GetBatch().GetMessages(); len(b) > 0 {
		m = b[0]
	}
	if r := m.GetReply(); r.GetRequest() != n || r.GetStatus() != cmdpb.Status_PENDING || r.GetKept() != first || len(fds) != 0 {
		t.Fatalf("got %v with %d descriptors, want the rings of VC %d", m, len(fds), first)
	}
}

// closeKeeping closes a call that is being set up, unless it has failed before, and keeps its rings.
func (c *rawClient) closeKeeping(vc uint64) {
	c.t.Helper()
	n := c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: vc}}})
	for done := false; !done; {
		ms, _ := c.receiveAll(1)
		for _, m := range ms {
			failed := m.GetReply().GetRequest() == n && m.GetReply().GetStatus() == cmdpb.Status_FAILURE
			done = done || failed || m.GetCloseCallComplete() != nil
		}
	}
	c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{RingDone: &cmdpb.RingDone{Vc: vc, Keep: true}}})
}
