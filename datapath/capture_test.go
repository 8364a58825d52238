package datapath_test

import (
	"bytes"
	"fmt"
	"testing"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
	"callmanager/vc/tap"
)

// capture starts a capture; the function that it returns ends it and returns what it has.
func capture(tb testing.TB, e *datapath.Engine) func() []tap.Packet {
	tb.Helper()
	c, err := e.Tap().Start(tap.Filter{})
	must(tb, err)
	tb.Cleanup(c.Stop)
	return func() (all []tap.Packet) {
		c.Stop()
		for {
			p, ok := c.Next(tb.Context())
			if !ok {
				break
			}
			all = append(all, p...)
		}
		for _, s := range c.Stats() {
			if s.Dropped > 0 || s.Captured != uint64(len(all)) {
				tb.Errorf("%+v, but %d packets", s, len(all))
			}
		}
		return all
	}
}

// Both ends see the same octets of the data and of the control VC, and which of them has sent them. What
// dies on the way in is seen, too.
func TestCapture(t *testing.T) {
	p := newPair(t)
	ends := []func() []tap.Packet{capture(t, p.a), capture(t, p.b)}
	a := open(t, p.a, 1, 100, flow(1492))
	open(t, p.b, 1, 100, flow(1492))
	var want [][]byte
	p.a.Channel(1).Send([]byte("control, out"))
	p.b.StepControl(nicB)
	for i, n := range []int{1, 40, 56, 1492} {
		push(t, a, sduOf(i, n), ring.Meta{UU: uint8(i & 1), Flags: ring.CLP})
		f := frame.C
		if i&1 == 1 {
			f |= frame.U
		}
		b := mpls(0x10064, frame.NewWord(f, n, uint16(i+1)), sduOf(i, n))
		want = append(want, b[frame.EntryLen:])
	}
	p.a.TurnTx(0)
	for p.b.StepRx(nicB) > 0 {
	}
	p.b.Channel(1).Send([]byte("control, back"))
	p.a.StepControl(nicA)
	// A channel that nobody has is seen as well: that is what a capture is for.
	c := open(t, p.a, 2, 101, flow(1492))
	push(t, c, []byte("to nobody"), ring.Meta{})
	p.a.TurnTx(0)
	p.b.StepRx(nicB)
	want = append(want, mpls(0x10065, frame.NewWord(0, 9, 1), []byte("to nobody"))[frame.EntryLen:])
	for i, end := range ends {
		here := i == 0
		var data [][]byte
		control := map[string]bool{}
		last := int64(0)
		for _, q := range end() {
			if q.Time < last || q.ID.Link != 1 || q.ID.VPI != 0 || q.Length != len(q.Octets) {
				t.Errorf("%s at %d behind %d, %d octets", q.ID, q.Time, last, q.Length)
			}
			last = q.Time
			switch {
			case q.Control:
				control[fmt.Sprintf("%s, %t", q.Octets, q.Sent == here)] = q.ID == vc.Signalling(1)
			case q.Sent != here || q.ID.VCI != 100 && q.ID.VCI != 101:
				t.Errorf("data of %s, sent %t at end %d", q.ID, q.Sent, i)
			default:
				data = append(data, q.Octets)
			}
		}
		if !control["control, out, true"] || !control["control, back, false"] || len(control) != 2 {
			t.Errorf("control at end %d: %v", i, control)
		}
		if len(data) != len(want) {
			t.Fatalf("%d frames at end %d, want %d", len(data), i, len(want))
		}
		for k := range want {
			if !bytes.Equal(data[k], want[k]) {
				t.Errorf("frame %d at end %d: %x, want %x", k, i, data[k], want[k])
			}
		}
	}
	links := p.a.Tap().Links()
	if len(links) != 1 || links[0] != (tap.Link{ID: 1, Name: "peer", Interface: nicA}) {
		t.Errorf("links %v", links)
	}
}

// A port that is full gets a batch in parts: each frame is seen once, when the port has taken it.
func TestCaptureBackPressure(t *testing.T) {
	port := &narrow{}
	e := newEngine(t, nicA, datapath.NIC{Data: port, Control: &sink{}}, macB, nil)
	end := capture(t, e)
	a := open(t, e, 1, 100, flow(64))
	for i := range 10 {
		push(t, a, sduOf(i, 8), ring.Meta{})
	}
	for now := int64(0); port.taken < 10; now += 1e9 {
		e.TurnTx(now)
	}
	packets := end()
	if len(packets) != 10 {
		t.Fatalf("%d packets", len(packets))
	}
	for i, q := range packets {
		if want := mpls(0x10064, frame.NewWord(0, 8, uint16(i+1)), sduOf(i, 8))[frame.EntryLen:]; !bytes.Equal(q.Octets, want) {
			t.Errorf("packet %d: %x, want %x", i, q.Octets, want)
		}
	}
}

// A narrow port takes three frames at a time.
type narrow struct {
	sink
	taken int
}

func (p *narrow) WriteBatch(frames []nicio.TxFrame) (int, error) {
	n := min(len(frames), 3)
	p.taken += n
	return n, nil
}

// A capture that nobody reads costs the workers no allocation, and the VCs nothing.
func TestCaptureNoAllocs(t *testing.T) {
	p := newPair(t)
	for _, e := range []*datapath.Engine{p.a, p.b} {
		c, err := e.Tap().Start(tap.Filter{})
		must(t, err)
		defer c.Stop()
	}
	a, b := open(t, p.a, 1, 100, flow(1492)), open(t, p.b, 1, 100, flow(1492))
	sdu := make([]byte, 1492)
	moved := 0
	batch := func() {
		for range nicio.BatchSize {
			_ = a.Tx.TryPush(ring.Record{Payload: sdu})
		}
		a.Tx.Flush()
		p.a.TurnTx(0)
		for p.b.StepRx(nicB) > 0 {
		}
		for _, ok := b.Rx.Next(); ok; _, ok = b.Rx.Next() {
			moved++
		}
		b.Rx.Release()
	}
	batch()
	const runs = 200 // more than a lane holds
	if n := testing.AllocsPerRun(runs, batch); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
	if moved < runs*nicio.BatchSize {
		t.Errorf("only %d SDUs were moved", moved)
	}
}
