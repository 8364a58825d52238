package e2e_test

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/cmd/cmctl/histogram"
)

// benchRing is the size of the rings of calls that carry nothing: the least that there is.
const benchRing = 256 << 10

// calls makes calls and releases each. The times of the answer are those of the set-ups.
func (p *vcPath) calls(o order) (moved, error) {
	g := generator{p: p, due: make(chan time.Time, o.N), failed: make(chan error, 1), behind: o.Behind}
	before, cpu := mallocs(), cpuTime()
	began := time.Now()
	var workers sync.WaitGroup
	for range o.Wide {
		workers.Go(func() { g.work(o.Rate == 0) })
	}
	g.offer(began, o.N, o.Rate)
	workers.Wait()
	g.releases.Wait()
	m := moved{
		SDUs: int(g.times.Count()), Time: time.Since(began), Mallocs: mallocs() - before, CPU: cpuTime() - cpu,
		P50: g.times.Quantile(0.50), P99: g.times.Quantile(0.99),
	}
	select {
	case err := <-g.failed:
		return m, err
	default:
		return m, nil
	}
}

// A generator makes calls, each at a time that was set before.
type generator struct {
	p      *vcPath
	due    chan time.Time      // when each call is to begin
	times  histogram.Histogram // of the set-ups
	failed chan error          // holds the first

	behind   bool // each call is released while the next one is made
	releases sync.WaitGroup
}

// offer has n calls begin, so many a second. One that begins late, since all workers are busy or this
// goroutine was not run, has the delay counted: its time runs from when it was due (no coordinated
// omission).
func (g *generator) offer(began time.Time, n, rate int) {
	defer close(g.due)
	for i := range n {
		if rate == 0 {
			g.due <- began
			continue
		}
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		g.due <- due
	}
}

// work makes calls one after the other; those of a closed loop are due when the last one is over.
func (g *generator) work(closed bool) {
	for due := range g.due {
		if closed {
			due = time.Now()
		}
		v, err := g.p.c.Call(g.p.ctx, os.Getenv(destEnv), &client.CallOptions{SendRing: benchRing, ReceiveRing: benchRing})
		if err == nil {
			g.times.Add(time.Since(due))
			err = g.release(v)
		}
		if err != nil {
			g.fail(err)
			return
		}
	}
}

// release releases a call, at once or in its own time.
func (g *generator) release(v *client.VC) error {
	if !g.behind {
		return v.Close()
	}
	g.releases.Go(func() { g.fail(v.Close()) })
	return nil
}

// fail notes the first failure.
func (g *generator) fail(err error) {
	if err == nil {
		return
	}
	select {
	case g.failed <- err:
	default:
	}
}

// answers accepts so many calls and waits for their release.
func (p *vcPath) answers(n int) (moved, error) {
	before, cpu := mallocs(), cpuTime()
	var running sync.WaitGroup
	failed := make(chan error, n)
	for range n {
		o, err := p.listener.Accept(p.ctx)
		if err != nil {
			return moved{}, err
		}
		running.Go(func() {
			v, err := o.Accept(p.ctx)
			if err == nil {
				<-v.Released()
				err = v.Close()
			}
			if err != nil {
				failed <- err
			}
		})
	}
	running.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return moved{SDUs: n, Mallocs: mallocs() - before, CPU: cpuTime() - cpu}, errors.Join(errs...)
}

// cpuTime returns what this process has taken of the processors.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
