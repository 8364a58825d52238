package nicio_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

// TestOverXDP runs the tests of the port once more with frames that leave by AF_XDP. Not among them
// are those of a queueing discipline, of which AF_XDP knows nothing.
func TestOverXDP(t *testing.T) {
	overXDP(t, nicio.PathXDP, nicio.PathPacket)
}

// TestReceiveByXDP runs them once more with frames that arrive by AF_XDP, and TestBothWaysByXDP with both.
func TestReceiveByXDP(t *testing.T) { overXDP(t, nicio.PathPacket, nicio.PathXDP) }

func TestBothWaysByXDP(t *testing.T) { overXDP(t, nicio.PathXDP, nicio.PathXDP) }

func overXDP(t *testing.T, out, in nicio.Path) {
	t.Helper()
	transmit, hear = out, in
	t.Cleanup(func() { transmit, hear = nicio.PathPacket, nicio.PathPacket })
	for _, row := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"BatchesBothWays", TestBatchesBothWays},
		{"ReadBatchTakesAtMost64", TestReadBatchTakesAtMost64},
		{"FrameFields", TestFrameFields},
		{"FilterSplitsTraffic", TestFilterSplitsTraffic},
		{"FramesNotForUs", TestFramesNotForUs},
		{"OwnFramesAreNotReceived", TestOwnFramesAreNotReceived},
		{"BadFramesDieAlone", TestBadFramesDieAlone},
		{"TransmitOnly", TestTransmitOnly},
		{"OverrunIsCounted", TestOverrunIsCounted},
		{"CloseUnblocks", TestCloseUnblocks},
		{"Wake", TestWake},
		{"OpenRefusesOtherHardware", TestOpenRefusesOtherHardware},
		{"DescriptorsAreReturned", TestDescriptorsAreReturned},
		{"NoAllocs", TestNoAllocs},
		{"BuffersStayTheCallers", TestBuffersStayTheCallers},
		{"DownAndUpUnderLoad", TestDownAndUpUnderLoad},
		{"FirstFrameAfterUp", TestFirstFrameAfterUp},
		{"DownCountsEachFrame", TestDownCountsEachFrame},
		{"DeleteAndCreateAgain", TestDeleteAndCreateAgain},
		{"DeletedWithoutNotice", TestDeletedWithoutNotice},
		{"RebindIsIdempotent", TestRebindIsIdempotent},
		{"AbsentAtStart", TestAbsentAtStart},
		{"RenamedAway", TestRenamedAway},
		{"RenamedStaysFiltered", TestRenamedStaysFiltered},
	} {
		t.Run(row.name, row.test)
	}
	if in == nicio.PathPacket { // TestReceiveTakes has those of receiving.
		t.Run("Capabilities", TestCapabilities)
	}
}

// openXDP opens a port at end A that transmits by AF_XDP.
func openXDP(t *testing.T) *nicio.PacketPort {
	t.Helper()
	return open(t, nicio.Config{Interface: vethtest.A, Transmit: nicio.PathXDP})
}

// wantPath checks how a port transmits, and why not otherwise.
func wantPath(t *testing.T, p *nicio.PacketPort, want nicio.Path, why error) {
	t.Helper()
	if got, err := p.Transmit(); got != want || !errors.Is(err, why) {
		t.Errorf("transmits by %s (%v), want %s (%v)", got, err, want, why)
	}
}

// wantNumbers receives so many frames, which are numbered from 0 on.
func wantNumbers(t *testing.T, p *nicio.PacketPort, count int) {
	t.Helper()
	for i, f := range receive(t, p, count) {
		if got := numberOf(&nicio.RxFrame{Buf: f, Len: len(f)}); got != uint32(i) {
			t.Fatalf("frame %d has number %d", i, got)
		}
	}
}

// numbered makes frames of a size, numbered from first on.
func numbered(first, count, size int) []nicio.TxFrame {
	frames := make([]nicio.TxFrame, count)
	for i := range frames {
		frames[i] = frameOf(macB, macA, 17, size, uint32(first+i))
	}
	return frames
}

// TestXDPWithoutCarrier proves that the frames which the kernel loses one by one are counted, and
// that none is counted or sent twice.
func TestXDPWithoutCarrier(t *testing.T) {
	n := vethtest.New(t)
	a, b := openXDP(t), open(t, nicio.Config{Interface: vethtest.B})
	for round := 1; round <= 3; round++ {
		n.Down(vethtest.B)
		n.Await("no carrier", func() bool { return n.Link(vethtest.A).Attrs().RawFlags&unix.IFF_RUNNING == 0 })
		for _, count := range []int{1, 70} {
			if got, err := a.WriteBatch(numbered(0, count, 100)); got != count || err != nil {
				t.Errorf("WriteBatch of %d without carrier = %d, %v", count, got, err)
			}
		}
		n.Up(vethtest.B)
		n.AwaitRunning(vethtest.A, vethtest.B)
		send(t, a, numbered(0, 150, 100)...)
		wantNumbers(t, b, 150)
		s := a.Stats()
		if s.TxDown != uint64(71*round) || s.TxFrames != uint64(150*round) || s.TxXDP != s.TxFrames || outcomes(s) != s.TxDown+s.TxFrames {
			t.Errorf("round %d: counters %+v", round, s)
		}
	}
	wantPath(t, a, nicio.PathXDP, nil)
}

