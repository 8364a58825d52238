package datapath_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// patience is how long a test waits for what must come. It bounds a failure and is no part of a
// verdict.
const patience = 60 * time.Second

// A wiring makes two engines whose workers run, joined by something. Each gets the control SDUs of
// the other.
type wiring func(tb testing.TB, more func(end int, c *datapath.Config)) (a, b *datapath.Engine)

// onMemory joins the engines by a wire in memory.
func onMemory(tb testing.TB, more func(int, *datapath.Config)) (a, b *datapath.Engine) {
	tb.Helper()
	w := mem.New(mem.Config{Seed: 1})
	a = newEngine(tb, nicA, station(tb, w, macA), macB, func(c *datapath.Config) { more(0, c) })
	b = newEngine(tb, nicB, station(tb, w, macB), macA, func(c *datapath.Config) { more(1, c) })
	a.Start()
	b.Start()
	return a, b
}

func nothingMore(int, *datapath.Config) {}

func TestEchoOnMemory(t *testing.T) { testEcho(t, onMemory, 5000) }

// testEcho sends SDUs of every size there and back, with a bounded number under way, and compares
// each.
func testEcho(t *testing.T, join wiring, sdus int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a, b := join(t, nothingMore)
	near, far := open(t, a, 1, 100, flow(1492)), open(t, b, 1, 100, flow(1492))
	size := func(i int) int { return 4 + i*7919%1489 }
	credit := make(chan struct{}, 128)
	var work sync.WaitGroup
	work.Go(func() {
		for i := range sdus {
			credit <- struct{}{}
			m := ring.Meta{UU: uint8(i & 1), Flags: ring.Flags(i >> 1 & 3)}
			if err := near.Send(ctx, ring.Record{Meta: m, Payload: sduOf(i, size(i))}); err != nil {
				t.Errorf("send %d: %v", i, err)
				return
			}
		}
	})
	work.Go(func() {
		buf := make([]byte, 1500)
		for i := range sdus {
			n, m, err := far.Receive(ctx, buf)
			if err == nil {
				err = far.Send(ctx, ring.Record{Meta: m, Payload: buf[:n]})
			}
			if err != nil {
				t.Errorf("echo %d: %v", i, err)
				return
			}
		}
	})
	buf := make([]byte, 1500)
	for i := range sdus {
		n, m, err := near.Receive(ctx, buf)
		want := ring.Meta{UU: uint8(i & 1), Flags: ring.Flags(i >> 1 & 3)}
		if err != nil || m != want || !bytes.Equal(buf[:n], sduOf(i, size(i))) {
			t.Errorf("SDU %d came back as %d octets %+v: %v", i, n, m, err)
			cancel()
			for range len(credit) {
				<-credit
			}
			break
		}
		<-credit
	}
	work.Wait()
}

func TestEdgesOfCallsOnMemory(t *testing.T) {
	testEdges(t, onMemory, 300, 0)
	testEdges(t, onMemory, 5, 20*time.Millisecond)
}

