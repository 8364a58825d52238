package mem_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/bpf"

	"callmanager/nicio"
	"callmanager/nicio/mem"
)

var (
	macA    = nicio.MAC{2, 0, 0, 0, 0, 1}
	macB    = nicio.MAC{2, 0, 0, 0, 0, 2}
	macC    = nicio.MAC{2, 0, 0, 0, 0, 3}
	nobody  = nicio.MAC{2, 0, 0, 0, 0, 0xff}
	anybody = nicio.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

// frame builds a frame of size octets whose last four, if there are as many, are a number.
func frame(dst, src nicio.MAC, size int, number uint32) nicio.TxFrame {
	b := make([]byte, max(size, nicio.HeaderLen))
	rest := nicio.PutHeader(b, dst, src, nicio.EtherTypeMPLS)
	if len(rest) >= 4 {
		binary.BigEndian.PutUint32(rest[len(rest)-4:], number)
	}
	cut := int(number) % (len(b) + 1) // Head and body are the sender's affair.
	return nicio.TxFrame{Head: b[:cut], Body: b[cut:]}
}

func octets(f nicio.TxFrame) []byte { return append(append([]byte{}, f.Head...), f.Body...) }

func number(b []byte) uint32 { return binary.BigEndian.Uint32(b[len(b)-4:]) }

func open(tb testing.TB, w *mem.Wire, mac nicio.MAC, cfg nicio.Config) *mem.Port {
	tb.Helper()
	p, err := w.Open(mac, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func send(tb testing.TB, p *mem.Port, frames ...nicio.TxFrame) {
	tb.Helper()
	if n, err := p.WriteBatch(frames); n != len(frames) || err != nil {
		tb.Fatalf("WriteBatch = %d, %v, want %d", n, err, len(frames))
	}
}

// drain reads what is in the queue.
func drain(tb testing.TB, p *mem.Port) [][]byte {
	tb.Helper()
	frames := make([]nicio.RxFrame, nicio.BatchSize)
	for i := range frames {
		frames[i].Buf = make([]byte, 2048)
	}
	var got [][]byte
	for p.Pending() > 0 {
		n, err := p.ReadBatch(frames)
		if err != nil {
			tb.Fatal(err)
		}
		for _, f := range frames[:n] {
			got = append(got, bytes.Clone(f.Buf[:f.Len]))
		}
	}
	return got
}

func TestPerfectWire(t *testing.T) {
	w := mem.New(mem.Config{})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
	var want [][]byte
	for i := range 500 {
		f := frame(macB, macA, 14+i*1500/499, uint32(i))
		send(t, a, f)
		want = append(want, octets(f))
	}
	got := drain(t, b)
	if len(got) != len(want) {
		t.Fatalf("%d frames, want %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("frame %d: %x, want %x", i, got[i], want[i])
		}
	}
	s := b.Stats()
	if s.RxFrames != 500 || s.RxQueued != 500 || s.RxOctets != a.Stats().TxOctets || a.MAC() != macA {
		t.Errorf("counters %+v", s)
	}
}

func TestReadBatchTakesAtMost64(t *testing.T) {
	w := mem.New(mem.Config{})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
	for i := range 100 {
		send(t, a, frame(macB, macA, 60, uint32(i)))
	}
	frames := make([]nicio.RxFrame, 200)
	for i := range frames {
		frames[i].Buf = make([]byte, 60)
	}
	for _, want := range []int{64, 36, 0} {
		if n, err := b.ReadBatch(frames); n != want || err != nil {
			t.Errorf("ReadBatch = %d, %v, want %d", n, err, want)
		}
	}
}

func TestSwitching(t *testing.T) {
	ours := func(s nicio.Stats) nicio.Stats {
		return nicio.Stats{
			RxQueued: s.RxQueued, RxFrames: s.RxFrames, RxOtherHost: s.RxOtherHost,
			RxGroup: s.RxGroup, RxLoop: s.RxLoop, RxTruncated: s.RxTruncated,
		}
	}
	for _, row := range []struct {
		name  string
		frame nicio.TxFrame
		b, c  nicio.Stats
		wire  mem.Stats
	}{
		{
			"known", frame(macB, macA, 60, 1),
			nicio.Stats{RxQueued: 1, RxFrames: 1},
			nicio.Stats{},
			mem.Stats{Sent: 1, Delivered: 1},
		},
		{
			"unknown is flooded", frame(nobody, macA, 60, 1),
			nicio.Stats{RxQueued: 1, RxOtherHost: 1},
			nicio.Stats{RxQueued: 1, RxOtherHost: 1},
			mem.Stats{Sent: 1, Flooded: 1, Delivered: 2},
		},
		{
			"broadcast", frame(anybody, macA, 60, 1),
			nicio.Stats{RxQueued: 1, RxGroup: 1},
			nicio.Stats{RxQueued: 1, RxGroup: 1},
			mem.Stats{Sent: 1, Flooded: 1, Delivered: 2},
		},
		{
			"to itself", frame(macA, macA, 60, 1),
			nicio.Stats{RxQueued: 1, RxOtherHost: 1},
			nicio.Stats{RxQueued: 1, RxOtherHost: 1},
			mem.Stats{Sent: 1, Flooded: 1, Delivered: 2},
		},
		{
			"forged source", frame(macB, macB, 60, 1),
			nicio.Stats{RxQueued: 1, RxLoop: 1},
			nicio.Stats{},
			mem.Stats{Sent: 1, Delivered: 1},
		},
		{
			"longer than the buffer", frame(macB, macA, 61, 1),
			nicio.Stats{RxQueued: 1, RxTruncated: 1},
			nicio.Stats{},
			mem.Stats{Sent: 1, Delivered: 1},
		},
		{
			"other EtherType",
			nicio.TxFrame{Head: append(append(macB[:], macA[:]...), 8, 0)},
			nicio.Stats{},
			nicio.Stats{},
			mem.Stats{Sent: 1, Unclaimed: 1},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := mem.New(mem.Config{})
			a, b, c := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{}), open(t, w, macC, nicio.Config{})
			send(t, a, row.frame)
			for _, p := range []*mem.Port{a, b, c} {
				frames := []nicio.RxFrame{{Buf: make([]byte, 60)}}
				if _, err := p.ReadBatch(frames); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff([]any{row.b, row.c, row.wire}, []any{ours(b.Stats()), ours(c.Stats()), w.Stats()}); diff != "" {
				t.Errorf("counters of b, c and the wire (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLonelyStation(t *testing.T) {
	w := mem.New(mem.Config{})
	a := open(t, w, macA, nicio.Config{})
	send(t, a, frame(macB, macA, 60, 1), frame(anybody, macA, 60, 2))
	if s := w.Stats(); s.Unreachable != 2 || s.Sent != 2 {
		t.Errorf("counters %+v", s)
	}
}

func TestPortsShareAStation(t *testing.T) {
	const control = 17
	accept, err := nicio.AcceptLabels(control)
	if err != nil {
		t.Fatal(err)
	}
	reject, err := nicio.RejectLabels(control)
	if err != nil {
		t.Fatal(err)
	}
	w := mem.New(mem.Config{})
	a := open(t, w, macA, nicio.Config{})
	c := open(t, w, macB, nicio.Config{Filter: accept})
	d := open(t, w, macB, nicio.Config{Filter: reject})
	tx := open(t, w, macB, nicio.Config{TransmitOnly: true})
	for label := range uint32(50) {
		f := frame(macB, macA, 60, label)
		b := octets(f)
		binary.BigEndian.PutUint32(b[14:], label<<12|0x1ff)
		send(t, a, nicio.TxFrame{Head: b})
	}
	if c.Pending() != 1 || d.Pending() != 49 || tx.Pending() != 0 {
		t.Errorf("control %d, data %d, transmit %d frames, want 1, 49, 0", c.Pending(), d.Pending(), tx.Pending())
	}
	all := open(t, w, macB, nicio.Config{})
	send(t, a, frame(macB, macA, 60, 1))
	if s := w.Stats(); all.Pending() != 1 || s.Copied != 1 || s.Delivered != 52 {
		t.Errorf("two ports want a frame: %+v", s)
	}
	send(t, tx, frame(macA, macB, 60, 1))
	if a.Pending() != 1 {
		t.Error("nothing came from the transmit port")
	}
}

func TestBadFramesDieAlone(t *testing.T) {
	w := mem.New(mem.Config{})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
	send(t, a, frame(macB, macA, 1515, 1), frame(macB, macA, 1514, 2), nicio.TxFrame{Head: make([]byte, 13)},
		nicio.TxFrame{}, frame(macB, macA, 14, 3))
	s := a.Stats()
	if s.TxOversize != 1 || s.TxInvalid != 2 || s.TxFrames != 2 || b.Pending() != 2 {
		t.Errorf("%d arrived, counters %+v", b.Pending(), s)
	}
	st, err := w.Station(macA)
	if err != nil {
		t.Fatal(err)
	}
	st.SetMTU(9000)
	send(t, a, frame(macB, macA, 9014, 4))
	if b.Pending() != 3 {
		t.Error("the MTU did not change")
	}
}

func TestOverrun(t *testing.T) {
	w := mem.New(mem.Config{})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{RecvBuffer: 1000})
	for i := range 15 {
		send(t, a, frame(macB, macA, 100, uint32(i)))
	}
	for i, got := range drain(t, b) {
		if number(got) != uint32(i) {
			t.Errorf("frame %d has number %d", i, number(got))
		}
	}
	if s := b.Stats(); s.RxQueued != 10 || s.RxOverrun != 5 || w.Stats().Overrun != 5 {
		t.Errorf("queued %d, overrun %d, want 10 and 5", s.RxQueued, s.RxOverrun)
	}
	send(t, a, frame(macB, macA, 1000, 99))
	if got := drain(t, b); len(got) != 1 {
		t.Error("the queue did not recover")
	}
}

func TestDown(t *testing.T) {
	w := mem.New(mem.Config{})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
	st, err := w.Station(macB)
	if err != nil {
		t.Fatal(err)
	}
	st.SetUp(false)
	if err := b.WaitRead(-1); err != nil { // The reader is told.
		t.Fatal(err)
	}
	send(t, a, frame(macB, macA, 60, 1))
	send(t, b, frame(macA, macB, 60, 1))
	drain(t, b)
	if _, err := b.ReadBatch(nil); err != nil {
		t.Fatal(err)
	}
	st.SetUp(true)
	send(t, a, frame(macB, macA, 60, 2))
	s := b.Stats()
	if s.RxDown != 1 || s.TxDown != 1 || w.Stats().Down != 1 || b.Pending() != 1 || a.Pending() != 0 {
		t.Errorf("port %+v, wire %+v", s, w.Stats())
	}
}

func TestCloseAndWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{})
		a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
		results := make(chan error, 1)
		wait := func(timeout time.Duration) { results <- b.WaitRead(timeout) }
		for _, end := range []func(){
			b.Wake,
			func() { send(t, a, frame(macB, macA, 60, 1)) },
		} {
			go wait(-1)
			synctest.Wait()
			end()
			if err := <-results; err != nil {
				t.Error(err)
			}
			drain(t, b)
		}
		b.Wake() // Before the wait.
		wait(-1)
		<-results
		_ = b.WaitRead(0) // Takes the token that the frame left.
		start := time.Now()
		wait(time.Hour)
		if err := <-results; err != nil || time.Since(start) != time.Hour {
			t.Errorf("timeout after %v: %v", time.Since(start), err)
		}
		go wait(-1)
		synctest.Wait()
		send(t, a, frame(macB, macA, 60, 1))
		<-results
		for range 3 {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		wait(-1)
		_, readErr := b.ReadBatch(nil)
		_, writeErr := b.WriteBatch(nil)
		for _, err := range []error{<-results, readErr, writeErr, b.WaitWrite(-1)} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("after Close: %v, want net.ErrClosed", err)
			}
		}
		b.Wake()
		send(t, a, frame(macB, macA, 60, 1))
		if s := w.Stats(); s.Unclaimed != 1 || b.Pending() != 0 {
			t.Errorf("a closed port took a frame: %+v", s)
		}
	})
}

func TestDelayIsVirtual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{Faults: mem.Faults{Delay: 20 * time.Millisecond}})
		a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
		start := time.Now()
		for i := range 3 {
			send(t, a, frame(macB, macA, 60, uint32(i)))
			time.Sleep(5 * time.Millisecond)
		}
		for i := range 3 {
			if err := b.WaitRead(-1); err != nil {
				t.Fatal(err)
			}
			want := 20*time.Millisecond + time.Duration(i)*5*time.Millisecond
			if got := drain(t, b); len(got) != 1 || number(got[0]) != uint32(i) || time.Since(start) != want {
				t.Errorf("frame %d: %d frames after %v, want 1 after %v", i, len(got), time.Since(start), want)
			}
			_ = b.WaitRead(0) // The token of the frame just read.
		}
	})
}

func TestJitterKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{Seed: 7, Faults: mem.Faults{Delay: time.Millisecond, Jitter: 50 * time.Millisecond}})
		a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
		for i := range 200 {
			send(t, a, frame(macB, macA, 60, uint32(i)))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		got := drain(t, b)
		if len(got) != 200 {
			t.Fatalf("%d frames arrived", len(got))
		}
		for i := range got {
			if number(got[i]) != uint32(i) {
				t.Fatalf("frame %d has number %d", i, number(got[i]))
			}
		}
		if w.Stats().Reordered != 0 {
			t.Error("counted as reordered")
		}
	})
}

// TestOrderSurvivesEndOfDelay proves that a frame without delay does not pass an earlier one with
// it.
func TestOrderSurvivesEndOfDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{Faults: mem.Faults{Delay: time.Second}})
		a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
		send(t, a, frame(macB, macA, 60, 0))
		w.SetFaults(mem.Faults{})
		send(t, a, frame(macB, macA, 60, 1))
		if b.Pending() != 0 {
			t.Error("overtaken")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		send(t, a, frame(macB, macA, 60, 2))
		for i, got := range drain(t, b) {
			if number(got) != uint32(i) {
				t.Errorf("frame %d has number %d", i, number(got))
			}
		}
		if s := b.Stats(); s.RxFrames != 3 {
			t.Errorf("%d frames arrived, want 3", s.RxFrames)
		}
	})
}

func TestHeldFrameIsReleasedByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{Faults: mem.Faults{Reorder: 1, ReorderTime: 30 * time.Millisecond}})
		a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
		send(t, a, frame(macB, macA, 60, 1))
		start := time.Now()
		if err := b.WaitRead(-1); err != nil || time.Since(start) != 30*time.Millisecond || b.Pending() != 1 {
			t.Errorf("%d frames after %v: %v", b.Pending(), time.Since(start), err)
		}
		if s := w.Stats(); s.Reordered != 0 {
			t.Errorf("nobody overtook it, but %d are counted", s.Reordered)
		}
	})
}

func TestCorruptionIsOneBitOfPayload(t *testing.T) {
	w := mem.New(mem.Config{Seed: 3, Faults: mem.Faults{Corrupt: 1}})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})
	f := frame(macB, macA, 40, 5)
	bits := make(map[int]bool)
	for range 2000 {
		send(t, a, f)
		got, want := drain(t, b)[0], octets(f)
		changed := 0
		for i := range want {
			for bit := range 8 {
				if (got[i]^want[i])>>bit&1 == 1 {
					changed++
					bits[i*8+bit] = true
				}
			}
		}
		if changed != 1 || !bytes.Equal(got[:14], want[:14]) {
			t.Fatalf("%x became %x", want, got)
		}
	}
	if len(bits) != 26*8 {
		t.Errorf("%d of %d bits were ever hit", len(bits), 26*8)
	}
	send(t, a, frame(macB, macA, 14, 0)) // Nothing to corrupt.
	if s := w.Stats(); s.Corrupted != 2000 || b.Pending() != 1 {
		t.Errorf("%d corrupted, want 2000", s.Corrupted)
	}
}

