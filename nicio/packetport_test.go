package nicio_test

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

var _ nicio.Port = (*nicio.PacketPort)(nil)

func TestBatchesBothWays(t *testing.T) {
	vethtest.New(t)
	a, b := pair(t)
	for _, dir := range []struct {
		name     string
		from, to *nicio.PacketPort
	}{{"a to b", a, b}, {"b to a", b, a}} {
		var frames []nicio.TxFrame
		var want [][]byte
		for i := range 130 {
			f := frameOf(dir.to.MAC(), dir.from.MAC(), 0x20064, 22+i*1492/129, uint32(i))
			switch i % 3 { // The split between head and body is the sender's affair.
			case 1:
				f = nicio.TxFrame{Head: octetsOf(f)}
			case 2:
				f = nicio.TxFrame{Body: octetsOf(f)}
			}
			frames, want = append(frames, f), append(want, octetsOf(f))
		}
		send(t, dir.from, frames...)
		for i, got := range receive(t, dir.to, len(want)) {
			if !bytes.Equal(got, want[i]) {
				t.Errorf("%s, frame %d (-want +got):\n%s", dir.name, i, cmp.Diff(want[i], got))
			}
		}
	}
	if a.MAC() != macA || b.MAC() != macB {
		t.Errorf("addresses %v and %v", a.MAC(), b.MAC())
	}
	checkSums(t, a, b)
}

// checkSums compares the counters of two ports that have talked to nobody else.
func checkSums(t *testing.T, a, b *nicio.PacketPort) {
	t.Helper()
	x, y := a.Stats(), b.Stats()
	for _, c := range []struct {
		name      string
		got, want uint64
	}{
		{"frames to b", y.RxFrames, x.TxFrames},
		{"frames to a", x.RxFrames, y.TxFrames},
		{"octets to b", y.RxOctets, x.TxOctets},
		{"octets to a", x.RxOctets, y.TxOctets},
		{"queued at b", y.RxQueued, y.RxFrames},
		{"queued at a", x.RxQueued, x.RxFrames},
	} {
		if c.got != c.want || c.got == 0 {
			t.Errorf("%s: %d, want %d and not 0", c.name, c.got, c.want)
		}
	}
}

func TestReadBatchTakesAtMost64(t *testing.T) {
	vethtest.New(t)
	a, b := pair(t)
	for i := range 100 {
		send(t, a, frameOf(macB, macA, 17, 60, uint32(i)))
	}
	big := append(rxBatch(2048), rxBatch(2048)...)
	for _, want := range []int{64, 36, 0} {
		if n, err := b.ReadBatch(big); n != want || err != nil {
			t.Errorf("ReadBatch = %d, %v, want %d", n, err, want)
		}
	}
	if n, err := b.ReadBatch(nil); n != 0 || err != nil {
		t.Errorf("ReadBatch(nil) = %d, %v", n, err)
	}
}

func TestFrameFields(t *testing.T) {
	vethtest.New(t)
	a, b := pair(t)
	f := frameOf(macB, macA, 17, 60, 1)
	send(t, a, f)
	frames := rxBatch(2048)
	for n := 0; n == 0; {
		var err error
		if n, err = b.ReadBatch(frames); err != nil {
			t.Fatal(err)
		}
	}
	got := &frames[0]
	if got.Source() != macA || got.Dest() != macB || got.EtherType() != nicio.EtherTypeMPLS || got.Len != 60 {
		t.Errorf("frame %v -> %v type %#x length %d", got.Source(), got.Dest(), got.EtherType(), got.Len)
	}
	if diff := cmp.Diff(octetsOf(f)[nicio.HeaderLen:], got.Payload()); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}

