package carrier_test

import (
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/carrier"
	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// TestDeliver reads what came: in order, with its label and its flags, from the peer's address.
func TestDeliver(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.Control.Deliver(frame.NewEntry(frame.Signalling), 0, []byte("setup"))
		r.Control.Deliver(frame.NewEntry(frame.LabelOf(1, 100)).WithUser(0x5A), frame.C|frame.E, []byte("in "), []byte("parts"))
		frames := batch(3, 100)
		if n, err := r.engine.Control().ReadBatch(frames); n != 2 || err != nil {
			t.Fatalf("ReadBatch: %d, %v", n, err)
		}
		for i, want := range []struct {
			label frame.Label
			user  byte
			flags frame.Flags
			sdu   string
		}{{frame.Signalling, 0xFF, 0, "setup"}, {frame.LabelOf(1, 100), 0x5A, frame.C | frame.E, "in parts"}} {
			label, rest, _ := frame.DecodeLabel(frames[i].Payload())
			w, sdu, fault := frame.DecodeWord(rest)
			if fault != frame.NoFault || label != want.label || frames[i].Payload()[3] != want.user || w.Flags() != want.flags || w.Sequence() != 0 || string(sdu) != want.sdu {
				t.Errorf("label %x, word %x, SDU %q, %s; want %+v", label, w, sdu, fault, want)
			}
			if src := frames[i].Source(); src != datapath.PeerAddress {
				t.Errorf("source %v", src)
			}
		}
		want := nicio.Stats{RxQueued: 2, RxFrames: 2, RxBatches: 1, RxOctets: uint64(2*carrier.FrameLen + len("setup") + len("in parts"))}
		if diff := cmp.Diff(want, r.engine.Control().Stats()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestOverrun fills the data port's inbox, which nobody reads: the rest is counted, the control port
// has its own, and there is room again once the inbox is read.
func TestOverrun(t *testing.T) {
	inBubble(t, func(r *rig) {
		const each = 4 + carrier.FrameLen + maxSDU
		for range carrier.DataInbox/each + 3 {
			r.deliver(octets(maxSDU))
		}
		r.Control.Deliver(frame.NewEntry(frame.Signalling), 0, []byte("setup"))
		p := r.engine.Data()
		if s := p.Stats(); s.RxQueued != carrier.DataInbox/each || s.RxOverrun != 3 || r.engine.Control().Stats().RxQueued != 1 {
			t.Errorf("%+v", s)
		}
		frames := batch(nicio.BatchSize+1, maxSDU)
		var got int
		for n := -1; n != 0; got += n {
			var err error
			if n, err = p.ReadBatch(frames); err != nil || n > nicio.BatchSize {
				t.Fatalf("ReadBatch: %d, %v", n, err)
			}
		}
		if got != carrier.DataInbox/each {
			t.Errorf("%d frames read", got)
		}
		r.deliver("room again")
		if n, err := p.ReadBatch(frames); n != 1 || err != nil {
			t.Errorf("ReadBatch: %d, %v", n, err)
		}
	})
}

// TestTruncated has a buffer that is too small for one frame: it dies alone.
func TestTruncated(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.deliver(octets(101))
		r.deliver(octets(100))
		frames := batch(2, 100)
		if n, err := r.engine.Data().ReadBatch(frames); n != 1 || err != nil || frames[0].Len != carrier.FrameLen+100 {
			t.Fatalf("ReadBatch: %d of %d octets, %v", n, frames[0].Len, err)
		}
		if s := r.engine.Data().Stats(); s.RxTruncated != 1 || s.RxFrames != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestFates has a frame of each fate; what is taken and not sent is unsent until the box is dropped.
func TestFates(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.engine.Data()
		r.write(2, "early", "!")
		r.start()
		r.write(4, "abc", "!", octets(maxSDU+1), "de")
		if len(r.Outgoing) != 1 {
			t.Error("nobody is told")
		}
		b := r.Data.Out.Take()
		if string(b) != "abcde" || p.Unsent() != 50 {
			t.Errorf("%q is taken, %d octets are unsent", b, p.Unsent())
		}
		r.write(1, "fg")
		r.Data.Out.Sent(load(3))
		r.Data.Out.Recycle(b)
		if p.Unsent() != 40 {
			t.Errorf("%d octets are unsent, want 40", p.Unsent())
		}
		full := carrier.DataOutbox/maxSDU + 1
		r.write(full-1, slices.Repeat([]string{octets(maxSDU)}, full)...)
		want := nicio.Stats{
			TxDown: 2, TxInvalid: 1, TxOversize: 1, TxBusy: 1, TxFrames: uint64(full + 2), TxBatches: 3,
			TxOctets: uint64((full+2)*carrier.FrameLen + 7 + (full-1)*maxSDU),
		}
		if diff := cmp.Diff(want, p.Stats()); diff != "" {
			t.Error(diff)
		}
		if n := r.Drop(); n != 4+(full-1)*maxSDU || p.Unsent() != 0 {
			t.Errorf("%d pieces were not sent, %d octets are unsent", n, p.Unsent())
		}
		r.write(1, "late")
		r.Up()
		if b := r.Data.Out.Take(); len(b) != 0 {
			t.Errorf("%d octets are left from before", len(b))
		}
	})
}

// TestEmptyBoxes take one SDU that is larger than they are.
func TestEmptyBoxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := func(b []byte, f *nicio.TxFrame, room int) ([]byte, carrier.Load, carrier.Fate) {
			if len(f.Body) > room {
				return b, carrier.Load{}, carrier.Full
			}
			return append(b, f.Body...), load(1), carrier.Accepted
		}
		l := carrier.New(carrier.Config{Name: "elephant", Encode: large, Run: func() {}})
		e := l.EngineSide()
		e.Start(func() {})
		l.Up()
		f := nicio.TxFrame{Body: make([]byte, carrier.DataOutbox+1)}
		if n, err := e.Data().WriteBatch([]nicio.TxFrame{f, f}); n != 1 || err != nil {
			t.Errorf("WriteBatch: %d, %v", n, err)
		}
		for range 2 {
			l.Data.Deliver(frame.NewEntry(frame.LabelOf(0, 32)), 0, make([]byte, carrier.DataInbox))
		}
		if s := e.Data().Stats(); s.RxQueued != 1 || s.RxOverrun != 1 {
			t.Errorf("%+v", s)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestWaits ends each wait in each way.
func TestWaits(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := r.engine.Data()
		done := make(chan error, 1)
		for name, wait := range map[string]func(time.Duration) error{"read": p.WaitRead, "write": p.WaitWrite} {
			r.rest(name, wait)
			go func() { done <- wait(-1) }()
			synctest.Wait()
			p.Wake()
			if err := <-done; err != nil {
				t.Errorf("%s, woken: %v", name, err)
			}
		}
		go func() { done <- p.WaitRead(-1) }()
		synctest.Wait()
		r.deliver("x")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := p.WaitRead(-1); err != nil { // Something waits: no sleep.
			t.Error(err)
		}
		if n, err := p.ReadBatch(batch(2, 10)); n != 1 || err != nil {
			t.Errorf("ReadBatch: %d, %v", n, err)
		}
		r.rest("write", p.WaitWrite)
		go func() { done <- p.WaitWrite(-1) }()
		synctest.Wait()
		r.Data.Writable.Set()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.rest("read", p.WaitRead)
		go func() { done <- p.WaitRead(-1) }()
		synctest.Wait()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed while it waits: %v", err)
		}
	})
}

