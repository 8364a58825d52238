package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/client"
	"callmanager/cmd/cmctl/histogram"
)

// smallRing is the size of the rings of calls that carry nothing: the least that there is.
const smallRing = 256 << 10

// Calls sets up calls and releases them.
type Calls struct {
	To
	// Rate is how many begin a second; 0 begins one as soon as another is over.
	Rate float64
	Hold time.Duration // how long each stands
	// Outstanding is how many there are at a time at most, from the set-up to the end of the release.
	Outstanding int
	Duration    time.Duration // in which calls begin

	meter                             meter
	begun, connected, released, ended atomic.Uint64
	setups, releases                  histogram.Histogram

	mu       sync.Mutex
	failures map[failure]*Failure
	lost     error // of the connection to the daemon
}

// CallsResult is what came of [Calls].
type CallsResult struct {
	Verb        string  `json:"verb"`
	Destination string  `json:"destination"`
	Asked       float64 `json:"asked_calls_per_s"`
	Hold        float64 `json:"hold_ms"`
	Outstanding int     `json:"outstanding_calls"`
	Duration    float64 `json:"duration_ms"`
	// Offered were due by the clock, Begun begun of them: the others would have been beyond Outstanding.
	Offered   uint64 `json:"offered_calls"`
	Begun     uint64 `json:"begun_calls"`
	Connected uint64 `json:"connected_calls"`
	// Rate is that of connected calls, in the time until the last of them.
	Rate float64 `json:"connected_calls_per_s"`
	// Failed did not come about or did not end as they should, Aborted were given up when the user said stop.
	Failed  uint64 `json:"failed_calls"`
	Aborted uint64 `json:"aborted_calls"`
	// Released were released by this side, and that was completed.
	Released uint64    `json:"released_calls"`
	Setup    Times     `json:"setup"`
	Release  Times     `json:"release"`
	Failures []Failure `json:"failures"`
}

// Failure is how often something happened to calls.
type Failure struct {
	// Phase is "setup", "hold" or "release".
	Phase string `json:"phase"`
	Cause uint8  `json:"cause"` // of Q.850; 0 without
	// Text is what was said the first time.
	Text  string `json:"text"`
	Count uint64 `json:"calls"`
}

// failure tells one kind from another. There are not many.
type failure struct {
	phase  string
	cause  uint8
	status string
}

// Line tells how far the measurement is.
func (m *Calls) Line() string {
	begun, connected := m.begun.Load(), m.connected.Load()
	return m.meter.line("call", connected, 0) + fmt.Sprintf("  %d connected, %d failed, %d outstanding  set-up p50 %s p99 %s",
		connected, m.failed(), begun-min(m.ended.Load(), begun), Microseconds(us(m.setups.Quantile(0.5))), Microseconds(us(m.setups.Quantile(0.99))))
}

// Run begins calls for the duration, or until ctx ends, and releases them all. An error tells of calls
// that failed or of the connection to the daemon; what came about is in the result all the same.
func (m *Calls) Run(ctx context.Context, c *client.Conn) (*CallsResult, error) {
	r := &CallsResult{
		Verb: "calls", Destination: m.Dest, Asked: m.Rate, Hold: ms(m.Hold), Outstanding: m.Outstanding, Failures: []Failure{},
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	due := make(chan time.Time)
	var workers sync.WaitGroup
	var last atomic.Int64 // when a call was connected, since the start
	m.meter.start()
	for range m.Outstanding {
		workers.Go(func() {
			for at := range due {
				if err := m.one(ctx, c, at, &last); errors.Is(err, client.ErrDisconnected) {
					m.mu.Lock()
					m.lost = cmp.Or(m.lost, err)
					m.mu.Unlock()
					stop()
				}
			}
		})
	}
	m.offer(ctx, due)
	close(due)
	took := time.Since(m.meter.began)
	workers.Wait()
	r.Duration = ms(took)
	r.Begun, r.Connected, r.Released, r.Failed = m.begun.Load(), m.connected.Load(), m.released.Load(), m.failed()
	r.Offered = max(uint64(math.Ceil(min(took, m.Duration).Seconds()*m.Rate)), r.Begun)
	r.Aborted = r.Begun - min(r.Released+r.Failed, r.Begun)
	r.Rate = perSecond(r.Connected, time.Duration(last.Load()))
	r.Setup, r.Release = NewTimes(&m.setups), NewTimes(&m.releases)
	for _, f := range m.failures {
		r.Failures = append(r.Failures, *f)
	}
	slices.SortFunc(r.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Phase, b.Phase), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Text, b.Text))
	})
	if m.lost == nil && r.Failed > 0 {
		return r, fmt.Errorf("%d of %d calls failed", r.Failed, r.Begun)
	}
	return r, m.lost
}

