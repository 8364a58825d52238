package xsk_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"callmanager/nicio/xsk"
)

const chunk = 32

// A fake plays the kernel's side of the rings as copy mode does it, with verdicts drawn by a test.
type fake struct {
	xsk.Rings
	old      bool              // Writes how far it has come only when it has come to the end.
	single   bool              // Passes one invalid descriptor a call, and completes it.
	verdict  func() unix.Errno // On each descriptor; 0 sends, EBUSY loses.
	gate     func() unix.Errno // Before the ring is looked at.
	budget   int
	cached   uint32 // How far it has come,
	known    uint32 // and what it knows of the producer.
	invalid  uint64
	sent     []uint32 // Numbers of the frames.
	lost     []uint32
	inFlight []uint64 // Chunks, in order.
	holds    map[uint64]uint32
}

func newFake(slots int, start, done uint32) *fake {
	f := &fake{budget: math.MaxInt, cached: start, known: start, holds: make(map[uint64]uint32)}
	f.Tx, f.Done, f.Memory = make([]unix.XDPDesc, slots), make([]uint64, 2*slots), make([]byte, slots*chunk)
	f.TxProducer.Store(start)
	f.TxConsumer.Store(start)
	f.DoneProducer.Store(done)
	f.DoneConsumer.Store(done)
	f.verdict = func() unix.Errno { return 0 }
	f.gate = f.verdict
	f.Kick, f.Voided = f.kick, func() uint64 { return f.invalid }
	return f
}

// peek finds the next valid descriptor.
func (f *fake) peek() *unix.XDPDesc {
	if f.cached == f.known {
		f.TxConsumer.Store(f.cached)
		f.known = f.TxProducer.Load()
	}
	for ; f.cached != f.known; f.cached++ {
		d := &f.Tx[int(f.cached)&(len(f.Tx)-1)]
		if d.Addr < uint64(len(f.Memory)) && d.Addr%chunk+uint64(d.Len) <= chunk {
			return d
		}
		f.invalid++
		if f.single {
			f.finish(d.Addr)
			f.cached++
			return nil
		}
	}
	return nil
}

func (f *fake) kick() unix.Errno {
	if errno := f.gate(); errno != 0 {
		return errno
	}
	var moved bool
	defer func() {
		if moved && !f.old {
			f.TxConsumer.Store(f.cached)
		}
	}()
	for left := f.budget; ; left-- {
		d := f.peek()
		if d == nil {
			return 0
		}
		if left == 0 {
			return unix.EAGAIN
		}
		errno := f.verdict()
		if errno != 0 && errno != unix.EBUSY {
			return errno
		}
		number := binary.BigEndian.Uint32(f.Memory[d.Addr:])
		if int(d.Len) != lengthOf(number) {
			panic(fmt.Sprintf("frame %d has %d octets", number, d.Len))
		}
		f.holds[d.Addr] = number
		f.inFlight = append(f.inFlight, d.Addr)
		f.cached++
		if errno != 0 {
			f.lost = append(f.lost, number)
			return errno
		}
		f.sent = append(f.sent, number)
		moved = true
	}
}

// complete is done with so many frames, whose octets must still be there.
func (f *fake) complete(t interface{ Fatalf(string, ...any) }, n int) {
	for _, addr := range f.inFlight[:n] {
		if got := binary.BigEndian.Uint32(f.Memory[addr:]); got != f.holds[addr] {
			t.Fatalf("frame %d was overwritten by frame %d before the device was done with it", f.holds[addr], got)
		}
		f.finish(addr)
	}
	f.inFlight = f.inFlight[n:]
}

// finish puts an address into the completion ring.
func (f *fake) finish(addr uint64) {
	p := f.DoneProducer.Load()
	f.Done[int(p)&(len(f.Done)-1)] = addr
	f.DoneProducer.Store(p + 1)
}

func lengthOf(number uint32) int { return 8 + int(number%(chunk-7)) }

func put(s *xsk.Sender, number uint32) bool {
	b := make([]byte, lengthOf(number))
	binary.BigEndian.PutUint32(b, number)
	return s.Put(b[:6], b[6:])
}

