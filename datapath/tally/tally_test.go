package tally_test

import (
	"strings"
	"testing"

	"callmanager/datapath/drop"
	"callmanager/datapath/tally"
	"callmanager/nicio"
	"callmanager/vc"
)

// find returns a counter of a list that has it once.
func find(t *testing.T, list tally.List, name string) uint64 {
	t.Helper()
	var found []uint64
	for _, c := range list {
		if c.Name == name {
			found = append(found, c.Value)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s is listed %d times", name, len(found))
	}
	return found[0]
}

// TestReceived wants the sum of the workers under each name, each drop under its own.
func TestReceived(t *testing.T) {
	var a, b tally.Received
	a.Frames.Add(1)
	b.Frames.Add(10)
	a.SDUs.Add(2)
	b.SDUs.Add(20)
	a.Octets.Add(3)
	b.Octets.Add(30)
	a.Lost.Add(4)
	b.Lost.Add(40)
	a.Tagged.Add(5)
	b.Tagged.Add(50)
	for d := range a.Drops {
		a.Drops[d].Add(uint64(100 + d))
		b.Drops[d].Add(1000)
	}
	var list tally.List
	list.Received("x_", &a, &b)
	for name, want := range map[string]uint64{
		"x_rx_frames": 11, "x_rx_sdus": 22, "x_rx_octets": 33, "x_rx_lost": 44, "x_rx_tagged": 55,
	} {
		if got := find(t, list, name); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	for d := drop.Truncated; int(d) < drop.NumRx; d++ {
		if got, want := find(t, list, "x_rx_drop_"+d.String()), 1100+uint64(d); got != want {
			t.Errorf("drops for %v: %d, want %d", d, got, want)
		}
	}
	if want := 5 + drop.NumRx - int(drop.Truncated); len(list) != want {
		t.Errorf("%d counters, want %d: %v", len(list), want, list)
	}
}

// TestSent is the same for what is sent.
func TestSent(t *testing.T) {
	var a, b tally.Sent
	a.SDUs.Add(2)
	b.SDUs.Add(20)
	a.Octets.Add(3)
	b.Octets.Add(30)
	for d := range a.Drops {
		a.Drops[d].Add(uint64(100 + d))
		b.Drops[d].Add(1000)
	}
	var list tally.List
	list.Sent("", &a, &b)
	if sdus, octets := find(t, list, "tx_sdus"), find(t, list, "tx_octets"); sdus != 22 || octets != 33 {
		t.Errorf("%d SDUs of %d octets, want 22 of 33", sdus, octets)
	}
	for d := drop.TxEmptySDU; int(d) < drop.NumTx; d++ {
		if got, want := find(t, list, "tx_drop_"+d.String()), 1100+uint64(d); got != want {
			t.Errorf("drops for %v: %d, want %d", d, got, want)
		}
	}
	if want := 2 + drop.NumTx - int(drop.TxEmptySDU); len(list) != want {
		t.Errorf("%d counters, want %d: %v", len(list), want, list)
	}
}

// port is a port that has counted something.
type port struct {
	nicio.Port

	stats nicio.Stats
}

func (p *port) Stats() nicio.Stats { return p.stats }

// TestPorts wants the sum of the ports, and every name once.
func TestPorts(t *testing.T) {
	var list tally.List
	list.Add("first", 7)
	list.Ports("nic_", &port{stats: nicio.Stats{RxFrames: 1, TxBusy: 2}}, &port{stats: nicio.Stats{RxFrames: 10, TxAbsent: 3}})
	names := make(map[string]bool)
	for _, c := range list {
		if names[c.Name] {
			t.Errorf("%s is listed twice", c.Name)
		}
		names[c.Name] = true
		want := map[string]uint64{"first": 7, "nic_rx_frames": 11, "nic_tx_busy": 2, "nic_tx_drop_absent": 3}[c.Name]
		if c.Value != want {
			t.Errorf("%s is %d, want %d", c.Name, c.Value, want)
		}
		if c.Name != "first" && !strings.HasPrefix(c.Name, "nic_") {
			t.Errorf("%s has no prefix", c.Name)
		}
	}
	if list[0] != (vc.Counter{Name: "first", Value: 7}) {
		t.Errorf("the list begins with %v", list[0])
	}
}