// offer has calls begin. One that no worker is free for begins later.
func (m *Calls) offer(ctx context.Context, due chan<- time.Time) {
	ctx, cancel := context.WithDeadline(ctx, m.meter.began.Add(m.Duration))
	defer cancel()
	for n := 0; ; n++ {
		var at time.Time // with a worker that is free
		if m.Rate > 0 {
			at = m.meter.began.Add(time.Duration(float64(n) / m.Rate * float64(time.Second)))
			if wait := time.Until(at); wait > 0 && !sleep(ctx, wait) {
				return
			}
		}
		select {
		case due <- at:
		case <-ctx.Done():
			return
		}
	}
}

// one makes a call, holds it and releases it. The error has been counted.
func (m *Calls) one(ctx context.Context, c *client.Conn, due time.Time, last *atomic.Int64) error {
	if ctx.Err() != nil {
		return nil
	}
	m.begun.Add(1)
	defer m.ended.Add(1)
	if due.IsZero() {
		due = time.Now()
	}
	v, err := c.Call(ctx, m.Dest, &client.CallOptions{
		Selector: m.Selector, BHLI: bhli(verbCalls), SendRing: smallRing, ReceiveRing: smallRing,
	})
	if err != nil {
		return m.fail(ctx, "setup", err)
	}
	now := time.Now()
	m.setups.Add(now.Sub(due))
	m.connected.Add(1)
	last.Store(int64(now.Sub(m.meter.began)))
	if err := m.hold(ctx, v); err != nil {
		closeVC(ctx, v)
		return m.fail(context.WithoutCancel(ctx), "hold", err)
	}
	on, cancel := hurry(ctx)
	defer cancel()
	began := time.Now()
	if _, err = v.CloseWith(on, client.CloseOptions{}); err == nil {
		err = v.Err() // the other side was first
	}
	if err != nil {
		return m.fail(on, "release", err)
	}
	m.releases.Add(time.Since(began))
	m.released.Add(1)
	return nil
}

// hold keeps a call for its time. It returns why the call ended if that was not here.
func (m *Calls) hold(ctx context.Context, v *client.VC) error {
	if m.Hold <= 0 {
		return nil
	}
	t := time.NewTimer(m.Hold)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-v.Released():
		return v.Err()
	}
	return nil
}

// fail counts a failure, unless the user has ended what failed.
func (m *Calls) fail(ctx context.Context, phase string, err error) error {
	if ctx.Err() != nil && !errors.Is(err, client.ErrDisconnected) {
		return err
	}
	k, text := failure{phase: phase}, err.Error()
	if e, ok := errors.AsType[*client.Error](err); ok {
		k.cause, k.status = e.Cause.Value, e.Status.String()
		if e.Cause.Value != 0 {
			text = e.Reason()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failures == nil {
		m.failures = make(map[failure]*Failure)
	}
	f := m.failures[k]
	if f == nil {
		f = &Failure{Phase: phase, Cause: k.cause, Text: text}
		m.failures[k] = f
	}
	f.Count++
	return err
}

// failed returns how many calls have failed.
func (m *Calls) failed() (n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.failures {
		n += f.Count
	}
	return n
}