// testEdges makes calls, one after the other, whose caller sends at once, drains and tells the
// other end through the control channel to release. The other end takes in what has arrived and
// gives it to its client. The last SDU is always there.
func testEdges(t *testing.T, join wiring, calls int, delay time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	releases := make(chan int, 1)
	a, b := join(t, func(end int, c *datapath.Config) {
		c.ControlDelay = delay
		if end == 1 {
			c.Receive = func(_ vc.LinkID, sdu []byte) {
				n, err := strconv.Atoi(string(sdu))
				if err != nil {
					t.Error(err)
				}
				releases <- n
			}
		}
	})
	const sdus = 20
	for call := range calls {
		h, vci := vc.Handle(call+1), vc.VCI(32+call%7)
		near, far := open(t, a, h, vci, flow(1492)), open(t, b, h, vci, flow(1492))
		for i := range sdus {
			if err := near.Send(ctx, ring.Record{Payload: sduOf(i, 4+(call*31+i*173)%1400)}); err != nil {
				t.Fatal(err)
			}
		}
		drained := make(chan vc.DrainReport, 1)
		a.Drain(id(vci), patience, func(r vc.DrainReport) {
			a.Channel(1).Send([]byte(strconv.Itoa(call)))
			drained <- r
		})
		select {
		case n := <-releases:
			if n != call {
				t.Fatalf("release of call %d in call %d", n, call)
			}
		case <-ctx.Done():
			t.Fatalf("call %d: no release", call)
		}
		removed := make(chan struct{}, 2)
		b.Deactivate(id(vci), true, func(vc.DrainReport) {
			b.EndVC(h)
			removed <- struct{}{}
		})
		a.Deactivate(id(vci), false, func(vc.DrainReport) { removed <- struct{}{} })
		checkWhole(ctx, t, far, call, sdus)
		<-removed
		<-removed
		if r := <-drained; r.Dropped != 0 {
			t.Fatalf("call %d: drain reports %+v", call, r)
		}
		a.CloseVC(h)
		b.CloseVC(h)
	}
}

// checkWhole reads a VC to its end of file and compares every SDU.
func checkWhole(ctx context.Context, t *testing.T, end *ring.Endpoint, call, sdus int) {
	t.Helper()
	buf := make([]byte, 1500)
	for i := range sdus {
		n, _, err := end.Receive(ctx, buf)
		if err != nil || !bytes.Equal(buf[:n], sduOf(i, 4+(call*31+i*173)%1400)) {
			t.Fatalf("call %d, SDU %d of %d: %d octets, %v", call, i, sdus, n, err)
		}
	}
	if n, _, err := end.Receive(ctx, buf); !errors.Is(err, io.EOF) {
		t.Fatalf("call %d: %d octets and %v behind the last SDU, want the end of file", call, n, err)
	}
}

// TestCloseUnderLoad closes engines whose VCs are busy in both directions, while calls come and go.
func TestCloseUnderLoad(t *testing.T) {
	for round := range 3 {
		a, b := onMemory(t, nothingMore)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var work sync.WaitGroup
		var moved sync.WaitGroup
		for i := range 8 {
			h, vci := vc.Handle(i+1), vc.VCI(100+i)
			near, far := open(t, a, h, vci, flow(1492)), open(t, b, h, vci, flow(1492))
			moved.Add(1)
			work.Go(func() {
				for n := 0; near.Send(ctx, ring.Record{Payload: sduOf(n, 300)}) == nil; n++ {
				}
			})
			work.Go(func() {
				var once sync.Once
				buf := make([]byte, 1500)
				for {
					if _, _, err := far.Receive(ctx, buf); err != nil {
						once.Do(moved.Done)
						return
					}
					once.Do(moved.Done)
				}
			})
		}
		moved.Wait()
		for i := range 8 {
			vci := vc.VCI(100 + i)
			switch (i + round) % 4 {
			case 0:
				a.Deactivate(id(vci), true, func(vc.DrainReport) {})
			case 1:
				b.Drain(id(vci), time.Hour, func(vc.DrainReport) {})
			case 2:
				b.CloseVC(vc.Handle(i + 1))
			default:
				b.EndVC(vc.Handle(i + 1))
			}
		}
		must(t, b.Close())
		must(t, a.Close())
		cancel()
		work.Wait()
		for _, e := range []*datapath.Engine{a, b} {
			if circuits, branches, polled := e.Left(); circuits+branches+polled != 0 {
				t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
			}
		}
	}
}