func TestFilterSplitsTraffic(t *testing.T) {
	vethtest.New(t)
	const control = 0x10005
	accept, reject := mustFilter(t, nicio.AcceptLabels, control), mustFilter(t, nicio.RejectLabels, control)
	a := open(t, nicio.Config{Interface: vethtest.A})
	c := open(t, nicio.Config{Interface: vethtest.B, Filter: accept, Transmit: nicio.PathPacket, Receive: nicio.PathPacket})
	d := open(t, nicio.Config{Interface: vethtest.B, Filter: reject})
	var frames []nicio.TxFrame
	for i := range 100 {
		frames = append(frames, frameOf(macB, macA, control+uint32(i%4), 64, uint32(i)))
	}
	send(t, a, frames...)
	if got := receive(t, c, 25); len(got) != 25 {
		t.Errorf("control port: %d frames, want 25", len(got))
	}
	if got := receive(t, d, 75); len(got) != 75 {
		t.Errorf("data port: %d frames, want 75", len(got))
	}
	if cs, ds := c.Stats(), d.Stats(); cs.RxQueued != 25 || ds.RxQueued != 75 {
		t.Errorf("queued %d and %d, want 25 and 75: a filter let others in", cs.RxQueued, ds.RxQueued)
	}
}

func mustFilter(tb testing.TB, f func(...uint32) ([]bpf.RawInstruction, error), labels ...uint32) []bpf.RawInstruction {
	tb.Helper()
	prog, err := f(labels...)
	if err != nil {
		tb.Fatal(err)
	}
	return prog
}

func TestFramesNotForUs(t *testing.T) {
	for _, row := range []struct {
		name  string
		frame nicio.TxFrame
		want  nicio.Stats
	}{
		{"other host", frameOf(foreign, macA, 17, 60, 1), nicio.Stats{RxOtherHost: 1}},
		{"broadcast", frameOf(nicio.MAC{255, 255, 255, 255, 255, 255}, macA, 17, 60, 1), nicio.Stats{RxGroup: 1}},
		{"multicast", frameOf(nicio.MAC{1, 0, 0x5e, 0, 0, 1}, macA, 17, 60, 1), nicio.Stats{RxGroup: 1}},
		{"our own source", frameOf(macB, macB, 17, 60, 1), nicio.Stats{RxLoop: 1}},
		{"our own source to another", frameOf(foreign, macB, 17, 60, 1), nicio.Stats{RxLoop: 1}},
		{"vlan 77", vlanFrame(77), nicio.Stats{RxOtherHost: 1}},
		{"longer than the buffer", frameOf(macB, macA, 17, 101, 1), nicio.Stats{RxTruncated: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			vethtest.New(t)
			a, b := pair(t)
			marker := frameOf(macB, macA, 18, 100, 2)
			send(t, a, row.frame, marker)
			frames := make([]nicio.RxFrame, 8)
			for i := range frames {
				frames[i].Buf = make([]byte, 100)
			}
			awaitMarker(t, b, frames, octetsOf(marker))
			for b.Pending() > 0 { // What an AF_XDP socket does not take may be read after the marker.
				if n, err := b.ReadBatch(frames); n != 0 || err != nil {
					t.Fatalf("ReadBatch = %d, %v, want nothing", n, err)
				}
			}
			got := b.Stats()
			got = nicio.Stats{
				RxOtherHost: got.RxOtherHost, RxGroup: got.RxGroup, RxLoop: got.RxLoop,
				RxTruncated: got.RxTruncated, RxRunt: got.RxRunt,
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("counters (-want +got):\n%s", diff)
			}
		})
	}
}

