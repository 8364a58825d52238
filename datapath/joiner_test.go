package datapath_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// largeRing holds several of the largest SDUs.
const largeRing = 1 << 20

// openLarge makes a VC on channel 0/100, for SDUs of any size. Its end is closed with the test.
func openLarge(tb testing.TB, e *datapath.Engine) *ring.Endpoint {
	tb.Helper()
	end := openLargeEnd(tb, e, 1, 100)
	tb.Cleanup(func() { closeEnd(end) })
	return end
}

// openLargeEnd is openLarge for VC h on any channel, and for one who closes the end himself.
func openLargeEnd(tb testing.TB, e *datapath.Engine, h vc.Handle, vci vc.VCI) *ring.Endpoint {
	tb.Helper()
	f := flow(vc.MaxSDULen)
	end := openEnd(tb, e, h, vc.RingSpec{Send: f, Receive: f, SendBytes: largeRing, ReceiveBytes: largeRing})
	must(tb, e.Activate(id(vci), h, vc.BranchSpec{Send: f, Receive: f}))
	e.OpenTransmit(id(vci))
	return end
}

// TestLargeSDUs sends SDUs of every size that is at an edge through frames that are too small for them.
func TestLargeSDUs(t *testing.T) {
	p := newPair(t)
	a, b := openLarge(t, p.a), openLarge(t, p.b)
	const piece = 1492
	var frames, sdus uint64
	for serial, n := range []int{1, piece - 1, piece, piece + 1, 2 * piece, 2*piece + 1, 9180, 65534, vc.MaxSDULen} {
		want := sduOf(serial, n)
		m := ring.Meta{UU: uint8(serial & 1), Flags: ring.CLP}
		push(t, a, want, m)
		for p.a.TurnTx(int64(serial)*int64(time.Second)) == int64(serial)*int64(time.Second) {
		}
		for p.b.StepRx(nicB) > 0 {
		}
		got, meta, ok := pull(b)
		if !ok || !bytes.Equal(got, want) || meta != m {
			t.Errorf("%d octets: got %d, %+v, want all of them, %+v", n, len(got), meta, m)
		}
		frames += uint64((n + piece - 1) / piece)
		sdus++
	}
	c := counts(p.b)
	if c["rx_frames"] != frames || c["rx_sdus"] != sdus || c["rx_joined"] != frames-sdus {
		t.Errorf("%d frames, %d SDUs, %d joined; want %d, %d, %d", c["rx_frames"], c["rx_sdus"], c["rx_joined"], frames, sdus, frames-sdus)
	}
	if got := counts(p.a); got["tx_sdus"] != sdus || got["nic_tx_frames"] != frames {
		t.Errorf("%d SDUs sent in %d frames; want %d in %d", got["tx_sdus"], got["nic_tx_frames"], sdus, frames)
	}
}

// TestCellsOfParts proves that an SDU costs the same cells in parts as whole: paced to one SDU a second, as
// many go out.
func TestCellsOfParts(t *testing.T) {
	e, out := newSender(t, nil)
	const size = 9180
	f := paced(vc.CellRate(vc.CellsFor(size)), size)
	end := openVC(t, e, 1, vc.RingSpec{Send: f, Receive: f, SendBytes: largeRing})
	must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
	e.OpenTransmit(id(100))
	for range 20 {
		push(t, end, make([]byte, size), ring.Meta{})
	}
	const seconds = 10
	for now := int64(0); now < seconds*int64(time.Second); {
		if next := e.TurnTx(now); next > now {
			now = next
		}
	}
	const parts = (size + 1491) / 1492
	if n := len(out.frames); n < (seconds-1)*parts || n > (seconds+1)*parts {
		t.Errorf("%d frames in %d s, want %d a second", n, seconds, parts)
	}
}

// parts returns the frames of an SDU that is cut after so many octets, the first with a number.
func parts(l frame.Label, number uint16, sdu []byte, piece int) (frames [][]byte) {
	for at := 0; at < len(sdu); at += piece {
		end := min(at+piece, len(sdu))
		p := frame.Middle
		switch {
		case at == 0 && end == len(sdu):
			p = frame.Whole
		case at == 0:
			p = frame.First
		case end == len(sdu):
			p = frame.Last
		}
		w := frame.NewPart(0, p, end-at, number)
		frames = append(frames, ether(macB, macA, mpls(l, w, sdu[at:end])))
		number = frame.Following(number)
	}
	return frames
}

