package nicio_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

// A load sends numbered frames from one port and reads them at another until stopped, both without
// a break.
type load struct {
	a, b *nicio.PacketPort
	stop chan struct{}
	ends sync.WaitGroup
}

func startLoad(t *testing.T, a, b *nicio.PacketPort) *load {
	t.Helper()
	l := &load{a: a, b: b, stop: make(chan struct{})}
	l.ends.Go(func() {
		batch := make([]nicio.TxFrame, 8)
		for i := range batch {
			batch[i] = frameOf(macB, macA, 17, 200, uint32(i))
		}
		for l.running() {
			if _, err := a.WriteBatch(batch); err != nil {
				t.Errorf("WriteBatch: %v", err)
				return
			}
			runtime.Gosched()
		}
	})
	l.ends.Go(func() {
		frames := rxBatch(2048)
		for l.running() {
			if _, err := b.ReadBatch(frames); err != nil {
				t.Errorf("ReadBatch: %v", err)
				return
			}
			if err := b.WaitRead(time.Millisecond); err != nil {
				t.Errorf("WaitRead: %v", err)
				return
			}
		}
	})
	t.Cleanup(l.end)
	return l
}

func (l *load) running() bool {
	select {
	case <-l.stop:
		return false
	default:
		return true
	}
}

func (l *load) end() {
	if l.running() {
		close(l.stop)
	}
	l.ends.Wait()
}

// awaitFlow returns when frames that were sent after the call arrive.
func (l *load) awaitFlow(n *vethtest.Net) {
	from := l.b.Stats().RxFrames
	n.Await("frames flow", func() bool { return l.b.Stats().RxFrames > from+100 })
}

func TestDownAndUpUnderLoad(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	l := startLoad(t, a, b)
	for range 3 {
		l.awaitFlow(n)
		txDown, rxDown := a.Stats().TxDown, b.Stats().RxDown
		n.Down(vethtest.A)
		n.Await("frames dropped", func() bool { return a.Stats().TxDown > txDown })
		n.Down(vethtest.B)
		n.Await("reader told", func() bool { return b.Stats().RxDown > rxDown })
		n.Up(vethtest.A)
		n.Up(vethtest.B)
	}
	l.awaitFlow(n)
	if s := a.Stats(); s.TxErrors+s.TxInvalid+s.TxAbsent+s.TxOversize != 0 {
		t.Errorf("other drops: %+v", s)
	}
}

// TestFirstFrameAfterUp proves that the pending ENETDOWN, which the first send after "up" gets,
// costs no frame.
func TestFirstFrameAfterUp(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	n.Down(vethtest.A)
	n.Up(vethtest.A)
	n.AwaitRunning(vethtest.A, vethtest.B)
	send(t, a, frameOf(macB, macA, 17, 60, 1))
	receive(t, b, 1)
	var resent uint64
	if transmit == nicio.PathPacket { // An AF_XDP socket has no error pending.
		resent = 1
	}
	if s := a.Stats(); s.TxRetryDown != resent || s.TxFrames != 1 || s.TxDown != 0 {
		t.Errorf("resent %d, sent %d, dropped %d, want %d, 1, 0", s.TxRetryDown, s.TxFrames, s.TxDown, resent)
	}
}

func TestDownCountsEachFrame(t *testing.T) {
	n := vethtest.New(t)
	a, _ := pair(t)
	n.Down(vethtest.A)
	batch := make([]nicio.TxFrame, 150)
	for i := range batch {
		batch[i] = frameOf(macB, macA, 17, 60, uint32(i))
	}
	if got, err := a.WriteBatch(batch); got != 150 || err != nil {
		t.Errorf("WriteBatch = %d, %v, want all consumed", got, err)
	}
	if s := a.Stats(); s.TxDown != 150 || s.TxFrames != 0 {
		t.Errorf("dropped %d, sent %d, want 150 and 0", s.TxDown, s.TxFrames)
	}
}

func TestDeleteAndCreateAgain(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	fd := b.Descriptor()
	l := startLoad(t, a, b)
	l.awaitFlow(n)
	for range 3 {
		absent := a.Stats().TxAbsent
		n.Delete()
		n.Await("frames dropped", func() bool { return a.Stats().TxAbsent > absent })
		for _, p := range []*nicio.PacketPort{a, b} {
			if err := p.Rebind(); !errors.Is(err, unix.ENODEV) || p.Bound() || !p.MAC().IsZero() {
				t.Errorf("Rebind without interface: %v, bound %v as %v", err, p.Bound(), p.MAC())
			}
		}
		n.Add()
		for _, p := range []*nicio.PacketPort{a, b} {
			if err := p.Rebind(); err != nil || !p.Bound() {
				t.Errorf("Rebind: %v, bound %v", err, p.Bound())
			}
		}
		l.awaitFlow(n)
	}
	if b.Descriptor() != fd || b.Stats().Rebinds != 4 {
		t.Errorf("descriptor %d then %d, bound %d times, want one descriptor bound 4 times",
			fd, b.Descriptor(), b.Stats().Rebinds)
	}
}

