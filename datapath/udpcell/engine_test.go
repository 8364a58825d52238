package udpcell_test

import (
	"bytes"
	"context"
	"testing"

	"callmanager/datapath/internal/linktest"
	"callmanager/datapath/ring"
	"callmanager/datapath/udpcell"
	"callmanager/vc"
)

func newNode(t *testing.T, cfg udpcell.Config) *linktest.Node {
	t.Helper()
	tr, err := udpcell.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return linktest.NewNode(t, tr)
}

// TestEngines carries signalling and data between two engines.
func TestEngines(t *testing.T) {
	addrA, addrB := twoPorts(t)
	a, b := newNode(t, udpcell.Config{Local: addrA, Peer: addrB}), newNode(t, udpcell.Config{Local: addrB, Peer: addrA})
	for _, n := range []*linktest.Node{a, b} {
		if st := n.Await(true); st.MaxSDU != udpcell.MaxSDU {
			t.Errorf("status %+v", st)
		}
	}
	for _, way := range [][2]*linktest.Node{{a, b}, {b, a}} {
		way[0].Channel(1).Send([]byte("setup"))
		if got := way[1].Hear(); got != "setup" {
			t.Errorf("signalling is %q", got)
		}
	}
	flow := vc.Flow{PCR: 1 << 20, MaxSDU: udpcell.MaxSDU}
	endA, endB := a.Open(7, flow), b.Open(8, flow)
	buf := make([]byte, udpcell.MaxSDU)
	for i, n := range []int{1, 40, 41, 1500, 9180, udpcell.MaxSDU} {
		for _, way := range [][2]*ring.Endpoint{{endA, endB}, {endB, endA}} {
			want := bytes.Repeat([]byte{byte(i + 1)}, n)
			m := ring.Meta{UU: uint8(0x55 * i), Flags: ring.Flags(i) & (ring.CLP | ring.EFCI)}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if err := way[0].Send(ctx, ring.Record{Payload: want, Meta: m}); err != nil {
				t.Fatal(err)
			}
			got, gotMeta, err := way[1].Receive(ctx, buf)
			cancel()
			if err != nil || !bytes.Equal(want, buf[:got]) || gotMeta != m {
				t.Fatalf("an SDU of %d octets with %+v came as %d with %+v, %v", n, m, got, gotMeta, err)
			}
		}
	}
}
