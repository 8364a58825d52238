package datapath_test

import (
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/internal/gcratest"
	"callmanager/datapath/police"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// listen makes an engine with a VC that receives by a contract, and returns its end of the ring.
func listen(tb testing.TB, c vc.Category, f vc.Flow, more func(*datapath.Config)) (*datapath.Engine, *ring.Endpoint) {
	tb.Helper()
	e, _ := newSender(tb, more)
	end := openVC(tb, e, 1, vc.RingSpec{Send: f, Receive: f, ReceiveBytes: 8 << 20})
	must(tb, e.Activate(id(100), 1, vc.BranchSpec{Category: c, Send: f, Receive: f}))
	return e, end
}

// inject has frames of 1492 octets each arrive at a time.
func inject(e *datapath.Engine, now int64, frames int, flags frame.Flags) {
	const n = 1492
	e.TurnTx(now)
	for range frames {
		e.InjectRx(nicA, ether(macA, macB, mpls(0x10064, frame.NewWord(flags, n, 0), make([]byte, n))))
	}
}

// read returns how many SDUs a client has got, and how many of them have the loss priority.
func read(end *ring.Endpoint) (n, low int) {
	for {
		_, m, ok := pull(end)
		if !ok {
			return n, low
		}
		n++
		if m.Flags&ring.CLP != 0 {
			low++
		}
	}
}

// TestExcessIsPoliced floods VCs at several times their contract. What passes is what an independent
// judge lets pass, frame by frame, and the rest is counted.
func TestExcessIsPoliced(t *testing.T) {
	for _, row := range []struct {
		category vc.Category
		flow     vc.Flow
		times    int
	}{
		{vc.CBR, vc.Flow{PCR: 10000}, 10},
		{vc.CBR, vc.Flow{PCR: 320}, 3},
		{vc.RTVBR, vc.Flow{PCR: 10000, SCR: 1000, MBS: 3200}, 1},
		{vc.NRTVBR, vc.Flow{PCR: 10000, SCR: 1000, MBS: 320}, 5},
		{vc.UBR, vc.Flow{PCR: 10000}, 4},
		{vc.UBR, vc.Flow{PCR: 10000, MinPoliced: 1492}, 4},
	} {
		f := row.flow
		f.MaxSDU = 1492
		e, end := listen(t, row.category, f, func(c *datapath.Config) { c.Links[0].Capacity = 1e9 })
		judge := gcratest.New(f, police.Tolerance)
		want, sent, got := 0, 0, 0
		for i := range int64(300) {
			now := i * int64(10*time.Millisecond)
			frames := int(f.PCR)*row.times/100/32 + 1
			inject(e, now, frames, 0)
			for range frames {
				if judge.Arrive(now, vc.CellsFor(1492)) {
					want++
				}
			}
			sent += frames
			n, _ := read(end)
			if got += n; got != want {
				t.Fatalf("%s %+v: %d of %d frames passed after %v, want %d", row.category, f, got, sent, time.Duration(now), want)
			}
		}
		tr, c := traffic(t, e, 1), counts(e)
		if tr.RxPoliced != uint64(sent-got) || tr.RxPoliced == 0 || c["rx_drop_policed"] != tr.RxPoliced || c["rx_frames"] != uint64(sent) || c["rx_sdus"] != uint64(got) {
			t.Errorf("%s: %d sent, %d passed: %+v, %v", row.category, sent, got, tr, c)
		}
	}
}

// TestExcessIsTagged: with tagging, what is in excess is delivered with the loss priority set; what
// has it already is dropped.
func TestExcessIsTagged(t *testing.T) {
	f := vc.Flow{PCR: 3200, MaxSDU: 1492, Tagging: true}
	e, end := listen(t, vc.CBR, f, nil)
	inject(e, 0, 100, 0)
	all, low := read(end)
	if all != 100 || low != 74 { // 0.25 s at 100 frames a second, and one.
		t.Errorf("%d were delivered, %d of them tagged", all, low)
	}
	inject(e, 0, 10, frame.C)
	if all, _ = read(end); all != 0 {
		t.Errorf("%d tagged SDUs in excess were delivered", all)
	}
	inject(e, int64(time.Second), 10, frame.C)
	if all, low = read(end); all != 10 || low != 10 {
		t.Errorf("%d of 10 tagged SDUs within the contract were delivered, %d as such", all, low)
	}
	tr, c := traffic(t, e, 1), counts(e)
	if tr.RxTagged != 74 || tr.RxPoliced != 10 || tr.RxSDUs != 110 || c["rx_tagged"] != 74 || c["rx_frames"] != c["rx_sdus"]+sum(c, "rx_drop_") {
		t.Errorf("%+v, %v", tr, c)
	}
}

// TestNotPoliced: best effort without a rate of its own, a link on which nothing is, and a branch
// without a category.
func TestNotPoliced(t *testing.T) {
	for name, row := range map[string]struct {
		category vc.Category
		pcr      vc.CellRate
		capacity vc.BitRate
		off      bool
	}{
		"at the link's capacity":     {vc.UBR, 2605, 1e6, false},
		"at what its cells carry":    {vc.UBR, 3532, 1_555_200, false},
		"on a link of unknown speed": {vc.UBR, 1000, 0, false},
		"switched off":               {vc.CBR, 1000, 1e9, true},
		"without a category":         {0, 1000, 1e9, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, end := listen(t, row.category, paced(row.pcr, 1492), func(c *datapath.Config) {
				c.Links[0].Capacity, c.Links[0].Unpoliced = row.capacity, row.off
			})
			inject(e, 0, 300, 0)
			if n, _ := read(end); n != 300 {
				t.Fatalf("%d of 300 passed", n)
			}
		})
	}
}

