package nicio_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/divert"
	"callmanager/nicio/internal/vethtest"
)

// hearing opens a port at end B that receives by AF_XDP, if it can.
func hearing(t *testing.T, cfg nicio.Config) *nicio.PacketPort {
	t.Helper()
	cfg.Interface = vethtest.B
	if cfg.Receive == 0 {
		cfg.Receive = nicio.PathXDP
	}
	p, err := nicio.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// wantReceive checks how a port receives, and why not otherwise.
func wantReceive(t *testing.T, p *nicio.PacketPort, want nicio.Path, why error, says string) {
	t.Helper()
	got, err := p.Receive()
	if got != want || !errors.Is(err, why) || err != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("receives by %s (%v), want %s (%v, %q)", got, err, want, why, says)
	}
}

// programOn tells whether an interface has an XDP program.
func programOn(n *vethtest.Net, name string) bool {
	x := n.Link(name).Attrs().Xdp
	return x != nil && x.Attached
}

func rebind(t *testing.T, p interface{ Rebind() error }) {
	t.Helper()
	if err := p.Rebind(); err != nil {
		t.Fatal(err)
	}
}

// TestReceiveFallsBack has each reason for which frames do not come by AF_XDP: they come all the same, and by AF_XDP once
// the reason is gone.
func TestReceiveFallsBack(t *testing.T) {
	for _, row := range []struct {
		name string
		cfg  nicio.Config
		make func(t *testing.T, n *vethtest.Net) (undo func())
		why  error
		says string
	}{
		{"MTU", nicio.Config{}, func(_ *testing.T, n *vethtest.Net) func() {
			n.SetMTU(vethtest.B, 1779)
			return func() { n.SetMTU(vethtest.B, 1778) }
		}, unix.EMSGSIZE, "MTU of 1779 is more than the 1778 octets"},
		{"VLAN tags", nicio.Config{}, func(_ *testing.T, n *vethtest.Net) func() {
			n.SetTagStripping(vethtest.B, true)
			return func() { n.SetTagStripping(vethtest.B, false) }
		}, unix.EOPNOTSUPP, "ethtool -K hv1 rxvlan off"},
		{"another program", nicio.Config{}, func(t *testing.T, n *vethtest.Net) func() {
			t.Helper()
			other, err := divert.Load(divert.Rule{EtherType: 0x88b5, MaxFrame: 100})
			if err == nil {
				err = other.Attach(n.Link(vethtest.B).Attrs().Index)
			}
			if err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := other.Close(); err != nil {
					t.Error(err)
				}
				n.SetMTU(vethtest.B, 1501) // Which is a reason to try again.
			}
		}, unix.EBUSY, "ip link show"},
		{"memory", nicio.Config{RecvBuffer: 1 << 20}, func(t *testing.T, n *vethtest.Net) func() {
			t.Helper()
			limit(t, unix.CAP_NET_RAW, unix.CAP_NET_ADMIN, unix.CAP_BPF)
			var was unix.Rlimit
			if err := errors.Join(unix.Getrlimit(unix.RLIMIT_MEMLOCK, &was),
				unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 64 << 10, Max: was.Max})); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: was.Max, Max: was.Max}); err != nil {
					t.Fatal(err)
				}
				n.SetMTU(vethtest.B, 1501) // Which is a reason to try again.
			}
		}, unix.ENOBUFS, "RLIMIT_MEMLOCK"},
		{"capabilities", nicio.Config{}, func(t *testing.T, _ *vethtest.Net) func() {
			t.Helper()
			limit(t, unix.CAP_NET_RAW)
			return nil
		}, unix.EPERM, "CAP_BPF and CAP_NET_ADMIN"},
		{"zero-copy", nicio.Config{Receive: nicio.PathZeroCopy}, nil, unix.EOPNOTSUPP, "bind to queue 0"},
		{"zero-copy beside transmit", nicio.Config{Receive: nicio.PathZeroCopy, Transmit: nicio.PathXDP}, nil, unix.EOPNOTSUPP, `write transmit = "packet"`},
		{"no such queue", nicio.Config{Queue: 7}, nil, unix.EINVAL, "queue 7"},
		{"filter", nicio.Config{Filter: []bpf.RawInstruction{{Op: unix.BPF_LDX | unix.BPF_IMM}, {Op: unix.BPF_RET, K: 1 << 18}}}, nil, nil, "instruction 0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := vethtest.New(t)
			a := open(t, nicio.Config{Interface: vethtest.A})
			var undo func()
			if row.make != nil {
				undo = row.make(t, n)
			}
			b := hearing(t, row.cfg)
			for range 2 {
				if path, err := b.Receive(); path != nicio.PathPacket || err == nil || row.why != nil && !errors.Is(err, row.why) || !strings.Contains(err.Error(), row.says) {
					t.Errorf("receives by %s (%v), want packet (%v, %q)", path, err, row.why, row.says)
				}
				rebind(t, b)
			}
			send(t, a, numbered(0, 100, 100)...)
			wantNumbers(t, b, 100)
			if s := b.Stats(); s.RxXDP != 0 {
				t.Errorf("%d frames came by AF_XDP", s.RxXDP)
			}
			if row.cfg.Transmit == nicio.PathXDP {
				wantPath(t, b, nicio.PathXDP, nil)
			}
			if undo == nil {
				return
			}
			undo()
			rebind(t, b)
			wantReceive(t, b, nicio.PathXDP, nil, "")
			send(t, a, numbered(0, 100, 100)...)
			wantNumbers(t, b, 100)
			if s := b.Stats(); s.RxXDP != 100 || s.RxFrames != 200 || s.RxQueued != 200 {
				t.Errorf("counters %+v", s)
			}
		})
	}
}

