package e2e_test

import (
	"os"
	"regexp"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/vc"
)

// TestUDPCell has two daemons that send each other cells in datagrams of UDP: calls come about and SDUs arrive as
// they were.
func TestUDPCell(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{ATMTCP: true})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	ends := regexp.MustCompile(`(?m)^(listen|connect|peer) = .*\n`)
	for h, line := range map[*lab.Host]string{
		alice: "listen = \"192.0.2.1:4000\"\nconnect = \"192.0.2.2:4001\"\n",
		bob:   "listen = \"192.0.2.2:4001\"\nconnect = \"192.0.2.1:4000\"\n",
	} {
		text, err := os.ReadFile(h.Config())
		if err != nil {
			t.Fatal(err)
		}
		text = ends.ReplaceAll(text, nil)
		text = regexp.MustCompile(`transport = "atmtcp"\n`).ReplaceAll(text, []byte("transport = \"udp-cell\"\n"+line))
		if err := os.WriteFile(h.Config(), text, 0o600); err != nil {
			t.Fatal(err)
		}
		start(t, h)
	}
	awaitLinks(t, l)
	from, to := dial(t, alice), dial(t, bob)
	if l := linkOf(t, from); l.GetMode() != "udp-cell" || l.GetPeer() != "192.0.2.2:4001" || l.GetInterface() != "udp" {
		t.Errorf("link %v", l)
	}
	flow := &cmdpb.Flow{MaxSdu: vc.MaxSDULen}
	o := client.CallOptions{Contract: &cmdpb.Contract{Forward: flow, Backward: flow}}
	calling, called := mustConnect(t, from, to, bob, 1, &o)
	for _, way := range [][2]*client.VC{{calling, called}, {called, calling}} {
		for n, size := range []int{1, 40, 41, 1492, 9180, calling.MaxSend()} {
			if err := carry(t.Context(), way[0], way[1], n, size); err != nil {
				t.Error(err)
			}
		}
	}
	hangUp(t, calling, called)
	awaitEmpty(t, alice, bob)
}
