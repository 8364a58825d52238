package nicio_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

func TestRecvBufferFor(t *testing.T) {
	for _, row := range []struct {
		name  string
		speed uint64
		want  int
		last  time.Duration
	}{
		{"unknown", 0, 16 << 20, 0},
		{"100 Mbit/s", 100e6, 16 << 20, 1342177280 * time.Nanosecond},
		{"1 Gbit/s", 1e9, 16 << 20, 134217728 * time.Nanosecond},
		{"2.5 Gbit/s", 2.5e9, 31_250_000, 100 * time.Millisecond},
		{"10 Gbit/s", 10e9, 64 << 20, 53687091 * time.Nanosecond},
		{"400 Gbit/s", 400e9, 64 << 20, 1342177 * time.Nanosecond},
	} {
		got := nicio.RecvBufferFor(row.speed)
		if last := nicio.BufferTime(got, row.speed); got != row.want || last != row.last {
			t.Errorf("%s: %d octets for %v, want %d for %v", row.name, got, last, row.want, row.last)
		}
	}
}

func TestBuffersGranted(t *testing.T) {
	vethtest.New(t)
	// A veth says 10 Gbit/s.
	got := open(t, nicio.Config{Interface: vethtest.A}).Buffers()
	if got.Wanted != nicio.MaxRecvBuffer || got.Receive != got.Wanted || got.ReceiveTime != 53687091*time.Nanosecond {
		t.Errorf("by speed: %+v", got)
	}
	got = open(t, nicio.Config{Interface: vethtest.A, RecvBuffer: 1 << 20, SendBuffer: 8 << 20}).Buffers()
	if got.Wanted != 1<<20 || got.Receive != 1<<20 || got.Send != 8<<20 {
		t.Errorf("by configuration: %+v", got)
	}
}

func TestBuffersGrowWhenTheInterfaceComes(t *testing.T) {
	n := vethtest.NewEmpty(t)
	p := open(t, nicio.Config{Interface: vethtest.A})
	if got := p.Buffers(); got.Wanted != nicio.MinRecvBuffer || got.ReceiveTime != 0 {
		t.Errorf("without interface: %+v", got)
	}
	n.Add()
	if err := p.Rebind(); err != nil {
		t.Fatal(err)
	}
	if got := p.Buffers(); got.Receive != nicio.MaxRecvBuffer || got.ReceiveTime == 0 {
		t.Errorf("with interface: %+v", got)
	}
}

// limit leaves the calling thread these capabilities and no other.
func limit(t *testing.T, capabilities ...uint) {
	t.Helper()
	var data [2]unix.CapUserData
	for _, c := range capabilities {
		data[c/32].Effective |= 1 << (c % 32)
		data[c/32].Permitted |= 1 << (c % 32)
	}
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&hdr, &data[0]); err != nil {
		t.Fatalf("capset: %v", err)
	}
}

func TestCapabilities(t *testing.T) {
	t.Run("net_raw", func(t *testing.T) {
		vethtest.New(t)
		limit(t, unix.CAP_NET_RAW)
		a, b := pair(t)
		got := b.Buffers()
		if got.Wanted != nicio.MaxRecvBuffer || got.Receive <= 0 || got.Receive > got.Wanted {
			t.Errorf("buffers %+v", got)
		}
		if got.Receive == got.Wanted {
			t.Log("net.core.rmem_max of this machine is as large as what was asked for")
		}
		send(t, a, frameOf(macB, macA, 17, 60, 1))
		receive(t, b, 1)
		if err := b.Rebind(); err != nil {
			t.Errorf("Rebind with CAP_NET_RAW: %v", err)
		}
	})
	t.Run("none", func(t *testing.T) {
		vethtest.New(t)
		limit(t)
		if _, err := nicio.Open(nicio.Config{Interface: vethtest.A}); !errors.Is(err, unix.EPERM) {
			t.Errorf("Open without capabilities = %v, want EPERM", err)
		}
	})
}

// TestBackPressure has a slow device below the port, whose short queue refuses frames and whose
// long one fills the send buffer. All frames arrive in the end, in order.
func TestBackPressure(t *testing.T) {
	for _, row := range []struct {
		name  string
		queue uint32 // Octets that the shaper holds.
		check func(s nicio.Stats) bool
	}{
		{"send buffer full", 1 << 20, func(s nicio.Stats) bool { return s.TxBusy > 0 && s.TxRetryNoBuffer == 0 }},
		{"no buffers", 4000, func(s nicio.Stats) bool { return s.TxRetryNoBuffer > 0 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := vethtest.New(t)
			qdisc := &netlink.Tbf{
				QdiscAttrs: netlink.QdiscAttrs{
					LinkIndex: n.Link(vethtest.A).Attrs().Index,
					Handle:    netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT,
				},
				Rate: 4 << 20, Buffer: 4000, Limit: row.queue,
			}
			if err := n.Handle().QdiscAdd(qdisc); err != nil {
				t.Skipf("takes the tbf queueing discipline (CONFIG_NET_SCH_TBF): %v", err)
			}
			a := open(t, nicio.Config{Interface: vethtest.A, SendBuffer: 20 << 10})
			b := open(t, nicio.Config{Interface: vethtest.B})
			const total = 500
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				stayPut(t)
				for i := range total {
					sendPatiently(t, a, frameOf(macB, macA, 17, 1000, uint32(i)))
				}
			}()
			for i, f := range receive(t, b, total) {
				if got := numberOf(&nicio.RxFrame{Buf: f, Len: len(f)}); got != uint32(i) {
					t.Fatalf("frame %d has number %d", i, got)
				}
			}
			<-sent // The last frame may be there before it is counted.
			if s := a.Stats(); !row.check(s) || s.TxFrames != total || s.TxNoBuffer != 0 {
				t.Errorf("counters %+v", s)
			}
		})
	}
}

// stayPut keeps the calling goroutine on one processor until it ends. The shaper's timer goes off where it was set, and a
// veth hands a frame to the backlog of the processor that sends it: from two processors frames overtake each other.
func stayPut(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // For good: the thread ends with the goroutine.
	var may, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		t.Error(err)
		return
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if may.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Error(err)
	}
}

// sendPatiently sends one frame to a device that may be without buffers, of which the socket knows
// nothing.
func sendPatiently(t *testing.T, p *nicio.PacketPort, f nicio.TxFrame) {
	t.Helper()
	for {
		n, err := p.WriteBatch([]nicio.TxFrame{f})
		if n == 1 {
			return
		}
		if err == nil {
			err = p.WaitWrite(time.Second)
		}
		if err != nil {
			t.Errorf("send: %v", err)
			return
		}
		pause := unix.NsecToTimespec(int64(200 * time.Microsecond)) // As a pacing worker does.
		_ = unix.Nanosleep(&pause, nil)
	}
}