// TestReceiveIsNotTriedInVain rebinds a port that the NIC refuses: with some NICs each try is the reason for another Rebind.
func TestReceiveIsNotTriedInVain(t *testing.T) {
	n := vethtest.New(t)
	b := hearing(t, nicio.Config{Receive: nicio.PathZeroCopy})
	_, first := b.Receive()
	for range 3 {
		rebind(t, b)
		if _, err := b.Receive(); err == nil || err != first { //nolint:errorlint // the very same error
			t.Errorf("tried again: %v", err)
		}
	}
	n.SetMTU(vethtest.B, 1501)
	rebind(t, b)
	if _, err := b.Receive(); !errors.Is(err, unix.EOPNOTSUPP) || err == first { //nolint:errorlint // another one
		t.Errorf("not tried again with another MTU: %v", err)
	}
}

// TestReceiveTakes proves which capabilities suffice, and that what is not of the port passes.
func TestReceiveTakes(t *testing.T) {
	n := vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	limit(t, unix.CAP_NET_RAW, unix.CAP_BPF, unix.CAP_NET_ADMIN)
	b := hearing(t, nicio.Config{RecvBuffer: 1 << 20, Filter: mustFilter(t, nicio.RejectLabels, 18)})
	wantReceive(t, b, nicio.PathXDP, nil, "")
	host := open(t, nicio.Config{Interface: vethtest.B, EtherType: unix.ETH_P_ALL, Receive: nicio.PathPacket})
	control := open(t, nicio.Config{Interface: vethtest.B, Filter: mustFilter(t, nicio.AcceptLabels, 18), Receive: nicio.PathPacket})
	ip := frameOf(macB, macA, 17, 60, 5)
	ip.Head[12], ip.Head[13] = 0x08, 0x00
	send(t, a, frameOf(macB, macA, 17, 60, 1), ip, frameOf(macB, macA, 18, 60, 2), frameOf(macB, macA, 17, 60, 3))
	for i, f := range receive(t, b, 2) {
		if got := numberOf(&nicio.RxFrame{Buf: f, Len: len(f)}); got != uint32(2*i+1) {
			t.Errorf("the port's frame %d has number %d", i, got)
		}
	}
	if got := receive(t, host, 2); string(got[0]) != string(octetsOf(ip)) {
		t.Errorf("the host receives %x first, want the frame of another protocol", got[0])
	}
	receive(t, control, 1)
	if s := b.Stats(); s.RxXDP != 2 || s.RxQueued != 2 {
		t.Errorf("counters %+v", s)
	}
	if s := host.Stats(); s.RxQueued != 2 {
		t.Errorf("the host got %d frames, want the two that are not the port's: %+v", s.RxQueued, s)
	}
	if !programOn(n, vethtest.B) {
		t.Error("no program on the interface")
	}
	if err := b.Close(); err != nil || programOn(n, vethtest.B) {
		t.Errorf("after Close (%v) a program is on the interface: %v", err, programOn(n, vethtest.B))
	}
}

