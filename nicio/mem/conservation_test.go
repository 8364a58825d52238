package mem_test

import (
	"hash/fnv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/nicio"
	"callmanager/nicio/mem"
)

// failer is what testing.T and rapid.T share.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// checkConservation compares both sides of the equations in the documentation of [mem.Stats].
func checkConservation(t failer, w *mem.Wire, ports []*mem.Port) {
	t.Helper()
	s := w.Stats()
	made := s.Sent + s.Flooded + s.Duplicated + s.Copied
	fates := s.Delivered + s.Lost + s.Down + s.Overrun + s.Unclaimed + s.Unreachable + s.InFlight
	if made != fates {
		t.Fatalf("%d frames made, %d accounted for: %+v", made, fates, s)
	}
	var sent, queued, overrun uint64
	for _, p := range ports {
		ps := p.Stats()
		sent, queued, overrun = sent+ps.TxFrames, queued+ps.RxQueued, overrun+ps.RxOverrun
		taken := ps.RxFrames + ps.RxOtherHost + ps.RxGroup + ps.RxLoop + ps.RxTruncated + ps.RxRunt
		if ps.RxQueued != taken+uint64(p.Pending()) {
			t.Fatalf("port %v: %d pending, %+v", p.MAC(), p.Pending(), ps)
		}
	}
	if sent != s.Sent || queued != s.Delivered || overrun != s.Overrun {
		t.Fatalf("ports sent %d, queued %d, overran %d, wire %+v", sent, queued, overrun, s)
	}
}

// drawFaults draws any mix.
func drawFaults(t *rapid.T) mem.Faults {
	p := rapid.OneOf(rapid.Just(0.0), rapid.Just(1.0), rapid.Float64Range(0, 0.5))
	d := rapid.SampledFrom([]time.Duration{0, 0, time.Microsecond, time.Millisecond, time.Second})
	return mem.Faults{
		Loss: p.Draw(t, "loss"), Corrupt: p.Draw(t, "corrupt"), Duplicate: p.Draw(t, "duplicate"),
		Reorder: p.Draw(t, "reorder"), ReorderSpan: rapid.IntRange(0, 5).Draw(t, "span"),
		ReorderTime: d.Draw(t, "hold"), Delay: d.Draw(t, "delay"), Jitter: d.Draw(t, "jitter"),
	}
}

// manualClock is a virtual clock as a simulation has one.
type manualClock struct {
	now    time.Time
	timers []timer
}

type timer struct {
	at time.Time
	f  func()
}

// Now implements [mem.Clock].
func (c *manualClock) Now() time.Time { return c.now }

// AfterFunc implements [mem.Clock].
func (c *manualClock) AfterFunc(d time.Duration, f func()) {
	c.timers = append(c.timers, timer{c.now.Add(d), f})
}

// advance steps to each timer within d in turn, then to the end of d.
func (c *manualClock) advance(d time.Duration) {
	for end := c.now.Add(d); ; {
		first := -1
		for i, t := range c.timers {
			if !t.at.After(end) && (first < 0 || t.at.Before(c.timers[first].at)) {
				first = i
			}
		}
		if first < 0 {
			c.now = end
			return
		}
		t := c.timers[first]
		c.timers = append(c.timers[:first], c.timers[first+1:]...)
		if t.at.After(c.now) {
			c.now = t.at
		}
		t.f()
	}
}

// TestConservation drives a segment with every mix of faults and checks the equations after each
// step.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := &manualClock{now: time.Unix(1, 0)}
		w := mem.New(mem.Config{Seed: rapid.Uint64().Draw(t, "seed"), Faults: drawFaults(t), Clock: clock})
		ports := openSome(t, w)
		macs := []nicio.MAC{macA, macB, macC, nobody, anybody}
		rx := make([]nicio.RxFrame, nicio.BatchSize)
		for i := range rx {
			rx[i].Buf = make([]byte, 80)
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { checkConservation(t, w, ports) },
			"write": func(t *rapid.T) {
				p := rapid.SampledFrom(ports).Draw(t, "from")
				batch := make([]nicio.TxFrame, rapid.IntRange(1, 70).Draw(t, "frames"))
				for i := range batch {
					dst, src := rapid.SampledFrom(macs).Draw(t, "dst"), rapid.SampledFrom(macs[:3]).Draw(t, "src")
					batch[i] = frame(dst, src, 14+i, uint32(i))
				}
				if n, err := p.WriteBatch(batch); n != len(batch) || err != nil {
					t.Fatalf("WriteBatch = %d, %v", n, err)
				}
			},
			"read": func(t *rapid.T) {
				if _, err := rapid.SampledFrom(ports).Draw(t, "at").ReadBatch(rx); err != nil {
					t.Fatal(err)
				}
			},
			"time": func(t *rapid.T) {
				clock.advance(rapid.SampledFrom([]time.Duration{1000, 1e6, 1e9, 1e10}).Draw(t, "by"))
			},
			"faults": func(t *rapid.T) { w.SetFaults(drawFaults(t)) },
			"cable": func(t *rapid.T) {
				s, err := w.Station(rapid.SampledFrom(macs[:3]).Draw(t, "station"))
				if err != nil {
					t.Fatal(err)
				}
				s.SetUp(rapid.Bool().Draw(t, "up"))
			},
			"flush": func(*rapid.T) { w.Flush() },
		})
		w.Flush()
		checkConservation(t, w, ports)
		if s := w.Stats(); s.InFlight != 0 {
			t.Fatalf("%d frames in flight after Flush", s.InFlight)
		}
		clock.advance(time.Hour)
		checkConservation(t, w, ports)
		if n := len(clock.timers); n != 0 {
			t.Fatalf("%d timers left on an empty wire", n)
		}
	})
}

