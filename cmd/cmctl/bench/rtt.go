package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/histogram"
)

// RTT measures round trips to a sink.
type RTT struct {
	To
	Size int // of the SDUs in octets, [MinSize] at least
	// Interval is the time between two probes, whether answers come or not; 0 sends one when the one before
	// is back.
	Interval time.Duration
	Count    uint64 // of the probes; 0 is without end

	meter meter
	sent  atomic.Uint64
	back  atomic.Uint64
	times histogram.Histogram
}

// RTTResult is what came of a [RTT].
type RTTResult struct {
	Verb        string  `json:"verb"`
	Destination string  `json:"destination"`
	Link        string  `json:"link"`
	Size        int     `json:"size_octets"`
	Interval    float64 `json:"interval_ms"`
	Duration    float64 `json:"duration_ms"`
	Sent        uint64  `json:"sent_sdus"`
	Received    uint64  `json:"received_sdus"`
	// Lost have not come back within a second.
	Lost       uint64  `json:"lost_sdus"`
	Loss       float64 `json:"loss_ratio"`
	Reordered  uint64  `json:"reordered_sdus"`
	Duplicates uint64  `json:"duplicate_sdus"`
	Damaged    uint64  `json:"damaged_sdus"`
	Times      Times   `json:"round_trip"`
	// Ended says why the call ended before its time; empty if it did not.
	Ended string `json:"ended"`
}

// ErrNothingBack says that no probe has come back.
var ErrNothingBack = errors.New("nothing has come back")

// lostAfter is when a probe that has not come back is lost.
const lostAfter = time.Second

// Line tells how far the measurement is.
func (m *RTT) Line() string {
	return m.meter.line("probe", m.sent.Load(), 0) + fmt.Sprintf("  %d sent, %d back  p50 %s p99 %s", m.sent.Load(), m.back.Load(),
		Microseconds(us(m.times.Quantile(0.5))), Microseconds(us(m.times.Quantile(0.99))))
}

// Run sends the probes, or those until ctx ends, and waits for the last ones. The result is nil if there was no
// call; with an error it is what had come about before.
func (m *RTT) Run(ctx context.Context, c *client.Conn) (*RTTResult, error) {
	flow := &cmdpb.Flow{MaxSdu: uint32(m.Size)}
	p, err := callSink(ctx, c, m.To, verbRTT, &cmdpb.Contract{Forward: flow, Backward: flow}, m.Size, m.Size)
	if err != nil {
		return nil, err
	}
	defer p.close(ctx)
	r := &RTTResult{
		Verb: "rtt", Destination: m.Dest, Link: p.vc.Channel().GetLink(), Size: m.Size, Interval: ms(m.Interval),
	}
	e := &echoes{m: m, p: p, returned: make(chan uint64, 1)}
	receiving, enough := context.WithCancel(context.WithoutCancel(ctx))
	defer enough()
	received := make(chan error, 1)
	go func() { received <- e.receive(receiving) }()
	m.meter.start()
	err = m.send(ctx, p, e.returned)
	r.Duration = ms(time.Since(m.meter.began))
	e.awaitLast(enough, received)
	if end := <-received; err == nil {
		err = end
	}
	r.Sent, r.Received = m.sent.Load(), e.tally.single
	r.Lost, r.Reordered, r.Duplicates, r.Damaged = e.tally.lost(r.Sent), e.tally.reordered, e.tally.duplicates, e.damaged
	r.Loss = part(r.Lost, r.Sent)
	r.Times = NewTimes(&m.times)
	switch {
	case err != nil:
		r.Ended = err.Error()
	case r.Received == 0 && r.Sent > 0:
		err = ErrNothingBack
	}
	return r, err
}

// send sends the probes.
func (m *RTT) send(ctx context.Context, p *peer, returned <-chan uint64) error {
	probe := make([]byte, m.Size)
	for n := uint64(0); m.Count == 0 || n < m.Count; n++ {
		if n > 0 && !m.pause(ctx, n, returned) {
			break
		}
		seal(probe, header{kind: kindProbe, number: n, at: time.Since(p.began)})
		switch err := p.vc.Send(ctx, client.SDU{Payload: probe}); {
		case err == nil:
			m.sent.Store(n + 1)
		case ctx.Err() == nil:
			return p.reason(err)
		}
	}
	return nil
}

// pause waits until probe n is to be sent. It returns false when it is not.
func (m *RTT) pause(ctx context.Context, n uint64, returned <-chan uint64) bool {
	if m.Interval > 0 {
		return sleep(ctx, time.Until(m.meter.began.Add(time.Duration(n)*m.Interval)))
	}
	lost := time.NewTimer(lostAfter)
	defer lost.Stop()
	for {
		select {
		case got := <-returned:
			if got == n-1 {
				return true
			}
		case <-lost.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// echoes takes in what comes back.
type echoes struct {
	m        *RTT
	p        *peer
	tally    tally // owned by receive until that has ended
	damaged  uint64
	returned chan uint64 // the newest number, if nobody has taken it yet
}

// receive counts what comes until the call or ctx ends. The latter is no error.
func (e *echoes) receive(ctx context.Context) error {
	for {
		s, err := e.p.vc.Recv(ctx, e.p.buf)
		now := time.Since(e.p.began)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		if err != nil {
			return e.p.reason(err)
		}
		h, ok := parse(s.Payload)
		switch {
		case !ok || h.kind == kindAnswer && h.number >= e.m.sent.Load()+1:
			e.damaged++
		case h.kind == kindAnswer && e.tally.add(h.number):
			e.m.times.Add(now - h.at)
			e.m.back.Add(1)
			e.tell(h.number)
		}
	}
}

// tell leaves a number for who waits for it, in place of an older one.
func (e *echoes) tell(number uint64) {
	select {
	case <-e.returned:
	default:
	}
	e.returned <- number
}

// awaitLast has receive end when everything is back, or what is not is lost.
func (e *echoes) awaitLast(enough func(), received chan error) {
	lost := time.NewTimer(lostAfter)
	defer lost.Stop()
	for e.m.back.Load() < e.m.sent.Load() {
		select {
		case err := <-received: // the call has ended
			received <- err
			return
		case <-lost.C:
			enough()
			return
		case <-e.returned:
		}
	}
	enough()
}