func TestBadConfigurations(t *testing.T) {
	nan := 0.0
	nan /= nan
	for name, f := range map[string]mem.Faults{
		"negative": {Loss: -0.1}, "above one": {Duplicate: 1.1}, "no number": {Corrupt: nan},
		"negative delay": {Delay: -1}, "negative span": {ReorderSpan: -1},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			mem.New(mem.Config{Faults: f})
		}()
	}
	w := mem.New(mem.Config{})
	for _, mac := range []nicio.MAC{{}, anybody, {1}} {
		if _, err := w.Station(mac); err == nil {
			t.Errorf("station %v was accepted", mac)
		}
	}
	for _, prog := range [][]bpf.RawInstruction{{{Op: 0xffff}}, {{Op: 0x28, K: 12}}} {
		if _, err := w.Open(macA, nicio.Config{Filter: prog}); err == nil {
			t.Errorf("filter %v was accepted", prog)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	filter, err := nicio.RejectLabels(17)
	if err != nil {
		t.Fatal(err)
	}
	w := mem.New(mem.Config{Faults: mem.Faults{Loss: 0.1, Duplicate: 0.1, Corrupt: 0.1}})
	a, b := open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{Filter: filter})
	tx := make([]nicio.TxFrame, nicio.BatchSize)
	rx := make([]nicio.RxFrame, nicio.BatchSize)
	for i := range tx {
		tx[i] = frame(macB, macA, 100, 1)
		rx[i].Buf = make([]byte, 2048)
	}
	round := func() {
		if _, err := a.WriteBatch(tx); err != nil {
			t.Fatal(err)
		}
		for n := 1; n != 0; {
			if n, err = b.ReadBatch(rx); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 100 { // The queue and the frame memory find their sizes.
		round()
	}
	if allocs := testing.AllocsPerRun(500, round); allocs != 0 {
		t.Errorf("%v allocations a batch, want 0", allocs)
	}
}

// TestConcurrentUse is for the race detector; the sums must be right all the same.
func TestConcurrentUse(t *testing.T) {
	w := mem.New(mem.Config{Faults: mem.Faults{Loss: 0.1, Reorder: 0.1, Delay: time.Microsecond, Jitter: time.Microsecond}})
	ports := []*mem.Port{
		open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{}), open(t, w, macC, nicio.Config{}),
	}
	var all sync.WaitGroup
	for i, p := range ports {
		to := ports[(i+1)%3].MAC()
		all.Go(func() {
			for k := range 200 {
				send(t, p, frame(to, p.MAC(), 60, uint32(k)), frame(anybody, p.MAC(), 60, 0))
			}
		})
		all.Go(func() {
			for range 200 {
				drain(t, p)
				_ = p.Stats()
				p.Wake()
				if err := p.WaitRead(time.Millisecond); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	w.Flush()
	for _, p := range ports {
		drain(t, p)
	}
	checkConservation(t, w, ports)
}

// TestFanoutDealsOut has the ports of a fanout get each frame once, where a [nicio.Fanout] would put it.
func TestFanoutDealsOut(t *testing.T) {
	w := mem.New(mem.Config{})
	a, err := w.Open(macA, nicio.Config{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := w.Station(macB)
	if err != nil {
		t.Fatal(err)
	}
	ports, err := st.OpenFanout(nicio.Config{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	const frames = 90
	for i := range frames {
		head := make([]byte, nicio.HeaderLen+4)
		binary.BigEndian.PutUint32(nicio.PutHeader(head, macB, macA, nicio.EtherTypeMPLS), uint32(0x10020+i)<<12)
		if n, err := a.WriteBatch([]nicio.TxFrame{{Head: head}}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	var total int
	for i, p := range ports {
		batch := make([]nicio.RxFrame, nicio.BatchSize)
		for j := range batch {
			batch[j].Buf = make([]byte, 100)
		}
		n, err := p.ReadBatch(batch)
		if err != nil || n == 0 {
			t.Errorf("port %d has %d frames, %v", i, n, err)
		}
		for _, f := range batch[:n] {
			if got := nicio.SteerFrame(f.Buf[:f.Len], len(ports)); got != i {
				t.Errorf("a frame for port %d came to port %d", got, i)
			}
		}
		total += n
	}
	if s := w.Stats(); total != frames || s.Copied+s.Unclaimed != 0 {
		t.Errorf("%d frames of %d came; %+v", total, frames, s)
	}
}