// awaitMarker reads into frames until one frame has been delivered, which must be the marker.
func awaitMarker(t *testing.T, p nicio.Port, frames []nicio.RxFrame, marker []byte) {
	t.Helper()
	for n := 0; n == 0; {
		var err error
		if n, err = p.ReadBatch(frames); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			if err := p.WaitRead(10 * time.Second); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(marker, frames[0].Buf[:frames[0].Len]); diff != "" {
		t.Errorf("first frame delivered (-marker +got):\n%s", diff)
	}
}

// vlanFrame is an 802.1Q tagged MPLS frame for macB.
func vlanFrame(id uint16) nicio.TxFrame {
	inner := octetsOf(frameOf(macB, macA, 17, 60, 1))
	tagged := append([]byte{}, inner[:12]...)
	tagged = append(tagged, 0x81, 0x00, byte(id>>8), byte(id))
	return nicio.TxFrame{Head: append(tagged, inner[12:]...)}
}

func TestOwnFramesAreNotReceived(t *testing.T) {
	vethtest.New(t)
	// A socket of all EtherTypes would see them but for PACKET_IGNORE_OUTGOING.
	a := open(t, nicio.Config{Interface: vethtest.A, EtherType: unix.ETH_P_ALL, Receive: nicio.PathPacket})
	b := open(t, nicio.Config{Interface: vethtest.B})
	for i := range 10 {
		send(t, a, frameOf(macB, macA, 17, 60, uint32(i)))
	}
	receive(t, b, 10)
	marker := frameOf(macA, macB, 17, 60, 99)
	send(t, b, marker)
	receiveNothing(t, a, octetsOf(marker))
	if s := a.Stats(); s.RxQueued != 1 || s.RxLoop != 0 {
		t.Errorf("queued %d, own %d, want 1 and 0", s.RxQueued, s.RxLoop)
	}
}

func TestBadFramesDieAlone(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	good := func(i uint32) nicio.TxFrame { return frameOf(macB, macA, 17, 60, i) }
	send(t, a,
		frameOf(macB, macA, 17, 1515, 100), good(1),
		frameOf(macB, macA, 17, 9000, 101), frameOf(macB, macA, 17, 1515, 102), good(2),
		nicio.TxFrame{Head: make([]byte, 13)}, nicio.TxFrame{}, good(3),
		frameOf(macB, macA, 17, 1514, 4))
	for i, f := range receive(t, b, 4) {
		if got := numberOf(&nicio.RxFrame{Buf: f, Len: len(f)}); got != uint32(i+1) {
			t.Errorf("frame %d has number %d", i, got)
		}
	}
	s := a.Stats()
	if s.TxFrames != 4 || s.TxOversize != 3 || s.TxInvalid != 2 {
		t.Errorf("sent %d, oversize %d, invalid %d, want 4, 3, 2", s.TxFrames, s.TxOversize, s.TxInvalid)
	}
	n.SetMTU(vethtest.A, 9000)
	n.SetMTU(vethtest.B, 9000)
	send(t, a, frameOf(macB, macA, 17, 9014, 5), good(6))
	receive(t, b, 1)                                                // The big one does not fit the reader's buffer,
	if n, err := b.ReadBatch(rxBatch(2048)); n != 0 || err != nil { // nor an AF_XDP socket, so that it may come later.
		t.Errorf("ReadBatch = %d, %v, want nothing", n, err)
	}
	if s := b.Stats(); s.RxTruncated != 1 {
		t.Errorf("truncated %d, want 1", s.RxTruncated)
	}
}

func TestTransmitOnly(t *testing.T) {
	vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A, TransmitOnly: true, Priority: 6})
	b := open(t, nicio.Config{Interface: vethtest.B})
	witness := open(t, nicio.Config{Interface: vethtest.A, Transmit: nicio.PathPacket, Receive: nicio.PathPacket})
	send(t, a, frameOf(macB, macA, 17, 60, 1))
	receive(t, b, 1)
	send(t, b, frameOf(macA, macB, 17, 60, 2))
	receive(t, witness, 1)
	if n, err := a.ReadBatch(rxBatch(2048)); n != 0 || err != nil {
		t.Errorf("ReadBatch = %d, %v, want nothing", n, err)
	}
	if s := a.Stats(); s.RxQueued != 0 {
		t.Errorf("queued %d frames, want 0", s.RxQueued)
	}
	got, err := unix.GetsockoptInt(a.Descriptor(), unix.SOL_SOCKET, unix.SO_PRIORITY)
	if got != 6 || err != nil {
		t.Errorf("priority %d, %v, want 6", got, err)
	}
}