func TestXDPQueueIsTaken(t *testing.T) {
	vethtest.New(t)
	b := open(t, nicio.Config{Interface: vethtest.B})
	first := openXDP(t)
	second, err := nicio.Open(nicio.Config{Interface: vethtest.A, Transmit: nicio.PathXDP})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	wantPath(t, second, nicio.PathPacket, unix.EBUSY)
	send(t, first, numbered(0, 100, 100)...)
	send(t, second, numbered(100, 100, 100)...)
	wantNumbers(t, b, 200)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for range 100 { // The kernel takes a while to free the queue, and who was refused asks once.
		if _, err := second.Transmit(); err == nil {
			break
		}
		if err := second.Rebind(); err != nil {
			t.Fatal(err)
		}
		pause := unix.NsecToTimespec(5_000_000)
		_ = unix.Nanosleep(&pause, nil)
	}
	wantPath(t, second, nicio.PathXDP, nil)
	send(t, second, numbered(0, 100, 100)...)
	wantNumbers(t, b, 100)
}

// TestXDPFollowsTheMTU proves that frames of any MTU pass, those beyond a page by AF_PACKET.
func TestXDPFollowsTheMTU(t *testing.T) {
	n := vethtest.New(t)
	a, b := openXDP(t), open(t, nicio.Config{Interface: vethtest.B})
	page := os.Getpagesize()
	rx := rxBatch(20000)
	for _, row := range []struct {
		mtu  int
		path nicio.Path
		why  error
	}{
		{1500, nicio.PathXDP, nil},
		{2034, nicio.PathXDP, nil},
		{2035, nicio.PathXDP, nil},
		{page - nicio.HeaderLen, nicio.PathXDP, nil},
		{page - nicio.HeaderLen + 1, nicio.PathPacket, unix.EMSGSIZE},
		{9000, nicio.PathPacket, unix.EMSGSIZE},
		{1500, nicio.PathXDP, nil},
	} {
		n.SetMTU(vethtest.A, row.mtu)
		n.SetMTU(vethtest.B, row.mtu)
		for _, told := range []bool{false, true} { // The kernel's word counts at once.
			if told {
				if err := a.Rebind(); err != nil {
					t.Fatal(err)
				}
				wantPath(t, a, row.path, row.why)
			}
			full := nicio.FrameSize(row.mtu)
			before, large := a.Stats(), 0
			if told {
				large = 1
			}
			send(t, a, numbered(0, 3, full)...)
			send(t, a, numbered(3, large, full+1)...)
			send(t, a, numbered(3, 3, 60)...)
			for want := uint32(0); want < 6; {
				got, err := b.ReadBatch(rx)
				if err != nil {
					t.Fatal(err)
				}
				for i := range rx[:got] {
					if number := numberOf(&rx[i]); number != want {
						t.Fatalf("MTU %d: frame %d after %d", row.mtu, number, want)
					}
					want++
				}
			}
			s := a.Stats()
			if s.TxFrames-before.TxFrames != 6 || s.TxOversize-before.TxOversize != uint64(large) {
				t.Errorf("MTU %d, told %v: sent %d, oversize %d", row.mtu, told, s.TxFrames-before.TxFrames, s.TxOversize-before.TxOversize)
			}
		}
	}
}

