package datapath_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/ethtool"
	"callmanager/vc"
)

// A segment is a network namespace with a veth pair whose ends are the engines' NICs. The test's
// goroutine stays on its thread, which is in the namespace and ends with the goroutine.
type segment struct {
	tb     testing.TB
	h      *netlink.Handle
	queues int // Of each NIC: one for each worker.
}

// newSegment makes the namespace, without the pair. Without the capabilities for it the test is
// skipped.
func newSegment(tb testing.TB) *segment {
	tb.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		if errors.Is(err, unix.EPERM) {
			tb.Skipf("a network namespace takes CAP_SYS_ADMIN, links and sockets in it CAP_NET_ADMIN and CAP_NET_RAW: %v", err)
		}
		tb.Fatal(err)
	}
	// Silence on the links; a kernel without IPv6 is silent already.
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Logf("IPv6 stays enabled: %v", err)
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	must(tb, err)
	tb.Cleanup(h.Close)
	return &segment{tb: tb, h: h, queues: workers}
}

// add makes the pair, both ends up.
func (s *segment) add() {
	s.tb.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = nicA
	attrs.NumTxQueues, attrs.NumRxQueues = s.queues, s.queues
	queues := uint32(s.queues)
	must(s.tb, s.h.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: nicB, PeerNumTxQueues: queues, PeerNumRxQueues: queues}))
	for name, mac := range map[string]vc.MAC{nicA: macA, nicB: macB} {
		must(s.tb, s.h.LinkSetHardwareAddr(s.link(name), mac[:]))
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		must(s.tb, err)
		must(s.tb, ethtool.SetTags(fd, name, false)) // As an XDP program wants it.
		must(s.tb, unix.Close(fd))
		must(s.tb, s.h.LinkSetUp(s.link(name)))
	}
}

func (s *segment) link(name string) netlink.Link {
	s.tb.Helper()
	l, err := s.h.LinkByName(name)
	must(s.tb, err)
	return l
}

// states collects what is told of a link.
type states struct {
	mu   sync.Mutex
	last vc.LinkStatus
	news chan struct{}
}

func newStates() *states { return &states{news: make(chan struct{}, 1)} }

func (s *states) note(_ vc.LinkID, st vc.LinkStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = st
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// await returns when the state is as wanted.
func (s *states) await(tb testing.TB, what string, want func(vc.LinkStatus) bool) vc.LinkStatus {
	tb.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		s.mu.Lock()
		st := s.last
		s.mu.Unlock()
		if want(st) {
			return st
		}
		select {
		case <-s.news:
		case <-limit.C:
			tb.Fatalf("link is never %s; it is %+v", what, st)
		}
	}
}

func up(st vc.LinkStatus) bool { return st.Up }

// onVeth joins two engines by a veth pair and returns when both links are up.
func onVeth(tb testing.TB, more func(int, *datapath.Config)) (a, b *datapath.Engine) {
	tb.Helper()
	newSegment(tb).add()
	engines := [2]*datapath.Engine{}
	var seen [2]*states
	for i, name := range []string{nicA, nicB} {
		seen[i] = newStates()
		engines[i] = onNIC(tb, name, []vc.MAC{macB, macA}[i], func(c *datapath.Config) {
			c.Status = seen[i].note
			more(i, c)
		})
	}
	for i := range engines {
		seen[i].await(tb, "up", up)
	}
	return engines[0], engines[1]
}

// onNIC makes and starts an engine on a NIC of the namespace.
func onNIC(tb testing.TB, name string, peer vc.MAC, more func(*datapath.Config)) *datapath.Engine {
	tb.Helper()
	cfg := datapath.Config{
		Links:   []datapath.LinkConfig{{ID: 1, Name: "peer", Interface: name, Peer: peer, Capacity: 1e9}},
		Workers: workers,
		Receive: func(vc.LinkID, []byte) {},
	}
	more(&cfg)
	e, err := datapath.New(cfg)
	must(tb, err)
	tb.Cleanup(func() { must(tb, e.Close()) })
	e.Start()
	return e
}

func TestEchoOnVeth(t *testing.T) { testEcho(t, onVeth, 5000) }

func TestEdgesOfCallsOnVeth(t *testing.T) { testEdges(t, onVeth, 300, 0) }