// TestUnsent has a queue of the device hold what was sent, and then lose it.
func TestUnsent(t *testing.T) {
	n := vethtest.New(t)
	a, b := pair(t)
	send(t, a, frameOf(macB, macA, 17, 1000, 1))
	receive(t, b, 1)
	if got := a.Unsent(); got != 0 {
		t.Errorf("%d octets unsent of a frame that was received", got)
	}
	const ( // One frame at once, and the others in six seconds.
		rate  = 10_000                             // Octets a second.
		burst = 1500 * (1_000_000_000 / rate) / 64 // As time, in units of 64 ns.
	)
	slow := &netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{
			LinkIndex: n.Link(vethtest.A).Attrs().Index, Parent: netlink.HANDLE_ROOT, Handle: netlink.MakeHandle(1, 0),
		},
		Rate: rate, Limit: 1 << 20, Buffer: burst,
	}
	if err := n.Handle().QdiscAdd(slow); errors.Is(err, unix.ENOENT) {
		t.Skip("takes the tbf queueing discipline (CONFIG_NET_SCH_TBF)")
	} else if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		send(t, a, frameOf(macB, macA, 17, 1000, uint32(i)))
	}
	if got := a.Unsent(); got < 1000 {
		t.Errorf("%d octets unsent of 60 frames in a slow queue: %+v", got, a.Stats())
	}
	if err := n.Handle().QdiscDel(slow); err != nil {
		t.Fatal(err)
	}
	n.Await("an empty queue", func() bool { return a.Unsent() == 0 })
	if err := a.Close(); err != nil || a.Unsent() != 0 {
		t.Errorf("close: %v, then %d octets unsent", err, a.Unsent())
	}
}

func TestOverrunIsCounted(t *testing.T) {
	vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := open(t, nicio.Config{Interface: vethtest.B, RecvBuffer: 32 << 10})
	const total = 2000
	batch := make([]nicio.TxFrame, 50)
	for i := range batch {
		batch[i] = frameOf(macB, macA, 17, 500, uint32(i))
	}
	for range total / len(batch) {
		send(t, a, batch...)
	}
	frames := rxBatch(2048)
	var got int
	for {
		n, err := b.ReadBatch(frames)
		if err != nil {
			t.Fatal(err)
		}
		if got += n; n == 0 {
			break
		}
	}
	s := b.Stats()
	if s.RxOverrun == 0 || s.RxQueued != uint64(got) || s.RxQueued+s.RxOverrun != total {
		t.Errorf("of %d frames %d read, %d queued, %d overrun", total, got, s.RxQueued, s.RxOverrun)
	}
	if again := b.Stats(); again != s {
		t.Errorf("counters changed by reading them: %+v, then %+v", s, again)
	}
}