// openSome opens ports at up to three stations, several at one of them.
func openSome(t *rapid.T, w *mem.Wire) []*mem.Port {
	var ports []*mem.Port
	for _, mac := range []nicio.MAC{macA, macB, macB, macC}[:rapid.IntRange(1, 4).Draw(t, "ports")] {
		p, err := w.Open(mac, nicio.Config{RecvBuffer: rapid.SampledFrom([]int{0, 200, 2000}).Draw(t, "queue")})
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, p)
	}
	return ports
}

// TestTimeAloneEmptiesTheWire proves that nothing is held back for ever, without Flush.
func TestTimeAloneEmptiesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := &manualClock{now: time.Unix(1, 0)}
		w := mem.New(mem.Config{Seed: rapid.Uint64().Draw(t, "seed"), Faults: drawFaults(t), Clock: clock})
		a, err := w.Open(macA, nicio.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Open(macB, nicio.Config{}); err != nil {
			t.Fatal(err)
		}
		for i := range rapid.IntRange(1, 50).Draw(t, "frames") {
			if _, err := a.WriteBatch([]nicio.TxFrame{frame(macB, macA, 60, uint32(i))}); err != nil {
				t.Fatal(err)
			}
			clock.advance(time.Duration(rapid.IntRange(0, 2_000_000).Draw(t, "gap")))
		}
		clock.advance(10 * time.Second)
		if s := w.Stats(); s.InFlight != 0 || len(clock.timers) != 0 {
			t.Fatalf("%d frames in flight, %d timers", s.InFlight, len(clock.timers))
		}
	})
}

// TestReorderIsBounded proves that a frame falls at most ReorderSpan places behind, and that the
// counter is exact: it is the number of frames with a later one in front of them.
func TestReorderIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := rapid.IntRange(1, 6).Draw(t, "span")
		w := mem.New(mem.Config{
			Seed: rapid.Uint64().Draw(t, "seed"), Clock: &manualClock{now: time.Unix(1, 0)},
			Faults: mem.Faults{Reorder: rapid.Float64Range(0, 0.9).Draw(t, "p"), ReorderSpan: span},
		})
		a, b := mustOpen(t, w, macA), mustOpen(t, w, macB)
		const total = 300
		for i := range total {
			if _, err := a.WriteBatch([]nicio.TxFrame{frame(macB, macA, 60, uint32(i))}); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		var overtaken uint64
		numbers := readNumbers(t, b)
		for i, n := range numbers {
			ahead := 0
			for _, earlier := range numbers[:i] {
				if earlier > n {
					ahead++
				}
			}
			if ahead > 0 {
				overtaken++
			}
			if ahead > span {
				t.Fatalf("%d frames ahead of frame %d, span %d", ahead, n, span)
			}
		}
		if s := w.Stats(); len(numbers) != total || s.Reordered != overtaken {
			t.Fatalf("%d frames arrived, %d overtaken, %d counted", len(numbers), overtaken, s.Reordered)
		}
	})
}

func mustOpen(t failer, w *mem.Wire, mac nicio.MAC) *mem.Port {
	t.Helper()
	p, err := w.Open(mac, nicio.Config{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return p
}

func readNumbers(t failer, p *mem.Port) []uint32 {
	t.Helper()
	rx := []nicio.RxFrame{{Buf: make([]byte, 60)}}
	var numbers []uint32
	for p.Pending() > 0 {
		if n, err := p.ReadBatch(rx); n != 1 || err != nil {
			t.Fatalf("ReadBatch = %d, %v", n, err)
		}
		numbers = append(numbers, number(rx[0].Buf[:rx[0].Len]))
	}
	return numbers
}

// TestSameSeedSameOutcome compares everything that comes out of two runs, octet by octet, and that
// of another seed.
func TestSameSeedSameOutcome(t *testing.T) {
	f := mem.Faults{
		Loss: 0.1, Corrupt: 0.1, Duplicate: 0.1, Reorder: 0.1, Delay: time.Millisecond, Jitter: 5 * time.Millisecond,
	}
	first, stats := outcome(t, 42, f, false)
	again, statsAgain := outcome(t, 42, f, false)
	if first != again || stats != statsAgain {
		t.Errorf("two runs of one seed differ:\n%s", cmp.Diff(stats, statsAgain))
	}
	if other, _ := outcome(t, 43, f, false); other == first {
		t.Error("another seed had the same outcome")
	}
	// The two directions are independent, so who writes first does not matter.
	if swapped, _ := outcome(t, 42, f, true); swapped != first {
		t.Error("the outcome depends on how the stations interleave")
	}
}

// outcome runs two stations that talk to each other and digests what each receives, and when.
func outcome(t *testing.T, seed uint64, f mem.Faults, swap bool) (digest [2]uint64, stats mem.Stats) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{Seed: seed, Faults: f})
		ports := [2]*mem.Port{open(t, w, macA, nicio.Config{}), open(t, w, macB, nicio.Config{})}
		sums := [2]interface {
			Write(b []byte) (int, error)
			Sum64() uint64
		}{fnv.New64a(), fnv.New64a()}
		for i := range 500 {
			for k := range 2 {
				from := k
				if swap {
					from = 1 - k
				}
				send(t, ports[from], frame(ports[1-from].MAC(), ports[from].MAC(), 60+i, uint32(i)))
			}
			time.Sleep(time.Millisecond)
			synctest.Wait()
			for k := range ports {
				for _, b := range drain(t, ports[k]) {
					_, _ = sums[k].Write(b)
					_, _ = sums[k].Write([]byte{byte(i), byte(i >> 8)})
				}
			}
		}
		digest, stats = [2]uint64{sums[0].Sum64(), sums[1].Sum64()}, w.Stats()
	})
	return digest, stats
}
