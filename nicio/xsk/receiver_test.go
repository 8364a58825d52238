package xsk_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"callmanager/nicio/xsk"
)

// An earFake plays the kernel's side of the rings of a socket that receives.
type earFake struct {
	xsk.EarRings
	base    uint64
	number  uint32 // Of the next frame.
	dropped int
	held    map[uint64]bool // Chunks that the user has, or that wait for it.
}

func newEarFake(slots int, start uint32) *earFake {
	const others = 3 // Chunks of a sender in the same memory.
	f := &earFake{base: others * xsk.RxChunk, held: make(map[uint64]bool)}
	f.Rx, f.Fill = make([]unix.XDPDesc, slots), make([]uint64, slots)
	f.Memory = make([]byte, (others+slots)*xsk.RxChunk)
	for _, i := range []interface{ Store(uint32) }{&f.RxProducer, &f.RxConsumer, &f.FillProducer, &f.FillConsumer} {
		i.Store(start)
	}
	return f
}

// arrive is a frame, which is dropped if there is no memory for it.
func (f *earFake) arrive(t interface{ Fatalf(string, ...any) }) {
	c := f.FillConsumer.Load()
	if c == f.FillProducer.Load() {
		f.dropped++
		f.number++
		return
	}
	chunk := f.Fill[int(c)&(len(f.Fill)-1)]
	if chunk < f.base || chunk%xsk.RxChunk != 0 || chunk >= uint64(len(f.Memory)) || f.held[chunk] {
		t.Fatalf("chunk %d is given to the kernel", chunk)
	}
	f.FillConsumer.Store(c + 1)
	f.held[chunk] = true
	addr := chunk + xsk.Headroom
	binary.BigEndian.PutUint32(f.Memory[addr:], f.number)
	p := f.RxProducer.Load()
	f.Rx[int(p)&(len(f.Rx)-1)] = unix.XDPDesc{Addr: addr, Len: 4 + f.number%(xsk.MaxReceive-3)}
	f.number++
	f.RxProducer.Store(p + 1)
}

// TestReceiver has frames come and be read in any turns, with indices that wrap: each is read once, in order, with its
// length, and all memory comes back.
func TestReceiver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := 1 << rapid.IntRange(0, 6).Draw(t, "slots")
		start := rapid.SampledFrom([]uint32{0, 5, 1<<32 - 3}).Draw(t, "start")
		f := newEarFake(slots, start)
		r := f.Receiver(f.base)
		var read uint64
		next, ready := uint32(0), uint64(start)
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "frames") {
					f.arrive(t)
				}
			},
			"read": func(t *rapid.T) {
				n := r.Ready(rapid.IntRange(1, 80).Draw(t, "most"))
				for i := range n {
					b := r.Frame(i)
					if len(b) < 4 {
						t.Fatalf("frame %d has %d octets", i, len(b))
					}
					number := binary.BigEndian.Uint32(b)
					if number < next || len(b) != int(4+number%(xsk.MaxReceive-3)) {
						t.Fatalf("frame %d of %d octets after %d", number, len(b), next)
					}
					next = number + 1
					f.held[f.Rx[int(f.RxConsumer.Load()+uint32(i))&(slots-1)].Addr-xsk.Headroom] = false
				}
				r.Done(n)
				read += uint64(n)
			},
			"": func(t *rapid.T) {
				waiting := uint64(f.RxProducer.Load() - f.RxConsumer.Load())
				if got := r.Arrived() - ready; got != read+waiting || got+uint64(f.dropped) != uint64(f.number) {
					t.Fatalf("%d arrived, %d read, %d wait, %d of %d dropped", got, read, waiting, f.dropped, f.number)
				}
				if given := f.FillProducer.Load() - f.FillConsumer.Load(); uint64(given)+waiting != uint64(slots) || r.Broken() {
					t.Fatalf("%d chunks given, %d wait, of %d; broken: %v", given, waiting, slots, r.Broken())
				}
			},
		})
	})
}

// TestReceiverDistrusts has the kernel write what it cannot: nothing beyond the memory is touched, and the receiver says
// that it is broken.
func TestReceiverDistrusts(t *testing.T) {
	for name, bad := range map[string]func(f *earFake){
		"producer too far":       func(f *earFake) { f.RxProducer.Store(f.RxConsumer.Load() + 9) },
		"address beyond":         func(f *earFake) { f.Rx[1].Addr = uint64(len(f.Memory)) },
		"address far beyond":     func(f *earFake) { f.Rx[1].Addr = 1<<64 - 1 },
		"address of the sender":  func(f *earFake) { f.Rx[1].Addr = 2 * xsk.RxChunk },
		"length beyond a chunk":  func(f *earFake) { f.Rx[1].Len = xsk.MaxReceive + 1 },
		"length beyond 31 bits":  func(f *earFake) { f.Rx[1].Len = 1<<32 - 1 },
		"address without a room": func(f *earFake) { f.Rx[1].Addr += xsk.MaxReceive - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			f := newEarFake(8, 0)
			r := f.Receiver(f.base)
			for range 3 {
				f.arrive(t)
			}
			bad(f)
			n := r.Ready(8)
			for i := range n {
				if b := r.Frame(i); len(b) > xsk.MaxReceive {
					t.Errorf("frame %d has %d octets", i, len(b))
				}
			}
			r.Done(n)
			if !r.Broken() || r.Ready(8) != 0 {
				t.Errorf("broken: %v, %d ready", r.Broken(), r.Ready(8))
			}
		})
	}
}

// TestReceiverSupplies calls the driver exactly when it asks to be called.
func TestReceiverSupplies(t *testing.T) {
	f := newEarFake(4, 0)
	r := f.Receiver(f.base)
	f.arrive(t)
	r.Done(r.Ready(1))
	if f.Supplied != 0 {
		t.Errorf("called %d times unasked", f.Supplied)
	}
	f.FillFlags.Store(unix.XDP_RING_NEED_WAKEUP)
	r.Done(0)
	if f.Supplied != 1 {
		t.Errorf("called %d times, want 1", f.Supplied)
	}
}

// TestOpenRefuses has configurations that serve nobody, and those that the kernel cannot serve.
func TestOpenRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		cfg  xsk.Config
		want unix.Errno
	}{
		"neither":                {xsk.Config{MaxFrame: 100}, unix.EINVAL},
		"no power of two":        {xsk.Config{MaxFrame: 100, Receive: 3}, unix.EINVAL},
		"negative":               {xsk.Config{MaxFrame: 100, Send: true, Receive: -1}, unix.EINVAL},
		"too many":               {xsk.Config{MaxFrame: 100, Receive: 2 * xsk.MaxReceiveSlots}, unix.EINVAL},
		"zero-copy and sends":    {xsk.Config{MaxFrame: 100, Receive: 4, Send: true, ZeroCopy: true}, unix.EINVAL},
		"too long to receive":    {xsk.Config{MaxFrame: xsk.MaxReceive + 1, Receive: 4}, unix.EMSGSIZE},
		"too long to send":       {xsk.Config{MaxFrame: 1 << 20, Send: true}, unix.EMSGSIZE},
		"no such interface":      {xsk.Config{MaxFrame: 100, Index: 1 << 30, Receive: 4}, unix.ENODEV},
		"no such interface, out": {xsk.Config{MaxFrame: 100, Index: 1 << 30, Send: true}, unix.ENODEV},
	} {
		s, err := xsk.Open(row.cfg)
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EAFNOSUPPORT) {
			t.Skipf("takes CAP_NET_RAW and AF_XDP: %v", err)
		}
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}