// TestSender has a kernel with moods take, lose and refuse frames. Each one is taken once, in order,
// or comes back; its memory stays as it is until the device is done; nothing leaks, and the indices
// may wrap.
func TestSender(t *testing.T) {
	for _, row := range []struct {
		name    string
		old     bool
		single  bool
		verdict []unix.Errno
		gate    []unix.Errno
	}{
		{
			"linux 6.18", false, true,
			[]unix.Errno{0, 0, 0, unix.EBUSY, unix.EAGAIN, unix.ENOBUFS},
			[]unix.Errno{0, 0, unix.ENETDOWN, unix.ENXIO, unix.EAGAIN, unix.EINTR},
		},
		{
			"passes many", false, false,
			[]unix.Errno{0, 0, 0, unix.EBUSY, unix.EAGAIN, unix.ENOBUFS},
			[]unix.Errno{0, 0, unix.ENETDOWN, unix.ENXIO, unix.EAGAIN, unix.EINTR},
		},
		{"writes late", true, false, []unix.Errno{0, 0, 0, unix.EBUSY, unix.EAGAIN, unix.ENOBUFS}, []unix.Errno{0}},
		{"writes late, passes one", true, true, []unix.Errno{0, 0, 0, unix.EBUSY, unix.EAGAIN, unix.ENOBUFS}, []unix.Errno{0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { senderWalk(t, row.old, row.single, row.verdict, row.gate) })
		})
	}
}

func senderWalk(t *rapid.T, old, single bool, verdicts, gates []unix.Errno) {
	slots := 1 << rapid.IntRange(0, 4).Draw(t, "slots")
	near := rapid.Uint32Range(math.MaxUint32-40, math.MaxUint32)
	f := newFake(slots, near.Draw(t, "tx"), near.Draw(t, "done"))
	f.old, f.single = old, single
	calm := false
	f.verdict = func() unix.Errno {
		if calm {
			return 0
		}
		return rapid.SampledFrom(verdicts).Draw(t, "verdict")
	}
	f.gate = func() unix.Errno {
		if calm {
			return 0
		}
		return rapid.SampledFrom(gates).Draw(t, "gate")
	}
	s := f.Sender()
	var number uint32
	var taken, dropped int
	var waiting []uint32 // Put and not taken.
	for range rapid.IntRange(1, 30).Draw(t, "rounds") {
		f.budget = rapid.IntRange(1, 6).Draw(t, "budget")
		for range rapid.IntRange(0, 8).Draw(t, "frames") {
			if put(s, number) {
				waiting = append(waiting, number)
			}
			number++ // One that found no room goes elsewhere.
		}
		for range rapid.IntRange(0, 4).Draw(t, "kicks") {
			n, lost, errno := s.Kick()
			if errno == unix.EBADF || n > len(waiting) {
				t.Fatalf("%d of %d taken, %v", n, len(waiting), errno)
			}
			taken, waiting = taken+n, waiting[n:]
			if lost {
				taken, dropped = taken-1, dropped+1
			}
		}
		if rapid.Bool().Draw(t, "recall") {
			taken += s.Recall()
			waiting = nil
		}
		f.complete(t, rapid.IntRange(0, len(f.inFlight)).Draw(t, "completions"))
		if got, want := s.Unsent(), flying(f); !old && len(waiting) == 0 && got != want {
			t.Fatalf("%d octets unsent, want %d", got, want)
		}
		s.Reap()
	}
	calm, f.budget = true, math.MaxInt
	for range 3 { // It stops at the end of what it knew.
		n, _, errno := s.Kick()
		if errno != 0 || n > len(waiting) {
			t.Fatalf("a last kick took %d of %d, %v", n, len(waiting), errno)
		}
		taken, waiting = taken+n, waiting[n:]
	}
	if len(waiting) != 0 {
		t.Fatalf("frames %v are stuck", waiting)
	}
	if taken != len(f.sent) || dropped != len(f.lost) {
		t.Fatalf("%d taken and %d dropped, the kernel says %d and %d", taken, dropped, len(f.sent), len(f.lost))
	}
	all := append(slices.Clone(f.sent), f.lost...)
	slices.Sort(all)
	if len(slices.Compact(all)) != len(f.sent)+len(f.lost) || !slices.IsSorted(f.sent) {
		t.Fatalf("sent %v, lost %v", f.sent, f.lost)
	}
	f.complete(t, len(f.inFlight))
	s.Reap()
	if s.Free() != slots || s.Unsent() != 0 {
		t.Fatalf("%d of %d chunks free, %d octets unsent", s.Free(), slots, s.Unsent())
	}
}

// flying adds up the frames that the device is not done with.
func flying(f *fake) (octets int) {
	for _, addr := range f.inFlight {
		octets += lengthOf(f.holds[addr])
	}
	return octets
}

