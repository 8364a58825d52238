package tap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"callmanager/vc"
	"callmanager/vc/tap"
)

var links = []tap.Link{{ID: 1, Name: "one", Interface: "eth1"}, {ID: 3, Name: "three", Interface: "eth3"}}

// ticker is a clock that goes on by one nanosecond a look.
func ticker() func() int64 {
	var n atomic.Int64
	return func() int64 { return n.Add(1) }
}

// put puts one packet as a worker does.
func put(p *tap.Port, m tap.Meta, head, body string) {
	s := p.Running()
	if s == nil {
		return
	}
	if m.Time == 0 {
		m.Time = p.Now()
	}
	s.Put(p, &m, []byte(head), []byte(body))
	s.End(p)
}

// drain stops a capture and returns what is left.
func drain(tb testing.TB, c *tap.Capture) (all []tap.Packet) {
	tb.Helper()
	c.Stop()
	for {
		p, ok := c.Next(tb.Context())
		if !ok {
			return all
		}
		all = append(all, p...)
	}
}

func start(tb testing.TB, t *tap.Tap, f tap.Filter) *tap.Capture {
	tb.Helper()
	c, err := t.Start(f)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Stop)
	return c
}

func id(link vc.LinkID, vpi vc.VPI, vci vc.VCI) vc.ID { return vc.ID{Link: link, VPI: vpi, VCI: vci} }

