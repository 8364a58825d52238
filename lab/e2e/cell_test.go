package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/vc"
)

// cellPair starts two hosts whose link is in cell mode.
func cellPair(t *testing.T, lines string) (alice, bob *lab.Host) {
	t.Helper()
	l := prepare(t, lab.Config{})
	alice, bob = l.Hosts()[0], l.Hosts()[1]
	for _, h := range l.Hosts() {
		configure(t, h, "mode = \"cell\"\n"+lines)
		start(t, h)
	}
	awaitLinks(t, l)
	return alice, bob
}

// TestCellMode: two hosts with cells between them, signalling included, in every form that the configuration
// knows. SDUs of all sizes arrive as they were, and no cell is lost.
func TestCellMode(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"defaults":       "",
		"bare":           "control_word = false\ncell_delay = \"0us\"\n",
		"another label":  "cell_label = 65535\n",
		"a cell a frame": "cells_per_frame = 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice, bob := cellPair(t, lines)
			from, to := dial(t, alice), dial(t, bob)
			calling, called := mustConnect(t, from, to, bob, 1, nil)
			if calling.MaxSend() != 9180 {
				t.Errorf("a call of no size has %d octets, want 9180", calling.MaxSend())
			}
			hangUp(t, calling, called)
			flow := &cmdpb.Flow{MaxSdu: vc.MaxSDULen}
			o := client.CallOptions{Contract: &cmdpb.Contract{Forward: flow, Backward: flow}}
			calling, called = mustConnect(t, from, to, bob, 2, &o)
			for _, way := range [][2]*client.VC{{calling, called}, {called, calling}} {
				for n, size := range []int{1, 40, 41, 1492, 9180, vc.MaxSDULen} {
					if err := carry(t.Context(), way[0], way[1], n, size); err != nil {
						t.Error(err)
					}
				}
			}
			hangUp(t, calling, called)
			for _, conn := range []*client.Conn{from, to} {
				l := linkOf(t, conn)
				c := l.GetCounters()
				came, delivered := counter(c, "cell_rx_cells"), counter(c, "cell_rx_cells_delivered")
				if came == 0 || came != delivered || counter(c, "control_cell_rx_pdus") == 0 || l.GetMode() != "cell" {
					t.Errorf("mode %s: %d cells, %d delivered", l.GetMode(), came, delivered)
				}
			}
			awaitEmpty(t, alice, bob)
		})
	}
}

// TestModesThatDiffer: each end of a link whose other end is in the other mode says so.
func TestModesThatDiffer(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	configure(t, alice, "mode = \"cell\"\n")
	start(t, alice)
	start(t, bob)
	for h, want := range map[*lab.Host]string{alice: "it is in frame mode", bob: "it is in cell mode"} {
		conn := dial(t, h)
		eventually(t, h.Name+" knows its peer's mode", func() error {
			if l := linkOf(t, conn); l.GetState() == "up" || !strings.Contains(l.GetLastError(), want) {
				return fmt.Errorf("link %s: %s", l.GetState(), l.GetLastError())
			}
			return nil
		})
	}
}