// TestSenderWraps sends far more frames than a small ring has slots, across the wrap of the indices.
func TestSenderWraps(t *testing.T) {
	for _, slots := range []int{2, 4, 1024} {
		f := newFake(slots, math.MaxUint32-uint32(slots), math.MaxUint32-uint32(2*slots))
		s := f.Sender()
		for i := range uint32(5 * slots) {
			if !put(s, i) {
				t.Fatalf("%d slots: no room for frame %d", slots, i)
			}
			if n, dropped, errno := s.Kick(); n != 1 || dropped || errno != 0 {
				t.Fatalf("%d slots, frame %d: %d taken, %v, %v", slots, i, n, dropped, errno)
			}
			if got := s.Unsent(); got != lengthOf(i) {
				t.Fatalf("%d slots, frame %d: %d octets unsent, want %d", slots, i, got, lengthOf(i))
			}
			f.complete(t, 1)
			s.Reap()
		}
		for i := range uint32(slots + 1) {
			if got := put(s, i); got != (int(i) < slots) {
				t.Fatalf("%d slots: room for frame %d: %v", slots, i+1, got)
			}
		}
	}
}

// TestDownForLong fills the ring with what was taken back and is not looked at, and then goes on.
func TestDownForLong(t *testing.T) {
	f := newFake(4, 0, 0)
	down := unix.ENETDOWN
	f.gate = func() unix.Errno { return down }
	s := f.Sender()
	for i := range uint32(100) {
		put(s, i)
		if n, _, errno := s.Kick(); n != 0 || errno != unix.ENETDOWN || s.Recall() != 0 || s.Free() != 4 {
			t.Fatalf("frame %d: %d taken, %v, %d chunks free", i, n, errno, s.Free())
		}
	}
	down = 0
	for range 2 { // It writes how far it has come when it looks again.
		if n, _, errno := s.Kick(); n != 0 || errno != 0 {
			t.Fatalf("of nothing %d taken, %v", n, errno)
		}
	}
	if !put(s, 7) {
		t.Fatal("no room once the kernel has looked")
	}
	if n, _, errno := s.Kick(); n != 1 || errno != 0 || len(f.sent) != 1 || f.sent[0] != 7 {
		t.Fatalf("%d taken, %v, sent %v", n, errno, f.sent)
	}
}

// TestNonsenseFromTheKernel proves that words which cannot be end the use of the socket, and nothing
// else.
func TestNonsenseFromTheKernel(t *testing.T) {
	for _, row := range []struct {
		name  string
		spoil func(f *fake)
	}{
		{"took what is not there", func(f *fake) { f.TxConsumer.Store(f.TxProducer.Load() + 1) }},
		{"completions beyond the ring", func(f *fake) { f.DoneProducer.Add(17) }},
		{"a chunk beyond the memory", func(f *fake) {
			f.Done[0] = uint64(len(f.Memory))
			f.DoneProducer.Store(1)
		}},
		{"half a chunk", func(f *fake) {
			f.Done[0] = chunk / 2
			f.DoneProducer.Store(1)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFake(4, 0, 0)
			s := f.Sender()
			put(s, 1)
			f.Kick = func() unix.Errno {
				row.spoil(f)
				return 0
			}
			_, _, errno := s.Kick()
			s.Reap()
			if errno == 0 {
				f.Kick = f.kick
				put(s, 2)
				_, _, errno = s.Kick()
			}
			if errno != unix.EBADF {
				t.Errorf("the next kick says %v, want EBADF", errno)
			}
		})
	}
}

// FuzzDistance compares the arithmetic of indices with one of 64 bits that never wraps.
func FuzzDistance(f *testing.F) {
	f.Add(uint32(0), uint32(0), uint32(4))
	f.Add(uint32(math.MaxUint32), uint32(3), uint32(4))
	f.Add(uint32(math.MaxUint32), uint32(4), uint32(4))
	f.Add(uint32(5), uint32(4), uint32(4))
	f.Add(uint32(0), uint32(math.MaxUint32), uint32(4))
	f.Add(uint32(1<<31), uint32(0), uint32(1024))
	f.Fuzz(func(t *testing.T, from, step, limit uint32) {
		to := from + step // In 64 bits: step ahead, or 2^32-step behind.
		wide := int64(step)
		if step >= 1<<31 {
			wide -= 1 << 32
		}
		n, ok := xsk.Distance(from, to, limit)
		switch {
		case wide <= 0 && (n != 0 || !ok):
			t.Errorf("from %d to %d, behind: %d, %v", from, to, n, ok)
		case wide > 0 && (int64(n) != wide || ok != (wide <= int64(limit))):
			t.Errorf("from %d to %d within %d: %d, %v", from, to, limit, n, ok)
		}
	})
}