// What passes is what the filter wants, as it was and as long as it may be.
func TestFilter(t *testing.T) {
	for _, c := range []struct {
		name string
		f    tap.Filter
		want string
	}{
		{"everything", tap.Filter{}, "1.0.5:ctl 1.0.32:word+data 3.1.40:word+data 3.0.5:ctl"},
		{"a link", tap.Filter{Links: []vc.LinkID{3}}, "3.1.40:word+data 3.0.5:ctl"},
		{"a channel", tap.Filter{Channels: []tap.Channel{{VPI: 1, VCI: 40}, {VPI: 2, VCI: 32}}}, "3.1.40:word+data"},
		{"no control", tap.Filter{NoControl: true}, "1.0.32:word+data 3.1.40:word+data"},
		{"no data", tap.Filter{NoData: true}, "1.0.5:ctl 3.0.5:ctl"},
		{"snapped", tap.Filter{SnapLen: 6}, "1.0.5:ctl 1.0.32:word+d/9 3.1.40:word+d/9 3.0.5:ctl"},
		{"snapped in the head", tap.Filter{SnapLen: 2}, "1.0.5:ct/3 1.0.32:wo/9 3.1.40:wo/9 3.0.5:ct/3"},
		{"both ends of a filter", tap.Filter{Links: []vc.LinkID{1}, Channels: []tap.Channel{{VPI: 1, VCI: 40}}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tp := tap.New(links, ticker())
			rx, ctl := tp.Port(1<<12), tp.Port(1<<12)
			capture := start(t, tp, c.f)
			ctl.One(tap.Meta{ID: id(1, 0, 5), Control: true}, []byte("ctl"), nil)
			put(rx, tap.Meta{ID: id(1, 0, 32)}, "word", "+data")
			put(rx, tap.Meta{ID: id(3, 1, 40), Sent: true}, "word", "+data")
			ctl.One(tap.Meta{ID: id(3, 0, 5), Control: true, Sent: true}, []byte("ctl"), nil)
			put(rx, tap.Meta{ID: id(2, 0, 32)}, "of no", "link")
			put(rx, tap.Meta{ID: id(9, 0, 32)}, "of no", "link")
			var got []string
			for _, p := range drain(t, capture) {
				s := fmt.Sprintf("%d.%d.%d:%s", p.ID.Link, p.ID.VPI, p.ID.VCI, p.Octets)
				if p.Length != len(p.Octets) {
					s += fmt.Sprintf("/%d", p.Length)
				}
				if p.Sent != (p.ID.Link == 3) || p.Control != (p.ID.VCI == 5) {
					t.Errorf("%s: sent %t, control %t", s, p.Sent, p.Control)
				}
				got = append(got, s)
			}
			if s := fmt.Sprint(got); s != "["+c.want+"]" {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

// Nobody captures: a worker finds nothing to do, and a packet costs nothing.
func TestIdle(t *testing.T) {
	tp := tap.New(links, func() int64 { t.Error("the clock is read"); return 0 })
	p := tp.Port(1 << 12)
	if n := testing.AllocsPerRun(100, func() {
		if p.Running() != nil {
			t.Error("somebody captures")
		}
		p.One(tap.Meta{}, nil, nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A running capture allocates nothing in the worker, neither for what it takes nor for what it drops.
func TestNoAllocs(t *testing.T) {
	tp := tap.New(links, ticker())
	p := tp.Port(1 << 12)
	c := start(t, tp, tap.Filter{})
	head, body := []byte("word"), make([]byte, 100)
	if n := testing.AllocsPerRun(1000, func() {
		s := p.Running()
		m := tap.Meta{Time: p.Now(), ID: id(1, 0, 32)}
		s.Put(p, &m, head, body)
		s.End(p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := len(drain(t, c)); got == 0 || c.Stats()[0].Dropped == 0 {
		t.Errorf("%d packets, %+v", got, c.Stats())
	}
}

// Each capture has room of its own, and as many run as may.
func TestSeveral(t *testing.T) {
	tp := tap.New(links, ticker())
	p := tp.Port(1 << 12)
	var all []*tap.Capture
	for range tap.MaxCaptures {
		all = append(all, start(t, tp, tap.Filter{}))
	}
	if _, err := tp.Start(tap.Filter{}); !errors.Is(err, tap.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	put(p, tap.Meta{ID: id(1, 0, 32)}, "a", "")
	all[0].Stop()
	all[0].Stop()
	put(p, tap.Meta{ID: id(1, 0, 32)}, "b", "")
	if _, err := tp.Start(tap.Filter{Links: []vc.LinkID{2}}); !errors.Is(err, tap.ErrNoLink) {
		t.Errorf("an unknown link: %v", err)
	}
	if _, err := tp.Start(tap.Filter{Links: []vc.LinkID{99}}); !errors.Is(err, tap.ErrNoLink) {
		t.Errorf("a link beyond all: %v", err)
	}
	for i, c := range all {
		if got := len(drain(t, c)); got != min(i, 1)+1 {
			t.Errorf("capture %d has %d packets", i, got)
		}
	}
	if p.Running() != nil {
		t.Error("a capture is left")
	}
}

// A reader is woken, gets the packets of all ports in the order of their times, and waits for late
// comers no longer than it says.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := func() int64 { return time.Now().UnixNano() }
		tp := tap.New(links, now)
		a, b := tp.Port(1<<12), tp.Port(1<<12)
		c := start(t, tp, tap.Filter{})
		type answer struct {
			packets []tap.Packet
			ok      bool
			at      time.Time
		}
		answers := make(chan answer)
		go func() {
			for ok := true; ok; {
				var p []tap.Packet
				p, ok = c.Next(t.Context())
				answers <- answer{p, ok, time.Now()}
			}
		}()
		synctest.Wait() // the reader sleeps
		began := time.Now()
		at := now()
		put(a, tap.Meta{ID: id(1, 0, 32), Time: at}, "2", "")
		time.Sleep(time.Millisecond)
		put(b, tap.Meta{ID: id(1, 0, 32), Time: at - 1}, "1", "") // taken before, published later
		put(a, tap.Meta{ID: id(1, 0, 32), Time: now()}, "3", "")
		first := <-answers
		if got := octets(first.packets); got != "12" || first.at.Sub(began) != tap.Settle {
			t.Errorf("%q after %v", got, first.at.Sub(began))
		}
		second := <-answers
		if got := octets(second.packets); got != "3" || second.at.Sub(began) != 2*tap.Settle {
			t.Errorf("%q after %v", got, second.at.Sub(began))
		}
		put(b, tap.Meta{ID: id(1, 0, 32), Time: now()}, "4", "")
		c.Stop() // what is there is returned at once
		stopped := time.Now()
		third := <-answers
		if got := octets(third.packets); got != "4" || third.at != stopped {
			t.Errorf("%q after %v", got, third.at.Sub(stopped))
		}
		if last := <-answers; last.ok || len(last.packets) > 0 {
			t.Errorf("after the end: %v", last)
		}
	})
}

func octets(packets []tap.Packet) (s string) {
	for _, p := range packets {
		s += string(p.Octets)
	}
	return s
}

// A reader that is told to end does, in each of its waits.
func TestContext(t *testing.T) {
	tp := tap.New(links, ticker())
	p := tp.Port(1 << 12)
	c := start(t, tp, tap.Filter{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() {
		_, ok := c.Next(ctx)
		done <- ok
	}()
	cancel()
	if <-done {
		t.Error("packets that nobody put")
	}
	put(p, tap.Meta{ID: id(1, 0, 32)}, "a", "")
	if _, ok := c.Next(ctx); ok {
		t.Error("a reader that has ended gets packets")
	}
}

// Whatever is put through a small lane comes out as it was, or was refused, in order.
func TestLane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tp := tap.New(links, ticker())
		p := tp.Port(512)
		c, err := tp.Start(tap.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Stop()
		var want [][]byte
		var total, before uint64
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "read") == 0 {
				ctx, cancel := context.WithCancel(context.Background())
				if len(want) == 0 {
					cancel()
				}
				got, _ := c.Next(ctx)
				cancel()
				want = compare(t, want, got)
				continue
			}
			b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "octets")
			cut := rapid.IntRange(0, len(b)).Draw(t, "cut")
			put(p, tap.Meta{ID: id(1, 0, 32)}, string(b[:cut]), string(b[cut:]))
			total++
			if n := c.Stats()[0].Dropped; n == before {
				want = append(want, b)
			} else {
				before = n
			}
		}
		c.Stop()
		for {
			got, ok := c.Next(context.Background())
			if !ok {
				break
			}
			want = compare(t, want, got)
		}
		if s := c.Stats()[0]; len(want) > 0 || s.Captured+s.Dropped != total {
			t.Fatalf("%d packets are missing; %+v of %d", len(want), s, total)
		}
	})
}

// compare takes what came off what is to come.
func compare(t *rapid.T, want [][]byte, got []tap.Packet) [][]byte {
	if len(got) > len(want) {
		t.Fatalf("%d packets, want %d at most", len(got), len(want))
	}
	for i, p := range got {
		if !bytes.Equal(p.Octets, want[i]) || p.Length != len(want[i]) {
			t.Fatalf("packet %d: %x of %d, want %x", i, p.Octets, p.Length, want[i])
		}
	}
	return want[len(got):]
}

// Workers that go on as fast as they can, one of them the control plane's many, lose nothing that is not
// counted, and each one's packets stay in order.
func TestConservation(t *testing.T) {
	const each = 20000
	tp := tap.New(links, ticker())
	ports := []*tap.Port{tp.Port(1 << 14), tp.Port(1 << 12)}
	shared := tp.Port(1 << 13)
	c := start(t, tp, tap.Filter{})
	var workers sync.WaitGroup
	for i, p := range ports {
		workers.Go(func() {
			for n := range each {
				put(p, tap.Meta{ID: id(1, 0, vc.VCI(32+i))}, fmt.Sprintf("%08d", n), "")
			}
		})
	}
	for i := range 2 {
		workers.Go(func() {
			for n := range each {
				shared.One(tap.Meta{ID: id(3, 0, vc.VCI(40+i))}, fmt.Appendf(nil, "%08d", n), nil)
			}
		})
	}
	go func() {
		workers.Wait()
		c.Stop()
	}()
	last := make(map[vc.VCI]string)
	var got uint64
	for {
		packets, ok := c.Next(t.Context())
		if !ok {
			break
		}
		if !slices.IsSortedFunc(packets, func(a, b tap.Packet) int { return int(a.Time - b.Time) }) {
			t.Fatal("packets out of order")
		}
		for _, p := range packets {
			got++
			if s := string(p.Octets); s <= last[p.ID.VCI] && last[p.ID.VCI] != "" {
				t.Fatalf("%s behind %s of %s", s, last[p.ID.VCI], p.ID)
			}
			last[p.ID.VCI] = string(p.Octets)
		}
	}
	var captured, dropped uint64
	for _, s := range c.Stats() {
		captured += s.Captured
		dropped += s.Dropped
	}
	if captured != got || captured+dropped != 4*each {
		t.Errorf("%d captured, %d dropped, %d seen, want %d in all", captured, dropped, got, 4*each)
	}
}