func TestDeletedWithoutNotice(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	n.Delete()
	n.Add()
	// Nobody saw it go; the index is another one.
	for _, p := range []*nicio.PacketPort{a, b} {
		if err := p.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	send(t, a, frameOf(macB, macA, 17, 60, 1))
	receive(t, b, 1)
}

func TestRebindIsIdempotent(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	send(t, a, frameOf(macB, macA, 17, 60, 1))
	for range 10 {
		if err := b.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, b, 1)
	if s := b.Stats(); s.Rebinds != 1 {
		t.Errorf("bound %d times, want 1", s.Rebinds)
	}
	hw := foreign
	if err := n.Handle().LinkSetHardwareAddr(n.Link(vethtest.B), hw[:]); err != nil {
		t.Fatal(err)
	}
	if err := b.Rebind(); err != nil || b.MAC() != foreign {
		t.Errorf("Rebind after a change of address: %v, address %v", err, b.MAC())
	}
	send(t, a, frameOf(foreign, macA, 17, 60, 2))
	receive(t, b, 1)
}

func TestAbsentAtStart(t *testing.T) {
	n := vethtest.NewEmpty(t)
	a, b := pair(t)
	if a.Bound() || !a.MAC().IsZero() {
		t.Errorf("bound %v as %v before there is an interface", a.Bound(), a.MAC())
	}
	send(t, a, frameOf(macB, macA, 17, 60, 1), frameOf(macB, macA, 17, 60, 2))
	if got, err := a.ReadBatch(rxBatch(64)); got != 0 || err != nil {
		t.Errorf("ReadBatch = %d, %v, want nothing", got, err)
	}
	if err := a.WaitRead(0); err != nil {
		t.Error(err)
	}
	if s := a.Stats(); s.TxAbsent != 2 || s.TxFrames != 0 || s.Rebinds != 0 {
		t.Errorf("absent %d, sent %d, bound %d, want 2, 0, 0", s.TxAbsent, s.TxFrames, s.Rebinds)
	}
	n.Add()
	for _, p := range []*nicio.PacketPort{a, b} {
		if err := p.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	send(t, a, frameOf(macB, macA, 17, 60, 3))
	receive(t, b, 1)
}

func TestRenamedAway(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	n.Rename(vethtest.B, "else")
	if err := b.Rebind(); !errors.Is(err, unix.ENODEV) {
		t.Errorf("Rebind = %v, want ENODEV", err)
	}
	witness := open(t, nicio.Config{Interface: "else", Receive: nicio.PathPacket})
	send(t, a, frameOf(macB, macA, 17, 60, 1))
	receive(t, witness, 1)
	if s := b.Stats(); s.RxQueued != 0 {
		t.Errorf("received %d frames from an interface of another name", s.RxQueued)
	}
	send(t, b, frameOf(macA, macB, 17, 60, 1))
	if s := b.Stats(); s.TxAbsent != 1 {
		t.Errorf("absent %d, want 1", s.TxAbsent)
	}
	n.Rename("else", vethtest.B)
	if err := b.Rebind(); err != nil || b.MAC() != macB {
		t.Errorf("Rebind = %v, address %v", err, b.MAC())
	}
	send(t, a, frameOf(macB, macA, 17, 60, 2))
	receive(t, b, 1)
}

// TestRenamedStaysFiltered proves that a port which lost its name gets its own filter back, not
// none.
func TestRenamedStaysFiltered(t *testing.T) {
	n := vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := open(t, nicio.Config{Interface: vethtest.B, Filter: mustFilter(t, nicio.AcceptLabels, 18)})
	n.Rename(vethtest.B, "else")
	_ = b.Rebind()
	n.Rename("else", vethtest.B)
	if err := b.Rebind(); err != nil {
		t.Fatal(err)
	}
	marker := frameOf(macB, macA, 18, 60, 2)
	send(t, a, frameOf(macB, macA, 17, 60, 1), marker)
	receiveNothing(t, b, octetsOf(marker))
}