// TestPending: what waits in a queue is told to the frame, whoever else reads the counters meanwhile.
func TestPending(t *testing.T) {
	vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	one := open(t, nicio.Config{Interface: vethtest.B})
	several := openFanout(t, nicio.Config{Interface: vethtest.B}, 3)
	pending := func(ports ...interface{ Pending() int }) (n int) {
		for _, p := range ports {
			n += p.Pending()
		}
		return n
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				one.Stats()
				several[0].Stats()
			}
		}
	}()
	frames := rxBatch(2048)
	for round := range 20 {
		sent := mixed(100)
		send(t, a, sent...)
		send(t, a, frameOf(nicio.MAC{2, 0, 0, 0, 0, 99}, macA, 17, 60, 0)) // For another station: taken, and dropped.
		for pending(one) < 101 || pending(several[0], several[1], several[2]) < 101 {
			if err := one.WaitRead(time.Millisecond); err != nil { // The processor may have them yet.
				t.Fatal(err)
			}
			runtime.Gosched()
		}
		if a, b := pending(one), pending(several[0], several[1], several[2]); a != 101 || b != 101 {
			t.Errorf("round %d: %d frames wait for the port and %d for the members, want 101", round, a, b)
		}
		for left := 101; left > 0; {
			n, err := one.ReadBatch(frames)
			if err != nil {
				t.Fatal(err)
			}
			after := pending(one)
			if gone := left - after; gone != n && gone != n+1 {
				t.Fatalf("round %d: %d frames were read, and %d are gone", round, n, gone)
			}
			left = after
		}
		for _, m := range several {
			for pending(m) > 0 {
				if _, err := m.ReadBatch(frames); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	close(stop)
	<-done
}

func TestCloseUnblocks(t *testing.T) {
	vethtest.New(t)
	p, err := nicio.Open(nicio.Config{Interface: vethtest.A})
	if err != nil {
		t.Fatal(err)
	}
	var started, ended sync.WaitGroup
	started.Add(1)
	ended.Go(func() {
		started.Done()
		for p.WaitRead(-1) == nil {
			_, _ = p.ReadBatch(rxBatch(64))
		}
	})
	ended.Go(func() {
		for {
			if _, err := p.WriteBatch([]nicio.TxFrame{frameOf(macB, macA, 17, 60, 1)}); err != nil {
				wantClosed(t, "WriteBatch", err)
				return
			}
		}
	})
	ended.Go(func() {
		for range 100 {
			_ = p.Stats()
			_ = p.Rebind()
			p.Wake()
		}
	})
	started.Wait()
	for range 3 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	ended.Wait()
	_, err = p.ReadBatch(rxBatch(64))
	wantClosed(t, "ReadBatch", err)
	_, err = p.WriteBatch([]nicio.TxFrame{frameOf(macB, macA, 17, 60, 1)})
	wantClosed(t, "WriteBatch", err)
	_, err = p.WriteBatch(nil)
	wantClosed(t, "WriteBatch of nothing", err)
	wantClosed(t, "WaitRead", p.WaitRead(-1))
	wantClosed(t, "WaitWrite", p.WaitWrite(-1))
	wantClosed(t, "Rebind", p.Rebind())
	p.Wake()
	if s := p.Stats(); s.TxFrames == 0 && s.TxErrors == 0 {
		t.Logf("no frame was sent before Close: %+v", s)
	}
}

func TestWake(t *testing.T) {
	vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A, Spin: -1})
	for range 3 {
		a.Wake() // Before the wait; many are one.
		a.Wake()
		if err := a.WaitRead(-1); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() { done <- a.WaitRead(-1) }()
	a.Wake()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := a.WaitRead(time.Millisecond); err != nil { // Times out.
		t.Fatal(err)
	}
	if err := a.WaitWrite(-1); err != nil { // There is room.
		t.Fatal(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]nicio.Config{
		"no name":           {},
		"long name":         {Interface: "a234567890123456"},
		"negative buffer":   {Interface: "x", RecvBuffer: -1},
		"negative priority": {Interface: "x", Priority: -1},
		"long filter":       {Interface: "x", Filter: make([]bpf.RawInstruction, 4097)},
	} {
		if p, err := nicio.Open(cfg); err == nil {
			t.Errorf("%s: accepted", name)
			_ = p.Close()
		}
	}
}

func TestOpenRefusesOtherHardware(t *testing.T) {
	vethtest.New(t)
	if _, err := nicio.Open(nicio.Config{Interface: "lo"}); !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("Open(lo) = %v, want EAFNOSUPPORT", err)
	}
	bad := []bpf.RawInstruction{{Op: 0xffff}}
	if _, err := nicio.Open(nicio.Config{Interface: vethtest.A, Filter: bad}); !errors.Is(err, unix.EINVAL) {
		t.Errorf("Open with a bad filter = %v, want EINVAL", err)
	}
}

func TestDescriptorsAreReturned(t *testing.T) {
	vethtest.New(t)
	before := countDescriptors(t)
	for range 20 {
		p, err := nicio.Open(nicio.Config{Interface: vethtest.A})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := nicio.Open(nicio.Config{Interface: "lo"}); err == nil {
			t.Fatal("opened lo")
		}
	}
	// The runtime may open one of its own meanwhile.
	if after := countDescriptors(t); after > before+3 {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func countDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