// overXDP joins two engines over a veth that transmit by AF_XDP.
func overXDP(tb testing.TB, more func(int, *datapath.Config)) (a, b *datapath.Engine) {
	tb.Helper()
	said := make(chan string, 2)
	a, b = onVeth(tb, func(end int, c *datapath.Config) {
		more(end, c)
		c.Links[0].Transmit = nicio.PathXDP
		c.Transmit = func(nic string, by nicio.Path, err error) { said <- fmt.Sprint(nic, " ", by, " ", err) }
	})
	for range 2 {
		if got := <-said; got != nicA+" xdp <nil>" && got != nicB+" xdp <nil>" {
			tb.Errorf("said of a NIC: %s", got)
		}
	}
	tb.Cleanup(func() {
		for _, c := range a.LinkCounters(1) {
			if c.Name == "nic_tx_xdp_frames" && c.Value == 0 || c.Name == "nic_control_tx_xdp_frames" && c.Value != 0 {
				tb.Errorf("%s %d", c.Name, c.Value)
			}
		}
	})
	return a, b
}

// fromXDP joins two engines over a veth that receive by AF_XDP, and with both transmit so as well.
func fromXDP(both bool) wiring {
	return func(tb testing.TB, more func(int, *datapath.Config)) (a, b *datapath.Engine) {
		tb.Helper()
		said := make(chan string, 2)
		a, b = onVeth(tb, func(end int, c *datapath.Config) {
			more(end, c)
			c.Links[0].Receive = nicio.PathXDP
			if both {
				c.Links[0].Transmit = nicio.PathXDP
			}
			c.Arrival = func(nic string, by nicio.Path, err error) { said <- fmt.Sprint(nic, " ", by, " ", err) }
		})
		for range 2 {
			if got := <-said; got != nicA+" xdp <nil>" && got != nicB+" xdp <nil>" {
				tb.Errorf("said of a NIC: %s", got)
			}
		}
		tb.Cleanup(func() {
			for _, c := range b.LinkCounters(1) {
				if c.Name == "nic_rx_xdp_frames" && c.Value == 0 || c.Name == "nic_control_rx_xdp_frames" && c.Value != 0 {
					tb.Errorf("%s %d", c.Name, c.Value)
				}
			}
		})
		return a, b
	}
}

func TestEchoFromXDP(t *testing.T) {
	testEcho(t, fromXDP(false), 4000)
	testEcho(t, fromXDP(true), 4000)
}

// TestEdgesOfCallsFromXDP proves above all that no RELEASE overtakes data, which comes by another
// socket.
func TestEdgesOfCallsFromXDP(t *testing.T) {
	testEdges(t, fromXDP(false), 300, 0)
	testEdges(t, fromXDP(true), 300, 0)
}

// TestNICGoesFromXDP has a NIC at the start, so that data comes by AF_XDP, and then the same. The watch of the second
// NIC is on a thread of another namespace, so its data comes by AF_PACKET.
func TestNICGoesFromXDP(t *testing.T) {
	const noTagsYet = "packet false false" // A new NIC takes tags out until the test has it leave them.
	nicGoes(t, noTagsYet, func(c *datapath.Config, said func(by nicio.Path, err error)) {
		c.Links[0].Receive = nicio.PathXDP
		c.Arrival = func(_ string, by nicio.Path, err error) { said(by, err) }
	})
}

// TestWorkersHearNoXDP has several workers, which share what comes by AF_PACKET, and says so.
func TestWorkersHearNoXDP(t *testing.T) {
	with(t, 2)
	newSegment(t).add()
	said := make(chan string, 1)
	onNIC(t, nicA, macB, func(c *datapath.Config) {
		c.Links[0].Receive = nicio.PathXDP
		c.Arrival = func(_ string, by nicio.Path, err error) { said <- fmt.Sprint(by, ": ", err) }
	})
	if got := <-said; !strings.HasPrefix(got, "packet: 2 workers share what "+nicA+" receives") {
		t.Errorf("said %q", got)
	}
}

// TestXDPQueueForEachWorker has more workers than a NIC has queues: the others send by AF_PACKET, which is told.
func TestXDPQueueForEachWorker(t *testing.T) {
	with(t, 3)
	s := newSegment(t)
	s.queues = 2
	s.add()
	said := make(chan string, 1)
	a := onNIC(t, nicA, macB, func(c *datapath.Config) {
		c.Links[0].Transmit = nicio.PathXDP
		c.Transmit = func(_ string, by nicio.Path, err error) { said <- fmt.Sprint(by, ": ", err) }
	})
	b := onNIC(t, nicB, macA, func(*datapath.Config) {})
	if got := <-said; !strings.HasPrefix(got, "packet: worker 2 of 3: ") { // Why depends on the watch's thread.
		t.Errorf("said %q", got)
	}
	buf := make([]byte, 100)
	for i := range workers {
		h, vci := vc.Handle(i+1), onWorker(i, workers)
		near, far := open(t, a, h, vci, flow(1492)), open(t, b, h, vci, flow(1492))
		for n := range 10 {
			must(t, near.Send(t.Context(), ring.Record{Payload: sduOf(n, 50)}))
			if got, _, err := far.Receive(t.Context(), buf); err != nil || !bytes.Equal(buf[:got], sduOf(n, 50)) {
				t.Fatalf("worker %d, SDU %d: %x, %v", i, n, buf[:got], err)
			}
		}
	}
	c := counts(a)
	for end := time.Now().Add(patience); c["nic_tx_frames"] < 30 && time.Now().Before(end); c = counts(a) {
		runtime.Gosched() // A frame may arrive before its sender has counted it.
	}
	if c["nic_tx_frames"] != 30 || c["nic_tx_xdp_frames"] != 20 {
		t.Errorf("%d of %d frames left by AF_XDP", c["nic_tx_xdp_frames"], c["nic_tx_frames"])
	}
}