// TestManyVCsComeAndGo activates and removes branches from several goroutines while others carry
// data.
func TestManyVCsComeAndGo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a, b := onMemory(t, nothingMore)
	steady := open(t, a, 1000, 40000, paced(20000, 1492)) // A flood would overrun the port, as on a NIC.
	sink := open(t, b, 1000, 40000, flow(1492))
	var background, work sync.WaitGroup
	stop, halt := context.WithCancel(ctx)
	background.Go(func() {
		for n := uint32(0); steady.Send(stop, ring.Record{Payload: binary.BigEndian.AppendUint32(nil, n)}) == nil; n++ {
		}
	})
	background.Go(func() {
		buf, last := make([]byte, 1500), -1
		for {
			n, _, err := sink.Receive(stop, buf)
			if err != nil {
				return
			}
			got := int(binary.BigEndian.Uint32(buf[:n]))
			if got <= last {
				t.Errorf("SDU %d after %d", got, last)
				return
			}
			last = got
		}
	})
	for w := range 4 {
		work.Go(func() {
			for i := range 25 {
				h, vci := vc.Handle(w*100+i+1), vc.VCI(1000*(w+1)+i%5)
				near, far := open(t, a, h, vci, flow(1000)), open(t, b, h, vci, flow(1000))
				want := fmt.Sprintf("worker %d call %d", w, i)
				if err := near.Send(ctx, ring.Record{Payload: []byte(want)}); err != nil {
					t.Error(err)
					return
				}
				buf := make([]byte, 100)
				n, _, err := far.Receive(ctx, buf)
				if err != nil || string(buf[:n]) != want {
					t.Errorf("got %q, %v; want %q", buf[:n], err, want)
					return
				}
				gone := make(chan struct{}, 2)
				for _, e := range []*datapath.Engine{a, b} {
					e.Deactivate(id(vci), i%2 == 0, func(vc.DrainReport) { gone <- struct{}{} })
				}
				<-gone
				<-gone
				a.CloseVC(h)
				b.CloseVC(h)
			}
		})
	}
	work.Wait()
	halt()
	background.Wait()
}

// TestIdleVCsWakeUp has more VCs fall asleep than the worker looks at while it spins, and each
// sends again.
func TestIdleVCsWakeUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a, b := onMemory(t, nothingMore)
	const vcs = 150
	var near, far [vcs]*ring.Endpoint
	for i := range vcs {
		near[i], far[i] = open(t, a, vc.Handle(i+1), vc.VCI(100+i), flow(100)), open(t, b, vc.Handle(i+1), vc.VCI(100+i), flow(100))
	}
	buf := make([]byte, 100)
	for round := range 4 {
		for i := range vcs {
			if err := near[i].Send(ctx, ring.Record{Payload: sduOf(i*10+round, 50)}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range vcs {
			n, _, err := far[i].Receive(ctx, buf)
			if err != nil || !bytes.Equal(buf[:n], sduOf(i*10+round, 50)) {
				t.Fatalf("round %d, VC %d: %x, %v", round, i, buf[:n], err)
			}
		}
	}
}

// TestDoorbellFlood rings the daemon without end and without reason, and never reads what it rings
// back.
func TestDoorbellFlood(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a, b := onMemory(t, nothingMore)
	near, far := open(t, a, 1, 100, flow(1000)), open(t, b, 1, 100, flow(1000))
	ports, err := a.OpenVC(2, vc.RingSpec{Send: flow(1000), Receive: flow(1000)})
	must(t, err)
	must(t, a.Activate(id(101), 2, vc.BranchSpec{Send: flow(1000), Receive: flow(1000)}))
	a.OpenTransmit(id(101))
	stop := make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() {
		junk := make([]byte, 512)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = ports.Doorbell.Write(junk)
			}
		}
	})
	buf := make([]byte, 1000)
	for i := range 2000 {
		if err := near.Send(ctx, ring.Record{Payload: sduOf(i, 500)}); err != nil {
			t.Fatal(err)
		}
		n, _, err := far.Receive(ctx, buf)
		if err != nil || !bytes.Equal(buf[:n], sduOf(i, 500)) {
			t.Fatalf("SDU %d: %d octets, %v", i, n, err)
		}
	}
	must(t, ports.Doorbell.SetDeadline(time.Unix(1, 0))) // Ends a write that waits for room.
	close(stop)
	flood.Wait()
	must(t, ports.Close())
}
