package nicio_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

// TestNoAllocs covers every call of a worker's loop.
func TestNoAllocs(t *testing.T) {
	vethtest.New(t)
	a, b := pair(t)
	tx := make([]nicio.TxFrame, nicio.BatchSize)
	for i := range tx {
		tx[i] = frameOf(macB, macA, 17, 100, uint32(i))
	}
	tx[7] = frameOf(macB, macA, 17, 2000, 7) // Refused frames allocate nothing either.
	tx[9] = frameOf(foreign, macA, 17, 100, 9)
	rx := rxBatch(2048)
	poller, err := nicio.NewPoller(0)
	if err != nil {
		t.Fatal(err)
	}
	defer poller.Close()
	if err := poller.Add(b.Descriptor(), 1); err != nil {
		t.Fatal(err)
	}
	tags := make([]uint64, 4)
	allocs := testing.AllocsPerRun(200, func() {
		if n, err := a.WriteBatch(tx); n != len(tx) || err != nil {
			t.Fatal(n, err)
		}
		if err := a.WaitWrite(-1); err != nil {
			t.Fatal(err)
		}
		if err := b.WaitRead(-1); err != nil {
			t.Fatal(err)
		}
		if n, err := poller.Wait(tags, -1); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		for n := -1; n != 0; {
			if n, err = b.ReadBatch(rx); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.WaitRead(nicio.DefaultSpin * 2); err != nil { // Spins, sleeps, times out.
			t.Fatal(err)
		}
		if n, err := poller.Wait(tags, 1); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a batch, want 0", allocs)
	}
	if s := b.Stats(); s.RxFrames == 0 || s.RxOtherHost == 0 || a.Stats().TxOversize == 0 {
		t.Errorf("the loop did not do what it is to prove: %+v", s)
	}
}

// TestBuffersStayTheCallers proves that dropping frames within a batch only exchanges the caller's
// elements.
func TestBuffersStayTheCallers(t *testing.T) {
	vethtest.New(t)
	a, b := pair(t)
	rx := rxBatch(256)
	before := make(map[*byte]int)
	for i := range rx {
		before[&rx[i].Buf[0]]++
	}
	for round := range 20 {
		var batch []nicio.TxFrame
		for i := range 64 {
			dst := macB
			if i*round%5 == 1 {
				dst = foreign
			}
			batch = append(batch, frameOf(dst, macA, 17, 60, uint32(i)))
		}
		send(t, a, batch...)
		last := int64(-1)
		for {
			n, err := b.ReadBatch(rx)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			for i := range rx[:n] {
				if number := int64(numberOf(&rx[i])); rx[i].Dest() != macB || number <= last {
					t.Fatalf("round %d: frame %d for %v after %d", round, number, rx[i].Dest(), last)
				} else {
					last = number
				}
			}
		}
	}
	for i := range rx {
		before[&rx[i].Buf[0]]--
		if len(rx[i].Buf) != 256 {
			t.Errorf("buffer %d has %d octets", i, len(rx[i].Buf))
		}
	}
	for p, n := range before {
		if n != 0 {
			t.Errorf("buffer %p: %+d times too often", p, -n)
		}
	}
}

// TestOutsideTheRuntimePoller proves that no epoll instance of the process watches the socket: the
// runtime's would cost one frame in seven.
func TestOutsideTheRuntimePoller(t *testing.T) {
	vethtest.New(t)
	p := open(t, nicio.Config{Interface: vethtest.A})
	var st unix.Stat_t
	if err := unix.Fstat(p.Descriptor(), &st); err != nil {
		t.Fatal(err)
	}
	mark := fmt.Sprintf("ino:%x ", st.Ino)
	if epollsWatching(t, mark) != 0 {
		t.Error("the socket is registered with an epoll instance")
	}
	poller := newPoller(t, 0) // And the test can tell.
	if err := poller.Add(p.Descriptor(), 1); err != nil {
		t.Fatal(err)
	}
	if epollsWatching(t, mark) != 1 {
		t.Error("a registration does not show in fdinfo")
	}
}

// epollsWatching counts the epoll instances of the process that watch a file.
func epollsWatching(t *testing.T, mark string) (n int) {
	t.Helper()
	entries, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range entries {
		info, err := os.ReadFile(name)
		if err != nil {
			continue // Closed meanwhile.
		}
		n += strings.Count(string(info), mark)
	}
	return n
}
