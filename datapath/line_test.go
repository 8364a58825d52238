package datapath_test

import (
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
)

// TestLinkIsHeldToItsCapacity floods a link of 100 Mbit/s from several VCs of every category but
// CBR, beside a CBR VC of half of it. Together they send no more than the capacity, and no less than
// 98 % of it, and the CBR VC has all of its contract.
func TestLinkIsHeldToItsCapacity(t *testing.T) {
	const (
		capacity = 100_000_000
		sdu      = 1400
		span     = time.Second
	)
	e, out := newSender(t, func(c *datapath.Config) { c.Links[0].Capacity = capacity })
	pcr := vc.CellRate(capacity / 2 / 8 * vc.CellsFor(sdu) / vc.WireOctets(sdu))
	ends := []*ring.Endpoint{openAs(t, e, 200, vc.CBR, paced(pcr, 1492))}
	for _, k := range categories[1:] {
		ends = append(ends, openAs(t, e, k.vci, k.of, k.flow), openAs(t, e, k.vci+10, k.of, k.flow))
	}
	var bits, constant int64
	tat := int64(0) // Virtual scheduling, in whole bits of 10 ns.
	for now := int64(0); now < int64(span); {
		for _, end := range ends {
			for end.Tx.Writable(sdu) {
				push(t, end, make([]byte, sdu), ring.Meta{})
			}
		}
		next := e.TurnTx(now)
		for _, vci := range out.channels() {
			cost := int64(8 * vc.WireOctets(sdu))
			bits += cost
			if vci == 200 {
				constant += int64(vc.CellsFor(sdu))
			} else if tat-now > int64(2*time.Millisecond) {
				t.Fatalf("at %v the link is %v ahead of its capacity", time.Duration(now), time.Duration(tat-now))
			}
			tat = max(tat, now) + cost*int64(time.Second)/capacity
		}
		now = max(next, now+1)
	}
	if bits < capacity*98/100 || bits > capacity*101/100 {
		t.Errorf("%d bits were sent in a second at %d bit/s", bits, capacity)
	}
	if constant < int64(pcr)*99/100 {
		t.Errorf("%d cells of CBR were sent, of %d", constant, pcr)
	}
}

// TestLinkFollowsTheSpeed has a link without a capacity of its own take that of its NIC, which
// changes.
func TestLinkFollowsTheSpeed(t *testing.T) {
	changes := make(chan rtnl.Link)
	out := &sink{room: -1}
	e := newEngine(t, nicA, datapath.NIC{Data: out, Control: &sink{room: -1}, Speed: 1e6, Changes: changes}, macB, nil)
	e.StartWatch(nicA)
	become := func(speed vc.BitRate) {
		changes <- rtnl.Link{Name: nicA, Index: 1, MTU: 1500, Up: true, Carrier: true, Ethernet: true, Speed: uint64(speed)}
		changes <- rtnl.Link{Name: nicA, Index: 1, MTU: 1500, Up: true, Carrier: true, Ethernet: true, Speed: uint64(speed)} // The first has been seen.
	}
	end := openAs(t, e, 100, vc.UBR, flow(1492))
	other := openAs(t, e, 101, vc.UBR, flow(1492))
	sent := func(from time.Duration) int {
		fill(t, end, 300, 1400)
		fill(t, other, 300, 1400)
		turns(e, from, from+time.Second)
		return len(out.channels())
	}
	if got := sent(0); got < 80 || got > 90 {
		t.Errorf("%d frames went in a second at 1 Mbit/s", got)
	}
	become(3e6)
	if got := sent(time.Second); got < 250 || got > 270 {
		t.Errorf("%d frames went in a second at 3 Mbit/s", got)
	}
	become(0)
	if got := sent(2 * time.Second); got < 600 {
		t.Errorf("%d frames went in a second without a limit", got)
	}
}