func TestEchoOverXDP(t *testing.T) { testEcho(t, overXDP, 5000) }

// TestEdgesOfCallsOverXDP proves above all that no RELEASE overtakes data, which leaves by another
// socket.
func TestEdgesOfCallsOverXDP(t *testing.T) { testEdges(t, overXDP, 300, 0) }

func TestEdgesOfCallsWithASlowControlPlane(t *testing.T) {
	testEdges(t, onVeth, 10, 20*time.Millisecond)
}

// TestNICComesAndGoes starts without a NIC and follows it through its life: made, down and up,
// another MTU, deleted and made again. A VC lives through all of it.
func TestNICComesAndGoes(t *testing.T) {
	nicComesAndGoes(t, newSegment(t), func(*datapath.Config) {})
}

// TestNICGoesUnderXDP has a NIC at the start, so that data leaves by AF_XDP, and then the same. The
// watch of the second NIC is on a thread of another namespace, so its data leaves by AF_PACKET.
func TestNICGoesUnderXDP(t *testing.T) {
	nicGoes(t, "", func(c *datapath.Config, said func(by nicio.Path, err error)) {
		c.Links[0].Transmit = nicio.PathXDP
		c.Transmit = func(_ string, by nicio.Path, err error) { said(by, err) }
	})
}

// nicGoes does so. What is passing may be said in between.
func nicGoes(t *testing.T, passing string, wish func(c *datapath.Config, said func(by nicio.Path, err error))) {
	t.Helper()
	s := newSegment(t)
	s.add()
	said := make(chan string, 100)
	a := onNIC(t, nicA, macB, func(c *datapath.Config) {
		wish(c, func(by nicio.Path, err error) {
			said <- fmt.Sprint(by, " ", errors.Is(err, unix.EXDEV), " ", errors.Is(err, unix.EMSGSIZE))
		})
	})
	expect := func(want string) {
		t.Helper()
		for limit := time.After(patience); ; {
			select {
			case got := <-said:
				if got == want {
					return
				}
				if got != passing {
					t.Errorf("said %q, want %q", got, want)
				}
			case <-limit:
				t.Fatalf("did not say %q", want)
			}
		}
	}
	expect("xdp false false")
	must(t, s.h.LinkSetMTU(s.link(nicA), 9000))
	expect("packet false true")
	must(t, s.h.LinkDel(s.link(nicA)))
	s.add()
	expect("packet true false")
	must(t, a.Close())
	must(t, s.h.LinkDel(s.link(nicA)))
	nicComesAndGoes(t, s, func(c *datapath.Config) { wish(c, func(nicio.Path, error) {}) })
}