// TestIncompleteSDUs is what becomes of parts that do not make an SDU: each is counted where it dies.
func TestIncompleteSDUs(t *testing.T) {
	label := frame.LabelOf(0, 100)
	sdu := sduOf(1, 400)
	whole := func(number uint16) []byte {
		return ether(macB, macA, mpls(label, frame.NewWord(0, 100, number), sduOf(2, 100)))
	}
	four := func(number uint16) [][]byte { return parts(label, number, sdu, 100) }
	for name, row := range map[string]struct {
		frames                        [][]byte
		sdus, joined, dropped, oversz uint64
	}{
		"all of them":                 {frames: four(1), sdus: 1, joined: 3},
		"across the end of numbers":   {frames: four(65534), sdus: 1, joined: 3},
		"the first is lost":           {frames: four(1)[1:], dropped: 3},
		"a middle one is lost":        {frames: slices.Delete(four(1), 1, 2), dropped: 3},
		"the last is lost, one whole": {frames: append(four(1)[:3], whole(5)), sdus: 1, dropped: 3},
		"the last is lost, four more": {frames: append(four(1)[:3], four(5)...), sdus: 1, joined: 3, dropped: 3},
		"the peer starts afresh":      {frames: append(four(300)[:2], four(1)...), sdus: 1, joined: 3, dropped: 2},
		"nothing follows":             {frames: four(1)[:2], dropped: 2},
		"without numbers": {frames: [][]byte{
			ether(macB, macA, mpls(label, frame.NewPart(0, frame.First, 100, 0), sdu[:100])),
			ether(macB, macA, mpls(label, frame.NewPart(0, frame.Last, 100, 0), sdu[100:200])),
		}, dropped: 2},
		"more than the contract allows": {frames: parts(label, 1, sduOf(1, 1001), 100), dropped: 0, oversz: 11},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			f := flow(1000)
			end := openVC(t, p.b, 1, vc.RingSpec{Send: f, Receive: f})
			must(t, p.b.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
			for _, b := range row.frames {
				p.b.InjectRx(nicB, b)
			}
			p.b.ExpireJoins(nicB)
			c := counts(p.b)
			if c["rx_sdus"] != row.sdus || c["rx_joined"] != row.joined || c["rx_drop_fragment"] != row.dropped || c["rx_drop_oversize"] != row.oversz {
				t.Errorf("%d SDUs, %d joined, %d dropped, %d oversize; want %d, %d, %d, %d", c["rx_sdus"], c["rx_joined"],
					c["rx_drop_fragment"], c["rx_drop_oversize"], row.sdus, row.joined, row.dropped, row.oversz)
			}
			got := traffic(t, p.b, 1)
			if got.RxSDUs != row.sdus || got.RxBad != row.dropped || got.RxOversize != row.oversz {
				t.Errorf("the VC counts %+v", got)
			}
			for range row.sdus {
				if got, _, ok := pull(end); !ok || !bytes.Equal(got, sdu) && !bytes.Equal(got, sduOf(2, 100)) {
					t.Errorf("an SDU of %d octets that nobody sent", len(got))
				}
			}
		})
	}
}

// TestJoinsAreBounded has more SDUs under way in parts than there is room for: the one that has waited
// longest goes, and a branch that ends takes its own along.
func TestJoinsAreBounded(t *testing.T) {
	p := newPair(t)
	const vcs = 70
	for i := range vcs {
		f := flow(3000)
		openVC(t, p.b, vc.Handle(i+1), vc.RingSpec{Send: f, Receive: f})
		must(t, p.b.Activate(id(vc.VCI(100+i)), vc.Handle(i+1), vc.BranchSpec{Send: f, Receive: f}))
	}
	for i := range vcs {
		p.b.InjectRx(nicB, parts(frame.LabelOf(0, vc.VCI(100+i)), 1, sduOf(i, 3000), 1000)[0])
	}
	if n := counts(p.b)["rx_drop_fragment"]; n != vcs-datapath.MaxJoins {
		t.Errorf("%d parts dropped, want %d", n, vcs-datapath.MaxJoins)
	}
	for i := range vcs {
		for _, b := range parts(frame.LabelOf(0, vc.VCI(100+i)), 1, sduOf(i, 3000), 1000)[1:] {
			p.b.InjectRx(nicB, b)
		}
	}
	c := counts(p.b)
	if c["rx_sdus"] != datapath.MaxJoins || c["rx_frames"] != c["rx_sdus"]+c["rx_joined"]+sum(c, "rx_drop_") {
		t.Errorf("counters do not add up: %v", c)
	}
	p.b.InjectRx(nicB, parts(frame.LabelOf(0, 100), 4, sduOf(1, 3000), 1000)[0])
	p.b.Deactivate(id(100), false, func(vc.DrainReport) {})
	p.b.TurnTx(0)
	for deadline := time.Now().Add(10 * time.Second); counts(p.b)["rx_drop_fragment"] != c["rx_drop_fragment"]+1; {
		p.b.StepRx(nicB)
		if time.Now().After(deadline) {
			t.Fatal("the part on a branch that has ended is not counted")
		}
	}
	if n := p.b.ExpireJoins(nicB); n != 0 {
		t.Errorf("%d SDUs under way on branches that are gone", n)
	}
}

