package api_test

import (
	"testing"

	"callmanager/api/cmdpb"
)

// restartOf is the operation; a negative number is none.
func restartOf(link string, vpi, vci int) *cmdpb.ClientMessage {
	op := &cmdpb.Restart{Link: link}
	if vpi >= 0 {
		v := uint32(vpi)
		op.Vpi = &v
	}
	if vci >= 0 {
		v := uint32(vci)
		op.Vci = &v
	}
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Restart{Restart: op}}
}

// TestRestart: PENDING and one completion, or a refusal of what makes no sense.
func TestRestart(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	for _, tc := range []struct{ vpi, vci int }{{-1, -1}, {0, -1}, {14, 65535}} {
		r := c.want(cmdpb.Status_PENDING, restartOf("a", tc.vpi, tc.vci))
		m, _ := c.receive()
		if d := m.GetRestartComplete(); d.GetRequest() != r.GetRequest() || d.GetStatus() != cmdpb.Status_SUCCESS || d.GetCleared() != 0 {
			t.Errorf("%v: %v", tc, m)
		}
	}
	for _, tc := range []struct {
		link     string
		vpi, vci int
	}{{"b", -1, -1}, {"", -1, -1}, {"a", 15, -1}, {"a", 0, 31}, {"a", 0, 65536}, {"a", -1, 40}} {
		c.want(cmdpb.Status_INVALID_DATA, restartOf(tc.link, tc.vpi, tc.vci))
	}
	c.alive()
}

// TestRestartGone: a client that goes before the answer leaves nothing behind.
func TestRestartGone(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	if err := h.peer.Crash(); err != nil {
		t.Fatal(err)
	}
	c.want(cmdpb.Status_PENDING, restartOf("a", 0, 40))
	c.close()
	h.wantClients(t, 0)
}