// rest waits until what woke earlier is used up: then a wait takes its whole time.
func (r *rig) rest(name string, wait func(time.Duration) error) {
	r.Helper()
	for range 2 { // What happened earlier wakes once.
		start := time.Now()
		if err := wait(time.Second); err != nil {
			r.Fatalf("%s: %v", name, err)
		}
		if time.Since(start) == time.Second {
			return
		}
	}
	r.Errorf("%s: the wait ends early again and again", name)
}

// TestClosedPort says what was asked of which port of which link.
func TestClosedPort(t *testing.T) {
	inBubble(t, func(r *rig) {
		for name, p := range map[string]nicio.Port{"data": r.engine.Data(), "control": r.engine.Control()} {
			for range 2 {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}
			_, readErr := p.ReadBatch(nil)
			_, writeErr := p.WriteBatch(nil)
			for op, err := range map[string]error{
				"read": readErr, "write": writeErr, "wait for frames": p.WaitRead(-1), "wait for room": p.WaitWrite(-1),
			} {
				want := "pigeon: " + name + " port: " + op + ": use of closed network connection"
				if !errors.Is(err, net.ErrClosed) || err.Error() != want {
					t.Errorf("%v, want %s", err, want)
				}
			}
			if p.MAC() != (nicio.MAC{}) {
				t.Error("a MAC")
			}
			p.Wake()
		}
	})
}
