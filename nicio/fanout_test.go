package nicio_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/nicio"
	"callmanager/nicio/internal/vethtest"
)

func openFanout(tb testing.TB, cfg nicio.Config, members int) []*nicio.Member {
	tb.Helper()
	f, err := nicio.OpenFanout(cfg, members)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := f.Close(); err != nil {
			tb.Error(err)
		}
	})
	return f.Members()
}

// mixed makes frames of many labels from two sources, in an order in which neighbours go to different ports.
func mixed(count int) []nicio.TxFrame {
	frames := make([]nicio.TxFrame, count)
	for i := range frames {
		src, label := macA, uint32(0x10020+i%23)
		if i%5 == 0 {
			src, label = nicio.MAC{2, 0, 0, 0, 1, byte(i % 7)}, 32
		}
		frames[i] = frameOf(macB, src, label, 60+i%200, uint32(i))
	}
	return frames
}

// wantDealt receives at every member what is its own of these frames, in their order and nothing else, and
// fails unless each has a part.
func wantDealt(t *testing.T, members []*nicio.Member, sent []nicio.TxFrame) {
	t.Helper()
	for i, m := range members {
		var want [][]byte
		for _, f := range sent {
			if b := octetsOf(f); nicio.SteerFrame(b, len(members)) == i {
				want = append(want, b)
			}
		}
		if len(want) == 0 {
			t.Errorf("none of %d frames is for member %d", len(sent), i)
			continue
		}
		got := receive(t, m, len(want))
		if len(got) != len(want) {
			t.Errorf("member %d has %d frames, want %d", i, len(got), len(want))
		}
		for j := range want {
			if !bytes.Equal(got[j], want[j]) {
				t.Fatalf("member %d: frame %d is %x, want %x", i, j, got[j], want[j])
			}
		}
	}
	for i, m := range members {
		if n, err := m.ReadBatch(rxBatch(2048)); n != 0 || err != nil {
			t.Errorf("member %d has %d frames more, %v", i, n, err)
		}
	}
}

func TestFanoutDealsOut(t *testing.T) {
	vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 3)
	other := openFanout(t, nicio.Config{Interface: vethtest.B}, 2) // A group of its own.
	sent := mixed(500)
	send(t, a, sent...)
	wantDealt(t, b, sent)
	wantDealt(t, other, sent)
	var sum nicio.Stats
	for _, m := range b {
		s := m.Stats()
		sum.RxFrames += s.RxFrames
		sum.RxQueued += s.RxQueued
		if s.RxBatches == 0 || s.RxOverrun+s.RxErrors+s.RxOtherHost != 0 || s.Rebinds != 1 {
			t.Errorf("counters of a member: %+v", s)
		}
	}
	if sum.RxFrames != 500 || sum.RxQueued != 500 {
		t.Errorf("the members have %d frames out of %d queued, want 500", sum.RxFrames, sum.RxQueued)
	}
	for i, m := range b { // All of them send.
		if m.MAC() != macB {
			t.Errorf("member %d is %v", i, m.MAC())
		}
		send(t, m, frameOf(macA, macB, 17, 60, uint32(i)))
	}
	wantNumbers(t, a, len(b))
	if got := b[0].Buffers(); got.Receive == 0 || got.Send == 0 || got.Wanted < nicio.MinRecvBuffer {
		t.Errorf("buffers %+v", got)
	}
}

// TestFanoutFilters proves that a filter holds for every member.
func TestFanoutFilters(t *testing.T) {
	vethtest.New(t)
	reject, err := nicio.RejectLabels(0x10025)
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := openFanout(t, nicio.Config{Interface: vethtest.B, Filter: reject}, 4)
	var kept []nicio.TxFrame
	sent := mixed(400)
	for _, f := range sent {
		if !bytes.Equal(f.Head[14:16], []byte{0x10, 0x02}) || f.Head[16]>>4 != 5 {
			kept = append(kept, f)
		}
	}
	send(t, a, sent...)
	wantDealt(t, b, kept)
	if len(kept) == len(sent) {
		t.Error("nothing was to be filtered")
	}
}

// TestFanoutKeepsPlaces takes the NIC down and up: who gets what stays as it was.
func TestFanoutKeepsPlaces(t *testing.T) {
	n := vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 3)
	for range 3 {
		n.Down(vethtest.B)
		n.Up(vethtest.B)
		n.AwaitRunning(vethtest.A, vethtest.B)
		for _, m := range b {
			if err := m.Rebind(); err != nil {
				t.Fatal(err)
			}
		}
		sent := mixed(200)
		send(t, a, sent...)
		wantDealt(t, b, sent)
	}
	if s := b[1].Stats(); s.Rebinds != 1 || s.RxDown == 0 {
		t.Errorf("counters %+v", s)
	}
}

// TestFanoutSurvivesItsNIC deletes the NIC and makes it anew: what had come is read before what comes then.
func TestFanoutSurvivesItsNIC(t *testing.T) {
	n := vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 3)
	var sent []nicio.TxFrame
	for round := range 3 {
		some := mixed(100)
		send(t, a, some...)
		sent = append(sent, some...)
		n.Await("the frames have come", func() bool {
			var queued uint64
			for _, m := range b {
				queued += m.Stats().RxQueued
			}
			return queued == uint64(100*(round+1))
		})
		n.Delete()
		if err := b[2].Rebind(); !errors.Is(err, unix.ENODEV) {
			t.Fatalf("rebind without an interface: %v", err)
		}
		n.Add()
		if err := a.Rebind(); err != nil {
			t.Fatal(err)
		}
		for _, m := range b {
			if err := m.Rebind(); err != nil {
				t.Fatal(err)
			}
		}
	}
	some := mixed(100)
	send(t, a, some...)
	wantDealt(t, b, append(sent, some...))
	if s := b[0].Stats(); s.Rebinds != 4 {
		t.Errorf("%d rebinds", s.Rebinds)
	}
}