// TestModificationIsPolicedInTime lowers a rate while the peer still sends at the old one, raises it,
// and lowers it for good.
func TestModificationIsPolicedInTime(t *testing.T) {
	e, end := listen(t, vc.CBR, paced(32000, 1492), nil)
	now := int64(0)
	// passes tells what part passes of ten seconds at the first rate.
	passes := func() int {
		got := 0
		for range 100 {
			now += int64(100 * time.Millisecond)
			inject(e, now, 100, 0)
			n, _ := read(end)
			got += n
		}
		return got
	}
	become := func(f vc.Flow) {
		must(t, e.Activate(id(100), 1, vc.BranchSpec{Category: vc.CBR, Send: f, Receive: f}))
		e.StepRx(nicA)
	}
	check := func(what string, least, most int) {
		t.Helper()
		if got := passes(); got < least || got > most {
			t.Errorf("%s: %d of 10000 SDUs pass, want %d to %d", what, got, least, most)
		}
	}
	check("at first", 10000, 10000)
	become(paced(3200, 1492))
	check("before the peer knows", 10000, 10000)
	become(paced(32000, 1492))
	check("after another change", 10000, 10000)
	become(paced(3200, 1492))
	for range 3 {
		check("before the peer knows", 10000, 10000)
	}
	passes() // The grace ends here.
	check("in the end", 1000, 1030)
	become(paced(6400, 1492))
	check("raised", 2000, 2060)
}

// TestPolicingAllocatesNothing counts allocations of frames that pass, are tagged and are dropped.
func TestPolicingAllocatesNothing(t *testing.T) {
	p := newPair(t)
	f := vc.Flow{PCR: 1000, SCR: 100, MBS: 10, MaxSDU: 1492, Tagging: true}
	send := flow(1492)
	a := open(t, p.a, 1, 100, send)
	end := openVC(t, p.b, 1, vc.RingSpec{Send: f, Receive: send})
	must(t, p.b.Activate(id(100), 1, vc.BranchSpec{Category: vc.NRTVBR, Send: f, Receive: f}))
	if n := testing.AllocsPerRun(100, func() {
		for i := range 32 {
			_ = a.Tx.TryPush(ring.Record{Meta: ring.Meta{Flags: ring.Flags(i % 2)}, Payload: make([]byte, 100)})
		}
		a.Tx.Flush()
		p.a.TurnTx(0)
		for p.b.StepRx(nicB) > 0 {
		}
		end.Rx.Discard()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if tr := traffic(t, p.b, 1); tr.RxPoliced == 0 || tr.RxTagged == 0 {
		t.Errorf("%+v", tr)
	}
}