// TestXDPSwapUnderLoad replaces the socket again and again under a sender, by MTUs that take it and
// that do not: no frame is lost, doubled or overtaken.
func TestXDPSwapUnderLoad(t *testing.T) {
	n := vethtest.New(t)
	a, b := openXDP(t), open(t, nicio.Config{Interface: vethtest.B})
	n.SetMTU(vethtest.B, 9000)
	stop := make(chan struct{})
	var sender sync.WaitGroup
	var sent int
	sender.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				send(t, a, numbered(sent, 20, 200)...)
				sent += 20
				for a.Stats().TxFrames-b.Stats().RxFrames > 2000 { // The reader is slower under the race detector.
					_ = a.WaitWrite(0)
				}
			}
		}
	})
	frames := rxBatch(2048)
	var got uint32
	read := func() {
		c, err := b.ReadBatch(frames)
		if err != nil {
			t.Fatal(err)
		}
		for i := range frames[:c] {
			if number := numberOf(&frames[i]); number != got {
				t.Fatalf("frame %d after %d", number, got)
			}
			got++
		}
	}
	for i := range 12 {
		n.SetMTU(vethtest.A, []int{1500, 9000, 2000, 3000}[i%4])
		if err := a.Rebind(); err != nil {
			t.Error(err)
		}
		for until := got + 500; got < until; {
			read()
		}
	}
	close(stop)
	ended := make(chan struct{})
	go func() {
		sender.Wait()
		close(ended)
	}()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		default:
			read()
		}
	}
	for s := a.Stats(); uint64(got) < s.TxFrames; {
		read()
	}
	if s := a.Stats(); int(got) != sent || s.TxFrames != uint64(sent) || outcomes(s) != s.TxFrames {
		t.Errorf("%d of %d frames received: %+v", got, sent, s)
	}
}

// TestXDPBackPressure has a slow device two bridged hops behind the port hold the frames: the socket
// knows of them, takes no more than its send buffer, and every frame arrives, in order.
func TestXDPBackPressure(t *testing.T) {
	n := vethtest.New(t)
	slowBridge(t, n, 128<<10) // Nobody is so slow as to let it catch up.
	a := open(t, nicio.Config{Interface: vethtest.A, Transmit: nicio.PathXDP, SendBuffer: 40 << 10})
	far := open(t, nicio.Config{Interface: "far1", Transmit: nicio.PathPacket})
	const total = 120
	var sender sync.WaitGroup
	sender.Go(func() { // More at a time than the send buffer takes, however slow we are.
		for left := numbered(0, total, 1000); len(left) > 0; {
			n, err := a.WriteBatch(left[:min(nicio.BatchSize, len(left))])
			if left = left[n:]; err == nil && n == 0 {
				err = a.WaitWrite(time.Second)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	frames, next := rxBatch(2048), uint32(0)
	for next < total && !t.Failed() {
		c, err := far.ReadBatch(frames)
		if err != nil {
			t.Fatal(err)
		}
		for i := range frames[:c] {
			if got := numberOf(&frames[i]); got != next {
				t.Fatalf("frame %d after %d", got, next)
			}
			next++
		}
	}
	sender.Wait()
	if s := a.Stats(); s.TxBusy == 0 || s.TxFrames != total || outcomes(s) != total {
		t.Errorf("counters %+v", s)
	}
	n.Await("everything sent", func() bool { return a.Unsent() == 0 })
}

// TestXDPUnsent has the same slow device hold what was sent, and then lose it.
func TestXDPUnsent(t *testing.T) {
	n := vethtest.New(t)
	lose := slowBridge(t, n, 10_000)
	a := openXDP(t)
	send(t, a, numbered(0, 60, 1000)...)
	if got := a.Unsent(); got < 40_000 || got > 60_000 {
		t.Errorf("%d octets unsent of 60 frames in a slow queue: %+v", got, a.Stats())
	}
	lose()
	n.Await("an empty queue", func() bool { return a.Unsent() == 0 })
	send(t, a, numbered(0, 60, 1000)...)
	if err := a.Close(); err != nil || a.Unsent() != 0 {
		t.Errorf("close: %v, then %d octets unsent", err, a.Unsent())
	}
}

// slowBridge bridges end B to an interface far0 that sends so many octets a second; its other end is
// far1 with the address macB. lose removes the queue and what is in it.
func slowBridge(t *testing.T, n *vethtest.Net, rate uint64) (lose func()) {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "far0"
	must := func(what string, err error) {
		t.Helper()
		if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOENT) {
			t.Skipf("%s: takes CONFIG_BRIDGE and CONFIG_NET_SCH_TBF: %v", what, err)
		} else if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	h := n.Handle()
	hw := nicio.MAC{2, 0, 0, 0, 0, 0x0c}
	must("move the address", h.LinkSetHardwareAddr(n.Link(vethtest.B), hw[:]))
	must("add veth", h.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "far1", PeerHardwareAddr: macB[:]}))
	bridge := netlink.NewLinkAttrs()
	bridge.Name = "br0"
	must("add bridge", h.LinkAdd(&netlink.Bridge{LinkAttrs: bridge}))
	for _, name := range []string{"far0", vethtest.B} {
		must("enslave "+name, h.LinkSetMaster(n.Link(name), n.Link("br0")))
	}
	for _, name := range []string{"far0", "far1", "br0"} {
		n.Up(name)
	}
	n.AwaitRunning("far0", "far1", "br0")
	slow := &netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{
			LinkIndex: n.Link("far0").Attrs().Index, Parent: netlink.HANDLE_ROOT, Handle: netlink.MakeHandle(1, 0),
		},
		Rate: rate, Limit: 1 << 20, Buffer: uint32(4000 * (1_000_000_000 / rate) / 64),
	}
	must("add qdisc", h.QdiscAdd(slow))
	return func() { must("delete qdisc", h.QdiscDel(slow)) }
}

func TestXDPTakesLittle(t *testing.T) {
	vethtest.New(t)
	b := open(t, nicio.Config{Interface: vethtest.B, Transmit: nicio.PathPacket})
	limit(t, unix.CAP_NET_RAW)
	a := openXDP(t)
	wantPath(t, a, nicio.PathXDP, nil)
	send(t, a, numbered(0, 10, 100)...)
	wantNumbers(t, b, 10)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 64 << 10, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_MEMLOCK, &was)
	poor, err := nicio.Open(nicio.Config{Interface: vethtest.A, Transmit: nicio.PathXDP})
	if err != nil {
		t.Fatal(err)
	}
	defer poor.Close()
	wantPath(t, poor, nicio.PathPacket, unix.ENOBUFS)
	if _, err := poor.Transmit(); !strings.Contains(err.Error(), "RLIMIT_MEMLOCK") {
		t.Errorf("the reason %q does not say what to do", err)
	}
	send(t, poor, numbered(0, 10, 100)...)
	wantNumbers(t, b, 10)
}

