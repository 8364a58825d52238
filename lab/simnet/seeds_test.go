package simnet_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callmanager/lab/simnet"
	"callmanager/lab/simnet/ladder"
)

var (
	seeds  = flag.Uint64("seeds", 0, "run so many seeds, with a line of progress a second")
	first  = flag.Uint64("first", 1, "the first seed")
	period = flag.Duration("for", 0, "run seeds for so long")
	shown  = flag.Int("ladder", 150, "lines of the ladder of a run that fails")
	shrink = flag.Bool("shrink", true, "look for a smaller run that fails, and show its ladder")
)

// ordinary is how many seeds an ordinary go test runs.
const ordinary = 100

// TestSeeds runs seeds on all cores and wants no violation, and that every timer
// of signalling has run out, for which it runs more if need be. Of the first seed
// that fails it prints the ladder, shrunk if that is possible.
func TestSeeds(t *testing.T) {
	n := *seeds
	if n == 0 && *period == 0 {
		n = ordinary
	}
	total, failed := runSeeds(*first, n, *period, n != ordinary)
	if failed == nil {
		failed = runOut(&total, *first+total.Seeds)
	}
	if failed != nil {
		t.Fatal(report(*failed))
	}
	if names := total.NeverExpired(); len(names) > 0 {
		t.Errorf("in %d seeds %v has never run out", total.Seeds, names)
	}
	t.Logf("\n%s", total.String())
	if *seeds != 0 || *period != 0 {
		fmt.Fprintln(os.Stderr, total.String())
	}
}

// enough is in how many seeds every timer of signalling runs out.
const enough = 1000

// runOut runs more seeds until every timer of signalling has run out.
func runOut(total *simnet.Stats, seed uint64) *failure {
	for ; len(total.NeverExpired()) > 0 && total.Seeds < enough; seed++ {
		r := simnet.Run(simnet.Config{Seed: seed})
		total.Add(&r.Stats)
		if r.Violation != nil {
			return &failure{seed, r.Violation}
		}
	}
	return nil
}

// failure is a seed that fails, and the rule that it breaks.
type failure struct {
	seed   uint64
	broken *simnet.Violation
}

// sweep is the work of several goroutines on many seeds.
type sweep struct {
	next, done atomic.Uint64
	stop       atomic.Bool

	mu     sync.Mutex
	total  simnet.Stats
	failed *failure // that with the lowest seed
}

// runSeeds runs n seeds, or for a time, until one fails.
func runSeeds(from, n uint64, d time.Duration, progress bool) (simnet.Stats, *failure) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // runs are short and leave all behind
	s := &sweep{}
	s.next.Store(from)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() { s.work(from, n) })
	}
	ended := make(chan struct{})
	go func() {
		wg.Wait()
		close(ended)
	}()
	start := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return s.total, s.failed
		case <-tick.C:
			if progress {
				s.progress(start, n)
			}
			if d > 0 && time.Since(start) >= d {
				s.stop.Store(true)
			}
		}
	}
}

func (s *sweep) work(from, n uint64) {
	var own simnet.Stats
	for !s.stop.Load() {
		seed := s.next.Add(1) - 1
		if n > 0 && seed-from >= n {
			break
		}
		r := simnet.Run(simnet.Config{Seed: seed})
		own.Add(&r.Stats)
		s.done.Add(1)
		if r.Violation != nil {
			s.fail(seed, r.Violation)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.Add(&own)
}

// fail notes a failure. Seeds below it are under way and may fail too.
func (s *sweep) fail(seed uint64, v *simnet.Violation) {
	s.stop.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil || seed < s.failed.seed {
		s.failed = &failure{seed, v}
	}
}

func (s *sweep) progress(start time.Time, n uint64) {
	done := s.done.Load()
	d := time.Since(start)
	of := ""
	if n > 0 {
		of = fmt.Sprintf(" of %d", n)
	}
	fmt.Fprintf(os.Stderr, "%5.0f s  %d%s seeds, %.0f a second\n", d.Seconds(), done, of, float64(done)/d.Seconds())
}

// shrinkRuns bounds the runs of the search for a smaller failure.
const shrinkRuns = 400

// report tells of a seed that fails: what it breaks, how to see it again, and
// the ladder of a run that is as small as could be found.
func report(f failure) string {
	if !*shrink {
		return fmt.Sprintf("seed %d: %v\n", f.seed, f.broken)
	}
	cfg := simnet.Shrink(simnet.Config{Seed: f.seed}, f.broken, shrinkRuns)
	cfg.Record = &ladder.Record{Last: *shown}
	small := simnet.Run(cfg)
	left := f.broken.Actions
	if small.Violation != nil && cfg.Skip != nil {
		left = 0
		for i := range small.Violation.Actions {
			if !cfg.Skip[i] {
				left++
			}
		}
	}
	return fmt.Sprintf("seed %d: %v\n%s\nagain: make sim SEEDS=1 FIRST=%d\nthe end of the run with %d of its %d actions:\n%s\n",
		f.seed, f.broken, small.Summary, f.seed, left, f.broken.Actions, cfg.Record)
}

// TestDeterminism runs some seeds twice, once with a record: what happens
// follows from the seed alone.
func TestDeterminism(t *testing.T) {
	for seed := range uint64(20) {
		one, two := &ladder.Record{}, &ladder.Record{}
		a := simnet.Run(simnet.Config{Seed: seed, Record: one})
		b := simnet.Run(simnet.Config{Seed: seed, Record: two})
		c := simnet.Run(simnet.Config{Seed: seed})
		if one.String() != two.String() || a.Stats != b.Stats || a.Stats != c.Stats {
			t.Errorf("seed %d: two runs differ: %s", seed, firstDifference(one.String(), two.String()))
		}
	}
}

// firstDifference returns the first lines that differ.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}