// TestReceiveConfig has what is refused at once.
func TestReceiveConfig(t *testing.T) {
	for name, cfg := range map[string]nicio.Config{
		"every protocol":        {Interface: "x", Receive: nicio.PathXDP, EtherType: unix.ETH_P_ALL},
		"path":                  {Interface: "x", Receive: nicio.PathZeroCopy + 1},
		"transmit by zero-copy": {Interface: "x", Transmit: nicio.PathZeroCopy},
	} {
		if p, err := nicio.Open(cfg); err == nil {
			t.Errorf("%s: accepted", name)
			_ = p.Close()
		}
	}
}

// TestUnreadIsKept gives an AF_XDP socket up with frames in it, by an MTU too large for it: the reader gets them first,
// and all are counted once.
func TestUnreadIsKept(t *testing.T) {
	for name, out := range map[string]nicio.Path{"alone": nicio.PathPacket, "both ways": nicio.PathXDP} {
		t.Run(name, func(t *testing.T) {
			n := vethtest.New(t)
			a := open(t, nicio.Config{Interface: vethtest.A})
			b := hearing(t, nicio.Config{Transmit: out})
			sent := 0
			more := func(count int) {
				send(t, a, numbered(sent, count, 100)...)
				send(t, a, frameOf(macB, macB, 17, 100, 0)) // Our own come back: a loop.
				sent += count
			}
			pending := func(want int) {
				t.Helper()
				n.Await("frames", func() bool { return b.Pending() >= want })
				if got := b.Pending(); got != want {
					t.Errorf("%d frames pending, want %d", got, want)
				}
			}
			more(100)
			pending(101)
			n.SetMTU(vethtest.B, 9000)
			rebind(t, b)
			wantReceive(t, b, nicio.PathPacket, unix.EMSGSIZE, "MTU")
			more(30)
			pending(132)
			n.SetMTU(vethtest.B, 1500)
			rebind(t, b)
			wantReceive(t, b, nicio.PathXDP, nil, "")
			more(200)
			pending(333)
			n.SetMTU(vethtest.B, 2000)
			rebind(t, b)
			more(10)
			pending(344)
			wantNumbers(t, b, sent)
			s := b.Stats()
			if s.RxFrames != 340 || s.RxLoop != 4 || s.RxXDP != 300 || s.RxQueued != 344 || s.RxOverrun != 0 || b.Pending() != 0 {
				t.Errorf("counters %+v, %d pending", s, b.Pending())
			}
		})
	}
}

// TestReceiveSwapUnderLoad replaces the socket again and again under sender and reader: no frame is lost, doubled or
// overtaken.
func TestReceiveSwapUnderLoad(t *testing.T) {
	for name, out := range map[string]nicio.Path{"alone": nicio.PathPacket, "both ways": nicio.PathXDP} {
		t.Run(name, func(t *testing.T) {
			n := vethtest.New(t)
			a := open(t, nicio.Config{Interface: vethtest.A})
			b := hearing(t, nicio.Config{Transmit: out})
			n.SetMTU(vethtest.A, 9000)
			stop, total := make(chan struct{}), make(chan uint64, 1)
			var workers sync.WaitGroup
			workers.Go(func() {
				var sent int
				for {
					select {
					case <-stop:
						total <- uint64(sent)
						b.Wake()
						return
					default:
						send(t, a, numbered(sent, 20, 200)...)
						for sent += 20; a.Stats().TxFrames-b.Stats().RxFrames > 200; {
							_ = a.WaitWrite(0)
						}
					}
				}
			})
			var want uint64
			workers.Go(func() {
				frames, got := rxBatch(2048), uint32(0)
				for want == 0 || uint64(got) < want {
					c, err := b.ReadBatch(frames)
					if err != nil {
						t.Error(err)
						return
					}
					for i := range frames[:c] {
						if number := numberOf(&frames[i]); number != got {
							t.Errorf("frame %d after %d: %+v", number, got, b.Stats())
							got = number
						}
						got++
					}
					select {
					case want = <-total:
					default:
						if c == 0 && b.WaitRead(-1) != nil {
							return
						}
					}
				}
			})
			for i := range 12 {
				n.SetMTU(vethtest.B, []int{1500, 9000, 1700, 3000}[i%4])
				rebind(t, b)
				from := b.Stats().RxFrames
				n.Await("frames", func() bool { return b.Stats().RxFrames >= from+500 })
			}
			close(stop)
			workers.Wait()
			if s := b.Stats(); s.RxFrames != want || s.RxQueued != s.RxFrames || s.RxOverrun != 0 || s.RxXDP == 0 || s.RxXDP == s.RxFrames {
				t.Errorf("of %d frames: %+v", want, s)
			}
		})
	}
}