// TestXDPLeavesNoMappings counts what a port has mapped before and after its life and that of its
// sockets.
func TestXDPLeavesNoMappings(t *testing.T) {
	n := vethtest.New(t)
	count := func() int {
		b, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "socket:")
	}
	before := count()
	p := openXDP(t)
	if got := count(); got != before+2 {
		t.Errorf("%d rings mapped, want 2", got-before)
	}
	for _, mtu := range []int{3000, 9000, 1500} {
		n.SetMTU(vethtest.A, mtu)
		if err := p.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	if got := count(); got != before+2 {
		t.Errorf("%d rings mapped after three MTUs, want 2", got-before)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != before {
		t.Errorf("%d rings mapped after Close", got-before)
	}
}

// TestXDPInAnotherNamespace rebinds on a thread that is not where the port is: the index of the
// interface must not be taken for one over there.
func TestXDPInAnotherNamespace(t *testing.T) {
	n := vethtest.New(t)
	a, b := openXDP(t), open(t, nicio.Config{Interface: vethtest.B, Transmit: nicio.PathPacket})
	n.Delete()
	n.Add()
	done := make(chan error)
	go func() { done <- errors.Join(a.Rebind(), b.Rebind()) }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantPath(t, a, nicio.PathPacket, unix.EXDEV)
	send(t, a, numbered(0, 10, 100)...)
	wantNumbers(t, b, 10)
	if err := a.Rebind(); err != nil {
		t.Fatal(err)
	}
	wantPath(t, a, nicio.PathXDP, nil)
}

// TestXDPOnAnotherInterface has an interface pass frames on to one with a short queue, which drops what
// is too much. It is offered again: all frames arrive, in order.
func TestXDPOnAnotherInterface(t *testing.T) {
	n := vethtest.New(t)
	below := n.Link(vethtest.A)
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex, attrs.HardwareAddr = "mv0", below.Attrs().Index, foreign[:]
	err := n.Handle().LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE})
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("takes CONFIG_MACVLAN")
	} else if err != nil {
		t.Fatal(err)
	}
	n.Up("mv0")
	n.AwaitRunning("mv0")
	short := &netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: below.Attrs().Index, Parent: netlink.HANDLE_ROOT, Handle: netlink.MakeHandle(1, 0)},
		Rate:       4 << 20, Buffer: 4000, Limit: 4000,
	}
	if err := n.Handle().QdiscAdd(short); err != nil {
		t.Skipf("takes the tbf queueing discipline (CONFIG_NET_SCH_TBF): %v", err)
	}
	a := open(t, nicio.Config{Interface: "mv0", Transmit: nicio.PathXDP})
	b := open(t, nicio.Config{Interface: vethtest.B, Transmit: nicio.PathPacket})
	const total = 300
	var sender sync.WaitGroup
	sender.Go(func() {
		for frames := numbered(0, total, 1000); len(frames) > 0; frames = frames[10:] {
			for i := 0; i < 10; {
				c, err := a.WriteBatch(frames[i:10])
				if err != nil {
					t.Error(err)
					return
				}
				if i += c; i < 10 {
					_ = a.WaitWrite(-1)
				}
			}
		}
	})
	wantNumbers(t, b, total)
	sender.Wait()
	if s := a.Stats(); s.TxXDP != total || s.TxRetryNoBuffer == 0 || s.TxBusy == 0 || outcomes(s) != total {
		t.Errorf("counters %+v", s)
	}
}