// serialOf returns which of the SDUs from 1 on it is, or 0 for none.
func serialOf(sdu []byte, most int, size func(serial int) int) int {
	for serial := 1; serial <= most; serial++ {
		if size(serial) == len(sdu) && bytes.Equal(sdu, sduOf(serial, len(sdu))) {
			return serial
		}
	}
	return 0
}

// TestPartsOverABadWire proves that no SDU is ever put together wrong, whatever a wire does to its parts.
func TestPartsOverABadWire(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		prob := func(name string) float64 {
			return rapid.SampledFrom([]float64{0, 0, 0.02, 0.2}).Draw(rt, name)
		}
		late := prob("reorder")
		w := mem.New(mem.Config{Seed: rapid.Uint64().Draw(rt, "seed"), Faults: mem.Faults{
			Loss: prob("loss"), Duplicate: prob("duplicate"), Reorder: late,
			ReorderSpan: rapid.IntRange(1, 40).Draw(rt, "span"), ReorderTime: time.Hour,
		}})
		a := newEngine(t, nicA, station(t, w, macA), macB, nil)
		b := newEngine(t, nicB, station(t, w, macB), macA, nil)
		defer func() { _, _ = a.Close(), b.Close() }()
		vcis := []vc.VCI{100, 101}
		from, to := make(map[vc.VCI]*ring.Endpoint), make(map[vc.VCI]*ring.Endpoint)
		for _, vci := range vcis {
			from[vci], to[vci] = openLargeEnd(t, a, vc.Handle(vci), vci), openLargeEnd(t, b, vc.Handle(vci), vci)
			defer closeEnd(from[vci])
			defer closeEnd(to[vci])
		}
		sent, last := make(map[vc.VCI]int), make(map[vc.VCI]int)
		size := func(vci vc.VCI, serial int) int { return 4 + (serial*7919+int(vci)*104729)%9000 }
		read := func() {
			for b.StepRx(nicB) > 0 {
			}
			for _, vci := range vcis {
				for sdu, _, ok := pull(to[vci]); ok; sdu, _, ok = pull(to[vci]) {
					serial := serialOf(sdu, sent[vci], func(serial int) int { return size(vci, serial) })
					if serial == 0 {
						rt.Fatalf("VC %d received %d octets that nobody has sent", vci, len(sdu))
					}
					// Three that come late one after the other are taken for those of a peer that has started afresh.
					if serial <= last[vci] && late == 0 {
						rt.Fatalf("VC %d received SDU %d after %d", vci, serial, last[vci])
					}
					last[vci] = serial
				}
			}
		}
		for now := range int64(rapid.IntRange(1, 30).Draw(rt, "steps")) {
			vci := rapid.SampledFrom(vcis).Draw(rt, "vci")
			sent[vci]++
			push(t, from[vci], sduOf(sent[vci], size(vci, sent[vci])), ring.Meta{})
			at := now * int64(time.Second)
			for a.TurnTx(at) == at {
			}
			read()
		}
		w.Flush()
		read()
		b.ExpireJoins(nicB)
		c := counts(b)
		if c["rx_frames"] != c["rx_sdus"]+c["rx_joined"]+sum(c, "rx_drop_") {
			rt.Fatalf("%d frames, %d SDUs, %d joined, %d dropped", c["rx_frames"], c["rx_sdus"], c["rx_joined"], sum(c, "rx_drop_"))
		}
	})
}