// TestRebindWakesTheReader has a port give its socket up while its reader sleeps for ever.
func TestRebindWakesTheReader(t *testing.T) {
	n := vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := hearing(t, nicio.Config{Spin: -1})
	got := make(chan int)
	go func() {
		frames := rxBatch(2048)
		for {
			c, err := b.ReadBatch(frames)
			if err != nil {
				close(got)
				return
			}
			if c > 0 {
				got <- c
			} else if err := b.WaitRead(-1); err != nil {
				close(got)
				return
			}
		}
	}()
	for i := range 6 {
		send(t, a, frameOf(macB, macA, 17, 100, 1))
		if c := <-got; c != 1 {
			t.Errorf("%d frames, want 1", c)
		}
		n.SetMTU(vethtest.B, 1500+(i+1)%2*2000)
		rebind(t, b)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, more := <-got; more {
		t.Error("a frame after Close")
	}
}

// TestReceiveLeavesNothing counts mappings and descriptors before and after a port and its sockets.
func TestReceiveLeavesNothing(t *testing.T) {
	n := vethtest.New(t)
	mapped := func() int {
		b, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "socket:")
	}
	hearing(t, nicio.Config{}) // What the runtime and the kernel's library open once.
	n.SetMTU(vethtest.A, 1600)
	before, open := mapped(), countDescriptors(t)
	for _, out := range []nicio.Path{nicio.PathPacket, nicio.PathXDP} {
		p, err := nicio.Open(nicio.Config{Interface: vethtest.A, Receive: nicio.PathXDP, Transmit: out})
		if err != nil {
			t.Fatal(err)
		}
		for _, mtu := range []int{1500, 3000, 1500, 9000} {
			n.SetMTU(vethtest.A, mtu)
			rebind(t, p)
			if want := mtu == 1500; programOn(n, vethtest.A) != want {
				t.Errorf("MTU %d: a program on the interface: %v", mtu, !want)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := mapped(); got != before {
		t.Errorf("%d rings mapped after Close", got-before)
	}
	if got := countDescriptors(t); got > open {
		t.Errorf("%d descriptors before, %d after", open, got)
	}
}

// TestReceiveOnOtherHardware has interfaces whose drivers know no XDP of their own.
func TestReceiveOnOtherHardware(t *testing.T) {
	n := vethtest.New(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = "mv0", n.Link(vethtest.A).Attrs().Index
	if err := n.Handle().LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}); err != nil {
		t.Skipf("takes CONFIG_MACVLAN: %v", err)
	}
	n.SetTagStripping("mv0", false)
	n.Up("mv0")
	p, err := nicio.Open(nicio.Config{Interface: "mv0", Receive: nicio.PathXDP})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	wantReceive(t, p, nicio.PathPacket, unix.EOPNOTSUPP, "no native XDP")
}

// TestReceiveOfAFanout has several workers, among which AF_XDP deals out nothing.
func TestReceiveOfAFanout(t *testing.T) {
	vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	members := openFanout(t, nicio.Config{Interface: vethtest.B, Receive: nicio.PathXDP}, 2)
	for _, m := range members {
		if path, err := m.Receive(); path != nicio.PathPacket || !errors.Is(err, unix.EOPNOTSUPP) || !strings.Contains(err.Error(), "workers = 1") {
			t.Errorf("receives by %s (%v)", path, err)
		}
	}
	send(t, a, frameOf(macB, macA, 17, 60, 1))
	receive(t, members[nicio.Steer(macA, 17, 2)], 1)
}