func nicComesAndGoes(t *testing.T, s *segment, more func(*datapath.Config)) {
	t.Helper()
	seen, arrived := newStates(), make(chan string, 100)
	a := onNIC(t, nicA, macB, func(c *datapath.Config) {
		c.Status = seen.note
		more(c)
	})
	b := onNIC(t, nicB, macA, func(c *datapath.Config) {
		c.Receive = func(_ vc.LinkID, sdu []byte) { arrived <- string(sdu) }
	})
	st := seen.await(t, "said to be absent", func(st vc.LinkStatus) bool { return strings.Contains(st.Reason, "does not exist") })
	if diff := cmp.Diff(vc.LinkStatus{Reason: "interface ethA does not exist"}, st); diff != "" {
		t.Errorf("state without a NIC (-want +got):\n%s", diff)
	}
	near, far := open(t, a, 1, 100, flow(9000)), open(t, b, 1, 100, flow(9000))
	pass := func(when string) {
		t.Helper()
		// What is sent while the other end comes up may be lost; so is the first frame after "up".
		limit := time.Now().Add(patience)
		for n := 0; ; n++ {
			a.Channel(1).Send([]byte(when))
			push(t, near, []byte(when), ring.Meta{})
			select {
			case got := <-arrived:
				if got == when && received(far, when) {
					return
				}
			case <-time.After(10 * time.Millisecond):
			}
			if time.Now().After(limit) {
				t.Fatalf("%s: nothing passes", when)
			}
		}
	}
	s.add()
	st = seen.await(t, "up", up)
	if st.MAC != macA || st.MaxSDU != 1492 || st.ReceiveBuffer == 0 {
		t.Errorf("state of a link that is up: %+v", st)
	}
	pass("made")
	must(t, s.h.LinkSetDown(s.link(nicA)))
	seen.await(t, "down", func(st vc.LinkStatus) bool { return strings.Contains(st.Reason, "administratively down") })
	must(t, s.h.LinkSetUp(s.link(nicA)))
	seen.await(t, "up again", up)
	pass("up again")
	must(t, s.h.LinkSetDown(s.link(nicB)))
	seen.await(t, "without carrier", func(st vc.LinkStatus) bool { return strings.Contains(st.Reason, "no carrier") })
	must(t, s.h.LinkSetUp(s.link(nicB)))
	seen.await(t, "with carrier", up)
	pass("with carrier")
	must(t, s.h.LinkSetMTU(s.link(nicB), 9008))
	must(t, s.h.LinkSetMTU(s.link(nicA), 9008))
	seen.await(t, "jumbo", func(st vc.LinkStatus) bool { return st.MaxSDU == 9000 })
	pass(strings.Repeat("jumbo", 800))
	must(t, s.h.LinkDel(s.link(nicA)))
	seen.await(t, "gone", func(st vc.LinkStatus) bool { return strings.Contains(st.Reason, "does not exist") })
	s.add()
	seen.await(t, "made again", up)
	pass("made again")
}

// received reads a VC until an SDU comes that is wanted, and reports whether one came.
func received(end *ring.Endpoint, want string) bool {
	for {
		sdu, _, ok := pull(end)
		if !ok || string(sdu) == want {
			return ok
		}
	}
}

// TestFloodDelaysNoSignalling floods a VC whose client does not read, and sends control SDUs
// meanwhile. None is lost, and of the flood every frame is accounted for, with the interface's own
// counters.
func TestFloodDelaysNoSignalling(t *testing.T) {
	arrived := make(chan struct{}, 1000)
	a, b := onVeth(t, func(end int, c *datapath.Config) {
		if end == 1 {
			c.Receive = func(vc.LinkID, []byte) { arrived <- struct{}{} }
		}
	})
	near := open(t, a, 1, 100, flow(1492))
	open(t, b, 1, 100, flow(1492))
	ctx := t.Context()
	const control, flood = 200, 40000
	var work sync.WaitGroup
	work.Go(func() {
		for i := range flood {
			if err := near.Send(ctx, ring.Record{Payload: sduOf(i, 1492)}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range control {
		a.Channel(1).Send(sduOf(i, 100))
		select {
		case <-arrived:
		case <-time.After(patience):
			t.Fatalf("control SDU %d did not arrive", i)
		}
	}
	work.Wait()
	drained := make(chan vc.DrainReport)
	a.Drain(id(100), patience, func(r vc.DrainReport) { drained <- r })
	if r := <-drained; r.Dropped != 0 {
		t.Errorf("drain reports %+v", r)
	}
	quiet := make(chan struct{})
	b.Deactivate(id(100), true, func(vc.DrainReport) { close(quiet) })
	<-quiet
	// On a busy machine the worker has not caught up yet.
	var ca, cb map[string]uint64
	var sent, ended, missed uint64
	for limit := time.Now().Add(patience); time.Now().Before(limit); runtime.Gosched() {
		ca, cb, missed = counts(a), counts(b), interfaceDrops(t, nicB)
		sent = ca["nic_tx_frames"]
		ended = cb["rx_sdus"] + sum(cb, "rx_drop_") + sum(cb, "nic_rx_drop_") + missed
		if sent == ended {
			break
		}
	}
	if sent != flood || sent != ended {
		t.Errorf("%d frames sent; %d read or dropped, %d of them by the interface", sent, ended, missed)
	}
	if got := cb["rx_sdus"] + sum(cb, "rx_drop_"); got != cb["rx_frames"] || cb["rx_frames"] != cb["nic_rx_frames"] {
		t.Errorf("%d frames read, %d of the peer, %d accounted for", cb["nic_rx_frames"], cb["rx_frames"], got)
	}
	if cb["rx_drop_no_room"] == 0 {
		t.Error("the ring of the client that does not read never filled")
	}
}

// interfaceDrops returns how many frames an interface has dropped on receipt.
func interfaceDrops(tb testing.TB, name string) uint64 {
	tb.Helper()
	l, err := netlink.LinkByName(name)
	must(tb, err)
	return l.Attrs().Statistics.RxDropped
}