// TestFanoutOnRenamedNIC has another interface take the name: nothing of the former one comes any more.
func TestFanoutOnRenamedNIC(t *testing.T) {
	n := vethtest.New(t)
	a := open(t, nicio.Config{Interface: vethtest.A})
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 2)
	n.Down(vethtest.B)
	n.Rename(vethtest.B, "other")
	n.Up("other")
	n.AwaitRunning(vethtest.A, "other")
	if err := b[0].Rebind(); !errors.Is(err, unix.ENODEV) {
		t.Fatalf("rebind after the interface was renamed: %v", err)
	}
	send(t, a, mixed(50)...)
	n.Down("other")
	n.Rename("other", vethtest.B)
	n.Up(vethtest.B)
	n.AwaitRunning(vethtest.A, vethtest.B)
	for _, m := range b {
		if err := m.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	sent := mixed(60)
	send(t, a, sent...)
	wantDealt(t, b, sent)
}

// TestFanoutBeforeItsNIC opens the ports before there is an interface, and again while it is down.
func TestFanoutBeforeItsNIC(t *testing.T) {
	n := vethtest.NewEmpty(t)
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 2)
	if got, err := b[1].ReadBatch(rxBatch(2048)); got != 0 || err != nil {
		t.Errorf("ReadBatch without an interface = %d, %v", got, err)
	}
	if err := b[1].WaitRead(0); err != nil {
		t.Error(err)
	}
	n.Add()
	n.Down(vethtest.B)
	if err := b[0].Rebind(); !errors.Is(err, unix.ENETDOWN) {
		t.Fatalf("rebind while the interface is down: %v", err)
	}
	late := openFanout(t, nicio.Config{Interface: vethtest.B}, 2)
	n.Up(vethtest.B)
	n.AwaitRunning(vethtest.A, vethtest.B)
	for _, m := range append(b, late...) {
		if err := m.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	a := open(t, nicio.Config{Interface: vethtest.A})
	sent := mixed(100)
	send(t, a, sent...)
	wantDealt(t, b, sent)
	wantDealt(t, late, sent)
}

// TestFanoutWakesAndCloses has waits end by a wake-up, by a group that was made anew and by Close.
func TestFanoutWakesAndCloses(t *testing.T) {
	n := vethtest.New(t)
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 2)
	waited := make(chan error)
	wait := func() { waited <- b[0].WaitRead(time.Minute) }
	go wait()
	b[0].Wake()
	if err := <-waited; err != nil {
		t.Errorf("a wake-up ends the wait with %v", err)
	}
	if _, err := b[0].ReadBatch(rxBatch(2048)); err != nil {
		t.Fatal(err)
	}
	go wait()
	n.Delete()
	n.Add()
	for _, m := range b {
		if err := m.Rebind(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-waited; err != nil {
		t.Errorf("a new group ends the wait with %v", err)
	}
	if _, err := b[0].ReadBatch(rxBatch(2048)); err != nil {
		t.Fatal(err)
	}
	for b[0].WaitRead(0) != nil {
		t.Error("not closed yet")
	}
	go wait()
	if err := b[0].Close(); err != nil {
		t.Error(err)
	}
	for err := <-waited; err == nil; err = <-waited { // It may have been woken early.
		go wait()
	}
	_, err := b[0].ReadBatch(rxBatch(2048))
	wantClosed(t, "ReadBatch", err)
	wantClosed(t, "Rebind", b[0].Rebind())
	wantClosed(t, "Rebind of another member", b[1].Rebind())
	if err := b[0].Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// TestFanoutUnderLoad reads, makes the group anew and looks at counters at once, for the race detector: all
// frames that were queued are read.
func TestFanoutUnderLoad(t *testing.T) {
	n := vethtest.New(t)
	b := openFanout(t, nicio.Config{Interface: vethtest.B}, 2)
	stop, done := make(chan struct{}), make(chan uint64, len(b))
	for _, m := range b {
		go func() {
			frames := rxBatch(2048)
			for read := uint64(0); ; {
				got, err := m.ReadBatch(frames)
				read += uint64(got)
				select {
				case <-stop:
					if got == 0 {
						done <- read
						return
					}
				default:
				}
				if err != nil || m.WaitRead(time.Millisecond) != nil {
					t.Errorf("%v", err)
					done <- read
					return
				}
			}
		}()
	}
	const rounds, each = 5, 200
	for round := range rounds {
		a := open(t, nicio.Config{Interface: vethtest.A})
		send(t, a, mixed(each)...)
		n.Await("the frames have come", func() bool {
			return b[0].Stats().RxQueued+b[1].Stats().RxQueued == uint64(each*(round+1))
		})
		n.Delete()
		n.Add()
		for _, m := range b {
			if err := m.Rebind(); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	if got := <-done + <-done; got != rounds*each {
		t.Errorf("%d frames were read of %d", got, rounds*each)
	}
}

func TestFanoutRefusesBadNumbers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg     nicio.Config
		members int
	}{
		"none":          {nicio.Config{Interface: "x"}, 0},
		"too many":      {nicio.Config{Interface: "x"}, nicio.MaxMembers + 1},
		"deaf":          {nicio.Config{Interface: "x", TransmitOnly: true}, 2},
		"no interface":  {nicio.Config{}, 2},
		"a bad queue":   {nicio.Config{Interface: "x", Queue: -1}, 2},
		"a bad request": {nicio.Config{Interface: "x", Priority: -1}, 2},
	} {
		if _, err := nicio.OpenFanout(c.cfg, c.members); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
