package datapath_test

import (
	"fmt"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/cellport"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
)

// TestLinkIsHeldToItsCapacity floods a link of 100 Mbit/s from several VCs of every category but
// CBR, beside a CBR VC of half of it. Together they send no more than the capacity, and no less than
// 98 % of it, and the CBR VC has all of its contract. Of several workers those of better categories run
// further ahead.
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
	most := 2 * time.Millisecond
	if workers > 1 {
		most += 3 * datapath.LineStep
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
			} else if tat-now > int64(most) {
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

// TestCellLinkIsHeldToItsCapacity floods a link in cell mode: what leaves the NIC, heads of frames that are not full
// included, is its capacity and no more, and a CBR VC has its contract.
func TestCellLinkIsHeldToItsCapacity(t *testing.T) {
	for _, c := range []datapath.Cells{
		{Label: 32},
		{Label: 32, Bare: true, Delay: 100 * time.Microsecond},
		{Label: 32, Delay: 100 * time.Microsecond},
		{Label: 32, Delay: 10 * time.Millisecond},
		{Label: 32, PerFrame: 3, Delay: 100 * time.Microsecond},
		{Label: 32, PerFrame: 1},
	} {
		for _, capacity := range []vc.BitRate{5_000_000, 60_000_000} {
			for _, sdu := range []int{40, 1492} {
				t.Run(fmt.Sprintf("%+v, %s, %d octets", c, capacity, sdu), func(t *testing.T) { holdCells(t, c, capacity, sdu) })
			}
		}
	}
}

// holdCells floods a link of cells by four VCs beside a CBR one of a quarter of it.
func holdCells(t *testing.T, c datapath.Cells, capacity vc.BitRate, sdu int) {
	t.Helper()
	p := newCellPair(t, mem.New(mem.Config{}), c, func(_ int, cfg *datapath.Config) { cfg.Links[0].Capacity = capacity })
	pcr := vc.CellRate(capacity / 8 / 4 / 98)
	ends := []*ring.Endpoint{openAs(t, p.a, 200, vc.CBR, paced(pcr, 1492))}
	for i := range 4 {
		ends = append(ends, openAs(t, p.a, vc.VCI(300+i), vc.UBR, flow(1492)))
	}
	constant := 0 // What the CBR VC has made room for.
	for now := int64(0); now < int64(time.Second); {
		for i, end := range ends {
			for end.Tx.Writable(sdu) {
				push(t, end, make([]byte, sdu), ring.Meta{})
				if i == 0 && now > 0 {
					constant += vc.CellsFor(sdu)
				}
			}
		}
		now = max(p.a.TurnTx(now), now+1)
	}
	sent := counts(p.a)
	bits := 8 * (sent["nic_tx_octets"] + 24*sent["nic_tx_frames"])
	if least, most := uint64(capacity)*96/100, uint64(capacity)*102/100; bits < least || bits > most {
		t.Errorf("%d bits were sent in a second at %s", bits, capacity)
	}
	if constant < int(pcr)*97/100-vc.CellsFor(sdu) {
		t.Errorf("%d cells of CBR were sent, of %d", constant, pcr)
	}
}

// TestAdmittedCellsFit: what admission lets in on a link of cells fits it, whatever the SDUs are like: the VCs, which send
// all that their contracts allow, are not held back by the link.
func TestAdmittedCellsFit(t *testing.T) {
	for _, c := range []datapath.Cells{{Label: 32}, {Label: 32, Delay: 100 * time.Microsecond}, {Label: 32, PerFrame: 3, Delay: time.Millisecond}} {
		for _, total := range []vc.BitRate{5_000_000, 100_000_000} {
			for _, sdu := range []int{40, 41, 1492} {
				t.Run(fmt.Sprintf("%+v, %s, %d octets", c, total, sdu), func(t *testing.T) { fillCells(t, c, total, sdu) })
			}
		}
	}
}

// fillCells sends what admission lets in, in SDUs of one size.
func fillCells(t *testing.T, c datapath.Cells, total vc.BitRate, sdu int) {
	t.Helper()
	const vcs = 7
	peer := cellport.Peer{Label: c.Label, Bare: c.Bare, PerFrame: c.PerFrame, Delay: c.Delay}
	var capacity vc.Capacity
	capacity.SetTotal(total)
	capacity.SetFraming(peer.Framing(1500))
	most := vc.Contract{Category: vc.CBR, Forward: paced(fast, 1492)}
	fitted, ok := capacity.Fit(&most, vc.Reservation{}, true, new(vc.Contract))
	if !ok {
		t.Fatal("nothing fits")
	}
	pcr := fitted.Forward.PCR / vcs
	p := newCellPair(t, mem.New(mem.Config{}), c, nil)
	var ends []*ring.Endpoint
	for i := range vcs {
		ends = append(ends, openAs(t, p.a, vc.VCI(300+i), vc.CBR, paced(pcr, 1492)))
	}
	for now := int64(0); now < int64(time.Second); {
		for _, end := range ends {
			for end.Tx.Writable(sdu) {
				push(t, end, make([]byte, sdu), ring.Meta{})
			}
		}
		now = max(p.a.TurnTx(now), now+1)
	}
	sent := counts(p.a)
	if bits := 8 * (sent["nic_tx_octets"] + 24*sent["nic_tx_frames"]); bits > uint64(total)*101/100 {
		t.Errorf("%d VCs of %d cells/s take %d bits of %s", vcs, pcr, bits, total)
	}
	if got, least := sent["cell_tx_cells"], uint64(pcr)*vcs*97/100; got < least {
		t.Errorf("%d cells were sent, want %d at least", got, least)
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

// TestCategoriesOfSeveralWorkers floods a link from VCs of two categories that different workers send. The better
// one has it all, and a better one within a contract has that, and the worse one the rest.
func TestCategoriesOfSeveralWorkers(t *testing.T) {
	with(t, 3)
	const (
		capacity = 100_000_000
		sdu      = 1400
		span     = time.Second
	)
	all := capacity / 8 / vc.WireOctets(sdu)
	half := vc.CellRate(all / 2 * vc.CellsFor(sdu))
	contracts := [][2]vc.Flow{ // All that there is, and half of it.
		1: {{PCR: fast, SCR: fast, MBS: 1, MaxSDU: 1492}, {PCR: half, SCR: half, MBS: 1, MaxSDU: 1492}},
		2: {{PCR: fast, SCR: fast, MBS: 1, MaxSDU: 1492}, {PCR: half, SCR: half, MBS: 1, MaxSDU: 1492}},
		3: {{PCR: fast, MDCR: fast, MaxSDU: 1492}, {PCR: half, MDCR: half, MaxSDU: 1492}},
		4: {flow(1492), flow(1492)},
	}
	for better := 1; better < 4; better++ {
		for worse := better + 1; worse < 5; worse++ {
			for i, f := range contracts[better] {
				e, out := newSender(t, func(c *datapath.Config) { c.Links[0].Capacity = capacity })
				first := openAs(t, e, onWorker(0, workers), categories[better].of, f)
				second := openAs(t, e, onWorker(1, workers), categories[worse].of, contracts[worse][0])
				var got [2]int
				for now := int64(0); now < int64(span); {
					for _, end := range []*ring.Endpoint{first, second} {
						for end.Tx.Writable(sdu) {
							push(t, end, make([]byte, sdu), ring.Meta{})
						}
					}
					next := e.TurnTx(now)
					for _, vci := range out.channels() {
						if vci == onWorker(0, workers) {
							got[0]++
						} else {
							got[1]++
						}
					}
					now = max(next, now+1)
				}
				if sum := got[0] + got[1]; sum < all*98/100 || sum > all*101/100 {
					t.Errorf("categories %d and %d: %d frames in a second, of %d", better, worse, sum, all)
				}
				want := all / (i + 1)
				if got[0] < want*98/100 {
					t.Errorf("categories %d and %d: the better one sent %d frames of %d", better, worse, got[0], want)
				}
			}
		}
	}
}

// onWorker returns a channel to a peer whose VC one of so many workers has.
func onWorker(i, n int) vc.VCI {
	for vci := vc.VCI(100); ; vci++ {
		if nicio.Steer(nicio.MAC(macB), uint32(frame.LabelOf(0, vci)), n) == i {
			return vci
		}
	}
}
